//! Whole sessions through the table: whatever a network does to the packets, the stream handler receives what was sent.

use super::*;
use crate::capture::Time;
use crate::decode::{Header, Segment};
use proptest::prelude::*;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

mod come_again;
mod corners;
mod cut;
mod duplicate;
mod embryonic;
mod ends;
mod far_back;
mod hostile;
mod ledger;
mod multipath;
mod ordinary;
mod repeats;
mod sent_again;
mod stalls;
mod waiting;

const CLIENT: &str = "172.16.0.73:40000";
const SERVER: &str = "172.16.0.253:25";
const CLIENT_START: u32 = u32::MAX - 20;
const SERVER_START: u32 = 7_000;

/// What a stream handler received, runs of one side joined: `C:hello S:<12> …`.
type Heard = Vec<(Side, String)>;

#[derive(Default)]
struct Recorder(Heard);

impl StreamHandler for Recorder {
    fn data(&mut self, from: Side, bytes: &[u8], _: PacketRef) {
        self.hear(from, &String::from_utf8_lossy(bytes));
    }

    fn gap(&mut self, from: Side, missing: u64, _: PacketRef) {
        self.hear(from, &format!("<{missing}>"));
    }
}

impl Recorder {
    fn hear(&mut self, from: Side, text: &str) {
        match self.0.last_mut() {
            Some((side, heard)) if *side == from => heard.push_str(text),
            _ => self.0.push((from, text.into())),
        }
    }
}

#[derive(Default, Clone)]
struct Everyone(Rc<RefCell<Vec<(Heard, Transport)>>>);

impl ConnectionHandler for Everyone {
    type StreamHandler = Recorder;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        if source.port() == 25 {
            Endpoints { client: destination, server: source }
        } else {
            Endpoints { client: source, server: destination }
        }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Recorder {
        Recorder::default()
    }

    fn over(&mut self, recorder: Recorder, transport: Transport) {
        self.0.borrow_mut().push((recorder.0, transport));
    }
}

/// A segment that owns its payload.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    from: Side,
    /// Relative to the SYN of its side, which is 0.
    sequence: u32,
    acknowledgement: Option<u32>,
    flags: &'static str,
    payload: Vec<u8>,
    cut: u32,
}

impl Sent {
    fn new(from: Side, sequence: u32, acknowledgement: u32, flags: &'static str, payload: &str) -> Self {
        let acknowledgement = (flags != "S").then_some(acknowledgement);
        Self { from, sequence, acknowledgement, flags, payload: payload.into(), cut: 0 }
    }

    fn segment(&self, packet: u64, microseconds: i64) -> Segment<'_> {
        let [client, server]: [SocketAddr; 2] = [CLIENT, SERVER].map(|end| end.parse().expect("an address"));
        let (source, destination, own, other) = match self.from {
            Side::Client => (client, server, CLIENT_START, SERVER_START),
            Side::Server => (server, client, SERVER_START, CLIENT_START),
        };
        Segment {
            source,
            destination,
            header: Header {
                packet,
                time: Time::from_microseconds(microseconds),
                sequence: own.wrapping_add(self.sequence),
                acknowledgement: self.acknowledgement.map(|number| other.wrapping_add(number)),
                syn: self.flags.contains('S'),
                fin: self.flags.contains('F'),
                rst: self.flags.contains('R'),
                window: 65_535,
                identification: None,
                hops: 64,
                timestamp: None,
                received_twice: None,
                urgent: None,
                shares_packet: false,
                decrypted: false,
                subflow: None,
                wire_len: self.payload.len() as u32 + self.cut,
            },
            payload: &self.payload,
            multipath: &[],
        }
    }
}

/// `segment` with another header.
fn changed(mut segment: Segment<'_>, change: impl FnOnce(&mut Header)) -> Segment<'_> {
    change(&mut segment.header);
    segment
}

/// The packets of a session in which each side waits for the other's turn, `size` bytes a segment.
fn packets(turns: &[(Side, &str)], size: usize) -> Vec<Sent> {
    use Side::{Client, Server};
    let mut next = [1_u32, 1];
    let mut sent =
        vec![Sent::new(Client, 0, 0, "S", ""), Sent::new(Server, 0, 1, "SA", ""), Sent::new(Client, 1, 1, "A", "")];
    let mut say = |from: Side, flags: &'static str, payload: &str| {
        let [own, other] = [next[from as usize], next[from.other() as usize]];
        next[from as usize] += payload.len() as u32 + u32::from(flags.contains('F'));
        sent.push(Sent::new(from, own, other, flags, payload));
    };
    for (from, text) in turns {
        for piece in text.as_bytes().chunks(size) {
            say(*from, "A", std::str::from_utf8(piece).expect("ascii"));
        }
        say(from.other(), "A", "");
    }
    say(Client, "FA", "");
    say(Server, "FA", "");
    say(Client, "A", "");
    sent
}

fn hear(sent: &[Sent]) -> Vec<(Heard, Transport)> {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, sent) in (1..).zip(sent) {
        table.segment(&sent.segment(number, number as i64 * 100));
    }
    table.finish();
    assert!(table.limits_hit().is_empty());
    everyone.0.take()
}

fn only(sent: &[Sent]) -> (Heard, Transport) {
    let mut all = hear(sent);
    assert_eq!(all.len(), 1, "one connection");
    all.remove(0)
}

const TURNS: [(Side, &str); 7] = [
    (Side::Server, "220 ready\r\n"),
    (Side::Client, "HELO cslabc39\r\n"),
    (Side::Server, "250 mx\r\n"),
    (Side::Client, "NOOP\r\n"),
    (Side::Server, "250 ok\r\n"),
    (Side::Client, "QUIT\r\n"),
    (Side::Server, "221 bye\r\n"),
];

fn said() -> Heard {
    TURNS.iter().map(|(side, text)| (*side, (*text).to_owned())).collect()
}

#[test]
fn a_plain_conversation() {
    let (heard, transport) = only(&packets(&TURNS, 1000));
    assert_eq!(heard, said());
    assert_eq!((transport.end, transport.from_start), (CloseReason::Closed, true));
    let expected =
        Counters { packets: 20, client_bytes: 27, server_bytes: 36, rtt_ms: Some(0.2), ..Default::default() };
    assert_eq!(transport.counters, expected);
    assert_eq!((transport.first.packet, transport.last.packet), (1, 20));
}

#[test]
fn a_lost_segment_is_a_gap_of_known_size() {
    let mut sent = packets(&TURNS, 5);
    let lost = sent.iter().position(|s| s.payload == b"cslab").expect("the lost one");
    sent.remove(lost);
    let (heard, transport) = only(&sent);
    let mut expected = said();
    expected[1].1 = "HELO <5>c39\r\n".into();
    assert_eq!(heard, expected);
    assert_eq!((transport.counters.client_bytes, transport.counters.client_missing), (22, 5));
    assert_eq!(transport.counters.server_missing, 0);
}

#[test]
fn a_truncated_segment_is_a_gap_of_known_size() {
    let mut sent = packets(&TURNS, 1000);
    let cut = sent.iter_mut().find(|s| s.payload.starts_with(b"HELO")).expect("the cut one");
    cut.payload.truncate(4);
    cut.cut = 11;
    let (heard, transport) = only(&sent);
    assert_eq!(heard[1], (Side::Client, "HELO<11>".into()));
    assert_eq!((transport.counters.client_bytes, transport.counters.client_missing), (16, 11));
}

#[test]
fn one_direction_alone_is_delivered_with_the_other_as_gaps() {
    let sent: Vec<_> = packets(&TURNS, 1000).into_iter().filter(|s| s.from == Side::Client).collect();
    let (heard, transport) = only(&sent);
    let mut expected = said();
    for (side, text) in &mut expected {
        if *side == Side::Server {
            *text = format!("<{}>", text.len());
        }
    }
    assert_eq!(heard, expected);
    assert_eq!((transport.counters.client_missing, transport.counters.server_missing), (0, 36));
}

#[test]
fn a_conversation_that_began_before_the_capture() {
    let sent = packets(&TURNS, 1000);
    for skip in 3..sent.len() {
        let mut all = hear(&sent[skip..]);
        let (heard, transport) = all.remove(0);
        assert!(!transport.from_start);
        assert_eq!((transport.counters.client_missing, transport.counters.server_missing), (0, 0), "from {skip}");
        let text: Vec<_> = heard.iter().map(|(_, text)| text.as_str()).collect();
        let all: String = said().into_iter().map(|(_, text)| text).collect();
        assert!(all.ends_with(&text.concat()), "{text:?} from {skip}");
    }
}

#[test]
fn syns_that_are_unanswered_or_refused() {
    let syn = Sent::new(Side::Client, 0, 0, "S", "");
    assert_eq!(only(&[syn.clone(), syn.clone()]).1.end, CloseReason::Unanswered);
    let refusal = Sent::new(Side::Server, 0, 1, "RA", "");
    assert_eq!(only(&[syn.clone(), refusal]).1.end, CloseReason::Refused);
    let mut reset = packets(&TURNS, 1000);
    reset.truncate(12);
    reset.push(Sent::new(Side::Client, 28, 19, "R", ""));
    assert_eq!(only(&reset).1.end, CloseReason::Reset);
    assert_eq!(only(&reset[..10]).1.end, CloseReason::Open);
}

#[test]
fn a_port_used_again_is_another_connection() {
    let first = packets(&TURNS, 1000);
    let second: Vec<_> = packets(&TURNS[..3], 1000)
        .into_iter()
        .map(|s| {
            let (own, other) = if s.from == Side::Client { (5_000, 90_000) } else { (90_000, 5_000) };
            let acknowledgement = s.acknowledgement.map(|number| number + other);
            Sent { sequence: s.sequence + own, acknowledgement, ..s }
        })
        .collect();
    let heard = hear(&[first, second].concat());
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].0, said());
    assert_eq!(heard[1].0, said()[..3]);
}

#[test]
fn a_second_copy_that_differs_is_counted_and_not_delivered() {
    let mut sent = packets(&TURNS, 1000);
    let index = sent.iter().position(|s| s.payload.starts_with(b"HELO")).expect("it");
    let mut other = sent[index].clone();
    other.payload[5..8].copy_from_slice(b"evi");
    sent.insert(index + 1, other);
    let (heard, transport) = only(&sent);
    assert_eq!(heard, said());
    assert_eq!((transport.counters.conflicting, transport.counters.retransmitted), (3, 1));
}

#[test]
fn a_whole_copy_after_a_truncated_one_mends_it() {
    let mut sent = packets(&TURNS, 1000);
    let index = sent.iter().position(|s| s.payload.starts_with(b"HELO")).expect("it");
    let whole = sent[index].clone();
    sent[index].payload.truncate(7);
    sent[index].cut = 8;
    sent.insert(index + 1, whole);
    let (heard, transport) = only(&sent);
    assert_eq!(heard, said());
    assert_eq!((transport.counters.conflicting, transport.counters.client_missing), (0, 0));
}

#[test]
fn a_stray_retransmission_after_the_end_is_no_new_connection() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let sent = packets(&TURNS, 1000);
    for (number, sent) in (1..).zip(&sent) {
        table.segment(&sent.segment(number, number as i64 * 100));
    }
    let late = sent.iter().find(|s| s.payload.starts_with(b"QUIT")).expect("it");
    table.segment(&late.segment(100, 10_000_000));
    table.segment(&sent[2].segment(101, 20_000_000));
    table.finish();
    assert_eq!(everyone.0.take().len(), 1);
}

#[test]
fn two_gigabytes_of_nothing_cost_nothing() {
    let mut sent = packets(&TURNS[..2], 1000);
    let index = sent.iter().position(|s| s.payload.starts_with(b"HELO")).expect("it");
    sent.insert(index + 1, Sent { sequence: 1 << 30, ..sent[index].clone() });
    let (heard, _) = only(&sent);
    assert!(heard.iter().any(|(_, text)| text.contains("<107")), "{heard:?}");
}

fn any_turns() -> impl Strategy<Value = Vec<(Side, String)>> {
    let side = prop_oneof![Just(Side::Client), Just(Side::Server)];
    prop::collection::vec((side, "[a-z]{1,40}\r\n"), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..Default::default() })]

    /// Any segmentation, with packets displaced, doubled and overlapping within bounds, is delivered as it was sent.
    #[test]
    fn whatever_the_network_does(
        turns in any_turns(),
        size in 1..50_usize,
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..60_usize), 0..40),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 0..120_usize), 0..20),
    ) {
        let turns: Vec<_> = turns.iter().map(|(side, text)| (*side, text.as_str())).collect();
        let mut sent = packets(&turns, size);
        let (said, transport) = only(&sent);
        for (from, to) in copies {
            let from = from.index(sent.len());
            let to = (from + to).saturating_sub(60).min(sent.len());
            sent.insert(to, sent[from].clone());
        }
        for (from, by) in moves {
            let from = from.index(sent.len());
            let to = (from + by).min(sent.len() - 1);
            let moved = sent.remove(from);
            sent.insert(to, moved);
        }
        let (heard, scrambled) = only(&sent);
        prop_assert_eq!(heard, said);
        prop_assert_eq!(scrambled.end, transport.end);
        prop_assert_eq!(scrambled.endpoints, transport.endpoints);
        let (a, b) = (scrambled.counters, transport.counters);
        prop_assert_eq!((a.client_bytes, a.server_bytes), (b.client_bytes, b.server_bytes));
        prop_assert_eq!((a.client_missing, a.server_missing, a.conflicting), (0, 0, 0));
    }

    /// Losses are delivered as gaps: with every gap filled in, the stream is what was sent, and each byte is accounted
    /// for.
    #[test]
    fn whatever_the_capture_lost(
        turns in any_turns(),
        size in 1..50_usize,
        lost in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let turns: Vec<_> = turns.iter().map(|(side, text)| (*side, text.as_str())).collect();
        let mut sent = packets(&turns, size);
        let (said, whole) = only(&sent);
        for lost in lost {
            if sent.len() > 8 {
                sent.remove(3 + lost.index(sent.len() - 6));
            }
        }
        let (heard, transport) = only(&sent);
        let stream = |heard: &Heard, side| heard.iter().filter(|(s, _)| *s == side).map(|(_, t)| t.as_str()).collect::<String>();
        for side in [Side::Client, Side::Server] {
            let (said, heard) = (stream(&said, side), stream(&heard, side));
            let (mut place, mut rest) = (0, heard.as_str());
            while let Some(next) = rest.chars().next() {
                if next == '<' {
                    let end = rest.find('>').expect("a gap's end");
                    place += rest[1..end].parse::<usize>().expect("a gap's length");
                    rest = &rest[end + 1..];
                } else {
                    prop_assert_eq!(said.as_bytes().get(place).copied(), Some(next as u8));
                    place += 1;
                    rest = &rest[1..];
                }
            }
            prop_assert_eq!(place, said.len());
        }
        prop_assert_eq!(
            transport.counters.client_bytes + transport.counters.client_missing,
            whole.counters.client_bytes
        );
    }
}
