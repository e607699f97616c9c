/*!
Puts packets that are out of time order in their file in order, within a window.

Records step back in time where several interfaces or queues are written in turns, or files were joined end to end.
Nothing can be put in order without looking ahead, and looking ahead means copying; so it is done only where several
interfaces were described (whose records come in batches), or once a record has stepped back. Before that, packets pass
through as they are, at the cost of a comparison. The first record that steps back comes too late to be put before the
packets already delivered; connections can bear that. A clock that is set back is another matter: its
records are in order, so nothing is moved across such a step.

The window holds [`ORDER_PACKETS`] packets and [`ORDER_BYTES`] bytes. Packets keep the numbers that they have in the
file. Live captures never come through here, and where a file is followed nothing is held while its writer pauses.
*/

use super::{CaptureError, Cursor, LinkType, Moved, Packet, Quiet, Skimmer, SourceInfo, Time};
use crate::limits::{Limit, LimitsHit, ORDER_BYTES, ORDER_PACKETS};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Buffers kept for reuse.
const SPARE: usize = 1_024;

/// The packets of another cursor, in order of time as far as the window reaches.
pub struct Reordered<C> {
    inner: C,
    looks_ahead: bool,
    /// The window: by the clock's steps before, time and number, with the index in `held`.
    heap: BinaryHeap<Reverse<(u64, Time, u64, usize)>>,
    held: Vec<Held>,
    free: Vec<usize>,
    bytes: usize,
    /// The bytes that the window may hold.
    most: usize,
    /// The packet delivered last, if it comes from the window.
    current: Option<usize>,
    /// Of the packet delivered last, how often the clock had gone back, and its time.
    last: Option<(u64, Time)>,
    /// The window is emptied before more is read.
    draining: Option<Quiet>,
    ended: bool,
    failed: Option<CaptureError>,
    limits: LimitsHit,
}

/// A packet in the window.
struct Held {
    number: u64,
    time: Time,
    link: LinkType,
    data: Vec<u8>,
    wire_len: u32,
}

impl<C: Cursor> Reordered<C> {
    /// The packets of `inner`.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            looks_ahead: false,
            heap: BinaryHeap::new(),
            held: Vec::new(),
            free: Vec::new(),
            bytes: 0,
            most: ORDER_BYTES,
            current: None,
            last: None,
            draining: None,
            ended: false,
            failed: None,
            limits: LimitsHit::default(),
        }
    }

    /// With a window of so many bytes, and no more than [`ORDER_BYTES`].
    pub fn within(self, bytes: usize) -> Self {
        Self { most: bytes.min(ORDER_BYTES), ..self }
    }

    /// Puts the packet at which `inner` stands into the window.
    fn hold(&mut self) {
        let packet = self.inner.packet();
        let place = self.free.pop().unwrap_or_else(|| {
            let (number, time, link) = (packet.number, packet.time, packet.link);
            self.held.push(Held { number, time, link, data: Vec::new(), wire_len: 0 });
            self.held.len() - 1
        });
        let held = &mut self.held[place];
        (held.number, held.time, held.link, held.wire_len) = (packet.number, packet.time, packet.link, packet.wire_len);
        held.data.clear();
        held.data.extend_from_slice(packet.data);
        self.bytes += packet.data.len();
        self.heap.push(Reverse((self.inner.clock_steps(), packet.time, packet.number, place)));
    }

    fn let_go(&mut self) {
        if let Some(place) = self.current.take() {
            // Few buffers are kept, and no large one: the window may have held thousands.
            if self.free.len() >= SPARE || self.held[place].data.capacity() > 4_096 {
                self.held[place].data = Vec::new();
            }
            self.free.push(place);
        }
    }

    /// Reads on until the window is full, or nothing more comes.
    fn fill(&mut self) {
        while !self.ended && self.draining.is_none() && self.heap.len() < ORDER_PACKETS && self.bytes < self.most {
            match self.inner.advance() {
                Ok(Moved::Packet) => self.hold(),
                Ok(Moved::Idle(quiet)) => self.draining = Some(quiet),
                Ok(Moved::End) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    self.failed = Some(error);
                }
            }
        }
    }
}

impl<C: Cursor> Cursor for Reordered<C> {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        self.let_go();
        if !self.looks_ahead {
            let moved = self.inner.advance()?;
            if moved != Moved::Packet {
                return Ok(moved);
            }
            let time = (self.inner.clock_steps(), self.inner.time());
            let back = self.last.is_some_and(|last| time < last);
            if !back && !self.inner.may_step_back() {
                self.last = Some(time);
                return Ok(moved);
            }
            self.looks_ahead = true;
            if back {
                // Too late to go before the packets already delivered: this first step back is not counted against the
                // window.
                self.last = None;
            }
            self.hold();
        }
        self.fill();
        if let Some(Reverse((steps, time, _, place))) = self.heap.pop() {
            let time = (steps, time);
            if self.last.is_some_and(|last| time < last) {
                self.limits.hit(Limit::RecordOrder);
            }
            self.last = Some(time);
            self.bytes -= self.held[place].data.len();
            self.current = Some(place);
            return Ok(Moved::Packet);
        }
        if let Some(quiet) = self.draining.take() {
            return Ok(Moved::Idle(quiet));
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(Moved::End),
        }
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        if self.looks_ahead || self.inner.may_step_back() {
            return false;
        }
        let passed = self.inner.skim(before, skimmer);
        if passed {
            self.last = Some((self.inner.clock_steps(), self.inner.time()));
        }
        passed
    }

    fn packet(&self) -> Packet<'_> {
        match self.current.and_then(|place| self.held.get(place)) {
            Some(Held { number, time, link, data, wire_len }) => {
                Packet { number: *number, time: *time, link: *link, data, wire_len: *wire_len }
            }
            None => self.inner.packet(),
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        self.inner.info()
    }

    fn limits(&self) -> LimitsHit {
        let mut limits = self.limits.clone();
        limits.add(&self.inner.limits());
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::testing::{Order, interface, open, packet, pcap_header, pcap_record, read_all, section};

    fn pcap(times: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
        for time in times {
            file.extend(pcap_record(Order::Little, 0, time, &time.to_be_bytes(), 60));
        }
        file
    }

    /// Microseconds and numbers of the packets, as they are delivered.
    fn reordered(file: Vec<u8>) -> (Vec<(i64, u64)>, LimitsHit) {
        let mut reordered = Reordered::new(open("it", file).unwrap());
        let mut seen = Vec::new();
        while reordered.advance().unwrap() == Moved::Packet {
            let packet = reordered.packet();
            let microseconds = packet.time.nanoseconds() / 1_000;
            assert_eq!((packet.data, packet.wire_len), (&(microseconds as u32).to_be_bytes()[..], 60));
            seen.push((microseconds, packet.number));
        }
        (seen, reordered.limits())
    }

    #[test]
    fn in_order_nothing_is_buffered() {
        let mut cursor = Reordered::new(open("it", pcap(1..100)).unwrap());
        for _ in 1..100 {
            assert_eq!(cursor.advance().unwrap(), Moved::Packet);
        }
        assert!(cursor.held.is_empty() && !cursor.looks_ahead);
        assert_eq!(cursor.advance().unwrap(), Moved::End);
    }

    #[test]
    fn once_a_record_has_stepped_back_the_rest_is_put_in_order() {
        let (seen, limits) = reordered(pcap([1, 2, 5, 3, 4, 9, 7, 8, 6, 10]));
        let numbers: Vec<u64> = seen.iter().map(|(_, number)| *number).collect();
        assert_eq!(seen.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [1, 2, 5, 3, 4, 6, 7, 8, 9, 10]);
        assert_eq!(numbers, [1, 2, 3, 4, 5, 9, 7, 8, 6, 10], "numbers are the file's");
        assert!(limits.is_empty());
    }

    #[test]
    fn the_batches_of_several_interfaces_are_put_in_order_from_the_first() {
        let order = Order::Little;
        let mut file = [section(order), interface(order, 1, 0, &[]), interface(order, 1, 0, &[])].concat();
        for (card, time) in [(0, 1), (0, 3), (0, 5), (1, 2), (1, 4), (1, 6), (0, 7), (1, 7)] {
            file.extend(packet(order, card, u64::from(time), &u32::to_be_bytes(time), 60));
        }
        let (seen, limits) = reordered(file);
        assert_eq!(seen, [(1, 1), (2, 4), (3, 2), (4, 5), (5, 3), (6, 6), (7, 7), (7, 8)]);
        assert!(limits.is_empty());
    }

    #[test]
    fn nothing_is_moved_across_a_step_of_the_clock() {
        let second = 1_000_000;
        let times = [9 * second, 9 * second + 2, 9 * second + 1, 5 * second + 3, 5 * second + 2, 1, 3, 2];
        let (seen, limits) = reordered(pcap(times));
        assert_eq!(seen.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [1, 2, 3, 5, 4, 6, 8, 7]);
        assert!(limits.is_empty());
    }

    #[test]
    fn the_window_is_bounded_and_says_when_it_was_too_small() {
        let count = u32::try_from(ORDER_PACKETS).unwrap();
        let times = (1_000..1_010).chain([999]).chain(2_000..2_000 + 2 * count).chain([1_500, 1_501]);
        let (seen, limits) = reordered(pcap(times));
        assert_eq!(seen.len(), 10 + 1 + 2 * ORDER_PACKETS + 2);
        assert_eq!(limits.iter().collect::<Vec<_>>(), [(Limit::RecordOrder, 1)]);
        assert!(seen.windows(2).filter(|pair| pair[1].0 < pair[0].0).count() <= 2);
    }

    #[test]
    fn an_error_comes_after_what_was_read_before_it() {
        let mut file = pcap([3, 2, 1]);
        file.extend([1, 2, 3]);
        let (seen, error, info) = read_all(Reordered::new(open("it", file).unwrap()));
        assert_eq!(seen.iter().map(|seen| seen.number).collect::<Vec<_>>(), [1, 3, 2]);
        assert!(error.is_some_and(|error| matches!(error, CaptureError::CutShort { packet: 4, .. })));
        assert_eq!(info[0].packets, 3);
    }
}
