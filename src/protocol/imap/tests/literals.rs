//! Literals and bodies: where they begin, where they end, and whose they are.

use super::{answers, messages, played};
use crate::protocol::event::{ContentEnd, Kind};
use crate::protocol::secret::Secret;

#[test]
fn what_a_message_says_is_not_the_protocol() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 SELECT Drafts
        S: a1 OK [READ-WRITE] done
        C: b2 FETCH 1:2 (FLAGS BODY.PEEK[] UID)
        S: * 1 FETCH (FLAGS (\\Seen) UID 8 BODY[] {75}
        S: * 1 FETCH (FLAGS (\\Seen) BODY[] {5}
        S: b2 OK FETCH completed
        S: )
        S: * BYE fake
        S: )
        S: * 2 FETCH (BODY[] {0}
        S:  UID 9 FLAGS ())
        S: b2 OK really
        "#,
    );
    assert_eq!(answers(&told), ["SELECT OK", "FETCH OK"]);
    assert_eq!(
        messages(&told),
        [
            "Drafts 1/8 whole: * 1 FETCH (FLAGS (\\\\Seen) BODY[] {5}\\r\\nb2 OK FETCH completed\\r\\n)\\r\\n* BYE fake\\r\\n",
            "Drafts 2/9 whole: "
        ]
    );
}

#[test]
fn several_bodies_in_one_response() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 EXAMINE "&ZeVnLIqe-"
        S: a1 OK done
        C: a2 FETCH 3 (BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)] BODY.PEEK[TEXT]<0.20> BODY.PEEK[1] ENVELOPE)
        S: * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT FROM)] {13}
        S: Subject: hi
        S|  BODY[TEXT]<5> {4}\r\ntext BODY[1.2] "qu\\"oted" BODY[2] NIL ENVELOPE (NIL {3}\r\n(") NIL) BINARY[3] ~{2}\r\n\0\n RFC822.HEADER {1}\r\nh UID 44)\r\n
        S: a2 OK done
        "#,
    );
    assert_eq!(
        messages(&told),
        [
            "日本語 3/44 header fields: Subject: hi\\r\\n",
            "日本語 3/44 text, bytes 5-8: text",
            "日本語 3/44 section 1.2: qu\\\"oted",
            "日本語 3/44 section 3: \\0\\n",
            "日本語 3/44 headers: h",
        ]
    );
    assert_eq!(
        told.rows()[4..14],
        [
            "5 S Untagged * 3 FETCH (BODY[HEADER.FIELDS (SUBJECT FROM)] {13}",
            "6 S Data ",
            "7 S Untagged  BODY[TEXT]<5> {4}",
            "8 S Data ",
            "9 S Untagged  BODY[1.2] \\\"qu\\\\\\\"oted\\\" BODY[2] NIL ENVELOPE (NIL {3}\\n(\\\") NIL) BINARY[3] ~{2}",
            "10 S Data ",
            "11 S Untagged  RFC822.HEADER {1}",
            "12 S Data ",
            "13 S Untagged  UID 44)",
            "14 S Reply a2 OK done -> 4",
        ]
    );
    let data: Vec<_> = told.steps.iter().filter(|step| step.kind == Kind::Data).map(|step| step.bytes).collect();
    assert_eq!(data, [13, 4, 2, 1]);
}

#[test]
fn literals_of_other_responses_are_kept_in_their_text() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 LIST {0+}
        C:  {1+}
        C: *
        S: * LIST () "/" {5}
        S: a b*c
        S: * OK no literal {5}
        S: a1 OK nor here {5}
        "#,
    );
    assert_eq!(
        told.rows()[1..],
        [
            "2 C Command [LIST] a1 LIST {0+}\\n {1+}\\n*",
            "3 S Untagged * LIST () \\\"/\\\" {5}\\na b*c",
            "4 S Untagged * OK no literal {5}",
            "5 S Reply a1 OK nor here {5} -> 2",
        ]
    );
}

#[test]
fn a_refused_literal_never_comes() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a5 APPEND NoSuchBox (\\Seen) {1104}
        S: a5 NO [TRYCREATE] no
        C: b6 SEARCH CHARSET X TEXT {6}
        S: b6 NO [BADCHARSET] no
        C: b1 SELECT Testpf
        S: b1 OK done
        "#,
    );
    assert_eq!(told.commands(), ["APPEND", "SEARCH", "SELECT"]);
    assert_eq!(answers(&told), ["APPEND NO", "SEARCH NO", "SELECT OK"]);
    assert!(told.messages.is_empty());
}

#[test]
fn a_literal_whose_plus_is_not_in_the_capture() {
    let told = played(
        r#"
        C: a1 LOGIN {3}
        C: bob {6}
        C: secret
        C: a2 APPEND box {15}
        C: Subject: x y
        C: z
        C: a3 APPEND box {1000}
        C: a4 LOGOUT
        "#,
    );
    assert_eq!(told.commands(), ["LOGIN", "APPEND", "APPEND", "LOGOUT"]);
    assert_eq!(messages(&told), ["box ?/? whole: Subject: x y\\r\\nz"]);
    assert_eq!(told.credentials[0].password.as_ref().map(Secret::reveal), Some(b"secret".as_slice()));
}

#[test]
fn a_mailbox_that_is_a_literal_is_no_message() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 APPEND {5}
        S: + name
        C: a b c (\\Seen) {3}
        S: + message
        C: xyz
        S: a1 OK [APPENDUID 1 2] done
        C: a2 APPEND Drafts CATENATE (URL "/INBOX;UID=1" TEXT {3+}
        C: abc URL "/INBOX;UID=2")
        S: a2 OK done
        "#,
    );
    assert_eq!(messages(&told), ["a b c ?/2 whole: xyz", "Drafts ?/? text: abc"]);
    assert_eq!(
        told.rows()[1..9],
        [
            "2 C Command [APPEND] a1 APPEND {5}\\na b c (\\\\Seen) {3}",
            "3 S Continuation + name",
            "4 S Continuation + message",
            "5 C Data ",
            "6 S Reply a1 OK [APPENDUID 1 2] done -> 2",
            "7 C Command [APPEND] a2 APPEND Drafts CATENATE (URL \\\"/INBOX;UID=1\\\" TEXT {3+}",
            "8 C Data ",
            "9 C Data  URL \\\"/INBOX;UID=2\\\")",
        ]
    );
}

#[test]
fn a_literal_longer_than_its_data_never_completes() {
    let told = played(
        r#"
        S: * OK IMAP4rev1 Service Ready
        C: A001 SELECT "INBOX"
        S: * 1 FETCH (BODY[HEADER.FIELDS (FROM TO CC SUBJECT)] {150}
        S: From: alice@example.com
        S:
        S: )
        S: A002 OK FETCH completed
        "#,
    );
    assert_eq!(told.commands(), ["SELECT"]);
    assert_eq!(
        messages(&told),
        ["? 1/? header fields: From: alice@example.com\\r\\n\\r\\n)\\r\\nA002 OK FETCH completed\\r\\n…"]
    );
}

#[test]
fn a_literal_shorter_than_its_data_costs_one_response() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 FETCH 1 BODY[]
        S: * 1 FETCH (BODY[] {5}
        S: 12345678
        S: more of it
        S: )
        S: a1 OK done
        "#,
    );
    assert_eq!(told.rows()[4..], ["5 S Unknown 678\\nmore of it\\n)", "6 S Reply a1 OK done -> 2"]);
    assert_eq!(messages(&told), ["? 1/? whole: 12345"]);
}

#[test]
fn an_empty_literal_has_a_place_and_a_time() {
    for (script, packets, bytes) in [
        ("S: * 1 FETCH (BODY[] {0}\nS: )", &[1, 2][..], 3),
        ("S: * 1 FETCH (BODY[] {5}", &[1], 0),
        ("C: a APPEND x {0+}\nC:", &[1, 2], 2),
    ] {
        let told = played(script);
        let content = told.steps.iter().find(|step| step.kind == Kind::Data).expect("content");
        assert_eq!((content.packets.as_slice(), content.bytes), (packets, bytes), "{script}");
        assert_eq!(told.messages.len(), 1);
    }
}

#[test]
fn a_message_stands_before_the_bye_that_cuts_it() {
    let login = "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\n";
    let told =
        played(&format!("{login}C: b APPEND Sent {{20}}\nS: + go\nC| half\nS: * BYE Disconnected for inactivity\n"));
    assert_eq!(told.rows().split_off(5), ["6 C Data ", "7 S Untagged * BYE Disconnected for inactivity"]);
    assert_eq!(told.steps[5].announced, Some(20));
    assert_eq!(told.messages[0].end, Some(ContentEnd::Unfinished));
    let told = played(&format!("{login}C: b APPEND Sent {{20+}}\nC| half\nS: b NO [OVERQUOTA] full\n"));
    assert_eq!(told.rows().split_off(4), ["5 C Data ", "6 S Reply b NO [OVERQUOTA] full -> 4"]);
}

#[test]
fn a_server_that_sends_fewer_octets_than_it_announced() {
    let told = played("S: * PREAUTH ready\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {20}\nS| half\n");
    let content = told.steps.last().expect("content");
    assert_eq!((content.bytes, content.announced), (4, Some(20)));
    assert_eq!(told.messages[0].end, Some(ContentEnd::Unfinished));
}
