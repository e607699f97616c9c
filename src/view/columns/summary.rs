//! `summary`: a row a count, or a fact, about the whole capture.

use super::column::{Column, Reading, Table};
use super::shared::borrowed;
use crate::protocol::Protocol;
use crate::protocol::event::{Exposure, KeyFault};
use crate::session::model::Severity;
use crate::verdict::Report;
use crate::verdict::Verdict;
use crate::view::locale;
use crate::view::record::enums;
use std::borrow::Cow;

/// The table of counts.
#[derive(Debug, Clone, Copy)]
pub struct Summary;

/// A count or a fact.
#[derive(Debug)]
pub struct SummaryRow<'a> {
    name: Cow<'a, str>,
    fact: Fact<'a>,
}

#[derive(Debug)]
enum Fact<'a> {
    Count(u64),
    Text(Cow<'a, str>),
    /// Its words depend on the language.
    Verdict(&'a Verdict),
}

impl Table for Summary {
    const NAME: &'static str = "summary";
    const ROW: [&'static str; 2] = ["A count, or a fact, about the whole capture.", "关于整个抓包的一个数目或事实。"];

    type Row<'a> = SummaryRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_report(report: &Report) -> Box<dyn Iterator<Item = SummaryRow<'_>> + '_> {
        Box::new(rows(report).into_iter())
    }
}

fn rows(report: &Report) -> Vec<SummaryRow<'_>> {
    let mut rows = Vec::new();
    let summary = &report.summary;
    let mut add = |name: String, fact| rows.push(SummaryRow { name: name.into(), fact });
    for protocol in [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap] {
        let count = summary.sessions.get(&protocol).copied().unwrap_or_default();
        add(format!("sessions_{}", enums::Protocol(protocol).name()), Fact::Count(count));
    }
    for exposure in [Exposure::Plaintext, Exposure::Token, Exposure::Hash, Exposure::None] {
        let count = summary.credentials.get(&exposure).copied().unwrap_or_default();
        add(format!("credentials_{}", enums::Exposure(exposure).name()), Fact::Count(count));
    }
    add("messages".to_owned(), Fact::Count(summary.messages));
    for severity in [Severity::Info, Severity::Low, Severity::Medium, Severity::High] {
        let count = summary.findings.get(&severity).copied().unwrap_or_default();
        add(format!("findings_{}", enums::Severity(severity).name()), Fact::Count(count));
    }
    let tls = &summary.tls;
    if tls.sessions() > 0 {
        add("tls_sessions".to_owned(), Fact::Count(tls.sessions()));
        add("tls_decrypted".to_owned(), Fact::Count(tls.decrypted));
        let faults = [
            ("no_secret", KeyFault::NoSecret),
            ("no_handshake", KeyFault::Handshake),
            ("cipher_suite", KeyFault::CipherSuite),
            ("does_not_fit", KeyFault::DoesNotFit),
        ];
        for (name, fault) in faults {
            add(format!("tls_{name}"), Fact::Count(tls.closed_by(fault)));
        }
    }
    add("probes_connections".to_owned(), Fact::Count(summary.probes.count()));
    add("packets_read".to_owned(), Fact::Count(summary.packets.read));
    add("packets_mail".to_owned(), Fact::Count(summary.packets.mail));
    add("packets_other".to_owned(), Fact::Count(summary.packets.other));
    add("packets_undecodable".to_owned(), Fact::Count(summary.packets.undecodable));
    if let Some(verdict) = &report.verdict {
        add("verdict_safe".to_owned(), Fact::Text(enums::Safe(verdict.safe).name().into()));
        add("verdict_delivered".to_owned(), Fact::Text(enums::Delivered(verdict.delivered).name().into()));
        if let Some(cause) = verdict.cause {
            add("verdict_cause".to_owned(), Fact::Text(cause.into()));
        }
        add("verdict_text".to_owned(), Fact::Verdict(verdict));
    }
    if let Some(shard) = summary.shard {
        add("shard_index".to_owned(), Fact::Count(shard.index().into()));
        add("shard_of".to_owned(), Fact::Count(shard.of().into()));
    }
    for (nth, source) in report.sources.iter().enumerate() {
        let mut of_source = |name: &str, fact| add(format!("sources_{nth}_{name}"), fact);
        of_source("name", Fact::Text((&source.name).into()));
        of_source("packets", Fact::Count(source.packets));
        of_source("bytes", Fact::Count(source.bytes));
        for (name, time) in [("first", source.first), ("last", source.last)] {
            if let Some(time) = time {
                of_source(name, Fact::Text(time.to_string().into()));
            }
        }
        if let Some(dropped) = source.dropped {
            of_source("dropped", Fact::Count(dropped));
        }
        if let Some(problem) = source.problem.as_deref() {
            of_source("problem", Fact::Text(problem.into()));
        }
    }
    for (limit, count) in summary.limits_hit.iter() {
        add(format!("limits_hit_{}", limit.name()), Fact::Count(count));
    }
    rows
}

fn text<'r>(reading: &Reading, row: &'r SummaryRow<'_>) -> Option<Cow<'r, str>> {
    match &row.fact {
        Fact::Count(_) => None,
        Fact::Text(text) => borrowed(text),
        Fact::Verdict(verdict) => Some(locale::verdict(reading.lang, verdict).into()),
    }
}

const COLUMNS: &[Column<Summary>] = &[
    Column::text(
        "name",
        "What it is: the JSON's name within `summary`, with `_` between the names; files as `sources_0_…`, in the order read; \
         what was left out as `limits_hit_…`.",
        "名称：JSON 的 `summary` 中的名字，以 `_` 相连；文件为 `sources_0_…`，按读取顺序；因限制而略去的为 `limits_hit_…`。",
        |_, row: &SummaryRow<'_>| borrowed(&row.name),
    ),
    Column::integer("value", "A count.", "数目。", |_, row: &SummaryRow<'_>| match row.fact {
        Fact::Count(count) => Some(count),
        Fact::Text(_) | Fact::Verdict(_) => None,
    }),
    Column::text("text", "A fact that is no count.", "不是数目的事实。", |reading, row: &SummaryRow<'_>| {
        text(reading, row)
    }),
];
