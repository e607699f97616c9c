//! The guides (`docs/guide-*.md`) are true: every command in them runs, and prints what they show.
//!
//! A guide is followed from top to bottom in a folder of its own, in which `fixtures` is the repository's. Each line of a
//! block ```` ```sh ```` is a command of its own and must succeed; a line that ends in `\` goes on in the next. A comment
//! above a block may say more:
//!
//! - `<!-- needs: jq duckdb -->`: programs without which the block is skipped, and said to be;
//! - `<!-- by hand: WHY -->`: what no test can do (install, capture as root). Its `mailtap` lines must still name a command
//!   and options that there are.
//!
//! Then the blocks of output are compared, as `support/shown.rs` describes, in the same folder.

#![cfg(unix)]

#[path = "support/shown.rs"]
mod shown;
mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MAILTAP: &str = env!("CARGO_BIN_EXE_mailtap");

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder in which a guide is followed.
struct Place {
    folder: tempfile::TempDir,
    programs: tempfile::TempDir,
    language: &'static str,
}

impl Place {
    fn new(guide: &str) -> Place {
        let (folder, programs) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        symlink(repository().join("fixtures"), folder.path().join("fixtures")).expect("a link");
        symlink(MAILTAP, programs.path().join("mailtap")).expect("a link");
        let language = if guide.ends_with(".zh-CN.md") { "zh_CN.UTF-8" } else { "C.UTF-8" };
        Place { folder, programs, language }
    }

    fn command(&self, program: &str) -> Command {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::iter::once(self.programs.path().to_owned()).chain(std::env::split_paths(&usual)).collect();
        let path: OsString = std::env::join_paths(folders).expect("a PATH");
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).stdin(Stdio::null());
        command.env("LC_ALL", self.language).env("TZ", "UTC").env("HOME", self.folder.path());
        command
    }

    /// Runs one line of a guide.
    fn run(&self, guide: &str, line: &str) {
        let output = self.command("sh").args(["-c", line]).output().expect("sh runs");
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{guide}: {line}: {}\n{out}\n{error}", output.status);
        // A pipe hides the status of what it begins with.
        assert!(!error.contains("error:"), "{guide}: {line}\n{error}");
    }
}

/// A block of commands, with the comment above it.
struct Block {
    lines: Vec<String>,
    comment: Option<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut above) = (Vec::new(), "");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "```sh" {
            let inside = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
            let commands = inside.replace("\\\n", " ");
            let commands = commands.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
            let comment = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned);
            found.push(Block { lines: commands.map(str::to_owned).collect(), comment });
        }
        above = line;
    }
    found
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The long options that a command has, by its help.
fn options(of: &str) -> BTreeSet<String> {
    let output = Command::new(MAILTAP).args([of, "--help"]).env_clear().output().expect("mailtap runs");
    assert!(output.status.success(), "mailtap has no command {of}");
    words(&String::from_utf8(output.stdout).expect("UTF-8"))
}

/// The words of a text that begin with two hyphens, without what follows `=`.
fn words(text: &str) -> BTreeSet<String> {
    let is_of_it = |found: char| found.is_ascii_lowercase() || found == '-';
    let after = text.split("--").skip(1).map(|rest| rest.split(|found| !is_of_it(found)).next().unwrap_or_default());
    after.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A line that is not run: what it calls mailtap with must be there.
fn is_possible(guide: &str, line: &str) {
    let Some((_, arguments)) = line.split_once("mailtap ") else { return };
    let arguments = arguments.split(" #").next().unwrap_or_default();
    let first = arguments.split(' ').next().unwrap_or_default();
    let command = if first.starts_with('-') { "read" } else { first };
    for option in words(arguments) {
        assert!(options(command).contains(&option), "{guide}: {line}: no option --{option}");
    }
}

fn guides() -> Vec<String> {
    let names = std::fs::read_dir(repository().join("docs")).expect("docs").map(|entry| entry.expect("an entry"));
    let names = names.map(|entry| entry.file_name().into_string().expect("UTF-8"));
    let mut guides: Vec<String> = names.filter(|name| name.starts_with("guide-") && name.ends_with(".md")).collect();
    guides.sort();
    guides
}

fn follow(guide: &str) {
    let text = std::fs::read_to_string(repository().join("docs").join(guide)).expect("readable");
    let place = Place::new(guide);
    for block in blocks(&text) {
        let needs = block.comment.as_deref().and_then(|comment| comment.strip_prefix("needs: "));
        if let Some(missing) = needs.into_iter().flat_map(|needs| needs.split(' ')).find(|program| !is_there(program)) {
            support::skipped(&format!("{guide}: {missing} is not installed: {}", block.lines.join("; ")));
            continue;
        }
        let by_hand = block.comment.as_deref().is_some_and(|comment| comment.starts_with("by hand: "));
        for line in &block.lines {
            if by_hand {
                is_possible(guide, line);
            } else {
                place.run(guide, line);
            }
        }
    }
    shown::blocks_are_printed(guide, &text, || place.command(MAILTAP));
}

#[test]
fn the_guide_for_students_can_be_followed() {
    guides().iter().filter(|name| name.starts_with("guide-student")).for_each(|name| follow(name));
}

#[test]
fn the_guide_for_administrators_can_be_followed() {
    guides().iter().filter(|name| name.starts_with("guide-administrator")).for_each(|name| follow(name));
}

#[test]
fn the_guide_for_auditors_can_be_followed() {
    guides().iter().filter(|name| name.starts_with("guide-auditor")).for_each(|name| follow(name));
}

/// In both languages the same is typed.
#[test]
fn a_guide_has_the_same_commands_in_both_languages() {
    let commands = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(repository().join("docs").join(name)).expect("readable");
        let lines = blocks(&text).into_iter().flat_map(|block| block.lines);
        lines.map(|line| line.split(" #").next().unwrap_or_default().trim_end().to_owned()).collect()
    };
    let all = guides();
    let english: Vec<&String> = all.iter().filter(|name| !name.ends_with(".zh-CN.md")).collect();
    assert_eq!(english.len(), 3, "{all:?}");
    for name in english {
        let other = name.replace(".md", ".zh-CN.md");
        assert!(all.contains(&other), "{name} is not there in Chinese");
        assert_eq!(commands(name), commands(&other), "{name}");
    }
}
