//! `details`: a row a finding of a session.

use super::column::{Column, Reading, Table};
use super::shared::{
    Of, address, borrowed, listed, numbers, owned, packets_elsewhere, packets_of, people, source, word,
};
use crate::session::Session;
use crate::session::model::{Facts, Finding, Key};
use crate::view::locale::{self, Label};
use crate::view::record::{enums, fact_value};
use serde_json::Value;
use std::borrow::Cow;

/// The table of the findings of each session.
#[derive(Debug, Clone, Copy)]
pub struct Details;

/// A finding of a session.
pub struct DetailRow<'a> {
    /// The session.
    pub of: Of<'a>,
    /// The finding.
    pub finding: &'a Finding,
}

impl DetailRow<'_> {
    /// The packets that show it: of its steps, and those that are no steps.
    fn evidence(&self) -> Vec<u64> {
        let steps = self.finding.steps.iter().filter_map(|&n| self.of.session.step(n));
        let mut packets: Vec<u64> = steps.flat_map(|step| step.packets.iter()).collect();
        packets.extend(&self.finding.packets);
        packets.sort_unstable();
        packets.dedup();
        packets
    }
}

impl Table for Details {
    const NAME: &'static str = "details";
    const ROW: [&'static str; 2] = ["A finding of one session.", "一个会话中的一项发现。"];

    type Row<'a> = DetailRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_session(session: &Session) -> Box<dyn Iterator<Item = DetailRow<'_>> + '_> {
        let of = Of::new(session);
        Box::new(session.findings.iter().map(move |finding| DetailRow { of: of.clone(), finding }))
    }
}

/// `name=value` for each fact that is no words.
fn named<'a>(reading: &Reading, facts: &Facts) -> Option<Vec<Cow<'a, str>>> {
    listed(facts.list.iter().filter_map(|(key, fact)| {
        let value = match fact_value(fact, reading.options())? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Some(format!("{}={value}", Key::name(*key)))
    }))
}

const COLUMNS: &[Column<Details>] = &[
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &DetailRow<'_>| {
        Some(row.of.session.id)
    })
    .titled(Label::Session),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &DetailRow<'_>| {
        borrowed(&row.of.uid)
    }),
    Column::text("protocol", "`smtp`, `lmtp`, `pop3`, `imap`.", "协议。", |_, row: &DetailRow<'_>| {
        word(enums::Protocol(row.of.session.protocol).name())
    }),
    Column::text("client_ip", "The client's IP address.", "客户的 IP 地址。", |_, row: &DetailRow<'_>| {
        address(row.of.session.transport.endpoints.client.ip())
    }),
    Column::text("server_ip", "The server's IP address.", "服务器的 IP 地址。", |_, row: &DetailRow<'_>| {
        address(row.of.session.transport.endpoints.server.ip())
    }),
    Column::integer("server_port", "Its port.", "其端口。", |_, row: &DetailRow<'_>| {
        Some(row.of.session.transport.endpoints.server.port().into())
    }),
    Column::text(
        "id",
        "The rule, a stable name: see `docs/findings.md`.",
        "规则，名称不变：见 `docs/findings.md`。",
        |_, row: &DetailRow<'_>| word(row.finding.id),
    ),
    Column::text("severity", "`info`, `low`, `medium`, `high`.", "严重程度。", |_, row: &DetailRow<'_>| {
        word(enums::Severity(row.finding.severity).name())
    })
    .titled(Label::Severity)
    .in_words(|reading, row: &DetailRow<'_>| word(locale::severity(reading.lang, row.finding.severity))),
    Column::text("class", "`failure`, `weakness`, `remark`.", "类别。", |_, row: &DetailRow<'_>| {
        word(enums::Class(row.finding.class).name())
    }),
    Column::text(
        "title",
        "What it is, in the language asked for.",
        "是什么，用所选语言。",
        |reading, row: &DetailRow<'_>| borrowed(locale::finding(reading.lang, row.finding).title),
    )
    .titled(Label::Finding),
    Column::text(
        "detail",
        "What it means, and a sentence for each occurrence.",
        "含义，以及每次出现的说明。",
        |reading, row: &DetailRow<'_>| owned(locale::finding(reading.lang, row.finding).detail),
    )
    .titled(Label::Meaning),
    Column::text("remedy", "What to do about it.", "如何处理。", |reading, row: &DetailRow<'_>| {
        borrowed(locale::finding(reading.lang, row.finding).remedy)
    })
    .titled(Label::Remedy),
    Column::text("reference", "An RFC section or a CVE.", "RFC 章节或 CVE。", |reading, row: &DetailRow<'_>| {
        borrowed(locale::finding(reading.lang, row.finding).reference?)
    }),
    Column::texts(
        "facts",
        "List: the first occurrence in values, each as `name=value`.",
        "列表：首次出现的各项值，写作 `名称=值`。",
        |reading, row: &DetailRow<'_>| named(reading, row.finding.facts.first()?),
    ),
    Column::integer(
        "occurrences",
        "How often it occurs in the session, where it is told by occurrence.",
        "会话中出现的次数（按次说明时）。",
        |_, row: &DetailRow<'_>| {
            let told = row.finding.facts.len() as u64;
            Some(told.saturating_add(row.finding.more)).filter(|&count| count > 0)
        },
    ),
    Column::text(
        "because_of",
        "The `id` of the finding that explains it.",
        "解释它的那项发现的 `id`。",
        |_, row: &DetailRow<'_>| word(row.finding.because_of?),
    ),
    Column::text(
        "no",
        "Numbers of the packets that show it, as people read them.",
        "证据分组的序号，供人阅读。",
        |_, row: &DetailRow<'_>| people(row.evidence()),
    )
    .titled(Label::Evidence),
    Column::integers(
        "steps",
        "List: the `n` of the steps that show it.",
        "列表：证据步骤的 `n`。",
        |_, row: &DetailRow<'_>| numbers(row.finding.steps.iter().map(|&n| n.into())),
    ),
    Column::integers(
        "packets",
        "List: the packets that show it, within `packet_source`: those of its steps and others.",
        "列表：`packet_source` 中的证据分组。",
        |_, row: &DetailRow<'_>| packets_of(row.evidence().into_iter(), row.of.session.source()),
    ),
    Column::integer(
        "packet_source",
        "The file of `packets`, from 0 in the order read.",
        "`packets` 所在的文件，按读取顺序从 0 起。",
        |_, row: &DetailRow<'_>| source(row.of.session.transport.first.packet),
    ),
    Column::texts(
        "packets_elsewhere",
        "List: packets of other files, each as `packet_source:number`.",
        "列表：其他文件中的分组，写作 `packet_source:序号`。",
        |_, row: &DetailRow<'_>| packets_elsewhere(row.evidence().into_iter(), row.of.session.source()),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &DetailRow<'_>| reading.source_file(row.of.session.transport.first.packet),
    ),
];
