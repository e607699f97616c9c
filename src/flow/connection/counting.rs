//! What a segment of a connection counts as: new, a copy, overtaken, or sent again, and then why; and what it acknowledges.

use super::{Connection, Handshake};
use crate::decode::Segment;
use crate::flow::assembler::{Begin, Disagreement, Stored};
use crate::flow::conflict::{CONFLICTS, Conflict};
use crate::flow::hole::{self, Gap};
use crate::flow::seq::Position;
use crate::flow::window::Again;
use crate::flow::{PacketRef, Side};
use crate::limits::{Limit, LimitsHit};

/// How much later than the segment behind it a segment must come to count as sent again, and not merely overtaken,
/// where the round trip is not known: three milliseconds.
const OVERTAKEN_NANOSECONDS: i64 = 3_000_000;

impl Connection {
    /// Whether earlier packets have brought all that `segment` brings.
    pub(super) fn brings_nothing(&self, side: Side, segment: &Segment<'_>) -> bool {
        let header = &segment.header;
        let [own, other] = [side, side.other()].map(|side| self.causal.stream(side));
        let end = self.place(side, header.sequence) + Position::from(header.wire_len);
        let known = own.is_placed() && end <= own.highest() && (!header.fin || self.causal.has_fin(side));
        let acknowledged = header.acknowledgement.is_none_or(|number| {
            let fin = Position::from(self.causal.has_fin(side.other()));
            other.is_placed() && self.place(side.other(), number) <= other.acknowledged() + fin
        });
        known && acknowledged && !header.rst
    }

    /// Notes what `segment` acknowledges; returns the place.
    pub(super) fn acknowledgement(&mut self, side: Side, segment: &Segment<'_>, at: PacketRef) -> Option<Position> {
        // A RST's acknowledgement number answers a SYN and says nothing of bytes received.
        let number = segment.header.acknowledgement.filter(|_| !segment.header.rst)?;
        let position = self.place(side.other(), number);
        let other = self.causal.stream_mut(side.other());
        // If a side was seen from its SYN on, its lowest acknowledgement number is where the other side's stream
        // begins.
        let from_start = self.syns[side as usize].is_some() && self.syns[side.other() as usize].is_none();
        if !other.is_placed() || from_start {
            other.begins(Begin::AtOrBefore(position));
        }
        let stream = self.causal.stream(side.other());
        if position >= stream.acknowledged() && !self.causal.has_fin(side.other()) {
            self.stalls.window(side, segment.header.window, position, stream.highest(), at);
        }
        if let Some(range) = segment.header.received_twice {
            let needless = self.stalls.received_twice(side.other(), range, position);
            if needless > 0 {
                let counters = &mut self.rare().counters;
                counters.needless += needless;
                counters.sent_again = counters.sent_again.saturating_sub(needless);
            }
        }
        self.stalls.received(side.other(), position, at);
        self.causal.acknowledge(side, position, at);
        Some(position)
    }

    /// Whether `side` has left bytes of the other side unacknowledged, or takes no bytes.
    pub(super) fn owes(&self, side: Side) -> bool {
        let other = self.causal.stream(side.other());
        other.acknowledged() < other.highest() || self.stalls.is_closed(side)
    }

    /// Whether a segment without payload asks for an answer: it stands just before what the other side has acknowledged,
    /// as a keep-alive does and Linux's probe of a closed window (RFC 9293, section 3.8.4).
    pub(super) fn is_empty_probe(&self, side: Side, segment: &Segment<'_>, start: Position) -> bool {
        let header = &segment.header;
        let bare = header.wire_len == 0 && !header.syn && !header.fin && !header.rst;
        bare && start == self.causal.stream(side).acknowledged() - 1
    }

    /// Notes a segment without payload at `start`, past the last byte seen of `side`: where it is no FIN's
    /// acknowledgement, its sender had sent more than was seen.
    #[cold]
    pub(super) fn note_ahead(&mut self, side: Side, segment: &Segment<'_>, start: Position) {
        let (header, stream) = (&segment.header, self.causal.stream(side));
        let past_fin = Position::from(self.causal.has_fin(side));
        if stream.is_placed() && !header.syn && !header.rst && !header.fin && start > stream.highest() + past_fin {
            let ahead = &mut self.rare.get_or_insert_default().ahead[side as usize];
            hole::note(ahead, start, segment.at(), stream);
        }
    }

    /// What never came of `side`, when the connection is over, where both sides were seen from the start.
    pub(super) fn hole(&self, side: Side) -> Option<Gap> {
        let counters = self.rare.as_ref().map(|rare| rare.counters);
        let is_known = self.has_syn(side) && !self.headless && self.causal.seen(side.other()) > 0;
        if !is_known || counters.is_some_and(|counters| counters.subflows.is_some()) {
            return None;
        }
        let fin = self.noted.as_ref().and_then(|noted| noted.ends.fins[side as usize]);
        hole::at_the_end(self.causal.stream(side), fin, self.rare.as_ref().and_then(|rare| rare.ahead[side as usize]))
    }

    /// Counts a segment with payload. `stored`: None if the payload is not stream data (keep-alive). `copy`: Some if
    /// the headers match an earlier packet, with whether this packet is still to be counted.
    pub(super) fn tally(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        start: Position,
        stored: Option<Stored>,
        copy: Option<bool>,
        limits: &mut LimitsHit,
    ) {
        let at = segment.at();
        let stored = stored.unwrap_or(Stored { new: true, ..Stored::default() });
        if let Some(disagreement) = &stored.disagreement {
            self.rare().counters.conflicting += disagreement.bytes;
            self.note_conflict(side, disagreement, at);
        }
        if stored.uncompared {
            limits.hit(Limit::History);
        }
        if let Some(counts) = copy {
            if stored.disagreement.is_none() {
                self.rare().counters.copies += u64::from(counts);
                return;
            }
            // The headers match and the content does not.
            self.packets += u64::from(counts);
            self.causal.count(side, at);
        }
        if let Some(behind) = stored.filled_before.filter(|_| !stored.mends) {
            self.rare().counters.reordered += 1;
            let overtaken = match self.handshake {
                Handshake::Done(milliseconds) => OVERTAKEN_NANOSECONDS.max((milliseconds * 1e6) as i64),
                Handshake::Open | Handshake::Answered(_) => OVERTAKEN_NANOSECONDS,
            };
            if segment.header.time.since(behind.time) > overtaken {
                self.sent_again(side, start, segment.header.wire_len, at);
            }
        } else if !stored.new || stored.mends {
            let why = self.sent_again(side, start, segment.header.wire_len, at);
            self.rare().counters.retransmitted += u64::from(why != Again::Probe);
        }
    }

    /// Counts a segment of `side` that was sent again, and returns why.
    fn sent_again(&mut self, side: Side, start: Position, len: u32, at: PacketRef) -> Again {
        let acknowledged = self.causal.stream(side).acknowledged();
        let why = self.stalls.again(side, [start, start + Position::from(len)], acknowledged, at);
        match why {
            Again::Lost => self.rare().counters.sent_again += 1,
            Again::Refused => self.rare().counters.refused += 1,
            Again::Probe => {}
        }
        why
    }

    /// Keeps evidence of two copies that disagree.
    fn note_conflict(&mut self, from: Side, disagreement: &Disagreement, at: PacketRef) {
        let Disagreement { bytes, difference } = disagreement;
        let offset = u64::try_from(difference.position - self.begin(from)).unwrap_or(0);
        let conflicts = &mut self.rare().conflicts;
        if conflicts.kept.len() >= CONFLICTS {
            conflicts.more += 1;
            return;
        }
        conflicts.kept.push(Conflict {
            from,
            offset,
            bytes: *bytes,
            first_packet: difference.first_packet,
            second_packet: at.packet,
            first: difference.first.clone(),
            second: difference.second.clone(),
        });
    }
}
