//! What SMTP and LMTP steps do (RFC 5321, and the extensions' RFCs).

use super::{Purpose, arguments, enhanced, enumerated};
use crate::protocol::event::Step;
use crate::protocol::smtp::{Enhanced, ReplyTo, Subject, Verb};
use crate::session::model::Phase;
use replies::reply;

mod replies;

pub use replies::Reply;

/// What an SMTP or LMTP step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Smtp {
    /// The server's first words.
    Greeting(Greeting),
    /// A command.
    Command(Command),
    /// A reply.
    Reply {
        /// What it says.
        what: Reply,
        /// Its enhanced status code, where that says more than the reply itself.
        enhanced: Option<(Enhanced, enhanced::Meaning)>,
    },
    /// Content.
    Content(Content),
}

enumerated! {
    /// The server's first words.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Greeting {
        /// 220.
        Ready,
        /// 421 and other 4yz codes: not now.
        NotNow,
        /// 521 (RFC 7504): never takes mail.
        NoMailHere,
        /// 554 and other 5yz codes: not for this client.
        Refused,
        /// A code that no greeting has.
        Odd,
    }
}

enumerated! {
    /// A command.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Command {
        Helo,
        Ehlo,
        Lhlo,
        Mail,
        /// MAIL FROM:<>: a delivery report, which must not be answered by another.
        MailFromNobody,
        Rcpt,
        Data,
        Bdat,
        /// BDAT n LAST.
        BdatLast,
        Rset,
        Vrfy,
        Expn,
        Help,
        Noop,
        Quit,
        Auth,
        /// AUTH with an initial response.
        AuthAtOnce,
        StartTls,
        Etrn,
        Turn,
        Atrn,
        Burl,
        /// BURL url LAST.
        BurlLast,
        Xclient,
        Xforward,
        Xexch50,
        Other,
    }
}

enumerated! {
    /// Content.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Content {
        /// A message, ended by the dot.
        Message,
        /// A chunk of a message.
        Chunk,
        /// The last chunk of a message.
        LastChunk,
        /// What Exchange servers tell each other beside the message.
        Properties,
        /// What was sent though the server had refused to take it.
        Refused,
    }
}

/// What an SMTP `step` does, which is about `subject`. `asked` is the purpose of what a reply answers.
pub fn of(subject: &Subject, step: &Step<'_>, asked: Option<&Purpose>) -> Purpose {
    Purpose::Smtp(match *subject {
        Subject::Greeting { code } => Smtp::Greeting(greeting(code)),
        Subject::Command(verb) => Smtp::Command(command(verb, arguments(step))),
        Subject::Reply { to, code, enhanced } => Smtp::Reply {
            what: match reply(to, code, is_last(asked)) {
                // Each extension has a line of its own behind the first (RFC 5321, section 4.1.1.1).
                Reply::EhloAccepted | Reply::LhloAccepted if !step.text.contains(&b'\n') => Reply::NoExtensions,
                what => what,
            },
            enhanced: enhanced.filter(|code| says_more(*code)).map(|code| (code, enhanced::Meaning::of(code))),
        },
        Subject::Challenge(round) => return Purpose::Challenge(round),
        Subject::Response(round) => return Purpose::Response(round),
        Subject::Content => Smtp::Content(Content::Message),
        Subject::Chunk { last: false } => Smtp::Content(Content::Chunk),
        Subject::Chunk { last: true } => Smtp::Content(Content::LastChunk),
        Subject::Properties => Smtp::Content(Content::Properties),
        Subject::RefusedContent => Smtp::Content(Content::Refused),
    })
}

/// True where the last piece of a message was asked to be taken.
fn is_last(asked: Option<&Purpose>) -> bool {
    matches!(asked, Some(Purpose::Smtp(Smtp::Command(Command::BdatLast | Command::BurlLast))))
}

/// A success without detail (2.0.0, 2.1.0) repeats what the reply code has said already.
fn says_more(code: Enhanced) -> bool {
    code.class != 2 || code.detail != 0
}

fn greeting(code: u16) -> Greeting {
    match code {
        220 => Greeting::Ready,
        521 => Greeting::NoMailHere,
        400..=499 => Greeting::NotNow,
        500..=599 => Greeting::Refused,
        _ => Greeting::Odd,
    }
}

fn command(verb: Verb, arguments: &[u8]) -> Command {
    match verb {
        Verb::Helo => Command::Helo,
        Verb::Ehlo => Command::Ehlo,
        Verb::Lhlo => Command::Lhlo,
        Verb::Mail if is_from_nobody(arguments) => Command::MailFromNobody,
        Verb::Mail => Command::Mail,
        Verb::Rcpt => Command::Rcpt,
        Verb::Data => Command::Data,
        Verb::Bdat if last_word(arguments).eq_ignore_ascii_case(b"LAST") => Command::BdatLast,
        Verb::Bdat => Command::Bdat,
        Verb::Rset => Command::Rset,
        Verb::Vrfy => Command::Vrfy,
        Verb::Expn => Command::Expn,
        Verb::Help => Command::Help,
        Verb::Noop => Command::Noop,
        Verb::Quit => Command::Quit,
        Verb::Auth if arguments.iter().any(u8::is_ascii_whitespace) => Command::AuthAtOnce,
        Verb::Auth => Command::Auth,
        Verb::StartTls => Command::StartTls,
        Verb::Etrn => Command::Etrn,
        Verb::Turn => Command::Turn,
        Verb::Atrn => Command::Atrn,
        Verb::Burl if last_word(arguments).eq_ignore_ascii_case(b"LAST") => Command::BurlLast,
        Verb::Burl => Command::Burl,
        Verb::Xclient => Command::Xclient,
        Verb::Xforward => Command::Xforward,
        Verb::Xexch50 => Command::Xexch50,
        Verb::Other => Command::Other,
    }
}

/// `FROM:<>`, with the spaces that clients put after the colon.
fn is_from_nobody(arguments: &[u8]) -> bool {
    let path = match arguments.iter().position(|&byte| byte == b':') {
        Some(colon) => arguments.get(colon + 1..).unwrap_or_default(),
        None => return false,
    };
    path.trim_ascii_start().starts_with(b"<>")
}

fn last_word(arguments: &[u8]) -> &[u8] {
    arguments.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default()
}

/// The phase of an SMTP step.
pub fn phase(subject: &Subject, previous: Phase) -> Phase {
    match *subject {
        Subject::Greeting { .. } => Phase::Connection,
        Subject::Command(verb) => phase_of(verb, previous),
        Subject::Reply { code: 421, .. } => Phase::Release,
        Subject::Reply { to, .. } => match to {
            ReplyTo::Command(verb) => phase_of(verb, previous),
            ReplyTo::Content | ReplyTo::Recipient => Phase::Transaction,
            ReplyTo::Sasl => Phase::Authentication,
            ReplyTo::Nothing => previous,
        },
        Subject::Challenge(_) | Subject::Response(_) => Phase::Authentication,
        Subject::Content | Subject::Chunk { .. } | Subject::Properties | Subject::RefusedContent => Phase::Transaction,
    }
}

fn phase_of(verb: Verb, previous: Phase) -> Phase {
    match verb {
        // XCLIENT begins the session anew (the server greets again).
        Verb::Helo | Verb::Ehlo | Verb::Lhlo | Verb::Xclient => Phase::Connection,
        Verb::StartTls => Phase::Encryption,
        Verb::Auth => Phase::Authentication,
        Verb::Quit => Phase::Release,
        Verb::Mail
        | Verb::Rcpt
        | Verb::Data
        | Verb::Bdat
        | Verb::Rset
        | Verb::Vrfy
        | Verb::Expn
        | Verb::Help
        | Verb::Noop
        | Verb::Burl
        | Verb::Etrn
        | Verb::Turn
        | Verb::Atrn
        | Verb::Xforward
        | Verb::Xexch50 => Phase::Transaction,
        Verb::Other => previous,
    }
}
