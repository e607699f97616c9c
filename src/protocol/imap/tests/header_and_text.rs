//! Messages whose header and text are fetched separately, and mailboxes that are selected again.

use super::{messages, played};
use crate::limits::{Limit, WAITING_TEXT_BYTES};
use crate::protocol::testing::{Recorder, talk};

/// Plays `script` with a mailbox selected.
fn selected(script: &str) -> Recorder {
    played(&format!("S: * PREAUTH hi\nC: s SELECT m\nS: * OK [UIDVALIDITY 7] ok\nS: s OK done\n{script}"))
}

/// The messages that are whole.
fn whole(script: &str) -> Vec<String> {
    messages(&selected(script)).into_iter().filter(|message| message.contains(" whole: ")).collect()
}

#[test]
fn a_text_and_then_its_header_are_a_message() {
    let told = selected(
        r"
        C: 1 UID FETCH 6 BODY.PEEK[TEXT]
        S: * 1 FETCH (UID 6 BODY[TEXT] {4}
        S| text)\r\n
        S: 1 OK done
        C: 2 FETCH 1 BODY.PEEK[HEADER]
        S: * 1 FETCH (BODY[HEADER] {2}
        S| h\n)\r\n
        S: 2 OK done
        ",
    );
    assert_eq!(messages(&told), ["m 1/6 text: text", "m 1/? headers: h\\n", "m 1/6 whole: h\\ntext"]);
    assert_eq!(told.messages[2].start.steps, [5, 6, 7, 9, 10, 11]);
}

#[test]
fn one_response_may_hold_both_in_any_order() {
    for items in [
        "BODY[TEXT] {4}\nS| text BODY[HEADER] {2}\\r\\nh\\n",
        "BODY[HEADER] {2}\nS| h\\n BODY[TEXT] {4}\\r\\ntext",
        "RFC822.TEXT {4}\nS| text RFC822.HEADER {2}\\r\\nh\\n",
        "RFC822.HEADER {2}\nS| h\\n RFC822.TEXT \"text\"",
        "BODY[1] \"text\" BODY[HEADER] {2}\nS| h\\n",
        "BODY[HEADER] {2}\nS| h\\n BODY[1] \"text\"",
        "RFC822.SIZE 6 BODY[TEXT] \"text\" BODY[HEADER] {2}\nS| h\\n",
    ] {
        let script = format!("C: 1 FETCH 1 (BODY[TEXT] BODY[HEADER])\nS| * 1 FETCH ({items} UID 9)\\r\\n")
            .replace("{4}\nS| ", "{4}\\r\\n\nS| ")
            .replace("{2}\nS| ", "{2}\\r\\n\nS| ");
        assert_eq!(whole(&script), ["m 1/9 whole: h\\ntext"], "{script}");
    }
    // Header and text are not as long as RFC822.SIZE says.
    assert_eq!(
        whole("S: * 1 FETCH (RFC822.SIZE 7)\nS: * 1 FETCH (BODY[TEXT] \"text\" BODY[HEADER] {2}\nS| h\\n)\\r\\n"),
        [""; 0]
    );
}

#[test]
fn the_first_part_is_the_text_of_a_message_that_has_no_second() {
    let fetched = |header: &str, first: &str, second: &str| {
        let header = format!("BODY[HEADER] {{{}}}\\r\\n\nS| {header}", header.replace("\\r\\n", "__").len());
        let mut items = [("1", "BODY[1] \"text\""), ("h", &header)];
        items.sort_by_key(|(name, _)| *name != first);
        let [(_, one), (_, two)] = items;
        whole(&format!("C: 1 FETCH 1 BODY[1]\nS| * 1 FETCH ({one})\\r\\n\nS| * 1 FETCH ({two}{second})\\r\\n")).len()
    };
    for first in ["1", "h"] {
        assert_eq!(fetched("To: a\\r\\n\\r\\n", first, ""), 1);
        assert_eq!(fetched("Content-Type: text/html\\r\\n\\r\\n", first, ""), 1);
        assert_eq!(fetched("Content-Type: multipart/mixed; boundary=b\\r\\n\\r\\n", first, ""), 0);
        assert_eq!(fetched("Content-Type:\\r\\n message/rfc822\\r\\n\\r\\n", first, ""), 0);
    }
    assert_eq!(fetched("To: a\\r\\n\\r\\n", "h", " BODY[TEXT] \"more\""), 1, "the header has had its text");
    assert_eq!(whole("S: * 1 FETCH (BODY[HEADER] \"h\" BINARY[1] \"text\")"), [""; 0], "decoded octets are others");
}

#[test]
fn a_half_may_come_in_pieces() {
    let text = r#"
        C: 1 UID FETCH 6 BODY.PEEK[TEXT]<0.3>
        S: * 1 FETCH (UID 6 BODY[TEXT]<0> "tex")
        C: 2 UID FETCH 6 BODY.PEEK[TEXT]<3.3>
        S: * 1 FETCH (UID 6 BODY[TEXT]<3> "t")
        "#;
    let header = "C: 3 UID FETCH 6 BODY.PEEK[HEADER]\nS: * 1 FETCH (BODY[HEADER] \"hh\" UID 6)\n";
    assert_eq!(whole(&[text, header].concat()), ["m 1/6 whole: hhtext"]);
    assert_eq!(whole(&[header, text].concat()), ["m 1/6 whole: hhtext"]);
    let header = "C: 3 FETCH 1 BODY[HEADER]<0.9>\nS: * 1 FETCH (BODY[HEADER]<0> \"hh\" UID 6)\n";
    assert_eq!(whole(&[text, header].concat()), ["m 1/6 whole: hhtext"]);
    assert_eq!(whole(&[header, text].concat()), ["m 1/6 whole: hhtext"]);
    // A half without its end, or with a gap, is not used.
    let lacking = "C: 1 FETCH 1 BODY[TEXT]\nS: * 1 FETCH (UID 6 BODY[TEXT] {4}\nS| t\nS~ 2\nS| t)\\r\\n\n";
    assert_eq!(whole(&[lacking, header].concat()), [""; 0]);
    let open = "C: 1 FETCH 1 BODY[TEXT]<0.4>\nS: * 1 FETCH (UID 6 BODY[TEXT]<0> \"text\")\n";
    assert_eq!(whole(&[open, header].concat()), [""; 0]);
}

#[test]
fn a_mailbox_that_is_selected_again_is_the_same_by_its_uidvalidity() {
    let between = |between: &str| {
        messages(&selected(&format!(
            r#"
            C: 1 UID FETCH 6 BODY[]<0.2>
            S: * 1 FETCH (UID 6 BODY[]<0> "ab")
            C: 2 UID FETCH 7 BODY[TEXT]
            S: * 2 FETCH (UID 7 BODY[TEXT] "text")
            C: 3 FETCH 3 BODY[]<0.2>
            S: * 3 FETCH (BODY[]<0> "xy")
            {between}
            C: 8 UID FETCH 6 BODY[]<2.2>
            S: * 2 FETCH (UID 6 BODY[]<2> "c")
            C: 9 UID FETCH 7 BODY[HEADER]
            S: * 3 FETCH (UID 7 BODY[HEADER] "hh")
            C: 10 FETCH 3 BODY[]<2.2>
            S: * 3 FETCH (BODY[]<2> "z")
            "#
        )))
    };
    let select = |mailbox: &str, validity: &str| {
        format!("C: 4 SELECT {mailbox}\nS: * 9 EXISTS\nS: * OK [UIDVALIDITY {validity}] valid\nS: 4 OK done\n")
    };
    let joined = [
        "m 1/6 whole: abc",
        "m 2/7 text: text",
        "m 3/? bytes 0-1: xy",
        "m 3/7 headers: hh",
        "m 3/7 whole: hhtext",
        "m 3/? bytes 2-2: z",
    ];
    assert_eq!(between(&select("m", "7")), joined);
    assert_eq!(between(&format!("C: 5 CLOSE\nS: 5 OK done\n{}", select("m", "7"))), joined);
    assert_eq!(between(&format!("C: 5 SELECT none\nS: 5 NO none\n{}", select("m", "7"))), joined);
    for apart in [
        select("m", "8"),
        "C: 4 SELECT m\nS: 4 OK done\n".to_owned(),
        select("n", "7"),
        format!("{}{}", select("n", "7"), select("m", "7")),
    ] {
        let found = between(&apart);
        assert!(!found.iter().any(|message| message.contains("whole")), "{apart}{found:?}");
    }
}

#[test]
fn texts_that_wait_are_bounded() {
    let text = "x".repeat(WAITING_TEXT_BYTES / 2);
    let text = |uid: u32| format!("S: * {uid} FETCH (UID {uid} BODY[TEXT] {{{}}}\nS| {text})\\r\\n\n", text.len());
    let header = |uid: u32| format!("S: * {uid} FETCH (UID {uid} BODY[HEADER] \"hh\")\n");
    let play = |script: &[String]| talk(super::Dialogue::new(), &format!("S: * PREAUTH hi\n{}", script.concat()));
    let is_whole = |told: &Recorder| told.messages.iter().filter(|message| message.start.part.is_none()).count();
    let told = play(&[text(1), text(2), header(2), header(1)]);
    assert_eq!((is_whole(&told), &told.limits[..]), (1, &[Limit::PartialFetches][..]), "there is no room for two");
    let long = "x".repeat(WAITING_TEXT_BYTES);
    let long = format!("S: * 1 FETCH (UID 1 BODY[TEXT] {{{}}}\nS| {long})\\r\\n\n", long.len());
    let told = play(&[long.clone(), header(1)]);
    assert_eq!((is_whole(&told), &told.limits[..]), (0, &[Limit::PartialFetches][..]));
    let told = play(&[header(1), long]);
    assert_eq!((is_whole(&told), &told.limits[..]), (1, &[][..]), "what follows its header need not wait");
}
