//! The captures of `fixtures/tls`: their packets, their secrets, and what is opened inside of them.

use super::{EPOCH, Packet, Side, open};
use mailtap::capture::{self, Read, Source};
use mailtap::flow::PacketRef;
use mailtap::limits::Limit;
use mailtap::pipeline::{self, Options};
use mailtap::protocol::channel::Stack;
use mailtap::protocol::event::*;
use mailtap::protocol::framing::Input;
use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::{KeySource, Keys};
use mailtap::protocol::tls::private_key::PrivateKeys;
use mailtap::protocol::{Dialogue, Upgrade};
use mailtap::session::{Needs, Plan};
use mailtap::view::json::Json;
use mailtap::view::record;
use serde_json::Value;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// A capture with its truth.
pub struct Fixture {
    pub name: String,
    pub truth: Value,
    pub path: PathBuf,
    pub file: Vec<u8>,
}

/// All of them.
pub fn all() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls");
    super::fixtures_in(&root).into_iter().map(|(name, path)| Fixture::new(name, path)).collect()
}

/// The one that is called `name`.
pub fn named(name: &str) -> Fixture {
    all().into_iter().find(|fixture| fixture.name == name).unwrap_or_else(|| panic!("no fixture {name}"))
}

impl Fixture {
    fn new(name: String, path: PathBuf) -> Self {
        let truth = std::fs::read(path.with_file_name("truth.json")).expect("a truth.json");
        let truth = serde_json::from_slice(&truth).expect("JSON");
        let file = std::fs::read(&path).expect("readable");
        Self { name, truth, path, file }
    }

    /// Everything that decrypts it, and where it is from; `None` for a capture in clear.
    pub fn keys(&self) -> Option<(Arc<dyn Keys>, &'static str)> {
        let beside = |file: &str| std::fs::read(self.path.with_file_name(file)).ok();
        let mut private = PrivateKeys::default();
        if let Some(pem) = beside("server.key") {
            private.add(&pem).expect("a private key");
            return Some((Arc::new(KeyRing::new(private)), "rsa-key"));
        }
        let ring = KeyRing::new(private);
        if let Some(log) = beside("keys.log") {
            ring.add(&log, KeySource::KeyLog, 0);
            return Some((Arc::new(ring), "keylog"));
        }
        capture::secrets_of(&self.path, &mut |text| {
            ring.add(text, KeySource::SecretsBlock, 0);
        });
        (!ring.is_empty()).then(|| (Arc::new(ring) as Arc<dyn Keys>, "dsb"))
    }

    /// Its packets, a whole frame each.
    pub fn packets(&self) -> Vec<Packet> {
        let mut source = open(&self.file).expect("a capture");
        let mut packets = Vec::new();
        while let Read::Packet(packet) = source.next_packet().expect("whole") {
            let time = packet.time.nanoseconds() as u64 / 1_000 - u64::from(EPOCH) * 1_000_000;
            packets.push(Packet::new(time, packet.data.to_vec()));
        }
        packets
    }

    /// The `nth` connection from its ClientHello on: who sent what, a packet each.
    pub fn turns(&self, nth: usize) -> Vec<(Side, Vec<u8>)> {
        let known = &self.truth["connections"][nth];
        let port = |side: &str| -> u16 {
            let end = known[side].as_str().expect("an end");
            end.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
        };
        let (client, server) = (port("client"), port("server"));
        let turns = self.packets().into_iter().filter_map(|packet| {
            let (ports, payload) = tcp(&packet.frame)?;
            let from = match ports {
                _ if ports == (client, server) => Side::Client,
                _ if ports == (server, client) => Side::Server,
                _ => return None,
            };
            (!payload.is_empty()).then(|| (from, payload.to_vec()))
        });
        turns.skip_while(|(from, bytes)| *from == Side::Server || bytes.first() != Some(&22)).collect()
    }
}

/// Ports and payload of a frame with IPv4 and TCP.
fn tcp(frame: &[u8]) -> Option<((u16, u16), &[u8])> {
    let ip = frame.get(14..)?;
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let tcp = ip.get(usize::from(ip[0] & 15) * 4..total)?;
    let port = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    Some(((port(0), port(2)), tcp.get(usize::from(tcp[12] >> 4) * 4..)?))
}

/// The JSON document of a capture that is read with `keys`.
pub fn document_with(file: &[u8], keys: Option<Arc<dyn Keys>>, threads: usize) -> Value {
    let plan = Arc::new(Plan { needs: Needs::ALL, keys, ..Plan::default() });
    let mut source = open(file).expect("a capture");
    let mut view = Json::new(Vec::new(), record::Options::default());
    let options = Options { threads, ..Options::default() };
    let outcome = pipeline::run(&mut source, &options, &plan, &mut view, &AtomicBool::new(false)).expect("memory");
    assert!(outcome.problem.is_none());
    serde_json::from_slice(&view.into_inner()).expect("valid JSON")
}

/// The sessions of it.
pub fn sessions_with(file: &[u8], keys: Option<Arc<dyn Keys>>) -> Vec<Value> {
    let mut document = document_with(file, keys, 1);
    std::mem::take(document["sessions"].as_array_mut().expect("a list"))
}

/// What comes to the TLS layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    Data(Side, Vec<u8>),
    Gap(Side, u64),
}

/// What a dialogue inside TLS is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Data(Side, Vec<u8>),
    Gap(Side, u64),
    LastGap(Side, u64),
    /// Something is missing that is not inside.
    GapInTls(Side),
}

/// What is opened, and what is told of TLS.
#[derive(Debug, Default)]
pub struct Opened {
    pub heard: Vec<Heard>,
    pub told: Told,
}

/// What is told of TLS.
#[derive(Debug, Default)]
pub struct Told {
    /// Steps of TLS: who, what, how many bytes.
    pub steps: Vec<(Side, Subject, u64)>,
    pub facts: Vec<TlsFact>,
    pub limits: Vec<Limit>,
    /// Nothing is noted.
    is_deaf: bool,
    /// The most that was held after a turn, as the layers say.
    pub held: usize,
}

/// Notes all that it is told. It is no one's dialogue: nothing follows from what it hears.
#[derive(Debug, Clone, Default)]
struct Ear(Arc<Mutex<Vec<Heard>>>);

impl Ear {
    fn hear(&self, heard: Heard) {
        let mut all = self.0.lock().expect("one thread");
        match (all.last_mut(), heard) {
            (Some(Heard::Data(last, bytes)), Heard::Data(from, more)) if *last == from => bytes.extend(more),
            (_, heard) => all.push(heard),
        }
    }
}

impl Dialogue for Ear {
    fn held(&self) -> usize {
        0
    }
    fn read(&mut self, from: Side, input: &mut Input<'_>, _: &mut dyn Sink) -> Option<Upgrade> {
        self.hear(Heard::Data(from, input.take(usize::MAX).to_vec()));
        None
    }
    fn gap(&mut self, from: Side, missing: u64, _: PacketRef, _: &mut dyn Sink) -> Option<Upgrade> {
        self.hear(Heard::Gap(from, missing));
        None
    }
    fn last_gap(&mut self, from: Side, missing: u64, _: PacketRef, _: &mut dyn Sink) {
        self.hear(Heard::LastGap(from, missing));
    }
    fn gap_in_tls(&mut self, from: Side, _: &mut dyn Sink) {
        self.hear(Heard::GapInTls(from));
    }
    fn end(&mut self, _: &mut dyn Sink) -> Option<Upgrade> {
        None
    }
}

/// A dialogue says nothing here, so only TLS does.
impl Sink for Told {
    fn step(&mut self, step: Step<'_>) -> StepId {
        if self.is_deaf {
            return 1;
        }
        self.steps.push((step.from, step.subject, step.span.bytes));
        self.steps.len() as StepId
    }
    fn tls(&mut self, fact: TlsFact) {
        if !self.is_deaf {
            self.facts.push(fact);
        }
    }
    fn limit(&mut self, limit: Limit) {
        if !self.is_deaf {
            self.limits.push(limit);
        }
    }
    fn message(&mut self, _: MessageStart) -> MessageId {
        unreachable!("a dialogue's")
    }
    fn credential(&mut self, _: Credential) {}
    fn content(&mut self, _: MessageId, _: &[u8]) {}
    fn content_mark(&mut self, _: MessageId, _: ContentMark) {}
    fn content_missing(&mut self, _: MessageId, _: u64) {}
    fn content_step(&mut self, _: MessageId, _: StepId) {}
    fn content_part(&mut self, _: MessageId, _: Option<String>) {}
    fn unique_id(&mut self, _: MessageId, _: &[u8]) {}
    fn content_end(&mut self, _: MessageId, _: ContentEnd) {}
    fn message_outcome(&mut self, _: MessageId, _: MessageOutcome) {}
    fn transaction(&mut self, _: Transaction) {}
    fn client_name(&mut self, _: &[u8]) {}
    fn banner(&mut self, _: &[u8]) {}
    fn capabilities(&mut self, _: &[&[u8]]) {}
    fn proxied(&mut self, _: Via, _: Option<IpAddr>) {}
}

/// Plays what crossed to a connection that begins with TLS.
pub fn opened<'a>(turns: impl IntoIterator<Item = &'a Turn>, keys: &Arc<dyn Keys>) -> Opened {
    let (ear, mut told) = (Ear::default(), Told::default());
    let mut stack = Stack::new(ear.clone()).with_keys(Some(Arc::clone(keys)));
    stack.begin_with_tls(&mut told);
    for (packet, turn) in (1..).zip(turns) {
        hand_over(&mut stack, packet, turn, &mut told);
        told.held = told.held.max(stack.held());
    }
    stack.end(&mut told);
    let heard = std::mem::take(&mut *ear.0.lock().expect("one thread"));
    Opened { heard, told }
}

/// Hands over a turn, in its packet.
fn hand_over(stack: &mut Stack, packet: u64, turn: &Turn, out: &mut Told) {
    let at = PacketRef { packet, time: Default::default() };
    match turn {
        Turn::Data(from, bytes) => stack.data(*from, bytes, at, out),
        Turn::Gap(from, missing) => stack.gap(*from, *missing, at, out),
    }
}

/// All bytes that `side` said inside.
pub fn said(heard: &[Heard], side: Side) -> Vec<u8> {
    let said = |heard: &Heard| match heard {
        Heard::Data(from, bytes) if *from == side => bytes.clone(),
        _ => Vec::new(),
    };
    heard.iter().flat_map(said).collect()
}

/// How much is held at once: as the layers say, and as an allocator has it.
#[derive(Debug, Default)]
pub struct Worst {
    pub told: usize,
    pub allocated: usize,
}

/// What the layers hold where that is most beyond what they tell. `allocated` counts the bytes of all that is allocated.
pub fn held_by(turns: &[Turn], keys: &Arc<dyn Keys>, allocated: impl Fn() -> usize) -> Worst {
    let mut worst = Worst::default();
    let mut out = Told { is_deaf: true, ..Told::default() };
    let before = allocated();
    let mut stack = Stack::new(Deaf).with_keys(Some(Arc::clone(keys)));
    stack.begin_with_tls(&mut out);
    for (packet, turn) in (1..).zip(turns) {
        hand_over(&mut stack, packet, turn, &mut out);
        let now = Worst { told: stack.held(), allocated: allocated().saturating_sub(before) };
        if now.allocated.saturating_sub(now.told) >= worst.allocated.saturating_sub(worst.told) {
            worst = now;
        }
    }
    worst
}

/// Hears nothing, and holds nothing.
#[derive(Debug)]
struct Deaf;

impl Dialogue for Deaf {
    fn held(&self) -> usize {
        0
    }
    fn read(&mut self, _: Side, input: &mut Input<'_>, _: &mut dyn Sink) -> Option<Upgrade> {
        input.take(usize::MAX);
        None
    }
    fn gap(&mut self, _: Side, _: u64, _: PacketRef, _: &mut dyn Sink) -> Option<Upgrade> {
        None
    }
    fn last_gap(&mut self, _: Side, _: u64, _: PacketRef, _: &mut dyn Sink) {}
    fn gap_in_tls(&mut self, _: Side, _: &mut dyn Sink) {}
    fn end(&mut self, _: &mut dyn Sink) -> Option<Upgrade> {
        None
    }
}
