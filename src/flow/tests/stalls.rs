//! Sent again is not lost: closed windows, D-SACK, late copies; silence, urgent bytes, a socket connected to itself.

use super::*;

/// A segment at a time (milliseconds), with a change of its header.
pub(super) type Timed = (Sent, i64, fn(&mut Header));

pub(super) fn plain(_: &mut Header) {}

pub(super) fn follow(sent: &[Timed]) -> (Heard, Transport) {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, (sent, time, change)) in (1..).zip(sent) {
        table.segment(&changed(sent.segment(number, time * 1_000), change));
    }
    table.finish();
    everyone.0.take().remove(0)
}

/// A conversation up to the client's `HELO`, acknowledged: client bytes 1 to 15, server bytes 1 to 11.
pub(super) fn opened() -> Vec<Timed> {
    packets(&TURNS[..2], 1000)
        .into_iter()
        .take(7)
        .zip(0..)
        .map(|(sent, time)| (sent, time, plain as fn(&mut Header)))
        .collect()
}

pub(super) fn data(sequence: u32, payload: &str) -> Sent {
    Sent::new(Side::Client, sequence, 12, "A", payload)
}

pub(super) fn acknowledgement(of: u32) -> Sent {
    Sent::new(Side::Server, 12, of, "A", "")
}

pub(super) fn closed(header: &mut Header) {
    header.window = 0;
}

#[test]
fn a_probe_of_a_closed_window_is_no_loss() {
    for probe in ["N", "NOOP\r\n"] {
        let mut sent = opened();
        sent.push((acknowledgement(16), 10, closed));
        for time in [200, 600, 1_400] {
            sent.push((data(16, probe), time, plain));
            sent.push((acknowledgement(16), time + 1, closed));
        }
        sent.push((acknowledgement(16), 5_010, plain));
        sent.push((data(16, "NOOP\r\n"), 5_011, plain));
        let (_, transport) = follow(&sent);
        assert_eq!(transport.counters.sent_again, 0, "{probe:?}");
        let [window] = &transport.stalls.closed_windows[..] else { panic!("one window") };
        assert_eq!((window.of, window.times, window.probes), (Side::Server, 1, 2));
        assert_eq!((window.nanoseconds, window.from.packet, window.to.packet), (5_000_000_000, 8, 15));
    }
}

#[test]
fn a_probe_that_is_not_answered_was_lost() {
    let mut sent = opened();
    sent.push((acknowledgement(16), 10, closed));
    sent.extend([200, 600, 1_400].map(|time| (data(16, "N"), time, plain as fn(&mut Header))));
    assert_eq!(follow(&sent).1.counters.sent_again, 1);
}

#[test]
fn a_segment_sent_again_is_lost_until_the_receiver_has_it_twice() {
    let mut sent = opened();
    sent.push((data(16, "NOOP\r\n"), 10, plain));
    sent.push((data(16, "NOOP\r\n"), 300, plain));
    assert_eq!(follow(&sent).1.counters.sent_again, 1);
    sent.push((acknowledgement(22), 301, |header| {
        header.received_twice = Some([CLIENT_START.wrapping_add(16), CLIENT_START.wrapping_add(22)]);
    }));
    let counters = follow(&sent).1.counters;
    assert_eq!((counters.retransmitted, counters.needless, counters.sent_again), (1, 1, 0));
}

#[test]
fn the_copies_of_another_sensor_may_come_seconds_later() {
    for lag in [2_000, 30_000] {
        for kind in 0..3 {
            let everyone = Everyone::default();
            let mut table = Table::new(everyone.clone(), 1);
            let single = packets(&TURNS, 5);
            let mut all: Vec<(i64, u8, u64)> = Vec::new();
            for n in 0..single.len() as u64 {
                all.push((n as i64 * 300, 64, n));
                all.push((n as i64 * 300 + lag, 63, n));
            }
            all.sort();
            for (packet, (time, hops, n)) in (1..).zip(all) {
                table.segment(&changed(single[n as usize].segment(packet, time * 1_000), |header| {
                    header.hops = hops;
                    match kind {
                        0 => header.identification = Some(n as u16 + 7),
                        1 => header.timestamp = Some(n as u32),
                        _ => {}
                    }
                }));
            }
            table.finish();
            let all = everyone.0.take();
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].0, said());
            let counters = all[0].1.counters;
            assert_eq!((counters.retransmitted, counters.sent_again), (0, 0), "{lag} {kind}");
        }
    }
}

#[test]
fn silence_is_that_of_the_end_that_owes_an_answer() {
    let mut sent = opened();
    sent.push((data(16, "NOOP\r\n"), 10, plain));
    sent.push((data(16, "NOOP\r\n"), 400, plain));
    sent.push((data(16, "NOOP\r\n"), 9_010, plain));
    let silence = follow(&sent).1.stalls.silence.expect("a silence");
    assert_eq!((silence.of, silence.nanoseconds()), (Some(Side::Server), 9_000_000_000));
    assert_eq!((silence.from.packet, silence.to.packet), (8, 10));
}

#[test]
fn urgent_bytes_are_no_part_of_the_stream() {
    let mut sent = opened();
    sent.push((data(16, "NOXOP\r\n"), 10, |header| header.urgent = Some(3)));
    // Sent again, and announced again.
    sent.push((data(16, "NOXOP\r\n"), 300, |header| header.urgent = Some(3)));
    // The pointer stands before its byte.
    sent.push((data(23, "QU"), 301, |header| header.urgent = Some(4)));
    sent.push((data(25, "IYT\r\n"), 302, plain));
    let (heard, transport) = follow(&sent);
    assert!(heard.last().is_some_and(|(_, text)| text.ends_with("NOOP\r\nQUIT\r\n")), "{heard:?}");
    assert_eq!(transport.counters.urgent, 2);
}

#[test]
fn linux_sends_urgent_bytes_at_the_end_of_a_segment() {
    for (pieces, urgent) in [
        (&["RCX!", "PT TO:<b@example.test>\r\n"][..], 1),
        (&["RC", "X!", "PT TO:<b@example.test>\r\n"], 1),
        (&["RC", "X!", "Y!", "PT TO:<b@example.test>\r\n"], 2),
        (&["RCX!", "PY!", "T TO:<b@example.test>\r\n"], 2),
    ] {
        let (mut sent, mut sequence) = (opened(), 16);
        for (piece, time) in pieces.iter().zip((10..).step_by(50)) {
            let text = piece.trim_end_matches('!');
            let change: fn(&mut Header) = match piece.len() - text.len() {
                0 => plain,
                // The pointer is to the byte after the urgent one.
                _ => |header| header.urgent = Some(header.wire_len as u16),
            };
            sent.push((data(sequence, text), time, change));
            sequence += text.len() as u32;
            sent.push((acknowledgement(sequence), time + 1, plain));
        }
        let (heard, transport) = follow(&sent);
        assert!(heard.last().is_some_and(|(_, text)| text.ends_with("\nRCPT TO:<b@example.test>\r\n")), "{heard:?}");
        assert_eq!(transport.counters.urgent, urgent);
    }
}

#[test]
fn one_report_of_bytes_received_twice_is_about_one_segment() {
    let mut sent = opened();
    for time in [10, 300, 900] {
        sent.push((data(16, "NOOP\r\n"), time, plain));
    }
    sent.push((acknowledgement(22), 901, |header| {
        header.received_twice = Some([CLIENT_START.wrapping_add(16), CLIENT_START.wrapping_add(22)]);
    }));
    let counters = follow(&sent).1.counters;
    assert_eq!((counters.needless, counters.sent_again, counters.all_sent_again()), (1, 1, 2));
}

#[test]
fn a_socket_connected_to_itself_is_no_connection() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, sent) in (1..).zip(packets(&TURNS, 1000)) {
        let mut segment = sent.segment(number, number as i64);
        segment.source = segment.destination;
        table.segment(&segment);
    }
    table.finish();
    assert!(everyone.0.take().is_empty());
}
