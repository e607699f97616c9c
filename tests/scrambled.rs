/*!
Captures of several connections with records out of order. Either the records keep their times, as in files written from
several queues; or they are stamped in their new order, as when the network reorders packets. The sessions are those of
the clean capture.
*/

mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{Packet, forget_packets, frame, pcap, segments, turns};

/// A client that types, and servers that take their time: records are displaced across pauses of seconds.
const CONVERSATIONS: [(&str, u16); 3] = [
    (
        r"
S: +OK ready
C: USER group7_3
S: +OK
C: PASS wrong
S: -ERR [AUTH] no
C: PASS secret
S: +OK logged in
C: RETR 1
S: +OK
S: Subject: a test
S| \r\n
S: The text of the message.
S: .
C: QUIT
S: +OK bye
",
        110,
    ),
    (
        r"
S: * OK ready
C: a1 LOGIN group7_3 secret
S: a1 OK logged in
C: a2 SELECT INBOX
S: * 1 EXISTS
S: a2 OK [READ-WRITE] done
C: a3 IDLE
S: + idling
S: * 2 EXISTS
C: DONE
S: a3 OK idled
C: a4 LOGOUT
S: * BYE
S: a4 OK bye
",
        143,
    ),
    (
        r"
S: 220 mx.netlab ESMTP
C: HELO cslabc39
S: 250 mx.netlab
C: MAIL FROM:<group7_3@JServer.Netlab>
S: 250 ok
C: RCPT TO:<alice@JServer.Netlab>
S: 550 no
C: RCPT TO:<bob@JServer.Netlab>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: another
C| \r\n
C: text
C: .
S: 250 queued
C: QUIT
S: 221 bye
",
        25,
    ),
];

/// The records of the conversations, one after the other, each with its own client port; a `pause` (microseconds) before
/// each segment with payload, and 20 s before a login is refused and before a change in IDLE.
fn records(size: usize, pause: u64) -> Vec<Packet> {
    let mut time = 0;
    let mut records = Vec::new();
    for (n, (script, port)) in (0..).zip(CONVERSATIONS.iter().cycle().take(6)) {
        for segment in segments(&turns(script), size) {
            time += match segment.payload.as_slice() {
                b"" => 50,
                payload if payload.starts_with(b"-ERR") || payload.starts_with(b"* 2 EXISTS") => 20_000_000,
                _ => pause,
            };
            records.push(Packet::new(time, frame(&segment, 40_000 + n, *port)));
        }
    }
    records
}

/// The sessions by their client's port, without what depends on the places and times of packets.
fn sessions(file: &[u8]) -> Vec<Value> {
    let mut sessions = support::sessions(file);
    for (n, session) in (1..).zip(&sessions) {
        assert_eq!(session["id"], n);
    }
    sessions.sort_by_key(|session| session["client"]["port"].as_u64());
    for session in &mut sessions {
        forget_packets(session);
        session.as_object_mut().expect("an object").remove("id");
        for message in session["messages"].as_array_mut().expect("a list") {
            message.as_object_mut().expect("an object").remove("same_as");
        }
    }
    sessions
}

proptest! {
    #![proptest_config(support::tried(60))]

    #[test]
    fn the_sessions_are_those_of_the_clean_capture(
        size in 1..60_usize,
        pause in prop::sample::select(vec![200, 20_000, 400_000]),
        displaced in prop::collection::vec(0..1_000_u64, 8..40),
        by in 1..25_u64,
        restamped in any::<bool>(),
    ) {
        let clean = records(size, pause);
        let expected = sessions(&pcap(&clean));
        prop_assert_eq!(expected.len(), 6);
        let mut places: Vec<(u64, Packet)> = (0..)
            .zip(displaced.iter().cycle().zip(&clean))
            .map(|(n, (displaced, record)): (u64, _)| (n * 1_000 + displaced * by, record.clone()))
            .collect();
        places.sort_by_key(|(place, _)| *place);
        let mut scrambled: Vec<Packet> = places.into_iter().map(|(_, record)| record).collect();
        if restamped {
            for (record, clean) in scrambled.iter_mut().zip(&clean) {
                record.time = clean.time;
            }
        }
        let found = sessions(&pcap(&scrambled));
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            for (field, value) in expected.as_object().expect("an object") {
                prop_assert_eq!(&found[field], value, "{} of client port {}", field, expected["client"]["port"]);
            }
        }
    }
}
