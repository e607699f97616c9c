/*!
Where the clock of a capture went back: set by NTP or by hand, or that of a virtual machine that was resumed.

One interface's records are written in the order of capture, but for a few milliseconds between the queues of a network
card. So a record more than [`STEP_NANOSECONDS`] earlier than one before it of the same interface was stamped by a clock
that had been set back; the records are in order, and their times are not. Of two interfaces nothing can be said: each
writes its records in batches.
*/

use super::{ClockStep, Time};
use crate::limits::{CLOCK_STEPS, Limit, LimitsHit};
use std::collections::BTreeMap;

/// How much earlier a record must be to show that the clock was set back: a second.
pub const STEP_NANOSECONDS: i64 = 1_000_000_000;
/// Interfaces whose times are known at once. Those of the oldest sections of a file are forgotten first.
const INTERFACES: usize = 1_024;

/// Watches the times of one file or interface.
#[derive(Default)]
pub(super) struct Clock {
    /// The interface of the last packet, and its latest time since the clock was set.
    current: Option<(u32, Time)>,
    /// The same of the other interfaces.
    others: BTreeMap<u32, Time>,
    steps: Vec<ClockStep>,
    /// How often the clock went back.
    count: u64,
}

impl Clock {
    /// Packet `packet` of `interface` has this time.
    #[inline]
    pub(super) fn packet(&mut self, packet: u64, interface: u32, time: Time) {
        let Some(time) = time.known() else { return };
        match &mut self.current {
            Some((current, latest)) if *current == interface && *latest <= time => *latest = time,
            _ => self.out_of_turn(packet, interface, time),
        }
    }

    /// A packet of another interface than the last one, or with an earlier time.
    #[cold]
    fn out_of_turn(&mut self, packet: u64, interface: u32, time: Time) {
        let latest = match self.current {
            Some((current, latest)) if current == interface => latest,
            current => {
                if let Some((interface, latest)) = current {
                    self.others.insert(interface, latest);
                    if self.others.len() > INTERFACES {
                        self.others.pop_first();
                    }
                }
                self.others.get(&interface).copied().unwrap_or(time)
            }
        };
        let back = latest.since(time);
        if back <= STEP_NANOSECONDS {
            self.current = Some((interface, latest.max(time)));
            return;
        }
        self.current = Some((interface, time));
        // One machine has one clock: the other interfaces' times went back with it.
        self.others.clear();
        self.count += 1;
        if self.steps.len() < CLOCK_STEPS {
            self.steps.push(ClockStep { packet, nanoseconds: back });
        }
    }

    /// The latest time of `interface` since the clock was set, if its packet is the last one.
    pub(super) fn latest(&self, interface: u32) -> Option<Time> {
        self.current.and_then(|(current, latest)| (current == interface).then_some(latest))
    }

    /// How often the clock went back.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Where it did.
    pub(super) fn steps(&self) -> Vec<ClockStep> {
        self.steps.clone()
    }

    /// Counts the steps that are not kept.
    pub(super) fn limits(&self) -> LimitsHit {
        let mut limits = LimitsHit::default();
        let left_out = self.count - self.steps.len() as u64;
        if left_out > 0 {
            limits.hit_times(Limit::ClockSteps, left_out);
        }
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(records: &[(u32, i64)]) -> Vec<(u64, i64)> {
        let mut clock = Clock::default();
        for (number, &(interface, milliseconds)) in (1..).zip(records) {
            clock.packet(number, interface, Time::from_microseconds(milliseconds * 1_000));
        }
        clock.steps().iter().map(|step| (step.packet, step.nanoseconds / 1_000_000)).collect()
    }

    #[test]
    fn a_record_more_than_a_second_before_one_of_its_interface_shows_a_step() {
        assert_eq!(steps(&[(0, 9_000), (0, 9_500), (0, 7_000), (0, 7_001)]), [(3, 2_500)]);
        assert_eq!(steps(&[(0, 9_000), (0, 8_000), (0, 8_100)]), [], "a second and less is the order of queues");
        assert_eq!(steps(&[(0, 9_000), (0, 90_000), (0, 90_001)]), [], "forward may be a pause");
        assert_eq!(steps(&[(0, 9_000), (0, 5_000), (0, 6_000), (0, 1_000)]), [(2, 4_000), (4, 5_000)]);
    }

    #[test]
    fn interfaces_that_write_in_turns_show_none() {
        assert_eq!(steps(&[(0, 1_000), (0, 5_000), (1, 2_000), (1, 6_000), (0, 5_500)]), []);
        assert_eq!(steps(&[(0, 9_000), (1, 9_100), (0, 5_000), (1, 5_100)]), [(3, 4_000)], "one clock, one step");
    }

    #[test]
    fn steps_are_kept_up_to_a_bound() {
        let mut clock = Clock::default();
        for number in 0..=2 * CLOCK_STEPS as u64 + 1 {
            clock.packet(number, 0, Time::from_microseconds(if number % 2 == 0 { 9_000_000 } else { 0 }));
        }
        assert_eq!((clock.count(), clock.steps().len()), (CLOCK_STEPS as u64 + 1, CLOCK_STEPS));
        assert_eq!(clock.limits().iter().collect::<Vec<_>>(), [(Limit::ClockSteps, 1)]);
    }
}
