//! Terms: headings, names, lengths, and other words that do not depend on their context.

use super::header_field::HeaderField;
use super::label::Label;
use super::mime::{Encoding, Media, MimeFact};
use super::{Lang, en, zh};
use crate::decode::DecodeStop;
use crate::flow::{CloseReason, ClosedWindow, HostShard, Side, Silence};
use crate::limits::{Limit, PROBE_ADDRESSES};
use crate::protocol::Protocol;
use crate::protocol::event::{Delivery, Direction, Exposure, Kind, LoginOutcome, Via};
use crate::session::model::{Class, LineEnds, Match, Phase, Severity, Software, State, TlsMode};
use crate::session::summary::{Probes, Summary};
use crate::verdict::Upshot;
use crate::verdict::budget::{Budget, Part};
use crate::verdict::{BodyChange, ChangeKind, Role};
use crate::view::escape;
use crate::view::packet::shown;

/// Most ports named in the words for a capture without mail.
const PORTS_NAMED: usize = 5;

/// A heading or fixed word.
pub fn label(lang: Lang, label: Label) -> &'static str {
    say!(lang, labels::label(label))
}

/// A protocol's name.
pub fn protocol(lang: Lang, protocol: Protocol) -> &'static str {
    say!(lang, terms::protocol(protocol))
}

/// The heading of a phase's table, with the protocol's own name for the state, if the protocol names its states.
pub fn phase_title(lang: Lang, protocol: Protocol, phase: Phase, state: Option<State>) -> String {
    let title = say!(lang, terms::phase(protocol, phase));
    match (state, lang) {
        (None, _) => title,
        (Some(state), Lang::En) => format!("{title} ({})", en::terms::state(state)),
        (Some(state), Lang::Zh) => format!("{title}（{}）", zh::terms::state(state)),
    }
}

/// An end of the connection.
pub fn side(lang: Lang, side: Side) -> &'static str {
    say!(lang, terms::side(side))
}

/// The sort of a step.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    say!(lang, terms::kind(kind))
}

/// How a connection ended.
pub fn end(lang: Lang, end: CloseReason) -> &'static str {
    say!(lang, terms::end(end))
}

/// How TLS came about, where it was decrypted before the capture or not.
pub fn tls_mode(lang: Lang, mode: TlsMode, decrypted: bool) -> &'static str {
    say!(lang, terms::tls_mode(mode, decrypted))
}

/// How it is known that there is a proxy.
pub fn via(lang: Lang, via: Via) -> &'static str {
    say!(lang, proxy::via(via))
}

/// A program that was told by its behaviour.
pub fn software(lang: Lang, software: &Software) -> String {
    say!(lang, terms::software(software.name, software.versions, (software.confidence * 100.0).round() as u32))
}

/// The outcome of a login attempt. An unknown one may have been put off by the server.
pub fn login_outcome(lang: Lang, outcome: LoginOutcome, put_off: bool) -> &'static str {
    say!(lang, terms::login_outcome(outcome, put_off))
}

/// What an observer of the wire learns of a password.
pub fn exposure(lang: Lang, exposure: Exposure) -> &'static str {
    say!(lang, terms::exposure(exposure))
}

/// Which way a message went.
pub fn direction(lang: Lang, direction: Direction) -> &'static str {
    say!(lang, terms::direction(direction))
}

/// The outcome of a message.
pub fn delivery(lang: Lang, delivery: Delivery) -> &'static str {
    say!(lang, terms::delivery(delivery))
}

/// What is equal in two copies of a message.
pub fn matched(lang: Lang, by: Match) -> &'static str {
    say!(lang, terms::matched(by))
}

/// What a session does with a message.
pub fn role(lang: Lang, role: Role) -> &'static str {
    say!(lang, terms::role(role))
}

/// What was changed in a message, and by how many bytes it has grown.
pub fn change(lang: Lang, kind: ChangeKind, body: Option<BodyChange>, added: u64) -> String {
    let what = say!(lang, terms::change(kind, body));
    let grown = say!(lang, terms::grown(&bytes(lang, added)));
    match (added, lang) {
        (0, _) => what.to_owned(),
        (_, Lang::En) => format!("{what} ({grown})"),
        (_, Lang::Zh) => format!("{what}（{grown}）"),
    }
}

/// What became of a session.
pub fn upshot(lang: Lang, upshot: Upshot) -> String {
    say!(lang, terms::upshot(upshot))
}

/// How much a finding matters.
pub fn severity(lang: Lang, severity: Severity) -> &'static str {
    say!(lang, terms::severity(severity))
}

/// Which of a reader's questions a finding answers.
pub fn class(lang: Lang, class: Class) -> &'static str {
    say!(lang, terms::class(class))
}

/// What a bound cut off, to be shown beside its count.
pub fn limit(lang: Lang, limit: Limit) -> String {
    let words = limit.hit();
    match lang {
        Lang::En => words.en,
        Lang::Zh => words.zh,
    }
}

/// Why a packet was not decoded.
pub fn decode_stop(lang: Lang, stop: DecodeStop) -> String {
    say!(lang, terms::decode_stop(stop))
}

/// "1261 bytes".
pub fn bytes(lang: Lang, bytes: u64) -> String {
    say!(lang, terms::bytes(bytes))
}

/// "12 packets".
pub fn packets(lang: Lang, packets: u64) -> String {
    say!(lang, terms::packets(packets))
}

/// A length of time, in seconds with three decimals.
pub fn duration(lang: Lang, nanoseconds: i64) -> String {
    let milliseconds = nanoseconds.unsigned_abs() / 1_000_000;
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let seconds = format!("{sign}{}.{:03}", milliseconds / 1_000, milliseconds % 1_000);
    say!(lang, terms::seconds(&seconds))
}

/// Seconds, as they are written.
pub fn seconds(lang: Lang, seconds: &str) -> String {
    say!(lang, terms::seconds(seconds))
}

/// How many extensions a long list names.
pub fn extensions(lang: Lang, count: usize) -> String {
    say!(lang, terms::extensions(count))
}

/// A host on the way took a message so many seconds after the one before it.
pub fn received(lang: Lang, by: &str, seconds: i64) -> String {
    say!(lang, terms::received(by, seconds))
}

/// The subflows of a Multipath TCP connection. `another_way`: data may have crossed on one that is not known.
pub fn subflows(lang: Lang, subflows: u8, another_way: bool) -> String {
    say!(lang, terms::subflows(u64::from(subflows), another_way))
}

/// Connections to mail ports that were closed at once and without a mail dialogue.
pub fn probes(lang: Lang, probes: &Probes) -> String {
    let addresses = probes.addresses.len();
    let shown = if addresses < PROBE_ADDRESSES { addresses.to_string() } else { format!("≥ {addresses}") };
    say!(lang, terms::probes(probes.count(), &shown, addresses != 1))
}

/// That the clock of the capture went back by `nanoseconds` before packet `packet`.
pub fn clock_step(lang: Lang, packet: u64, nanoseconds: i64) -> String {
    let back = duration(lang, nanoseconds);
    say!(lang, terms::clock_step(packet, &back))
}

/// Segments that were sent again, and those of them that the receiver had already.
pub fn sent_again(lang: Lang, segments: u64, needless: u64) -> String {
    say!(lang, terms::sent_again(segments, needless))
}

/// For how long a receiver took no more bytes.
pub fn window_closed(lang: Lang, window: &ClosedWindow) -> String {
    let length = duration(lang, window.nanoseconds);
    say!(
        lang,
        terms::window_closed(window.of, &length, &shown(window.from.packet), &shown(window.to.packet), window.times)
    )
}

/// The shortest time that is told of where the time went: a millisecond, since less is shown as nothing.
const TOLD_NANOSECONDS: i64 = 1_000_000;

/// Where the time of a session went: one string per part. The last is
/// the reply for which the client waited longest.
pub fn budget(lang: Lang, budget: &Budget) -> Vec<String> {
    let spent = |part| budget.part(part).filter(|&length| length >= TOLD_NANOSECONDS).map(|length| (part, length));
    let mut parts: Vec<String> = Part::ALL
        .into_iter()
        .filter_map(spent)
        .map(|(part, length)| say!(lang, terms::time_spent(part, &duration(lang, length))))
        .collect();
    if let Some((step, length)) = budget.longest.filter(|(_, length)| *length >= TOLD_NANOSECONDS) {
        parts.push(say!(lang, terms::longest_reply(step, &duration(lang, length))));
    }
    parts
}

/// For how long neither end sent anything new.
pub fn silence(lang: Lang, silence: &Silence) -> String {
    let length = duration(lang, silence.nanoseconds());
    say!(lang, terms::silence(silence.of, &length, &shown(silence.from.packet), &shown(silence.to.packet)))
}

/// Bytes that crossed outside of the stream.
pub fn urgent(lang: Lang, bytes: u64) -> String {
    say!(lang, terms::urgent(bytes))
}

/// What is said where no packet, or no session, is one of those asked for; one string per paragraph.
pub fn none_asked_for(lang: Lang, summary: &Summary, held: u64) -> Option<Vec<String>> {
    // The other shards of hosts count no packets.
    if summary.packets.read == 0 && held > 0 && summary.shard.is_none_or(HostShard::is_first) {
        return Some(say!(lang, terms::none_matches(held)));
    }
    let is_none = summary.shown() == 0 && summary.left_out > 0;
    is_none.then(|| vec![say!(lang, terms::none_asked_for(summary.left_out, &filters(summary)))])
}

/// The share of the connections that was followed.
pub fn shard(lang: Lang, shard: HostShard) -> String {
    say!(lang, terms::shard(shard.index(), shard.of()))
}

/// How many sessions were shown of those that there were, where some were not asked for.
pub fn shown_of(lang: Lang, summary: &Summary) -> Option<String> {
    let shown = || say!(lang, terms::shown_of(summary.shown(), summary.looked_at(), &filters(summary)));
    (!summary.filters.is_empty()).then(shown)
}

/// What was asked for, as it was typed.
fn filters(summary: &Summary) -> String {
    escape::line(&summary.filters.join(" ")).into_owned()
}

/// What a capture contains if none of its sessions is shown: one string per paragraph. `held` is the number of packets
/// in its files, more than were read where a filter left some out.
pub fn no_mail(lang: Lang, summary: &Summary, held: u64) -> Vec<String> {
    let (packets, traffic) = (summary.packets, &summary.traffic);
    if let Some(none) = none_asked_for(lang, summary, held) {
        return none;
    }
    if let Some(shard) = summary.shard
        && summary.looked_at() == 0
    {
        return vec![say!(lang, terms::none_in_shard(shard.index(), shard.of()))];
    }
    let ports: Vec<String> =
        traffic.tcp_ports.iter().take(PORTS_NAMED).map(|(port, segments)| format!("{port} ({segments})")).collect();
    let ports = match lang {
        Lang::En => ports.join(", "),
        Lang::Zh => ports.join("、"),
    };
    let (segments, connections) = (traffic.tcp_segments, traffic.tcp_connections);
    let mut lines = say!(lang, terms::no_mail(packets.read, segments, connections, packets.undecodable, &ports));
    lines.extend(traffic.stops.iter().map(|(&stop, count)| format!("  {count} × {}", decode_stop(lang, stop))));
    if summary.probes.count() > 0 {
        let (name, probes) = (label(lang, Label::Probes), probes(lang, &summary.probes));
        lines.push(match lang {
            Lang::En => format!("{name}: {probes}."),
            Lang::Zh => format!("{name}：{probes}。"),
        });
    }
    if segments > 0 {
        lines.push(say!(lang, terms::no_mail_hint()).to_owned());
    }
    lines
}

/// What a MIME field is for.
pub fn mime_fact(lang: Lang, fact: MimeFact) -> &'static str {
    say!(lang, mime::fact(fact))
}

/// What the header field called `name` tells, if it is one that people ask for.
pub fn header_field(lang: Lang, name: &str) -> Option<&'static str> {
    HeaderField::of(name).map(|field| say!(lang, header_field::header_field(field)))
}

/// How the lines of the content end.
pub fn line_ends(lang: Lang, ends: LineEnds) -> &'static str {
    say!(lang, mime::line_ends(ends))
}

/// What a media type (`multipart/alternative`) says about the content.
pub fn content_type(lang: Lang, name: &str) -> &'static str {
    say!(lang, mime::media(Media::of(name)))
}

/// What a Content-Transfer-Encoding does.
pub fn transfer_encoding(lang: Lang, name: &str) -> &'static str {
    say!(lang, mime::encoding(Encoding::of(name)))
}
