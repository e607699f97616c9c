//! Multipath TCP: a conversation whose data crosses on several subflows.

mod support;

use mailtap::pipeline::{self, Options};
use mailtap::view::json::Json;
use mailtap::view::record;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::sync::atomic::AtomicBool;
use support::{CONVERSATIONS, Segment, Side, frame, recorded, segments, turns};

const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;
/// The client's ports of the subflows.
const PORTS: [u16; 2] = [40_000, 40_001];
const KEYS: [u64; 2] = [0x1122_3344_5566_7788, 0x99aa_bbcc_ddee_ff00];

/// How the two ends speak.
#[derive(Clone, Copy)]
struct Kind {
    version: u8,
    /// Data sequence numbers have 64 bits.
    long: bool,
}

const USUAL: Kind = Kind { version: 1, long: true };

/// The token and the initial number of the data of `side`.
fn hashed(kind: Kind, side: Side) -> (u32, u64) {
    let key = KEYS[side as usize].to_be_bytes();
    let hash = if kind.version == 0 { Sha1::digest(key).to_vec() } else { Sha256::digest(key).to_vec() };
    (u32::from_be_bytes(*hash.first_chunk().unwrap()), u64::from_be_bytes(*hash.last_chunk().unwrap()))
}

/// The frame of a segment of a subflow, with an option of Multipath TCP.
fn with_option(segment: &Segment, path: usize, option: &[u8]) -> Vec<u8> {
    let mut frame = frame(segment, PORTS[path], 25);
    let mut option = option.to_vec();
    while !option.len().is_multiple_of(4) {
        option.push(1);
    }
    let total = (frame.len() - 14 + option.len()) as u16;
    frame[16..18].copy_from_slice(&total.to_be_bytes());
    frame[46] = ((20 + option.len()) as u8 / 4) << 4;
    frame.splice(54..54, option);
    frame
}

fn option(content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&[30, content.len() as u8 + 2], &content[..]].concat()
}

/// One end's place in its data and on each subflow.
#[derive(Default, Clone, Copy)]
struct Sent {
    data: u64,
    subflow: [u32; 2],
}

/// A packet: the subflow that it came on, and its frame.
type Path = (usize, Vec<u8>);

/// The conversation of `script`; `path` chooses the subflow of each segment with data.
fn conversation(script: &str, kind: Kind, size: usize, path: impl Fn(usize) -> usize) -> Vec<Path> {
    let mut sent = [Sent::default(); 2];
    let mut packets = Vec::new();
    let put = |packets: &mut Vec<Path>,
               sent: &mut [Sent; 2],
               from: Side,
               path: usize,
               flags: u8,
               payload: &[u8],
               content: &[&[u8]]| {
        let [own, other] = [from as usize, from.other() as usize];
        let segment = Segment {
            from,
            sequence: sent[own].subflow[path],
            acknowledgement: sent[other].subflow[path],
            flags,
            payload: payload.to_vec(),
        };
        sent[own].subflow[path] += payload.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        let mut frame = with_option(&segment, path, &option(content));
        // Each subflow takes its own way, with another number of hops.
        frame[22] -= path as u8;
        packets.push((path, frame));
    };
    let [client, server] = KEYS.map(u64::to_be_bytes);
    let capable = [kind.version, 0x81];
    let first: &[&[u8]] = if kind.version == 0 { &[&capable, &client] } else { &[&capable] };
    put(&mut packets, &mut sent, Side::Client, 0, SYN, b"", first);
    put(&mut packets, &mut sent, Side::Server, 0, SYN | ACK, b"", &[&capable, &server]);
    put(&mut packets, &mut sent, Side::Client, 0, ACK, b"", &[&capable, &client, &server]);
    let (token, _) = hashed(kind, Side::Server);
    put(&mut packets, &mut sent, Side::Client, 1, SYN, b"", &[&[0x10, 1], &token.to_be_bytes(), &[0; 4]]);
    put(&mut packets, &mut sent, Side::Server, 1, SYN | ACK, b"", &[&[0x10, 1], &[7; 12]]);
    put(&mut packets, &mut sent, Side::Client, 1, ACK, b"", &[&[0x10, 0], &[7; 20]]);
    let number = |number: u64| {
        let octets = number.to_be_bytes();
        octets[if kind.long { 0 } else { 4 }..].to_vec()
    };
    let flags = if kind.long { 0x0f } else { 0x05 };
    let place =
        |sent: &[Sent; 2], side: Side| hashed(kind, side).1.wrapping_add(1).wrapping_add(sent[side as usize].data);
    let mut nth = 0;
    for (from, bytes) in turns(script) {
        for piece in bytes.chunks(size) {
            let path = path(nth);
            nth += 1;
            let signal = [
                vec![0x20, flags],
                number(place(&sent, from.other())),
                number(place(&sent, from)),
                sent[from as usize].subflow[path].to_be_bytes().to_vec(),
                (piece.len() as u16).to_be_bytes().to_vec(),
            ];
            put(&mut packets, &mut sent, from, path, ACK, piece, &signal.each_ref().map(Vec::as_slice));
            sent[from as usize].data += piece.len() as u64;
        }
    }
    for from in [Side::Client, Side::Server] {
        for path in 0..2 {
            let signal = [
                vec![0x20, flags | 0x10],
                number(place(&sent, from.other())),
                number(place(&sent, from)),
                vec![0, 0, 0, 0, 0, 1],
            ];
            put(&mut packets, &mut sent, from, path, ACK, b"", &signal.each_ref().map(Vec::as_slice));
        }
        sent[from as usize].data += 1;
    }
    let signal = [vec![0x20, flags & 0x03], number(place(&sent, Side::Server))];
    for path in 0..2 {
        for from in [Side::Client, Side::Server] {
            let content: &[&[u8]] = if from == Side::Client { &[&signal[0], &signal[1]] } else { &[&[0x20, 0]] };
            put(&mut packets, &mut sent, from, path, ACK | FIN, b"", content);
        }
    }
    packets
}

fn sessions(packets: &[Path]) -> Vec<Value> {
    let (document, problem) = support::analyze(&recorded(packets.iter().map(|(_, frame)| frame.clone())));
    assert_eq!(problem, None);
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({}));
    document["sessions"].as_array().expect("a list").clone()
}

fn script() -> &'static str {
    CONVERSATIONS[1].script
}

/// The only session, as plain TCP carries it.
fn plain() -> Value {
    let (document, _) = support::analyze(&support::captured(&segments(&turns(script()), 20), 25));
    document["sessions"][0].clone()
}

#[test]
fn the_data_of_all_subflows_is_one_stream() {
    let plain = plain();
    assert!(!plain["messages"].as_array().expect("a list").is_empty());
    for version in [0, 1] {
        for long in [false, true] {
            for path in [|n: usize| n % 2, |n| usize::from(n > 5), |n| usize::from(n % 5 < 3), |_| 1, |_| 0] {
                let packets = conversation(script(), Kind { version, long }, 20, path);
                let found = sessions(&packets);
                assert_eq!(found.len(), 1);
                let session = &found[0];
                assert_eq!(session["end"], "closed");
                for field in ["messages", "credentials"] {
                    let without_packets = |value: &Value| {
                        value.as_array().map(|all| {
                            all.iter()
                                .map(|one| (one["sha256"].clone(), one["complete"].clone(), one["outcome"].clone()))
                                .collect::<Vec<_>>()
                        })
                    };
                    assert_eq!(without_packets(&session[field]), without_packets(&plain[field]));
                }
                let transport = &session["transport"];
                assert_eq!(transport["packets"], packets.len());
                for count in ["client_bytes", "server_bytes", "client_missing", "server_missing", "retransmitted"] {
                    assert_eq!(transport[count], plain["transport"][count], "{count}");
                }
                assert_eq!(
                    transport["multipath"],
                    serde_json::json!({ "subflows": 2, "keys_seen": true, "another_way": false })
                );
            }
        }
    }
}

#[test]
fn of_one_subflow_alone_nothing_is_complete() {
    for alone in [0, 1] {
        for handshake in [true, false] {
            let mut packets = conversation(script(), USUAL, 20, |n| n % 2);
            if !handshake {
                packets.drain(..6);
            }
            packets.retain(|(path, _)| *path == alone);
            for session in sessions(&packets) {
                assert_eq!(session["transport"]["multipath"]["another_way"], true);
                let messages = session["messages"].as_array().expect("a list");
                assert!(messages.iter().all(|message| message["complete"] == false), "{messages:#?}");
            }
        }
    }
}

#[test]
fn subflows_captured_from_the_middle_are_found_by_their_data() {
    let mut packets = conversation(script(), USUAL, 20, |n| n % 2);
    packets.drain(..6);
    let found = sessions(&packets);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["messages"][0]["sha256"], plain()["messages"][0]["sha256"]);
    assert_eq!(
        found[0]["transport"]["multipath"],
        serde_json::json!({ "subflows": 2, "keys_seen": false, "another_way": true })
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let file = recorded(conversation(script(), USUAL, 20, |n| n % 2).into_iter().map(|(_, frame)| frame));
    let shown = |threads: usize| {
        let options = Options { threads, ..Options::default() };
        let mut source = support::open(&file).expect("a capture");
        let mut view = Json::new(Vec::new(), record::Options::default());
        pipeline::run(&mut source, &options, &support::plan(), &mut view, &AtomicBool::new(false)).expect("memory");
        view.into_inner()
    };
    assert_eq!(shown(1), shown(4));
}

#[test]
fn a_connection_that_falls_back_is_plain_tcp() {
    // Both ends agree on Multipath TCP, and then send no mapping: something on the way took their options out.
    let sent = segments(&turns(script()), 20);
    let mut packets: Vec<Path> = sent.iter().map(|segment| (0, frame(segment, PORTS[0], 25))).collect();
    let handshake = conversation(script(), USUAL, 20, |_| 0);
    packets.splice(..3, handshake.into_iter().take(3));
    let found = sessions(&packets);
    assert_eq!((found.len(), &found[0]["end"]), (1, &Value::from("closed")));
    assert_eq!(found[0]["messages"], plain()["messages"]);
}

#[test]
fn forged_mappings_hide_no_data_of_plain_tcp() {
    let sent = segments(&turns(script()), 20);
    let mut packets: Vec<Path> = sent.iter().map(|segment| (0, frame(segment, PORTS[0], 25))).collect();
    for (at, data) in [(5, 1_u32), (8, 0x7fff_0000), (11, 77)] {
        // A segment that was sent before, with a mapping.
        let again = sent[at - 1].clone();
        if again.payload.is_empty() {
            continue;
        }
        let mapping =
            [&data.to_be_bytes()[..], &again.sequence.to_be_bytes(), &(again.payload.len() as u16).to_be_bytes()];
        packets.insert(at, (0, with_option(&again, 0, &option(&[&[0x20, 0x04], &mapping.concat()]))));
    }
    let found = sessions(&packets);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["messages"][0]["sha256"], plain()["messages"][0]["sha256"]);
}
