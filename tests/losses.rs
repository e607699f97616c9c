/*!
Captures that lack packets: what is said of them is true all the same.

A message that is called complete is one that crossed, byte for byte; a password that is reported is one that was sent; a
reply is given to no command but its own; and what is missing is counted. Any stretch of packets may be lost, and any few.
*/

mod support;

use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use support::{CONVERSATIONS, Conversation, Segment, Side, captured, segments, turns};

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
    let mut sessions = support::sessions(&captured(segments, port));
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
    fn of(Conversation { name, port, script }: Conversation, size: usize) -> Self {
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
        let who = if segment.from == Side::Client { 'C' } else { 'S' };
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
        // Of several holes on both sides, nobody can tell in which order they were.
        let of = |side: Side| lost.iter().any(|&n| truth.sent[n].from == side && !truth.sent[n].payload.is_empty());
        let answers = !(of(Side::Client) && of(Side::Server));
        prop_assert_eq!(truth.check(|n| !lost.contains(&n), answers), Ok(()));
    }
}
