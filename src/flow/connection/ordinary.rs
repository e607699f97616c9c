/*!
Nearly all segments go on where the last one of their side ended, and acknowledge what has come of the other. They take a
short way through the connection, on which nothing is asked that such a segment has answered already.

It does what the long way does with them, which is held against it over all kinds of segments in `flow::tests::ordinary`.
*/

use super::{Connection, Handshake};
use crate::decode::Segment;
use crate::flow::seq::{self, Position};
use crate::flow::{Side, StreamHandler};

#[cfg(test)]
thread_local! {
    /// On this thread no segment is taken for an ordinary one.
    pub static LONG_WAY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    /// Segments that were taken for ordinary ones.
    pub static ORDINARY: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl Connection {
    /// Where a segment of `side`, which begins at `position`, is an ordinary one, the position that it acknowledges. It
    /// begins where all that was seen of its side ends, was captured whole, neither begins nor ends anything, and
    /// acknowledges bytes that have come and no fewer than were acknowledged before; and nothing waits, was closed or reset.
    #[inline]
    pub(super) fn ordinary(&self, side: Side, segment: &Segment<'_>, position: Position) -> Option<Position> {
        let header = &segment.header;
        #[cfg(test)]
        if LONG_WAY.get() {
            return None;
        }
        // A single byte may be a probe.
        let plain = !(header.syn | header.fin | header.rst | header.decrypted)
            && header.urgent.is_none()
            && header.received_twice.is_none()
            && header.wire_len as usize == segment.payload.len()
            && header.wire_len != 1;
        if !plain || !self.causal.is_in_step() {
            return None;
        }
        let [own, other] = [side, side.other()].map(|side| self.causal.stream(side));
        let acknowledges = seq::unwrap(header.acknowledgement?, other.next());
        let goes_on = position == own.next()
            && position == own.highest()
            && (other.acknowledged()..=other.next()).contains(&acknowledges);
        (goes_on && self.reset().is_none()).then_some(acknowledges)
    }

    /// Takes an [ordinary](Self::ordinary) segment that is no copy, and was counted.
    #[inline]
    pub(super) fn go_on(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        position: Position,
        acknowledges: Position,
        out: &mut impl StreamHandler,
    ) {
        #[cfg(test)]
        ORDINARY.set(ORDINARY.get() + 1);
        let (at, len) = (segment.at(), segment.header.wire_len);
        let owed = if len > 0 { [Side::Client, Side::Server].map(|side| self.owes(side)) } else { [false; 2] };
        let highest = self.causal.stream(side.other()).highest();
        self.stalls.window(side, segment.header.window, acknowledges, highest, at);
        self.stalls.received(side.other(), acknowledges, at);
        self.causal.acknowledge_in_step(side, acknowledges, at);
        if matches!(self.handshake, Handshake::Answered(_)) {
            self.time_handshake(side, segment);
        }
        out.beginning_seen(self.begins_at_start());
        if len > 0 {
            self.causal.hand_on(side, position, segment.payload, at, out);
            self.stalls.progress(side, at, owed);
            self.note_data(side, at);
            self.stalls.sent(side, position + Position::from(len), len);
        }
    }
}
