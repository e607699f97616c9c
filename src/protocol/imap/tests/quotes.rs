//! Quoted strings that a server has not escaped, and the messages behind them.

use super::{answers, messages, played};

/// A FETCH response with `words` before the message, another response, and the reply.
fn fetched(words: &str) -> Vec<String> {
    let told = played(&format!(
        "S: * PREAUTH hi\nC: a1 SELECT box\nS: a1 OK done\nC: a2 FETCH 1:2 (ENVELOPE BODY.PEEK[])\n\
         S: * 1 FETCH ({words} {{7}}\nS| From: a)\\r\\n\nS: * 2 FETCH (BODY[] {{3}}\nS| b\\r\\n UID 9)\\r\\n\nS: a2 OK done"
    ));
    assert_eq!(answers(&told), ["SELECT OK", "FETCH OK"], "{words}");
    messages(&told)
}

#[test]
fn a_message_follows_quotes_that_do_not_match() {
    for words in [
        r#"UID 8 ENVELOPE ("Mon" "ends in \\" ((NIL NIL "a" "b")) NIL) BODY[]"#,
        r#"UID 8 ENVELOPE ("Mon" "an inch is 1"" ((NIL NIL "a" "b")) NIL) BODY[]"#,
        r#"UID 8 ENVELOPE ("Mon" "x" (("Bob "the )(" Roe" NIL "a" "b")) NIL) RFC822"#,
        r#"UID 8 BODYSTRUCTURE ("TEXT" "HTML"" NIL NIL NIL "7BIT" 5 1) BODY[]"#,
        r#"UID 8 ENVELOPE (NIL ")))" "((" NIL) BINARY[]"#,
        r#"ENVELOPE ("Mon" "ends in \\" NIL) UID 8 BODY[]"#,
        r#"ENVELOPE ("Mon" "UID 5 ends in \\" NIL) UID 8 BODY[]"#,
    ] {
        assert_eq!(fetched(words), ["box 1/8 whole: From: a", "box 2/9 whole: b\\r\\n"], "{words}");
    }
    let headers = r#"UID 8 ENVELOPE ("Mon" "ends in \\" NIL) BODY[HEADER.FIELDS (FROM RFC822)]<0>"#;
    assert_eq!(fetched(headers)[0], "box 1/8 header fields, bytes 0-6: From: a");
}

#[test]
fn a_string_that_looks_like_an_announcement_is_a_string() {
    let told = played(
        r#"
        S: * PREAUTH hi
        C: a1 FETCH 1:2 (ENVELOPE)
        S: * 1 FETCH (ENVELOPE ("Mon" "BODY[] {181}" NIL) UID 5)
        S: * 2 FETCH (ENVELOPE ("Mon" "BODY[] \\" {5}
        S: hello NIL) UID 6)
        S: a1 OK done
        "#,
    );
    assert!(told.messages.is_empty(), "{:?}", messages(&told));
    assert_eq!(answers(&told), ["FETCH OK"]);
}
