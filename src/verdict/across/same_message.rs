/*!
The same message seen again: sent by SMTP, relayed, retrieved by POP3 and IMAP.

Two messages match by content if it is equal byte for byte; by body if a server put trace fields on top or changed line
ends on the way; else by Message-ID, which is only what the message claims to be.

A session names matches in earlier sessions alone ([`MessageIndex::link`]), so that a line of output for it can be
written at once. A document that holds all sessions names the later ones too ([`both_ways`]).
*/

use crate::limits::{Limit, SAME_AS_MESSAGES, SAME_AS_PER_MESSAGE};
use crate::protocol::event::MessageId;
use crate::session::model::{Match, Message, SameAs};
use crate::session::{Session, sha256};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// A message of the capture: session, and number within it.
type Place = (u64, MessageId);

/// Remembers messages, so that later ones can be matched with them.
#[derive(Debug)]
pub struct MessageIndex {
    /// For each key, the first [`SAME_AS_PER_MESSAGE`] messages that have it.
    known: HashMap<Key, Places>,
    messages: usize,
    /// Digests of bodies that match nothing: the empty one, and a lone line end.
    empty: [[u8; 32]; 2],
}

/// Most messages are seen once, and a capture may have very many: a single place needs no allocation.
#[derive(Debug)]
enum Places {
    One(Place),
    Several(Vec<Place>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    by: Match,
    /// SHA-256 of the content, the body or the Message-ID.
    digest: [u8; 32],
}

impl Default for MessageIndex {
    fn default() -> Self {
        Self { known: HashMap::new(), messages: 0, empty: [sha256(b""), sha256(b"\r\n")] }
    }
}

impl MessageIndex {
    /// Adds to each message of `session` the messages of earlier sessions that it matches, and remembers it for later
    /// ones. To be called once for each session, in the order of output: as sessions end, or in the order of their ids.
    pub fn link(&mut self, session: &mut Session) {
        for message in &mut session.messages {
            let keys = self.keys(message);
            // Only the best match with each message is kept: keys come best first.
            let mut found: BTreeMap<Place, Match> = BTreeMap::new();
            let mut too_many = false;
            for key in &keys {
                for place in self.known.get(key).map(Places::all).unwrap_or_default() {
                    if found.len() >= SAME_AS_PER_MESSAGE && !found.contains_key(place) {
                        too_many = true;
                    } else {
                        found.entry(*place).or_insert(key.by);
                    }
                }
            }
            message.same_as.extend(found.into_iter().map(|((session, message), by)| SameAs { session, message, by }));
            too_many |= !self.remember(&keys, (session.id, message.n));
            if too_many {
                session.limits_hit.hit(Limit::SameAs);
            }
        }
    }

    /// The keys by which `message` can be matched, best first.
    fn keys(&self, message: &Message) -> Vec<Key> {
        let whole = message.complete && message.part.is_none() && message.size > 0;
        let content = message.sha256.filter(|_| whole);
        let body = message.body_sha256.filter(|digest| whole && !self.empty.contains(digest));
        let id = message.header.message_id.as_ref().map(|id| sha256(id.as_bytes()));
        [(Match::Content, content), (Match::Body, body), (Match::MessageId, id)]
            .into_iter()
            .filter_map(|(by, digest)| Some(Key { by, digest: digest? }))
            .collect()
    }

    /// Remembers a message. False where a bound keeps later messages from naming it.
    fn remember(&mut self, keys: &[Key], place: Place) -> bool {
        if keys.is_empty() {
            return true;
        }
        if self.messages >= SAME_AS_MESSAGES {
            return false;
        }
        self.messages += 1;
        let mut all = true;
        for key in keys {
            match self.known.entry(*key) {
                Entry::Vacant(entry) => {
                    entry.insert(Places::One(place));
                }
                Entry::Occupied(mut entry) => all &= entry.get_mut().add(place),
            }
        }
        all
    }
}

impl Places {
    fn all(&self) -> &[Place] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Several(places) => places,
        }
    }

    /// False where there is no room for one more.
    fn add(&mut self, place: Place) -> bool {
        if self.all().len() >= SAME_AS_PER_MESSAGE {
            return false;
        }
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, place]),
            Self::Several(places) => places.push(place),
        }
        true
    }
}

/// Adds to each message the later messages that name it, for a document that holds all sessions in the order of their
/// ids.
pub fn both_ways(sessions: &mut [Session]) {
    let mut named: BTreeMap<Place, Vec<SameAs>> = BTreeMap::new();
    for session in sessions.iter() {
        for message in &session.messages {
            for same in &message.same_as {
                let back = SameAs { session: session.id, message: message.n, by: same.by };
                named.entry((same.session, same.message)).or_default().push(back);
            }
        }
    }
    for session in sessions {
        for message in &mut session.messages {
            let Some(later) = named.remove(&(session.id, message.n)) else { continue };
            for same in later {
                let known = message.same_as.iter().any(|s| (s.session, s.message) == (same.session, same.message));
                if known {
                    continue;
                }
                if message.same_as.len() >= SAME_AS_PER_MESSAGE {
                    session.limits_hit.hit(Limit::SameAs);
                    break;
                }
                message.same_as.push(same);
            }
        }
    }
}

#[cfg(test)]
mod tests;
