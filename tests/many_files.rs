//! More files than a process may have open.

mod support;

use std::path::Path;
use std::process::{Command, Output};
use support::{CONVERSATIONS, packets, pcap, segments, turns};

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
