//! The exit status is the same whether or not standard error can be written.

use crate::kit::*;
use std::fs::File;
use std::io;
use std::process::{Command, Stdio};

/// What is done, by its arguments for `sh`, and its exit status.
const CASES: &[(&str, i32)] = &[
    ("read missing", 3),
    ("read folder", 3),
    ("read empty", 3),
    ("read cut", 3),
    ("read cut -o result", 3),
    ("read cut --extract $(mktemp -d)", 3),
    ("read damaged", 0),
    ("read damaged --format ndjson", 0),
    ("read whole", 0),
    ("read whole -o /dev/full", 1),
    ("read whole -o missing/result", 1),
    ("read whole -o whole", 1),
    ("read whole --extract .", 1),
    ("read whole > /dev/full", 1),
    ("read whole --filter nonsense", 2),
    ("read --follow whole cut", 2),
    ("--no-such-option", 2),
    ("", 2),
    ("read", 2),
    ("read --no-such-option \"$(printf 'a\\033b')\"", 2),
    ("--help", 0),
    ("--help > /dev/full", 1),
    ("read --help > /dev/full", 1),
    ("--version > /dev/full", 1),
    ("schema > /dev/full", 1),
    ("live no-such-interface", 4),
];

fn place() -> Place {
    let place = Place::new();
    let whole = letters(2, 500);
    place.file("whole", &whole);
    place.file("empty", b"");
    place.file("cut", &whole[..whole.len() - 7]);
    let mut damaged = whole;
    // The captured length of the first record.
    damaged[32..36].copy_from_slice(&[0xff; 4]);
    place.file("damaged", &damaged);
    std::fs::create_dir(place.path("folder")).expect("writable");
    place
}

/// The exit status of `script` for each kind of standard error.
fn statuses(place: &Place, script: &str, log: &str) -> Vec<Option<i32>> {
    let run = |script: &str, stderr: Stdio| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(place.path("")).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("mailtap", env!("CARGO_BIN_EXE_mailtap")).env("MAILTAP_LOG", log);
        command.stderr(stderr).status().expect("a shell").code()
    };
    let full = File::options().write(true).open("/dev/full").expect("there is one");
    let (reader, broken) = io::pipe().expect("a pipe");
    drop(reader);
    vec![
        run(script, Stdio::null()),
        run(script, full.into()),
        run(script, broken.into()),
        run(&format!("exec 2>&-; {script}"), Stdio::null()),
    ]
}

#[test]
fn exit_statuses_are_the_same_whatever_standard_error_is() {
    let place = place();
    for (arguments, status) in CASES {
        for log in ["", "trace"] {
            let got = statuses(&place, &format!("exec $mailtap {arguments}"), log);
            assert_eq!(got, [Some(*status); 4], "{arguments}: to /dev/null, a full disk, a broken pipe, closed");
        }
    }
}

#[test]
fn who_may_not_listen_gets_four() {
    let place = place();
    let Some(program) = for_anyone(&place) else { return };
    let program = program.display();
    let script = format!("exec setpriv --reuid 61001 --regid 61001 --clear-groups {program} live lo");
    assert_eq!(statuses(&place, &script, ""), [Some(4); 4]);
}

#[test]
fn a_live_capture_ends_with_the_same_status() {
    let place = place();
    let listens = shell(&place, "exec $mailtap live lo --user root --write /dev/full");
    if listens.status.code() == Some(4) {
        return crate::support::skipped(said(&listens).trim_end());
    }
    let ended = "rm -f kept; $mailtap live lo --user root --write kept & tap=$!; \
                 until [ -e kept ]; do sleep 0.05; done; sleep 0.2; kill $tap; wait $tap";
    let cases = [
        ("exec $mailtap live lo --user root --write /dev/full", 1),
        ("exec $mailtap live lo --user no-such-user-0", 4),
        (ended, 0),
    ];
    for (script, status) in cases {
        assert_eq!(statuses(&place, script, ""), [Some(status); 4], "{script}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let place = place();
    for arguments in ["read whole", "read whole --format json", "--help", "schema", "man", "findings", "read cut"] {
        for stderr in ["/dev/null", "/dev/full"] {
            let (reader, broken) = io::pipe().expect("a pipe");
            drop(reader);
            let mut command = Command::new("sh");
            command.args(["-c", &format!("exec $mailtap {arguments} 2> {stderr}")]).current_dir(place.path(""));
            command.env("mailtap", env!("CARGO_BIN_EXE_mailtap")).stdin(Stdio::null()).stdout(broken);
            assert_eq!(command.status().expect("a shell").code(), Some(0), "{arguments}");
        }
    }
}

#[test]
fn a_failure_is_told_once() {
    let place = place();
    for (arguments, status) in CASES.iter().filter(|(arguments, status)| *status != 0 && arguments.contains("read ")) {
        let output = shell(&place, &format!("exec $mailtap {arguments}"));
        ended(&output, *status, &[]);
        let said = said(&output);
        let told = said.lines().filter(|line| line.starts_with("mailtap: ") || line.starts_with("error: "));
        assert_eq!(told.count(), 1, "{arguments}: {said}");
    }
}
