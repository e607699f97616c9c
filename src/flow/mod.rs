/*!
From segments to two byte streams a connection, in causal order. Has never heard of mail.

A [`Table`] holds one [`Connection`] per 5-tuple. Whoever follows a connection is a [`StreamHandler`]: it is handed the
bytes of both directions in the order in which the two ends saw them, each stretch either as data or as a gap of known
length.
*/

mod assembler;
mod causal;
mod conflict;
mod connection;
mod duplicate;
mod embryonic;
mod history;
mod key;
mod out_of_order;
mod pending_syn;
mod seq;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod time_wait;

pub use causal::{PATIENCE_NANOSECONDS, PATIENCE_PACKETS};
pub use conflict::Conflict;
pub use connection::Connection;
pub use key::Key;
pub use table::Table;

use crate::capture::Time;
use std::net::SocketAddr;

/// One of the two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The end that opened the connection.
    Client,
    /// The end that was called.
    Server,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// The packet that something was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketRef {
    /// Its number, from 1.
    pub packet: u64,
    /// Its time.
    pub time: Time,
}

/// Who talks to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// The end that opened the connection.
    pub client: SocketAddr,
    /// The end that was called.
    pub server: SocketAddr,
}

/// Who follows a connection.
pub trait StreamHandler {
    /// Bytes that `from` sent, all of them in packet `at`. A stretch is handed over once, in order, never twice.
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef);

    /// `missing` bytes (at least 1) that `from` sent are not in the capture; `at` is the packet that proved it.
    fn gap(&mut self, from: Side, missing: u64, at: PacketRef);

    /// The ends turn out to be the other way round: a late SYN says so. Comes before any data or gap, if at all.
    fn roles_swapped(&mut self, endpoints: &Endpoints) {
        let _ = endpoints;
    }
}

/// Who wants to follow connections.
pub trait ConnectionHandler {
    /// Follows one connection.
    type StreamHandler: StreamHandler;
    /// By what the handler knows a connection before anybody listens to it: all that it keeps of most of a flood.
    type Token: Copy;

    /// Whether a connection between these two ends is of interest.
    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool;

    /// Which of two ends is the server, for a connection whose beginning was not captured.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints;

    /// A connection of interest has begun, with the packet `first`.
    fn begun(&mut self, endpoints: &Endpoints, first: PacketRef) -> Self::Token;

    /// It has more to say than that it opens: somebody is to listen to it. `endpoints` and `first` are as when it
    /// began.
    fn listen(&mut self, token: Self::Token, endpoints: &Endpoints, first: PacketRef) -> Self::StreamHandler;

    /// A connection is over.
    fn over(&mut self, stream_handler: Self::StreamHandler, transport: Transport);

    /// A connection is over, and there was never anything to be heard of it.
    fn unheard(&mut self, token: Self::Token, transport: Transport) {
        let stream_handler = self.listen(token, &transport.endpoints, transport.first);
        self.over(stream_handler, transport);
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// By FIN.
    Closed,
    /// By RST.
    Reset,
    /// Nothing came for long while the capture went on.
    Idle,
    /// The capture ended first.
    Open,
    /// The SYN was answered by RST.
    Refused,
    /// The SYN was never answered.
    Unanswered,
}

/// What a connection amounted to, known when it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    /// Who talked to whom.
    pub endpoints: Endpoints,
    /// Its first packet.
    pub first: PacketRef,
    /// Its last packet.
    pub last: PacketRef,
    /// How it ended.
    pub end: CloseReason,
    /// False where the capture began in the middle of the connection.
    pub from_start: bool,
    /// The counters.
    pub counters: Counters,
    /// The first of the stretches of which two copies disagree.
    pub conflicts: Conflicts,
}

/// Copies of the same bytes that disagree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// The first few.
    pub kept: Vec<Conflict>,
    /// How many more there were.
    pub more: u64,
}

/// Counters of a connection (`transport` of the JSON).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counters {
    /// Packets of the connection, both directions; one that was captured several times, or that carries several of its
    /// segments, counts once.
    pub packets: u64,
    /// Of those, and of the copies, the packets that an earlier connection has counted too (802.11 aggregates segments).
    pub shared: u64,
    /// Further copies of packets that were captured several times. They count nowhere else.
    pub copies: u64,
    /// Payload bytes of the client's stream that were captured, each counted once.
    pub client_bytes: u64,
    /// The same of the server's stream.
    pub server_bytes: u64,
    /// Bytes of the client's stream that were never captured.
    pub client_missing: u64,
    /// The same of the server's stream.
    pub server_missing: u64,
    /// Segments whose bytes had all been captured before.
    pub retransmitted: u64,
    /// Segments that came after a later one of the same direction.
    pub reordered: u64,
    /// Bytes on which two overlapping segments disagree.
    pub conflicting: u64,
    /// Bytes never captured that did cross the wire, being acknowledged, or cut off by the snap length: the capture lost
    /// them.
    pub lost_in_capture: u64,
    /// Segments that were sent again: the network lost the first, or was believed to have. Either both were captured, or
    /// the second came later than reordering can explain.
    pub sent_again: u64,
    /// Milliseconds from the SYN over the SYN-ACK to the ACK, where all three were seen.
    pub rtt_ms: Option<f64>,
}

impl Counters {
    /// Packets of the connection, copies included, but for those that an earlier connection has counted: over all
    /// connections, each packet counts once.
    pub fn own_packets(&self) -> u64 {
        (self.packets + self.copies).saturating_sub(self.shared)
    }
}
