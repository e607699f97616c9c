/*!
How tables tell moments (`--time`): in UTC, by the clock of the place, or counted from the first packet of the capture.

JSON is always in UTC.
*/

use super::Lang;
use super::locale::{self, Label};
use crate::capture::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::OnceLock;

/// The time of the first packet of a capture, once there was one.
pub type Origin = OnceLock<Time>;

/// The clock that moments are told by. A run of the program has one: what it refers to lives as long as the program.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// UTC.
    #[default]
    Utc,
    /// The clock of a time zone; every moment says its offset from UTC.
    Local(&'static TimeZone),
    /// Seconds since the first packet of the capture.
    Relative(&'static Origin),
}

/// The time zone of this machine: that of `TZ`, or else the system's. `None` where it is not known.
pub fn system_zone() -> Option<&'static TimeZone> {
    static ZONE: OnceLock<Option<TimeZone>> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::try_system().ok().filter(|zone| !zone.is_unknown())).as_ref()
}

impl Clock {
    /// A clock that counts from the first packet of a capture, which is to be put into its [`Origin`].
    pub fn relative() -> Self {
        // Once in a run of the program.
        Self::Relative(Box::leak(Box::default()))
    }

    /// A moment in full, with the digits of the capture: `2009-12-08 06:00:00.000000 UTC`,
    /// `2009-12-08 07:00:00.000000 +01:00`, `12.345678 s`.
    pub fn moment(self, lang: Lang, time: Time) -> String {
        let digits = time.digits();
        match self {
            Self::Utc => utc(time),
            Self::Local(zone) => {
                zoned(zone, time, &format!("%Y-%m-%d %H:%M:%S%.{digits}f %:z")).unwrap_or_else(|| utc(time))
            }
            Self::Relative(origin) => origin
                .get()
                .map_or_else(|| utc(time), |&origin| locale::seconds(lang, &decimal(time.since(origin), digits))),
        }
    }

    /// A moment for a list, to the second, or the thousandth where it is counted: `2009-12-08 06:00:00`,
    /// `2009-12-08 07:00:00 +01:00`, `12.345 s`. In UTC the title says so (`title`).
    pub fn second(self, lang: Lang, time: Time) -> String {
        match self {
            Self::Utc => utc_second(time),
            Self::Local(zone) => zoned(zone, time, "%Y-%m-%d %H:%M:%S %:z").unwrap_or_else(|| utc_second(time)),
            Self::Relative(origin) => origin
                .get()
                .map_or_else(|| utc_second(time), |&origin| locale::seconds(lang, &decimal(time.since(origin), 3))),
        }
    }

    /// The time of day, where the day has been told: `06:00:00.000000`. Another day than that of `begun` is told too.
    /// A clock that counts tells the seconds since `begun`: `+0.045000`.
    pub fn time_of_day(self, begun: Time, time: Time) -> String {
        let digits = time.digits();
        let (day, of_day) = match self {
            Self::Relative(_) => return offset(time.since(begun), digits),
            Self::Utc => (utc_day(time) != utc_day(begun), time.to_string()),
            Self::Local(zone) => {
                let day = |time| zoned(zone, time, "%Y-%m-%d");
                let told = zoned(zone, time, &format!("%Y-%m-%dT%H:%M:%S%.{digits}f"));
                (day(time) != day(begun), told.unwrap_or_else(|| time.to_string()))
            }
        };
        let told = of_day.trim_end_matches('Z').replacen('T', " ", 1);
        match (day, told.split_once(' ')) {
            (false, Some((_, of_day))) => of_day.to_owned(),
            _ => told,
        }
    }

    /// The clock of the moment that others are counted from, which cannot be counted itself.
    pub fn anchor(self) -> Self {
        match self {
            Self::Relative(_) => Self::Utc,
            clock => clock,
        }
    }

    /// Nanoseconds that this clock is ahead of UTC at `time`: of one that counts, those up to its beginning, negated.
    pub fn ahead(self, time: Time) -> i64 {
        let offset = |zone: &TimeZone| {
            let moment = Timestamp::from_nanosecond(i128::from(time.nanoseconds())).ok()?;
            Some(i64::from(zone.to_offset(moment).seconds()) * 1_000_000_000)
        };
        match self {
            Self::Utc => 0,
            Self::Local(zone) => offset(zone).unwrap_or_default(),
            Self::Relative(origin) => origin.get().map_or(0, |origin| origin.nanoseconds().saturating_neg()),
        }
    }

    /// What moments at `time` are counted in: `UTC`, `+01:00`, `s`.
    pub fn unit(self, time: Time) -> String {
        match self {
            Self::Local(zone) => zoned(zone, time, "%:z").unwrap_or_else(|| "UTC".to_owned()),
            Self::Relative(origin) if origin.get().is_some() => "s".to_owned(),
            Self::Utc | Self::Relative(_) => "UTC".to_owned(),
        }
    }

    /// The title of a column of moments as [`Self::second`] tells them.
    pub(crate) fn title(self, lang: Lang, label: Label) -> String {
        let label = locale::label(lang, label);
        match self {
            Self::Utc => format!("{label} (UTC)"),
            Self::Local(_) | Self::Relative(_) => label.to_owned(),
        }
    }
}

/// Nanoseconds as seconds with a sign, for what is counted from a beginning: `+0.045`.
pub fn offset(nanoseconds: i64, digits: usize) -> String {
    let told = decimal(nanoseconds, digits);
    if told.starts_with('-') { told } else { format!("+{told}") }
}

/// Nanoseconds as seconds with so many digits, cut and not rounded, as the clock of a capture is read.
fn decimal(nanoseconds: i64, digits: usize) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (seconds, rest) = (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    let fraction = format!("{rest:09}");
    format!("{sign}{seconds}.{}", fraction.get(..digits).unwrap_or(&fraction))
}

fn zoned(zone: &TimeZone, time: Time, format: &str) -> Option<String> {
    let moment = Timestamp::from_nanosecond(i128::from(time.nanoseconds())).ok()?;
    jiff::fmt::strtime::format(format, &moment.to_zoned_datetime(zone.clone())).ok()
}

fn utc(time: Time) -> String {
    time.to_string().replacen('T', " ", 1).replace('Z', " UTC")
}

fn utc_second(time: Time) -> String {
    let mut room = Time::room();
    let text = time.text(&mut room);
    let text = text.get(.."2009-12-08T06:00:00".len()).unwrap_or(text);
    match text.split_once('T') {
        Some((day, of_day)) => [day, " ", of_day].concat(),
        None => text.to_owned(),
    }
}

fn utc_day(time: Time) -> i64 {
    time.nanoseconds().div_euclid(86_400 * 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T16:02:48.5Z.
    const MOMENT: i64 = 1_795_449_768_500_000;

    fn zone(offset: i8) -> Clock {
        let zone = TimeZone::fixed(jiff::tz::offset(offset));
        Clock::Local(Box::leak(Box::new(zone)))
    }

    #[test]
    fn a_moment_says_its_offset() {
        let time = Time::from_microseconds(MOMENT);
        assert_eq!(Clock::Utc.moment(Lang::En, time), "2026-11-23 16:02:48.500000 UTC");
        assert_eq!(zone(1).moment(Lang::En, time), "2026-11-23 17:02:48.500000 +01:00");
        assert_eq!(zone(1).second(Lang::Zh, time), "2026-11-23 17:02:48 +01:00");
        assert_eq!(
            zone(8).moment(Lang::Zh, Time::from_nanoseconds(MOMENT * 1_000)),
            "2026-11-24 00:02:48.500000000 +08:00"
        );
        assert_eq!(Clock::Utc.title(Lang::En, Label::Started), "Started (UTC)");
        assert_eq!(zone(1).title(Lang::En, Label::Started), "Started");
    }

    #[test]
    fn a_clock_says_how_far_it_is_from_utc() {
        let time = Time::from_microseconds(MOMENT);
        assert_eq!((Clock::Utc.ahead(time), Clock::Utc.unit(time).as_str()), (0, "UTC"));
        assert_eq!((zone(8).ahead(time), zone(8).unit(time).as_str()), (8 * 3_600_000_000_000, "+08:00"));
        let clock = Clock::relative();
        assert_eq!((clock.ahead(time), clock.unit(time).as_str()), (0, "UTC"), "no packet was read yet");
        let Clock::Relative(origin) = clock else { unreachable!() };
        origin.set(time).unwrap();
        assert_eq!((clock.ahead(time), clock.unit(time).as_str()), (-MOMENT * 1_000, "s"));
    }

    #[test]
    fn counted_from_the_first_packet() {
        let clock = Clock::relative();
        let time = Time::from_microseconds(MOMENT);
        assert_eq!(clock.moment(Lang::En, time), "2026-11-23 16:02:48.500000 UTC", "no packet was read yet");
        let Clock::Relative(origin) = clock else { unreachable!() };
        origin.set(Time::from_microseconds(MOMENT - 1_234_567)).unwrap();
        assert_eq!(clock.moment(Lang::En, time), "1.234567 s");
        assert_eq!(clock.second(Lang::Zh, time), "1.234 秒");
        assert_eq!(clock.second(Lang::En, Time::from_microseconds(MOMENT - 2_000_000)), "-0.765 s");
    }

    #[test]
    fn the_day_is_told_where_it_is_another() {
        let (begun, time) = (Time::from_microseconds(MOMENT), Time::from_microseconds(MOMENT + 8 * 3_600_000_000));
        assert_eq!(Clock::Utc.time_of_day(begun, begun), "16:02:48.500000");
        assert_eq!(Clock::Utc.time_of_day(begun, time), "2026-11-24 00:02:48.500000");
        assert_eq!(zone(8).time_of_day(begun, time), "08:02:48.500000");
        assert_eq!(Clock::relative().time_of_day(begun, time), "+28800.000000");
    }
}
