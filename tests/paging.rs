//! What people read goes through a pager where standard output is a terminal.

mod support;

use support::on_a_terminal;

const MAILTAP: &str = env!("CARGO_BIN_EXE_mailtap");
const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/curl-pop3/capture.pcap");

fn read(arguments: &str, environment: &[(&str, &str)]) -> Option<(String, Option<i32>)> {
    on_a_terminal(&format!("{MAILTAP} read {CAPTURE} {arguments}"), environment)
}

#[test]
fn tables_are_paged_on_a_terminal_with_the_pager_that_is_named() {
    let marked = [("PAGER", "sed 's/^/> /'")];
    let Some((out, status)) = read("", &marked) else { return };
    assert_eq!(status, Some(0));
    assert!(out.contains("> ") && out.lines().all(|line| line.starts_with("> ")), "{out}");
    let own = [("PAGER", "false"), ("MAILTAP_PAGER", "sed 's/^/own /'")];
    let Some((out, _)) = read("--show summary", &own) else { return };
    assert!(out.lines().all(|line| line.starts_with("own ")), "{out}");
    let Some((out, _)) = on_a_terminal(&format!("{MAILTAP} explain {CAPTURE}"), &marked) else { return };
    assert!(out.lines().all(|line| line.starts_with("> ")), "{out}");
}

#[test]
fn what_programs_read_and_what_is_not_wanted_is_not_paged() {
    let marked = [("PAGER", "sed 's/^/> /'")];
    for arguments in ["--format ndjson", "--paging never", "| cat", "--paging always | cat"] {
        let Some((out, _)) = read(arguments, &marked) else { return };
        assert_eq!(out.starts_with("> "), arguments.contains("always"), "{arguments}: {out}");
    }
    for none in ["", "cat"] {
        let Some((out, status)) = read("", &[("PAGER", none)]) else { return };
        assert!(out.contains("Session 1") && status == Some(0), "'{none}': {out}");
    }
}

#[test]
fn colours_stay_and_less_is_told_so_unless_the_user_tells_it() {
    let Some((out, _)) = read("", &[("PAGER", "sh -c 'echo LESS=$LESS LV=$LV; cat'")]) else { return };
    assert!(out.starts_with("LESS=FRX LV=-c") && out.contains("\x1b[1m"), "{out}");
    let Some((out, _)) = read("", &[("PAGER", "sh -c 'echo LESS=$LESS'"), ("LESS", "S")]) else { return };
    assert!(out.starts_with("LESS=S"), "{out}");
}

#[test]
fn a_pager_that_is_not_there_or_has_seen_enough_is_no_error() {
    for pager in ["no-such-pager", "no-such-pager -R"] {
        let Some((out, status)) = read("", &[("PAGER", pager)]) else { return };
        assert!(out.contains("Session 1") && status == Some(0), "{pager}: {out}");
    }
    let Some((out, status)) = read("", &[("PAGER", "head -2")]) else { return };
    assert!(status == Some(0) && out.lines().count() == 2, "{out}");
}

#[test]
fn the_result_is_not_lost_with_a_pager_that_is_not_there() {
    let no_such = [
        "no-such-pager",
        "no-such-pager -R",
        "no-such-pager '-R'",
        "no-such-pager -R | cat",
        "cat | no-such-pager",
        "cat | no-such-pager '-R' | cat",
        "LESS=R no-such-pager | cat",
        // What only the shell itself can tell.
        "'no-such-pager' -R",
        "$NO_SUCH no-such-pager",
        "/etc/passwd '-R'",
    ];
    for pager in no_such {
        for arguments in ["", "--show all --lang zh"] {
            let Some((out, status)) = read(arguments, &[("PAGER", pager)]) else { return };
            let (whole, warning) = match arguments {
                "" => ("Session 1", "mailtap: the pager could not be run"),
                _ => ("会话 1", "mailtap: 无法运行分页程序"),
            };
            assert!(out.contains(whole) && status == Some(0), "{pager}: {out}");
            let last = out.lines().last().unwrap_or_default();
            assert!(last.starts_with(warning) && last.contains(pager), "{pager}: {out}");
        }
    }
    // Nobody has named this one.
    let command = format!("PATH=/no-such-folder {MAILTAP} read {CAPTURE}");
    let Some((out, _)) = on_a_terminal(&command, &[]) else { return };
    assert!(out.contains("Session 1") && !out.contains("mailtap: "), "{out}");
}

#[test]
fn markdown_is_for_people_too_and_json_is_not_however_it_is_asked_for() {
    let marked = [("PAGER", "sed 's/^/> /'")];
    for (arguments, is) in [
        ("read --format markdown", true),
        ("explain --format markdown", true),
        ("explain", true),
        ("explain --json", false),
        ("explain --format json", false),
        ("read --json", false),
        ("read --format csv --show sessions", false),
    ] {
        let Some((out, _)) = on_a_terminal(&format!("{MAILTAP} {arguments} {CAPTURE}"), &marked) else { return };
        assert_eq!(out.lines().all(|line| line.starts_with("> ")), is, "{arguments}: {out}");
    }
}

#[test]
fn what_went_wrong_is_said_below_the_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.pcap");
    let bytes = std::fs::read(CAPTURE).expect("a fixture");
    std::fs::write(&cut, &bytes[..bytes.len() - 7]).expect("writable");
    let command = format!("{MAILTAP} read {}", cut.display());
    let Some((out, status)) = on_a_terminal(&command, &[("PAGER", "sed 's/^/> /'")]) else { return };
    let last = out.lines().last().unwrap_or_default();
    assert!(last.starts_with("mailtap: ") && last.contains("truncated"), "{last}");
    assert_eq!(status, Some(3));
}
