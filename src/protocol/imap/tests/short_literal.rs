//! Bodies that are shorter than the server announced, and messages that only hold such lines.

use super::{answers, messages, played};
use crate::limits::{HELD_BODY_BYTES, Limit};
use crate::protocol::event::{ContentEnd, Kind};
use crate::protocol::testing::{Recorder, talk};

/// Plays a FETCH of one message and what comes after it.
fn fetched(script: &str) -> Recorder {
    played(&format!("S: * PREAUTH hi\nC: s SELECT m\nS: s OK done\nC: a1 FETCH 1 BODY[]\n{script}"))
}

/// The messages of a conversation that ends with a body of which 8 octets came, `Hi\r\nyou\r\n` among them as `text`.
fn announced(octets: usize, text: &str, end: &str, rest: &str) -> Recorder {
    fetched(&format!("S: * 1 FETCH (BODY[] {{{octets}}}\nS| {text}{end}\\r\\n\nS: a1 OK FETCH done\n{rest}"))
}

const NEXT: &str = "C: a2 NOOP\nS: a2 OK done\nC: a3 LOGOUT\nS: * BYE bye\nS: a3 OK done";

#[test]
fn a_body_ends_before_the_reply_that_the_client_takes_for_one() {
    for octets in [10, 11, 12, 13, 14, 15, 18, 29, 30, 31, 40, 4021] {
        for (rest, replies) in [(NEXT, "NOOP OK, LOGOUT OK"), ("", ""), ("C~ 9\nS: * BYE bye", "")] {
            let told = announced(octets, "Hi\\r\\nyou\\r\\n", ")", rest);
            assert_eq!(messages(&told), ["m 1/? whole: Hi\\r\\nyou\\r\\n…"], "{octets} {rest}");
            assert_eq!(told.messages[0].end, Some(ContentEnd::Unfinished));
            let content = told.steps.iter().find(|step| step.kind == Kind::Data).expect("content");
            assert_eq!((content.bytes, content.announced), (12, Some(octets as u64)));
            let replies: Vec<_> = replies.split(", ").filter(|reply| !reply.is_empty()).collect();
            assert_eq!(answers(&told), [&["SELECT OK", "FETCH OK"], &replies[..]].concat(), "{octets} {rest}");
        }
    }
}

#[test]
fn a_body_may_end_within_a_line() {
    for octets in [10, 11, 12, 19, 4021] {
        for end in [")", " UID 7)", " FLAGS (\\Seen) UID 7)"] {
            let told = announced(octets, "Hi\\r\\n(you)", end, NEXT);
            let uid = if end == ")" { "?" } else { "7" };
            assert_eq!(messages(&told), [format!("m 1/{uid} whole: Hi\\r\\n(you)…")], "{octets}{end}");
            assert_eq!(answers(&told), ["SELECT OK", "FETCH OK", "NOOP OK", "LOGOUT OK"]);
        }
    }
}

#[test]
fn a_body_that_swallows_the_responses_after_it_ends_before_them() {
    for octets in [12, 40, 50] {
        let told = fetched(&format!(
            "S: * 1 FETCH (BODY[] {{{octets}}}\nS| Hi\\r\\nyou\\r\\n)\\r\\n\nS: * 2 FETCH (BODY[] {{{octets}}}\n\
             S| No\\r\\nyou\\r\\n)\\r\\n\nS: a1 OK done\n{NEXT}"
        ));
        assert_eq!(messages(&told), ["m 1/? whole: Hi\\r\\nyou\\r\\n…", "m 2/? whole: No\\r\\nyou\\r\\n…"], "{octets}");
        assert_eq!(answers(&told), ["SELECT OK", "FETCH OK", "NOOP OK", "LOGOUT OK"]);
    }
}

#[test]
fn a_message_that_holds_what_a_server_said_is_not_cut() {
    let log = "Log:\\r\\n* 1 FETCH (BODY[] {9}\\r\\nx\\r\\n)\\r\\na1 OK FETCH done\\r\\n";
    let octets = log.replace("\\r\\n", "__").len();
    let whole = format!("m 1/? whole: {log}");
    // All at once; cut right after the reply; and with the client pipelining there.
    for more in ["", "bye\\r\\n", "* 2 EXISTS\\r\\n", ")\\r\\n", "\\r\\n", "a2 BAD x"] {
        let octets = octets + more.replace("\\r\\n", "__").len();
        for between in ["", "\nS| ", "\nC: a2 NOOP\nS| "] {
            let after = if between.contains('C') { "" } else { "C: a2 NOOP\n" };
            let told = fetched(&format!(
                "S: * 1 FETCH (BODY[] {{{octets}}}\nS| {log}{between}{more})\\r\\n\nS: a1 OK done\n{after}S: a2 OK done"
            ));
            // Where the client has gone on and a response comes, only the octets after it could tell.
            if between.contains('C') && ["* 2 EXISTS\\r\\n", "a2 BAD x"].contains(&more) {
                continue;
            }
            assert_eq!(messages(&told), [format!("{whole}{more}")], "{between}{more}");
            assert_eq!(answers(&told), ["SELECT OK", "FETCH OK", "NOOP OK"], "{between}{more}");
        }
    }
    let told = fetched(&format!("S: * 1 FETCH (BODY[] {{999}}\nS| {log}more"));
    assert_eq!(messages(&told), [format!("{whole}more…")], "cut elsewhere");
    let told = fetched(&format!("S: * 1 FETCH (BODY[] {{999}}\nS| {log}\nS~ 5\nS| more"));
    assert_eq!(told.messages[0].missing, 5);
}

#[test]
fn what_is_held_back_is_bounded() {
    let lines = "x".repeat(99) + "\\r\\n";
    let log = format!(")\\r\\na1 OK FETCH done\\r\\n{}", lines.repeat(HELD_BODY_BYTES / 100));
    let octets = log.replace("\\r\\n", "__").len();
    let script = format!(
        "S: * PREAUTH hi\nC: a1 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{{octets}}}\nS| {log})\\r\\n\nS: a1 OK done"
    );
    let told = talk(super::Dialogue::new(), &script);
    assert_eq!(told.limits, [Limit::HeldBodies]);
    assert_eq!((told.messages[0].content.len(), told.messages[0].end), (octets, Some(ContentEnd::Complete)));
}
