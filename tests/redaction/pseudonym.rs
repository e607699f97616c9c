//! `--redact=pseudonym`: the same secret has the same name in every session, form and output of a run.

use crate::support::{packets, pcap, segments, turns};
use data_encoding::BASE64;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

const PASSWORD: &str = "Vx4kummel-77";

/// Both by `alice`: her password in PLAIN, repeated by the server; then in LOGIN; then one of a letter.
fn smtp() -> String {
    let plain = BASE64.encode(format!("\0alice\0{PASSWORD}").as_bytes());
    let (name, password, short) = (BASE64.encode(b"alice"), BASE64.encode(PASSWORD.as_bytes()), BASE64.encode(b"q"));
    format!(
        "S: 220 mx.example.test\nC: EHLO client.example.test\nS: 250 AUTH PLAIN LOGIN\nC: AUTH PLAIN {plain}\n\
         S: 535 5.7.8 not {PASSWORD} nor {plain}\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {name}\n\
         S: 334 UGFzc3dvcmQ6\nC: {password}\nS: 535 5.7.8 no\nC: AUTH LOGIN\nS: 334 UGFzc3dvcmQ6\nC: {short}\n\
         S: 334 VXNlcm5hbWU6\nC: {name}\nS: 535 5.7.8 no\nC: QUIT\nS: 221 bye\n"
    )
}

/// The same password, and a line that is not understood.
fn pop3() -> String {
    format!(
        "S: +OK ready\nC: PASSS in-doubt\nS: -ERR unknown\nC: USER bob\nS: +OK\nC: PASS {PASSWORD}\nS: +OK in\nC: QUIT\n\
         S: +OK bye\n"
    )
}

fn imap() -> String {
    let token = "t0".repeat(2_500);
    let bearer = BASE64.encode(format!("user=carol\x01auth=Bearer {token}\x01\x01").as_bytes());
    let response = BASE64.encode(b"carol 0123456789abcdef0123456789abcdef");
    format!(
        "S: * OK ready\nC: a AUTHENTICATE XOAUTH2 {bearer}\nS: a NO no\nC: b AUTHENTICATE CRAM-MD5\nS: + PDEuMkB4Pg==\n\
         C: {response}\nS: b NO no\nC: c LOGIN carol \"{PASSWORD}\"\nS: c OK in\nC: d LOGOUT\nS: * BYE\nS: d OK\n"
    )
}

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.arg("read").args(arguments);
    for (name, script, port) in [("smtp", smtp(), 25), ("pop3", pop3(), 110), ("imap", imap(), 143)] {
        let file = place.0.join(name);
        std::fs::write(&file, pcap(&packets(&segments(&turns(&script), 1_400), port, 1_000))).expect("a file");
        command.arg(file);
    }
    command.output().expect("a run")
}

fn names(text: &str, what: &str) -> BTreeSet<String> {
    let digits = |at: usize| text[at..].chars().take_while(char::is_ascii_hexdigit).collect::<String>();
    let found = text.match_indices(what).map(|(at, _)| digits(at + what.len()));
    found.filter(|digits| digits.len() >= 8).collect()
}

#[test]
fn a_secret_has_one_name_in_a_run() {
    let place = Place(std::env::temp_dir().join(format!("mailtap-pseudonym-{}", std::process::id())));
    std::fs::create_dir_all(&place.0).expect("a folder");
    let mut all = BTreeSet::new();
    let outputs: [&[&str]; 5] = [
        &["--format", "ndjson"],
        &["--format", "json"],
        &["--show", "all", "--lang", "en", "--width", "1000"],
        &["--show", "all", "--lang", "zh", "--width", "1000"],
        &["--show", "all", "--lang", "zh", "--width", "200"],
    ];
    for arguments in outputs {
        let output = run(&place, &[arguments, &["--redact=pseudonym"]].concat());
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && !text.contains("kummel") && !text.contains("t0t0"), "{arguments:?} {text}");
        let (passwords, tokens, responses) = (names(&text, "pw:"), names(&text, "tok:"), names(&text, "resp:"));
        // The password that is used five times, and the short one: none of them says how long it is.
        assert_eq!((passwords.len(), tokens.len(), responses.len()), (2, 1, 1), "{arguments:?} {text}");
        assert!(passwords.iter().chain(&tokens).all(|name| name.len() == 8), "{passwords:?} {tokens:?}");
        let before = all.len();
        all.extend(passwords);
        assert_eq!(all.len(), before + 2, "the names of one run say nothing of those of another");
        if arguments[1] == "json" {
            document(&text);
        }
    }
    for how in ["--redact", "--redact=mask"] {
        let text = String::from_utf8(run(&place, &["--format", "json", how]).stdout).expect("UTF-8");
        assert!(text.contains("PASS ********") && names(&text, "pw:").is_empty(), "{how}");
    }
}

fn document(text: &str) {
    let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let said =
        |session: usize, n: usize| document["sessions"][session]["steps"][n]["text"].as_str().unwrap_or_default();
    let credential = |session: usize, n: usize| document["sessions"][session]["credentials"][n].clone();
    let password = credential(0, 0)["password"].as_str().expect("a name").to_owned();
    assert_eq!(said(0, 3), format!("AUTH PLAIN {password}"));
    assert_eq!(said(0, 4), format!("535 5.7.8 not {password} nor {password}"));
    assert_eq!(said(0, 9), password, "the response of LOGIN");
    assert_eq!(credential(0, 1)["password"], password.as_str());
    let short = credential(0, 2)["password"].as_str().expect("a name").to_owned();
    assert_eq!(said(0, 13), short, "a secret of one character is no shorter");
    assert_eq!(
        (said(1, 1), said(1, 5)),
        ("********", format!("PASS {password}").as_str()),
        "what is in doubt stays so"
    );
    assert_eq!(credential(1, 0)["password"], password.as_str());
    let token = credential(2, 0)["token"].as_str().expect("a name").to_owned();
    assert_eq!(said(2, 1), format!("a AUTHENTICATE XOAUTH2 {token}"));
    let response = credential(2, 1)["response"].as_str().expect("a name").to_owned();
    assert_eq!(said(2, 5), response);
    assert_eq!(said(2, 7), format!("c LOGIN carol {password}"));
}
