//! The program as it is typed, on a fixture of the lab.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The capture of the lab's fixture `name`.
pub fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab").join(name);
    ["capture.pcap", "capture.pcapng"].map(|file| folder.join(file)).into_iter().find(|path| path.exists()).expect(name)
}

/// mailtap with `args`, in English, at UTC, and with nothing on standard input.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(args).stdin(Stdio::null()).env("TZ", "UTC");
    for variable in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// What mailtap does with `args`.
pub fn run(args: &[&str]) -> Output {
    command(args).output().expect("mailtap runs")
}

/// What it wrote to standard output.
pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// What it said on standard error.
pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}
