//! The records of what several sessions show: findings that span them, groups of findings, journeys of messages.

use super::each::Options;
use super::finding::value;
use super::value::{Address, Hex, Shown, ip};
use super::{community_id, enums, uid_of};
use crate::capture::{Time, number};
use crate::verdict;
use crate::view::locale;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that only several sessions together show.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingAcross {
    /// A stable kebab-case name.
    id: &'static str,
    /// How much it matters.
    severity: enums::Severity,
    /// What it is, in a few words.
    title: &'static str,
    /// What it means.
    detail: String,
    /// What to do about it.
    remedy: &'static str,
    /// Named values about its first occurrence.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    facts: BTreeMap<&'static str, serde_json::Value>,
    /// The sessions that show it, in the order of their numbers.
    evidence: Vec<Evidence>,
    /// The source: an RFC section or a CVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'static str>,
}

/// What one session contributes to a finding.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Evidence {
    /// The session's number.
    session: u64,
    /// The session's `uid`.
    uid: String,
    /// Steps of the session.
    steps: Vec<u32>,
    /// Numbers of the first packets that show it, within the session's file.
    packets: Vec<u64>,
}

/// The findings of one rule in all sessions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingGroup {
    /// The rule.
    id: &'static str,
    /// The highest severity among them.
    severity: enums::Severity,
    /// How many findings there are.
    count: u64,
    /// In how many sessions.
    sessions: u64,
    /// With how many servers, by address and port; up to 1,000.
    servers: u64,
    /// What shows the first of them.
    first: Evidence,
}

/// The way of a message through the capture: two hops or more.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Journey<'a> {
    /// The message's Message-ID without angle brackets; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    /// In the order of time.
    hops: Vec<Hop<'a>>,
    /// True if it was seen from where it was submitted to where it was delivered or retrieved, whole at every hop.
    complete: bool,
}

/// A message in one session.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Hop<'a> {
    /// The hop that `change` is about, from 1 in this list; absent if it is the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<usize>,
    /// The session's number.
    session: u64,
    /// The session's `uid`.
    uid: String,
    /// The message's number in the session.
    message: u32,
    /// What the session does with the message.
    role: enums::Role,
    /// When its content had crossed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: Shown<Time>,
    /// IP address of the end that it came from.
    #[schemars(with = "String")]
    from: Address,
    /// IP address of the end that it went to.
    #[schemars(with = "String")]
    to: Address,
    /// The server's decision; absent if the message was retrieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<enums::Delivery>,
    /// Bytes of its content.
    size: u64,
    /// SHA-256 of its content.
    #[schemars(with = "String")]
    sha256: Shown<Hex>,
    /// What is different from the hop before. Absent for the first hop, if nothing is different but line ends, and if one of
    /// the two is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change<'a>>,
}

/// What is different in a message from the hop before.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Change<'a> {
    /// What was changed most: only trace fields (`Received`, `Return-Path`, …) were added; other fields, too; the body.
    kind: enums::ChangeKind,
    /// Names of the header fields that are different, or that only one of the two has.
    fields: Vec<&'a str>,
    /// How the body was changed: `re-encoded` (texts and attachments are the same once decoded), `appended` (more follows at
    /// the end), `other`. Absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<enums::BodyChange>,
    /// Bytes by which the content has grown.
    bytes_added: u64,
    /// The `Received` fields that were added, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    received: Vec<ReceivedField<'a>>,
}

/// A `Received` field.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ReceivedField<'a> {
    /// Who added it, as it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    /// When, by its own clock.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: Shown<Time>,
    /// Seconds since the `Received` field before it, by the clocks of both; negative if these differ enough. Absent for the
    /// first.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<i64>,
}

impl FindingAcross {
    pub(crate) fn new(finding: &verdict::FindingAcross, options: Options) -> Self {
        let locale::FindingWords { title, detail, remedy, reference } = locale::finding_across(options.lang, finding);
        let first = finding.told.first().into_iter().flat_map(|told| &told.facts);
        Self {
            id: finding.rule.id,
            severity: enums::Severity(finding.severity),
            title,
            detail: detail.into_owned(),
            remedy,
            facts: first.filter_map(|(name, fact)| Some(((*name)?, value(fact, options)?))).collect(),
            evidence: finding.evidence.iter().map(Evidence::new).collect(),
            reference,
        }
    }
}

impl Evidence {
    fn new(evidence: &verdict::Evidence) -> Self {
        Self {
            session: evidence.session.id,
            uid: identifier(&evidence.session),
            steps: evidence.steps.clone(),
            packets: evidence.packets.iter().map(|&packet| number::frame(packet)).collect(),
        }
    }
}

/// The `uid` of a session that is known by name.
pub fn identifier(session: &verdict::SessionRef) -> String {
    uid_of(&community_id(&session.endpoints), session.first, session.first_sequence)
}

impl FindingGroup {
    pub(crate) fn new(group: &verdict::Group) -> Self {
        let verdict::Group { id, severity, count, sessions, servers, first, named: _, occurrences: _, more: _ } = group;
        Self {
            id,
            severity: enums::Severity(*severity),
            count: *count,
            sessions: *sessions,
            servers: *servers,
            first: Evidence::new(first),
        }
    }
}

impl<'a> Journey<'a> {
    pub(crate) fn new(journey: &'a verdict::Journey) -> Self {
        Self {
            message_id: journey.message_id.as_deref(),
            hops: journey.hops.iter().enumerate().map(|(nth, hop)| Hop::new(nth, hop)).collect(),
            complete: journey.complete,
        }
    }
}

impl<'a> Hop<'a> {
    fn new(nth: usize, hop: &'a verdict::Hop) -> Self {
        Self {
            before: hop.before.map(|before| before + 1).filter(|&before| before != nth),
            session: hop.session.id,
            uid: identifier(&hop.session),
            message: hop.message,
            role: enums::Role(hop.role),
            time: Shown(hop.time),
            from: ip(hop.from),
            to: ip(hop.to),
            outcome: hop.outcome.map(enums::Delivery),
            size: hop.size,
            sha256: Shown(Hex(hop.sha256)),
            change: hop.change.as_ref().map(Change::new),
        }
    }
}

impl<'a> Change<'a> {
    fn new(change: &'a verdict::Change) -> Self {
        let received = |received: &'a verdict::Received| ReceivedField {
            by: received.by.as_deref().filter(|by| !by.is_empty()),
            time: Shown(received.time),
            seconds: received.seconds,
        };
        Self {
            kind: enums::ChangeKind(change.kind),
            fields: change.fields.iter().map(|name| &**name).collect(),
            body: change.body.map(enums::BodyChange),
            bytes_added: change.bytes_added,
            received: change.received.iter().map(received).collect(),
        }
    }
}
