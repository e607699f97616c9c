//! The record of a finding.

use super::each::Context;
use super::enums;
use super::step::{Elsewhere, elsewhere};
use crate::capture::number;
use crate::session::model::{self, Fact, Facts, Key};
use crate::view::{escape, locale};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Facts by their names.
type Map = BTreeMap<&'static str, serde_json::Value>;

/// Something wrong, weak or worth knowing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding<'a> {
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
    /// The steps that show it.
    steps: &'a [u32],
    /// Evidence that is no step (a SYN, a reset, an ICMP error, a segment sent again): numbers of packets in the session's
    /// `source`. Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packets: Vec<u64>,
    /// The same in other files than the session's `source`. Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packets_elsewhere: Vec<Elsewhere>,
    /// Named values of the first occurrence: `recipient`, `code`, `enhanced`, `reply`, `command`, `count`, `bytes`,
    /// `limit`, `line`, `seconds`, `packet`, `by`, `user`, `mechanism`, `version`, `name`. Absent if there are none.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    facts: Map,
    /// The named values of every occurrence, if there are several, up to a bound. Absent otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    occurrences: Vec<Map>,
    /// The id of the finding that explains this one. Absent if this one stands for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    because_of: Option<&'static str>,
    /// The source: an RFC section or a CVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'static str>,
}

impl<'a> Finding<'a> {
    pub(crate) fn new(finding: &'a model::Finding, context: &Context<'a>) -> Self {
        let locale::FindingWords { title, detail, remedy, reference } = locale::finding(context.options.lang, finding);
        let source = context.session.source();
        let here = finding.packets.iter().filter(|&&packet| number::source(packet) == source);
        let mut occurrences: Vec<Map> = finding.facts.iter().map(|facts| named(context, facts)).collect();
        occurrences.retain(|facts| !facts.is_empty());
        let facts = occurrences.first().cloned().unwrap_or_default();
        if occurrences.len() < 2 {
            occurrences.clear();
        }
        Self {
            id: finding.id,
            severity: enums::Severity(finding.severity),
            title,
            detail,
            remedy,
            steps: &finding.steps,
            packets: here.map(|&packet| number::frame(packet)).collect(),
            packets_elsewhere: elsewhere(finding.packets.iter().copied(), source),
            facts,
            occurrences,
            because_of: finding.because_of,
            reference,
        }
    }
}

/// The facts of one occurrence; of several with one name, the first. Words in a human language are left out.
fn named(context: &Context<'_>, facts: &Facts) -> Map {
    let mut map = Map::new();
    for (key, fact) in &facts.list {
        if let Some(value) = value(context, fact) {
            map.entry(Key::name(*key)).or_insert(value);
        }
    }
    map
}

fn value(context: &Context<'_>, fact: &Fact) -> Option<serde_json::Value> {
    Some(match fact {
        Fact::Count(n) | Fact::Bytes(n) | Fact::Packets(n) | Fact::Line(n) => (*n).into(),
        Fact::Packet(packet) => number::frame(*packet).into(),
        Fact::Code(code) => (*code).into(),
        Fact::Enhanced(status) => status.to_string().into(),
        Fact::Time(time) => time.known()?.to_string().into(),
        Fact::LoginCause(cause) => serde_json::to_value(enums::LoginCause(*cause)).ok()?,
        Fact::TokenRefused => "token".into(),
        // Nanoseconds as seconds, with the digits that a reader can use.
        Fact::Duration(nanoseconds) => ((*nanoseconds as f64 / 1e6).round() / 1e3).into(),
        Fact::Side(side) => serde_json::to_value(enums::Side(*side)).ok()?,
        Fact::Name(text) => escape::cut(text, context.options.text_limit).0.into(),
        Fact::Phrase(_) | Fact::Conflict(_) => return None,
    })
}
