/*!
Where on the wire something was: in which packets, how many bytes of it, and when it was complete.

A line, a reply of several lines, a message's content and a row of the table all have a [`Span`], which is built with
[`Span::add`] and [`Span::join`] and keeps the number of every packet, up to a bound.
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

    fn count(&mut self, bytes: u64, time: Time) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.time = time;
    }
}

/// Numbers of the packets that carry something, in stream order, at most [`limits::PACKETS_PER_STEP`]. The last number
/// is always kept.
///
/// Most steps cross in one packet, content in thousands. So the numbers after the first are differences, of one byte each
/// where packets follow closely, and a step of a single packet has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Packets {
    first: u64,
    rest: Option<Box<Rest>>,
}

/// The numbers after the first.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct Rest {
    /// The differences between neighbours, without the last one: zigzag, in groups of seven bits, the lowest first.
    differences: Vec<u8>,
    /// How many numbers `differences` holds.
    count: usize,
    /// The number before `last`.
    before_last: u64,
    last: u64,
    left_out: u32,
}

impl Packets {
    /// A single packet.
    pub fn one(packet: u64) -> Self {
        Self { first: packet, rest: None }
    }

    /// Adds `packet` unless it is the last one already. Once the bound is reached, it replaces the last one, which then
    /// counts as left out.
    pub fn add(&mut self, packet: u64) {
        if self.first == 0 {
            self.first = packet;
        } else if self.last() != packet {
            match &mut self.rest {
                None => {
                    let rest = Rest { before_last: self.first, last: packet, ..Rest::default() };
                    self.rest = Some(Box::new(rest));
                }
                // The first and the last number are kept besides.
                Some(rest) if rest.count + 2 < limits::PACKETS_PER_STEP => rest.push(packet),
                Some(rest) => {
                    rest.last = packet;
                    rest.left_out = rest.left_out.saturating_add(1);
                }
            }
        }
    }

    /// Adds all of `other`, and its count of numbers left out.
    pub fn extend(&mut self, other: &Self) {
        other.iter().for_each(|packet| self.add(packet));
        if other.left_out() > 0
            && let Some(rest) = &mut self.rest
        {
            rest.left_out = rest.left_out.saturating_add(other.left_out());
        }
    }

    /// How many numbers the bound left out. The session counts them ([`limits::Limit::PacketsPerStep`]).
    pub fn left_out(&self) -> u32 {
        self.rest.as_ref().map_or(0, |rest| rest.left_out)
    }

    /// Bytes that the numbers take on the heap.
    pub fn weight(&self) -> usize {
        let of_rest = |rest: &Rest| limits::heap(size_of::<Rest>()) + limits::of_list(&rest.differences);
        self.rest.as_deref().map_or(0, of_rest)
    }

    /// The packet, where it is a single one.
    pub fn single(&self) -> Option<u64> {
        Some(self.first).filter(|&first| first != 0 && self.rest.is_none())
    }

    /// The first packet; 0 if there is none.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The last packet; 0 if there is none.
    pub fn last(&self) -> u64 {
        self.rest.as_ref().map_or(self.first, |rest| rest.last)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let first = Some(self.first).filter(|&first| first != 0);
        first.into_iter().chain(self.rest.iter().flat_map(|rest| rest.iter(self.first)))
    }
}

impl Rest {
    /// Adds `packet` after the last one.
    fn push(&mut self, packet: u64) {
        let difference = self.last.wrapping_sub(self.before_last).cast_signed();
        let mut zigzag = (difference << 1 ^ difference >> 63).cast_unsigned();
        while zigzag > 0x7f {
            self.differences.push(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        self.differences.push(zigzag as u8);
        self.count += 1;
        (self.before_last, self.last) = (self.last, packet);
    }

    /// The numbers that follow `first`.
    fn iter(&self, first: u64) -> impl Iterator<Item = u64> + '_ {
        let mut differences = self.differences.iter();
        let mut number = first;
        let stored = std::iter::from_fn(move || {
            let (mut zigzag, mut shift) = (0_u64, 0);
            loop {
                let byte = *differences.next()?;
                zigzag |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
                shift += 7;
            }
            let difference = (zigzag >> 1) ^ (zigzag & 1).wrapping_neg();
            number = number.wrapping_add(difference);
            Some(number)
        });
        stored.chain([self.last])
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
    fn numbers_may_go_back_and_come_from_several_files() {
        let many = [7, 9, 8, 8_000, 3, crate::capture::number::packed(1, 5), 4, u64::MAX, 1];
        assert_eq!(numbers(&span(&many)), many);
        assert_eq!(size_of::<Packets>(), 16, "every step has one");
    }

    #[test]
    fn an_empty_span_adds_nothing() {
        let nothing = Span::default();
        assert!(nothing.is_empty() && !span(&[1]).is_empty());
        let (mut all, mut none) = (span(&[1, 2, 3]), Span::default());
        all.join(&nothing);
        none.join(&nothing);
        assert_eq!((all, none), (span(&[1, 2, 3]), nothing));
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
