/*!
The secrets by which TLS can be read on, and whoever has them.

[`Keys`] is what the TLS layer asks; it does no reading itself. `KeyRing` in `key_ring.rs` is what answers.
*/

pub use crate::protocol::event::tls::{KeySource, Random};
use crate::protocol::secret::Secret;
use std::fmt::Debug;
use std::sync::Arc;

/// What is known of one connection's secrets, by the labels of the NSS key log format.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Where the first of them was found.
    pub source: Option<KeySource>,
    /// `CLIENT_RANDOM`: the master secret of TLS 1.2 and older, 48 bytes.
    pub master: Option<Secret<Vec<u8>>>,
    /// `PMS_CLIENT_RANDOM`: the premaster secret, which the master secret is made of.
    pub premaster: Option<Secret<Vec<u8>>>,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`.
    pub client_early: Option<Secret<Vec<u8>>>,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    pub client_handshake: Option<Secret<Vec<u8>>>,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    pub server_handshake: Option<Secret<Vec<u8>>>,
    /// `CLIENT_TRAFFIC_SECRET_0`.
    pub client_traffic: Option<Secret<Vec<u8>>>,
    /// `SERVER_TRAFFIC_SECRET_0`.
    pub server_traffic: Option<Secret<Vec<u8>>>,
}

/// Who has secrets.
pub trait Keys: Debug + Send + Sync {
    /// The secrets of the connection whose ClientHello has `random`, as far as they were known when packet `packet` was
    /// read: the same packets find the same secrets, however far another thread has read on.
    fn of(&self, random: &Random, packet: u64) -> Option<Arc<Secrets>>;

    /// The premaster secret (48 bytes) in a ClientKeyExchange of an RSA key exchange (RFC 5246, section 7.4.7.1):
    /// `encrypted` is EncryptedPreMasterSecret without its length.
    fn premaster(&self, encrypted: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)>;

    /// The master secret of the session that `name` names: its session id or ticket (RFC 5077).
    fn master_of_session(&self, name: &[u8]) -> Option<(KeySource, Secret<Vec<u8>>)>;

    /// Remembers the master secret of a session by its session id or ticket. False where another one is forgotten for it.
    fn remember(&self, name: &[u8], source: KeySource, master: &Secret<Vec<u8>>) -> bool {
        let _ = (name, source, master);
        true
    }

    /// Whether there are secrets of any connection, or at least an option that names a file for them, at packet `packet`:
    /// where there are none, nobody wonders that nothing is decrypted.
    fn are_given(&self, packet: u64) -> bool {
        let _ = packet;
        true
    }

    /// More may come: the log is written while it is read. What cannot be decrypted yet is worth keeping.
    fn may_come(&self) -> bool;
}
