/*!
TLS sessions that are taken up again (RFC 5246, section 7.3; RFC 5077), up to TLS 1.2.

Their secrets need not be told again: GnuTLS writes no line for them into a key log, and an RSA key exchange is left out.
So the master secret of the first connection is kept under its session id and its tickets.
*/

use super::keys::{KeySource, Keys, Random, Secrets};
use crate::limits::TLS_SESSIONS;
use crate::protocol::secret::Secret;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest session id (RFC 5246, section 7.4.1.2). Longer names are tickets.
const SESSION_ID_BYTES: usize = 32;

/// Keys that remember sessions. It must be asked about connections in the order in which they came: the same connections
/// then find the same sessions.
#[derive(Debug)]
pub struct Remembering {
    keys: Arc<dyn Keys>,
    sessions: Mutex<Sessions>,
}

/// A session's name: its id, or its ticket's digest, since tickets are long.
type Name = [u8; 32];

#[derive(Debug, Default)]
struct Sessions {
    masters: HashMap<Name, (KeySource, Secret<Vec<u8>>)>,
    /// In the order in which they came.
    names: VecDeque<Name>,
}

impl Remembering {
    /// What `keys` has, and what is seen of sessions besides.
    pub fn new(keys: Arc<dyn Keys>) -> Self {
        Self { keys, sessions: Mutex::default() }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys for Remembering {
    fn of(&self, random: &Random, packet: u64) -> Option<Arc<Secrets>> {
        self.keys.of(random, packet)
    }

    fn premaster(&self, encrypted: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)> {
        self.keys.premaster(encrypted)
    }

    fn master_of_session(&self, name: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)> {
        let seen = self.sessions().masters.get(&digest(name)).cloned();
        seen.or_else(|| self.keys.master_of_session(name).filter(|_| name.len() <= SESSION_ID_BYTES))
    }

    fn remember(&self, name: &[u8], source: KeySource, master: &Secret<Vec<u8>>) -> bool {
        let name = digest(name);
        let mut sessions = self.sessions();
        let is_new = sessions.masters.insert(name, (source, master.clone())).is_none();
        if is_new {
            sessions.names.push_back(name);
        }
        let is_full = sessions.names.len() > TLS_SESSIONS;
        if is_full && let Some(oldest) = sessions.names.pop_front() {
            sessions.masters.remove(&oldest);
        }
        !is_full
    }

    fn are_given(&self, packet: u64) -> bool {
        self.keys.are_given(packet)
    }

    fn may_come(&self) -> bool {
        self.keys.may_come()
    }
}

fn digest(name: &[u8]) -> Name {
    Sha256::digest(name).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::key_ring::KeyRing;

    #[test]
    fn the_oldest_session_is_forgotten_first() {
        let keys = Remembering::new(Arc::new(KeyRing::default()));
        let master = Secret::new(vec![7; 48]);
        let remembers = |n: usize| keys.master_of_session(&n.to_be_bytes()).is_some();
        for n in 0..TLS_SESSIONS {
            assert!(keys.remember(&n.to_be_bytes(), KeySource::KeyLog, &master));
        }
        assert!(keys.remember(&0usize.to_be_bytes(), KeySource::KeyLog, &master), "it is known already");
        assert!(!keys.remember(&TLS_SESSIONS.to_be_bytes(), KeySource::KeyLog, &master));
        assert_eq!((remembers(0), remembers(1), remembers(TLS_SESSIONS)), (false, true, true));
    }
}
