//! Outputs that cannot be written any further, or that nobody reads: mailtap ends, and says why.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::Write;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::{CONVERSATIONS, frame, recorded, segments, turns};

/// A capture of so many conversations.
fn capture(conversations: u16) -> Vec<u8> {
    let segments = segments(&turns(CONVERSATIONS[0].script), 2_000);
    recorded((0..conversations).flat_map(|n| segments.iter().map(move |segment| frame(segment, 20_000 + n, 25))))
}

/// mailtap in a shell that lets no file grow over so many KiB.
fn bounded(folder: &Path, kib: usize, arguments: &str) -> Command {
    let mut command = Command::new("sh");
    let mailtap = env!("CARGO_BIN_EXE_mailtap");
    // POSIX counts in 512 bytes, bash in 1024 unless it is called sh.
    let script = format!("ulimit -f {}; exec {mailtap} {arguments}", kib * 2);
    command.args(["-c", &script]).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn signalled(child: &Child, signal: Signal) {
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), signal);
}

/// Its exit status; kills it where it goes on for longer than that.
fn ended(child: &mut Child, within: Duration) -> Option<i32> {
    let until = Instant::now() + within;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status.code().unwrap_or(-1));
        }
        thread::sleep(Duration::from_millis(20));
    }
    signalled(child, Signal::SIGKILL);
    None
}

#[test]
fn a_file_that_may_not_grow_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("c.pcap"), capture(200)).expect("writable");
    for (arguments, name) in [
        ("read c.pcap --format ndjson -o out", "out"),
        ("read c.pcap --format json -o out", "out"),
        ("read c.pcap --extract messages", "messages"),
    ] {
        let output = bounded(folder.path(), 64, arguments).stdout(Stdio::null()).output().expect("a shell");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{arguments}: {said}");
        assert!(said.contains(name) && said.contains("large"), "{arguments}: {said}");
    }
}

#[test]
fn packets_that_cannot_be_saved_end_the_capture_and_leave_whole_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = "live lo --user root --lang en --show summary --filter udp --write saved.pcap";
    let mut child = bounded(folder.path(), 256, arguments).stdout(Stdio::piped()).spawn().expect("a shell");
    thread::sleep(Duration::from_millis(700));
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let own = socket.local_addr().expect("an address");
    for _ in 0..2_000 {
        if child.try_wait().expect("a child").is_some() {
            break;
        }
        socket.send_to(&[7; 1_000], own).expect("sent");
        thread::sleep(Duration::from_micros(500));
    }
    let code = ended(&mut child, Duration::from_secs(5));
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    if code == Some(4) {
        return support::skipped(said.trim_end());
    }
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("saved.pcap: cannot be written: "), "{said}");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(shown.contains("Packets"), "the closing tables are not in {shown}");
    let saved = fs::read(folder.path().join("saved.pcap")).expect("a file");
    assert!(saved.len() > 200 * 1024, "{}", saved.len());
    // It ends with a whole record.
    let (document, problem) = support::analyze(&saved);
    assert_eq!(problem, None);
    assert_eq!(document["capture"]["sources"][0].get("problem"), None);
    // A device that is always full, and a pipe that nobody reads any longer.
    let output = bounded(folder.path(), 256, "live lo --user root --write /dev/full").output().expect("a shell");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    if Path::new("/dev/full").exists() {
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("/dev/full: cannot be written: "), "{said}");
    }
}

#[test]
fn a_result_is_private_unless_it_is_redacted() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("c.pcap"), capture(1)).expect("writable");
    for (arguments, mode) in [("-o out", 0o600), ("-o redacted --redact", 0o644), ("-o c.json --format json", 0o600)] {
        let script = format!("umask 022; exec {} read c.pcap {arguments}", env!("CARGO_BIN_EXE_mailtap"));
        let status = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().expect("a shell");
        assert!(status.success());
        let name = arguments.split(' ').nth(1).expect("a name");
        let metadata = fs::metadata(folder.path().join(name)).expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{arguments}");
    }
}

#[test]
fn a_signal_ends_it_while_nobody_reads_the_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = capture(200);
    fs::write(folder.path().join("c.pcap"), &capture).expect("writable");
    let one_pipe = "exec \"$0\" read - 2>&1";
    let cases = [
        ("exec \"$0\" read - --format ndjson", Signal::SIGTERM),
        ("exec \"$0\" read - --format json", Signal::SIGINT),
        ("exec \"$0\" read - --threads 1", Signal::SIGTERM),
        ("exec \"$0\" read --follow c.pcap", Signal::SIGTERM),
        ("exec \"$0\" read --follow c.pcap --format ndjson -o /dev/stdout", Signal::SIGTERM),
        (one_pipe, Signal::SIGTERM),
    ];
    let case = |(script, signal)| {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_mailtap")]).current_dir(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a shell");
        let mut stdin = child.stdin.take().expect("a pipe");
        let bytes = capture.clone();
        // Its writer never closes the pipe.
        let writer = thread::spawn(move || {
            let _ = stdin.write_all(&bytes);
            stdin
        });
        thread::sleep(Duration::from_millis(1_500));
        signalled(&child, signal);
        let code = ended(&mut child, Duration::from_secs(20));
        // Read by nobody until now.
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        drop(writer.join());
        assert_eq!(code, Some(1), "{script}: {said}");
        assert!(script == one_pipe || said.contains("nobody reads"), "{script}: {said}");
    };
    // All at once: each is a second of waiting.
    thread::scope(|scope| cases.map(|one| scope.spawn(move || case(one))).map(drop));
}
