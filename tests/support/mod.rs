/*!
Conversations as `C:`/`S:` text, turned into packets, and packets turned into sessions.

A script is lines of `C: text` or `S: text` (the text and CR LF), `C| text` or `S| text` (the text alone); `\r`, `\n`,
`\t`, `\0`, `\\` and `\xHH` are escapes. Lines of one side that follow each other are segments of their own. Both ends
acknowledge what they have received, and close with FIN.
*/

#![allow(dead_code)] // Each test program uses a part of it.

use mailtap::capture::{CaptureError, CaptureFile, Ordered};
use mailtap::pipeline::{self, Options, When};
use mailtap::protocol::ports::Ports;
use mailtap::session::builder::Wanted;
use mailtap::view::json::Json;
use mailtap::view::record;
use pnet_packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet_packet::ip::IpNextHeaderProtocols;
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::tcp::{self, MutableTcpPacket, TcpFlags};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use serde_json::Value;
use std::io::Cursor;
use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;

/// How a property is tried: with `cases` inputs, the same each time, so that whoever changes something else is not stopped
/// by it. Where `PROPTEST_CASES` asks for another number, with other inputs each time.
pub fn tried(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, rng_seed, ..Default::default() }
}

/// The lab's client.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 73);
/// The lab's server.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 253);

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// One TCP segment of a conversation; sequence numbers are relative to each side's SYN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub from: Who,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    pub payload: Vec<u8>,
}

/// What is said, in order.
pub fn turns(script: &str) -> Vec<(Who, Vec<u8>)> {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let who = match line.as_bytes()[0] {
                b'C' => Who::Client,
                b'S' => Who::Server,
                _ => panic!("not a line of a script: {line:?}"),
            };
            let mut bytes = unescape(line.get(3..).unwrap_or(""));
            match line.as_bytes()[1] {
                b':' => bytes.extend_from_slice(b"\r\n"),
                b'|' => {}
                _ => panic!("not a line of a script: {line:?}"),
            }
            (who, bytes)
        })
        .collect()
}

/// The segments of a conversation, payloads cut to at most `size` bytes.
pub fn segments(turns: &[(Who, Vec<u8>)], size: usize) -> Vec<Segment> {
    let mut next = [0_u32; 2];
    let mut sent = Vec::new();
    let mut send = |from: Who, flags: u8, payload: &[u8]| {
        let [own, other] = if from == Who::Client { [0, 1] } else { [1, 0] };
        sent.push(Segment {
            from,
            sequence: next[own],
            acknowledgement: next[other],
            flags,
            payload: payload.to_vec(),
        });
        let taken = u32::from(flags & (TcpFlags::SYN | TcpFlags::FIN) != 0);
        next[own] += payload.len() as u32 + taken;
    };
    send(Who::Client, TcpFlags::SYN, b"");
    send(Who::Server, TcpFlags::SYN | TcpFlags::ACK, b"");
    send(Who::Client, TcpFlags::ACK, b"");
    for (who, bytes) in turns {
        for piece in bytes.chunks(size.max(1)) {
            send(*who, TcpFlags::ACK | TcpFlags::PSH, piece);
        }
        let other = if *who == Who::Client { Who::Server } else { Who::Client };
        send(other, TcpFlags::ACK, b"");
    }
    send(Who::Client, TcpFlags::ACK | TcpFlags::FIN, b"");
    send(Who::Server, TcpFlags::ACK | TcpFlags::FIN, b"");
    send(Who::Client, TcpFlags::ACK, b"");
    sent
}

/// The frame of a segment between the lab's hosts.
pub fn frame(segment: &Segment, client_port: u16, server_port: u16) -> Vec<u8> {
    const START: [u32; 2] = [u32::MAX - 50, 1_000_000];
    let mut tcp = vec![0; 20 + segment.payload.len()];
    let (source, destination, ports, start) = match segment.from {
        Who::Client => (CLIENT, SERVER, [client_port, server_port], START),
        Who::Server => (SERVER, CLIENT, [server_port, client_port], [START[1], START[0]]),
    };
    let mut packet = MutableTcpPacket::new(&mut tcp).expect("room for a header");
    packet.set_source(ports[0]);
    packet.set_destination(ports[1]);
    packet.set_sequence(start[0].wrapping_add(segment.sequence));
    if segment.flags & TcpFlags::ACK != 0 {
        packet.set_acknowledgement(start[1].wrapping_add(segment.acknowledgement));
    }
    packet.set_data_offset(5);
    packet.set_flags(segment.flags);
    packet.set_window(65_535);
    packet.set_payload(&segment.payload);
    let checksum = tcp::ipv4_checksum(&packet.to_immutable(), &source, &destination);
    packet.set_checksum(checksum);

    let mut ip = vec![0; 20 + tcp.len()];
    let mut packet = MutableIpv4Packet::new(&mut ip).expect("room for a header");
    packet.set_version(4);
    packet.set_header_length(5);
    packet.set_total_length(20 + tcp.len() as u16);
    packet.set_ttl(64);
    packet.set_next_level_protocol(IpNextHeaderProtocols::Tcp);
    packet.set_source(source);
    packet.set_destination(destination);
    packet.set_payload(&tcp);
    let checksum = ipv4::checksum(&packet.to_immutable());
    packet.set_checksum(checksum);

    let mut ethernet = vec![0; 14 + ip.len()];
    let mut packet = MutableEthernetPacket::new(&mut ethernet).expect("room for a header");
    packet.set_ethertype(EtherTypes::Ipv4);
    packet.set_payload(&ip);
    ethernet
}

/// A classic pcap file (microseconds, little-endian, Ethernet) of frames a millisecond apart.
pub fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for (number, frame) in (0_u32..).zip(frames) {
        let time = 1_000 * number;
        for word in [1_700_000_000 + time / 1_000_000, time % 1_000_000, frame.len() as u32, frame.len() as u32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file
}

/// The capture of a conversation with the server's `port`.
pub fn capture(script: &str, port: u16) -> Vec<u8> {
    let frames: Vec<_> = segments(&turns(script), 1_400).iter().map(|segment| frame(segment, 40_000, port)).collect();
    pcap(&frames)
}

/// What is asked for where nothing particular is.
pub fn options() -> Options {
    Options {
        ports: Ports::default(),
        any_port: false,
        wanted: Wanted::ALL,
        keeper: None,
        protocols: Vec::new(),
        sessions: Default::default(),
        order: When::InOrder,
        steps: false,
        threads: 1,
        packets: None,
        duration: None,
    }
}

/// A capture in memory.
///
/// # Errors
/// Where it is none.
pub fn open(file: &[u8]) -> Result<Ordered<CaptureFile>, CaptureError> {
    Ok(Ordered::new(CaptureFile::open("capture".into(), Box::new(Cursor::new(file.to_vec())), 1 << 16)?))
}

/// The JSON document of a capture, and why reading stopped early.
pub fn analyze(file: &[u8]) -> (Value, Option<String>) {
    analyze_with(file, &options())
}

/// As [`analyze`], with options.
pub fn analyze_with(file: &[u8], options: &Options) -> (Value, Option<String>) {
    let mut source = match open(file) {
        Ok(source) => source,
        Err(error) => return (Value::Null, Some(error.to_string())),
    };
    let mut view = Json::new(Vec::new(), record::Options::default());
    let outcome =
        pipeline::run(&mut source, options, &mut view, &AtomicBool::new(false)).expect("memory can be written");
    let document = serde_json::from_slice(&view.into_inner()).expect("valid JSON");
    (document, outcome.problem.map(|problem| problem.to_string()))
}

/// The only session of a conversation with the server's `port`.
pub fn session(script: &str, port: u16) -> Value {
    let (document, problem) = analyze(&capture(script, port));
    assert_eq!(problem, None);
    let sessions = document["sessions"].as_array().expect("a list");
    assert_eq!(sessions.len(), 1, "one session");
    sessions[0].clone()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'0') => 0,
                Some(b'x') => {
                    let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                    u8::from_str_radix(std::str::from_utf8(&digits).expect("ascii"), 16).expect("hex")
                }
                Some(other) => other,
                None => b'\\',
            },
            other => other,
        });
    }
    bytes
}
