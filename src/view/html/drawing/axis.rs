//! Time along a line: ticks at round moments, and lengths in words.

use super::svg::{Svg, line};
use crate::capture::Time;
use crate::view::clock::Clock;
use crate::view::{Lang, locale};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Lengths between ticks, the shortest first.
const ROUND: [i64; 37] = [
    1_000,
    10_000,
    100_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    365 * DAY,
    3_650 * DAY,
];

/// Where moments are between two ends of a line.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    first: i64,
    length: i64,
    left: i64,
    width: i64,
    clock: Clock,
    /// Nanoseconds from UTC to what the clock shows, the same all along the line.
    ahead: i64,
}

impl Axis {
    /// From `first` to `last`, drawn from `left` on and `width` wide.
    pub fn new([first, last]: [Time; 2], left: i64, width: i64) -> Self {
        let length = last.since(first).max(1_000);
        Self { first: first.nanoseconds(), length, left, width, clock: Clock::Utc, ahead: 0 }
    }

    /// Tells moments by `clock`, and is round where that is.
    pub fn told_by(self, clock: Clock) -> Self {
        Self { clock, ahead: clock.ahead(Time::from_nanoseconds(self.first)), ..self }
    }

    /// The round length of `step` that `time` is in, counted from where the clock begins.
    pub fn nth(&self, time: Time, step: i64) -> i64 {
        time.nanoseconds().saturating_add(self.ahead).div_euclid(step)
    }

    /// Where the round length begins.
    pub fn begin(&self, nth: i64, step: i64) -> Time {
        Time::from_nanoseconds(nth.saturating_mul(step).saturating_sub(self.ahead))
    }

    /// Where `time` is.
    pub fn at(&self, time: Time) -> i64 {
        self.place(time.nanoseconds())
    }

    fn place(&self, nanoseconds: i64) -> i64 {
        let since = i128::from(nanoseconds.saturating_sub(self.first).clamp(0, self.length));
        let along = since * i128::from(self.width) / i128::from(self.length);
        self.left + i64::try_from(along).unwrap_or(self.width)
    }

    /// The shortest round length that cuts the line into `most` pieces or fewer.
    pub fn step(&self, most: i64) -> i64 {
        let fits = |step: &&i64| self.length / **step < most;
        ROUND.iter().find(fits).copied().unwrap_or_else(|| (self.length / most).max(1))
    }

    /// The round moments on the line, `step` apart, with the end before the first.
    pub fn moments(&self, step: i64) -> impl Iterator<Item = i64> {
        let end = self.first.saturating_add(self.length);
        let from = self.begin(self.nth(Time::from_nanoseconds(self.first), step), step).nanoseconds();
        (0..).map_while(move |nth: i64| from.checked_add(nth.checked_mul(step)?).filter(|moment| *moment <= end))
    }

    /// Draws ticks below `bottom`, and lines from them up to `top`.
    pub fn draw(&self, svg: &mut Svg, [top, bottom]: [i64; 2]) {
        let (step, unit) = (self.step(8), self.clock.unit(Time::from_nanoseconds(self.first)));
        let (mut lines, mut date) = (String::new(), String::new());
        let mut free = self.left - 30;
        for moment in self.moments(step).filter(|moment| *moment >= self.first) {
            let x = self.place(moment);
            line(&mut lines, [x, top], [x, bottom + 4]);
            let shown = Time::from_nanoseconds(moment.saturating_add(self.ahead));
            let counted = shown.nanoseconds();
            let shown = shown.to_string();
            let [day, clock] = [shown.get(..10), shown.get(11..29)].map(Option::unwrap_or_default);
            let of_day = match step {
                _ if unit == "s" => "",
                DAY.. => "",
                MINUTE.. => clock.get(..5).unwrap_or_default(),
                SECOND.. => clock.get(..8).unwrap_or_default(),
                1_000_000.. => clock.get(..12).unwrap_or_default(),
                _ => clock.get(..15).unwrap_or_default(),
            };
            let seconds;
            let words = match of_day {
                _ if unit == "s" => {
                    seconds = since(counted);
                    &seconds
                }
                "" => day,
                _ => of_day,
            };
            let half = words.len().max(10) as i64 * 7 / 2;
            let (class, begin) = match x + half > self.left + self.width + 10 {
                true => ("d-tick d-end", x - 2 * half),
                false => ("d-tick d-middle", x - half),
            };
            if begin < free {
                continue;
            }
            free = begin + 2 * half + 4;
            svg.text(class, [x, bottom + 18], words);
            if !of_day.is_empty() && date != day {
                svg.text(class, [x, bottom + 33], day);
                date = day.to_owned();
            }
        }
        svg.path("d-grid", &lines);
        let mut d = String::new();
        line(&mut d, [self.left, bottom], [self.left + self.width, bottom]);
        svg.path("d-axis", &d);
        svg.text("d-tick d-end", [self.left - 12, bottom + 18], &unit);
    }
}

/// A moment for a drawing's title.
pub fn moment(clock: Clock, time: Time) -> String {
    match clock {
        Clock::Utc => time.to_string(),
        clock => clock.moment(Lang::En, time),
    }
}

/// A length of time in words: seconds up to ten minutes, then as clocks show it.
pub fn length(lang: Lang, nanoseconds: i64) -> String {
    match nanoseconds {
        10_000_000_000..600_000_000_000 => {
            let tenths = nanoseconds / 100_000_000;
            let seconds = format!("{}.{}", tenths / 10, tenths % 10);
            match lang {
                Lang::En => format!("{seconds} s"),
                Lang::Zh => format!("{seconds} 秒"),
            }
        }
        ..10_000_000_000 => locale::duration(lang, nanoseconds),
        _ => clock(nanoseconds),
    }
}

/// A round length, as the axis has them.
pub fn round_length(lang: Lang, nanoseconds: i64) -> String {
    let units = match lang {
        Lang::En => [(DAY, " d"), (HOUR, " h"), (MINUTE, " min"), (SECOND, " s"), (1_000_000, " ms")],
        Lang::Zh => [(DAY, " 天"), (HOUR, " 小时"), (MINUTE, " 分钟"), (SECOND, " 秒"), (1_000_000, " 毫秒")],
    };
    match units.iter().find(|(unit, _)| nanoseconds >= *unit) {
        Some((unit, name)) => format!("{}{name}", nanoseconds / unit),
        None => locale::duration(lang, nanoseconds),
    }
}

/// Seconds since something began, as a column has them.
pub fn since(nanoseconds: i64) -> String {
    let milliseconds = nanoseconds.unsigned_abs() / 1_000_000;
    let sign = if nanoseconds < 0 { "-" } else { "" };
    match milliseconds {
        ..1_000_000 => format!("{sign}{}.{:03}", milliseconds / 1_000, milliseconds % 1_000),
        _ => format!("{sign}{}", clock(nanoseconds)),
    }
}

/// `12:05`, `3:00:12`, `2d 03:00:12`.
fn clock(nanoseconds: i64) -> String {
    let seconds = nanoseconds.unsigned_abs() / 1_000_000_000;
    let [days, hours, minutes] = [seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60];
    let seconds = seconds % 60;
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::Svg;
    use super::{Axis, Clock, DAY, HOUR, SECOND, length, round_length, since};
    use crate::capture::Time;
    use crate::view::Lang;

    #[test]
    fn ticks_are_at_round_moments() {
        let axis = |length: i64| {
            let first = Time::from_nanoseconds(1_260_252_003 * SECOND);
            Axis::new([first, first.plus(length)], 100, 600)
        };
        for (length, step) in
            [(SECOND, 200_000_000), (40 * SECOND, 10 * SECOND), (20 * HOUR, 3 * HOUR), (9 * DAY, 2 * DAY)]
        {
            assert_eq!(axis(length).step(8), step);
            let moments: Vec<i64> = axis(length).moments(step).collect();
            assert!((3..=9).contains(&moments.len()), "{moments:?}");
            assert!(moments.iter().all(|moment| moment % step == 0));
        }
        let whole = Axis::new([Time::from_nanoseconds(i64::MIN), Time::from_nanoseconds(i64::MAX)], 0, 600);
        assert!(whole.moments(whole.step(8)).count() < 20, "all that a time can be");
        assert_eq!(whole.at(Time::from_nanoseconds(i64::MAX)), 600);
        let moment = Axis::new([Time::default(); 2], 5, 600);
        assert_eq!(moment.at(Time::default()), 5);
    }

    #[test]
    fn ticks_are_round_by_the_clock_that_tells_them() {
        let first = Time::from_nanoseconds(1_260_252_003 * SECOND);
        let axis = Axis::new([first, first.plus(9 * DAY)], 100, 600);
        let zone = Box::leak(Box::new(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))));
        let [utc, local] = [Clock::Utc, Clock::Local(zone)].map(|clock| axis.told_by(clock));
        assert!(local.moments(DAY).all(|moment| (moment + 8 * HOUR) % DAY == 0));
        let drawn = |axis: Axis| {
            let mut svg = Svg::default();
            axis.draw(&mut svg, [0, 10]);
            svg.finish()
        };
        assert!(drawn(utc).contains("UTC") && drawn(local).contains("+08:00") && !drawn(local).contains("UTC"));
        let clock = Clock::relative();
        let Clock::Relative(origin) = clock else { unreachable!() };
        origin.set(first).unwrap();
        let short = Axis::new([first, first.plus(40 * SECOND)], 100, 600).told_by(clock);
        let drawn = drawn(short);
        assert!(drawn.contains(">10.000<") && drawn.contains(">20.000<") && drawn.contains(">s<"), "{drawn}");
        assert!(!drawn.contains("1970") && !drawn.contains("2009"), "{drawn}");
    }

    #[test]
    fn lengths_in_words() {
        assert_eq!(since(1_234_567_890), "1.234");
        assert_eq!(since(3_723 * SECOND), "1:02:03");
        assert_eq!(since(-5_000_000), "-0.005");
        assert_eq!(length(Lang::En, 12_400_000_000), "12.4 s");
        assert_eq!(length(Lang::Zh, 90_000 * SECOND), "1d 01:00:00");
        assert_eq!(round_length(Lang::Zh, 3 * HOUR), "3 小时");
    }
}
