//! Replies in the middle of content.

use super::*;
use crate::protocol::Dialogue as _;
use crate::protocol::event::{self, ContentEnd};
use crate::protocol::smtp::{ReplyTo, Subject, parse};

fn after_the_354(script: &str) -> Recorder {
    smtp(&[OPENING, ENVELOPE, script].concat())
}

/// The rows from the tenth on: those after the envelope.
fn rest(told: &Recorder) -> Vec<String> {
    told.rows().split_off(9)
}

#[test]
fn content_stands_before_the_421_that_cuts_it() {
    for (reply, timeout) in [
        ("421 4.4.2 mx Error: timeout exceeded", true),
        ("421 mx SMTP incoming data timeout - closing connection.", true),
        ("451 timeout (#4.4.2)", true),
        ("451 4.7.0 Timeout waiting for client input", true),
        ("421 4.3.2 shutting down", false),
    ] {
        let told = after_the_354(&format!("C| Subject: x\\r\\n\\r\\nhalf a li\nS: {reply}\n"));
        assert_eq!(rest(&told), ["10 C Data ".to_owned(), format!("11 S Reply {reply} -> 10")]);
        let subject = Subject::Reply {
            to: ReplyTo::UnfinishedContent { timeout },
            code: reply[..3].parse().expect("a code"),
            enhanced: parse::enhanced(&reply.as_bytes()[4..]),
        };
        assert_eq!(told.steps[10].subject, event::Subject::from(subject));
        assert_eq!(messages(&told), ["a@x > b@y=250: 23… unknown"]);
        assert_eq!(told.messages[0].end, Some(ContentEnd::Unfinished));
    }
}

#[test]
fn content_that_goes_on_after_the_421_is_one_step() {
    let told = after_the_354("C: one\nS: 421 shutting down\nC: two\n");
    assert_eq!(rest(&told), ["10 C Data ", "11 S Reply 421 shutting down"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 10… unknown"]);
    let told = after_the_354("C: one\nS: 421 shutting down\nC: two\nC: .\n");
    assert_eq!(rest(&told), ["10 C Data ", "11 S Reply 421 shutting down"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 10 unknown"]);
}

#[test]
fn content_that_a_refusal_ends_stands_before_it() {
    let told = after_the_354("C: one\nS: 552 too much\n");
    assert_eq!(rest(&told), ["10 C Data ", "11 S Reply 552 too much -> 10"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 5… rejected"]);
    let told = after_the_354("C: one\nS: 552 too much\nS: 421 bye\n");
    assert_eq!(rest(&told), ["10 C Data ", "11 S Reply 552 too much -> 10", "12 S Reply 421 bye"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 5… rejected"]);
}

#[test]
fn a_dot_between_bare_line_feeds_that_the_server_does_not_take() {
    let told = after_the_354("C| one\\n.\\n\nS: 421 4.4.2 timeout exceeded\n");
    assert_eq!(rest(&told), ["10 C Data ", "11 S Reply 421 4.4.2 timeout exceeded -> 10"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 6… unknown"]);
    assert_eq!(told.messages[0].content, b"one\n.\n");
}

#[test]
fn no_content_at_all_is_no_message() {
    let told = after_the_354("S: 421 4.4.2 timeout exceeded\n");
    assert_eq!(rest(&told), ["10 S Reply 421 4.4.2 timeout exceeded"]);
    assert!(told.messages.is_empty());
}

#[test]
fn a_421_to_content_that_has_ended_refuses_it() {
    let told = after_the_354("C: one\nC: .\nS: 421 4.3.2 shutting down\n");
    assert_eq!(messages(&told), ["a@x > b@y=250: 5 deferred"]);
}

#[test]
fn lmtp_content_that_is_cut_is_refused_to_nobody() {
    let script = OPENING.replace("EHLO", "LHLO") + ENVELOPE + "C: one\nS: 421 4.4.2 timeout exceeded\n";
    assert_eq!(messages(&lmtp(&script)), ["a@x > b@y=250: 5… unknown"]);
}

#[test]
fn chunks_stand_before_the_reply_that_cuts_them() {
    let envelope = ENVELOPE.split("C: DATA").next().expect("an envelope");
    for last in ["", " LAST"] {
        let script = format!("C: BDAT 20{last}\nC| half\nS: 421 4.4.2 timeout exceeded\n");
        let told = smtp(&[OPENING, envelope, &script].concat());
        let rows = told.rows().split_off(7);
        assert_eq!(rows[1..], ["9 C Data ", "10 S Reply 421 4.4.2 timeout exceeded -> 9"]);
        assert_eq!(messages(&told), ["a@x > b@y=250: 4… unknown"]);
        assert_eq!(told.messages[0].end, Some(ContentEnd::Unfinished));
        assert_eq!(told.steps[8].announced, Some(20));
    }
    let told = smtp(&[OPENING, envelope, "C: BDAT 20 LAST\nC| half\nS: 552 too big\n"].concat());
    assert_eq!(told.rows().split_off(8), ["9 C Data ", "10 S Reply 552 too big -> 8"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 4… rejected"]);
}

#[test]
fn half_a_line_stands_before_the_421() {
    let told = smtp(&[OPENING, "C| MAIL FROM:<a\nS: 421 4.4.2 timeout exceeded\n"].concat());
    assert_eq!(told.rows().split_off(3), ["4 C Unknown MAIL FROM:<a", "5 S Reply 421 4.4.2 timeout exceeded"]);
}

#[test]
fn a_chunk_of_nothing_without_an_envelope_is_no_message() {
    let told = smtp(&[OPENING, "C: BDAT 0 LAST\nS: 503 no\nC: BDAT 0\nS: 503 no\nC: QUIT\nS: 221 bye\n"].concat());
    assert!(told.messages.is_empty());
    assert_eq!(answered(&told), ["EHLO 250", "BDAT 503", "BDAT 503", "QUIT 221"]);
    let told = smtp(&[OPENING, "C: BDAT 4 LAST\nC| text\nS: 503 no\n"].concat());
    assert_eq!(messages(&told), ["? > : 4 rejected"]);
}

#[test]
fn a_probe_that_nobody_answers_is_no_message() {
    for probe in ["C: GET / HTTP/1.0\nC:\n", "C| \\r\\n\\r\\n\n", "C: one\nC: two\nC: .\n"] {
        let mut seen_from_its_start = Dialogue::new(Flavour::Smtp);
        seen_from_its_start.beginning(true);
        let told = talk(seen_from_its_start, probe);
        assert!(told.messages.is_empty() && told.steps.iter().all(|step| step.kind == Kind::Unknown), "{probe}");
    }
    let told = talk(Dialogue::new(Flavour::Smtp), "C: one\nC: two\nC: .\nS: 250 taken\n");
    assert_eq!(messages(&told), ["? > : 10… accepted"], "in the middle of a session it is content");
}
