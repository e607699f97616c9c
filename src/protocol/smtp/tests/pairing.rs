//! Which reply answers which command, where a reply is in no form, never comes, or comes once for several.

use super::*;
use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo};

const GREETED: &str = "S: 220 x\nC: EHLO a\nS: 250 x\n";

fn conversation(script: &str) -> Recorder {
    smtp(&[GREETED, script].concat())
}

#[test]
fn a_line_in_any_form_is_the_reply_where_the_client_goes_on() {
    for refusal in
        ["4.7.0 TLS not available", "454TLS not available", "454: no", "5500 no", " 454 no", "601 no", "Error: no"]
    {
        let told = conversation(&format!(
            "C: STARTTLS\nS: {refusal}\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWRh\nS: 334 UGFzc3dvcmQ6\n\
             C: czNjcmV0\nS: 235 in\n{ENVELOPE}C: text\nC: .\nS: 250 taken\nC: QUIT\nS: 221 bye\n"
        ));
        assert_eq!(told.steps[4].answers, Some(4), "{refusal}");
        assert_eq!(told.steps[4].text, refusal);
        assert_eq!(told.credentials.len(), 1);
        assert_eq!(messages(&told), ["a@x > b@y=250: 6 accepted"], "{refusal}");
        assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
    }
}

#[test]
fn a_line_in_no_form_keeps_what_can_be_read_of_its_code() {
    let code = |line: &str| {
        let told = conversation(&format!("C: NOOP\nS: {line}\nC: QUIT\nS: 221 bye\n"));
        match told.steps[4].subject {
            Subject::Smtp(smtp::Subject::Reply { code, .. }) => code,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!((code("454: no"), code(" 250 yes"), code("4.7.0 no"), code("no")), (454, 250, 0, 0));
}

#[test]
fn text_before_a_reply_is_no_reply_and_text_at_the_end_is_one() {
    let told = conversation("C: NOOP\nS: patience\nS: 250 done\nC: NOOP\nS: gone\n");
    assert_eq!(
        told.rows()[3..],
        [
            "4 C Command [NOOP] NOOP",
            "5 S Unknown patience",
            "6 S Reply 250 done -> 4",
            "7 C Command [NOOP] NOOP",
            "8 S Reply gone -> 7",
        ]
    );
}

#[test]
fn each_of_several_commands_may_be_answered_in_no_form() {
    let told = conversation(
        r"
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n
        S| 250 ok\r\n454: no\r\n250OK\r\n354 go\r\n
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RCPT 454", "RCPT 250", "DATA 354"]);
    assert_eq!(messages(&told), ["a@x > b@y=454, c@y=250: 0 accepted"]);
}

#[test]
fn an_empty_line_may_be_passed_over() {
    for (script, right) in [
        (r"C| \r\n\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RSET\nS: 250 ok", ["MAIL 250", "RSET 250"]),
        (r"C| \r\n\nC: BOGUS\nS: 500 no\nC: RSET\nS: 250 ok", ["BOGUS 500", "RSET 250"]),
        (r"C| \r\n\nS: 500 what\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RSET\nS: 250 ok", ["MAIL 250", "RSET 250"]),
        (r"C| \r\n\nC: BOGUS\nS: 500 what\nS: 502 no\nC: RSET\nS: 250 ok", ["BOGUS 502", "RSET 250"]),
    ] {
        let told = conversation(&script.replace(r"\nC:", "\nC:").replace(r"\nS:", "\nS:"));
        assert_eq!(
            answered(&told).split_off(1).into_iter().filter(|row| !row.starts_with('-')).collect::<Vec<_>>(),
            right
        );
    }
}

#[test]
fn a_reply_that_never_comes_shifts_none_beyond_a_code_that_names_its_command() {
    let told = conversation(
        r"
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n
        S| 250 ok\r\n354 go\r\n
        C| text\r\n.\r\nQUIT\r\n
        S| 221 bye\r\n
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "DATA 354", "QUIT 221"]);
    assert_eq!(messages(&told), ["a@x > b@y=?: 6 unknown"]);
}

#[test]
fn a_220_answers_starttls_where_the_client_begins_tls() {
    let asked = r"C| NOOP\r\nSTARTTLS\r\n";
    let told = conversation(&[asked, "\nS: 220 go\n", r"C| \x16\x03\x01\x00\x05hello", "\n"].concat());
    assert_eq!(answered(&told), ["EHLO 250", "STARTTLS 220"]);
    assert!(told.tls.contains(&crate::protocol::event::TlsFact::StartTls));
    let told = conversation(&[asked, "\nS: 220 done\nS: 220 go\n"].concat());
    assert_eq!(answered(&told), ["EHLO 250", "NOOP 220", "STARTTLS 220"]);
}

#[test]
fn a_reply_that_never_ends_is_over_when_a_waiting_client_goes_on() {
    let told = smtp("S: 220 x\nC: EHLO a\nS: 250-x\nC: MAIL FROM:<a@x>\nS: 250 sender\nC: RSET\nS: 250 reset\n");
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RSET 250"]);
    assert!(told.capabilities.is_empty());
}

#[test]
fn the_last_line_counts_where_lines_have_different_codes() {
    let told = conversation("C: MAIL FROM:<a@x>\nS: 451-wait\nS: 450 or not\nC: RSET\nS: 250 ok\n");
    assert_eq!(told.rows()[4], "5 S Reply 451-wait\\n450 or not -> 4");
    let to = ReplyTo::Command(smtp::Verb::Mail);
    assert_eq!(told.steps[4].subject, Subject::Smtp(smtp::Subject::Reply { to, code: 450, enhanced: None }));
    let told = smtp("S: 220-wait\nS: 521 no\n");
    assert_eq!(told.steps[0].subject, Subject::Smtp(smtp::Subject::Greeting { code: 521, ended: true }));
}

#[test]
fn a_client_that_speaks_before_the_greetings_last_line() {
    let told = smtp("S: 220-wait\nC: EHLO a\nS: 521 5.5.1 Protocol error\n");
    assert_eq!(
        told.rows(),
        ["1 S Greeting 220-wait", "2 C Command [EHLO] EHLO a", "3 S Greeting 521 5.5.1 Protocol error",]
    );
    assert_eq!(told.steps[0].subject, Subject::Smtp(smtp::Subject::Greeting { code: 220, ended: false }));
    let told = smtp("S: 220-wait\nC: EHLO a\nC: RSET\nS: 220 x\nS: 250 x\nS: 250 ok\n");
    assert_eq!(told.banner.as_deref(), Some("wait\nx"));
    assert_eq!(answered(&told), ["EHLO 250", "RSET 250"]);
    let told = smtp("S: 220-wait\nC: EHLO a\nS: 250 x\nC: MAIL FROM:<a@x>\nS: 550 5.5.1 Protocol error\n");
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 550"]);
}

const LMTP: &str = "S: 220 x LMTP\nC: LHLO a\nS: 250 x\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\n\
                    C: RCPT TO:<c@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 taken\n";

#[test]
fn one_reply_for_all_recipients_shifts_nothing() {
    let second =
        "S: 250 ok\nC: RCPT TO:<e@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: .\nS: 250 taken\nC: QUIT\nS: 221 bye\n";
    let told = lmtp(&[LMTP, "C: MAIL FROM:<d@x>\n", second].concat());
    assert_eq!(messages(&told), ["a@x > b@y=250/250, c@y=250: 6 accepted", "d@x > e@y=250/250: 0 accepted"]);
    assert_eq!(answered(&told).split_off(5), ["MAIL 250", "RCPT 250", "DATA 354", "QUIT 221"]);
    let told = lmtp(&[LMTP, "C: QUIT\nS: 221 bye\n"].concat());
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

#[test]
fn recipients_whose_reply_never_comes_are_not_accepted() {
    let told = lmtp(LMTP);
    assert_eq!(messages(&told), ["a@x > b@y=250/250, c@y=250: 6 unknown"]);
    let envelope =
        told.messages[0].outcome.as_ref().and_then(|outcome| outcome.envelope.as_ref()).expect("an envelope");
    assert_eq!(envelope.to.iter().map(|to| to.final_missing).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_client_that_sends_commands_behind_content_has_not_waited() {
    let told = lmtp(
        &[
            &LMTP.replace("S: 250 taken\n", ""),
            r"C| MAIL FROM:<d@x>\r\n
          S: 250 taken
          C| RCPT TO:<e@y>\r\n
          S| 452 full\r\n250 ok\r\n250 ok\r\n",
        ]
        .concat(),
    );
    assert_eq!(messages(&told), ["a@x > b@y=250/250, c@y=250/452: 6 partly"]);
    assert_eq!(answered(&told).split_off(5), ["MAIL 250", "RCPT 250"]);
}

#[test]
fn no_chunk_follows_a_refused_bdat() {
    for bdat in ["BDAT 5 LAST", "BDAT 17 LAST", "BDAT 5"] {
        for begun in ["", "C: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\n"] {
            let envelope = if begun.is_empty() { ENVELOPE } else { "C: DATA\nS: 354 go on\n" };
            let told = conversation(&format!(
                "{begun}C: {bdat}\nS: 500 no\n{envelope}C: text\nC: .\nS: 250 taken\nC: QUIT\nS: 221 bye\n"
            ));
            assert_eq!(messages(&told), ["a@x > b@y=250: 6 accepted"], "{bdat}");
            assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
        }
    }
    assert!(conversation("C: BDAT 5 LAST\nS: 500 no\n").messages.is_empty());
}

#[test]
fn a_chunk_that_crosses_its_refusal_is_a_chunk() {
    let told = conversation(
        r"
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: BDAT 7 LAST
        S: 503 no recipient
        C| hello\r\nRSET\r\n
        S: 250 ok
    ",
    );
    assert_eq!(messages(&told), ["a@x > : 7 rejected"]);
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "BDAT 503", "RSET 250"]);
}

#[test]
fn the_name_is_the_one_that_the_server_accepts() {
    let told = smtp("S: 220 x\nC: HELO first\nS: 250 x\nC: EHLO second\nS: 503 already\n");
    assert_eq!(told.client_name.as_deref(), Some("first"));
    let told = smtp("S: 220 x\nC: EHLO first\nS: 502 what\nC: HELO second\nS: 250 x\n");
    assert_eq!(told.client_name.as_deref(), Some("second"));
}

#[test]
fn a_last_line_that_names_no_extension() {
    for last in ["Ok SESSIONID=<1-2>", "2.0.0 OK", "welcome, friend"] {
        let told = lmtp(&format!("S: 220 x\nC: LHLO a\nS: 250-x\nS: 250-PIPELINING\nS: 250 {last}\n"));
        assert_eq!(told.capabilities, if last.contains(',') { vec!["PIPELINING", last] } else { vec!["PIPELINING"] });
    }
}

#[test]
fn a_reply_in_doubt_says_so() {
    let told = conversation("C| MAIL FROM:<a@x>\\r\\nRCPT TO:<b@y>\\r\\nRCPT TO:<c@y>\\r\\n\nS~ 10\nS: 250 which\n");
    let reply = told.steps.last().expect("a step");
    assert_eq!(reply.subject, Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::InDoubt, code: 250, enhanced: None }));
}

/// Two rules may hold a line one after the other: that it has no form of a reply, and that its question is open.
#[test]
fn a_line_that_is_held_twice_is_told_at_the_end() {
    for rest in ["S: OK", "S: 4", "S: OK\nC: QUIT\nS: 221 bye"] {
        let told = smtp(&format!("S: 220 x\nC: EHLO a\nS: 250 x\nC: BDAT 2\nC: \nC: \nC: \nS: 421 x\n{rest}"));
        assert_eq!(told.stood_for(), told.said, "{rest}: {:?}", told.rows());
    }
}
