//! Whatever TCP and the capture do to the packets of a conversation, the session is the same.

mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{Segment, frame, pcap, segments, turns};

const SMTP: &str = r"
S: 220 mx.netlab ESMTP
C: EHLO cslabc39
S: 250-mx.netlab
S: 250-PIPELINING
S: 250 AUTH PLAIN
C: AUTH PLAIN AGdyb3VwN18zAGdyb3VwN18z
S: 235 2.7.0 ok
C: MAIL FROM:<group7_3@JServer.Netlab>
C: RCPT TO:<alice@JServer.Netlab>
C: RCPT TO:<nobody@JServer.Netlab>
C: DATA
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 550 5.1.1 unknown
S: 354 go on
C: Subject: a test
C| \r\n
C: ..dots
C: body
C: .
S: 250 2.0.0 queued
C: QUIT
S: 221 2.0.0 bye
";

const POP3: &str = r"
S: +OK ready
C: USER group7_3
S: +OK
C: PASS secret
S: +OK logged in
C: LIST
S: +OK 1 message
S: 1 29
S: .
C: RETR 1
S: +OK 29 octets
S: Subject: a test
S| \r\n
S: ..dots
S: body
S: .
C: QUIT
S: +OK bye
";

const IMAP: &str = r"
S: * OK ready
C: a1 LOGIN {8}
S: + go on
C| group7_3
C:  secret
S: a1 OK logged in
C: a2 SELECT INBOX
S: * 1 EXISTS
S: a2 OK [READ-WRITE] done
C: a3 FETCH 1 (UID BODY[])
S: * 1 FETCH (UID 7 BODY[] {29}
S| Subject: a test\r\n\r\n.dots\r\nbody\r\n
S: )
S: a3 OK done
C: a4 LOGOUT
S: * BYE
S: a4 OK bye
";

/// The session without what depends on the packets: numbers, times, counters of the network.
fn said(file: &[u8]) -> Value {
    let (mut document, problem) = support::analyze(file);
    assert_eq!(problem, None);
    let sessions = document["sessions"].as_array_mut().expect("a list");
    for session in sessions.iter_mut() {
        let session = session.as_object_mut().expect("an object");
        for field in ["started", "ended"] {
            session.remove(field);
        }
        let transport = session["transport"].as_object_mut().expect("an object");
        for field in ["packets", "retransmitted", "reordered", "copies", "loss", "rtt_ms"] {
            transport.remove(field);
        }
        for step in session["steps"].as_array_mut().expect("a list") {
            let step = step.as_object_mut().expect("an object");
            for field in ["time", "packets", "elapsed_ms"] {
                step.remove(field);
            }
        }
    }
    document["sessions"].take()
}

fn file(segments: &[Segment], port: u16) -> Vec<u8> {
    pcap(&segments.iter().map(|segment| frame(segment, 40_000, port)).collect::<Vec<_>>())
}

fn any_conversation() -> impl Strategy<Value = (&'static str, u16)> {
    prop_oneof![Just((SMTP, 25)), Just((POP3, 110)), Just((IMAP, 143))]
}

proptest! {
    #![proptest_config(support::tried(150))]

    #[test]
    fn split_reordered_and_doubled(
        (script, port) in any_conversation(),
        size in 1..80_usize,
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..50_usize), 0..30),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 0..80_usize), 0..15),
    ) {
        let turns = turns(script);
        let plain = said(&file(&segments(&turns, usize::MAX), port));
        prop_assert_eq!(plain.as_array().map(Vec::len), Some(1));
        let mut sent = segments(&turns, size);
        for (from, by) in copies {
            let from = from.index(sent.len());
            let to = (from + by).saturating_sub(40).min(sent.len());
            sent.insert(to, sent[from].clone());
        }
        for (from, by) in moves {
            let from = from.index(sent.len());
            let to = (from + by).min(sent.len() - 1);
            let moved = sent.remove(from);
            sent.insert(to, moved);
        }
        prop_assert_eq!(said(&file(&sent, port)), plain);
    }
}
