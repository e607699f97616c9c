//! The programs in `examples/` do what their comments say. Cargo builds them with the tests, into a folder beside
//! theirs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an example prints, given `argument`.
fn printed(example: &str, argument: &Path) -> String {
    let test = std::env::current_exe().expect("a test knows where it is");
    let built = test.parent().and_then(Path::parent).expect("target/PROFILE").join("examples").join(example);
    let output = match built.is_file() {
        true => Command::new(built).arg(argument).output(),
        // `cargo test --test examples` builds this test alone, and not the examples.
        false => Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--locked", "--example", example, "--"])
            .arg(argument)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output(),
    };
    let output = output.expect("it can be started");
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab").join(name)
}

#[test]
fn logins_prints_who_logged_in_and_no_password() {
    let printed = printed("logins", &fixture("lab-all/capture.pcapng"));
    assert_eq!(
        printed,
        "pop3 172.16.0.73:35392 -> 172.16.0.253:110 group7_3@JServer.Netlab: USER/PASS, Accepted\n  password ********\n\
         imap 172.16.0.73:35393 -> 172.16.0.253:143 group7_3@JServer.Netlab: LOGIN, Accepted\n  password ********\n"
    );
}

#[test]
fn by_server_adds_up_the_captures_of_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["lab-all", "smtp-helo"] {
        let capture = std::fs::read_dir(fixture(name)).expect("a fixture").map(|entry| entry.expect("an entry").path());
        let mut captures = capture.filter(|path| path.file_stem() == Some(OsStr::new("capture")));
        let capture = captures.next().expect("a capture");
        let to = folder.path().join(name).with_extension(capture.extension().expect("pcap or pcapng"));
        std::fs::copy(capture, to).expect("copied");
    }
    std::fs::write(folder.path().join("empty.pcap"), "").expect("written");
    std::fs::write(folder.path().join("notes.txt"), "no capture").expect("written");
    assert_eq!(
        printed("by_server", folder.path()),
        "172.16.0.253:25 smtp: sessions 2, messages 2, logins tried 0\n\
         172.16.0.253:110 pop3: sessions 1, messages 1, logins tried 1\n\
         172.16.0.253:143 imap: sessions 1, messages 1, logins tried 1\n"
    );
}
