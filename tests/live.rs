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
    // mailtap prints nothing when the capture begins unless standard error is a terminal: wait for it.
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
    for line in ["220 mx.netlab ready", "HELO cslabc39", "221 bye"] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
}
