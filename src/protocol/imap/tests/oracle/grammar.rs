//! Commands and responses made up by IMAP's grammar, and nearly so.

use proptest::prelude::*;
use proptest::string::string_regex;

/// A string in one of its forms. A literal of the client's does not wait.
fn a_string(sign: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let atom = string_regex("[a-zA-Z0-9_.@&+/=-]{1,8}").unwrap().prop_map(String::into_bytes);
    let quoted = string_regex("[ -~]{0,12}")
        .unwrap()
        .prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into_bytes());
    let literal = prop_oneof![
        prop::collection::vec(1..=255_u8, 0..12),
        prop::sample::select(vec![&b"a1 OK x\r\n"[..], b")\r\n", b"{3}\r\n", b"* 1 FETCH (", b"\"\\"])
            .prop_map(<[u8]>::to_vec),
    ];
    let literal = literal.prop_map(move |bytes| [format!("{{{}{sign}}}\r\n", bytes.len()).as_bytes(), &bytes].concat());
    prop_oneof![atom, quoted, literal]
}

fn mailbox() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(vec![&b"inbox"[..], b"\"INBOX\"", b"&ZeVnLIqe-", b"\"R&-D\"", b"~peter/&U,BTFw-"])
            .prop_map(<[u8]>::to_vec),
        a_string("+"),
    ]
}

fn words(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// Pieces of a command or a response, joined by spaces.
fn join(parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.join(&b' ')
}

pub fn a_command() -> impl Strategy<Value = Vec<u8>> {
    let some = |list: &'static [&'static str]| prop::sample::select(list).prop_map(words);
    let alone = some(&[
        "CAPABILITY",
        "noop",
        "LOGOUT",
        "STARTTLS",
        "CHECK",
        "Close",
        "EXPUNGE",
        "UNSELECT",
        "IDLE",
        "NAMESPACE",
        "AUTHENTICATE PLAIN",
        "AUTHENTICATE CRAM-MD5",
        "AUTHENTICATE PLAIN AGJvYgBwdw==",
        "AUTHENTICATE plain =",
        "authenticate XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==",
        "UID EXPUNGE 3:5",
        "ENABLE CONDSTORE UTF8=ACCEPT",
        "COMPRESS DEFLATE",
        "ID NIL",
        "ID (\"name\" \"x\" \"version\" NIL)",
        "SEARCH 1:4 NOT DELETED",
        "UID SORT (REVERSE DATE) UTF-8 ALL",
        "THREAD REFERENCES UTF-8 ALL",
        "search charset utf-8 (or seen answered)",
        "GETQUOTA \"\"",
        "SETQUOTA {1+}\r\nx (STORAGE 5)",
    ]);
    let fetch = some(&[
        "FETCH 1 ALL",
        "uid fetch 1:* (UID FLAGS)",
        "FETCH 2,4:7 (BODY.PEEK[]<0.2048> RFC822.SIZE)",
        "FETCH $ FAST",
        "UID STORE 1 +FLAGS.SILENT (\\Seen)",
        "STORE 1:2 FLAGS ()",
        "FETCH 1 (BODY[HEADER.FIELDS (\"To\" {2+}\r\nCc)] BINARY[1.2])",
    ]);
    let one = some(&["SELECT", "examine", "CREATE", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "GETQUOTAROOT"]);
    let of_set = some(&["COPY 1:2", "UID COPY 7", "MOVE 1", "UID MOVE 1:*"]);
    let flags = some(&["", "() ", "(\\Seen) ", "(\\Draft $x) \" 7-Feb-1994 22:43:04 -0800\" "]);
    let content = (prop::collection::vec(1..=255_u8, 1..40), prop::sample::select(vec!["{", "~{"]));
    let body = prop_oneof![
        alone,
        fetch,
        (a_string("+"), a_string("+")).prop_map(|(user, password)| join(vec![words("LOGIN"), user, password])),
        (one, mailbox()).prop_map(|(verb, mailbox)| join(vec![verb, mailbox])),
        (of_set, mailbox()).prop_map(|(verb, mailbox)| join(vec![verb, mailbox])),
        (mailbox(), mailbox()).prop_map(|(from, to)| join(vec![words("RENAME"), from, to])),
        (mailbox(), mailbox()).prop_map(|(base, pattern)| join(vec![words("LIST"), base, pattern])),
        mailbox().prop_map(|mailbox| join(vec![words("STATUS"), mailbox, words("(MESSAGES UIDNEXT)")])),
        a_string("+").prop_map(|text| join(vec![words("UID SEARCH SUBJECT"), text, words("UNSEEN")])),
        (mailbox(), flags, content).prop_map(|(mailbox, flags, (content, brace))| {
            let announced = format!("{brace}{}+}}\r\n", content.len());
            [b"APPEND ", mailbox.as_slice(), b" ", &flags, announced.as_bytes(), &content].concat()
        }),
    ];
    let tag = string_regex("[A-Za-z0-9.]{1,6}").unwrap();
    (tag, body).prop_map(|(tag, body)| [tag.as_bytes(), b" ", &body, b"\r\n"].concat())
}

pub fn a_response() -> impl Strategy<Value = Vec<u8>> {
    let some = |list: &'static [&'static str]| prop::sample::select(list).prop_map(words);
    let whole = some(&[
        "a OK done",
        "a1 NO [TRYCREATE] no",
        "a BAD [ALERT] x y",
        "* OK [UIDVALIDITY 5] x",
        "* NO hm",
        "* BYE [UNAVAILABLE] x",
        "* OK [PERMANENTFLAGS (\\Seen \\*)] x",
        "a OK [APPENDUID 5 6] x",
        "* 23 EXISTS",
        "* 0 RECENT",
        "* 4 EXPUNGE",
        "* SEARCH",
        "* SEARCH 1 2 3",
        "* SORT 3 1",
        "* THREAD (1)(2 (3)(4))",
        "* FLAGS (\\Seen x)",
        "* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE LITERAL+",
        "* LIST (\\Noselect) \"/\" a",
        "* LSUB () NIL \"a b\"",
        "* STATUS {2}\r\na) (MESSAGES 3)",
        "* ENABLED CONDSTORE",
        "+ idling",
        "+ ",
        "* QUOTA \"\" (STORAGE 1 2)",
        "* QUOTAROOT a b",
        "* ID NIL",
        "* ID (\"name\" \"x\")",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL",
        "a OK [CAPABILITY IMAP4rev1 X] x",
        "* OK [READ-ONLY] x",
    ]);
    let item = prop_oneof![
        some(&[
            "FLAGS (\\Seen)",
            "UID 77",
            "RFC822.SIZE 12",
            "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\"",
            "BODY[1] NIL",
            "BODY[TEXT]<4> NIL",
            "BINARY.SIZE[1] 4",
            "BINARY[2] ~{3}\r\n\0\n)",
            "ENVELOPE (NIL \"a (\\\"b\" NIL NIL NIL ((NIL NIL \"x\" \"y\")) NIL NIL NIL {3}\r\n<)>)",
            "BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 30 9)",
        ]),
        (
            some(&[
                "BODY[]",
                "RFC822",
                "RFC822.TEXT",
                "RFC822.HEADER",
                "BODY[TEXT]",
                "BODY[HEADER]",
                "BODY[1.2]",
                "BODY[1.MIME]",
                "BODY[2.HEADER]",
                "BODY[HEADER.FIELDS (To \"Cc\")]",
                "BODY[]<5>",
                "BODY[1]<7>",
                "BODY[HEADER.FIELDS ({2}\r\nTo)]",
            ]),
            a_string(""),
        )
            .prop_map(|(name, string)| join(vec![name, string])),
    ];
    let fetch = prop::collection::vec(item, 1..5)
        .prop_map(|items| [b"* 5 FETCH (", items.join(&b' ').as_slice(), b")"].concat());
    prop_oneof![1 => whole, 3 => fetch].prop_map(|response| [response.as_slice(), b"\r\n"].concat())
}
