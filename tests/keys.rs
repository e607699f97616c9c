//! Files with secrets of TLS as they are named on the command line: what is wrong with them is said, and nothing of them
//! is shown.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;
use support::program::{command, err, fixture, out, run};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n";
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n";
const DAMAGED: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIC\n-----END RSA PRIVATE KEY-----\n";

/// A capture with TLS in it.
fn capture() -> String {
    fixture("smtp-starttls").to_string_lossy().into_owned()
}

/// The commands that take files with secrets, each on the capture.
fn calls(capture: &str) -> [Vec<&str>; 4] {
    let (compare, explain) = (vec!["compare", capture, capture], vec!["explain", capture]);
    [vec!["read", capture], vec!["read", capture, "--raw", "--session", "1"], compare, explain]
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_file_that_cannot_be_read_is_told_as_a_capture_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("none").to_string_lossy().into_owned();
    let directory = folder.path().to_string_lossy().into_owned();
    let capture = capture();
    for call in calls(&capture) {
        for option in ["--keylog", "--tls-key"] {
            for (file, en, zh) in [(&missing, "no such file", "没有"), (&directory, "is a directory", "目录")] {
                for (lang, words) in [("en", en), ("zh", zh)] {
                    let output = command(&call).args([option, file, "--lang", lang]).output().expect("mailtap runs");
                    let said = err(&output);
                    assert_eq!(status(&output), Some(3), "{call:?} {option}: {said}");
                    assert!(said.contains(words) && said.contains(file.as_str()), "{call:?} {option}: {said}");
                    assert!(output.stdout.is_empty(), "{call:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_private_key_is_told_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = capture();
    for (text, en, zh) in [
        (CERTIFICATE, "certificate", "证书"),
        (ENCRYPTED, "openssl pkey", "已加密"),
        (DAMAGED, "cannot be read", "无法读取"),
        ("secret12", "no PEM", "没有 PEM"),
        ("", "no PEM", "没有 PEM"),
    ] {
        let file = folder.path().join("key.pem");
        fs::write(&file, text).expect("writable");
        let file = file.to_string_lossy();
        for (lang, words) in [("en", en), ("zh", zh)] {
            let output = run(&["read", &capture, "--tls-key", &file, "--lang", lang]);
            let said = err(&output);
            assert_eq!(status(&output), Some(2), "{said}");
            assert!(said.contains(words) && said.contains("key.pem") && !said.contains("secret12"), "{said}");
        }
    }
}

#[test]
fn standard_input_has_no_keys() {
    let capture = capture();
    for call in calls(&capture) {
        for option in ["--keylog", "--tls-key"] {
            let output = command(&call).args([option, "-"]).output().expect("mailtap runs");
            assert_eq!(status(&output), Some(2), "{call:?}");
            assert!(err(&output).contains(option), "{}", err(&output));
        }
    }
}

#[test]
fn the_result_is_not_written_over_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys.log");
    fs::write(&keys, "# keys\n").expect("writable");
    let (capture, keys) = (capture(), keys.to_string_lossy());
    for call in [vec!["read", &capture], vec!["compare", &capture, &capture], vec!["explain", &capture]] {
        let output = command(&call).args(["--keylog", &keys, "-o", &keys]).output().expect("mailtap runs");
        assert_eq!(status(&output), Some(1), "{call:?}: {}", err(&output));
        assert!(err(&output).contains("keys are read from it"), "{}", err(&output));
    }
    assert_eq!(fs::read_to_string(&*keys).expect("it is there"), "# keys\n");
}

#[test]
fn keys_of_other_connections_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys.log");
    let line = format!("CLIENT_RANDOM {} {}\n", "01".repeat(32), "02".repeat(48));
    fs::write(&keys, "CLIENT_RANDOM nonsense\n".to_owned() + &line).expect("writable");
    let (capture, keys) = (capture(), keys.to_string_lossy());
    let plain = run(&["read", &capture, "--format", "json"]);
    let with = run(&["read", &capture, "--format", "json", "--keylog", &keys, "--keylog", &keys]);
    assert_eq!((status(&plain), status(&with)), (Some(0), Some(0)), "{}", err(&with));
    assert_eq!(out(&plain), out(&with));
}

#[test]
fn every_command_that_reads_packets_says_that_it_takes_keys() {
    for (lang, words) in [("en_GB.UTF-8", "SSLKEYLOGFILE"), ("zh_CN.UTF-8", "密钥日志")] {
        for name in ["read", "live", "compare", "explain"] {
            let output = command(&[name, "--help"]).env("LANG", lang).output().expect("mailtap runs");
            let help = out(&output);
            assert!(help.contains("--keylog") && help.contains("--tls-key") && help.contains(words), "{name}: {help}");
        }
    }
}

/// mailtap on a file that is followed, until it is ended after a while; what it said, and its status.
fn followed(folder: &Path, options: &[&str]) -> (Option<i32>, String) {
    let capture = folder.join("capture");
    fs::copy(fixture("smtp-starttls"), &capture).expect("a copy");
    let mut call = command(&["read", "--follow", "--lang", "en"]);
    call.arg(&capture).args(options).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = call.spawn().expect("mailtap runs");
    thread::sleep(Duration::from_millis(800));
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGTERM);
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), err(&output))
}

#[test]
fn while_a_capture_is_written_its_key_log_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys.log").to_string_lossy().into_owned();
    let (code, said) = followed(folder.path(), &["--keylog", &keys]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("waiting for this key log"), "{said}");
    assert_eq!(followed(folder.path(), &["--keylog", &keys, "-q"]), (Some(0), String::new()));
    fs::write(&keys, "").expect("writable");
    let (code, said) = followed(folder.path(), &["--keylog", &keys]);
    assert!(code == Some(0) && !said.contains("waiting for this key log"), "{said}");
    // What it cannot be waits for nothing.
    let directory = folder.path().to_string_lossy().into_owned();
    let (code, said) = followed(folder.path(), &["--keylog", &directory]);
    assert!(code == Some(3) && said.contains("directory"), "{said}");
}
