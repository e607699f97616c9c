/*!
TLS from outside: records, hellos, certificates, alerts (RFC 8446, RFC 5246). Metadata only: nothing is decrypted.

A dialogue that has seen STARTTLS accepted makes a [`Watch`] and hands it every byte from then on, until the watch says
that what comes is no TLS at all.
*/

mod implicit;

pub use implicit::Implicit;

use super::event::{Kind, Packets, Sink, Step, TlsFact};
use crate::flow::{At, Side};

/// What a step of a TLS connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// ClientHello.
    ClientHello,
    /// ServerHello, with what follows it in the clear.
    ServerHello,
    /// HelloRetryRequest.
    HelloRetryRequest,
    /// The certificate chain, in the clear up to TLS 1.2.
    Certificate,
    /// Other handshake messages in the clear, or ChangeCipherSpec.
    Handshake,
    /// An alert in the clear.
    Alert {
        /// Fatal.
        fatal: bool,
        /// AlertDescription (RFC 8446, section 6).
        description: u8,
    },
    /// Encrypted records.
    Encrypted,
    /// Bytes that are no TLS records though TLS was agreed upon.
    NotTls,
}

/// What a [`Watch`] says of the bytes that it was handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They belong to TLS, and were taken.
    Taken,
    /// They are plain text where TLS should have begun: the capture was decrypted, or TLS never came. None was taken;
    /// the dialogue reads on, in both directions, and does not call the watch again.
    Plain,
}

/// Watches a TLS connection from outside.
#[derive(Debug, Default)]
pub struct Watch {
    begun: bool,
    bytes: [u64; 2],
    first: Option<(At, Side)>,
    packets: Packets,
}

impl Watch {
    /// TLS from the first byte.
    pub fn implicit(out: &mut dyn Sink) -> Self {
        out.tls(TlsFact::Implicit);
        Self::default()
    }

    /// TLS after a STARTTLS or STLS that the server accepted.
    pub fn after_starttls(out: &mut dyn Sink) -> Self {
        out.tls(TlsFact::StartTls);
        Self::default()
    }

    /// Bytes that `from` sent.
    pub fn data(&mut self, from: Side, bytes: &[u8], at: At, out: &mut dyn Sink) -> Verdict {
        let Some(&first) = bytes.first() else { return Verdict::Taken };
        if !self.begun && !is_record_start(first) {
            out.tls(TlsFact::Decrypted);
            return Verdict::Plain;
        }
        self.begun = true;
        self.first.get_or_insert((at, from));
        self.packets.add(at.packet);
        self.bytes[from as usize] += bytes.len() as u64;
        Verdict::Taken
    }

    /// `missing` bytes that `from` sent are not in the capture.
    pub fn gap(&mut self, from: Side, missing: u64, at: At, out: &mut dyn Sink) {
        let _ = (from, missing, at, out);
    }

    /// The connection is over: what has not been told yet is told.
    pub fn end(&mut self, out: &mut dyn Sink) {
        let Some((at, from)) = self.first.take() else { return };
        out.step(Step {
            from,
            kind: Kind::Tls,
            subject: super::event::Subject::Tls(Subject::Encrypted),
            time: at.time,
            packets: self.packets.ends(),
            text: b"",
            bytes: self.bytes.iter().sum(),
            tag: None,
            command: None,
            arguments: None,
            answers: None,
            secrets: Vec::new(),
        });
    }
}

/// A TLS record's first byte: its content type (RFC 8446, section 5.1), or the first of an SSL 2.0 ClientHello.
fn is_record_start(byte: u8) -> bool {
    matches!(byte, 20..=23 | 0x80)
}
