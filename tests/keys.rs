//! Files with secrets of TLS as they are named on the command line: what is wrong with them is said, and nothing of them
//! is shown.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
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
    let document = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).expect("JSON") };
    let plain = run(&["read", &capture, "--format", "json"]);
    let with = run(&["read", &capture, "--format", "json", "--keylog", &keys, "--keylog", &keys]);
    assert_eq!((status(&plain), status(&with)), (Some(0), Some(0)), "{}", err(&with));
    let (plain, mut told) = (document(&plain), document(&with));
    let counts = told["summary"].as_object_mut().and_then(|summary| summary.remove("tls")).expect("counts");
    assert_eq!((&counts["sessions"], &counts["no_secret"], &counts["decrypted"]), (&1.into(), &1.into(), &0.into()));
    let decryption = told["sessions"][0]["tls"].as_object_mut().and_then(|tls| tls.remove("decryption"));
    assert_eq!(decryption.expect("why not")["fault"], "no-secret");
    assert_eq!(plain, told, "and nothing else is another");
}

/// The file `name` of the fixture `of` of TLS.
fn tls(of: &str, name: &str) -> String {
    format!("{}/fixtures/tls/{of}/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_stayed_closed_and_which_logs_fit_none_is_said() {
    let (two, other) = (tls("tls12-session-id", "capture.pcap"), tls("tls12-chacha20", "keys.log"));
    let own = [tls("tls12-session-id", "keys.log"), tls("tls12-session-id", "server-keys.log")];
    let with = |call: &[&str], keys: &[&String]| {
        let mut call = command(call);
        keys.iter().for_each(|keys| {
            call.args(["--keylog", keys]);
        });
        err(&call.output().expect("mailtap runs"))
    };
    let read = ["read", two.as_str(), "--lang", "en", "--show", "sessions"];
    // The same lines in two logs: both fit.
    assert_eq!(with(&read, &[&own[0], &own[1]]), "");
    assert_eq!(with(&read, &[&own[0], &other]), format!("mailtap: {other}: fits none of the 2 TLS sessions\n"));
    let said = with(&read, &[&other]);
    let [closed, useless] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    let random = closed.strip_prefix("mailtap: 2 TLS sessions stayed closed (the first: session 1, client random ");
    let random = random.and_then(|rest| rest.strip_suffix("): none of the secrets is of them")).expect("words");
    // The line that is missing is the one that their own log has.
    let log = fs::read_to_string(&own[0]).expect("a log").to_lowercase();
    assert!(random.len() == 64 && log.contains(&format!("client_random {random} ")), "{closed}");
    assert!(useless.ends_with("fits none of the 2 TLS sessions"), "{useless}");
    let zh = with(&["read", &two, "--lang", "zh"], &[&other]);
    assert!(zh.contains(&format!("有 2 个 TLS 会话未能解密（第一个：会话 1，client random 为 {random}）")), "{zh}");
    assert_eq!(with(&["read", &two, "-q"], &[&other]), "");
    // Filters leave sessions out of the count, but a log that fits one of these is of use.
    let filtered = ["read", two.as_str(), "--lang", "en", "--session", "2"];
    assert_eq!(with(&filtered, &[&own[0]]), "");
    // Not the log's fault.
    let aria = tls("tls12-aria-gcm", "capture.pcap");
    let said = with(&["read", &aria, "--lang", "en"], &[&tls("tls12-aria-gcm", "keys.log")]);
    assert!(said.contains("its cipher suite is not one") && said.lines().count() == 1, "{said}");
    let clear = capture();
    let said = with(&["read", &clear, "--port", "smtp=1", "--lang", "en"], &[&other]);
    assert!(said.lines().count() <= 2 && said.contains("chacha20"), "{said}");
    let raw = vec!["read", &two, "--raw", "--session", "1"];
    for call in [vec!["explain", &two], vec!["compare", &two, &two, "--session", "1,2"], raw] {
        let said = with(&[call.as_slice(), &["--lang", "en"]].concat(), &[&other]);
        assert!(
            said.contains("stayed closed")
                && (said.contains("fits none of the") || said.contains("does not fit the one")),
            "{call:?}: {said}"
        );
    }
    // An empty log is a log, too; and where nobody gave secrets, nobody is told of them.
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty").to_string_lossy().into_owned();
    fs::write(&empty, "").expect("writable");
    assert!(with(&read, &[&empty]).contains("fits none of the 2 TLS sessions"));
    let piped = command(&["read", "-", "--lang", "en"]).stdin(fs::File::open(&two).expect("a capture")).output();
    assert_eq!(err(&piped.expect("mailtap runs")), "");
}

/// What is odd about the writers of key logs, as far as fixtures have it, and that their sessions are read.
#[test]
fn key_logs_are_read_as_they_are_written() {
    let read = |of: &str, log: &str| -> Value {
        let output = run(&["read", &tls(of, "capture.pcap"), "--keylog", log, "--format", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", err(&output)))
    };
    let lines = |of: &str, log: &str| -> Vec<String> {
        fs::read_to_string(tls(of, log)).expect("a log").lines().map(str::to_owned).collect()
    };
    let all_read = |document: &Value, sessions: u64| {
        let counts = &document["summary"]["tls"];
        assert_eq!((&counts["sessions"], &counts["decrypted"]), (&sessions.into(), &sessions.into()), "{counts}");
    };
    for of in ["gnutls-tls12-session-id", "gnutls-tls12-ticket", "gnutls-both-tls12-ticket"] {
        let told = lines(of, "keys.log").iter().filter(|line| line.starts_with("CLIENT_RANDOM ")).count();
        assert_eq!(told, 1, "{of}: one line, for two sessions");
        all_read(&read(of, &tls(of, "keys.log")), 2);
    }
    let updates = lines("tls13-keyupdate", "keys.log");
    assert!(updates.iter().filter(|line| line.contains("_TRAFFIC_SECRET_N ")).count() > 1, "{updates:?}");
    all_read(&read("tls13-keyupdate", &tls("tls13-keyupdate", "keys.log")), 1);
    let folder = tempfile::tempdir().expect("a folder");
    let alone = folder.path().join("alone").to_string_lossy().into_owned();
    let rsa = lines("tls12-rsa-logged", "keys.log").into_iter().find(|line| line.starts_with("RSA ")).expect("a line");
    assert_eq!(rsa.split(' ').nth(1).map(str::len), Some(16), "{rsa}");
    fs::write(&alone, rsa + "\n").expect("writable");
    all_read(&read("tls12-rsa-logged", &alone), 1);
}

#[test]
fn masked_output_tells_what_stayed_closed_and_no_secret() {
    let (two, other) = (tls("tls12-session-id", "capture.pcap"), tls("tls12-chacha20", "keys.log"));
    for format in ["table", "json", "ndjson", "csv", "markdown", "html"] {
        for keys in [&other, &tls("tls12-session-id", "keys.log")] {
            let output = run(&["read", &two, "--keylog", keys, "--redact", "--format", format]);
            let text = out(&output) + &err(&output);
            let log = fs::read_to_string(keys).expect("a log").to_lowercase();
            let secrets = log.lines().filter_map(|line| line.split(' ').nth(2)).filter(|secret| secret.len() >= 64);
            let mut count = 0;
            for secret in secrets {
                count += 1;
                assert!(!text.to_lowercase().contains(secret), "{format}");
            }
            assert!(count > 0 && !text.is_empty(), "{format}");
        }
    }
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
