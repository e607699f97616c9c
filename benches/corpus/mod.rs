/*!
Captures to measure by: seeded, of any size, the same bytes from the same plan on any machine.

A session is written turn by turn, so that a million of them can be under way at once: only the turn that is being sent
is in memory.
*/

// Each program that takes this module in uses a part of it.
#![allow(dead_code)]

pub mod frames;
pub mod noise;
pub mod talk;

use frames::{ACK, End, FIN, PSH, Random, SYN};
use mailtap::flow::Side;
use mailtap::protocol::Protocol;
use noise::Noise;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use talk::Script;

/// What a capture is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Mail of all three protocols, 6 % of the bytes, among web, DNS and QUIC.
    Mixed,
    /// Letters sent, each with an attachment.
    Smtp,
    /// Letters fetched.
    Pop3,
    /// Letters fetched.
    Imap,
    /// Sessions of a login and nothing else.
    ManySmall,
    /// SYNs without an answer, and a session now and then.
    HalfOpen,
    /// Letters sent, with segments late, sent twice, and lost and sent again.
    Reordered,
}

impl Kind {
    /// All kinds, with their names.
    pub const ALL: [(&'static str, Self); 7] = [
        ("mixed", Self::Mixed),
        ("smtp", Self::Smtp),
        ("pop3", Self::Pop3),
        ("imap", Self::Imap),
        ("many-small", Self::ManySmall),
        ("half-open", Self::HalfOpen),
        ("reordered", Self::Reordered),
    ];
}

/// A capture to be written.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub kind: Kind,
    /// About how long the file will be.
    pub bytes: u64,
    /// Sessions under way at any time.
    pub concurrent: usize,
    /// Bytes of a letter's attachment, decoded.
    pub attachment: usize,
    /// Mail's share of a mixed capture's bytes, in percent, from 1.
    pub mail: u64,
    pub seed: u64,
}

impl Plan {
    /// The usual plan: 64 sessions at once, attachments of 48 KiB in base64.
    pub fn new(kind: Kind, bytes: u64) -> Self {
        Self { kind, bytes, concurrent: 64, attachment: 36 * 1024, mail: MAIL_PERCENT, seed: 1 }
    }

    fn script(&self, n: usize) -> Script {
        let protocol = match self.kind {
            Kind::Smtp | Kind::Reordered => Protocol::Smtp,
            Kind::Pop3 => Protocol::Pop3,
            Kind::Imap => Protocol::Imap,
            Kind::Mixed | Kind::ManySmall | Kind::HalfOpen => [Protocol::Smtp, Protocol::Pop3, Protocol::Imap][n % 3],
        };
        let small = matches!(self.kind, Kind::ManySmall | Kind::HalfOpen);
        Script { protocol, attachment: (!small).then_some(self.attachment) }
    }

    /// About how many bytes of the file a session takes, with the noise between its packets.
    fn bytes_per_session(&self) -> u64 {
        let sum: usize = (0..3)
            .map(|n| Session::new(n, self.script(n), 0))
            .map(|mut session| {
                std::iter::from_fn(|| session.packet(self.seed)).map(|packet| packet.len() + RECORD).sum::<usize>()
            })
            .sum();
        let own = sum as u64 / 3;
        match self.kind {
            Kind::Mixed => own * 100 / self.mail,
            Kind::HalfOpen => own + SYNS_PER_SESSION * (54 + RECORD) as u64,
            _ => own,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written {
    pub packets: u64,
    pub bytes: u64,
    pub sessions: usize,
}

/// Bytes of the header of a record in the file.
const RECORD: usize = 16;
/// Mail's share of a mixed capture's bytes, in percent, where nothing else is said.
pub const MAIL_PERCENT: u64 = 6;
/// Half-open connections for each session.
const SYNS_PER_SESSION: u64 = 1_000;
/// Payload of a full segment.
const SEGMENT: usize = 1_448;
/// 1 January 2024, in microseconds.
const BEGIN: u64 = 1_704_067_200_000_000;
/// Microseconds between two packets.
const PACE: u64 = 5;

/// Writes a capture as a classic pcap file.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<Written> {
    let mut header = Vec::new();
    for field in [0xa1b2_c3d4_u32, 2 | 4 << 16, 0, 0, 262_144, 1] {
        header.extend_from_slice(&field.to_le_bytes());
    }
    out.write_all(&header)?;
    let mut file = File { out, written: Written { bytes: header.len() as u64, ..Written::default() } };
    let mut random = Random::new(plan.seed);
    let mut noise = Noise::new(plan.seed);
    let sessions = usize::try_from((plan.bytes / plan.bytes_per_session()).max(1)).unwrap_or(usize::MAX);
    let mut late = Late::default();
    let mut live: Vec<Session> = Vec::new();
    // Bytes, or packets, of noise that are still to be written.
    let mut debt = 0_u64;
    loop {
        while live.len() < plan.concurrent && file.written.sessions < sessions {
            let n = file.written.sessions;
            live.push(Session::new(n, plan.script(n), random.number()));
            file.written.sessions += 1;
            if plan.kind == Kind::HalfOpen {
                debt += SYNS_PER_SESSION;
            }
        }
        if live.is_empty() {
            break;
        }
        let at = random.below(live.len());
        for _ in 0..3 {
            let Some(packet) = live[at].packet(plan.seed) else {
                live.swap_remove(at);
                break;
            };
            if plan.kind == Kind::Mixed {
                debt += (packet.len() + RECORD) as u64 * (100 - plan.mail) / plan.mail;
            }
            if plan.kind == Kind::Reordered {
                late.pass(packet, &mut random, &mut file)?;
            } else {
                file.packet(&packet)?;
            }
        }
        while debt > 0 {
            let packet = if plan.kind == Kind::HalfOpen { noise.syn() } else { noise.packet() };
            let paid = if plan.kind == Kind::HalfOpen { 1 } else { packet.len() + RECORD };
            debt = debt.saturating_sub(paid as u64);
            file.packet(&packet)?;
        }
    }
    late.rest(&mut file)?;
    Ok(file.written)
}

struct File<'a> {
    out: &'a mut dyn Write,
    written: Written,
}

impl File<'_> {
    fn packet(&mut self, packet: &[u8]) -> io::Result<()> {
        let time = BEGIN + PACE * self.written.packets;
        let len = packet.len() as u32;
        for field in [(time / 1_000_000) as u32, (time % 1_000_000) as u32, len, len] {
            self.out.write_all(&field.to_le_bytes())?;
        }
        self.out.write_all(packet)?;
        self.written.packets += 1;
        self.written.bytes += (packet.len() + RECORD) as u64;
        Ok(())
    }
}

/// Packets that come late.
#[derive(Default)]
struct Late {
    /// By when they are due, in packets passed.
    due: BTreeMap<(u64, u64), Vec<u8>>,
    passed: u64,
}

impl Late {
    /// One packet in sixteen comes later, one in 64 twice.
    fn pass(&mut self, packet: Vec<u8>, random: &mut Random, file: &mut File<'_>) -> io::Result<()> {
        self.passed += 1;
        if random.once_in(64) {
            self.put_off(packet.clone(), random);
        }
        if random.once_in(16) {
            self.put_off(packet, random);
        } else {
            file.packet(&packet)?;
        }
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= self.passed) {
            file.packet(&first.remove())?;
        }
        Ok(())
    }

    fn put_off(&mut self, packet: Vec<u8>, random: &mut Random) {
        // Late enough that a few more packets of the same session pass first.
        let due = self.passed + 1 + random.below(600) as u64;
        self.due.insert((due, self.passed << 1 | u64::from(self.due.contains_key(&(due, self.passed << 1)))), packet);
    }

    fn rest(&mut self, file: &mut File<'_>) -> io::Result<()> {
        std::mem::take(&mut self.due).into_values().try_for_each(|packet| file.packet(&packet))
    }
}

/// A session while it is written.
#[derive(Debug)]
pub struct Session {
    n: usize,
    script: Script,
    ends: [End; 2],
    sequence: [u32; 2],
    stage: Stage,
    /// The turn under way, how much of it has been sent, and how many segments since the last acknowledgement.
    said: (Side, Vec<u8>),
    sent: usize,
    unacknowledged: u8,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Syn,
    SynAck,
    Ack,
    Turn(usize),
    Fin(u8),
}

impl Session {
    /// Session number `n`, whose initial sequence numbers are made of `numbers`.
    pub fn new(n: usize, script: Script, numbers: u64) -> Self {
        let client = Ipv4Addr::from_bits(0x0a00_0000 | (n as u32 + 1) & 0x00ff_ffff);
        Self {
            n,
            script,
            ends: [
                End { address: client, port: 20_000 + (n % 40_000) as u16 },
                End { address: Ipv4Addr::new(192, 0, 2, 1), port: script.port() },
            ],
            sequence: [numbers as u32, (numbers >> 32) as u32],
            stage: Stage::Syn,
            said: (Side::Server, Vec::new()),
            sent: 0,
            unacknowledged: 0,
        }
    }

    /// The next packet.
    pub fn packet(&mut self, seed: u64) -> Option<Vec<u8>> {
        use Side::{Client, Server};
        loop {
            return Some(match self.stage {
                Stage::Syn => self.go(Stage::SynAck, Client, SYN),
                Stage::SynAck => self.go(Stage::Ack, Server, SYN | ACK),
                Stage::Ack => self.go(Stage::Turn(0), Client, ACK),
                Stage::Turn(turn) => {
                    let (side, bytes) = &self.said;
                    if self.unacknowledged == 2 {
                        self.unacknowledged = 0;
                        let listener = side.other();
                        self.frame(listener, ACK, &[])
                    } else if self.sent < bytes.len() {
                        let side = *side;
                        let piece = bytes[self.sent..bytes.len().min(self.sent + SEGMENT)].to_vec();
                        self.sent += piece.len();
                        self.unacknowledged += 1;
                        let last = self.sent == self.said.1.len();
                        self.frame(side, if last { ACK | PSH } else { ACK }, &piece)
                    } else {
                        (self.sent, self.unacknowledged) = (0, 0);
                        match self.script.turn(self.n, turn, seed) {
                            Some(said) => (self.said, self.stage) = (said, Stage::Turn(turn + 1)),
                            None => (self.said, self.stage) = ((Server, Vec::new()), Stage::Fin(0)),
                        }
                        continue;
                    }
                }
                Stage::Fin(0) => self.go(Stage::Fin(1), Client, FIN | ACK),
                Stage::Fin(1) => self.go(Stage::Fin(2), Server, FIN | ACK),
                Stage::Fin(2) => self.go(Stage::Fin(3), Client, ACK),
                Stage::Fin(_) => return None,
            });
        }
    }

    fn go(&mut self, stage: Stage, side: Side, flags: u8) -> Vec<u8> {
        self.stage = stage;
        self.frame(side, flags, &[])
    }

    fn frame(&mut self, side: Side, flags: u8, payload: &[u8]) -> Vec<u8> {
        let (own, other) = (side as usize, side.other() as usize);
        let acknowledgement = if flags & ACK == 0 { 0 } else { self.sequence[other] };
        let frame = frames::tcp(self.ends[own], self.ends[other], self.sequence[own], acknowledgement, flags, payload);
        let counted = payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        self.sequence[own] = self.sequence[own].wrapping_add(counted);
        frame
    }
}
