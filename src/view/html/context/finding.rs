//! Findings: those of a session, and of all sessions by rule.

use super::text::Text;
use crate::session::model::{Facts, Finding as Model, Session, Severity};
use crate::verdict::{AcrossReport, Evidence, FindingAcross, Group};
use crate::view::Lang;
use crate::view::display_filter::{of_packets, packets_of};
use crate::view::escape;
use crate::view::locale::{self, FindingWords};
use crate::view::packet::shown;
use crate::view::table::numbers;
use serde::Serialize;
use std::collections::BTreeMap;

/// Sessions that show a finding, of those that are named.
const SESSIONS: usize = 8;
/// Packets of each.
const PACKETS: usize = 6;
/// Characters of what an occurrence says.
const SAID: usize = 300;
/// Packets of all of them that a filter is made of.
const FILTERED: usize = 2_000;

/// What is wrong, weak or worth knowing.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The name of the rule.
    pub id: &'static str,
    /// `info`, `low`, `medium`, `high`.
    pub severity: &'static str,
    /// That in words.
    pub severity_text: Text,
    /// What it is, in a few words.
    pub title: Text,
    /// What it means; of a single session, with its facts.
    pub detail: Text,
    /// What the first occurrences say, where sessions differ.
    pub says: Vec<Said>,
    /// Further occurrences that say something of their own.
    pub more_says: u64,
    /// What to do about it.
    pub remedy: Text,
    /// The source: a section of an RFC, a CVE.
    pub reference: Option<&'static str>,
    /// How often it was found.
    pub count: u64,
    /// In how many sessions.
    pub sessions: u64,
    /// With how many servers; 0 where it is not counted.
    pub servers: u64,
    /// The first sessions that show it.
    pub evidence: Vec<Shown>,
    /// Only several sessions together show it.
    pub across: bool,
    /// What selects the packets of the evidence in Wireshark, for each file.
    pub filters: Vec<Filter>,
    /// These packets.
    #[serde(skip)]
    packets: Vec<u64>,
}

/// What an occurrence of a finding says.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// The session.
    pub session: u64,
    /// Its facts.
    pub text: Text,
}

/// A display filter of Wireshark's.
#[derive(Debug, Clone, Serialize)]
pub struct Filter {
    /// The number of the file, from 1, of which the packet numbers are.
    pub file: usize,
    /// The filter.
    pub text: String,
}

/// A session that shows a finding.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Its number.
    pub session: u64,
    /// The packets, as people read them.
    pub packets: Vec<String>,
    /// The first step.
    pub step: Option<u32>,
}

/// The name of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

/// The finding of a session.
pub fn of_session(session: &Session, found: &Model) -> Finding {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::finding(lang, found));
    Finding {
        count: 1,
        sessions: 1,
        evidence: vec![evidence(session, found)],
        filters: filters(packets_of(session, found)),
        ..worded(found.id, found.severity, en, zh)
    }
}

fn worded(id: &'static str, level: Severity, en: FindingWords, zh: FindingWords) -> Finding {
    Finding {
        id,
        severity: severity(level),
        severity_text: Text::of(|lang| locale::severity(lang, level)),
        title: Text { en: en.title.to_owned(), zh: zh.title.to_owned() },
        detail: Text { en: en.detail.into_owned(), zh: zh.detail.into_owned() },
        says: Vec::new(),
        more_says: 0,
        remedy: Text { en: en.remedy.to_owned(), zh: zh.remedy.to_owned() },
        reference: en.reference,
        count: 0,
        sessions: 0,
        servers: 0,
        evidence: Vec::new(),
        across: false,
        filters: Vec::new(),
        packets: Vec::new(),
    }
}

fn filters(packets: Vec<u64>) -> Vec<Filter> {
    of_packets(packets).into_iter().map(|(file, text)| Filter { file: file + 1, text }).collect()
}

fn evidence(session: &Session, found: &Model) -> Shown {
    let steps = found.steps.iter().filter_map(|&n| session.step(n)).map(numbers);
    let packets = steps.chain(found.packets.iter().map(|&packet| shown(packet))).take(PACKETS).collect();
    Shown { session: session.id, packets, step: found.steps.first().copied() }
}

impl Finding {
    /// Adds a further occurrence to the evidence, as far as there is room.
    fn again(&mut self, session: &Session, found: &Model) {
        let further = evidence(session, found);
        let has_room = self.evidence.len() < SESSIONS;
        match self.evidence.iter_mut().find(|one| one.session == session.id) {
            Some(one) => {
                let new = further.packets.into_iter().filter(|packet| !one.packets.contains(packet));
                let new: Vec<String> = new.take(PACKETS.saturating_sub(one.packets.len())).collect();
                one.packets.extend(new);
            }
            None if has_room => self.evidence.push(further),
            None => return,
        }
        let room = FILTERED.saturating_sub(self.packets.len());
        self.packets.extend(packets_of(session, found).into_iter().take(room));
    }
}

/// What the findings of each rule look like in the first sessions that have one.
#[derive(Debug, Default)]
pub struct Grouped(BTreeMap<&'static str, Finding>);

impl Grouped {
    /// Adds those of a session.
    pub fn add(&mut self, session: &Session) {
        for found in &session.findings {
            match self.0.get_mut(found.id) {
                None => {
                    let packets = packets_of(session, found).into_iter().take(FILTERED).collect();
                    drop(self.0.insert(found.id, Finding { packets, ..of_session(session, found) }));
                }
                Some(known) => known.again(session, found),
            }
        }
    }

    /// The findings by rule with their counts, and those that span sessions: the most severe first.
    pub fn finish(mut self, across: &AcrossReport) -> Vec<Finding> {
        let mut findings: Vec<(Severity, Finding)> = across.findings.iter().map(spanning).collect();
        for group in &across.groups {
            let Some(mut finding) = self.0.remove(group.id) else { continue };
            finding.severity = severity(group.severity);
            finding.severity_text = Text::of(|lang| locale::severity(lang, group.severity));
            (finding.count, finding.sessions, finding.servers) = (group.count, group.sessions, group.servers);
            finding.evidence.sort_by_key(|one| one.session);
            finding.filters = filters(std::mem::take(&mut finding.packets));
            tell(&mut finding, group);
            findings.push((group.severity, finding));
        }
        findings.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        findings.into_iter().map(|(_, finding)| finding).collect()
    }
}

/// The explanation once, and what the occurrences say.
fn tell(finding: &mut Finding, group: &Group) {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::rule(lang, group.id));
    finding.detail = Text { en: en.detail.into_owned(), zh: zh.detail.into_owned() };
    let said = |(session, facts): &(u64, Facts)| {
        let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::occurrence(lang, group.id, facts));
        let cut = |text: String| match escape::cut(&text, SAID) {
            (text, true) => format!("{text}…"),
            _ => text,
        };
        Some(Said { session: *session, text: Text { en: cut(en?), zh: cut(zh?) } })
    };
    finding.says = group.occurrences.iter().filter_map(said).collect();
    finding.more_says = group.more;
}

fn spanning(found: &FindingAcross) -> (Severity, Finding) {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::finding_across(lang, found));
    let shown = |one: &Evidence| Shown {
        session: one.session.id,
        packets: one.packets.iter().take(PACKETS).map(|&packet| shown(packet)).collect(),
        step: one.steps.first().copied(),
    };
    let finding = Finding {
        count: found.told.len() as u64 + found.more,
        sessions: found.evidence.len() as u64,
        evidence: found.evidence.iter().take(SESSIONS).map(shown).collect(),
        across: true,
        filters: filters(found.evidence.iter().flat_map(|one| one.packets.iter().copied()).take(FILTERED).collect()),
        ..worded(found.rule.id, found.severity, en, zh)
    };
    (found.severity, finding)
}
