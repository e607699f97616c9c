//! Packet time: the only clock the house has.

use std::fmt;

/// A moment as a capture tells it: nanoseconds since 1970-01-01T00:00:00Z, and how finely the capture counted.
///
/// Compared by the moment alone. Shown in RFC 3339, UTC, with 6 fractional digits or 9 (`json-contract`: as many as the
/// capture has).
#[derive(Debug, Clone, Copy, Default)]
pub struct Time {
    nanoseconds: i64,
    fine: bool,
}

impl Time {
    /// A moment counted in microseconds; shown with 6 fractional digits. Saturates at the ends of the range.
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self { nanoseconds: microseconds.saturating_mul(1_000), fine: false }
    }

    /// A moment counted in nanoseconds; shown with 9 fractional digits.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self { nanoseconds, fine: true }
    }

    /// Nanoseconds since the epoch.
    pub fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// Nanoseconds from `earlier` to this moment; negative where it is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.nanoseconds.saturating_sub(earlier.nanoseconds)
    }

    /// Fractional digits shown: 6 or 9.
    pub fn digits(self) -> usize {
        if self.fine { 9 } else { 6 }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.nanoseconds == other.nanoseconds
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanoseconds.cmp(&other.nanoseconds)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC. `i64` nanoseconds span the years 1677 to 2262, all of which jiff can show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            jiff::Timestamp::from_nanosecond(i128::from(self.nanoseconds)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{:.*}", self.digits(), moment)
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn shown_with_the_digits_of_the_capture() {
        assert_eq!(Time::from_microseconds(1_704_067_200_000_005).to_string(), "2024-01-01T00:00:00.000005Z");
        assert_eq!(Time::from_nanoseconds(1_704_067_200_000_005_000).to_string(), "2024-01-01T00:00:00.000005000Z");
        assert_eq!(Time::from_microseconds(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert!(Time::from_microseconds(i64::MAX).to_string().starts_with("2262-"));
    }

    #[test]
    fn compared_by_the_moment_alone() {
        assert_eq!(Time::from_microseconds(1), Time::from_nanoseconds(1_000));
        assert_eq!(Time::from_microseconds(3).since(Time::from_microseconds(1)), 2_000);
    }
}
