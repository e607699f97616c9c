/*!
A second opinion: tshark reads every fixture as well, and its results are compared with mailtap's.

For every connection the test compares its endpoints; the client's commands in their order, for SMTP and LMTP with
everything that follows the verb, for IMAP with their tags; the parameters of POP3; the codes or status words of the
server's replies; and the messages, byte for byte. Where the two programs name a thing differently, or report it
elsewhere, both are normalised first:

- tshark exports SMTP's content with its dots stuffed (RFC 5321, section 4.5.2): they are unstuffed;
- in tshark the `UID` of `UID FETCH` is a field of its own, and `DONE`, which has no tag, is not a command;
- in tshark the user name and the password of AUTH LOGIN are fields of their own, and not command lines;
- in tshark IMAP's continuation requests are replies with the tag `+`.

Where the two still differ, [`KNOWN`] says why. A difference that is not listed fails the test, and so does a listed
difference that is gone.

Where tshark is not installed, the test only says so. With another version than the one that the list was made with
([`LISTED_WITH`]), new differences are printed and do not fail the test.
*/

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Which connections carry mail.
    Connections,
    /// The client's commands.
    Commands,
    /// POP3: what follows the commands.
    Parameters,
    /// The server's replies.
    Replies,
    /// Messages, as they are exported.
    Messages,
}

/// The version of tshark that [`KNOWN`] is about.
const LISTED_WITH: &str = "TShark (Wireshark) 4.0.";

/// Fixture, what differs, and why mailtap is right.
const KNOWN: &[(&str, What, &str)] = &[
    ("lab/courier-imap", What::Commands, LITERALS),
    ("lab/courier-imap", What::Replies, CLOSED),
    ("lab/courier-imap", What::Messages, APPENDED),
    ("lab/courier-pop3", What::Commands, RESPONSE),
    ("lab/courier-pop3", What::Messages, CHALLENGE),
    ("lab/curl-imap", What::Commands, APPENDED),
    ("lab/curl-imap", What::Replies, CLOSED),
    ("lab/curl-imap", What::Messages, APPENDED),
    ("lab/curl-pop3", What::Commands, RESPONSE),
    ("lab/curl-pop3", What::Messages, CHALLENGE),
    ("lab/curl-smtp", What::Messages, RESPONSE_FIRST),
    ("lab/cyrus-imap", What::Commands, APPENDED),
    ("lab/cyrus-imap", What::Replies, CLOSED),
    ("lab/cyrus-imap", What::Messages, APPENDED),
    ("lab/cyrus-lmtp", What::Commands, REFUSED),
    ("lab/cyrus-lmtp", What::Messages, REFUSED),
    ("lab/cyrus-pop3", What::Commands, RESPONSE),
    ("lab/cyrus-pop3", What::Messages, CHALLENGE),
    ("lab/exim-bdat-refused", What::Commands, CHUNKED),
    ("lab/exim-bdat-refused", What::Messages, CHUNKED),
    ("lab/exim-refusals", What::Commands, REFUSED),
    ("lab/exim-refusals", What::Messages, REFUSED),
    ("lab/fetchmail", What::Replies, CLOSED),
    ("lab/fetchmail", What::Messages, PARTS),
    ("lab/getmail", What::Replies, CLOSED),
    ("lab/imap-append", What::Commands, APPENDED),
    ("lab/imap-append", What::Messages, APPENDED),
    ("lab/imap-compress", What::Commands, COMPRESSED),
    ("lab/imap-compress", What::Replies, COMPRESSED),
    ("lab/imap-compress", What::Messages, COMPRESSED),
    ("lab/imap-fetch-parts", What::Replies, LITERAL),
    ("lab/imap-fetch-parts", What::Messages, PARTS),
    ("lab/imap-idle", What::Replies, CLOSED),
    (
        "lab/imap-login-fails",
        What::Commands,
        "user name and password in literals (RFC 3501, section 6.2.3) are commands to tshark",
    ),
    ("lab/imap-retrieve", What::Replies, CLOSED),
    ("lab/imap-telnet", What::Replies, CLOSED),
    ("lab/imap-telnet", What::Messages, PARTS),
    ("lab/imapflow", What::Commands, APPENDED_COMPRESSED),
    ("lab/imapflow", What::Replies, APPENDED_COMPRESSED),
    ("lab/imapflow", What::Messages, APPENDED),
    ("lab/lab-all", What::Replies, CLOSED),
    ("lab/mbsync", What::Commands, COMPRESSED),
    ("lab/mbsync", What::Replies, COMPRESSED),
    ("lab/mbsync", What::Messages, COMPRESSED),
    ("lab/mpop", What::Commands, RESPONSE),
    ("lab/mpop", What::Messages, CHALLENGE),
    ("lab/msmtp", What::Messages, RESPONSE_FIRST),
    ("lab/mutt-imap", What::Replies, CLOSED),
    ("lab/mutt-pop3", What::Messages, SAME_SEGMENT),
    ("lab/offlineimap", What::Replies, CLOSED),
    ("lab/pop3-apop", What::Messages, SAME_SEGMENT),
    ("lab/pop3-nc-lf", What::Messages, SAME_SEGMENT),
    ("lab/pop3-retrieve", What::Messages, SAME_SEGMENT),
    ("lab/pop3-telnet-charmode", What::Commands, LETTERS),
    ("lab/pop3-telnet-charmode", What::Parameters, LETTERS),
    ("lab/python-clients", What::Commands, RESPONSE_APPENDED),
    ("lab/python-clients", What::Replies, CLOSED),
    ("lab/python-clients", What::Messages, RESPONSE_APPENDED),
    ("lab/s-nail", What::Messages, SAME_SEGMENT),
    (
        "lab/smtp-auth-fails",
        What::Commands,
        "to tshark the answer to CRAM-MD5's challenge is a command (RFC 2195 knows it for none)",
    ),
    (
        "lab/smtp-charmode",
        What::Commands,
        "tshark does not list a command that it does not know, typed with a backspace and refused with 500",
    ),
    (
        "lab/smtp-charmode",
        What::Messages,
        "tshark loses count of a body that came a letter at a time: the client knows that it was 36 bytes",
    ),
    ("lab/smtp-nc-lf", What::Commands, BARE_LF),
    ("lab/smtp-nc-lf", What::Messages, BARE_LF),
    (
        "lab/smtp-pipelining",
        What::Commands,
        "tshark does not look for commands behind the end of content in the same segment",
    ),
    ("lab/smtp-relay-denied", What::Commands, REFUSED_QUIT),
    ("lab/swaks-auth", What::Messages, EMPTY_LINE),
    ("lab/swaks-pipelining", What::Commands, REFUSED_QUIT),
    ("lab/swaks-pipelining", What::Messages, EMPTY_LINE),
    ("transport/lost", What::Commands, HELD),
    ("transport/multipath", What::Connections, MULTIPATH),
    ("transport/multipath", What::Commands, MULTIPATH),
    ("transport/multipath", What::Messages, MULTIPATH),
    ("transport/shuffled", What::Replies, SHUFFLED),
    ("transport/shuffled", What::Messages, SAME_SEGMENT),
    ("transport/snap-length", What::Commands, SNAPPED),
    ("transport/snap-length", What::Replies, SNAPPED),
];

const MULTIPATH: &str = "tshark takes each subflow of Multipath TCP (RFC 8684) for a connection of its own";
const CHUNKED: &str =
    "tshark loses the client's direction at a BDAT that is sent in one segment with the commands before it";
const REFUSED: &str = "after a refused DATA tshark takes commands for content, up to the dot of the next message, which then begins there";
const COMPRESSED: &str = "tshark inflates nothing that COMPRESS=DEFLATE (RFC 4978) has deflated";
const APPENDED: &str =
    "tshark takes no literal of APPEND for content: its lines are commands there, and no message is exported";
const LITERAL: &str =
    "a literal that does not begin in the response's own segment is lines to tshark, and its `)` a tag";
const CLOSED: &str =
    "the `)` that closes a FETCH after its literal (RFC 3501, section 7.4.2) is a tag to tshark, and the reply is lost";
const LITERALS: &str = "the lines of literals, a password's and those of an APPEND, are commands to tshark";
const APPENDED_COMPRESSED: &str = "tshark takes the lines of APPEND for commands and the `)` after a literal for a tag, and inflates nothing that COMPRESS=DEFLATE (RFC 4978) has deflated";
const RESPONSE: &str = "to tshark the client's answers to the challenges of AUTH (RFC 5034) are commands";
const CHALLENGE: &str = "tshark exports a challenge of AUTH as a message (`+ `), and nothing of a RETR whose content is in the segment of its +OK";
const RESPONSE_FIRST: &str =
    "tshark puts the client's answers to the challenges of AUTH before the content that comes next, as its first lines";
const RESPONSE_APPENDED: &str = "to tshark the client's answers to the challenges of AUTH are commands and the first lines of the next content, and so are the lines of an APPEND";
const EMPTY_LINE: &str = "tshark drops the empty line before the dot, which belongs to the content (RFC 5321, section 4.1.1.4), and puts the answer to a challenge before another";
const REFUSED_QUIT: &str =
    "after a refused DATA tshark waits for the end of content, which never comes, and loses QUIT";
const PARTS: &str = "tshark puts no message together that was fetched in parts";
const SAME_SEGMENT: &str = "tshark exports nothing of a RETR whose content is in the segment of its +OK";
const LETTERS: &str = "tshark takes each segment for a command: telnet in character mode sends a letter in each";
const BARE_LF: &str =
    "tshark does not see a line with a dot that ends with LF alone as the end of content, as the server did";
const HELD: &str = "tshark waits for a lost segment for good, and says nothing of what that direction sent after it";
const SHUFFLED: &str = "tshark drops a greeting that was captured after its acknowledgement, as a retransmission";
const SNAPPED: &str =
    "tshark reads a segment that the snap length cut off only where it knows how much of it is missing";

/// What one of the two programs reads in a capture.
#[derive(Debug, Default, PartialEq)]
struct Opinion {
    /// By client and server, in the order of the connections between them.
    connections: Vec<(String, Connection)>,
    /// Contents of messages.
    messages: BTreeSet<Vec<u8>>,
    /// Contents of parts of messages, which tshark does not distinguish from whole messages.
    parts: BTreeSet<Vec<u8>>,
}

#[derive(Debug, Default, PartialEq)]
struct Connection {
    commands: Vec<String>,
    parameters: Vec<String>,
    replies: Vec<String>,
}

const FIELDS: [&str; 17] = [
    "tcp.stream",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.len",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "smtp.command_line",
    "smtp.response.code",
    "pop.request.command",
    "pop.request.parameter",
    "pop.response.indicator",
    "imap.request_tag",
    "imap.request.command",
    "imap.response_tag",
    "imap.response.status",
];

/// Ports of mail, inside TLS or not.
const PORTS: [&str; 9] = ["25", "587", "2525", "24", "110", "143", "465", "995", "993"];

fn tshark(capture: &Path, place: &Path) -> Opinion {
    let exported = place.join("exported");
    let mut command = Command::new("tshark");
    // Without the user's preferences, and without name lookups.
    command.env("HOME", place).env("XDG_CONFIG_HOME", place).args(["-n", "-T", "json"]);
    command.args(["-o", "tcp.reassemble_out_of_order:TRUE"]);
    command.args(["-d", "tcp.port==24,smtp", "-d", "tcp.port==2525,smtp"]);
    FIELDS.iter().for_each(|field| _ = command.args(["-e", field]));
    command.arg("--export-objects").arg(format!("imf,{}", exported.display())).arg("-r").arg(capture);
    let output = command.output().expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packets: Value = serde_json::from_slice(&output.stdout).expect("tshark writes JSON");
    let mut opinion = Opinion::default();
    let mut streams: BTreeMap<u64, (String, Connection, bool)> = BTreeMap::new();
    for packet in packets.as_array().expect("a list") {
        let layers = &packet["_source"]["layers"];
        let all = |field: &str| -> Vec<&str> {
            layers[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        // With nested headers (a tunnel), the innermost one counts.
        let last = |field: &str| all(field).last().copied().unwrap_or_default().to_owned();
        let Ok(stream) = last("tcp.stream").parse() else { continue };
        let [source, destination] = [["ip.src", "ipv6.src", "tcp.srcport"], ["ip.dst", "ipv6.dst", "tcp.dstport"]]
            .map(|[four, six, port]| (if last(four).is_empty() { last(six) } else { last(four) }, last(port)));
        let (client, server) = match PORTS.contains(&source.1.as_str()) {
            true => (&destination, &source),
            false => (&source, &destination),
        };
        if !PORTS.contains(&server.1.as_str()) {
            continue;
        }
        let name = format!("{}:{} > {}:{}", client.0, client.1, server.0, server.1);
        let (_, connection, spoke) = streams.entry(stream).or_insert_with(|| (name, Connection::default(), false));
        *spoke |= last("tcp.len") != "0";
        let trimmed = |line: &&str| line.trim_end_matches(['\r', '\n']).to_owned();
        connection.commands.extend(all("smtp.command_line").iter().map(trimmed));
        connection.commands.extend(all("pop.request.command").iter().map(|verb| verb.to_uppercase()));
        connection.parameters.extend(all("pop.request.parameter").iter().map(trimmed));
        connection.replies.extend(all("smtp.response.code").iter().map(trimmed));
        connection.replies.extend(all("pop.response.indicator").iter().map(trimmed));
        let tagged = |tags: Vec<&str>, words: Vec<&str>| -> Vec<String> {
            let all = tags.iter().zip(words).filter(|(tag, _)| **tag != "+");
            all.map(|(tag, word)| format!("{tag} {}", word.to_uppercase())).collect()
        };
        connection.commands.extend(tagged(all("imap.request_tag"), all("imap.request.command")));
        connection.replies.extend(tagged(all("imap.response_tag"), all("imap.response.status")));
    }
    opinion.connections =
        streams.into_values().filter(|(_, _, spoke)| *spoke).map(|(name, connection, _)| (name, connection)).collect();
    if let Ok(entries) = std::fs::read_dir(&exported) {
        for entry in entries {
            opinion.messages.insert(std::fs::read(entry.expect("an entry").path()).expect("a file"));
        }
    }
    opinion
}

fn mailtap(capture: &Path, place: &Path) -> Opinion {
    let directory = place.join("extracted");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(["read", "--format", "json", "--extract"]).arg(&directory).arg(capture);
    let output = command.output().expect("mailtap runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let index: Value =
        serde_json::from_slice(&std::fs::read(directory.join("index.json")).expect("an index")).expect("JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut opinion = Opinion::default();
    for session in list(&document["sessions"]) {
        let end = |end: &Value| format!("{}:{}", end["ip"].as_str().expect("an address"), end["port"]);
        let name = format!("{} > {}", end(&session["client"]), end(&session["server"]));
        let mut connection = Connection::default();
        let protocol = session["protocol"].as_str().expect("a protocol");
        for step in list(&session["steps"]) {
            let text = step["text"].as_str().unwrap_or_default();
            let word = |field: &str| step[field].as_str().unwrap_or_default().to_owned();
            match (step["kind"].as_str().expect("a kind"), protocol) {
                ("command", "imap") if step["tag"].is_string() => {
                    let command = word("command");
                    let command = command.strip_prefix("UID ").unwrap_or(&command);
                    connection.commands.push(format!("{} {command}", word("tag")));
                }
                ("command", "smtp" | "lmtp") => connection.commands.push(text.to_owned()),
                ("command", "pop3") => {
                    connection.commands.push(word("command"));
                    connection.parameters.extend(step["arguments"].as_str().map(str::to_owned));
                }
                ("reply", "imap") => connection.replies.push(format!("{} {}", word("tag"), word("status"))),
                ("greeting" | "reply" | "continuation", "smtp" | "lmtp") if step["code"].is_u64() => {
                    connection.replies.push(step["code"].to_string());
                }
                ("greeting" | "reply", "pop3") => connection.replies.push(word("status")),
                _ => {}
            }
        }
        let counts = &session["transport"];
        if counts["client_bytes"] != 0 || counts["server_bytes"] != 0 {
            opinion.connections.push((name, connection));
        }
    }
    for message in list(&index["sessions"]).iter().flat_map(|session| list(&session["messages"])) {
        let content = std::fs::read(directory.join(message["file"].as_str().expect("a file"))).expect("a file");
        match (message["part"].is_null(), message["complete"] == true) {
            (true, true) => _ = opinion.messages.insert(content),
            (false, true) => _ = opinion.parts.insert(content),
            (_, false) => {}
        }
    }
    opinion
}

/// How the two differ, in words.
fn differences(ours: &Opinion, theirs: &Opinion) -> BTreeMap<What, String> {
    let mut found: BTreeMap<What, String> = BTreeMap::new();
    let names = |opinion: &Opinion| -> Vec<String> {
        let mut names: Vec<String> = opinion.connections.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    };
    let mut say = |what: What, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let said = found.entry(what).or_default();
        // Writing to a String cannot fail.
        _ = writeln!(said, "    mailtap: {ours:?}\n    tshark:  {theirs:?}");
    };
    if names(ours) != names(theirs) {
        say(What::Connections, &names(ours), &names(theirs));
    }
    let mut unseen: Vec<&(String, Connection)> = theirs.connections.iter().collect();
    for (name, ours) in &ours.connections {
        let Some(at) = unseen.iter().position(|(other, _)| other == name) else { continue };
        let (_, theirs) = unseen.remove(at);
        if ours.commands != theirs.commands {
            say(What::Commands, &ours.commands, &theirs.commands);
        }
        if ours.parameters != theirs.parameters {
            say(What::Parameters, &ours.parameters, &theirs.parameters);
        }
        if ours.replies != theirs.replies {
            say(What::Replies, &ours.replies, &theirs.replies);
        }
    }
    let same = |content: &Vec<u8>| ours.messages.contains(content).then(|| content.clone());
    let theirs: BTreeSet<Vec<u8>> = theirs
        .messages
        .iter()
        .filter(|content| !ours.parts.contains(*content))
        .map(|content| same(content).or_else(|| same(&unstuffed(content))).unwrap_or_else(|| content.clone()))
        .collect();
    if ours.messages != theirs {
        let sizes = |some: &BTreeSet<Vec<u8>>, other: &BTreeSet<Vec<u8>>| -> Vec<String> {
            some.difference(other).map(|content| format!("{} bytes", content.len())).collect()
        };
        say(What::Messages, &sizes(&ours.messages, &theirs), &sizes(&theirs, &ours.messages));
    }
    found
}

/// Content with its dots unstuffed (RFC 5321, section 4.5.2).
fn unstuffed(content: &[u8]) -> Vec<u8> {
    let lines = content.split_inclusive(|&byte| byte == b'\n');
    lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect()
}

#[test]
fn tshark_reads_the_same_except_for_known_differences() {
    let version = Command::new("tshark").arg("--version").output();
    let Ok(version) = version else {
        support::skipped("tshark is not installed");
        return;
    };
    let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().to_owned();
    println!("{version}");
    let queue = Mutex::new(support::fixtures());
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nobody panics").pop();
                    let Some((name, capture)) = next else { return };
                    let place = tempfile::tempdir().expect("a directory");
                    let (ours, theirs) = (mailtap(&capture, place.path()), tshark(&capture, place.path()));
                    for (what, words) in differences(&ours, &theirs) {
                        found.lock().expect("nobody panics").insert((name.clone(), what), words);
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().expect("nobody panics");
    let mut wrong = String::new();
    for &(fixture, what, why) in KNOWN {
        match found.remove(&(fixture.to_owned(), what)) {
            Some(_) => println!("{fixture}: {what:?} differ: {why}"),
            None => _ = writeln!(wrong, "{fixture}: {what:?} do not differ any more, and are listed: {why}"),
        }
    }
    for ((fixture, what), words) in found {
        _ = write!(wrong, "{fixture}: {what:?} differ, and nothing says why:\n{words}");
    }
    println!("{wrong}");
    assert!(wrong.is_empty() || !version.starts_with(LISTED_WITH), "what differs is above");
}
