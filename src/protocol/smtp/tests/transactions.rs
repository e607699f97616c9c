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

/// One line a transaction: `from > address=code(/final code), …: end, the reply that decided for all, message`.
fn ended(told: &Recorder) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = |code: Option<u16>| code.map_or("?".to_owned(), |code| code.to_string());
    let transaction = |one: &crate::protocol::event::Transaction| {
        let recipient = |to: &crate::protocol::event::Recipient| {
            let last = to.final_code.map(|code| format!("/{code}")).unwrap_or_default();
            format!("{}={}{last}", text(&to.address), code(to.code))
        };
        let to: Vec<_> = one.envelope.to.iter().map(recipient).collect();
        let from = one.envelope.from.as_deref().map_or("?".to_owned(), text);
        let reply = one.reply.map(|reply| format!(" {:?} {}", reply.to, code(reply.code))).unwrap_or_default();
        let message = one.message.map(|n| format!(" message {n}")).unwrap_or_default();
        format!("{from} > {}: {:?}{reply}{message}", to.join(", "), one.end)
    };
    told.transactions.iter().map(transaction).collect()
}

#[test]
fn a_transaction_is_told_also_where_no_content_crosses() {
    let told = smtp(&format!(
        "{OPENING}
        C: MAIL FROM:<a@x> SIZE=12
        S: 452 4.3.1 full
        C: MAIL FROM:<b@x> size=7 BODY=8BITMIME
        S: 250 ok
        C: RCPT TO:<c@y>
        S: 550 no
        C: RSET
        S: 250 ok
        C: MAIL FROM:<d@x>
        S: 250 ok
        C: RCPT TO:<e@y>
        S: 250 ok
        C: DATA
        S: 451 later
        C: EHLO again
        S: 250 ok
        C: MAIL FROM:<>
        S: 250 ok
        C: QUIT
        S: 221 bye
        "
    ));
    assert_eq!(
        ended(&told),
        [
            "a@x > : Abandoned Mail 452",
            "b@x > c@y=550: Abandoned",
            "d@x > e@y=250: Abandoned Data 451",
            " > : SessionOver",
        ]
    );
    let sizes: Vec<_> = told.transactions.iter().map(|transaction| transaction.size_said).collect();
    assert_eq!(sizes, [Some(12), Some(7), None, None]);
    // MAIL and RCPT, then the replies and what ended it. Replies to RCPT are the recipients'.
    assert_eq!(told.transactions[1].steps, [6, 8, 7, 11]);
    assert_eq!(told.transactions[1].envelope.to[0].step, Some(9));
}

#[test]
fn a_transaction_that_carries_a_message_ends_with_its_last_reply() {
    let told = lmtp(
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\n\
         C: RCPT TO:<c@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 ok\nS: 552 full\n\
         C: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@y>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .",
    );
    assert_eq!(ended(&told), ["a@x > b@y=250/250, c@y=250/552: Content message 1", "a@x > b@y=250: Content message 2"]);
    let told = smtp(&format!("{OPENING}{ENVELOPE}C: text\nC: .\nS: 554 no\nC: QUIT\nS: 221 bye"));
    assert_eq!(ended(&told), ["a@x > b@y=250: Content Content 554 message 1"]);
    let told = smtp(&format!("{OPENING}{ENVELOPE}C: text\nS: 421 4.4.2 timeout"));
    assert_eq!(ended(&told), ["a@x > b@y=250: SessionOver message 1"]);
}

#[test]
fn recipients_of_a_sender_that_was_refused_are_of_its_transaction() {
    // Pipelined (RFC 2920): the client learns of the refusal when all of it is sent.
    let told = smtp(&format!(
        "{OPENING}
        C: MAIL FROM:<a@x>\\r\\nRCPT TO:<b@y>\\r\\nDATA
        S: 451 4.7.1 later
        S: 503 need MAIL
        S: 503 need RCPT
        C: MAIL FROM:<a@x>
        S: 250 ok
        C: MAIL FROM:<z@x>
        S: 503 nested
        C: RCPT TO:<b@y>
        S: 250 ok
        "
    ));
    assert_eq!(ended(&told), ["a@x > b@y=503: Abandoned Mail 451", "a@x > b@y=250: SessionOver"]);
}
