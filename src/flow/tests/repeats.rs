//! What was sent again: how often, how large, answered or not, and who was heard last.

use super::stalls::{Timed, acknowledgement, closed, data, follow, opened, plain};
use super::*;

/// What the client sent again in `sent`, after a conversation of 7 packets.
fn repeats(after: Vec<Timed>) -> Option<Repeats> {
    let mut sent = opened();
    sent.extend(after);
    let mut all = follow(&sent).1.stalls.repeats;
    assert!(all.len() <= 1 && all.iter().all(|repeats| repeats.of == Side::Client));
    all.pop()
}

fn packets_of(bout: &Bout) -> Vec<u64> {
    bout.packets.iter().collect()
}

#[test]
fn nothing_is_kept_of_a_connection_that_sends_nothing_again() {
    assert_eq!(repeats(vec![(data(16, "NOOP\r\n"), 10, plain), (acknowledgement(22), 11, plain)]), None);
}

#[test]
fn what_is_never_acknowledged_is_one_bout_to_the_end() {
    let times = [10, 300, 900, 2_100, 4_500, 9_300];
    let known = repeats(times.map(|time| (data(16, "NOOP\r\n"), time, plain as fn(&mut Header))).into()).expect("some");
    let bout = &known.longest;
    assert_eq!((bout.times, bout.answered, bout.largest, bout.acknowledged), (5, false, 6, 15));
    assert_eq!((packets_of(bout), bout.from.packet, bout.nanoseconds()), (vec![9, 10, 11, 12, 13], 8, 9_290_000_000));
    assert_eq!(known.heard.map(|heard| heard.packet), Some(7), "the server's last packet");
}

#[test]
fn a_bout_ends_with_the_acknowledgement() {
    let large = "x".repeat(1_400);
    let mut sent: Vec<Timed> = [10, 300, 900].map(|time| (data(16, &large), time, plain as fn(&mut Header))).into();
    sent.push((data(16, &large[..700]), 2_100, plain));
    sent.push((acknowledgement(716), 2_101, plain));
    sent.push((data(716, &large[700..]), 2_102, plain));
    sent.push((acknowledgement(1_416), 2_103, plain));
    let known = repeats(sent).expect("some");
    let bout = &known.longest;
    assert_eq!((bout.times, bout.answered, bout.to.packet), (3, true, 12));
    assert_eq!((bout.largest, bout.last, bout.acknowledged), (1_400, 700, 15));
    assert_eq!((known.segments, known.nanoseconds), (4, 2_093_000_000));
    assert!(!known.shrunk, "the large one was sent again");
}

#[test]
fn of_several_bouts_the_longest_is_kept_and_that_which_was_never_answered() {
    let one = |from: u32, times: &[i64], answer: Option<i64>| {
        let mut sent: Vec<Timed> = times.iter().map(|&time| (data(from, "NOOP\r\n"), time, plain as _)).collect();
        sent.extend(answer.map(|time| (acknowledgement(from + 6), time, plain as fn(&mut Header))));
        sent
    };
    let answered = [one(16, &[10, 300], Some(8_000)), one(22, &[8_001, 8_300], Some(8_400))].concat();
    let known = repeats(answered.clone()).expect("some");
    assert_eq!((known.longest.to.packet, known.nanoseconds), (10, 7_990_000_000 + 399_000_000));
    let known = repeats([answered, one(28, &[9_000, 9_300, 13_000], None)].concat()).expect("some");
    assert_eq!((known.longest.answered, known.longest.times), (false, 2));
}

#[test]
fn segments_that_become_smaller_show_a_narrower_path() {
    let large = "x".repeat(1_448);
    let mut sent: Vec<Timed> = vec![(data(16, &large), 10, plain)];
    sent.push((data(16, &large[..1_348]), 11, plain));
    sent.push((data(1_364, &large[1_348..]), 12, plain));
    assert!(repeats(sent.clone()).expect("some").shrunk);
    sent.push((data(1_464, &large), 13, plain));
    assert!(!repeats(sent).expect("some").shrunk);
}

#[test]
fn probes_of_a_closed_window_are_no_repeats_and_their_packets_are_kept() {
    let mut sent = opened();
    sent.push((acknowledgement(16), 10, closed));
    for time in [200, 600] {
        // Linux asks with an empty segment before the last byte, others with a byte, or with a whole segment.
        sent.push((data(15, ""), time, plain));
        sent.push((acknowledgement(16), time + 1, closed));
    }
    let stalls = follow(&sent).1.stalls;
    let [window] = &stalls.closed_windows[..] else { panic!("one window") };
    assert_eq!((window.probes, window.stays), (2, true));
    assert_eq!(window.packets.iter().collect::<Vec<u64>>(), [8, 9, 10, 11, 12]);
    assert_eq!(stalls.repeats, []);
    sent.push((acknowledgement(16), 900, plain));
    let stalls = follow(&sent).1.stalls;
    assert!(!stalls.closed_windows[0].stays);
}
