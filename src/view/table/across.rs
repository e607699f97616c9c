//! What several sessions show: findings that span them, the most frequent findings, and the ways of messages.

use super::grid::Row;
use super::options::KEPT;
use super::{Options, cell, heading};
use crate::verdict::{AcrossReport, Change, Evidence, FindingAcross, Hop, Journey};
use crate::view::clock::Clock;
use crate::view::locale::{self, FindingWords, Label};
use crate::view::packet::shown;
use std::io::{self, Write};

/// Packet numbers shown as the evidence in one session.
const PACKETS: usize = 6;
/// Sessions shown as evidence.
const SESSIONS: usize = 8;
/// Sessions from which on findings are counted by rule, too.
const MANY: u64 = 10;
/// Characters of a name.
const FIELD: usize = 200;

/// Writes the findings that span sessions, and, where there are many sessions, the findings of all by rule.
pub fn findings(out: &mut dyn Write, options: &Options, across: &AcrossReport, sessions: u64) -> io::Result<()> {
    if !across.findings.is_empty() {
        writeln!(out)?;
        heading::banner(out, options.style, options.label(Label::FindingsAcross))?;
        let titles = [Label::Severity, Label::Finding, Label::Evidence].map(|label| options.label(label));
        let rows: Vec<Row> = across.findings.iter().map(|finding| row(options, finding)).collect();
        heading::table(out, options.style, &titles, &rows, &[8, 0, 16])?;
    }
    if sessions < MANY || across.groups.is_empty() {
        return Ok(());
    }
    heading::title(out, options.style, options.label(Label::FindingsGrouped))?;
    let titles = [Label::Severity, Label::Finding, Label::Count, Label::Sessions, Label::Servers, Label::Evidence]
        .map(|label| options.label(label));
    let rows: Vec<Row> = across
        .groups
        .iter()
        .map(|group| {
            Row::new([
                locale::severity(options.lang, group.severity).to_owned(),
                locale::rule_title(options.lang, group.id).to_owned(),
                group.count.to_string(),
                group.sessions.to_string(),
                group.servers.to_string(),
                evidence(options, &group.first),
            ])
        })
        .collect();
    heading::table(out, options.style, &titles, &rows, &[8, 0, 8, 8, 8, 16])
}

fn row(options: &Options, finding: &FindingAcross) -> Row {
    let FindingWords { title, detail, remedy, reference } = locale::finding_across(options.lang, finding);
    let mut text = vec![title.to_owned(), detail, options.named(Label::Remedy, remedy)];
    text.extend(reference.map(|reference| options.named(Label::Reference, reference)));
    let mut shown: Vec<String> = finding.evidence.iter().take(SESSIONS).map(|one| evidence(options, one)).collect();
    if finding.evidence.len() > SESSIONS {
        shown.push(format!("… +{}", finding.evidence.len() - SESSIONS));
    }
    Row::new([locale::severity(options.lang, finding.severity).to_owned(), text.join("\n"), shown.join("\n")])
}

/// `Session 2: 12, 15`.
fn evidence(options: &Options, evidence: &Evidence) -> String {
    let mut packets: Vec<String> = evidence.packets.iter().take(PACKETS).map(|&packet| shown(packet)).collect();
    if evidence.packets.len() > PACKETS {
        packets.push("…".to_owned());
    }
    options.colon(&format!("{} {}", options.label(Label::Session), evidence.session.id), &packets.join(", "))
}

/// Writes the ways of messages.
pub fn journeys(out: &mut dyn Write, options: &Options, journeys: &[Journey]) -> io::Result<()> {
    if journeys.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    heading::banner(out, options.style, options.label(Label::Journeys))?;
    for journey in journeys.iter().take(KEPT) {
        let id =
            journey.message_id.as_deref().map_or(options.label(Label::None).to_owned(), |id| cell::line(id, FIELD));
        heading::title(out, options.style, &options.named(Label::MessageId, &id))?;
        let ends = format!("{} → {}", options.label(Label::From), options.label(Label::To));
        let titles = [
            &options.time.title(options.lang, Label::Date),
            options.label(Label::Session),
            &ends,
            options.label(Label::Size),
            options.label(Label::WhatChanged),
        ];
        let rows: Vec<Row> = (0..journey.hops.len()).map(|nth| step(options, &journey.hops, nth)).collect();
        heading::table(out, options.style, &titles, &rows, &[10, 12, 15, 10, 0])?;
    }
    match journeys.len().saturating_sub(KEPT) {
        0 => Ok(()),
        left_out => writeln!(out, "… +{left_out}"),
    }
}

fn step(options: &Options, hops: &[Hop], nth: usize) -> Row {
    let (lang, hop) = (options.lang, &hops[nth]);
    let role = locale::role(lang, hop.role);
    let session = format!("{} {}{}{role}", options.label(Label::Session), hop.session.id, options.comma());
    let outcome = hop.outcome.map(|outcome| locale::delivery(lang, outcome).to_owned());
    let mut what = match (nth, &hop.change) {
        (0, _) => options.named(Label::Sha256, &data_encoding::HEXLOWER.encode(&hop.sha256)),
        (_, Some(change)) => changed(options, change),
        (_, None) => hop.by.map_or_else(String::new, |by| locale::matched(lang, by).to_owned()),
    };
    if let Some(before) = hop.before.filter(|before| before + 1 < nth).and_then(|before| hops.get(before)) {
        let other = format!("{} {}", options.label(Label::Session), before.session.id);
        what = options.colon(&other, &what);
    }
    if let Some(outcome) = outcome {
        what = format!("{what}\n{}", options.named(Label::Outcome, &outcome));
    }
    let time = heading::began(options, hop.time, Clock::second);
    Row::new([time, session, format!("{} →\n{}", hop.from, hop.to), locale::bytes(lang, hop.size), what])
}

fn changed(options: &Options, change: &Change) -> String {
    let mut lines = vec![locale::change(options.lang, change.kind, change.body, change.bytes_added)];
    let fields: Vec<String> = change.fields.iter().map(|name| cell::line(name, FIELD)).collect();
    if !fields.is_empty() {
        lines.push(fields.join(", "));
    }
    for received in &change.received {
        let by = cell::line(received.by.as_deref().unwrap_or("?"), FIELD);
        if let Some(seconds) = received.seconds {
            lines.push(locale::received(options.lang, &by, seconds));
        }
    }
    lines.join("\n")
}
