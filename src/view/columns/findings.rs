//! `findings`: a row a rule that found something, over all sessions, and a row a finding that only several sessions show.

use super::column::{Column, Table};
use super::shared::{borrowed, count, numbers, owned, packets_elsewhere, packets_of, people, source, word};
use crate::capture::number;
use crate::session::model::Severity;
use crate::verdict::{Evidence, FindingAcross, Group, Report, rules};
use crate::view::Lang;
use crate::view::locale::{self, Label};
use crate::view::record::{enums, identifier};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The table of findings, grouped over sessions.
#[derive(Debug, Clone, Copy)]
pub struct Findings;

/// Findings that belong together.
#[derive(Debug, Clone, Copy)]
pub enum FindingRow<'a> {
    /// The findings of one rule in all sessions.
    Group(&'a Group),
    /// What only several sessions together show.
    Across(&'a FindingAcross),
}

impl FindingRow<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::Group(group) => group.id,
            Self::Across(finding) => finding.rule.id,
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::Group(group) => group.severity,
            Self::Across(finding) => finding.severity,
        }
    }

    fn first(&self) -> Option<&Evidence> {
        match self {
            Self::Group(group) => Some(&group.first),
            Self::Across(finding) => finding.evidence.first(),
        }
    }

    fn packets(&self) -> Option<(&[u64], usize)> {
        let packets = &self.first()?.packets;
        Some((packets, number::source(*packets.first()?)))
    }

    /// What the first occurrences say.
    fn facts(&self, lang: Lang) -> Option<Cow<'static, str>> {
        let Self::Group(group) = self else { return None };
        let said = group.occurrences.iter().filter_map(|(session, facts)| {
            let said = locale::occurrence(lang, group.id, facts)?;
            let (name, colon) = (locale::label(lang, Label::Session), if lang == Lang::En { ": " } else { "：" });
            Some(if group.sessions > 1 { format!("{name} {session}{colon}{said}") } else { said })
        });
        let more = (group.more > 0).then(|| format!("… +{}", group.more));
        let lines: Vec<String> = said.chain(more).collect();
        (!lines.is_empty()).then(|| Cow::Owned(lines.join("\n")))
    }

    fn detail(&self, lang: Lang) -> Option<Cow<'static, str>> {
        match self {
            Self::Group(group) => word(locale::text(lang, &rules::find(group.id)?.words).detail),
            Self::Across(finding) => owned(locale::finding_across(lang, finding).detail),
        }
    }
}

impl Table for Findings {
    const NAME: &'static str = "findings";
    const ROW: [&'static str; 2] = [
        "The findings of one rule in all sessions, or one that only several sessions together show.",
        "一条规则在所有会话中的发现，或只有多个会话一起才能显示的一项发现。",
    ];

    type Row<'a> = FindingRow<'a>;

    fn columns() -> &'static [Column<Self>] {
        COLUMNS
    }

    fn of_report(report: &Report) -> Box<dyn Iterator<Item = FindingRow<'_>> + '_> {
        let across = report.across.findings.iter().map(FindingRow::Across);
        let mut rows: Vec<FindingRow<'_>> = across.chain(report.across.groups.iter().map(FindingRow::Group)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.severity()));
        Box::new(rows.into_iter())
    }
}

const COLUMNS: &[Column<Findings>] = &[
    Column::text(
        "id",
        "The rule, a stable name: see `docs/findings.md`.",
        "规则，名称不变：见 `docs/findings.md`。",
        |_, row: &FindingRow<'_>| word(row.id()),
    ),
    Column::text(
        "severity",
        "The highest among them: `info`, `low`, `medium`, `high`.",
        "其中最高的严重程度。",
        |_, row: &FindingRow<'_>| word(enums::Severity(row.severity()).name()),
    )
    .titled(Label::Severity)
    .in_words(|reading, row: &FindingRow<'_>| word(locale::severity(reading.lang, row.severity()))),
    Column::text(
        "title",
        "What it is, in the language asked for.",
        "是什么，用所选语言。",
        |reading, row: &FindingRow<'_>| {
            borrowed(match row {
                FindingRow::Group(group) => locale::rule(reading.lang, group.id).title,
                FindingRow::Across(finding) => locale::finding_across(reading.lang, finding).title,
            })
        },
    )
    .titled(Label::Finding),
    Column::text(
        "detail",
        "What it means; across sessions, a sentence for each occurrence too.",
        "含义；跨会话时还有每次出现的说明。",
        |reading, row: &FindingRow<'_>| row.detail(reading.lang),
    )
    .titled(Label::Meaning),
    Column::text(
        "facts",
        "What the first occurrences say that differ, with their sessions: a line for each.",
        "最先几次各不相同的情况及其会话：每次一行。",
        |reading, row: &FindingRow<'_>| row.facts(reading.lang),
    )
    .titled(Label::Facts),
    Column::text("remedy", "What to do about it.", "如何处理。", |reading, row: &FindingRow<'_>| {
        borrowed(locale::text(reading.lang, &rules::find(row.id())?.words).remedy)
    })
    .titled(Label::Remedy),
    Column::text("reference", "An RFC section or a CVE.", "RFC 章节或 CVE。", |_, row: &FindingRow<'_>| {
        borrowed(rules::find(row.id())?.reference?)
    }),
    Column::boolean(
        "across",
        "True if only several sessions together show it.",
        "只有多个会话一起才能显示则为真。",
        |_, row: &FindingRow<'_>| Some(matches!(row, FindingRow::Across(_))),
    ),
    Column::integer("count", "How many findings there are.", "发现的次数。", |_, row: &FindingRow<'_>| match row {
        FindingRow::Group(group) => Some(group.count),
        FindingRow::Across(_) => Some(1),
    })
    .titled(Label::Count),
    Column::integer("sessions", "In how many sessions.", "涉及的会话数。", |_, row: &FindingRow<'_>| match row {
        FindingRow::Group(group) => Some(group.sessions),
        FindingRow::Across(finding) => count(finding.evidence.len()),
    })
    .titled(Label::Sessions),
    Column::integer(
        "servers",
        "With how many servers, by address and port; up to 1,000.",
        "涉及的服务器数（按地址与端口），最多 1,000。",
        |_, row: &FindingRow<'_>| match row {
            FindingRow::Group(group) => Some(group.servers),
            FindingRow::Across(finding) => {
                let servers: BTreeSet<_> = finding.evidence.iter().map(|one| one.session.endpoints.server).collect();
                count(servers.len())
            }
        },
    )
    .titled(Label::Servers),
    Column::integer(
        "first_session",
        "The first session that shows it.",
        "首个显示它的会话。",
        |_, row: &FindingRow<'_>| Some(row.first()?.session.id),
    )
    .titled(Label::Session),
    Column::text("first_session_uid", "That session's `uid`.", "该会话的 `uid`。", |_, row: &FindingRow<'_>| {
        owned(identifier(&row.first()?.session))
    }),
    Column::integers(
        "first_steps",
        "List: the `n` of the steps of that session that show it.",
        "列表：该会话中证据步骤的 `n`。",
        |_, row: &FindingRow<'_>| numbers(row.first()?.steps.iter().map(|&n| n.into())),
    ),
    Column::text(
        "no",
        "Numbers of the first packets of that session that show it, as people read them.",
        "该会话中最初的证据分组序号，供人阅读。",
        |_, row: &FindingRow<'_>| people(row.packets()?.0.iter().copied()),
    )
    .titled(Label::Evidence),
    Column::integers(
        "first_packets",
        "List: the same, within `packet_source`.",
        "列表：同上，在 `packet_source` 中。",
        |_, row: &FindingRow<'_>| {
            let (packets, source) = row.packets()?;
            packets_of(packets.iter().copied(), source)
        },
    ),
    Column::integer(
        "packet_source",
        "The file of `first_packets`, from 0 in the order read.",
        "`first_packets` 所在的文件，按读取顺序从 0 起。",
        |_, row: &FindingRow<'_>| source(*row.packets()?.0.first()?),
    ),
    Column::texts(
        "packets_elsewhere",
        "List: packets of other files, each as `packet_source:number`.",
        "列表：其他文件中的分组，写作 `packet_source:序号`。",
        |_, row: &FindingRow<'_>| {
            let (packets, source) = row.packets()?;
            packets_elsewhere(packets.iter().copied(), source)
        },
    ),
];
