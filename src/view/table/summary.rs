//! Counts over all sessions, where the packets came from, and what was lost.

use super::grid::Row;
use super::{Options, cell, heading};
use crate::capture::Time;
use crate::protocol::Protocol;
use crate::session::summary::Summary;
use crate::verdict::Report;
use crate::view::Lang;
use crate::view::locale::{self, Label};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

/// Most characters of a file name or a problem.
const FIELD: usize = 500;

/// Writes the summary.
pub fn write(out: &mut dyn Write, options: &Options, report: &Report) -> io::Result<()> {
    writeln!(out)?;
    heading::banner(out, options.style, options.label(Label::Summary))?;
    let summary = &report.summary;
    let lang = options.lang;
    let packets = &summary.packets;
    let mut rows = vec![
        (options.label(Label::PacketsRead), packets.read.to_string()),
        (options.label(Label::PacketsOfMail), packets.mail.to_string()),
        (options.label(Label::PacketsOther), packets.other.to_string()),
        (options.label(Label::PacketsUndecodable), undecodable(options, summary)),
        (
            options.label(Label::MailSessions),
            counts(options, &summary.sessions, Unit::Sessions, |protocol: Protocol| locale::protocol(lang, protocol)),
        ),
        (
            options.label(Label::LogIns),
            match lang {
                Lang::En => counts(options, &summary.credentials, Unit::None, |exposure| {
                    format!("× {}", locale::exposure(lang, exposure))
                }),
                Lang::Zh => {
                    counts(options, &summary.credentials, Unit::Times, |exposure| locale::exposure(lang, exposure))
                }
            },
        ),
        (options.label(Label::MessagesCarried), summary.messages.to_string()),
        (
            options.label(Label::Findings),
            counts(options, &summary.findings, Unit::Findings, |severity| locale::severity(lang, severity)),
        ),
    ];
    if let Some(verdict) = &report.verdict {
        rows.push((options.label(Label::Verdict), locale::verdict(lang, verdict)));
    }
    if let Some(shard) = summary.shard {
        rows.push((options.label(Label::Shard), locale::shard(lang, shard)));
    }
    if let Some(shown) = locale::shown_of(lang, summary) {
        rows.push((options.label(Label::SessionsShown), shown));
    }
    if summary.tls.sessions() > 0 {
        rows.push((options.label(Label::Tls), locale::tls::opened(lang, &summary.tls)));
    }
    if summary.probes.count() > 0 {
        rows.push((options.label(Label::Probes), locale::probes(lang, &summary.probes)));
    }
    heading::pairs(out, options.style, rows)?;
    sources(out, options, report)
}

/// What is counted: Chinese says it behind the number.
#[derive(Debug, Clone, Copy)]
enum Unit {
    None,
    Sessions,
    Times,
    Findings,
}

/// `3 SMTP, 2 IMAP`: each count with its word behind it; in Chinese behind its word, with its unit: `高 2 项、中 5 项`.
fn counts<T: Copy, W: Display>(
    options: &Options,
    counts: &BTreeMap<T, u64>,
    unit: Unit,
    word: impl Fn(T) -> W,
) -> String {
    let is_severity = matches!(unit, Unit::Findings);
    let unit = match unit {
        Unit::None => "",
        Unit::Sessions => " 个",
        Unit::Times => " 次",
        Unit::Findings => " 项",
    };
    let mut counts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(what, count)| match options.lang {
            Lang::En => format!("{count} {}", word(*what)),
            Lang::Zh => format!("{} {count}{unit}", word(*what)),
        })
        .collect();
    if is_severity {
        // The most severe first.
        counts.reverse();
    }
    match (counts.is_empty(), options.lang) {
        (true, _) => options.label(Label::None).to_owned(),
        (false, Lang::En) => counts.join(", "),
        (false, Lang::Zh) => counts.join("、"),
    }
}

fn undecodable(options: &Options, summary: &Summary) -> String {
    let mut lines = vec![summary.packets.undecodable.to_string()];
    let stops = &summary.traffic.stops;
    lines.extend(stops.iter().map(|(&stop, count)| format!("{count} × {}", locale::decode_stop(options.lang, stop))));
    lines.join("\n")
}

fn sources(out: &mut dyn Write, options: &Options, report: &Report) -> io::Result<()> {
    heading::title(out, options.style, options.label(Label::Sources))?;
    let titles =
        [Label::Source, Label::Format, Label::LinkTypes, Label::Packets, Label::FirstPacket, Label::LastPacket]
            .map(|label| options.label(label));
    let moment = |time| options.time.moment(options.lang, time).replace(" UTC", "");
    let time = |time: Option<Time>| time.map(moment).unwrap_or_default();
    let [source, format, links, packets, ..] = titles;
    let [first, last] = [Label::FirstPacket, Label::LastPacket].map(|label| options.time.title(options.lang, label));
    let titles = [source, format, links, packets, &first, &last];
    let rows: Vec<Row> = report
        .sources
        .iter()
        .enumerate()
        .map(|(nth, source)| {
            let mut format = source.format.name().to_owned();
            if let Some(compression) = source.compression {
                format = format!("{format}, {}", compression.name());
            }
            let mut packets = source.packets.to_string();
            if let Some(dropped) = source.dropped {
                packets = format!("{packets}\n{}", options.named(Label::Dropped, &dropped.to_string()));
            }
            let mut name = cell::line(&source.name, FIELD);
            if report.sources.len() > 1 {
                // As in packet numbers: `2:12` is packet 12 of the second source.
                name = format!("{}: {name}", nth + 1);
            }
            if let Some(problem) = &source.problem {
                name = format!("{name}\n{}", options.named(Label::Problem, &cell::line(problem, FIELD)));
            }
            for step in &source.clock_steps {
                let told = locale::clock_step(options.lang, step.packet, step.nanoseconds);
                name = format!("{name}\n{told}");
            }
            let links: Vec<String> = source.link_types.iter().map(ToString::to_string).collect();
            Row::new([name, format, links.join(", "), packets, time(source.first), time(source.last)])
        })
        .collect();
    heading::table(out, options.style, &titles, &rows, &[])
}

/// Writes the bounds that were hit, if any. This table is always shown, whatever the user asked for.
pub fn limits(out: &mut dyn Write, options: &Options, summary: &Summary) -> io::Result<()> {
    if summary.limits_hit.is_empty() {
        return Ok(());
    }
    heading::title(out, options.style, options.label(Label::LimitsHit))?;
    let titles = [Label::Count, Label::LimitsHit].map(|label| options.label(label));
    let rows: Vec<Row> = summary
        .limits_hit
        .iter()
        .map(|(limit, count)| Row::new([count.to_string(), locale::limit(options.lang, limit)]))
        .collect();
    heading::table(out, options.style, &titles, &rows, &[])
}

/// Reports the connections that are no sessions, where the summary is not shown.
pub fn probes(out: &mut dyn Write, options: &Options, summary: &Summary) -> io::Result<()> {
    if summary.probes.count() == 0 {
        return Ok(());
    }
    writeln!(out)?;
    heading::pairs(
        out,
        options.style,
        vec![(options.label(Label::Probes), locale::probes(options.lang, &summary.probes))],
    )
}

/// Says how many sessions were shown, of how many, where the summary is not shown.
pub fn shown(out: &mut dyn Write, options: &Options, summary: &Summary) -> io::Result<()> {
    let Some(shown) = locale::shown_of(options.lang, summary) else { return Ok(()) };
    writeln!(out)?;
    heading::pairs(out, options.style, vec![(options.label(Label::SessionsShown), shown)])
}

/// Reports that the capture has no mail session to show, and what it contains.
pub fn no_mail(out: &mut dyn Write, options: &Options, report: &Report) -> io::Result<()> {
    let held = report.sources.iter().map(|source| source.packets).sum();
    for paragraph in locale::no_mail(options.lang, &report.summary, held) {
        heading::paragraph(out, options.style, &paragraph)?;
    }
    Ok(())
}
