//! Packet time: moments as captures record them.

use std::cell::Cell;
use std::fmt;

/// A moment in a capture: nanoseconds since 1970-01-01T00:00:00Z, and the unit in which the capture counted.
///
/// Compared by the moment alone. Shown in RFC 3339, UTC, with 6 fractional digits or 9: as many as the capture has.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub struct Time {
    nanoseconds: i64,
    unit: Unit,
}

/// The unit in which a capture counts. As wide as the number beside it, so that a time is copied in whole words: a lone
/// byte and its padding would be copied in pieces that the processor cannot forward.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
#[repr(u64)]
enum Unit {
    #[default]
    Microsecond,
    Nanosecond,
    /// The capture has no time for the packet.
    Assumed,
}

impl Time {
    /// A moment counted in microseconds; shown with 6 fractional digits. Saturates at the ends of the range.
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self { nanoseconds: microseconds.saturating_mul(1_000), unit: Unit::Microsecond }
    }

    /// A moment counted in nanoseconds; shown with 9 fractional digits.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self { nanoseconds, unit: Unit::Nanosecond }
    }

    /// The same moment for a packet whose time the capture does not have. It puts the packet in its place, and is not
    /// shown.
    pub fn assumed(self) -> Self {
        Self { unit: Unit::Assumed, ..self }
    }

    /// The moment, if the capture has it.
    #[inline]
    pub fn known(self) -> Option<Self> {
        match self.unit {
            Unit::Microsecond | Unit::Nanosecond => Some(self),
            Unit::Assumed => None,
        }
    }

    /// As [`Self::since`], where the capture has both moments.
    #[inline]
    pub fn known_since(self, earlier: Self) -> Option<i64> {
        Some(self.known()?.since(earlier.known()?))
    }

    /// Nanoseconds since the epoch.
    #[inline]
    pub fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }

    /// Nanoseconds from `earlier` to this moment; negative where `earlier` is later.
    #[inline]
    pub fn since(self, earlier: Self) -> i64 {
        self.nanoseconds.saturating_sub(earlier.nanoseconds)
    }

    /// The moment so many nanoseconds later. Saturates at the ends of the range.
    pub fn plus(self, nanoseconds: i64) -> Self {
        Self { nanoseconds: self.nanoseconds.saturating_add(nanoseconds), unit: self.unit }
    }

    /// Fractional digits shown: 6 or 9.
    pub fn digits(self) -> usize {
        match self.unit {
            Unit::Microsecond | Unit::Assumed => 6,
            Unit::Nanosecond => 9,
        }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.nanoseconds == other.nanoseconds
    }
}

impl std::hash::Hash for Time {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.nanoseconds.hash(hasher);
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanoseconds.cmp(&other.nanoseconds)
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut Self::room()))
    }
}

impl Time {
    /// Room for the text of a moment.
    pub fn room() -> Room {
        Room([b' '; 32])
    }

    /// The moment in RFC 3339, UTC: `i64` nanoseconds span the years 1677 to 2262. Written digit by digit into `room`,
    /// because every step of every session shows a time, and mostly one within the same second as that before it.
    pub fn text(self, room: &mut Room) -> &str {
        let (seconds, fraction) =
            (self.nanoseconds.div_euclid(1_000_000_000), self.nanoseconds.rem_euclid(1_000_000_000) as u32);
        let (known, mut second) = LAST_SECOND.get();
        if known != seconds {
            second = whole_second(seconds);
            LAST_SECOND.set((seconds, second));
        }
        let ([f1, f2], [f3, f4]) = (two(fraction / 10_000_000), two(fraction / 100_000 % 100));
        let ([f5, f6], [f7, f8]) = (two(fraction / 1_000 % 100), two(fraction / 10 % 100));
        let f9 = b'0' + (fraction % 10) as u8;
        let (f7, f8, f9, last) = if self.digits() == 6 { (b'Z', b' ', b' ', b' ') } else { (f7, f8, f9, b'Z') };
        let (front, behind) = room.0.split_at_mut(SECOND);
        front.copy_from_slice(&second);
        behind.copy_from_slice(&[f1, f2, f3, f4, f5, f6, f7, f8, f9, last, b' ', b' ']);
        // All of the room is looked at, in words: faster than what is shown of it, byte by byte.
        std::str::from_utf8(&room.0).ok().and_then(|all| all.get(..SECOND + 1 + self.digits())).unwrap_or_default()
    }
}

/// Bytes of a text up to its fraction of a second: `2009-12-08T06:00:00.`
const SECOND: usize = 20;

thread_local! {
    /// The second, since 1970, that was written last, and its text.
    static LAST_SECOND: Cell<(i64, [u8; SECOND])> = const { Cell::new((i64::MIN, [b' '; SECOND])) };
}

/// The text of a second, since 1970, up to its fraction.
fn whole_second(seconds: i64) -> [u8; SECOND] {
    const DAY: i64 = 86_400;
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let (year, second) = (year as u32, seconds.rem_euclid(DAY) as u32);
    let ([y1, y2], [y3, y4]) = (two(year / 100), two(year % 100));
    let ([mo1, mo2], [d1, d2]) = (two(month as u32), two(day as u32));
    let ([h1, h2], [mi1, mi2], [s1, s2]) = (two(second / 3_600), two(second / 60 % 60), two(second % 60));
    [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2, b'.']
}

/// Two digits.
fn two(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// Room for the text of a [`Time`], in whole words.
#[derive(Debug)]
#[repr(align(8))]
pub struct Room([u8; 32]);

/// Year, month and day of the Gregorian calendar for a day counted from 1970-01-01, which is day 0.
///
/// A year is taken to begin with March, so that a leap day is its last day, and time is cut into eras of 400 years,
/// each of 146,097 days.
fn date(day: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    let (era, day) = ((day + EPOCH).div_euclid(ERA), (day + EPOCH).rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March on have 31, 30, 31, 30, 31 days, and again: 153 in five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (next_year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::Time;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn shown_as_jiff_shows_it(nanoseconds: i64) {
            let moment = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap();
            prop_assert_eq!(Time::from_nanoseconds(nanoseconds).to_string(), format!("{moment:.9}"));
            let microseconds = nanoseconds.div_euclid(1_000);
            let moment = jiff::Timestamp::from_microsecond(microseconds).unwrap();
            prop_assert_eq!(Time::from_microseconds(microseconds).to_string(), format!("{moment:.6}"));
        }
    }

    #[test]
    fn every_day_of_the_range() {
        for day in -106_000..106_000_i64 {
            let moment = jiff::Timestamp::from_second(day * 86_400 + 86_399).unwrap();
            assert_eq!(
                Time::from_microseconds((day * 86_400 + 86_399) * 1_000_000).to_string(),
                format!("{moment:.6}")
            );
        }
    }

    #[test]
    fn shown_with_the_digits_of_the_capture() {
        assert_eq!(Time::from_microseconds(1_704_067_200_000_005).to_string(), "2024-01-01T00:00:00.000005Z");
        assert_eq!(Time::from_nanoseconds(1_704_067_200_000_005_000).to_string(), "2024-01-01T00:00:00.000005000Z");
        assert_eq!(Time::from_microseconds(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert!(Time::from_microseconds(i64::MAX).to_string().starts_with("2262-"));
    }

    #[test]
    fn an_assumed_moment_is_in_its_place_and_not_known() {
        let (known, assumed) = (Time::from_microseconds(1), Time::from_microseconds(3).assumed());
        assert_eq!((known.known(), assumed.known()), (Some(known), None));
        assert_eq!((assumed.since(known), assumed.known_since(known), known.known_since(assumed)), (2_000, None, None));
        assert_eq!(known.known_since(known), Some(0));
    }

    #[test]
    fn compared_by_the_moment_alone() {
        assert_eq!(Time::from_microseconds(1), Time::from_nanoseconds(1_000));
        assert_eq!(Time::from_microseconds(3).since(Time::from_microseconds(1)), 2_000);
    }
}
