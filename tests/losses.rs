/*!
Captures that lack packets: what mailtap reports is still true.

A message that is called complete equals the one that was sent, byte for byte; a password that is reported was sent; a
reply answers no command but its own; and no byte is counted twice. Any range of packets may be lost, and any few.
*/

mod support;

use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use support::{CONVERSATIONS, Conversation, Segment, Side, captured, segments, turns};

/// What must be true of a session.
#[derive(Debug, Default, PartialEq)]
struct Facts {
    /// Part and digest of each message that is called complete.
    complete: BTreeSet<(String, String)>,
    /// Every user name and password.
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
        // The number of lines in TOP may be lost.
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
    let mut sessions = support::sessions(&captured(segments, port));
    assert!(sessions.len() <= 1, "one session, or none where too little is left of it");
    sessions.pop()
}

/// The truth about a conversation: the session when nothing is lost.
struct Truth {
    name: &'static str,
    port: u16,
    sent: Vec<Segment>,
    facts: Facts,
    transport: Value,
}

impl Truth {
    /// The truth about a conversation sent in payloads of at most `size` bytes.
    fn of(Conversation { name, port, script }: Conversation, size: usize) -> Self {
        let turns = turns(script);
        let plain = session(&segments(&turns, usize::MAX), port).expect("a session");
        let facts = facts(&plain);
        assert!(!facts.complete.is_empty(), "{name}: messages");
        let sent = segments(&turns, size);
        Self { name, port, sent, facts, transport: plain["transport"].clone() }
    }

    /// Checks the session of a capture that has only the segments for which `keep` is true. With `answers`, also checks
    /// which command each reply answers.
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
        // The end of a verb may be lost, or the end of an AUTH exchange: then its reply may be taken for one to AUTH
        // itself.
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
            // Fewer is possible: a FIN and the last bytes before it may be lost without a trace.
            if bytes + missing > count(&self.transport, "bytes") {
                return fail("bytes counted twice", &side);
            }
        }
        Ok(())
    }
}

/// The segments with payload as text; the lost ones are marked `~`.
fn script(sent: &[Segment], keep: &impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    for (n, segment) in (0..).zip(sent).filter(|(_, segment)| !segment.payload.is_empty()) {
        let who = if segment.from == Side::Client { 'C' } else { 'S' };
        let lost = if keep(n) { ' ' } else { '~' };
        text += &format!("{who}{lost} {}\n", segment.payload.escape_ascii());
    }
    text
}

/// Packets at each end of a capture that are never lost: without SYN and FIN the ends of a stream are not known.
const HANDSHAKE: usize = 3;

/// Loses every range of up to 16 packets with payload: those of both sides, and those of one.
fn any_stretch_may_be_lost(size: usize) {
    let mut failures = std::collections::BTreeMap::new();
    for conversation in CONVERSATIONS {
        let truth = Truth::of(conversation, size);
        assert_eq!(truth.check(|_| true, true), Ok(()));
        let payloads: Vec<usize> = (0..truth.sent.len()).filter(|&n| !truth.sent[n].payload.is_empty()).collect();
        for from in 0..payloads.len() {
            for to in from..payloads.len().min(from + 16) {
                for side in [None, Some(Side::Client), Some(Side::Server)] {
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
        // With gaps on both sides, their order is not known, so a reply may be given to another command.
        let of = |side: Side| lost.iter().any(|&n| truth.sent[n].from == side && !truth.sent[n].payload.is_empty());
        let answers = !(of(Side::Client) && of(Side::Server));
        prop_assert_eq!(truth.check(|n| !lost.contains(&n), answers), Ok(()));
    }
}
