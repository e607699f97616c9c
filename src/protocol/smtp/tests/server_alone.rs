//! The server's side alone, as a mirror of one direction has it: what its replies show of the client's mail.

use super::*;

/// Every line of the client of a script, as bytes that are not in the capture.
fn without_client(script: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("C: ") {
        Some(text) => format!("C~ {}\n", text.len() + 2),
        None => format!("{line}\n"),
    };
    script.lines().map(line).collect()
}

fn alone(flavour: Flavour, script: &str) -> Recorder {
    talk(Dialogue::new(flavour), &without_client(&[OPENING, script].concat()))
}

/// What became of it for recipients that are not known, of every transaction.
fn unnamed(told: &Recorder) -> Vec<Option<Delivery>> {
    told.transactions.iter().map(|transaction| transaction.unnamed).collect()
}

/// An envelope of two recipients, the second of which has this reply, and a message with this one.
fn mail(second: &str, content: &str) -> String {
    format!(
        "C: MAIL FROM:<a@x>\nS: 250 2.1.0 Ok\nC: RCPT TO:<b@y>\nS: 250 2.1.5 Ok\nC: RCPT TO:<c@y>\nS: {second}
         C: DATA\nS: 354 go on\nC: Subject: hi\nC:  \nC: text\nC: .\nS: {content}\n"
    )
}

#[test]
fn what_follows_a_354_is_about_content() {
    let script = [
        mail("250 2.1.5 Ok", "250 2.0.0 queued as 1"),
        "C: RSET\nS: 250 2.0.0 Ok\n".to_owned(),
        mail("250 2.1.5 Ok", "554 5.7.1 spam"),
        mail("250 2.1.5 Ok", "451 4.3.0 later"),
        "C: MAIL FROM:<a@x>\nS: 552 5.3.4 too big\n".to_owned(),
        mail("550 5.1.1 who", "250 2.0.0 queued as 2"),
        mail("250 2.1.5 Ok", "250 2.0.0 queued as 3"),
        "C: QUIT\nS: 221 bye\n".to_owned(),
    ];
    let told = alone(Flavour::Smtp, &script.concat());
    let became = [Delivery::Accepted, Delivery::Rejected, Delivery::Deferred, Delivery::Partly, Delivery::Accepted];
    assert_eq!(unnamed(&told), became.map(Some));
    let outcomes: Vec<_> = told.messages.iter().map(|one| one.outcome.as_ref().and_then(|it| it.outcome)).collect();
    let taken = [Delivery::Accepted, Delivery::Rejected, Delivery::Deferred, Delivery::Accepted, Delivery::Accepted];
    assert_eq!(outcomes, taken.map(Some), "a recipient that RCPT refuses is none of the message's");
    assert!(told.messages.iter().all(|message| message.complete == Some(false) && message.content.is_empty()));
}

#[test]
fn pipelined_replies_come_together() {
    let script = "
        C: MAIL FROM:<a@x>
        C: RCPT TO:<b@y>
        C: DATA
        S: 250 Ok
        S: 250 Ok
        S: 354 go on
        C: text
        C: .
        C: MAIL FROM:<a@x>
        C: RCPT TO:<b@y>
        C: DATA
        S: 250 queued
        S: 250 Ok
        S: 250 Ok
        S: 354 go on
        C: text
        C: .
        C: QUIT
        S: 554 no
        S: 221 bye
    ";
    assert_eq!(unnamed(&alone(Flavour::Smtp, script)), [Some(Delivery::Accepted), Some(Delivery::Rejected)]);
}

#[test]
fn lmtp_has_a_reply_for_each_recipient() {
    for (replies, expected) in [
        ("S: 250 b\nS: 250 c", Delivery::Accepted),
        ("S: 250 b\nS: 552 full", Delivery::Partly),
        ("S: 452 full\nS: 250 c\nS: 250 d", Delivery::Partly),
    ] {
        for more in ["", "C: QUIT\nS: 221 bye\n", &mail("250 2.1.5 Ok", "250 b\nS: 250 c")] {
            let script = [&mail("250 2.1.5 Ok", &replies[3..]), more].concat();
            let told = alone(Flavour::Lmtp, &script);
            assert_eq!(told.transactions[0].unnamed, Some(expected), "{replies} {more}");
        }
    }
}

/// A 354 that nothing answers, or a server that gives up, leaves open what became of the content.
#[test]
fn a_354_alone_is_no_message() {
    for end in ["", "C~ 100\n", "C~ 100\nS: 421 4.4.2 timeout\n"] {
        let told = alone(Flavour::Smtp, &format!("C: DATA\nS: 354 go on\n{end}"));
        let is_known = |one: &Option<Delivery>| one.is_some_and(|delivery| delivery != Delivery::Unknown);
        assert!(!unnamed(&told).iter().any(is_known), "{end}");
    }
}

/// The lines of the envelope alone are missing, and so is DATA.
#[test]
fn content_without_its_envelope() {
    let replies = "C~ 60\nS: 250 2.1.0 Ok\nS: 250 2.1.5 Ok\nS: 550 5.1.1 who\nS: 354 go on\nC: text\nC: .\n";
    let told = smtp(&format!("{OPENING}{replies}S: 250 queued\nC: QUIT\nS: 221 bye"));
    assert_eq!(messages(&told), ["? > : 6 accepted"]);
    assert_eq!(unnamed(&told), [Some(Delivery::Partly)]);
    let told =
        talk(Dialogue::new(Flavour::Lmtp), &format!("{OPENING}{replies}S: 250 b\nS: 552 full\nC: QUIT\nS: 221 bye"));
    assert_eq!(messages(&told), ["? > : 6 partly"]);
    assert_eq!(unnamed(&told), [Some(Delivery::Partly)]);
}
