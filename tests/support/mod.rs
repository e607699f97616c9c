/*!
The test kit: conversations as `C:`/`S:` text ([`script`]), turned into packets ([`wire`]), and packets turned into sessions.

Lines of one side that follow each other are segments of their own. Both ends acknowledge what they have received, and
close with FIN.
*/

#![allow(dead_code, unused_imports)] // Each test program uses a part of it.

mod conversations;
pub mod program;
#[path = "../../src/protocol/testing/script.rs"]
mod script;
mod terminal;
pub mod tls;
mod wire;

pub use conversations::{CONVERSATIONS, Conversation};
pub use mailtap::flow::Side;
pub use terminal::on_a_terminal;
pub use wire::*;

use mailtap::capture::{CaptureError, CaptureFile, Reordered, Source};
use mailtap::pipeline::{self, Options};
use mailtap::session::{Needs, Plan};
use mailtap::view::json::Json;
use mailtap::view::record;
use proptest::test_runner::Config as ProptestConfig;
use script::Line;
use serde_json::Value;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a property is tested: with `cases` inputs, the same in every run, so that an unrelated change does not fail the
/// test. `PROPTEST_RNG_SEED` chooses other inputs (`.cargo/config.toml` has the usual seed), `PROPTEST_CASES` more.
pub fn tried(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}

/// The turns of a conversation: side and bytes, in order.
pub fn turns(script: &str) -> Vec<(Side, Vec<u8>)> {
    let said = |line| match line {
        Line::Said(side, bytes) => (side, bytes),
        Line::Missing(..) => panic!("what a network loses is not for a script to say"),
    };
    script::lines(script).map(said).collect()
}

/// The capture of a conversation with the server's `port`.
pub fn capture(script: &str, port: u16) -> Vec<u8> {
    captured(&segments(&turns(script), 1_400), port)
}

/// The plan that computes everything, and does not keep content.
pub fn plan() -> Arc<Plan> {
    Needs::ALL.into()
}

/// A capture in memory.
///
/// # Errors
/// Where `file` is not a capture.
pub fn open(file: &[u8]) -> Result<Reordered<CaptureFile>, CaptureError> {
    Ok(Reordered::new(CaptureFile::open("capture".into(), Box::new(Cursor::new(file.to_vec())), 1 << 16)?))
}

/// The JSON document of a source, and why reading stopped early.
pub fn document(source: &mut dyn Source) -> (Value, Option<String>) {
    let mut view = Json::new(Vec::new(), record::Options::default());
    let outcome = pipeline::run(source, &Options::default(), &plan(), &mut view, &AtomicBool::new(false))
        .expect("memory can be written");
    let document = serde_json::from_slice(&view.into_inner()).expect("valid JSON");
    (document, outcome.problem.map(|problem| problem.to_string()))
}

/// As [`document`], of a capture in memory.
pub fn analyze(file: &[u8]) -> (Value, Option<String>) {
    match open(file) {
        Ok(mut source) => document(&mut source),
        Err(error) => (Value::Null, Some(error.to_string())),
    }
}

/// The sessions of a capture that is read to its end.
pub fn sessions(file: &[u8]) -> Vec<Value> {
    let (mut document, problem) = analyze(file);
    assert_eq!(problem, None);
    std::mem::take(document["sessions"].as_array_mut().expect("a list"))
}

/// Removes from a session everything that depends on its packets and not on the conversation: their numbers and times,
/// and the counts of them.
pub fn forget_packets(session: &mut Value) {
    let forget = |value: &mut Value, fields: &[&str]| {
        value.as_object_mut().expect("an object").retain(|field, _| !fields.contains(&field.as_str()));
    };
    forget(
        session,
        &["started", "ended", "duration_ms", "first_packet", "last_packet", "uid", "budget", "display_filter"],
    );
    let counted = [
        "packets",
        "retransmitted",
        "needless",
        "reordered",
        "copies",
        "loss",
        "longest_silence",
        "longest_reply",
        "rtt_ms",
        "sent_again",
    ];
    forget(&mut session["transport"], &counted);
    // What the network lost and had to repeat, and how long something took, is a matter of packets.
    let of_packets = [
        "idle-timeout",
        "loss-on-the-network",
        "retransmission-stall",
        "slow-client",
        "slow-greeting",
        "slow-reply",
        "slow-transfer",
    ]
    .map(Value::from);
    let findings = session["findings"].as_array_mut().expect("a list");
    findings.retain(|finding| !of_packets.contains(&finding["id"]));
    for finding in findings {
        forget(finding, &["packets", "display_filter"]);
    }
    for log_in in session["credentials"].as_array_mut().expect("a list") {
        forget(log_in, &["time", "packets"]);
    }
    for step in session["steps"].as_array_mut().expect("a list") {
        forget(step, &["time", "packets", "elapsed_ms"]);
    }
}

/// Says that a test was skipped, and why: past the test harness, which shows nothing that a passing test prints.
pub fn skipped(why: &str) {
    // A test does not fail because its message cannot be written.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// Every fixture of mail that can be read as it is: the name of its folder below `fixtures`, and its capture. Those of
/// `fixtures/tls` are for their secrets, those of `fixtures/software` for their programs: they have truths of other kinds
/// (`tests/tls_fixtures.rs`, `tests/software.rs`).
pub fn fixtures() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = fixtures_in(&root);
    found.retain(|(name, _)| !["tls/", "software/"].iter().any(|other| name.starts_with(other)));
    assert!(found.len() >= 56, "only {} fixtures were found in {}", found.len(), root.display());
    found
}

/// The same of another folder: at least one.
pub fn fixtures_in(root: &Path) -> Vec<(String, PathBuf)> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if ["capture.pcap", "capture.pcapng"].iter().any(|name| entry.ends_with(name)) {
                found.push((folder.strip_prefix(root).expect("below it").display().to_string(), entry));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no fixture was found in {}", root.display());
    found
}
