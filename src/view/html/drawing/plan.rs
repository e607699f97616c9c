/*!
What the rows of a sequence diagram are: the steps, by phases, and between them what happened without a step.

Runs of equal exchanges are folded (200 RCPTs, each answered by 250), and of a long session the middle is left out: both
are rows that say how much is not drawn.
*/

use super::svg::{Both, both};
use crate::flow::{PacketRef, Repeats, Side};
use crate::protocol::event::{Channel, Kind};
use crate::session::model::{Finding, Phase, Session, State, Step};
use crate::verdict::is_end_of_silence;
use crate::view::locale;

/// Most rows of a diagram.
pub const ROWS: usize = 400;
/// Rows kept of the end, where there are more.
const LAST: usize = 120;
/// Steps of the longest exchange that is recognized when it comes again.
const EXCHANGE: usize = 6;
/// Steps that must be saved for a run to be folded.
const WORTH: usize = 8;
/// Silences shorter than this are not drawn.
const SILENCE: i64 = 1_000_000_000;
/// Silences that are not this many times as long as the usual one are not drawn: someone types by hand.
const UNUSUAL: i64 = 4;
/// Most findings without a step that are drawn.
const MARKS: usize = 20;

/// A row.
#[derive(Debug)]
pub enum Row<'a> {
    /// A phase begins.
    Phase(Both),
    /// TLS begins.
    Tls,
    /// A step.
    Step(&'a Step),
    /// The exchange above comes again.
    Same {
        /// How often.
        times: u64,
        /// Its first and last step.
        steps: [&'a Step; 2],
        /// How many steps.
        count: u64,
    },
    /// Nothing crossed, for so many nanoseconds.
    Silence(i64),
    /// One side sent something again.
    Again(&'a Repeats),
    /// A finding that only packets show.
    Mark(&'a Finding),
    /// Steps that are not drawn.
    LeftOut(u64),
}

impl Row<'_> {
    /// Inside TLS.
    pub fn is_tls(&self) -> bool {
        match self {
            Self::Tls => true,
            Self::Step(step) | Self::Same { steps: [step, _], .. } => is_tls(step),
            _ => false,
        }
    }

    fn steps(&self) -> u64 {
        match self {
            Self::Step(_) => 1,
            Self::Same { count, .. } => *count,
            Self::LeftOut(count) => *count,
            _ => 0,
        }
    }
}

fn is_tls(step: &Step) -> bool {
    step.kind == Kind::Tls || step.channel != Channel::Clear
}

/// How a reply is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As one hopes, or not a reply.
    Plain,
    /// Refused for now.
    Warn,
    /// Refused.
    Bad,
}

/// How `step` is taken: 4yz, 5yz, `-ERR`, `NO` and `BAD` are refusals, where anything was asked for.
pub fn tone(step: &Step) -> Tone {
    if is_end_of_silence(step) {
        return Tone::Plain;
    }
    match (step.code(), step.status()) {
        (Some(400..=499), _) => Tone::Warn,
        (Some(500..), _) | (_, Some("-ERR" | "NO" | "BAD")) => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// The rows of `session`.
pub fn plan(session: &Session) -> Vec<Row<'_>> {
    let mut rows = Rows { between: between(session), ..Rows::default() };
    let threshold = threshold(&session.steps);
    let mut rest = session.steps.as_slice();
    let mut before: Option<&Step> = None;
    while let Some(first) = rest.first() {
        let (phase, mut state) = (first.phase, first.state());
        let len = rest.iter().take_while(|step| goes_on(phase, &mut state, step)).count().max(1);
        let (steps, later) = rest.split_at(len);
        rest = later;
        rows.all.push(Row::Phase(both(|lang| locale::phase_title(lang, session.protocol, phase, state))));
        section(session, steps, before, threshold, &mut rows);
        before = steps.last();
    }
    rows.catch_up(u64::MAX);
    short(rows.all)
}

/// True if `step` belongs to the phase that is being drawn. A reply that comes late, after a command of the next phase
/// that did not wait for it, does not lead back.
fn goes_on(phase: Phase, state: &mut Option<State>, step: &Step) -> bool {
    if step.from == Side::Server && step.phase < phase && step.answers.is_some() {
        return true;
    }
    let same = phase != Phase::Transaction || state.is_none() || step.state().is_none() || *state == step.state();
    if phase != step.phase || !same {
        return false;
    }
    *state = state.or(step.state());
    true
}

/// The rows, and what is still to be put between them.
#[derive(Default)]
struct Rows<'a> {
    all: Vec<Row<'a>>,
    /// By packet, the earliest last.
    between: Vec<(u64, Row<'a>)>,
    in_tls: bool,
}

impl<'a> Rows<'a> {
    /// What happened before packet `before`.
    fn catch_up(&mut self, before: u64) {
        while let Some((_, row)) = self.between.pop_if(|(packet, _)| *packet < before) {
            self.all.push(row);
        }
    }

    fn step(&mut self, step: &'a Step, silence: Option<i64>) {
        self.catch_up(step.packets.first());
        self.all.extend(silence.map(Row::Silence));
        if is_tls(step) && !std::mem::replace(&mut self.in_tls, true) {
            self.all.push(Row::Tls);
        }
        self.all.push(Row::Step(step));
    }
}

/// What happened without a step, by packet, the earliest last.
fn between(session: &Session) -> Vec<(u64, Row<'_>)> {
    let again = session.transport.stalls.repeats.iter().map(|again| {
        let PacketRef { packet, .. } = again.longest.from;
        (packet, Row::Again(again))
    });
    let marks = session.findings.iter().filter(|finding| finding.steps.is_empty());
    let marks = marks.take(MARKS).map(|finding| (finding.packets.first().copied().unwrap_or_default(), finding));
    let mut all: Vec<(u64, Row)> = again.chain(marks.map(|(packet, finding)| (packet, Row::Mark(finding)))).collect();
    all.sort_by_key(|(packet, _)| std::cmp::Reverse(*packet));
    all
}

/// Nanoseconds in which nothing was sent before `step`, as far as its packets tell: not while it crossed itself.
fn waited(before: Option<&Step>, step: &Step) -> Option<i64> {
    let at_once = step.packets.first() == step.packets.last();
    before.filter(|_| at_once).and_then(|before| step.time.known_since(before.time))
}

/// The length from which on a silence is drawn.
fn threshold(steps: &[Step]) -> i64 {
    let mut waits: Vec<i64> =
        steps.windows(2).filter_map(|pair| waited(pair.first(), pair.last()?)).filter(|&wait| wait > 0).collect();
    waits.sort_unstable();
    let usual = waits.get(waits.len() / 2).copied().unwrap_or_default();
    SILENCE.max(usual.saturating_mul(UNUSUAL))
}

/// What must be equal in two steps for one to stand for the other.
type Shape<'a> = (Side, Kind, Option<&'a str>, Option<u16>, Option<&'static str>, String);

fn shape<'a>(session: &'a Session, step: &'a Step, silence: Option<i64>) -> Option<Shape<'a>> {
    let is_evidence = session.findings.iter().any(|finding| finding.steps.first() == Some(&step.n));
    let is_own = is_evidence
        || silence.is_some()
        || tone(step) != Tone::Plain
        || !step.secrets().is_empty()
        || step.kind == Kind::Gap;
    // `* 12 FETCH (…)`, `* SEARCH …`: the word after the numbers.
    let word = || {
        let words = step.text.split(' ').take(4);
        words.map(str::to_ascii_uppercase).find(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    let word = if step.kind == Kind::Untagged { word() } else { None };
    (!is_own).then(|| {
        let word = word.unwrap_or_default();
        (step.from, step.kind, step.command.as_deref(), step.code(), step.status(), word)
    })
}

/// The rows of the steps of a phase.
fn section<'a>(session: &'a Session, steps: &'a [Step], before: Option<&Step>, threshold: i64, rows: &mut Rows<'a>) {
    let mut before = before;
    let silences: Vec<Option<i64>> =
        steps.iter().map(|step| waited(before.replace(step), step).filter(|&wait| wait >= threshold)).collect();
    let shapes: Vec<Option<Shape>> =
        steps.iter().zip(&silences).map(|(step, &silence)| shape(session, step, silence)).collect();
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        let Some((exchange, times)) = run(shapes.get(at..).unwrap_or_default()) else {
            rows.step(step, silences.get(at).copied().flatten());
            at += 1;
            continue;
        };
        steps.iter().skip(at).take(exchange).for_each(|step| rows.step(step, None));
        let (from, until) = (at + exchange, at + exchange * times);
        if let Some([first, .., last]) = steps.get(from..until) {
            let count = (until - from) as u64;
            rows.all.push(Row::Same { times: times as u64 - 1, steps: [first, last], count });
        }
        at = until;
    }
}

/// The length of the exchange that comes again and again from here on, and how often it comes.
fn run(shapes: &[Option<Shape>]) -> Option<(usize, usize)> {
    (1..=EXCHANGE).find_map(|len| {
        let exchange = shapes.get(..len)?;
        // An exchange begins with what is asked, not with the answer to what came before.
        let mut sides = exchange.iter().flatten().map(|shape| shape.0);
        if sides.next()? == Side::Server && sides.any(|side| side == Side::Client) {
            return None;
        }
        let is_same = |next: &&[Option<Shape>]| *next == exchange && next.iter().all(Option::is_some);
        let times = shapes.chunks_exact(len).take_while(is_same).count();
        (times >= 4 && (times - 1) * len >= WORTH).then_some((len, times))
    })
}

/// `rows` without its middle, if there are too many.
fn short(mut rows: Vec<Row>) -> Vec<Row> {
    if rows.len() <= ROWS {
        return rows;
    }
    let tail = rows.split_off(rows.len() - LAST);
    let middle = rows.split_off(ROWS - LAST - 2);
    rows.push(Row::LeftOut(middle.iter().map(Row::steps).sum()));
    let phase = middle.into_iter().rfind(|row| matches!(row, Row::Phase(_)));
    rows.extend(phase.filter(|_| !matches!(tail.first(), Some(Row::Phase(_)))));
    rows.extend(tail);
    rows
}
