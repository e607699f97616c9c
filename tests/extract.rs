//! `--extract DIR`, through the program: every byte that the JSON has a digest of is in a file, nothing off the wire says
//! where, and nothing is overwritten.

mod support;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::{Segment, Who, frame, pcap, segments, turns};

/// A place for captures and what is made of them.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn capture(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

fn mailtap(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(arguments).env_clear();
    command
}

fn run(capture: &Path, directory: &Path, more: &[&str]) -> Output {
    let mut command = mailtap(&["read"]);
    command.arg(capture).arg("--extract").arg(directory).args(more).output().expect("mailtap runs")
}

/// Extracts, holds what is there against what the JSON says, and returns that and the index.
fn extracted(capture: &Path, directory: &Path, more: &[&str]) -> (Value, Value) {
    let output = run(capture, directory, &[&["--format", "json"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let index = index(directory);
    compare(&document, &index, directory);
    (document, index)
}

fn index(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("index.json")).expect("an index")).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// The index says what the JSON says, the files are what the index says, and there are no others.
fn compare(document: &Value, index: &Value, directory: &Path) {
    assert_eq!(index["format"], "mailtap-extract");
    assert_eq!(index["version"], 1);
    assert_eq!(index["capture"], document["capture"]);
    let mut files = BTreeSet::from(["index.json".to_owned()]);
    let check = |files: &mut BTreeSet<String>, entry: &Value, of: &Value| {
        let file = entry["file"].as_str().expect("a file");
        let content = fs::read(directory.join(file)).expect(file);
        assert_eq!(HEXLOWER.encode(&Sha256::digest(&content)), of["sha256"].as_str().expect("a digest"), "{file}");
        assert_eq!(content.len() as u64, of["size"], "{file}");
        for field in ["sha256", "size", "complete"] {
            assert_eq!(entry[field], of[field], "{file}: {field}");
        }
        assert!(files.insert(file.to_owned()), "{file} twice");
    };
    assert_eq!(list(&index["sessions"]).len(), list(&document["sessions"]).len());
    for (entry, session) in list(&index["sessions"]).iter().zip(list(&document["sessions"])) {
        for field in ["id", "protocol", "client", "server", "started", "ended"] {
            assert_eq!(entry[field], session[field]);
        }
        files.insert(entry["transcript"].as_str().expect("a transcript").to_owned());
        assert_eq!(list(&entry["messages"]).len(), list(&session["messages"]).len());
        for (entry, message) in list(&entry["messages"]).iter().zip(list(&session["messages"])) {
            check(&mut files, entry, message);
            for field in ["n", "envelope", "subject", "part", "uid", "direction", "outcome"] {
                assert_eq!(entry[field], message[field], "{field}");
            }
            assert_eq!(list(&entry["missing"]).len(), list(&message["missing"]).len());
            assert_eq!(list(&entry["attachments"]).len(), list(&message["attachments"]).len());
            for (entry, attachment) in list(&entry["attachments"]).iter().zip(list(&message["attachments"])) {
                check(&mut files, entry, attachment);
                assert_eq!(entry["filename"], attachment["filename"]);
            }
        }
    }
    assert_eq!(tree(directory).into_keys().collect::<BTreeSet<_>>(), files);
}

/// All files below a directory, which are their owner's alone, as are the directories below it.
fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).expect("a directory") {
            let path = entry.expect("an entry").path();
            let about = fs::symlink_metadata(&path).expect("metadata");
            if about.is_dir() {
                assert_eq!(about.permissions().mode() & 0o777, 0o700, "{}", path.display());
                open.push(path);
            } else {
                assert!(about.is_file());
                assert_eq!(about.permissions().mode() & 0o777, 0o600, "{}", path.display());
                let name = path.strip_prefix(directory).expect("below it").to_str().expect("UTF-8").to_owned();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// The frames of a conversation.
fn frames(script: &str, client_port: u16, port: u16) -> Vec<Vec<u8>> {
    segments(&turns(script), 1_400).iter().map(|segment| frame(segment, client_port, port)).collect()
}

/// A conversation in which `content`, lines of a script's text, is sent by SMTP.
fn smtp(content: &str) -> String {
    let lines: String = content.lines().map(|line| format!("C| {line}\\r\\n\n")).collect();
    format!(
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
         {lines}C: .\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
    )
}

/// A message with an attachment of each of `names`, as they stand in a header field.
fn with_attachments(names: &[&str]) -> String {
    let mut content = "Subject: files\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        content.push_str(&format!(
            "--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; {name}\n\ncontent {number}\n"
        ));
    }
    content + "--b--\n"
}

#[test]
fn every_protocol_and_every_way_to_carry_a_message() {
    let place = Place::new();
    let bdat = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                C: BDAT 15\nC: Subject: bdat\nS: 250 ok\nC: BDAT 8 LAST\nC| \\r\\n.\\r\\nbye\nS: 250 ok\nC: QUIT\nS: 221 bye\n";
    let lmtp = "S: 220 mx LMTP\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@f>\n\
                S: 250 ok\nC: DATA\nS: 354 go\nC: Subject: lmtp\nC| \\r\\n\nC: ..dots\nC: .\nS: 250 ok\nS: 550 no\nC: QUIT\nS: 221 bye\n";
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: TOP 1 0\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: .\nC: RETR 1\n\
                S: +OK\nS: Subject: pop3\nS| \\r\\n\nS: ..hello\nS: .\nC: QUIT\nS: +OK bye\n";
    let imap = "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b SELECT INBOX\nS: * 1 EXISTS\nS: b OK\nC: c FETCH 1 (UID BODY[])\n\
                S| * 1 FETCH (UID 7 BODY[] {22}\\r\\nSubject: imap\\r\\n\\r\\nhello)\\r\\n\nS: c OK\n\
                C: d FETCH 1 BODY[1]\nS| * 1 FETCH (BODY[1] {5}\\r\\nhello)\\r\\n\nS: d OK\n\
                C: e APPEND Sent {22}\nS: + go\nC| Subject: sent\\r\\n\\r\\nhello\\r\\n\nS: e OK\nC: f LOGOUT\nS: * BYE\nS: f OK\n";
    let data = smtp("Subject: data\n\n..dot\nbye");
    let all = [(data.as_str(), 25), (bdat, 587), (lmtp, 24), (pop3, 110), (imap, 143)];
    let all: Vec<Vec<u8>> =
        (40_000..).zip(all).flat_map(|(client, (script, port))| frames(script, client, port)).collect();
    let directory = place.path("out");
    let (_, index) = extracted(&place.capture("all.pcap", &pcap(&all)), &directory, &[]);
    let files = tree(&directory);
    let content = |name: &str| std::str::from_utf8(&files[name]).expect("text");
    assert_eq!(content("00001-smtp/message-1.eml"), "Subject: data\r\n\r\n.dot\r\nbye\r\n");
    assert_eq!(content("00002-smtp/message-1.eml"), "Subject: bdat\r\n\r\n.\r\nbye");
    assert_eq!(content("00003-lmtp/message-1.eml"), "Subject: lmtp\r\n\r\n.dots\r\n");
    assert_eq!(content("00004-pop3/message-1.part"), "Subject: pop3\r\n\r\n");
    assert_eq!(content("00004-pop3/message-2.eml"), "Subject: pop3\r\n\r\n.hello\r\n");
    assert_eq!(content("00005-imap/message-1.eml"), "Subject: imap\r\n\r\nhello");
    assert_eq!(content("00005-imap/message-2.part"), "hello");
    assert_eq!(content("00005-imap/message-3.eml"), "Subject: sent\r\n\r\nhello");
    assert_eq!(index["sessions"][4]["messages"][0]["uid"], 7);
    assert_eq!(index["written"], serde_json::json!({"sessions": 5, "messages": 8, "attachments": 0}));
    let transcript = content("00004-pop3/transcript.txt");
    for line in ["S: +OK hi", "C: PASS p", "message-2.eml]"] {
        assert!(transcript.contains(line), "{transcript}");
    }
}

#[test]
fn no_name_off_the_wire_says_where_a_file_goes() {
    let place = Place::new();
    let long = format!("filename=\"{}.txt\"", "x".repeat(4_000));
    let names = [
        "filename=\"../../etc/passwd\"",
        "filename=\"C:\\\\x\"",
        "filename=\"/tmp/absolute\"",
        "filename*=utf-8''a%00b.txt",
        long.as_str(),
        "filename*=utf-8''invoice%E2%80%AEfdp.exe",
        "filename=same.txt",
        "filename=same.txt",
        "filename=SAME.TXT",
        "filename=\"\"",
        "filename=\".\"",
        "filename=\"..\"",
        "filename=CON",
        "filename=\"nul.txt\"",
        "filename=\"-rf\"",
        "filename*=utf-8''%1b%5b2J%0d%0a",
        "x=y",
        "filename=\"transcript.txt\"",
        "filename=\"../message-1.eml\"",
    ];
    let directory = place.path("deep/out");
    fs::create_dir(place.path("deep")).expect("a directory");
    let capture = place.capture("names.pcap", &support::capture(&smtp(&with_attachments(&names)), 25));
    let (document, index) = extracted(&capture, &directory, &[]);
    let files: Vec<&str> = list(&index["sessions"][0]["messages"][0]["attachments"])
        .iter()
        .map(|attachment| attachment["file"].as_str().expect("a file"))
        .map(|file| file.strip_prefix("00001-smtp/message-1/").expect("where attachments go"))
        .collect();
    assert_eq!(files.len(), names.len());
    let long = format!("5-{}.txt", "x".repeat(116));
    let expected = [
        "1-passwd",
        "2-x",
        "3-absolute",
        "4-a_b.txt",
        long.as_str(),
        "6-invoice_fdp.exe",
        "7-same.txt",
        "8-same.txt",
        "9-SAME.TXT",
        "10-attachment",
        "11-attachment",
        "12-attachment",
        "13-CON",
        "14-nul.txt",
        "15--rf",
        "16-_[2J__",
        "17-attachment",
        "18-transcript.txt",
        "19-message-1.eml",
    ];
    for (file, expected) in files.iter().zip(expected) {
        assert_eq!(*file, expected);
    }
    // What it was called is not lost.
    assert_eq!(index["sessions"][0]["messages"][0]["attachments"][0]["filename"], "../../etc/passwd");
    let message = &document["sessions"][0]["messages"][0];
    assert_eq!(
        message["attachments"][1]["filename"],
        index["sessions"][0]["messages"][0]["attachments"][1]["filename"]
    );
    let content = &tree(&directory)["00001-smtp/message-1/8-same.txt"];
    assert_eq!(content, b"content 7");
    // Nothing was written beside it.
    let beside: Vec<_> = fs::read_dir(place.path("deep")).expect("a directory").collect();
    assert_eq!(beside.len(), 1);
}

#[test]
fn a_message_of_which_bytes_are_missing_says_which() {
    let place = Place::new();
    let body: String = (0..40).map(|line| format!("line {line:03} {}\n", "x".repeat(60))).collect();
    let content = format!(
        "Subject: holes\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
         Content-Disposition: attachment; filename=f.txt\n\n{body}--b--\n"
    );
    let whole: String = content.lines().map(|line| format!("{line}\r\n")).collect();
    let script = smtp(&content);
    let mut packets = segments(&turns(&script), 1_400);
    let holds = |segment: &Segment, text: &str| segment.payload.windows(text.len()).any(|at| at == text.as_bytes());
    packets.retain(|segment| !holds(segment, "line 007") && !holds(segment, "line 021"));
    let frames: Vec<Vec<u8>> = packets.iter().map(|segment| frame(segment, 40_000, 25)).collect();
    let directory = place.path("out");
    let (_, index) = extracted(&place.capture("holes.pcap", &pcap(&frames)), &directory, &[]);
    let message = &index["sessions"][0]["messages"][0];
    assert_eq!(message["complete"], false);
    assert_eq!(message["file"], "00001-smtp/message-1.partial.eml");
    assert_eq!(message["attachments"][0]["file"], "00001-smtp/message-1/1-f.txt.partial");
    let file = fs::read(directory.join("00001-smtp/message-1.partial.eml")).expect("a file");
    // Put where the index says, what was missing makes the message whole.
    let mut again = Vec::new();
    let mut done = 0;
    let missing = list(&message["missing"]);
    assert_eq!(missing.len(), 2);
    for hole in missing {
        let number = |field: &str| hole[field].as_u64().expect("a number") as usize;
        again.extend_from_slice(&file[done..number("file_offset")]);
        done = number("file_offset");
        assert_eq!(again.len(), number("offset"));
        again.extend_from_slice(&whole.as_bytes()[number("offset")..number("offset") + number("length")]);
    }
    again.extend_from_slice(&file[done..]);
    assert_eq!(String::from_utf8(again).expect("text"), whole);
    let transcript = fs::read_to_string(directory.join("00001-smtp/transcript.txt")).expect("a transcript");
    assert!(transcript.contains("message-1.partial.eml"), "{transcript}");
}

#[test]
fn files_within_files() {
    let place = Place::new();
    let tnef = "eJ8+IgABAgM=";
    let content = format!(
        "Subject: outer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nbegin 644 ../cat.txt\n#0V%T\n`\nend\nand\nbegin 600 broken.txt\n#0V%T\nno data at all, this\n\
         begin 644 cat.txt\n#0V%T\nend\n\
         --b\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n\
         Subject: inner\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n\
         --c\nContent-Disposition: attachment; filename=inner.txt\n\nwithin\n--c--\n\
         --b\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n{tnef}\n\
         --b\nContent-Type: application/octet-stream; name=other.bin\nContent-Transfer-Encoding: base64\n\n{tnef}\n\
         --b\nContent-Type: application/octet-stream; name=WINMAIL.DAT\n\nno signature\n--b--\n"
    );
    let directory = place.path("out");
    let capture = place.capture("within.pcap", &support::capture(&smtp(&content), 25));
    let (document, _) = extracted(&capture, &directory, &[]);
    let files = tree(&directory);
    let content = |name: &str| std::str::from_utf8(&files[&format!("00001-smtp/message-1/{name}")]).expect("text");
    assert_eq!(content("1-cat.txt"), "Cat");
    assert_eq!(content("2-broken.txt.partial"), "Cat");
    assert_eq!(content("3-cat.txt"), "Cat");
    let inner = content("4-attachment.eml");
    assert!(inner.starts_with("Subject: inner\r\n") && inner.ends_with("--c--"), "{inner}");
    assert_eq!(content("5-inner.txt"), "within");
    let tnef: Vec<bool> = list(&document["sessions"][0]["messages"][0]["attachments"])
        .iter()
        .map(|attachment| attachment.get("tnef").is_some_and(|tnef| tnef == true))
        .collect();
    assert_eq!(tnef, [false, false, false, false, false, true, true, true]);
    // By the outer message's subject it is known, whatever is within.
    assert_eq!(document["sessions"][0]["messages"][0]["subject"], "outer");
    assert_eq!(document["sessions"][0]["messages"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_number_of_threads_is_nobodys_business() {
    let place = Place::new();
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: RETR 1\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: hello\nS: .\nC: QUIT\nS: +OK\n";
    let smtp = smtp(&with_attachments(&["filename=a.txt", "filename=b.txt"]));
    let mut conversations: Vec<_> = (0..120_u16)
        .map(|number| {
            let (script, port) = if number % 3 == 0 { (pop3, 110) } else { (smtp.as_str(), 25) };
            let mut packets = segments(&turns(script), 20 + usize::from(number));
            match number % 7 {
                0 => packets.truncate(packets.len() / 2),
                1 => packets.retain(|segment| segment.from == Who::Client),
                _ => {}
            }
            (20_000 + number, port, packets.into_iter())
        })
        .collect();
    // All at once: more than may be open.
    let mut all = Vec::new();
    while !conversations.is_empty() {
        conversations.retain_mut(|(client, port, packets)| {
            all.extend(packets.next().map(|segment| frame(&segment, *client, *port)));
            packets.len() > 0
        });
    }
    let capture = place.capture("crowd.pcap", &pcap(&all));
    let trees: Vec<_> = ["1", "2", "3", "8"]
        .map(|threads| {
            let directory = place.path(threads);
            extracted(&capture, &directory, &["--threads", threads]);
            tree(&directory)
        })
        .into_iter()
        .collect();
    assert!(trees[0].len() > 300, "{}", trees[0].len());
    for other in &trees[1..] {
        assert!(trees[0] == *other);
    }
}

#[test]
fn only_what_was_asked_for() {
    let place = Place::new();
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: RETR 1\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: hello\nS: .\nC: QUIT\nS: +OK\n";
    let all =
        [frames(&smtp("Subject: a"), 40_000, 25), frames(pop3, 40_001, 110), frames(&smtp("Subject: b"), 40_002, 25)];
    let capture = place.capture("three.pcap", &pcap(&all.concat()));
    for (number, (more, sessions)) in
        [(["--session", "2,3"], "2 3"), (["--protocol", "smtp"], "1 3"), (["--show", "summary"], "1 2 3")]
            .into_iter()
            .enumerate()
    {
        let directory = place.path(&number.to_string());
        let (_, index) = extracted(&capture, &directory, &more);
        let ids: Vec<String> = list(&index["sessions"]).iter().map(|session| session["id"].to_string()).collect();
        assert_eq!(ids.join(" "), sessions, "{more:?}");
    }
}

#[test]
fn every_format_writes_the_same_files() {
    let place = Place::new();
    let capture = place.capture("a.pcap", &support::capture(&smtp(&with_attachments(&["filename=a.txt"])), 25));
    let trees = ["table", "json", "ndjson"].map(|format| {
        let directory = place.path(format);
        let output = run(&capture, &directory, &["--format", format, "--show", "sessions"]);
        let plain =
            mailtap(&["read", "--format", format, "--show", "sessions"]).arg(&capture).output().expect("mailtap runs");
        assert!(output.status.success());
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&plain.stdout),
            "and shows the same"
        );
        tree(&directory)
    });
    assert!(trees[0].contains_key("00001-smtp/message-1/1-a.txt"));
    assert!(trees[0] == trees[1] && trees[1] == trees[2]);
}

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

    // A full disk, as a limit on the length of files.
    let directory = place.path("full");
    let mut shell = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" read \"$1\" --extract \"$2\" --show sessions";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_mailtap")]).arg(&capture).arg(&directory);
    failed(&shell.output().expect("a shell"), 1, &["full/unfinished/0: File too large"]);
    assert!(!directory.join("index.json").exists(), "nothing passes for finished");
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
fn whoever_stops_reading_the_tables_has_the_files_all_the_same() {
    let place = Place::new();
    let all: Vec<Vec<u8>> = (0..60).flat_map(|number| frames(&smtp("Subject: a"), 30_000 + number, 25)).collect();
    let capture = place.capture("a.pcap", &pcap(&all));
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
    // The other one is not over: it is in the middle of its content.
    let under_way = smtp("Subject: half\n\nbody");
    let under_way = frames(&under_way, 40_001, 25);
    all.extend_from_slice(&under_way[..under_way.len() - 12]);
    let capture = place.capture("a.pcap", &pcap(&all));
    let directory = place.path("out");
    let mut command = mailtap(&["read", "--follow", "--extract"]);
    let mut child = command.arg(&directory).arg(&capture).stdout(Stdio::null()).spawn().expect("mailtap runs");
    let begun = Instant::now();
    // The content of the second one is under way.
    while !directory.join("unfinished/1").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = Command::new("sh").args(["-c", "kill -INT \"$0\"", &child.id().to_string()]).status();
    assert!(kill.expect("a shell").success());
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
    // Segments as the sending host itself sees them, which are long.
    let line = format!("{}\r\n", "x".repeat(998));
    let piece = line.repeat(60);
    let mut said = turns(&smtp("Subject: large\n\n"));
    let end = said.iter().position(|(_, bytes)| bytes == b".\r\n").expect("the end of content");
    let pieces =
        std::iter::repeat_n((Who::Client, piece.clone().into_bytes()), MEGABYTES * 1_000_000 / piece.len() + 1);
    let size = pieces.len() * piece.len();
    said.splice(end..end, pieces);
    let frames: Vec<Vec<u8>> = segments(&said, 65_000).iter().map(|segment| frame(segment, 40_000, 25)).collect();
    let capture = place.capture("large.pcap", &pcap(&frames));
    drop((said, frames));
    let directory = place.path("out");
    // Less than the message, of which the program itself and its stack take a good part.
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

#[test]
fn no_terminal_obeys_what_is_written() {
    let place = Place::new();
    let script =
        smtp("Subject: \\x1b]0;owned\\x07 \\xe2\\x80\\xae\n\nbody").replace("220 mx", "220 \\x1b[2J\\xc2\\x9b31m\\rmx");
    let directory = place.path("out");
    extracted(&place.capture("a.pcap", &support::capture(&script, 25)), &directory, &[]);
    let files = tree(&directory);
    for name in ["index.json", "00001-smtp/transcript.txt"] {
        let text = std::str::from_utf8(&files[name]).expect("UTF-8");
        let obeyed = |found: char| (found.is_control() && found != '\n') || found == '\u{202e}';
        assert!(!text.contains(obeyed), "{text:?}");
    }
    assert!(
        files["00001-smtp/message-1.eml"].starts_with(b"Subject: \x1b]0;owned\x07"),
        "the mail itself is as it was"
    );
}
