//! The same packet captured twice is one packet; a retransmission is another.

use super::*;

/// Stream and counters of segments with these times (microseconds) and IP identifications.
fn follow(sent: &[(Sent, i64, Option<u16>)]) -> (Heard, Counters) {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, (sent, time, identification)) in (1..).zip(sent) {
        table.segment(&changed(sent.segment(number, *time), |header| header.identification = *identification));
    }
    table.finish();
    let mut all = everyone.0.take();
    assert_eq!(all.len(), 1);
    let (heard, transport) = all.remove(0);
    (heard, transport.counters)
}

/// Each packet `apart` microseconds after the last one, numbered by its sender or not.
fn timed(sent: Vec<Sent>, apart: i64, numbered: bool) -> Vec<(Sent, i64, Option<u16>)> {
    let mut next = [65_530_u16, 100];
    let mut number = |side: Side| {
        next[side as usize] = next[side as usize].wrapping_add(1).max(1);
        numbered.then_some(next[side as usize])
    };
    (0..).zip(sent).map(|(n, sent)| (sent.clone(), n * apart, number(sent.from))).collect()
}

#[test]
fn each_packet_twice_is_each_packet_once() {
    for numbered in [true, false] {
        let single = timed(packets(&TURNS, 5), 50_000, numbered);
        let clean = follow(&single);
        for delay in [0, 30, 700, 10_000] {
            let mut both = Vec::new();
            for (sent, time, identification) in &single {
                both.push((sent.clone(), *time, *identification));
                both.push((sent.clone(), time + delay, *identification));
            }
            let (heard, counters) = follow(&both);
            assert_eq!(heard, clean.0);
            let copies = single.len() as u64;
            assert_eq!(counters, Counters { copies, rtt_ms: counters.rtt_ms, ..clean.1 }, "{numbered}, {delay} µs");
        }
    }
}

#[test]
fn copies_that_come_a_few_packets_later_are_known_by_their_identification() {
    let single = timed(packets(&TURNS, 5), 200, true);
    let clean = follow(&single);
    let mut both: Vec<_> = single.iter().flat_map(|one| [one.clone(), (one.0.clone(), one.1 + 900, one.2)]).collect();
    both.sort_by_key(|(_, time, _)| *time);
    let (heard, counters) = follow(&both);
    assert_eq!(heard, clean.0);
    assert_eq!((counters.retransmitted, counters.sent_again, counters.reordered), (0, 0, 0));
    assert_eq!((counters.client_bytes, counters.server_bytes), (clean.1.client_bytes, clean.1.server_bytes));
}

#[test]
fn a_retransmission_is_not_a_copy() {
    // With a new number, however soon; or, late, with the same number (a sender that does not count) or without any.
    for (identification, apart) in [(Some(900), 10), (Some(7), 250_000), (None, 250_000)] {
        let mut sent = timed(packets(&TURNS, 1000), 1_000, false);
        let helo = sent.iter().position(|(s, ..)| s.payload.starts_with(b"HELO")).expect("it");
        if identification.is_some() {
            for (n, (.., number)) in (1_u16..).zip(&mut sent) {
                *number = Some(if identification == Some(7) { 7 } else { n });
            }
        }
        let (again, time, _) = sent[helo].clone();
        sent.insert(helo + 1, (again, time + apart, identification));
        for (_, time, _) in &mut sent[helo + 2..] {
            *time += apart;
        }
        let (heard, counters) = follow(&sent);
        assert_eq!(heard, said());
        assert_eq!((counters.retransmitted, counters.copies), (1, 0), "{identification:?}");
    }
}

#[test]
fn duplicate_acknowledgements_are_packets() {
    let mut sent = timed(packets(&TURNS, 1000), 1_000, false);
    let acknowledgement = sent[4].clone();
    assert!(acknowledgement.0.payload.is_empty());
    sent.splice(5..5, vec![acknowledgement; 3]);
    let (_, counters) = follow(&sent);
    assert_eq!((counters.packets, counters.copies), (23, 0));
}

#[test]
fn a_copy_with_other_content_is_evidence() {
    let mut sent = timed(packets(&TURNS, 1000), 1_000, true);
    let helo = sent.iter().position(|(s, ..)| s.payload.starts_with(b"HELO")).expect("it");
    let (mut other, time, identification) = sent[helo].clone();
    other.payload[5..8].copy_from_slice(b"evi");
    sent.insert(helo + 1, (other, time + 1, identification));
    let (heard, counters) = follow(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.conflicting, counters.retransmitted, counters.copies), (3, 1, 0));
}

#[test]
fn a_copy_that_is_truncated_less_completes_the_first() {
    let mut sent = timed(packets(&TURNS, 1000), 1_000, true);
    let helo = sent.iter().position(|(s, ..)| s.payload.starts_with(b"HELO")).expect("it");
    let (whole, time, identification) = sent[helo].clone();
    // The server's greeting comes after it, so that the first, truncated copy still waits.
    let greeting = sent.remove(helo - 2);
    let cut = Sent { payload: whole.payload[..4].to_vec(), cut: 11, ..whole.clone() };
    sent[helo - 1] = (cut, time, identification);
    sent.insert(helo, (whole, time + 5, identification));
    sent.insert(helo + 1, greeting);
    let (heard, counters) = follow(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.client_missing, counters.copies, counters.retransmitted), (0, 1, 0));
}

#[test]
fn timestamps_tell_copies_of_another_sensor_from_retransmissions() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let single = packets(&TURNS, 5);
    // Every fourth packet is sent again after 20 ms, and each comes once more 7 ms later by the other sensor.
    let mut all = Vec::new();
    for (n, sent) in (0..).zip(&single) {
        for again in 0..=u32::from(n % 4 == 3 && !sent.payload.is_empty()) {
            let milliseconds = n * 50 + again * 20;
            all.extend([(milliseconds, milliseconds, sent), (milliseconds + 7, milliseconds, sent)]);
        }
    }
    all.sort_by_key(|&(time, ..)| time);
    let again = (all.len() / 2 - single.len()) as u64;
    for (packet, (time, timestamp, sent)) in (1..).zip(all) {
        table.segment(&changed(sent.segment(packet, i64::from(time) * 1_000), |header| {
            header.timestamp = Some(timestamp.wrapping_sub(100));
        }));
    }
    table.finish();
    let (heard, transport) = everyone.0.take().remove(0);
    assert_eq!(heard, said());
    let counters = transport.counters;
    assert!(again > 2);
    assert_eq!((counters.retransmitted, counters.copies), (again, single.len() as u64 + again));
}

#[test]
fn keep_alive_probes_and_their_copies_are_no_data() {
    let probe = || {
        let mut probe = Sent::new(Side::Client, 15, 12, "A", "");
        probe.payload = vec![0];
        probe
    };
    // The copy comes when the client has gone on.
    let mut sent: Vec<(Sent, i64, u8)> =
        packets(&TURNS[..2], 1000).into_iter().take(7).zip(0..).map(|(sent, time)| (sent, time, 64)).collect();
    let goes_on = Sent::new(Side::Client, 16, 12, "A", "NOOP\r\n");
    sent.extend([(probe(), 30_000, 64), (goes_on, 31_000, 64), (probe(), 34_000, 63)]);
    for both in [true, false] {
        let everyone = Everyone::default();
        let mut table = Table::new(everyone.clone(), 1);
        for (packet, (sent, time, hops)) in (1..).zip(&sent).filter(|(_, (sent, ..))| both || sent.from == Side::Client)
        {
            table.segment(&changed(sent.segment(packet, time * 1_000), |header| header.hops = *hops));
        }
        table.finish();
        let counters = everyone.0.take().remove(0).1.counters;
        assert_eq!((counters.conflicting, counters.retransmitted, counters.sent_again), (0, 0, 0), "{both}");
    }
}
