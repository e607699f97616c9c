/*!
A walk over whole records in view, in place.

Most packets of most captures are looked at and counted, and nothing else. A [`Skimmer`] is lent the bytes of each, as far as
whole records in the order of time are in view, and says which it passes over; the first that it does not is
[read](super::Source::next_packet) as any other. What it passes over counts as read. Whatever is unusual about a record ends
the walk before it, so a walk passes over nothing that would be read in another way.
*/

use super::record::Record;
use super::stride::{BlockStride, ClassicStride, Step, Stride};
use super::{LinkType, Time};

/// Looks at packets that are only counted.
pub trait Skimmer {
    /// Passes over packets of `walk` from its first on, as many as it likes.
    fn skim(&mut self, walk: &mut Walk<'_>);
}

/// Tells the packets that are only counted, and counts them.
pub trait Glance {
    /// Whether the packet with these captured bytes is passed over.
    fn passes(&mut self, data: &[u8]) -> bool;
}

/// The records from behind the packet that was read last up to the first that is not in view, or is not as they usually are.
pub struct Walk<'a> {
    /// The record that was read last.
    read: &'a Record,
    /// From it on.
    data: &'a [u8],
    way: Way,
    /// Where the next record begins.
    at: usize,
    passed: Passed,
}

/// The byte order and the format are chosen once a walk, not for each record.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Little(ClassicStride<false>),
    Big(ClassicStride<true>),
    LittleBlocks(BlockStride<false>),
    BigBlocks(BlockStride<true>),
}

/// What was passed over.
#[derive(Clone, Copy, Default)]
pub(super) struct Passed {
    pub(super) packets: u64,
    /// Captured bytes.
    pub(super) bytes: u64,
    /// Where the last record begins, and the one before it. At 0 is the one that was read.
    pub(super) last: usize,
    before_last: usize,
}

impl<'a> Walk<'a> {
    /// By this `way` over the records behind `read`, which `data` begins with and which was read.
    pub(super) fn behind(read: &'a Record, data: &'a [u8], way: Way) -> Self {
        Self { read, data, way, at: read.total, passed: Passed::default() }
    }

    /// The link layer that all packets begin with.
    pub fn link(&self) -> LinkType {
        self.read.link
    }

    /// Passes over packets, at most so many, while they pass the `glance`.
    #[inline]
    pub fn pass_while(&mut self, most: u64, glance: &mut impl Glance) {
        self.way = match self.way {
            Way::Little(records) => Way::Little(self.pass(records, most, glance)),
            Way::Big(records) => Way::Big(self.pass(records, most, glance)),
            Way::LittleBlocks(blocks) => Way::LittleBlocks(self.pass(blocks, most, glance)),
            Way::BigBlocks(blocks) => Way::BigBlocks(self.pass(blocks, most, glance)),
        };
    }

    /// The same in strides of that kind. Returns how to go on.
    #[inline]
    fn pass<S: Stride>(&mut self, mut stride: S, most: u64, glance: &mut impl Glance) -> S {
        let (data, mut at, mut passed) = (self.data, self.at, self.passed);
        let most = passed.packets.saturating_add(most);
        while passed.packets < most {
            let Some(Step { begin, end, next, then }) = stride.step(data, at) else { break };
            let Some(packet) = data.get(begin..end) else { break };
            if !glance.passes(packet) {
                break;
            }
            passed = Passed {
                packets: passed.packets + 1,
                bytes: passed.bytes + packet.len() as u64,
                last: at,
                before_last: passed.last,
            };
            (at, stride) = (next, then);
        }
        (self.at, self.passed) = (at, passed);
        stride
    }

    /// Packets that were passed over.
    pub fn packets(&self) -> u64 {
        self.passed.packets
    }

    /// The times of the last two packets, the later one first; the packet that was read before the walk counts.
    pub fn last_times(&self) -> [Time; 2] {
        [self.passed.last, self.passed.before_last]
            .map(|at| self.record(at).map_or(self.read.time, |record| record.time))
    }

    /// The record at `at` that was passed over; None for the one that was read.
    fn record(&self, at: usize) -> Option<Record> {
        let (data, read) = (self.data, self.read);
        match self.way {
            _ if at == 0 => None,
            Way::Little(records) => records.record(data, at, read),
            Way::Big(records) => records.record(data, at, read),
            Way::LittleBlocks(blocks) => blocks.record(data, at, read),
            Way::BigBlocks(blocks) => blocks.record(data, at, read),
        }
    }

    /// What was passed over, and the last record of it; None where that is nothing.
    pub(super) fn passed(&self) -> Option<(Passed, Record)> {
        Some((self.passed, self.record(self.passed.last)?))
    }
}
