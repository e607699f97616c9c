//! What ends a mail transaction and what does not (RFC 5321, section 4.1.4), and what envelopes look like in practice.

use super::*;

fn session(script: &str) -> Recorder {
    smtp(&[OPENING, script].concat())
}

const SENT: &str = "
    C: DATA
    S: 354 go
    C: .
    S: 250 taken
";

/// The envelope that a message has after `script`.
fn envelope(script: &str) -> String {
    messages(&session(&[script, SENT].concat())).concat()
}

#[test]
fn rset_and_an_accepted_hello_end_it() {
    for reset in ["RSET", "EHLO again", "HELO again"] {
        let script = format!(
            "C: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\nC: {reset}\nS: 250 ok
             C: MAIL FROM:<c@x>\nS: 250 ok\nC: RCPT TO:<d@y>\nS: 250 ok\n"
        );
        assert_eq!(envelope(&script), "c@x > d@y=250: 0 accepted", "{reset}");
    }
}

#[test]
fn a_refused_hello_keeps_it() {
    let script = "C: MAIL FROM:<a@x>\nS: 250 ok\nC: EHLO\nS: 501 Syntax: EHLO hostname\nC: RCPT TO:<b@y>\nS: 250 ok\n";
    assert_eq!(envelope(script), "a@x > b@y=250: 0 accepted");
}

#[test]
fn a_refused_nested_mail_keeps_the_first_sender() {
    let script = "C: MAIL FROM:<a@x>\nS: 250 ok\nC: MAIL FROM:<c@x>\nS: 503 nested\nC: RCPT TO:<b@y>\nS: 250 ok\n";
    assert_eq!(envelope(script), "a@x > b@y=250: 0 accepted");
}

#[test]
fn a_refused_mail_begins_none() {
    let script = "C: MAIL FROM:<a@x>\nS: 553 no\nC: RCPT TO:<b@y>\nS: 503 no sender\nC: MAIL FROM:<c@x>\nS: 250 ok
                  C: RCPT TO:<d@y>\nS: 250 ok\n";
    assert_eq!(envelope(script), "c@x > d@y=250: 0 accepted");
}

#[test]
fn refused_recipients_stay_with_their_codes() {
    let script = "C: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 450 later\nC: RCPT TO:<c@y>\nS: 524 unknown
                  C: RCPT TO:<d@y>\nS: 251 forwarded\n";
    assert_eq!(envelope(script), " > b@y=450, c@y=524, d@y=251: 0 accepted");
}

#[test]
fn a_refused_data_keeps_it() {
    let script = "C: MAIL FROM:<a@x>\nS: 250 ok\nC: DATA\nS: 503 no recipients\nC: RCPT TO:<b@y>\nS: 250 ok\n";
    assert_eq!(envelope(script), "a@x > b@y=250: 0 accepted");
}

#[test]
fn a_message_ends_it_whatever_became_of_it() {
    for outcome in ["250 taken", "554 refused"] {
        let first = format!(
            "C: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: .\nS: {outcome}\n"
        );
        let told = session(&[&first, "C: RCPT TO:<c@y>\nS: 503 no sender\n", SENT].concat());
        assert_eq!(messages(&told)[1], "? > : 0 accepted");
    }
}

#[test]
fn paths_are_kept_as_they_were_written() {
    let cases = [
        ("MAIL FROM: <a@x> SIZE=5", "a@x"),
        ("mail from:a@x", "a@x"),
        (r#"MAIL FROM:<"a b>c"@x> BODY=8BITMIME"#, r#""a b>c"@x"#),
        ("MAIL FROM:<@r1,@r2:a@x>", "@r1,@r2:a@x"),
        ("Mail  From : <a@[192.0.2.1]>", "a@[192.0.2.1]"),
    ];
    for (mail, from) in cases {
        let script = format!("C: {mail}\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\n");
        assert_eq!(envelope(&script), format!("{from} > b@y=250: 0 accepted"), "{mail}");
    }
}

#[test]
fn arguments_are_what_follows_the_verb() {
    let told = session("C: mail from:<a@x> SIZE=5\nS: 250 ok\nC: NOOP\nS: 250 ok\n");
    let of = |n: usize| (told.steps[n].command.as_deref(), told.steps[n].arguments.as_deref());
    assert_eq!(of(3), (Some("MAIL"), Some("from:<a@x> SIZE=5")));
    assert_eq!(of(5), (Some("NOOP"), None));
}

#[test]
fn an_address_beyond_all_measure_is_left_out_and_counted() {
    let long = "x".repeat(5000);
    let script = format!("{OPENING}C: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<{long}@y>\nS: 250 ok\n{SENT}");
    let told = talk(Dialogue::new(Flavour::Smtp), &script);
    assert_eq!(messages(&told), ["a@x > : 0 accepted"]);
    assert_eq!(told.limits, [crate::limits::Limit::Recipients]);
}
