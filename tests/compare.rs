//! `mailtap compare`: two sessions beside each other, as the program shows them.

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{capture, fixtures, packets, pcap, segments, turns};
use unicode_width::UnicodeWidthStr;

const LETTER: &str = "
    S: 220 mx.netlab ESMTP
    C: EHLO cslabc39
    S: 250-mx.netlab
    S: 250 STARTTLS
    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
    S: 235 2.7.0 ok
    C: MAIL FROM:<a@netlab>
    S: 250 2.1.0 ok
    C: RCPT TO:<b@netlab>
    S: 250 2.1.5 ok
    C: DATA
    S: 354 go on
    C: Subject: a test\\r\\n\\r\\nthe body\\r\\n
    C| .\\r\\n
    S: 250 2.0.0 queued as 1
    C: QUIT
    S: 221 2.0.0 bye";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    }
}

fn compare(files: &[&Path], more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.arg("compare").args(files).args(more).env_remove("COLUMNS").env("LC_ALL", "C");
    command.output().expect("mailtap runs")
}

fn out(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn json(files: &[&Path], more: &[&str]) -> Value {
    serde_json::from_str(&out(&compare(files, &[&["--format", "json"], more].concat()))).expect("JSON")
}

#[test]
fn a_session_is_the_same_process_as_itself() {
    let with_mail = |name: &str| name.starts_with("lab") && name != "lab/no-mail";
    for (name, file) in fixtures().into_iter().filter(|(name, _)| with_mail(name)) {
        let document = json(&[&file], &["--session", "1,1"]);
        let tally = &document["tally"];
        assert_eq!((&tally["same"], document.get("parting")), (&tally["rows"], None), "{name}");
    }
}

#[test]
fn what_a_firewall_changes_is_shown() {
    let folder = Folder::new();
    let inside = folder.file("inside.pcap", &capture(LETTER, 25));
    let masked = LETTER.replace("250 STARTTLS", "250 XXXXXXXA").replace("the body", "the body\\r\\nscanned");
    let outside = folder.file("outside.pcap", &capture(&masked, 25));
    let document = json(&[&inside, &outside], &[]);
    let schema = serde_json::from_str(&mailtap::view::schema::schema()).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a valid schema");
    assert!(validator.is_valid(&document), "{document:#}");
    let rows = document["rows"].as_array().expect("rows");
    assert_eq!(rows[2]["what"], "overwritten", "{}", rows[2]);
    assert_eq!(document["parting"], 2);
    let content = rows.iter().find_map(|row| row.get("content")).expect("the content differs");
    assert_eq!((&content["line"], &content["first_difference"]), (&4.into(), &29.into()), "{content}");
    assert_eq!(content["right_changed"].as_u64().map(|more| more > 0), Some(true));
    let text = out(&compare(&[&inside, &outside], &["--width", "120"]));
    assert!(text.contains("[-STARTTLS-]{+XXXXXXXA+}"), "{text}");
    assert!(text.contains("They part at step 3"), "{text}");
    for (width, lang) in [("20", "en"), ("31", "zh"), ("60", "en"), ("60", "zh"), ("80", "en"), ("120", "zh")] {
        let text = out(&compare(&[&inside, &outside], &["--width", width, "--lang", lang]));
        let widest = text.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= width.parse().ok(), "{text}");
    }
    let page = out(&compare(&[&inside, &outside], &["--format", "markdown"]));
    assert!(page.starts_with("# Comparison\n") && page.contains("\\[-STARTTLS-\\]"), "{page}");
    let table = page.lines().filter(|line| line.starts_with("| \\!\\=") || line.starts_with("| \\="));
    assert!(table.clone().count() > 5 && table.clone().all(|line| line.matches('|').count() == 6), "{page}");
}

#[test]
fn a_refusal_is_where_they_part() {
    let folder = Folder::new();
    let works = folder.file("works.pcap", &capture(LETTER, 25));
    let refused = folder.file("refused.pcap", &capture(&LETTER.replace("250 2.1.5 ok", "550 5.1.1 no such user"), 25));
    let text = out(&compare(&[&works, &refused], &[]));
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        line.contains("the left server accepts RCPT (250 2.1.5 ok)") && line.contains("refuses it (550 5.1.1"),
        "{text}"
    );
}

#[test]
fn secrets_are_masked_and_not_taken_for_equal() {
    let folder = Folder::new();
    let one = folder.file("one.pcap", &capture(LETTER, 25));
    // alice, looking-glass
    let other = LETTER.replace("AGFsaWNlAHdvbmRlcmxhbmQ=", "AGFsaWNlAGxvb2tpbmctZ2xhc3M=");
    let other = folder.file("other.pcap", &capture(&other, 25));
    for format in ["table", "json", "markdown"] {
        let text = out(&compare(&[&one, &other], &["--redact", "--format", format]));
        assert!(!text.contains("AGFsaWNl") && !text.contains("wonderland"), "{text}");
    }
    let row = |more: &[&str]| json(&[&one, &other], more)["rows"][3].clone();
    assert_eq!((&row(&[])["how"], &row(&["--redact"])["what"]), (&"differs".into(), &"not-compared".into()));
    assert_eq!(row(&["--redact=pseudonym"])["how"], "differs");
}

#[test]
fn missing_bytes_are_no_difference() {
    let folder = Folder::new();
    let whole = packets(&segments(&turns(LETTER), usize::MAX), 25, 1_000);
    let full = folder.file("full.pcap", &pcap(&whole));
    let holed: Vec<_> =
        whole.iter().filter(|packet| !packet.frame.windows(10).any(|bytes| bytes == b"RCPT TO:<b")).cloned().collect();
    assert_eq!(holed.len() + 1, whole.len());
    let holed = folder.file("holed.pcap", &pcap(&holed));
    let document = json(&[&full, &holed], &[]);
    assert!(document.get("parting").is_none(), "{document:#}");
    assert!(document["tally"]["unseen"].as_u64() > Some(0), "{document:#}");
}

#[test]
fn an_error_says_which_sessions_there_are() {
    let folder = Folder::new();
    let smtp = folder.file("smtp.pcap", &capture(LETTER, 25));
    let pop3 = folder.file("pop3.pcap", &capture("S: +OK ready\nC: QUIT\nS: +OK bye", 110));
    let fails = |files: &[&Path], more: &[&str], words: &[&str]| {
        let output = compare(files, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    };
    fails(&[&smtp], &[], &["has one session: 1 SMTP 172.16.0.73:40000 > 172.16.0.253:25", "second file"]);
    fails(&[&smtp, &smtp], &["--session", "1,7"], &["there is no session 7", "1 SMTP"]);
    fails(&[&smtp, &pop3], &[], &["session 1 speaks SMTP and session 1 POP3", "--session I,J"]);
    fails(&[&smtp], &["--session", "1"], &["I,J"]);
    fails(&[Path::new("-"), Path::new("-")], &[], &["standard input"]);
}

#[test]
fn the_capture_is_not_written_over() {
    let folder = Folder::new();
    let bytes = capture(LETTER, 25);
    let file = folder.file("a.pcap", &bytes);
    let name = file.to_str().expect("UTF-8");
    let output = compare(&[&file], &["--session", "1,1", "-o", name]);
    assert_eq!((output.status.code(), std::fs::read(&file).expect("still there")), (Some(1), bytes));
}
