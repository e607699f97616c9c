/*!
Both directions of a connection, released in causal order.

A server's segment that acknowledges client byte N was sent after the server had bytes up to N. So a segment is released
only when the other direction has been delivered up to its acknowledgement number, or that range has been declared
missing. Whatever the capture did to the order of the two directions, the stream handler receives them in the order in
which the two ends did.

A byte that the other side has acknowledged did cross the wire. When it has not come [`PATIENCE_PACKETS`](super::patience::PATIENCE_PACKETS) packets of its
connection or [`PATIENCE_NANOSECONDS`](super::patience::PATIENCE_NANOSECONDS) later, the capture does not have it, and it is declared missing; a gap that was
not acknowledged may still be filled by a retransmission and is waited for. Bytes that a snap length cut off may be in
another copy of their packet (two interfaces of one file, two files), and are waited for as long; but where somebody
watches, only if the connection has had copies, or is too young to tell ([`ALONE_PACKETS`]). For the beginning of a
direction, and for a direction that may not be in the capture at all, [`PATIENCE_FOR_BEGINNING`] is enough: a user who
watches one side only wants to see it soon. Nothing waits past the bounds in [`limits`](crate::limits), and nothing past
the end of the connection.
*/

use super::assembler::{Assembler, Piece, Stored};
use super::out_of_order::{BufferedSegment, Content};
use super::patience::{ALONE_PACKETS, PATIENCE_FOR_BEGINNING, becomes_old, is_old};
use super::seq::{Kept, Position, kept};
use super::{PacketRef, Side, StreamHandler};
use crate::capture::Time;
use crate::limits::{Limit, LimitsHit, URGENT_BYTES, WAITING_BYTES_PER_DIRECTION, WAITING_SEGMENTS_PER_DIRECTION};
use std::collections::BTreeSet;

/// How far past the last byte seen a FIN may stand: the largest window that scaling allows (RFC 7323, section 2.3).
const FIN_AHEAD: Position = 1 << 30;

/// Both directions of one connection.
#[derive(Debug, Default)]
pub struct Causal {
    streams: [Assembler; 2],
    /// Position of each direction's FIN.
    fins: [Option<Kept>; 2],
    /// Packets of each direction.
    seen: [u64; 2],
    /// Both beginnings are known, or have been waited for long enough: bytes may be delivered.
    settled: bool,
    /// First packet of the connection.
    first: Option<PacketRef>,
    /// Few connections have any.
    urgent: Option<Box<Urgent>>,
    /// Packets of the connection were captured more than once. Then what was delivered is kept as it is for longer: the other
    /// captures may have it in other segments (a network card cuts up what its system sends), and by another clock.
    pub has_copies: bool,
}

/// Urgent bytes.
#[derive(Debug, Default)]
struct Urgent {
    /// Positions of those that have not been passed, in each direction.
    ahead: [BTreeSet<Position>; 2],
    /// Those that were left out of the streams.
    left_out: u64,
}

impl Causal {
    /// The stream of one side.
    pub fn stream(&self, side: Side) -> &Assembler {
        &self.streams[side as usize]
    }

    /// The stream of one side.
    pub fn stream_mut(&mut self, side: Side) -> &mut Assembler {
        &mut self.streams[side as usize]
    }

    /// Packets seen from one side.
    pub fn seen(&self, side: Side) -> u64 {
        self.seen[side as usize]
    }

    /// Packets of the connection.
    pub fn packets(&self) -> u64 {
        self.seen[0] + self.seen[1]
    }

    /// Counts a packet from `side`.
    pub fn count(&mut self, side: Side, at: PacketRef) {
        self.seen[side as usize] += 1;
        self.first.get_or_insert(at);
    }

    /// Both beginnings are known for certain.
    pub fn settle(&mut self) {
        self.settled = true;
    }

    /// True where nothing has been delivered in either direction.
    pub fn is_untouched(&self) -> bool {
        self.streams.iter().all(Assembler::is_untouched)
    }

    /// Exchanges the roles of the two ends, which turn out to be the other way round. Only before anything has been
    /// delivered.
    pub fn swap(&mut self) {
        self.streams.swap(0, 1);
        self.fins.swap(0, 1);
        self.seen.swap(0, 1);
        if let Some(urgent) = &mut self.urgent {
            urgent.ahead.swap(0, 1);
        }
    }

    /// `side` has sent everything up to `position`. Not believed where bytes past `position` have been delivered, or
    /// where no window can be that wide.
    pub fn fin(&mut self, side: Side, position: Position) {
        let stream = &mut self.streams[side as usize];
        if (stream.next()..=stream.highest() + FIN_AHEAD).contains(&position) {
            self.fins[side as usize] = kept(position);
            stream.reaches(position);
        }
    }

    /// The byte at `position` of `side` is urgent: the receiver's system hands it to the application apart from the
    /// stream (RFC 6093, section 3), unless SO_OOBINLINE is set, which mail servers do not.
    pub fn urge(&mut self, side: Side, position: Position, limits: &mut LimitsHit) {
        let next = self.stream(side).next();
        if position < next {
            return;
        }
        let urgent = &mut self.urgent.get_or_insert_default().ahead[side as usize];
        if urgent.contains(&position) {
            return;
        }
        while urgent.first().is_some_and(|&passed| passed < next) {
            urgent.pop_first();
        }
        if urgent.len() >= URGENT_BYTES {
            limits.hit(Limit::UrgentBytes);
            return;
        }
        urgent.insert(position);
    }

    /// Urgent bytes that were left out of the streams.
    pub fn left_out(&self) -> u64 {
        self.urgent.as_ref().map_or(0, |urgent| urgent.left_out)
    }

    /// `side` has sent bytes up to `position`: a FIN noted before it was wrong.
    fn reach(&mut self, side: Side, position: Position) {
        let end = &mut self.fins[side as usize];
        if end.is_some_and(|fin| fin.get() < position) {
            *end = None;
        }
    }

    /// Whether `side`'s FIN was seen.
    pub fn has_fin(&self, side: Side) -> bool {
        self.fins[side as usize].is_some()
    }

    /// True where both FINs were seen, everything before them has been delivered, and both are acknowledged.
    pub fn is_finished(&self) -> bool {
        self.streams.iter().zip(&self.fins).all(|(stream, fin)| fin.is_some_and(|fin| stream.has_received(fin.get())))
            && self.streams.iter().all(|stream| stream.waiting().0 == 0)
    }

    /// True where the FIN of `side` was seen, and nothing waits, nor is anything of that side missing or not acknowledged.
    pub fn is_heard_out(&self, side: Side) -> bool {
        let stream = self.stream(side);
        self.fins[side as usize].is_some_and(|fin| stream.has_received(fin.get()))
            && self.streams.iter().all(|stream| stream.waiting().0 == 0)
    }

    /// `side` acknowledges what the other side sent up to `position`.
    pub fn acknowledge(&mut self, side: Side, position: Position, at: PacketRef) {
        let other = side.other();
        let stream = self.stream(other);
        let (acknowledged, highest) = (stream.acknowledged(), stream.highest());
        if self.has_fin(side) && !self.has_fin(other) && position == acknowledged + 1 && position > highest {
            // The last acknowledgement of a connection is one past the last byte: it acknowledges the FIN, which the
            // capture may not have. Should a byte come after all, `reach` takes this FIN back.
            self.fins[other as usize] = kept(acknowledged);
        }
        let (count, position) = (self.packets(), self.without_fin(other, position));
        self.streams[other as usize].acknowledge(position, count, at);
    }

    /// True where both beginnings are known, no FIN was seen, and nothing waits or is missing.
    #[inline]
    pub fn is_in_step(&self) -> bool {
        let [client, server] = &self.streams;
        self.settled
            && self.fins == [None; 2]
            && client.is_orderly()
            && server.is_orderly()
            && client.is_placed()
            && server.is_placed()
    }

    /// As [`Causal::acknowledge`], of bytes that have come, where both streams [are in step](Self::is_in_step).
    #[inline]
    pub fn acknowledge_in_step(&mut self, side: Side, position: Position, at: PacketRef) {
        let count = self.packets();
        self.streams[side.other() as usize].acknowledge(position, count, at);
    }

    /// Delivers `bytes`, which begin at `place`, the next position of `side`.
    #[inline]
    pub fn hand_on(&mut self, side: Side, place: Position, bytes: &[u8], at: PacketRef, out: &mut impl StreamHandler) {
        self.hand_out(side, place, bytes, at, out);
        self.streams[side as usize].take(bytes, at, self.has_copies);
    }

    /// Takes a piece of `side`'s stream and delivers all that may be delivered now.
    pub fn push(
        &mut self,
        side: Side,
        piece: Piece<'_>,
        out: &mut impl StreamHandler,
        limits: &mut LimitsHit,
    ) -> Stored {
        self.reach(side, piece.end());
        if self.settled && self.stream(side).is_next(&piece) {
            let due = piece.acknowledges.map(|position| self.without_fin(side.other(), position));
            if due.is_none_or(|position| position <= self.streams[side.other() as usize].next()) {
                let filled_before = self.stream(side).first_behind(piece.position);
                self.hand_on(side, piece.position, piece.bytes, piece.at, out);
                self.release(piece.at, out);
                return Stored { new: true, filled_before, ..Stored::default() };
            }
        }
        let count = self.packets();
        let stored = self.streams[side as usize].store(&piece, count);
        self.release(piece.at, out);
        while self.is_over_bounds(side) && self.force(piece.at, out) {
            limits.hit(Limit::Waiting);
            self.release(piece.at, out);
        }
        stored
    }

    /// Delivers all that may be delivered as of `now`.
    pub fn release(&mut self, now: PacketRef, out: &mut impl StreamHandler) {
        if self.streams.iter().all(Assembler::is_orderly) {
            return;
        }
        if !self.settled {
            if !self.began_long_ago(now) {
                return;
            }
            self.settled = true;
        }
        for side in [Side::Client, Side::Server] {
            // A side of which no packet came within the patience is not expected to send anything.
            let absent = self.seen(side) == 0 && self.began_long_ago(now);
            let packets = self.packets();
            self.streams[side as usize].give_up_on(|count, at| absent || is_old(packets, now, count, at));
        }
        while self.hand_over_ready(out) || self.declare_certain(now, out) || self.hand_over_overdue(now, out) {}
    }

    /// Nothing more will come: delivers everything that waits, with the gaps declared.
    pub fn finish(&mut self, now: PacketRef, out: &mut impl StreamHandler) {
        self.settled = true;
        for stream in &mut self.streams {
            stream.give_up();
        }
        for side in [Side::Client, Side::Server] {
            let other = side.other();
            let stream = self.stream(other);
            // Where one side was not captured, the last number that the other acknowledged is that of its FIN: it
            // closed, and sent no more. (Where the side that was not captured closed first, one acknowledgement covers
            // its last bytes and its FIN.)
            if self.has_fin(side)
                && !self.has_fin(other)
                && self.seen(other) == 0
                && stream.acknowledged() > stream.next()
            {
                self.fins[other as usize] = kept(stream.acknowledged() - 1);
            }
        }
        while self.hand_over_ready(out) || self.declare_certain(now, out) || self.force(now, out) {}
    }

    /// Delivered bytes that are kept.
    pub fn remembered(&self) -> usize {
        self.streams.iter().map(Assembler::remembered).sum()
    }

    /// Both streams are over: of the delivered bytes, all but the last are kept as digests.
    pub fn digest_all_but_last(&mut self) {
        self.streams.iter_mut().for_each(Assembler::digest_all_but_last);
    }

    /// Forgets the delivered bytes that are kept.
    pub fn forget(&mut self) {
        self.streams.iter_mut().for_each(Assembler::forget);
    }

    /// The memory that buffered segments cost, in bytes.
    pub fn waiting_cost(&self) -> usize {
        self.streams.iter().map(|stream| stream.waiting().1).sum()
    }

    /// Stops waiting for one thing: for the beginnings, for what the oldest segment acknowledges, or for the gap
    /// noticed first. False where nothing waits.
    pub fn force(&mut self, now: PacketRef, out: &mut impl StreamHandler) -> bool {
        if !self.settled {
            self.settled = true;
            return true;
        }
        if self.hand_over_copy(out) {
            return true;
        }
        let fronts = [Side::Client, Side::Server].map(|side| self.stream(side).front().map(|front| front.arrived));
        let side = match fronts {
            [Some(client), Some(server)] if server < client => Some(Side::Server),
            [Some(_), _] => Some(Side::Client),
            [None, Some(_)] => Some(Side::Server),
            [None, None] => None,
        };
        if let Some(side) = side {
            return self.hand_over_front(side, out);
        }
        for side in self.older_gap_first() {
            if let Some(gap) = self.stream(side).gap() {
                out.gap(side, gap, now);
                self.streams[side as usize].skip(gap);
                return true;
            }
        }
        false
    }

    fn is_over_bounds(&self, side: Side) -> bool {
        let (pieces, cost) = self.stream(side).waiting();
        pieces > WAITING_SEGMENTS_PER_DIRECTION || cost > WAITING_BYTES_PER_DIRECTION
    }

    /// A FIN takes a sequence number but carries no byte: an acknowledgement of it acknowledges all bytes before it.
    fn without_fin(&self, side: Side, position: Position) -> Position {
        self.fins[side as usize].map_or(position, |fin| position.min(fin.get()))
    }

    fn hand_over_ready(&mut self, out: &mut impl StreamHandler) -> bool {
        let mut some = false;
        for side in [Side::Client, Side::Server] {
            while self.stream(side).front().is_some_and(|front| self.is_ready(side, front, out.is_watched())) {
                some |= self.hand_over_front(side, out);
            }
        }
        some
    }

    /// Whether the front of `side` waits for nothing: neither for what it acknowledges, nor for a copy that is whole.
    fn is_ready(&self, side: Side, front: &BufferedSegment, watched: bool) -> bool {
        let due = front.acknowledges.map(|position| self.without_fin(side.other(), position));
        let alone = watched && !self.has_copies && self.packets() >= ALONE_PACKETS;
        (alone || matches!(front.content, Content::Bytes(_)))
            && due.is_none_or(|position| position <= self.stream(side.other()).next())
    }

    /// Where the front of each side acknowledges the other's, one of them is a copy, and the first one of its bytes has not
    /// come: it was sent again, with a later acknowledgement. Hands over the bytes that were there before the other side's.
    fn hand_over_copy(&mut self, out: &mut impl StreamHandler) -> bool {
        // Of a front: what it acknowledges of the other side beyond its next position, where its segment ends, when it came.
        let waits = |side: Side| {
            let front = self.stream(side).front()?;
            let due = self.without_fin(side.other(), front.acknowledges?);
            (due > self.stream(side.other()).next()).then_some((due, front.end, front.arrived))
        };
        let (Some(client), Some(server)) = (waits(Side::Client), waits(Side::Server)) else { return false };
        // A segment that the other side has received and acknowledges only in part is not the one that brought that part.
        let (is_client_across, is_server_across) = (server.0 < client.1, client.0 < server.1);
        let (side, until) = match (is_client_across, is_server_across) {
            (true, false) => (Side::Client, server.0),
            (false, true) => (Side::Server, client.0),
            _ if server.2 < client.2 => (Side::Client, server.0),
            _ => (Side::Server, client.0),
        };
        self.streams[side as usize].split_front(until);
        self.hand_over_front(side, out)
    }

    fn declare_certain(&mut self, now: PacketRef, out: &mut impl StreamHandler) -> bool {
        for side in self.older_gap_first() {
            // What the other side sent before it had these bytes comes before them, so the gap is declared only as far
            // as the other side's next segment needs it.
            let needed = self.stream(side.other()).front().and_then(|front| front.acknowledges);
            let needed = needed.filter(|&position| position > self.stream(side).next());
            let until = [needed, self.fins[side as usize].map(Kept::get)].into_iter().flatten().min();
            if let Some(missing) = self.stream(side).certain_gap(until) {
                out.gap(side, missing, now);
                self.streams[side as usize].skip(missing);
                return true;
            }
        }
        false
    }

    fn older_gap_first(&self) -> [Side; 2] {
        let noticed = |side| self.stream(side).gap_noticed();
        if noticed(Side::Server) < noticed(Side::Client) {
            [Side::Server, Side::Client]
        } else {
            [Side::Client, Side::Server]
        }
    }

    /// In a forged capture each end can have waited for the other; the FIN that a segment acknowledges may be missing;
    /// bytes that were cut off may be in no other copy. None of these holds a segment back for good.
    fn hand_over_overdue(&mut self, now: PacketRef, out: &mut impl StreamHandler) -> bool {
        for side in [Side::Client, Side::Server] {
            let overdue = self.stream(side).front().is_some_and(|front| self.is_old(front.arrived, front.at, now));
            if overdue {
                return self.hand_over_copy(out) || self.hand_over_front(side, out);
            }
        }
        false
    }

    fn hand_over_front(&mut self, side: Side, out: &mut impl StreamHandler) -> bool {
        let place = self.stream(side).next();
        let Some(front) = self.streams[side as usize].take_front(self.has_copies) else { return false };
        match front.content {
            Content::Bytes(bytes) => self.hand_out(side, place, &bytes, front.at, out),
            Content::Truncated(len) => out.gap(side, u64::from(len), front.at),
        }
        true
    }

    /// Hands `bytes`, which begin at `place`, to the stream handler without those that are urgent.
    fn hand_out(&mut self, side: Side, place: Position, bytes: &[u8], at: PacketRef, out: &mut impl StreamHandler) {
        let (mut place, mut rest) = (place, bytes);
        while let Some(known) = &mut self.urgent
            && let Some(&urgent) = known.ahead[side as usize].first()
            && urgent < place + rest.len() as Position
        {
            known.ahead[side as usize].pop_first();
            // What was lost was passed without a look.
            let Some((before, [_, after @ ..])) =
                usize::try_from(urgent - place).ok().and_then(|before| rest.split_at_checked(before))
            else {
                continue;
            };
            known.left_out += 1;
            if !before.is_empty() {
                out.data(side, before, at);
            }
            (place, rest) = (urgent + 1, after);
        }
        if !rest.is_empty() {
            out.data(side, rest, at);
        }
    }

    fn began_long_ago(&self, now: PacketRef) -> bool {
        self.first.is_some_and(|first| {
            let (packets, nanoseconds) = PATIENCE_FOR_BEGINNING;
            let long = self.packets() >= packets && now.time.since(first.time) >= nanoseconds;
            long || self.is_old(0, first, now)
        })
    }

    /// The first time at which [`Causal::release`] does anything, as long as no packet comes; None where it never does.
    /// Each time that `release` compares with has its place here.
    pub fn deadline(&self) -> Option<Time> {
        let packets = self.packets();
        let began = || {
            let first = self.first?;
            let (many, nanoseconds) = PATIENCE_FOR_BEGINNING;
            let long = (packets >= many).then(|| first.time.plus(nanoseconds));
            long.into_iter().chain([becomes_old(packets, 0, first)]).min()
        };
        if self.streams.iter().all(Assembler::is_orderly) {
            return None;
        }
        if !self.settled {
            return began();
        }
        let of_side = |side: Side| {
            let stream = self.stream(side);
            let given_up = stream.first_awaited().map(|(count, at)| becomes_old(packets, count, at));
            let absent = given_up.filter(|_| self.seen(side) == 0).and_then(|_| began());
            let front = stream.front().map(|front| becomes_old(packets, front.arrived, front.at));
            given_up.into_iter().chain(absent).chain(front).min()
        };
        [Side::Client, Side::Server].into_iter().filter_map(of_side).min()
    }

    fn is_old(&self, count: u64, at: PacketRef, now: PacketRef) -> bool {
        is_old(self.packets(), now, count, at)
    }
}
