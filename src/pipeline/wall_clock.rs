/*!
The clock that stamps the packets of a live capture, held against one that nobody can set.

Packets carry the time of the system's clock, which NTP or an administrator may set by an hour or a day while mailtap
listens. How long a connection has been silent is another question: the answer must not jump. So a step of the clock is
noticed here, and told to those who measure silence.
*/

use crate::capture::{STEP_NANOSECONDS, Time};
use std::time::{Instant, SystemTime};

/// The time that the system's clock ought to show.
pub struct WallClock {
    begun: Instant,
    /// What the system's clock showed at `begun`; moved when it is set.
    origin: Time,
    /// The time up to which all packets have come.
    latest: Option<Time>,
}

impl Default for WallClock {
    /// Begins now.
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let origin = Time::from_microseconds(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX));
        Self { begun: Instant::now(), origin, latest: None }
    }
}

impl WallClock {
    /// A packet of this time was read. Returns by how many nanoseconds the clock was set before it, if it was.
    #[inline]
    pub fn packet(&mut self, time: Time) -> Option<i64> {
        match self.latest {
            Some(latest) if (0..STEP_NANOSECONDS).contains(&time.since(latest)) => {
                self.latest = Some(time);
                None
            }
            _ => self.packet_read_at(time, Instant::now()),
        }
    }

    /// As [`Self::packet`], where the packet was read at that moment. A packet is read after it was captured, and may
    /// have waited for long: so one of the future shows a clock that was set forward, and one that is older than what
    /// came before it a clock that was set back.
    #[cold]
    fn packet_read_at(&mut self, time: Time, moment: Instant) -> Option<i64> {
        let now = self.at(moment);
        let ahead = time.since(now);
        let Some(latest) = self.latest else {
            // The first packet sets the clock, and no connection is there that could be concerned.
            self.origin = self.origin.plus(ahead);
            self.latest = Some(time);
            return None;
        };
        let step = if ahead > STEP_NANOSECONDS || latest.since(time) > STEP_NANOSECONDS { ahead } else { 0 };
        // Clocks drift: one that is a little ahead is followed.
        self.origin = self.origin.plus(if step == 0 { ahead.max(0) } else { step });
        self.latest = Some(if step == 0 { latest.max(time) } else { time });
        (step != 0).then_some(step)
    }

    /// No packet has come up to now. Returns the time that it is.
    pub fn idle(&mut self) -> Time {
        let now = self.at(Instant::now());
        if let Some(latest) = &mut self.latest {
            *latest = now.max(*latest);
        }
        now
    }

    fn at(&self, moment: Instant) -> Time {
        let since = moment.saturating_duration_since(self.begun).as_nanos();
        self.origin.plus(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: i64 = 1_000_000_000;

    /// What is found of packets: (second in which it is read, second of its time). The first sets the clock.
    fn steps(packets: &[(u64, i64)]) -> Vec<(usize, i64)> {
        let mut clock = WallClock::default();
        let begun = clock.begun;
        let mut found = Vec::new();
        for (nth, &(read, time)) in packets.iter().enumerate() {
            let time = Time::from_nanoseconds(1_700_000_000 * SECOND + time * SECOND);
            if let Some(step) = clock.packet_read_at(time, begun + Duration::from_secs(read)) {
                found.push((nth, step / SECOND));
            }
        }
        found
    }

    #[test]
    fn a_step_of_the_clock_is_noticed_and_a_pause_is_none() {
        assert_eq!(steps(&[(0, 0), (5, 5), (6, 6 - 3_600), (9, 9 - 3_600)]), [(2, -3_600)]);
        assert_eq!(steps(&[(0, 0), (5, 5), (6, 6 + 86_400), (9, 9 + 86_400)]), [(2, 86_400)]);
        assert_eq!(steps(&[(0, 0), (7_000, 7_000), (7_001, 7_001)]), [], "a pause");
        assert_eq!(steps(&[(0, 0), (7_200, 10), (7_200, 3_600), (7_200, 7_200)]), [], "packets that waited to be read");
        assert_eq!(steps(&[(0, 0), (1, -4), (2, 3_602), (3, 3_603)]), [(1, -5), (2, 3_605)]);
    }

    #[test]
    fn time_goes_on_while_no_packet_comes() {
        let mut clock = WallClock::default();
        assert_eq!(clock.packet(Time::from_microseconds(0)), None);
        let [one, other] = [clock.idle(), clock.idle()];
        assert!(one <= other && other.nanoseconds() < 60 * SECOND, "{one} {other}");
    }
}
