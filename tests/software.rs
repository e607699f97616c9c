//! The programs of `fixtures/software` and `fixtures/lab` are named by what they do, or not at all: never wrongly. The
//! confusion table is in `docs/software.md`; `UPDATE_EXPECTED=1 cargo test --test software` writes it.

mod support;

use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::{KeySource, Keys};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

const BEGIN: &str = "<!-- named: begin -->\n";
const END: &str = "<!-- named: end -->";

/// How often programs of one name were named in captures of one use.
#[derive(Default)]
struct Count {
    named: usize,
    of: usize,
    versions: Vec<String>,
}

/// By use, side and name.
type Counts = BTreeMap<(String, &'static str, String), Count>;

/// What the captures of `fixtures/software` come to, and which programs were named wrongly.
fn counted() -> (Counts, Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/software");
    let (mut counts, mut wrong): (Counts, Vec<String>) = Default::default();
    for (fixture, capture) in support::fixtures_in(&root) {
        let folder = root.join(&fixture);
        let truth = std::fs::read(folder.join("truth.json")).expect("a truth.json");
        let truth: Value = serde_json::from_slice(&truth).expect("JSON");
        let keys = std::fs::read(folder.join("keys.log")).ok().map(|log| -> Arc<dyn Keys> {
            let ring = KeyRing::default();
            ring.add(&log, KeySource::KeyLog, 0);
            Arc::new(ring)
        });
        let file = std::fs::read(&capture).expect("readable");
        for session in support::tls::sessions_with(&file, keys) {
            for side in ["client", "server"] {
                let told = session[format!("{side}_software")]["name"].as_str();
                let Some(known) = truth[side]["name"].as_str() else {
                    wrong.extend(told.map(|told| format!("{fixture}: the {side} is nobody's program, told: {told}")));
                    continue;
                };
                let usage = truth["use"].as_str().expect("a use").to_owned();
                let count = counts.entry((usage, side, known.to_owned())).or_default();
                count.of += 1;
                count.named += usize::from(told == Some(known));
                let version = truth[side]["version"].as_str().unwrap_or("?").to_owned();
                if !count.versions.contains(&version) {
                    count.versions.push(version);
                }
                if told.is_some_and(|told| told != known) {
                    wrong.push(format!("{fixture}: the {side} is {known}, told: {}", told.unwrap_or_default()));
                }
            }
        }
    }
    (counts, wrong)
}

#[test]
fn programs_are_told_by_what_they_do() {
    let (counts, wrong) = counted();
    assert!(wrong.is_empty(), "named wrongly:\n{}", wrong.join("\n"));
    let tested = || counts.iter().filter(|((usage, ..), _)| usage == "test");
    let (named, of) = tested().fold((0, 0), |(named, of), (_, count)| (named + count.named, of + count.of));
    let mut table =
        String::from("| captures for | side | program | versions | sessions | named |\n|---|---|---|---|--:|--:|\n");
    for ((usage, side, name), count) in &counts {
        let mut versions = count.versions.clone();
        versions.sort();
        let _ =
            writeln!(table, "| {usage} | {side} | {name} | {} | {} | {} |", versions.join(", "), count.of, count.named);
    }
    let _ = write!(
        table,
        "\nOf the {of} ends in captures that no signature was written from, {named} are named, none wrongly.\n"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/software.md");
    let page = std::fs::read_to_string(&path).expect("docs/software.md");
    let (head, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (_, tail) = rest.split_once(END).expect("where it ends");
    let wanted = format!("{head}{BEGIN}{table}{END}{tail}");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, &wanted).expect("the page can be written");
    }
    assert_eq!(page, wanted, "UPDATE_EXPECTED=1 cargo test --test software writes the table");
}

/// The lab's captures are named after the client, and most have a server of Postfix or Dovecot.
#[test]
fn no_program_of_the_lab_is_named_wrongly() {
    let programs = [
        "curl",
        "fetchmail",
        "getmail",
        "imapflow",
        "mbsync",
        "mpop",
        "msmtp",
        "mutt",
        "nodemailer",
        "offlineimap",
        "s-nail",
        "swaks",
    ];
    let mut named = 0;
    for (fixture, capture) in support::fixtures() {
        let Some(program) = programs.iter().find(|program| fixture.contains(*program)) else { continue };
        for session in support::sessions(&std::fs::read(&capture).expect("readable")) {
            if let Some(told) = session["client_software"]["name"].as_str() {
                assert!(told.to_lowercase().contains(program), "{fixture}: {told}");
                named += 1;
            }
        }
    }
    assert!(named >= 3, "only {named} sessions of the lab have a named client");
}

/// Which messages a client asks for, and deletes, is told in the order in which it does so.
#[test]
fn busybox_fetches_from_the_last_message_to_the_first() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/software");
    for (name, expected) in [
        ("fetch", &["RETR 2", "DELE 2", "RETR 1", "DELE 1"][..]),
        ("kept", &["RETR 2", "RETR 1"]),
        ("top", &["TOP 2 0", "TOP 1 0"]),
    ] {
        let capture = root.join(format!("busybox-popmaildir-1.35.0-{name}/capture.pcap"));
        let sessions = support::sessions(&std::fs::read(capture).expect("readable"));
        let [session] = &sessions[..] else { panic!("{name}: one session") };
        let is_asked = |command: &&str| ["RETR", "DELE", "TOP"].iter().any(|verb| command.starts_with(verb));
        let steps = session["steps"].as_array().expect("steps");
        let asked: Vec<&str> = steps.iter().filter_map(|step| step["text"].as_str()).filter(is_asked).collect();
        assert_eq!(asked, expected, "{name}");
        let messages = session["messages"].as_array().expect("messages");
        let numbers: Vec<_> = messages.iter().map(|message| message["number"].as_u64()).collect();
        assert_eq!(numbers, [Some(2), Some(1)], "{name}");
    }
}
