//! A whole conversation that comes again later, number for number: a capture elsewhere by another clock, or one that is
//! played again.

use super::*;
use crate::limits::{COPY_SECONDS, Limit};

const SECOND: i64 = 1_000_000;

/// How often the conversation was heard that comes again `seconds` after its end, and the bounds that were hit.
fn heard(seconds: i64, is_live: bool) -> (usize, Vec<(Limit, u64)>) {
    let everyone = Everyone::default();
    let table = Table::new(everyone.clone(), 1);
    let mut table = if is_live { table.live() } else { table };
    let turns = [(Side::Server, "220 ready\r\n"), (Side::Client, "QUIT\r\n"), (Side::Server, "221 bye\r\n")];
    let sent = packets(&turns, 1_000);
    for (nth, begin) in [0, seconds * SECOND].into_iter().enumerate() {
        for (n, sent) in (1..).zip(&sent) {
            table.segment(&sent.segment(nth as u64 * 100 + n, begin + n as i64 * 1_000));
        }
        table.tick(Time::from_microseconds(begin + 3 * SECOND));
    }
    table.finish();
    let limits = table.limits_hit().iter().collect();
    let heard = everyone.0.borrow().len();
    (heard, limits)
}

#[test]
fn it_is_a_copy_for_a_while_and_then_a_conversation_of_its_own() {
    let copies = COPY_SECONDS as i64;
    assert_eq!(heard(10, false), (1, vec![(Limit::ComeAgain, 1)]));
    assert_eq!(heard(copies - 1, false), (1, vec![(Limit::ComeAgain, 1)]));
    assert_eq!(heard(copies + 1, false), (2, vec![]));
    assert_eq!(heard(86_400, false), (2, vec![]));
}

#[test]
fn where_packets_are_captured_as_they_come_it_is_no_copy() {
    assert_eq!(heard(10, true), (2, vec![]));
}
