//! What is handed on as evidence: display filters that tshark takes, the bytes of a conversation, times by another clock.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    ["capture.pcap", "capture.pcapng"].map(|file| folder.join(file)).into_iter().find(|path| path.exists()).expect(name)
}

fn command(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.arg("read").arg(fixture(name)).args(args).stdin(Stdio::null());
    for variable in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS", "TZ"] {
        command.env_remove(variable);
    }
    command
}

fn read(name: &str, args: &[&str]) -> Output {
    command(name, args).output().expect("mailtap runs")
}

fn shown(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn sessions(name: &str) -> Vec<Value> {
    let lines = shown(&read(name, &["--format", "ndjson"]));
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["type"] == "session").collect()
}

/// The numbers of the packets that tshark selects by `filter`; `None` where tshark is not installed.
fn selected(name: &str, filter: &str) -> Option<Vec<u64>> {
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-Y", filter, "-T", "fields", "-e", "frame.number", "-r"]).arg(fixture(name));
    let output = tshark.stdin(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "{filter}: {}", String::from_utf8_lossy(&output.stderr));
    let numbers = String::from_utf8(output.stdout).expect("UTF-8");
    Some(numbers.split_whitespace().map(|number| number.parse().expect("a number")).collect())
}

#[test]
fn filters_select_the_packets_of_the_session_and_of_the_finding() {
    for name in ["lab/lab-all", "lab/smtp-starttls", "transport/tunnels", "transport/fragments"] {
        for session in sessions(name) {
            let filter = session["display_filter"].as_str().expect("a filter");
            let Some(packets) = selected(name, filter) else { return };
            assert_eq!(packets.len() as u64, session["transport"]["packets"], "{name}: {filter}");
            let ends = [packets.first(), packets.last()].map(|packet| packet.copied());
            let known = ["first_packet", "last_packet"].map(|field| session[field].as_u64());
            assert_eq!(ends, known, "{name}: {filter}");
            for finding in session["findings"].as_array().expect("a list") {
                let steps = finding["steps"].as_array().into_iter().flatten();
                let of_steps = steps.flat_map(|n| {
                    let steps = session["steps"].as_array().expect("a list");
                    steps.iter().find(|step| step["n"] == *n).expect("the step")["packets"].as_array()
                });
                let mut known: Vec<u64> = of_steps.flatten().filter_map(Value::as_u64).collect();
                known.extend(finding["packets"].as_array().into_iter().flatten().filter_map(Value::as_u64));
                known.sort_unstable();
                known.dedup();
                let Some(filter) = finding["display_filter"].as_str() else {
                    assert!(known.is_empty(), "{finding}");
                    continue;
                };
                assert_eq!(selected(name, filter).expect("tshark"), known, "{name}: {filter}");
            }
        }
    }
}

#[test]
fn raw_is_what_both_sides_sent() {
    let raw = shown(&read("lab/lab-all", &["--raw", "--session", "2"]));
    let ends = raw.starts_with("+OK ") && raw.ends_with("QUIT\r\n+OK Logging out.\r\n");
    assert!(ends && raw.contains("PASS group7_3\r\n+OK Logged in.\r\nRETR 1\r\n+OK 1593 octets\r\n"), "{raw}");
    let session = &sessions("lab/lab-all")[1]["transport"];
    let sent = ["client_bytes", "server_bytes"].map(|side| session[side].as_u64().expect("a number"));
    assert_eq!(raw.len() as u64, sent[0] + sent[1]);
    let file = tempfile::tempdir().expect("a folder");
    let path = file.path().join("raw");
    read("lab/lab-all", &["--raw", "--session", "2", "-o", path.to_str().expect("UTF-8")]);
    assert_eq!(std::fs::read(path).expect("the file"), raw.as_bytes());
}

#[test]
fn raw_says_why_it_writes_nothing() {
    for (args, status, said) in [
        (&["--raw"][..], 2, "choose one by --session N"),
        (&["--raw", "--session", "9"], 2, "there is no such session"),
        (&["--raw", "--session", "1", "--redact"], 2, "cannot be used with"),
        (&["--raw", "--session", "1", "--format", "json"], 2, "cannot be used with"),
    ] {
        let output = read("lab/lab-all", args);
        assert_eq!(output.status.code(), Some(status), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

#[test]
fn times_by_the_clock_that_is_asked_for() {
    let by = |zone: &str, args: &[&str]| {
        let args = [&["--session", "1", "--show", "sessions,transcript"], args].concat();
        shown(&command("lab/lab-all", &args).env("TZ", zone).output().expect("mailtap runs"))
    };
    let utc = by("Asia/Shanghai", &[]);
    assert!(utc.contains("2026-11-23 16:02:48.910480 UTC") && utc.contains("Started (UTC)"), "no terminal: {utc}");
    let local = by("CST-8", &["--time", "local"]);
    assert!(local.contains("2026-11-24 00:02:48.910480 +08:00") && local.contains("\n00:02:48.910978 6 "), "{local}");
    let unknown = by("No/Where", &["--time", "local"]);
    assert!(unknown.contains("2026-11-23 16:02:48.910480 UTC"), "{unknown}");
    let relative = by("CST-8", &["--time", "relative", "--lang", "zh", "--filter", "port 25"]);
    assert!(relative.contains("0.000053 秒") && relative.contains("\n+0.000498 6 "), "{relative}");
}
