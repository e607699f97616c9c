//! TCP's corners, one test each.

use super::*;
use Side::{Client, Server};

/// The counters of the only connection, and what its stream handler received.
fn counted(sent: &[Sent]) -> (Heard, Counters, CloseReason) {
    let (heard, transport) = only(sent);
    (heard, transport.counters, transport.end)
}

fn index(sent: &[Sent], begins: &[u8]) -> usize {
    sent.iter().position(|s| s.payload.starts_with(begins)).expect("such a segment")
}

#[test]
fn a_keep_alive_probe_repeats_a_byte_and_is_no_retransmission() {
    for junk in [&b"\n"[..], b"\0", b""] {
        let mut sent = packets(&TURNS, 1000);
        let after = index(&sent, b"250 ok") + 2;
        // HELO and NOOP are 15 and 6 bytes.
        sent.insert(after, Sent { payload: junk.into(), ..Sent::new(Client, 21, 28, "A", "") });
        let (heard, counters, end) = counted(&sent);
        assert_eq!((heard, end), (said(), CloseReason::Closed));
        assert_eq!((counters.retransmitted, counters.conflicting, counters.sent_again), (0, 0, 0));
        assert_eq!(counters.packets, 21);
    }
}

#[test]
fn a_keep_alive_probe_is_known_while_bytes_wait() {
    // The capture has the greeting last: everything else waits for it.
    let mut sent = packets(&TURNS, 1000);
    let greeting = sent.remove(index(&sent, b"220"));
    let after = index(&sent, b"250 ok") + 2;
    sent.insert(after, Sent { payload: vec![0], ..Sent::new(Client, 21, 28, "A", "") });
    sent.insert(after + 2, greeting);
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.retransmitted, counters.conflicting), (0, 0));
}

#[test]
fn a_zero_window_probe_carries_the_next_byte() {
    let mut sent = packets(&TURNS, 1000);
    let noop = index(&sent, b"NOOP");
    let probe = Sent { payload: b"N".to_vec(), ..sent[noop].clone() };
    // Refused at first, and sent again; then the whole.
    sent.splice(noop..noop, [probe.clone(), Sent::new(Server, 20, 16, "A", ""), probe]);
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.retransmitted, counters.reordered, counters.conflicting), (1, 0, 0));
    assert_eq!(counters.client_bytes, 27);
}

#[test]
fn data_on_the_syn() {
    let mut sent = packets(&TURNS[1..], 1000);
    let helo = index(&sent, b"HELO");
    let payload = sent.remove(helo).payload;
    sent[0].payload = payload;
    for sent in sent.iter_mut().filter(|s| s.from == Server && s.flags == "SA") {
        sent.acknowledgement = Some(16);
    }
    let (heard, counters, end) = counted(&sent);
    assert_eq!((heard, end), (said()[1..].to_vec(), CloseReason::Closed));
    assert_eq!((counters.client_missing, counters.retransmitted), (0, 0));
}

#[test]
fn data_on_the_syn_that_the_server_did_not_take_is_sent_again() {
    let mut sent = packets(&TURNS[1..], 1000);
    sent[0].payload = b"HELO cslabc39\r\n".to_vec();
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, said()[1..]);
    assert_eq!((counters.client_bytes, counters.retransmitted), (27, 1));
}

#[test]
fn a_fin_with_data_and_a_half_close() {
    // The client's FIN carries QUIT; the server still has its answer to send, one byte in each segment.
    let mut sent = packets(&TURNS[..6], 1000);
    sent.truncate(index(&sent, b"QUIT"));
    sent.push(Sent::new(Client, 22, 28, "FA", "QUIT\r\n"));
    for (place, byte) in (28_u32..).zip(["2", "2", "1", "\r", "\n"]) {
        sent.push(Sent::new(Server, place, 29, "A", byte));
        sent.push(Sent::new(Client, 29, place + 1, "A", ""));
    }
    let half = sent.clone();
    sent.push(Sent::new(Server, 33, 29, "FA", ""));
    sent.push(Sent::new(Client, 29, 34, "A", ""));
    for sent in [half, sent] {
        let (heard, counters, end) = counted(&sent);
        let mut expected = said();
        expected[6].1 = "221\r\n".into();
        assert_eq!(heard, expected);
        assert_eq!((end, counters.server_missing, counters.retransmitted), (CloseReason::Closed, 0, 0));
    }
}

#[test]
fn the_last_bytes_of_a_half_close_come_long_after() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let mut sent = packets(&TURNS[..6], 1000);
    sent.truncate(index(&sent, b"QUIT"));
    sent.push(Sent::new(Client, 22, 28, "FA", "QUIT\r\n"));
    sent.push(Sent::new(Server, 28, 29, "A", "2"));
    sent.push(Sent::new(Client, 29, 29, "A", ""));
    for (number, sent) in (1..).zip(&sent) {
        table.segment(&sent.segment(number, number as i64 * 100));
    }
    // A byte acknowledged after the other side's FIN is not taken for a FIN: the connection is not over.
    table.segment(&Sent::new(Server, 29, 29, "A", "21\r\n").segment(100, 60_000_000));
    table.segment(&Sent::new(Client, 29, 33, "A", "").segment(101, 61_000_000));
    table.finish();
    let all = everyone.0.take();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0.last(), Some(&(Server, "221\r\n".to_owned())));
}

#[test]
fn a_reset_outside_of_the_window_is_not_believed() {
    for sequence in [22_u32.wrapping_sub(5_000), 22 + (1 << 30) + 5_000] {
        let mut sent = packets(&TURNS, 1000);
        sent.insert(index(&sent, b"250 ok"), Sent::new(Client, sequence, 20, "R", ""));
        let (heard, _, end) = counted(&sent);
        assert_eq!((heard, end), (said(), CloseReason::Closed), "{sequence}");
    }
}

#[test]
fn a_reset_inside_of_the_window_ends_it() {
    for ahead in [0, 1, 40_000] {
        let mut sent = packets(&TURNS, 1000);
        sent.truncate(index(&sent, b"250 ok") + 1);
        sent.push(Sent::new(Client, 22 + ahead, 28, "R", ""));
        let (heard, _, end) = counted(&sent);
        assert_eq!((heard, end), (said()[..5].to_vec(), CloseReason::Reset));
    }
}

#[test]
fn an_end_that_goes_on_after_a_reset_did_not_send_it() {
    let mut turns = TURNS.to_vec();
    for _ in 0..4 {
        turns.extend([(Client, "NOOP\r\n"), (Server, "250 ok\r\n")]);
    }
    let mut sent = packets(&turns, 1000);
    let place = index(&sent, b"250 ok");
    sent.insert(place, Sent::new(Client, 22, 28, "R", ""));
    sent.truncate(sent.len() - 3);
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, sent) in (1..).zip(&sent) {
        table.segment(&sent.segment(number, number as i64 * 100));
    }
    // Long after the time for which a closed connection lingers.
    let last = sent.last().expect("one").clone();
    let quit = Sent { from: Client, payload: b"QUIT\r\n".to_vec(), ..sent[sent.len() - 1].clone() };
    assert_eq!(last.from, Client);
    table.segment(&quit.segment(1_000, 60_000_000));
    table.segment(&quit.segment(1_001, 61_000_000));
    table.finish();
    let all = everyone.0.take();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].1.end, CloseReason::Open);
    assert!(all[0].0.last().is_some_and(|(_, text)| text == "QUIT\r\n"), "{:?}", all[0].0);
}

#[test]
fn both_ends_may_open_at_once() {
    // RFC 9293, figure 8.
    let mut sent = vec![
        Sent::new(Client, 0, 0, "S", ""),
        Sent::new(Server, 0, 0, "S", ""),
        Sent::new(Client, 0, 1, "SA", ""),
        Sent::new(Server, 0, 1, "SA", ""),
    ];
    sent.extend(packets(&TURNS, 1000).into_iter().skip(2));
    let (heard, counters, end) = counted(&sent);
    assert_eq!((heard, end), (said(), CloseReason::Closed));
    assert_eq!((counters.client_missing, counters.server_missing, counters.retransmitted), (0, 0, 0));
}

/// The same packets with other initial sequence numbers: another connection of the same ports.
fn again(sent: Vec<Sent>) -> Vec<Sent> {
    let moved = |s: Sent| {
        let (own, other) = if s.from == Client { (5_000_000, 90_000) } else { (90_000, 5_000_000) };
        Sent { sequence: s.sequence + own, acknowledgement: s.acknowledgement.map(|number| number + other), ..s }
    };
    sent.into_iter().map(moved).collect()
}

#[test]
fn a_port_used_again_in_mid_life_is_another_connection() {
    let first = packets(&TURNS, 1000);
    let second = again(packets(&TURNS, 1000));
    for cut in 4..first.len() {
        // Also where the answer to the SYN was not captured, or the SYN was sent twice.
        let without_answer = [&second[..1], &second[2..]].concat();
        let twice = [&second[..1], &second[..]].concat();
        for second in [&second, &without_answer, &twice] {
            let heard = hear(&[&first[..cut], second].concat());
            assert_eq!(heard.len(), 2, "after {cut}");
            assert_eq!(heard[1].0, said(), "after {cut}");
            assert_eq!(heard[1].1.first.packet, cut as u64 + 1);
            assert!(heard[1].1.from_start);
        }
    }
}

#[test]
fn a_forged_syn_in_mid_life_ends_nothing() {
    let mut sent = packets(&TURNS, 1000);
    let place = index(&sent, b"NOOP");
    // The other end answers it with an acknowledgement of its current numbers (RFC 5961, section 4).
    sent.insert(place, Sent::new(Client, 5_000_000, 0, "S", ""));
    sent.insert(place + 1, Sent::new(Server, 20, 16, "A", ""));
    let heard = hear(&sent);
    assert_eq!(heard.len(), 2);
    assert_eq!((&heard[0].0, heard[0].1.end), (&said(), CloseReason::Closed));
    assert_eq!((heard[1].0.len(), heard[1].1.end), (0, CloseReason::Unanswered));
}

#[test]
fn a_port_used_again_within_half_a_second_refused_and_unanswered() {
    let first = packets(&TURNS, 1000);
    let syn = again(packets(&[], 1000))[0].clone();
    let refusal = again(vec![Sent { flags: "RA", ..Sent::new(Server, 0, 1, "A", "") }]).remove(0);
    let ends = |tail: &[Sent]| -> Vec<CloseReason> {
        let mut all = hear(&[&first[..], tail].concat());
        all.sort_by_key(|(_, transport)| transport.first.packet);
        all.into_iter().map(|(_, transport)| transport.end).collect()
    };
    assert_eq!(ends(std::slice::from_ref(&syn)), [CloseReason::Closed, CloseReason::Unanswered]);
    assert_eq!(ends(&[syn.clone(), syn.clone(), syn.clone()]), [CloseReason::Closed, CloseReason::Unanswered]);
    assert_eq!(ends(&[syn.clone(), refusal.clone()]), [CloseReason::Closed, CloseReason::Refused]);
    // A client that tries again with the same number is refused once more, in the same connection.
    assert_eq!(ends(&[syn.clone(), refusal.clone(), syn, refusal]), [CloseReason::Closed, CloseReason::Refused]);
}

#[test]
fn an_urgent_byte_is_in_the_stream() {
    // The urgent pointer is not part of a segment here: the stream is delivered as it crossed, `aliXce`.
    let turns = [(Server, "220 ready\r\n"), (Client, "RCPT TO:<aliXce>\r\n")];
    let (heard, _, _) = counted(&packets(&turns, 1000));
    assert_eq!(heard[1].1, "RCPT TO:<aliXce>\r\n");
}

#[test]
fn a_segment_of_5000_bytes_over_all_later_ones() {
    let text: String = (0..5_000_u32).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    let turns = [(Server, "220 ready\r\n"), (Client, text.as_str())];
    let mut sent = packets(&turns, 100);
    let first = sent.iter().position(|s| s.from == Client && !s.payload.is_empty()).expect("it");
    for sent in sent.iter_mut().filter(|s| s.from == Client && !s.payload.is_empty()) {
        sent.payload.fill(b'!');
    }
    sent.insert(first, Sent::new(Client, 1, 12, "A", &text));
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard[1].1, text);
    assert_eq!((counters.conflicting, counters.retransmitted, counters.client_bytes), (5_000, 50, 5_000));
}

#[test]
fn every_segment_twice_with_different_content() {
    let mut sent = Vec::new();
    for one in packets(&TURNS, 3) {
        sent.push(one.clone());
        if !one.payload.is_empty() {
            sent.push(Sent { payload: vec![b'!'; one.payload.len()], ..one });
        }
    }
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.conflicting, counters.copies), (27 + 36, 0));
}

#[test]
fn a_connection_of_hours() {
    let mut turns = vec![(Server, "220 ready\r\n")];
    for _ in 0..8 {
        turns.extend([(Client, "NOOP\r\n"), (Server, "250 ok\r\n")]);
    }
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    for (number, sent) in (1..).zip(&packets(&turns, 1000)) {
        table.segment(&sent.segment(number, number as i64 * 3_600_000_000));
    }
    table.finish();
    let all = everyone.0.take();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].1.end, all[0].1.counters.client_missing, all[0].1.counters.server_missing),
        (CloseReason::Closed, 0, 0)
    );
}

#[test]
fn a_packet_with_a_broken_time_ends_nothing() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let sent = packets(&TURNS, 1000);
    let stray = Sent::new(Client, 1, 1, "A", "");
    for (number, sent) in (1..).zip(&sent) {
        if number == 9 {
            let mut other = stray.segment(1_000, 1 << 50);
            other.source.set_port(50_000);
            table.segment(&other);
        }
        table.segment(&sent.segment(number, number as i64 * 100));
    }
    table.finish();
    let all = everyone.0.take();
    let whole = all.iter().find(|(heard, _)| !heard.is_empty()).expect("it");
    assert_eq!((all.len(), &whole.0, whole.1.end), (2, &said(), CloseReason::Closed));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_not_believed() {
    let mut turns = TURNS[..1].to_vec();
    for _ in 0..300 {
        turns.extend([(Client, "NOOP\r\n"), (Server, "250 ok\r\n")]);
    }
    let mut sent = packets(&turns, 1000);
    let (expected, _, _) = counted(&sent);
    sent.insert(12, Sent::new(Server, 12, 1_000_000, "A", ""));
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, expected);
    assert_eq!(counters.client_missing, 0);
}

#[test]
fn segments_far_ahead_do_not_move_the_others() {
    let mut sent = packets(&TURNS, 1000);
    for (place, ahead) in [(6, 1_u32 << 30), (8, 2_000_000_000), (10, 3_500_000_000)] {
        sent.insert(place, Sent::new(Client, ahead, 12, "A", "forged"));
    }
    let (heard, counters, _) = counted(&sent);
    let text: String = heard.iter().filter(|(side, _)| *side == Client).map(|(_, text)| text.as_str()).collect();
    assert!(text.starts_with("HELO cslabc39\r\nNOOP\r\nQUIT\r\n"), "{text}");
    assert_eq!(counters.server_bytes, 36);
}

#[test]
fn a_loss_is_the_captures_or_the_networks() {
    let whole = packets(&TURNS, 5);
    let lost = whole.iter().position(|s| s.payload == b"cslab").expect("the lost one");
    // Acknowledged, and never captured.
    let mut sent = whole.clone();
    let again = sent.remove(lost);
    let (_, counters, _) = counted(&sent);
    assert_eq!((counters.lost_in_capture, counters.sent_again), (5, 0));
    // Captured late, by more than a round trip (0.2 ms) or 3 ms can explain: 40 packets of 100 µs.
    let mut sent = packets(&TURNS, 1);
    let late = sent.iter().position(|s| s.payload == b"H").expect("the late one");
    let one = sent.remove(late);
    for _ in 0..35 {
        sent.insert(late + 2, Sent::new(Server, 12, 1, "A", ""));
    }
    sent.insert(late + 38, one);
    let (heard, counters, _) = counted(&sent);
    assert_eq!(heard, said());
    assert_eq!((counters.lost_in_capture, counters.sent_again, counters.reordered), (0, 1, 1));
    // Captured twice.
    let mut sent = whole.clone();
    sent.insert(lost + 6, again);
    let (_, counters, _) = counted(&sent);
    assert_eq!((counters.lost_in_capture, counters.sent_again, counters.retransmitted), (0, 1, 1));
    // Overtaken.
    let mut sent = whole;
    sent.swap(lost, lost + 1);
    let (_, counters, _) = counted(&sent);
    assert_eq!((counters.lost_in_capture, counters.sent_again, counters.reordered), (0, 0, 1));
}

#[test]
fn the_fin_of_a_side_that_was_not_captured_is_no_byte() {
    // The server closes first, and the client's FIN acknowledges the server's last bytes and its FIN at once.
    let mut sent = packets(&TURNS, 1000);
    sent.truncate(index(&sent, b"221"));
    sent.push(Sent::new(Client, 28, 38, "FA", ""));
    sent.retain(|s| s.from == Client);
    let (heard, counters, end) = counted(&sent);
    assert_eq!((counters.client_missing, counters.server_missing), (0, 36));
    assert_eq!((heard.last(), end), (Some(&(Server, "<9>".to_owned())), CloseReason::Closed));
}
