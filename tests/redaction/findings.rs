//! A password that is also a part of an address, a subject and a recipient: nothing that is concluded of sessions shows it,
//! neither findings and their facts, nor transactions, journeys, verdicts, groups and comparisons.

use crate::support::{packets, pcap, segments, turns};
use data_encoding::BASE64;
use std::path::{Path, PathBuf};
use std::process::Command;

const PASSWORD: &str = "Vx4kummelQz9w";

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A log-in, and a letter whose sender, recipient, subject and replies all have the password; `reply` is that to RCPT, and
/// `end` that to the content.
fn letter(reply: &str, end: &str) -> String {
    let plain = BASE64.encode(format!("\0ada\0{PASSWORD}").as_bytes());
    let content = match reply.starts_with('2') {
        true => format!(
            "C: DATA\nS: 354 go on\nC: From: Ada <ada.{PASSWORD}@one.example>\nC: To: Bob <{PASSWORD}@two.example>\n\
             C: Subject: {PASSWORD}\nC: Message-ID: <{PASSWORD}@one.example>\nC:\nC: text {PASSWORD}.\nC: .\nS: {end}\n"
        ),
        false => String::new(),
    };
    format!(
        "S: 220 mx.example.test\nC: EHLO client.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN\n\
         C: AUTH PLAIN {plain}\nS: 235 2.7.0 in\nC: MAIL FROM:<eve.{PASSWORD}@three.test> SIZE=1\nS: 250 ok\n\
         C: RCPT TO:<{PASSWORD}@two.example>\nS: {reply}\n{content}C: QUIT\nS: 221 bye\n"
    )
}

/// The capture of the `n`th session: from a port of its own, and so many seconds later.
fn write(place: &Path, name: &str, n: u16, script: &str) -> PathBuf {
    let file = place.join(name);
    let mut all = packets(&segments(&turns(script), 1_400), 587, 1_000);
    for packet in &mut all {
        packet.time += u64::from(n) * 60_000_000;
        for port in packet.frame[34..38].chunks_exact_mut(2).filter(|port| **port == 40_000_u16.to_be_bytes()) {
            port.copy_from_slice(&(40_000 + n).to_be_bytes());
        }
    }
    std::fs::write(&file, pcap(&all)).expect("a file");
    file
}

#[test]
fn nothing_that_is_concluded_shows_a_password_that_is_part_of_addresses_and_subjects() {
    let place = Place(std::env::temp_dir().join(format!("mailtap-concluded-{}", std::process::id())));
    std::fs::create_dir_all(&place.0).expect("a folder");
    let scripts = [
        ("deferred", letter(&format!("451 4.7.1 <{PASSWORD}@two.example> later"), "")),
        ("accepted", letter("250 ok", "250 queued")),
        ("again", letter("250 ok", "250 queued")),
        ("refused", letter(&format!("550 5.1.1 <{PASSWORD}@two.example> unknown"), "")),
        ("content", letter("250 ok", &format!("554 5.7.1 {PASSWORD} refused"))),
        ("left", "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE 3\nC: QUIT\nS: 221 bye\n".to_owned()),
    ];
    let files: Vec<PathBuf> = (0..).zip(&scripts).map(|(n, (name, script))| write(&place.0, name, n, script)).collect();
    let outputs: [&[&str]; 5] = [
        &["--format", "json"],
        &["--format", "ndjson"],
        &["--show", "all", "--lang", "en", "--width", "1000"],
        &["--show", "all", "--lang", "zh", "--width", "1000"],
        &["--lang", "en", "--width", "80"],
    ];
    let run = |arguments: &[&str], files: &[PathBuf]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mailtap")).args(arguments).args(files).output().expect("a run");
        assert!(output.stderr.is_empty(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let open = run(&["read", "--format", "json"], &files);
    for id in ["delivery-rejected", "delivery-deferred", "header-envelope-mismatch", "\"transactions\"", "\"verdict\""]
    {
        assert!(open.contains(id), "the captures have {id}");
    }
    for how in ["--redact", "--redact=mask", "--redact=pseudonym"] {
        for arguments in outputs {
            let text = run(&[&["read", how], arguments].concat(), &files);
            assert!(!text.contains("kummel") && !text.is_empty(), "{how} {arguments:?}: {}", around(&text));
        }
        for format in ["json", "table"] {
            let text = run(&["compare", how, "--format", format], &[files[1].clone(), files[4].clone()]);
            assert!(!text.contains("kummel"), "compare {how} {format}: {}", around(&text));
        }
    }
}

/// What stands around the password.
fn around(text: &str) -> String {
    let at = text.find("kummel").unwrap_or_default();
    let (before, after) = text.split_at(at);
    let begin: String = before.chars().rev().take(200).collect();
    begin.chars().rev().chain(after.chars().take(200)).collect()
}
