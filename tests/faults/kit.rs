//! The kit of these tests: captures, the program under a shell's limits, and file systems of a test's own.

use crate::support::{self, frame, recorded, segments, turns};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// A temporary directory.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

pub fn mailtap(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs `script` in `place`, where `$mailtap` is the program.
pub fn shell(place: &Place, script: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(place.path("")).stdin(Stdio::null());
    command.env("mailtap", env!("CARGO_BIN_EXE_mailtap")).env_remove("MAILTAP_LOG");
    command.output().expect("a shell")
}

/// As [`shell`], where the script may mount; None, and said, where that is not permitted.
pub fn mounting(place: &Place, script: &str) -> Option<Output> {
    static PERMITTED: LazyLock<bool> = LazyLock::new(|| {
        let tried = "mount -t tmpfs none /mnt && umount /mnt";
        let done = Command::new("unshare").args(["-m", "sh", "-c", tried]).output();
        done.is_ok_and(|output| output.status.success())
    });
    if !*PERMITTED {
        support::skipped("no file system may be mounted: run as root, with unshare(1) and mount(8)");
        return None;
    }
    let script = script.replace('\'', "'\\''");
    Some(shell(place, &format!("exec unshare -m sh -c '{script}'")))
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks the exit status, that nothing panicked, and that the message has `words`.
pub fn ended(output: &Output, status: i32, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
}

/// A message of about `size` bytes, unlike that of any other number.
fn message(number: u16, size: usize) -> String {
    let line = |n: usize| format!("C| {number} {n} {}\\r\\n\n", "x".repeat(60));
    let lines: String = (0..size / 70).map(line).collect();
    format!(
        "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
         C| Subject: {number}\\r\\n\nC| MIME-Version: 1.0\\r\\n\nC| Content-Type: multipart/mixed; boundary=b\\r\\n\nC| \\r\\n\n\
         C| --b\\r\\n\nC| Content-Disposition: attachment; filename=a.txt\\r\\n\nC| \\r\\n\n{lines}C| --b--\\r\\n\n\
         C: .\nS: 250 ok\n"
    )
}

/// A capture of `sessions`, each with two messages of about `size` bytes that have an attachment.
pub fn letters(sessions: u16, size: usize) -> Vec<u8> {
    letters_from(0, sessions, size)
}

/// As [`letters`]: sessions that do not have the ports of the `first` before them.
pub fn letters_from(first: u16, sessions: u16, size: usize) -> Vec<u8> {
    let frames = (first..first + sessions).flat_map(|number| {
        let messages = [2 * number, 2 * number + 1].map(|number| message(number, size)).concat();
        let script = format!("S: 220 mx\nC: EHLO a\nS: 250 mx\n{messages}C: QUIT\nS: 221 bye\n");
        let segments = segments(&turns(&script), 1_400);
        segments.iter().map(|segment| frame(segment, 20_000 + number, 25)).collect::<Vec<_>>()
    });
    recorded(frames)
}

/// All files below a directory, by their names from there.
pub fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(directory).expect("below it").to_str().expect("UTF-8").to_owned();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// Numbers below `end`, the same in every run.
pub fn scattered(end: u64) -> impl Iterator<Item = u64> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end.max(1)
    })
}

/// The program where another user can run it, and whether there can be another user.
pub fn for_anyone(place: &Place) -> Option<PathBuf> {
    if !nix::unistd::geteuid().is_root() {
        support::skipped("only root can run the program as another user");
        return None;
    }
    let program = place.path("mailtap");
    fs::copy(env!("CARGO_BIN_EXE_mailtap"), &program).expect("copied");
    let opened = Command::new("chmod").arg("-R").arg("a+rX").arg(place.path("")).status();
    assert!(opened.expect("chmod runs").success());
    Some(program)
}
