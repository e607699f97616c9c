//! Live capture whose disk is full, that is killed, whose reader leaves, and that may have few privileges or one user.

use crate::kit::*;
use crate::support;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn message() -> String {
    format!("Subject: a letter\r\n\r\n{}", "A line of a letter.\r\n".repeat(900))
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 mx\r\n")?;
    let mut is_message = false;
    while let Some(line) = lines.next().transpose()? {
        let reply = match line.as_str() {
            "." => "250 taken\r\n",
            _ if is_message => continue,
            "DATA" => "354 go\r\n",
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => "250 mx\r\n",
        };
        is_message = line == "DATA";
        stream.write_all(reply.as_bytes())?;
    }
    Ok(())
}

/// A mail server on loopback, for as long as the tests run. Returns its port.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(serve(stream))));
    port
}

/// Sends a message.
fn speak(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    let content = format!("{}.", message());
    for said in ["EHLO a", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", &content, "QUIT"] {
        lines.next().expect("a reply").expect("a reply");
        stream.write_all(format!("{said}\r\n").as_bytes()).expect("said");
    }
    lines.next().expect("a reply").expect("a reply");
}

fn speak_until(port: u16, mut is_over: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_over() {
        assert!(begun.elapsed() < PATIENCE, "nothing has come of all that was said");
        speak(port);
        thread::sleep(Duration::from_millis(5));
    }
}

fn arguments(port: u16, more: &str) -> String {
    format!("live lo --lang en --filter 'tcp port {port}' --port smtp={port} {more}")
}

/// Starts it in `place`, by a shell.
fn started(place: &Place, script: &str) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(place.path("")).env("mailtap", env!("CARGO_BIN_EXE_mailtap"));
    command.env_remove("SUDO_UID").env_remove("SUDO_GID");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a shell")
}

fn signalled(child: &Child, signal: Signal) {
    _ = kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), signal);
}

/// Waits; None, and said, where capturing is not permitted.
fn end(mut child: Child) -> Option<(Option<i32>, String)> {
    let begun = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if begun.elapsed() > PATIENCE {
            signalled(&child, Signal::SIGKILL);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("it ends");
    let said = said(&output);
    assert!(!said.contains("panicked"), "{said}");
    if output.status.code() == Some(4) {
        support::skipped(said.trim_end());
        return None;
    }
    Some((output.status.code(), said))
}

/// Says something until `path` is there; false where the program has ended before.
fn heard(port: u16, child: &mut Child, is_there: impl Fn() -> bool) -> bool {
    let mut has_ended = false;
    speak_until(port, || {
        has_ended = child.try_wait().expect("a child").is_some();
        has_ended || is_there()
    });
    !has_ended
}

/// Whether a capture has packets, and none of them is cut.
fn is_whole(path: &Path) {
    let (document, problem) = support::analyze(&fs::read(path).expect("a file"));
    assert_eq!(problem, None);
    assert_eq!(document["capture"]["sources"][0].get("problem"), None);
}

#[test]
fn a_full_disk_ends_a_live_capture_and_leaves_what_is_whole() {
    let port = server();
    for (option, name) in [("--write", "kept.pcap"), ("--format ndjson -o", "sessions"), ("--extract", "messages")] {
        let place = Place::new();
        for folder in ["disk", "kept"] {
            fs::create_dir(place.path(folder)).expect("a directory");
        }
        let live = arguments(port, &format!("--user root {option} disk/{name}"));
        // Messages wait in the folder until their sessions are over.
        let (size, pause) = if option == "--extract" { ("1m", 100) } else { ("256k", 2) };
        let script = format!(
            "mount -t tmpfs -o size={size} none disk || exit 99; timeout 60 $mailtap {live} > /dev/null; status=$?; \
             cp -r disk/. kept; exit $status"
        );
        let is_over = AtomicBool::new(false);
        let output = thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    speak(port);
                    thread::sleep(Duration::from_millis(pause));
                }
            });
            let output = mounting(&place, &script);
            is_over.store(true, Ordering::Relaxed);
            output
        });
        let Some(output) = output else { return };
        if output.status.code() == Some(4) {
            return support::skipped(said(&output).trim_end());
        }
        ended(&output, 1, &[&format!("disk/{name}"), "No space left on device"]);
        let kept = place.path("kept").join(name);
        match name {
            "kept.pcap" => {
                is_whole(&kept);
                assert!(fs::metadata(kept).expect("a file").len() > 100 << 10);
            }
            "sessions" => {
                let text = fs::read_to_string(kept).expect("a file");
                assert!(text.ends_with('\n') && text.len() > 100 << 10, "{} bytes", text.len());
                assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
            }
            _ => {
                let files = tree(&kept);
                assert!(String::from_utf8_lossy(&files["index.json"]).contains("\"complete\":false"));
                let whole = files.iter().filter(|(file, _)| file.ends_with(".eml"));
                let whole = whole.inspect(|(file, content)| assert!(**content == message().as_bytes(), "{file}"));
                assert!(whole.count() > 1);
            }
        }
    }
}

#[test]
fn a_live_capture_that_is_killed_leaves_whole_packets() {
    let port = server();
    for moment in scattered(1_500).take(5) {
        let place = Place::new();
        let script = format!("exec $mailtap {}", arguments(port, "--user root --write kept.pcap"));
        let (mut child, kept) = (started(&place, &script), place.path("kept.pcap"));
        if heard(port, &mut child, || kept.exists()) {
            let until = Instant::now() + Duration::from_millis(moment);
            speak_until(port, || Instant::now() > until);
            signalled(&child, Signal::SIGKILL);
        }
        let Some((code, said)) = end(child) else { return };
        assert_eq!(code, None, "{said}");
        let (_, problem) = support::analyze(&fs::read(&kept).expect("a file"));
        // The kernel may end a write in its middle: then the last packet is cut, and all before it are read.
        assert!(
            problem.as_ref().is_none_or(|problem| problem.contains("truncated") || problem.contains("empty")),
            "{problem:?}"
        );
    }
}

#[test]
fn a_reader_of_packets_that_leaves_ends_the_capture() {
    let port = server();
    let place = Place::new();
    let pipe = place.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    let mut child = started(&place, &format!("exec $mailtap {}", arguments(port, "--user root --write pipe")));
    let reader = thread::spawn(move || {
        let mut pipe = fs::File::open(pipe).expect("a pipe");
        pipe.read_exact(&mut [0; 30_000])
    });
    heard(port, &mut child, || false);
    let Some((code, said)) = end(child) else { return };
    reader.join().expect("a reader").expect("packets");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("pipe: cannot be written: "), "{said}");
}

#[test]
fn messages_are_written_after_the_privileges_are_gone() {
    let port = server();
    let place = Place::new();
    let mut child = started(&place, &format!("exec $mailtap {}", arguments(port, "--extract messages")));
    let directory = place.path("messages");
    let has_name = || {
        let sessions = fs::read_dir(&directory).into_iter().flatten().flatten();
        sessions.filter(|session| session.path().join("message-1.eml").exists()).count() > 0
    };
    if heard(port, &mut child, has_name) {
        signalled(&child, Signal::SIGTERM);
    }
    let Some((code, said)) = end(child) else { return };
    assert_eq!(code, Some(0), "{said}");
    let files = tree(&directory);
    assert!(String::from_utf8_lossy(&files["index.json"]).contains("\"complete\":true"));
    // The first one may have begun before it was listened to.
    assert!(files.values().any(|content| content == message().as_bytes()));
}

/// Waits until it has dropped everything, and ends it. None where it ended before, with status 4 or `refusal`.
#[cfg(target_os = "linux")]
fn dropped(mut child: Child, refusal: &str) -> Option<()> {
    let status = format!("/proc/{}/status", child.id());
    let begun = Instant::now();
    let all = || {
        let told = fs::read_to_string(&status).unwrap_or_default();
        let has = |line: &str| told.lines().any(|told| told.replace('\t', " ") == line);
        let none = |set: &str| has(&format!("Cap{set}: 0000000000000000"));
        has("NoNewPrivs: 1") && ["Inh", "Prm", "Eff", "Amb"].into_iter().all(none)
    };
    while child.try_wait().expect("a child").is_none() && !all() {
        assert!(begun.elapsed() < PATIENCE, "privileges are left");
        thread::sleep(Duration::from_millis(10));
    }
    // It has opened what it listens on, or it would have ended; now it listens.
    thread::sleep(Duration::from_millis(300));
    signalled(&child, Signal::SIGTERM);
    let (code, said) = end(child)?;
    if said.contains(refusal) {
        support::skipped(said.trim_end());
        return None;
    }
    assert_eq!(code, Some(0), "{said}");
    Some(())
}

#[test]
#[cfg(target_os = "linux")]
fn an_ordinary_user_with_the_programs_capabilities_loses_them() {
    let place = Place::new();
    let Some(program) = for_anyone(&place) else { return };
    let set = Command::new("setcap").arg("cap_net_raw,cap_net_admin=eip").arg(&program).stderr(Stdio::null()).status();
    if !set.is_ok_and(|status| status.success()) {
        return support::skipped("setcap(8) is missing, or may not be used here");
    }
    let user = "exec setpriv --reuid 61003 --regid 61003 --clear-groups";
    dropped(started(&place, &format!("{user} ./mailtap live lo --format ndjson")), "setpriv: ");
}

#[test]
#[cfg(target_os = "linux")]
fn root_of_a_namespace_that_has_no_other_user_listens_without_privileges() {
    let place = Place::new();
    let script = "exec unshare -r -n sh -c 'ip link set lo up; exec $mailtap live lo --format ndjson -o sessions'";
    if dropped(started(&place, script), "unshare: ").is_some() {
        assert!(fs::metadata(place.path("sessions")).expect("a file").len() > 0);
    }
    // As another user it would be refused, with the way out.
    let script = "exec unshare -r -n sh -c 'ip link set lo up; exec $mailtap live lo --user nobody'";
    let output = shell(&place, script);
    if !said(&output).contains("unshare: ") {
        ended(&output, 4, &["nobody", "--user root"]);
    }
}
