//! A password that is typed where a command has an argument or a tag, and is refused there.

use crate::support::{packets, pcap, segments, turns};

const PASSWORD: &str = "Vx4kummelQz9w";

fn shown(port: u16, script: &str) -> String {
    let outputs = crate::lines(&pcap(&packets(&segments(&turns(script), 1_400), port, 1_000)));
    String::from_utf8(outputs.into_iter().map(|(_, output)| output).next().expect("an output")).expect("UTF-8")
}

fn smtp(line: &str, reply: &str) -> String {
    let hello = "S: 220 mx.example.test ESMTP\nC: EHLO client.example.test\nS: 250 AUTH LOGIN\n";
    shown(25, &format!("{hello}C: AUTH LOGIN\nS: 504 no\nC: {line}\nS: {reply}\n"))
}

fn imap(script: &str) -> String {
    shown(143, &format!("S: * OK ready\nC: a1 NOOP\nS: a1 OK done\n{script}"))
}

#[test]
fn an_argument_that_a_server_refuses_is_hidden() {
    let refused = "502 5.5.1 not implemented";
    for line in
        ["VRFY", "EXPN", "ETRN", "ATRN", "EHLO", "HELO", "BURL", "XCLIENT NAME=a.test LOGIN=", "XFORWARD IDENT="]
    {
        let blank = if line.ends_with('=') { "" } else { " " };
        let line = format!("{line}{blank}{PASSWORD}");
        assert!(!smtp(&line, refused).contains(PASSWORD), "{line}");
    }
    for parameter in ["ENVID", "AUTH"] {
        let line = format!("MAIL FROM:<ada@example.test> {parameter}={PASSWORD}");
        assert!(!smtp(&line, "555 5.5.4 unsupported").contains(PASSWORD), "{line}");
    }
    for verb in ["ENABLE", "SELECT", "STATUS", "COMPRESS", "GETQUOTA", "PROXYAUTH"] {
        let said = imap(&format!("C: a2 {verb} {PASSWORD}\nS: a2 BAD not now\n"));
        assert!(!said.contains(PASSWORD), "{verb}");
    }
}

#[test]
fn a_tag_unlike_the_others_is_hidden_where_it_is_not_answered_well() {
    for script in [
        format!("C: {PASSWORD} NOOP\nS: {PASSWORD} BAD what?\n"),
        format!("C: {PASSWORD} NOOP\nS: * BAD what?\n"),
        format!("C: {PASSWORD} LOGIN ada\nS: {PASSWORD} BAD arguments\n"),
        format!("C: {PASSWORD} NOOP\n"),
    ] {
        assert!(!imap(&script).contains(PASSWORD), "{script}");
    }
}

#[test]
fn what_belongs_there_stays_readable() {
    assert!(smtp("VRFY ada@example.test", "502 no").contains("VRFY ada@example.test"));
    assert!(smtp("VRFY webmaster", "550 5.1.1 no such user").contains("VRFY webmaster"));
    assert!(smtp("EHLO client.example.test", "502 no").contains("EHLO client.example.test"));
    assert!(smtp("MAIL FROM:<ada@example.test> AUTH=<>", "550 no").contains("ada@example.test> AUTH=<>"));
    assert!(imap("C: a2 SELECT INBOX\nS: a2 BAD not now\n").contains("a2 SELECT INBOX"));
    assert!(imap("C: a2 ENABLE CONDSTORE\nS: a2 BAD not now\n").contains("a2 ENABLE CONDSTORE"));
    let tags = imap("C: Trek0001 SELECT x\nS: Trek0001 BAD no\nC: Trek0002 NOOP\nS: Trek0002 BAD no\n");
    assert!(tags.contains("Trek0002 NOOP"), "{tags}");
}
