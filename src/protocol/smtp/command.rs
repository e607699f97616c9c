//! SMTP's commands.

use super::parse::{self, CommandLine};
use crate::protocol::in_capitals;
use std::borrow::Cow;

/// Where a command belongs in the course of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To the beginning, in which client and server name themselves.
    Hello,
    /// To the change to TLS.
    Encryption,
    /// To the login.
    Authentication,
    /// To the work with mail.
    Transaction,
    /// To the end.
    Release,
}

/// How a client writes what follows a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A path and parameters (RFC 5321, section 4.1.2).
    Path,
    /// At least, and at most, this many words.
    Words(usize, usize),
    /// The size of a chunk (RFC 3030).
    Chunk,
    /// A number of octets, and more.
    Octets,
    /// An IMAP URL.
    Url,
    /// `name=value`.
    Attributes,
}

/// What is known of a verb.
struct Row {
    #[cfg(test)]
    verb: Verb,
    stage: Stage,
    form: Form,
    /// The codes that accept it (RFC 5321, section 4.3.2; RFC 4954; RFC 3207; RFC 1985).
    replies: &'static [u16],
}

/// Makes [`Verb`] and its rows: a row has the verb's names, its stage, the form of its arguments, and the codes that
/// accept it. Its explanation is one row in each language (`view/locale`).
macro_rules! verbs {
    ($($(#[$about:meta])* $verb:ident = [$($name:literal),+] $stage:ident, $form:expr, [$($code:literal),+];)+) => {
        /// A command's verb.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs)]
        pub enum Verb {
            $($(#[$about])* $verb,)+
            /// Any other verb.
            Other,
        }

        const ROWS: &[Row] = &[$(Row {
            #[cfg(test)]
            verb: Verb::$verb,
            stage: Stage::$stage,
            form: $form,
            replies: &[$($code),+],
        }),+];

        impl Verb {
            /// The verb called `name`, which is in upper case, and its name.
            fn called(name: &str) -> Option<(Self, &'static str)> {
                match name {
                    $($($name => Some((Self::$verb, $name)),)+)+
                    _ => None,
                }
            }
        }
    };
}

use Form::{Attributes, Chunk, Octets, Path, Url, Words};

verbs! {
    Helo = ["HELO"] Hello, Words(1, 1), [250];
    Ehlo = ["EHLO"] Hello, Words(1, 1), [250];
    Lhlo = ["LHLO"] Hello, Words(1, 1), [250];
    /// SEND, SOML and SAML are RFC 821's MAIL to a terminal (there section 3.4).
    Mail = ["MAIL", "SEND", "SOML", "SAML"] Transaction, Path, [250];
    Rcpt = ["RCPT"] Transaction, Path, [250, 251];
    Data = ["DATA"] Transaction, Words(0, 0), [354];
    Bdat = ["BDAT"] Transaction, Chunk, [250];
    Rset = ["RSET"] Transaction, Words(0, 0), [250];
    Vrfy = ["VRFY"] Transaction, Words(1, 1), [250, 251, 252];
    Expn = ["EXPN"] Transaction, Words(1, 1), [250, 252];
    Help = ["HELP"] Transaction, Words(0, 1), [211, 214, 250];
    Noop = ["NOOP"] Transaction, Words(0, 1), [250];
    Quit = ["QUIT"] Release, Words(0, 0), [221];
    /// X-EXPS is AUTH between Exchange servers; XAUTH is as old as RFC 2554's drafts.
    Auth = ["AUTH", "X-EXPS", "XAUTH"] Authentication, Words(1, 2), [235, 334];
    /// X-ANONYMOUSTLS is Exchange's STARTTLS without certificates.
    StartTls = ["STARTTLS", "X-ANONYMOUSTLS"] Encryption, Words(0, 0), [220];
    Etrn = ["ETRN"] Transaction, Words(1, 1), [250, 251, 252];
    Turn = ["TURN"] Transaction, Words(0, 0), [250];
    Atrn = ["ATRN"] Transaction, Words(0, 1), [250];
    /// Content by reference (RFC 4468).
    Burl = ["BURL"] Transaction, Url, [250];
    Xclient = ["XCLIENT"] Hello, Attributes, [220, 250];
    Xforward = ["XFORWARD"] Transaction, Attributes, [250];
    /// sendmail's: replies are to tell more.
    Verb = ["VERB", "XVRB"] Transaction, Words(0, 1), [200, 250];
    /// sendmail's of old.
    Onex = ["ONEX", "XONE"] Transaction, Words(0, 0), [200, 250];
    /// sendmail's: the client is a user's program.
    Xusr = ["XUSR"] Transaction, Words(0, 0), [250];
    /// Of PMDF and the Messaging Servers that came of it: how an address is rewritten, counts and states.
    Xstatus = ["XADR", "XSTA", "XCIR", "XGEN"] Transaction, Words(0, 2), [250];
    /// Exchange's shadow redundancy.
    Xshadow = ["XSHADOW", "XSHADOWREQUEST", "XQDISCARD"] Transaction, Attributes, [250];
    /// Exchange's front end.
    Xproxy = ["XPROXY", "XPROXYFROM", "XPROXYTO"] Hello, Attributes, [220, 250];
    Xsession = ["XSESSIONPARAMS"] Hello, Attributes, [250];
    XlinkState = ["X-LINK2STATE"] Transaction, Words(1, 4), [200, 250];
    /// After a 354, counted octets in a form of Exchange's own.
    Xexch50 = ["XEXCH50"] Transaction, Octets, [250, 354];
}

impl Verb {
    /// All verbs, [`Verb::Other`] last.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.verb).chain([Self::Other])
    }

    /// `None` for [`Verb::Other`]. The rows stand in the order of the variants; a test checks it.
    fn row(self) -> Option<&'static Row> {
        ROWS.get(self as usize)
    }

    /// Where its command belongs; `None` where that is unknown.
    pub fn stage(self) -> Option<Stage> {
        self.row().map(|row| row.stage)
    }

    /// True for HELO, EHLO and LHLO: an accepted one has the same effect on the session.
    pub fn is_hello(self) -> bool {
        matches!(self, Self::Helo | Self::Ehlo | Self::Lhlo)
    }

    /// True where it ends a mail transaction, if it is accepted (RFC 5321, section 4.1.4). XCLIENT begins the session
    /// anew.
    pub fn ends_transaction(self) -> bool {
        self.is_hello() || matches!(self, Self::Rset | Self::Xclient)
    }

    /// True where `code` is a reply that a server may give to this command. Anything can be refused, and an unknown
    /// verb may be answered by any code that does not belong to another.
    pub fn may_be_answered_by(self, code: u16) -> bool {
        match self.row() {
            _ if code >= 400 => true,
            Some(row) => row.replies.contains(&code),
            None => !matches!(code, 221 | 235 | 334 | 354),
        }
    }
}

/// The verb called `word`, in upper or lower case, and its name.
fn named(word: &[u8]) -> Option<(Verb, &'static str)> {
    match in_capitals(word) {
        Some(word) => Verb::called(word),
        None => Verb::called(std::str::from_utf8(&word.to_ascii_uppercase()).ok()?),
    }
}

/// A command line, cut into verb and arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// The verb.
    pub verb: Verb,
    /// The first word in upper case, whatever it is; `None` where the line is empty.
    pub name: Option<Cow<'static, str>>,
    /// The whole line.
    line: &'a [u8],
    arguments: std::ops::Range<usize>,
}

impl<'a> Command<'a> {
    /// Reads `line`. Every line is a command: one without a known verb has [`Verb::Other`].
    pub fn read(line: &'a [u8]) -> Self {
        let CommandLine { verb: word, arguments } = parse::command_line(line);
        let (verb, name) = match named(word) {
            Some((verb, name)) => (verb, Some(Cow::Borrowed(name))),
            None if word.is_empty() => (Verb::Other, None),
            None if parse::is_auth_by_another_name(word, line.get(arguments.clone()).unwrap_or_default()) => {
                (Verb::Auth, Some(Cow::Owned(String::from_utf8_lossy(word).to_ascii_uppercase())))
            }
            None => (Verb::Other, Some(Cow::Owned(String::from_utf8_lossy(word).to_ascii_uppercase()))),
        };
        Self { verb, name, line, arguments }
    }

    /// The whole line.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// What follows the verb.
    pub fn arguments(&self) -> &'a [u8] {
        self.line.get(self.arguments.clone()).unwrap_or_default()
    }

    /// The mechanism of `AUTH=LOGIN`, as the line has it.
    pub fn mechanism_in_verb(&self) -> Option<&'a [u8]> {
        let word = parse::command_line(self.line).verb;
        parse::after_auth_equals(word).filter(|_| self.verb == Verb::Auth)
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

    /// Like [`Command::path`], for a line whose end is missing: only where the closing bracket was seen.
    pub fn closed_path(&self) -> Option<&'a [u8]> {
        self.path().filter(|_| parse::has_closed_path(self.arguments()))
    }

    /// The verb of a line whose end is missing. Only DATA begins with a D, so any beginning of that word is enough.
    pub fn verb_cut(&self) -> Verb {
        let is_data = !self.line.is_empty()
            && b"DATA".get(..self.line.len()).is_some_and(|cut| cut.eq_ignore_ascii_case(self.line));
        if is_data { Verb::Data } else { self.verb }
    }

    /// True where the line has the full form of a command, which a line of a message hardly ever has.
    ///
    /// Used where a line may be either: after a refused DATA, after a gap, and where the reply that decides was not
    /// captured.
    pub fn is_in_form(&self) -> bool {
        let words = self.arguments().split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty()).count();
        // `AUTH=LOGIN` has its first argument in the verb.
        let words = words + usize::from(self.mechanism_in_verb().is_some());
        // A line of a message may end in `login`, too.
        let word = parse::command_line(self.line).verb;
        if self.verb == Verb::Auth && named(word).is_none() && self.mechanism_in_verb().is_none() {
            return false;
        }
        match self.verb.row().map(|row| row.form) {
            Some(Path) => self.path().is_some(),
            Some(Words(least, most)) => (least..=most).contains(&words),
            Some(Chunk) => parse::chunk(self.arguments()).is_some(),
            Some(Octets) => parse::octets(self.arguments()).is_some(),
            Some(Url) => self.arguments().trim_ascii_start().starts_with(b"imap://"),
            Some(Attributes) => self.arguments().contains(&b'='),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_its_own_row() {
        for verb in Verb::all().filter(|verb| *verb != Verb::Other) {
            assert_eq!(verb.row().map(|row| row.verb), Some(verb));
        }
        assert!(Verb::Other.row().is_none());
    }

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
