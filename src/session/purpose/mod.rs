/*!
Which explanation a step deserves: typed, so that every language must have words for it.

What a step does depends on where it stands: a 250 after RCPT is not a 250 after the content, and `NO` after LOGIN is not
`NO` after SELECT. The dialogues have told it in [`Subject`]; here it becomes one [`Purpose`] a plain sentence, and the
[`Phase`] of the table it stands in.
*/

pub mod enhanced;
mod enumerated;
pub mod imap;
pub mod pop3;
pub mod smtp;

pub(crate) use enumerated::enumerated;
pub use imap::Imap;
pub use pop3::Pop3;
pub use smtp::Smtp;

use super::model::{self, Phase};
use crate::flow::Side;
use crate::protocol::event::{Step, Subject};
use crate::protocol::sasl::Round;
use crate::protocol::{Protocol, tls};

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// SMTP and LMTP.
    Smtp(Smtp),
    /// POP3.
    Pop3(Pop3),
    /// IMAP.
    Imap(Imap),
    /// The server's part of a SASL exchange.
    Challenge(Round),
    /// The client's part of a SASL exchange.
    Response(Round),
    /// Part of a TLS connection.
    Tls {
        /// Who sent it.
        from: Side,
        /// Which part.
        what: tls::Subject,
    },
    /// Bytes that are missing from the capture.
    Gap {
        /// Who sent them.
        from: Side,
        /// How many.
        bytes: u64,
    },
    /// Nothing that the protocol knows.
    Unknown {
        /// The protocol that was expected.
        protocol: Protocol,
        /// Who sent it.
        from: Side,
    },
}

/// What `step` does. `answered` is the step that it answers, where it is a reply.
pub fn of(protocol: Protocol, step: &Step<'_>, answered: Option<&model::Step>) -> Purpose {
    let asked = answered.map(|step| &step.purpose);
    match &step.subject {
        Subject::Smtp(subject) => smtp::of(subject, step, asked),
        Subject::Pop3(subject) => pop3::of(subject, arguments(step), asked),
        Subject::Imap(subject) => imap::of(subject, asked),
        Subject::Tls(what) => Purpose::Tls { from: step.from, what: what.clone() },
        Subject::Gap(bytes) => Purpose::Gap { from: step.from, bytes: *bytes },
        Subject::Unknown => Purpose::Unknown { protocol, from: step.from },
    }
}

/// The phase that `step` belongs to; `previous` is the phase of the step before it ([`Phase::Connection`] for the first).
/// A reply is in the phase of what it answers; what can stand anywhere stays in the phase that there is.
pub fn phase(step: &Step<'_>, previous: Phase) -> Phase {
    match &step.subject {
        Subject::Smtp(subject) => smtp::phase(subject, previous),
        Subject::Pop3(subject) => pop3::phase(subject, previous),
        Subject::Imap(subject) => imap::phase(subject, previous),
        Subject::Tls(_) => Phase::Encryption,
        Subject::Gap(_) | Subject::Unknown => previous,
    }
}

/// What follows a command's verb, without white space around it; empty where there is nothing.
fn arguments<'a>(step: &Step<'a>) -> &'a [u8] {
    step.arguments.clone().and_then(|range| step.text.get(range)).unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests;
