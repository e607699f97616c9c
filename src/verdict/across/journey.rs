/*!
The way of a message: submitted, relayed, delivered, fetched, and what changed in it from one hop to the next.

Messages are one where they have the same Message-ID; a message without one, where content is equal byte for byte, or
sender, date, subject and body are. Equal bodies alone are nothing: "ok" is said often. Of each message digests are kept,
never its text.
*/

use super::change::{Change, Content, Received, change};
use super::found::SessionRef;
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::{JOURNEY_HOPS, JOURNEYS, Limit, LimitsHit};
use crate::protocol::Protocol;
use crate::protocol::event::{Delivery, Direction, Kind, LoginOutcome, MessageId};
use crate::session::model::{Header, Match, Message, MimePart};
use crate::session::{Session, sha256};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

/// Fields of a header that are compared.
const FIELDS: usize = 100;
/// Names of fields that are told apart by name.
const NAMES: usize = 4_096;
/// Received fields that are read.
const RECEIVED: usize = 16;

/// The way of a message through the capture: two hops or more.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Without angle brackets; absent where it has none.
    pub message_id: Option<String>,
    /// In the order of time.
    pub hops: Vec<Hop>,
    /// It was seen from where it was submitted to where it was delivered or fetched, whole at every hop.
    pub complete: bool,
}

/// A message in one session.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The session.
    pub session: SessionRef,
    /// The message's number in it.
    pub message: MessageId,
    /// What the session does with it.
    pub role: Role,
    /// When its content had crossed.
    pub time: Time,
    /// The end that it came from.
    pub from: IpAddr,
    /// The end that it went to.
    pub to: IpAddr,
    /// The server's decision; absent where it was fetched.
    pub outcome: Option<Delivery>,
    /// Bytes of content.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// The earlier hop that it is compared with, by its place in the list: the latest with the same content; else the
    /// latest before it on its way. Absent for the first.
    pub before: Option<usize>,
    /// What is different from that hop; absent where it is the same, whatever the line ends.
    pub change: Option<Change>,
    /// How it is known to be the same message; absent for the first.
    pub by: Option<Match>,
}

/// What a session does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Role {
    Submitted,
    Relayed,
    Delivered,
    Retrieved,
    Appended,
}

/// What is kept of a message.
#[derive(Debug)]
struct Seen {
    hop: Hop,
    message_id: Option<String>,
    complete: bool,
    /// Of sender, date, subject and body.
    alike: Option<[u8; 32]>,
    content: Content,
}

/// Follows messages.
#[derive(Debug, Default)]
pub struct Journeys {
    messages: Remembered<Key, Seen>,
    names: HashMap<String, Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    MessageId([u8; 32]),
    Alike([u8; 32]),
    Content([u8; 32]),
}

impl Journeys {
    /// Takes in a session that is over.
    pub fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        for message in &session.messages {
            if let Some(seen) = self.seen(session, message) {
                let key = match (&seen.message_id, seen.alike) {
                    (Some(id), _) => Key::MessageId(sha256(id.as_bytes())),
                    (None, Some(alike)) => Key::Alike(alike),
                    (None, None) => Key::Content(seen.hop.sha256),
                };
                self.messages.add(key, seen, limits);
            }
        }
    }

    /// The ways, in the order in which the messages were seen first.
    pub fn finish(self, limits: &mut LimitsHit) -> Vec<Journey> {
        let mut groups = self.messages.groups();
        // A message may get its Message-ID on the way.
        let mut alike: HashMap<[u8; 32], usize> = HashMap::new();
        for (place, (key, all)) in groups.iter().enumerate() {
            if matches!(key, Key::MessageId(_)) {
                all.iter().filter_map(|seen| seen.alike).for_each(|digest| _ = alike.entry(digest).or_insert(place));
            }
        }
        for place in 0..groups.len() {
            let Some((Key::Alike(digest), _)) = groups.get(place) else { continue };
            let Some(&into) = alike.get(digest) else { continue };
            let moved = groups.get_mut(place).map(|(_, all)| std::mem::take(all)).unwrap_or_default();
            if let Some((_, all)) = groups.get_mut(into) {
                all.extend(moved);
            }
        }
        let mut journeys: Vec<Journey> = Vec::new();
        for (_, all) in groups {
            if let Some(journey) = journey(all, limits) {
                match journeys.len() < JOURNEYS {
                    true => journeys.push(journey),
                    false => limits.hit(Limit::Journeys),
                }
            }
        }
        journeys.sort_by_key(|journey| journey.hops.first().map(|hop| (hop.session.id, hop.message)));
        journeys
    }

    fn seen(&mut self, session: &Session, message: &Message) -> Option<Seen> {
        let whole = message.part.is_none() && message.size > 0;
        let content = message.sha256.filter(|_| whole)?;
        let reference = SessionRef::of(session);
        let steps = || message.steps.iter().filter_map(|&n| session.step(n));
        let time = steps().rfind(|step| step.kind == Kind::Data).or(steps().next_back())?.time;
        let (client, server) = (reference.client(), reference.server());
        let (from, to) = if message.direction == Direction::Retrieved { (server, client) } else { (client, server) };
        let header = &message.header;
        let hop = Hop {
            session: reference,
            message: message.n,
            role: role(session, message),
            time,
            from,
            to,
            outcome: message.outcome,
            size: message.size,
            sha256: content,
            before: None,
            change: None,
            by: None,
        };
        let body = message.body_sha256.filter(|_| message.complete);
        let alike = header.date.as_ref().zip(body).map(|(date, body)| {
            let from = header.from.first().and_then(|from| from.address.as_deref()).unwrap_or_default();
            let subject = header.subject.as_deref().unwrap_or_default();
            sha256(&[from.as_bytes(), b"\0", date.as_bytes(), b"\0", subject.as_bytes(), b"\0", &body].concat())
        });
        Some(Seen {
            hop,
            message_id: header.message_id.clone(),
            complete: message.complete,
            alike,
            content: Content {
                size: message.size,
                body,
                fields: self.fields(header, message.mime.as_ref()),
                received: received(header),
                prints: message.prints.clone(),
                attachments: message.attachments.iter().map(|attachment| attachment.sha256).collect(),
            },
        })
    }

    /// The fields of a header, by name and digest of the value.
    fn fields(&mut self, header: &Header, mime: Option<&MimePart>) -> Vec<(Arc<str>, u64)> {
        let mut fields: Vec<(Arc<str>, u64)> = Vec::new();
        let mut add = |name: &str, digest: u64| {
            if fields.len() < FIELDS {
                let lower = name.to_ascii_lowercase();
                let has_room = self.names.len() < NAMES;
                let known = self.names.get(&lower).cloned();
                let name = known.unwrap_or_else(|| {
                    let name: Arc<str> = if has_room { name.into() } else { "…".into() };
                    if has_room {
                        self.names.insert(lower, Arc::clone(&name));
                    }
                    name
                });
                fields.push((name, digest));
            }
        };
        let Header { message_id, date, subject, from, to, cc, reply_to, date_utc: _, fields: others } = header;
        for (name, value) in [("Message-ID", message_id), ("Date", date), ("Subject", subject)] {
            value.iter().for_each(|value| add(name, digest(value.trim())));
        }
        for (name, list) in [("From", from), ("To", to), ("Cc", cc), ("Reply-To", reply_to)] {
            if !list.is_empty() {
                let all: Vec<_> = list.iter().map(|one| (&one.name, &one.address)).collect();
                add(name, digest(&all));
            }
        }
        if let Some(MimePart { version, content_type, charset, boundary, encoding, parts: _ }) = mime {
            version.iter().for_each(|version| add("MIME-Version", digest(version)));
            content_type.iter().for_each(|it| add("Content-Type", digest(&(it, charset, boundary))));
            encoding.iter().for_each(|encoding| add("Content-Transfer-Encoding", digest(encoding)));
        }
        for field in others {
            // White space is not kept where a field is folded anew.
            let mut hasher = DefaultHasher::new();
            field.value.split_whitespace().for_each(|word| word.hash(&mut hasher));
            add(&field.name, hasher.finish());
        }
        fields
    }
}

fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The Received fields, the latest first: by whom, and when.
fn received(header: &Header) -> Vec<Received> {
    let fields = header.fields.iter().filter(|field| field.name.eq_ignore_ascii_case("Received")).take(RECEIVED);
    fields.filter_map(|field| Received::read(&field.value)).collect()
}

/// What `session` does with `message`, as far as it shows by itself.
fn role(session: &Session, message: &Message) -> Role {
    let relayed = message.header.fields.iter().any(|field| field.name.eq_ignore_ascii_case("Received"));
    let logged_in = session.credentials.iter().any(|login| login.outcome == LoginOutcome::Accepted);
    let submission = matches!(session.transport.endpoints.server.port(), 465 | 587);
    match (message.direction, session.protocol) {
        (Direction::Retrieved, _) => Role::Retrieved,
        (Direction::Appended, _) => Role::Appended,
        (Direction::Sent, Protocol::Lmtp) => Role::Delivered,
        (Direction::Sent, _) if logged_in || submission || !relayed => Role::Submitted,
        (Direction::Sent, _) => Role::Relayed,
    }
}

/// The way of one message: absent where it was seen once.
fn journey(mut all: Vec<Seen>, limits: &mut LimitsHit) -> Option<Journey> {
    all.sort_by_key(|seen| (seen.hop.time, seen.hop.session.id, seen.hop.message));
    // Fetched again in the same session: that is no hop.
    let mut known: BTreeMap<(u64, Role, [u8; 32]), ()> = BTreeMap::new();
    all.retain(|seen| {
        let again = known.insert((seen.hop.session.id, seen.hop.role, seen.hop.sha256), ()).is_some();
        !again || seen.hop.role != Role::Retrieved
    });
    if all.len() < 2 {
        return None;
    }
    limits.hit_times(Limit::Journeys, all.len().saturating_sub(JOURNEY_HOPS) as u64);
    all.truncate(JOURNEY_HOPS);
    let message_id = all.iter().find_map(|seen| seen.message_id.clone());
    let mut hops: Vec<Hop> = Vec::new();
    let mut submitted = false;
    for (nth, seen) in all.iter().enumerate() {
        let mut hop = seen.hop.clone();
        // A host that sends on what was submitted to it adds no Received, or is not the first.
        if hop.role == Role::Submitted && submitted && hops.iter().any(|earlier| earlier.to == hop.from) {
            hop.role = Role::Relayed;
        }
        submitted |= hop.role == Role::Submitted;
        hop.before = before(&all[..nth], seen);
        if let Some(before) = hop.before.and_then(|before| all.get(before)) {
            hop.by = Some(match () {
                () if before.hop.sha256 == hop.sha256 => Match::Content,
                () if before.content.body.is_some() && before.content.body == seen.content.body => Match::Body,
                () => Match::MessageId,
            });
            // What is not whole cannot be compared.
            if before.complete && seen.complete && before.hop.sha256 != hop.sha256 {
                hop.change = change(&before.content, &seen.content);
            }
        }
        hops.push(hop);
    }
    let begins = hops.first().is_some_and(|hop| hop.role == Role::Submitted);
    let ends = hops.last().is_some_and(|hop| matches!(hop.role, Role::Retrieved | Role::Delivered));
    let complete = begins && ends && all.iter().all(|seen| seen.complete);
    Some(Journey { message_id, hops, complete })
}

/// The place of the hop among `earlier` that `seen` is compared with. What is sent was not fetched before.
fn before(earlier: &[Seen], seen: &Seen) -> Option<usize> {
    let is_sent = |seen: &Seen| matches!(seen.hop.role, Role::Submitted | Role::Relayed | Role::Delivered);
    let same = earlier.iter().rposition(|before| before.hop.sha256 == seen.hop.sha256);
    let on_its_way = || earlier.iter().rposition(|before| !is_sent(seen) || is_sent(before));
    same.or_else(on_its_way).or(earlier.len().checked_sub(1))
}

#[cfg(test)]
mod tests;
