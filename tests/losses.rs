/*!
Captures that lack packets: what is said of them is true all the same.

A message that is called complete is one that crossed, byte for byte; a password that is reported is one that was sent; a
reply is given to no command but its own; and what is missing is counted. Any stretch of packets may be lost, and any few.
*/

mod support;

use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use support::{Segment, Who, frame, pcap, segments, turns};

/// Conversations in which every reply is said once, so that a reply given to the wrong command shows.
const CONVERSATIONS: [(&str, u16, &str); 13] = [
    (
        "smtp, a pipelining client",
        25,
        r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250-PIPELINING
        S: 250 AUTH PLAIN
        C: AUTH PLAIN AGdyb3VwN18zAGdyb3VwN18z
        S: 235 2.7.0 ok
        C: MAIL FROM:<group7_3@JServer.Netlab>
        C: RCPT TO:<alice@JServer.Netlab>
        C: RCPT TO:<nobody@JServer.Netlab>
        C: DATA
        S: 250 2.1.0 sender
        S: 250 2.1.5 alice
        S: 550 5.1.1 nobody
        S: 354 go on
        C: Subject: a test
        C| \r\n
        C: ..dots
        C: body
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<second@netlab>
        C: RCPT TO:<bob@JServer.Netlab>
        C: DATA
        S: 250 second sender
        S: 250 bob
        S: 354 go on again
        C: Subject: another\r\n\r\nand its body
        C: .
        S: 250 queued again
        C: QUIT
        S: 221 2.0.0 bye",
    ),
    (
        "smtp, a client that waits for each reply",
        25,
        r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250 AUTH LOGIN
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: Z3JvdXA3XzM=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0MTI=
        S: 235 2.7.0 ok
        C: MAIL FROM:<group7_3@JServer.Netlab>
        S: 250 2.1.0 sender
        C: RCPT TO:<alice@JServer.Netlab>
        S: 250 2.1.5 alice
        C: DATA
        S: 354 go on
        C: Subject: a test\r\n\r\nHELP\r\nis what the body says
        C: .
        S: 250 2.0.0 queued
        C: NOOP
        S: 250 idle
        C: QUIT
        S: 221 2.0.0 bye",
    ),
    (
        "smtp, chunks",
        25,
        r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250 CHUNKING
        C: MAIL FROM:<a@netlab>
        S: 250 sender
        C: RCPT TO:<b@netlab>
        S: 250 recipient
        C: BDAT 17
        C| Subject: a test\r\n
        S: 250 first chunk
        C: BDAT 15
        C| \r\nQUIT\r\nof it\r\n
        S: 250 second chunk
        C: BDAT 6 LAST
        C| more\r\n
        S: 250 queued
        C: QUIT
        S: 221 bye",
    ),
    (
        "smtp, chunks in a row",
        25,
        r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250-PIPELINING
        S: 250 CHUNKING
        C: MAIL FROM:<a@netlab>\r\nRCPT TO:<b@netlab>\r\nBDAT 17\r\nSubject: a test\r\nBDAT 8 LAST\r\n\r\nbody
        C| MAIL FROM:<c@netlab>\r\nRCPT TO:<d@netlab>\r\nBDAT 9 LAST\r\n\r\nagain\r\n
        S: 250 sender
        S: 250 recipient
        S: 250 first chunk
        S: 250 queued
        S: 250 second sender
        S: 250 second recipient
        S: 250 queued again
        C: QUIT
        S: 221 bye",
    ),
    (
        "lmtp",
        24,
        r"
        S: 220 mx.netlab LMTP
        C: LHLO cslabc39
        S: 250-mx.netlab
        S: 250 PIPELINING
        C: MAIL FROM:<a@netlab>\r\nRCPT TO:<b@netlab>\r\nRCPT TO:<c@netlab>\r\nDATA
        S: 250 sender
        S: 250 b
        S: 250 c
        S: 354 go on
        C: Subject: a test\r\n\r\n..dots\r\nbody
        C: .
        S: 250 delivered to b
        S: 452 c is full
        C: MAIL FROM:<d@netlab>
        S: 250 second sender
        C: RCPT TO:<e@netlab>
        S: 250 e
        C: DATA
        S: 354 go on again
        C: Subject: another\r\n\r\nbody
        C: .
        S: 250 delivered to e
        C: QUIT
        S: 221 bye",
    ),
    (
        "pop3, sizes told",
        110,
        r"
        S: +OK POP3 ready
        C: USER group7_3
        S: +OK name
        C: PASS secret12
        S: +OK logged in
        C: LIST
        S: +OK 2 messages
        S: 1 34
        S: 2 27
        S: .
        C: RETR 1
        S: +OK 34 octets
        S: Subject: a test\r\n\r\n..dots\r\n+OK body
        S: .
        C: RETR 2
        S: +OK 27 octets
        S: Subject: another\r\n\r\nbody
        S: .
        C: DELE 1
        S: +OK gone
        C: QUIT
        S: +OK bye",
    ),
    (
        "pop3, sizes not told",
        110,
        r"
        S: +OK POP3 ready
        C: AUTH PLAIN
        S: +
        C: AGdyb3VwN18zAHNlY3JldDEy
        S: +OK logged in
        C: RETR 1
        S: +OK message follows
        S: Subject: a test\r\n\r\nbody\r\nmore
        S: .
        C: TOP 2 1
        S: +OK top follows
        S: Subject: another\r\n\r\nfirst line
        S: .
        C: RETR 2
        S: +OK second follows
        S: Subject: another\r\n\r\nfirst line\r\nsecond line
        S: .
        C: QUIT
        S: +OK bye",
    ),
    (
        "pop3, a pipelining client",
        110,
        r"
        S: +OK POP3 ready
        C: USER group7_3
        C: PASS secret12
        S: +OK name
        S: +OK logged in
        C: STAT\r\nRETR 1\r\nRETR 2\r\nDELE 1
        S: +OK 2 61
        S: +OK 33 octets
        S: Subject: a test\r\n\r\n..dots\r\nthe body
        S: .
        S: +OK 27 octets
        S: Subject: another\r\n\r\nbody
        S: .
        S: +OK gone
        C: QUIT
        S: +OK bye",
    ),
    (
        "imap, fetched",
        143,
        r"
        S: * OK ready
        C: a1 LOGIN {8}
        S: + user?
        C| group7_3
        C:  {8}
        S: + password?
        C: secret12
        S: a1 OK logged in
        C: a2 SELECT INBOX
        S: * 2 EXISTS
        S: a2 OK [READ-WRITE] done
        C: a3 FETCH 1 (UID BODY[])
        S: * 1 FETCH (UID 7 BODY[] {29}
        S| Subject: a test\r\n\r\n.dots\r\nbody\r\n
        S: )
        S: a3 OK first
        C: a4 UID FETCH 7:8 (FLAGS BODY.PEEK[])
        S: * 1 FETCH (BODY[] {29}
        S| Subject: a test\r\n\r\n.dots\r\nbody\r\n
        S:  FLAGS () UID 7)
        S: * 2 FETCH (FLAGS (\\Seen) UID 8 BODY[] {32}
        S| Subject: another\r\n\r\n* 3 FETCH ()\r\n
        S: )
        S: a4 OK both
        C: a5 LOGOUT
        S: * BYE
        S: a5 OK bye",
    ),
    (
        "imap, several literals in a response, and quoted strings",
        143,
        r#"
        S: * OK ready
        C: a1 LOGIN "group7_3" "secret12"
        S: a1 OK logged in
        C: a2 SELECT INBOX
        S: a2 OK done
        C: a3 FETCH 1 (ENVELOPE BODY[HEADER] BODY[TEXT])
        S: * 1 FETCH (ENVELOPE (NIL {6}
        S| a test
        S:  NIL) BODY[HEADER] {19}
        S| Subject: a test\r\n\r\n
        S:  BODY[TEXT] {6}
        S| body\r\n
        S: )
        S: * 2 FETCH (BODY[1] "quoted body" BODY[TEXT]<0> {5}
        S| parti
        S:  UID 3)
        S: a3 OK fetched
        C: a4 LOGOUT
        S: a4 OK bye"#,
    ),
    (
        "imap, appended",
        143,
        r"
        S: * OK ready
        C: a1 AUTHENTICATE PLAIN
        S: +
        C: AGdyb3VwN18zAHNlY3JldDEy
        S: a1 OK logged in
        C: a2 APPEND Sent (\\Seen) {23}
        S: + go on
        C| Subject: a test\r\n\r\nbody
        C:
        S: a2 OK [APPENDUID 1 5] appended
        C: a3 NOOP
        S: a3 OK nothing
        C: a4 APPEND {4}
        S: + name?
        C: Sent {24}
        S: + message?
        C| Subject: another\r\n\r\nbody
        C:
        S: a4 OK appended again
        C: a5 LOGOUT
        S: a5 OK bye",
    ),
    (
        "imap, appended without waiting",
        143,
        r"
        S: * OK ready
        C: a1 LOGIN {8+}\r\ngroup7_3 {8+}\r\nsecret12
        S: a1 OK logged in
        C: a2 APPEND Sent {23+}
        C| Subject: a test\r\n\r\nbody
        C:
        C: a3 APPEND Sent {24+}
        C| Subject: another\r\n\r\nbody
        C:  (\\Seen) {23+}
        C| a9 NOOP\r\n\r\na third one
        C:
        C: a4 NOOP
        S: a2 OK appended
        S: a3 OK [APPENDUID 1 6:7] appended both
        S: a4 OK nothing
        C: a5 LOGOUT
        S: a5 OK bye",
    ),
    (
        "imap, several in flight",
        143,
        r"
        S: * PREAUTH ready
        C: a1 SELECT INBOX\r\na2 FETCH 1 BODY[]\r\na3 FETCH 2 RFC822
        S: * 2 EXISTS
        S: a1 OK selected
        S: * 1 FETCH (BODY[] {29}\r\nSubject: a test\r\n\r\n.dots\r\nbody\r\n)
        S: * 2 FETCH (RFC822 {22}\r\nSubject: another\r\n\r\n)\r\n)
        S: a3 OK second
        S: a2 OK first
        C: a4 LOGOUT
        S: a4 OK bye",
    ),
];

/// What of a session must be true.
#[derive(Debug, Default, PartialEq)]
struct Facts {
    /// Part and digest of messages that are called complete.
    complete: BTreeSet<(String, String)>,
    /// Every password, and every name.
    passwords: BTreeSet<String>,
    /// Every reply's text.
    replies: BTreeSet<String>,
    /// (the verb of the command answered, the reply's text)
    answered: BTreeSet<(String, String)>,
}

fn facts(session: &Value) -> Facts {
    let mut facts = Facts::default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| session[name].as_array().expect("a list");
    for message in list("messages").iter().filter(|message| message["complete"] == Value::Bool(true)) {
        // How many lines TOP asks for may be lost.
        let part = text(&message["part"]);
        let part = if part.starts_with("top") { "top".to_owned() } else { part };
        facts.complete.insert((part, text(&message["sha256"])));
    }
    for credential in list("credentials") {
        let told = ["username", "password"].into_iter().filter(|field| credential[field].is_string());
        facts.passwords.extend(told.map(|field| format!("{field} {}", text(&credential[field]))));
    }
    for step in list("steps").iter().filter(|step| step["kind"] == "reply") {
        facts.replies.insert(text(&step["text"]));
        if let Some(n) = step["answers"].as_u64() {
            let asked = &session["steps"][n as usize - 1];
            facts.answered.insert((text(&asked["command"]), text(&step["text"])));
        }
    }
    facts
}

fn session(segments: &[Segment], port: u16) -> Option<Value> {
    let file = pcap(&segments.iter().map(|segment| frame(segment, 40_000, port)).collect::<Vec<_>>());
    let (mut document, problem) = support::analyze(&file);
    assert_eq!(problem, None);
    let sessions = document["sessions"].as_array_mut().expect("a list");
    assert!(sessions.len() <= 1, "one session, or none where too little is left of it");
    sessions.pop()
}

/// The truth about a conversation, known when nothing is lost.
struct Truth {
    name: &'static str,
    port: u16,
    sent: Vec<Segment>,
    facts: Facts,
    transport: Value,
}

impl Truth {
    /// With payloads cut to `size`.
    fn of((name, port, script): (&'static str, u16, &str), size: usize) -> Self {
        let turns = turns(script);
        let plain = session(&segments(&turns, usize::MAX), port).expect("a session");
        let facts = facts(&plain);
        assert!(!facts.complete.is_empty(), "{name}: messages");
        let sent = segments(&turns, size);
        Self { name, port, sent, facts, transport: plain["transport"].clone() }
    }

    /// Checks what is said of the conversation where `keep` tells which of its segments were captured. Which reply is to
    /// which command is checked too where there are `answers` to be sure of.
    fn check(&self, keep: impl Fn(usize) -> bool, answers: bool) -> Result<(), String> {
        let sent: Vec<Segment> = (0..).zip(&self.sent).filter(|(n, _)| keep(*n)).map(|(_, s)| s.clone()).collect();
        let Some(found) = session(&sent, self.port) else { return Ok(()) };
        let fail = |what: &str, of: &dyn std::fmt::Debug| {
            let steps = found["steps"].as_array().expect("a list").iter();
            let steps: Vec<String> = steps
                .map(|step| format!("{} {} {} {}", step["from"], step["kind"], step["text"], step["bytes"]))
                .collect();
            Err(format!("{}: {what}: {of:?}\n{}\n{}", self.name, script(&self.sent, &keep), steps.join("\n")))
        };
        let (truth, facts) = (&self.facts, facts(&found));
        if let Some(message) = facts.complete.difference(&truth.complete).next() {
            return fail("called complete", message);
        }
        if let Some(password) = facts.passwords.difference(&truth.passwords).next() {
            return fail("called a password", password);
        }
        // The end of a verb may be lost; and the end of an AUTH, so that nobody knows a response for one.
        let is_part = |part: &str, whole: &str| {
            part == whole || (!part.is_empty() && whole.starts_with(part)) || (part == "AUTH" && whole.is_empty())
        };
        let wrong = |(verb, reply): &&(String, String)| {
            let mut pairs = truth.answered.iter();
            truth.replies.contains(reply) && !pairs.any(|(whole, answer)| answer == reply && is_part(verb, whole))
        };
        if answers && let Some(answer) = facts.answered.iter().find(wrong) {
            return fail("called an answer", answer);
        }
        for side in ["client", "server"] {
            let count = |transport: &Value, what: &str| transport[format!("{side}_{what}")].as_u64().expect("a number");
            let (bytes, missing) = (count(&found["transport"], "bytes"), count(&found["transport"], "missing"));
            // A FIN and the last bytes before it may be lost without a trace.
            if bytes + missing > count(&self.transport, "bytes") {
                return fail("bytes counted twice", &side);
            }
        }
        Ok(())
    }
}

/// The segments with payload, and which of them were lost.
fn script(sent: &[Segment], keep: &impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    for (n, segment) in (0..).zip(sent).filter(|(_, segment)| !segment.payload.is_empty()) {
        let who = if segment.from == Who::Client { 'C' } else { 'S' };
        let lost = if keep(n) { ' ' } else { '~' };
        text += &format!("{who}{lost} {}\n", segment.payload.escape_ascii());
    }
    text
}

/// The packets before and after these are the handshake and the farewell, without which nobody knows where a stream
/// begins or ends.
const HANDSHAKE: usize = 3;

/// Every stretch of packets, of one side's or of both.
fn any_stretch_may_be_lost(size: usize) {
    let mut failures = std::collections::BTreeMap::new();
    for conversation in CONVERSATIONS {
        let truth = Truth::of(conversation, size);
        assert_eq!(truth.check(|_| true, true), Ok(()));
        let payloads: Vec<usize> = (0..truth.sent.len()).filter(|&n| !truth.sent[n].payload.is_empty()).collect();
        for from in 0..payloads.len() {
            for to in from..payloads.len().min(from + 16) {
                for side in [None, Some(Who::Client), Some(Who::Server)] {
                    let lost = |n: usize| {
                        (payloads[from]..=payloads[to]).contains(&n)
                            && !truth.sent[n].payload.is_empty()
                            && side.is_none_or(|side| truth.sent[n].from == side)
                    };
                    if let Err(problem) = truth.check(|n| !lost(n), true) {
                        failures.entry(truth.name).or_insert((0, problem)).0 += 1;
                    }
                }
            }
        }
    }
    for (count, problem) in failures.values() {
        eprintln!("{count} failures, the first:\n{problem}");
    }
    assert!(failures.is_empty());
}

#[test]
fn any_stretch_of_lines_may_be_lost() {
    any_stretch_may_be_lost(usize::MAX);
}

#[test]
fn any_stretch_of_small_packets_may_be_lost() {
    any_stretch_may_be_lost(13);
}

proptest! {
    #![proptest_config(support::tried(2_000))]

    #[test]
    fn any_few_packets_may_be_lost(
        conversation in prop::sample::select(&CONVERSATIONS[..]),
        size in prop_oneof![1..40_usize, Just(usize::MAX)],
        lost in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        let truth = Truth::of(conversation, size);
        let middle = truth.sent.len() - 2 * HANDSHAKE;
        let lost: BTreeSet<usize> = lost.iter().map(|lost| HANDSHAKE + lost.index(middle)).collect();
        // Of several holes on both sides, nobody can tell in which order they were.
        let of = |side: Who| lost.iter().any(|&n| truth.sent[n].from == side && !truth.sent[n].payload.is_empty());
        let answers = !(of(Who::Client) && of(Who::Server));
        prop_assert_eq!(truth.check(|n| !lost.contains(&n), answers), Ok(()));
    }
}
