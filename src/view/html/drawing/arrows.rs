//! The rows of a sequence diagram, drawn.

use super::axis;
use super::plan::{Row, Tone, tone};
use super::sign;
use super::svg::{Both, Svg, both, columns, fitted, joined, same};
use crate::flow::{Repeats, Side};
use crate::protocol::event::{Kind, StepId};
use crate::session::model::{Finding, Session, Step};
use crate::verdict::purpose::purpose;
use crate::view::locale::{self, Label};
use crate::view::{Lang, escape, packet};
use std::collections::BTreeMap;

/// Bottom of the boxes from which the lifelines hang.
pub const BOXES: i64 = 66;
/// Columns of an arrow's label, and of a note.
const LABEL: usize = 62;
const NOTE: usize = 35;
/// Characters of a text in a title.
const TITLE: usize = 1_500;
/// What stands for a secret.
const MASK: &str = "••••";
/// Content that took this long has it said.
const LONG: i64 = 1_000_000_000;

/// Where the columns are.
pub struct Frame {
    /// Right end of the packet numbers.
    pub number: i64,
    /// Right end of the times.
    pub time: i64,
    /// The client's lifeline.
    pub client: i64,
    /// The server's.
    pub server: i64,
    /// Of the whole.
    pub width: i64,
}

impl Frame {
    /// With room for the longest packet number.
    pub fn of(session: &Session, rows: &[Row]) -> Self {
        let widths = rows.iter().map(|row| match row {
            Row::Step(step) => columns(&numbers(step)),
            Row::Same { steps: [first, last], .. } => {
                columns(&packet::range(first.packets.first(), last.packets.last()))
            }
            _ => 0,
        });
        let widest = widths.max().unwrap_or_default().min(24) as i64;
        let number = (widest * 7 + 6).max(44);
        let time = number + if session.transport.duration().is_some() { 66 } else { 44 };
        let client = time + 30;
        Self { number, time, client, server: client + 488, width: client + 766 }
    }

    /// The middle between the lifelines.
    pub fn middle(&self) -> i64 {
        (self.client + self.server) / 2
    }

    fn of_side(&self, side: Side) -> i64 {
        if side == Side::Client { self.client } else { self.server }
    }
}

/// Which findings a step is evidence of.
pub struct Notes<'a>(BTreeMap<StepId, Vec<(&'a Finding, bool)>>);

impl<'a> Notes<'a> {
    /// Of all steps.
    pub fn of(session: &'a Session) -> Self {
        let mut notes: BTreeMap<StepId, Vec<(&Finding, bool)>> = BTreeMap::new();
        for finding in &session.findings {
            for step in &finding.steps {
                let is_first = finding.steps.first() == Some(step);
                notes.entry(*step).or_default().push((finding, is_first));
            }
        }
        notes.values_mut().for_each(|all| all.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity)));
        Self(notes)
    }

    fn at(&self, step: &Step) -> &[(&'a Finding, bool)] {
        self.0.get(&step.n).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The height of a row.
pub fn height(row: &Row) -> i64 {
    match row {
        Row::Phase(_) => 34,
        Row::Step(step) => step_height(step),
        Row::Again(_) => 28,
        Row::Tls | Row::Same { .. } | Row::Silence(_) | Row::Mark(_) => 26,
        Row::LeftOut(_) => 38,
    }
}

fn step_height(step: &Step) -> i64 {
    match step.kind {
        Kind::Data => 38,
        Kind::Gap => 34,
        _ => 28,
    }
}

/// Draws a row. `before` is the step drawn before it.
pub fn row<'a>(
    svg: &mut Svg,
    frame: &Frame,
    session: &Session,
    notes: &Notes,
    row: &Row<'a>,
    top: i64,
    before: &mut Option<&'a Step>,
) {
    let base = [frame.middle(), top + 17];
    match row {
        Row::Phase(title) => svg.words("d-phase", [frame.client + 14, top + 22], title),
        Row::Tls => tls(svg, frame, session, top),
        Row::Step(drawn) => {
            step(svg, frame, session, drawn, before.replace(drawn), top);
            note(svg, frame, notes.at(drawn), top + height(row) / 2 + 1);
        }
        Row::Same { times, steps: [first, last], count } => {
            *before = Some(last);
            let range = packet::range(first.packets.first(), last.packets.last());
            svg.text("d-number d-end", [frame.number, top + 17], &fitted(&range, 24));
            svg.words("d-note d-middle", base, &both(|lang| locale::drawing::repeated(lang, *times, *count)));
        }
        Row::Silence(length) => {
            let words = both(|lang| locale::drawing::silence(lang, &axis::length(lang, *length)));
            svg.words("d-note d-middle", base, &words);
        }
        Row::Again(repeats) => again(svg, frame, repeats, top),
        Row::Mark(finding) => note(svg, frame, &[(finding, true)], top + 14),
        Row::LeftOut(steps) => {
            let words = both(|lang| locale::drawing::left_out(lang, *steps));
            svg.words("d-strong d-middle", [frame.middle(), top + 23], &words);
        }
    }
}

/// A step: an arrow that leads to its row in the session's tables.
fn step(svg: &mut Svg, frame: &Frame, session: &Session, step: &Step, before: Option<&Step>, top: i64) {
    let is_content = step.kind == Kind::Data;
    let height = step_height(step);
    let tone = tone(step);
    let side = if step.from == Side::Client { "d-row d-from-client" } else { "d-row d-from-server" };
    let class = match tone {
        _ if step.kind == Kind::Gap => format!("{side} d-bad"),
        Tone::Bad => format!("{side} d-bad"),
        Tone::Warn => format!("{side} d-warn"),
        Tone::Plain => side.to_owned(),
    };
    svg.open("a", &[("class", &class), ("href", &format!("#session-{}-step-{}", session.id, step.n))]);
    svg.rect("d-hit", [0, top, frame.server + 20, height]);
    let said = said(session, step, before);
    if let Said { full: Some(full), .. } = &said {
        svg.title(full);
    }
    let arrow = top + height - if is_content { 19 } else { 7 };
    let base = match step.kind {
        Kind::Data => arrow + 4,
        Kind::Gap => arrow - 11,
        _ => arrow - 5,
    };
    svg.text("d-number d-end", [frame.number, base], &numbers(step));
    if let Some(since) = step.time.known_since(session.transport.first.time) {
        svg.text("d-number d-end", [frame.time, base], &axis::since(since));
    }
    let (from, to) = (frame.of_side(step.from), frame.of_side(step.from.other()));
    match step.kind {
        Kind::Data => svg.path("d-block", &block(from, to, arrow)),
        Kind::Gap => svg.path("d-arrow d-torn", &torn(from, to, arrow)),
        _ => svg.path("d-arrow", &thin(from, to, arrow)),
    }
    let (class, x) = match step.from {
        _ if matches!(step.kind, Kind::Data | Kind::Gap) => ("d-label d-middle", frame.middle()),
        Side::Client => ("d-label", frame.client + 14),
        Side::Server => ("d-label d-end", frame.server - 14),
    };
    svg.words(class, [x, base], &said.label);
    if !step.secrets().is_empty() {
        sign::bang(svg, "d-sign d-warn", [frame.client - 14, arrow]);
    }
    match tone {
        Tone::Bad => sign::cross(svg, "d-sign d-bad", [frame.server + 12, arrow]),
        Tone::Warn => sign::bang(svg, "d-sign d-warn", [frame.server + 12, arrow]),
        Tone::Plain => {}
    }
    svg.close("a");
}

/// `1` where something leads to the right, else `-1`.
fn ahead(from: i64, to: i64) -> i64 {
    if to > from { 1 } else { -1 }
}

fn thin(from: i64, to: i64, y: i64) -> String {
    let sign = ahead(from, to);
    let tip = to - 2 * sign;
    format!("M{from} {y}H{tip}m{} -4l{} 4 {} 4", -7 * sign, 7 * sign, -7 * sign)
}

/// A thick arrow with room for words.
fn block(from: i64, to: i64, y: i64) -> String {
    let sign = ahead(from, to);
    let neck = to - 16 * sign;
    let tip = to - 2 * sign;
    format!("M{} {}H{neck}v-5L{tip} {y}L{neck} {}v-5H{}z", from + sign, y - 9, y + 14, from + sign)
}

/// An arrow that is torn in the middle.
fn torn(from: i64, to: i64, y: i64) -> String {
    let sign = ahead(from, to);
    let teeth = format!("l{0} -5 {1} 10 {1} -10 {1} 10 {1} -10 {0} 5", 4 * sign, 8 * sign);
    let middle = (from + to) / 2;
    let [left, right] = [middle - 60 * sign, middle + 20 * sign];
    let head = format!("m{} -4l{} 4 {} 4", -7 * sign, 7 * sign, -7 * sign);
    format!("M{from} {y}H{left}{teeth}M{right} {y}{teeth}H{}{head}", to - 2 * sign)
}

/// A segment that was sent again: it has no step of its own.
fn again(svg: &mut Svg, frame: &Frame, repeats: &Repeats, top: i64) {
    let class = if repeats.of == Side::Client { "d-row d-from-client" } else { "d-row d-from-server" };
    svg.open("g", &[("class", &class)]);
    let (from, to) = (frame.of_side(repeats.of), frame.of_side(repeats.of.other()));
    svg.path("d-arrow d-dashed", &thin(from, to, top + 21));
    let words =
        both(|lang| locale::drawing::sent_again(lang, repeats.segments, &axis::length(lang, repeats.nanoseconds)));
    svg.words("d-note d-middle", [frame.middle(), top + 15], &words);
    svg.close("g");
}

/// Where TLS begins: what is known of it.
fn tls(svg: &mut Svg, frame: &Frame, session: &Session, top: i64) {
    let tls = &session.tls;
    let version = tls.version.as_deref().unwrap_or("TLS");
    let known: Vec<&str> = [Some(version), tls.server_name.as_deref()].into_iter().flatten().collect();
    let inside = if tls.decrypted {
        Some(both(|lang| locale::tls::decrypted_by(lang, &tls.decryption).to_owned()))
    } else {
        tls.decryption.fault.map(|_| both(|lang| locale::tls::not_decrypted(lang).to_owned()))
    };
    let known = known.join(" · ");
    let words = match inside {
        None => same(&fitted(&known, LABEL - 8)),
        Some(inside) => {
            let taken = inside.iter().map(|words| columns(words)).max().unwrap_or_default();
            joined(&same(&fitted(&known, (LABEL - 8).saturating_sub(taken).max(LABEL / 4))), " · ", &inside)
        }
    };
    let class = if tls.failed { "d-sign d-bad" } else { "d-sign d-good" };
    sign::lock(svg, class, [frame.client + 24, top + 13]);
    svg.words("d-strong", [frame.client + 36, top + 18], &words);
}

/// The findings that a step is evidence of.
fn note(svg: &mut Svg, frame: &Frame, found: &[(&Finding, bool)], y: i64) {
    let Some((top, _)) = found.first() else { return };
    let titles = both(|lang| {
        let titles = found.iter().map(|(finding, _)| locale::rule(lang, finding.id).title);
        titles.collect::<Vec<_>>().join("\n")
    });
    svg.titled(&titles, |svg| sign::severity(svg, top.severity, [frame.server + 34, y]));
    let mut first = found.iter().filter(|(_, is_first)| *is_first);
    let Some((named, _)) = first.next() else { return };
    let more = first.count();
    let named = both(|lang| match more {
        0 => locale::rule(lang, named.id).title.to_owned(),
        _ => format!("{} +{more}", locale::rule(lang, named.id).title),
    });
    let x = frame.server + 47;
    let [one, first, second] = lines(&named);
    svg.words("d-finding", [x, y + 4], &one);
    svg.words("d-finding", [x, y - 3], &first);
    svg.words("d-finding", [x, y + 10], &second);
}

/// A title in each language: on one line, or else on two.
fn lines(title: &Both) -> [Both; 3] {
    let mut lines: [Both; 3] = Default::default();
    let [one, first, second] = &mut lines;
    for (nth, title) in title.iter().enumerate() {
        match halves(title) {
            (whole, rest) if rest.is_empty() => one[nth] = whole,
            (begin, rest) => (first[nth], second[nth]) = (begin, rest),
        }
    }
    lines
}

/// A title in two lines: the second is empty where it fits in one, and cut where it does not fit in both.
fn halves(title: &str) -> (String, String) {
    if columns(title) <= NOTE {
        return (title.to_owned(), String::new());
    }
    let fits = |at: &usize| title.get(..*at).is_some_and(|head| columns(head) <= NOTE);
    let spaces = title.match_indices(' ').map(|(at, _)| at).take_while(fits);
    // Chinese breaks anywhere.
    let anywhere = || title.char_indices().map(|(at, _)| at).take_while(fits).last();
    let at = spaces.last().filter(|at| *at > title.len() / 3).or_else(anywhere).unwrap_or(title.len());
    let (one, two) = title.split_at_checked(at).unwrap_or((title, ""));
    (one.to_owned(), fitted(two.trim_start(), NOTE))
}

/// What an arrow says.
struct Said {
    label: Both,
    /// All of it, where the label is cut.
    full: Option<String>,
}

fn said(session: &Session, step: &Step, before: Option<&Step>) -> Said {
    if step.text_omitted {
        return Said { label: both(|lang| bracketed(lang, locale::label(lang, Label::TextOmitted))), full: None };
    }
    if matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) || step.text.is_empty() {
        return Said { label: both(|lang| described(lang, session, step, before)), full: None };
    }
    let text = masked(step);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let more = lines.count();
    let room = if more > 0 { LABEL - 5 } else { LABEL };
    let mut label = fitted(first, room);
    let is_cut = step.truncated || more > 0 || columns(first) > room;
    if step.truncated && !label.ends_with('…') {
        label.push('…');
    }
    if more > 0 {
        label = format!("{label}  +{more}");
    }
    let full = is_cut.then(|| {
        let (text, cut) = escape::cut(&text, TITLE);
        format!("{text}{}", if cut || step.truncated { "…" } else { "" })
    });
    Said { label: same(&label), full }
}

/// The words for a step without text.
fn described(lang: Lang, session: &Session, step: &Step, before: Option<&Step>) -> String {
    if step.kind == Kind::Data {
        let whose = match step.carries() {
            Some(_) => locale::label(lang, Label::Message),
            None => locale::kind(lang, step.kind),
        };
        let state = step.carries().filter(|carries| !carries.complete).map(|carries| match carries.unfinished {
            true => locale::label(lang, Label::Unfinished).to_owned(),
            false => locale::label(lang, Label::Incomplete).to_owned(),
        });
        let took = before.and_then(|before| step.time.known_since(before.time)).filter(|&took| took >= LONG);
        let took = took.map(|took| axis::length(lang, took));
        let parts = [Some(whose.to_owned()), Some(locale::bytes(lang, step.bytes)), state, took];
        return parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    }
    let words = locale::row(lang, &purpose(session, step), step.bytes, step.carries().as_ref());
    words.unwrap_or_else(|| match step.kind {
        Kind::Tls | Kind::Gap => bracketed(lang, locale::kind(lang, step.kind)),
        _ => bracketed(lang, locale::label(lang, Label::EmptyLine)),
    })
}

fn bracketed(lang: Lang, text: &str) -> String {
    match lang {
        Lang::En => format!("({text})"),
        Lang::Zh => format!("（{text}）"),
    }
}

/// The text of a step with its secrets masked: a drawing shows none.
fn masked(step: &Step) -> String {
    let text = &*step.text;
    let mut secrets = step.secrets().to_vec();
    secrets.sort_by_key(|secret| secret.start);
    let (mut shown, mut done) = (String::with_capacity(text.len()), 0);
    for secret in secrets {
        let start = text.floor_char_boundary(secret.start);
        let end = text.ceil_char_boundary(secret.end);
        if end > done {
            shown.push_str(text.get(done..start).unwrap_or_default());
            shown.push_str(MASK);
            done = end;
        }
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    shown
}

/// The numbers of the packets that carry a step.
fn numbers(step: &Step) -> String {
    let [first, last] = [step.packets.first(), step.packets.last()];
    // No packet carries a gap.
    if step.kind == Kind::Gap { "–".to_owned() } else { packet::range(first, last) }
}

/// The height of the legend below the diagram of `session`; 0 where there is none.
pub fn legend_height(session: &Session) -> i64 {
    if session.steps.iter().any(|step| !step.secrets().is_empty()) { 24 } else { 0 }
}

/// What the sign of a secret means.
pub fn legend(svg: &mut Svg, top: i64) {
    sign::bang(svg, "d-sign d-warn", [16, top + 10]);
    svg.words("d-note", [30, top + 14], &both(|lang| locale::label(lang, Label::CarriesSecret).to_owned()));
}
