/*!
What it takes to read on inside TLS: what the handshake has told, the secrets that belong to it, and each direction's keys.

Secrets are asked for once it is known what they protect: at the ServerHello in TLS 1.3, at ChangeCipherSpec before it.
Where more may come (a key log that is written while it is read), what crosses meanwhile is held, up to a bound.
*/

use super::direction::Direction;
use super::handshake::{self, ClientHello, ServerHello};
use super::keys::{KeySource, Keys, Random, Secrets};
use super::loss::Epoch;
use super::schedule;
use super::suite::Suite;
use super::waiting::{Held, Waiting};
use crate::flow::{PacketRef, Side};
use crate::limits::{TLS_HANDSHAKE_BYTES, TLS_WAITING_BYTES, heap, of_list};
use crate::protocol::event::{KeyFault, TlsFact};
use crate::protocol::secret::{Raw, Secret};
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

/// HandshakeType of ClientKeyExchange.
const CLIENT_KEY_EXCHANGE: u8 = 16;
/// HandshakeType of HelloRequest, which is no part of what is hashed (RFC 5246, section 7.4.1.1).
const HELLO_REQUEST: u8 = 0;

/// What was opened, for the dialogue.
#[derive(Debug)]
pub enum Opened {
    /// Content, and how much of it came in which packets.
    Data(Raw<Vec<u8>>, Vec<(usize, PacketRef)>),
    /// So many bytes of content are missing.
    Gap(u64, PacketRef),
    /// The same, and nothing after them can be read.
    LastGap(u64, PacketRef),
}

/// One handshake.
#[derive(Debug, Default)]
struct Handshake {
    client_random: Option<Random>,
    session_id: Vec<u8>,
    /// The ticket of the session that the client would take up again.
    ticket: Vec<u8>,
    /// Names of the session that is agreed upon: its id, and a ticket for it.
    names: Vec<Vec<u8>>,
    server_random: Random,
    version: u16,
    /// The suite's code, and the suite where it is supported.
    suite: Option<(u16, Option<Suite>)>,
    /// RFC 7366.
    encrypt_then_mac: bool,
    /// RFC 7627.
    extended_master_secret: bool,
    /// Its messages up to ClientKeyExchange, which an extended master secret is made of; empty where one is missing.
    messages: Vec<u8>,
    is_hashable: bool,
    /// EncryptedPreMasterSecret.
    premaster: Vec<u8>,
    /// ClientKeyExchange was sent: no earlier session is taken up again.
    keys_exchanged: bool,
    /// ChangeCipherSpec was sent, by TLS's role.
    changed: [bool; 2],
    /// Its secrets are in use.
    agreed: bool,
    /// The client sends early data, and the server has not said whether it takes them.
    early: bool,
}

/// A connection's secrets, and what they open.
#[derive(Debug)]
pub struct Decryptor {
    keys: Arc<dyn Keys>,
    handshake: Handshake,
    /// By TLS's role.
    directions: [Direction; 2],
    /// Where the secrets are from that opened a record.
    source: Option<KeySource>,
    /// Where the secrets in use are from.
    found: Option<KeySource>,
    /// The master secret in use, up to TLS 1.2.
    master: Option<(KeySource, Secret<Vec<u8>>)>,
    /// A session was forgotten for this one.
    pub forgot: bool,
    /// It was told that records are opened.
    told: bool,
    /// The first ClientHello's.
    random: Option<Random>,
    /// Why nothing can be opened.
    fault: Option<KeyFault>,
    /// No more secrets are waited for.
    gave_up: bool,
    waiting: Waiting,
    opened: VecDeque<(Side, Opened)>,
    /// The last packet that was asked about.
    pub last: PacketRef,
}

impl Decryptor {
    /// One that asks `keys`.
    pub fn new(keys: Arc<dyn Keys>) -> Self {
        Self {
            keys,
            handshake: Handshake::default(),
            directions: Default::default(),
            source: None,
            found: None,
            master: None,
            forgot: false,
            told: false,
            random: None,
            fault: None,
            gave_up: false,
            waiting: Waiting::default(),
            opened: VecDeque::new(),
            last: PacketRef::default(),
        }
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let handshake = &self.handshake;
        heap(size_of::<Self>())
            + self.directions.iter().map(Direction::held).sum::<usize>()
            + of_list(&handshake.messages)
            + of_list(&handshake.ticket)
            + of_list(&handshake.session_id)
            + handshake.names.iter().map(of_list).sum::<usize>()
            + of_list(&handshake.premaster)
            + self.waiting.held()
    }

    /// The direction of TLS's `role`.
    pub fn direction(&mut self, role: Side) -> &mut Direction {
        &mut self.directions[role as usize]
    }

    /// A ClientHello was read.
    pub fn client_hello(&mut self, hello: &ClientHello<'_>) {
        let early = handshake::extension(&hello.extensions, handshake::EARLY_DATA).is_some();
        let messages = mem::take(&mut self.handshake.messages);
        let ticket = handshake::extension(&hello.extensions, handshake::SESSION_TICKET).unwrap_or_default();
        self.handshake = Handshake {
            client_random: Some(hello.random),
            session_id: hello.session_id.to_vec(),
            ticket: ticket.to_vec(),
            messages,
            is_hashable: true,
            early,
            ..Handshake::default()
        };
        self.handshake.messages.clear();
        self.random.get_or_insert(hello.random);
    }

    /// A ServerHello was read in packet `at`.
    pub fn server_hello(&mut self, hello: &ServerHello<'_>, at: PacketRef) {
        let has = |kind| handshake::extension(&hello.extensions, kind).is_some();
        let handshake = &mut self.handshake;
        handshake.server_random = hello.random;
        handshake.version = hello.version;
        handshake.encrypt_then_mac = has(handshake::ENCRYPT_THEN_MAC);
        handshake.extended_master_secret = has(handshake::EXTENDED_MASTER_SECRET);
        handshake.names = vec![hello.session_id.to_vec()];
        let suite = Suite::of(hello.cipher, hello.version);
        handshake.suite = Some((hello.cipher, suite));
        self.fault = if suite.is_none() { Some(KeyFault::CipherSuite) } else { None };
        if self.is_tls13() {
            // Nothing is made of its messages.
            self.handshake_broken();
            self.agree(at);
        } else {
            self.handshake.early = false;
        }
    }

    /// A HelloRetryRequest: early data are not taken (RFC 8446, section 4.2.10).
    pub fn retry(&mut self) {
        self.handshake.early = false;
    }

    /// The server's EncryptedExtensions, or a sign that they cannot be read.
    pub fn early_data(&mut self, taken: bool) {
        if mem::take(&mut self.handshake.early) {
            let client = self.direction(Side::Client);
            client.takes_early = taken;
            if !taken {
                client.leave(Epoch::Early);
            }
        }
    }

    /// A whole handshake message: what the extended master secret is made of.
    pub fn message(&mut self, kind: u8, body: &[u8]) {
        let handshake = &mut self.handshake;
        handshake.keys_exchanged |= kind == CLIENT_KEY_EXCHANGE;
        if kind == handshake::NEW_SESSION_TICKET
            && handshake.names.len() == 1
            && let Some(ticket) = handshake::new_session_ticket(body)
        {
            handshake.names.push(ticket.to_vec());
        }
        if !handshake.is_hashable || kind == HELLO_REQUEST {
            return;
        }
        if body.len() + handshake.messages.len() > TLS_HANDSHAKE_BYTES {
            handshake.is_hashable = false;
            return;
        }
        let [_, length @ ..] = (body.len() as u32).to_be_bytes();
        handshake.messages.push(kind);
        handshake.messages.extend_from_slice(&length);
        handshake.messages.extend_from_slice(body);
        if kind == CLIENT_KEY_EXCHANGE {
            handshake.is_hashable = false;
            // The length is missing in SSL 3.0 alone.
            handshake.premaster = match *body {
                [high, low, ref encrypted @ ..] if usize::from(u16::from_be_bytes([high, low])) == encrypted.len() => {
                    encrypted.to_vec()
                }
                _ => body.to_vec(),
            };
        }
    }

    /// A piece of the handshake is missing.
    pub fn handshake_broken(&mut self) {
        self.handshake.is_hashable = false;
        self.handshake.messages = Vec::new();
    }

    /// TLS's `role` has sent ChangeCipherSpec, in packet `at`.
    pub fn change_cipher_spec(&mut self, role: Side, at: PacketRef) {
        self.agree(at);
        self.handshake.changed[role as usize] = true;
        self.direction(role).change_cipher_spec();
        // A ticket comes right before it.
        self.remember();
    }

    /// Whether TLS's `role` may have sent ChangeCipherSpec among what is missing, and its keys are known.
    pub fn would_change(&mut self, role: Side, at: PacketRef) -> bool {
        let handshake = &self.handshake;
        if self.is_tls13() || handshake.suite.is_none() || handshake.changed[role as usize] {
            return false;
        }
        self.agree(at);
        self.handshake.agreed
    }

    /// Takes it that [it has](Self::would_change).
    pub fn change_unseen(&mut self, role: Side, at: PacketRef) -> bool {
        let changes = self.would_change(role, at);
        if changes {
            self.handshake.changed[role as usize] = true;
            self.direction(role).change_cipher_spec();
        }
        changes
    }

    fn is_tls13(&self) -> bool {
        handshake::is_tls13(self.handshake.version)
    }

    /// Takes the secrets of the handshake into use, as far as they are known when packet `at` is read.
    fn agree(&mut self, at: PacketRef) {
        let handshake = &self.handshake;
        if handshake.agreed {
            return;
        }
        let (Some(random), Some((_, Some(suite)))) = (handshake.client_random, handshake.suite) else {
            self.fault.get_or_insert(KeyFault::Handshake);
            return;
        };
        let secrets = self.keys.of(&random, at.packet);
        let agreed = if self.is_tls13() {
            secrets.is_some_and(|secrets| self.agree_on_traffic(suite, &secrets))
        } else {
            self.agree_on_master(suite, secrets.as_deref())
        };
        self.handshake.agreed = agreed;
        self.fault = (!agreed).then_some(KeyFault::NoSecret);
    }

    /// The secrets of TLS 1.3. While more may come, all are waited for.
    fn agree_on_traffic(&mut self, suite: Suite, secrets: &Secrets) -> bool {
        let is_whole = secrets.client_traffic.is_some() && secrets.server_traffic.is_some();
        if !is_whole && self.waits_for_secrets() {
            return false;
        }
        let early = secrets.client_early.as_ref().filter(|_| self.handshake.early);
        let [client, server] = &mut self.directions;
        if client.has_opened() || server.has_opened() {
            // There is one handshake in TLS 1.3. Keys that open are kept, whatever another hello says.
            return true;
        }
        client.forget_keys();
        server.forget_keys();
        let of_client = [
            (Epoch::Early, early),
            (Epoch::Handshake, secrets.client_handshake.as_ref()),
            (Epoch::Application, secrets.client_traffic.as_ref()),
        ];
        let of_server = [
            (Epoch::Handshake, secrets.server_handshake.as_ref()),
            (Epoch::Application, secrets.server_traffic.as_ref()),
        ];
        for (epoch, secret) in of_client {
            secret.into_iter().for_each(|secret| client.add(epoch, suite, secret));
        }
        for (epoch, secret) in of_server {
            secret.into_iter().for_each(|secret| server.add(epoch, suite, secret));
        }
        self.found = secrets.source;
        client.has_keys() || server.has_keys()
    }

    /// The master secret of TLS 1.2 and older.
    fn agree_on_master(&mut self, suite: Suite, secrets: Option<&Secrets>) -> bool {
        let Some((source, master)) = self.master(suite, secrets) else { return false };
        let handshake = &self.handshake;
        let Some(random) = handshake.client_random else { return false };
        let openers = schedule::openers(
            handshake.version,
            suite,
            handshake.encrypt_then_mac,
            master.reveal(),
            &random,
            &handshake.server_random,
        );
        let Some(openers) = openers else { return false };
        for (role, opener) in [Side::Client, Side::Server].into_iter().zip(openers) {
            let changed = self.handshake.changed[role as usize];
            let direction = self.direction(role);
            direction.await_change(opener);
            if changed {
                direction.change_cipher_spec();
            }
        }
        self.found = Some(source);
        self.master = Some((source, master));
        self.remember();
        true
    }

    /// Remembers the session by the names it has so far.
    fn remember(&mut self) {
        let Some((source, master)) = &self.master else { return };
        for name in std::mem::take(&mut self.handshake.names).iter().filter(|name| !name.is_empty()) {
            self.forgot |= !self.keys.remember(name, *source, master);
        }
        self.handshake.names.push(Vec::new());
    }

    fn master(&self, suite: Suite, secrets: Option<&Secrets>) -> Option<(KeySource, Secret<Vec<u8>>)> {
        let handshake = &self.handshake;
        let source = secrets.and_then(|secrets| secrets.source).unwrap_or(KeySource::KeyLog);
        if let Some(master) = secrets.and_then(|secrets| secrets.master.clone()) {
            return Some((source, master));
        }
        let by_premaster = || {
            let logged = secrets.and_then(|secrets| secrets.premaster.clone()).map(|premaster| (source, premaster));
            let is_rsa = suite.is_rsa_key_exchange() && !handshake.premaster.is_empty();
            let (source, premaster) =
                logged.or_else(|| is_rsa.then(|| self.keys.premaster(&handshake.premaster)).flatten())?;
            let (version, premaster) = (handshake.version, premaster.reveal());
            if !handshake.extended_master_secret {
                let random = handshake.client_random.as_ref()?;
                let master = schedule::master_secret(version, suite, premaster, random, &handshake.server_random);
                return Some((source, master));
            }
            let is_whole = !handshake.messages.is_empty();
            is_whole.then(|| (source, schedule::extended_master_secret(version, suite, premaster, &handshake.messages)))
        };
        if handshake.keys_exchanged {
            return by_premaster();
        }
        let names = [&handshake.ticket, &handshake.session_id];
        names.into_iter().filter(|name| !name.is_empty()).find_map(|name| self.keys.master_of_session(name))
    }

    /// A record was opened. Returns what is to be told of it, the first time.
    pub fn note_opened(&mut self) -> Option<TlsFact> {
        self.source = self.source.or(self.found);
        self.fault = None;
        let source = self.source?;
        (!mem::replace(&mut self.told, true)).then_some(TlsFact::DecryptedBy(source))
    }

    /// Why nothing was opened, where secrets were there to open it: with the ClientHello's random. `is_encrypted`: there was
    /// something to open.
    pub fn why_not(&self, is_encrypted: bool) -> Option<TlsFact> {
        if self.told || !self.keys.are_given(self.last.packet) {
            return None;
        }
        let fault = match self.fault {
            _ if self.random.is_none() => KeyFault::Handshake,
            Some(fault) => fault,
            None if self.handshake.agreed => KeyFault::DoesNotFit,
            None if is_encrypted => KeyFault::Handshake,
            // The handshake ended before there was anything to decrypt.
            None => return None,
        };
        if let Some(random) = self.random.as_ref().filter(|_| fault == KeyFault::CipherSuite) {
            // Whoever has them is not told that their key log is of other connections.
            let _ = self.keys.of(random, self.last.packet);
        }
        Some(TlsFact::NotDecrypted(fault, self.random))
    }

    /// More secrets are worth waiting for.
    fn waits_for_secrets(&self) -> bool {
        !self.gave_up && self.keys.may_come()
    }

    /// Whether what TLS's `role` sends, in packet `at`, has to wait.
    pub fn must_hold(&mut self, role: Side, at: PacketRef) -> bool {
        self.last = at;
        let handshake = &self.handshake;
        let is_due = handshake.client_random.is_some()
            && matches!(handshake.suite, Some((_, Some(_))))
            && (self.is_tls13() || handshake.changed.contains(&true));
        if is_due && !handshake.agreed && self.waits_for_secrets() {
            self.agree(at);
            return !self.handshake.agreed;
        }
        role == Side::Client && handshake.early && !self.gave_up
    }

    /// Holds `held` until there are keys. Where that is too much, no more keys are waited for.
    pub fn hold(&mut self, held: Held) -> bool {
        self.waiting.push(held);
        let is_much = self.waiting.bytes() > TLS_WAITING_BYTES;
        self.gave_up |= is_much;
        is_much
    }

    /// No more input will come: no more keys are waited for.
    pub fn give_up(&mut self) {
        if self.waits_for_secrets() && !self.waiting.is_empty() {
            self.agree(self.last);
        }
        self.gave_up = true;
    }

    /// Something is held.
    pub fn is_holding(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether what TLS's `role` sends has to wait, or comes after what waits still.
    pub fn waits(&mut self, role: Side, at: PacketRef, role_of: impl Fn(Side) -> Side) -> bool {
        self.must_hold(role, at) || self.waiting.has(|from| role_of(from) == role)
    }

    /// The input that waits no longer. What is left of it is to be [put back](Self::put_back).
    pub fn release(&mut self, role_of: impl Fn(Side) -> Side) -> Option<Held> {
        let at = self.last;
        if self.waiting.is_empty() {
            return None;
        }
        // Secrets may come with any question: both directions are to have the same answer.
        let mut waits;
        loop {
            let agreed = self.handshake.agreed;
            waits = [self.must_hold(Side::Client, at), self.must_hold(Side::Server, at)];
            if self.handshake.agreed == agreed {
                break;
            }
        }
        self.waiting.take(|from| !waits[role_of(from) as usize])
    }

    /// Puts back what is left of the input that was released last.
    pub fn put_back(&mut self, held: Held) {
        self.waiting.put_back(held);
    }

    /// Hands something over to the dialogue.
    pub fn hand_over(&mut self, from: Side, opened: Opened) {
        self.opened.push_back((from, opened));
    }

    /// Something is to be handed over.
    pub fn has_opened(&self) -> bool {
        !self.opened.is_empty()
    }

    /// What was opened.
    pub fn next_opened(&mut self) -> Option<(Side, Opened)> {
        self.opened.pop_front()
    }
}
