//! Connections of which only the opening was seen: kept as headers, they are reported as if they had been followed
//! throughout.

use super::*;
use crate::flow::embryonic::Embryonic;

/// Segments that open a connection, or nearly: few numbers, so that they repeat, contradict and follow each other.
fn any_opening() -> impl Strategy<Value = Vec<(Sent, i64)>> {
    let one =
        (any::<bool>(), 0..3_u32, 0..3_u32, 0..12_usize, prop_oneof![1..2_000_i64, Just(5_000_000), Just(70_000_000)]);
    let sent = |(client, sequence, acknowledgement, kind, pause): (bool, u32, u32, usize, i64)| {
        let from = if client { Side::Client } else { Side::Server };
        let (flags, payload) = match kind {
            0..=3 => ("S", ""),
            4..=6 => ("SA", ""),
            7 | 8 => ("A", ""),
            9 => ("A", "QUIT"),
            10 => ("RA", ""),
            _ => ("FA", ""),
        };
        // Mostly the numbers of one attempt, sometimes those of another, or an acknowledgement of bytes that were not
        // captured.
        let far = |number: u32| if number == 2 { 90_000 } else { number };
        (Sent::new(from, far(sequence), far(acknowledgement), flags, payload), pause)
    };
    prop::collection::vec(one.prop_map(sent), 1..24)
}

fn follow(sent: &[(Sent, i64)], eager: bool) -> Vec<(Heard, Transport)> {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    table.eager = eager;
    let mut time = 0;
    for (number, (sent, pause)) in (1..).zip(sent) {
        time += pause;
        table.segment(&sent.segment(number, time));
        if number % 5 == 0 {
            table.tick(Time::from_microseconds(time));
        }
    }
    table.finish();
    everyone.0.take()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..Default::default() })]

    #[test]
    fn the_result_is_as_if_followed_from_the_first_segment(sent in any_opening()) {
        prop_assert_eq!(follow(&sent, false), follow(&sent, true));
    }
}

#[test]
fn a_handshake_makes_no_stream_handler() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let sent = packets(&TURNS, 1000);
    for (number, sent) in (1..).zip(&sent[..3]) {
        assert!(table.segment(&sent.segment(number, 0)).is_none());
    }
    assert!(table.segment(&sent[3].segment(4, 0)).is_some());
}

#[test]
fn a_syn_sent_for_minutes_stays_small() {
    let sent = packets(&TURNS, 1000);
    let syn = sent[0].segment(1, 0);
    let key = Key::of(&syn);
    let mut embryonic =
        Embryonic::new(&key, &Endpoints { client: syn.source, server: syn.destination }, &syn).expect("it opens");
    let mut taken = 1;
    while embryonic.takes(&key, &sent[0].segment(taken + 1, taken as i64 * 1_000_000)) {
        taken += 1;
    }
    assert_eq!(taken, 16);
    assert!(embryonic.is_half_open());
}

#[test]
fn a_connection_is_idle_by_the_time_of_packets() {
    let sent = packets(&TURNS, 1000);
    for (hours, end) in [(1, CloseReason::Open), (3, CloseReason::Idle)] {
        let everyone = Everyone::default();
        let mut table = Table::new(everyone.clone(), 1);
        for (number, sent) in (1..).zip(&sent[..6]) {
            table.segment(&sent.segment(number, number as i64));
        }
        // No packet of its own comes, but time passes through those of others.
        table.tick(Time::from_microseconds(hours * 3_600_000_000));
        table.finish();
        assert_eq!(everyone.0.take()[0].1.end, end);
    }
}
