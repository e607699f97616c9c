//! Key logs that grow while mailtap listens or follows: real TLS over loopback, with a log that comes late, is emptied or
//! replaced. Listening runs where capturing is permitted and Python and OpenSSL are there, and says so where not.

#![cfg(target_os = "linux")]

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server and its clients: each line of standard input is `VERSION LOG`, and is one session of SMTP inside TLS, whose
/// client writes its secrets to that log.
const TALK: &str = r#"
import smtplib, socket, ssl, sys, threading

server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain("cert.pem", "key.pem")
listener = socket.create_server(("127.0.0.1", 0))

def serve():
    while True:
        plain, _ = listener.accept()
        with server.wrap_socket(plain, server_side=True) as one:
            lines = one.makefile("rb")
            one.sendall(b"220 mx.netlab ready\r\n")
            for line in lines:
                quits = line.upper().startswith(b"QUIT")
                one.sendall(b"221 bye\r\n" if quits else b"250 mx.netlab\r\n")
                if quits:
                    break

threading.Thread(target=serve, daemon=True).start()
print(listener.getsockname()[1], flush=True)
for line in sys.stdin:
    version, log = line.split()
    context = ssl._create_unverified_context()
    context.maximum_version = context.minimum_version = getattr(ssl.TLSVersion, version)
    context.keylog_filename = log
    client = smtplib.SMTP_SSL("127.0.0.1", listener.getsockname()[1], "cslabc39", context=context)
    client.ehlo()
    client.noop()
    client.quit()
    print("done", flush=True)
"#;

/// A folder that others may enter, as the user that mailtap goes on as has to, with a server and its clients in it.
struct Talk {
    folder: TempDir,
    python: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Talk {
    /// None where there is no Python or no OpenSSL.
    fn begin() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("own folder");
        let certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"];
        let made = Command::new("openssl")
            .args(certificate)
            .args(["-subj", "/CN=mx.netlab", "-days", "2"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            support::skipped("openssl is not installed");
            return None;
        }
        let python = Command::new("python3")
            .args(["-c", TALK])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut python) = python else {
            support::skipped("python3 is not installed");
            return None;
        };
        let orders = python.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(python.stdout.take().expect("a pipe"));
        let mut port = String::new();
        answers.read_line(&mut port).expect("a port");
        Some(Self { folder, python, orders, answers, port: port.trim().parse().expect("a port") })
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("keys.log")
    }

    /// One session, whose secrets go to `log`.
    fn session(&mut self, version: &str, log: &str) {
        writeln!(self.orders, "{version} {log}").expect("said");
        let mut done = String::new();
        self.answers.read_line(&mut done).expect("an answer");
        assert_eq!(done.trim(), "done", "{version}");
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

/// mailtap, listening.
struct Listening {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Listening {
    fn begin(talk: &Talk, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mailtap"))
            .args(["live", "lo", "--lang", "en", "--keylog", "keys.log", "--port", &format!("smtps={}", talk.port)])
            .args(["--filter", &format!("tcp port {}", talk.port)])
            .args(options)
            .current_dir(talk.folder.path())
            .env("COLUMNS", "200")
            .env_remove("SUDO_UID")
            .env_remove("SUDO_GID")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mailtap runs");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::sleep(Duration::from_millis(900));
        Self { child, out }
    }

    /// Ends it, and returns the rest of what it showed and all that it said; None where capturing is not permitted.
    fn end(mut self) -> Option<(String, String)> {
        thread::sleep(Duration::from_millis(500));
        let _ = kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process")), Signal::SIGINT);
        let mut shown = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut shown).expect("UTF-8");
        let output = self.child.wait_with_output().expect("it ends");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        if output.status.code() == Some(4) {
            support::skipped(said.trim_end());
            return None;
        }
        assert!(output.status.success(), "{said}");
        Some((shown, said))
    }
}

/// The sessions among lines of NDJSON, and the summary.
fn sessions(shown: &str) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = lines.pop().expect("a summary");
    (lines, last["summary"]["tls"].clone())
}

/// The client's commands.
fn commands(session: &Value) -> Vec<&str> {
    let steps = session["steps"].as_array().expect("steps").iter();
    steps.filter(|step| step["kind"] == "command").filter_map(|step| step["text"].as_str()).collect()
}

const SAID: [&str; 3] = ["ehlo cslabc39", "noop", "quit"];

#[test]
fn a_log_that_comes_later_is_read_as_it_grows() {
    let Some(mut talk) = Talk::begin() else { return };
    // As root it goes on as nobody, who is named here, too.
    let root = nix::unistd::Uid::effective().is_root();
    let user: &[&str] = if root { &["--user", "nobody"] } else { &[] };
    for options in [&[][..], user] {
        let _ = fs::remove_file(talk.log());
        let listening = Listening::begin(&talk, &[&["--format", "ndjson"], options].concat());
        for version in ["TLSv1_3", "TLSv1_2"] {
            talk.session(version, "keys.log");
        }
        let Some((shown, said)) = listening.end() else { return };
        let (all, counts) = sessions(&shown);
        assert!(said.contains("waiting for this key log") && !said.contains("stayed closed"), "{said}");
        assert_eq!((all.len(), &counts["decrypted"]), (2, &2.into()), "{said}");
        for session in &all {
            assert_eq!(session["tls"]["decryption"]["by"], "keylog");
            assert_eq!(commands(session), SAID);
        }
    }
}

#[test]
fn steps_are_shown_live_once_their_secrets_are_there() {
    let Some(mut talk) = Talk::begin() else { return };
    let listening = Listening::begin(&talk, &["--show", "steps"]);
    talk.session("TLSv1_3", "keys.log");
    let Some((shown, said)) = listening.end() else { return };
    for line in SAID {
        assert!(shown.contains(line), "{line}: {shown}{said}");
    }
    assert!(shown.contains("decrypted with a key log"), "{shown}");
}

#[test]
fn a_line_that_comes_after_the_close_is_too_late() {
    let Some(mut talk) = Talk::begin() else { return };
    let mut listening = Listening::begin(&talk, &["--format", "ndjson", "--duration", "30"]);
    talk.session("TLSv1_2", "late.log");
    // Sessions that are over are kept for a while, in which it would come in time. It ends by itself where it tells none.
    let mut told = String::new();
    listening.out.read_line(&mut told).expect("UTF-8");
    fs::copy(talk.folder.path().join("late.log"), talk.log()).expect("a log");
    let Some((rest, said)) = listening.end() else { return };
    let shown = told + &rest;
    let (all, counts) = sessions(&shown);
    let [session] = &all[..] else { panic!("{shown}") };
    let decryption = &session["tls"]["decryption"];
    assert_eq!((&decryption["fault"], &counts["no_secret"]), (&"no-secret".into(), &1.into()));
    // It is named as the line that came too late names it.
    let random = decryption["client_random"].as_str().expect("a random");
    assert!(fs::read_to_string(talk.log()).expect("a log").to_lowercase().contains(random));
    assert!(said.contains(&format!("1 TLS session stayed closed (session 1, client random {random})")), "{said}");
    assert!(said.contains("keys.log: does not fit the one TLS session"), "{said}");
    assert!(commands(session).is_empty());
}

#[test]
fn a_log_that_is_emptied_or_replaced_is_followed() {
    let Some(mut talk) = Talk::begin() else { return };
    // One that is there from the beginning, with a comment that is longer than all that follows.
    fs::write(talk.log(), format!("# {}\n", "x".repeat(4_000))).expect("a log");
    let listening = Listening::begin(&talk, &["--format", "ndjson"]);
    talk.session("TLSv1_2", "keys.log");
    // What is gone before it was read is gone.
    thread::sleep(Duration::from_millis(700));
    fs::write(talk.log(), "").expect("emptied");
    talk.session("TLSv1_3", "keys.log");
    fs::rename(talk.log(), talk.folder.path().join("keys.log.1")).expect("rotated");
    talk.session("TLSv1_2", "keys.log");
    let Some((shown, said)) = listening.end() else { return };
    let (all, counts) = sessions(&shown);
    assert_eq!((all.len(), &counts["decrypted"]), (3, &3.into()), "{said}{shown}");
    assert!(!said.contains("keys.log:"), "{said}");
}

/// A capture that is written while it is followed, and whose log comes behind its packets.
#[test]
fn a_followed_capture_waits_for_its_log() {
    let of = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls/tls13-aes128-gcm").join(name);
    let (capture, keys) = (fs::read(of("capture.pcap")).expect("a capture"), fs::read(of("keys.log")).expect("keys"));
    for with_last_line in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let half = capture.len() / 2;
        fs::write(at("a.pcap"), &capture[..half]).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_mailtap"))
            .args(["read", "--follow", "a.pcap", "--keylog", "keys.log", "--format", "ndjson", "--lang", "en"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mailtap runs");
        thread::sleep(Duration::from_millis(700));
        // The log comes in two pieces, the second of which begins within a line: the last one is of the server's data.
        let text = String::from_utf8(keys.clone()).expect("UTF-8");
        let last = text.rfind("SERVER_TRAFFIC_SECRET_0").expect("a line") + 40;
        fs::write(at("keys.log"), &text[..last]).expect("written");
        thread::sleep(Duration::from_millis(700));
        let append = |name: &str, bytes: &[u8]| {
            OpenOptions::new().append(true).open(at(name)).and_then(|mut file| file.write_all(bytes)).expect("written");
        };
        if with_last_line {
            append("keys.log", &text.as_bytes()[last..]);
        }
        append("a.pcap", &capture[half..]);
        thread::sleep(Duration::from_millis(1_200));
        let began = Instant::now();
        let _ = kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGTERM);
        while child.try_wait().expect("a status").is_none() {
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().expect("it ends");
        let [shown, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        let (all, counts) = sessions(&shown);
        let [session] = &all[..] else { panic!("{shown}{said}") };
        assert!(said.contains("waiting for this key log"), "{said}");
        assert!(commands(session).contains(&"QUIT") || !with_last_line, "{shown}");
        assert_eq!(counts["sessions"], 1);
        if with_last_line {
            assert_eq!((&counts["decrypted"], session["messages"].as_array().map(Vec::len)), (&1.into(), Some(1)));
            assert!(!said.contains("keys.log: does not fit"), "{said}");
        }
    }
}
