/*!
For every fixture: its JSON and its tables equal the expected files beside it, and its JSON agrees with what the client
of the story knows (`truth.json`, which is made without mailtap; a fixture of a lossy network may have none).

`UPDATE_EXPECTED=1 cargo test --test golden` writes the expected files anew: read the difference before committing it.
*/

mod support;

use mailtap::pipeline;
use mailtap::view::table::{Options, Style, Table};
use mailtap::view::{Lang, Show, schema};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

struct Fixture {
    folder: PathBuf,
    name: String,
    capture: Vec<u8>,
}

/// The repository's fixtures, or those of the folder that `MAILTAP_FIXTURES` names: captures too many for the
/// repository.
fn fixtures() -> impl Iterator<Item = Fixture> {
    let found = match std::env::var_os("MAILTAP_FIXTURES") {
        Some(root) => support::fixtures_in(Path::new(&root)),
        None => support::fixtures(),
    };
    found.into_iter().map(|(name, path)| {
        let capture = std::fs::read(&path).expect("readable");
        Fixture { folder: path.parent().expect("a folder").to_owned(), name, capture }
    })
}

/// Lines of a difference that are shown of either text.
const SHOWN: usize = 3;

/// Compares `actual` with the file, or writes it there with `UPDATE_EXPECTED`. Returns the difference.
fn compare(path: &Path, actual: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, actual).expect("writable");
        return None;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return None;
    }
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path);
    Some(format!("{}:{}", path.display(), difference(&expected, actual)))
}

/// Number of the first line that differs, and the first lines of either text from there on.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let mut shown = (same + 1).to_string();
    for (name, text) in [("expected", expected), ("actual  ", actual)] {
        let lines: Vec<&str> = text.lines().skip(same).take(SHOWN).collect();
        let lines = if lines.is_empty() { vec!["(the end)"] } else { lines };
        lines.iter().for_each(|line| shown += &format!("\n  {name} {line}"));
    }
    shown
}

fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The same for problems that writing the expected files anew may settle.
fn as_expected(mut problems: Vec<String>) {
    if !problems.is_empty() {
        problems
            .push("If the new output is right: UPDATE_EXPECTED=1 cargo test --test golden; git diff fixtures".into());
    }
    none(problems);
}

#[test]
fn json_is_as_expected_and_valid() {
    let schema = serde_json::from_str(&schema::schema()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let mut problems = Vec::new();
    for fixture in fixtures() {
        let (document, problem) = support::analyze(&fixture.capture);
        assert_eq!(problem, None, "{}", fixture.name);
        problems.extend(schema.iter_errors(&document).map(|error| format!("{}: {error}", fixture.name)));
        let text = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
        problems.extend(compare(&fixture.folder.join("expected.json"), &text));
    }
    as_expected(problems);
}

#[test]
fn tables_are_as_expected() {
    let mut problems = Vec::new();
    for fixture in fixtures() {
        for (lang, name) in [(Lang::En, "expected.en.txt"), (Lang::Zh, "expected.zh.txt")] {
            let text = tables(&fixture.capture, lang);
            for line in text.lines() {
                let width = unicode_width::UnicodeWidthStr::width(line);
                if width > 100 {
                    problems.push(format!("{} {name}: {width} columns: {line}", fixture.name));
                }
            }
            problems.extend(compare(&fixture.folder.join(name), &text));
        }
    }
    as_expected(problems);
}

fn tables(capture: &[u8], lang: Lang) -> String {
    let mut source = support::open(capture).expect("a capture");
    let style = Style { width: 100, colour: false };
    let options = Options {
        style,
        show: Show::ALL,
        list: Default::default(),
        lang,
        text_limit: 1_000,
        time: mailtap::view::clock::Clock::Utc,
    };
    let mut view = Table::new(Vec::new(), options);
    pipeline::run(&mut source, &pipeline::Options::default(), &support::plan(), &mut view, &AtomicBool::new(false))
        .expect("memory can be written");
    String::from_utf8(view.into_inner()).expect("UTF-8")
}

#[test]
fn sessions_agree_with_what_the_client_knows() {
    let mut problems = Vec::new();
    for fixture in fixtures() {
        // Where bytes are missing from the capture, some of what the client knows is not in it.
        let lossy = fixture.name.starts_with("transport") && !fixture.folder.join("truth.json").exists();
        if lossy {
            continue;
        }
        let truth = std::fs::read(fixture.folder.join("truth.json")).expect("a truth.json");
        let truth: Value = serde_json::from_slice(&truth).expect("JSON");
        let (document, _) = support::analyze(&fixture.capture);
        let sessions: Vec<&Value> = list(&document["sessions"]).collect();
        let connections: Vec<&Value> = list(&truth["connections"]).filter(|c| c.get("protocol").is_some()).collect();
        let mut note = |what: String| problems.push(format!("{}: {what}", fixture.name));
        if sessions.len() != connections.len() {
            note(format!("{} sessions, {} connections", sessions.len(), connections.len()));
            continue;
        }
        for (session, connection) in sessions.iter().zip(&connections) {
            for side in ["client", "server"] {
                let end = format!("{}:{}", session[side]["ip"].as_str().unwrap_or(""), session[side]["port"]);
                if connection[side] != end {
                    note(format!("{side} {end}, not {}", connection[side]));
                }
                let bytes = format!("{side}_bytes");
                if session["transport"][&bytes] != connection[&bytes] {
                    note(format!("{bytes} {}, not {}", session["transport"][&bytes], connection[&bytes]));
                }
            }
            dialogue(session, connection).into_iter().for_each(&mut note);
            if session["protocol"] != connection["protocol"] || session["tls"]["mode"] != connection["tls"]["mode"] {
                note(format!("{} {}, not {connection}", session["protocol"], session["tls"]["mode"]));
            }
        }
        for (name, known) in [("credentials", &truth["credentials"]), ("messages", &truth["messages"])] {
            let found: Vec<(usize, &Value)> = sessions
                .iter()
                .enumerate()
                .flat_map(|(index, session)| list(&session[name]).map(move |one| (index + 1, one)))
                .collect();
            let known: Vec<&Value> = list(known).collect();
            // The client notes every whole message, but only some of the parts that it fetched.
            if found.len() < known.len() || (name == "credentials" && found.len() > known.len()) {
                note(format!("{} {name}, not {}", found.len(), known.len()));
            }
            let mut rest = found.iter();
            for known in known {
                let differs = |(session, found): &(usize, &Value)| {
                    let fields = known.as_object().expect("an object");
                    fields.iter().find_map(|(field, value)| {
                        let same = match field.as_str() {
                            "connection" => *value == *session,
                            "wire" => true,
                            // A part has a body only where it has an empty line.
                            "body_sha256" if known.get("part").is_some() => true,
                            // CRAM-MD5: the client notes the digest alone, and the response has the user name before
                            // it.
                            "response" => {
                                found[field].as_str().is_some_and(|r| r.ends_with(value.as_str().unwrap_or("?")))
                            }
                            _ => holds(value, &found[field]),
                        };
                        (!same).then(|| format!("{field} is {}, not {value}", found[field]))
                    })
                };
                if !rest.any(|found| differs(found).is_none()) {
                    let all: Vec<_> = found.iter().filter_map(differs).collect();
                    note(format!("{name}: none is {known}: {}", all.join("; ")));
                }
            }
        }
    }
    none(problems);
}

/// The differences between the session's steps and the commands and replies in truth.json (`said`, `heard`: see
/// fixtures/make/dialogue.py), in their order.
fn dialogue(session: &Value, connection: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(said) = connection["said"].as_array() else { return problems };
    // Content is compared by its length, summed over its steps.
    let joined = |mut all: Vec<Value>, next: Value| {
        match (all.last_mut().map(|last| &mut last["data"]), next["data"].as_u64()) {
            (Some(last), Some(more)) if last.is_u64() => *last = (last.as_u64().unwrap_or(0) + more).into(),
            _ => all.push(next),
        }
        all
    };
    let steps = || list(&session["steps"]);
    let found = steps().filter(|step| step["from"] == "client").map(|step| match step["kind"].as_str() {
        Some("data") => serde_json::json!({ "data": step["bytes"] }),
        _ => serde_json::json!({ "text": step.get("text").unwrap_or(&"".into()), "cut": step["truncated"] == true }),
    });
    let found = found.fold(Vec::new(), joined);
    let said = said.iter().map(|one| if one.is_string() { serde_json::json!({ "text": one }) } else { one.clone() });
    let said = said.fold(Vec::new(), joined);
    let same = |known: &Value, found: &Value| match (known["text"].as_str(), found["text"].as_str()) {
        (Some(known), Some(text)) if found["cut"] == true => known.starts_with(text),
        (Some(known), Some(text)) => known == text,
        (None, None) => known["data"] == found["data"],
        _ => false,
    };
    let differs = (0..said.len().max(found.len())).find(|&at| match (said.get(at), found.get(at)) {
        (Some(known), Some(found)) => !same(known, found),
        _ => true,
    });
    if let Some(at) = differs {
        let [known, found] = [said.get(at), found.get(at)].map(|one| one.map_or("nothing".into(), Value::to_string));
        problems.push(format!("{}: the client's {at}th is {found}, not {known}", connection["client"]));
    }
    let heard: Vec<Value> = match connection["protocol"].as_str() {
        Some("imap") => {
            let word = |step: &Value, field: &str| step[field].as_str().unwrap_or("").to_owned();
            let replies = steps().filter(|step| step["kind"] == "reply");
            replies.map(|step| format!("{} {}", word(step, "tag"), word(step, "status")).into()).collect()
        }
        protocol => {
            let field = if protocol == Some("pop3") { "status" } else { "code" };
            steps().filter(|step| step["from"] == "server").filter_map(|step| step.get(field).cloned()).collect()
        }
    };
    if connection["heard"] != Value::Array(heard.clone()) {
        problems.push(format!("{}: answers {heard:?}, not {}", connection["client"], connection["heard"]));
    }
    problems
}

/// Whether `found` has everything that `known` has.
fn holds(known: &Value, found: &Value) -> bool {
    match (known, found) {
        (Value::Object(known), found) => known.iter().all(|(field, value)| holds(value, &found[field])),
        (Value::Array(known), Value::Array(found)) => {
            known.len() == found.len() && known.iter().zip(found).all(|(known, found)| holds(known, found))
        }
        (known, found) => known == found,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
