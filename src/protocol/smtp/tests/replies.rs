//! Replies of all shapes, and lines that are not replies.

use super::*;
use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo};

fn subject(told: &Recorder, n: usize) -> &smtp::Subject {
    match &told.steps[n - 1].subject {
        Subject::Smtp(subject) => subject,
        other => panic!("not SMTP: {other:?}"),
    }
}

#[test]
fn several_lines_none_with_text_and_line_feeds_only() {
    let told = smtp(
        r"
        S| 220-one\n220-\n220 three\n
        C: EHLO a
        S| 250-x\n250-SIZE 5\n250 HELP\n
        C: NOOP
        S: 250
    ",
    );
    assert_eq!(told.banner.as_deref(), Some("one\n\nthree"));
    assert_eq!(told.capabilities, ["SIZE 5", "HELP"]);
    assert_eq!(told.rows()[4], "5 S Reply 250 -> 4");
}

#[test]
fn enhanced_codes_are_read_from_the_first_line_that_has_one() {
    let told = smtp(
        "
        S: 220 x
        C: EXPN list
        S: 550-Sorry
        S: 550 5.7.1 not for you
    ",
    );
    let enhanced = smtp::Enhanced { class: 5, subject: 7, detail: 1 };
    let reply = smtp::Subject::Reply { to: ReplyTo::Command(smtp::Verb::Expn), code: 550, enhanced: Some(enhanced) };
    assert_eq!(*subject(&told, 3), reply);
}

/// Waiting for the end of that 250 would shift every answer by one, and a base64 password would become a command.
#[test]
fn a_reply_that_never_ends() {
    let told = smtp(
        "
        S: 220 x
        C: EHLO a
        S: 250-x
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: YWxpY2U=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0
        S: 235 in
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "AUTH 334"]);
    assert_eq!(told.commands(), ["EHLO", "AUTH"]);
    assert_eq!(told.credentials.len(), 1);
}

#[test]
fn a_reply_that_the_end_cuts_off() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S| 250-x\r\n250-SI
    ",
    );
    assert_eq!(told.rows()[2], "3 S Reply 250-x\\n250-SI -> 2");
    assert!(told.capabilities.is_empty(), "half a word is no capability");
}

#[test]
fn a_421_at_any_time() {
    let told = smtp(
        "
        S: 220 x
        C: BOGUS
        S: 500 no
        S: 421 too many errors
        C: BOGUS
    ",
    );
    assert_eq!(*subject(&told, 4), smtp::Subject::Reply { to: ReplyTo::Nothing, code: 421, enhanced: None });
    assert_eq!(told.rows()[3..], ["4 S Reply 421 too many errors", "5 C Command [BOGUS] BOGUS"]);

    let told = smtp(
        "
        S: 220 x
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: RCPT TO:<b@y>
        S: 421 go away
        C: DATA
    ",
    );
    assert_eq!(answered(&told), ["MAIL 250", "RCPT 421"]);
}

#[test]
fn a_greeting_may_be_a_refusal() {
    for code in [421, 521, 554] {
        let told = smtp(&format!("S: {code} no mail here\nC: QUIT\nS: 221 bye\n"));
        assert_eq!(told.steps[0].kind, Kind::Greeting);
        assert_eq!(told.banner.as_deref(), Some("no mail here"));
        assert_eq!(answered(&told), ["QUIT 221"]);
    }
    let told = smtp("C: EHLO a\nS: 554 you talk too early\n");
    assert_eq!(told.steps[1].kind, Kind::Greeting);
}

#[test]
fn a_capture_that_begins_after_the_greeting() {
    let told = smtp(
        "
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(answered(&told), ["MAIL 250", "QUIT 221"]);
    let told = smtp(
        "
        S: 250 to something earlier
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(
        told.rows(),
        ["1 S Reply 250 to something earlier", "2 C Command [QUIT] QUIT", "3 S Reply 221 bye -> 2"]
    );
}

#[test]
fn unknown_commands_are_what_was_sent() {
    let told = smtp(
        r"
        S: 220 x
        C| \xff\xfd\x03\xff\xfd\x01HELO a\r\n
        S: 500 no
        C| MAIK\x08L x\r\n
        S: 500 no
        C| \r\n
        S: 500 no
        C: GET / HTTP/1.1
        S: 221 I can break rules, too
    ",
    );
    let replacement = "\u{fffd}\u{fffd}\u{3}\u{fffd}\u{fffd}\u{1}HELO";
    assert_eq!(told.commands(), [replacement, "MAIK\u{8}L", "GET"]);
    assert_eq!(told.steps[5].command, None, "an empty line has no verb");
    let answers: Vec<_> = told.steps.iter().filter_map(|step| step.answers).collect();
    assert_eq!(answers, [2, 4, 6, 8]);
}

#[test]
fn a_proxys_words_before_the_greeting_are_no_commands() {
    let told = smtp(
        r"
        C| CONNECT mail.example:25 HTTP/1.0\r\n\r\n
        S| HTTP/1.0 200 Connection established\r\n\r\n
        S: 220 x
        C: HELO a
        S: 250 x
    ",
    );
    assert_eq!(told.commands(), ["HELO"]);
    assert_eq!(answered(&told), ["HELO 250"]);
}

#[test]
fn lines_that_are_no_replies() {
    let told = smtp(
        "
        S: 220 x
        C: NOOP
        S: hello?
        S: 250 ok
    ",
    );
    assert_eq!(told.rows()[2..], ["3 S Unknown hello?", "4 S Reply 250 ok -> 2"]);
}

#[test]
fn the_rest_of_the_verbs() {
    let told = smtp(
        "
        S: 220 x
        C: XCLIENT NAME=spike.example ADDR=192.0.2.1
        S: 220 again
        C: XFORWARD NAME=spike.example
        S: 250 ok
        C: ETRN example
        S: 253 3 pending
        C: HELP
        S: 214 read the RFC
        C: TURN
        S: 502 no
        C: X-EXPS GSSAPI
        S: 504 no
    ",
    );
    let expected = ["XCLIENT 220", "XFORWARD 250", "ETRN 253", "HELP 214", "TURN 502", "X-EXPS 504"];
    assert_eq!(answered(&told), expected);
    assert_eq!(*subject(&told, 12), smtp::Subject::Command(smtp::Verb::Auth));
    assert_eq!(told.credentials.len(), 1);
}

#[test]
fn half_a_line_at_the_end_is_no_command() {
    let told = smtp(
        r"
        S: 220 x
        C| AUTH PLAIN AGFsaWNl
    ",
    );
    assert_eq!(told.steps[1].kind, Kind::Unknown);
    assert_eq!(told.steps[1].secrets, ["AGFsaWNl"]);
    assert!(told.commands().is_empty() && told.credentials.is_empty());
}

/// Sendmail after VERB: each line has the form of a reply, and none of them is one.
#[test]
fn lines_that_begin_with_050_answer_nothing() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S| 250-x\r\n250 VERB\r\n
        C: VERB
        S: 250 2.0.0 Verbose mode
        C: MAIL FROM:<a@x>
        S: 250 sender
        C: RCPT TO:<b@y>
        S: 250 recipient
        C: DATA
        S: 354 go
        C| text\r\n.\r\nQUIT\r\n
        S| 050 <b@y>... Connecting to next.y. via esmtp...\r\n050 220 next.y ESMTP\r\n050 >>> MAIL From:<a@x>\r\n
        S| 050 250 OK\r\n050 >>> .\r\n050 550 not here\r\n250 2.0.0 Message accepted for delivery\r\n221 bye\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6 accepted"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}
