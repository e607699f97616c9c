//! The trait that a protocol's dialogue implements for the [channel](super::channel) that feeds it.

use super::event::Sink;
use super::framing::Input;
use super::secret::Raw;
use crate::flow::{PacketRef, Side};
use std::fmt::Debug;

/// One protocol's side of a connection: both directions, in causal order, without the layers below.
///
/// No input makes a dialogue panic, grow without bound or take more than linear time. None is formatted with a
/// secret in it, or with what it has not read yet.
pub trait Dialogue: Send + Debug {
    /// Whether the beginning of the connection is in the capture. If it is not, the first thing heard need not be the first
    /// thing said. Called before anything is read, if at all.
    fn beginning(&mut self, seen: bool) {
        let _ = seen;
    }

    /// A proxy's header of this version comes before the client's next bytes. A server that expects none refuses it, as
    /// it refuses a command.
    fn header_passed(&mut self, version: u8) {
        let _ = version;
    }

    /// Bytes that the dialogue holds, with its own size: known at once, and no more than estimated. What counts is what
    /// the input can make grow.
    fn held(&self) -> usize;

    /// Reads what `from` sent, up to where another layer begins: what is left of `input` then belongs to that layer.
    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade>;

    /// `missing` bytes that `from` sent are not in the capture. The dialogue reports the gap as a step and goes on at
    /// the next line that it can be sure of. A line that the gap has cut short may have begun another layer.
    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade>;

    /// Like [`gap`](Self::gap), and nothing that `from` sends after it can be read.
    fn last_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink);

    /// Bytes that `from` sent inside TLS are missing. The TLS layer reports the step, after this call.
    fn gap_in_tls(&mut self, from: Side, out: &mut dyn Sink);

    /// The connection is over: whatever is half-read (a line without its end, a message without its dot, a login
    /// without its reply) is reported as such. The last line may have begun another layer.
    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade>;
}

/// The layer that begins with the next byte of both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgrade {
    /// TLS.
    Tls {
        /// True where the connection begins with TLS; false after a STARTTLS or STLS that was accepted.
        implicit: bool,
        /// The side that sends the ClientHello.
        client: Side,
        /// What `client` sent of TLS before it was known to be TLS.
        early: Vec<Early>,
    },
    /// COMPRESS=DEFLATE (RFC 4978).
    Deflate,
}

impl Upgrade {
    /// TLS after a STARTTLS or STLS; nothing of it has arrived yet.
    pub fn start_tls() -> Self {
        Self::Tls { implicit: false, client: Side::Client, early: Vec::new() }
    }
}

/// Input of a layer that arrived before the layer was known to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Early {
    /// Bytes, and the packet that they came in.
    Data(Raw<Vec<u8>>, PacketRef),
    /// This many bytes are missing, as was noticed in this packet.
    Gap(u64, PacketRef),
}
