/*!
A walk over whole records in view, in place.

Most packets of most captures are looked at and counted, and nothing else. A [`Skimmer`] is lent the bytes of each, as far as
whole records in the order of time are in view, and says which it passes over; the first that it does not is
[read](super::Source::next_packet) as any other. What it passes over counts as read. Whatever is unusual about a record ends
the walk before it, so a walk passes over nothing that would be read in another way.
*/

use super::pcap_chain::{Header, Layout};
use super::{LinkType, Time};

/// Looks at packets that are only counted.
pub trait Skimmer {
    /// Passes over packets of `walk` from its first on, as many as it likes.
    fn skim(&mut self, walk: &mut Walk<'_>);
}

/// The records from behind the packet that was read last up to the first that is not in view, or is not as they usually are.
pub struct Walk<'a> {
    layout: Layout,
    link: LinkType,
    /// From the next record on.
    rest: &'a [u8],
    /// Its header.
    next: Header,
    /// In nanoseconds: the latest time of the records before it.
    latest: i64,
    /// In nanoseconds: no record of this time, or a later one, is passed over.
    before: i64,
    passed: Passed,
}

/// What was passed over.
#[derive(Clone, Copy)]
pub(super) struct Passed {
    pub(super) packets: u64,
    /// Captured bytes.
    pub(super) bytes: u64,
    /// Bytes of the file from the record that was read last to `last`.
    pub(super) distance: usize,
    /// The header of the last record.
    pub(super) last: Header,
    /// That of the record before it.
    before_last: Header,
    /// Bytes of the last record.
    pub(super) total: usize,
}

impl<'a> Walk<'a> {
    /// Over records behind the one that `data` begins with, which has `total` bytes and was read; the header behind it is
    /// known to fit. None where no record is in view.
    pub(super) fn behind(
        layout: Layout,
        link: LinkType,
        data: &'a [u8],
        total: usize,
        latest: Time,
        before: Option<Time>,
    ) -> Option<Self> {
        let last = layout.header(data)?;
        let rest = data.get(total..)?;
        let passed = Passed { packets: 0, bytes: 0, distance: 0, last, before_last: last, total };
        let (latest, before) = (latest.nanoseconds(), before.map_or(i64::MAX, Time::nanoseconds));
        Some(Self { layout, link, rest, next: layout.header(rest)?, latest, before, passed })
    }

    /// The link layer that all packets begin with.
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// Passes over packets, at most so many, while their captured bytes satisfy `passes`.
    #[inline]
    pub fn pass_while(&mut self, most: u64, mut passes: impl FnMut(&[u8]) -> bool) {
        let (layout, before) = (self.layout, self.before);
        let (mut rest, mut next, mut latest, mut passed) = (self.rest, self.next, self.latest, self.passed);
        let most = passed.packets.saturating_add(most);
        while passed.packets < most {
            let total = layout.total(next);
            let Some((record, behind)) = rest.split_at_checked(total) else { break };
            let (Some(data), Some(header)) = (record.get(layout.header_bytes..), layout.header(behind)) else { break };
            let time = layout.nanoseconds(next);
            let usual = latest <= time && time < before && layout.follows(header, Some(next.seconds));
            if !usual || !passes(data) {
                break;
            }
            passed = Passed {
                packets: passed.packets + 1,
                bytes: passed.bytes + data.len() as u64,
                distance: passed.distance + passed.total,
                last: next,
                before_last: passed.last,
                total,
            };
            (rest, next, latest) = (behind, header, time);
        }
        (self.rest, self.next, self.latest, self.passed) = (rest, next, latest, passed);
    }

    /// Packets that were passed over.
    pub fn packets(&self) -> u64 {
        self.passed.packets
    }

    /// The times of the last two packets, the later one first; the packet that was read before the walk counts.
    pub fn last_times(&self) -> [Time; 2] {
        [self.layout.time(self.passed.last), self.layout.time(self.passed.before_last)]
    }

    /// What was passed over; None where that is nothing.
    pub(super) fn passed(&self) -> Option<Passed> {
        (self.passed.packets > 0).then_some(self.passed)
    }
}
