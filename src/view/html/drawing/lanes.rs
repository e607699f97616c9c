//! The ways of messages as swim lanes: a lane for each host, an arrow for each session that carried the message.

use super::axis;
use super::svg::{Both, Svg, both, columns, fitted, joined, line, same};
use crate::protocol::event::Delivery;
use crate::verdict::{Change, Hop, Journey};
use crate::view::locale::{self, Label};
use crate::view::{Lang, escape};
use std::net::IpAddr;

/// Most journeys that are drawn.
const JOURNEYS: usize = 40;
/// Most hosts of a journey that have a lane of their own.
const HOSTS: usize = 6;
/// Most hops of a journey.
const HOPS: usize = 60;
/// Width of the drawing, of the column of times, and of the notes.
const WIDTH: i64 = 900;
const LEFT: i64 = 96;
const NOTES: i64 = 300;
/// Width of a lane, where there are few.
const LANE: i64 = 170;
const HEAD: i64 = 74;
const ROW: i64 = 58;
/// Names of header fields in a note.
const FIELDS: usize = 6;

/// The ways of messages, a drawing for each, in every language; empty where there are none.
pub fn lanes(journeys: &[Journey]) -> String {
    let mut svg = Svg::default();
    for journey in journeys.iter().take(JOURNEYS) {
        one(&mut svg, journey);
    }
    if let Some(left_out) = journeys.len().checked_sub(JOURNEYS).filter(|left_out| *left_out > 0) {
        svg.sheet("drawing d-lanes", [WIDTH, 0, 30], &same(""));
        svg.text("d-note d-middle", [WIDTH / 2, 20], &format!("… +{left_out}"));
        svg.close("svg");
    }
    svg.finish()
}

/// The hosts that have a lane, in the order in which the message meets them.
struct Hosts {
    own: Vec<IpAddr>,
    more: bool,
}

impl Hosts {
    fn of(hops: &[Hop]) -> Self {
        let mut hosts = Self { own: Vec::new(), more: false };
        for host in hops.iter().flat_map(|hop| [hop.from, hop.to]).map(|host| host.to_canonical()) {
            match () {
                () if hosts.own.contains(&host) => {}
                () if hosts.own.len() < HOSTS => hosts.own.push(host),
                () => hosts.more = true,
            }
        }
        hosts
    }

    fn lanes(&self) -> i64 {
        (self.own.len() + usize::from(self.more)).max(1) as i64
    }

    fn width(&self) -> i64 {
        ((WIDTH - LEFT - NOTES) / self.lanes()).min(LANE)
    }

    /// Where the notes begin.
    fn notes(&self) -> i64 {
        LEFT + self.width() * self.lanes() + 14
    }

    /// Columns of a note.
    fn room(&self) -> usize {
        usize::try_from((WIDTH - self.notes()) / 7).unwrap_or_default()
    }

    /// The middle of the host's lane.
    fn at(&self, host: IpAddr) -> i64 {
        let host = host.to_canonical();
        self.middle(self.own.iter().position(|own| *own == host).unwrap_or(self.own.len()) as i64)
    }

    fn middle(&self, nth: i64) -> i64 {
        LEFT + nth * self.width() + self.width() / 2
    }
}

fn one(svg: &mut Svg, journey: &Journey) {
    let hops = journey.hops.get(..HOPS).unwrap_or(&journey.hops);
    let left_out = journey.hops.len() - hops.len();
    let hosts = Hosts::of(hops);
    let bottom = HEAD + hops.len() as i64 * ROW + if left_out > 0 { 26 } else { 0 };
    let id = match journey.message_id.as_deref() {
        Some(id) => same(&fitted(id, 90)),
        None => both(|lang| locale::label(lang, Label::None).to_owned()),
    };
    let name = both(|lang| locale::drawing::way_of(lang, ""));
    svg.sheet("drawing d-lanes", [WIDTH, 0, bottom + 8], &joined(&name, "", &id));
    let title = both(|lang| format!("{}: ", locale::label(lang, Label::MessageId)));
    svg.words("d-strong", [10, 20], &joined(&title, "", &id));
    for nth in 0..hosts.lanes() {
        let x = LEFT + nth * hosts.width();
        if nth % 2 == 0 {
            svg.rect("d-band", [x, 32, hosts.width(), bottom - 32]);
        }
        let middle = hosts.middle(nth);
        match hosts.own.get(nth as usize) {
            Some(host) => address(svg, *host, middle, hosts.width()),
            None => {
                svg.words("d-note d-middle", [middle, 50], &both(|lang| locale::drawing::other_hosts(lang).to_owned()))
            }
        }
        let mut d = String::new();
        line(&mut d, [middle, HEAD - 10], [middle, bottom]);
        svg.path("d-life", &d);
    }
    let mut day = String::new();
    for (nth, hop) in hops.iter().enumerate() {
        draw(svg, &hosts, hops, hop, HEAD + nth as i64 * ROW, &mut day);
    }
    if left_out > 0 {
        let words = both(|lang| locale::drawing::hops_left_out(lang, left_out as u64));
        svg.words("d-note", [LEFT + 10, bottom - 8], &words);
    }
    svg.close("svg");
}

/// An address above its lane, in two lines if it is long.
fn address(svg: &mut Svg, host: IpAddr, middle: i64, width: i64) {
    let address = host.to_string();
    let room = (width / 8).max(1) as usize;
    if address.len() <= room {
        return svg.text("d-mono d-middle", [middle, 52], &address);
    }
    let cut = address.get(..address.len() / 2).and_then(|half| half.rfind(':')).map_or(address.len(), |at| at + 1);
    let (first, second) = address.split_at_checked(cut).unwrap_or((&address, ""));
    svg.text("d-mono d-middle", [middle, 46], &fitted(first, room));
    svg.text("d-mono d-middle", [middle, 60], &fitted(second, room));
}

fn draw(svg: &mut Svg, hosts: &Hosts, hops: &[Hop], hop: &Hop, top: i64, day: &mut String) {
    let arrow = top + 26;
    let class = match hop.outcome {
        Some(Delivery::Rejected) => "d-row d-bad",
        Some(Delivery::Deferred | Delivery::Partly) => "d-row d-warn",
        _ => "d-row d-from-client",
    };
    svg.open("a", &[("class", &class), ("href", &format!("#session-{}", hop.session.id))]);
    svg.rect("d-hit", [0, top + 2, WIDTH, ROW - 4]);
    if let Some(time) = hop.time.known() {
        let shown = time.to_string();
        let [date, clock] = [shown.get(..10), shown.get(11..19)].map(Option::unwrap_or_default);
        svg.text("d-number d-end", [LEFT - 10, arrow + 4], clock);
        if *day != date {
            date.clone_into(day);
            svg.text("d-number d-end", [LEFT - 10, arrow - 11], date);
        }
    }
    let [from, to] = [hop.from, hop.to].map(|host| hosts.at(host));
    svg.path("d-arrow", &arrow_between(from, to, arrow));
    let session = both(|lang| {
        format!("{} {} · {}", locale::label(lang, Label::Session), hop.session.id, locale::role(lang, hop.role))
    });
    let size = both(|lang| locale::bytes(lang, hop.size));
    let outcome = hop.outcome.map(|outcome| both(|lang| locale::delivery(lang, outcome).to_owned()));
    let facts = outcome.map_or(size.clone(), |outcome| joined(&size, " · ", &outcome));
    let (x, room) = (hosts.notes(), hosts.room());
    svg.words("d-strong", [x, top + 16], &fit(&session, room));
    svg.words("d-finding", [x, top + 32], &fit(&facts, room));
    let what = what(hops, hop);
    if what.iter().any(|what| columns(what) > room) {
        svg.titled(&what, |svg| svg.rect("d-hit", [x, top + 36, WIDTH - x, 16]));
    }
    svg.words("d-note", [x, top + 48], &fit(&what, room));
    svg.close("a");
}

fn fit(words: &Both, room: usize) -> Both {
    let [en, zh] = words;
    [fitted(en, room), fitted(zh, room)]
}

/// An arrow; from a lane to itself, one that comes back.
fn arrow_between(from: i64, to: i64, y: i64) -> String {
    if from == to {
        return format!("M{from} {}h30a7 7 0 0 1 0 14H{}m7 -4l-7 4 7 4", y - 7, to + 2);
    }
    let sign = if to > from { 1 } else { -1 };
    format!("M{from} {y}H{}m{} -4l{} 4 {} 4", to - 2 * sign, -7 * sign, 7 * sign, -7 * sign)
}

/// What has changed since the hop before, and how long that took.
fn what(hops: &[Hop], hop: &Hop) -> Both {
    let same_as = |lang| hop.by.map(|by| locale::matched(lang, by).to_owned()).unwrap_or_default();
    let words = both(|lang| hop.change.as_ref().map_or_else(|| same_as(lang), |change| changed(lang, change)));
    let before = hop.before.and_then(|before| hops.get(before));
    match before
        .and_then(|before| hop.time.known_since(before.time))
        .filter(|_| words.iter().all(|words| !words.is_empty()))
    {
        Some(since) => joined(&both(|lang| format!("+{}", axis::length(lang, since))), " · ", &words),
        None => words,
    }
}

fn changed(lang: Lang, change: &Change) -> String {
    let mut words = locale::change(lang, change.kind, change.body, change.bytes_added);
    let fields: Vec<&str> = change.fields.iter().take(FIELDS).map(|field| escape::cut(field, 60).0).collect();
    if !fields.is_empty() {
        let more = if change.fields.len() > FIELDS { ", …" } else { "" };
        words = format!("{words}: {}{more}", fields.join(", "));
    }
    words
}
