//! Connections that are over, remembered so that a late retransmission is not taken for a new connection.

use super::Key;
use super::connection::Connection;
use crate::capture::Time;
use crate::decode::Segment;
use crate::limits::COPY_SECONDS;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// Connections that are over: of each, only the key, the sequence numbers and when it ended.
pub struct TimeWait {
    most: usize,
    /// Nanoseconds after its end in which a connection that begins with the same numbers is a copy.
    copies: i64,
    known: HashMap<Key, Last>,
    in_order: VecDeque<Key>,
}

/// Where a connection ended.
struct Last {
    client: SocketAddr,
    highest: [u32; 2],
    /// The numbers of the SYNs that were seen.
    syns: [Option<u32>; 2],
    ended: Time,
}

impl TimeWait {
    /// Remembers the last `most` connections.
    pub fn new(most: usize) -> Self {
        let copies = COPY_SECONDS as i64 * NANOSECONDS_PER_SECOND;
        Self { most, copies, known: HashMap::new(), in_order: VecDeque::new() }
    }

    /// From now on no connection that begins is a copy of one that is over.
    pub fn expect_no_copies(&mut self) {
        self.copies = 0;
    }

    /// `connection` is over.
    pub fn add(&mut self, key: Key, connection: &Connection) {
        let last = Last {
            client: connection.endpoints().client,
            highest: connection.highest(),
            syns: connection.syns(),
            ended: connection.last_time(),
        };
        if self.known.insert(key, last).is_none() {
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
            return last.syns[side] == Some(segment.header.sequence)
                && segment.header.time.since(last.ended) < self.copies;
        }
        let highest = last.highest[side];
        let end =
            segment.header.sequence.wrapping_add(segment.header.wire_len).wrapping_add(u32::from(segment.header.fin));
        // A FIN and a keep-alive stand one beyond the last byte.
        (highest.wrapping_sub(end) as i32) >= -1
    }
}
