//! Several commands sent before the first is answered (RFC 2920), by clients that may and by clients that may not.

use super::*;
use crate::limits::{self, Limit};
use crate::protocol::event::LoginOutcome;
use crate::protocol::event::Subject;
use crate::protocol::smtp;

#[test]
fn replies_are_paired_in_order() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n
        S| 250 sender\r\n550 first\r\n250 second\r\n354 go\r\n
        C| text\r\n.\r\nRSET\r\nMAIL FROM:<d@x>\r\nRCPT TO:<e@y>\r\nDATA\r\n
        S| 250 taken\r\n250 reset\r\n250 sender\r\n250 recipient\r\n354 go\r\n
        C| more\r\n.\r\nQUIT\r\n
        S| 250 taken\r\n221 bye\r\n
    ",
    );
    assert_eq!(
        answered(&told),
        [
            "EHLO 250", "MAIL 250", "RCPT 550", "RCPT 250", "DATA 354", "RSET 250", "MAIL 250", "RCPT 250", "DATA 354",
            "QUIT 221",
        ]
    );
    assert_eq!(messages(&told), ["a@x > b@y=550, c@y=250: 6 accepted", "d@x > e@y=250: 6 accepted"]);
}

#[test]
fn content_sent_with_its_envelope_waits_for_the_354() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nThis is a test\r\n.\r\n
        S| 250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data\r\n250 2.0.0 Ok: queued\r\n
    ",
    );
    assert_eq!(
        told.rows()[3..],
        [
            "4 C Command [MAIL] MAIL FROM:<a@x>",
            "5 C Command [RCPT] RCPT TO:<b@y>",
            "6 C Command [DATA] DATA",
            "7 S Reply 250 2.1.0 Ok -> 4",
            "8 S Reply 250 2.1.5 Ok -> 5",
            "9 S Continuation 354 End data -> 6",
            "10 C Data ",
            "11 S Reply 250 2.0.0 Ok: queued -> 10",
        ]
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 16 accepted"]);
}

#[test]
fn a_whole_session_before_the_greeting() {
    let told = smtp(
        r"
        C| EHLO a\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n
        S: 220-mail.example
        S: 220 be polite
        S: 250 hello
        S: 250 sender
        S: 250 recipient
        S: 354 go
        S: 250 taken
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RCPT 250", "DATA 354", "QUIT 221"]);
    assert_eq!(told.banner.as_deref(), Some("mail.example\nbe polite"));
    assert_eq!(messages(&told), ["a@x > b@y=250: 20 accepted"]);
}

#[test]
fn a_refused_data_swallows_nothing() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n
        S| 553 no\r\n503 no sender\r\n503 no recipient\r\n
        C: RSET
        S: 250 ok
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 553", "RCPT 503", "DATA 503", "RSET 250", "QUIT 221"]);
    assert!(told.messages.is_empty());
}

#[test]
fn content_sent_in_spite_of_a_refusal_is_no_command() {
    let told = smtp(
        r"
        S: 220 x
        C: HELO a
        S: 250 x
        C: DATA
        S: 503 valid RCPT command must precede DATA
        C: Mail me tomorrow
        S: 500 unrecognized command
        C: .
        S: 500 unrecognized command
        C: MAIL FROM:<a@x>
        S: 250 ok
    ",
    );
    assert_eq!(told.commands(), ["HELO", "DATA", "MAIL"]);
    assert_eq!(
        told.rows()[5..9],
        [
            "6 C Data Mail me tomorrow",
            "7 S Reply 500 unrecognized command -> 6",
            "8 C Data .",
            "9 S Reply 500 unrecognized command -> 8",
        ]
    );
    assert_eq!(told.steps[5].subject, Subject::Smtp(smtp::Subject::RefusedContent));
    assert!(told.messages.is_empty());
}

/// Postfix ends the session where a line is no mail command, and reads no QUIT behind it.
#[test]
fn a_221_answers_the_line_that_is_no_mail_command() {
    let answers = |first: &str| {
        let told = smtp(&format!(
            "S: 220 x\nC: EHLO a\nS: 250 x\nC: DATA\nS: 554 5.5.1 no valid recipients\n\
             C: {first}\nC: QUIT\nS: 221 2.7.0 Error: I can break rules, too. Goodbye."
        ));
        told.steps.last().and_then(|step| step.answers)
    };
    assert_eq!(answers("From: bob@example.test"), Some(6));
    assert_eq!(answers("GET / HTTP/1.1"), Some(6));
    // A command that has no reply.
    assert_eq!(answers("NOOP"), Some(7));
}

#[test]
fn without_any_reply_the_bytes_themselves_decide() {
    let told = smtp(
        r"
        C: EHLO a
        C: AUTH LOGIN
        C: YWxpY2U=
        C: c2VjcmV0
        C: MAIL FROM:<a@x>
        C: RCPT TO:<b@y>
        C: DATA
        C: From: a
        C| \r\n
        C: text
        C: .
        C: MAIL FROM:<c@x>
        C: RCPT TO:<d@y>
        C: DATA
        C: .
        C: DATA
        C: RSET
        C: QUIT
    ",
    );
    let commands = ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "DATA", "RSET", "QUIT"];
    assert_eq!(told.commands(), commands);
    assert_eq!(messages(&told), ["a@x > b@y=?: 17 unknown", "c@x > d@y=?: 0 unknown"]);
    assert_eq!(
        (told.messages[0].start.steps.as_slice(), told.messages[1].start.steps.as_slice()),
        ([5, 6, 7].as_slice(), [9, 10, 11].as_slice())
    );
    assert_eq!(told.credentials.len(), 1);
    assert_eq!(told.steps[3].secrets, ["c2VjcmV0"]);
}

#[test]
fn a_server_alone_answers_nothing_that_was_seen() {
    let told = smtp(
        r"
        S: 220 x
        S: 250 hello
        S: 334 VXNlcm5hbWU6
        S: 235 in
        S: 250 sender
        S: 354 go
        S: 250 taken
        S: 221 bye
    ",
    );
    assert_eq!(told.steps.len(), 8);
    assert!(told.steps.iter().all(|step| step.answers.is_none()));
    assert_eq!(messages(&told), ["? > : 0… accepted"], "something was taken");
    let login = &told.credentials[0];
    assert_eq!((login.mechanism.as_str(), login.outcome), ("AUTH LOGIN", LoginOutcome::Accepted), "somebody logged in");
}

/// More bytes than may be deferred come before the server's first reply: they are read all the same, and the bound is
/// counted.
#[test]
fn deferred_input_is_bounded() {
    let line = format!("C: {}\n", "x".repeat(1000));
    let script =
        ["C: EHLO a\nC: MAIL FROM:<a@x>\nC: RCPT TO:<b@y>\nC: DATA\n", &line.repeat(5000), "C: .\nC: QUIT\n"].concat();
    let told = talk(Dialogue::new(Flavour::Smtp), &script);
    assert!(script.len() > limits::WAITING_BYTES_PER_DIRECTION);
    assert_eq!(told.limits, [Limit::Waiting]);
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(messages(&told), [format!("a@x > b@y=?: {} unknown", 1002 * 5000)]);
}

#[test]
fn more_commands_in_flight_than_are_kept() {
    let many = limits::COMMANDS_IN_FLIGHT + 1;
    let script =
        ["S: 220 x\n", &"C: NOOP\n".repeat(many), &"S: 250 ok\n".repeat(many), "C: QUIT\nS: 221 bye\n"].concat();
    let told = talk(Dialogue::new(Flavour::Smtp), &script);
    assert_eq!(told.limits, [Limit::CommandsInFlight]);
    let answers: Vec<_> =
        told.steps.iter().filter(|s| s.from == crate::flow::Side::Server).map(|s| s.answers).collect();
    assert_eq!((answers[1], answers[2], answers[many]), (None, Some(3), Some(many as u32 + 1)));
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}
