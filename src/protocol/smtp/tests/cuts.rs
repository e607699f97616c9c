//! Lines that a gap has cut.

use super::*;

/// The text of a cut line is not taken for the whole: a path up to a `>` in quotes, a mechanism's name.
#[test]
fn a_cut_line_is_not_taken_for_the_whole() {
    let told = smtp(
        r#"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| AUTH PLAI
        C~ 3
        S: 334
        C: AGFsaWNlAHNlY3JldA==
        S: 235 in
        C: MAIL FROM:<a@x>
        S: 250 sender
        C| RCPT TO:<"b\\">
        C~ 7
        S: 250 recipient
        C| RCPT TO:<c@y>
        C~ 2
        S: 250 recipient
        C: DATA
        S: 354 go
        C: text
        C: .
        S: 250 taken
    "#,
    );
    let login = &told.credentials[0];
    assert_eq!(
        (login.mechanism.as_str(), login.username.as_deref()),
        ("AUTH PLAIN", Some(&b"alice"[..])),
        "by its form"
    );
    let secrets: Vec<&str> = told.steps.iter().flat_map(|step| &step.secrets).map(String::as_str).collect();
    assert_eq!(secrets, ["AGFsaWNlAHNlY3JldA=="]);
    assert_eq!(messages(&told), ["a@x > c@y=250: 6 accepted"]);
}

/// Only DATA can begin with these letters, and what follows its 354 is a message.
#[test]
fn half_of_data_is_data() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: MAIL FROM:<a@x>
        S: 250 sender
        C| DA
        C~ 2
        C| \r\n
        S: 354 go
        C: RSET
        C: .
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > : 6 accepted"]);
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "DA 354", "QUIT 221"]);
    // Where the 354 is missing too, the message may be as well, and the next line may belong to anything.
    let told =
        smtp("S: 220 x\nC: EHLO a\nS: 250 x\nC| DA\nC~ 80\nS~ 8\nC: a@x>\nS: 250 sender\nC: RCPT TO:<b@y>\nS: 250 ok");
    assert_eq!(messages(&told), [""; 0]);
    assert_eq!(answered(&told), ["EHLO 250", "RCPT 250"]);
}

/// A response with two gaps: the rest of it is not a command, and is hidden.
#[test]
fn a_response_with_two_gaps() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: AUTH PLAIN
        S: 334
        C~ 3
        C| vdm
        C~ 20
        S: 535 no
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "AUTH", "QUIT"]);
    let secrets: Vec<&str> = told.steps.iter().flat_map(|step| &step.secrets).map(String::as_str).collect();
    assert_eq!(secrets, ["vdm"]);
    assert_eq!(told.credentials[0].outcome, crate::protocol::event::LoginOutcome::Rejected);
    assert_eq!(told.stood_for(), told.said);
}

/// After a gap a server may or may not answer an unknown line: replies are given to other commands only where that
/// makes no difference.
#[test]
fn an_unknown_line_after_a_gap_may_be_answered() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: DATA
        S: 354 go
        C~ 40
        S: 250 taken
        C: RSET now please
        C: MAIL FROM:<a@x>
        C: RCPT TO:<b@y>
        C: RCPT TO:<c@y>
        C: DATA
        S: 501 no
        S: 250 sender
        S: 550 recipient
        S: 250 recipient
        S: 354 go
        C: text
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(messages(&told)[1..], ["a@x > b@y=?, c@y=?: 6 accepted"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("DATA 354"));
}

/// After a refusal that answered the beginning of a line, the rest of that line is not a command, and may be half a
/// password.
#[test]
fn the_rest_of_a_refused_login_is_hidden() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: AUTH LOGIN
        S: 334
        C~ 30
        S: 535 no
        C: IN YWxpY2U=
        C: c2VjcmV0
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "AUTH", "QUIT"]);
    let secrets: Vec<&str> = told.steps.iter().flat_map(|step| &step.secrets).map(String::as_str).collect();
    assert_eq!(secrets, ["IN YWxpY2U=", "c2VjcmV0"]);
}

/// What a line is stands in its first words: a recipient whose address is cut is one, of which nobody knows the name.
#[test]
fn the_first_words_of_a_torn_line_decide() {
    let told = smtp(
        "S: 220 x\nC: EHLO a\nS: 250 x\nC: MAIL FROM:<a@x>\nS: 250 ok\nC| RCPT TO:<al\nC~ 9\nS: 250 ok\nC: DATA\nS| 354 g\nS~ 3\nC: text\nC: .\nS: 250 taken",
    );
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RCPT 250", "DATA 354"]);
    assert_eq!(told.messages.len(), 1);
}
