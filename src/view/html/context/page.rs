//! The page as a whole.

use super::session::{Row, found, line};
use super::words::{Words, both};
use crate::verdict::conclusion::Safe;
use crate::verdict::explain::Explanation;
use crate::verdict::{Evidence, FindingAcross, Group, Journey, Report};
use crate::view::explain::{self, page};
use crate::view::html::LeftOut;
use crate::view::locale::{self, FindingWords};
use crate::view::packet::shown;
use crate::view::table::{self, Ledger, Mark};
use crate::view::Lang;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;
use std::io;

/// Packet numbers shown as the evidence in one session.
const PACKETS: usize = 8;
/// Sessions shown as evidence.
const SESSIONS: usize = 12;
/// Journeys whose hops are listed.
const JOURNEYS: usize = 200;
/// Most characters of a file's name or a problem.
const FIELD: usize = 300;

/// What the templates are given.
#[derive(Debug, Serialize)]
pub struct Context {
    /// The version of mailtap.
    version: &'static str,
    /// The language that the page opens in: `en`, `zh`.
    lang: &'static str,
    /// Secrets have been masked.
    redacted: bool,
    /// The capture's verdict.
    verdict: Words,
    /// `yes`, `no`, `unknown`: whether it was safe.
    safe: &'static str,
    /// The files or interfaces.
    sources: Vec<Source>,
    /// Packets: read, of mail.
    packets: [u64; 2],
    /// When the first packet was captured, and the last: UTC.
    span: [String; 2],
    /// How many sessions.
    sessions_all: u64,
    /// Sessions of each protocol.
    protocols: Vec<(String, u64)>,
    /// The timeline of sessions.
    timeline: String,
    /// What was found, the most severe first.
    findings: Vec<Grouped>,
    /// How many rules looked.
    rules: usize,
    /// The questions of a lab report, with their answers.
    questions: Vec<Question>,
    /// Attempts to log in: packets, ends with mechanism, user, password, outcome, how often.
    logins: Vec<Login>,
    /// Further attempts.
    logins_left_out: u64,
    /// Who logs in, how often.
    frequency: Vec<Words>,
    /// The sessions.
    sessions: Vec<Row>,
    /// Their details in HTML, with a mark for those that stand in the page as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<(bool, String)>,
    /// What the bounds left out.
    left_out: LeftOut,
    /// The ways of messages, drawn.
    lanes: String,
    /// The ways of messages.
    journeys: Vec<Way>,
    /// Bounds that cost something.
    limits: Vec<Words>,
    /// A capture without mail: what it has instead.
    no_mail: Vec<Words>,
    /// The JSON, a line for each session.
    data: String,
}

/// A file or an interface.
#[derive(Debug, Serialize)]
struct Source {
    name: String,
    format: String,
    packets: u64,
    problem: String,
}

/// A kind of finding.
#[derive(Debug, Serialize)]
struct Grouped {
    #[serde(flatten)]
    told: super::session::Told,
    /// How many there are.
    count: u64,
    /// In how many sessions.
    sessions: u64,
    /// With how many servers.
    servers: u64,
    /// Sessions and packets that show it.
    evidence: Vec<Shown>,
}

/// Evidence in a session.
#[derive(Debug, Serialize)]
struct Shown {
    session: u64,
    packets: String,
}

/// A question with its answer.
#[derive(Debug, Serialize)]
struct Question {
    question: Words,
    says: Vec<Words>,
    tables: Vec<Table>,
}

/// A table that shows an answer.
#[derive(Debug, Serialize)]
struct Table {
    title: Words,
    columns: Vec<Words>,
    /// Which column is a password, if any.
    secret: Option<usize>,
    rows: Vec<Vec<Words>>,
    more: u64,
}

/// An attempt to log in.
#[derive(Debug, Serialize)]
struct Login {
    packets: String,
    ends: Words,
    user: Words,
    password: Words,
    /// The password can be read.
    secret: bool,
    outcome: Words,
    times: String,
}

/// The way of a message.
#[derive(Debug, Serialize)]
struct Way {
    message_id: String,
    hops: Vec<Hop>,
}

/// A session that a message crossed in.
#[derive(Debug, Serialize)]
struct Hop {
    session: u64,
    role: Words,
    time: String,
    from: String,
    to: String,
    bytes: u64,
    change: Words,
}

/// What a page is made of.
pub struct Parts<'a> {
    /// What is known of the capture.
    pub report: &'a Report,
    /// The answers to a lab report's questions.
    pub explanation: &'a Explanation,
    /// The attempts to log in, in each language.
    pub ledgers: &'a [Ledger; 2],
    /// The list of sessions.
    pub rows: Vec<Row>,
    /// Their details.
    pub details: Vec<(bool, String)>,
    /// What the bounds left out.
    pub left_out: LeftOut,
    /// The language.
    pub lang: Lang,
    /// Secrets have been masked.
    pub redacted: bool,
    /// The JSON.
    pub data: String,
}

impl Context {
    /// Puts the page together.
    pub fn new(parts: Parts<'_>) -> Self {
        let Parts { report, explanation, ledgers, rows, details, left_out, lang, redacted, data } = parts;
        let summary = &report.summary;
        let sessions_all: u64 = summary.sessions.values().sum();
        let verdict = report.verdict.clone().unwrap_or_default();
        let time = |time: Option<crate::capture::Time>| {
            time.and_then(crate::capture::Time::known).map(table::second).unwrap_or_default()
        };
        let first = report.sources.iter().filter_map(|source| source.first).min();
        let last = report.sources.iter().filter_map(|source| source.last).max();
        let held = report.sources.iter().map(|source| source.packets).sum();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            lang: match lang {
                Lang::En => "en",
                Lang::Zh => "zh",
            },
            redacted,
            verdict: Words::new(|lang| locale::verdict(lang, &verdict)),
            safe: match verdict.safe {
                Safe::Yes => "yes",
                Safe::No => "no",
                Safe::Unknown => "unknown",
            },
            sources: sources(report),
            packets: [summary.packets.read, summary.packets.mail],
            span: [time(first), time(last)],
            sessions_all,
            protocols: summary
                .sessions
                .iter()
                .filter(|(_, count)| **count > 0)
                .map(|(&protocol, &count)| (locale::protocol(Lang::En, protocol).to_owned(), count))
                .collect(),
            timeline: String::new(),
            findings: grouped(report),
            rules: crate::verdict::rules::count(),
            questions: questions(explanation),
            logins: logins(ledgers),
            logins_left_out: ledgers[0].left_out(),
            frequency: frequency(report),
            sessions: rows,
            details,
            left_out,
            lanes: String::new(),
            journeys: report.across.journeys.iter().take(JOURNEYS).map(way).collect(),
            limits: summary
                .limits_hit
                .iter()
                .map(|(limit, count)| Words::new(|lang| format!("{count} × {}", locale::limit(lang, limit))))
                .collect(),
            no_mail: match sessions_all {
                0 => both(|options| locale::no_mail(options.lang, summary, held), |en, zh| Words { en, zh }),
                _ => Vec::new(),
            },
            data,
        }
    }

    /// The values for a template of the user's own: the sessions with all their details.
    pub fn with_sessions(&self) -> io::Result<Value> {
        let mut page = serde_json::to_value(self)?;
        let details = page.as_object_mut().and_then(|page| page.remove("details"));
        let rows = page.get_mut("sessions").and_then(serde_json::Value::as_array_mut);
        if let (Some(serde_json::Value::Array(details)), Some(rows)) = (details, rows) {
            for (row, detail) in rows.iter_mut().zip(details) {
                let json = detail.get(1).and_then(serde_json::Value::as_str).unwrap_or_default();
                let (Some(row), false) = (row.as_object_mut(), json.is_empty()) else { continue };
                if let serde_json::Value::Object(all) = serde_json::from_str(json)? {
                    row.extend(all.into_iter().filter(|(name, _)| name != "findings"));
                }
            }
        }
        Ok(Value::from(Serde(page)))
    }
}

fn sources(report: &Report) -> Vec<Source> {
    let field = |text: &str| {
        let (text, _) = crate::view::escape::cut(text, FIELD);
        crate::view::escape::line(text).into_owned()
    };
    report
        .sources
        .iter()
        .map(|source| Source {
            name: field(&source.name),
            format: source.format.name().to_owned(),
            packets: source.packets,
            problem: source.problem.as_deref().map(field).unwrap_or_default(),
        })
        .collect()
}

/// The findings of sessions by rule, and those that several sessions show, the most severe first.
fn grouped(report: &Report) -> Vec<Grouped> {
    let across = report.across.findings.iter().map(|finding| (finding.severity, of_several(finding)));
    let groups = report.across.groups.iter().map(|group| (group.severity, of_group(group)));
    let mut all: Vec<_> = across.chain(groups).collect();
    all.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    all.into_iter().map(|(_, finding)| finding).collect()
}

fn of_group(group: &Group) -> Grouped {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| words_of(lang, group.id));
    Grouped {
        told: found(group.severity, en, zh, String::new()),
        count: group.count,
        sessions: group.sessions,
        servers: group.servers,
        evidence: vec![evidence(&group.first)],
    }
}

fn of_several(finding: &FindingAcross) -> Grouped {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| locale::finding_across(lang, finding));
    let servers: std::collections::BTreeSet<_> =
        finding.evidence.iter().map(|evidence| evidence.session.server()).collect();
    Grouped {
        told: found(finding.severity, en, zh, String::new()),
        count: 1,
        sessions: finding.evidence.len() as u64,
        servers: servers.len() as u64,
        evidence: finding.evidence.iter().take(SESSIONS).map(evidence).collect(),
    }
}

fn words_of(lang: Lang, id: &'static str) -> FindingWords {
    match crate::verdict::rules::find(id) {
        Some(rule) => {
            let text = locale::text(lang, &rule.words);
            FindingWords {
                title: text.title,
                detail: text.detail.to_owned(),
                remedy: text.remedy,
                reference: rule.reference,
            }
        }
        None => FindingWords { title: id, detail: String::new(), remedy: "", reference: None },
    }
}

fn evidence(evidence: &Evidence) -> Shown {
    let mut packets: Vec<String> = evidence.packets.iter().take(PACKETS).map(|&packet| shown(packet)).collect();
    packets.extend((evidence.packets.len() > PACKETS).then(|| "…".to_owned()));
    Shown { session: evidence.session.id, packets: packets.join(", ") }
}

fn questions(explanation: &Explanation) -> Vec<Question> {
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| explain::page(lang, explanation));
    let pairs = en.answers.into_iter().zip(zh.answers);
    pairs
        .map(|(en, zh)| Question {
            question: Words { en: en.question.to_owned(), zh: zh.question.to_owned() },
            says: en.says.into_iter().zip(zh.says).map(|(en, zh)| Words { en, zh }).collect(),
            tables: en.evidence.into_iter().zip(zh.evidence).map(|(en, zh)| shown_table(en, zh)).collect(),
        })
        .collect()
}

fn shown_table(en: page::Evidence, zh: page::Evidence) -> Table {
    let cells = |en: Vec<page::Cell>, zh: Vec<page::Cell>| {
        en.into_iter().zip(zh).map(|(en, zh)| Words { en: en.shown(), zh: zh.shown() }).collect()
    };
    Table {
        title: Words { en: en.title.unwrap_or_default(), zh: zh.title.unwrap_or_default() },
        secret: en.columns.iter().position(|(key, _)| *key == "password"),
        columns: en
            .columns
            .iter()
            .zip(&zh.columns)
            .map(|((_, en), (_, zh))| Words { en: (*en).to_owned(), zh: (*zh).to_owned() })
            .collect(),
        rows: en.rows.into_iter().zip(zh.rows).map(|(en, zh)| cells(en, zh)).collect(),
        more: en.more,
    }
}

fn logins([en, zh]: &[Ledger; 2]) -> Vec<Login> {
    let rows = en.rows(&super::options(Lang::En)).into_iter().zip(zh.rows(&super::options(Lang::Zh)));
    rows.map(|(en, zh)| {
        let secret = en.mark == Mark::Secret;
        let mut cells = en.cells.into_iter().zip(zh.cells).map(|(en, zh)| Words { en, zh });
        let mut next = || cells.next().unwrap_or_default();
        Login {
            packets: next().en,
            ends: next(),
            user: next(),
            password: next(),
            secret,
            outcome: next(),
            times: next().en,
        }
    })
    .collect()
}

fn frequency(report: &Report) -> Vec<Words> {
    let pairs = report.logins.pairs.iter();
    pairs
        .map(|(pair, counts)| {
            Words::new(|lang| {
                let words = locale::login_frequency(lang, counts);
                let colon = if lang == Lang::En { ": " } else { "：" };
                let protocol = locale::protocol(lang, pair.protocol);
                format!("{protocol} {} → {}{colon}{words}", pair.client, pair.server)
            })
        })
        .collect()
}

fn way(journey: &Journey) -> Way {
    Way {
        message_id: journey.message_id.as_deref().map(line).unwrap_or_default(),
        hops: journey
            .hops
            .iter()
            .map(|hop| Hop {
                session: hop.session.id,
                role: Words::new(|lang| locale::role(lang, hop.role).to_owned()),
                time: hop.time.known().map(table::second).unwrap_or_default(),
                from: hop.from.to_string(),
                to: hop.to.to_string(),
                bytes: hop.size,
                change: match (&hop.change, hop.by) {
                    (Some(change), _) => {
                        Words::new(|lang| locale::change(lang, change.kind, change.body, change.bytes_added))
                    }
                    (None, Some(by)) => Words::new(|lang| locale::matched(lang, by).to_owned()),
                    (None, None) => Words::default(),
                },
            })
            .collect(),
    }
}
