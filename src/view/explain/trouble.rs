//! What failed and why, and what is not safe.

use super::page::{Answer, Cell, Evidence, block, line, packet_list};
use super::people::session;
use crate::protocol::Protocol;
use crate::session::model::Outcome;
use crate::verdict::conclusion::Safe;
use crate::verdict::explain::{Explanation, Failed, Packets, Quote};
use crate::verdict::{Class, FindingAcross, rules};
use crate::view::locale::FindingWords;
use crate::view::locale::explain::{self as words, word};
use crate::view::locale::question::{Question, Word};
use crate::view::{Lang, locale};

/// Packets named as evidence of a finding of several sessions.
const PACKETS: usize = 6;

fn quoted(lang: Lang, quotes: &[Quote]) -> String {
    let said: Vec<String> = quotes.iter().map(|quote| said(lang, quote)).collect();
    said.join("\n")
}

/// The words, with their packets.
fn said(lang: Lang, quote: &Quote) -> String {
    let packets = packet_list(&quote.packets).join(", ");
    match lang {
        Lang::En => format!("{} ({packets})", block(&quote.text)),
        Lang::Zh => format!("{}（{packets}）", block(&quote.text)),
    }
}

/// Title, detail and remedy, one below the other.
fn in_words(lang: Lang, finding: FindingWords) -> String {
    let FindingWords { title, detail, remedy, reference: _ } = finding;
    let remedy = match (remedy.is_empty(), lang) {
        (true, _) => String::new(),
        (false, Lang::En) => format!("\n{}: {remedy}", word(lang, Word::Remedy)),
        (false, Lang::Zh) => format!("\n{}：{remedy}", word(lang, Word::Remedy)),
    };
    format!("{title}\n{detail}{remedy}")
}

pub(super) fn failures(lang: Lang, it: &Explanation) -> Answer {
    let across: Vec<&FindingAcross> = failed_across(it, Class::Failure);
    let recipients = it.failed.list.iter().map(|failed| failed.refused.count()).sum();
    let mut answer = Answer {
        id: "failures",
        question: words::question(lang, Question::Failures),
        says: Vec::new(),
        evidence: Vec::new(),
    };
    answer.says.push(match it.failed.count() {
        0 if it.sessions.list.is_empty() => word(lang, Word::NotShown).to_owned(),
        0 if across.is_empty() => word(lang, Word::NothingFailed).to_owned(),
        0 => word(lang, Word::FailedAcross).to_owned(),
        sessions => words::failed(lang, sessions, recipients),
    });
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for failed in &it.failed.list {
        for (finding, packets, quotes) in &failed.findings {
            rows.push(vec![
                session(lang, &failed.session).into(),
                in_words(lang, locale::finding(lang, finding)).into(),
                quoted(lang, quotes).into(),
                packets.into(),
            ]);
        }
    }
    for finding in across {
        rows.push(vec![
            sessions_of(lang, finding).into(),
            in_words(lang, locale::finding_across(lang, finding)).into(),
            "".into(),
            evidence_of(finding),
        ]);
    }
    if !rows.is_empty() {
        answer.evidence.push(Evidence {
            id: "failures",
            title: None,
            columns: vec![
                ("session", word(lang, Word::Session)),
                ("failure", word(lang, Word::Failure)),
                ("server_said", word(lang, Word::ServerSaid)),
                ("packets", word(lang, Word::Packets)),
            ],
            rows,
            more: it.failed.more,
        });
    }
    answer.evidence.extend(refused(lang, &it.failed.list));
    answer
}

fn failed_across(it: &Explanation, class: Class) -> Vec<&FindingAcross> {
    it.across.iter().filter(|(of, _)| *of == class).map(|(_, finding)| finding).collect()
}

fn sessions_of(lang: Lang, finding: &FindingAcross) -> String {
    match finding.evidence.len() {
        0 => word(lang, Word::AcrossSessions).to_owned(),
        count => {
            let mut ids: Vec<u64> = finding.evidence.iter().map(|evidence| evidence.session.id).take(PACKETS).collect();
            ids.dedup();
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            format!("{}{}", ids.join(", "), if count > PACKETS { ", …" } else { "" })
        }
    }
}

fn evidence_of(finding: &FindingAcross) -> Cell {
    let packets = finding.evidence.iter().flat_map(|evidence| evidence.packets.iter().copied().take(PACKETS));
    (&Packets::single(packets)).into()
}

fn refused(lang: Lang, failed: &[Failed]) -> Option<Evidence> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut more = 0;
    for one in failed {
        more += one.refused.more;
        for refused in &one.refused.list {
            let outcome = match refused.outcome {
                Outcome::Deferred => word(lang, Word::Deferred),
                _ => word(lang, Word::Rejected),
            };
            rows.push(vec![
                session(lang, &one.session).into(),
                line(&refused.address).into(),
                outcome.into(),
                refused.reply.as_ref().map(|quote| block(&quote.text)).unwrap_or_default().into(),
                refused.reply.as_ref().map_or_else(|| Cell::Packets(Vec::new()), |quote| (&quote.packets).into()),
            ]);
        }
    }
    (!rows.is_empty()).then(|| Evidence {
        id: "recipients",
        title: None,
        columns: vec![
            ("session", word(lang, Word::Session)),
            ("recipient", word(lang, Word::Recipient)),
            ("outcome", word(lang, Word::Outcome)),
            ("server_said", word(lang, Word::ServerSaid)),
            ("packets", word(lang, Word::Packets)),
        ],
        rows,
        more,
    })
}

pub(super) fn safety(lang: Lang, it: &Explanation) -> Answer {
    let verdict = &it.verdict;
    let mut says = Vec::new();
    match it.sessions.list.is_empty() {
        true => says.push(word(lang, Word::NotShown).to_owned()),
        false => says.push(locale::safety(lang, verdict).unwrap_or_else(|| word(lang, Word::NotShown).to_owned())),
    }
    let protocols = [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap];
    says.extend(protocols.into_iter().filter(|&one| it.was_unsafe(one)).map(|one| words::advice(lang, one).to_owned()));
    if verdict.safe == Safe::Yes {
        says.push(word(lang, Word::AlreadySafe).to_owned());
    }
    if !it.sessions.list.is_empty() {
        says.push(word(lang, Word::EndToEnd).to_owned());
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for group in &it.weaknesses {
        let Some(rule) = rules::find(group.id) else { continue };
        let text = locale::text(lang, &rule.words);
        let (title, detail, remedy) = (text.title, text.detail.to_owned(), text.remedy);
        let general = FindingWords { title, detail: detail.into(), remedy, reference: None };
        let place = words::in_sessions(lang, group.sessions, group.first.session.id);
        rows.push(vec![
            in_words(lang, general).into(),
            place.into(),
            (&Packets::single(group.first.packets.iter().copied().take(PACKETS))).into(),
        ]);
    }
    for finding in failed_across(it, Class::Weakness) {
        rows.push(vec![
            in_words(lang, locale::finding_across(lang, finding)).into(),
            sessions_of(lang, finding).into(),
            evidence_of(finding),
        ]);
    }
    let mut evidence = Vec::new();
    if !rows.is_empty() {
        evidence.push(Evidence {
            id: "weaknesses",
            title: None,
            columns: vec![
                ("weakness", word(lang, Word::Weakness)),
                ("session", word(lang, Word::Session)),
                ("packets", word(lang, Word::Packets)),
            ],
            rows,
            more: 0,
        });
    }
    Answer { id: "safety", question: words::question(lang, Question::Safety), says, evidence }
}
