//! BDAT (RFC 3030): content by count.

use super::*;
use crate::protocol::event::Subject;
use crate::protocol::smtp;

const READY: &str = "
    S: 220 x
    C: EHLO a
    S: 250 x
    C: MAIL FROM:<a@x>
    S: 250 sender
    C: RCPT TO:<b@y>
    S: 250 recipient
";

fn after_the_envelope(script: &str) -> Recorder {
    smtp(&[READY, script].concat())
}

#[test]
fn several_chunks_are_one_message() {
    let told = after_the_envelope(
        r"
        C| BDAT 10\r\nfirst line
        S: 250 10 octets
        C| BDAT 9\r\n\r\n.\r\nQUIT
        S: 250 9 octets
        C| BDAT 2 LAST\r\n\r\n
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 21 accepted"]);
    assert_eq!(told.messages[0].content, b"first line\r\n.\r\nQUIT\r\n");
    assert_eq!(
        told.rows()[7..],
        [
            "8 C Command [BDAT] BDAT 10",
            "9 C Data ",
            "10 S Reply 250 10 octets -> 8",
            "11 C Command [BDAT] BDAT 9",
            "12 C Data ",
            "13 S Reply 250 9 octets -> 11",
            "14 C Command [BDAT] BDAT 2 LAST",
            "15 C Data ",
            "16 S Reply 250 taken -> 14",
            "17 C Command [QUIT] QUIT",
            "18 S Reply 221 bye -> 17",
        ]
    );
    assert_eq!(told.steps[8].subject, Subject::Smtp(smtp::Subject::Chunk { last: false }));
    assert_eq!(told.messages[0].start.steps, [4, 6, 8]);
    assert_eq!(told.messages[0].outcome.as_ref().expect("an outcome").steps, [9, 11, 12, 14, 15, 16]);
}

#[test]
fn an_empty_last_chunk() {
    let told = after_the_envelope(
        r"
        C| BDAT 4\r\ntextBDAT 0 LAST\r\n
        S: 250 4 octets
        S: 250-taken
        S: 250 in several lines
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 4 accepted"]);
    assert_eq!(answered(&told)[3..], ["BDAT 250", "BDAT 250", "QUIT 221"]);
}

#[test]
fn chunks_pipelined_with_their_envelope_and_the_next_message() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 3\r\noneBDAT 3 LAST\r\ntwoMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nBDAT 5 LAST\r\nthree
        S| 250 sender\r\n250 recipient\r\n250 3 octets\r\n250 taken\r\n250 sender\r\n550 recipient\r\n554 no recipients\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6 accepted", "c@x > d@y=550: 5 rejected"]);
    assert_eq!(told.messages[1].start.steps.len(), 3);
}

#[test]
fn a_refused_chunk_still_carries_its_octets() {
    let told = smtp(
        r"
        S: 220 x
        C: EHLO a
        S: 250 x
        C: MAIL FROM:<a@x>
        S: 250 sender
        C| BDAT 12 LAST\r\nQUIT\r\nRSET\r\n
        S: 554 no valid recipients
        C: RSET
        S: 250 ok
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "MAIL", "BDAT", "RSET", "QUIT"]);
    assert_eq!(messages(&told), ["a@x > : 12 rejected"]);
}

#[test]
fn a_refusal_in_the_middle_of_the_octets() {
    let told = after_the_envelope(
        r"
        C| BDAT 8 LAST\r\nfour
        S: 552 too much
        C| moreQUIT\r\n
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 8 rejected"]);
    assert_eq!(answered(&told)[3..], ["BDAT 552", "QUIT 221"]);
}

#[test]
fn one_refused_chunk_is_enough() {
    let told = after_the_envelope(
        r"
        C| BDAT 3\r\noneBDAT 3 LAST\r\ntwo
        S: 452 no room
        S: 503 start again
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6 deferred"]);
    assert_eq!(
        told.messages[0].outcome.as_ref().expect("an outcome").reply.as_deref(),
        Some(b"452 no room".as_slice())
    );
}

#[test]
fn a_message_given_up_after_its_first_chunk() {
    let told = after_the_envelope(
        r"
        C| BDAT 5\r\nab\r\nc
        S: 250 5 octets
        C: RSET
        S: 250 ok
        C: MAIL FROM:<c@x>
        S: 250 sender
        C| BDAT 3 LAST\r\nnew
        S: 250 taken
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 5… unknown", "c@x > : 3 accepted"]);
}

/// Servers refuse these, so the next bytes are a command.
#[test]
fn a_malformed_bdat_carries_nothing() {
    for bdat in [
        "BDAT 5 X",
        "BDAT",
        "BDAT SCRAMBLE",
        "BDAT -5",
        "BDAT 15555555557777777777 LAST\\r",
        "BDAT 9223372036854775808",
    ] {
        let told =
            after_the_envelope(&format!("C| {bdat}\\r\\nQUIT\\r\\n\nS: 521 Syntax: BDAT count [LAST]\nS: 221 bye\n"));
        assert_eq!(told.commands()[3..], ["BDAT", "QUIT"], "{bdat}");
        assert_eq!(answered(&told)[3..], ["BDAT 521", "QUIT 221"], "{bdat}");
        assert!(told.messages.is_empty(), "{bdat}");
    }
}

#[test]
fn the_largest_size_there_is_takes_the_rest() {
    let told = after_the_envelope(
        r"
        C| BDAT 9223372036854775807 LAST\r\nQUIT\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6… unknown"]);
}

#[test]
fn octets_are_missing() {
    let told = after_the_envelope(
        r"
        C| BDAT 10 LAST\r\nfour
        C~ 4
        C| tw
        S: 250 taken
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 6… accepted"]);
    assert_eq!(told.messages[0].missing, 4);
    assert_eq!(told.commands()[3..], ["BDAT", "QUIT"]);
}

#[test]
fn octets_and_what_follows_them_are_missing() {
    let told = after_the_envelope(
        r"
        C| BDAT 10 LAST\r\nfour
        C~ 20
        C: rest of something
        C: QUIT
        S: 250 taken
        S: 250 whatever was in the gap
        S: 221 bye
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250: 4… accepted"]);
    assert_eq!(told.messages[0].missing, 6);
    assert_eq!(answered(&told)[3..], ["BDAT 250", "QUIT 221"]);
}

#[test]
fn lmtp_answers_the_last_chunk_once_for_each_recipient() {
    let told = lmtp(
        r"
        S: 220 x
        C: LHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nBDAT 4 LAST\r\ntextQUIT\r\n
        S| 250 sender\r\n250 one\r\n250 two\r\n250 one has it\r\n550 two does not\r\n221 bye\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=250/250, c@y=250/550: 4 partly"]);
    assert_eq!(answered(&told)[4..], ["BDAT 250", "BDAT 550", "QUIT 221"]);
}

/// The replies to RCPT come after the last chunk was sent, and decide how many replies the chunk gets.
#[test]
fn lmtp_refuses_a_recipient_that_was_pipelined_with_its_chunk() {
    let told = lmtp(
        r"
        S: 220 x LMTP
        C: LHLO a
        S: 250 x
        C| MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nBDAT 3 LAST\r\nx\r\nMAIL FROM:<d@x>\r\n
        S| 250 a\r\n550 b\r\n250 c\r\n250 taken\r\n250 d\r\n
        C| RCPT TO:<b@y>\r\nBDAT 3 LAST\r\nz\r\nQUIT\r\n
        S| 550 b\r\n503 nobody\r\n221 bye\r\n
    ",
    );
    assert_eq!(messages(&told), ["a@x > b@y=550, c@y=250/250: 3 accepted", "d@x > b@y=550: 3 rejected"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
}
