/*!
One connection: who called whom, how it began and ended, and its counters. The bytes are [`Causal`]'s.
*/

use super::assembler::{Begin, Piece};
use super::causal::Causal;
use super::seq::{self, Position};
use super::{At, Counters, End, Ends, Listener, Side, Transport};
use crate::capture::Time;
use crate::decode::Segment;
use crate::limits::LimitsHit;

/// How far before the first byte seen a SYN may stand to be the late SYN of the same connection.
const LATE_SYN: Position = 1 << 20;
/// How far beyond what was seen a RST may stand and be believed.
const RST_WINDOW: Position = 1 << 30;

/// One connection, without whoever listens to it.
#[derive(Debug)]
pub struct Connection {
    ends: Ends,
    causal: Causal,
    first: At,
    last: At,
    /// Time of each side's last SYN, and the place of its number.
    syns: [Option<(Time, Position)>; 2],
    handshake: Handshake,
    /// Who reset it.
    reset: Option<Side>,
    counters: Counters,
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

impl Connection {
    /// A connection whose first captured segment this is. `ends` says who is taken for the client.
    pub fn new(ends: Ends, segment: &Segment<'_>) -> Self {
        let at = At { packet: segment.packet, time: segment.time };
        Self {
            ends,
            causal: Causal::default(),
            first: at,
            last: at,
            syns: [None; 2],
            handshake: Handshake::Open,
            reset: None,
            counters: Counters::default(),
        }
    }

    /// Who talks to whom, as far as known.
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Takes a segment of this connection.
    pub fn segment(&mut self, segment: &Segment<'_>, out: &mut impl Listener, limits: &mut LimitsHit) {
        let at = At { packet: segment.packet, time: segment.time };
        let from_syn = segment.syn && segment.acknowledgement.is_none();
        if from_syn && self.side_of(segment) == Side::Server && self.syns == [None; 2] && self.causal.is_untouched() {
            self.turn_round();
            out.turned(&self.ends);
        }
        let side = self.side_of(segment);
        self.last = if at.time >= self.last.time { at } else { At { packet: at.packet, ..self.last } };
        if at.time < self.first.time {
            self.first.time = at.time;
        }
        self.counters.packets += 1;
        self.causal.count(side, at);

        let position = self.place(side, segment.sequence);
        if segment.syn {
            self.syn(side, segment, position);
        }
        let acknowledges = self.acknowledgement(side, segment, at);
        self.time_handshake(side, segment);
        let start = position + Position::from(segment.syn);
        if segment.wire_len > 0 {
            self.payload(side, segment, start, acknowledges, out, limits);
        }
        if segment.fin {
            if !self.causal.stream(side).is_placed() {
                self.causal.stream_mut(side).begins(Begin::At(start));
            }
            self.causal.fin(side, start + Position::from(segment.wire_len));
        }
        if segment.rst && self.believes_reset(side, position) {
            self.reset.get_or_insert(side);
        }
        self.causal.release(at, out);
    }

    /// Lets go of what has waited too long as of `now`, though no segment came.
    pub fn wait(&mut self, now: Time, out: &mut impl Listener) {
        self.causal.release(At { packet: self.last.packet, time: now }, out);
    }

    /// Gives up one thing that is waited for; false where there is none.
    pub fn force(&mut self, out: &mut impl Listener) -> bool {
        let forced = self.causal.force(self.last, out);
        self.causal.release(self.last, out);
        forced
    }

    /// The memory, in bytes, of what waits to be handed over.
    pub fn waiting_cost(&self) -> usize {
        self.causal.waiting_cost()
    }

    /// True where the SYN of a half-open connection is all that was seen.
    pub fn is_half_open(&self) -> bool {
        self.syns[Side::Client as usize].is_some() && self.causal.seen(Side::Server) == 0
    }

    /// True where both sides have ended it, or one has reset it: only stragglers can follow.
    pub fn is_over(&self) -> bool {
        self.reset.is_some() || self.causal.is_finished()
    }

    /// Sequence numbers just past what was seen of each side: the client's, the server's.
    pub fn highest(&self) -> [u32; 2] {
        [Side::Client, Side::Server].map(|side| self.causal.stream(side).highest() as u32)
    }

    /// The time of its last packet.
    pub fn last_time(&self) -> Time {
        self.last.time
    }

    /// Whether `segment`, a SYN or SYN-ACK of the same 5-tuple, begins another connection: its number is not the one
    /// this connection began with.
    pub fn is_followed_by(&self, segment: &Segment<'_>) -> bool {
        if !segment.syn {
            return false;
        }
        let side = self.side_of(segment);
        let position = self.place(side, segment.sequence);
        match self.syns[side as usize] {
            Some((_, syn)) => syn != position,
            // Its own SYN was not seen yet: this may be it, late.
            None if self.syns == [None; 2] || segment.acknowledgement.is_some() => {
                let stream = self.causal.stream(side);
                let begin = stream.next() - (stream.captured + stream.missing) as Position;
                stream.is_placed() && !(-1..LATE_SYN).contains(&(begin - position - 1))
            }
            // A SYN from the side that was called.
            None => self.is_over(),
        }
    }

    /// It is over: hands over what still waits and says what it amounted to. `idle` is true where the capture went on
    /// without it.
    pub fn finish(mut self, idle: bool, out: &mut impl Listener) -> Transport {
        self.causal.finish(self.last, out);
        let end = self.end(idle);
        let [client, server] = [Side::Client, Side::Server].map(|side| self.causal.stream(side));
        Transport {
            ends: self.ends,
            first: self.first,
            last: self.last,
            end,
            from_start: self.syns != [None; 2],
            counters: Counters {
                client_bytes: client.captured,
                server_bytes: server.captured,
                client_missing: client.missing,
                server_missing: server.missing,
                rtt_ms: match self.handshake {
                    Handshake::Done(milliseconds) => Some(milliseconds),
                    Handshake::Open | Handshake::Answered(_) => None,
                },
                ..self.counters
            },
        }
    }

    fn end(&self, idle: bool) -> End {
        let [fin_client, fin_server] = [Side::Client, Side::Server].map(|side| self.causal.has_fin(side));
        let answered = self.syns[Side::Server as usize].is_some() || self.causal.stream(Side::Server).captured > 0;
        match self.reset {
            _ if fin_client && fin_server => End::Closed,
            Some(Side::Server) if self.syns[Side::Client as usize].is_some() && !answered => End::Refused,
            Some(_) => End::Reset,
            // A client that acknowledges something was answered, captured or not.
            None if self.is_half_open() && !self.causal.stream(Side::Server).is_placed() => End::Unanswered,
            None if fin_client || fin_server => End::Closed,
            None if idle => End::Idle,
            None => End::Open,
        }
    }

    fn side_of(&self, segment: &Segment<'_>) -> Side {
        if segment.source == self.ends.client { Side::Client } else { Side::Server }
    }

    /// The SYN came late, and from the end that was taken for the server.
    fn turn_round(&mut self) {
        self.ends = Ends { client: self.ends.server, server: self.ends.client };
        self.causal.swap();
    }

    fn place(&self, side: Side, number: u32) -> Position {
        let stream = self.causal.stream(side);
        if stream.is_placed() { seq::unwrap(number, stream.highest()) } else { seq::first(number) }
    }

    fn syn(&mut self, side: Side, segment: &Segment<'_>, position: Position) {
        self.syns[side as usize] = Some((segment.time, position));
        self.causal.stream_mut(side).begins(Begin::At(position + 1));
        if self.syns.iter().all(Option::is_some) {
            self.causal.settle();
        }
    }

    /// Notes what `segment` acknowledges; returns the place.
    fn acknowledgement(&mut self, side: Side, segment: &Segment<'_>, at: At) -> Option<Position> {
        // A RST's acknowledgement number answers a SYN and says nothing of bytes received.
        let number = segment.acknowledgement.filter(|_| !segment.rst)?;
        let position = self.place(side.other(), number);
        let other = self.causal.stream_mut(side.other());
        // Seen from its SYN on, a side's lowest acknowledgement number is where the other's stream begins.
        let from_start = self.syns[side as usize].is_some() && self.syns[side.other() as usize].is_none();
        if !other.is_placed() || from_start {
            other.begins(Begin::AtOrBefore(position));
        }
        self.causal.acknowledge(side, position, at);
        Some(position)
    }

    fn payload(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        position: Position,
        acknowledges: Option<Position>,
        out: &mut impl Listener,
        limits: &mut LimitsHit,
    ) {
        let begun_in_the_middle = self.syns == [None; 2];
        let stream = self.causal.stream_mut(side);
        if begun_in_the_middle && stream.is_untouched() && stream.waiting().0 == 0 {
            // What was acknowledged before the first byte captured may have crossed before the capture began.
            stream.begins(Begin::At(position));
        } else if self.syns[side as usize].is_none() {
            stream.begins(Begin::AtOrBefore(position));
        }
        let late = position < stream.highest();
        let at = At { packet: segment.packet, time: segment.time };
        let cut = segment.wire_len.saturating_sub(segment.payload.len() as u32);
        let piece = Piece { position, bytes: segment.payload, cut, acknowledges, at };
        let keep_alive = position == stream.next() - 1 && segment.wire_len == 1;
        let stored = self.causal.push(side, piece, out, limits);
        self.counters.conflicting += stored.conflicting;
        if !stored.new && !keep_alive {
            self.counters.retransmitted += 1;
        } else if stored.new && late {
            self.counters.reordered += 1;
        }
    }

    fn time_handshake(&mut self, side: Side, segment: &Segment<'_>) {
        let syn = self.syns[Side::Client as usize];
        self.handshake = match (self.handshake, side, syn) {
            (Handshake::Open, Side::Server, Some((syn, _))) if segment.syn => Handshake::Answered(syn),
            (Handshake::Answered(syn), Side::Client, _) if !segment.syn && segment.acknowledgement.is_some() => {
                Handshake::Done(segment.time.since(syn) as f64 / 1e6)
            }
            (handshake, ..) => handshake,
        };
    }

    /// A RST from far outside of the stream was not sent by its end (RFC 5961, section 3).
    fn believes_reset(&self, side: Side, position: Position) -> bool {
        let stream = self.causal.stream(side);
        if !stream.is_placed() {
            return true;
        }
        let lowest = stream.next().min(stream.acknowledged()) - 1;
        (lowest..=stream.highest() + RST_WINDOW).contains(&position) || self.is_half_open()
    }
}
