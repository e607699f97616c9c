//! Captures of several kinds: radio frames, rotated files, a file that grows, conflicting copies.

mod support;

use serde_json::Value;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{CONVERSATIONS, Conversation, Packet, Side, frame, numbered, packets, pcap, pcap_of, segments, turns};

/// A conversation of SMTP with one line in each segment.
const CONVERSATION: Conversation = CONVERSATIONS[1];

/// The only session of a capture that hits no limit.
fn session(file: &[u8]) -> Value {
    let (mut document, problem) = support::analyze(file);
    assert_eq!(problem, None);
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({}));
    let sessions = document["sessions"].as_array_mut().expect("a list");
    assert_eq!(sessions.len(), 1);
    sessions.remove(0)
}

#[test]
fn two_connections_in_the_same_wifi_frames() {
    const SIDES: [[u16; 2]; 2] = [[40_000, 25], [40_001, 25]];
    let sent = segments(&turns(CONVERSATION.script), 200);
    let mut radios = Vec::new();
    for (time, segment) in (0..).zip(&sent) {
        // A QoS data frame with several subframes (A-MSDU), each with an Ethernet-like header, LLC and SNAP, padded to
        // 4 bytes.
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
        radios.push(Packet::new(time * 1_000, radio));
    }
    // Link type 105: IEEE 802.11.
    let (document, problem) = support::analyze(&pcap_of(105, &radios));
    assert_eq!(problem, None);
    let sessions = document["sessions"].as_array().expect("a list");
    let clean = session(&pcap(&packets(&sent, 25, 1_000)));
    assert_eq!(sessions.len(), 2);
    for (session, [port, _]) in sessions.iter().zip(SIDES) {
        assert_eq!(session["client"]["port"], port);
        assert_eq!(session["messages"][0]["sha256"], clean["messages"][0]["sha256"]);
        assert_eq!(session["transport"]["packets"], clean["transport"]["packets"]);
    }
    // Each packet counts in both sessions, and once in the summary.
    let counted = &document["summary"]["packets"];
    assert_eq!((&counted["read"], &counted["mail"]), (&Value::from(sent.len()), &Value::from(sent.len())));
}

#[test]
fn rotated_files_are_one_capture() {
    let turns = turns(CONVERSATION.script);
    let whole = packets(&segments(&turns, 20), 25, 1_000);
    let clean = session(&pcap(&whole));
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
    let (document, problem) = support::document(&mut *source);
    assert_eq!(problem, None);
    assert_eq!(document["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["sessions"][0]["transport"], clean["transport"]);
    assert_eq!(document["sessions"][0]["messages"], clean["messages"]);
    assert_eq!(document["sessions"][0]["uid"], clean["uid"], "the same session");
    // Every packet that carries a step is named with its file, and has the number that it has there.
    let of_whole = |step: &Value, packets: &mut Vec<u64>| {
        let per_part = whole.len().div_ceil(12) as u64;
        let mut add = |source: u64, numbers: &Value| {
            let name = names[source as usize].display().to_string();
            let part: u64 = name.rsplit("pcap").next().and_then(|part| part.parse().ok()).unwrap_or(0);
            packets.extend(numbers.as_array().unwrap().iter().map(|n| part * per_part + n.as_u64().unwrap()));
        };
        add(step["packet_source"].as_u64().unwrap_or(0), &step["packets"]);
        for elsewhere in step["packets_elsewhere"].as_array().into_iter().flatten() {
            add(elsewhere["source"].as_u64().unwrap(), &elsewhere["packets"]);
        }
        packets.sort();
    };
    let steps = document["sessions"][0]["steps"].as_array().expect("steps");
    assert!(steps.iter().any(|step| step.get("packets_elsewhere").is_some()), "some cross the end of a file");
    for (step, clean) in steps.iter().zip(clean["steps"].as_array().expect("steps")) {
        let (mut packets, mut expected) = (Vec::new(), Vec::new());
        of_whole(step, &mut packets);
        of_whole(clean, &mut expected);
        assert_eq!(packets, expected, "{step}");
    }
}

#[test]
fn a_file_that_is_followed_is_read_as_it_grows() {
    let whole = pcap(&packets(&segments(&turns(CONVERSATION.script), 20), 25, 1_000));
    let clean = session(&whole);
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().join("growing.pcap");
    std::fs::write(&name, b"").expect("writable");
    let stop = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (name, stop) = (name.clone(), Arc::clone(&stop));
        move || {
            let (damage, tell) = (Default::default(), Box::new(|_: mailtap::capture::Told<'_>| ()));
            let mut source =
                mailtap::capture::follow(&[name], None, damage, 1 << 20, stop, tell, None).expect("a capture");
            let (document, problem) = support::document(&mut *source);
            assert_eq!(problem, None);
            document
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
    assert_eq!(document["sessions"][0]["transport"], clean["transport"]);
    assert_eq!(document["sessions"][0]["messages"], clean["messages"]);
    assert!(document["capture"]["sources"][0].get("problem").is_none());
}

/// Content in segments of one byte has more packets than a step keeps numbers of: the summary counts the others.
#[test]
fn packet_numbers_that_are_left_out_are_counted() {
    const LINES: usize = 22_000;
    let script = format!("S: 220 mx ESMTP\nC: DATA\nS: 354 go ahead\n{}C: .\nS: 250 ok\n", "C: x\n".repeat(LINES));
    let file = pcap(&packets(&segments(&turns(&script), 1), 25, 1_000));
    let (document, problem) = support::analyze(&file);
    assert_eq!(problem, None);
    // The lines and the final dot, three bytes each, and each byte in a packet of its own.
    let left_out = 3 * (LINES + 1) - mailtap::limits::PACKETS_PER_STEP;
    eprintln!(
        "{:?}",
        document["sessions"][0]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["kind"].clone(), s["packets"].as_array().unwrap().len()))
            .collect::<Vec<_>>()
    );
    assert_eq!(document["summary"]["limits_hit"], serde_json::json!({ "packets_per_step": left_out }));
    let packets = document["sessions"][0]["steps"][3]["packets"].as_array().expect("a list");
    assert_eq!(packets.len(), mailtap::limits::PACKETS_PER_STEP);
}

/// Two copies of one command that differ: the finding shows both.
#[test]
fn conflicting_copies_are_reported_with_their_text() {
    let sent = segments(&turns(CONVERSATION.script), usize::MAX);
    let rcpt = sent.iter().position(|s| s.payload.starts_with(b"RCPT")).expect("it");
    let mut captured = packets(&sent, 25, 1_000);
    let mut forged = sent[rcpt].clone();
    forged.payload = String::from_utf8_lossy(&forged.payload).replace("alice", "mabel").into_bytes();
    // Another packet, a little later; the first copy is number rcpt + 1.
    let time = captured[rcpt].time + 10;
    let frame = numbered(frame(&forged, 40_000, 25), 9_999);
    captured.insert(rcpt + 1, Packet::new(time, frame));
    let session = session(&pcap(&captured));
    assert_eq!(session["transport"]["conflicting"], 5);
    assert_eq!(session["messages"][0]["envelope"]["to"][0]["address"], "alice@JServer.Netlab");
    let finding = |session: &Value| -> Value {
        let all = session["findings"].as_array().expect("a list").iter();
        all.filter(|finding| finding["id"] == "conflicting-bytes").cloned().collect()
    };
    let found = finding(&session);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let step = session["steps"].as_array().expect("a list").iter().find(|step| step["command"] == "RCPT").expect("it");
    assert_eq!((&found[0]["severity"], &found[0]["steps"][0]), (&Value::from("medium"), &step["n"]));
    let detail = found[0]["detail"].as_str().expect("words");
    let offset: usize = sent[..rcpt].iter().filter(|s| s.from == Side::Client).map(|s| s.payload.len()).sum();
    let expected = format!(
        "The client at byte {offset} (5 bytes differ): first in packet {} `RCPT TO:<alice@JServer.Netlab>`, then in \
         packet {} `RCPT TO:<mabel@JServer.Netlab>`.",
        rcpt + 1,
        rcpt + 2
    );
    assert!(detail.ends_with(&expected), "{detail}");
}
