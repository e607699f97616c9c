//! SMTP (RFC 5321) and LMTP (RFC 2033): one language, two ways of answering content.

pub(crate) mod command;
pub(crate) mod dialogue;
pub mod parse;
pub(crate) mod reply;
pub(crate) mod said;

mod bdat;
mod client;
mod content;
mod cut;
mod deferred;
mod held;
mod held_bytes;
mod in_flight;
mod login;
mod on_reply;
mod question;
mod queue;
mod replies_due;
mod server;
mod state;
mod transaction;
mod transaction_end;
mod turn;
mod xexch50;

#[cfg(test)]
mod tests;

pub use command::{Stage, Verb};
pub use dialogue::{Dialogue, Flavour};
pub use parse::Enhanced;
pub use said::Said;

use super::sasl::Round;

/// What a step is in SMTP.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Subject {
    /// The server's first reply: 220, or a refusal.
    Greeting {
        /// The reply code.
        code: u16,
        /// Its last line has come: until then the client must wait.
        ended: bool,
    },
    /// A command.
    Command(Verb),
    /// A reply.
    Reply {
        /// What it answers.
        to: ReplyTo,
        /// The reply code; 0 where the server has named none.
        code: u16,
        /// The enhanced status code (RFC 3463).
        enhanced: Option<Enhanced>,
    },
    /// A 334 within AUTH.
    Challenge(Round),
    /// The client's answer to a 334.
    Response(Round),
    /// Content of a message after 354.
    Content,
    /// Content of a BDAT chunk (RFC 3030).
    Chunk {
        /// Its BDAT carries LAST.
        last: bool,
    },
    /// The octets after XEXCH50, which an Exchange server sends beside the message.
    Properties,
    /// A line that the client sent as content though the server had refused DATA.
    RefusedContent,
}

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ReplyTo {
    /// A command. (354 answers DATA; the reply after the final dot does not.)
    Command(Verb),
    /// The content that ended with the dot.
    Content,
    /// LMTP and PRDR: the content, for one recipient.
    Recipient,
    /// Content that had not ended: the server does not wait for the rest.
    UnfinishedContent {
        /// It has waited for it.
        timeout: bool,
    },
    /// A line of content that was sent although the server had refused it: the server has read it as a command.
    RefusedLine,
    /// A SASL response.
    Sasl,
    /// Nothing: 421 at any time, or a reply too many.
    Nothing,
    /// Bytes of either side are missing, and it may be one of several commands, or one that was not captured.
    InDoubt,
}
