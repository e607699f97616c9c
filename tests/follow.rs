//! `read FILE --follow`: a file that is quiet, is cut, is replaced, goes and comes back, or was allocated before it is written.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};
use support::{CONVERSATIONS, Packet, frame, numbered, packets, pcap, pcap_of, segments, turns};
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait for what must not come: longer than sessions that are over are kept.
const LINGERED: Duration = Duration::from_millis(2_700);

type Lines = Arc<Mutex<Vec<String>>>;

/// mailtap, following a file.
struct Following {
    child: Child,
    out: Lines,
    err: Lines,
    readers: Vec<JoinHandle<()>>,
}

impl Following {
    fn new(path: &Path) -> Self {
        Self::reading(&["--follow", path.to_str().expect("UTF-8")], Stdio::null())
    }

    fn reading(arguments: &[&str], from: Stdio) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mailtap"))
            .args(["read"])
            .args(if arguments.contains(&"--format") { &[][..] } else { &["--format", "ndjson"] })
            .args(arguments)
            .stdin(from)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mailtap runs");
        let (out, err) = (Lines::default(), Lines::default());
        let readers = vec![
            gather(child.stdout.take().expect("a pipe"), &out),
            gather(child.stderr.take().expect("a pipe"), &err),
        ];
        Self { child, out, err, readers }
    }

    /// Waits until there are so many lines of sessions.
    fn sessions(&self, count: usize) -> Vec<Value> {
        let seen = until(|| Some(self.now()).filter(|seen| seen.len() >= count));
        seen.unwrap_or_else(|| panic!("{count} sessions, and there are {:?}; {:?}", self.now().len(), self.err.lock()))
    }

    /// The sessions that have been told.
    fn now(&self) -> Vec<Value> {
        let lines = self.out.lock().expect("no panic");
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Waits until standard error says this of the file.
    fn says(&self, what: &str) {
        let says = || self.err.lock().expect("no panic").iter().any(|line| line.contains(what)).then_some(());
        until(says).unwrap_or_else(|| panic!("'{what}' is not in {:?}", self.err.lock()));
    }

    /// Ctrl-C: the sessions, the last line, standard error and the exit status.
    fn end(mut self) -> (Vec<Value>, Value, Vec<String>, i32) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).expect("a process"));
        kill(process, Signal::SIGINT).expect("it runs");
        let status = self.child.wait().expect("it ends").code().expect("a status");
        self.readers.drain(..).for_each(|reader| reader.join().expect("no panic"));
        let mut told = self.now();
        let last = told.pop().expect("a last line");
        let err = std::mem::take(&mut *self.err.lock().expect("no panic"));
        (told, last, err, status)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn gather(from: impl Read + Send + 'static, lines: &Lines) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            lines.lock().expect("no panic").push(line.expect("UTF-8"));
        }
    })
}

fn until<T>(seen: impl Fn() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        match seen() {
            None if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(50)),
            seen => return seen,
        }
    }
}

/// The packets of a conversation, whose client has the given port.
fn conversation(client: u16) -> Vec<Packet> {
    let sent = segments(&turns(CONVERSATIONS[1].script), 60);
    let mut all = packets(&sent, 25, 1_000);
    for (n, (packet, segment)) in (1..).zip(all.iter_mut().zip(&sent)) {
        packet.frame = numbered(frame(segment, client, 25), n);
    }
    all
}

/// What mailtap tells of a capture that is complete.
fn whole(packets: &[Packet]) -> Value {
    let mut sessions = support::sessions(&pcap(packets));
    assert_eq!(sessions.len(), 1);
    sessions.remove(0)
}

/// What does not depend on how the packets were spread over files.
fn assert_same(session: &Value, clean: &Value) {
    for field in ["uid", "client", "end", "started", "ended", "duration_ms", "transport"] {
        assert_eq!(session[field], clean[field], "{field}");
    }
    assert_eq!(session["messages"][0]["sha256"], clean["messages"][0]["sha256"]);
    assert_eq!(session["steps"].as_array().map(Vec::len), clean["steps"].as_array().map(Vec::len));
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.pcap");
    (folder, path)
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("writable");
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(bytes)).expect("writable");
}

#[test]
fn a_session_that_is_over_is_told_while_the_file_is_quiet() {
    let (_folder, path) = folder();
    let packets = conversation(40_000);
    write(&path, &pcap(&packets));
    let following = Following::new(&path);
    let told = following.sessions(1);
    let clean = whole(&packets);
    for (field, value) in clean.as_object().expect("an object") {
        assert_eq!(&told[0][field], value, "{field}");
    }
    let (told, last, err, status) = following.end();
    assert_eq!((told.len(), status, err.len()), (1, 0, 0), "{err:?}");
    assert_eq!(last["summary"]["sessions"]["smtp"], 1);
}

/// The packets of a connection of another client that began before, and is not over.
fn before(count: usize) -> Vec<Packet> {
    conversation(39_999).into_iter().take(count).collect()
}

#[test]
fn a_session_that_is_over_is_told_within_three_seconds_whatever_else_is_open() {
    let whole = conversation(40_000);
    let lost: Vec<Packet> = [&whole[..9], &whole[10..]].concat();
    let cases = [
        ("a SYN without an answer came before it", [before(1), whole.clone()].concat()),
        ("a connection that has said nothing", [before(3), whole.clone()].concat()),
        ("one that was only greeted", [before(4), whole.clone()].concat()),
        ("the last ACK is missing", whole[..whole.len() - 1].to_vec()),
        ("a packet is missing", lost),
    ];
    let told = |what: &str, packets: &[Packet], threads: &str, format: &str| {
        let (_folder, path) = folder();
        let bytes = pcap(packets);
        write(&path, &bytes[..bytes.len() / 2]);
        let name = path.to_str().expect("UTF-8");
        let arguments = ["--follow", name, "--threads", threads, "--format", format, "--show", "sessions"];
        let arguments = [&arguments[..], &["--width", "300"]].concat();
        let following = Following::reading(&arguments, Stdio::null());
        sleep(Duration::from_millis(300));
        append(&path, &bytes[bytes.len() / 2..]);
        let written = Instant::now();
        let is_told = || following.out.lock().expect("no panic").iter().any(|line| line.contains("40000"));
        assert!(until(|| is_told().then_some(())).is_some(), "{what}, {threads} threads, {format}");
        // And a second for a machine that is busy: all of them run at once.
        let took = written.elapsed();
        assert!(took < Duration::from_millis(4_000), "{what}, {threads} threads, {format}: {took:?}");
    };
    thread::scope(|scope| {
        for (what, packets) in &cases {
            for threads in ["1", "2"] {
                for format in ["ndjson", "table"] {
                    scope.spawn(move || told(what, packets, threads, format));
                }
            }
        }
    });
}

#[test]
fn a_session_that_is_over_is_told_while_a_pipe_is_quiet() {
    for arguments in [&["-"][..], &["-", "--threads", "1"], &["-", "--follow"]] {
        let mut following = Following::reading(arguments, Stdio::piped());
        let mut pipe = following.child.stdin.take().expect("a pipe");
        for nth in 0..2 {
            let packets = conversation(40_000 + nth);
            let bytes = pcap(&packets);
            // The writer's blocks end anywhere.
            let (header, records) = bytes.split_at(24);
            let (before, after) = records.split_at(records.len() / 2);
            for part in [if nth == 0 { header } else { &[] }, before, after] {
                pipe.write_all(part).expect("it reads");
                sleep(Duration::from_millis(250));
            }
            assert_same(&following.sessions(usize::from(nth) + 1)[usize::from(nth)], &whole(&packets));
        }
        drop(pipe);
        let (told, _, err, status) = following.end();
        assert_eq!((told.len(), status, err.len()), (2, 0, 0), "{err:?}");
    }
}

#[test]
fn a_connection_whose_packets_are_held_back_is_one_session() {
    let (_folder, path) = folder();
    let packets = conversation(40_000);
    let bytes = pcap(&packets);
    // The writer's blocks end anywhere: in a record, and, in the other file, between two.
    let half = pcap(&packets[..packets.len() / 2]).len();
    for cut in [half + 20, half] {
        write(&path, &bytes[..cut]);
        let following = Following::new(&path);
        sleep(LINGERED);
        assert!(following.now().is_empty());
        append(&path, &bytes[cut..]);
        assert_same(&following.sessions(1)[0], &whole(&packets));
        assert_eq!(following.end().3, 0);
    }
}

#[test]
fn a_file_that_is_cut_is_read_from_its_beginning() {
    let (_folder, path) = folder();
    write(&path, &pcap(&conversation(40_000)));
    let following = Following::new(&path);
    following.sessions(1);
    // As logrotate's copytruncate does.
    File::create(&path).expect("writable");
    following.says("has become shorter; reading from its beginning");
    write(&path, &pcap(&conversation(40_001)));
    let told = following.sessions(2);
    assert_eq!(
        (&told[1]["client"]["port"], &told[1]["source"], &told[1]["first_packet"]),
        (&40_001.into(), &1.into(), &1.into())
    );
    // Written anew so fast that it is never seen shorter.
    let more = [conversation(40_002), conversation(40_003)].concat();
    write(&path, &pcap(&more));
    assert_eq!(following.sessions(4).len(), 4);
    let (_, last, err, status) = following.end();
    assert_eq!((status, err.len()), (0, 2), "{err:?}");
    let sources = last["capture"]["sources"].as_array().expect("a list");
    let packets: Vec<_> = sources.iter().map(|source| source["packets"].as_u64().expect("a number")).collect();
    let each = conversation(40_000).len() as u64;
    assert_eq!(packets, [each, each, 2 * each]);
}

#[test]
fn a_connection_goes_on_in_the_file_that_replaces_the_old() {
    let (folder, path) = folder();
    let packets = conversation(40_000);
    let (first, second) = packets.split_at(packets.len() / 2);
    let (old, rest) = first.split_at(first.len() - 2);
    write(&path, &pcap(old));
    let following = Following::new(&path);
    sleep(Duration::from_millis(400));
    let moved = folder.path().join("growing.pcap.1");
    std::fs::rename(&path, &moved).expect("the same folder");
    // An empty file is no reason to leave the old one, to which its writer still writes.
    write(&path, b"");
    sleep(Duration::from_millis(400));
    append(&moved, &pcap(rest)[24..]);
    // The new one has another link type: raw IP.
    let raw: Vec<Packet> = second.iter().map(|packet| Packet::new(packet.time, packet.frame[14..].to_vec())).collect();
    append(&path, &pcap_of(101, &raw));
    following.says("has been replaced; reading the new one");
    let told = following.sessions(1);
    assert_same(&told[0], &whole(&packets));
    let (told, last, err, status) = following.end();
    assert_eq!((told.len(), status), (1, 0), "{err:?}");
    let counts: Vec<_> =
        last["capture"]["sources"].as_array().expect("a list").iter().map(|source| &source["packets"]).collect();
    assert_eq!(counts, [&Value::from(first.len()), &Value::from(second.len())]);
    assert_eq!(told[0]["last_packet"].as_u64(), Some(second.len() as u64), "by its number in the new file");
}

#[test]
fn a_file_that_is_gone_is_waited_for() {
    let (folder, path) = folder();
    write(&path, &pcap(&conversation(40_000)));
    let following = Following::new(&path);
    following.sessions(1);
    let away = folder.path().join("away");
    std::fs::rename(&path, &away).expect("the same folder");
    following.says("is gone; waiting for it");
    // What is still written to it is read.
    append(&away, &pcap(&conversation(40_001))[24..]);
    following.sessions(2);
    std::fs::rename(&away, &path).expect("the same folder");
    following.says("is there again; reading on");
    std::fs::remove_file(&path).expect("it is there");
    sleep(Duration::from_millis(400));
    // Not every file under the name can be read; that is told once, and the next is waited for.
    write(&path, b"this is no capture at all, but a letter\n");
    following.says("is not a capture");
    sleep(Duration::from_millis(400));
    let next = folder.path().join("next");
    write(&next, &pcap(&conversation(40_002)));
    std::fs::rename(&next, &path).expect("the same folder");
    following.says("reading the new one");
    assert_eq!(following.sessions(3).len(), 3);
    let (_, last, err, status) = following.end();
    assert_eq!(status, 3, "something could not be read");
    let count = |what: &str| err.iter().filter(|line| line.contains(what)).count();
    assert_eq!((count("is gone"), count("is there again")), (2, 2), "{err:?}");
    assert_eq!(count("is not a capture"), 2, "when it is met, and why the status is 3: {err:?}");
    assert_eq!(last["capture"]["sources"].as_array().map(Vec::len), Some(2));
}

#[test]
fn the_name_may_be_a_link_that_is_switched() {
    let (folder, path) = folder();
    let [one, other, link] = ["one", "other", "link"].map(|name| folder.path().join(name));
    write(&one, &pcap(&conversation(40_000)));
    write(&other, &pcap(&conversation(40_001)));
    std::os::unix::fs::symlink(&one, &path).expect("links");
    let following = Following::new(&path);
    following.sessions(1);
    std::os::unix::fs::symlink(&other, &link).expect("links");
    std::fs::rename(&link, &path).expect("the same folder");
    following.says("has been replaced; reading the new one");
    assert_eq!(following.sessions(2)[1]["client"]["port"], 40_001);
    assert_eq!(following.end().3, 0);
}

#[test]
fn a_half_written_record_of_the_old_file_is_told() {
    let (folder, path) = folder();
    let bytes = pcap(&conversation(40_000));
    write(&path, &[&bytes[..], &bytes[24..54]].concat());
    let following = Following::new(&path);
    following.sessions(1);
    let next = folder.path().join("next");
    write(&next, &pcap(&conversation(40_001)));
    std::fs::rename(&next, &path).expect("the same folder");
    let cut = format!("truncated in packet {}", conversation(40_000).len() + 1);
    following.says(&cut);
    following.sessions(2);
    let (_, last, err, status) = following.end();
    assert_eq!(status, 3, "{err:?}");
    let problem = last["capture"]["sources"][0]["problem"].as_str().expect("a problem");
    assert!(problem.contains(&cut), "{problem}");
    assert!(last["capture"]["sources"][1].get("problem").is_none());
}

#[test]
fn zeros_that_were_allocated_are_waited_for() {
    let (_folder, path) = folder();
    let all = [40_000, 40_001, 40_002].map(conversation).concat();
    let bytes = pcap(&all);
    assert!(bytes.len() > 2 * 4_096);
    let file = File::create(&path).expect("writable");
    // Nothing but zeros, to begin with.
    file.set_len(1 << 20).expect("allocated");
    let following = Following::new(&path);
    sleep(Duration::from_millis(300));
    // Page by page, each of which ends in the middle of a record.
    for (n, page) in bytes.chunks(4_096).enumerate() {
        file.write_all_at(page, 4_096 * n as u64).expect("writable");
        sleep(Duration::from_millis(300));
    }
    let told = following.sessions(3);
    for (session, client) in told.iter().zip(40_000..) {
        assert_same(session, &whole(&conversation(client)));
    }
    let (_, last, err, status) = following.end();
    assert_eq!((status, err.len()), (0, 0), "{err:?}");
    assert_eq!(last["capture"]["sources"][0]["packets"].as_u64(), Some(all.len() as u64));
    assert!(last["capture"]["sources"][0].get("problem").is_none());
}

#[test]
fn bytes_that_make_no_sense_are_stepped_over_when_sense_follows() {
    let (_folder, path) = folder();
    write(&path, &[pcap(&conversation(40_000)), vec![0xff; 300]].concat());
    let following = Following::new(&path);
    following.sessions(1);
    append(&path, &pcap(&conversation(40_001))[24..]);
    following.sessions(2);
    let (_, last, _, status) = following.end();
    assert_eq!(status, 0);
    let problem = last["capture"]["sources"][0]["problem"].as_str().expect("a problem");
    assert!(problem.starts_with("skipped 300 bytes"), "{problem}");
}

/// The terminal is made narrower and wider again while a file is followed; `--width` is the user's.
#[test]
fn tables_take_the_width_that_the_terminal_has_by_then() {
    let shown = |options: &str| {
        let (folder, path) = folder();
        let before = conversation(40_000);
        let (first, rest) = before.split_at(before.len() / 2);
        write(&path, &pcap(first));
        let headless = |packets: &[Packet]| pcap(packets)[pcap(&[]).len()..].to_vec();
        write(&folder.path().join("rest"), &headless(rest));
        write(&folder.path().join("next"), &headless(&conversation(40_001)));
        let mailtap = env!("CARGO_BIN_EXE_mailtap");
        let command = format!(
            "cd {}; stty rows 40 cols 140; {mailtap} read --follow growing.pcap --lang en --color never {options} & pid=$!; sleep 1.5; \
             stty cols 60 < /dev/tty; cat rest >> growing.pcap; sleep 3.5; stty cols 100 < /dev/tty; \
             cat next >> growing.pcap; sleep 3.5; kill $pid; wait $pid",
            folder.path().display()
        );
        support::on_a_terminal(&command, &[]).map(|(out, _)| out)
    };
    let widest = |lines: &str| lines.lines().map(|line| line.trim_end().width()).max().unwrap_or_default();
    let seen = thread::scope(|scope| {
        ["--show steps", "--show sessions", "--show steps --width 90"]
            .map(|options| scope.spawn(move || shown(options)))
            .map(|one| one.join().expect("no panic"))
    });
    let [Some(steps), Some(list), Some(asked)] = seen else { return };
    // A table of 140 columns, which ends where the terminal is narrower; cards; and a table of 100 columns.
    let lines: Vec<&str> = steps.lines().map(str::trim_end).collect();
    let next = lines.iter().position(|line| line.contains("Session 2")).expect("the second session");
    let wide = lines[..next].iter().rposition(|line| line.starts_with('└')).expect("the open table has its foot");
    assert_eq!(lines[wide].width(), 140, "{steps}");
    let narrow = &lines[wide + 1..next];
    assert!(widest(&narrow.join("\n")) <= 60 && !narrow.iter().any(|line| line.starts_with('│')), "{steps}");
    assert!(narrow.len() > 10 && lines[next + 1..].iter().any(|line| line.starts_with('│')), "{steps}");
    assert_eq!(widest(&lines[next..].join("\n")), 100, "{steps}");
    // One session ends at 60 columns, one at 100: each under titles of its own.
    assert_eq!(list.matches("━━ Sessions").count(), 2, "{list}");
    let second = list.rfind("━━ Sessions").expect("titles");
    assert!(widest(&list[..second]) <= 60, "{list}");
    assert_eq!(widest(&list[second..]), 100, "{list}");
    assert_eq!(widest(&asked), 90, "{asked}");
}
