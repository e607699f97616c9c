//! What live capture keeps of root's privileges, and whom its files belong to. Runs as root, and says so otherwise.

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

fn live(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
    command.args(["live", "lo", "--lang", "en", "--threads", "2", "--format", "ndjson"]).args(options);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.env_remove("SUDO_UID").env_remove("SUDO_GID");
    command
}

/// Whether this test may run at all.
fn is_root() -> bool {
    let root = Uid::effective().is_root();
    if !root {
        support::skipped("dropping privileges is tested as root");
    }
    root
}

/// Ends it; None where capturing is not permitted even to root.
fn end(child: Child) -> Option<(Option<i32>, String)> {
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), Signal::SIGTERM);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    if output.status.code() == Some(4) {
        support::skipped(said.trim_end());
        return None;
    }
    Some((output.status.code(), said))
}

/// The lines of /proc/PID/status of every thread that tell of privileges.
#[cfg(target_os = "linux")]
fn told(process: u32) -> Vec<Vec<String>> {
    let names = ["Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:"];
    let thread = |path: std::path::PathBuf| {
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        let told = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
        };
        names.map(told).to_vec()
    };
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    tasks.map(|task| thread(task.expect("a thread").path())).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn every_thread_has_lost_every_privilege() {
    if !is_root() {
        return;
    }
    let nobody = nix::unistd::User::from_name("nobody").expect("users").expect("nobody");
    let cases: [(&[&str], Option<u32>, u32, u32); 3] = [
        (&[], None, nobody.uid.as_raw(), nobody.gid.as_raw()),
        (&[], Some(12_345), 12_345, 12_345),
        (&["--user", "root"], Some(12_345), 0, 0),
    ];
    for (options, sudo, uid, gid) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = live(folder.path(), options);
        if let Some(sudo) = sudo {
            command.env("SUDO_UID", sudo.to_string()).env("SUDO_GID", sudo.to_string());
        }
        let child = command.spawn().expect("mailtap runs");
        thread::sleep(Duration::from_secs(1));
        let threads = told(child.id());
        let Some((code, said)) = end(child) else { return };
        assert_eq!(code, Some(0), "{said}");
        assert!(threads.len() >= 3, "{threads:?}");
        let none = "0000000000000000";
        for thread in threads {
            assert_eq!(thread[..2], [uid, gid].map(|id| vec![id.to_string(); 4].join(" ")));
            if uid != 0 {
                assert_eq!(thread[2], "", "groups");
            }
            assert_eq!(thread[3..], [none, none, none, none, none, "1"], "{options:?}");
        }
    }
}

#[test]
fn the_files_are_private_and_belong_to_the_user_who_called_sudo() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("old"), "").expect("writable");
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("own folder");
    for (options, who) in [
        (["-o", "sessions", "--write", "pcap", "--extract", "messages"], 12_345),
        (["-o", "old", "--write", "pcap2", "--extract", "messages2"], 12_345),
    ] {
        let mut command = live(folder.path(), &options);
        let child = command.env("SUDO_UID", "12345").env("SUDO_GID", "12345").spawn().expect("mailtap runs");
        thread::sleep(Duration::from_secs(1));
        let Some((code, said)) = end(child) else { return };
        assert_eq!(code, Some(0), "{said}");
        let about = |name: &str| {
            let metadata = fs::metadata(folder.path().join(name)).expect(name);
            (metadata.uid(), metadata.mode() & 0o777)
        };
        // A file that was there belongs to whom it belonged.
        let out = if options[1] == "old" { (0, 0o644) } else { (who, 0o600) };
        assert_eq!(about(options[1]), out);
        assert_eq!(about(options[3]), (who, 0o600));
        assert_eq!(about(options[5]), (who, 0o700));
        assert_eq!(about(&format!("{}/index.json", options[5])), (who, 0o600));
        assert!(fs::metadata(folder.path().join(options[1])).expect("the result").len() > 0);
    }
}

#[test]
fn a_folder_that_the_user_may_not_write_is_told_with_the_way_out() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("roots")).expect("writable");
    let child = live(folder.path(), &["--extract", "roots"]).spawn().expect("mailtap runs");
    thread::sleep(Duration::from_millis(500));
    let Some((code, said)) = end(child) else { return };
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("roots") && said.contains("--user"), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("roots")).expect("a folder").count(), 0);
}

/// Those of a file that is there are open by then.
#[test]
fn a_key_log_may_come_after_privileges_are_dropped() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("there.log"), "").expect("writable");
    let child = live(folder.path(), &["--keylog", "none.log", "--keylog", "there.log"]).spawn().expect("mailtap runs");
    thread::sleep(Duration::from_millis(500));
    let Some((code, said)) = end(child) else { return };
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("none.log: no such file yet") && !said.contains("there.log: no such file"), "{said}");
}

#[test]
fn nothing_is_heard_where_the_user_cannot_be_become() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = live(folder.path(), &["--user", "no-such-user-0", "-o", "out"]).output().expect("mailtap runs");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("no-such-user-0") && said.contains("--user root"), "{said}");
    assert!(!folder.path().join("out").exists());
}
