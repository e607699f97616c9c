//! What was read: files, packets, times, sessions by protocol.

use super::text::{Text, line};
use crate::capture::Time;
use crate::verdict::{Journey, Report};
use crate::view::Lang;
use crate::view::clock::Clock;
use crate::view::locale;
use serde::Serialize;

/// Files, journeys and the like that are listed.
const LISTED: usize = 500;

/// What was read.
#[derive(Debug, Clone, Serialize)]
pub struct Capture {
    /// The files or interfaces.
    pub sources: Vec<Source>,
    /// Further ones.
    pub more_sources: usize,
    /// Packets read, of mail, of something else, not decoded.
    pub packets: Packets,
    /// The first packet's time: local where times are, otherwise UTC.
    pub first: Option<String>,
    /// The last packet's.
    pub last: Option<String>,
    /// The time between them.
    pub duration: Option<Text>,
    /// Sessions by protocol, those that there are.
    pub protocols: Vec<Count>,
    /// All sessions.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Attempts to log in.
    pub logins: u64,
    /// Where there is no mail: what there is instead.
    pub no_mail: Vec<Text>,
}

/// A file or an interface.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// Its name as it was given.
    pub name: String,
    /// The last part of its name.
    pub short: String,
    /// Its format.
    pub format: String,
    /// Packets.
    pub packets: u64,
    /// The first packet's time.
    pub first: Option<String>,
    /// The last packet's.
    pub last: Option<String>,
    /// Where it is damaged.
    pub problem: Option<String>,
}

/// Counts of packets.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Packets {
    pub read: u64,
    pub mail: u64,
    pub other: u64,
    pub undecodable: u64,
}

/// A name and a count.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Count {
    pub name: String,
    pub count: u64,
}

/// A bound that cost something.
#[derive(Debug, Clone, Serialize)]
pub struct LimitHit {
    /// Its name in the JSON.
    pub id: &'static str,
    /// How often.
    pub count: u64,
    /// What it means.
    pub text: Text,
}

/// What was read, its moments told by `clock`.
pub fn capture(report: &Report, clock: Clock) -> Capture {
    // What others are counted from is told in UTC.
    let clock = clock.anchor();
    let second = |time| second(clock, time);
    let summary = &report.summary;
    let known = |time: Option<Time>| time.and_then(Time::known);
    let first = report.sources.iter().filter_map(|source| known(source.first)).min_by_key(|time| time.nanoseconds());
    let last = report.sources.iter().filter_map(|source| known(source.last)).max_by_key(|time| time.nanoseconds());
    let span = first.zip(last).and_then(|(first, last)| last.known_since(first));
    let shown = |time: Option<Time>| known(time).map(second);
    let sources = report.sources.iter().take(LISTED).map(|source| Source {
        short: line(source.name.rsplit(['/', '\\']).next().unwrap_or_default()),
        name: line(&source.name),
        format: source.format.name().to_owned(),
        packets: source.packets,
        first: shown(source.first),
        last: shown(source.last),
        problem: source.problem.as_deref().map(line),
    });
    let sessions: u64 = summary.sessions.values().sum();
    let held = report.sources.iter().map(|source| source.packets).sum();
    let no_mail = || {
        let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::no_mail(lang, summary, held));
        en.into_iter().zip(zh).map(|(en, zh)| Text { en, zh }).collect()
    };
    let counted = summary.sessions.iter().filter(|(_, count)| **count > 0);
    Capture {
        sources: sources.collect(),
        more_sources: report.sources.len().saturating_sub(LISTED),
        packets: Packets {
            read: summary.packets.read,
            mail: summary.packets.mail,
            other: summary.packets.other,
            undecodable: summary.packets.undecodable,
        },
        first: first.map(second),
        last: last.map(second),
        duration: span.map(|span| Text::of(|lang| locale::duration(lang, span))),
        protocols: counted
            .map(|(&protocol, &count)| Count { name: locale::protocol(Lang::En, protocol).to_owned(), count })
            .collect(),
        sessions,
        messages: summary.messages,
        logins: summary.credentials.values().sum(),
        no_mail: if sessions == 0 { no_mail() } else { Vec::new() },
    }
}

/// The bounds that cost something.
pub fn limits(report: &Report) -> Vec<LimitHit> {
    let hit = |(limit, count): (crate::limits::Limit, u64)| LimitHit {
        id: limit.name(),
        count,
        text: Text::of(|lang| locale::limit(lang, limit)),
    };
    report.summary.limits_hit.iter().map(hit).collect()
}

/// The way of a message.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its hops.
    pub hops: Vec<Hop>,
}

/// A hop of a message.
#[derive(Debug, Clone, Serialize)]
pub struct Hop {
    /// When, as `clock` says.
    pub time: Option<String>,
    /// The session.
    pub session: u64,
    /// What the session does with it.
    pub role: Text,
    /// The end that it came from.
    pub from: String,
    /// The end that it went to.
    pub to: String,
    /// Its size.
    pub size: Text,
    /// The server's decision.
    pub outcome: Option<Text>,
    /// What changed from the hop before; absent where nothing did.
    pub change: Option<Text>,
    /// How it is known to be the same message.
    pub matched: Option<Text>,
}

/// The ways of messages, the first of them, with their moments told by `clock`.
pub fn ways(journeys: &[Journey], clock: Clock) -> Vec<Way> {
    let hop = |hop: &crate::verdict::Hop| Hop {
        time: hop.time.known().map(|time| second(clock, time)),
        session: hop.session.id,
        role: Text::of(|lang| locale::role(lang, hop.role)),
        from: hop.from.to_string(),
        to: hop.to.to_string(),
        size: Text::of(|lang| locale::bytes(lang, hop.size)),
        outcome: hop.outcome.map(|outcome| Text::of(|lang| locale::delivery(lang, outcome))),
        change: hop
            .change
            .as_ref()
            .map(|change| Text::of(|lang| locale::change(lang, change.kind, change.body, change.bytes_added))),
        matched: hop.by.map(|by| Text::of(|lang| locale::matched(lang, by))),
    };
    let way = |journey: &Journey| Way {
        message_id: journey.message_id.as_deref().map(line),
        hops: journey.hops.iter().map(hop).collect(),
    };
    journeys.iter().take(LISTED).map(way).collect()
}

/// A moment, to the second: `2009-12-08 06:00:00`.
fn second(clock: Clock, time: Time) -> String {
    clock.second(Lang::En, time)
}
