//! Parts of one capture, one after the other, whatever their times say.

use super::{CaptureError, ClockStep, Cursor, LinkType, Moved, Packet, STEP_NANOSECONDS, Skimmer, SourceInfo, Time};
use crate::limits::LimitsHit;

/// Several cursors, each read to its end before the next begins. Where the next begins at an earlier time, the clock of the
/// capture went back in between.
pub struct InTurn<C> {
    parts: Vec<C>,
    /// The part that is read, or the number of parts at the end.
    current: usize,
    /// The latest time of the part that is read.
    latest: Option<Time>,
    /// By how much the clock went back before each part, where it did.
    back: Vec<Option<i64>>,
    /// Its first packet has been read.
    begun: bool,
    /// Why a part ended early; returned when the others have been read to their end.
    failed: Option<CaptureError>,
}

impl<C: Cursor> InTurn<C> {
    /// The packets of `parts`, in this order.
    pub fn new(parts: Vec<C>) -> Self {
        let back = vec![None; parts.len()];
        Self { parts, current: 0, latest: None, back, begun: false, failed: None }
    }

    fn note(&mut self) {
        let Some(time) = self.parts.get(self.current).and_then(|part| part.time().known()) else { return };
        if !std::mem::replace(&mut self.begun, true) {
            let back = self.latest.map_or(0, |latest| latest.since(time));
            if back > STEP_NANOSECONDS
                && let Some(noted) = self.back.get_mut(self.current)
            {
                *noted = Some(back);
            }
            self.latest = None;
        }
        self.latest = Some(self.latest.map_or(time, |latest| latest.max(time)));
    }
}

impl<C: Cursor> Cursor for InTurn<C> {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        while let Some(part) = self.parts.get_mut(self.current) {
            match part.advance() {
                Ok(Moved::Packet) => {
                    self.note();
                    return Ok(Moved::Packet);
                }
                Ok(Moved::Idle(quiet)) => return Ok(Moved::Idle(quiet)),
                Ok(Moved::End) => {}
                Err(error) => {
                    self.failed.get_or_insert(error);
                }
            }
            self.current += 1;
            self.begun = false;
        }
        self.failed.take().map_or(Ok(Moved::End), Err)
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        let passed = self.parts.get_mut(self.current).is_some_and(|part| part.skim(before, skimmer));
        if passed {
            self.note();
        }
        passed
    }

    fn packet(&self) -> Packet<'_> {
        match self.parts.get(self.current) {
            Some(part) => part.packet(),
            None => Packet { number: 0, time: Time::default(), link: LinkType::NULL, data: &[], wire_len: 0 },
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        let mut all = Vec::new();
        for (part, back) in self.parts.iter().zip(&self.back) {
            let mut info = part.info();
            // Of the files of a part, the one that begins first shows the step.
            if let Some(nanoseconds) = *back
                && let Some(first) = info.iter_mut().filter(|file| file.first.is_some()).min_by_key(|file| file.first)
            {
                first.clock_steps.insert(0, ClockStep { packet: 1, nanoseconds });
            }
            all.append(&mut info);
        }
        all
    }

    fn clock_steps(&self) -> u64 {
        self.current as u64 + self.parts.iter().map(Cursor::clock_steps).sum::<u64>()
    }

    fn limits(&self) -> LimitsHit {
        let mut all = LimitsHit::default();
        self.parts.iter().for_each(|part| all.add(&part.limits()));
        all
    }

    fn may_step_back(&self) -> bool {
        self.parts.iter().any(Cursor::may_step_back)
    }
}
