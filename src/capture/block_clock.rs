//! The time stamps of pcapng: their unit, and the moments that they mean.

use super::Time;

/// What the stamps of an interface count.
#[derive(Clone, Copy)]
pub(super) struct BlockClock {
    pub(super) units: Units,
    /// Seconds to add to all times.
    pub(super) offset: i64,
}

impl BlockClock {
    pub(super) fn time(self, stamp: u64) -> Time {
        self.units.time(stamp, self.offset)
    }
}

/// The unit of time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    Microseconds,
    Nanoseconds,
    /// This many in a second.
    PerSecond(u128),
}

impl Units {
    /// By if_tsresol: a negative power of 10, or of 2 where the highest bit is set.
    pub(super) fn of_resolution(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        match (resolution & 0x80 != 0, exponent) {
            (false, 6) => Self::Microseconds,
            (false, 9) => Self::Nanoseconds,
            // 10^38 is the largest that fits; 64 bits of such units are far below a nanosecond anyhow.
            (false, _) => Self::PerSecond(10u128.saturating_pow(exponent.min(38))),
            (true, _) => Self::PerSecond(1 << exponent),
        }
    }

    pub(super) fn time(self, stamp: u64, offset: i64) -> Time {
        const NANOSECONDS: u32 = 1_000_000_000;
        let stamp_or_end = i64::try_from(stamp).unwrap_or(i64::MAX);
        match self {
            Self::Microseconds => {
                Time::from_microseconds(stamp_or_end.saturating_add(offset.saturating_mul(1_000_000)))
            }
            Self::Nanoseconds => {
                Time::from_nanoseconds(stamp_or_end.saturating_add(offset.saturating_mul(i64::from(NANOSECONDS))))
            }
            Self::PerSecond(units) => {
                let since_offset = (u128::from(stamp) * u128::from(NANOSECONDS) / units).cast_signed();
                let nanoseconds = since_offset + i128::from(offset) * i128::from(NANOSECONDS);
                let end = if nanoseconds < 0 { i64::MIN } else { i64::MAX };
                let nanoseconds = i64::try_from(nanoseconds).unwrap_or(end);
                if units > 1_000_000 {
                    Time::from_nanoseconds(nanoseconds)
                } else {
                    Time::from_microseconds(nanoseconds.div_euclid(1_000))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    #[test]
    fn time_stamps_of_any_resolution() {
        let shown = |resolution, stamp, offset| Units::of_resolution(resolution).time(stamp, offset).to_string();
        assert_eq!(shown(6, 1_700_000_000_123_456, 0), "2023-11-14T22:13:20.123456Z");
        assert_eq!(shown(9, 1_700_000_000_123_456_789, 0), "2023-11-14T22:13:20.123456789Z");
        assert_eq!(shown(3, 1_700_000_000_123, 0), "2023-11-14T22:13:20.123000Z");
        assert_eq!(shown(0, 1_700_000_000, 0), "2023-11-14T22:13:20.000000Z");
        assert_eq!(shown(0x80 | 10, (1_700_000_000 << 10) + 512, 0), "2023-11-14T22:13:20.500000Z");
        assert_eq!(shown(0x80 | 30, (1_700_000_000 << 30) + (1 << 29), 0), "2023-11-14T22:13:20.500000000Z");
        assert_eq!(shown(6, 123_456, 1_700_000_000), "2023-11-14T22:13:20.123456Z");
        assert_eq!(shown(6, 1_700_000_001_123_456, -1), "2023-11-14T22:13:20.123456Z");
    }

    #[test]
    fn time_stamps_that_make_no_sense_are_times_all_the_same() {
        for resolution in 0..=u8::MAX {
            for (stamp, offset) in [(u64::MAX, i64::MAX), (u64::MAX, i64::MIN), (0, i64::MIN), (u64::MAX, 0)] {
                assert!(!Units::of_resolution(resolution).time(stamp, offset).to_string().is_empty());
            }
        }
    }
}
