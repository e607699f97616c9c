//! More files than a process may have open.

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use support::{CONVERSATIONS, Packet, Side, frame, packets, pcap, segments, turns};

/// Files.
const FILES: usize = 150;

/// Reads all captures of `folder` with at most 64 open files.
fn read(folder: &Path) -> Output {
    Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" read \"$1\"/*.pcap --format ndjson", env!("CARGO_BIN_EXE_mailtap")])
        .arg(folder)
        .output()
        .expect("a shell")
}

/// Each file has one conversation, `step` microseconds after that of the file before.
fn written(folder: &Path, step: u64) {
    for number in 0..FILES {
        let mut sent = packets(&segments(&turns(CONVERSATIONS[1].script), usize::MAX), 25, 1_000);
        for packet in &mut sent {
            packet.time += step * number as u64;
        }
        std::fs::write(folder.join(format!("{number:04}.pcap")), pcap(&sent)).expect("writable");
    }
}

#[test]
fn files_are_opened_when_their_time_has_come() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), 1_000_000);
    let output = read(folder.path());
    let (said, told) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!((output.status.code(), &*said), (Some(0), ""));
    let summary: serde_json::Value = serde_json::from_str(told.lines().last().expect("a summary")).expect("JSON");
    let sources = summary["capture"]["sources"].as_array().expect("a list");
    assert_eq!(sources.len(), FILES);
    assert!(sources.iter().all(|source| source["packets"].as_u64() > Some(5)), "{sources:?}");
}

#[test]
fn all_are_read_also_where_more_than_that_overlap() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), 0);
    let output = read(folder.path());
    let (said, told) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!((output.status.code(), &*said), (Some(0), ""));
    let summary: serde_json::Value = serde_json::from_str(told.lines().last().expect("a summary")).expect("JSON");
    let sources = summary["capture"]["sources"].as_array().expect("a list");
    assert!(sources.iter().all(|source| source["packets"].as_u64() > Some(5)), "{sources:?}");
}

/// Sixteen conversations, side by side.
fn traffic() -> Vec<Packet> {
    let mut all = Vec::new();
    for (nth, conversation) in (0..).zip(CONVERSATIONS.iter()) {
        for round in 0..3_u16 {
            let mut sent = segments(&turns(conversation.script), 200);
            sent.truncate(400);
            let port = 41_000 + nth * 10 + round;
            all.extend((0..).zip(&sent).map(|(at, segment)| {
                Packet::new(
                    1_000 * (at * 7 + u64::from(nth) * 40 + u64::from(round) * 311),
                    frame(segment, port, conversation.port),
                )
            }));
        }
    }
    all.sort_by_key(|packet| packet.time);
    // No two at the same time: their order is then that of the files.
    (0..).zip(&mut all).for_each(|(nth, packet)| packet.time = packet.time * 1_000 + nth);
    all
}

/// mailtap with `args` and at most 64 open files.
fn mailtap(args: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_mailtap")])
        .args(args)
        .output()
        .expect("a shell")
}

/// The sessions, and the sources.
fn shown(output: &Output) -> (Vec<Value>, Vec<Value>) {
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut all: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let sources = all.pop().expect("a summary")["capture"]["sources"].take();
    (all, sources.as_array().expect("a list").clone())
}

/// The same sessions with packets numbered as in one file: by `whole`, from a source and a number in it.
fn renumbered(sessions: &mut [Value], whole: &dyn Fn(u64, u64) -> u64) {
    for session in sessions {
        // Of log-ins and findings only those of one file are listed; their steps have all.
        for list in ["credentials", "findings"] {
            for one in session[list].as_array_mut().expect("a list") {
                one.as_object_mut().expect("an object").remove("packets");
            }
        }
        renumber(session, 0, whole);
    }
}

fn renumber(value: &mut Value, source: u64, whole: &dyn Fn(u64, u64) -> u64) {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(values) => return values.iter_mut().for_each(|value| renumber(value, source, whole)),
        _ => return,
    };
    // What a step's source is, is an address.
    let own = ["packet_source", "source"].iter().find_map(|name| object.get(*name)?.as_u64()).unwrap_or(source);
    object.remove("packet_source");
    let last_own = object.remove("last_source").and_then(|source| source.as_u64()).unwrap_or(own);
    let mut packets = BTreeSet::new();
    let mut add = |source: u64, list: Option<Value>| {
        let list = list.as_ref().and_then(Value::as_array).into_iter().flatten();
        packets.extend(list.map(|number| whole(source, number.as_u64().expect("a number"))));
    };
    if object.get("packets").is_some_and(Value::is_array) {
        add(own, object.remove("packets"));
    }
    for elsewhere in object.remove("packets_elsewhere").as_mut().and_then(Value::as_array_mut).into_iter().flatten() {
        add(elsewhere["source"].as_u64().expect("a source"), elsewhere.get_mut("packets").map(Value::take));
    }
    let mut of = |name: &str| object.remove(name).and_then(|source| source.as_u64()).unwrap_or(own);
    let (from, to, shown) = (of("from_source"), of("to_source"), of("shown_source"));
    let numbers = [("from_packet", from), ("to_packet", to), ("shown_packet", shown)];
    for (name, source) in [("first_packet", own), ("last_packet", last_own)].into_iter().chain(numbers) {
        if let Some(number) = object.get(name).and_then(Value::as_u64) {
            object.insert(name.to_owned(), whole(source, number).into());
        }
    }
    if object.get("source").is_some_and(Value::is_u64) {
        object.remove("source");
    }
    // A filter is of one file.
    object.remove("display_filter");
    object.values_mut().for_each(|value| renumber(value, own, whole));
    if !packets.is_empty() {
        object.insert("packets".to_owned(), packets.into_iter().collect());
    }
}

/// Where two values differ first.
fn difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().find_map(|(name, value)| difference(value, &other[name]).map(|found| format!("{name}.{found}")))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => (0..)
            .zip(one.iter().zip(other))
            .find_map(|(nth, (one, other))| difference(one, other).map(|found| format!("{nth}.{found}"))),
        _ => (one != other).then(|| format!(": {one} {other}")),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// `packets` in files of `each` packets, in `folder`.
fn cut(folder: &Path, packets: &[Packet], each: usize, name: impl Fn(usize) -> String) -> usize {
    let pieces = packets.chunks(each);
    let count = pieces.len();
    for (nth, piece) in pieces.enumerate() {
        std::fs::write(folder.join(name(nth)), pcap(piece)).expect("writable");
    }
    count
}

#[test]
fn a_capture_cut_into_hundreds_of_files_is_the_same_capture() {
    let (folder, packets) = (tempfile::tempdir().expect("a folder"), traffic());
    let (cuts, whole) = (folder.path().join("cuts"), folder.path().join("whole"));
    std::fs::create_dir(&cuts).expect("writable");
    std::fs::write(&whole, pcap(&packets)).expect("writable");
    let each = packets.len() / 500;
    assert!(each >= 2, "{}", packets.len());
    // As tcpdump -C names them: by name, x.pcap10 comes before x.pcap2.
    let count = cut(&cuts, &packets, each, |nth| if nth == 0 { "x.pcap".to_owned() } else { format!("x.pcap{nth}") });
    assert!(count >= 500);
    let (mut expected, _) = shown(&mailtap(&["read", text(&whole), "--format", "ndjson"]));
    assert!(expected.len() >= 40);
    renumbered(&mut expected, &|_, frame| frame);
    let output = mailtap(&["read", text(&cuts), "--format", "ndjson"]);
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), ""));
    let (mut sessions, sources) = shown(&output);
    assert_eq!(sources.len(), count);
    assert!(text(Path::new(sources[10]["name"].as_str().expect("a name"))).ends_with("x.pcap10"));
    renumbered(&mut sessions, &|source, frame| source * each as u64 + frame);
    assert_eq!(difference(&sessions.into(), &expected.into()), None);
}

#[test]
fn two_sensors_that_overlap_are_merged_packet_by_packet() {
    let (folder, packets) = (tempfile::tempdir().expect("a folder"), traffic());
    let (cuts, whole) = (folder.path().join("cuts"), folder.path().join("whole"));
    std::fs::create_dir(&cuts).expect("writable");
    std::fs::write(&whole, pcap(&packets)).expect("writable");
    // Each sees one direction.
    for (sensor, side) in [(1, Side::Client), (2, Side::Server)] {
        let own: Vec<Packet> = packets.iter().filter(|packet| packet.from() == side).cloned().collect();
        cut(&cuts, &own, 5, |nth| format!("sensor{sensor}-2026112904{:02}{:02}.pcap", nth / 60, nth % 60));
    }
    let forgotten = |args: &[&str]| {
        let (mut sessions, _) = shown(&mailtap(args));
        renumbered(&mut sessions, &|_, _| 0);
        sessions.iter_mut().for_each(support::forget_packets);
        sessions
    };
    let expected = forgotten(&["read", text(&whole), "--format", "ndjson"]);
    let pattern = cuts.join("sensor?-*.pcap");
    let sessions = forgotten(&["read", text(&pattern), "--format", "ndjson"]);
    assert!(!expected.is_empty());
    assert_eq!(difference(&sessions.into(), &expected.into()), None);
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), 1_000_000);
    std::fs::write(folder.path().join("0070.pcap"), [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0]).expect("writable");
    std::fs::remove_file(folder.path().join("0071.pcap")).expect("it is there");
    std::os::unix::fs::symlink("nowhere", folder.path().join("0071.pcap")).expect("writable");
    std::fs::write(folder.path().join("notes.txt"), "not a capture").expect("writable");
    for format in ["ndjson", "table"] {
        let output = mailtap(&["read", text(folder.path()), "--format", format]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("0070.pcap: truncated in packet 1 at byte 0"), "{said}");
        assert!(said.contains("0071.pcap: no such file: check the path"), "{said}");
        assert!(said.contains("1 file beside 150 to read is no capture"), "{said}");
        assert!(said.ends_with("2 of 150 files were not read: what is shown is of the others\n"), "{said}");
        assert_eq!(said.lines().count(), 4, "{said}");
    }
    let (sessions, sources) = shown(&mailtap(&["read", text(folder.path()), "--format", "ndjson"]));
    let read = sources.iter().filter(|source| source["packets"].as_u64() > Some(5)).count();
    assert!(!sessions.is_empty());
    assert_eq!((read, sources.len()), (FILES - 2, FILES));
    let unread: Vec<&Value> = sources.iter().filter(|source| source["format"] == "unknown").collect();
    assert_eq!(unread.len(), 2);
    assert_eq!(unread[1]["problem"], "no such file");
    let explained = mailtap(&["explain", text(folder.path())]);
    assert_eq!(explained.status.code(), Some(3));
    assert!(!explained.stdout.is_empty());
}

#[test]
fn where_nothing_can_be_read_that_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let pattern = folder.path().join("*.pcap");
    let fails = |args: &[&str], expected: &str| {
        let output = mailtap(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(expected) && said.lines().count() == 1 && output.stdout.is_empty(), "{said}");
    };
    fails(&["read", text(folder.path())], "no capture in this folder or below it (0 other files)");
    fails(&["read", text(folder.path()), "--lang", "zh"], "没有抓包文件");
    fails(&["read", text(&pattern)], "*.pcap: no such file, and no file matches it as a pattern");
    std::fs::write(folder.path().join("a.pcap"), "no capture").expect("writable");
    std::fs::write(folder.path().join("b.pcap"), "no capture").expect("writable");
    fails(&["read", text(&pattern)], "a.pcap: is not a capture");
    fails(&["read", text(folder.path())], "(2 other files)");
}
