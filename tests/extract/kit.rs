//! The kit of the tests of `--extract`: captures, and the check that the index, the files and the JSON agree.

use crate::support::{frame, segments, turns};
use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary directory for captures and extractions.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn capture(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("written");
        path
    }
}

pub fn mailtap(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(arguments).env_clear();
    command
}

pub fn run(capture: &Path, directory: &Path, more: &[&str]) -> Output {
    let mut command = mailtap(&["read"]);
    command.arg(capture).arg("--extract").arg(directory).args(more).output().expect("mailtap runs")
}

/// Extracts, compares the files with the JSON, and returns the JSON and the index.
pub fn extracted(capture: &Path, directory: &Path, more: &[&str]) -> (Value, Value) {
    let output = run(capture, directory, &[&["--format", "json"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let index = index(directory);
    compare(&document, &index, directory);
    (document, index)
}

pub fn index(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("index.json")).expect("an index")).expect("JSON")
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// Checks that the index agrees with the JSON, the files with the index, and that there are no other files.
pub fn compare(document: &Value, index: &Value, directory: &Path) {
    assert_eq!(index["format"], "mailtap-extract");
    assert_eq!(index["version"], 1);
    assert_eq!(index["capture"], document["capture"]);
    let mut files = BTreeSet::from(["index.json".to_owned()]);
    let check = |files: &mut BTreeSet<String>, entry: &Value, of: &Value| {
        let file = entry["file"].as_str().expect("a file");
        let content = fs::read(directory.join(file)).expect(file);
        // Content of which nothing was captured has no digest, and an empty file.
        let digest = of["sha256"].as_str().map_or_else(|| HEXLOWER.encode(&Sha256::digest(b"")), str::to_owned);
        assert_eq!(HEXLOWER.encode(&Sha256::digest(&content)), digest, "{file}");
        assert_eq!(content.len() as u64, of["size"], "{file}");
        for field in ["sha256", "size", "complete"] {
            assert_eq!(entry[field], of[field], "{file}: {field}");
        }
        assert!(files.insert(file.to_owned()), "{file} twice");
    };
    assert_eq!(list(&index["sessions"]).len(), list(&document["sessions"]).len());
    for (entry, session) in list(&index["sessions"]).iter().zip(list(&document["sessions"])) {
        for field in ["id", "protocol", "client", "server", "started", "ended"] {
            assert_eq!(entry[field], session[field]);
        }
        files.insert(entry["transcript"].as_str().expect("a transcript").to_owned());
        assert_eq!(list(&entry["messages"]).len(), list(&session["messages"]).len());
        for (entry, message) in list(&entry["messages"]).iter().zip(list(&session["messages"])) {
            check(&mut files, entry, message);
            for field in ["n", "envelope", "subject", "part", "uid", "direction", "outcome"] {
                assert_eq!(entry[field], message[field], "{field}");
            }
            assert_eq!(list(&entry["missing"]).len(), list(&message["missing"]).len());
            assert_eq!(list(&entry["attachments"]).len(), list(&message["attachments"]).len());
            for (entry, attachment) in list(&entry["attachments"]).iter().zip(list(&message["attachments"])) {
                check(&mut files, entry, attachment);
                assert_eq!(entry["filename"], attachment["filename"]);
            }
        }
    }
    assert_eq!(tree(directory).into_keys().collect::<BTreeSet<_>>(), files);
}

/// All files below a directory. Checks that they and the directories are accessible to their owner alone.
pub fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(&place).expect("a directory") {
            let path = entry.expect("an entry").path();
            let about = fs::symlink_metadata(&path).expect("metadata");
            if about.is_dir() {
                assert_eq!(about.permissions().mode() & 0o777, 0o700, "{}", path.display());
                open.push(path);
            } else {
                assert!(about.is_file());
                assert_eq!(about.permissions().mode() & 0o777, 0o600, "{}", path.display());
                let name = path.strip_prefix(directory).expect("below it").to_str().expect("UTF-8").to_owned();
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

/// The frames of a conversation.
pub fn frames(script: &str, client_port: u16, port: u16) -> Vec<Vec<u8>> {
    segments(&turns(script), 1_400).iter().map(|segment| frame(segment, client_port, port)).collect()
}

/// A conversation in which `content`, lines of a script's text, is sent by SMTP.
pub fn smtp(content: &str) -> String {
    let lines: String = content.lines().map(|line| format!("C| {line}\\r\\n\n")).collect();
    format!(
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
         {lines}C: .\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
    )
}

/// A message with an attachment of each of `names`, as they stand in a header field.
pub fn with_attachments(names: &[&str]) -> String {
    let mut content = "Subject: files\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        content.push_str(&format!(
            "--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; {name}\n\ncontent {number}\n"
        ));
    }
    content + "--b--\n"
}
