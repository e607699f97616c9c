//! `mailtap explain`: the questions of a lab report, as the program answers them.

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::{capture, fixtures};
use unicode_width::UnicodeWidthStr;

fn explain(files: &[&Path], more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.arg("explain").args(files).args(more).env_remove("COLUMNS").env("LC_ALL", "C");
    command.output().expect("mailtap runs")
}

fn out(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab").join(name);
    ["capture.pcap", "capture.pcapng"].map(|file| folder.join(file)).into_iter().find(|path| path.exists()).expect(name)
}

/// The answer to the question `id`.
fn answer(files: &[&Path], more: &[&str], id: &str) -> Value {
    let document: Value =
        serde_json::from_str(&out(&explain(files, &[&["--format", "json"], more].concat()))).expect("JSON");
    let questions = document["questions"].as_array().expect("questions").clone();
    assert_eq!(questions.len(), 8);
    questions.into_iter().find(|question| question["id"] == id).expect(id)
}

fn says(answer: &Value) -> String {
    answer["answer"].as_array().expect("sentences").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_was_retrieved_is_put_beside_what_was_sent() {
    let found = answer(&[&fixture("lab-all")], &[], "same-message");
    assert!(says(&found).contains("identical"), "{found}");
    let proof = found["evidence"][0]["rows"][0]["proof"].as_str().expect("proof");
    assert!(proof.contains("SHA-256"), "{proof}");
}

#[test]
fn a_session_that_was_typed_is_told_from_a_program_and_put_beside_it() {
    let typed = fixture("smtp-charmode");
    let alone = answer(&[&typed], &[], "by-hand");
    assert!(says(&alone).contains("Session 1 looks typed by hand"), "{alone}");
    assert!(
        alone["evidence"][0]["rows"][0]["signs"].as_str().is_some_and(|signs| signs.contains("character by character"))
    );
    let both = answer(&[&typed, &fixture("smtp-helo")], &[], "by-hand");
    assert!(says(&both).contains("commands in common") || says(&both).contains("same process"), "{both}");
    assert!(says(&answer(&[&fixture("smtp-helo")], &[], "by-hand")).starts_with("No session"));
    for lf in ["smtp-nc-lf", "pop3-nc-lf"] {
        let found = answer(&[&fixture(lf)], &[], "by-hand");
        assert!(found.to_string().contains("ended by LF alone"), "{lf}: {found}");
    }
}

#[test]
fn a_failure_has_the_words_of_the_server() {
    let found = answer(&[&fixture("smtp-recipient-rejected")], &[], "failures");
    let rows = found["evidence"].as_array().expect("tables").iter().find(|table| table["id"] == "recipients");
    let row = &rows.expect("recipients")["rows"][0];
    assert!(row["server_said"].as_str().is_some_and(|said| said.starts_with("550")), "{found}");
    assert!(says(&answer(&[&fixture("smtp-helo")], &[], "failures")).contains("Nothing failed"));
}

#[test]
fn mime_header_lines_are_quoted_as_sent() {
    let found = answer(&[&fixture("smtp-attachment-zh")], &[], "mime");
    let text = found.to_string();
    assert!(text.contains("MIME-Version: 1.0") && text.contains("Content-Type: multipart/"), "{text}");
    assert!(!says(&found).contains("put together"), "as sent");
    assert!(says(&answer(&[&fixture("smtp-attachment-zh")], &["--redact"], "mime")).contains("put together"));
}

#[test]
fn what_imap_did_has_its_steps() {
    let found = answer(&[&fixture("imap-fetch-parts")], &[], "imap-only");
    assert!(found["evidence"][0]["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{found}");
    assert!(says(&answer(&[&fixture("pop3-retrieve")], &[], "imap-only")).contains("no IMAP session"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, path) in fixtures() {
        if !path.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab")) {
            continue;
        }
        for (lang, width) in [("en", "20"), ("zh", "60"), ("zh", "80")] {
            let text = out(&explain(&[&path], &["--lang", lang, "--width", width]));
            let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
            assert!(widest <= width.parse().expect("a width"), "{name} {lang} {width}: {widest}");
        }
    }
}

#[test]
fn secrets_are_masked_in_every_format() {
    let script = "
        S: +OK ready
        C: USER alice
        S: +OK
        C: PASS wonderland9
        S: -ERR wonderland9 is wrong
        C: wonderland9
        S: -ERR what
        C: QUIT
        S: +OK bye";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pcap");
    std::fs::write(&path, capture(script, 110)).expect("writable");
    for format in ["table", "json", "markdown"] {
        assert!(out(&explain(&[&path], &["--format", format])).contains("wonderland9"), "{format}");
        for redact in ["--redact", "--redact=pseudonym"] {
            let text = out(&explain(&[&path], &["--format", format, redact]));
            assert!(!text.contains("wonderland9"), "{format} {redact}: {text}");
        }
    }
}

#[test]
fn text_off_the_wire_means_nothing_to_terminals_and_markdown() {
    let script = "
        S: 220 mx
        C: HELO a
        S: 250 mx
        C: MAIL FROM:<a@b>
        S: 250 ok
        C: RCPT TO:<c|d@e>
        S: 550 no \x1b[31m|<b>such</b>
        C: QUIT
        S: 221 bye";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pcap");
    std::fs::write(&path, capture(script, 25)).expect("writable");
    for format in ["table", "json", "markdown"] {
        let text = out(&explain(&[&path], &["--format", format]));
        assert!(!text.contains('\u{1b}'), "{format}");
        if format == "markdown" {
            assert!(text.contains("c&#124;d") && text.contains("\\<b\\>"), "{text}");
        }
    }
}

#[test]
fn a_capture_without_mail_says_so() {
    let text = out(&explain(&[&fixture("no-mail")], &[]));
    assert!(text.contains("There is no mail session in the capture."), "{text}");
    assert_eq!(explain(&[Path::new("/no/such/file")], &[]).status.code(), Some(3));
}
