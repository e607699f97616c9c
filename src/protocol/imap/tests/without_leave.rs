//! Literals that a client sends without waiting for the server's `+`.

use super::super::{Subject, What};
use super::{answers, messages, played};
use crate::limits::{EARLY_LITERAL_BYTES, Limit};
use crate::protocol::event;
use crate::protocol::secret::Secret;
use crate::protocol::testing::Recorder;

/// The lines that the server read as commands, though they were sent as a literal.
fn uninvited(told: &Recorder) -> Vec<&str> {
    let is = |step: &&crate::protocol::testing::Told| {
        matches!(step.subject, event::Subject::Imap(Subject { what: What::Uninvited, .. }))
    };
    told.steps.iter().filter(is).map(|step| step.text.as_str()).collect()
}

const BEGUN: &str = "S: * PREAUTH hi\nC: a1 NOOP\nS: a1 OK done\n";
const MESSAGE: &str = "C| Date: Sat, 1\\r\\nFrom: a\\r\\n\\r\\nprobe\\r\\n\\r\\n\n";

#[test]
fn octets_of_a_refused_literal_are_what_the_server_takes_them_for() {
    let told = played(&format!(
        "{BEGUN}C: a2 APPEND nowhere {{32}}\n{MESSAGE}S: a2 NO [TRYCREATE] no\nS: Date: BAD what\nS: From: BAD what\n\
         S: * BAD what\nS: probe BAD what\nS: * BAD what\nC: a3 LOGOUT\nS: a3 OK done"
    ));
    assert_eq!(uninvited(&told), ["Date: Sat, 1", "From: a", "", "probe", ""]);
    assert!(told.messages.is_empty(), "{:?}", messages(&told));
    let replies: Vec<_> = told.rows().into_iter().filter(|row| row.contains("BAD what -> ")).collect();
    assert_eq!(replies.len(), 3, "{:?}", told.rows());
    assert_eq!(told.commands(), ["NOOP", "APPEND", "LOGOUT"]);
    assert_eq!(answers(&told).first().map(String::as_str), Some("NOOP OK"));
    assert_eq!(told.steps[4].tag.as_deref(), Some("Date:"));
}

#[test]
fn octets_that_come_after_the_refusal_are_not_allowed_either() {
    let told = played(&format!(
        "{BEGUN}C: a2 APPEND nowhere {{32}}\nS: a2 BAD no\n{MESSAGE}S: Date: BAD what\nC: a3 XFROB\nS: a3 BAD what"
    ));
    assert_eq!(uninvited(&told).len(), 5);
    assert_eq!(told.commands(), ["NOOP", "APPEND", "XFROB"]);
    let told = played(&format!("{BEGUN}C: a2 APPEND nowhere {{32}}\nS: a2 BAD no\nC: a3 XFROB x\nS: a3 BAD what"));
    assert!(uninvited(&told).is_empty(), "a client that waited sends a command");
    assert_eq!(told.commands(), ["NOOP", "APPEND", "XFROB"]);
}

#[test]
fn a_late_plus_allows_what_has_come() {
    let told = played(&format!(
        "{BEGUN}C: a2 APPEND box {{32}}\n{MESSAGE}S: * 4 EXISTS\nS: + go\nS: a2 OK [APPENDUID 1 7] done\nC: a3 NOOP\nS: a3 OK done"
    ));
    assert_eq!(messages(&told), ["box ?/7 whole: Date: Sat, 1\\r\\nFrom: a\\r\\n\\r\\nprobe\\r\\n"]);
    assert_eq!(answers(&told), ["NOOP OK", "APPEND OK", "NOOP OK"]);
    assert!(uninvited(&told).is_empty());
    let told = played(&format!("{BEGUN}C: a2 APPEND box {{32}}\n{MESSAGE}S: a2 OK done"));
    assert_eq!(messages(&told).len(), 1, "a server that took it without a word");
}

#[test]
fn literals_that_need_no_leave_are_swallowed() {
    for sign in ["+", "-"] {
        let told = played(&format!(
            "{BEGUN}C: a2 APPEND nowhere {{32{sign}}}\n{MESSAGE}S: a2 NO [TRYCREATE] no\nC: a3 LOGOUT\nS: a3 OK done"
        ));
        assert_eq!(messages(&told).len(), 1);
        assert!(uninvited(&told).is_empty());
        assert_eq!(answers(&told), ["NOOP OK", "APPEND NO", "LOGOUT OK"]);
    }
}

#[test]
fn words_of_commands_come_too_early_too() {
    let told = played(
        "S: * OK hi\nC: a1 LOGIN {3}\nC: bob {6}\nC: secret\nS: a1 BAD no\nS: bob BAD what\nS: secret BAD what\nC: a2 NOOP\nS: a2 OK done",
    );
    assert_eq!(uninvited(&told), ["bob {6}"]);
    let hidden: Vec<_> = told.steps.iter().flat_map(|step| &step.secrets).collect();
    assert!(hidden.iter().any(|secret| *secret == "bob {6}"), "{hidden:?}");
    let told = played(
        "S: * OK hi\nC: a1 LOGIN bob {6}\nC: secret\nS: a1 NO no\nS: secret BAD what\nC: a2 NOOP\nS: a2 OK done",
    );
    assert_eq!(uninvited(&told), ["secret"]);
    assert!(told.steps.iter().any(|step| step.secrets == ["secret"]));
    let reply = told.steps.iter().find(|step| step.text == "secret BAD what").expect("a reply");
    assert_eq!((&reply.secrets[..], &reply.tag), (&["secret BAD what".to_owned()][..], &None));
    let told = played(
        "S: * OK hi\nC: a1 AUTHENTICATE PLAIN\nC: AGJvYgBzZWNyZXQ=\nS: a1 NO no\nS: AGJvYgBzZWNyZXQ= BAD what\nC: a2 NOOP\nS: a2 OK done",
    );
    assert_eq!(told.rows()[4], "5 S Reply AGJvYgBzZWNyZXQ= BAD what -> 3");
    assert_eq!(told.steps[4].secrets.len(), 1);
    let told = played(
        "S: * OK hi\nC: a1 LOGIN {3}\nC: bob {6}\nC: secret\nS: + a\nS: + b\nS: a1 OK in\nC: a2 NOOP\nS: a2 OK done",
    );
    assert_eq!(told.credentials[0].password.as_ref().map(Secret::reveal), Some(b"secret".as_slice()));
    assert_eq!(answers(&told), ["LOGIN OK", "NOOP OK"]);
    let told = played(&format!(
        "{BEGUN}C: a2 SEARCH CHARSET X TEXT {{6}}\nC: foobar\nS: a2 NO no\nS: foobar BAD what\nC: a3 NOOP\nS: a3 OK done"
    ));
    assert_eq!(uninvited(&told), ["foobar"]);
    assert_eq!(told.commands(), ["NOOP", "SEARCH", "NOOP"]);
}

#[test]
fn where_the_answer_is_missing_the_octets_are_a_literal() {
    for rest in ["S~ 20\nS: a2 OK done", "", "C~ 5"] {
        let told = played(&format!("{BEGUN}C: a2 APPEND box {{32}}\n{MESSAGE}{rest}"));
        assert_eq!(messages(&told), ["box ?/? whole: Date: Sat, 1\\r\\nFrom: a\\r\\n\\r\\nprobe\\r\\n"], "{rest}");
    }
    let long = "x".repeat(99);
    let lines = format!("C: {long}\n").repeat(EARLY_LITERAL_BYTES / 100);
    let told = crate::protocol::testing::talk(
        super::Dialogue::new(),
        &format!("{BEGUN}C: a2 APPEND box {{1000000}}\n{lines}{lines}S: a2 NO no"),
    );
    assert_eq!(told.limits, [Limit::EarlyLiterals]);
    assert_eq!(told.messages.len(), 1);
}

#[test]
fn several_literals_without_leave_are_told_where_the_session_ends_before_any_answer() {
    for end in ["", "C~ 9\n"] {
        let told =
            played(&format!("S: * OK hi\nC| a1 LOGIN {{3}}\\r\\nbob {{6}}\\r\\nsecret\\r\\na2 NOOP\\r\\n\n{end}"));
        assert_eq!(told.commands(), ["LOGIN", "NOOP"], "{:?}", told.rows());
        assert_eq!(told.credentials.len(), 1);
        assert_eq!(told.credentials[0].username.as_deref(), Some(&b"bob"[..]));
        assert_eq!(told.stood_for(), told.said);
    }
}

#[test]
fn an_ok_without_any_leave_shows_that_all_literals_were_taken() {
    let told = played(
        "S: * OK hi\nC| a1 LOGIN {3}\\r\\nbob {6}\\r\\nsecret\\r\\na2 NOOP\\r\\n\nS: a1 OK welcome\nS: a2 OK done",
    );
    assert_eq!(answers(&told), ["LOGIN OK", "NOOP OK"]);
    assert_eq!(told.credentials[0].outcome, event::LoginOutcome::Accepted);
}
