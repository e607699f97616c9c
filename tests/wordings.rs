//! What real servers say (`fixtures/software/wordings.md`), each reply in the dialogue in which it was said, against the
//! sentence that is shown and the cause of a refused login. `UPDATE_EXPECTED=1 cargo test --test wordings` writes what is
//! expected, which is read as a text: does each sentence say what the reply supports?

mod support;

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

/// Wordings for what the table's dialogues do not lead to: load, a server that stops, strangers. They are written in the
/// manner of the server that is named and come from no run: what they show is that such words get their sentence. The
/// server, protocol, the command, and the reply.
const FURTHER: [(&str, &str, &str, &str); 33] = [
    ("in the manner of postscreen", "smtp", "RCPT TO:<anna@example.org>", "450 4.3.2 Service currently unavailable"),
    (
        "in the manner of postscreen",
        "smtp",
        "RCPT TO:<anna@example.org>",
        "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using bl.example.org",
    ),
    ("in the manner of postscreen", "smtp", "(greeting)", "421 4.3.2 All server ports are busy"),
    ("in the manner of postscreen", "smtp", "(greeting)", "521 5.5.1 Protocol error"),
    (
        "in the manner of Postfix",
        "smtp",
        "(greeting)",
        "421 4.7.0 mx.example.org Error: too many connections from 192.0.2.7",
    ),
    (
        "in the manner of Postfix",
        "smtp",
        "MAIL FROM:<bruno@example.net>",
        "450 4.7.1 Error: too much mail from 192.0.2.7",
    ),
    ("in the manner of Postfix", "smtp", "MAIL FROM:<bruno@example.net>", "452 4.3.1 Insufficient system storage"),
    (
        "in the manner of Postfix",
        "smtp",
        "RCPT TO:<anna@example.org>",
        "450 4.1.2 <anna@example.org>: Recipient address rejected: Domain not found",
    ),
    ("in the manner of Postfix", "smtp", "RCPT TO:<anna@example.org>", "452 4.5.3 Error: too many recipients"),
    (
        "in the manner of Postfix",
        "smtp",
        "RCPT TO:<anna@example.org>",
        "450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.7]",
    ),
    ("in the manner of Postfix", "smtp", "NOOP", "421 4.4.2 mx.example.org Error: timeout exceeded"),
    ("in the manner of Postfix", "smtp", "NOOP", "421 4.3.0 mx.example.org Error: queue file write error"),
    (
        "in the manner of postgrey",
        "smtp",
        "RCPT TO:<anna@example.org>",
        "450 4.2.0 <anna@example.org>: Recipient address rejected: Greylisted, see http://postgrey.example/help",
    ),
    (
        "in the manner of milter-greylist",
        "smtp",
        "RCPT TO:<anna@example.org>",
        "451 4.7.1 Greylisting in action, please come back in 00:05:00",
    ),
    (
        "in the manner of Exim",
        "smtp",
        "(greeting)",
        "421 Too many concurrent SMTP connections; please try again later.",
    ),
    ("in the manner of Exim", "smtp", "RCPT TO:<anna@example.org>", "451 Temporary local problem - please try later"),
    ("in the manner of Exim", "smtp", "NOOP", "421 mx.example.org: SMTP command timeout - closing connection"),
    ("in the manner of Exim", "smtp", "NOOP", "421 mx.example.org closing connection: shutting down"),
    ("in the manner of Sendmail", "smtp", "(greeting)", "421 4.3.2 Connection rate limit exceeded."),
    (
        "in the manner of Sendmail",
        "smtp",
        "MAIL FROM:<bruno@example.net>",
        "451 4.1.8 Domain of sender address bruno@example.net does not resolve",
    ),
    ("in the manner of Exchange", "smtp", "RCPT TO:<anna@example.org>", "452 4.3.1 Insufficient system resources"),
    ("in the manner of Exchange", "smtp", "(content)", "451 4.7.0 Temporary server error. Please try again later."),
    (
        "in the manner of Dovecot",
        "lmtp",
        "RCPT TO:<anna@example.org>",
        "451 4.3.0 <anna@example.org> Temporary internal error",
    ),
    (
        "in the manner of Dovecot",
        "lmtp",
        "(content)",
        "552 5.2.2 <anna@example.org> Quota exceeded (mailbox for user is full)",
    ),
    ("in the manner of Dovecot", "imap", "k2 NOOP", "* BYE Disconnected for inactivity."),
    ("in the manner of Dovecot", "imap", "k2 NOOP", "* BYE Server shutting down."),
    ("in the manner of Dovecot", "imap", "(greeting)", "* BYE Disconnected: Too many connections"),
    ("in the manner of Dovecot", "imap", "k2 NOOP", "* BYE Too many invalid IMAP commands."),
    ("in the manner of Courier", "imap", "(greeting)", "* BYE Maximum connection limit reached for 192.0.2.7"),
    ("in the manner of Cyrus", "imap", "k2 NOOP", "* BYE idle for too long"),
    (
        "in the manner of Dovecot",
        "pop3",
        "PASS blue-kettle-42",
        "-ERR [SYS/TEMP] Internal error occurred. Refer to server log for more information.",
    ),
    ("in the manner of Dovecot", "pop3", "PASS blue-kettle-42", "-ERR [SYS/PERM] Account is suspended"),
    (
        "in the manner of Cyrus",
        "pop3",
        "PASS blue-kettle-42",
        "-ERR [LOGIN-DELAY] Minimum time between mail checks exceeded",
    ),
];

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
    // NOOP is no step of a transaction.
    let before = before.take_while(|(said, _)| *said != command && !(command == "NOOP" && said.starts_with("MAIL")));
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
    dialogues.iter_mut().for_each(put_in_step);
    dialogues
}

/// LMTP answers the content once for each recipient (RFC 2033, section 4.2), and the table's client reads one reply: what
/// follows stands one row too late there, and is put where it belongs. The reply to QUIT was not read.
fn put_in_step(dialogue: &mut Vec<Row>) {
    let accepted =
        dialogue.iter().filter(|row| row.command.starts_with("RCPT") && row.reply[0].starts_with("25")).count();
    let Some(content) = dialogue.iter().position(|row| row.command == "(content)") else { return };
    if dialogue[0].protocol != "lmtp" || accepted < 2 {
        return;
    }
    assert_eq!(accepted, 2, "{dialogue:?}");
    let second = dialogue.remove(content + 1);
    dialogue[content].reply.extend(second.reply);
    let commands: Vec<String> = dialogue.iter().skip(content + 1).map(|row| row.command.clone()).collect();
    let commands = std::iter::once(second.command).chain(commands);
    for (row, command) in dialogue.iter_mut().skip(content + 1).zip(commands) {
        row.command = command;
    }
}

/// What the client sends for `command` of the table; nothing for the greeting.
fn sent(command: &str) -> Option<String> {
    Some(match command {
        "(greeting)" => return None,
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
    let offers = match dialogue.iter().any(|row| row.command == "AUTH PLAIN (right)") {
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
