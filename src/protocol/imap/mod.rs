/*!
IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051), with the extensions that clients use.

```text
bytes ─▶ dialogue.rs ─▶ client.rs, append.rs   commands, responses to challenges, APPEND's messages
         state.rs       early.rs               literals that come before the server has asked for them
           │            login.rs               logins
           │            server.rs, fetch.rs    replies, untagged data, FETCH's messages
           │            literal_lines.rs          literals that the server takes for commands
           │            short_literal.rs, held_tail.rs
           │                bodies that are shorter than announced
           │            partial.rs             messages fetched in pieces, put together
           │            queue.rs, requested.rs  commands in flight, by tag, and what was asked for
           ▼
         fragmentizer.rs      frames lines and literals
         lexer.rs, command.rs, reply.rs, parse.rs,
         fetch_items.rs, body_structure.rs, mailbox_name.rs, mailboxes.rs      pure parsers
```
*/

pub(crate) mod command;
pub(crate) mod reply;

mod append;
mod body_structure;
mod client;
mod described;
mod dialogue;
mod early;
mod fetch;
mod fetch_items;
mod fragmentizer;
mod header_and_text;
mod held_tail;
mod lexer;
mod literal_lines;
mod login;
mod mailbox_name;
mod mailboxes;
mod message_ref;
mod parse;
mod partial;
mod queue;
mod requested;
mod server;
mod short_literal;
mod state;

#[cfg(test)]
mod tests;

pub use client::is_none;
pub use command::{Stage, Verb};
pub use login::is_for_the_state;
pub use mailboxes::readable_mailboxes;
pub use reply::{Code, Status, Untagged};
pub use state::Dialogue;

use super::sasl::Round;

/// What a step is in IMAP, and the state the session was in (RFC 3501, section 3).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// The state at that time.
    pub state: State,
    /// What the step is.
    pub what: What,
}

/// RFC 3501, section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum State {
    /// Before the login.
    NotAuthenticated,
    /// Logged in, no mailbox selected.
    Authenticated,
    /// A mailbox is selected.
    Selected,
    /// From LOGOUT or BYE on.
    Logout,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum What {
    /// The server's first line: `* OK`, `* PREAUTH`, `* BYE`.
    Greeting(Status),
    /// A command.
    Command {
        /// The verb (for `UID FETCH`: [`Verb::Fetch`]).
        verb: Verb,
        /// UID stands before the verb.
        uid: bool,
    },
    /// A tagged reply.
    Tagged {
        /// The command it answers; absent where its tag names none.
        to: Option<Verb>,
        /// OK, NO, BAD.
        status: Status,
        /// The response code in brackets.
        code: Option<Code>,
    },
    /// An untagged response.
    Untagged(Untagged),
    /// `+`: the server waits for the rest of a command (a literal, or IDLE's end).
    Continuation {
        /// The command it belongs to.
        to: Option<Verb>,
    },
    /// `+` within AUTHENTICATE.
    Challenge(Round),
    /// The client's answer to it.
    Response(Round),
    /// A line of a literal that the server has refused, and that the client has sent all the same: the server reads the
    /// line as a command.
    Uninvited,
    /// DONE, which ends IDLE (RFC 2177).
    Done,
    /// Content of a literal that carries a message: of FETCH (server) or APPEND (client).
    Content {
        /// The command.
        verb: Verb,
        /// Octets of the literal that were captured. The step has the line after it too, where that ends the response
        /// or command.
        octets: u64,
    },
}
