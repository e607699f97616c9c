//! POP3 (RFC 1939) and its extensions (RFC 2449, 2595, 5034, 6856; XTND XMIT of RFC 1082's kind).

mod client;
pub(crate) mod command;
mod content;
pub(crate) mod dialogue;
mod held_reply;
mod login;
mod maildrop;
mod multi_line;
pub mod parse;
mod queue;
mod refusal;
pub(crate) mod reply;
mod server;
#[cfg(test)]
mod tests;

pub use command::{Command, Verb};
pub use dialogue::Dialogue;
pub use reply::Reply;

use super::sasl::Round;

/// What a step is in POP3, and the state the session was in (RFC 1939, section 3).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// The state when it was sent.
    pub state: State,
    /// What the step is in that state.
    pub what: What,
}

/// RFC 1939, section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum State {
    /// Before the login.
    #[default]
    Authorization,
    /// After it.
    Transaction,
    /// From QUIT on.
    Update,
}

/// What a reply means for the maildrop (RFC 1939, sections 5 and 6), or why it refuses the command, where the conversation
/// shows that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Effect {
    /// To DELE: this message will be removed.
    Marked(u64),
    /// To RSET: this many messages are no longer to be removed.
    Restored(u64),
    /// To QUIT: this many messages are removed.
    Removed(u64),
    /// A refusal: this message was marked deleted before.
    Gone(u64),
    /// A refusal: there is no message of this number, by the server's words.
    NoMessage(u64),
    /// A refusal: an argument is missing, or is none that the command takes (RFC 1939, sections 5 and 7).
    BadArgument,
    /// A refusal of a login: the client is logged in already (RFC 1939, section 4: USER, PASS and APOP belong to the
    /// AUTHORIZATION state).
    LoggedIn,
    /// A refusal of USER: the name is set already. It decides on no login.
    NameSet,
    /// A refusal of STLS: the client is logged in (RFC 2595, section 4: it belongs to the AUTHORIZATION state).
    StlsTooLate,
    /// A refusal of AUTH: the client has given it up by `*` (RFC 5034, section 4).
    GivenUp,
    /// A refusal of PASS: no USER is in effect (RFC 1939, section 7). The login has failed, and no password was looked at.
    NameMissing,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum What {
    /// The server's first line.
    Greeting {
        /// `+OK`.
        ok: bool,
        /// It carries an APOP timestamp.
        apop: bool,
        /// Extended response code, as in a reply.
        code: Option<Box<str>>,
    },
    /// A command.
    Command(Verb),
    /// A reply, with its lines where it has several.
    Reply {
        /// The command it answers; absent where there was none.
        to: Option<Verb>,
        /// `+OK`.
        ok: bool,
        /// Extended response code (RFC 2449, section 8), upper case, without brackets: `IN-USE`, `AUTH`, `SYS/TEMP`.
        code: Option<Box<str>>,
        /// What it means for the maildrop, where that is known.
        effect: Option<Effect>,
    },
    /// A reply that may answer one of several commands, or one that was not captured.
    InDoubt {
        /// `+OK`.
        ok: bool,
        /// Extended response code, as in a reply.
        code: Option<Box<str>>,
    },
    /// An `-ERR` that no command asked for, before the server closes the connection.
    Farewell {
        /// Extended response code, as in a reply.
        code: Option<Box<str>>,
    },
    /// A `+` within AUTH.
    Challenge(Round),
    /// The client's answer to it.
    Response(Round),
    /// The content of a message, after RETR, TOP or XTND XMIT.
    Content(Verb),
}
