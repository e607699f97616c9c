//! Copies of bytes that were acknowledged long ago, of which there are digests alone.

use super::*;
use crate::limits::Limit;

/// A message of 20,000 bytes, each thousand acknowledged, a word and its answer, and another word; and the place of that.
fn sent() -> (Vec<Sent>, usize) {
    let piece: String = (0..1_000_u32).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
    let message = std::iter::repeat_n((Side::Client, piece.as_str()), 20);
    let after = [(Side::Client, "NOOP\r\n"), (Side::Server, "250 ok\r\n"), (Side::Client, "QUIT\r\n")];
    let turns: Vec<_> = [(Side::Server, "220 ready\r\n")].into_iter().chain(message).chain(after).collect();
    let sent = packets(&turns, 1_000);
    let quit = sent.iter().position(|segment| segment.payload == b"QUIT\r\n").expect("the last word");
    (sent, quit)
}

/// What was heard of `sent`, its connection, and the bounds that were hit.
fn counted(sent: &[Sent]) -> (Heard, Transport, Vec<(Limit, u64)>) {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (n, sent) in (1..).zip(sent) {
        table.segment(&sent.segment(n, n as i64 * 1_000));
    }
    table.finish();
    let limits = table.limits_hit().iter().collect();
    let (heard, transport) = everyone.0.borrow_mut().remove(0);
    (heard, transport, limits)
}

/// The third segment of the message.
fn third(sent: &[Sent]) -> Sent {
    sent.iter().filter(|segment| segment.payload.len() == 1_000).nth(2).expect("it").clone()
}

#[test]
fn one_that_differs_is_told_without_what_came_first() {
    let (mut sent, quit) = sent();
    let mut other = third(&sent);
    other.payload[500] = b'!';
    sent.insert(quit, other);
    let (_, transport, limits) = counted(&sent);
    assert!(limits.is_empty(), "{limits:?}");
    assert_eq!((transport.counters.conflicting, transport.counters.retransmitted), (1, 1));
    let [conflict] = &transport.conflicts.kept[..] else { panic!("{:?}", transport.conflicts) };
    assert_eq!((conflict.offset, conflict.bytes, conflict.first_packet), (2_000, 1, None));
    assert_eq!((conflict.first.len(), conflict.second.len()), (0, 64));
}

#[test]
fn one_that_is_the_same_is_none() {
    let (mut sent, quit) = sent();
    let (heard, _, _) = counted(&sent);
    // Of several segments, too.
    let mut larger = third(&sent);
    larger.payload =
        sent.iter().filter(|it| it.payload.len() == 1_000).skip(2).take(3).flat_map(|it| it.payload.clone()).collect();
    for copy in [third(&sent), larger] {
        sent.insert(quit, copy);
    }
    let (again, transport, limits) = counted(&sent);
    assert_eq!(again, heard);
    assert_eq!((transport.counters.conflicting, transport.counters.retransmitted), (0, 2));
    assert!(limits.is_empty(), "{limits:?}");
}

#[test]
fn one_that_begins_elsewhere_is_compared_as_far_as_it_can_be() {
    for (differs, conflicting) in [(false, 0), (true, 1)] {
        let (mut sent, quit) = sent();
        let mut later = third(&sent);
        later.sequence += 500;
        later.payload.drain(..500);
        let next = sent.iter().filter(|segment| segment.payload.len() == 1_000).nth(3).expect("it");
        later.payload.extend_from_slice(&next.payload);
        if differs {
            later.payload[700] = b'!';
        }
        sent.insert(quit, later);
        let (_, transport, limits) = counted(&sent);
        assert_eq!(transport.counters.conflicting, conflicting);
        assert_eq!(limits, [(Limit::History, 1)]);
    }
}

#[test]
fn where_packets_were_captured_twice_a_copy_in_other_segments_is_compared() {
    let (mut sent, quit) = sent();
    let mut later = third(&sent);
    later.sequence += 500;
    later.payload.rotate_left(500);
    later.payload[700] = b'!';
    sent.insert(quit, later);
    sent.insert(1, sent[0].clone());
    let (_, transport, limits) = counted(&sent);
    assert!(transport.counters.conflicting > 0 && limits.is_empty(), "{limits:?}");
    assert!(transport.conflicts.kept.iter().all(|conflict| !conflict.first.is_empty()));
}
