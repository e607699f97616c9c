//! Streams that another process has made non-blocking: what is not there yet is waited for.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The two ends of a stream: this process's, and mailtap's, which does not block.
fn stream() -> (UnixStream, Stdio) {
    let (ours, theirs) = UnixStream::pair().expect("a socket");
    theirs.set_nonblocking(true).expect("a socket that does not block");
    (ours, Stdio::from(OwnedFd::from(theirs)))
}

#[test]
fn what_comes_and_goes_slowly_is_waited_for() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/lab-all/capture.pcapng");
    let capture = std::fs::read(&lab).expect("a capture");
    let mailtap = || Command::new(env!("CARGO_BIN_EXE_mailtap"));
    let arguments = ["--format", "json", "--threads", "1"];
    let file = std::fs::File::open(&lab).expect("a capture");
    let whole = mailtap().args(["read", "-"]).args(arguments).stdin(file).output().expect("mailtap runs").stdout;
    assert!(!whole.is_empty());
    let ((mut input, stdin), (mut output, stdout)) = (stream(), stream());
    let mut command = mailtap();
    let mut child =
        command.args(["read", "-"]).args(arguments).stdin(stdin).stdout(stdout).spawn().expect("mailtap runs");
    // It has the ends of its own now.
    drop(command);
    for piece in capture.chunks(capture.len() / 7 + 1) {
        input.write_all(piece).expect("mailtap reads");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(input);
    let (mut read, mut piece) = (Vec::new(), [0; 3_000]);
    while let count @ 1.. = output.read(&mut piece).expect("mailtap writes") {
        read.extend_from_slice(&piece[..count]);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(read == whole, "{} of {} bytes", read.len(), whole.len());
}
