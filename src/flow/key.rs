//! Which connection a segment belongs to.

use crate::decode::Segment;
use std::net::SocketAddr;

/// A 5-tuple (the protocol being TCP throughout), the same for both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    low: SocketAddr,
    high: SocketAddr,
}

impl Key {
    /// The key of the connection between two ends, whichever comes first.
    pub fn new(one: SocketAddr, other: SocketAddr) -> Self {
        if one <= other { Self { low: one, high: other } } else { Self { low: other, high: one } }
    }

    /// The key of a segment's connection.
    pub fn of(segment: &Segment<'_>) -> Self {
        Self::new(segment.source, segment.destination)
    }
}
