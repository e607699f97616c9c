//! Several files as one: packets by time. Each keeps the number that it has in its own file.

use super::{CaptureError, Cursor, LinkType, Moved, Packet, Skimmer, SourceInfo, Time, number};
use crate::limits::LimitsHit;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Several cursors, merged by time. Packets of the same time come in the order in which the cursors were given.
pub struct Merged<C> {
    cursors: Vec<C>,
    /// The index of the first of them among all sources.
    first: usize,
    /// Cursors that have not been advanced yet; those that stand at a packet are in `heads`.
    fresh: std::ops::Range<usize>,
    heads: BinaryHeap<Reverse<(Time, usize)>>,
    /// The cursor whose packet was handed out last.
    current: Option<usize>,
    /// Why a cursor ended early; returned when the others have been read to their end.
    failed: Option<CaptureError>,
    /// Steps of all clocks. Asking each of thousands of cursors for every packet would take longer than reading it.
    steps: u64,
    /// One of them may step back, or has been such: whoever puts packets in order does not stop doing so.
    may_step_back: bool,
}

impl<C: Cursor> Merged<C> {
    /// A merge of `cursors`, none of which is live: all the sources that there are.
    pub fn new(cursors: Vec<C>) -> Self {
        Self::beginning_with(0, cursors)
    }

    /// A merge of `cursors`, which are the sources with index `first` and those after it.
    pub fn beginning_with(first: usize, cursors: Vec<C>) -> Self {
        let steps = cursors.iter().map(Cursor::clock_steps).sum();
        let may_step_back = cursors.iter().any(Cursor::may_step_back);
        Self {
            fresh: 0..cursors.len(),
            cursors,
            first,
            heads: BinaryHeap::new(),
            current: None,
            failed: None,
            steps,
            may_step_back,
        }
    }

    fn advance_one(&mut self, index: usize) {
        let Some(cursor) = self.cursors.get_mut(index) else { return };
        let before = cursor.clock_steps();
        let moved = cursor.advance();
        self.steps += cursor.clock_steps().saturating_sub(before);
        self.may_step_back |= cursor.may_step_back();
        match moved {
            Ok(Moved::Packet) => self.heads.push(Reverse((cursor.time(), index))),
            Ok(Moved::Idle(_) | Moved::End) => {}
            Err(error) => {
                self.failed.get_or_insert(error);
            }
        }
    }
}

impl<C: Cursor> Cursor for Merged<C> {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        if let Some(index) = self.current.take() {
            self.advance_one(index);
        }
        for index in std::mem::take(&mut self.fresh) {
            self.advance_one(index);
        }
        while let Some(Reverse((time, index))) = self.heads.pop() {
            let Some(cursor) = self.cursors.get_mut(index) else { continue };
            let before = cursor.clock_steps();
            let begun = cursor.begin();
            self.steps += cursor.clock_steps().saturating_sub(before);
            self.may_step_back |= cursor.may_step_back();
            match begun {
                Ok(Moved::Packet) if cursor.time() == time => {
                    self.current = Some(index);
                    return Ok(Moved::Packet);
                }
                // Another packet than it seemed to be.
                Ok(Moved::Packet) => self.heads.push(Reverse((cursor.time(), index))),
                Ok(Moved::Idle(_) | Moved::End) => {}
                Err(error) => {
                    self.failed.get_or_insert(error);
                }
            }
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(Moved::End),
        }
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        let Some(cursor) = self.current.and_then(|index| self.cursors.get_mut(index)) else { return false };
        // Up to the next packet of the others.
        let next = self.heads.peek().map(|Reverse((time, _))| *time);
        let steps = cursor.clock_steps();
        let passed = cursor.skim(before.into_iter().chain(next).min(), skimmer);
        self.steps += cursor.clock_steps().saturating_sub(steps);
        self.may_step_back |= cursor.may_step_back();
        passed
    }

    fn packet(&self) -> Packet<'_> {
        match self.current.and_then(|index| Some((index, self.cursors.get(index)?.packet()))) {
            Some((index, packet)) => Packet { number: number::packed(self.first + index, packet.number), ..packet },
            None => Packet { number: 0, time: Time::default(), link: LinkType::NULL, data: &[], wire_len: 0 },
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        self.cursors.iter().flat_map(Cursor::info).collect()
    }

    fn clock_steps(&self) -> u64 {
        self.steps
    }

    fn limits(&self) -> LimitsHit {
        let mut all = LimitsHit::default();
        self.cursors.iter().for_each(|cursor| all.add(&cursor.limits()));
        all
    }

    fn may_step_back(&self) -> bool {
        self.may_step_back
    }
}
