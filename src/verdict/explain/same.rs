//! Messages that were fetched, beside what was sent.

use super::mime::Crossing;
use crate::protocol::event::{Direction, MessageId};
use crate::session::Session;
use crate::session::model::{LineEnds, Match};
use crate::verdict::across::change::Change;
use crate::verdict::across::journey::{Journey, Role};
use std::collections::HashMap;

/// Messages of which size, packets and digest are kept.
const COPIES: usize = 10_000;
/// Pairs that are told.
const PAIRS: usize = 200;

/// What was fetched, beside what was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Same {
    /// Each message that was fetched or passed on, with the crossing before it.
    pub pairs: Vec<Pairing>,
    /// Further pairs.
    pub more: u64,
    /// Whole messages that were sent or appended.
    pub sent: u64,
    /// Whole messages that were fetched.
    pub fetched: u64,
    /// Of those, the ones whose sending the capture has.
    pub matched: u64,
}

/// A message in two sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Its Message-ID, where it has one.
    pub message_id: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// The earlier crossing and the later one.
    pub crossings: [Crossing; 2],
    /// What the later session does with it.
    pub role: Role,
    /// SHA-256 of the content of either.
    pub digests: [[u8; 32]; 2],
    /// How it is known to be the same.
    pub by: Option<Match>,
    /// What is different; absent where nothing is but perhaps the line ends.
    pub change: Option<Change>,
    /// Both have been captured whole.
    pub complete: bool,
    /// How the lines end on either side.
    pub line_ends: [Option<LineEnds>; 2],
}

impl Pairing {
    /// Whether both are equal byte for byte.
    pub fn is_identical(&self) -> bool {
        self.complete && self.digests[0] == self.digests[1]
    }
}

#[derive(Debug)]
struct Copy {
    crossing: Crossing,
    subject: Option<String>,
    complete: bool,
    ends: Option<LineEnds>,
}

/// Takes in messages.
#[derive(Debug, Default)]
pub struct Copies {
    copies: HashMap<(u64, MessageId), Copy>,
    sent: u64,
    fetched: u64,
}

impl Copies {
    /// Takes in the whole messages of `session`.
    pub fn session(&mut self, session: &Session) {
        for message in session.messages.iter().filter(|message| message.part.is_none() && message.size > 0) {
            match message.direction {
                Direction::Retrieved => self.fetched += 1,
                Direction::Sent | Direction::Appended => self.sent += 1,
            }
            if self.copies.len() < COPIES {
                let copy = Copy {
                    crossing: Crossing::of(session, message),
                    subject: message.header.subject.clone(),
                    complete: message.complete,
                    ends: message.lines.and_then(|lines| lines.ends),
                };
                self.copies.insert((session.id, message.n), copy);
            }
        }
    }

    /// The pairs, by the ways that messages took.
    pub fn finish(self, journeys: &[Journey]) -> Same {
        let mut same = Same { sent: self.sent, fetched: self.fetched, ..Same::default() };
        for journey in journeys {
            // Fetched twice is fetched from the same mailbox: each is compared with what was put into it.
            let mut put: Option<usize> = None;
            for (nth, hop) in journey.hops.iter().enumerate() {
                let is_fetched = hop.role == Role::Retrieved;
                // What is submitted has not come from anywhere.
                let before = put.filter(|_| hop.role != Role::Submitted);
                if !is_fetched {
                    put = Some(nth);
                }
                same.matched += u64::from(is_fetched && put.is_some());
                let Some(earlier) = before.and_then(|at| journey.hops.get(at)) else { continue };
                let copy = |hop: &crate::verdict::Hop| self.copies.get(&(hop.session.id, hop.message));
                let (Some(one), Some(other)) = (copy(earlier), copy(hop)) else {
                    same.more += 1;
                    continue;
                };
                if same.pairs.len() >= PAIRS {
                    same.more += 1;
                    continue;
                }
                let by = match () {
                    () if earlier.sha256 == hop.sha256 => Some(Match::Content),
                    () => hop.by,
                };
                same.pairs.push(Pairing {
                    message_id: journey.message_id.clone(),
                    subject: one.subject.clone(),
                    crossings: [one.crossing.clone(), other.crossing.clone()],
                    role: hop.role,
                    digests: [earlier.sha256, hop.sha256],
                    by,
                    // Known of the hop right before: of one further back, where all between are as it is.
                    change: between(journey, before, nth),
                    complete: one.complete && other.complete,
                    line_ends: [one.ends, other.ends],
                });
            }
        }
        same
    }
}

/// What has changed from the hop at `from` to that at `to`: the first change between the two.
fn between(journey: &Journey, from: Option<usize>, to: usize) -> Option<Change> {
    let [first, last] = [from?, to].map(|at| journey.hops.get(at));
    if first?.sha256 == last?.sha256 {
        return None;
    }
    let hops = journey.hops.get(from? + 1..=to)?;
    hops.iter().rev().find_map(|hop| hop.change.clone())
}
