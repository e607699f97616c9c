//! `journeys`: a row a hop of a message's way.

use super::column::{Column, Table};
use super::shared::{address, count, listed, optional, owned, word};
use crate::verdict::{Change, Hop, Journey, Report};
use crate::view::locale::{self, Label};
use crate::view::record::{Hex, enums, identifier};

/// The table of the ways of messages.
#[derive(Debug, Clone, Copy)]
pub struct Journeys;

/// A hop of a message.
#[derive(Debug, Clone, Copy)]
pub struct HopRow<'a> {
    /// From 1: which way it belongs to.
    pub n: u64,
    /// That way.
    pub journey: &'a Journey,
    /// From 0: its place on the way.
    pub nth: usize,
    /// The hop.
    pub hop: &'a Hop,
}

impl HopRow<'_> {
    fn change(&self) -> Option<&Change> {
        self.hop.change.as_ref()
    }
}

impl Table for Journeys {
    const NAME: &'static str = "journeys";
    const ROW: [&'static str; 2] =
        ["A hop of a message that was seen in several sessions.", "在多个会话中出现的邮件的一段路程。"];

    type Row<'a> = HopRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_report(report: &Report) -> Box<dyn Iterator<Item = HopRow<'_>> + '_> {
        Box::new((1..).zip(&report.across.journeys).flat_map(|(n, journey)| {
            journey.hops.iter().enumerate().map(move |(nth, hop)| HopRow { n, journey, nth, hop })
        }))
    }
}

const COLUMNS: &[Column<Journeys>] = &[
    Column::integer(
        "journey",
        "1, 2, …: the hops of one message have the same number.",
        "1、2……：同一邮件的各段序号相同。",
        |_, row: &HopRow<'_>| Some(row.n),
    )
    .titled(Label::Message),
    Column::text(
        "message_id",
        "Message-ID without angle brackets.",
        "Message-ID，不含尖括号。",
        |_, row: &HopRow<'_>| optional(&row.journey.message_id),
    )
    .titled(Label::MessageId),
    Column::boolean(
        "complete",
        "True if the message was seen whole from where it was submitted to where it was delivered or retrieved.",
        "从提交到投递或取回都完整可见则为真。",
        |_, row: &HopRow<'_>| Some(row.journey.complete),
    ),
    Column::integer(
        "hop",
        "1, 2, … in the order of time.",
        "按时间顺序：1、2……。",
        |_, row: &HopRow<'_>| count(row.nth + 1),
    ),
    Column::integer(
        "before",
        "The hop that the change is about; absent for the first.",
        "与之比较的前一段；第一段为空。",
        |_, row: &HopRow<'_>| count(row.hop.before? + 1),
    ),
    Column::time("time", "When its content had crossed.", "内容传完的时间。", |_, row: &HopRow<'_>| {
        Some(row.hop.time)
    })
    .titled(Label::Date),
    Column::integer("session", "The session's `id`.", "会话的 `id`。", |_, row: &HopRow<'_>| {
        Some(row.hop.session.id)
    })
    .titled(Label::Session),
    Column::text("session_uid", "The session's `uid`.", "会话的 `uid`。", |_, row: &HopRow<'_>| {
        owned(identifier(&row.hop.session))
    }),
    Column::integer(
        "message",
        "The message's `n` in that session.",
        "该会话中邮件的 `n`。",
        |_, row: &HopRow<'_>| Some(row.hop.message.into()),
    ),
    Column::text(
        "role",
        "`submitted`, `relayed`, `delivered`, `retrieved`, `appended`.",
        "会话对邮件做了什么。",
        |_, row: &HopRow<'_>| word(enums::Role(row.hop.role).name()),
    ),
    Column::text(
        "from",
        "IP address of the end that it came from.",
        "来源的 IP 地址。",
        |_, row: &HopRow<'_>| address(row.hop.from),
    )
    .titled(Label::From),
    Column::text("to", "IP address of the end that it went to.", "去向的 IP 地址。", |_, row: &HopRow<'_>| {
        address(row.hop.to)
    })
    .titled(Label::To),
    Column::text(
        "outcome",
        "`accepted`, `partly`, `rejected`, `deferred`, `unknown`; absent if it was retrieved.",
        "结果；取回时为空。",
        |_, row: &HopRow<'_>| word(enums::Delivery(row.hop.outcome?).name()),
    )
    .titled(Label::Outcome)
    .in_words(|reading, row: &HopRow<'_>| word(locale::delivery(reading.lang, row.hop.outcome?))),
    Column::integer("size", "Bytes of its content.", "内容的字节数。", |_, row: &HopRow<'_>| Some(row.hop.size))
        .titled(Label::Size),
    Column::text("sha256", "SHA-256 of its content.", "内容的 SHA-256。", |_, row: &HopRow<'_>| {
        owned(Hex(row.hop.sha256))
    }),
    Column::text(
        "match",
        "How it is known to be the same message: `content`, `body`, `message-id`; absent for the first.",
        "由何认定为同一邮件；第一段为空。",
        |_, row: &HopRow<'_>| word(enums::Match(row.hop.by?).name()),
    ),
    Column::text(
        "change_kind",
        "What was changed most: `trace-fields-added`, `fields-changed`, `body-changed`; absent if nothing was.",
        "改动最大之处；无改动则为空。",
        |_, row: &HopRow<'_>| word(enums::ChangeKind(row.change()?.kind).name()),
    )
    .titled(Label::WhatChanged)
    .in_words(|reading, row: &HopRow<'_>| {
        let change = row.change()?;
        owned(locale::change(reading.lang, change.kind, change.body, change.bytes_added))
    }),
    Column::texts(
        "change_fields",
        "List: names of the header fields that are different.",
        "列表：不同的首部字段名。",
        |_, row: &HopRow<'_>| listed(row.change()?.fields.iter().map(|name| &**name)),
    ),
    Column::text(
        "change_body",
        "How the body was changed: `re-encoded`, `appended`, `other`.",
        "正文如何改动。",
        |_, row: &HopRow<'_>| word(enums::BodyChange(row.change()?.body?).name()),
    ),
    Column::integer(
        "change_bytes_added",
        "Bytes by which the content has grown.",
        "内容增加的字节数。",
        |_, row: &HopRow<'_>| Some(row.change()?.bytes_added),
    ),
    Column::text(
        "source_file",
        "The name of the file of the session's first packet, as it was given; `-` is standard input, and live it is the interface.",
        "会话首个分组所在文件的名称，按所给的写法；`-` 为标准输入，实时抓取时为接口名。",
        |reading, row: &HopRow<'_>| reading.source_file(row.hop.session.first_packet),
    ),
];
