//! How many sessions began when, by protocol: what a timeline is where there are too many sessions for a bar each.

use super::axis::{Axis, moment, round_length};
use super::sign;
use super::svg::{Svg, both, columns, line};
use super::timed::TimelineSession;
use crate::capture::Time;
use crate::protocol::Protocol;
use crate::session::model::Severity;
use crate::view::clock::Clock;
use crate::view::locale;
use std::collections::BTreeMap;

/// Height of the chart.
pub const HEIGHT: i64 = 206;
/// Where the columns end above, and the room below the words.
const TOP: i64 = 46;
/// Most columns.
const COLUMNS: i64 = 120;
const LEFT: i64 = 64;
/// In the order in which they are stacked.
const PROTOCOLS: [(Protocol, &str); 4] =
    [(Protocol::Smtp, "d-smtp"), (Protocol::Lmtp, "d-lmtp"), (Protocol::Pop3, "d-pop3"), (Protocol::Imap, "d-imap")];

/// The sessions that began within the time of one column.
#[derive(Default)]
struct Column {
    of: [u64; PROTOCOLS.len()],
    severe: u64,
}

/// Draws the chart.
pub fn draw(svg: &mut Svg, timed: &[&TimelineSession], span: [Time; 2], width: i64, clock: Clock) {
    let axis = Axis::new(span, LEFT, width - LEFT - 12).told_by(clock);
    let step = axis.step(COLUMNS);
    let mut columns: BTreeMap<i64, Column> = BTreeMap::new();
    for session in timed {
        let column = columns.entry(axis.nth(session.first, step)).or_default();
        for ((protocol, _), count) in PROTOCOLS.iter().zip(&mut column.of) {
            *count += u64::from(session.protocol == *protocol);
        }
        column.severe += u64::from(session.severity == Some(Severity::High));
    }
    let most = columns.values().map(|column| column.of.iter().sum::<u64>()).max().unwrap_or(1).max(1);
    let top = round_up(most);
    axis.draw(svg, [TOP, HEIGHT]);
    scale(svg, top, width);
    svg.words("d-note", [LEFT, 16], &both(|lang| locale::drawing::sessions_each(lang, &round_length(lang, step))));
    let high = |count: u64| (i128::from(count) * i128::from(HEIGHT - TOP) / i128::from(top)) as i64;
    for (nth, column) in &columns {
        let [from, until] = [*nth, nth + 1].map(|nth| axis.at(axis.begin(nth, step)));
        let [x, wide] = [from, (until - from - 1).max(2)];
        svg.open("g", &[]);
        svg.title(&named(column, &moment(clock, axis.begin(*nth, step))));
        let mut below = 0;
        for ((_, class), count) in PROTOCOLS.iter().zip(&column.of).filter(|(_, count)| **count > 0) {
            let [bottom, peak] = [HEIGHT - high(below), HEIGHT - high(below + count)];
            piece(svg, class, [x, peak, wide, (bottom - peak).max(1)]);
            below += count;
        }
        if column.severe > 0 {
            // Above its column; the shape alone, since there may be many side by side.
            let [x, y] = [x + wide / 2, HEIGHT - high(below) - 4];
            svg.path("d-sign d-full d-high", &format!("M{x} {y}l-3 -6h6z"));
        }
        svg.close("g");
    }
}

/// A part of a column, hatched by its protocol.
fn piece(svg: &mut Svg, class: &str, [x, y, width, height]: [i64; 4]) {
    svg.open("g", &[("class", &class)]);
    svg.rect("d-fill", [x, y, width, height]);
    let middle = x + width / 2;
    svg.hatch(&format!("M{middle} {}V{y}", y + height), width);
    svg.close("g");
}

/// What a column says that begins at `from`.
fn named(column: &Column, from: &str) -> String {
    let counts = PROTOCOLS.iter().zip(&column.of).filter(|(_, count)| **count > 0);
    let counts: Vec<String> = counts
        .map(|((protocol, _), count)| format!("{} {count}", locale::protocol(Default::default(), *protocol)))
        .collect();
    format!("{from}\n{}", counts.join(", "))
}

/// Lines at round counts.
fn scale(svg: &mut Svg, top: u64, width: i64) {
    let mut d = String::new();
    for part in [top / 2, top].iter().filter(|part| **part > 0) {
        let y = HEIGHT - (i128::from(*part) * i128::from(HEIGHT - TOP) / i128::from(top)) as i64;
        line(&mut d, [LEFT, y], [width - 12, y]);
        svg.text("d-tick d-end", [LEFT - 8, y + 4], &part.to_string());
    }
    svg.path("d-grid", &d);
}

/// The next of 2, 4, 10, 20, 40, 100, …
fn round_up(count: u64) -> u64 {
    let mut unit = 1_u64;
    while unit < u64::MAX / 100 {
        if let Some(round) = [2, 4, 10].map(|times| unit * times).into_iter().find(|round| *round >= count) {
            return round;
        }
        unit *= 10;
    }
    count
}

/// What the columns are made of.
pub fn legend(svg: &mut Svg, timed: &[&TimelineSession], y: i64) {
    let mut x = LEFT;
    for (protocol, class) in PROTOCOLS {
        let count = timed.iter().filter(|session| session.protocol == protocol).count();
        if count > 0 {
            piece(svg, class, [x, y - 7, 16, 14]);
            let name = format!("{} ({count})", locale::protocol(Default::default(), protocol));
            svg.text("d-note", [x + 24, y + 4], &name);
            x += 24 + columns(&name) as i64 * 8 + 20;
        }
    }
    if timed.iter().any(|session| session.severity == Some(Severity::High)) {
        sign::severity(svg, Severity::High, [x + 7, y]);
        svg.words("d-note", [x + 20, y + 4], &both(|lang| locale::drawing::severe_here(lang).to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn counts_are_rounded_up() {
        assert_eq!([1, 2, 3, 7, 11, 95, 401].map(round_up), [2, 2, 4, 10, 20, 100, 1_000]);
        assert_eq!(round_up(u64::MAX), u64::MAX);
    }
}
