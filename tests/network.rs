/*!
Generated networks and captures: whatever they do to the packets of a conversation, the session is that of the clean
capture, minus exactly what was lost, and that is told.
*/

mod support;

use pnet_packet::tcp::TcpFlags;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use support::{Segment, Who, frame, segments, turns};

const PORTS: [(&str, u16); 3] = [(SMTP, 25), (POP3, 110), (IMAP, 143)];

const SMTP: &str = r"
S: 220 mx.netlab ESMTP
C: EHLO cslabc39
S: 250-mx.netlab
S: 250 AUTH PLAIN
C: AUTH PLAIN AGdyb3VwN18zAGdyb3VwN18z
S: 235 2.7.0 ok
C: MAIL FROM:<group7_3@JServer.Netlab>
S: 250 2.1.0 ok
C: RCPT TO:<alice@JServer.Netlab>
S: 250 2.1.5 ok
C: DATA
S: 354 go on
C: Subject: a test of the network
C| \r\n
C: The first line of the text is long enough to be cut into several pieces.
C: ..dots, and more of the text so that there is something to lose.
C: .
S: 250 2.0.0 queued
C: QUIT
S: 221 2.0.0 bye
";

const POP3: &str = r"
S: +OK ready
C: USER group7_3
S: +OK
C: PASS secret
S: +OK logged in
C: RETR 1
S: +OK 81 octets
S: Subject: a test
S| \r\n
S: The text of the message, long enough to be cut into several pieces.
S: .
C: QUIT
S: +OK bye
";

const IMAP: &str = r"
S: * OK ready
C: a1 LOGIN group7_3 secret
S: a1 OK logged in
C: a2 SELECT INBOX
S: * 1 EXISTS
S: a2 OK [READ-WRITE] done
C: a3 FETCH 1 (UID BODY[])
S: * 1 FETCH (UID 7 BODY[] {60}
S| Subject: a test\r\n\r\nThe text of the message, of some length.\r\n
S| \x0a
S: )
S: a3 OK done
C: a4 LOGOUT
S: * BYE
S: a4 OK bye
";

/// A frame on its way: when it was captured (microseconds), and how much of it.
#[derive(Clone)]
struct Packet {
    time: u64,
    frame: Vec<u8>,
    wire_len: usize,
}

/// IPv4's identification goes into its place; nobody looks at the checksum (offloaded).
fn numbered(mut frame: Vec<u8>, identification: u16) -> Vec<u8> {
    frame[18..20].copy_from_slice(&identification.to_be_bytes());
    frame
}

/// The packets of segments, `apart` microseconds between them, each side numbering its own.
fn packets(sent: &[Segment], port: u16, apart: u64) -> Vec<Packet> {
    let mut next = [65_500_u16, 20_000];
    (0..)
        .zip(sent)
        .map(|(n, segment)| {
            let own = &mut next[usize::from(segment.from == Who::Server)];
            *own = own.wrapping_add(1).max(1);
            let frame = numbered(frame(segment, 40_000, port), *own);
            Packet { time: 1_000_000 + n * apart, wire_len: frame.len(), frame }
        })
        .collect()
}

fn pcap(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for packet in packets {
        let (seconds, rest) = (packet.time / 1_000_000, packet.time % 1_000_000);
        let words = [1_700_000_000 + seconds as u32, rest as u32, packet.frame.len() as u32, packet.wire_len as u32];
        for word in words {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&packet.frame);
    }
    file
}

/// A pcapng file in which two interfaces took turns, each with a batch of `batch` packets: frames to the client came by one,
/// frames to the server by the other.
fn two_interfaces(packets: &[Packet], batch: usize) -> Vec<u8> {
    let block = |kind: u32, content: &[u8]| {
        let padded = content.len().next_multiple_of(4);
        let length = (padded as u32 + 12).to_le_bytes();
        let mut block = [&kind.to_le_bytes()[..], &length, content].concat();
        block.resize(8 + padded, 0);
        block.extend_from_slice(&length);
        block
    };
    let mut file = block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    for _ in 0..2 {
        file.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0]));
    }
    let to_server = |packet: &&Packet| packet.frame[26..30] == support::CLIENT.octets();
    let sides: [Vec<&Packet>; 2] =
        [packets.iter().filter(to_server).collect(), packets.iter().filter(|packet| !to_server(packet)).collect()];
    let mut chunks = sides.each_ref().map(|side| side.chunks(batch));
    loop {
        let mut none = true;
        for (interface, chunks) in (0_u32..).zip(&mut chunks) {
            for packet in chunks.next().unwrap_or_default() {
                none = false;
                let stamp = 1_700_000_000_000_000 + packet.time;
                let fields =
                    [interface, (stamp >> 32) as u32, stamp as u32, packet.frame.len() as u32, packet.wire_len as u32];
                let mut content = fields.map(u32::to_le_bytes).concat();
                content.extend_from_slice(&packet.frame);
                file.extend(block(6, &content));
            }
        }
        if none {
            return file;
        }
    }
}

/// The IP fragments of a frame, with at most `size` bytes (a multiple of 8) each.
fn fragments(packet: &Packet, size: usize) -> Vec<Packet> {
    let (header, payload) = packet.frame.split_at(34);
    let count = payload.len().div_ceil(size);
    let piece = |(n, bytes): (usize, &[u8])| {
        let mut frame = [header, bytes].concat();
        frame[16..18].copy_from_slice(&(20 + bytes.len() as u16).to_be_bytes());
        let more = if n + 1 < count { 0x2000 } else { 0 };
        frame[20..22].copy_from_slice(&(more | (n * size / 8) as u16).to_be_bytes());
        Packet { time: packet.time, wire_len: frame.len(), frame }
    };
    payload.chunks(size).enumerate().map(piece).collect()
}

/// The sessions, without what depends on the packets; and the first one's transport.
fn analyzed(file: &[u8]) -> (Value, Value) {
    let (mut document, problem) = support::analyze(file);
    assert_eq!(problem, None);
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({}));
    let mut transport = Value::Null;
    for session in document["sessions"].as_array_mut().expect("a list") {
        let session = session.as_object_mut().expect("an object");
        session.retain(|field, _| !matches!(field.as_str(), "started" | "ended"));
        transport = session.remove("transport").expect("it");
        for step in session["steps"].as_array_mut().expect("a list") {
            let step = step.as_object_mut().expect("an object");
            step.retain(|field, _| !matches!(field.as_str(), "time" | "packets" | "elapsed_ms"));
        }
    }
    (document["sessions"].take(), transport)
}

fn number(transport: &Value, field: &str) -> u64 {
    transport[field].as_u64().unwrap_or(0)
}

/// The stream of one side cut anew: `cuts` are where.
fn resegmented(sent: &[Segment], cuts: &[Index]) -> Vec<Segment> {
    let mut sent = sent.to_vec();
    for cut in cuts {
        let at = cut.index(sent.len());
        if sent[at].payload.len() > 1 {
            let middle = 1 + cut.index(sent[at].payload.len() - 1);
            let mut rest = sent[at].clone();
            rest.payload.drain(..middle);
            rest.sequence += middle as u32;
            sent[at].payload.truncate(middle);
            sent.insert(at + 1, rest);
        }
    }
    sent
}

/// Later segments that repeat what came before, across the old borders.
fn overlaps(sent: &[Segment], of: &[Index]) -> Vec<Segment> {
    let mut all = sent.to_vec();
    for index in of {
        let from = index.index(all.len());
        let first = all[from].clone();
        let follower = all[from + 1..].iter().position(|s| {
            s.from == first.from && s.sequence == first.sequence + first.payload.len() as u32 && !s.payload.is_empty()
        });
        if let Some(follower) = follower.map(|n| n + from + 1)
            && !first.payload.is_empty()
        {
            let half = first.payload.len() / 2;
            let mut repeat = all[follower].clone();
            repeat.sequence = first.sequence + half as u32;
            repeat.payload = [&first.payload[half..], &repeat.payload[..]].concat();
            all.insert(follower + 1, repeat);
        }
    }
    all
}

fn any_conversation() -> impl Strategy<Value = (&'static str, u16)> {
    (0..3_usize).prop_map(|n| PORTS[n])
}

fn indices(most: usize) -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..most)
}

proptest! {
    #![proptest_config(support::tried(60))]

    /// Nothing was lost: the session is that of the clean capture.
    #[test]
    fn a_network_that_loses_nothing_for_good(
        (script, port) in any_conversation(),
        size in 8..200_usize,
        (cuts, overlapping, again, fragmented) in (indices(10), indices(6), indices(8), indices(8)),
        swaps in indices(20),
        doubled in any::<bool>(),
        batch in prop::option::of(1..60_usize),
    ) {
        let turns = turns(script);
        let clean = analyzed(&pcap(&packets(&segments(&turns, usize::MAX), port, 1_000)));
        prop_assert_eq!(clean.0.as_array().map(Vec::len), Some(1));
        let sent = overlaps(&resegmented(&segments(&turns, size), &cuts), &overlapping);
        let mut on_the_wire = packets(&sent, port, 1_000);
        // Sent again by a sender that numbers its packets: another packet, half a second later.
        for (n, index) in (0..).zip(&again) {
            let packet = &on_the_wire[index.index(on_the_wire.len())];
            let time = packet.time + 500_000 + u64::from(n);
            let again = Packet { time, frame: numbered(packet.frame.clone(), 50_000 + n), ..packet.clone() };
            on_the_wire.push(again);
        }
        let again = again.len() as u64;
        for index in &fragmented {
            let at = index.index(on_the_wire.len());
            if on_the_wire[at].frame.len() > 34 + 24 && on_the_wire[at].frame[20..22] == [0, 0] {
                let mut pieces = fragments(&on_the_wire[at], 24);
                let by = index.index(pieces.len());
                pieces.rotate_left(by);
                on_the_wire.splice(at..=at, pieces);
            }
        }
        on_the_wire.sort_by_key(|packet| packet.time);
        if doubled {
            on_the_wire = on_the_wire
                .into_iter()
                .flat_map(|packet| [packet.clone(), Packet { time: packet.time + 20, ..packet }])
                .collect();
        }
        let file = match batch {
            Some(batch) => two_interfaces(&on_the_wire, batch),
            None => {
                // Records that stand a little out of order.
                for index in &swaps {
                    let at = index.index(on_the_wire.len() - 1);
                    on_the_wire.swap(at, at + 1);
                }
                pcap(&on_the_wire)
            }
        };
        let (sessions, transport) = analyzed(&file);
        prop_assert_eq!(&sessions, &clean.0);
        for field in ["client_bytes", "server_bytes", "client_missing", "server_missing", "conflicting"] {
            prop_assert_eq!(&transport[field], &clean.1[field], "{}", field);
        }
        // A doubled capture loses nothing and repeats nothing.
        if again == 0 && overlapping.is_empty() {
            prop_assert_eq!(number(&transport, "retransmitted"), 0);
            prop_assert!(transport.get("loss").is_none(), "{}", transport);
            if doubled && fragmented.is_empty() && swaps.is_empty() {
                prop_assert_eq!(number(&transport, "copies"), number(&transport, "packets"));
            }
        }
    }

    /// Segments and parts of them are not in the capture: each byte of the clean session is there, or told missing, and
    /// nothing that lacks bytes is passed off as whole.
    #[test]
    fn a_capture_that_lacks_packets_and_parts(
        (script, port) in any_conversation(),
        size in 8..200_usize,
        lost in prop::collection::vec(any::<Index>(), 0..5),
        snaplen in prop::option::of(60..120_usize),
    ) {
        let turns = turns(script);
        let clean = analyzed(&pcap(&packets(&segments(&turns, usize::MAX), port, 1_000)));
        let sent = segments(&turns, size);
        let mut captured = packets(&sent, port, 1_000);
        // All but handshake and end, whose loss leaves no trace.
        let mut gone = [0_u64; 2];
        for index in &lost {
            let at = 3 + index.index(captured.len() - 6);
            let packet = captured.remove(at);
            gone[usize::from(packet.frame[26..30] != support::CLIENT.octets())] += packet.frame.len() as u64 - 54;
        }
        for packet in &mut captured {
            if let Some(snaplen) = snaplen && packet.frame.len() > snaplen {
                gone[usize::from(packet.frame[26..30] != support::CLIENT.octets())] += (packet.frame.len() - snaplen) as u64;
                packet.frame.truncate(snaplen);
            }
        }
        let (sessions, transport) = analyzed(&pcap(&captured));
        for (side, gone) in ["client", "server"].into_iter().zip(gone) {
            let clean = number(&clean.1, &format!("{side}_bytes"));
            prop_assert_eq!(number(&transport, &format!("{side}_bytes")), clean - gone);
            prop_assert_eq!(number(&transport, &format!("{side}_missing")), gone);
        }
        let loss = transport.get("loss").and_then(Value::as_str);
        prop_assert_eq!(loss, (gone != [0, 0]).then_some("capture"));
        if gone == [0, 0] {
            prop_assert_eq!(&sessions, &clean.0);
        }
        let whole = &clean.0[0]["messages"][0]["sha256"];
        for message in sessions[0]["messages"].as_array().into_iter().flatten() {
            if message["complete"] == true && message.get("part").is_none() {
                prop_assert_eq!(&message["sha256"], whole);
            }
        }
    }

    /// A capture that begins in the middle and ends before the end: what it has is an end of the clean session, and
    /// nothing is missing in it.
    #[test]
    fn a_capture_of_the_middle(
        (script, port) in any_conversation(),
        size in 8..200_usize,
        (from, to) in (any::<Index>(), any::<Index>()),
    ) {
        let turns = turns(script);
        let whole = packets(&segments(&turns, size), port, 1_000);
        let from = 3 + from.index(whole.len() - 6);
        let to = from + 1 + to.index(whole.len() - from - 1);
        let captured = &whole[from..to];
        let payload = |client: bool| -> u64 {
            let from = |packet: &&Packet| (packet.frame[26..30] == support::CLIENT.octets()) == client;
            captured.iter().filter(from).map(|packet| packet.frame.len() as u64 - 54).sum()
        };
        let (sessions, transport) = analyzed(&pcap(captured));
        if sessions.as_array().is_some_and(|sessions| !sessions.is_empty()) {
            prop_assert_eq!(&sessions[0]["from_start"], &Value::Bool(false));
            prop_assert_eq!(number(&transport, "client_bytes"), payload(true));
            prop_assert_eq!(number(&transport, "server_bytes"), payload(false));
            prop_assert_eq!(number(&transport, "client_missing") + number(&transport, "server_missing"), 0);
        } else {
            prop_assert_eq!(payload(true) + payload(false), 0);
        }
    }
}

#[test]
fn two_connections_in_the_same_wifi_frames() {
    const SIDES: [[u16; 2]; 2] = [[40_000, 25], [40_001, 25]];
    let sent = segments(&turns(SMTP), 200);
    let mut file = Vec::new();
    // Link type 105: IEEE 802.11.
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 105] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for (time, segment) in (0_u32..).zip(&sent) {
        // A QoS data frame that says it holds several; each an Ethernet-like header, LLC and SNAP, padded to 4 bytes.
        let mut radio = [&[0x88, 0x01][..], &[0; 22], &[0x80, 0]].concat();
        for [client, server] in SIDES {
            while !(radio.len() - 26).is_multiple_of(4) {
                radio.push(0);
            }
            let ip = frame(segment, client, server).split_off(14);
            radio.extend_from_slice(&[2; 12]);
            radio.extend_from_slice(&(ip.len() as u16 + 8).to_be_bytes());
            radio.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
            radio.extend_from_slice(&ip);
        }
        for word in [1_700_000_000, time * 1_000, radio.len() as u32, radio.len() as u32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&radio);
    }
    let (document, problem) = support::analyze(&file);
    assert_eq!(problem, None);
    let sessions = document["sessions"].as_array().expect("a list");
    let clean = analyzed(&pcap(&packets(&sent, 25, 1_000)));
    assert_eq!(sessions.len(), 2);
    for (session, [port, _]) in sessions.iter().zip(SIDES) {
        assert_eq!(session["client"]["port"], port);
        assert_eq!(session["messages"][0]["sha256"], clean.0[0]["messages"][0]["sha256"]);
        assert_eq!(session["transport"]["packets"], clean.1["packets"]);
    }
    // Each packet counts for both sessions, and once in all.
    let counted = &document["summary"]["packets"];
    assert_eq!((&counted["read"], &counted["mail"]), (&Value::from(sent.len()), &Value::from(sent.len())));
}

#[test]
fn rotated_files_are_one_capture() {
    let turns = turns(SMTP);
    let whole = packets(&segments(&turns, 20), 25, 1_000);
    let clean = analyzed(&pcap(&whole));
    let folder = tempfile::tempdir().expect("a folder");
    // As `tcpdump -C` names them; given in the order in which a shell would sort them.
    let mut names: Vec<_> = (0..)
        .zip(whole.chunks(whole.len().div_ceil(12)))
        .map(|(n, part)| {
            let name = folder.path().join(if n == 0 { "part.pcap".into() } else { format!("part.pcap{n}") });
            std::fs::write(&name, pcap(part)).expect("writable");
            name
        })
        .collect();
    names.sort();
    assert!(names.len() > 10);
    let mut source = mailtap::capture::open(&names, None, mailtap::capture::Damage::default()).expect("captures");
    let mut view = mailtap::view::json::Json::new(Vec::new(), mailtap::view::record::Options::default());
    let never = std::sync::atomic::AtomicBool::new(false);
    mailtap::pipeline::run(&mut *source, &support::options(), &mut view, &never).expect("memory can be written");
    let document: Value = serde_json::from_slice(&view.into_inner()).expect("JSON");
    assert_eq!(document["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["sessions"][0]["transport"], clean.1);
    assert_eq!(document["sessions"][0]["messages"], clean.0[0]["messages"]);
}

#[test]
fn a_file_that_is_followed_is_read_as_it_grows() {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let whole = pcap(&packets(&segments(&turns(SMTP), 20), 25, 1_000));
    let clean = analyzed(&whole);
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().join("growing.pcap");
    std::fs::write(&name, b"").expect("writable");
    let stop = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (name, stop) = (name.clone(), Arc::clone(&stop));
        move || {
            let mut source = mailtap::capture::follow(&[name], None, Default::default(), stop).expect("a capture");
            let mut view = mailtap::view::json::Json::new(Vec::new(), mailtap::view::record::Options::default());
            let never = AtomicBool::new(false);
            let outcome = mailtap::pipeline::run(&mut *source, &support::options(), &mut view, &never).expect("memory");
            assert!(outcome.problem.is_none());
            serde_json::from_slice::<Value>(&view.into_inner()).expect("JSON")
        }
    });
    let mut file = std::fs::OpenOptions::new().append(true).open(&name).expect("it");
    // The pieces end in the middle of the header, of a record's header, of a record.
    for piece in whole.chunks(whole.len().div_ceil(5)) {
        let (first, second) = piece.split_at(10);
        for part in [first, second] {
            file.write_all(part).expect("writable");
            std::thread::sleep(std::time::Duration::from_millis(60));
        }
    }
    file.write_all(&[1, 2, 3]).expect("writable");
    std::thread::sleep(std::time::Duration::from_millis(400));
    stop.store(true, Ordering::Relaxed);
    let document = reader.join().expect("no panic");
    assert_eq!(document["sessions"][0]["transport"], clean.1);
    assert_eq!(document["sessions"][0]["messages"], clean.0[0]["messages"]);
    assert!(document["capture"]["sources"][0].get("problem").is_none());
}

#[test]
fn fin_and_syn_flags_are_where_they_are_taken_to_be() {
    // The ranges that the tests above leave alone: three packets at either end.
    let sent = segments(&turns(SMTP), 20);
    let special = |s: &Segment| s.flags & (TcpFlags::SYN | TcpFlags::FIN) != 0;
    assert!(sent[3..sent.len() - 3].iter().all(|s| !special(s)));
}

/// A line in segments of one byte: more packets than a step keeps numbers of, which is told.
#[test]
fn packet_numbers_that_are_left_out_are_counted() {
    let file =
        pcap(&packets(&segments(&turns(&format!("S: 220 mx ESMTP\nC: NOOP {}\n", "x".repeat(600))), 1), 25, 1_000));
    let (document, problem) = support::analyze(&file);
    assert_eq!(problem, None);
    // `NOOP `, 600 bytes and a line end, of which 256 numbers are kept.
    let left_out = 5 + 600 + 2 - mailtap::limits::PACKETS_PER_STEP;
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({ "packets_per_step": left_out }));
    let packets = document["sessions"][0]["steps"][1]["packets"].as_array().expect("a list");
    assert_eq!(packets.len(), mailtap::limits::PACKETS_PER_STEP);
}

/// Two copies of one command that differ: both are evidence.
#[test]
fn copies_that_disagree_are_told_with_what_they_say() {
    let sent = segments(&turns(SMTP), usize::MAX);
    let rcpt = sent.iter().position(|s| s.payload.starts_with(b"RCPT")).expect("it");
    let mut captured = packets(&sent, 25, 1_000);
    let mut forged = sent[rcpt].clone();
    forged.payload = String::from_utf8_lossy(&forged.payload).replace("alice", "mabel").into_bytes();
    // Another packet, a little later; the first copy is number rcpt + 1.
    let time = captured[rcpt].time + 10;
    let frame = numbered(frame(&forged, 40_000, 25), 9_999);
    captured.insert(rcpt + 1, Packet { time, wire_len: frame.len(), frame });
    let (sessions, transport) = analyzed(&pcap(&captured));
    assert_eq!(transport["conflicting"], 5);
    let session = &sessions[0];
    assert_eq!(session["messages"][0]["envelope"]["to"][0]["address"], "alice@JServer.Netlab");
    let finding = |session: &Value| -> Value {
        let all = session["findings"].as_array().expect("a list").iter();
        all.filter(|finding| finding["id"] == "conflicting-bytes").cloned().collect()
    };
    let found = finding(session);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let step = session["steps"].as_array().expect("a list").iter().find(|step| step["command"] == "RCPT").expect("it");
    assert_eq!((&found[0]["severity"], &found[0]["steps"][0]), (&Value::from("medium"), &step["n"]));
    let detail = found[0]["detail"].as_str().expect("words");
    let offset: usize = sent[..rcpt].iter().filter(|s| s.from == Who::Client).map(|s| s.payload.len()).sum();
    let expected = format!(
        "The client at byte {offset} (5 bytes differ): first in packet {} `RCPT TO:<alice@JServer.Netlab>`, then in \
         packet {} `RCPT TO:<mabel@JServer.Netlab>`.",
        rcpt + 1,
        rcpt + 2
    );
    assert!(detail.ends_with(&expected), "{detail}");
}
