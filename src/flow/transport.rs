//! A connection's summary: its endpoints, its end, its counters.

use super::conflict::Conflict;
use super::endpoints::{Endpoints, PacketRef, Side};
use super::ends::Ends;
use super::stalls::Stalls;
use crate::capture::Time;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// By FIN.
    Closed,
    /// By RST.
    Reset,
    /// It was silent for too long while the capture went on.
    Idle,
    /// The capture ended first.
    Open,
    /// The SYN was answered by RST.
    Refused,
    /// The SYN was never answered.
    Unanswered,
    /// The SYN was answered by an ICMP error.
    Prohibited,
}

impl CloseReason {
    /// There never was a connection: the SYN was refused, or not answered.
    pub fn is_unconnected(self) -> bool {
        matches!(self, Self::Refused | Self::Unanswered | Self::Prohibited)
    }
}

/// A connection's summary, made when it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    /// The two endpoints.
    pub endpoints: Endpoints,
    /// Its first packet.
    pub first: PacketRef,
    /// The TCP sequence number of its first packet. Of several with the same time, the SYN without ACK counts as the first, or else the
    /// one with the lowest number.
    pub first_sequence: u32,
    /// Its last packet.
    pub last: PacketRef,
    /// How it ended.
    pub end: CloseReason,
    /// How the first of the two sides left it; `None` where neither did, and where the SYN of one was not captured.
    pub left: Option<Leaving>,
    /// False where the capture began in the middle of the connection.
    pub from_start: bool,
    /// The counters.
    pub counters: Counters,
    /// Where two copies of the same bytes disagree.
    pub conflicts: Conflicts,
    /// What held it up.
    pub stalls: Stalls,
    /// How it began and ended, packet by packet; absent where nothing came but an answered SYN, or a SYN alone.
    pub ends: Option<Box<Ends>>,
}

impl Transport {
    /// Whether data of a Multipath TCP connection may have crossed on a subflow that is not known: data is missing, the
    /// only subflow never closed the connection, or there may be subflows that are not known to belong to it.
    pub fn may_have_gone_another_way(&self) -> bool {
        let missing = self.counters.client_missing + self.counters.server_missing > 0;
        let unfinished = matches!(self.end, CloseReason::Open | CloseReason::Idle);
        let subflows = self.counters.subflows;
        subflows.is_some_and(|subflows| !subflows.keys_seen || missing || (subflows.seen == 1 && unfinished))
    }

    /// Nanoseconds from the first packet to the last, where the capture has the times of both. Where the clock went back
    /// in between, the time that it took to do so is not known, and counts nothing.
    pub fn duration(&self) -> Option<i64> {
        let between = self.last.time.known_since(self.first.time)?;
        Some(between.saturating_add(self.counters.clock_back).max(0))
    }
}

/// The first FIN or RST of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// The side that sent it.
    pub side: Side,
    /// When.
    pub time: Time,
    /// That side had acknowledged some of what the other side sent.
    pub heard: bool,
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
    /// Packets of the connection, both directions, and ICMP errors about them; one that was captured several times, or that carries several of its
    /// segments, counts once.
    pub packets: u64,
    /// Those of `packets` and `copies` that an earlier connection has counted too (802.11 aggregates segments).
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
    /// Segments whose bytes had all been captured before; not probes of a closed window, nor keep-alives.
    pub retransmitted: u64,
    /// Those of `retransmitted` and `reordered` that were not needed: the receiver reported that it had their bytes
    /// twice (RFC 2883).
    pub needless: u64,
    /// Bytes sent as urgent (out of band): the receiver's application does not read them with the others.
    pub urgent: u64,
    /// Segments that came after a later one of the same direction.
    pub reordered: u64,
    /// Bytes on which two overlapping segments disagree.
    pub conflicting: u64,
    /// Missing bytes that did cross the wire, since they were acknowledged, or cut off by the snap length: the capture
    /// lost them.
    pub lost_in_capture: u64,
    /// Segments that were sent again because the first copy was lost. Either both copies were captured, or the second
    /// came later than reordering can explain. Not those that the receiver had no room for, or had already.
    pub sent_again: u64,
    /// Segments that were sent again because the receiver had no room for them when they came first.
    pub refused: u64,
    /// Nanoseconds by which the clock of the capture went back between packets of the connection.
    pub clock_back: i64,
    /// The subflows, of a Multipath TCP connection.
    pub subflows: Option<Subflows>,
    /// Milliseconds from the SYN over the SYN-ACK to the ACK, where all three were seen.
    pub rtt_ms: Option<f64>,
}

/// What is known of the subflows of a Multipath TCP connection (RFC 8684).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subflows {
    /// Those of which packets were captured.
    pub seen: u8,
    /// The keys were seen, so that all captured subflows are known to belong to the connection.
    pub keys_seen: bool,
}

impl Counters {
    /// Segments that were sent again for any reason, but for probes of a closed window and keep-alives.
    pub fn all_sent_again(&self) -> u64 {
        self.sent_again + self.needless + self.refused
    }

    /// Packets of the connection, copies included, without those that an earlier connection has counted: over all
    /// connections, each packet counts once.
    pub fn own_packets(&self) -> u64 {
        (self.packets + self.copies).saturating_sub(self.shared)
    }
}
