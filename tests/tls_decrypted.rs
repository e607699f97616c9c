//! What is read inside the captures of `fixtures/tls` is what `truth.json` says: the dialogues of their twins in clear, step
//! by step, and the letters of real servers.

mod support;

use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::{KeySource, Keys};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use support::tls::{Fixture, all, document_with, named, sessions_with};

/// Suites of which no record can be opened.
const NOT_SUPPORTED: [&str; 1] = ["tls12-aria-gcm"];

/// What was said, in the clear or inside: without the steps of TLS and of TCP.
fn said(session: &Value) -> Vec<String> {
    let steps = session["steps"].as_array().expect("a list").iter();
    let said = steps.filter(|step| !["tls", "gap"].contains(&step["kind"].as_str().unwrap_or_default()));
    said.map(|step| ["from", "kind", "command", "text", "bytes"].map(|field| step[field].to_string()).join(" "))
        .collect()
}

/// The fixtures whose secrets are there and of use, each with its sessions and where its secrets are from.
fn decrypted() -> Vec<(Fixture, Vec<Value>, &'static str)> {
    let found = all().into_iter().filter(|fixture| !NOT_SUPPORTED.contains(&fixture.name.as_str()));
    let found: Vec<_> = found
        .filter_map(|fixture| {
            let (keys, by) = fixture.keys()?;
            let sessions = sessions_with(&fixture.file, Some(keys));
            Some((fixture, sessions, by))
        })
        .collect();
    assert!(found.len() >= 70, "only {} fixtures have secrets", found.len());
    found
}

#[test]
fn the_dialogue_inside_is_that_of_the_twin_in_clear() {
    let twins: BTreeMap<String, Vec<String>> = all()
        .into_iter()
        .filter(|fixture| fixture.name.starts_with("clear-"))
        .map(|fixture| (fixture.name.clone(), said(&sessions_with(&fixture.file, None)[0])))
        .collect();
    let mut seen = 0;
    for (fixture, sessions, by) in decrypted() {
        let known = fixture.truth["connections"].as_array().expect("a list");
        assert_eq!(sessions.len(), known.len(), "{}", fixture.name);
        for (session, known) in sessions.iter().zip(known) {
            let name = &fixture.name;
            assert_eq!(session["tls"]["decryption"], serde_json::json!({ "by": by }), "{name}");
            assert_eq!(session["tls"]["decrypted"], true, "{name}");
            let Some(twin) = known["clear"].as_str() else { continue };
            let (mut found, mut twin) = (said(session), twins[twin].clone());
            if known.get("early").is_some() || known.get("letter").is_none() {
                // The client spoke before the greeting, or said less.
                found.sort();
                twin.sort();
                twin.retain(|step| known.get("letter").is_some() || found.contains(step));
            }
            assert_eq!(found, twin, "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 75, "only {seen} dialogues");
}

#[test]
fn letters_inside_are_those_of_the_truth() {
    let (mut letters, mut real) = (0, 0);
    for (fixture, sessions, _) in decrypted() {
        let known = fixture.truth["connections"].as_array().expect("a list");
        for (session, known) in sessions.iter().zip(known).filter(|(_, known)| known.get("letter").is_some()) {
            let letter = &session["messages"][0];
            assert_eq!(letter["complete"], true, "{}", fixture.name);
            for field in ["size", "sha256"] {
                assert_eq!(known["letter"][field], letter[field], "{}: {field}", fixture.name);
            }
            if let Some(user) = known["server_log"]["user"].as_str() {
                let told = session["credentials"][0]["username"].as_str().map(str::to_lowercase);
                assert_eq!(told, Some(user.to_lowercase()), "{}", fixture.name);
            }
            letters += 1;
            real += usize::from(fixture.name.starts_with("real-"));
        }
    }
    assert!(letters >= 80 && real >= 6, "only {letters} letters, {real} of real servers");
}

/// Every byte inside is in a step: where a dialogue says so of all that it reads.
#[test]
fn bytes_inside_are_those_of_the_truth() {
    for (fixture, sessions, _) in decrypted() {
        let known = fixture.truth["connections"].as_array().expect("a list");
        for (session, known) in sessions.iter().zip(known) {
            let all = |side: &str, truth: &str| {
                let steps = session["steps"].as_array().expect("a list").iter();
                let inside = steps
                    .filter(|step| step["channel"] == "decrypted" && step["kind"] != "tls" && step["from"] == side);
                let bytes: u64 = inside.map(|step| step["bytes"].as_u64().unwrap_or(0)).sum();
                let decompressed = &known[format!("{side}_decompressed")];
                if decompressed.is_null() {
                    assert_eq!(Some(bytes), known[truth]["bytes"].as_u64(), "{}: {side}", fixture.name);
                }
            };
            all("client", "client_inside");
            all("server", "server_inside");
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for (fixture, _, _) in decrypted() {
        let read = |threads| document_with(&fixture.file, fixture.keys().map(|(keys, _)| keys), threads);
        let one = read(1);
        for threads in [2, 3, 8] {
            assert!(read(threads) == one, "{}: {threads} threads", fixture.name);
        }
    }
}

/// Secrets of other connections say so, and change nothing else.
#[test]
fn the_wrong_secrets_open_nothing() {
    let other: Vec<u8> = [1, 2]
        .map(|n| format!("CLIENT_RANDOM {} {}\n", "01".repeat(32), "0".repeat(95) + &n.to_string()))
        .concat()
        .into_bytes();
    for fixture in all() {
        let ring = KeyRing::default();
        ring.add(&other, KeySource::KeyLog, 0);
        let plain = sessions_with(&fixture.file, None);
        let mut with = sessions_with(&fixture.file, Some(Arc::new(ring) as Arc<dyn Keys>));
        for (session, plain) in with.iter_mut().zip(&plain).filter(|(_, plain)| plain["tls"]["mode"] != "none") {
            let tls = session["tls"].as_object_mut().expect("an object");
            let decryption = tls.remove("decryption").unwrap_or_else(|| panic!("{}: why is not said", fixture.name));
            assert!(decryption["by"].is_null(), "{}", fixture.name);
            let fault = if NOT_SUPPORTED.contains(&fixture.name.as_str()) { "cipher-suite" } else { "no-secret" };
            assert_eq!(decryption["fault"], fault, "{}", fixture.name);
            let is_early =
                fixture.truth["connections"].as_array().expect("a list").iter().any(|c| c.get("early").is_some());
            assert_eq!(in_order(session, is_early), in_order(plain, is_early), "{}", fixture.name);
        }
    }
}

/// The session; where early data wait for the server's answer, without the order of its steps.
fn in_order(session: &Value, is_early: bool) -> Value {
    let mut session = session.clone();
    if let Some(steps) = session["steps"].as_array_mut().filter(|_| is_early) {
        steps.iter_mut().for_each(|step| drop(step.as_object_mut().expect("an object").remove("n")));
        steps.sort_by_key(Value::to_string);
    }
    session
}

/// The right secrets' lines with one digit changed each.
#[test]
fn secrets_that_do_not_fit_open_nothing() {
    for name in
        ["tls13-aes128-gcm", "tls12-aes128-gcm", "tls12-cbc-sha", "tls10-cbc", "tls12-renegotiated", "tls13-early"]
    {
        let fixture = named(name);
        let log = std::fs::read_to_string(fixture.path.with_file_name("keys.log")).expect("readable");
        let changed = |line: &str| {
            let last = if line.ends_with('0') { '1' } else { '0' };
            format!("{}{last}\n", &line[..line.len() - 1])
        };
        let ring = KeyRing::default();
        ring.add(log.lines().map(changed).collect::<String>().as_bytes(), KeySource::KeyLog, 0);
        let plain = sessions_with(&fixture.file, None);
        let mut with = sessions_with(&fixture.file, Some(Arc::new(ring) as Arc<dyn Keys>));
        for (session, plain) in with.iter_mut().zip(&plain) {
            let tls = session["tls"].as_object_mut().expect("an object");
            let decryption = tls.remove("decryption").expect("why is said");
            assert_eq!(decryption["fault"], "does-not-fit", "{name}");
            let is_early = name == "tls13-early";
            assert_eq!(in_order(session, is_early), in_order(plain, is_early), "{name}");
        }
    }
}

#[test]
fn a_suite_that_is_not_supported_is_told() {
    let fixture = named("tls12-aria-gcm");
    let sessions = sessions_with(&fixture.file, fixture.keys().map(|(keys, _)| keys));
    assert_eq!(sessions[0]["tls"]["decryption"]["fault"], "cipher-suite");
    assert_eq!(sessions[0]["tls"]["decrypted"], false);
}
