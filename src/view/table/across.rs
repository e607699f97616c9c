//! The ways that messages took through several sessions.

use super::grid::Row;
use super::listing::KEPT;
use super::{Options, cell, heading};
use crate::verdict::{Change, Hop, Journey};
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use std::io::{self, Write};

/// Characters of a name.
const FIELD: usize = 200;

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
