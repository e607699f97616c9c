//! Captures whose clock was set back, in one file and between several.

mod support;

use mailtap::capture::{Damage, Reading, open_until};
use mailtap::pipeline;
use serde_json::{Value, json};
use std::path::PathBuf;
use support::{CONVERSATIONS, Packet, Segment, Side, packets, pcap, segments, turns};

/// When the captures begin: a day after the epoch of the kit, so that there is room before it.
const START: u64 = 86_400_000_000;

fn sent() -> Vec<Segment> {
    segments(&turns(CONVERSATIONS[1].script), 20)
}

/// The conversation's packets a millisecond apart, `port` being the server's.
fn conversation(port: u16) -> Vec<Packet> {
    packets(&sent(), port, 1_000).into_iter().map(|packet| Packet { time: packet.time + START, ..packet }).collect()
}

/// `packets`, with the clock `seconds` earlier from packet `at` on.
fn set_back(mut packets: Vec<Packet>, at: usize, seconds: u64) -> Vec<Packet> {
    packets.iter_mut().skip(at).for_each(|packet| packet.time -= seconds * 1_000_000);
    packets
}

/// What the files hold, in the order given.
fn read(parts: &[&[Packet]]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<PathBuf> = (1..)
        .zip(parts)
        .map(|(number, part)| {
            let name = folder.path().join(format!("part{number}.pcap"));
            std::fs::write(&name, pcap(part)).expect("writable");
            name
        })
        .collect();
    let (groups, _) = pipeline::in_order(&names);
    let mut source = open_until(&groups, None, Damage::default(), Reading::Here, usize::MAX, None).expect("captures");
    let (document, problem) = support::document(&mut *source);
    assert_eq!(problem, None);
    assert_eq!(document["summary"]["limits_hit"], json!({}));
    document
}

/// What must be the same whatever the clock does.
fn told(document: &Value) -> Vec<[Value; 3]> {
    let sessions = document["sessions"].as_array().expect("a list");
    let session = |session: &Value| ["messages", "transport", "end"].map(|field| session[field].clone());
    sessions.iter().map(session).collect()
}

#[test]
fn a_step_in_a_file_changes_no_session_and_is_told() {
    let plain = conversation(25);
    let clean = read(&[&plain]);
    assert_eq!(clean["capture"]["sources"][0].get("clock_steps"), None);
    for seconds in [2, 3_600] {
        let stepped = read(&[&set_back(plain.clone(), 9, seconds)]);
        assert_eq!(told(&stepped), told(&clean));
        let session = &stepped["sessions"][0];
        assert_eq!(session["started"], clean["sessions"][0]["started"], "the time of the first packet");
        let took = |document: &Value| document["sessions"][0]["duration_ms"].as_f64().expect("a number");
        assert!((took(&clean) - took(&stepped)).abs() <= 1.0, "{} {}", took(&clean), took(&stepped));
        // A millisecond passed meanwhile.
        let step = json!([{ "packet": 10, "seconds": seconds as f64 - 0.001 }]);
        assert_eq!(stepped["capture"]["sources"][0]["clock_steps"], step);
    }
}

#[test]
fn a_step_forward_is_a_pause() {
    let plain = conversation(25);
    let mut later = plain.clone();
    later.iter_mut().skip(9).for_each(|packet| packet.time += 3_600_000_000);
    let document = read(&[&later]);
    assert_eq!(document["sessions"][0]["messages"], read(&[&plain])["sessions"][0]["messages"]);
    assert_eq!(document["capture"]["sources"][0].get("clock_steps"), None);
}

#[test]
fn parts_of_a_capture_between_which_the_clock_stepped_go_on_where_tcp_does() {
    let clean = told(&read(&[&conversation(25)]));
    for seconds in [2, 3_600] {
        let all = set_back(conversation(25), 9, seconds);
        let (first, second) = all.split_at(9);
        for parts in [[first, second], [second, first]] {
            let document = read(&parts);
            assert_eq!(told(&document), clean);
            let steps = document["capture"]["sources"][1]["clock_steps"].clone();
            assert_eq!(steps, json!([{ "packet": 1, "seconds": seconds as f64 - 0.001 }]));
        }
        // Four parts, the step before the third.
        let parts = [&all[..4], &all[4..9], &all[9..14], &all[14..]];
        assert_eq!(told(&read(&parts)), clean);
    }
    // In the second file alone.
    let all = set_back(conversation(25), 12, 3_600);
    assert_eq!(told(&read(&[&all[..9], &all[9..]])), clean);
}

#[test]
fn parts_without_a_step_are_ordered_by_time() {
    let all = conversation(25);
    let clean = told(&read(&[&all]));
    for parts in [[&all[..9], &all[9..]], [&all[9..], &all[..9]]] {
        let document = read(&parts);
        assert_eq!(told(&document), clean);
        assert!(
            document["capture"]["sources"]
                .as_array()
                .expect("a list")
                .iter()
                .all(|file| file.get("clock_steps").is_none())
        );
    }
}

#[test]
fn parallel_captures_are_merged_by_time() {
    let all = conversation(25);
    let clean = told(&read(&[&all]));
    // Each direction in a file of its own.
    let (client, server): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|packet| packet.from() == Side::Client);
    // Every other packet.
    let (odd, even): (Vec<_>, Vec<_>) = (0..).zip(all.iter().cloned()).partition(|(n, _)| n % 2 == 0);
    let [odd, even] = [odd, even].map(|half| half.into_iter().map(|(_, packet)| packet).collect::<Vec<_>>());
    for [one, other] in [[&client, &server], [&odd, &even]] {
        assert_eq!(told(&read(&[one, other])), clean);
        assert_eq!(told(&read(&[other, one])), clean);
    }
    // Connections of their own, the second file's an hour earlier.
    let earlier = set_back(conversation(587), 0, 3_600);
    let document = read(&[&all, &earlier]);
    assert_eq!(document["sessions"][0]["server"]["port"], 587);
    assert_eq!(document["sessions"].as_array().map(Vec::len), Some(2));
}
