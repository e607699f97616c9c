//! `--extract` that is killed, or finds no room: what has a final name is whole, and the index says what is missing.

use crate::kit::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The files of a run that nothing disturbs.
fn undisturbed(place: &Place, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let directory = place.path("undisturbed");
    let mut command = mailtap(&["read", "a.pcap", "--format", "ndjson", "--extract", "undisturbed"]);
    ended(&command.args(more).current_dir(place.path("")).output().expect("mailtap runs"), 0, &[]);
    tree(&directory)
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// The files that an index lists.
fn listed(index: &Value) -> Vec<String> {
    let mut files = Vec::new();
    let mut add = |value: &Value| files.extend(value.as_str().map(str::to_owned));
    for session in index["sessions"].as_array().expect("a list") {
        add(&session["transcript"]);
        for message in session["messages"].as_array().expect("a list") {
            add(&message["file"]);
            message["attachments"].as_array().expect("a list").iter().for_each(|attachment| add(&attachment["file"]));
        }
    }
    files
}

/// Checks that what a disturbed run left is whole and is listed. Returns how many files there are.
fn check(left: &BTreeMap<String, Vec<u8>>, undisturbed: &BTreeMap<String, Vec<u8>>) -> usize {
    let Some(index) = left.get("index.json").map(|index| parsed(index)) else {
        assert!(left.keys().all(|file| file.contains("unfinished")), "{:?}", left.keys());
        return 0;
    };
    let list = if index["complete"] == true {
        assert!(left == undisturbed, "{:?}", left.keys());
        index
    } else {
        assert_eq!(index["complete"], false);
        let list = &left[index["listed_in"].as_str().expect("a file")];
        // Its last line may be cut short; then nothing of that session is there.
        let cut = list.iter().rposition(|byte| *byte == b'\n').expect("a line");
        let ended = |list: &[u8]| serde_json::from_slice(&[list.trim_ascii_end(), b"]}"].concat()).ok();
        ended(list)
            .or_else(|| serde_json::from_slice(list).ok())
            .or_else(|| ended(list[..cut].strip_suffix(b",").unwrap_or(&list[..cut])))
            .expect("a list that can be closed")
    };
    let (listed, mut whole) = (listed(&list), 0);
    for (file, content) in left.iter().filter(|(file, _)| !file.contains("unfinished") && *file != "index.json") {
        assert!(content == &undisturbed[file], "{file} is not whole");
        assert!(listed.contains(file), "{file} is not listed");
        whole += 1;
    }
    whole
}

#[test]
fn whatever_has_its_name_when_the_run_is_killed_is_whole_and_listed() {
    const SESSIONS: u16 = 24;
    let place = Place::new();
    place.file("a.pcap", &letters(SESSIONS, 200));
    let begun = Instant::now();
    let undisturbed = undisturbed(&place, &[]);
    let whole_run = u64::try_from(begun.elapsed().as_micros()).expect("a short run");
    let moments = scattered(whole_run).zip(scattered(SESSIONS.into()).skip(1));
    let mut partly = 0;
    for (number, (moment, session)) in moments.take(40).enumerate() {
        let directory = place.path("killed");
        let threads = if number % 2 == 0 { "1" } else { "3" };
        let mut command =
            mailtap(&["read", "a.pcap", "--format", "ndjson", "--threads", threads, "--extract", "killed"]);
        let mut child = command.current_dir(place.path("")).stdout(Stdio::null()).spawn().expect("mailtap runs");
        if number % 4 == 0 {
            std::thread::sleep(Duration::from_micros(moment));
        } else {
            // Sessions get their files one after the other, most of them when the capture has been read.
            let own = directory.join(format!("{:05}-smtp", session + 1));
            while !own.exists() && child.try_wait().expect("a child").is_none() {
                std::thread::sleep(Duration::from_micros(50));
            }
        }
        child.kill().expect("killed");
        child.wait().expect("it ends");
        if directory.exists() {
            let whole = check(&tree(&directory), &undisturbed);
            partly += usize::from(whole > 0 && whole < undisturbed.len() - 1);
            fs::remove_dir_all(directory).expect("removed");
        }
    }
    assert!(partly >= 8, "only {partly} of 40 runs were killed while their files were written");
}

#[test]
fn what_is_whole_stays_where_the_disk_is_full() {
    let place = Place::new();
    place.file("a.pcap", &letters(60, 12_000));
    let undisturbed = undisturbed(&place, &["--threads", "1"]);
    fs::create_dir(place.path("disk")).expect("a directory");
    for (number, size) in ["0", "40k", "300k", "2m"].iter().enumerate() {
        // "0" would be no limit: a file system that may not be written.
        let options = if *size == "0" { "ro".to_owned() } else { format!("size={size}") };
        let script = format!(
            "mount -t tmpfs -o {options} none disk || exit 99; $mailtap read a.pcap --threads 1 --extract disk/out; \
             status=$?; mkdir kept-{number}; cp -r disk/. kept-{number}; exit $status"
        );
        let Some(output) = mounting(&place, &script) else { return };
        let words = if *size == "0" { "disk/out: Read-only file system" } else { "No space left on device" };
        ended(&output, 1, &["mailtap: disk/out", words]);
        let kept = place.path(&format!("kept-{number}/out"));
        if kept.exists() {
            let whole = check(&tree(&kept), &undisturbed);
            assert!(whole > 0 || *size != "2m", "{size}: {whole} files");
        }
    }
}

#[test]
fn what_is_whole_stays_where_a_limit_is_reached() {
    let place = Place::new();
    let mut capture = letters(6, 1_000);
    // The content of these is longer than the limit below.
    capture.extend_from_slice(&letters_from(6, 8, 40_000)[24..]);
    place.file("a.pcap", &capture);
    let undisturbed = undisturbed(&place, &["--threads", "1"]);
    for blocks in [1, 8, 40] {
        let directory = format!("size-{blocks}");
        let script =
            format!("ulimit -f {blocks}; exec $mailtap read a.pcap --threads 1 --show sessions --extract {directory}");
        ended(&shell(&place, &script), 1, &[&format!("mailtap: {directory}/"), "File too large"]);
        check(&tree(&place.path(&directory)), &undisturbed);
    }
    let mut statuses = Vec::new();
    for files in 4..24 {
        let directory = format!("files-{files}");
        let script = format!("ulimit -n {files}; exec $mailtap read a.pcap --extract {directory}");
        let output = shell(&place, &script);
        let status = output.status.code().expect("a status");
        match status {
            0 => assert_eq!(check(&tree(&place.path(&directory)), &undisturbed), undisturbed.len() - 1),
            // Not even the capture could be opened; or not its files.
            1 | 3 => ended(&output, status, &["Too many open files"]),
            _ => panic!("{files} files: {status}: {}", said(&output)),
        }
        if place.path(&directory).exists() {
            check(&tree(&place.path(&directory)), &undisturbed);
        }
        statuses.push(status);
    }
    assert!(statuses.first() != Some(&0) && statuses.ends_with(&[0]), "{statuses:?}");
}

fn wait_for(path: &Path, child: &mut Child) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20) && child.try_wait().expect("a child").is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_directory_that_is_removed_meanwhile_is_named() {
    let place = Place::new();
    let whole = letters(4, 3_000);
    let half = whole.len() / 2;
    let capture = place.file("a.pcap", &whole[..half]);
    let directory = place.path("out");
    let mut command = mailtap(&["read", "--follow", "--threads", "1", "--format", "ndjson", "--extract"]);
    command.arg(&directory).arg(&capture).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("mailtap runs");
    wait_for(&directory.join("unfinished/1"), &mut child);
    fs::rename(&directory, place.path("gone")).expect("renamed");
    fs::remove_dir_all(place.path("gone")).expect("removed");
    fs::OpenOptions::new()
        .append(true)
        .open(&capture)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &whole[half..]))
        .expect("written");
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGINT).expect("a signal");
    ended(&child.wait_with_output().expect("it ends"), 1, &["mailtap: ", "/out/", "No such file or directory"]);
}

#[test]
fn files_that_have_no_room_are_left_out_and_listed() {
    let place = Place::new();
    // Less than twice the limit: so much may wait, whichever thread is faster.
    let capture = place.file("a.pcap", &letters(12, 38_000));
    let undisturbed = undisturbed(&place, &[]);
    let all: usize =
        undisturbed.iter().filter(|(file, _)| *file != "index.json").map(|(_, content)| content.len()).sum();
    assert!((3 << 19..2 << 20).contains(&all), "{all} bytes");
    let mut first = None;
    for threads in ["1", "2", "4"] {
        let directory = place.path(&format!("limited-{threads}"));
        let mut command =
            mailtap(&["read", "--format", "json", "--threads", threads, "--extract-limit", "1", "--extract"]);
        let output = command.arg(&directory).arg(&capture).output().expect("mailtap runs");
        ended(&output, 0, &[]);
        let left = tree(&directory);
        let written: usize =
            left.iter().filter(|(file, _)| *file != "index.json").map(|(_, content)| content.len()).sum();
        assert!(written <= 1 << 20 && written > 1 << 19, "{written} bytes");
        let (index, document) = (parsed(&left["index.json"]), parsed(&output.stdout));
        assert_eq!(index["complete"], true);
        let files = listed(&index);
        assert_eq!(files.len(), left.len() - 1);
        assert!(files.iter().all(|file| left[file] == undisturbed[file] || file.ends_with("transcript.txt")));
        let left_out = undisturbed.len() - left.len();
        assert_eq!(index["written"]["left_out"], left_out);
        assert_eq!(index.to_string().matches("\"left_out\":\"extract_bytes\"").count(), left_out);
        assert_eq!(document["summary"]["limits_hit"]["extract_bytes"], left_out);
        // All is described, though not all is written.
        let digests = |index: &Value| index.to_string().matches("\"sha256\":").count();
        assert_eq!(digests(&index), digests(&parsed(&undisturbed["index.json"])));
        assert!(*first.get_or_insert_with(|| left.clone()) == left, "{threads} threads");
    }
    for (arguments, word) in [("--extract-limit 5", "--extract"), ("--extract x --extract-limit 0", "0 is not in")] {
        ended(&shell(&place, &format!("exec $mailtap read a.pcap {arguments}")), 2, &[word]);
    }
}
