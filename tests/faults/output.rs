//! A result that is cut short: by a full disk, by a limit, by a signal.

use crate::kit::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A place with a capture, and its result.
fn place(format: &str) -> (Place, Vec<u8>) {
    let place = Place::new();
    place.file("a.pcap", &letters(60, 1_000));
    let output = shell(&place, &format!("exec $mailtap read a.pcap --threads 1 --format {format}"));
    ended(&output, 0, &[]);
    (place, output.stdout)
}

#[test]
fn a_full_disk_or_a_limit_leaves_whole_lines() {
    for format in ["ndjson", "table", "json"] {
        let (place, whole) = place(format);
        fs::create_dir(place.path("disk")).expect("a directory");
        let mut lengths = Vec::new();
        for kib in [4, 20, 84] {
            assert!(whole.len() > kib * 1_024, "{format}");
            let run = format!("$mailtap read a.pcap --threads 1 --format {format} -o");
            let limited = shell(&place, &format!("ulimit -f {}; exec {run} limited", kib * 2));
            ended(&limited, 1, &["mailtap: limited: File too large"]);
            let mut left = vec![fs::read(place.path("limited")).expect("a file")];
            let script = format!(
                "mount -t tmpfs -o size={kib}k none disk || exit 99; {run} disk/full; status=$?; cp disk/full full; exit $status"
            );
            if let Some(full) = mounting(&place, &script) {
                ended(&full, 1, &["mailtap: disk/full: No space left on device"]);
                left.push(fs::read(place.path("full")).expect("a file"));
            }
            for left in left {
                assert!(whole.starts_with(&left) && left.len() <= kib * 1_024);
                assert!(left.is_empty() || left.ends_with(b"\n"), "{format}, {kib} KiB: the last line is cut");
                lengths.push(left.len());
            }
        }
        assert!(lengths.iter().any(|length| *length > 40_000), "{format}: {lengths:?}");
    }
}

/// A cell has line feeds: a row ends where they are not within quotes.
#[test]
fn a_limit_leaves_whole_rows_of_csv() {
    let place = Place::new();
    let reply: String = (0..40).map(|n| format!("S: 250-line {n}\n")).collect();
    let script = format!("S: 220 mx\n{}", format!("C: EHLO a\n{reply}S: 250 end\n").repeat(60));
    place.file("a.pcap", &crate::support::capture(&script, 25));
    for output in ["-o limited.csv", "-o tables/"] {
        let run = format!("$mailtap read a.pcap --threads 1 --format csv --show steps {output}");
        for blocks in (8..40).step_by(3) {
            let limited = shell(&place, &format!("rm -rf limited.csv tables; ulimit -f {blocks}; exec {run}"));
            let name = if output.ends_with('/') { "tables/steps.csv" } else { "limited.csv" };
            ended(&limited, 1, &[&format!("mailtap: {name}: File too large")]);
            let left = fs::read_to_string(place.path(name)).expect("a file");
            assert!(
                left.len() > 1_000 && left.ends_with("\r\n"),
                "{name}, {blocks} blocks: {:?}",
                left.get(left.len() - 40..)
            );
            assert!(left.matches('"').count().is_multiple_of(2), "{name}, {blocks} blocks: the last row is cut");
        }
    }
}

/// Of several files, the message says which are whole, and it is so.
#[test]
fn of_tables_that_find_no_room_the_message_says_which_are_whole() {
    let place = Place::new();
    place.file("a.pcap", &letters(60, 1_000));
    fs::create_dir(place.path("disk")).expect("a directory");
    let run = "$mailtap read a.pcap --threads 1 --format csv";
    ended(&shell(&place, &format!("exec {run} -o undisturbed/")), 0, &[]);
    let undisturbed = tree(&place.path("undisturbed"));
    let all: usize = undisturbed.values().map(|bytes| bytes.len().next_multiple_of(4_096)).sum();
    // From far too little to almost enough.
    for kib in [24, 60, all / 1_024 / 2, all / 1_024 - 8, all / 1_024 - 4] {
        let script = format!(
            "rm -rf tables; mount -t tmpfs -o size={kib}k none disk || exit 99; {run} -o disk/tables/; status=$?; \
             cp -r disk/tables tables; exit $status"
        );
        let Some(full) = mounting(&place, &script) else { return };
        ended(&full, 1, &["mailtap: disk/tables/", ".csv: No space left on device"]);
        let said = said(&full);
        let named = |list: &str| -> Vec<String> {
            let names = said.split(list).nth(1).unwrap_or_default().split([';', ')', '\n']).next().unwrap_or_default();
            names.split(", ").filter(|name| !name.is_empty()).map(|name| format!("{name}.csv")).collect()
        };
        let early = [named("all of them end early ("), named("tables that end early: ")].concat();
        let whole = named("tables that are whole: ");
        assert_eq!(early.len() + whole.len(), undisturbed.len(), "{kib} KiB: {said}");
        let left = tree(&place.path("tables"));
        for (name, bytes) in &left {
            assert!(undisturbed[name].starts_with(bytes) && (bytes.is_empty() || bytes.ends_with(b"\r\n")), "{name}");
            assert!(early.contains(name) || bytes == &undisturbed[name], "{kib} KiB, {name}: {said}");
            assert_eq!(whole.contains(name), !early.contains(name), "{kib} KiB, {name}: {said}");
        }
    }
}

#[test]
fn standard_output_at_the_limit_of_its_size_is_said() {
    let (place, whole) = place("ndjson");
    let script = "ulimit -f 40; exec $mailtap read a.pcap --format ndjson > printed";
    ended(&shell(&place, script), 1, &["mailtap: standard output: File too large"]);
    assert_eq!(fs::read(place.path("printed")).expect("a file").len(), 20 * 1_024);
    assert!(whole.len() > 20 * 1_024);
}

#[test]
fn without_descriptors_the_message_says_so() {
    let (place, _) = place("ndjson");
    for files in 4..12 {
        for arguments in ["read a.pcap", "read a.pcap -o result", "read -", "read a.pcap a.pcap -o result"] {
            let script = format!("exec < a.pcap > /dev/null; ulimit -n {files}; exec $mailtap {arguments}");
            let output = shell(&place, &script);
            match output.status.code() {
                Some(0) => ended(&output, 0, &[]),
                Some(status @ (1 | 3)) => {
                    ended(&output, status, &["mailtap: "]);
                    let said = said(&output);
                    assert!(said.contains("oo many open files") || said.contains("(ulimit -n)"), "{said}");
                }
                other => panic!("{files} files: {arguments}: {other:?}: {}", said(&output)),
            }
        }
    }
}

#[test]
fn a_run_that_is_killed_leaves_the_lines_that_were_whole() {
    for format in ["ndjson", "json", "table"] {
        let (place, whole) = place(format);
        let began = Instant::now();
        ended(&shell(&place, &format!("exec $mailtap read a.pcap --threads 1 --format {format} -o result")), 0, &[]);
        let run = u64::try_from(began.elapsed().as_micros()).expect("a short run");
        for (number, moment) in scattered(run).take(20).enumerate() {
            let result = place.path("result");
            _ = fs::remove_file(&result);
            let mut command = mailtap(&["read", "--threads", "1", "--format", format, "a.pcap", "-o", "result"]);
            let mut child = command.current_dir(place.path("")).stdout(Stdio::null()).spawn().expect("mailtap runs");
            std::thread::sleep(Duration::from_micros(moment));
            let is_asked = number % 4 == 3;
            let signal = if is_asked { Signal::SIGTERM } else { Signal::SIGKILL };
            kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), signal).expect("a signal");
            child.wait().expect("it ends");
            let left = fs::read(&result).unwrap_or_default();
            // One that was asked to end may say so in its last lines.
            assert!(is_asked || whole.starts_with(&left), "{format}");
            // Lines are written whole, but the kernel ends a write where a page of the file ends.
            let ends_whole = left.is_empty() || left.ends_with(b"\n") || left.len().is_multiple_of(4_096);
            assert!(format == "json" || ends_whole, "{format}: the last line is cut");
        }
    }
}
