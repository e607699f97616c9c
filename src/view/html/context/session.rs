//! A session: its row in the list, and what it opens to.

use super::finding::{self, Finding};
use super::login::{self, Attempt};
use super::message::{self, Message};
use super::outcome::{self, Outcome};
use super::step::{self, Phase};
use super::text::{Text, line, options};
use crate::limits::PAGE_SESSION_STEPS;
use crate::protocol::event::Direction;
use crate::session::model::{Session as Model, TlsMode};
use crate::verdict::conclusion;
use crate::view::Lang;
use crate::view::address::canonical;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use crate::view::table::{Options, began, facts};
use serde::Serialize;

/// Messages, logins, recipients, users of a session that are shown.
const LISTED: usize = 200;
/// Recipients and users in a row of the list.
const IN_ROW: usize = 3;

/// A session in the list.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its number.
    pub id: u64,
    /// `SMTP`, `LMTP`, `POP3`, `IMAP`.
    pub protocol: &'static str,
    /// When it began, as `clock` says: `2009-12-08 06:00:00`.
    pub began: Text,
    /// How long it took.
    pub duration: Option<Text>,
    /// Address and port of the client.
    pub client: String,
    /// Address and port of the server.
    pub server: String,
    /// Those addresses alone.
    pub addresses: Vec<String>,
    /// The sender of the first message, an empty text for `<>`.
    pub sender: Option<String>,
    /// The first recipients.
    pub recipients: Vec<String>,
    /// Further recipients.
    pub more_recipients: usize,
    /// The subject of the first message.
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// TLS in a word; absent where there is none.
    pub tls: Option<String>,
    /// Who logged in, or tried to.
    pub users: Vec<String>,
    /// Bytes that crossed, both ways.
    pub bytes: Text,
    /// The highest severity of its findings, as in a finding; absent where there are none.
    pub severity: Option<&'static str>,
    /// That in words.
    pub severity_text: Option<Text>,
    /// How many findings it has.
    pub findings: usize,
    /// How many steps.
    pub steps: usize,
}

/// What a session opens to.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    /// What it comes to.
    pub verdict: Text,
    /// Names and values of what is known of it as a whole.
    pub facts: Vec<Fact>,
    /// The report's tables.
    pub phases: Vec<Phase>,
    /// Steps that they leave out.
    pub left_out: usize,
    /// Its messages.
    pub messages: Vec<Message>,
    /// Messages that are left out.
    pub more_messages: usize,
    /// Its attempts to log in.
    pub logins: Vec<Attempt>,
    /// Attempts that are left out.
    pub more_logins: usize,
    /// Its findings, the most severe first.
    pub findings: Vec<Finding>,
}

/// A fact about a session as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// What it is called.
    pub name: Text,
    /// Lines.
    pub value: Text,
    /// It is a display filter of Wireshark's.
    pub is_filter: bool,
}

/// The row of `session`, its moment told by `clock`.
pub fn row(session: &Model, clock: Clock) -> Row {
    let transport = &session.transport;
    let ends = [transport.endpoints.client, transport.endpoints.server].map(canonical);
    let counters = &transport.counters;
    let severity = session.findings.iter().map(|finding| finding.severity).max();
    let (sender, recipients) = way(session);
    let mut users: Vec<String> = Vec::new();
    for user in session.credentials.iter().filter_map(|login| login.username.as_deref()).take(LISTED) {
        let user = line(user);
        if users.len() < IN_ROW && !users.contains(&user) {
            users.push(user);
        }
    }
    let mut addresses = ends.map(|end| end.ip().to_string()).to_vec();
    addresses.extend(session.client_address.map(|client| client.to_canonical().to_string()));
    Row {
        id: session.id,
        protocol: locale::protocol(Lang::En, session.protocol),
        began: Text::of(|lang| began(&by(clock, lang), transport.first.time, Clock::second)),
        duration: transport.duration().map(|duration| Text::of(|lang| locale::duration(lang, duration))),
        client: ends[0].to_string(),
        server: ends[1].to_string(),
        addresses,
        sender: sender.map(line),
        more_recipients: recipients.len().saturating_sub(IN_ROW),
        recipients: recipients.into_iter().take(IN_ROW).map(line).collect(),
        subject: session.messages.iter().find_map(|message| message.header.subject.as_deref()).map(line),
        outcome: outcome::outcome(session),
        tls: (session.tls.mode != TlsMode::None)
            .then(|| session.tls.version.as_deref().map_or_else(|| "TLS".to_owned(), line)),
        users,
        bytes: Text::of(|lang| locale::bytes(lang, counters.client_bytes + counters.server_bytes)),
        severity: severity.map(finding::severity),
        severity_text: severity.map(|severity| Text::of(|lang| locale::severity(lang, severity))),
        findings: session.findings.len(),
        steps: session.steps.len(),
    }
}

/// Sender and recipients: of the transactions, or else of the first message that was fetched.
fn way(session: &Model) -> (Option<&str>, Vec<&str>) {
    if !session.transactions.is_empty() {
        let sender = session.transactions.iter().find_map(|transaction| transaction.from.as_deref());
        let to = session.transactions.iter().flat_map(|transaction| &transaction.to);
        let mut recipients: Vec<&str> = Vec::new();
        for to in to.take(LISTED) {
            if !recipients.contains(&to.address.as_str()) {
                recipients.push(&to.address);
            }
        }
        return (sender, recipients);
    }
    let Some(message) = session.messages.iter().find(|message| message.direction == Direction::Retrieved) else {
        return (None, Vec::new());
    };
    let address = |mailbox: &'_ crate::session::model::Mailbox| mailbox.address.is_some();
    let header = &message.header;
    let sender = header.from.iter().find(|mailbox| address(mailbox)).and_then(|mailbox| mailbox.address.as_deref());
    (sender, header.to.iter().take(LISTED).filter_map(|mailbox| mailbox.address.as_deref()).collect())
}

/// The options of tables that tell moments by `clock`.
fn by(clock: Clock, lang: Lang) -> Options {
    Options { time: clock, ..options(lang) }
}

/// What `session` opens to, its moments told by `clock`. `masked`: its secrets have been replaced.
pub fn detail(session: &Model, masked: bool, clock: Clock) -> Detail {
    let mut findings: Vec<_> = session.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let [en, zh] = [Lang::En, Lang::Zh].map(|lang| facts(&by(clock, lang), session));
    let verdict = options(Lang::En).label(Label::Verdict);
    let filter = options(Lang::En).label(Label::DisplayFilter);
    let both = en.into_iter().zip(zh).filter(|((name, _), _)| *name != verdict);
    let fact = |((name, value), (named, valued)): ((&str, String), (&str, String))| Fact {
        name: Text { en: name.to_owned(), zh: named.to_owned() },
        value: Text { en: value, zh: valued },
        is_filter: name == filter,
    };
    Detail {
        verdict: Text::of(|lang| locale::verdict(lang, &conclusion::of_session(session))),
        facts: both.map(fact).collect(),
        phases: step::phases(session, PAGE_SESSION_STEPS, masked),
        left_out: session.steps.len().saturating_sub(PAGE_SESSION_STEPS),
        messages: message::messages(session, LISTED),
        more_messages: session.messages.len().saturating_sub(LISTED),
        logins: login::attempts(session, LISTED),
        more_logins: session.credentials.len().saturating_sub(LISTED),
        findings: findings.into_iter().map(|found| finding::of_session(session, found)).collect(),
    }
}

/// The highest severity of the findings that matter; `info` counts as none.
pub fn worst(findings: &[Finding]) -> &'static str {
    let rank = |severity: &str| match severity {
        "high" => 3,
        "medium" => 2,
        "low" => 1,
        _ => 0,
    };
    findings.iter().map(|finding| finding.severity).max_by_key(|severity| rank(severity)).unwrap_or("none")
}
