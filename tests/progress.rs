//! Progress on standard error: on a terminal, for what takes longer than a second, and gone at the end.

mod support;

use std::path::Path;
use support::on_a_terminal;

const MAILTAP: &str = env!("CARGO_BIN_EXE_mailtap");
const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/curl-pop3/capture.pcap");
/// What takes the line away.
const GONE: &str = "\r\x1b[2K";

/// What a terminal shows of reading a pipe that pauses for two seconds.
fn slowly(before: &str, arguments: &str, environment: &[(&str, &str)]) -> Option<(String, Option<i32>)> {
    let reader = format!("{before} {MAILTAP} {arguments}");
    let slow = format!("(head -c 3000 {CAPTURE}; sleep 2; tail -c +3001 {CAPTURE}) | {reader}");
    on_a_terminal(&slow, environment)
}

#[test]
fn what_takes_long_has_a_line_that_is_gone_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("out.json").display().to_string();
    for (arguments, words) in [
        (format!("read - --format json -o {to}"), "packets, "),
        (format!("read - --lang zh -o {to}"), "个分组，"),
        (format!("read - --extract {} -o {to}", folder.path().join("mail").display()), "packets, "),
        (format!("explain - -o {to}"), "packets, "),
        (format!("compare - --session 1,2 -o {to}"), "packets, "),
        (format!("read - --format json >{to}"), "packets, "),
    ] {
        let Some((out, status)) = slowly("", &arguments, &[]) else { return };
        assert_eq!(status, Some(0), "{out}");
        assert!(out.contains(words) && out.contains("KiB"), "{arguments}: {out:?}");
        assert!(out.ends_with(GONE), "{arguments}: {out:?}");
        assert!(Path::new(&to).metadata().expect("a result").len() > 0);
    }
}

#[test]
fn nothing_is_shown_where_it_is_not_wanted_or_cannot_be_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("out").display().to_string();
    for (arguments, environment) in [
        (format!("read - --no-progress -o {to}"), &[][..]),
        (format!("read - -o {to}"), &[("TERM", "dumb")][..]),
        (format!("read - -o {to} 2>{to}.err"), &[]),
    ] {
        let Some((out, status)) = slowly("", &arguments, environment) else { return };
        assert_eq!((out.as_str(), status), ("", Some(0)), "{arguments}");
    }
    let said = std::fs::read_to_string(format!("{to}.err")).expect("made");
    assert_eq!(said, "");
    // What is over in no time.
    let Some((out, _)) = on_a_terminal(&format!("{MAILTAP} read {CAPTURE} -o {to}"), &[]) else { return };
    assert_eq!(out, "");
}

#[test]
fn it_is_gone_before_the_result_and_before_errors() {
    let Some((out, _)) = slowly("", "read - --format json", &[]) else { return };
    let (line, result) = out.rsplit_once(GONE).expect("the line is taken away");
    assert!(line.contains("packets, ") && result.starts_with('{'), "{out:?}");
    let Some((out, status)) = slowly("head -c 5000 |", "read - -o /dev/null", &[]) else { return };
    let last = out.rsplit_once(GONE).map(|(_, last)| last).unwrap_or(&out);
    assert!(last.starts_with("mailtap: ") && status == Some(3), "{out:?}");
}
