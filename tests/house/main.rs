/*!
How the house is built: which file may depend on which, and how long a file may be. The test reads the source.

A file depends on another where it names something that is defined there, in a `use` or in any other path; re-exports are
followed to the definition. A `mod` declaration is no dependency, nor is a re-export (`pub use`, `pub(super) use`) of
something below: a `mod.rs` that only lists its folder depends on nothing. A `mod.rs` that calls its children, or has
fields of their types, depends on them; and if they in turn use what it defines, that is a cycle. What they share belongs
into a file of its own.

In each folder a file is a room, and so is each subfolder together with the file that declares it. Tests, and `testing`
modules, are left out.
*/

mod modules;
mod rooms;

use modules::Modules;
use rooms::{Arrows, HEAD};
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file, in lines, its tests included.
const LINES: usize = 500;

/// The folders in the order of data: each may depend only on those before it.
const FLOW: [&str; 7] = ["capture", "decode", "flow", "protocol", "session", "verdict", "view"];
/// Any folder may depend on this file, which depends on no folder.
const GROUND: &str = "limits";
/// These may depend on any folder, and no folder on them.
const ABOVE: [&str; 4] = ["pipeline", "cli", "run", "lib"];

/// A cycle that is permitted.
struct Permitted {
    folder: &'static str,
    /// The rooms of the cycle, in alphabetical order.
    rooms: &'static [&'static str],
    why: &'static str,
}

/// The cycles that are permitted.
const ALLOWED: &[Permitted] = &[
    Permitted {
        folder: "capture",
        rooms: &["error", HEAD],
        why: "the trait Source fails with the error, which names the kinds of link and compression",
    },
    Permitted {
        folder: "capture",
        rooms: &["filter", "live"],
        why: "both are libpcap's, and put its messages into words in one place",
    },
    Permitted {
        folder: "decode",
        rooms: &[
            "exported",
            "fragments",
            "ip",
            "lan",
            "link",
            "metadata",
            HEAD,
            "mpls",
            "tags",
            "tcp",
            "tunnel",
            "wan",
            "wifi",
        ],
        why: "layers nest in any order: a loop takes one after the other, and each names what comes next",
    },
    Permitted {
        folder: "protocol",
        rooms: &["dialogue", "event", "imap", "pop3", "smtp"],
        why: "a step has its protocol's subject, verbs and codes in it, and each protocol's dialogue tells of steps",
    },
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn imports_run_in_no_circle() {
    let modules = Modules::read(&src());
    let cycles = Arrows::between(&modules).cycles();
    let mut wrong = String::new();
    for cycle in &cycles {
        if !ALLOWED.iter().any(|one| one.folder == cycle.folder && one.rooms == cycle.rooms) {
            wrong += &format!("\nsrc/{}: a cycle of {:?}\n{}", cycle.folder, cycle.rooms, cycle.shown);
        }
    }
    for one in ALLOWED {
        if !cycles.iter().any(|cycle| one.folder == cycle.folder && one.rooms == cycle.rooms) {
            wrong += &format!(
                "\nsrc/{}: no cycle of exactly {:?} is left: take it off the list, or write what is left of it ({})\n",
                one.folder, one.rooms, one.why
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn imports_run_against_the_data_between_the_folders() {
    let modules = Modules::read(&src());
    let stage = |room: &str| FLOW.iter().position(|stage| *stage == room);
    let wrong = Arrows::between(&modules).wrong(|from, to| match (stage(from), stage(to)) {
        _ if from == to || ABOVE.contains(&from) => false,
        (Some(from), Some(to)) => from < to,
        (Some(_), None) => to != GROUND,
        (None, _) => true,
    });
    assert!(wrong.is_empty(), "a folder knows what comes after it:\n{wrong}");
}

#[test]
fn every_folder_has_its_place() {
    let entries = fs::read_dir(src()).expect("src can be listed");
    let names = entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()));
    let known = |name: &str| FLOW.contains(&name) || ABOVE.contains(&name) || name == GROUND || name == "main";
    let strange: Vec<String> = names.filter(|name| !known(name)).collect();
    assert!(strange.is_empty(), "say where it stands in the order of data: {strange:?}");
}

#[test]
fn no_file_is_longer_than_can_be_read() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut folders = vec![src(), crates];
    let mut long = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("source can be listed") {
            let path = entry.expect("source can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let lines = fs::read_to_string(&path).expect("source is text").lines().count();
                long.extend((lines > LINES).then(|| format!("{}: {lines} lines", path.display())));
            }
        }
    }
    assert!(long.is_empty(), "more than {LINES} lines:\n{}", long.join("\n"));
}
