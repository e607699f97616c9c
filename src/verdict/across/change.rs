//! What is different in a message from one hop to the next.

use crate::capture::Time;
use crate::session::model::TextPrint;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message by digests, to be compared with what it was before.
#[derive(Debug)]
pub struct Content {
    /// Bytes of it.
    pub size: u64,
    /// SHA-256 of the body, as in the model.
    pub body: Option<[u8; 32]>,
    /// Fields in order: name and digest of the value.
    pub fields: Vec<(Arc<str>, u64)>,
    /// The Received fields, the latest first.
    pub received: Vec<Received>,
    /// Of the texts.
    pub prints: Vec<TextPrint>,
    /// Of the attachments, decoded.
    pub attachments: Vec<[u8; 32]>,
}

/// What is different in a message from the hop before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was changed most.
    pub kind: ChangeKind,
    /// The names of the fields that are different, or that only one of the two has.
    pub fields: Vec<Arc<str>>,
    /// Of a changed body: how.
    pub body: Option<BodyChange>,
    /// Bytes of content by which it has grown.
    pub bytes_added: u64,
    /// The Received fields that were added, the latest first.
    pub received: Vec<Received>,
}

/// What was changed most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Only fields that hosts on the way add.
    TraceFieldsAdded,
    /// Other fields, too.
    FieldsChanged,
    /// The body.
    BodyChanged,
}

/// How a body was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyChange {
    /// Its texts and attachments are the same once decoded.
    ReEncoded,
    /// Its texts are the same, and more follows at the end.
    Appended,
    /// Otherwise.
    Other,
}

/// A Received field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who added it, as it calls itself.
    pub by: Option<String>,
    /// When, by its own clock.
    pub time: Time,
    /// Seconds since the field before, by the clocks of both; may be negative where these differ.
    pub seconds: Option<i64>,
}

/// Characters kept of a host's name.
const HOST: usize = 100;

impl Received {
    /// Reads `from … by HOST … ; date-time` (RFC 5321, section 4.4).
    pub fn read(value: &str) -> Option<Self> {
        let (said, date) = value.rsplit_once(';')?;
        let mut words = said.split_whitespace();
        let by = words.by_ref().find(|word| word.eq_ignore_ascii_case("by")).and_then(|_| words.next());
        let by = by.map(|host| host.chars().take(HOST).collect());
        Some(Self { by, time: crate::session::read_date(date.as_bytes())?, seconds: None })
    }
}

/// Fields that hosts on the way add, in lower case (RFC 5321, section 4.4; RFC 8601; RFC 6376; RFC 8617).
const TRACE: &[&str] = &[
    "received",
    "return-path",
    "received-spf",
    "authentication-results",
    "dkim-signature",
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "delivery-date",
    "x-received",
    "x-original-from",
    "x-envelope-from",
    "x-envelope-to",
    "x-forwarded-to",
    "x-delivered-to",
    "x-loop",
    "resent-from",
];
/// What names of such fields begin with.
const TRACE_BEGINNINGS: &[&str] =
    &["x-spam-", "x-virus-", "x-greylist", "x-rspamd-", "x-amavis-", "x-ms-exchange-", "x-google-"];

fn is_trace(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACE.contains(&name.as_str()) || TRACE_BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}

/// What is different in `after`, which was seen after `before`. Absent where only line ends are.
pub fn change(before: &Content, after: &Content) -> Option<Change> {
    let values = |seen: &Content| {
        let mut values: BTreeMap<Arc<str>, Vec<u64>> = BTreeMap::new();
        for (name, digest) in &seen.fields {
            values.entry(Arc::clone(name)).or_default().push(*digest);
        }
        values
    };
    let (old, new) = (values(before), values(after));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let mut fields: Vec<Arc<str>> = names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
    fields.sort();
    let same_body = before.body.is_some() && before.body == after.body;
    let body = (!same_body).then(|| body_change(before, after));
    let kind = match body {
        Some(_) => ChangeKind::BodyChanged,
        None if fields.is_empty() => return None,
        None if fields.iter().all(|name| is_trace(name)) => ChangeKind::TraceFieldsAdded,
        None => ChangeKind::FieldsChanged,
    };
    let added = after.received.len().saturating_sub(before.received.len());
    let mut received: Vec<Received> = after.received.clone();
    for n in 0..received.len() {
        let earlier = received.get(n + 1).map(|earlier| earlier.time);
        if let (Some(one), Some(earlier)) = (received.get_mut(n), earlier) {
            one.seconds = Some(one.time.since(earlier) / 1_000_000_000);
        }
    }
    received.truncate(added);
    Some(Change { kind, fields, body, bytes_added: after.size.saturating_sub(before.size), received })
}

fn body_change(before: &Content, after: &Content) -> BodyChange {
    let same = |(old, new): (&TextPrint, &TextPrint)| (old.digest, old.lines) == (new.digest, new.lines);
    let pairs = || before.prints.iter().zip(&after.prints);
    let nothing_known = before.prints.is_empty() && before.attachments.is_empty();
    let attachments_begin = after.attachments.starts_with(&before.attachments);
    let grew = after.prints.len() > before.prints.len() || after.attachments.len() > before.attachments.len();
    if nothing_known || after.prints.len() < before.prints.len() || !attachments_begin {
        return BodyChange::Other;
    }
    match pairs().all(same) {
        true if !grew => BodyChange::ReEncoded,
        true => BodyChange::Appended,
        false if pairs().all(|pair| same(pair) || pair.1.goes_on(pair.0)) => BodyChange::Appended,
        false => BodyChange::Other,
    }
}
