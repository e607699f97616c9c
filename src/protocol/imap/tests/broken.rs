//! Captures that begin in the middle, have gaps, or hold lines that no IMAP program sends.

use super::super::Dialogue;
use super::{answers, messages, played};
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::limits::{LINE_BYTES, Limit};
use crate::protocol::channel::Stack;
use crate::protocol::event::{Kind, LoginOutcome};
use crate::protocol::testing::{Recorder, talk};
use proptest::prelude::*;

#[test]
fn a_capture_begins_inside_a_literal() {
    let told = played(
        r#"
        S: dGV4dCDE47rDIDgN
        S: CnRleHQgxOO6wyA4
        S: )
        S: a3 OK Fetch completed
        C: a4 NOOP
        S: a4 OK done
        "#,
    );
    assert_eq!(
        told.rows(),
        [
            "1 S Unknown dGV4dCDE47rDIDgN\\nCnRleHQgxOO6wyA4\\n)",
            "2 S Reply a3 OK Fetch completed",
            "3 C Command [NOOP] a4 NOOP",
            "4 S Reply a4 OK done -> 3",
        ]
    );
}

#[test]
fn a_capture_begins_inside_an_append_and_an_idle() {
    let told = played(
        r#"
        C: line one of a letter
        C: please check the list
        C:
        S: a1 OK Append completed
        C: a2 IDLE
        S: + idling
        "#,
    );
    assert_eq!(told.rows()[0], "1 C Unknown line one of a letter\\nplease check the list\\n");
    assert_eq!(told.commands(), ["IDLE"]);
    let told = talk(
        Dialogue { greeted: true, ..Dialogue::default() },
        "S: * OK Still here\nC: DONE\nS: 16 OK IDLE completed\nC: 17 list \"\" \"Sent\"",
    );
    assert_eq!(told.commands(), ["DONE", "LIST"]);
    assert_eq!((told.steps[0].kind, told.banner), (Kind::Untagged, None));
}

#[test]
fn a_gap_is_one_step_and_its_bytes_are_in_no_other() {
    let told = played("C: a STARTTLS\nS: a OK go\nC| \\x16\\x03\\x01\\x00\\x05\nC~ 12\nS~ 34");
    let gaps = |told: &Recorder| -> Vec<_> {
        told.steps.iter().filter(|step| step.kind == Kind::Gap).map(|step| (step.from, step.bytes)).collect()
    };
    assert_eq!(gaps(&told), [(Side::Client, 12), (Side::Server, 34)]);

    let told = played("S: * 1 FETCH (BODY[] {20}\nS| 0123456\nS~ 10\nS| abc\nS: )");
    assert_eq!(gaps(&told), [(Side::Server, 10)]);
    let content = told.steps.iter().find(|step| step.kind == Kind::Data).expect("content");
    assert_eq!((content.bytes, told.messages[0].missing), (13, 10), "the line that ends the response is its end");
}

#[test]
fn one_side_alone_is_read() {
    let told = played(
        r#"
        S: * OK Ready
        S: C3 OK LOGIN completed
        S: * 21 EXISTS
        S: C7 OK [READ-WRITE] SELECT completed
        S: * 21 FETCH (UID 1320886124 BODY[] {4}
        S: abcd)
        S: C8 OK FETCH completed
        "#,
    );
    assert_eq!(answers(&told), [" OK", " OK", " OK"]);
    assert_eq!(messages(&told), ["? 21/1320886124 whole: abcd"]);
}

#[test]
fn a_gap_within_a_literal_is_counted() {
    let script = |gap: u32, after: &str| {
        format!(
            "S: * PREAUTH hi\nC: a1 FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {{10}}\nS| 123\nS~ {gap}\n{after}\nS: a1 OK done\n"
        )
    };
    let told = talk(Dialogue::new(), &script(4, "S: 890)"));
    assert_eq!((messages(&told), told.messages[0].missing), (vec!["? 1/? whole: 123890…".to_owned()], 4));
    assert_eq!(answers(&told), ["FETCH OK"]);
    assert_eq!(told.rows()[3..], ["4 S Gap ", "5 S Data ", "6 S Reply a1 OK done -> 2"]);

    let told = talk(Dialogue::new(), &script(7, "S: )"));
    assert_eq!((messages(&told), told.messages[0].missing), (vec!["? 1/? whole: 123…".to_owned()], 7));

    let told = talk(Dialogue::new(), &script(9, "S: half of a line"));
    assert_eq!(told.messages[0].missing, 7, "the other two are not of the message");
    assert_eq!(told.rows()[3..], ["4 S Gap ", "5 S Data ", "6 S Unknown half of a line", "7 S Reply a1 OK done -> 2"]);
}

#[test]
fn a_gap_in_a_line_ends_it() {
    let told = talk(
        Dialogue::new(),
        r#"
        S: * OK hi
        C| a1 LOGIN bob sec
        C~ 10
        C: rest of something
        C: a2 NOOP
        S: a1 OK in
        S| a2 O
        S~ 5
        S: * 3 EXISTS
        C| a3 LOGIN {3}\r\n
        S: + go
        C| b
        C~ 2
        C: a4 LOGOUT
        S| a4 OK bye b
        S~ 3
        "#,
    );
    assert_eq!(told.commands(), ["LOGIN", "NOOP", "LOGIN", "LOGOUT"]);
    assert!(told.credentials.is_empty(), "half a password is none");
    assert_eq!(told.steps[1].secrets, ["sec"]);
    assert_eq!(answers(&told), ["LOGIN OK", "LOGOUT OK"]);
    let gaps = told.steps.iter().filter(|step| step.kind == Kind::Gap).count();
    assert_eq!(gaps, 4);
}

#[test]
fn a_gap_while_a_literal_waits() {
    let told = talk(
        Dialogue::new(),
        "S: * PREAUTH hi\nC: a1 APPEND box {50}\nC~ 60\nC: tail of it\nC: a2 NOOP\nS: a1 OK done\nS: a2 OK done",
    );
    assert_eq!(told.commands(), ["APPEND", "NOOP"]);
    assert!(told.messages.is_empty());
}

#[test]
fn an_open_command_or_response_is_emitted_at_the_end() {
    let told =
        played("S: * OK hi\nC: a1 LOGIN bob secret\nC: a2 APPEND x {9+}\nC| 123\nS| * 1 FETCH (BODY[] {5}\\r\\n12");
    assert_eq!(told.credentials[0].outcome, LoginOutcome::Unknown);
    assert_eq!(messages(&told), ["x ?/? whole: 123…", "? 1/? whole: 12…"]);
    assert!(told.messages.iter().all(|message| message.outcome.is_some()));
    assert_eq!(told.rows()[4..], ["5 C Data ", "6 S Data "]);
    let told = played("S: * OK hi\nC| a1 LOGOU");
    assert_eq!(told.rows()[1], "2 C Unknown a1 LOGOU");
}

#[test]
fn bounds_are_counted() {
    let long = "x".repeat(LINE_BYTES);
    let told =
        talk(Dialogue::new(), &format!("S: * OK hi\nC: a1 NOOP {long}\nC: a2 SEARCH TEXT {{9999999+}}\nC| {long}"));
    assert_eq!(told.limits, [Limit::LineBytes, Limit::LineBytes]);
    assert_eq!(told.steps[1].text.len(), LINE_BYTES);
    let many: String = (0..5000).map(|n| format!("C: a{n} NOOP\n")).collect();
    let told = talk(Dialogue::new(), &many);
    assert_eq!(told.limits.len(), 5000 - 4096);
    let name = "x".repeat(5000);
    let told = talk(Dialogue::new(), &format!("S: * PREAUTH hi\nC: a1 APPEND {name} {{1+}}\nC: x"));
    assert_eq!((told.limits.as_slice(), &told.messages[0].start.mailbox), ([Limit::LineBytes].as_slice(), &None));
}

/// Lines that reach every corner of the dialogue when they are thrown at it in any order.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "* OK hi\r\n",
        "* PREAUTH x\r\n",
        "* BYE\r\n",
        "+ \r\n",
        "+ go\n",
        "a OK\r\n",
        "a NO [APPENDUID 1 2:3] x\r\n",
        "b BAD x\r\n",
        "a LOGIN bob {3}\r\n",
        "a LOGIN {3+}\r\n",
        "b AUTHENTICATE PLAIN\r\n",
        "AGEAYg==\r\n",
        "*\r\n",
        "a APPEND x {5}\r\n",
        "b APPEND x {5+}\r\n",
        " (\\Seen) {4+}\r\n",
        "\r\n",
        "a SELECT x\r\n",
        "b FETCH 1 BODY[]\r\n",
        "* 1 FETCH (BODY[] {3}\r\n",
        "* 2 FETCH (ENVELOPE (\"a\" {2}\r\n",
        ")\r\n",
        " UID 5)\r\n",
        " BODY[1] \"x\" UID {1}\r\n",
        "a IDLE\r\n",
        "DONE\r\n",
        "a STARTTLS\r\n",
        "b COMPRESS DEFLATE\r\n",
        "a LOGOUT\r\n",
        "\x16\x03\x01",
        "xyz",
        "* LIST () \"/\" {4}\r\n",
        "a X {7}\r\n",
        "abcde",
        "\"",
        "(",
        "{18446744073709551615}\r\n",
        "\0",
    ]);
    prop_oneof![4 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..20)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the two sides send, all of it becomes steps, in an order that [`Recorder`] accepts.
    #[test]
    fn nothing_that_is_said_can_hurt(said in prop::collection::vec((any::<bool>(), line(), 0_u64..40), 0..60)) {
        let (mut dialogue, mut told) = (Stack::new(Dialogue::new()), Recorder::default());
        for (packet, (client, bytes, gap)) in (1..).zip(&said) {
            let (side, at) = (if *client { Side::Client } else { Side::Server }, PacketRef { packet, time: Time::default() });
            match gap {
                1..3 => dialogue.gap(side, *gap, at, &mut told),
                _ => dialogue.data(side, bytes, at, &mut told),
            }
        }
        dialogue.end(&mut told);
        prop_assert!(told.messages.iter().all(|message| message.complete.is_some() && message.outcome.is_some()));
        prop_assert!(told.steps.len() <= 2 * said.len() + said.iter().map(|(_, bytes, _)| bytes.len()).sum::<usize>());
    }

    /// How the packets are cut makes no difference.
    #[test]
    fn cuts_make_no_difference(said in prop::collection::vec((any::<bool>(), line()), 0..30), size in 1_usize..9) {
        let play = |size: usize| {
            let (mut dialogue, mut told) = (Stack::new(Dialogue::new()), Recorder::default());
            for (client, bytes) in &said {
                let side = if *client { Side::Client } else { Side::Server };
                for piece in bytes.chunks(size) {
                    dialogue.data(side, piece, PacketRef { packet: 1, time: Time::default() }, &mut told);
                }
            }
            dialogue.end(&mut told);
            told
        };
        let (whole, pieces) = (play(usize::MAX), play(size));
        prop_assert_eq!(whole.rows(), pieces.rows());
        prop_assert_eq!(super::facts(&whole), super::facts(&pieces));
    }
}

/// Tells whether the steps from `first` on are parts of lines.
fn parts(script: &str, first: usize) -> Vec<String> {
    let told = played(script);
    let what = |step: &crate::protocol::testing::Told| match &step.subject {
        crate::protocol::event::Subject::Cut => "part".to_owned(),
        crate::protocol::event::Subject::Imap(subject) => format!("{:?}", subject.what),
        other => format!("{other:?}"),
    };
    told.steps[first..].iter().map(what).collect()
}

#[test]
fn a_line_that_a_gap_has_torn_is_not_foreign() {
    let begun = "S: * PREAUTH hi\nC: a1 NOOP\n";
    let cut = |what: &str| parts(&format!("{begun}{what}\nS: a1 OK done"), 2);
    assert_eq!(cut("S| * 2 FETCH (FLAGS (\\\\Seen\nS~ 9\nS: ))")[..2], ["Untagged(Fetch)", "Gap(9)"]);
    assert_eq!(cut("S| * 2 FETCH (FLAGS (\\\\Seen\nS~ 9\nS: ))")[2], "part");
    assert_eq!(cut("S| * LIST () \"/\" IN\nS~ 9")[0], "Untagged(List)");
    assert_eq!(cut("S| * OK [UIDNEXT 5] Predic\nS~ 9")[0], "Untagged(Ok(Some(UidNext)))");
    assert_eq!(cut("S| * 2 FET\nS~ 9")[0], "part");
    assert_eq!(
        cut("S| * 2 FETCH (BODY[] {2}\\r\\nab UID\nS~ 9")[..3],
        ["Untagged(Fetch)", "Content { verb: Fetch, octets: 2 }", "Untagged(Fetch)"]
    );
    assert_eq!(parts(&format!("{begun}S| a1 OK do\nS~ 9"), 2)[0], "Tagged { to: Some(Noop), status: Ok, code: None }");
    assert_eq!(parts(&format!("{begun}C| a2 FET\nC~ 9\nC: x\nC: a3 NOOP"), 2)[..3], ["part", "Gap(9)", "part"]);
}

#[test]
fn an_ok_in_mid_session_is_no_greeting() {
    use crate::protocol::Dialogue as _;
    let first = |line: &str| {
        let mut dialogue = Dialogue::new();
        dialogue.beginning(false);
        let told = talk(dialogue, &format!("S: {line}\nC: a1 NOOP\nS: a1 OK done"));
        assert_eq!(answers(&told), ["NOOP OK"]);
        (told.steps[0].kind, told.banner.is_some())
    };
    for line in ["* OK Still here", "* OK [UIDNEXT 5] Predicted next UID", "* BYE shutting down", "* 5 EXISTS"] {
        assert_eq!(first(line), (Kind::Untagged, false), "{line}");
    }
    for line in ["* OK [CAPABILITY IMAP4rev1] Dovecot ready.", "* OK IMAP4rev1 Service Ready", "* PREAUTH hi"] {
        assert_eq!(first(line), (Kind::Greeting, true), "{line}");
    }
}
