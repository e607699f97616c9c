//! What real servers say (`fixtures/software/wordings.md`), each reply in the dialogue in which it was said, against the
//! sentence that is shown and the cause of a refused login. `UPDATE_EXPECTED=1 cargo test --test wordings` writes what is
//! expected, which is read as a text: does each sentence say what the reply supports?

#[path = "wordings/further.rs"]
mod further;
mod support;

use further::FURTHER;
use mailtap::pipeline::{self, Options};
use mailtap::view::json::Json;
use mailtap::view::{Lang, record};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use support::Side;

/// Words of the sentences of what mailtap has not understood: no server of the table says such a thing, but for
/// [`NOT_UNDERSTOOD`].
const SENTENCES_OF_NOTHING: [&str; 8] = [
    "a code that SMTP does not define",
    "that no greeting has",
    "that no tagged reply has",
    "names no command that was seen",
    "answers no command",
    "in doubt which command",
    "as it is understood here",
    "part of a line",
];

/// Rows that have no sentence of their own, by what the server is, what it answers and why that is right.
const NOT_UNDERSTOOD: [(&str, &str, &str); 0] = [];

/// The shortest dialogue in which `command` gets `reply`.
fn shortest(&(server, protocol, command, reply): &(&str, &str, &str, &str)) -> Vec<Row> {
    let (hello, before): (&str, &[(&str, &str)]) = match protocol {
        "imap" => ("* OK ready", &[("k1 LOGIN anna blue-kettle-42", "k1 OK done")]),
        "pop3" => ("+OK ready", &[("USER anna", "+OK"), ("PASS blue-kettle-42", "+OK")]),
        _ => (
            "220 mx.example.org ESMTP",
            &[
                (
                    if protocol == "lmtp" { "LHLO client.example.net" } else { "EHLO client.example.net" },
                    "250-mx.example.org",
                ),
                ("MAIL FROM:<bruno@example.net>", "250 OK"),
                ("RCPT TO:<anna@example.org>", "250 OK"),
                ("DATA", "354 go on"),
            ],
        ),
    };
    let row = |command: &str, reply: &str| Row {
        server: server.into(),
        protocol: protocol.into(),
        command: command.into(),
        reply: vec![reply.into()],
    };
    let before = [("(greeting)", hello)].into_iter().chain(before.iter().copied());
    // What is no step of a transaction.
    let is_apart = matches!(command, "NOOP" | UNASKED) || command.starts_with(['V', 'E', 'A', 'X']);
    let before = before.take_while(|(said, _)| *said != command && !(is_apart && said.starts_with("MAIL")));
    before.map(|(command, reply)| row(command, reply)).chain([row(command, reply)]).collect()
}

/// A row of the table: who says what to which command.
#[derive(Debug, Clone)]
struct Row {
    server: String,
    protocol: String,
    command: String,
    /// Its lines, as far as the table has them.
    reply: Vec<String>,
}

/// A row and what mailtap says of one reply in it.
struct Told {
    row: Row,
    reply: String,
    english: String,
    chinese: String,
    /// Why the login was refused, in the words of the JSON; empty where the row is no login.
    cause: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/software")
}

/// The dialogues of the table: each begins with a greeting.
fn dialogues() -> Vec<Vec<Row>> {
    let table = std::fs::read_to_string(folder().join("wordings.md")).expect("the table");
    let mut dialogues: Vec<Vec<Row>> = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| server |")) {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).splitn(4, " | ").collect();
        let [server, protocol, command, reply] = cells[..] else { panic!("not four cells: {line}") };
        let row = Row {
            server: server.into(),
            protocol: protocol.into(),
            command: command.trim_matches('`').into(),
            reply: reply.trim_matches('`').split('⏎').map(|line| line.trim().to_owned()).collect(),
        };
        if row.command == "(greeting)" {
            dialogues.push(Vec::new());
        }
        dialogues.last_mut().expect("a greeting before it").push(row);
    }
    dialogues
}

/// In place of a command: the server speaks of its own accord, and closes.
const UNASKED: &str = "(nothing was asked)";

/// What the client sends for `command` of the table; nothing where the server speaks first.
fn sent(command: &str) -> Option<String> {
    Some(match command {
        "(greeting)" | UNASKED => return None,
        "(content)" => "From: bruno@example.net\r\nSubject: Tea\r\n\r\nAt four.\r\n.\r\n".into(),
        "AUTH PLAIN (not offered)" => "AUTH PLAIN\r\n".into(),
        "AUTH PLAIN (wrong)" => "AUTH PLAIN AGFubmEAd3Jvbmctc3Bvb24tMTc=\r\n".into(),
        "AUTH PLAIN (right)" => "AUTH PLAIN AGFubmEAYmx1ZS1rZXR0bGUtNDI=\r\n".into(),
        _ => format!("{command}\r\n"),
    })
}

/// The replies of `row`, each with its lines, and what follows them: the table leaves out the rest of EHLO's, LHLO's,
/// HELO's and HELP's, the lists of POP3 and the untagged responses of IMAP. `offers` is what the server offers.
fn replies(row: &Row, offers: &str) -> (Vec<String>, String) {
    let verb = row.command.split(' ').next().unwrap_or_default();
    if matches!(&*row.protocol, "imap" | "pop3") {
        let is_list =
            matches!(verb, "CAPA" | "LIST" | "UIDL") && row.command != "LIST 1" || ["TOP", "RETR"].contains(&verb);
        let rest = match is_list && row.protocol == "pop3" && row.reply[0].starts_with("+OK") {
            true => ".\r\n".to_owned(),
            false => String::new(),
        };
        return (row.reply.clone(), rest);
    }
    let mut lines = row.reply.clone();
    if let [only] = &row.reply[..]
        && only.get(3..4) == Some("-")
    {
        let rest = if matches!(verb, "EHLO" | "LHLO") { offers } else { "more" };
        lines.push(format!("{} {rest}", &only[..3]));
    }
    let mut whole: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        match whole.last_mut().filter(|_| goes_on) {
            Some(last) => *last = format!("{last}\n{line}"),
            None => whole.push(line.clone()),
        }
        goes_on = line.get(3..4) == Some("-");
    }
    (whole, String::new())
}

/// What both sides send, in order.
type Turns = Vec<(Side, Vec<u8>)>;

/// The dialogue as turns, and by row the replies in it.
fn played(dialogue: &[Row]) -> (Turns, Vec<(Row, String)>) {
    let offers = match dialogue.iter().any(|row| matches!(&*row.command, "AUTH PLAIN (right)" | "AUTH PLAIN (wrong)")) {
        true => "AUTH PLAIN",
        false => "SIZE 1000000",
    };
    let (mut turns, mut expected) = (Vec::new(), Vec::new());
    for row in dialogue {
        turns.extend(sent(&row.command).map(|line| (Side::Client, line.into_bytes())));
        if row.reply[0] == "(nothing)" {
            break;
        }
        let (replies, rest) = replies(row, offers);
        let text: String = replies.iter().map(|reply| format!("{}\r\n", reply.replace('\n', "\r\n"))).collect();
        turns.push((Side::Server, (text + &rest).into_bytes()));
        expected.extend(replies.into_iter().map(|reply| (row.clone(), reply)));
        // What follows is TLS, of which the table has nothing.
        if row.command.starts_with("STARTTLS") && row.reply[0].starts_with("220") {
            break;
        }
    }
    (turns, expected)
}

/// The sessions of `file`, their sentences in `lang`.
fn sessions(file: &[u8], lang: Lang) -> Vec<Value> {
    let mut source = support::open(file).expect("a capture");
    let mut view = Json::new(Vec::new(), record::Options { lang, ..Default::default() });
    let never = AtomicBool::new(false);
    pipeline::run(&mut source, &Options::default(), &support::plan(), &mut view, &never)
        .expect("memory can be written");
    let mut document: Value = serde_json::from_slice(&view.into_inner()).expect("valid JSON");
    serde_json::from_value(document["sessions"].take()).expect("a list")
}

/// The field `name` of a record, or nothing.
fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

/// What mailtap says of every reply of the table.
fn told() -> Vec<Told> {
    let (mut frames, mut expected) = (Vec::new(), Vec::new());
    for (port, dialogue) in (20_000..).zip(dialogues().into_iter().chain(FURTHER.iter().map(shortest))) {
        let (turns, replies) = played(&dialogue);
        let server = match &*dialogue[0].protocol {
            "smtp" => 25,
            "lmtp" => 24,
            "pop3" => 110,
            _ => 143,
        };
        frames.extend(support::segments(&turns, 1_400).iter().map(|segment| support::frame(segment, port, server)));
        expected.push(replies);
    }
    let file = support::recorded(frames);
    let (english, chinese) = (sessions(&file, Lang::En), sessions(&file, Lang::Zh));
    assert_eq!((english.len(), chinese.len()), (expected.len(), expected.len()), "a session for each dialogue");
    let mut told = Vec::new();
    for ((replies, session), in_chinese) in expected.into_iter().zip(&english).zip(&chinese) {
        let steps = session["steps"].as_array().expect("steps");
        let mut at = 0;
        for (row, reply) in replies {
            let found = steps.iter().skip(at).position(|step| step["from"] == "server" && text(step, "text") == reply);
            let found = at + found.unwrap_or_else(|| panic!("{row:?}: no step says {reply:?}: {steps:#?}"));
            at = found + 1;
            let step = &steps[found];
            let is_of = |login: &&Value| {
                login["steps"].as_array().is_some_and(|own| own.contains(&step["n"]) || own.contains(&step["answers"]))
            };
            let cause = session["credentials"].as_array().and_then(|logins| logins.iter().find(is_of));
            told.push(Told {
                english: text(step, "purpose").into(),
                chinese: text(&in_chinese["steps"][found], "purpose").into(),
                cause: cause
                    .map(|login| [text(login, "outcome"), text(login, "cause")].join(" ").trim().to_owned())
                    .unwrap_or_default(),
                row,
                reply,
            });
        }
    }
    told
}

/// A reply without what differs from server to server and from run to run: hosts, identifiers, times, versions.
fn shape(reply: &str) -> String {
    let is_code = |word: &str| word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let shaped = words.iter().enumerate().map(|(at, word)| match at {
            0 => *word,
            1 if is_code(word) => *word,
            _ if word.contains("example.") || word.bytes().any(|byte| byte.is_ascii_digit()) => "#",
            _ => *word,
        });
        shaped.collect::<Vec<_>>().join(" ")
    };
    reply.lines().map(of_line).collect::<Vec<_>>().join(" ⏎ ")
}

#[test]
fn sentences_of_real_servers_words() {
    let told = told();
    assert!(told.len() > 2_000, "only {} replies", told.len());
    let (mut seen, mut written) = (BTreeSet::new(), String::from("server\tcommand\treply\tpurpose\tcause\n"));
    for Told { row, reply, english, cause, .. } in &told {
        let mut words = reply.split([' ', '-']);
        let is_good = words.next().is_some_and(|first| ["220", "250", "+OK"].contains(&first))
            || reply.starts_with("* OK")
            || row.protocol == "imap" && words.next() == Some("OK");
        // Of good answers one for each sentence: their words are the servers' names and politenesses.
        let said = if is_good { String::new() } else { shape(reply) };
        let tag_less =
            row.command.split_once(' ').filter(|_| row.protocol == "imap").map_or(&*row.command, |(_, rest)| rest);
        if seen.insert((tag_less.to_owned(), said, english.clone(), cause.clone())) {
            let reply = reply.replace('\n', " ⏎ ").replace('\t', " ");
            let _ = writeln!(written, "{}\t{}\t{reply}\t{english}\t{cause}", row.server, row.command);
        }
    }
    let path = folder().join("wordings.expected.tsv");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, &written).expect("can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("wordings.expected.tsv");
    let differs = expected.lines().zip(written.lines()).find(|(expected, written)| expected != written);
    assert_eq!(differs, None, "UPDATE_EXPECTED=1 writes what is told now");
    assert_eq!(expected.lines().count(), written.lines().count());
}

#[test]
fn no_real_reply_is_left_without_a_sentence() {
    for Told { row, reply, english, chinese, .. } in told() {
        assert!(!english.is_empty() && !chinese.is_empty() && english != chinese, "{row:?}: {english:?} {chinese:?}");
        let excused =
            NOT_UNDERSTOOD.iter().any(|(server, said, _)| row.server.starts_with(server) && reply.starts_with(said));
        let unknown = SENTENCES_OF_NOTHING.iter().any(|words| english.contains(words));
        assert!(!unknown || excused, "{}: {} {reply:?}: {english}", row.server, row.command);
    }
}
