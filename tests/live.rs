//! A conversation over loopback, captured live. Runs where capturing is permitted, and says so where it is not.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Sends the server's greeting, and a reply after each line of the client.
fn serve(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().expect("a client");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    stream.write_all(b"220 mx.netlab ready\r\n").expect("said");
    for reply in ["250 mx.netlab", "221 bye"] {
        lines.next().expect("a line").expect("a line");
        stream.write_all(format!("{reply}\r\n").as_bytes()).expect("said");
    }
}

fn speak(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    lines.next().expect("a greeting").expect("a greeting");
    for command in ["HELO cslabc39", "QUIT"] {
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("said");
        lines.next().expect("a reply").expect("a reply");
    }
}

/// What mailtap shows of one conversation on loopback, ended by a signal; `None` where capturing is not permitted.
fn listen(format: &str) -> Option<(String, String, bool)> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let child = Command::new(env!("CARGO_BIN_EXE_mailtap"))
        .args(["live", "lo", "--format", format, "--lang", "en", "--port", &format!("smtp={port}")])
        .env("COLUMNS", "200")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mailtap runs");
    thread::sleep(Duration::from_millis(700));
    let server = thread::spawn(move || serve(&listener));
    speak(port);
    server.join().expect("the server");
    thread::sleep(Duration::from_millis(500));
    let process = Pid::from_raw(i32::try_from(child.id()).expect("a process"));
    let killed = kill(process, Signal::SIGINT);
    let output = child.wait_with_output().expect("it ends");
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
    if output.status.code() == Some(4) {
        support::skipped(err.trim_end());
        return None;
    }
    killed.expect(&err);
    Some((out, err, output.status.success()))
}

/// Nothing is sent after the conversation: it is told all the same, as is one of a capture that lasts a given time.
#[test]
fn a_session_that_is_over_is_told_while_the_interface_is_quiet() {
    for lasting in [&[][..], &["--duration", "60"]] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (port, filter) = (format!("smtp={port}"), format!("tcp port {port}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_mailtap"))
            .args(["live", "lo", "--format", "ndjson", "--port", &port, "--filter", &filter])
            .args(lasting)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mailtap runs");
        thread::sleep(Duration::from_millis(700));
        if child.try_wait().expect("a process").is_some_and(|status| status.code() == Some(4)) {
            support::skipped("capturing is not permitted");
            return;
        }
        let (to, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let reader = thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(to.send(line))));
        let at = listener.local_addr().expect("an address").port();
        let server = thread::spawn(move || serve(&listener));
        speak(at);
        server.join().expect("the server");
        let line = lines.recv_timeout(Duration::from_secs(10));
        let process = Pid::from_raw(i32::try_from(child.id()).expect("a process"));
        kill(process, Signal::SIGINT).expect("it runs");
        assert!(child.wait().expect("it ends").success());
        reader.join().expect("no panic");
        let session: Value = serde_json::from_str(&line.expect("a session, in time")).expect("JSON");
        assert_eq!((&session["type"], &session["end"]), (&"session".into(), &"closed".into()));
    }
}

#[test]
fn a_conversation_is_heard_as_json() {
    let Some((out, err, success)) = listen("json") else { return };
    assert!(success, "{err}");
    let document: Value = serde_json::from_str(&out).expect("JSON");
    let session = &document["sessions"][0];
    assert_eq!(session["protocol"], "smtp");
    assert_eq!(session["client_name"], "cslabc39");
    assert_eq!(session["end"], "closed");
    assert_eq!(document["capture"]["sources"][0]["format"], "live");
    assert_eq!(document["capture"]["sources"][0]["dropped"], 0);
}

#[test]
fn a_conversation_is_shown_as_it_happens() {
    let Some((out, err, success)) = listen("table") else { return };
    assert!(success, "{err}");
    // As tcpdump says it, whether anybody looks on or not.
    let said: Vec<&str> = err.lines().collect();
    assert!(said[0].starts_with("mailtap: listening on lo"), "{err}");
    for what in [" captured", " received by filter", " dropped by kernel"] {
        assert!(said.iter().any(|line| line.ends_with(what) && line.contains(" packet")), "{what}: {err}");
    }
    for line in ["220 mx.netlab ready", "HELO cslabc39", "221 bye"] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
}

/// On a terminal, the sessions alone are a table that is drawn again and again, and stands below at the end.
#[test]
fn sessions_are_drawn_in_place_on_a_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let talk = thread::spawn(move || {
        thread::sleep(Duration::from_millis(900));
        let client = TcpStream::connect(("127.0.0.1", port)).expect("a server");
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(b"220 mx.netlab ready\r\n").expect("said");
        for (command, reply) in [("HELO c", "250 mx"), ("MAIL FROM:<teacher@netlab>", "250 ok")] {
            (&client).write_all(format!("{command}\r\n").as_bytes()).expect("said");
            thread::sleep(Duration::from_millis(100));
            stream.write_all(format!("{reply}\r\n").as_bytes()).expect("said");
            thread::sleep(Duration::from_millis(600));
        }
    });
    let mailtap = env!("CARGO_BIN_EXE_mailtap");
    let command =
        format!("stty cols 140 && {mailtap} live lo --port smtp={port} --show sessions --lang en --duration 4");
    let shown = support::on_a_terminal(&command, &[]);
    talk.join().expect("no panic");
    let Some((out, status)) = shown else { return };
    if status == Some(4) {
        support::skipped("capturing is not permitted");
        return;
    }
    assert_eq!(status, Some(0), "{out}");
    let open = out.find("1 open, 0 over").expect("the open session is drawn");
    assert!(out[open..].contains("teacher@netlab →") && out[open..].contains("MAIL"), "{out}");
    let table = out.rfind("━━ Sessions").expect("the ordinary table");
    assert!(out[..table].contains("\x1b[3A\r\x1b[J") && out[table..].contains(" packets captured"), "{out}");
    assert!(!out[table..].contains("\x1b[J"), "nothing is taken away after it: {out}");
}

/// A network of its own with an interface `veth0`, what is done to it while mailtap listens, and how mailtap ends. None
/// where such a network is not permitted.
fn removed(what: &str) -> Option<(Option<i32>, String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        r#"ip link add veth0 type veth peer name veth1 && ip link set veth0 up && ip link set veth1 up || exit 77
        "$0" live veth0 --user root --lang en --show summary >out 2>>said & mailtap=$!
        sleep 1; {what}; sleep 1.5
        kill -TERM $mailtap 2>/dev/null && echo "it went on" >>said; wait $mailtap"#
    );
    let mut command = Command::new("unshare");
    command.args(["-n", "sh", "-c", &script, env!("CARGO_BIN_EXE_mailtap")]).current_dir(folder.path());
    let status = command.stderr(Stdio::null()).status().ok()?;
    let read = |name| std::fs::read_to_string(folder.path().join(name)).ok();
    match status.code() {
        Some(0 | 3) => Some((status.code(), read("out")?, read("said")?)),
        code => {
            support::skipped(&format!("a network of its own is not permitted ({code:?})"));
            None
        }
    }
}

#[test]
fn an_interface_that_is_removed_ends_the_capture_with_its_name_and_the_result() {
    let Some((code, out, said)) = removed("ip link del veth0") else { return };
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("veth0: ") && !said.contains("it went on"), "{said}");
    assert!(out.contains("Packets"), "the closing tables are not in {out}");
}

#[test]
fn an_interface_that_goes_down_ends_the_capture_with_its_name_or_is_waited_for() {
    // libpcap before 1.10 ends there, and with it tcpdump.
    let Some((code, out, said)) = removed("ip link set veth0 down; sleep .5; ip link set veth0 up") else { return };
    assert!(code == Some(0) && said.contains("it went on") || code == Some(3) && said.contains("veth0: "), "{said}");
    assert!(out.contains("Packets"), "the closing tables are not in {out}");
}
