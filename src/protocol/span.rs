/*!
Where on the wire something was: in which packets, how many bytes of it, and when it was complete.

A line, a reply of several lines, a message's content and a row of the table all have a [`Span`]. Those of lines and
replies are built with [`Span::add`] and [`Span::join`], which keep the number of every packet up to a bound. Content
and encrypted records may span thousands of packets, and the table shows the first and the last of them:
[`Span::add_ends`] and [`Span::join_ends`] keep just these two.
*/

use crate::capture::Time;
use crate::flow::PacketRef;
use crate::limits;

/// Where on the wire something was. The default is an empty span: no packets, no bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The packets that carry it.
    pub packets: Packets,
    /// Bytes on the wire, line ends included.
    pub bytes: u64,
    /// Time of the packet that completed it.
    pub time: Time,
}

impl Span {
    /// `bytes` of one packet.
    pub fn one(bytes: u64, at: PacketRef) -> Self {
        Self { packets: Packets::one(at.packet), bytes, time: at.time }
    }

    /// True if no packet carries any of it.
    pub fn is_empty(&self) -> bool {
        self.packets.first() == 0
    }

    /// Adds `bytes` that came in packet `at`.
    pub fn add(&mut self, bytes: u64, at: PacketRef) {
        self.packets.add(at.packet);
        self.count(bytes, at.time);
    }

    /// Adds `next`, which follows.
    pub fn join(&mut self, next: &Self) {
        if !next.is_empty() {
            self.packets.extend(&next.packets);
            self.count(next.bytes, next.time);
        }
    }

    /// Adds `bytes` that came in packet `at`, and keeps only the first and the last packet.
    pub fn add_ends(&mut self, bytes: u64, at: PacketRef) {
        self.packets.end_with(at.packet);
        self.count(bytes, at.time);
    }

    /// Adds `next`, which follows, and keeps only the first and the last packet.
    pub fn join_ends(&mut self, next: &Self) {
        if !next.is_empty() {
            self.packets.end_with(next.packets.first());
            self.packets.end_with(next.packets.last());
            self.count(next.bytes, next.time);
        }
    }

    fn count(&mut self, bytes: u64, time: Time) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.time = time;
    }
}

/// Numbers of the packets that carry something, in stream order, at most [`limits::PACKETS_PER_STEP`]. The last number
/// is always kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packets {
    first: u64,
    rest: Vec<u64>,
    left_out: u32,
}

impl Packets {
    /// A single packet.
    pub fn one(packet: u64) -> Self {
        Self { first: packet, rest: Vec::new(), left_out: 0 }
    }

    /// Adds `packet` unless it is the last one already. Once the bound is reached, it replaces the last one, which then
    /// counts as left out.
    pub fn add(&mut self, packet: u64) {
        if self.first == 0 {
            self.first = packet;
        } else if self.last() != packet {
            if self.rest.len() + 1 < limits::PACKETS_PER_STEP {
                self.rest.push(packet);
            } else if let Some(last) = self.rest.last_mut() {
                *last = packet;
                self.left_out = self.left_out.saturating_add(1);
            }
        }
    }

    /// Makes `packet` the last one, and keeps only the first besides.
    fn end_with(&mut self, packet: u64) {
        if self.last() != packet {
            self.rest.clear();
            self.add(packet);
        }
    }

    /// Adds all of `other`, and its count of numbers left out.
    pub fn extend(&mut self, other: &Self) {
        other.iter().for_each(|packet| self.add(packet));
        self.left_out = self.left_out.saturating_add(other.left_out);
    }

    /// How many numbers the bound left out. The session counts them ([`limits::Limit::PacketsPerStep`]).
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    /// The first packet; 0 if there is none.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The last packet; 0 if there is none.
    pub fn last(&self) -> u64 {
        self.rest.last().copied().unwrap_or(self.first)
    }

    /// Only the first and the last, as the table shows content.
    pub fn ends(&self) -> Self {
        let mut ends = Self::one(self.first);
        ends.add(self.last());
        ends
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        std::iter::once(self.first).filter(|&first| first != 0).chain(self.rest.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(packet: u64) -> PacketRef {
        PacketRef { packet, time: Time::from_microseconds(packet as i64) }
    }

    /// A span of ten bytes in each of `packets`.
    fn span(packets: &[u64]) -> Span {
        let mut span = Span::default();
        packets.iter().for_each(|&packet| span.add(10, at(packet)));
        span
    }

    fn numbers(span: &Span) -> Vec<u64> {
        span.packets.iter().collect()
    }

    #[test]
    fn bytes_add_up_and_the_last_packet_gives_the_time() {
        let mut line = span(&[3, 3, 5, 8]);
        assert_eq!((numbers(&line), line.bytes, line.time), (vec![3, 5, 8], 40, at(8).time));
        line.join(&span(&[8, 9]));
        assert_eq!((numbers(&line), line.bytes, line.time), (vec![3, 5, 8, 9], 60, at(9).time));
        assert_eq!(Span::one(10, at(3)), span(&[3]));
    }

    #[test]
    fn content_keeps_its_first_and_last_packet() {
        let mut content = Span::default();
        for packet in 3..10_000 {
            content.add_ends(1, at(packet));
            let last = Some(packet).filter(|&packet| packet > 3);
            assert_eq!(numbers(&content), Vec::from_iter([3].into_iter().chain(last)));
        }
        assert_eq!((content.bytes, content.packets.left_out()), (9_997, 0));
        content.join_ends(&span(&[10_000, 10_001, 10_002]));
        assert_eq!((numbers(&content), content.bytes), (vec![3, 10_002], 10_027));
        assert_eq!(content.time, at(10_002).time);
        let mut alone = Span::default();
        alone.join_ends(&span(&[4, 5, 6]));
        assert_eq!((numbers(&alone), alone.time), (vec![4, 6], at(6).time));
    }

    #[test]
    fn an_empty_span_adds_nothing() {
        let nothing = Span::default();
        assert!(nothing.is_empty() && !span(&[1]).is_empty());
        let (mut all, mut ends) = (span(&[1, 2, 3]), Span::default());
        all.join(&nothing);
        all.join_ends(&nothing);
        ends.join_ends(&nothing);
        assert_eq!((all, ends), (span(&[1, 2, 3]), nothing));
    }

    #[test]
    fn the_packets_of_a_long_line_are_bounded() {
        let bound = limits::PACKETS_PER_STEP;
        let many: Vec<u64> = (1..=bound as u64 + 5).collect();
        let long = span(&many);
        assert_eq!((long.packets.iter().count(), long.packets.left_out()), (bound, 5));
        assert_eq!((long.packets.first(), long.packets.last()), (1, bound as u64 + 5));
        let mut joined = span(&[1]);
        joined.join(&long);
        assert_eq!(
            (joined.packets.last(), joined.packets.left_out()),
            (bound as u64 + 5, 5),
            "what it had to leave out is counted"
        );
    }
}
