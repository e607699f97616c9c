//! `--format csv` and `markdown` of the program: one table or a folder of them, and what is wrong usage.

use std::path::Path;
use std::process::{Command, Output};

const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/courier-imap/capture.pcap");

fn mailtap(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailtap")).args(["read", CAPTURE]).args(arguments).output().expect("mailtap runs")
}

fn header(csv: &[u8]) -> String {
    csv::Reader::from_reader(csv).headers().expect("a header").iter().take(3).collect::<Vec<_>>().join(",")
}

#[test]
fn one_table_goes_to_one_output() {
    let steps = mailtap(&["--format", "csv"]);
    assert!(steps.status.success());
    assert_eq!(header(&steps.stdout), "session,session_uid,protocol", "steps by default");
    assert_eq!(header(&mailtap(&["--format", "csv", "--show", "sessions"]).stdout), "id,uid,community_id");
    for several in ["steps,sessions", "all"] {
        let refused = mailtap(&["--format", "csv", "--show", several]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("-o DIR/"));
    }
}

#[test]
fn a_folder_has_a_file_for_each_table_and_nothing_is_overwritten() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("tables/");
    let named = folder.to_str().expect("UTF-8");
    assert!(mailtap(&["--format", "csv", "-o", named]).status.success());
    for name in ["steps", "sessions", "credentials", "messages", "findings", "details", "journeys", "summary"] {
        assert!(Path::new(named).join(name).with_extension("csv").exists(), "{name}");
    }
    let before = std::fs::read(folder.join("steps.csv")).expect("steps.csv");
    let refused = mailtap(&["--format", "csv", "-o", named]);
    assert_eq!(refused.status.code(), Some(1), "it is not empty");
    assert_eq!(std::fs::read(folder.join("steps.csv")).expect("steps.csv"), before);
}

#[test]
fn secrets_are_masked() {
    let known = mailtap(&["--format", "csv", "--show", "credentials"]).stdout;
    let mut reader = csv::Reader::from_reader(&*known);
    let column = reader.headers().expect("a header").iter().position(|id| id == "password").expect("a column");
    let secrets: Vec<String> = reader.records().map(|row| row.expect("a row")[column].to_owned()).collect();
    let secrets: Vec<&String> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    assert!(!secrets.is_empty());
    for (format, show) in [("csv", "credentials"), ("csv", "steps"), ("markdown", "all")] {
        let masked = mailtap(&["--format", format, "--show", show, "--redact"]).stdout;
        let masked = String::from_utf8(masked).expect("UTF-8");
        assert!(masked.contains("********") || masked.contains("\\*\\*\\*"), "{format} {show}");
        for secret in &secrets {
            assert!(
                !masked.contains(&format!(" {secret}")) && !masked.contains(&format!(",{secret},")),
                "{format} {show}"
            );
        }
    }
}
