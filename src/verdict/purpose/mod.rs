/*!
Which explanation a step gets: typed, so that every language must have words for it.

What a step does depends on its context: a 250 after RCPT is not a 250 after the content, and `NO` after LOGIN is not
`NO` after SELECT. The context is in the step's [`Subject`] and in the step that it answers; here both become one
[`Purpose`], and there is one for each sentence that a view shows.
*/

pub mod enhanced;
mod enumerated;
pub mod imap;
pub mod pop3;
mod sasl;
pub mod smtp;

pub(crate) use enumerated::enumerated;
pub use imap::Imap;
pub use pop3::Pop3;
pub use sasl::Sasl;
pub use smtp::Smtp;

use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::{Protocol, tls};
use crate::session::model::{Session, Step};

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// SMTP and LMTP.
    Smtp(Smtp),
    /// POP3.
    Pop3(Pop3),
    /// IMAP.
    Imap(Imap),
    /// Part of a TLS connection.
    Tls {
        /// The side that sent it.
        from: Side,
        /// Which part.
        what: tls::Subject,
    },
    /// Bytes that are missing from the capture.
    Gap {
        /// The side that sent them.
        from: Side,
        /// How many.
        bytes: u64,
    },
    /// A part of a line, of which too little came to tell what it is.
    Cut {
        /// The side that sent it.
        from: Side,
    },
    /// Bytes that the protocol does not know.
    Unknown {
        /// The protocol that was expected.
        protocol: Protocol,
        /// The side that sent it.
        from: Side,
    },
}

/// What `step` of `session` does.
pub fn purpose(session: &Session, step: &Step) -> Purpose {
    of(session.protocol, step, session.answered(step))
}

/// What `step` does in a session of `protocol`. `answered` is the step that it answers, where it is a reply.
pub fn of(protocol: Protocol, step: &Step, answered: Option<&Step>) -> Purpose {
    match &step.subject {
        Subject::Smtp(subject) => Purpose::Smtp(smtp::of(subject, step.variant, answered, step.elapsed)),
        Subject::Pop3(subject) => Purpose::Pop3(pop3::of(subject, step.variant, answered)),
        Subject::Imap(subject) => Purpose::Imap(imap::of(subject, step.variant, answered)),
        Subject::Tls(what) => Purpose::Tls { from: step.from, what: what.clone() },
        Subject::Gap(bytes) => Purpose::Gap { from: step.from, bytes: *bytes },
        Subject::Cut => Purpose::Cut { from: step.from },
        Subject::Unknown => Purpose::Unknown { protocol, from: step.from },
    }
}

#[cfg(test)]
mod tests;
