//! Captures that begin in the middle of a session, and sessions that end without a QUIT.

use super::*;
use crate::protocol::Dialogue as _;

/// As [`hear`], of a connection whose beginning is not in the capture.
pub(super) fn hear_from_the_middle(script: &str) -> Recorder {
    heard(script, |script, size| {
        let mut dialogue = Dialogue::new();
        dialogue.beginning(false);
        talk_in_pieces(dialogue, script, size)
    })
}

#[test]
fn the_first_thing_heard_is_not_the_first_thing_said() {
    let told = hear_from_the_middle("S: +OK 72532 octets\n S: Subject: x\n S: \n S: y");
    assert_eq!(told.banner, None);
    assert_eq!(told.rows(), ["1 S Reply +OK 72532 octets", "2 S Data "]);
    let message = &told.messages[0];
    assert_eq!((&message.content[..15], message.complete), (&b"Subject: x\r\n\r\ny"[..15], Some(false)));
    assert_eq!(message.start.direction, Direction::Retrieved);
    for (first, rest) in [
        ("+OK 2 320", "C: RETR 1\n S: +OK"),
        ("+OK Logged in.", "C: STAT\n S: +OK 2 320"),
        ("+OK Mailbox locked and ready SESSIONID=<cyrus-1@x>", "C: STAT\n S: +OK 2 320"),
        ("+OK", "C: DELE 1\n S: +OK"),
        ("-ERR no such message", "C: RETR 1\n S: +OK"),
    ] {
        let told = hear_from_the_middle(&format!("S: {first}\n {rest}"));
        assert_eq!(told.banner, None, "{first}");
        assert_eq!((told.steps[0].kind, told.steps[0].answers), (Kind::Reply, None), "{first}");
        assert_eq!(told.steps[2].answers, Some(2), "{first}");
    }
    let told = hear_from_the_middle("S: +OK Dovecot ready.\n C: USER a\n S: +OK");
    assert_eq!(told.banner.as_deref(), Some("Dovecot ready."), "its own words say that it greets");
}

#[test]
fn the_inside_of_a_message_is_content() {
    let told =
        hear_from_the_middle("S: st of a line\n S: +OK is what he said\n S: .\n C: RETR 2\n S: +OK\n S: a: b\n S: .");
    assert_eq!(told.rows()[..3], ["1 S Data ", "2 C Command [RETR] RETR 2", "3 S Reply +OK -> 2"]);
    assert_eq!(told.messages.len(), 1, "nothing is known of the first");
    let told = hear_from_the_middle("S: st of a line\n S: more\n C: STAT\n S: +OK 2 320");
    assert_eq!(told.rows(), ["1 S Data ", "2 C Command [STAT] STAT", "3 S Reply +OK 2 320 -> 2"]);
    let told = hear_from_the_middle("S: 15 1234\n S: 16 99\n S: .\n C: STAT\n S: +OK 2 320");
    assert_eq!(told.rows()[0], "1 S Unknown 15 1234\\n16 99\\n.");
}

fn farewells(told: &Recorder) -> Vec<&str> {
    let is = |step: &&crate::protocol::testing::Told| {
        matches!(
            &step.subject,
            crate::protocol::event::Subject::Pop3(Subject { what: What::Farewell { .. }, state: State::Update })
        )
    };
    told.steps.iter().filter(is).map(|step| step.text.as_str()).collect()
}

#[test]
fn an_unasked_error_at_the_end_is_the_farewell() {
    let begun = "S: +OK hi\n C: USER a\n S: +OK\n C: PASS b\n S: +OK\n C: STAT\n S: +OK 2 320\n";
    for rest in [
        "S: -ERR [SYS/TEMP] Server shutting down.",
        "S: -ERR [sys/temp/x] bye\n C: QUIT",
        "S: -ERR so long",
        "S: -ERR Disconnected for inactivity.\n C: NOOP",
    ] {
        let told = hear(&[begun, rest].concat());
        assert_eq!(farewells(&told).len(), 1, "{rest}");
    }
    for rest in
        ["S: -ERR again\n C: NOOP\n S: +OK", "S: -ERR one\n S: +OK", "C: NOOP\n S: -ERR [SYS/TEMP] shutting down"]
    {
        let told = hear(&[begun, rest].concat());
        assert!(farewells(&told).is_empty(), "{rest}: {:?}", told.rows());
    }
    let told = hear("S: +OK hi\n S: +OK 1 5\n S: -ERR no");
    assert!(farewells(&told).is_empty(), "what the client said is not known");
}

/// A server that ends the session for idleness may add a line of its own.
#[test]
fn an_unasked_error_is_kept_where_other_lines_follow_it() {
    let told = hear("S: +OK hi\n S: -ERR [SYS/TEMP] idle too long\n S: See you\n S: ");
    assert_eq!(told.rows()[1..], ["2 S Reply -ERR [SYS/TEMP] idle too long", "3 S Unknown See you\\n"]);
    assert_eq!(told.stood_for(), told.said, "each byte belongs to one step");
}

#[test]
fn last_has_one_line() {
    let told = hear("S: +OK\n C: LAST\n S: +OK 3\n C: NOOP\n S: +OK");
    assert_eq!(told.rows()[1..3], ["2 C Command [LAST] LAST", "3 S Reply +OK 3 -> 2"]);
}
