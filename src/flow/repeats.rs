/*!
What one side sent again because it was not acknowledged (RFC 6298): how often, for how long, in segments of which size,
and whether it was acknowledged in the end.

The times that a sender waits for one and the same acknowledgement are one bout. The longest of a side is kept whole,
since a rule tells from it what was in the way; of all others, how long they took.
*/

use super::numbers::Numbers;
use super::seq::Position;
use super::sizes::Sizes;
use super::{PacketRef, Side};

/// The longest bout that the end of the connection does not make more important than a longer one that was answered:
/// three seconds.
const SHORT_NANOSECONDS: i64 = 3_000_000_000;

/// What one side sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeats {
    /// The sender.
    pub of: Side,
    /// For how long it waited, all bouts together, in nanoseconds.
    pub nanoseconds: i64,
    /// Segments that it sent again in all of them.
    pub segments: u64,
    /// From the first repeat on, it sent only segments smaller than the largest before it: it was told to, or found
    /// out, that the path is narrower (RFC 1191, RFC 4821).
    pub shrunk: bool,
    /// The longest.
    pub longest: Bout,
    /// The last packet of the other side, of any kind: its last sign of life; None where there is none.
    pub heard: Option<PacketRef>,
}

/// A time in which a sender waited for one acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bout {
    /// The last packet of the sender with something new before it, or the first that was sent again.
    pub from: PacketRef,
    /// The packet that acknowledged it, or the last that was sent again.
    pub to: PacketRef,
    /// It was acknowledged.
    pub answered: bool,
    /// How often the first byte that was not acknowledged was sent again.
    pub times: u64,
    /// The segments that were sent again: the first few and the last.
    pub packets: Numbers,
    /// The length of the first that had the first byte that was not acknowledged.
    pub first: u32,
    /// The largest of those with the first byte that was not acknowledged.
    pub largest: u32,
    /// The last of them.
    pub last: u32,
    /// The largest segment that the other side had acknowledged before.
    pub acknowledged: u32,
}

impl Bout {
    /// Its length in nanoseconds; 0 where a time is not known.
    pub fn nanoseconds(&self) -> i64 {
        self.to.time.known_since(self.from.time).unwrap_or_default().max(0)
    }
}

/// Follows what one side sends again.
#[derive(Debug)]
pub struct Watch {
    nanoseconds: i64,
    segments: u64,
    /// The largest segment before the first repeat, and from it on.
    largest: [u16; 2],
    /// The bout that goes on, and the position that it waits for.
    open: Option<(Bout, Position)>,
    longest: Option<Bout>,
    /// The packet that ended the last one.
    ended: Option<PacketRef>,
}

/// A segment that was sent again.
#[derive(Debug, Clone, Copy)]
pub struct Repeat {
    /// Its place in the stream.
    pub range: [Position; 2],
    /// What the other side has acknowledged.
    pub acknowledged: Position,
    /// The packet.
    pub at: PacketRef,
    /// The last packet of its sender with something new.
    pub before: Option<PacketRef>,
}

impl Watch {
    /// Of a side that has sent segments of these sizes.
    pub fn new(sizes: &Sizes) -> Self {
        Self { nanoseconds: 0, segments: 0, largest: [sizes.largest(), 0], open: None, longest: None, ended: None }
    }

    /// A segment of `len` bytes was sent, again or for the first time.
    pub fn sent(&mut self, len: u32) {
        self.largest[1] = self.largest[1].max(u16::try_from(len).unwrap_or(u16::MAX));
    }

    /// A segment was sent again, where the other side had acknowledged segments of these sizes.
    pub fn again(&mut self, repeat: Repeat, sizes: &Sizes) {
        let Repeat { range: [from, until], acknowledged, at, before } = repeat;
        if until <= acknowledged {
            return;
        }
        self.segments += 1;
        let len = (until - from) as u32;
        // Until the last bout ended, it waited for something else.
        let begun = [before, self.ended].into_iter().flatten().max_by_key(|at| at.time);
        let (bout, _) = self.open.get_or_insert_with(|| {
            let bout = Bout {
                from: begun.unwrap_or(at),
                to: at,
                answered: false,
                times: 0,
                packets: Numbers::default(),
                first: 0,
                largest: 0,
                last: 0,
                acknowledged: sizes.acknowledged().into(),
            };
            (bout, acknowledged)
        });
        bout.to = at;
        bout.packets.add(at.packet);
        if from <= acknowledged {
            if bout.times == 0 {
                bout.first = len;
            }
            bout.times += 1;
            bout.largest = bout.largest.max(len);
            bout.last = len;
        }
    }

    /// The other side has received everything before `position`, as packet `at` says.
    pub fn received(&mut self, position: Position, at: PacketRef) {
        if let Some((mut bout, _)) = self.open.take_if(|(_, edge)| position > *edge) {
            (bout.to, bout.answered, self.ended) = (at, true, Some(at));
            self.close(bout);
        }
    }

    /// Bytes that it has on the heap, beside its own size.
    pub fn held(&self) -> usize {
        let bouts = self.open.iter().map(|(bout, _)| bout).chain(&self.longest);
        bouts.map(|bout| bout.packets.held()).sum()
    }

    /// What is known at the end of the connection. `heard`: the last packet of the other side.
    pub fn finish(mut self, of: Side, heard: Option<PacketRef>) -> Option<Repeats> {
        if let Some((bout, _)) = self.open.take() {
            // What was never answered matters more than what was.
            if bout.nanoseconds() >= SHORT_NANOSECONDS {
                self.longest = None;
            }
            self.close(bout);
        }
        let [before, since] = self.largest;
        let (nanoseconds, segments, shrunk) = (self.nanoseconds, self.segments, since < before);
        self.longest.map(|longest| Repeats { of, nanoseconds, segments, shrunk, longest, heard })
    }

    fn close(&mut self, bout: Bout) {
        let length = bout.nanoseconds();
        self.nanoseconds = self.nanoseconds.saturating_add(length);
        if self.longest.as_ref().is_none_or(|longest| longest.nanoseconds() < length) {
            self.longest = Some(bout);
        }
    }
}
