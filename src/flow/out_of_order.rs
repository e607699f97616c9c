/*!
What is out of the ordinary in one direction's stream: segments that wait for bytes before them, and acknowledgements of
bytes that have not come. How long they are waited for is decided in [`causal`](super::causal).
*/

use super::PacketRef;
use super::seq::Position;
use std::collections::{BTreeMap, VecDeque};

/// What is out of the ordinary in one direction.
#[derive(Debug, Default)]
pub struct OutOfOrder {
    /// By position, without overlaps, all at or after the next position to be delivered.
    pub buffered: BTreeMap<Position, BufferedSegment>,
    /// Bytes that `buffered` holds.
    pub bytes: usize,
    /// Acknowledgements past the next position to be delivered: (position, number of the connection's packets at that
    /// time, the packet). Ascending.
    pub log: VecDeque<(Position, u64, PacketRef)>,
    /// Bytes before this position were acknowledged so long ago that those still absent will not come.
    pub certain: Position,
    /// Number of the connection's packets when the first acknowledgement came that moved `certain` past the next
    /// position to be delivered.
    pub certain_since: u64,
}

/// The payload of a segment that waits at one position.
#[derive(Debug)]
pub struct BufferedSegment {
    /// The payload.
    pub content: Content,
    /// The position in the other direction up to which the sender had received everything.
    pub acknowledges: Option<Position>,
    /// Where the segment ends that it came in, of which it may be a part.
    pub end: Position,
    /// The packet it came in.
    pub at: PacketRef,
    /// Number of the connection's packets when it came.
    pub arrived: u64,
}

/// Bytes, or the count of bytes that the packet had and the capture does not.
#[derive(Debug)]
pub enum Content {
    /// Captured.
    Bytes(Vec<u8>),
    /// Cut off by the snap length: that many.
    Truncated(u32),
}

impl Content {
    /// Bytes that were captured.
    pub fn captured(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Truncated(_) => 0,
        }
    }

    /// Bytes that the packet had.
    pub fn len(&self) -> Position {
        match self {
            Self::Bytes(bytes) => bytes.len() as Position,
            Self::Truncated(len) => Position::from(*len),
        }
    }
}

impl OutOfOrder {
    /// Packet `count` of the connection acknowledged the bytes before `position`, so long ago that those still absent
    /// will not come. `next` is the next position to be delivered.
    pub fn make_certain(&mut self, position: Position, count: u64, next: Position) {
        if self.certain <= next {
            self.certain_since = count;
        }
        self.certain = self.certain.max(position);
    }

    /// Buffers a segment at `place`, where nothing is buffered.
    pub fn insert(&mut self, place: Position, buffered: BufferedSegment) {
        self.bytes += buffered.content.captured();
        self.buffered.insert(place, buffered);
    }

    /// The stream turns out to begin at `position`: drops the buffered bytes before it.
    pub fn drop_before(&mut self, position: Position) {
        let mut after = self.buffered.split_off(&position);
        if let Some((at, mut across)) = self.buffered.pop_last()
            && at + across.content.len() > position
        {
            let before = (position - at) as usize;
            match &mut across.content {
                Content::Bytes(bytes) => drop(bytes.drain(..before)),
                Content::Truncated(len) => *len -= before as u32,
            }
            after.insert(position, across);
        }
        self.buffered = after;
        self.bytes = self.buffered.values().map(|buffered| buffered.content.captured()).sum();
    }

    /// Makes two of the segment at `place` where it has `position` inside.
    pub fn split(&mut self, place: Position, position: Position) {
        let Some(whole) = self.buffered.get_mut(&place) else { return };
        if !(place + 1..place + whole.content.len()).contains(&position) {
            return;
        }
        let first = (position - place) as usize;
        let content = match &mut whole.content {
            Content::Bytes(bytes) => Content::Bytes(bytes.split_off(first)),
            Content::Truncated(len) => {
                let behind = *len - first as u32;
                *len = first as u32;
                Content::Truncated(behind)
            }
        };
        let BufferedSegment { acknowledges, end, at, arrived, .. } = *whole;
        self.buffered.insert(position, BufferedSegment { content, acknowledges, end, at, arrived });
    }

    /// The positions `from..until` of the segment at `place` are in a copy too, which goes on to `end` and acknowledges
    /// less: they were sent before what the other acknowledges beyond it.
    pub fn sent_before(
        &mut self,
        place: Position,
        [from, until]: [Position; 2],
        acknowledges: Option<Position>,
        end: Position,
    ) {
        self.split(place, from);
        self.split(from, until);
        if let Some(part) = self.buffered.get_mut(&from) {
            (part.acknowledges, part.end) = (acknowledges, end);
        }
    }

    /// Removes the positions `from..until` from the truncated range at `at`, so that bytes can be buffered there.
    pub fn free_truncated(&mut self, at: Position, from: Position, until: Position) {
        let Some(truncated) = self.buffered.remove(&at) else { return };
        let end = at + truncated.content.len();
        for (begin, end) in [(at, from), (until, end)] {
            if begin < end {
                let content = Content::Truncated((end - begin) as u32);
                let BufferedSegment { acknowledges, end, at, arrived, .. } = truncated;
                self.buffered.insert(begin, BufferedSegment { content, acknowledges, end, at, arrived });
            }
        }
    }
}
