//! What is read is never written over.

use crate::kit::*;
use std::fs;
use std::os::unix::fs::symlink;

/// A place with a capture `a`, a link and a hard link to it, and another capture `b`.
fn place() -> Place {
    let place = Place::new();
    place.file("a", &letters(2, 500));
    place.file("b", &letters(1, 300));
    symlink("a", place.path("link")).expect("a link");
    fs::hard_link(place.path("a"), place.path("hard")).expect("a link");
    fs::create_dir(place.path("d")).expect("a directory");
    symlink("../a", place.path("d/link")).expect("a link");
    place
}

const COMMANDS: &[&str] = &[
    "read a -o a",
    "read a -o d/../a",
    "read a -o link",
    "read link -o a",
    "read hard -o d/link",
    "read - -o a < a",
    "read - -o link < hard",
    "read - -o hard < d/link",
    "read --follow - -o a < a",
    "read --follow a -o hard",
    "read /dev/stdin -o a < a",
    "read /dev/fd/0 -o a < a",
    "read /proc/self/fd/0 -o link < a",
    "read - -o /dev/stdin < a",
    "read a -o /dev/fd/0 < hard",
    "read a -o /dev/fd/7 7< a",
    "read b a -o a",
    "read b - -o hard < a",
    "read - -o a --extract new < a",
    "read a --format json -o a",
    "read a >> a",
    "read link --format ndjson >> hard",
    "read - < a >> a",
    "read b a >> a",
    "read a 1<> a",
];

#[test]
fn the_capture_is_not_overwritten_by_whatever_name_it_is_called() {
    let place = place();
    let before = tree(&place.path(""));
    for command in COMMANDS {
        let output = shell(&place, &format!("exec $mailtap {command}"));
        ended(&output, 1, &["cannot be written: it is the capture itself"]);
        assert!(fs::read(place.path("a")).expect("readable") == before["a"], "{command}");
        _ = fs::remove_dir_all(place.path("new"));
    }
    assert!(tree(&place.path("")) == before);
}

#[test]
fn messages_are_not_written_into_the_capture() {
    let place = place();
    let before = tree(&place.path(""));
    for command in ["read a 2>> a", "read - < a 2>> link", "read a -o a 2>> a"] {
        ended(&shell(&place, &format!("exec $mailtap {command}")), 1, &[]);
        assert!(tree(&place.path("")) == before, "{command}");
    }
}

#[test]
fn a_bind_mount_is_the_same_file() {
    let place = place();
    let before = fs::read(place.path("a")).expect("readable");
    place.file("elsewhere", b"");
    for command in ["read a -o elsewhere", "read elsewhere -o a", "read - -o elsewhere < a", "read a >> elsewhere"] {
        let script = format!("mount --bind a elsewhere && exec $mailtap {command}");
        let Some(output) = mounting(&place, &script) else { return };
        ended(&output, 1, &["it is the capture itself"]);
        assert!(fs::read(place.path("a")).expect("readable") == before, "{command}");
    }
}

#[test]
fn other_files_are_written() {
    let place = place();
    let script = "mkfifo f; cat f > from-f & $mailtap read a --format ndjson -o f && wait && \
                  $mailtap read - -o /dev/null < a && $mailtap read a -o new < a && $mailtap read a -o new && \
                  $mailtap read a > printed && $mailtap read a >> printed && $mailtap read - < a | cat > piped && \
                  $mailtap read a -o b < b";
    let before = fs::read(place.path("a")).expect("readable");
    ended(&shell(&place, script), 0, &[]);
    for written in ["from-f", "new", "printed", "piped", "b"] {
        assert!(fs::metadata(place.path(written)).expect("a file").len() > 500, "{written}");
    }
    assert!(fs::read(place.path("a")).expect("readable") == before);
}

#[test]
fn two_results_do_not_go_to_one_file() {
    let place = place();
    let before = tree(&place.path(""));
    for command in ["-o a --write a", "-o link --write hard", "--write a >> a", "-o new --write d/../new"] {
        let output = shell(&place, &format!("exec $mailtap live lo {command}"));
        ended(&output, 1, &["cannot be written: --write ", "is the same file"]);
    }
    assert!(tree(&place.path("")) == before);
}

#[test]
fn an_extraction_does_not_go_where_the_capture_is() {
    let place = place();
    fs::rename(place.path("b"), place.path("d/b")).expect("renamed");
    let before = tree(&place.path(""));
    for command in
        ["read d/b --extract d", "read - --extract d < d/b", "read a --extract a", "read - --extract d/b < a"]
    {
        ended(&shell(&place, &format!("exec $mailtap {command}")), 1, &["mailtap: "]);
        assert!(tree(&place.path("")) == before, "{command}");
    }
    // Nor over what -o writes.
    ended(&shell(&place, "exec $mailtap read a --extract out -o out/index.json"), 1, &["mailtap: out/index.json: "]);
}
