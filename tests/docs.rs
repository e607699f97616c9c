//! `docs/json.md` describes every type, field and word of the schema, and nothing else; `docs/findings.md` has the
//! words of the rules; the recipes name files that exist.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A field as the page describes it: whether every object has it, and its meaning.
struct Described {
    always: bool,
    meaning: String,
}

type Page = BTreeMap<String, BTreeMap<String, Described>>;

/// Reads the page: a heading names a type in parentheses, the first cell of a row names fields.
fn page() -> Page {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md");
    let text = std::fs::read_to_string(path).expect("docs/json.md");
    let mut page = Page::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let name = heading.split('`').nth(1).unwrap_or_else(|| panic!("no type in heading {heading}"));
            assert!(page.insert(name.to_owned(), BTreeMap::new()).is_none(), "{name} twice");
            current = Some(name.to_owned());
        } else if line.starts_with("| `") {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [names, _, always, meaning @ ..] = cells.as_slice() else { panic!("a short row: {line}") };
            let fields = current.as_ref().and_then(|name| page.get_mut(name)).expect("a heading above a row");
            for name in names.split('`').skip(1).step_by(2) {
                let described = Described { always: *always == "always", meaning: meaning.join("|") };
                assert!(fields.insert(name.to_owned(), described).is_none(), "{line}");
            }
        }
    }
    page
}

fn properties(definition: &Value) -> impl Iterator<Item = (&String, &Value)> {
    definition["properties"].as_object().into_iter().flatten()
}

#[test]
fn every_field_of_the_schema_is_described_and_no_other() {
    let schema: Value = serde_json::from_str(&mailtap::view::schema::schema()).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    let page = page();
    let names = |keys: Vec<&String>| keys.into_iter().cloned().collect::<BTreeSet<String>>();
    assert_eq!(names(page.keys().collect()), names(definitions.keys().collect()), "types");
    for (name, definition) in definitions {
        let described = &page[name];
        // A line is a session or the last line, with a type.
        let parts: Vec<&Value> = match definition["oneOf"].as_array() {
            Some(choices) => choices.iter().collect(),
            None => vec![definition],
        };
        let fields: BTreeSet<String> = parts.iter().flat_map(|part| properties(part)).map(|(f, _)| f.clone()).collect();
        assert_eq!(names(described.keys().collect()), fields, "fields of {name}");
        for part in parts {
            let required: BTreeSet<&str> =
                part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (field, property) in properties(part) {
                let Described { always, meaning } = &described[field];
                assert_eq!(*always, required.contains(field.as_str()), "{name}.{field}: always there?");
                assert!(!meaning.is_empty(), "{name}.{field} has no meaning");
                let words = property["enum"].as_array().into_iter().flatten().chain(property.get("const"));
                for word in words {
                    let word = word.as_str().map_or(word.to_string(), str::to_owned);
                    assert!(meaning.contains(&format!("`{word}`")), "{name}.{field}: `{word}` is not described");
                }
            }
        }
    }
}

#[test]
fn the_page_of_findings_is_that_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == mailtap::view::catalogue::markdown(mailtap::view::Lang::En),
        "docs/findings.md is not what `mailtap findings --format markdown --lang en` prints"
    );
}

/// Checks every path in backquotes that begins with a folder of the checkout, unless it has a placeholder in `<…>`.
#[test]
fn recipes_name_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut recipes = 0;
    for entry in std::fs::read_dir(root.join("docs")).expect("docs").map(|entry| entry.expect("an entry").path()) {
        if !entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with("adding-")) {
            continue;
        }
        recipes += 1;
        let text = std::fs::read_to_string(&entry).expect("text");
        let named = text.split('`').skip(1).step_by(2);
        let paths =
            named.filter(|name| ["src/", "docs/", "tests/", "fixtures/"].iter().any(|top| name.starts_with(top)));
        let mut some = false;
        for path in paths.filter(|path| !path.contains('<')) {
            some = true;
            assert!(root.join(path).exists(), "{}: there is no {path}", entry.display());
        }
        assert!(some, "{} names no file", entry.display());
    }
    assert!(recipes > 0, "docs has no recipes");
}

#[test]
fn the_page_of_tables_has_the_columns() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tables.md");
    let page = std::fs::read_to_string(path).expect("docs/tables.md");
    let columns = mailtap::view::schema::tables();
    assert!(page.ends_with(&columns), "end docs/tables.md with the output of `mailtap schema --tables`");
}
