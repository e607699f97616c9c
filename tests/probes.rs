//! Health checks and scans: which connections are counted, and which are sessions.

mod support;

use pnet_packet::tcp::TcpFlags;
use serde_json::{Value, json};
use support::Side::{Client as C, Server as S};
use support::{Packet, Segment, Side, document, frame, open, pcap};

const SYN: u8 = TcpFlags::SYN;
const ACK: u8 = TcpFlags::ACK;
const FIN: u8 = TcpFlags::FIN | TcpFlags::ACK;
const RST: u8 = TcpFlags::RST;

/// One packet: who sends it, flags, payload, and milliseconds since the packet before.
type Sent = (Side, u8, &'static [u8], u64);

const HANDSHAKE: [Sent; 3] = [(C, SYN, b"", 0), (S, SYN | ACK, b"", 1), (C, ACK, b"", 1)];
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
const HEADER: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\r\n";

/// The packets of a connection that begins after `start` milliseconds. Each side acknowledges what it was told, but for
/// what was on its way: what came with the packet just before.
fn connection(sent: &[Sent], client_port: u16, port: u16, start: u64) -> Vec<Packet> {
    let mut next = [0_u32; 2];
    let mut heard = [0_u32; 2];
    let (mut time, mut before) = (start * 1_000, None);
    let mut packets = Vec::new();
    for &(from, flags, payload, after) in sent {
        time += after * 1_000;
        let [own, other] = [from as usize, from.other() as usize];
        if before != Some((from.other(), true)) || flags == ACK {
            heard[own] = next[other];
        }
        before = Some((from, !payload.is_empty()));
        let segment =
            Segment { from, sequence: next[own], acknowledgement: heard[own], flags, payload: payload.to_vec() };
        next[own] += payload.len() as u32 + u32::from(flags & (TcpFlags::SYN | TcpFlags::FIN) != 0);
        packets.push(Packet::new(time, frame(&segment, client_port, port)));
    }
    packets
}

fn read(mut packets: Vec<Packet>) -> Value {
    packets.sort_by_key(|packet| packet.time);
    let (document, problem) = document(&mut open(&pcap(&packets)).expect("a capture"));
    assert_eq!(problem, None);
    document
}

/// Number of sessions, and the probes by kind.
fn told(after: &[Sent], port: u16) -> (usize, Value) {
    let sent = [&HANDSHAKE, after].concat();
    told_whole(&sent, port)
}

fn told_whole(sent: &[Sent], port: u16) -> (usize, Value) {
    let document = read(connection(sent, 40_000, port, 0));
    let probes = &document["summary"]["probes"];
    (document["sessions"].as_array().expect("a list").len(), probes.get("kinds").cloned().unwrap_or_default())
}

#[test]
fn a_client_that_leaves_at_once_is_counted_and_is_no_session() {
    let fins: &[Sent] = &[(C, FIN, b"", 1), (S, FIN, b"", 1), (C, ACK, b"", 1)];
    for port in [25, 110, 143, 465, 993, 587] {
        let silent = (0, json!({"silent": 1}));
        assert_eq!(told(fins, port), silent);
        assert_eq!(told(&[(C, RST | ACK, b"", 1)], port), silent);
        assert_eq!(told_whole(&[HANDSHAKE[0], HANDSHAKE[1], (C, RST, b"", 1)], port), silent);
        for (bytes, kind) in [
            (b"\r\n".as_slice(), "line_ends"),
            (b"\r\n\r\n", "line_ends"),
            (b"GET / HTTP/1.0\r\n\r\n", "other_protocol"),
            (b"OPTIONS / RTSP/1.0\r\n\r\n", "other_protocol"),
            (LOCAL, "proxy_header"),
            (HEADER, "proxy_header"),
        ] {
            let sent = [&[(C, ACK, bytes, 1), (S, ACK, b"", 1)], fins].concat();
            assert_eq!(told(&sent, port), (0, json!({kind: 1})), "{port} {kind}");
        }
    }
}

#[test]
fn a_greeting_that_comes_too_late_changes_nothing() {
    for (port, greeting) in [(25, b"220 mx ESMTP\r\n".as_slice()), (110, b"+OK hi\r\n"), (143, b"* OK hi\r\n")] {
        let silent = (0, json!({"silent": 1}));
        assert_eq!(told(&[(C, FIN, b"", 1), (S, ACK, greeting, 1), (C, RST, b"", 1)], port), silent);
        // Both were on their way.
        assert_eq!(told(&[(S, ACK, greeting, 1), (C, FIN, b"", 0), (C, RST, b"", 1)], port), silent);
        assert_eq!(told(&[(S, ACK, greeting, 1), (C, RST | ACK, b"", 1)], port), silent);
        let local: [Sent; 4] = [(C, ACK, LOCAL, 1), (S, ACK, greeting, 1), (C, ACK, b"", 0), (C, RST | ACK, b"", 1)];
        assert_eq!(told(&local, port), (0, json!({"proxy_header": 1})));
    }
}

#[test]
fn what_says_something_of_server_or_client_is_a_session() {
    let greeting = b"220 mx ESMTP\r\n";
    let sessions: [(&str, &[Sent]); 12] = [
        ("the server closes", &[(S, FIN, b"", 1), (C, FIN, b"", 1), (S, ACK, b"", 1)]),
        ("the server resets", &[(S, RST | ACK, b"", 1)]),
        ("the client waits for a greeting", &[(C, FIN, b"", 6_000), (S, FIN, b"", 1), (C, ACK, b"", 1)]),
        ("the client has read the greeting", &[(S, ACK, greeting, 1), (C, ACK, b"", 1), (C, FIN, b"", 1)]),
        ("the server refuses", &[(S, ACK, b"421 4.3.2 no\r\n", 1), (C, FIN, b"", 1)]),
        ("the server refuses after that", &[(C, FIN, b"", 1), (S, ACK, b"554 no\r\n", 1), (C, RST, b"", 1)]),
        ("the server sends more", &[(S, ACK, greeting, 1), (S, ACK, b"421 bye\r\n", 1), (C, FIN, b"", 1)]),
        ("there is a command", &[(C, ACK, b"QUIT\r\n", 1), (C, FIN, b"", 1)]),
        ("half a command", &[(C, ACK, b"EHLO a", 1), (C, RST | ACK, b"", 1)]),
        ("a command behind the header", &[(C, ACK, HEADER, 1), (C, ACK, b"QUIT\r\n", 1), (C, FIN, b"", 1)]),
        ("it is answered", &[(C, ACK, b"GET / HTTP/1.0\r\n\r\n", 1), (S, ACK, b"500 what\r\n", 1), (C, FIN, b"", 1)]),
        ("nobody leaves", &[]),
    ];
    for (why, after) in sessions {
        assert_eq!(told(after, 25), (1, Value::Null), "{why}");
    }
    assert_eq!(told_whole(&[(C, SYN, b"", 0)], 25), (1, Value::Null), "unanswered");
    assert_eq!(told_whole(&[(C, SYN, b"", 0), (S, RST | ACK, b"", 1)], 25), (1, Value::Null), "refused");
    // Without one side, or without the beginning, there may have been more.
    assert_eq!(told_whole(&[(C, SYN, b"", 0), (C, ACK, b"", 1), (C, FIN, b"", 1)], 25), (1, Value::Null));
    assert_eq!(told_whole(&[(C, ACK, b"GET / HTTP/1.0\r\n", 0), (C, FIN, b"", 1)], 25), (1, Value::Null));
}

#[test]
fn sessions_are_numbered_as_if_the_probes_were_not_there() {
    let check: Vec<Sent> = [&HANDSHAKE[..], &[(S, ACK, b"220 mx\r\n", 1), (C, FIN, b"", 0), (C, RST, b"", 1)]].concat();
    let talk: Vec<Sent> = [
        &HANDSHAKE[..],
        &[(S, ACK, b"220 mx\r\n", 1), (C, ACK, b"QUIT\r\n", 20_000), (S, FIN, b"221 bye\r\n", 1), (C, FIN, b"", 1)],
    ]
    .concat();
    let mut packets = Vec::new();
    for nth in 0..40 {
        packets.extend(connection(&check, 41_000 + nth, 25, u64::from(nth) * 2_000));
    }
    for nth in 0..3 {
        packets.extend(connection(&talk, 50_000 + nth, 25, 5_001 + u64::from(nth) * 9_000));
    }
    let document = read(packets);
    let ids: Vec<&Value> = document["sessions"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2), &json!(3)]);
    let summary = &document["summary"];
    assert_eq!(summary["probes"], json!({"connections": 40, "addresses": 1, "kinds": {"silent": 40}}));
    assert_eq!(summary["packets"]["mail"], json!(3 * 7));
    assert_eq!(summary["packets"]["other"], json!(40 * 6));
}
