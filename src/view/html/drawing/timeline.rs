//! All sessions over time: a bar for each, or, where there are too many, how many began when.

use super::axis::{Axis, moment};
use super::density;
use super::sign;
use super::svg::{Both, Svg, both, columns, fitted, joined, same};
use super::timed::TimelineSession;
use crate::capture::Time;
use crate::session::model::Severity;
use crate::view::clock::Clock;
use crate::view::locale;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most sessions that have a bar.
const BARS: usize = 300;
/// Most sessions that have a line of their own, with their name.
const NAMED: usize = 24;
/// Most lines of bars.
const LINES: usize = 40;
/// Most sessions without a time that are drawn.
const TIMELESS: usize = 40;
/// Width of the drawing.
const WIDTH: i64 = 900;
/// The narrowest bar: it must be hit.
const NARROWEST: i64 = 6;
/// Columns of a name beside its bar.
const NAME: usize = 42;

/// The timeline of all sessions, in every language, its times told by `clock`; empty where there are none.
pub fn timeline(sessions: &[TimelineSession], clock: Clock) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let is_timed = |session: &&TimelineSession| session.first.known().is_some() && session.last.known().is_some();
    let (mut timed, timeless): (Vec<_>, Vec<_>) = sessions.iter().partition(is_timed);
    timed.sort_by_key(|session| (session.first, session.id));
    let mut svg = Svg::default();
    let lines = if timed.len() <= BARS { lines(&timed) } else { None };
    let name = both(|lang| locale::drawing::timeline_of(lang, sessions.len() as u64));
    let chart = match &lines {
        _ if timed.is_empty() => 8,
        Some(lines) => 12 + lines.iter().max().map_or(0, |last| *last as i64 + 1) * pitch(timed.len()),
        None => density::HEIGHT,
    };
    let axis_bottom = if timed.is_empty() { chart } else { chart + 44 };
    let timeless_bottom = axis_bottom + if timeless.is_empty() { 0 } else { 34 };
    svg.sheet("drawing d-timeline", [WIDTH, 0, timeless_bottom + 26], &name);
    match (&lines, span(&timed)) {
        (Some(lines), Some(span)) => bars(&mut svg, &timed, lines, span, chart, clock),
        (None, Some(span)) => density::draw(&mut svg, &timed, span, WIDTH, clock),
        _ => {}
    }
    if !timeless.is_empty() {
        without_time(&mut svg, &timeless, axis_bottom);
    }
    match &lines {
        Some(_) => severities(&mut svg, sessions, timeless_bottom + 14),
        None => density::legend(&mut svg, &timed, timeless_bottom + 14),
    }
    svg.close("svg");
    svg.finish()
}

/// From the first to the last moment.
fn span(timed: &[&TimelineSession]) -> Option<[Time; 2]> {
    let first = timed.iter().map(|session| session.first).min()?;
    let last = timed.iter().map(|session| session.last.max(session.first)).max()?;
    Some([first, last])
}

fn pitch(sessions: usize) -> i64 {
    if sessions <= NAMED { 24 } else { 18 }
}

/// Where the chart begins: behind the names, if there are any.
fn left(sessions: usize) -> i64 {
    if sessions <= NAMED { 316 } else { 56 }
}

/// The line of each session, from 0; none if it takes too many. Those with a name have a line each; others share one
/// where they do not overlap.
fn lines(timed: &[&TimelineSession]) -> Option<Vec<usize>> {
    if timed.len() <= NAMED {
        return Some((0..timed.len()).collect());
    }
    let axis = Axis::new(span(timed)?, left(timed.len()), WIDTH - left(timed.len()) - 12);
    let (mut free, mut busy): (BTreeSet<usize>, BTreeSet<(i64, usize)>) = Default::default();
    let mut used = 0;
    let mut all = Vec::new();
    for session in timed {
        let [from, until] = ends(&axis, session);
        while let Some((_, line)) = busy.first().copied().filter(|(end, _)| *end < from) {
            busy.pop_first();
            free.insert(line);
        }
        let line = free.pop_first().unwrap_or_else(|| {
            used += 1;
            used - 1
        });
        busy.insert((until + 2, line));
        all.push(line);
    }
    (used <= LINES).then_some(all)
}

/// The two ends of a session's bar.
fn ends(axis: &Axis, session: &TimelineSession) -> [i64; 2] {
    let [from, until] = [axis.at(session.first), axis.at(session.last)];
    let from = from.min(WIDTH - 12 - NARROWEST);
    [from, until.max(from + NARROWEST)]
}

fn bars(svg: &mut Svg, timed: &[&TimelineSession], lines: &[usize], span: [Time; 2], bottom: i64, clock: Clock) {
    let left = left(timed.len());
    let axis = Axis::new(span, left, WIDTH - left - 12);
    axis.told_by(clock).draw(svg, [4, bottom]);
    let is_named = timed.len() <= NAMED;
    for (session, line) in timed.iter().zip(lines) {
        let [from, until] = ends(&axis, session);
        let top = 8 + *line as i64 * pitch(timed.len());
        open(svg, session);
        svg.title(&titled(session, clock));
        if is_named {
            svg.rect("d-hit", [0, top - 4, WIDTH, 22]);
            let name =
                format!("{} {}  {}", session.id, locale::protocol(Default::default(), session.protocol), session.label);
            svg.text("d-name", [22, top + 11], &fitted(&name, NAME));
            if let Some(severity) = session.severity {
                sign::severity(svg, severity, [10, top + 7]);
            }
        }
        bar(svg, [from, top, until - from, 14]);
        let number = session.id.to_string();
        if !is_named && until - from > columns(&number) as i64 * 8 + 6 {
            svg.text("d-in d-middle", [(from + until) / 2, top + 11], &number);
        }
        svg.close("a");
    }
}

/// Leads to the session.
fn open(svg: &mut Svg, session: &TimelineSession) {
    let class = format!("d-bar {}", sign::class(session.severity));
    svg.open("a", &[("class", &class), ("href", &format!("#session-{}", session.id))]);
}

/// A bar, with hatching that says how grave its findings are.
fn bar(svg: &mut Svg, [x, y, width, height]: [i64; 4]) {
    svg.rect("d-fill", [x, y, width, height]);
    if width > 2 {
        svg.hatch(&format!("M{} {}H{}", x + 1, y + height / 2, x + width - 1), height - 1);
    }
}

fn titled(session: &TimelineSession, clock: Clock) -> String {
    let name = locale::protocol(Default::default(), session.protocol);
    let [from, until] = [session.first, session.last].map(|time| time.known().map(|time| moment(clock, time)));
    let times = from.zip(until).map(|(from, until)| format!("\n{from} – {until}")).unwrap_or_default();
    let (label, _) = crate::view::escape::cut(&session.label, 300);
    format!("{} {name} {label}{times}", session.id)
}

/// Sessions that have no place in time.
fn without_time(svg: &mut Svg, timeless: &[&TimelineSession], top: i64) {
    let words = both(|lang| locale::drawing::without_time(lang, timeless.len() as u64));
    let widest = words.iter().map(|words| columns(words)).max().unwrap_or_default() as i64;
    svg.words("d-note", [10, top + 19], &words);
    let mut x = 24 + widest * 7;
    for session in timeless.iter().take(TIMELESS) {
        let number = session.id.to_string();
        let width = number.len() as i64 * 8 + 8;
        if x + width > WIDTH - 20 {
            svg.text("d-note", [x, top + 19], "…");
            break;
        }
        open(svg, session);
        svg.title(&titled(session, Clock::Utc));
        svg.rect("d-fill", [x, top + 6, width, 18]);
        svg.text("d-in d-middle", [x + width / 2, top + 19], &number);
        svg.close("a");
        x += width + 4;
    }
}

/// What the bars mean: the severities that there are.
fn severities(svg: &mut Svg, sessions: &[TimelineSession], y: i64) {
    let there: BTreeSet<Reverse<Option<Severity>>> = sessions.iter().map(|session| Reverse(session.severity)).collect();
    let mut x = 10;
    for Reverse(severity) in there {
        let words = match severity {
            Some(severity) => both(|lang| locale::severity(lang, severity).to_owned()),
            None => both(|lang| locale::drawing::no_finding(lang).to_owned()),
        };
        svg.open("g", &[("class", &format!("d-bar {}", sign::class(severity)))]);
        bar(svg, [x, y - 6, 26, 12]);
        svg.close("g");
        if let Some(severity) = severity {
            sign::severity(svg, severity, [x + 38, y]);
        }
        let at = x + if severity.is_some() { 50 } else { 34 };
        x = at + legend_word(svg, [at, y + 4], &counted(&words, sessions, severity)) + 26;
    }
}

fn counted(words: &Both, sessions: &[TimelineSession], severity: Option<Severity>) -> Both {
    let count = sessions.iter().filter(|session| session.severity == severity).count();
    joined(words, " ", &same(&format!("({count})")))
}

/// A word of a legend. Returns its width.
pub(super) fn legend_word(svg: &mut Svg, at: [i64; 2], words: &Both) -> i64 {
    svg.words("d-note", at, words);
    words.iter().map(|words| columns(words)).max().unwrap_or_default() as i64 * 7
}
