/*!
The dialogue of a session as a sequence diagram: client and server as lifelines, an arrow for each step, time running
down.

Drawn in sheets of less than a printed page, one below the other, cut between rows. All sheets have the same
coordinates, so what is longer than a sheet (a lifeline, a phase, TLS) is drawn on each as far as it reaches there.
*/

use super::arrows::{self, Frame, Notes};
use super::plan::{Row, plan};
use super::sign;
use super::svg::{Both, Svg, both, columns, fitted, line, same};
use crate::flow::{CloseReason, Side};
use crate::session::model::{Session, Step};
use crate::view::address::canonical;
use crate::view::locale::{self, Label};
use std::net::SocketAddr;

/// Height of a sheet, from which on it ends at the next row; and, if a phase begins there, from which on.
const SHEET: [i64; 2] = [700, 340];
/// Height of the heads of the lifelines.
const HEAD: i64 = 96;
/// Characters of a host's name.
const NAME: usize = 48;

/// The sequence diagram of a session, in every language.
pub fn sequence(session: &Session) -> String {
    let rows = plan(session);
    let frame = Frame::of(session, &rows);
    let notes = Notes::of(session);
    let placed = place(session, rows);
    let ends = placed.last().map_or(HEAD, |last| last.bottom);
    let tls = span_of(&placed, |placed| matches!(&placed.what, What::Row(row) if row.is_tls()));
    let phases = phases(&placed);
    let mut svg = Svg::default();
    let name = both(|lang| locale::drawing::sequence_of(lang, session.id));
    let [en, zh] = &name;
    let label = format!("{en} · {zh}");
    svg.open("div", &[("class", &"drawing d-sequence"), ("role", &"group"), ("aria-label", &label)]);
    let mut rest = placed.as_slice();
    let mut top = 0;
    let mut before = None;
    while !rest.is_empty() || top == 0 {
        let len = sheet_length(rest, top);
        let (here, later) = rest.split_at(len.min(rest.len()));
        rest = later;
        let legend = if rest.is_empty() { arrows::legend_height(session) } else { 0 };
        let bottom = here.last().map_or(HEAD, |last| last.bottom);
        let within = |[from, until]: [i64; 2]| [from.max(top), until.min(bottom)];
        svg.sheet("d-sheet", [frame.width, top, bottom + legend], &same(""));
        for (nth, phase) in phases.iter().enumerate() {
            let [from, until] = within(*phase);
            if nth % 2 == 0 && from < until {
                svg.rect("d-band", [0, from, frame.width, until - from]);
            }
        }
        envelope(&mut svg, &frame, within(tls.unwrap_or_default()), session.tls.failed);
        lifelines(&mut svg, &frame, here, top);
        if top == 0 {
            head(&mut svg, &frame, session);
        }
        for placed in here {
            draw(&mut svg, &frame, session, &notes, placed, &mut before);
        }
        if legend > 0 {
            arrows::legend(&mut svg, bottom);
        }
        svg.close("svg");
        top = bottom;
        if bottom >= ends {
            break;
        }
    }
    svg.close("div");
    svg.finish()
}

/// What stands in a row.
enum What<'a> {
    /// The capture began in the middle.
    Middle,
    /// Nothing was said.
    Nothing,
    Row(Row<'a>),
    /// The connection is over.
    End,
}

/// A row in its place.
struct Placed<'a> {
    top: i64,
    bottom: i64,
    what: What<'a>,
}

fn place<'a>(session: &Session, rows: Vec<Row<'a>>) -> Vec<Placed<'a>> {
    let middle = (!session.transport.from_start).then_some(What::Middle);
    let nothing = session.steps.is_empty().then_some(What::Nothing);
    let all = middle.into_iter().chain(nothing).chain(rows.into_iter().map(What::Row)).chain([What::End]);
    let mut at = HEAD;
    all.map(|what| {
        let top = at;
        at += match &what {
            What::Row(row) => arrows::height(row),
            What::Middle | What::Nothing => 28,
            What::End => 40,
        };
        Placed { top, bottom: at, what }
    })
    .collect()
}

/// How many of `rows` are on a sheet that begins at `top`.
fn sheet_length(rows: &[Placed], top: i64) -> usize {
    let [full, fair] = SHEET;
    let ends = |placed: &Placed| {
        let height = placed.top - top;
        height > full || height > fair && matches!(placed.what, What::Row(Row::Phase(_)))
    };
    rows.iter().position(ends).unwrap_or(rows.len()).max(1)
}

/// From the first to the last row for which `is` holds.
fn span_of(rows: &[Placed], is: impl Fn(&Placed) -> bool) -> Option<[i64; 2]> {
    let first = rows.iter().find(|placed| is(placed))?;
    let last = rows.iter().rfind(|placed| is(placed))?;
    Some([first.top, last.bottom])
}

fn phases(rows: &[Placed]) -> Vec<[i64; 2]> {
    let ends = |placed: &&Placed| matches!(placed.what, What::Row(Row::Phase(_)) | What::End);
    let tops: Vec<i64> = rows.iter().filter(ends).map(|placed| placed.top).collect();
    tops.windows(2).filter_map(|pair| pair.try_into().ok()).collect()
}

/// TLS around the steps that it carries.
fn envelope(svg: &mut Svg, frame: &Frame, [from, until]: [i64; 2], failed: bool) {
    if from >= until {
        return;
    }
    let mut d = String::new();
    line(&mut d, [frame.client + 5, from], [frame.client + 5, until]);
    line(&mut d, [frame.server - 5, from], [frame.server - 5, until]);
    svg.path(if failed { "d-tls d-bad" } else { "d-tls" }, &d);
}

/// The lifelines beside `rows`, from `top` on: dotted where steps are not drawn, broken where time passes.
fn lifelines(svg: &mut Svg, frame: &Frame, rows: &[Placed], top: i64) {
    let [mut whole, mut dotted, mut breaks] = [String::new(), String::new(), String::new()];
    let from = if top == 0 { arrows::BOXES } else { top };
    for x in [frame.client, frame.server] {
        let mut at = from;
        for placed in rows {
            let [begin, end] = [placed.top, placed.bottom];
            let is_dotted = matches!(placed.what, What::Middle | What::Row(Row::LeftOut(_)));
            if !is_dotted && !matches!(placed.what, What::Row(Row::Silence(_))) {
                continue;
            }
            line(&mut whole, [x, at], [x, begin]);
            match is_dotted {
                true => line(&mut dotted, [x, begin], [x, end]),
                false => breaks.push_str(&format!("M{x} {begin}v4l-5 4 10 5-10 5 10 4-5 4V{end}")),
            }
            at = end;
        }
        let last = match rows.last() {
            Some(Placed { what: What::End, top, .. }) => top + 14,
            Some(Placed { bottom, .. }) => *bottom,
            None => arrows::BOXES,
        };
        line(&mut whole, [x, at], [x, last.max(at)]);
    }
    svg.path("d-life", &whole);
    if !dotted.is_empty() {
        svg.path("d-life d-dotted", &dotted);
    }
    if !breaks.is_empty() {
        svg.path("d-life", &breaks);
    }
}

/// Who talks with whom.
fn head(svg: &mut Svg, frame: &Frame, session: &Session) {
    let endpoints = &session.transport.endpoints;
    let proxied = session
        .client_address
        .map(|address| both(|lang| format!("{}: {}", locale::label(lang, Label::BehindProxy), address.to_canonical())));
    let client = session.client_name.as_deref().unwrap_or_default();
    let client = proxied.unwrap_or_else(|| same(&fitted(client, NAME)));
    let greeted = session.banner.as_deref().and_then(|banner| banner.split(' ').next());
    let named = session.tls.server_name.as_deref().or(greeted.filter(|name| name.contains('.')));
    let server = same(&fitted(named.unwrap_or_default(), NAME));
    host(svg, [4, frame.client], Side::Client, endpoints.client, &client, frame.server - 150);
    host(
        svg,
        [frame.server - (frame.client - 4), frame.server],
        Side::Server,
        endpoints.server,
        &server,
        frame.width - 4,
    );
    let y = HEAD - 8;
    svg.text("d-head d-end", [frame.number, y], "#");
    svg.words("d-head d-end", [frame.time, y], &both(|lang| locale::drawing::seconds(lang).to_owned()));
}

fn host(svg: &mut Svg, [x, life]: [i64; 2], side: Side, address: SocketAddr, name: &Both, most: i64) {
    let address = canonical(address).to_string();
    let widest = name.iter().map(|name| columns(name)).chain([columns(&address)]).max().unwrap_or_default();
    let width = (widest as i64 * 8 + 24).max(2 * (life - x)).min(most - x);
    let class = if side == Side::Client { "d-host d-from-client" } else { "d-host d-from-server" };
    svg.rect(class, [x, 6, width, arrows::BOXES - 6]);
    svg.words("d-strong", [x + 12, 24], &both(|lang| capital(locale::side(lang, side))));
    svg.text("d-mono", [x + 12, 41], &address);
    svg.words("d-small", [x + 12, 57], name);
}

fn capital(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn draw<'a>(
    svg: &mut Svg,
    frame: &Frame,
    session: &Session,
    notes: &Notes,
    placed: &Placed<'a>,
    before: &mut Option<&'a Step>,
) {
    let middle = [frame.middle(), placed.top + 18];
    match &placed.what {
        What::Middle => svg.words("d-note d-middle", middle, &label(Label::FromTheMiddle)),
        What::Nothing => svg.words("d-note d-middle", middle, &label(Label::NothingSaid)),
        What::Row(row) => arrows::row(svg, frame, session, notes, row, placed.top, before),
        What::End => end(svg, frame, session, placed.top),
    }
}

fn label(label: Label) -> Both {
    both(|lang| locale::label(lang, label).to_owned())
}

/// How the connection ended.
fn end(svg: &mut Svg, frame: &Frame, session: &Session, top: i64) {
    let end = session.transport.end;
    let y = top + 14;
    let is_bad = !matches!(end, CloseReason::Closed | CloseReason::Open | CloseReason::Idle);
    let mut d = String::new();
    for x in [frame.client, frame.server] {
        line(&mut d, [x - 8, y], [x + 8, y]);
    }
    svg.path(if is_bad { "d-stop d-bad" } else { "d-stop" }, &d);
    if is_bad {
        let who = session.transport.left.map_or(Side::Server, |left| left.side);
        let x = if who == Side::Client { frame.client } else { frame.server };
        sign::cross(svg, "d-sign d-bad", [x, y]);
    }
    let words = both(|lang| locale::drawing::ended(lang, locale::end(lang, end)));
    svg.words("d-note d-middle", [frame.middle(), y + 4], &words);
}
