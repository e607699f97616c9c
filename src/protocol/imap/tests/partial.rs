//! Messages that are fetched in pieces.

use super::{messages, played};
use crate::limits::{Limit, PARTIAL_BYTES, PARTIAL_COMMANDS, PARTIAL_ITEMS, PARTIAL_MESSAGES};
use crate::protocol::testing::{Recorder, talk};

/// Plays `script` with a mailbox selected.
fn selected(script: &str) -> Recorder {
    played(&format!("S: * PREAUTH hi\nC: s SELECT m\nS: s OK done\n{script}"))
}

#[test]
fn pieces_in_order_are_one_message() {
    let told = selected(
        r#"
        C: 1 UID FETCH 7 (UID RFC822.SIZE BODY.PEEK[]<0.4>)
        S: * 2 FETCH (UID 7 RFC822.SIZE 10 BODY[]<0> {4}
        S| abcd)\r\n
        S: 1 OK done
        C: 2 UID FETCH 7 (UID BODY.PEEK[]<4.4>)
        S: * 2 FETCH (UID 7 BODY[]<4> {4}
        S| efgh)\r\n
        S: 2 OK done
        C: 3 UID FETCH 7 (UID BODY.PEEK[]<8.4>)
        S: * 2 FETCH (BODY[]<8> {2}
        S| ij UID 7)\r\n
        S: 3 OK done
        "#,
    );
    assert_eq!(messages(&told), ["m 2/7 whole: abcdefghij"]);
    let message = &told.messages[0];
    let steps = &message.outcome.as_ref().expect("an outcome").steps;
    let all = message.start.steps.iter().chain(steps).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(all.into_iter().copied().collect::<Vec<_>>(), [4, 5, 6, 8, 9, 10, 12, 13, 14]);
}

#[test]
fn the_end_is_known_by_a_short_piece_an_empty_one_or_the_size() {
    let one = |script: &str| messages(&selected(script)).concat();
    // The first piece is short.
    assert_eq!(one("C: 1 FETCH 2 BODY[]<0.9>\nS: * 2 FETCH (BODY[]<0> {4}\nS| abcd)\\r\\n"), "m 2/? whole: abcd");
    // Nothing shows the end.
    assert_eq!(one("C: 1 FETCH 2 BODY[]<0.4>\nS: * 2 FETCH (BODY[]<0> {4}\nS| abcd)\\r\\n"), "m 2/? bytes 0-3: abcd");
    // The command is not in the capture.
    assert_eq!(one("S: * 2 FETCH (BODY[]<0> {4}\nS| abcd)\\r\\n"), "m 2/? bytes 0-3: abcd");
    for size in ["S: * 2 FETCH (RFC822.SIZE 4 FLAGS ())\n", "S: * 2 FETCH (UID 8 RFC822.SIZE 4)\n"] {
        let script = format!("{size}C: 1 FETCH 2 BODY[]<0.4>\nS: * 2 FETCH (UID 8 BODY[]<0> {{4}}\nS| abcd)\\r\\n");
        assert_eq!(one(&script), "m 2/8 whole: abcd");
    }
    let after = "C: 1 FETCH 2 BODY[]<0.4>\nS: * 2 FETCH (BODY[]<0> {4}\nS| abcd RFC822.SIZE 4 UID 9)\\r\\n";
    assert_eq!(one(after), "m 2/9 whole: abcd");
    for empty in ["{0}\nS: )", "\"\")", "NIL)"] {
        let script = format!(
            "C: 1 FETCH 2 BODY[]<0.4>\nS: * 2 FETCH (BODY[]<0> {{4}}\nS| abcd)\\r\\n\nC: 2 FETCH 2 BODY[]<4.4>\nS: * 2 FETCH (BODY[]<4> {empty}\n"
        );
        assert_eq!(one(&script), "m 2/? whole: abcd", "{empty}");
    }
    // RFC822.SIZE says that more must come, so a short piece is not the end.
    let more = "S: * 2 FETCH (RFC822.SIZE 6)\nC: 1 FETCH 2 BODY[]<0.9>\nS: * 2 FETCH (BODY[]<0> {4}\nS| abcd)\\r\\n\nC: 2 FETCH 2 BODY[]<4.9>\nS: * 2 FETCH (BODY[]<4> \"ef\")";
    assert_eq!(one(more), "m 2/? whole: abcdef");
}

#[test]
fn pieces_come_in_any_order_and_more_than_once() {
    let told = selected(
        r#"
        C: 1 FETCH 1 BODY[]<4.4>
        C: 2 FETCH 1 BODY[]<8.4>
        C: 3 FETCH 1 BODY[]<0.4>
        S: * 1 FETCH (BODY[]<4> {4}
        S| efgh)\r\n
        S: 1 OK done
        S: * 1 FETCH (BODY[]<8> {1}
        S| i UID 5)\r\n
        S: 2 OK done
        S: * 1 FETCH (BODY[]<0> {4}
        S| abcd)\r\n
        S: 3 OK done
        "#,
    );
    assert_eq!(messages(&told), ["m 1/? bytes 4-7: efgh", "m 1/5 bytes 8-8: i", "m 1/5 whole: abcdefghi"]);
    let steps = &told.messages[2].outcome.as_ref().expect("an outcome").steps;
    assert_eq!(steps.as_slice(), [4, 5, 6, 7, 8, 10, 11, 14, 15]);
    let told = selected(
        r#"
        C: 1 FETCH 1 BODY[]<0.4>
        S: * 1 FETCH (BODY[]<0> "abcd")
        C: 2 FETCH 1 BODY[]<0.4>
        S: * 1 FETCH (BODY[]<0> "abcd")
        C: 3 FETCH 1 BODY[]<2.4>
        S: * 1 FETCH (BODY[]<2> {4}
        S| cdef)\r\n
        C: 4 FETCH 1 BODY[]<5.4>
        S: * 1 FETCH (BODY[]<5> "fgh")
        "#,
    );
    assert_eq!(messages(&told), ["m 1/? whole: abcdefgh", "m 1/? bytes 0-3: abcd"]);
    let told = selected("C: 1 FETCH 1 BODY[]<0.2>\nS: * 1 FETCH (BODY[]<0> \"ab\")\nS: * 1 FETCH (BODY[]<3> \"d\")");
    assert_eq!(messages(&told), ["m 1/? bytes 0-1: ab", "m 1/? bytes 3-3: d"], "a gap stays one");
}

#[test]
fn messages_and_sections_are_kept_apart() {
    let told = selected(
        r#"
        C: 1 UID FETCH 7,8 (BODY[]<0.2> BODY[TEXT]<0.1> BODY[1.2]<0.2> BINARY[1.2]<0.2>)
        S: * 1 FETCH (UID 7 BODY[]<0> {2}
        S| ab BODY[TEXT]<0> "b" BODY[1.2]<0> "12" BINARY[1.2]<0> ~{2}\r\n12)\r\n
        S: * 2 FETCH (UID 8 BODY[]<0> "AB")
        C: 2 UID FETCH 8 BODY[]<2.2>
        S: * 2 FETCH (UID 8 BODY[]<2> "C")
        C: 3 UID FETCH 7 (BODY[]<2.2> BODY[1.2]<2.2>)
        S: * 1 FETCH (UID 7 BODY[]<2> "c" BODY[1.2]<2> "3")
        S: * 3 FETCH (BODY[HEADER.FIELDS (TO)]<0> "To: a" BODY[HEADER.FIELDS (CC)]<5> "Cc: b")
        "#,
    );
    assert_eq!(
        messages(&told),
        [
            "m 1/7 whole: abc",
            "m 1/7 text, bytes 0-0: b",
            "m 1/7 section 1.2: 123",
            "m 1/7 section 1.2, bytes 0-1: 12",
            "m 2/8 whole: ABC",
            "m 3/? header fields, bytes 0-4: To: a",
            "m 3/? header fields, bytes 5-9: Cc: b",
        ]
    );
}

#[test]
fn numbers_follow_what_is_expunged() {
    let pieces = |between: &str, number: u32| {
        messages(&selected(&format!(
            "C: 1 FETCH 5 BODY[]<0.2>\nS: * 5 FETCH (BODY[]<0> \"ab\")\nS: 1 OK done\n{between}\nC: 2 FETCH {number} BODY[]<2.2>\nS: * {number} FETCH (BODY[]<2> \"c\")"
        )))
    };
    let apart = ["m 5/? bytes 0-1: ab", "m 5/? bytes 2-2: c"];
    assert_eq!(pieces("", 5), ["m 5/? whole: abc"]);
    assert_eq!(pieces("S: * 3 EXPUNGE", 4), ["m 5/? whole: abc"]);
    assert_eq!(pieces("S: * 6 EXPUNGE", 5), ["m 5/? whole: abc"]);
    assert_eq!(pieces("S: * 5 EXPUNGE", 5), apart, "another message");
    assert_eq!(pieces("S: * 3 EXPUNGE", 5), apart);
    assert_eq!(pieces("S: * VANISHED 300", 5), apart, "nobody knows which it is now");
    assert_eq!(pieces("S~ 40", 5), apart);
    let again = "C: 3 SELECT m\nS: 3 OK done";
    assert_eq!(pieces(again, 5), apart);
}

#[test]
fn a_header_and_its_text_are_a_message() {
    let told = selected(
        r#"
        C: 1 FETCH 1:2 BODY.PEEK[HEADER]
        S: * 1 FETCH (BODY[HEADER] {2}
        S| h\n UID 6)\r\n
        S: * 2 FETCH (BODY[HEADER] {2}
        S| H\n UID 7)\r\n
        S: 1 OK done
        C: 2 UID FETCH 6 BODY[TEXT]
        S: * 1 FETCH (UID 6 BODY[TEXT] {4}
        S| text)\r\n
        C: 3 FETCH 2 RFC822.TEXT
        S: * 2 FETCH (RFC822.SIZE 6 RFC822.TEXT {5}
        S| other)\r\n
        "#,
    );
    assert_eq!(
        messages(&told),
        [
            "m 1/6 headers: h\\n",
            "m 2/7 headers: H\\n",
            "m 1/6 text: text",
            "m 1/6 whole: h\\ntext",
            "m 2/? text: other"
        ]
    );
    assert_eq!(told.messages[3].start.steps, [4, 5, 6, 12, 13]);
}

#[test]
fn what_is_missing_of_a_piece_is_missing_of_the_message() {
    let told = selected(
        "C: 1 FETCH 1 BODY[]<0.4>\nS: * 1 FETCH (UID 1 BODY[]<0> {4}\nS| a\nS~ 2\nS| d)\\r\\n\nC: 2 FETCH 1 BODY[]<4.4>\nS: * 1 FETCH (UID 1 BODY[]<4> \"e\")",
    );
    assert_eq!((messages(&told), told.messages[0].missing), (vec!["m 1/1 whole: ade…".to_owned()], 2));
    // The client tries again.
    let told = selected(
        "C: 1 FETCH 1 BODY[]<0.4>\nS: * 1 FETCH (UID 1 BODY[]<0> {4}\nS| a\nS~ 2\nS| d)\\r\\n\nS: 1 OK done\nC: 2 FETCH 1 BODY[]<0.9>\nS: * 1 FETCH (UID 1 BODY[]<0> \"abcde\")",
    );
    assert_eq!(messages(&told), ["m 1/1 bytes 0-3: ad…", "m 1/1 whole: abcde"]);
    let told = selected(
        "C: 1 FETCH 1 BODY[]<0.4>\nS: * 1 FETCH (UID 1 BODY[]<0> \"abcd\")\nS: * 1 FETCH (UID 1 BODY[]<4> {9}\nS| ef",
    );
    assert_eq!(messages(&told), ["m 1/1 bytes 0-12: abcdef…"]);
    let told = selected("S: * 1 FETCH (UID 1 BODY[]<4> {4}\nS| e\nS~ 2\nS| h)\\r\\n");
    assert_eq!((messages(&told), told.messages[0].missing), (vec!["m 1/1 bytes 4-7: eh…".to_owned()], 2));
}

#[test]
fn uids_alone_name_messages_too() {
    let told = selected(
        "C: 1 UID FETCH 25996 BODY[]<0.2>\nS: * 25996 UIDFETCH (BODY[]<0> \"ab\")\nC: 2 UID FETCH 25996 BODY[]<2.2>\nS: * 25996 UIDFETCH (BODY[]<2> {1}\nS| c FLAGS ())\\r\\n",
    );
    assert_eq!(messages(&told), ["m ?/25996 whole: abc"]);
}

#[test]
fn waiting_pieces_are_bounded_and_forgotten_ones_counted() {
    let many = PARTIAL_MESSAGES + 1;
    let begin: String = (1..=many).map(|uid| format!("S: * {uid} FETCH (UID {uid} BODY[]<0> \"ab\")\n")).collect();
    let last = format!("C: 2 UID FETCH {many} BODY[]<2.2>\nS: * {many} FETCH (UID {many} BODY[]<2> \"c\")\n");
    let first = "C: 3 UID FETCH 1 BODY[]<2.2>\nS: * 1 FETCH (UID 1 BODY[]<2> \"c\")\n";
    let told = talk(super::Dialogue::new(), &format!("S: * PREAUTH hi\n{begin}{last}"));
    assert!(messages(&told).contains(&format!("? {many}/{many} whole: abc")));
    assert_eq!(told.limits, []);
    let told = talk(super::Dialogue::new(), &format!("S: * PREAUTH hi\n{begin}{first}"));
    assert_eq!(told.limits, [Limit::PartialFetches], "the first was given up");
    assert_eq!(messages(&told)[0], "? 1/1 bytes 0-1: ab");

    let half = "x".repeat(PARTIAL_BYTES / 2);
    let piece = |origin: usize| format!("S: * 1 FETCH (BODY[]<{origin}> {{{}}}\nS| {half})\\r\\n\n", half.len());
    let told =
        talk(super::Dialogue::new(), &format!("S: * PREAUTH hi\n{}{}{}", piece(1), piece(half.len() + 1), piece(0)));
    assert_eq!(told.limits, [Limit::PartialFetches], "there is no room for two");
    assert!(told.messages.iter().all(|message| message.complete == Some(true)));
    let sizes: Vec<_> = told.messages.iter().map(|message| message.content.len()).collect();
    assert_eq!(sizes, [half.len(), half.len(), half.len() + 1], "the last goes on with one byte of the first");
}

/// Only the length that the command asks for shows that a piece is the last one.
#[test]
fn commands_and_pieces_beyond_the_bounds_are_counted() {
    let whole_of_last = |many: usize| {
        let asked: String = (1..=many).map(|n| format!("C: {n} UID FETCH {n} BODY[]<0.9>\n")).collect();
        selected(&format!("{asked}S: * {many} FETCH (UID {many} BODY[]<0> \"ab\")\n"))
    };
    let told = whole_of_last(PARTIAL_COMMANDS);
    assert_eq!((messages(&told), told.limits), (vec![format!("m {0}/{0} whole: ab", PARTIAL_COMMANDS)], vec![]));
    let many = PARTIAL_COMMANDS + 1;
    let told = whole_of_last(many);
    assert_eq!(messages(&told), [format!("m {many}/{many} bytes 0-1: ab")]);
    assert_eq!(told.limits, [Limit::PartialFetches]);

    let pieces_of_one = |many: usize| {
        let asked: String = (1..=many).map(|part| format!(" BODY[{part}]<0.9>")).collect();
        selected(&format!("C: 1 FETCH 1 ({})\nS: * 1 FETCH (BODY[{many}]<0> \"ab\")\n", asked.trim_start())).limits
    };
    assert_eq!(pieces_of_one(PARTIAL_ITEMS), []);
    assert_eq!(pieces_of_one(PARTIAL_ITEMS + 2), [Limit::PartialFetches; 2]);
}
