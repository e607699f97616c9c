//! Where a message ends, and what becomes of it.

use super::*;

fn after_the_354(script: &str) -> Recorder {
    smtp(&[OPENING, ENVELOPE, script].concat())
}

#[test]
fn dots_are_unstuffed_and_an_empty_message_is_one() {
    let told = after_the_354(
        r"
        C: ..leading
        C: ...
        C: .
        S: 250 taken
        C: DATA
        S: 354 go
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(told.messages[0].content, b".leading\r\n..\r\n");
    assert_eq!(messages(&told), ["a@x > b@y=250: 14 accepted", "? > : 0 accepted"]);
}

#[test]
fn a_message_refused_after_its_dot() {
    let told = after_the_354(
        r"
        C: text
        C: .
        S: 550-This message
        S: 550 contains malware
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6 rejected"]);
    let reply = told.messages[0].outcome.as_ref().and_then(|outcome| outcome.reply.clone());
    assert_eq!(reply.as_deref(), Some(b"550-This message\n550 contains malware".as_slice()));
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

#[test]
fn bare_line_feeds_end_it_where_the_server_takes_them() {
    let told = smtp(
        r"
        S: 220 x
        C| HELO a\n
        S: 250 x
        C| MAIL FROM:<a@x>\n
        S: 250 sender
        C| RCPT TO:<b@y>\n
        S: 250 recipient
        C| DATA\n
        S: 354 go
        C| one\n..two\n.\n
        S: 250 taken
        C| QUIT\n
        S: 221 bye
    ",
    );
    assert_eq!(told.messages[0].content, b"one\n.two\n");
    assert_eq!(messages(&told), ["a@x > b@y=250: 9 accepted"]);
    assert_eq!(answered(&told)[4..], ["QUIT 221"]);
}

/// A dot between bare LFs, text and commands behind it in the same packet. One reply, then the client goes on: the
/// server took the last dot only, and what looks like commands is text.
#[test]
fn bare_line_feeds_do_not_end_it_where_the_server_waits_for_more() {
    let told = after_the_354(
        r"
        C| one\n.\nMAIL FROM:<evil@x>\r\ntwo\r\n.\r\n
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.messages[0].content, b"one\n.\nMAIL FROM:<evil@x>\r\ntwo\r\n");
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(messages(&told), ["a@x > b@y=250: 31 accepted"]);
}

/// The same bytes to a server that takes the first dot: it answers each of the commands behind it. This is smuggling.
#[test]
fn bare_line_feeds_end_it_where_the_server_answers_what_follows() {
    let told = after_the_354(
        r"
        C| one\n.\nMAIL FROM:<evil@x>\r\nRCPT TO:<b@y>\r\nDATA\r\ntwo\r\n.\r\n
        S| 250 taken\r\n250 sender\r\n250 recipient\r\n354 go\r\n250 taken\r\n
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 4 accepted", "evil@x > b@y=250: 5 accepted"]);
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[test]
fn a_server_that_refuses_before_the_dot_and_goes_on_after_it() {
    let told = after_the_354(
        r"
        C: one
        S: 552 too much
        C: two
        C: .
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 10 rejected"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

#[test]
fn the_session_ends_within_the_message() {
    let told = after_the_354("C: one\nC| tw");
    assert_eq!(messages(&told), ["a@x > b@y=250: 7… unknown"]);
}

#[test]
fn the_session_ends_before_the_reply() {
    let told = after_the_354("C: one\nC: .");
    assert_eq!(messages(&told), ["a@x > b@y=250: 5 unknown"]);
}

#[test]
fn prdr_announces_a_reply_for_each_recipient_and_one_for_all() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S| 250-x\r\n250 PRDR\r\n
        C| MAIL FROM:<a@x> PRDR\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n
        S| 250 ok\r\n250 b\r\n250 c\r\n354 go\r\n
        C| text\r\n.\r\nQUIT\r\n
        S| 353 PRDR content analysis beginning\r\n250 b wants it\r\n550 c does not\r\n250 OK id=1\r\n221 bye\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250/250, c@y=250/550: 6 partly"]);
    let reply = told.messages[0].outcome.as_ref().and_then(|outcome| outcome.reply.clone());
    assert_eq!(reply.as_deref(), Some(b"250 OK id=1".as_slice()));
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}

/// The capture begins when most of a message has crossed.
#[test]
fn a_capture_that_begins_within_a_message() {
    let told = smtp(
        r"
        C: the last words
        C: of a message
        C: .
        S: 250 taken
        C: MAIL FROM:<a@x>
        S: 250 sender
    ",
    );
    assert_eq!(
        told.rows(),
        ["1 C Data ", "2 S Reply 250 taken -> 1", "3 C Command [MAIL] MAIL FROM:<a@x>", "4 S Reply 250 sender -> 3",]
    );
    assert_eq!(messages(&told), ["? > : 30… accepted"]);
}

#[test]
fn a_354_to_a_data_that_was_not_captured() {
    let told = smtp(
        "
        S: 354 go
        C: text
        C: .
        S: 250 taken
    ",
    );
    assert_eq!(messages(&told), ["? > : 6 accepted"]);
}
