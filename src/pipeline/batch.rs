//! What the reader hands to a worker at once.

use super::input::{BATCH_BYTES, BATCH_SEGMENTS, Routed, RoutedError, RoutedSegment};
use super::options::BatchEnd;
use crate::decode::{IcmpError, Segment};

/// Segments of one worker's shards.
#[derive(Default)]
pub struct Batch {
    /// Payloads, one after the other.
    pub bytes: Vec<u8>,
    /// In order.
    pub segments: Vec<Packed>,
    /// ICMP errors, each with its shard and the number of segments before it.
    pub errors: Vec<(usize, usize, IcmpError)>,
    /// Where it ends; the last has no end.
    pub end: Option<BatchEnd>,
}

/// A segment in a batch.
pub struct Packed {
    /// Of its connection.
    pub shard: usize,
    /// Its packet, by the order in which packets are read.
    pub nth: u64,
    /// Without its payload.
    pub segment: Segment<'static>,
    /// Length of its payload.
    pub len: usize,
}

impl Batch {
    /// Takes what the input stage hands on; the payload is copied.
    pub fn push(&mut self, routed: Routed<'_>) {
        let RoutedSegment { shard, nth, segment } = match routed {
            Routed::Segment(segment) => segment,
            Routed::Error(RoutedError { shard, error }) => {
                return self.errors.push((self.segments.len(), shard, *error));
            }
        };
        if self.segments.capacity() == 0 {
            // Room that is not written to takes no memory; a list that grows takes twice as much, and copies it.
            self.segments.reserve(BATCH_SEGMENTS);
            self.bytes.reserve(BATCH_BYTES + usize::from(u16::MAX));
        }
        self.bytes.extend_from_slice(segment.payload);
        let len = segment.payload.len();
        self.segments.push(Packed { shard, nth, segment: Segment { payload: &[], multipath: &[], ..*segment }, len });
    }

    /// Empty again, with its memory kept for the next use.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.segments.clear();
        self.errors.clear();
        self.end = None;
    }
}
