//! The command as it is typed: exit status, messages, pipes.

mod support;

use serde_json::Value;
use std::io::Write;
use std::process::{Output, Stdio};
use support::program::{command, err, fixture, out, run};

fn read(name: &str, more: &[&str]) -> Output {
    let path = fixture(name);
    run(&[&["read", path.to_str().expect("UTF-8")], more].concat())
}

/// Checks the exit status, and that one line of standard error has all of `words`.
#[track_caller]
fn fails(output: &Output, status: i32, words: &[&str]) {
    let said = err(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
    assert!(said.starts_with("mailtap: ") && said.trim_end().lines().count() == 1, "{said}");
}

#[test]
fn help_names_the_commands() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for word in ["read", "live", "interfaces", "findings", "schema", "Exit status"] {
        assert!(out(&help).contains(word), "{word}");
    }
    let help = out(&run(&["read", "--help"]));
    for option in [
        "--show",
        "--details",
        "--sort",
        "--limit",
        "--format",
        "--lang",
        "--redact",
        "--filter",
        "--port",
        "--any-port",
    ] {
        assert!(help.contains(option), "{option}");
    }
}

#[test]
fn what_can_be_found_is_listed() {
    let list = out(&run(&["findings"]));
    assert!(list.contains("[plaintext-password]") && list.contains("RFC 8314"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert!(out(&run(&["findings", "--lang", "zh"])).contains("密码以明文在网络上传送"));
    let entries: Value = serde_json::from_str(&out(&run(&["findings", "--format", "json"]))).expect("JSON");
    assert_eq!(entries[0]["id"], "address-probing");
    assert!(out(&run(&["findings", "--format", "markdown"])).contains("\n## `bytes-missing`\n"));
    assert_eq!(run(&["findings", "--format", "yaml"]).status.code(), Some(2));
}

#[test]
fn follow_takes_one_file() {
    let path = fixture("smtp-helo");
    let path = path.to_str().expect("UTF-8");
    fails(&run(&["read", "--follow", path, path]), 2, &["--follow", "one file"]);
}

#[test]
fn wrong_usage_is_two() {
    for args in [
        &["read"][..],
        &["read", "x", "--format", "yaml"],
        &["read", "x", "--port", "smtp"],
        &["read", "x", "--port", "gopher=70"],
        &["read", "x", "--port", "smtp=0"],
        &["read", "x", "--session", "none"],
        &["read", "x", "--show", "everything"],
        &["listen"],
    ] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn an_unreadable_capture_exits_with_three_and_a_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    fails(&run(&["read", &path("none.pcap")]), 3, &["none.pcap", "no such file"]);
    fails(&run(&["read", folder.path().to_str().expect("UTF-8")]), 3, &["no capture in this folder"]);
    std::fs::write(path("empty.pcap"), b"").expect("written");
    fails(&run(&["read", &path("empty.pcap")]), 3, &["empty.pcap", "empty"]);
    std::fs::write(path("text.pcap"), b"From: somebody\r\nthis is a letter and no capture\r\n").expect("written");
    fails(&run(&["read", &path("text.pcap")]), 3, &["text.pcap", "not a capture"]);
}

#[test]
fn a_capture_cut_in_a_packet_is_shown_as_far_as_it_goes() {
    let whole = std::fs::read(fixture("smtp-helo")).expect("readable");
    let mut cut = tempfile::NamedTempFile::new().expect("a file");
    cut.write_all(&whole[..whole.len() - 10]).expect("written");
    let output = run(&["read", cut.path().to_str().expect("UTF-8")]);
    fails(&output, 3, &["packet", "byte"]);
    assert!(out(&output).contains("HELO cslabc39"));
}

#[test]
fn a_capture_without_mail_says_what_it_held() {
    let output = read("no-mail", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let said = out(&output) + &err(&output);
    assert!(said.contains("28") && said.contains("80"), "packets and the busiest port: {said}");
}

#[test]
fn an_unknown_link_type_is_said() {
    let mut file = support::capture("S: 220 mx\nC: QUIT\nS: 221 bye\n", 25);
    file[20..24].copy_from_slice(&147_u32.to_le_bytes());
    let mut capture = tempfile::NamedTempFile::new().expect("a file");
    capture.write_all(&file).expect("written");
    let output = run(&["read", capture.path().to_str().expect("UTF-8")]);
    let said = out(&output) + &err(&output);
    assert!(said.contains("link"), "{said}");
    assert!(said.contains("147"), "{said}");
}

#[test]
fn standard_input_and_output_files() {
    let capture = std::fs::read(fixture("pop3-retrieve")).expect("readable");
    let mut child = command(&["read", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("mailtap runs");
    child.stdin.take().expect("a pipe").write_all(&capture).expect("written");
    let output = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["sessions"][0]["protocol"], "pop3");
    assert_eq!(document["capture"]["sources"][0]["name"], "-");

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.json");
    let output = read("pop3-retrieve", &["--format", "json", "-o", file.to_str().expect("UTF-8")]);
    assert!(output.status.success() && output.stdout.is_empty());
    let document: Value = serde_json::from_slice(&std::fs::read(file).expect("readable")).expect("JSON");
    assert_eq!(document["format"], "mailtap");
    let nowhere = folder.path().join("none/out.json");
    let output = read("pop3-retrieve", &["-o", nowhere.to_str().expect("UTF-8")]);
    assert!(!output.status.success() && err(&output).contains("out.json"), "{}", err(&output));
}

/// `tcpdump -w - | mailtap read -`: Ctrl-C goes to both, and what was read is shown, also where the last packet is not
/// whole.
#[test]
fn ctrl_c_ends_standard_input_and_what_was_read_is_shown() {
    let capture = std::fs::read(fixture("pop3-retrieve")).expect("readable");
    for (format, closes) in [("json", true), ("json", false), ("table", true)] {
        let mut child = command(&["read", "-", "--format", format, "--lang", "en"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mailtap runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(&capture[..capture.len() - 5]).expect("written");
        std::thread::sleep(std::time::Duration::from_millis(700));
        let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process"));
        nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGINT).expect("it runs");
        let held = if closes {
            drop(stdin);
            None
        } else {
            Some(stdin)
        };
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", err(&output));
        assert!(out(&output).contains("RETR"), "{}", out(&output));
        drop(held);
    }
}

/// The packets of a fixture, in Simple Packet Blocks of pcapng, which have no time.
#[test]
fn what_has_no_time_is_shown_without() {
    let capture = std::fs::read(fixture("pop3-retrieve")).expect("readable");
    let block = |kind: u32, content: &[u8]| {
        let mut content = content.to_vec();
        content.resize(content.len().next_multiple_of(4), 0);
        let length = u32::try_from(content.len() + 12).expect("short").to_le_bytes();
        [&kind.to_le_bytes()[..], &length, &content, &length].concat()
    };
    let (section, interface) = (b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", b"\x01\0\0\0\0\0\0\0");
    let mut bytes = [block(0x0a0d_0d0a, section), block(1, interface)].concat();
    let mut rest = &capture[24..];
    while let Some(length) = rest.get(8..12) {
        let length = u32::from_le_bytes(length.try_into().expect("four")) as usize;
        bytes.extend(block(3, &[&rest[12..16], &rest[16..16 + length]].concat()));
        rest = &rest[16 + length..];
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("no-times.pcapng");
    std::fs::write(&file, bytes).expect("written");
    let read = |more: &[&str]| out(&run(&[&["read", file.to_str().expect("UTF-8"), "--lang", "en"], more].concat()));
    let document: Value = serde_json::from_str(&read(&["--format", "json"])).expect("JSON");
    let (session, source) = (&document["sessions"][0], &document["capture"]["sources"][0]);
    for time in [&session["started"], &session["ended"], &session["transport"]["rtt_ms"], &source["first"]] {
        assert!(time.is_null(), "{time}");
    }
    let steps = session["steps"].as_array().expect("steps");
    assert!(steps.len() > 5 && steps.iter().all(|step| step["time"].is_null() && step["elapsed_ms"].is_null()));
    for show in ["all", "sessions"] {
        // Wide enough for the words.
        let tables = read(&["--show", show, "--width", "160"]);
        assert!(tables.contains("not in the capture") && !tables.contains("1970"), "{tables}");
    }
    let extracted = folder.path().join("out");
    read(&["--extract", extracted.to_str().expect("UTF-8")]);
    for entry in std::fs::read_dir(extracted).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
        let text = std::fs::read(entry.path()).expect("readable");
        assert!(!String::from_utf8_lossy(&text).contains("1970-01-01"), "{}", entry.path().display());
    }
}

#[test]
fn output_does_not_overwrite_the_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let (capture, other) = (folder.path().join("a.pcap"), folder.path().join("other"));
    std::fs::copy(fixture("smtp-helo"), &capture).expect("copied");
    std::os::unix::fs::symlink(&capture, &other).expect("a link");
    let before = std::fs::read(&capture).expect("readable");
    let [capture, other] = [&capture, &other].map(|path| path.to_str().expect("UTF-8"));
    for (read, written) in [(capture, capture), (capture, other), (other, capture)] {
        fails(&run(&["read", read, "-o", written]), 1, &[written, "the capture itself"]);
    }
    assert!(std::fs::read(capture).expect("readable") == before);
}

#[test]
fn a_full_disk_is_said_with_what_could_not_be_written() {
    let capture = fixture("smtp-helo");
    let read = ["read", capture.to_str().expect("UTF-8")];
    for args in [&["schema"][..], &["interfaces"], &["--help"], &["read", "--help"], &["--version"], &read] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("there is one");
        fails(&command(args).stdout(full).output().expect("mailtap runs"), 1, &["standard output: No space left"]);
    }
    fails(&self::read("smtp-helo", &["-o", "/dev/full"]), 1, &["/dev/full: No space left"]);
}

#[test]
fn a_selection_without_sessions_is_not_called_a_capture_without_mail() {
    for more in [["--session", "9"], ["--protocol", "imap"]] {
        let said = out(&read("smtp-helo", &more));
        assert!(said.contains("The mail session in this capture is not one of those asked for"), "{said}");
        assert!(!said.contains("--any-port"), "{said}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let path = fixture("imap-retrieve");
    let path = path.to_str().expect("UTF-8");
    let files = vec![path; 40];
    let mut child = command(&[&["read"][..], &files].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mailtap runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
}

#[test]
fn lines_are_a_session_each_and_a_summary() {
    let output = read("lab-all", &["--format", "ndjson"]);
    let lines: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["session", "session", "session", "summary"]);
    assert_eq!(lines[3]["summary"]["messages"], 3);
}

#[test]
fn sessions_and_protocols_are_selected_and_keep_their_numbers() {
    let ids = |more: &[&str]| -> Vec<u64> {
        let output = read("lab-all", &[&["--format", "json"], more].concat());
        let document: Value = serde_json::from_str(&out(&output)).expect("JSON");
        document["sessions"].as_array().expect("a list").iter().filter_map(|s| s["id"].as_u64()).collect()
    };
    assert_eq!(ids(&[]), [1, 2, 3]);
    assert_eq!(ids(&["--protocol", "imap"]), [3]);
    assert_eq!(ids(&["--session", "2,3"]), [2, 3]);
}

#[test]
fn the_summary_counts_bounds_hit_in_sessions_that_were_not_selected() {
    let long = "x".repeat(mailtap::limits::LINE_BYTES + 1);
    let capture = support::capture(&format!("S: 220 mx\nC: {long}\nS: 500 no\nC: QUIT\nS: 221 bye\n"), 25);
    let place = tempfile::tempdir().expect("a directory");
    let file = place.path().join("long.pcap");
    std::fs::write(&file, capture).expect("room");
    let document = |more: &[&str]| -> Value {
        let args = ["read", file.to_str().expect("UTF-8"), "--format", "json"];
        serde_json::from_str(&out(&run(&[&args, more].concat()))).expect("JSON")
    };
    let (all, none) = (document(&[]), document(&["--protocol", "imap"]));
    assert_eq!(all["summary"]["limits_hit"], serde_json::json!({ "line_bytes": 1 }));
    assert_eq!(none["sessions"], serde_json::json!([]));
    for told in ["limits_hit", "packets"] {
        assert_eq!(none["summary"][told], all["summary"][told], "{told}");
    }
}

#[test]
fn languages_come_from_the_option_or_the_locale() {
    assert!(out(&read("smtp-helo", &["--lang", "zh"])).contains("SMTP 连接建立过程"));
    assert!(!out(&read("smtp-helo", &[])).contains("连接"));
    let path = fixture("smtp-helo");
    let output = command(&["read", path.to_str().expect("UTF-8")]).env("LANG", "zh_CN.UTF-8").output().expect("runs");
    assert!(out(&output).contains("报文作用"));
}

#[test]
fn passwords_are_masked_everywhere_on_request() {
    let secrets = ["white-rabbit", "looking-glass 7", "d2hpdGUtcmFiYml0"];
    let shown = out(&read("smtp-auth-fails", &["--format", "json"]));
    assert!(shown.contains(secrets[0]));
    for format in ["json", "ndjson", "table"] {
        let masked = out(&read("smtp-auth-fails", &["--format", format, "--redact"]));
        assert!(masked.contains("********"), "{format}");
        for secret in secrets {
            assert!(!masked.contains(secret), "{secret} in {format}");
        }
    }
}

#[test]
fn packets_cannot_be_masked() {
    for how in ["--redact", "--redact=mask", "--redact=pseudonym"] {
        let output = run(&["live", how, "--write", "/nonexistent/packets.pcap"]);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(["--redact", "--write", "without --redact"].iter().all(|word| said.contains(word)), "{said}");
        let output = read("smtp-helo", &[how, "--extract", "/nonexistent/mail"]);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(["--redact", "--extract", "without --redact"].iter().all(|word| said.contains(word)), "{said}");
    }
    assert_eq!(read("smtp-helo", &["--redact=other"]).status.code(), Some(2));
}

#[test]
fn tables_fit_and_carry_no_escape_sequences() {
    for (name, lang) in [("smtp-helo", "en"), ("lab-all", "zh"), ("smtp-charmode", "en"), ("imap-fetch-parts", "zh")] {
        for columns in [20, 33, 60, 79, 80, 120] {
            let text = out(&read(name, &["--show", "all", "--lang", lang, "--width", &columns.to_string()]));
            assert!(!text.contains('\u{1b}') && !text.contains('\u{8}'), "{name}");
            for line in text.lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= columns, "{name} {lang} {columns}: {line}");
            }
        }
    }
    assert!(out(&read("smtp-helo", &["--color", "always"])).contains('\u{1b}'));
}

#[test]
fn an_interface_that_is_not_there_is_four() {
    let output = run(&["live", "no-such-interface-0"]);
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    assert!(err(&output).contains("no-such-interface-0") || err(&output).contains("permission"), "{}", err(&output));
}

#[test]
fn a_filter_is_applied_or_refused() {
    let output = read("lab-all", &["--format", "json", "--filter", "port 110"]);
    let document: Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(document["sessions"].as_array().map(Vec::len), Some(1));
    let output = read("lab-all", &["--filter", "port port"]);
    assert!(!output.status.success() && err(&output).contains("port port"), "{}", err(&output));
}

#[test]
fn a_filter_that_nothing_matches_is_no_empty_capture() {
    let folder = tempfile::tempdir().expect("a folder");
    let tagged = folder.path().join("tagged.pcap");
    // The first packet of a capture, which is of ARP, with a VLAN tag.
    let whole = std::fs::read(fixture("smtp-helo")).expect("readable");
    let length = u32::from_le_bytes(whole[32..36].try_into().expect("4 bytes"));
    let mut bytes = whole[..32].to_vec();
    for _ in 0..2 {
        bytes.extend((length + 4).to_le_bytes());
    }
    bytes.extend(&whole[40..52]);
    bytes.extend([0x81, 0, 0, 7]);
    bytes.extend(&whole[52..40 + length as usize]);
    std::fs::write(&tagged, bytes).expect("writable");
    let tagged = tagged.to_str().expect("UTF-8");
    let said = |filter: &str| out(&command(&["read", tagged, "--filter", filter]).output().expect("mailtap runs"));
    let none = said("arp");
    assert!(none.contains("The capture holds 1 packet, and none matches the filter."), "{none}");
    assert!(none.contains("vlan") && !none.contains("no packet at all"), "{none}");
    assert!(said("vlan and arp").contains("It holds 1 packet"), "{}", said("vlan and arp"));
}

#[test]
fn a_hyphen_is_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = fixture("lab-all");
    let mut command = command(&["read", capture.to_str().expect("UTF-8"), "-o", "-"]);
    let output = command.current_dir(folder.path()).output().expect("mailtap runs");
    assert!(out(&output).contains("SMTP"), "{}", err(&output));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
