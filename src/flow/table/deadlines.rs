//! When connections in which something waits have to be looked at again, in the order of the times: what a tick costs
//! depends on what is due then, and not on how many connections wait.

use crate::capture::Time;
use std::collections::BTreeSet;

/// The slots of the connections in which something waits, each with the time from which waiting longer is in vain.
#[derive(Default)]
pub struct Deadlines {
    in_order: BTreeSet<(i64, usize)>,
    /// Everything is looked at in every tick.
    #[cfg(test)]
    pub ignored: bool,
}

impl Deadlines {
    /// The connection in the slot `index` had to be looked at from `before` on, and now from `after` on; None where it
    /// need not be.
    pub fn change(&mut self, index: usize, before: Option<Time>, after: Option<Time>) {
        let [before, after] = [before, after].map(|deadline| deadline.map(Time::nanoseconds));
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.in_order.remove(&(before, index));
        }
        if let Some(after) = after {
            self.in_order.insert((after, index));
        }
    }

    /// The slots whose time has come by `now`, in ascending order. They stay until they are changed.
    pub fn due(&self, now: Time) -> Vec<usize> {
        let until = now.nanoseconds();
        #[cfg(test)]
        let until = if self.ignored { i64::MAX } else { until };
        let mut due: Vec<usize> = self.in_order.range(..=(until, usize::MAX)).map(|&(_, index)| index).collect();
        due.sort_unstable();
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_whose_time_has_come_are_due_in_the_order_of_their_slots() {
        let mut deadlines = Deadlines::default();
        let at = |nanoseconds| Some(Time::from_nanoseconds(nanoseconds));
        let due = |deadlines: &Deadlines, now| deadlines.due(Time::from_nanoseconds(now));
        for (index, time) in [(3, 10), (1, 30), (2, 20), (4, i64::MAX), (5, i64::MIN)] {
            deadlines.change(index, None, at(time));
        }
        assert_eq!(due(&deadlines, i64::MIN), [5]);
        assert_eq!(due(&deadlines, 9), [5]);
        assert_eq!(due(&deadlines, 20), [2, 3, 5]);
        assert_eq!(due(&deadlines, i64::MAX), [1, 2, 3, 4, 5]);
        deadlines.change(3, at(10), at(40));
        deadlines.change(2, at(20), None);
        deadlines.change(5, at(i64::MIN), at(i64::MIN));
        assert_eq!(due(&deadlines, 30), [1, 5]);
        assert_eq!(due(&deadlines, 40), [1, 3, 5]);
    }
}
