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
use crate::protocol::event::{ProxyHeader, Subject};
use crate::protocol::{Protocol, tls};
use crate::session::model::{Session, Step, TlsMode};

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
    /// A proxy's header.
    Proxy(ProxyHeader),
    /// A ClientHello where no TLS was agreed upon.
    TlsAtOnce,
    /// The server refuses what came before the dialogue.
    Refuses(Unexpected),
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

/// What came before the dialogue and was not expected by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unexpected {
    /// A proxy's header.
    ProxyHeader,
    /// A ClientHello to a port that speaks plain text.
    ClientHello,
}

/// What `step` of `session` does.
pub fn purpose(session: &Session, step: &Step) -> Purpose {
    match step.subject {
        Subject::Tls(tls::Subject::ClientHello) if session.tls.mode == TlsMode::None => Purpose::TlsAtOnce,
        _ => of(session.protocol, step, session.answered(step)),
    }
}

/// What `step` does in a session of `protocol`. `answered` is the step that it answers, where it is a reply.
pub fn of(protocol: Protocol, step: &Step, answered: Option<&Step>) -> Purpose {
    if let Some(unexpected) = refused(answered) {
        return Purpose::Refuses(unexpected);
    }
    match &step.subject {
        Subject::Smtp(subject) => Purpose::Smtp(smtp::of(subject, step.variant, answered, step.elapsed)),
        Subject::Pop3(subject) => Purpose::Pop3(pop3::of(subject, step.variant, answered)),
        Subject::Imap(subject) => Purpose::Imap(imap::of(subject, step.variant, answered)),
        Subject::Tls(what) => Purpose::Tls { from: step.from, what: what.clone() },
        Subject::Proxy(header) => Purpose::Proxy(*header),
        Subject::Gap(bytes) => Purpose::Gap { from: step.from, bytes: *bytes },
        Subject::Cut => Purpose::Cut { from: step.from },
        Subject::Unknown => Purpose::Unknown { protocol, from: step.from },
    }
}

/// What was refused, where the step that is answered is no command.
fn refused(answered: Option<&Step>) -> Option<Unexpected> {
    let unexpected = match answered?.subject {
        Subject::Proxy(_) => Unexpected::ProxyHeader,
        Subject::Tls(tls::Subject::ClientHello) => Unexpected::ClientHello,
        _ => return None,
    };
    Some(unexpected)
}

#[cfg(test)]
mod tests;
