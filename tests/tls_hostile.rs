/*!
TLS with its keys, and peers that mean harm: no panic, bounded memory, and time in proportion to what was sent.

The records are made here with the secrets of [`SECRET`], so that they open: whoever has the keys of a connection need not
be a friend of whoever reads it.
*/

mod support;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use cap::Cap;
use hkdf::Hkdf;
use mailtap::flow::Side::{self, Client, Server};
use mailtap::limits::{Limit, TLS_WAITING_BYTES};
use mailtap::protocol::tls::key_log::{Entry, KeyLog};
use mailtap::protocol::tls::key_ring::{Grow, KeyRing};
use mailtap::protocol::tls::keys::{KeySource, Keys};
use proptest::prelude::*;
use sha2::Sha256;
use std::alloc::System;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use support::tls::{Heard, Turn, held_by, named, opened, said};

#[global_allocator]
static HELD: Cap<System> = Cap::new(System, usize::MAX);

/// One test at a time: what another one allocates would count, and its time, too.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const RANDOM: [u8; 32] = [7; 32];
const SECRET: [u8; 32] = [9; 32];

/// Traffic secrets of both directions; those of the handshake are not known.
fn key_log() -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let line = |label| format!("{label} {} {}\n", hex(&RANDOM), hex(&SECRET));
    ["CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"].map(line).concat()
}

fn keys() -> Arc<dyn Keys> {
    let ring = KeyRing::default();
    ring.add(key_log().as_bytes(), KeySource::KeyLog, 0);
    Arc::new(ring)
}

/// HKDF-Expand-Label (RFC 8446, section 7.1), without context.
fn expand<const N: usize>(secret: &[u8], label: &str) -> [u8; N] {
    let label = [b"tls13 ", label.as_bytes()].concat();
    let info = [&(N as u16).to_be_bytes()[..], &[label.len() as u8], &label, &[0]].concat();
    let mut out = [0; N];
    Hkdf::<Sha256>::from_prk(secret).expect("a secret").expand(&info, &mut out).expect("short");
    out
}

/// Makes the records of one direction: TLS_AES_128_GCM_SHA256.
struct Sealer {
    secret: [u8; 32],
    cipher: AesGcm<aes::Aes128Enc, U12>,
    iv: [u8; 12],
    sequence: u64,
}

impl Sealer {
    fn new() -> Self {
        Self::with(SECRET)
    }

    fn with(secret: [u8; 32]) -> Self {
        let cipher = KeyInit::new_from_slice(&expand::<16>(&secret, "key")).expect("a key");
        Self { secret, cipher, iv: expand(&secret, "iv"), sequence: 0 }
    }

    fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut text = [content, &[kind]].concat();
        let header = [&[23, 3, 3][..], &(text.len() as u16 + 16).to_be_bytes()].concat();
        let mut nonce = self.iv;
        nonce.iter_mut().rev().zip(self.sequence.to_le_bytes()).for_each(|(byte, number)| *byte ^= number);
        let nonce = Nonce::<AesGcm<aes::Aes128Enc, U12>>::from(nonce);
        let tag = self.cipher.encrypt_inout_detached(&nonce, &header, text.as_mut_slice().into()).expect("short");
        self.sequence += 1;
        [&header, &text, &tag[..]].concat()
    }

    fn key_update(&mut self) -> Vec<u8> {
        let record = self.seal(22, &[24, 0, 0, 1, 0]);
        *self = Self::with(expand(&self.secret, "traffic upd"));
        record
    }
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    record(22, &[&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat())
}

/// `extensions` beside what TLS 1.3 asks for.
fn client_hello(extensions: &[u8]) -> Turn {
    let extensions = [&[0, 43, 0, 3, 2, 3, 4][..], extensions].concat();
    let extensions = [&(extensions.len() as u16).to_be_bytes()[..], &extensions].concat();
    Turn::Data(Client, message(1, &[&[3, 3][..], &RANDOM, &[0, 0, 2, 0x13, 1, 1, 0], &extensions].concat()))
}

fn server_hello(suite: u16) -> Turn {
    let body = [&[3, 3][..], &[8; 32], &[0], &suite.to_be_bytes(), &[0, 0, 6, 0, 43, 0, 2, 3, 4]].concat();
    Turn::Data(Server, message(2, &body))
}

fn hellos() -> Vec<Turn> {
    vec![client_hello(b""), server_hello(0x1301)]
}

const EARLY_DATA: [u8; 4] = [0, 42, 0, 0];

fn data(side: Side, bytes: Vec<u8>) -> Turn {
    Turn::Data(side, bytes)
}

/// What a hostile peer sends, about `n` records of it.
type Attack = fn(usize) -> Vec<Turn>;

const ATTACKS: [(&str, Attack); 15] = [
    ("records without content", |n| {
        let mut sealer = Sealer::new();
        (0..n).map(|_| data(Client, sealer.seal(23, b""))).collect()
    }),
    ("records of one byte", |n| {
        let mut sealer = Sealer::new();
        vec![data(Client, (0..n).flat_map(|_| sealer.seal(23, b"x")).collect())]
    }),
    ("key updates", |n| {
        let mut sealer = Sealer::new();
        vec![data(Server, (0..n / 4).flat_map(|_| sealer.key_update()).collect())]
    }),
    ("empty records in the clear", |n| {
        vec![data(Client, record(23, b"").repeat(n)), data(Server, record(22, b"").repeat(n))]
    }),
    ("ChangeCipherSpec", |n| vec![data(Client, record(20, &[1]).repeat(n)), data(Server, record(20, &[1]).repeat(n))]),
    ("ClientHello again and again", |n| (0..n).map(|_| client_hello(&EARLY_DATA)).collect()),
    ("another ServerHello each time", |n| {
        (0..n / 2).flat_map(|n| [server_hello([0x1301, 0x1303, 0x002f, 0x5555][n % 4]), client_hello(b"")]).collect()
    }),
    ("tickets inside", |n| {
        let mut sealer = Sealer::new();
        (0..n).map(|_| data(Server, sealer.seal(22, &[4, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0]))).collect()
    }),
    ("a message inside that does not end", |n| {
        let mut sealer = Sealer::new();
        (0..n).map(|n| data(Server, sealer.seal(22, if n == 0 { &[11, 0xff, 0xff, 0xff] } else { &[5; 30] }))).collect()
    }),
    ("alerts inside", |n| {
        let mut sealer = Sealer::new();
        (0..n).map(|_| data(Server, sealer.seal(21, &[1, 90]))).collect()
    }),
    ("a gap in each record", |n| {
        let gap = |_| [data(Client, vec![23, 3, 3, 0, 40, 1, 2]), Turn::Gap(Client, 38)];
        (0..n).flat_map(gap).collect()
    }),
    ("a gap, and a record that does not open, again and again", |n| {
        let gap =
            |_| [data(Client, vec![23, 3, 3, 0, 40, 1]), Turn::Gap(Client, 39), data(Client, record(23, &[5; 20]))];
        (0..n / 2).flat_map(gap).collect()
    }),
    ("records of which headers were captured, then a gap", |n| {
        let cut = |_| [data(Client, vec![23, 3, 3, 0, 40]), Turn::Gap(Client, 40)];
        let mut turns: Vec<Turn> = (0..n).flat_map(cut).collect();
        turns.extend([Turn::Gap(Client, 1), data(Client, record(23, &[5; 20]))]);
        turns
    }),
    ("headers of records everywhere, behind a gap", |n| {
        vec![Turn::Gap(Client, 1 << 40), data(Client, [23, 3, 3, 0, 30].repeat(n * 4))]
    }),
    ("a gap before each byte", |n| (0..n).flat_map(|_| [Turn::Gap(Client, 1), data(Client, vec![23])]).collect()),
];

#[test]
fn what_is_made_here_opens() {
    let _alone = alone();
    let (mut client, mut server) = (Sealer::new(), Sealer::new());
    let mut turns = hellos();
    turns.extend([
        data(Server, server.seal(23, b"220 hello\r\n")),
        data(Client, [client.seal(23, b"EHLO "), client.key_update(), client.seal(23, b"me\r\n")].concat()),
    ]);
    let found = opened(&turns, &keys());
    assert_eq!(said(&found.heard, Client), b"EHLO me\r\n");
    assert_eq!(said(&found.heard, Server), b"220 hello\r\n");
    let expected = [Heard::Data(Server, b"220 hello\r\n".to_vec()), Heard::Data(Client, b"EHLO me\r\n".to_vec())];
    assert_eq!(found.heard, expected);
}

#[test]
fn hostile_records_take_linear_time() {
    let _alone = alone();
    let keys = keys();
    for (name, attack) in ATTACKS {
        let time = |n| {
            let turns = [hellos(), attack(n)].concat();
            let best = (0..3).map(|_| {
                let begun = Instant::now();
                opened(&turns, &keys);
                begun.elapsed()
            });
            best.min().expect("three")
        };
        let (short, long) = (time(2_000), time(16_000));
        println!("{name}: {short:?}, {long:?}");
        assert!(long < short * 24 + Duration::from_millis(20), "{name}: {short:?}, {long:?} for eight times as much");
    }
}

/// What is said to be held is what is held, at least: but for what tables have room for, and small things that cannot grow.
#[test]
fn no_more_is_held_than_is_told() {
    let _alone = alone();
    let keys = keys();
    for (name, attack) in ATTACKS {
        let turns = [hellos(), attack(4_000)].concat();
        let worst = held_by(&turns, &keys, || HELD.allocated());
        println!("{name}: {worst:?}");
        assert!(worst.allocated <= worst.told + 2_048, "{name}: {worst:?}");
        assert!(worst.told < 1 << 20, "{name}: {worst:?}");
    }
}

/// Behind a gap no record is ever found: trials end, once, and it is told.
#[test]
fn a_search_ends() {
    let _alone = alone();
    let mut turns = hellos();
    turns.push(data(Client, Sealer::new().seal(23, b"EHLO me\r\n")));
    turns.push(Turn::Gap(Client, 100_000));
    // Each is read as a header, and fails.
    turns.extend((0..3_000).map(|_| data(Client, [23, 3, 3, 0x20, 0].repeat(280))));
    let begun = Instant::now();
    let found = opened(&turns, &keys());
    assert_eq!(found.told.limits, [Limit::TlsSearchBytes]);
    assert!(matches!(found.heard[..], [Heard::Data(..), Heard::LastGap(Client, 100_000..)]), "{:?}", found.heard);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

/// A log that never has the line.
struct Never;

impl Grow for Never {
    fn grow(&mut self, _: &mut dyn FnMut(usize, Entry)) {}
}

/// A log that has the lines once it was asked `after` times.
struct Later(usize);

impl Grow for Later {
    fn grow(&mut self, add: &mut dyn FnMut(usize, Entry)) {
        if self.0 == 0 {
            KeyLog::default().read(key_log().as_bytes(), &mut |entry| add(0, entry));
        }
        self.0 = self.0.wrapping_sub(1);
    }
}

fn growing(grow: impl Grow + 'static) -> Arc<dyn Keys> {
    Arc::new(KeyRing::default().growing(Box::new(grow)))
}

#[test]
fn what_waits_for_secrets_is_bounded() {
    let _alone = alone();
    let mut sealer = Sealer::new();
    let record = sealer.seal(23, &[b'x'; 1_000]);
    for hellos in [hellos(), vec![client_hello(&EARLY_DATA)]] {
        let mut turns = hellos;
        turns.extend((0..2_000).map(|_| data(Client, record.clone())));
        let keys = growing(Never);
        let found = opened(&turns, &keys);
        assert_eq!(found.told.limits, [Limit::TlsWaitingBytes]);
        assert!(found.heard.is_empty(), "{:?}", found.heard);
        let worst = held_by(&turns, &keys, || HELD.allocated());
        assert!(worst.told < 2 * TLS_WAITING_BYTES && worst.allocated <= worst.told + 4_096, "{worst:?}");
    }
}

#[test]
fn secrets_that_come_late_open_what_has_waited() {
    let _alone = alone();
    for after in [0, 1, 5, 30, 199] {
        let mut sealer = Sealer::new();
        let mut turns = hellos();
        turns.extend((0..200).map(|n| data(Client, sealer.seal(23, format!("line {n}\r\n").as_bytes()))));
        let found = opened(&turns, &growing(Later(after)));
        let expected: String = (0..200).map(|n| format!("line {n}\r\n")).collect();
        assert_eq!(String::from_utf8_lossy(&said(&found.heard, Client)), expected, "after {after}");
    }
}

proptest! {
    #![proptest_config(support::tried(300))]

    /// Real handshakes, then anything: parts of the conversation changed, repeated, left out and cut.
    #[test]
    fn whatever_comes_nothing_false_is_shown(
        (name, nth) in prop::sample::select(&[
            ("tls13-keyupdate", 0), ("tls13-early", 1), ("tls12-cbc-sha", 0), ("tls12-renegotiated", 0), ("tls10-cbc", 0),
            ("tls12-aes128-gcm", 0), ("tls13-hrr", 0),
        ][..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..7_u8, any::<u32>(), any::<u8>()), 1..12),
    ) {
        let _alone = alone();
        let fixture = named(name);
        let (keys, _) = fixture.keys().expect("keys");
        let whole: Vec<Turn> = fixture.turns(nth).into_iter().map(|(from, bytes)| Turn::Data(from, bytes)).collect();
        let plain = opened(&whole, &keys);
        let mut turns = whole.clone();
        for (at, what, number, byte) in changes {
            let n = at.index(turns.len());
            let Turn::Data(from, bytes) = turns[n].clone() else { continue };
            let place = number as usize % bytes.len();
            let (head, tail) = bytes.split_at(place);
            let new: Vec<Turn> = match what {
                0 => vec![Turn::Data(from, [head, &[byte], &tail[1..]].concat())],
                1 => vec![Turn::Gap(from, bytes.len() as u64)],
                2 => vec![Turn::Data(from, head.to_vec()), Turn::Gap(from, u64::from(number) % 50_000 + 1), Turn::Data(from, tail.to_vec())],
                3 => vec![turns[n].clone(), turns[n].clone()],
                4 => vec![Turn::Data(from, head.to_vec()), Turn::Gap(from, tail.len() as u64)],
                5 => vec![Turn::Data(from.other(), bytes.clone())],
                _ => vec![Turn::Data(from, head.to_vec()), Turn::Data(from, record(20 + byte % 5, &tail[..tail.len() / 2])), Turn::Data(from, tail.to_vec())],
            };
            let new = new.into_iter().filter(|turn| !matches!(turn, Turn::Data(_, bytes) if bytes.is_empty()));
            turns.splice(n..=n, new);
        }
        let found = opened(&turns, &keys);
        for side in [Client, Server] {
            // All that is shown was said, in this order: records prove their places.
            let (all, mut rest) = (said(&plain.heard, side), 0);
            for heard in &found.heard {
                if let Heard::Data(from, bytes) = heard && *from == side {
                    // A whole packet may have been given to the other side.
                    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                        let place = (rest..all.len()).find(|place| all[*place..].starts_with(line));
                        prop_assert!(place.is_some(), "{}: never said: {:?}", name, String::from_utf8_lossy(line));
                        rest = place.unwrap_or(0) + line.len();
                    }
                }
            }
        }
    }
}
