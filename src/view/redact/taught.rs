//! What has been learned whole: to learn it again would add no string.

use super::known::Known;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What is remembered of earlier sessions, at most: then all of it is forgotten. Those who log in again are mostly the same.
const TAUGHT: usize = 4_096;
/// Bytes of one of these, at most.
const LONGEST: usize = 256;

/// How a string was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    Secret,
    Crossed,
}

/// What a session has learned already: the same secret stands in a step, in a credential and in the form that crossed.
#[derive(Default)]
pub struct Learned(HashMap<(What, Box<str>), How>);

/// How it was learned the last time.
struct How {
    of: Option<Known>,
    is_read: bool,
}

impl Learned {
    /// True where learning `said` once more, beyond what was `taught`, would say nothing new. Otherwise, it counts as learned.
    pub fn has(&mut self, what: What, said: &str, of: Option<&Known>, is_read: bool, taught: &Taught) -> bool {
        let key = (what, said.into());
        if taught.0.get(&key).is_some_and(|whose| of.is_none() || is_as_before(whose.as_ref(), of)) {
            return true;
        }
        let how = How { of: of.cloned(), is_read };
        match self.0.entry(key) {
            Entry::Occupied(mut old) => {
                let before = old.get();
                let is_known = (of.is_none() || before.of.as_ref() == of) && (before.is_read || !is_read);
                if !is_known {
                    old.insert(how);
                }
                is_known
            }
            Entry::Vacant(free) => {
                free.insert(how);
                false
            }
        }
    }
}

/// What earlier sessions have taught, all strings of which are known to all sessions.
#[derive(Default)]
pub struct Taught(HashMap<(What, Box<str>), Option<Known>>);

impl Taught {
    /// Adds what a session has `learned` in the place of a secret.
    pub fn add(&mut self, learned: &mut Learned) {
        for (key, How { of, .. }) in learned.0.drain().filter(|(_, how)| how.is_read) {
            // Where a secret is another's now, or is called otherwise, what rests on it is to be learned anew.
            let changed = self.0.get(&key).is_some_and(|before| !is_as_before(before.as_ref(), of.as_ref()));
            if changed || self.0.len() >= TAUGHT {
                self.0.clear();
            }
            if key.1.len() <= LONGEST {
                self.0.insert(key, of);
            }
        }
    }
}

/// Whether it is the same secret, and of the same kind.
fn is_as_before(before: Option<&Known>, of: Option<&Known>) -> bool {
    match (before, of) {
        (Some(before), Some(of)) => before == of && before.kind == of.kind,
        (before, of) => before.is_none() && of.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Learned, TAUGHT, Taught, What};
    use crate::protocol::secret::SecretKind;
    use crate::view::redact::known::Known;

    #[test]
    fn what_earlier_sessions_taught_is_not_learned_again() {
        let mut taught = Taught::default();
        let (password, token) =
            (Known::new(SecretKind::Password, "secret12"), Known::new(SecretKind::Token, "secret12"));
        let mut session = |of: Option<&Known>, is_read: bool| {
            let mut learned = Learned::default();
            let known = learned.has(What::Secret, "secret12", of, is_read, &taught);
            taught.add(&mut learned);
            known
        };
        // What was not read in the place of a secret stays with its session.
        assert!(!session(None, false));
        assert!(!session(None, true));
        assert!(session(None, true) && session(None, false));
        // Whose it is, is new; so is its kind.
        assert!(!session(password.as_ref(), true));
        assert!(session(password.as_ref(), true) && session(None, true));
        assert!(!session(token.as_ref(), true));
        assert!(!session(password.as_ref(), true));
    }

    #[test]
    fn no_more_than_some_is_remembered() {
        let mut taught = Taught::default();
        for n in 0..TAUGHT * 7 / 2 {
            let mut learned = Learned::default();
            learned.has(What::Crossed, &format!("secret{n}"), None, true, &taught);
            learned.has(What::Crossed, &"x".repeat(999), None, true, &taught);
            taught.add(&mut learned);
            assert!(taught.0.len() <= TAUGHT && taught.0.keys().all(|(_, said)| said.len() < 99));
        }
        assert!(taught.0.len() > TAUGHT / 3, "{}", taught.0.len());
    }
}
