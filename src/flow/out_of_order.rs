/*!
What is out of the ordinary in one direction's stream: pieces that wait for what stands before them, and acknowledgements of
what has not come.
*/

use super::PacketRef;
use super::seq::Position;
use std::collections::{BTreeMap, VecDeque};

/// What is out of the ordinary in one direction.
#[derive(Debug, Default)]
pub struct OutOfOrder {
    /// By place, without overlaps, all at or after what is to be handed over next.
    pub buffered: BTreeMap<Position, BufferedSegment>,
    /// Bytes that `buffered` holds.
    pub bytes: usize,
    /// When acknowledgements moved past what was handed over: (place, packets of the connection, the packet). Ascending.
    pub log: VecDeque<(Position, u64, PacketRef)>,
    /// Up to here the acknowledgements are so old that what has not come will not come.
    pub certain: Position,
    /// Number of the connection's packets when the first of those came that has not been reached.
    pub certain_since: u64,
}

/// What waits at one place.
#[derive(Debug)]
pub struct BufferedSegment {
    /// What it is.
    pub content: Content,
    /// The place in the other direction up to which the sender had received everything.
    pub acknowledges: Option<Position>,
    /// The packet it came in.
    pub at: PacketRef,
    /// Number of the connection's packets when it came.
    pub arrived: u64,
}

/// Bytes, or the knowledge that a packet had some there.
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
    /// What is before `position` was acknowledged in packet `count` of the connection, so long ago that what has not come of
    /// it will not come.
    pub fn make_certain(&mut self, position: Position, count: u64, next: Position) {
        if self.certain <= next {
            self.certain_since = count;
        }
        self.certain = self.certain.max(position);
    }

    /// Puts `buffered` at `place`, where nothing is.
    pub fn insert(&mut self, place: Position, buffered: BufferedSegment) {
        self.bytes += buffered.content.captured();
        self.buffered.insert(place, buffered);
    }

    /// What waits before `position`, where the stream turns out to begin, is none of its bytes.
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

    /// Frees the places `from..until` of the cut stretch at `at`, so that bytes can go there.
    pub fn free_truncated(&mut self, at: Position, from: Position, until: Position) {
        let Some(truncated) = self.buffered.remove(&at) else { return };
        let end = at + truncated.content.len();
        for (begin, end) in [(at, from), (until, end)] {
            if begin < end {
                let content = Content::Truncated((end - begin) as u32);
                let BufferedSegment { acknowledges, at, arrived, .. } = truncated;
                self.buffered.insert(begin, BufferedSegment { content, acknowledges, at, arrived });
            }
        }
    }
}
