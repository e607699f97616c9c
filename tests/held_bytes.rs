/*!
The bytes that a connection holds while it is open, by how far it has come: 10,000 of each are opened through the library's
pipeline on one thread, and an allocator counts what is held when the last packet has been taken. `benches/held-bytes.txt`
has what was measured, and a connection may take 5 % more than that.

What is held is what was asked for, without the allocator's own rounding, so the figures are the same on any 64-bit machine;
room that tables and buffers have left over counts. `UPDATE_EXPECTED=1 cargo test --test held_bytes` writes the file: a
commit that does so says why.
*/

#[path = "../benches/corpus/mod.rs"]
mod corpus;

use cap::Cap;
use corpus::Session;
use corpus::talk::Script;
use mailtap::capture::{CaptureError, LinkType, Packet, Read, Source, SourceInfo, Time};
use mailtap::pipeline::{self, Options};
use mailtap::protocol::Protocol;
use mailtap::session::Needs;
use mailtap::view::EachSession;
use std::alloc::System;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[global_allocator]
static HELD: Cap<System> = Cap::new(System, usize::MAX);

const CONNECTIONS: usize = 10_000;
/// In percent.
const TOLERANCE: usize = 5;
const STORED: &str = "benches/held-bytes.txt";
/// What a connection is called, how many packets of an SMTP session it takes, and what the last of them is.
const STAGES: [(&str, usize, &str); 5] = [
    ("half-open", 1, "a SYN"),
    ("answered", 3, "the handshake, and silence"),
    ("greeted", 4, "the server's greeting"),
    ("ehlo", 5, "EHLO"),
    ("ehlo-answered", 6, "the reply to EHLO"),
];

/// Packets in memory. It notes what is held before the first and after the last of them.
struct Packets {
    packets: Vec<Vec<u8>>,
    given: usize,
    before: usize,
    after: usize,
}

impl Packets {
    /// The first `stage` packets of each session: the first of all, then the second of all.
    fn new(stage: usize) -> Self {
        let script = Script { protocol: Protocol::Smtp, attachment: None };
        let mut sessions: Vec<_> = (0..CONNECTIONS).map(|n| Session::new(n, script, n as u64 * 0x1_0001)).collect();
        let mut packets = Vec::with_capacity(CONNECTIONS * stage);
        for _ in 0..stage {
            packets.extend(sessions.iter_mut().map(|session| session.packet(1).expect("a session is longer")));
        }
        Self { packets, given: 0, before: 0, after: 0 }
    }
}

impl Source for Packets {
    fn next_packet(&mut self) -> Result<Read<'_>, CaptureError> {
        if self.given == 0 {
            self.before = HELD.allocated();
        }
        let Some(data) = self.packets.get(self.given) else {
            self.after = HELD.allocated();
            return Ok(Read::End);
        };
        self.given += 1;
        Ok(Read::Packet(Packet {
            number: self.given as u64,
            time: Time::from_nanoseconds(1_704_067_200_000_000_000 + self.given as i64 * 5_000),
            link: LinkType::ETHERNET,
            data,
            wire_len: data.len() as u32,
        }))
    }

    fn info(&self) -> Vec<SourceInfo> {
        Vec::new()
    }
}

/// Bytes that each connection of a stage holds, with its share of the tables.
fn held(stage: usize) -> usize {
    let mut source = Packets::new(stage);
    let mut sessions = 0;
    let mut view = EachSession::new(|_| {
        sessions += 1;
        Ok(())
    });
    let options = Options { threads: 1, ..Options::default() };
    let outcome =
        pipeline::run(&mut source, &options, &Needs::ALL.into(), &mut view, &Default::default()).expect("it runs");
    let packets = outcome.report.summary.packets.read;
    assert_eq!(packets as usize, CONNECTIONS * stage, "packets read");
    assert_eq!(sessions, CONNECTIONS, "each connection stayed open until the end, and was shown then");
    assert!(source.after > source.before, "the allocator counts");
    (source.after - source.before) / CONNECTIONS
}

fn stored() -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(STORED).unwrap_or_default();
    let figure = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.replace('_', "").parse().ok()?))
    };
    text.lines().filter_map(figure).collect()
}

/// All in one test: what another one holds at the same time would count.
#[test]
fn an_open_connection_holds_no_more_than_before() {
    held(STAGES[0].1); // what is made once, and stays
    let figures = STAGES.map(|(name, packets, last)| (name, held(packets), last));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let mut text = String::from(
            "# Bytes held by an open connection (tests/held_bytes.rs, which also says how to renew them).\n",
        );
        for (name, bytes, last) in figures {
            writeln!(text, "{name:<16} {bytes:>6}  # {last}").expect("a text takes all");
        }
        std::fs::write(STORED, text).expect("the file can be written");
    }
    let known = stored();
    let mut wrong = Vec::new();
    for (name, bytes, last) in figures {
        let before = known.get(name).copied();
        println!(
            "{name:<16} {bytes:>6} bytes, stored: {}  ({last})",
            before.map_or("none".into(), |it| it.to_string())
        );
        if before.is_none_or(|before| bytes * 100 > before * (100 + TOLERANCE)) {
            wrong.push(name);
        }
    }
    assert!(
        wrong.is_empty(),
        "more than {TOLERANCE} % above {STORED}, or not in it: {}. If that is for a reason: \
         UPDATE_EXPECTED=1 cargo test --test held_bytes",
        wrong.join(", ")
    );
}
