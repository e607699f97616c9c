//! Runs of an extraction: the directory is taken or full, the capture cut short, the run stopped, the message large.

use crate::kit::*;
use crate::support::{self, Side, captured, recorded, segments, turns};
use data_encoding::HEXLOWER;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sha2::{Digest, Sha256};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn failed(output: &Output, status: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new();
    let capture = place.capture("a.pcap", &support::capture(&smtp("Subject: a"), 25));
    let directory = place.path("out");
    fs::create_dir(&directory).expect("a directory");
    extracted(&capture, &directory, &[]);
    let before = tree(&directory);
    failed(&run(&capture, &directory, &[]), 1, &["out: holds what an earlier --extract wrote", "another directory"]);
    assert!(tree(&directory) == before);

    let other = place.path("other");
    fs::create_dir(&other).expect("a directory");
    fs::write(other.join("mine"), "mine").expect("written");
    failed(&run(&capture, &other, &[]), 1, &["other: holds something already"]);
    assert_eq!(fs::read_dir(&other).expect("a directory").count(), 1);
}

#[test]
fn what_cannot_be_written_is_named() {
    let place = Place::new();
    let content: String = (0..400).map(|_| format!("{}\n", "x".repeat(70))).collect();
    let capture = place.capture("a.pcap", &support::capture(&smtp(&content), 25));
    failed(&run(&capture, &capture.join("below/a/file"), &[]), 1, &["a.pcap/below/a/file: "]);
    failed(&run(&capture, &place.path("nowhere/out"), &[]), 1, &["nowhere/out: "]);

    // A limit on the length of files stands in for a full disk.
    let directory = place.path("full");
    let mut shell = Command::new("sh");
    let script = "ulimit -f 8; exec \"$0\" read \"$1\" --extract \"$2\" --show sessions";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_mailtap")]).arg(&capture).arg(&directory);
    failed(&shell.output().expect("a shell"), 1, &["full/unfinished/0: File too large"]);
    assert_eq!(index(&directory)["complete"], false, "nothing passes for finished");
    assert!(!directory.join("unfinished").exists(), "and the room is given back");
}

#[test]
fn mail_cannot_be_masked() {
    let place = Place::new();
    let capture = place.capture("a.pcap", &support::capture(&smtp("Subject: a"), 25));
    failed(&run(&capture, &place.path("out"), &["--redact"]), 2, &["--redact", "--extract"]);
    assert!(!place.path("out").exists());
}

#[test]
fn a_capture_that_ends_early_is_extracted_as_far_as_it_goes() {
    let place = Place::new();
    let mut bytes = support::capture(&smtp("Subject: a\n\nbody"), 25);
    bytes.truncate(bytes.len() - 5);
    let directory = place.path("out");
    failed(&run(&place.capture("a.pcap", &bytes), &directory, &[]), 3, &[]);
    assert_eq!(list(&index(&directory)["sessions"]).len(), 1);
    assert_eq!(
        fs::read_to_string(directory.join("00001-smtp/message-1.eml")).expect("a file"),
        "Subject: a\r\n\r\nbody\r\n"
    );
}

#[test]
fn a_closed_pipe_for_the_tables_does_not_stop_the_files() {
    let place = Place::new();
    let all: Vec<Vec<u8>> = (0..60).flat_map(|number| frames(&smtp("Subject: a"), 30_000 + number, 25)).collect();
    let capture = place.capture("a.pcap", &recorded(all));
    let directory = place.path("out");
    let mut command = mailtap(&["read", "--format", "ndjson", "--extract"]);
    let mut child = command.arg(&directory).arg(&capture).stdout(Stdio::piped()).spawn().expect("mailtap runs");
    drop(child.stdout.take());
    assert!(child.wait().expect("it ends").success());
    assert_eq!(index(&directory)["written"]["sessions"], 60);
}

#[test]
fn ctrl_c_leaves_an_index() {
    let place = Place::new();
    let mut all = frames(&smtp("Subject: whole"), 40_000, 25);
    // The second session ends in the middle of its content.
    let under_way = smtp("Subject: half\n\nbody");
    let under_way = frames(&under_way, 40_001, 25);
    all.extend_from_slice(&under_way[..under_way.len() - 12]);
    let capture = place.capture("a.pcap", &recorded(all));
    let directory = place.path("out");
    let mut command = mailtap(&["read", "--follow", "--extract"]);
    let mut child = command.arg(&directory).arg(&capture).stdout(Stdio::null()).spawn().expect("mailtap runs");
    let begun = Instant::now();
    // Wait until the content of the second session is being written.
    while !directory.join("unfinished/1").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGINT).expect("a signal");
    assert!(child.wait().expect("it ends").success());
    let index = index(&directory);
    assert_eq!(list(&index["sessions"]).len(), 2);
    assert_eq!(index["sessions"][0]["messages"][0]["complete"], true);
    assert_eq!(index["sessions"][1]["messages"][0]["file"], "00002-smtp/message-1.partial.eml");
    assert!(!directory.join("unfinished").exists());
}

#[test]
fn a_large_message_in_little_memory() {
    const MEGABYTES: usize = 100;
    let place = Place::new();
    // Segments as a capture on the sending host has them: long, before the network card cuts them.
    let line = format!("{}\r\n", "x".repeat(998));
    let piece = line.repeat(60);
    let mut said = turns(&smtp("Subject: large\n\n"));
    let end = said.iter().position(|(_, bytes)| bytes == b".\r\n").expect("the end of content");
    let pieces =
        std::iter::repeat_n((Side::Client, piece.clone().into_bytes()), MEGABYTES * 1_000_000 / piece.len() + 1);
    let size = pieces.len() * piece.len();
    said.splice(end..end, pieces);
    let capture = place.capture("large.pcap", &captured(&segments(&said, 65_000), 25));
    drop(said);
    let directory = place.path("out");
    // About the size of the message, of which the program itself and its stack take a good part.
    let mut shell = Command::new("sh");
    let script = "ulimit -v 98304; exec \"$0\" read \"$1\" --extract \"$2\" --show sessions --threads 1";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_mailtap")]).arg(&capture).arg(&directory);
    let output = shell.output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let message = &index(&directory)["sessions"][0]["messages"][0];
    assert_eq!(message["complete"], true);
    assert_eq!(message["size"], size + "Subject: large\r\n\r\n".len());
    let file = fs::read(directory.join("00001-smtp/message-1.eml")).expect("a file");
    assert_eq!(message["sha256"], HEXLOWER.encode(&Sha256::digest(&file)));
}
