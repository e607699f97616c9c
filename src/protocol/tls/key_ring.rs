/*!
Who has the secrets: what key logs and Decryption Secrets Blocks told, and the private keys of servers.

A [`KeyRing`] is shared by all threads. The reader of a capture adds what its blocks tell as it comes to them, and workers ask
for what was known at a packet, so that it makes no difference how far the reader has gone on by then.
*/

use super::key_log::{Entry, Label, entries};
use super::keys::{KeySource, Keys, Random, Secrets};
use super::private_key::PrivateKeys;
use crate::limits::SECRET_CONNECTIONS;
use crate::protocol::secret::Secret;
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who looks for more secrets where some are missing: key logs that are written while they are read.
pub trait Grow: Send {
    /// Hands the entries that have come since the last call to `each`, with the number of the key log that has them.
    fn grow(&mut self, each: &mut dyn FnMut(usize, Entry));
}

/// A secret that is known.
struct Held {
    /// The first packet at which it is known.
    from_packet: u64,
    source: KeySource,
    /// A bit for each key log that has it.
    logs: u64,
    secret: Secret<Box<[u8]>>,
}

impl Held {
    fn new(secret: Secret<Vec<u8>>, origin: Origin) -> Self {
        let Origin { source, logs, from_packet } = origin;
        Self { from_packet, source, logs, secret: Secret::new(secret.into_revealed()) }
    }
}

/// Where a secret comes from.
#[derive(Clone, Copy)]
struct Origin {
    source: KeySource,
    /// The bit of the key log.
    logs: u64,
    from_packet: u64,
}

impl Origin {
    /// Key log number `log`.
    fn log(log: usize) -> Self {
        Self { source: KeySource::KeyLog, logs: bit(log), from_packet: 0 }
    }
}

/// The bit of key log number `log`. Those behind the 63rd share one.
fn bit(log: usize) -> u64 {
    1 << log.min(63)
}

/// What is known.
#[derive(Default)]
struct Known {
    connections: HashMap<Random, Vec<(Label, Held)>>,
    /// Premaster secrets, by the first bytes of what they were encrypted to.
    encrypted: HashMap<[u8; 8], Held>,
    sessions: HashMap<Vec<u8>, Held>,
    /// Connections and sessions that a block was the first to tell of.
    of_blocks: usize,
    /// The first packet at which something is known.
    since: Option<u64>,
    /// The bits of the key logs of which a secret was asked for.
    fitted: AtomicU64,
}

impl Known {
    /// Takes an entry in. The first that says something of a secret holds: what contradicts it is ignored, and what
    /// repeats it is at most known earlier.
    ///
    /// False where there is no room for it.
    fn add(&mut self, entry: Entry, origin: Origin) -> bool {
        let is_new = match &entry {
            Entry::Connection { random, .. } => !self.connections.contains_key(random),
            Entry::Encrypted { beginning, .. } => !self.encrypted.contains_key(beginning),
            Entry::Session { id, .. } => !self.sessions.contains_key(id),
        };
        if is_new && origin.source == KeySource::SecretsBlock {
            if self.of_blocks >= SECRET_CONNECTIONS {
                return false;
            }
            self.of_blocks += 1;
        }
        self.since = Some(self.since.map_or(origin.from_packet, |since| since.min(origin.from_packet)));
        match entry {
            Entry::Connection { label, random, secret } => {
                let held = Held::new(secret, origin);
                let all = self.connections.entry(random).or_default();
                match all.iter_mut().find(|(known, _)| *known == label) {
                    Some((_, before)) => repeat(before, &held),
                    None => {
                        // Most connections of TLS 1.2 have one secret, and there may be a million.
                        all.reserve_exact(1);
                        all.push((label, held));
                    }
                }
            }
            Entry::Encrypted { beginning, secret } => {
                let held = Held::new(secret, origin);
                match self.encrypted.entry(beginning) {
                    Occupied(mut before) => repeat(before.get_mut(), &held),
                    Vacant(place) => drop(place.insert(held)),
                }
            }
            Entry::Session { id, secret } => {
                let held = Held::new(secret, origin);
                match self.sessions.entry(id) {
                    Occupied(mut before) => repeat(before.get_mut(), &held),
                    Vacant(place) => drop(place.insert(held)),
                }
            }
        }
        true
    }

    /// A secret that was asked for.
    fn taken(&self, held: &Held) -> Secret<Vec<u8>> {
        self.fitted.fetch_or(held.logs, Ordering::Relaxed);
        Secret::new(held.secret.reveal())
    }

    fn of(&self, random: &Random, packet: u64) -> Option<Secrets> {
        let mut secrets = Secrets::default();
        let known = |held: &Held| held.from_packet <= packet;
        for (label, held) in self.connections.get(random)?.iter().filter(|(_, held)| known(held)) {
            let place = match label {
                Label::Master => &mut secrets.master,
                Label::Premaster => &mut secrets.premaster,
                Label::ClientEarly => &mut secrets.client_early,
                Label::ClientHandshake => &mut secrets.client_handshake,
                Label::ServerHandshake => &mut secrets.server_handshake,
                Label::ClientTraffic => &mut secrets.client_traffic,
                Label::ServerTraffic => &mut secrets.server_traffic,
            };
            *place = Some(self.taken(held));
            secrets.source.get_or_insert(held.source);
        }
        secrets.source.is_some().then_some(secrets)
    }
}

/// `before` is said again: what `again` says is the same, or it contradicts and is ignored.
fn repeat(before: &mut Held, again: &Held) {
    if before.secret != again.secret {
        return;
    }
    before.logs |= again.logs;
    if again.from_packet < before.from_packet {
        (before.from_packet, before.source) = (again.from_packet, again.source);
    }
}

/// Whether nothing more is needed to read what the connection says: while a key log is written, a part of a connection's
/// lines may be in it already.
fn suffices(secrets: &Secrets) -> bool {
    secrets.master.is_some()
        || secrets.premaster.is_some()
        || (secrets.client_traffic.is_some() && secrets.server_traffic.is_some())
}

/// All secrets that are known, of all connections.
#[derive(Default)]
pub struct KeyRing {
    known: RwLock<Known>,
    private: PrivateKeys,
    /// There are key logs, though there may be nothing in them.
    has_logs: bool,
    /// Asked where something is missing.
    grows: Option<Mutex<Box<dyn Grow>>>,
}

/// How much there is, and none of it.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("connections", &self.known().connections.len())
            .field("private", &self.private)
            .field("grows", &self.grows.is_some())
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring with the private keys of servers and nothing else.
    pub fn new(private: PrivateKeys) -> Self {
        Self { private, ..Self::default() }
    }

    /// The same ring, for which there are key logs, though there may be nothing in them.
    pub fn with_logs(self) -> Self {
        Self { has_logs: true, ..self }
    }

    /// The same ring, which asks `grow` where a secret is missing.
    pub fn growing(self, grow: Box<dyn Grow>) -> Self {
        Self { grows: Some(Mutex::new(grow)), ..self }
    }

    /// Takes in the lines of `text`, which is whole, and returns how many secrets were left out, as blocks told of too many
    /// connections. They are known to those who ask at packet `from_packet` or a later one ([`Keys::of`]); with 0, always.
    /// Lines that name no `Random` are asked for without a packet, so they count with 0 alone.
    pub fn add(&self, text: &[u8], source: KeySource, from_packet: u64) -> u64 {
        let mut entries = entries(text);
        entries.retain(|entry| from_packet == 0 || matches!(entry, Entry::Connection { .. }));
        let mut known = self.known_mut();
        let origin = Origin { source, logs: 0, from_packet };
        let left_out = entries.into_iter().filter_map(|entry| (!known.add(entry, origin)).then_some(1));
        left_out.sum()
    }

    /// Takes in an entry of key log number `log`, counted from 0. It is always known.
    pub fn add_entry(&self, log: usize, entry: Entry) {
        self.known_mut().add(entry, Origin::log(log));
    }

    /// Whether any secret of key log number `log` was asked for. Of more than 63 logs, those behind share one answer.
    pub fn has_fitted(&self, log: usize) -> bool {
        self.known().fitted.load(Ordering::Relaxed) & bit(log) != 0
    }

    /// True where nothing is known, nothing can come, and nobody said that there is something.
    pub fn is_empty(&self) -> bool {
        let known = self.known();
        let nothing = known.connections.is_empty() && known.encrypted.is_empty() && known.sessions.is_empty();
        nothing && self.private.is_empty() && !self.has_logs && self.grows.is_none()
    }

    /// What `look` finds; where that is not enough, what it finds once the key logs have been read on.
    fn found<T>(&self, look: impl Fn(&Known) -> Option<T>, enough: impl Fn(&T) -> bool) -> Option<T> {
        let found = look(&self.known());
        let Some(grows) = self.grows.as_ref().filter(|_| !found.as_ref().is_some_and(enough)) else { return found };
        let mut grows = grows.lock().unwrap_or_else(PoisonError::into_inner);
        grows.grow(&mut |log, entry| self.add_entry(log, entry));
        drop(grows);
        look(&self.known())
    }

    // A thread that panicked left whole entries behind.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys for KeyRing {
    fn of(&self, random: &Random, packet: u64) -> Option<Arc<Secrets>> {
        self.found(|known| known.of(random, packet), suffices).map(Arc::new)
    }

    fn premaster(&self, encrypted: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)> {
        // The work of the private keys is the dearest: a key log that has it spares it.
        if let Some(beginning) = encrypted.first_chunk::<8>()
            && let known = self.known()
            && let Some(held) = known.encrypted.get(beginning)
        {
            return Some((held.source, known.taken(held)));
        }
        if let Some(secret) = self.private.premaster(encrypted) {
            return Some((KeySource::ServerKey, secret));
        }
        let beginning = encrypted.first_chunk::<8>()?;
        self.found(|known| known.encrypted.get(beginning).map(|held| (held.source, known.taken(held))), |_| true)
    }

    fn master_of_session(&self, session_id: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)> {
        self.found(|known| known.sessions.get(session_id).map(|held| (held.source, known.taken(held))), |_| true)
    }

    fn are_given(&self, packet: u64) -> bool {
        self.has_logs || !self.private.is_empty() || self.known().since.is_some_and(|since| since <= packet)
    }

    fn may_come(&self) -> bool {
        self.grows.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, random: u8, secret: u8, bytes: usize) -> String {
        let hex = |byte: u8, count: usize| data_encoding::HEXLOWER.encode(&vec![byte; count]);
        format!("{label} {} {}\n", hex(random, 32), hex(secret, bytes))
    }

    fn master(ring: &KeyRing, random: u8, packet: u64) -> Option<u8> {
        let secrets = ring.of(&[random; 32], packet)?;
        secrets.master.as_ref().and_then(|master| master.reveal().first().copied())
    }

    #[test]
    fn a_secret_is_known_from_its_packet_on() {
        let ring = KeyRing::default();
        assert!(ring.is_empty());
        ring.add(line("CLIENT_RANDOM", 1, 11, 48).as_bytes(), KeySource::KeyLog, 0);
        ring.add(line("CLIENT_RANDOM", 2, 12, 48).as_bytes(), KeySource::SecretsBlock, 7);
        assert_eq!((master(&ring, 1, 0), master(&ring, 2, 6), master(&ring, 2, 7)), (Some(11), None, Some(12)));
        assert_eq!(ring.of(&[2; 32], 9).unwrap().source, Some(KeySource::SecretsBlock));
        assert!(ring.of(&[3; 32], 9).is_none() && !ring.is_empty() && !ring.may_come());
        // Of one connection, what a later block adds is not seen before it.
        ring.add(line("SERVER_TRAFFIC_SECRET_0", 1, 13, 32).as_bytes(), KeySource::SecretsBlock, 20);
        assert!(ring.of(&[1; 32], 19).unwrap().server_traffic.is_none());
        let later = ring.of(&[1; 32], 20).unwrap();
        assert_eq!(later.server_traffic.as_ref().unwrap().reveal(), [13; 32]);
        assert_eq!(later.source, Some(KeySource::KeyLog));
    }

    #[test]
    fn the_first_entry_holds() {
        let ring = KeyRing::default();
        ring.add(line("CLIENT_RANDOM", 1, 11, 48).as_bytes(), KeySource::SecretsBlock, 9);
        ring.add(line("CLIENT_RANDOM", 1, 99, 48).as_bytes(), KeySource::KeyLog, 0);
        assert_eq!((master(&ring, 1, 8), master(&ring, 1, 9)), (None, Some(11)), "a contradiction is ignored");
        ring.add(line("CLIENT_RANDOM", 1, 11, 48).as_bytes(), KeySource::SecretsBlock, 5);
        ring.add(line("CLIENT_RANDOM", 1, 11, 48).as_bytes(), KeySource::SecretsBlock, 6);
        assert_eq!((master(&ring, 1, 4), master(&ring, 1, 5)), (None, Some(11)), "whatever order they came in");
    }

    #[test]
    fn what_names_no_random_is_known_always_or_not_at_all() {
        let secret = "0b".repeat(48);
        let text = format!("RSA 0102030405060708 {secret}\nRSA Session-ID:0909 Master-Key:{secret}\n");
        let encrypted = [1, 2, 3, 4, 5, 6, 7, 8, 200, 201];
        let ring = KeyRing::default();
        ring.add(text.as_bytes(), KeySource::SecretsBlock, 3);
        assert!(ring.premaster(&encrypted).is_none() && ring.master_of_session(&[9, 9]).is_none());
        ring.add(text.as_bytes(), KeySource::SecretsBlock, 0);
        let wanted = Some((KeySource::SecretsBlock, Secret::new(vec![11; 48])));
        assert_eq!((ring.premaster(&encrypted), ring.master_of_session(&[9, 9])), (wanted.clone(), wanted));
        assert!(ring.premaster(&[1, 2, 3]).is_none() && ring.premaster(&[2; 128]).is_none());
        assert!(ring.master_of_session(&[9]).is_none() && ring.master_of_session(&[]).is_none());
    }

    /// Has one text for each time that it is asked, and counts them.
    struct Script(Vec<String>, Arc<Mutex<usize>>);

    impl Grow for Script {
        fn grow(&mut self, each: &mut dyn FnMut(usize, Entry)) {
            *self.1.lock().unwrap() += 1;
            if !self.0.is_empty() {
                entries(self.0.remove(0).as_bytes()).into_iter().for_each(|entry| each(0, entry));
            }
        }
    }

    #[test]
    fn more_is_asked_for_where_something_is_missing_and_only_there() {
        let asked = Arc::new(Mutex::new(0));
        let count = || *asked.lock().unwrap();
        let texts = vec![
            line("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 1, 11, 32),
            line("CLIENT_TRAFFIC_SECRET_0", 1, 12, 32) + &line("SERVER_TRAFFIC_SECRET_0", 1, 13, 32),
            line("CLIENT_RANDOM", 2, 14, 48),
        ];
        let ring = KeyRing::default().growing(Box::new(Script(texts, Arc::clone(&asked))));
        assert!(ring.may_come() && count() == 0);
        assert!(ring.of(&[1; 32], 1).unwrap().client_handshake.is_some());
        assert_eq!(count(), 1);
        assert!(ring.of(&[1; 32], 2).unwrap().server_traffic.is_some(), "the lines of one connection come one by one");
        assert_eq!(count(), 2);
        assert!(ring.of(&[1; 32], 3).is_some());
        assert_eq!(count(), 2, "nothing is missing");
        assert_eq!((master(&ring, 2, 1), count()), (Some(14), 3));
        assert_eq!((master(&ring, 3, 1), count()), (None, 4));
    }

    #[test]
    fn blocks_tell_of_so_many_connections() {
        let ring = KeyRing::default();
        let entry = |number: usize| {
            let mut random = [0; 32];
            random[..8].copy_from_slice(&number.to_be_bytes());
            Entry::Connection { label: Label::Master, random, secret: Secret::new(vec![1; 48]) }
        };
        let block = Origin { source: KeySource::SecretsBlock, logs: 0, from_packet: 0 };
        ring.known_mut().of_blocks = SECRET_CONNECTIONS - 1;
        let taken = [0, 1, 0].map(|number| ring.known_mut().add(entry(number), block));
        assert_eq!(taken, [true, false, true]);
        let line = line("CLIENT_RANDOM", 7, 7, 48);
        assert_eq!(ring.add(line.repeat(2).as_bytes(), KeySource::SecretsBlock, 0), 2);
        ring.add_entry(0, entry(9));
        assert_eq!(ring.known().connections.len(), 2, "key logs are not bounded: they are the user's own");
    }

    #[test]
    fn it_is_known_which_logs_were_of_use() {
        let ring = KeyRing::default();
        let add = |log, text: String| entries(text.as_bytes()).into_iter().for_each(|entry| ring.add_entry(log, entry));
        add(0, line("CLIENT_RANDOM", 1, 1, 48));
        add(1, line("CLIENT_RANDOM", 2, 2, 48));
        // The same line in another log, and one that contradicts it.
        add(2, line("CLIENT_RANDOM", 2, 2, 48));
        add(3, line("CLIENT_RANDOM", 2, 3, 48));
        ring.add(line("CLIENT_RANDOM", 4, 4, 48).as_bytes(), KeySource::SecretsBlock, 0);
        assert!(ring.of(&[2; 32], 1).is_some() && ring.of(&[4; 32], 1).is_some() && ring.of(&[5; 32], 1).is_none());
        assert_eq!([0, 1, 2, 3].map(|log| ring.has_fitted(log)), [false, true, true, false]);
        add(70, line("CLIENT_RANDOM", 6, 6, 48));
        assert!(!ring.has_fitted(usize::MAX) && ring.of(&[6; 32], 1).is_some() && ring.has_fitted(70));
    }

    #[test]
    fn secrets_are_given_from_the_first_one_on() {
        let ring = KeyRing::default();
        assert!(!ring.are_given(u64::MAX));
        ring.add(line("CLIENT_RANDOM", 1, 1, 48).as_bytes(), KeySource::SecretsBlock, 9);
        assert_eq!([8, 9].map(|packet| ring.are_given(packet)), [false, true]);
        assert!(KeyRing::default().with_logs().are_given(0), "though it is empty");
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let ring = KeyRing::default();
        ring.add(line("CLIENT_RANDOM", 1, 0xab, 48).as_bytes(), KeySource::KeyLog, 0);
        let shown = format!("{ring:?} {:?}", ring.of(&[1; 32], 1));
        assert!(shown.contains("connections: 1") && !shown.contains("171") && !shown.contains("ab, "), "{shown}");
    }
}
