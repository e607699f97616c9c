//! How a connection began and ended, packet by packet.

use super::endpoints::{PacketRef, Side};
use crate::decode::Problem;
use crate::limits::{heap, of_list};
use std::net::IpAddr;

/// Packets kept of each kind; the rest is only counted.
pub(super) const KEPT: usize = 8;

/// What a connection has beyond an answered SYN. [`Transport::ends`](super::Transport::ends) is absent where there is
/// nothing of all this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// The client's SYNs after the first, which was lost or not answered in time: the first few.
    pub syns: Vec<PacketRef>,
    /// How many more there were.
    pub more_syns: u64,
    /// The SYN-ACK after them.
    pub syn_ack: Option<PacketRef>,
    /// RSTs that are believed: the first few.
    pub resets: Vec<ResetSeen>,
    /// How many more there were.
    pub more_resets: u64,
    /// ICMP errors about segments of the connection: the first few.
    pub errors: Vec<ErrorSeen>,
    /// How many more there were.
    pub more_errors: u64,
    /// After the last error, a packet of the end came that the segment was meant for.
    pub heard_since_error: bool,
    /// The first FIN of each side: the client's, the server's.
    pub fins: [Option<PacketRef>; 2],
    /// What each side sent for the first time after the other side's FIN had come: the first packet with data.
    pub said_after_fin: [Option<PacketRef>; 2],
    /// Bytes that each side had sent, and the other not acknowledged, when the first side left by FIN or RST, or else when
    /// the connection was over.
    pub unacknowledged: [u64; 2],
}

/// A RST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetSeen {
    /// The packet.
    pub at: PacketRef,
    /// The side whose address it has.
    pub side: Side,
    /// Its time to live or hop limit; 0 where it is not known.
    pub hops: u8,
    /// It has timestamps (RFC 7323).
    pub timestamp: bool,
    /// Its window.
    pub window: u16,
    /// The same of the last packet of that side before it; `None` where there was none.
    pub usual: Option<Usual>,
    /// Packets in which that side went on as if it had not sent the RST. Counted for the first RST.
    pub went_on: u32,
}

/// What the packets of a side look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usual {
    /// Time to live or hop limit; 0 where it is not known.
    pub hops: u8,
    /// They have timestamps.
    pub timestamp: bool,
}

/// An ICMP error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorSeen {
    /// The packet.
    pub at: PacketRef,
    /// Who reports it.
    pub by: IpAddr,
    /// What it reports.
    pub problem: Problem,
    /// The side whose segment it is about.
    pub about: Side,
}

impl ResetSeen {
    /// The time to live of that side's packets is another: the RST came another way, or from another machine.
    pub fn has_other_hops(&self) -> bool {
        self.usual.is_some_and(|usual| usual.hops != 0 && self.hops != 0 && usual.hops != self.hops)
    }
}

impl Ends {
    /// Bytes on the heap, its own size included.
    pub fn weight(&self) -> usize {
        heap(size_of::<Self>()) + of_list(&self.syns) + of_list(&self.resets) + of_list(&self.errors)
    }

    /// The ICMP errors that say that segments do not arrive, and not that they are too big.
    pub fn refusals(&self) -> impl Iterator<Item = &ErrorSeen> {
        self.errors.iter().filter(|error| !matches!(error.problem, Problem::TooBig(_)))
    }
}

/// Adds to the first few, or counts.
pub(super) fn keep<T>(list: &mut Vec<T>, more: &mut u64, item: T) {
    match list.len() < KEPT {
        true => list.push(item),
        false => *more += 1,
    }
}
