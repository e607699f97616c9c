//! A time as it is typed.

use super::bad::Bad;
use crate::capture::Time;
use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A time as it is typed, which may stand for some seconds: `16:00` lasts a minute, a date a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// Nanoseconds since the epoch: its first, and the first after it.
    At {
        /// The first.
        from: i64,
        /// The first after it.
        until: i64,
    },
    /// A time of the day on which a session begins.
    OfDay {
        /// When it begins.
        from: civil::Time,
        /// How many nanoseconds it lasts.
        lasts: i64,
        /// Where the day is.
        zone: TimeZone,
    },
}

const MINUTE: i64 = 60_000_000_000;
const SECOND: i64 = 1_000_000_000;

impl Moment {
    /// Reads RFC 3339, or a date, a date and a time, or a time, in the zone that is local.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, Bad> {
        let bad = || Bad::Moment(text.to_owned());
        let trimmed = text.trim();
        // As long as its smallest part says; a fraction is a point in time.
        let lasts = |time: &str| match time.matches(':').count() {
            1 => MINUTE,
            _ if time.contains(['.', ',']) => 1,
            _ => SECOND,
        };
        if let Ok(at) = trimmed.parse::<Timestamp>() {
            let from = nanoseconds(at).ok_or_else(bad)?;
            let time = trimmed.split(['T', 't', ' ', 'Z', 'z', '+']).nth(1).unwrap_or_default();
            // The offset behind a minus sign has a colon, too.
            let time = time.split('-').next().unwrap_or_default();
            return Ok(Self::At { from, until: from.saturating_add(lasts(time)) });
        }
        if let Ok(date) = trimmed.parse::<civil::Date>()
            && !trimmed.contains(':')
        {
            let day = date.to_zoned_datetime(zone.clone()).map_err(|_| bad())?;
            let next = day.checked_add(Span::new().days(1)).map_err(|_| bad())?;
            let (from, until) = (nanoseconds(day.timestamp()), nanoseconds(next.timestamp()));
            return Ok(Self::At { from: from.ok_or_else(bad)?, until: until.ok_or_else(bad)? });
        }
        if let Some((date, time)) = trimmed.split_once(['T', 't', ' ']) {
            let date: civil::Date = date.parse().map_err(|_| bad())?;
            let time = time.trim();
            let at = date.to_datetime(clock(time).ok_or_else(bad)?);
            let from =
                at.to_zoned_datetime(zone.clone()).ok().and_then(|at| nanoseconds(at.timestamp())).ok_or_else(bad)?;
            return Ok(Self::At { from, until: from.saturating_add(lasts(time)) });
        }
        let from = clock(trimmed).ok_or_else(bad)?;
        Ok(Self::OfDay { from, lasts: lasts(trimmed), zone: zone.clone() })
    }

    /// Whether it begins after `other` is over: of two on a calendar, or of two times of the same day.
    pub fn is_after(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::At { from, .. }, Self::At { until, .. }) => from >= until,
            (Self::OfDay { from, .. }, Self::OfDay { from: other, lasts, .. }) => {
                from.duration_since(*other).as_nanos() >= i128::from(*lasts)
            }
            _ => false,
        }
    }

    /// Its first nanosecond and the first after it, for a session that begins at `begin`.
    pub fn of(&self, begin: Time) -> (i64, i64) {
        match self {
            Self::At { from, until } => (*from, *until),
            Self::OfDay { from, lasts, zone } => {
                let of_day = Timestamp::from_nanosecond(begin.nanoseconds().into())
                    .ok()
                    .and_then(|begin| {
                        begin
                            .to_zoned_datetime(zone.clone())
                            .date()
                            .to_datetime(*from)
                            .to_zoned_datetime(zone.clone())
                            .ok()
                    })
                    .and_then(|at| nanoseconds(at.timestamp()))
                    .unwrap_or(begin.nanoseconds());
                (of_day, of_day.saturating_add(*lasts))
            }
        }
    }
}

fn clock(text: &str) -> Option<civil::Time> {
    let starts = text.split(':').next()?;
    let is_one = text.contains(':') && (1..=2).contains(&starts.len()) && starts.bytes().all(|b| b.is_ascii_digit());
    let padded = if starts.len() == 1 { format!("0{text}") } else { text.to_owned() };
    padded.parse().ok().filter(|_| is_one)
}

fn nanoseconds(at: Timestamp) -> Option<i64> {
    i64::try_from(at.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::{MINUTE, Moment, SECOND};
    use crate::capture::Time;
    use jiff::tz::{Offset, TimeZone};

    /// 2026-11-23T00:00:00Z.
    const DAY: i64 = 1_795_392_000 * SECOND;

    fn of(text: &str) -> (i64, i64) {
        let zone = TimeZone::fixed(Offset::from_hours(8).unwrap());
        let (from, until) = Moment::parse(text, &zone).unwrap().of(Time::from_nanoseconds(DAY + 60 * MINUTE));
        (from - DAY, until - from)
    }

    #[test]
    fn a_time_lasts_as_long_as_its_smallest_part() {
        for (text, from, lasts) in [
            ("2026-11-23T16:00:00Z", 16 * 60 * MINUTE, SECOND),
            ("2026-11-23T16:00:00.5Z", 16 * 60 * MINUTE + SECOND / 2, 1),
            ("2026-11-23T16:00Z", 16 * 60 * MINUTE, MINUTE),
            ("2026-11-23 16:00:00+08:00", 8 * 60 * MINUTE, SECOND),
            ("2026-11-23T16:00:00-08:00", 24 * 60 * MINUTE, SECOND),
            ("2026-11-23T16:00", 8 * 60 * MINUTE, MINUTE),
            ("2026-11-23 16:00:07", 8 * 60 * MINUTE + 7 * SECOND, SECOND),
            ("2026-11-23", -8 * 60 * MINUTE, 24 * 60 * MINUTE),
            // The session begins at nine in the morning there.
            ("16:00", 8 * 60 * MINUTE, MINUTE),
            ("9:30", 90 * MINUTE, MINUTE),
            ("00:00:01", -8 * 60 * MINUTE + SECOND, SECOND),
        ] {
            assert_eq!(of(text), (from, lasts), "{text}");
        }
    }

    #[test]
    fn which_of_two_is_later() {
        let zone = TimeZone::fixed(Offset::from_hours(8).unwrap());
        for (one, other, is) in [
            ("2026-11-24", "2026-11-23", true),
            ("2026-11-23", "2026-11-23", false),
            ("2026-11-23 16:00", "2026-11-23", false),
            ("2026-11-23", "2026-11-23 16:00", false),
            ("2026-11-23 16:01", "2026-11-23 16:00", true),
            ("2026-11-23 16:00:59", "2026-11-23 16:00", false),
            // The zone counts.
            ("2026-11-23T09:00:00Z", "2026-11-23 16:00", true),
            ("2026-11-23 16:00", "2026-11-23T09:00:00Z", false),
            ("17:00", "16:00", true),
            ("16:00:30", "16:00", false),
            ("16:00", "17:00", false),
            // The day is that of each session.
            ("17:00", "2026-11-23", false),
        ] {
            let [one_is, other_is] = [one, other].map(|text| Moment::parse(text, &zone).unwrap());
            assert_eq!(one_is.is_after(&other_is), is, "{one} {other}");
        }
    }

    #[test]
    fn what_is_no_time_is_said() {
        for text in ["", "yesterday", "25:00", "16", "2026-13-01", "2026-11-23 25:00", "123:00", ":30", "-1h"] {
            assert!(Moment::parse(text, &TimeZone::UTC).is_err(), "{text}");
        }
    }
}
