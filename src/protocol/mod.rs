/*!
From byte streams to what was said: SMTP, LMTP, POP3, IMAP, SASL and TLS. Knows no table and no JSON.

Each protocol has the same rooms: `command.rs` and `reply.rs` (types), `parse.rs` (pure nom parsers), `dialogue.rs` (the
state enum, the only stateful file): know one, know all three. A [`Dialogue`] is fed both directions of a connection in
causal order and tells a [`Sink`] what happened, in the vocabulary of [`event`].
*/

pub mod detect;
pub mod event;
pub mod framing;
pub mod ports;
mod proxy;
pub mod sasl;

pub mod imap;
pub mod pop3;
pub mod smtp;
pub mod tls;

#[cfg(test)]
pub(crate) mod testing;

pub use event::{Sink, StepId};

use crate::flow::{PacketRef, Side};

/// A mail protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033.
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501 and 9051.
    Imap,
}

impl Protocol {
    /// The name in the JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Imap => "imap",
        }
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Smtp, Self::Lmtp, Self::Pop3, Self::Imap]
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| format!("no protocol is called `{name}`: smtp, lmtp, pop3 and imap are"))
    }
}

/// One protocol's side of a connection: both directions, in causal order.
///
/// No input makes a dialogue panic, grow without bound or take more than linear time.
pub trait Dialogue: Send {
    /// Bytes that `from` sent.
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink);

    /// `missing` bytes that `from` sent are not in the capture. The dialogue reports the gap as a step and goes on at
    /// the next line that it can be sure of.
    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink);

    /// The connection is over: whatever is half-read (a line without its end, a message without its dot, a log-in
    /// without its reply) is reported as such.
    fn end(&mut self, out: &mut dyn Sink);
}
