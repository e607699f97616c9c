//! Sessions are chosen by options, and the output says how many of how many it shows.

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::program::{err, out, run};

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/lab-all/capture.pcapng")
}

fn json(options: &[&str]) -> Value {
    let lab = lab();
    let output = run(&[&["read", lab.to_str().expect("UTF-8"), "--json"], options].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The numbers of the sessions that are shown.
fn shown(options: &[&str]) -> Vec<u64> {
    let document = json(options);
    document["sessions"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_u64()).collect()
}

#[test]
fn each_filter_leaves_the_sessions_that_it_names() {
    let all = json(&[]);
    let sessions = all["sessions"].as_array().expect("a list");
    let those = |fits: &dyn Fn(&Value) -> bool| -> Vec<u64> {
        sessions.iter().filter(|one| fits(one)).filter_map(|one| one["id"].as_u64()).collect()
    };
    let first = &sessions[0];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (client, server) = (text(&first["client"]["ip"]), text(&first["server"]["ip"]));
    let port = first["server"]["port"].as_u64().expect("a port");
    assert_eq!(shown(&["--client", &client]), those(&|one| one["client"]["ip"] == *client));
    assert_eq!(shown(&["--client", "192.0.2.0/24"]), [0_u64; 0]);
    assert_eq!(shown(&["--server", &format!("{server}/32:{port}")]), those(&|one| one["server"]["port"] == port));
    assert_eq!(shown(&["--server", &format!(":{port}")]), those(&|one| one["server"]["port"] == port));
    let user = sessions.iter().find_map(|one| one["credentials"][0]["username"].as_str()).expect("a log-in");
    let logged_in = those(&|one| {
        one["credentials"].as_array().is_some_and(|list| list.iter().any(|login| login["username"] == user))
    });
    for option in ["--user", "--login"] {
        assert_eq!(shown(&[option, &user.to_uppercase()]), logged_in, "{option}");
    }
    let message = sessions.iter().find_map(|one| one["messages"].get(0)).expect("a message");
    let subject = text(&message["subject"]).to_lowercase();
    let part: String = subject.chars().take(4).collect();
    let with_it = those(&|one| {
        one["messages"].as_array().is_some_and(|list| {
            list.iter().any(|one| one["subject"].as_str().is_some_and(|one| one.to_lowercase().contains(&part)))
        })
    });
    assert!(!with_it.is_empty());
    assert_eq!(shown(&["--subject", &part]), with_it);
    assert_eq!(
        shown(&["--protocol", "POP3,Imap"]),
        those(&|one| one["protocol"] == "pop3" || one["protocol"] == "imap")
    );
    let last = sessions.len() as u64;
    assert_eq!(shown(&["--session", &format!("1,{last}-")]), [1, last]);
    assert_eq!(shown(&["--session", "1-2"]), [1, 2]);
    assert_eq!(
        shown(&["--session", "1-2", "--protocol", "imap"]),
        those(&|one| one["id"].as_u64() <= Some(2) && one["protocol"] == "imap")
    );
    let failed = those(&|one| {
        one["findings"].as_array().is_some_and(|list| {
            list.iter().any(|finding| finding["class"] == "failure" && finding["severity"] != "info")
        })
    });
    assert_eq!(shown(&["--failed"]), failed);
    assert_eq!(shown(&["--since", "1990-01-01", "--until", "2100-01-01"]).len(), sessions.len());
    assert_eq!(shown(&["--until", "1990-01-01"]), [0_u64; 0]);
}

#[test]
fn the_output_says_how_many_of_how_many() {
    let document = json(&["--session", "1"]);
    let selected = &document["summary"]["selected"];
    assert_eq!(selected["by"][0], "--session 1");
    let all = json(&[]);
    let there = all["sessions"].as_array().expect("a list").len() as u64;
    assert_eq!((&selected["looked_at"], &selected["left_out"]), (&there.into(), &(there - 1).into()));
    assert!(all["summary"].get("selected").is_none());
    let lab = lab();
    let table = out(&run(&["read", lab.to_str().expect("UTF-8"), "--session", "1", "--show", "summary"]));
    assert!(table.contains(&format!("1 of {there} sessions (--session 1)")), "{table}");
    let table = out(&run(&["read", lab.to_str().expect("UTF-8"), "--session", "1"]));
    assert!(table.contains(&format!("1 of {there} sessions (--session 1)")), "{table}");
}

#[test]
fn where_none_is_left_it_is_said_what_was_looked_at() {
    let lab = lab();
    let lab = lab.to_str().expect("UTF-8");
    let there = json(&[])["sessions"].as_array().expect("a list").len();
    let filters = ["--from", "nobody@nowhere", "--subject", "no such thing"];
    let words = format!(
        "None of the {there} mail sessions in this capture is one of those asked for: --from nobody@nowhere --subject \
         'no such thing'"
    );
    let joined = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let table = run(&[&["read", lab], &filters[..]].concat());
    assert!(joined(out(&table)).contains(&words), "{}", out(&table));
    for format in ["table", "markdown", "html"] {
        let text = out(&run(&[&["read", lab, "--format", format], &filters[..]].concat()));
        assert!(text.contains("None of the") && !text.contains("No mail session was found"), "{format}: {text}");
    }
    for format in ["json", "ndjson"] {
        let output = run(&[&["read", lab, "--format", format], &filters[..]].concat());
        assert!(err(&output).contains(&words), "{format}: {}", err(&output));
        assert_eq!(err(&run(&[&["read", lab, "-q", "--format", format], &filters[..]].concat())), "");
    }
    let chinese = run(&[&["read", lab, "--lang", "ZH"], &filters[..]].concat());
    assert!(out(&chinese).contains("没有一个符合所选条件"), "{}", out(&chinese));
}

#[test]
fn a_packet_filter_that_matches_nothing_says_how_many_packets_it_looked_at() {
    let lab = lab();
    let lab = lab.to_str().expect("UTF-8");
    let packets = json(&[])["capture"]["sources"][0]["packets"].to_string();
    let table = out(&run(&["read", lab, "--filter", "port 9"]));
    assert!(table.contains(&format!("holds {packets} packets")), "{table}");
    let output = run(&["read", lab, "--filter", "port 9", "--json"]);
    assert!(err(&output).contains(&format!("holds {packets} packets")), "{}", err(&output));
}

#[test]
fn steps_that_are_shown_as_they_happen_wait_where_the_filter_needs_the_whole_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("still-written.pcap");
    std::fs::write(&path, support::capture("S: 220 mx\nC: HELO a\nS: 250 mx\nC: QUIT\nS: 221 bye\n", 25))
        .expect("written");
    let path = path.to_str().expect("UTF-8");
    for (filters, is) in
        [(&["--failed"][..], false), (&["--until", "2100-01-01"], true), (&["--since", "1970-01-01"], true)]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailtap"));
        command.args(["read", "--follow", path, "--lang", "en", "--threads", "1"]).args(filters);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        std::thread::sleep(std::time::Duration::from_secs(2));
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("told to end");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(out(&output).contains("HELO a"), is, "{filters:?}: {}", out(&output));
        let once = out(&output).matches("HELO a").count();
        assert!(once <= 1, "{filters:?}: {}", out(&output));
    }
}

#[test]
fn times_in_the_wrong_order_are_an_error_before_anything_is_read() {
    let asked = ["--since", "2026-11-24", "--until", "2026-11-23"];
    for (lang, words) in
        [("en", "--since 2026-11-24 is later than --until 2026-11-23"), ("zh", "--since 2026-11-24 晚于")]
    {
        for command in ["read", "explain"] {
            // There is no such file.
            let output = run(&[&[command, "no-such-file.pcap", "--lang", lang], &asked[..]].concat());
            assert_eq!((output.status.code(), out(&output)), (Some(2), String::new()), "{}", err(&output));
            assert!(err(&output).contains(words), "{}", err(&output));
        }
        let output = run(&[&["live", "-i", "no-such-interface", "--lang", lang], &asked[..]].concat());
        assert!(output.status.code() == Some(2) && err(&output).contains(words), "{}", err(&output));
    }
    let of_day = run(&["read", "no-such-file.pcap", "--since", "17:00", "--until", "16:00"]);
    assert!(of_day.status.code() == Some(2) && err(&of_day).contains("--since 17:00"), "{}", err(&of_day));
}

#[test]
fn an_address_is_taken_as_it_is_pasted() {
    for option in ["--from", "--to"] {
        let plain = shown(&[option, "group7_3@*"]);
        assert!(!plain.is_empty(), "{option}");
        for pasted in ["<group7_3@*>", "Bob <group7_3@*>", "\"B, ob\" <group7_3@*>"] {
            assert_eq!(shown(&[option, pasted]), plain, "{option} {pasted}");
        }
    }
}
