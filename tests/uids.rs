//! A session's `uid` is the same however its packets are spread over files and whatever reads them, and it is its own.

mod support;

use mailtap::capture::{self, Damage};
use mailtap::flow::HostShard;
use mailtap::pipeline::{self, Emit, Options};
use mailtap::view::json::NdJson;
use mailtap::view::record;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use support::{Packet, frame, packets, pcap, segments, turns};

const SCRIPT: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye\n";

/// Each session's `uid` with its first packet's time, client and transport, in the order of `uid`.
fn uids(files: &[PathBuf], options: &Options) -> Vec<[String; 3]> {
    let mut source = capture::open(files, None, Damage::StepOver).expect("captures");
    let mut view = NdJson::new(Vec::new(), record::Options::default());
    let outcome = pipeline::run(&mut *source, options, &support::plan(), &mut view, &AtomicBool::new(false));
    assert!(outcome.expect("memory").problem.is_none());
    let text = String::from_utf8(view.into_inner()).expect("UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let sessions = lines.filter(|line| line["type"] == "session");
    let mut uids: Vec<_> = sessions
        .map(|session| {
            let uid = session["uid"].as_str().expect("a uid").to_owned();
            [uid, session["started"].to_string(), session["client"].to_string()]
        })
        .collect();
    uids.sort();
    uids
}

fn written(folder: &Path, name: &str, packets: &[Packet]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, pcap(packets)).expect("writable");
    path
}

/// Two hundred conversations, of which some have the same ports one after the other.
fn conversations() -> Vec<Packet> {
    let mut all = Vec::new();
    for nth in 0..200_u64 {
        let port = 40_000 + (nth % 150) as u16;
        for (step, segment) in segments(&turns(SCRIPT), 200).into_iter().enumerate() {
            // Whoever uses ports again begins at another number.
            let segment = support::Segment { sequence: segment.sequence + nth as u32 * 7_919, ..segment };
            let segment = support::Segment { acknowledgement: segment.acknowledgement + nth as u32 * 7_919, ..segment };
            all.push(Packet::new(nth * 700_000 + step as u64 * 90_000, frame(&segment, port, 25)));
        }
    }
    all.sort_by_key(|packet| packet.time);
    all
}

#[test]
fn files_threads_shards_and_the_order_of_files_change_no_uid() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = conversations();
    let whole = [written(folder.path(), "whole.pcap", &all)];
    let known = uids(&whole, &Options::default());
    let distinct: BTreeSet<&String> = known.iter().map(|[uid, ..]| uid).collect();
    assert_eq!((known.len(), distinct.len()), (200, 200), "each has its own");
    for cut in [1, 2, 3, all.len() / 7, all.len() / 2, all.len() / 2 + 1, all.len() - 1] {
        let (before, behind) = all.split_at(cut);
        let parts = [written(folder.path(), "a.pcap", before), written(folder.path(), "b.pcap", behind)];
        let turned = [parts[1].clone(), parts[0].clone()];
        for threads in [1, 3] {
            let options = Options { threads, emit: Emit::AsTheyEnd, ..Options::default() };
            assert_eq!(uids(&parts, &options), known, "cut at {cut}, {threads} threads");
            assert_eq!(uids(&turned, &options), known, "cut at {cut}, {threads} threads, the second file first");
        }
    }
    // As two interfaces see one way each.
    let (from_server, from_client): (Vec<Packet>, Vec<Packet>) =
        all.iter().cloned().partition(|packet| packet.from() == support::Side::Server);
    let sides = [written(folder.path(), "s.pcap", &from_server), written(folder.path(), "c.pcap", &from_client)];
    assert_eq!(uids(&sides, &Options::default()), known, "a file for each direction");
    let of_shards = (1..=3)
        .flat_map(|index| uids(&sides, &Options { shard: HostShard::new(index, 3), threads: 2, ..Options::default() }));
    assert_eq!(of_shards.collect::<Vec<_>>(), known, "they have the same hosts, and are in one shard");
}

/// Clocks may be coarse: where SYN and SYN-ACK have the same time and are in a file each, either may be read first.
#[test]
fn which_of_two_simultaneous_packets_is_read_first_changes_no_uid() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = packets(&segments(&turns(SCRIPT), 200), 25, 1_000);
    all[1].time = all[0].time;
    let (from_server, from_client): (Vec<Packet>, Vec<Packet>) =
        all.iter().cloned().partition(|packet| packet.from() == support::Side::Server);
    let one = written(folder.path(), "one.pcap", &all);
    let known = uids(&[one], &Options::default());
    let [server, client] = [("s.pcap", from_server), ("c.pcap", from_client)]
        .map(|(name, packets)| written(folder.path(), name, &packets));
    for files in [[server.clone(), client.clone()], [client, server]] {
        assert_eq!(uids(&files, &Options::default()), known, "{files:?}");
    }
}

#[test]
fn a_capture_that_is_given_twice_has_its_sessions_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = packets(&segments(&turns(SCRIPT), 200), 25, 1_000);
    let one = written(folder.path(), "one.pcap", &all);
    let other = written(folder.path(), "other.pcap", &all);
    let known = uids(std::slice::from_ref(&one), &Options::default());
    assert_eq!(known.len(), 1);
    assert_eq!(
        uids(&[one, other], &Options::default()),
        known,
        "the copies of its packets are taken for what they are"
    );
}

#[test]
fn two_that_begin_in_the_same_microsecond_are_told_apart_by_their_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = packets(&segments(&turns(SCRIPT), 200), 25, 1_000);
    // The same ends at the same time, as where two interfaces see two networks that use the same addresses.
    let again: Vec<Packet> = segments(&turns(SCRIPT), 200)
        .into_iter()
        .zip(&first)
        .map(|(segment, packet)| {
            let shift = 500_000_000;
            let moved = support::Segment {
                sequence: segment.sequence.wrapping_add(shift),
                acknowledgement: segment.acknowledgement.wrapping_add(shift),
                ..segment
            };
            Packet::new(packet.time, frame(&moved, 40_000, 25))
        })
        .collect();
    let files = [written(folder.path(), "one.pcap", &first), written(folder.path(), "other.pcap", &again)];
    let each: BTreeSet<String> =
        files.iter().map(|file| uids(std::slice::from_ref(file), &Options::default())[0][0].clone()).collect();
    assert_eq!(each.len(), 2, "read by themselves");
    let together = uids(&files, &Options::default());
    // One connection at a time is between two ends: the other's packets end it, so that there may be more sessions than two. Each
    // has a `uid` of its own.
    let known: BTreeSet<String> = together.iter().map(|[uid, ..]| uid.clone()).collect();
    assert_eq!(known.len(), together.len());
    assert!(each.is_subset(&known), "{each:?} {known:?}");
}
