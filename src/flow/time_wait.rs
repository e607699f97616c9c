//! Connections that are over, remembered so that a late retransmission is not taken for a new connection.

use super::Key;
use crate::decode::Segment;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

/// Connections that are over: of each, only the key and the sequence numbers.
pub struct TimeWait {
    most: usize,
    known: HashMap<Key, Last>,
    in_order: VecDeque<Key>,
}

/// Where a connection ended.
struct Last {
    client: SocketAddr,
    highest: [u32; 2],
    /// The numbers of the SYNs that were seen.
    syns: [Option<u32>; 2],
}

impl TimeWait {
    /// Remembers the last `most` connections.
    pub fn new(most: usize) -> Self {
        Self { most, known: HashMap::new(), in_order: VecDeque::new() }
    }

    /// A connection of `client` is over; its sequence numbers began with `syns` and went up to `highest` (the client's,
    /// the server's).
    pub fn add(&mut self, key: Key, client: SocketAddr, syns: [Option<u32>; 2], highest: [u32; 2]) {
        if self.known.insert(key, Last { client, highest, syns }).is_none() {
            self.in_order.push_back(key);
        }
        if self.in_order.len() > self.most
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Forgets the connection: the next one between the same ends has begun.
    pub fn forget(&mut self, key: &Key) {
        self.known.remove(key);
    }

    /// Whether `segment` can only repeat what a connection that is over has sent.
    pub fn covers(&self, key: &Key, segment: &Segment<'_>) -> bool {
        let Some(last) = self.known.get(key) else { return false };
        let side = usize::from(segment.source != last.client);
        if segment.header.syn {
            return last.syns[side] == Some(segment.header.sequence);
        }
        let highest = last.highest[side];
        let end =
            segment.header.sequence.wrapping_add(segment.header.wire_len).wrapping_add(u32::from(segment.header.fin));
        // A FIN and a keep-alive stand one beyond the last byte.
        (highest.wrapping_sub(end) as i32) >= -1
    }
}
