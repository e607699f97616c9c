//! The READMEs are true: the program prints the tables that they show, and has the bounds that they name and the options of
//! `docs/options.md`.
//!
//! Blocks of output are as `support/shown.rs` describes them. A list of files stands below a comment with the arguments
//! that, with `--extract`, write them.

#[path = "support/shown.rs"]
mod shown;

use mailtap::limits::{Limit, Text};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];
const OPTIONS: [&str; 2] = ["docs/options.md", "docs/options.zh-CN.md"];

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("readable")
}

fn mailtap() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
    command
}

fn printed(arguments: &[&str]) -> String {
    let output = mailtap().args(arguments).output().expect("mailtap runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_tables_shown_are_those_printed() {
    for name in READMES {
        shown::blocks_are_printed(name, &text(name), mailtap);
    }
}

#[test]
fn the_files_shown_are_those_written() {
    for name in READMES {
        let text = text(name);
        let mut blocks = text.split("<!-- writes: ").skip(1).peekable();
        assert!(blocks.peek().is_some(), "{name} shows no files");
        for block in blocks {
            let (arguments, rest) = block.split_once(" -->\n```text\n").expect("arguments, and a block below them");
            let shown: Vec<&str> = rest.split("\n```").next().expect("its end").lines().collect();
            let place = tempfile::tempdir().expect("a directory");
            let directory = place.path().to_str().expect("UTF-8");
            let arguments: Vec<&str> = arguments.split(' ').chain(["--extract", directory]).collect();
            printed(&arguments);
            let (mut written, mut open) = (Vec::new(), vec![place.path().to_owned()]);
            while let Some(directory) = open.pop() {
                for entry in std::fs::read_dir(directory).expect("a directory") {
                    let path = entry.expect("an entry").path();
                    if path.is_dir() {
                        open.push(path);
                    } else {
                        let file = path.strip_prefix(place.path()).expect("below it");
                        written.push(file.to_str().expect("UTF-8").to_owned());
                    }
                }
            }
            written.sort();
            assert_eq!(written, shown, "{name}");
        }
    }
}

#[test]
fn every_option_is_described_and_no_other() {
    let options = |text: &str| -> BTreeSet<String> {
        let is_letter = |found: char| found.is_ascii_lowercase() || found == '-';
        let names =
            text.split("--").skip(1).map(|rest| rest.split(|found| !is_letter(found)).next().unwrap_or_default());
        names.filter(|name| !name.is_empty() && !name.starts_with('-')).map(str::to_owned).collect()
    };
    let mut existing = options(&(printed(&["read", "--help"]) + &printed(&["live", "--help"])));
    existing.remove("help");
    for name in OPTIONS {
        let text = text(name);
        let table: String = text.lines().filter(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect();
        assert_eq!(options(&table), existing, "{name}");
    }
}

/// The table of bounds is made of the rows of `src/limits/table/`: `UPDATE_EXPECTED=1 cargo test --test readme` writes it.
#[test]
fn every_bound_is_in_the_table_as_it_is() {
    let table = |words: fn(Text) -> String| -> String {
        Limit::ALL.iter().map(|limit| format!("| `{}` | {} |\n", limit.name(), words(limit.readme()))).collect()
    };
    let tables = [table(|text| text.en), table(|text| text.zh)];
    for (name, table) in READMES.into_iter().zip(tables) {
        let text = text(name);
        let first = format!("| `{}` |", Limit::ALL[0].name());
        let start = text.find(&first).unwrap_or_else(|| panic!("{name} has no table of bounds"));
        let length: usize =
            text[start..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            let updated = [&text[..start], &table, &text[start + length..]].concat();
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), updated).expect("writable");
            continue;
        }
        for (shown, made) in text[start..start + length].lines().zip(table.lines()) {
            assert_eq!(shown, made, "{name}");
        }
        assert_eq!(length, table.len(), "{name}: rows are missing, or there are too many");
    }
}

#[test]
fn completions_and_the_manual_know_the_commands() {
    for command in ["read", "live", "interfaces", "schema", "any-port"] {
        assert!(printed(&["completions", "bash"]).contains(command), "{command}");
        assert!(printed(&["man"]).replace("\\-", "-").contains(command), "{command}");
    }
}
