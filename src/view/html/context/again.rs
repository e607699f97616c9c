//! Messages that later sessions carry again. A session is rendered when it is over: what comes later is not known then.

use super::text::Text;
use crate::protocol::event::MessageId;
use crate::session::model::Session;
use crate::view::locale;
use serde::Serialize;
use std::collections::HashMap;

/// Repetitions named for each session.
const NAMED: usize = 50;
/// Repetitions named for all of them.
const KEPT: usize = 100_000;

/// A message of a session that a later one carries again.
#[derive(Debug, Clone, Serialize)]
pub struct Repeated {
    /// Its number within its session.
    pub message: MessageId,
    /// The later session.
    pub session: u64,
    /// Its number there.
    pub as_message: MessageId,
    /// How it is known to be the same.
    pub matched: Text,
}

/// What was seen again.
#[derive(Debug, Default)]
pub struct Again {
    of: HashMap<u64, Repetitions>,
    kept: usize,
    /// What is not named.
    pub left_out: u64,
}

/// What was seen again of a session.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Repetitions {
    /// The first of it.
    pub named: Vec<Repeated>,
    /// Further repetitions.
    pub more: u64,
}

impl Again {
    /// Adds what `session` repeats of earlier ones.
    pub fn add(&mut self, session: &Session) {
        for message in &session.messages {
            for same in &message.same_as {
                // Only sessions that have something to tell take room, and what is told of each has an end.
                if self.of.len() >= KEPT && !self.of.contains_key(&same.session) {
                    self.left_out += 1;
                    continue;
                }
                let of = self.of.entry(same.session).or_default();
                if of.named.len() >= NAMED || self.kept >= KEPT {
                    of.more += 1;
                    self.left_out += 1;
                    continue;
                }
                self.kept += 1;
                of.named.push(Repeated {
                    message: same.message,
                    session: session.id,
                    as_message: message.n,
                    matched: Text::of(|lang| locale::matched(lang, same.by)),
                });
            }
        }
    }

    /// What was seen again of a session, in the order of the later ones.
    pub fn of(&mut self, session: u64) -> Repetitions {
        let mut repetitions = self.of.remove(&session).unwrap_or_default();
        repetitions.named.sort_by_key(|one| (one.message, one.session, one.as_message));
        repetitions
    }
}
