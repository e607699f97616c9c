//! How a connection begins and ends, packet by packet: SYNs, FINs, RSTs, and ICMP errors about its segments.

use super::Connection;
use super::noted::Reset;
use crate::decode::{IcmpError, Segment};
use crate::flow::ends::{Ends, ErrorSeen, ResetSeen, Usual, keep};
use crate::flow::seq::Position;
use crate::flow::{CloseReason, Leaving, PacketRef, Side};

/// How far past the last byte seen a RST may stand and be believed.
const RST_WINDOW: Position = 1 << 30;
/// Segments that an end must send after its RST to show that the RST was forged.
const ALIVE_AFTER_RESET: u32 = 3;
/// How far past the last byte seen a segment may stand that an ICMP error quotes, since the capture may have lost it.
const QUOTED_WINDOW: Position = 1 << 20;

impl Connection {
    fn ends(&mut self) -> &mut Ends {
        &mut self.noted.get_or_insert_default().ends
    }

    /// Notes a segment of `side` that is no copy, before anything else is done with it. `acknowledges` is the position
    /// that it acknowledges.
    #[inline]
    pub(super) fn note_look(&mut self, side: Side, segment: &Segment<'_>) {
        if !segment.header.rst {
            self.usual[side as usize] =
                Usual { hops: segment.header.hops, timestamp: segment.header.timestamp.is_some() };
        }
        if let Some(noted) = &mut self.noted {
            let last = noted.ends.errors.last().map(|error| error.about.other());
            noted.ends.heard_since_error |= last == Some(side);
        }
    }

    /// Notes a SYN: that of the client again, or the answer to one that was repeated.
    pub(super) fn note_syn(&mut self, side: Side, at: PacketRef) {
        let is_repeated = self.has_syn(side);
        match side {
            Side::Client if is_repeated && self.causal.seen(Side::Server) == 0 => {
                let ends = self.ends();
                keep(&mut ends.syns, &mut ends.more_syns, at);
            }
            Side::Server => {
                if let Some(noted) = &mut self.noted {
                    noted.ends.syn_ack.get_or_insert(at);
                }
            }
            Side::Client => {}
        }
    }

    /// Notes new data of `side` where the other side had left before.
    pub(super) fn note_data(&mut self, side: Side, at: PacketRef) {
        if let Some(noted) = &mut self.noted
            && noted.ends.fins[side.other() as usize].is_some()
        {
            noted.ends.said_after_fin[side as usize].get_or_insert(at);
        }
    }

    /// Notes a FIN of `side`.
    pub(super) fn note_fin(&mut self, side: Side, at: PacketRef) {
        self.ends().fins[side as usize].get_or_insert(at);
        self.leaves(side, at);
    }

    /// Notes a RST of `side` at this position.
    pub(super) fn note_reset(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        position: Position,
        acknowledges: Option<Position>,
    ) {
        if !self.believes_reset(side, position) {
            return;
        }
        let (at, header) = (segment.at(), &segment.header);
        let usual = Some(self.usual[side as usize]).filter(|_| self.causal.seen(side) > 1);
        let acknowledged = self.causal.stream(side.other()).acknowledged();
        let noted = self.noted.get_or_insert_default();
        if noted.ends.resets.is_empty() {
            noted.acknowledged = acknowledged;
        }
        let (hops, timestamp, window) = (header.hops, header.timestamp.is_some(), header.window);
        let seen = ResetSeen { at, side, hops, timestamp, window, usual, went_on: 0 };
        keep(&mut noted.ends.resets, &mut noted.ends.more_resets, seen);
        if self.reset().is_none() {
            let other = self.causal.stream(side.other()).highest().max(acknowledges.unwrap_or_default());
            self.rare().reset = Some(Reset { from: side, position, other, alive: 0 });
            self.leaves(side, at);
        }
    }

    /// An end that goes on sending after its RST did not send that RST (RFC 5961, section 3).
    pub(super) fn doubt_reset(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        position: Position,
        acknowledges: Option<Position>,
    ) {
        let Some(rare) = &mut self.rare else { return };
        let Some(reset) = &mut rare.reset else { return };
        if reset.from != side || segment.header.rst || position < reset.position {
            return;
        }
        if let Some(noted) = &mut self.noted
            && let Some(first) = noted.ends.resets.first_mut().filter(|first| first.side == side)
            && (segment.header.wire_len > 0 || acknowledges.is_some_and(|position| position > noted.acknowledged))
        {
            first.went_on += 1;
        }
        let other = &self.causal.stream(side.other());
        let goes_on = acknowledges.is_some_and(|position| position > reset.other && position <= other.highest());
        reset.alive += u32::from(goes_on);
        if reset.alive >= ALIVE_AFTER_RESET {
            rare.reset = None;
            let has_fin = self.causal.has_fin(side);
            if let Some(noted) = &mut self.noted {
                noted.left = noted.left.filter(|left| left.side != side || has_fin);
            }
        }
    }

    /// Notes a FIN or RST of `side`, if it is the first of the connection.
    fn leaves(&mut self, side: Side, at: PacketRef) {
        if self.left().is_none() && self.syns.iter().all(Option::is_some) {
            let heard = self.causal.stream(side.other()).acknowledged() > self.begin(side.other());
            self.noted.get_or_insert_default().left = Some(Leaving { side, time: at.time, heard });
            self.note_unacknowledged();
        }
    }

    /// Notes what either side has sent and the other not acknowledged.
    pub(super) fn note_unacknowledged(&mut self) {
        let unacknowledged = [Side::Client, Side::Server].map(|side| {
            let stream = self.causal.stream(side);
            let heard_from = self.causal.seen(side.other()) > 0 && stream.is_placed();
            let bytes = if heard_from { stream.highest() - stream.acknowledged() } else { 0 };
            u64::try_from(bytes).unwrap_or(0)
        });
        if unacknowledged != [0; 2] {
            self.ends().unacknowledged = unacknowledged;
        }
    }

    /// A RST from far outside of the stream did not come from its end (RFC 5961, section 3).
    fn believes_reset(&self, side: Side, position: Position) -> bool {
        let stream = self.causal.stream(side);
        if !stream.is_placed() {
            return true;
        }
        let lowest = stream.next().min(stream.acknowledged()) - 1;
        (lowest..=stream.highest() + RST_WINDOW).contains(&position) || self.is_half_open()
    }

    /// Takes an ICMP error about a segment of this connection; false where no such segment was sent, so that the error
    /// is forged (RFC 5927, section 4.1) or belongs to an earlier connection. It changes nothing but what is noted.
    pub fn icmp_error(&mut self, error: &IcmpError) -> bool {
        let about = if error.source == self.endpoints.client { Side::Client } else { Side::Server };
        let stream = self.causal.stream(about);
        if stream.is_placed() {
            let (position, begin) = (self.place(about, error.sequence), self.begin(about));
            if !(begin - 1..=stream.highest() + QUOTED_WINDOW).contains(&position) {
                return false;
            }
        }
        let at = PacketRef { packet: error.packet, time: error.time };
        if self.counted != Some(at.packet) {
            self.counted = Some(at.packet);
            self.packets += 1;
            if error.shares_packet {
                self.rare().counters.shared += 1;
            }
        }
        if at.time >= self.last.time {
            self.last = at;
        }
        let ends = self.ends();
        ends.heard_since_error = false;
        let seen = ErrorSeen { at, by: error.by, problem: error.problem, about };
        keep(&mut ends.errors, &mut ends.more_errors, seen);
        true
    }

    /// A SYN that nobody answered: whether an ICMP error came instead.
    pub(super) fn half_open_end(&self) -> CloseReason {
        let prohibited = self.noted.as_ref().is_some_and(|noted| noted.ends.refusals().next().is_some());
        if prohibited { CloseReason::Prohibited } else { CloseReason::Unanswered }
    }
}
