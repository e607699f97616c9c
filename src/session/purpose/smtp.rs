//! What SMTP and LMTP steps do (RFC 5321, and the extensions' RFCs).

use super::{Purpose, arguments, enhanced, enumerated};
use crate::protocol::event::Step;
use crate::protocol::smtp::{Enhanced, ReplyTo, Stage, Subject, Verb};
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

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Told by its verb alone.
    Verb(Verb),
    /// MAIL FROM:<>: a delivery report, which must not be answered by another.
    MailFromNobody,
    /// BDAT n LAST.
    BdatLast,
    /// AUTH with an initial response.
    AuthAtOnce,
    /// BURL url LAST.
    BurlLast,
}

impl Command {
    /// All there are.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Verb::all().map(Self::Verb).chain([Self::MailFromNobody, Self::BdatLast, Self::AuthAtOnce, Self::BurlLast])
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
    let is_last = || last_word(arguments).eq_ignore_ascii_case(b"LAST");
    match verb {
        Verb::Mail if is_from_nobody(arguments) => Command::MailFromNobody,
        Verb::Bdat if is_last() => Command::BdatLast,
        Verb::Burl if is_last() => Command::BurlLast,
        Verb::Auth if arguments.iter().any(u8::is_ascii_whitespace) => Command::AuthAtOnce,
        verb => Command::Verb(verb),
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
    match verb.stage() {
        Some(Stage::Hello) => Phase::Connection,
        Some(Stage::Encryption) => Phase::Encryption,
        Some(Stage::Authentication) => Phase::Authentication,
        Some(Stage::Transaction) => Phase::Transaction,
        Some(Stage::Release) => Phase::Release,
        None => previous,
    }
}
