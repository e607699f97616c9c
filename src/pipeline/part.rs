//! What the reader hands to a worker at once: a part of a batch.

use super::input::{Routed, RoutedError, RoutedSegment};
use super::options::BatchEnd;
use crate::decode::{IcmpError, Segment};

/// Payload bytes in a part, beyond which no other segment is added: what the reader has copied is still in the
/// processor's cache when the worker reads it, and the parts that are under way need little memory.
const PART_BYTES: usize = 64 * 1024;
/// Segments in a part.
const PART_SEGMENTS: usize = 512;

/// Segments of one worker's shards, in order.
#[derive(Default)]
pub struct Part {
    /// Payloads, one after the other.
    pub bytes: Vec<u8>,
    /// In order.
    pub segments: Vec<Packed>,
    /// ICMP errors, each with its shard and the number of segments before it.
    pub errors: Vec<(usize, usize, IcmpError)>,
    /// What comes behind it.
    pub after: After,
}

/// What comes behind a part.
#[derive(Default, Clone, Copy)]
pub enum After {
    /// Another part of the same batch.
    #[default]
    More,
    /// Another batch; this one ends here.
    Batch(BatchEnd),
    /// Nothing.
    Nothing,
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

impl Part {
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
            self.segments.reserve(PART_SEGMENTS);
            self.bytes.reserve(PART_BYTES + usize::from(u16::MAX));
        }
        self.bytes.extend_from_slice(segment.payload);
        let len = segment.payload.len();
        self.segments.push(Packed { shard, nth, segment: Segment { payload: &[], multipath: &[], ..*segment }, len });
    }

    /// It is large enough to be handed on.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= PART_BYTES || self.segments.len() >= PART_SEGMENTS
    }

    /// Empty again, with its memory kept for the next use.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.segments.clear();
        self.errors.clear();
        self.after = After::More;
    }
}
