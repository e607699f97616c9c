//! The captures of `fixtures/tls` are what their `truth.json` says, as far as it can be seen without their secrets: the
//! connections with version, cipher suite and server name, and the letters of the dialogues in clear.

mod support;

use serde_json::Value;
use std::path::Path;

struct Fixture {
    name: String,
    truth: Value,
    sessions: Vec<Value>,
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls");
    let found = support::fixtures_in(&root).into_iter().map(|(name, path)| {
        let truth = std::fs::read(root.join(&name).join("truth.json")).expect("a truth.json");
        let truth = serde_json::from_slice(&truth).expect("JSON");
        let (mut document, problem) = support::analyze(&std::fs::read(&path).expect("readable"));
        assert_eq!(problem, None, "{name}");
        let Value::Array(sessions) = document["sessions"].take() else { panic!("{name} has no sessions") };
        Fixture { name, truth, sessions }
    });
    found.collect()
}

fn connections(fixture: &Fixture) -> impl Iterator<Item = (&Value, &Value)> {
    let known = fixture.truth["connections"].as_array().expect("connections");
    assert_eq!(fixture.sessions.len(), known.len(), "{}", fixture.name);
    known.iter().zip(&fixture.sessions)
}

#[test]
fn handshakes_are_what_was_asked_for() {
    let mut seen = 0;
    for fixture in fixtures() {
        for (known, found) in connections(&fixture) {
            for side in ["client", "server"] {
                let end = format!("{}:{}", found[side]["ip"].as_str().unwrap_or(""), found[side]["port"]);
                assert_eq!(known[side], end, "{}", fixture.name);
            }
            assert_eq!(known["protocol"], found["protocol"], "{}", fixture.name);
            let Some(tls) = known["tls"].as_object() else {
                assert_eq!(found["tls"]["mode"], "none", "{}", fixture.name);
                continue;
            };
            for (field, value) in tls {
                assert_eq!(*value, found["tls"][field], "{}: {field}", fixture.name);
            }
            seen += 1;
        }
    }
    assert!(seen >= 80, "only {seen} connections with TLS");
}

#[test]
fn letters_in_clear_are_those_of_the_truth() {
    let mut seen = 0;
    for fixture in fixtures().into_iter().filter(|fixture| fixture.name.starts_with("clear-")) {
        for (known, found) in connections(&fixture) {
            for field in ["size", "sha256"] {
                assert_eq!(known["letter"][field], found["messages"][0][field], "{}: {field}", fixture.name);
            }
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} dialogues in clear");
}

/// Each dialogue inside TLS is one that is in clear, too, byte for byte, unless a real server took part.
#[test]
fn every_pumped_dialogue_has_its_clear_twin() {
    let all = fixtures();
    let clear = |name: &Value| all.iter().find(|fixture| *name == fixture.name.as_str());
    for fixture in all.iter().filter(|fixture| fixture.truth["connections"][0].get("server_log").is_none()) {
        for (known, _) in connections(fixture).filter(|(known, _)| known.get("letter").is_some()) {
            let twin = clear(&known["clear"]).unwrap_or_else(|| panic!("{} has no clear twin", fixture.name));
            let twin = &twin.truth["connections"][0];
            for field in ["client_inside", "server_inside", "letter"] {
                assert_eq!(known[field], twin[field], "{}: {field}", fixture.name);
            }
        }
    }
}
