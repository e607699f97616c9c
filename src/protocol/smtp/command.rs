//! SMTP's commands.

use super::parse::{self, CommandLine};
use std::borrow::Cow;

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    Helo,
    Ehlo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Vrfy,
    Expn,
    Help,
    Noop,
    Quit,
    Auth,
    StartTls,
    Etrn,
    Turn,
    Atrn,
    /// Content by reference (RFC 4468).
    Burl,
    Xclient,
    Xforward,
    /// Counted octets of Exchange's own after a 354.
    Xexch50,
    /// A verb that is none of these.
    Other,
}

/// Verbs as they are written. X-EXPS is what Exchange calls AUTH among its own, X-ANONYMOUSTLS its STARTTLS without
/// certificates; SEND, SOML and SAML are RFC 821's MAIL to a terminal (there section 3.4).
const VERBS: [(&str, Verb); 27] = [
    ("HELO", Verb::Helo),
    ("EHLO", Verb::Ehlo),
    ("LHLO", Verb::Lhlo),
    ("MAIL", Verb::Mail),
    ("SEND", Verb::Mail),
    ("SOML", Verb::Mail),
    ("SAML", Verb::Mail),
    ("RCPT", Verb::Rcpt),
    ("DATA", Verb::Data),
    ("BDAT", Verb::Bdat),
    ("RSET", Verb::Rset),
    ("VRFY", Verb::Vrfy),
    ("EXPN", Verb::Expn),
    ("HELP", Verb::Help),
    ("NOOP", Verb::Noop),
    ("QUIT", Verb::Quit),
    ("AUTH", Verb::Auth),
    ("X-EXPS", Verb::Auth),
    ("STARTTLS", Verb::StartTls),
    ("X-ANONYMOUSTLS", Verb::StartTls),
    ("ETRN", Verb::Etrn),
    ("TURN", Verb::Turn),
    ("ATRN", Verb::Atrn),
    ("BURL", Verb::Burl),
    ("XCLIENT", Verb::Xclient),
    ("XFORWARD", Verb::Xforward),
    ("XEXCH50", Verb::Xexch50),
];

impl Verb {
    /// The verb that `word` is, in upper or lower case.
    pub fn of(word: &[u8]) -> Self {
        let known = VERBS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        known.map_or(Self::Other, |&(_, verb)| verb)
    }

    /// HELO, EHLO, LHLO: what an accepted one does to the session is the same.
    pub fn is_hello(self) -> bool {
        matches!(self, Self::Helo | Self::Ehlo | Self::Lhlo)
    }

    /// True where it ends a mail transaction, if it is accepted (RFC 5321, section 4.1.4). XCLIENT begins the session anew.
    pub fn ends_transaction(self) -> bool {
        self.is_hello() || matches!(self, Self::Rset | Self::Xclient)
    }

    /// True where `code` is a reply that a server may give to this command (RFC 5321, section 4.3.2; RFC 4954; RFC 3207;
    /// RFC 1985). Anything can be refused.
    pub fn may_be_answered_by(self, code: u16) -> bool {
        match code {
            400.. => true,
            250 => !matches!(self, Self::Data | Self::Quit | Self::Auth | Self::StartTls),
            251 => matches!(self, Self::Rcpt | Self::Vrfy | Self::Etrn | Self::Other),
            252 => matches!(self, Self::Vrfy | Self::Expn | Self::Etrn | Self::Other),
            211 | 214 => matches!(self, Self::Help | Self::Other),
            220 => matches!(self, Self::StartTls | Self::Xclient | Self::Other),
            221 => self == Self::Quit,
            235 | 334 => self == Self::Auth,
            354 => matches!(self, Self::Data | Self::Xexch50),
            _ => self == Self::Other,
        }
    }
}

/// A command line, understood as far as its form goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// Which.
    pub verb: Verb,
    /// The first word in upper case, whatever it is; `None` where the line is empty.
    pub name: Option<Cow<'static, str>>,
    /// The whole line.
    line: &'a [u8],
    arguments: std::ops::Range<usize>,
}

impl<'a> Command<'a> {
    /// Reads `line`. Every line is a command of some kind: what is no SMTP has [`Verb::Other`].
    pub fn read(line: &'a [u8]) -> Self {
        let CommandLine { verb: word, arguments } = parse::command_line(line);
        let known = VERBS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        let name = match known {
            Some((name, _)) => Some(Cow::Borrowed(*name)),
            None if word.is_empty() => None,
            None => Some(Cow::Owned(String::from_utf8_lossy(word).to_ascii_uppercase())),
        };
        Self { verb: Verb::of(word), name, line, arguments }
    }

    /// The whole line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// What follows the verb.
    pub fn arguments(&self) -> &'a [u8] {
        self.line.get(self.arguments.clone()).unwrap_or_default()
    }

    /// Where [`Command::arguments`] stand in the line; `None` where there are none.
    pub fn arguments_range(&self) -> Option<std::ops::Range<usize>> {
        Some(self.arguments.clone()).filter(|range| !range.is_empty())
    }

    /// The first path of MAIL or RCPT, without its brackets.
    pub fn path(&self) -> Option<&'a [u8]> {
        match self.verb {
            Verb::Mail => parse::reverse_path(self.arguments()),
            Verb::Rcpt => parse::forward_path(self.arguments()),
            _ => None,
        }
    }

    /// The same of a line whose end is missing: only where its closing bracket is there.
    pub fn closed_path(&self) -> Option<&'a [u8]> {
        self.path().filter(|_| parse::has_closed_path(self.arguments()))
    }

    /// What the verb of a line is whose end is missing: of what clients say only DATA begins with a D.
    pub fn verb_cut(&self) -> Verb {
        let is_data = !self.line.is_empty()
            && b"DATA".get(..self.line.len()).is_some_and(|cut| cut.eq_ignore_ascii_case(self.line));
        if is_data { Verb::Data } else { self.verb }
    }

    /// True where the line is what a client writes as a command, and hardly anything that stands in a message.
    ///
    /// Used where a line may be either: after a refused DATA, after a gap, and where the reply that would have told was
    /// not captured.
    pub fn is_in_form(&self) -> bool {
        let words = self.arguments().split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty()).count();
        match self.verb {
            Verb::Mail | Verb::Rcpt => self.path().is_some(),
            Verb::Data | Verb::Rset | Verb::Quit | Verb::StartTls | Verb::Turn => words == 0,
            Verb::Helo | Verb::Ehlo | Verb::Lhlo | Verb::Vrfy | Verb::Expn | Verb::Etrn => words == 1,
            Verb::Help | Verb::Noop | Verb::Atrn => words <= 1,
            Verb::Auth => matches!(words, 1 | 2),
            Verb::Bdat => parse::chunk(self.arguments()).is_some(),
            Verb::Xexch50 => parse::octets(self.arguments()).is_some(),
            Verb::Burl => self.arguments().trim_ascii_start().starts_with(b"imap://"),
            Verb::Xclient | Verb::Xforward => self.arguments().contains(&b'='),
            Verb::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upper_case_and_what_was_sent() {
        let check = |line: &[u8], verb, name, arguments: &[u8]| {
            let command = Command::read(line);
            assert_eq!((command.verb, command.name.as_deref(), command.arguments()), (verb, name, arguments));
        };
        check(b"mail from:<a@b>", Verb::Mail, Some("MAIL"), b"from:<a@b>");
        check(b"x-exps gssapi", Verb::Auth, Some("X-EXPS"), b"gssapi");
        check(b"x-anonymoustls", Verb::StartTls, Some("X-ANONYMOUSTLS"), b"");
        check(b"soml from:<a@b>", Verb::Mail, Some("SOML"), b"from:<a@b>");
        check(b"bogus 1", Verb::Other, Some("BOGUS"), b"1");
        check(b"MALI\x08IL x", Verb::Other, Some("MALI\u{8}IL"), b"x");
        check(b"\xff\xfd\x03HELO x", Verb::Other, Some("\u{fffd}\u{fffd}\u{3}HELO"), b"x");
        check(b"", Verb::Other, None, b"");
        check(b"QUIT now", Verb::Quit, Some("QUIT"), b"now");
    }

    #[test]
    fn a_message_is_not_taken_for_commands() {
        for line in ["Subject: x", "", ".", "Mail me tomorrow", "Help is on the way", "data is here", "quit smoking"] {
            assert!(!Command::read(line.as_bytes()).is_in_form(), "{line:?}");
        }
        for line in ["RSET", "quit", "MAIL FROM:<>", "rcpt to: a@b", "EHLO x", "NOOP", "BDAT 5 LAST", "AUTH PLAIN eA=="]
        {
            assert!(Command::read(line.as_bytes()).is_in_form(), "{line:?}");
        }
    }
}
