//! The short way of ordinary segments ends where the long way does, whatever comes before, between and after them.

use super::waiting::{Logging, any_pause, any_sent};
use super::*;
use crate::decode::Subflow;
use crate::flow::connection::ordinary::{LONG_WAY, ORDINARY};
use std::num::NonZeroU8;

/// What is out of the ordinary in a header.
#[derive(Debug, Clone, Copy)]
enum Oddity {
    None,
    Window(u16),
    Urgent(u16),
    Twice([u32; 2]),
    Identified(u16),
    Stamped(u32),
    Hops(u8),
    Decrypted,
    Subflow,
    Shared,
}

/// A segment of one of the connections, so many milliseconds after the one before.
#[derive(Debug, Clone)]
struct Event {
    connection: u16,
    later: i64,
    sent: Sent,
    oddity: Oddity,
    ticks: bool,
}

impl Oddity {
    fn apply(self, header: &mut Header) {
        match self {
            Self::None => {}
            Self::Window(size) => header.window = size,
            Self::Urgent(pointer) => header.urgent = Some(pointer),
            Self::Twice([from, len]) => header.received_twice = Some([from, from.wrapping_add(len)]),
            Self::Identified(number) => header.identification = Some(number),
            Self::Stamped(timestamp) => header.timestamp = Some(timestamp),
            Self::Hops(hops) => header.hops = hops,
            Self::Decrypted => header.decrypted = true,
            Self::Subflow => header.subflow = Some(Subflow { number: NonZeroU8::MIN, keys_seen: true }),
            Self::Shared => header.shares_packet = true,
        }
    }
}

fn any_oddity() -> impl Strategy<Value = Oddity> {
    prop_oneof![
        12 => Just(Oddity::None),
        2 => prop_oneof![Just(0), any::<u16>()].prop_map(Oddity::Window),
        1 => (0..40_u16).prop_map(Oddity::Urgent),
        1 => (0..60_u32, 0..20_u32).prop_map(|(from, len)| Oddity::Twice([SERVER_START + from, len])),
        2 => (1..40_u16).prop_map(Oddity::Identified),
        2 => (1..40_u32).prop_map(Oddity::Stamped),
        1 => any::<u8>().prop_map(Oddity::Hops),
        1 => Just(Oddity::Decrypted),
        1 => Just(Oddity::Subflow),
        1 => Just(Oddity::Shared),
    ]
}

/// What is told of these events, what the table held after each, and how many segments took the short way.
fn told(events: &[Event], short_of_memory: bool, long_way: bool) -> (Vec<String>, u64) {
    LONG_WAY.set(long_way);
    ORDINARY.set(0);
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut table = Table::new(Logging { log: Rc::clone(&log), watched: false }, 1);
    if short_of_memory {
        table = table.with_memory(16_384);
    }
    let mut milliseconds = 0_i64;
    for (packet, event) in (1..).zip(events) {
        milliseconds += event.later;
        let mut segment =
            changed(event.sent.segment(packet, milliseconds * 1_000), |header| event.oddity.apply(header));
        for end in [&mut segment.source, &mut segment.destination] {
            if end.port() != 25 {
                end.set_port(40_000 + event.connection);
            }
        }
        let heard = table.segment(&segment).is_some();
        if event.ticks {
            table.tick(segment.header.time);
        }
        let held =
            (table.store.len(), table.waiting_cost, table.remembered, table.remembering.len(), table.ledger.held);
        log.borrow_mut().push(format!("{packet} {heard} {held:?}"));
    }
    table.finish();
    log.borrow_mut().push(format!("{:?}", table.limits_hit()));
    drop(table);
    LONG_WAY.set(false);
    (log.take(), ORDINARY.get())
}

/// Conversations of three connections, one segment after the other in turn, `later` milliseconds apart.
fn conversations(turns: &[(Side, String)], size: usize, later: i64) -> Vec<Event> {
    let turns: Vec<_> = turns.iter().map(|(side, text)| (*side, text.as_str())).collect();
    let of = |sent| {
        (0..3).map(move |connection| Event {
            connection,
            later,
            sent: Sent::clone(sent),
            oddity: Oddity::None,
            ticks: false,
        })
    };
    packets(&turns, size).iter().flat_map(of).collect()
}

#[test]
fn of_a_conversation_all_that_neither_begins_nor_ends_it_take_the_short_way() {
    let turns = TURNS.map(|(side, text)| (side, text.to_owned()));
    let events = conversations(&turns, 1_000, 1);
    let (short, ordinary) = told(&events, false, false);
    let (long, none) = told(&events, false, true);
    assert_eq!(short, long);
    // The SYNs, the FINs, and what acknowledges the last FIN take the long one.
    assert_eq!((ordinary, none), (events.len() as u64 - 3 * 5, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..Default::default() })]

    /// Conversations whose segments are lost, displaced, sent again, cut, changed, or strangers among them.
    #[test]
    fn both_ways_tell_the_same(
        turns in any_turns(),
        size in prop_oneof![Just(1_usize), 2..50_usize],
        later in prop_oneof![Just(0), Just(1), Just(40), Just(9_000)],
        odd in prop::collection::vec((any::<prop::sample::Index>(), any_oddity()), 0..20),
        pauses in prop::collection::vec((any::<prop::sample::Index>(), any_pause()), 0..8),
        ticks in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize), 0..10),
        again in prop::collection::vec((any::<prop::sample::Index>(), 0..120_usize, any_oddity()), 0..10),
        strangers in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u16, any_sent()), 0..6),
        skipped in prop_oneof![4 => Just(0_usize), 1 => 0..12_usize],
        short_of_memory in prop::bool::weighted(0.2),
    ) {
        let mut events = conversations(&turns, size, later);
        events.drain(..skipped);
        for (place, oddity) in odd {
            let place = place.index(events.len());
            events[place].oddity = oddity;
        }
        for (place, later) in pauses {
            let place = place.index(events.len());
            events[place].later = later;
        }
        for place in ticks {
            let place = place.index(events.len());
            events[place].ticks = true;
        }
        for place in lost {
            events.remove(place.index(events.len()));
        }
        for (from, by) in moves {
            let from = from.index(events.len());
            let moved = events.remove(from);
            events.insert((from + by).min(events.len()), moved);
        }
        for (from, to, oddity) in again {
            let from = from.index(events.len());
            let copy = Event { oddity, ..events[from].clone() };
            events.insert((from + to).saturating_sub(10).min(events.len()), copy);
        }
        for (place, connection, sent) in strangers {
            let stranger = Event { connection, later: 1, sent, oddity: Oddity::None, ticks: false };
            events.insert(place.index(events.len()), stranger);
        }
        prop_assert_eq!(told(&events, short_of_memory, false).0, told(&events, short_of_memory, true).0);
    }

    /// Segments that have nothing to do with each other.
    #[test]
    fn and_of_any_segments(
        segments in prop::collection::vec((0..3_u16, any_pause(), any_sent(), any_oddity(), any::<bool>()), 1..200),
    ) {
        let event = |(connection, later, sent, oddity, ticks)| Event { connection, later, sent, oddity, ticks };
        let events: Vec<Event> = segments.into_iter().map(event).collect();
        prop_assert_eq!(told(&events, false, false).0, told(&events, false, true).0);
    }
}
