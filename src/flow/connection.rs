/*!
One connection: its endpoints, how it began and ended, and its counters. [`Causal`] has its bytes.
*/

mod counting;
mod ending;
mod noted;
pub mod ordinary;
mod waiting;

use super::assembler::{Begin, Piece, Stored};
use super::causal::Causal;
use super::duplicate::DuplicateFilter;
use super::ends::Usual;
use super::hole::Ahead;
use super::seq::{self, Kept, Position, kept};
use super::stalls::StallWatch;
use super::{
    CloseReason, Conflicts, Counters, Endpoints, Leaving, PacketRef, Side, StreamHandler, Subflows, Transport,
};
use crate::capture::{STEP_NANOSECONDS, Time};
use crate::decode::Segment;
use crate::limits::LimitsHit;
use noted::{Noted, Reset};

/// How far before the first byte seen a SYN may stand to be the late SYN of the same connection.
const LATE_SYN: Position = 1 << 20;
/// One connection, without its stream handler.
#[derive(Debug)]
pub struct Connection {
    endpoints: Endpoints,
    causal: Causal,
    first: PacketRef,
    /// Of the packet at that time that is first whichever is read first ([`place`]).
    first_sequence: (bool, u32),
    last: PacketRef,
    /// Time of each side's last SYN, and the position of its number.
    syns: [Option<(Time, Kept)>; 2],
    handshake: Handshake,
    /// A SYN that came late shows that the stream began before the first bytes delivered.
    headless: bool,
    duplicates: DuplicateFilter,
    stalls: StallWatch,
    packets: u64,
    /// The packet counted last.
    counted: Option<u64>,
    rare: Option<Box<Rare>>,
    /// What each side's last packet looked like.
    usual: [Usual; 2],
    noted: Option<Box<Noted>>,
}

/// What most connections have nothing of.
#[derive(Debug, Default)]
struct Rare {
    /// All but the packets, and what the streams count.
    counters: Counters,
    conflicts: Conflicts,
    reset: Option<Reset>,
    /// The positions of each side's last keep-alive probe: its content is no part of the stream.
    probes: [Option<Position>; 2],
    /// Each side's bare acknowledgement that stands furthest ahead of its bytes.
    ahead: [Option<Ahead>; 2],
}

/// How a segment relates to a connection of the same 5-tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// A part of it.
    Belongs,
    /// The beginning of the next connection.
    Follows,
    /// The beginning of the next connection, or stale, or forged.
    MayFollow,
}

/// How far the three-way handshake was seen (RFC 9293, section 3.5).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Handshake {
    /// Not enough of it.
    Open,
    /// SYN at this time, and SYN-ACK.
    Answered(Time),
    /// All three; milliseconds from first to last.
    Done(f64),
}

/// The order of packets with the same time, where clocks are coarse and each direction may be in a file of its own: the SYN that
/// opens comes first, then the lower sequence number. With the sequence number.
fn place(segment: &Segment<'_>) -> (bool, u32) {
    let header = &segment.header;
    (!header.syn || header.acknowledgement.is_some(), header.sequence)
}

impl Connection {
    /// A connection whose first captured segment this is. `endpoints` says who is taken for the client.
    pub fn new(endpoints: Endpoints, segment: &Segment<'_>) -> Self {
        let at = segment.at();
        Self {
            endpoints,
            causal: Causal::default(),
            first: at,
            first_sequence: place(segment),
            last: at,
            syns: [None; 2],
            handshake: Handshake::Open,
            headless: false,
            duplicates: DuplicateFilter::default(),
            stalls: StallWatch::default(),
            packets: 0,
            counted: None,
            rare: None,
            usual: [Usual::default(); 2],
            noted: None,
        }
    }

    /// The two endpoints, as far as known.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Takes a segment of this connection. Tells whether it was [an ordinary one](Self::ordinary), after which nothing
    /// waits, and the connection is neither half open nor over.
    pub fn segment(&mut self, segment: &Segment<'_>, out: &mut impl StreamHandler, limits: &mut LimitsHit) -> bool {
        let at = segment.at();
        let from_syn = segment.header.syn && segment.header.acknowledgement.is_none();
        if from_syn && self.side_of(segment) == Side::Server && self.syns == [None; 2] && self.causal.is_untouched() {
            self.turn_round();
            out.roles_swapped(&self.endpoints);
        }
        let side = self.side_of(segment);
        if let Some(subflow) = segment.header.subflow {
            let known = self.rare().counters.subflows.get_or_insert(Subflows { seen: 0, keys_seen: subflow.keys_seen });
            known.seen = known.seen.max(subflow.number.get());
            known.keys_seen = subflow.keys_seen;
            // A subflow that joins a connection does not begin its data.
            self.headless |= !subflow.keys_seen;
        }
        let position = self.place(side, segment.header.sequence);
        let goes_on = self.ordinary(side, segment, position);
        let old = match goes_on {
            Some(acknowledges) => {
                segment.header.wire_len == 0 && acknowledges == self.causal.stream(side.other()).acknowledged()
            }
            None => self.brings_nothing(side, segment),
        };
        let copy = self.duplicates.is_copy(side, segment, old);
        // Of several segments in one packet, the first counts.
        let counts = self.counted != Some(at.packet);
        self.counted = Some(at.packet);
        if counts && segment.header.shares_packet {
            self.rare().counters.shared += 1;
        }
        self.causal.has_copies |= copy;
        if copy && segment.header.wire_len == 0 {
            self.rare().counters.copies += u64::from(counts);
            return false;
        }
        if !copy {
            self.time_passes(at, segment);
            self.packets += u64::from(counts);
            self.causal.count(side, at);
            self.stalls.hear(side, at);
            self.note_look(side, segment);
            if let Some(acknowledges) = goes_on {
                self.go_on(side, segment, position, acknowledges, out);
                return true;
            }
        }

        let owed = [Side::Client, Side::Server].map(|side| self.owes(side));
        let begins_or_ends = segment.header.syn && !self.has_syn(side)
            || segment.header.fin && !self.causal.has_fin(side)
            || segment.header.rst;
        if begins_or_ends && !copy {
            self.stalls.progress(side, at, owed);
        }
        if segment.header.syn {
            self.note_syn(side, at);
            self.syn(side, segment, position);
        }
        let acknowledges = self.acknowledgement(side, segment, at);
        self.doubt_reset(side, segment, position, acknowledges);
        self.time_handshake(side, segment);
        let start = position + Position::from(segment.header.syn);
        if self.stalls.is_closed(side.other()) && !copy && self.is_empty_probe(side, segment, start) {
            self.stalls.asks(side, at);
        }
        if segment.header.wire_len == 0 && !copy && start > self.causal.stream(side).highest() {
            self.note_ahead(side, segment, start);
        }
        out.beginning_seen(self.begins_at_start());
        if segment.header.decrypted {
            out.decrypted();
        }
        // The byte before the one that is pointed to, as Linux and the BSDs read it (RFC 6093, section 3.1).
        if let Some(after) = segment.header.urgent.and_then(|pointer| pointer.checked_sub(1)) {
            self.causal.urge(side, start + Position::from(after), limits);
        }
        if segment.header.wire_len > 0 {
            let stored = self.payload(side, segment, start, acknowledges, out, limits);
            if !copy && stored.as_ref().is_some_and(|stored| stored.new && !stored.mends) {
                self.stalls.progress(side, at, owed);
                self.note_data(side, at);
            }
            if stored.as_ref().is_some_and(|stored| stored.new) {
                let len = segment.header.wire_len;
                self.stalls.sent(side, start + Position::from(len), len);
            }
            self.tally(side, segment, start, stored, copy.then_some(counts), limits);
        }
        if segment.header.fin {
            if !self.has_syn(side) {
                self.causal.stream_mut(side).begins(Begin::AtOrBefore(start));
            }
            self.causal.fin(side, start + Position::from(segment.header.wire_len));
            self.note_fin(side, at);
        }
        if segment.header.rst && !copy {
            self.note_reset(side, segment, position, acknowledges);
        }
        self.causal.release(at, out);
        false
    }

    /// Notes the time of another packet. One that is a little earlier than those before comes late; one that is much
    /// earlier was stamped by a clock that had been set back, and its time is the time that holds from now on.
    #[inline]
    fn time_passes(&mut self, at: PacketRef, segment: &Segment<'_>) {
        let back = self.last.time.known_since(at.time).unwrap_or_default();
        if back > STEP_NANOSECONDS {
            let clock_back = &mut self.rare().counters.clock_back;
            *clock_back = clock_back.saturating_add(back);
            self.last = at;
            return;
        }
        self.last = if back <= 0 { at } else { PacketRef { packet: at.packet, ..self.last } };
        if at.time <= self.first.time && self.rare.as_ref().is_none_or(|rare| rare.counters.clock_back == 0) {
            let place = place(segment);
            if at.time < self.first.time || place < self.first_sequence {
                self.first_sequence = place;
            }
            self.first.time = at.time;
        }
    }

    /// True where a SYN is all that was seen of the connection. A client that acknowledges something was answered,
    /// whether the answer was captured or not.
    pub fn is_half_open(&self) -> bool {
        self.syns[Side::Client as usize].is_some()
            && self.causal.seen(Side::Server) == 0
            && !self.causal.stream(Side::Server).is_placed()
    }

    /// True where both sides have closed it, or one has reset it: only stragglers can follow.
    pub fn is_over(&self) -> bool {
        self.reset().is_some() || self.causal.is_finished()
    }

    /// True where nothing more is to be expected of it, though it is not over yet: both sides have closed it, and bytes
    /// before that are missing; or the server has, after which no mail protocol goes on, and all that it said has been
    /// acknowledged.
    pub fn is_left(&self) -> bool {
        self.causal.has_fin(Side::Server)
            && (self.causal.has_fin(Side::Client) || self.causal.is_heard_out(Side::Server))
    }

    /// Sequence numbers just past the last byte seen of each side: the client's, the server's.
    pub fn highest(&self) -> [u32; 2] {
        [Side::Client, Side::Server].map(|side| self.causal.stream(side).highest() as u32)
    }

    /// The numbers of the SYNs that were seen: the client's, the server's.
    pub fn syns(&self) -> [Option<u32>; 2] {
        self.syns.map(|syn| syn.map(|(_, position)| position.get() as u32))
    }

    /// The time of its last packet.
    #[inline]
    pub fn last_time(&self) -> Time {
        self.last.time
    }

    /// The number of its first packet.
    pub fn first_packet(&self) -> u64 {
        self.first.packet
    }

    /// How `segment`, of the same 5-tuple, relates to this connection.
    pub fn relation(&self, segment: &Segment<'_>) -> Relation {
        if !segment.header.syn {
            return Relation::Belongs;
        }
        let side = self.side_of(segment);
        let next = if self.is_over() || self.is_half_open() { Relation::Follows } else { Relation::MayFollow };
        match self.syns[side as usize] {
            // Compared by number: in a stream of gigabytes the same number has many positions.
            Some((_, syn)) if syn.get() as u32 == segment.header.sequence => Relation::Belongs,
            Some(_) => next,
            // This side's SYN was not seen yet: this may be it, late. (A SYN from the side that was called is one of
            // two that crossed: RFC 9293, figure 8.)
            None => {
                let begin = self.begin(side);
                let position = seq::unwrap(segment.header.sequence, begin);
                let late = (-1..LATE_SYN).contains(&(begin - position - 1));
                if late || !self.causal.stream(side).is_placed() { Relation::Belongs } else { next }
            }
        }
    }

    /// The connection is over: delivers what still waits and returns its summary. `idle` is true where the capture went
    /// on without it.
    pub fn finish(mut self, idle: bool, out: &mut impl StreamHandler) -> Transport {
        let gaps = [Side::Client, Side::Server].map(|side| self.hole(side));
        self.causal.finish(self.last, out);
        let (end, from_start) = (self.end(idle), self.begins_at_start());
        let left = self.left();
        if left.is_none() {
            self.note_unacknowledged();
        }
        let stalls = self.stalls.finish(self.last, gaps);
        let Rare { counters, conflicts, .. } = self.rare.map(|rare| *rare).unwrap_or_default();
        let [client, server] = [Side::Client, Side::Server].map(|side| self.causal.stream(side));
        Transport {
            endpoints: self.endpoints,
            first: self.first,
            first_sequence: self.first_sequence.1,
            last: self.last,
            end,
            left,
            from_start,
            counters: Counters {
                packets: self.packets,
                client_bytes: client.captured,
                server_bytes: server.captured,
                client_missing: client.missing,
                server_missing: server.missing,
                lost_in_capture: client.uncaptured + server.uncaptured,
                urgent: self.causal.left_out(),
                rtt_ms: match self.handshake {
                    Handshake::Done(milliseconds) => Some(milliseconds),
                    Handshake::Open | Handshake::Answered(_) => None,
                },
                ..counters
            },
            conflicts,
            stalls,
            ends: self.noted.map(|noted| Box::new(noted.ends)),
        }
    }

    fn end(&self, idle: bool) -> CloseReason {
        let [fin_client, fin_server] = [Side::Client, Side::Server].map(|side| self.causal.has_fin(side));
        let answered = self.syns[Side::Server as usize].is_some() || self.causal.stream(Side::Server).captured > 0;
        match self.reset() {
            _ if fin_client && fin_server => CloseReason::Closed,
            Some(reset) if reset.from == Side::Server && self.has_syn(Side::Client) && !answered => {
                CloseReason::Refused
            }
            Some(_) => CloseReason::Reset,
            None if self.is_half_open() => self.half_open_end(),
            None if fin_client || fin_server => CloseReason::Closed,
            None if idle => CloseReason::Idle,
            None => CloseReason::Open,
        }
    }

    /// A RST that is believed.
    #[inline]
    fn reset(&self) -> Option<Reset> {
        self.rare.as_ref()?.reset
    }

    fn left(&self) -> Option<Leaving> {
        self.noted.as_ref()?.left
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    #[inline]
    fn side_of(&self, segment: &Segment<'_>) -> Side {
        if segment.source == self.endpoints.client { Side::Client } else { Side::Server }
    }

    /// The SYN came late, and from the end that was taken for the server.
    fn turn_round(&mut self) {
        self.endpoints = Endpoints { client: self.endpoints.server, server: self.endpoints.client };
        self.causal.swap();
        self.stalls.swap();
        if let Some(rare) = &mut self.rare {
            rare.ahead.swap(0, 1);
        }
    }

    /// True where nothing came before the first byte that was captured.
    #[inline]
    fn begins_at_start(&self) -> bool {
        self.syns != [None; 2] && !self.headless
    }

    fn has_syn(&self, side: Side) -> bool {
        self.syns[side as usize].is_some()
    }

    /// The position of a sequence number: the one nearest to the next byte to be delivered, and not to the last byte
    /// seen, which a forged segment can move far ahead.
    #[inline]
    fn place(&self, side: Side, number: u32) -> Position {
        let stream = self.causal.stream(side);
        if stream.is_placed() { seq::unwrap(number, stream.next()) } else { seq::first(number) }
    }

    /// Where a side's stream begins, as far as known.
    fn begin(&self, side: Side) -> Position {
        let stream = self.causal.stream(side);
        stream.next() - (stream.captured + stream.missing) as Position
    }

    fn syn(&mut self, side: Side, segment: &Segment<'_>, position: Position) {
        let position = match self.syns[side as usize] {
            Some((_, first)) => first.get(),
            None => {
                let stream = self.causal.stream(side);
                if stream.is_placed() && !stream.is_untouched() {
                    let begin = self.begin(side);
                    let position = seq::unwrap(segment.header.sequence, begin);
                    self.headless |= position + 1 < begin;
                    position
                } else {
                    self.causal.stream_mut(side).begins(Begin::At(position + 1));
                    position
                }
            }
        };
        self.syns[side as usize] = kept(position).map(|position| (segment.header.time, position));
        if self.syns.iter().all(Option::is_some) {
            self.causal.settle();
        }
    }

    fn payload(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        position: Position,
        acknowledges: Option<Position>,
        out: &mut impl StreamHandler,
        limits: &mut LimitsHit,
    ) -> Option<Stored> {
        let begun_in_the_middle = self.syns == [None; 2];
        let unheard = self.causal.seen(side.other()) == 0;
        let stream = self.causal.stream_mut(side);
        if begun_in_the_middle && stream.is_untouched() && stream.waiting().0 == 0 {
            // Bytes acknowledged before the first captured byte may have crossed before the capture began.
            stream.begins(Begin::At(position));
        } else if self.syns[side as usize].is_none() {
            stream.begins(Begin::AtOrBefore(position));
        }
        // A keep-alive probe repeats the last acknowledged byte, with any content (RFC 9293, section 3.8.4): 0 where the
        // other side's acknowledgements were not captured. A copy of it may come later.
        if segment.header.wire_len == 1 {
            let zero = unheard && segment.payload.first().is_none_or(|&byte| byte == 0);
            let last = position == stream.highest() - 1 && (zero || stream.acknowledged() > position);
            let known = self.rare.as_ref().and_then(|rare| rare.probes[side as usize]);
            if (last && stream.has(position)) || known == Some(position) {
                self.rare().probes[side as usize] = Some(position);
                return None;
            }
        }
        let at = segment.at();
        let truncated = segment.header.wire_len.saturating_sub(segment.payload.len() as u32);
        let piece = Piece { position, bytes: segment.payload, truncated, acknowledges, at };
        Some(self.causal.push(side, piece, out, limits))
    }

    fn time_handshake(&mut self, side: Side, segment: &Segment<'_>) {
        let syn = self.syns[Side::Client as usize];
        self.handshake = match (self.handshake, side, syn) {
            (Handshake::Open, Side::Server, Some((syn, _))) if segment.header.syn => Handshake::Answered(syn),
            (Handshake::Answered(syn), Side::Client, _)
                if !segment.header.syn && segment.header.acknowledgement.is_some() =>
            {
                let nanoseconds = segment.header.time.known_since(syn);
                nanoseconds.map_or(self.handshake, |nanoseconds| Handshake::Done(nanoseconds as f64 / 1e6))
            }
            (handshake, ..) => handshake,
        };
    }
}
