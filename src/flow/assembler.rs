/*!
One direction's stream: what has been delivered, what waits and for what, what is known to be missing.

Knows positions in the stream and nothing of the other direction beyond the position that each piece acknowledges there.
The first copy of a byte wins; a later copy that differs is counted.
*/

mod compared;

use super::PacketRef;
use super::conflict::{Difference, disagreements};
use super::history::History;
use super::out_of_order::{BufferedSegment, Content, OutOfOrder};
use super::seq::{Kept, Position, kept};
use crate::limits::of_list;

/// Delivered pieces whose packets are remembered, to name the packet that a retransmission contradicts.
const MARKS: usize = 4;
/// How far past the last byte seen an acknowledgement is believed at once: the largest window that is not scaled. One
/// further ahead is believed when the next acknowledgement does not fall behind it.
const BELIEVED: Position = 65_536;

/// A range of payload, and its position.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Position of the first byte.
    pub position: Position,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Bytes after `bytes` that the packet had and the capture cut off.
    pub truncated: u32,
    /// The position in the other direction up to which the sender had received everything.
    pub acknowledges: Option<Position>,
    /// The packet.
    pub at: PacketRef,
}

impl Piece<'_> {
    /// Position after the last byte that the packet had.
    pub fn end(&self) -> Position {
        self.position + self.bytes.len() as Position + Position::from(self.truncated)
    }
}

/// One direction's stream.
#[derive(Debug, Default)]
pub struct Assembler {
    /// Everything before this position has been delivered, as data or as a gap.
    next: Position,
    /// Position after the last byte seen.
    highest: Position,
    /// Position up to which the other side has acknowledged.
    acknowledged: Position,
    /// True once any position of the stream is known.
    placed: bool,
    /// What is out of the ordinary; most streams never have it.
    out_of_order: Option<Box<OutOfOrder>>,
    /// The last bytes delivered.
    history: History,
    /// The last pieces delivered: position of the first byte, position after the last, number of the packet.
    /// They do not overlap, and stand in any order.
    marks: Vec<(Position, Position, u64)>,
    /// Which of them is the oldest, once there are as many as are kept.
    oldest_mark: u8,
    /// Delivered bytes were forgotten to keep memory bounded.
    forgetful: bool,
    /// The last acknowledgement that was too far ahead to be believed at once.
    claimed: Option<Kept>,
    /// Bytes delivered as data.
    pub captured: u64,
    /// Bytes delivered as gaps.
    pub missing: u64,
    /// Bytes of `missing` that did cross the wire: acknowledged, or cut off by the snap length.
    pub uncaptured: u64,
}

/// What is known of a stream's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// It is at this position.
    At(Position),
    /// It is at this position or before.
    AtOrBefore(Position),
}

/// What storing a piece showed. Small: there is one for each piece, and hardly any disagrees with an earlier copy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stored {
    /// Where this piece and an earlier copy disagree.
    pub disagreement: Option<Box<Disagreement>>,
    /// It held at least one byte that was new.
    pub new: bool,
    /// It held a new byte before a byte that had been seen already: the packet of the latter.
    pub filled_before: Option<PacketRef>,
    /// It held bytes that were cut off an earlier copy.
    pub mends: bool,
    /// It repeats delivered bytes that have been forgotten, so the two copies cannot be compared.
    pub uncompared: bool,
}

/// Where two copies of the same bytes disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Number of bytes that differ.
    pub bytes: u64,
    /// Where they begin to differ.
    pub difference: Difference,
}

impl Stored {
    /// Notes that two copies disagree in `bytes` more bytes. Only the first call's `difference` is kept.
    fn disagrees(&mut self, bytes: u64, difference: impl FnOnce() -> Difference) {
        match &mut self.disagreement {
            Some(disagreement) => disagreement.bytes += bytes,
            none => *none = Some(Box::new(Disagreement { bytes, difference: difference() })),
        }
    }
}

impl Assembler {
    /// Bytes that it has on the heap, beside those that it remembers or that wait.
    pub fn held(&self) -> usize {
        of_list(&self.marks)
    }

    /// The position up to which everything has been delivered.
    pub fn next(&self) -> Position {
        self.next
    }

    /// Position after the last byte seen.
    pub fn highest(&self) -> Position {
        self.highest
    }

    /// Position up to which the other side has acknowledged.
    pub fn acknowledged(&self) -> Position {
        self.acknowledged
    }

    /// Whether any position of the stream is known yet.
    pub fn is_placed(&self) -> bool {
        self.placed
    }

    /// True where nothing has been delivered yet.
    pub fn is_untouched(&self) -> bool {
        self.captured == 0 && self.missing == 0
    }

    /// Sets where the stream begins. Has no effect once something has been delivered.
    pub fn begins(&mut self, begin: Begin) {
        let (Begin::At(position) | Begin::AtOrBefore(position)) = begin;
        if !self.placed {
            (self.next, self.highest, self.acknowledged) = (position, position, position);
            self.placed = true;
        } else if self.is_untouched() && (matches!(begin, Begin::At(_)) || position < self.next) {
            self.next = position;
            self.highest = self.highest.max(position);
            self.acknowledged = self.acknowledged.max(position);
            if let Some(out_of_order) = &mut self.out_of_order {
                out_of_order.drop_before(position);
            }
            self.tidy();
        }
    }

    /// The other side has received everything up to `position`; `count` is the number of the connection's packets.
    pub fn acknowledge(&mut self, position: Position, count: u64, at: PacketRef) {
        if position > self.highest.max(self.acknowledged) + BELIEVED {
            let confirmed = self.claimed.is_some_and(|claimed| claimed.get() <= position);
            self.claimed = kept(position);
            if !confirmed {
                return;
            }
        } else if self.claimed.is_some_and(|claimed| claimed.get() > position) {
            // This acknowledgement is behind the last one: either that one was false, or this one is older.
            self.claimed = None;
        }
        if position <= self.acknowledged {
            return;
        }
        self.acknowledged = position;
        if position > self.next {
            self.out_of_order.get_or_insert_default().log.push_back((position, count, at));
        }
    }

    /// Bytes that were acknowledged long ago and have not come are missing. `old` decides whether an acknowledgement
    /// (number of the connection's packets at that time, and the packet) is long ago.
    pub fn give_up_on(&mut self, old: impl Fn(u64, PacketRef) -> bool) {
        let Some(out_of_order) = &mut self.out_of_order else { return };
        while let Some(&(position, count, _)) = out_of_order.log.front().filter(|(_, count, at)| old(*count, *at)) {
            out_of_order.make_certain(position, count, self.next);
            out_of_order.log.pop_front();
        }
    }

    /// Everything before `position` has been delivered, and acknowledged.
    pub fn has_received(&self, position: Position) -> bool {
        self.next >= position && self.acknowledged >= position
    }

    /// The stream goes up to `position` at least.
    pub fn reaches(&mut self, position: Position) {
        self.highest = self.highest.max(position);
    }

    /// The first acknowledgement of bytes that have not come: what [`Assembler::give_up_on`] asks about.
    pub fn first_awaited(&self) -> Option<(u64, PacketRef)> {
        self.out_of_order.as_ref()?.log.front().map(|&(_, count, at)| (count, at))
    }

    /// Nothing more will come: bytes that were acknowledged and have not come are missing.
    pub fn give_up(&mut self) {
        self.acknowledged = self.acknowledged.max(self.claimed.take().map_or(self.acknowledged, Kept::get));
        if self.acknowledged > self.next || self.out_of_order.is_some() {
            let out_of_order = self.out_of_order.get_or_insert_default();
            while let Some((position, count, _)) = out_of_order.log.pop_front() {
                out_of_order.make_certain(position, count, self.next);
            }
            out_of_order.make_certain(self.acknowledged, u64::MAX, self.next);
        }
    }

    /// Whether `piece` can be delivered as it is, without waiting (as far as this direction is concerned).
    pub fn is_next(&self, piece: &Piece<'_>) -> bool {
        piece.truncated == 0
            && piece.position == self.next
            && self
                .out_of_order
                .as_ref()
                .is_none_or(|waiting| waiting.buffered.keys().next().is_none_or(|&first| first >= piece.end()))
    }

    /// Marks `bytes`, which begin at [`Assembler::next`] and came in packet `at`, as delivered. With `as_it_is`, all that can be
    /// compared later is kept as it is, acknowledged or not.
    #[inline]
    pub fn take(&mut self, bytes: &[u8], at: PacketRef, as_it_is: bool) {
        let mark = (self.next, self.next + bytes.len() as Position, at.packet);
        if self.marks.len() < MARKS {
            if self.marks.len() == self.marks.capacity() {
                // Most streams that go on have more than one piece.
                self.marks.reserve_exact(if self.marks.is_empty() { 1 } else { MARKS - self.marks.len() });
            }
            self.marks.push(mark);
        } else if let Some(oldest) = self.marks.get_mut(usize::from(self.oldest_mark)) {
            *oldest = mark;
            self.oldest_mark = (self.oldest_mark + 1) % MARKS as u8;
        }
        self.advance(bytes.len() as Position);
        self.captured += bytes.len() as u64;
        let unacknowledged = usize::try_from(self.next - self.acknowledged).unwrap_or_default();
        self.history.push(bytes, if as_it_is { usize::MAX } else { unacknowledged });
    }

    /// Bytes that are kept of what was delivered.
    #[inline]
    pub fn remembered(&self) -> usize {
        self.history.held()
    }

    /// The stream is over and nothing is expected any more: of the delivered bytes, all but the last are kept as digests.
    pub fn digest_all_but_last(&mut self) {
        self.history.digest_all_but_last();
    }

    /// Forgets the delivered bytes that are kept.
    pub fn forget(&mut self) {
        self.forgetful |= self.history.reach() > 0;
        self.history.clear();
    }

    /// Whether the byte at `position` has been captured, or given up on.
    pub fn has(&self, position: Position) -> bool {
        let waits = |out_of_order: &OutOfOrder| {
            let last = out_of_order.buffered.range(..=position).next_back();
            last.is_some_and(|(at, buffered)| at + buffered.content.len() > position)
        };
        position < self.next || self.out_of_order.as_deref().is_some_and(waits)
    }

    /// The first packet buffered at or after `position`.
    pub fn first_behind(&self, position: Position) -> Option<PacketRef> {
        self.out_of_order.as_ref()?.buffered.range(position..).next().map(|(_, buffered)| buffered.at)
    }

    /// The first piece that waits: its position, and its packet.
    pub fn first_waiting(&self) -> Option<(Position, PacketRef)> {
        let (position, buffered) = self.out_of_order.as_ref()?.buffered.first_key_value()?;
        Some((*position, buffered.at))
    }

    /// Buffers the new bytes of `piece`; of bytes that are buffered already, the first copy stays. `count` is the
    /// number of the connection's packets.
    pub fn store(&mut self, piece: &Piece<'_>, count: u64) -> Stored {
        let mut stored = self.conflicts_with_history(piece);
        let end = piece.end();
        self.highest = self.highest.max(end);
        let out_of_order = self.out_of_order.get_or_insert_default();
        let mut place = piece.position.max(self.next);
        while place < end {
            // Either a buffered segment covers `place`, or the range up to the next buffered segment is free.
            let before =
                out_of_order.buffered.range_mut(..=place).next_back().filter(|(at, w)| *at + w.content.len() > place);
            if let Some((&at, buffered)) = before {
                let until = end.min(at + buffered.content.len());
                if let Content::Bytes(first) = &buffered.content {
                    let first = &first[(place - at) as usize..(until - at) as usize];
                    let second = part(piece, place, until);
                    if let Some((from, bytes)) = disagreements(first, second) {
                        let byte = |copy: &[u8], at: Position| copy.get(usize::try_from(at - place).ok()?).copied();
                        let found = place + from as Position;
                        stored.disagrees(bytes, || Difference {
                            first_packet: Some(buffered.at.packet),
                            ..Difference::new(found, [place, until], |at| byte(first, at), |at| byte(second, at))
                        });
                    }
                } else if let Some(len) = std::num::NonZeroUsize::new(part(piece, place, until).len()) {
                    // This copy is truncated less: free the positions that its bytes fill, and look again.
                    out_of_order.free_truncated(at, place, place + len.get() as Position);
                    stored.mends = true;
                    continue;
                }
                if piece.acknowledges < buffered.acknowledges {
                    out_of_order.sent_before(at, [place, until], piece.acknowledges, end);
                }
                place = until;
                continue;
            }
            let behind = out_of_order.buffered.range(place..).next();
            let until = behind.map_or(end, |(&at, _)| end.min(at));
            stored.filled_before = stored.filled_before.or(behind.map(|(_, buffered)| buffered.at));
            stored.new = true;
            let captured = part(piece, place, until);
            let content = match captured.is_empty() {
                true => Content::Truncated((until - place) as u32),
                false => Content::Bytes(captured.to_vec()),
            };
            let next = place + content.len();
            let Piece { acknowledges, at, .. } = *piece;
            out_of_order.insert(place, BufferedSegment { content, acknowledges, end, at, arrived: count });
            place = next;
        }
        self.tidy();
        stored
    }

    /// The buffered segment at the next position to be delivered.
    pub fn front(&self) -> Option<&BufferedSegment> {
        self.out_of_order.as_ref()?.buffered.get(&self.next)
    }

    /// Makes two of the segment of [`Assembler::front`] where it goes on past `until`.
    pub fn split_front(&mut self, until: Position) {
        if let Some(out_of_order) = &mut self.out_of_order {
            out_of_order.split(self.next, until);
        }
    }

    /// Takes the segment of [`Assembler::front`] and marks it as delivered; see [`Assembler::take`].
    pub fn take_front(&mut self, as_it_is: bool) -> Option<BufferedSegment> {
        let out_of_order = self.out_of_order.as_mut()?;
        let buffered = out_of_order.buffered.remove(&self.next)?;
        match &buffered.content {
            Content::Bytes(bytes) => {
                out_of_order.bytes -= bytes.len();
                self.take(bytes, buffered.at, as_it_is);
            }
            Content::Truncated(len) => {
                self.missing += u64::from(*len);
                self.uncaptured += u64::from(*len);
                self.advance(Position::from(*len));
                self.history.clear();
            }
        }
        self.tidy();
        Some(buffered)
    }

    /// Length of the gap at the next position to be delivered, as far as it is certain that its bytes will not come,
    /// and no further than `until`.
    pub fn certain_gap(&self, until: Option<Position>) -> Option<u64> {
        let out_of_order = self.out_of_order.as_ref()?;
        let gap_end = out_of_order.buffered.keys().next().copied().unwrap_or(out_of_order.certain);
        let end = gap_end.min(out_of_order.certain).min(until.unwrap_or(Position::MAX));
        // A FIN that was not captured takes a sequence number too: an acknowledgement one past the last byte seen
        // proves no byte.
        let end = if end == self.highest + 1 && out_of_order.buffered.is_empty() { end - 1 } else { end };
        (end > self.next).then(|| (end - self.next) as u64)
    }

    /// When the gap at the next position to be delivered was first noticed, as a number of the connection's packets: by
    /// a segment behind it, or by an acknowledgement. Of two gaps, one in each direction, the one noticed first is the
    /// older.
    pub fn gap_noticed(&self) -> u64 {
        let Some(out_of_order) = &self.out_of_order else { return u64::MAX };
        let behind = out_of_order.buffered.values().next().map(|buffered| buffered.arrived);
        let acknowledged = if out_of_order.certain > self.next {
            Some(out_of_order.certain_since)
        } else {
            out_of_order.log.front().map(|(_, count, _)| *count)
        };
        [behind, acknowledged].into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    /// Length of the gap before the first buffered segment. It is declared missing when nothing more will come, or when
    /// there is no room to wait.
    pub fn gap(&self) -> Option<u64> {
        let first = *self.out_of_order.as_ref()?.buffered.keys().next()?;
        (first > self.next).then(|| (first - self.next) as u64)
    }

    /// Marks the next `len` bytes as delivered as a gap.
    pub fn skip(&mut self, len: u64) {
        self.missing += len;
        let acknowledged = (self.acknowledged - self.next).clamp(0, len as Position);
        self.uncaptured += acknowledged as u64;
        self.advance(len as Position);
        self.history.clear();
        self.tidy();
    }

    /// Number of buffered segments, and the memory that they cost in bytes.
    pub fn waiting(&self) -> (usize, usize) {
        /// What a segment costs beside its bytes.
        const PIECE: usize = 96;
        self.out_of_order
            .as_ref()
            .map_or((0, 0), |waiting| (waiting.buffered.len(), waiting.bytes + waiting.buffered.len() * PIECE))
    }

    /// True where no segment is buffered and no acknowledged byte is awaited.
    pub fn is_orderly(&self) -> bool {
        self.out_of_order.is_none()
    }

    fn advance(&mut self, by: Position) {
        self.next += by;
        self.highest = self.highest.max(self.next);
    }

    /// Forgets acknowledgements of delivered bytes, and drops the out-of-order state when nothing is left in it.
    fn tidy(&mut self) {
        let Some(out_of_order) = &mut self.out_of_order else { return };
        while out_of_order.log.front().is_some_and(|(position, _, _)| *position <= self.next) {
            out_of_order.log.pop_front();
        }
        if out_of_order.buffered.is_empty() && out_of_order.log.is_empty() && out_of_order.certain <= self.next {
            self.out_of_order = None;
        }
    }
}

/// The captured bytes of `piece` at the positions `from..until`: fewer, or none, where it was truncated.
fn part<'a>(piece: &Piece<'a>, from: Position, until: Position) -> &'a [u8] {
    let len = piece.bytes.len();
    let from = usize::try_from(from - piece.position).unwrap_or(0).min(len);
    let until = usize::try_from(until - piece.position).unwrap_or(0).min(len);
    &piece.bytes[from..until.max(from)]
}
