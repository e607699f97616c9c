//! The record of a finding.

use super::each::{Context, Options};
use super::enums;
use super::step::{Elsewhere, elsewhere};
use super::value::Ours;
use crate::capture::number;
use crate::protocol::tls;
use crate::session::model::{self, Fact, Facts, Key};
use crate::view::{display_filter, escape, locale};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Facts by their names, in the order of these. There are few.
#[derive(Clone, Default)]
struct Map(Vec<(&'static str, serde_json::Value)>);

impl Map {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Something wrong, weak or worth knowing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding<'a> {
    /// A stable kebab-case name.
    #[schemars(with = "String")]
    id: Ours,
    /// How much it matters.
    severity: enums::Severity,
    /// What it is, in a few words.
    #[schemars(with = "String")]
    title: Ours,
    /// What it means.
    detail: Cow<'static, str>,
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
    /// A display filter for Wireshark and tshark that selects the packets that show it, of `steps` and of `packets`, in the
    /// session's `source`. Absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_filter: Option<String>,
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
    #[schemars(with = "Option<String>")]
    because_of: Option<Ours>,
    /// The source: an RFC section or a CVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    reference: Option<Ours>,
}

impl<'a> Finding<'a> {
    pub(crate) fn new(finding: &'a model::Finding, context: &Context<'a>) -> Self {
        let locale::FindingWords { title, detail, remedy, reference } = locale::finding(context.options.lang, finding);
        let source = context.session.source();
        let here = finding.packets.iter().filter(|&&packet| number::source(packet) == source);
        let mut occurrences: Vec<Map> = finding.facts.iter().map(|facts| named(context, facts)).collect();
        occurrences.retain(|facts| !facts.is_empty());
        let facts = match occurrences.len() {
            0 | 1 => occurrences.pop().unwrap_or_default(),
            _ => occurrences.first().cloned().unwrap_or_default(),
        };
        Self {
            id: Ours(finding.id),
            severity: enums::Severity(finding.severity),
            title: Ours(title),
            detail,
            remedy,
            steps: &finding.steps,
            packets: here.map(|&packet| number::frame(packet)).collect(),
            packets_elsewhere: elsewhere(finding.packets.iter().copied(), source),
            display_filter: display_filter::of_finding_in(context.session, finding, source),
            facts,
            occurrences,
            because_of: finding.because_of.map(Ours),
            reference: reference.map(Ours),
        }
    }
}

/// The facts of one occurrence; of several with one name, the first. Words in a human language are left out.
fn named(context: &Context<'_>, facts: &Facts) -> Map {
    let Map(mut map) = Map::default();
    for (key, fact) in &facts.list {
        let name = Key::name(*key);
        if let Err(place) = map.binary_search_by_key(&name, |(name, _)| *name)
            && let Some(value) = value(fact, context.options)
        {
            map.insert(place, (name, value));
        }
    }
    Map(map)
}

/// A fact as a value; absent where it is words in a human language.
pub fn value(fact: &Fact, options: Options) -> Option<serde_json::Value> {
    Some(match fact {
        Fact::Count(n) | Fact::Bytes(n) | Fact::Packets(n) | Fact::Line(n) => (*n).into(),
        Fact::Packet(packet) => number::frame(*packet).into(),
        Fact::Code(code) => (*code).into(),
        Fact::Enhanced(status) => status.to_string().into(),
        Fact::Time(time) => time.known()?.to_string().into(),
        Fact::LoginCause(cause) => serde_json::to_value(enums::LoginCause(*cause)).ok()?,
        Fact::TokenRefused => "token".into(),
        Fact::Alert(description) => tls::alert::name(*description).into(),
        // Nanoseconds as seconds, with the digits that a reader can use.
        Fact::Duration(nanoseconds) => ((*nanoseconds as f64 / 1e6).round() / 1e3).into(),
        Fact::Side(side) => serde_json::to_value(enums::Side(*side)).ok()?,
        Fact::Name(text) => escape::cut(text, options.text_limit).0.into(),
        Fact::Phrase(_) | Fact::Said(_) | Fact::Meaning(_) | Fact::Conflict(_) => return None,
    })
}
