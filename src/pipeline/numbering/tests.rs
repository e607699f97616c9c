//! What waits, for how long.

use super::*;
use crate::capture::Time;
use crate::flow::{CloseReason, Conflicts, Counters, Endpoints, PacketRef, Transport};
use crate::protocol::ports::Ports;
use crate::session::Session;

fn silent() -> Ended {
    let client = "192.0.2.1:40000".parse().expect("an address");
    let endpoints = Endpoints { client, server: "192.0.2.2:25".parse().expect("an address") };
    let at = PacketRef { packet: 1, time: Time::default() };
    let transport = Transport {
        endpoints,
        first: at,
        first_sequence: 0,
        last: at,
        end: CloseReason::Closed,
        left: None,
        from_start: true,
        counters: Counters::default(),
        conflicts: Conflicts::default(),
        stalls: Default::default(),
        ends: None,
    };
    let hint = Ports::default().get(endpoints.server.port()).expect("a mail port");
    Ended::Silent(Box::new((hint, transport)))
}

/// Room for so many silent sessions.
const ROOM: u64 = 20;

fn numbering() -> SessionNumbering {
    let most = usize::try_from(ROOM).expect("few") * (PLACE + silent().weight());
    SessionNumbering::new(Emit::InOrder, Selection::NONE, most)
}

fn shown(numbering: &mut SessionNumbering) -> Vec<u64> {
    std::iter::from_fn(|| numbering.next_ready()).map(|ready| ready.session.id).collect()
}

fn hits(numbering: &SessionNumbering) -> Vec<(Limit, u64)> {
    numbering.limits_hit().iter().collect()
}

/// The `nth` connection begins and ends.
fn passes(numbering: &mut SessionNumbering, nth: u64) {
    numbering.begun((nth, 0), Time::default(), true);
    numbering.over((nth, 0), Some(silent()));
}

#[test]
fn a_session_that_stays_open_keeps_others_waiting_up_to_a_bound() {
    let mut numbering = numbering();
    numbering.begun((1, 0), Time::default(), true);
    numbering.decided((1, 0), true);
    let mut seen = Vec::new();
    for nth in 2..=ROOM + 2 {
        assert!(seen.is_empty(), "the bound has room for {ROOM}");
        passes(&mut numbering, nth);
        seen.extend(shown(&mut numbering));
    }
    assert!(seen.iter().copied().eq(2..=ROOM + 2), "no more wait");
    numbering.over((1, 0), Some(silent()));
    seen.extend(shown(&mut numbering));
    assert_eq!(seen.last(), Some(&1), "it goes as it ends");
    assert_eq!(hits(&numbering), [(Limit::SessionOrder, 1)]);
}

#[test]
fn a_session_counts_by_its_bytes() {
    let mut numbering = numbering();
    numbering.begun((1, 0), Time::default(), true);
    numbering.decided((1, 0), true);
    let mut session = Session::empty(crate::protocol::Protocol::Smtp);
    session.banner = Some("x".repeat(100_000));
    numbering.begun((2, 0), Time::default(), true);
    numbering.over((2, 0), Some(Ended::spoken(session, 0)));
    assert_eq!(shown(&mut numbering), [2], "one large session is more than the bound");
}

/// A connection that is silent, or says what may be anything, is decided when too much waits behind it.
#[test]
fn a_connection_without_a_number_keeps_others_waiting_up_to_a_bound() {
    for (promising, speaks) in [(true, false), (true, true), (false, false)] {
        let mut numbering = numbering();
        numbering.begun((1, 0), Time::default(), promising);
        if speaks {
            numbering.spoke((1, 0));
        }
        let first = u64::from(promising && !speaks) + 1;
        for nth in 2..=ROOM / 2 + 2 {
            assert!(shown(&mut numbering).is_empty());
            passes(&mut numbering, nth);
        }
        assert_eq!(hits(&numbering), [(Limit::SessionOrder, 1)]);
        numbering.decided((1, 0), true);
        numbering.over((1, 0), Some(silent()));
        let mut seen = shown(&mut numbering);
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(1..=ROOM / 2 + 2), "none is lost: {first} {seen:?}");
    }
}

/// Connections that are no mail wait as well, in any number: an open one may have come before them.
#[test]
fn what_is_no_mail_is_bounded_too() {
    let mut numbering = numbering();
    numbering.begun((1, 0), Time::default(), false);
    for nth in 2..10_000 {
        numbering.begun((nth, 0), Time::default(), false);
        numbering.over((nth, 0), None);
        assert!(numbering.unnumbered.len() <= numbering.most / PLACE);
    }
    assert_eq!(hits(&numbering), [(Limit::SessionOrder, 1)]);
}

/// Where nothing comes any more, what is over does not wait for what is not decided.
#[test]
fn what_is_over_passes_the_undecided_where_all_is_quiet() {
    let mut numbering = numbering();
    numbering.emit = Emit::AsTheyEnd;
    numbering.begun((1, 0), Time::default(), true);
    numbering.begun((2, 0), Time::default(), true);
    numbering.spoke((2, 0));
    numbering.let_pass();
    assert_eq!(numbering.unnumbered.len(), 2, "none waits for them");
    passes(&mut numbering, 3);
    numbering.begun((4, 0), Time::default(), true);
    assert!(shown(&mut numbering).is_empty());
    numbering.let_pass();
    assert_eq!(shown(&mut numbering), [2], "the first has a number, the second has none yet");
    assert_eq!(numbering.unnumbered.len(), 1, "the last keeps none waiting");
    numbering.over((1, 0), Some(silent()));
    numbering.over((2, 0), Some(silent()));
    assert_eq!(shown(&mut numbering), [1, 3]);
    numbering.over((4, 0), Some(silent()));
    assert_eq!(shown(&mut numbering), [4]);
    assert!(hits(&numbering).is_empty() && numbering.weight == 0 && numbering.unnumbered_weight == 0);
}

/// It had a number since it was silent for long, and was no session: the next ones need not wait for it.
#[test]
fn a_number_whose_session_does_not_come_keeps_none_waiting() {
    let mut numbering = numbering();
    numbering.begun((1, 0), Time::default(), true);
    passes(&mut numbering, 2);
    numbering.decide_silent(Time::from_nanoseconds(DECIDE_NANOSECONDS + 1));
    assert!(shown(&mut numbering).is_empty());
    numbering.over((1, 0), None);
    assert_eq!(shown(&mut numbering), [2]);
    passes(&mut numbering, 3);
    assert_eq!(shown(&mut numbering), [3]);
    assert!(hits(&numbering).is_empty() && numbering.weight == 0 && numbering.unnumbered_weight == 0);
}
