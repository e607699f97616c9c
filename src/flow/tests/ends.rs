//! How connections begin and end: what is noted of SYNs, FINs, RSTs and ICMP errors.

use super::*;
use crate::decode::{IcmpError, Problem};
use Side::{Client, Server};

const ROUTER: &str = "172.16.0.1";

/// An ICMP error about a segment of `about` with this number, relative to the SYN of its side.
fn error(about: Side, sequence: u32, problem: Problem, packet: u64, microseconds: i64) -> IcmpError {
    let quoted = Sent::new(about, sequence, 0, "A", "");
    let segment = quoted.segment(packet, microseconds);
    IcmpError {
        packet,
        time: Time::from_microseconds(microseconds),
        by: ROUTER.parse().expect("an address"),
        problem,
        source: segment.source,
        destination: segment.destination,
        sequence: segment.header.sequence,
        shares_packet: false,
    }
}

enum Came {
    Segment(Sent),
    Error(Side, u32, Problem),
}

fn played(came: &[Came]) -> Vec<(Heard, Transport)> {
    let mut all = Vec::new();
    for eager in [false, true] {
        let everyone = Everyone::default();
        let mut table = Table::new(everyone.clone(), 1);
        table.eager = eager;
        for (number, came) in (1..).zip(came) {
            let time = number as i64 * 1_000_000;
            match came {
                Came::Segment(sent) => drop(table.segment(&sent.segment(number, time))),
                Came::Error(about, sequence, problem) => {
                    table.icmp_error(&error(*about, *sequence, *problem, number, time));
                }
            }
        }
        table.finish();
        all.push(everyone.0.take());
    }
    assert_eq!(all[0].len(), all[1].len());
    for (one, other) in all[0].iter().zip(&all[1]) {
        assert_eq!(one, other, "a connection that only opens is the same as one that is followed");
    }
    all.remove(0)
}

fn one(came: &[Came]) -> Transport {
    let mut all = played(came);
    assert_eq!(all.len(), 1, "one connection");
    all.remove(0).1
}

fn segments(sent: &[Sent]) -> Vec<Came> {
    sent.iter().cloned().map(Came::Segment).collect()
}

fn syn() -> Came {
    Came::Segment(Sent::new(Client, 0, 0, "S", ""))
}

fn numbers(list: &[PacketRef]) -> Vec<u64> {
    list.iter().map(|at| at.packet).collect()
}

#[test]
fn repeated_syns_are_numbered_and_bounded() {
    assert_eq!(one(&[syn()]).ends, None, "a SYN alone takes no room");
    let syns: Vec<Came> = (0..12).map(|_| syn()).collect();
    let transport = one(&syns);
    let ends = transport.ends.unwrap();
    assert_eq!((numbers(&ends.syns), ends.more_syns), ((2..=9).collect(), 3));
    assert_eq!(transport.end, CloseReason::Unanswered);
    let mut sent = segments(&packets(&TURNS, 1000));
    sent.insert(1, syn());
    let ends = one(&sent).ends.unwrap();
    assert_eq!((numbers(&ends.syns), ends.syn_ack.map(|at| at.packet)), (vec![2], Some(3)));
}

#[test]
fn a_syn_that_an_icmp_error_answers_is_prohibited() {
    for problem in [Problem::Prohibited, Problem::NoRoute, Problem::HostUnreachable, Problem::PortUnreachable] {
        let transport = one(&[syn(), Came::Error(Client, 0, problem), syn(), Came::Error(Client, 0, problem)]);
        assert_eq!((transport.end, transport.counters.packets), (CloseReason::Prohibited, 4), "{problem:?}");
        let ends = transport.ends.unwrap();
        assert_eq!(ends.errors.iter().map(|error| error.at.packet).collect::<Vec<_>>(), [2, 4]);
        assert_eq!((ends.errors[0].by.to_string(), ends.errors[0].problem), (ROUTER.to_owned(), problem));
        assert_eq!(transport.last.packet, 4);
    }
    let transport = one(&[syn(), Came::Error(Client, 0, Problem::TooBig(1_400))]);
    assert_eq!(transport.end, CloseReason::Unanswered, "a SYN that is too big is none");
}

#[test]
fn an_error_is_no_end_where_the_server_answers_after_all() {
    let mut sent = segments(&packets(&TURNS, 1000));
    sent.insert(1, Came::Error(Client, 0, Problem::NoRoute));
    sent.insert(2, syn());
    let (heard, transport) = played(&sent).remove(0);
    assert_eq!((heard, transport.end), (said(), CloseReason::Closed));
    assert!(transport.ends.unwrap().heard_since_error);
}

#[test]
fn an_error_about_a_segment_that_was_not_sent_is_none() {
    let mut sent = segments(&packets(&TURNS, 1000));
    let packets = sent.len() as u64;
    for forged in [Came::Error(Client, 1 << 30, Problem::Prohibited), Came::Error(Server, 1 << 30, Problem::NoRoute)] {
        sent.insert(8, forged);
    }
    let (heard, transport) = played(&sent).remove(0);
    assert_eq!((heard, transport.end, transport.counters.packets), (said(), CloseReason::Closed, packets));
    assert!(transport.ends.unwrap().errors.is_empty());
    assert!(played(&[Came::Error(Client, 0, Problem::NoRoute)]).is_empty(), "it begins no connection");
}

#[test]
fn errors_change_nothing_of_the_streams_and_are_bounded() {
    let mut sent = segments(&packets(&TURNS, 1000));
    for _ in 0..40 {
        sent.insert(6, Came::Error(Client, 1, Problem::TooBig(1_400)));
    }
    let (heard, transport) = played(&sent).remove(0);
    assert_eq!((heard, transport.end), (said(), CloseReason::Closed));
    let ends = transport.ends.unwrap();
    assert_eq!((ends.errors.len(), ends.more_errors), (8, 32));
    let flood: Vec<Came> =
        std::iter::once(syn()).chain((0..40).map(|_| Came::Error(Client, 0, Problem::NoRoute))).collect();
    assert_eq!(one(&flood).counters.packets, 41);
}

#[test]
fn a_reset_is_noted_with_what_it_looks_like_and_what_came_after() {
    let mut sent = packets(&TURNS[..3], 1000);
    sent.truncate(sent.len() - 3);
    sent.push(Sent::new(Client, 16, 20, "A", "NOOP\r\n"));
    sent.push(Sent::new(Server, 20, 0, "R", ""));
    sent.last_mut().unwrap().acknowledgement = None;
    let reset = sent.len() as u64;
    let ends = one(&segments(&sent)).ends.unwrap();
    let seen = ends.resets[0];
    assert_eq!((ends.resets.len(), seen.at.packet, seen.side, seen.went_on), (1, reset, Server, 0));
    assert!(!seen.has_other_hops());
    assert_eq!(ends.unacknowledged, [6, 0]);
    // The server goes on: it acknowledges what came before the RST that has its address.
    sent.push(Sent::new(Server, 20, 22, "A", ""));
    let ends = one(&segments(&sent)).ends.unwrap();
    assert_eq!(ends.resets[0].went_on, 1);
}

#[test]
fn another_time_to_live_tells_of_another_machine() {
    let everyone = Everyone::default();
    let mut table = Table::new(everyone.clone(), 1);
    let mut sent = packets(&TURNS[..3], 1000);
    sent.truncate(sent.len() - 3);
    sent.push(Sent::new(Server, 20, 16, "R", ""));
    for (number, sent) in (1..).zip(&sent) {
        let hops = if sent.flags == "R" { 255 } else { 63 };
        table.segment(&changed(sent.segment(number, number as i64 * 100), |header| header.hops = hops));
    }
    table.finish();
    let (_, transport) = everyone.0.take().remove(0);
    assert!(transport.ends.unwrap().resets[0].has_other_hops());
}

#[test]
fn what_is_said_after_the_other_sides_fin_is_noted() {
    let mut sent = packets(&TURNS[..3], 1000);
    sent.truncate(sent.len() - 3);
    sent.push(Sent::new(Server, 20, 16, "FA", ""));
    sent.push(Sent::new(Client, 16, 21, "A", ""));
    let fin = sent.len() as u64 - 1;
    let ends = one(&segments(&sent)).ends.unwrap();
    assert_eq!((ends.fins[1].map(|at| at.packet), ends.said_after_fin), (Some(fin), [None, None]));
    sent.push(Sent::new(Client, 16, 21, "A", "NOOP\r\n"));
    sent.push(Sent::new(Server, 21, 0, "R", ""));
    let ends = one(&segments(&sent)).ends.unwrap();
    assert_eq!(ends.said_after_fin.map(|at| at.map(|at| at.packet)), [Some(fin + 2), None]);
    assert_eq!(numbers(&ends.resets.iter().map(|reset| reset.at).collect::<Vec<_>>()), [fin + 3]);
}
