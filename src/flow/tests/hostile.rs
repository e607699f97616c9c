//! Floods: memory bounded, time linear. `cargo test --release --lib flow -- --ignored --nocapture` for the large
//! figures.

use super::*;
use crate::flow::connection::Connection;
use crate::flow::store::ConnectionStore;
use crate::flow::table::Entry;
use crate::limits::{CONNECTIONS, HISTORY_BYTES, Limit, WAITING_BYTES};
use std::net::Ipv4Addr;

/// Counts connections that are over, and keeps nothing.
#[derive(Default, Clone)]
struct Counting(Rc<RefCell<[u64; 2]>>);

struct Deaf;

impl StreamHandler for Deaf {
    fn data(&mut self, _: Side, _: &[u8], _: PacketRef) {}
    fn gap(&mut self, _: Side, _: u64, _: PacketRef) {}
}

impl ConnectionHandler for Counting {
    type StreamHandler = Deaf;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        Endpoints { client: source, server: destination }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Deaf {
        Deaf
    }

    fn over(&mut self, _: Deaf, transport: Transport) {
        self.0.borrow_mut()[usize::from(transport.end == CloseReason::Unanswered)] += 1;
    }
}

/// Segment number `n` of a client of its own.
pub(super) fn from_client(n: u32, packet: u64, microseconds: i64) -> Segment<'static> {
    let source = SocketAddr::new(Ipv4Addr::from(0x0a00_0000 + n).into(), 40_000);
    Segment {
        source,
        destination: SERVER.parse().expect("an address"),
        header: Header {
            packet,
            time: Time::from_microseconds(microseconds),
            sequence: n,
            acknowledgement: None,
            syn: true,
            fin: false,
            rst: false,
            window: 65_535,
            identification: None,
            hops: 64,
            timestamp: None,
            received_twice: None,
            urgent: None,
            shares_packet: false,
            decrypted: false,
            subflow: None,
            wire_len: 0,
        },
        payload: &[],
        multipath: &[],
    }
}

/// A flood of SYNs; returns the most connections at once.
fn flood(syns: u32, apart: i64) -> usize {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    let mut most = 0;
    for n in 0..syns {
        let syn = from_client(n, u64::from(n) + 1, i64::from(n) * apart);
        table.segment(&syn);
        // As at the end of a batch.
        if n % 1_000 == 0 {
            table.tick(syn.header.time);
        }
        most = most.max(table.store.len());
        assert!(table.store.places() <= CONNECTIONS);
    }
    table.finish();
    assert_eq!(*counting.0.borrow(), [0, u64::from(syns)]);
    assert!(table.waiting_cost == 0 && table.remembered == 0 && table.remembering.is_empty());
    most
}

#[test]
fn a_flood_of_syns_holds_no_more_than_two_minutes_of_it() {
    // 1,000 a second: 120 seconds of them.
    assert!((120_000..=121_001).contains(&flood(150_000, 1_000)));
}

#[test]
#[ignore = "figures"]
fn ten_million_syns() {
    let begun = std::time::Instant::now();
    let most = flood(10_000_000, 1);
    eprintln!(
        "{most} connections at once, {} bytes each, {:?}",
        ConnectionStore::<Entry<Counting>>::COST,
        begun.elapsed()
    );
    assert_eq!(most, CONNECTIONS);
}

/// A table with room for `connections`, a quarter of which may have a stream handler.
fn small_table(connections: usize) -> (Counting, Table<Counting>) {
    let counting = Counting::default();
    (counting.clone(), Table::new(counting, CONNECTIONS / connections).with_memory(1 << 30))
}

#[test]
fn a_flood_of_syns_pushes_out_nothing_but_syns() {
    let (counting, mut table) = small_table(64);
    // Two that carry data, one of them long ago, and one that was answered and is silent.
    for n in 0..3 {
        table.segment(&from_client(n, 1, 0));
    }
    table.segment(&said(0, 1, b"HELO", 2));
    table.segment(&said(1, 2, b"HELO", 3));
    table.segment(&said(2, 3, b"", 4));
    for n in 100..1_000 {
        table.segment(&from_client(n, u64::from(n), 1_000));
        assert!(table.store.len() <= 64);
    }
    assert_eq!(*counting.0.borrow(), [0, 900 - 61]);
    assert_eq!(table.limits_hit().iter().collect::<Vec<_>>(), [(Limit::Connections, 900 - 61)]);
    table.finish();
    assert_eq!(*counting.0.borrow(), [3, 900]);
}

#[test]
fn the_followed_connection_silent_longest_makes_room() {
    let (counting, mut table) = small_table(64);
    for n in 0..40 {
        table.segment(&from_client(n, 1, 0));
        table.segment(&said(n, n + 1, b"HELO", u64::from(n) + 2));
    }
    // A quarter of them may have a stream handler.
    assert_eq!((table.store.len(), *counting.0.borrow()), (16, [24, 0]));
    assert!(table.stream_handler(&Key::of(&from_client(23, 1, 0))).is_none());
    assert!(table.stream_handler(&Key::of(&from_client(24, 1, 0))).is_some());
    assert_eq!(table.limits_hit().iter().collect::<Vec<_>>(), [(Limit::Connections, 24)]);
}

#[test]
fn syns_with_data_are_bounded_too() {
    let (_, mut table) = small_table(64);
    for n in 0..1_000 {
        let syn = Segment { payload: b"HELO", ..from_client(n, u64::from(n) + 1, 0) };
        table.segment(&changed(syn, |header| header.wire_len = 4));
        assert!(table.store.len() <= 16);
    }
}

#[test]
fn connections_that_expire_at_once_are_reported_in_portions() {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    for n in 0..20_000 {
        table.segment(&from_client(n, u64::from(n) + 1, 0));
    }
    let mut told = Vec::new();
    for second in 130..134 {
        table.tick(Time::from_microseconds(second * 1_000_000));
        told.push(counting.0.borrow()[1]);
    }
    assert_eq!(told, [8_192, 16_384, 20_000, 20_000]);
    assert!(table.limits_hit().is_empty());
}

#[test]
fn a_half_open_connection_is_small() {
    let cost = ConnectionStore::<Entry<Counting>>::COST;
    assert!(cost <= 252, "{cost}");
}

#[test]
fn a_followed_connection_is_small() {
    let size = size_of::<Connection>();
    assert!(size <= 1_024, "{size}");
}

/// A connection's segment from the client, with payload.
pub(super) fn said(n: u32, sequence: u32, payload: &[u8], packet: u64) -> Segment<'_> {
    let wire_len = payload.len() as u32;
    let base = from_client(n, packet, packet as i64 * 10);
    let header = Header { sequence, acknowledgement: Some(1), syn: false, wire_len, ..base.header };
    Segment { header, payload, ..base }
}

#[test]
fn the_history_is_bounded_over_all_connections() {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    let text = vec![b'x'; 32_768];
    let connections = (HISTORY_BYTES / text.len()) as u32 + 500;
    let mut packet = 0;
    // Twice round, so that connections that forgot remember anew.
    for round in 0..2 {
        for n in 0..connections {
            packet += 1;
            table.segment(&from_client(n, packet, packet as i64 * 10));
            packet += 1;
            table.segment(&said(n, n + 1 + round * 32_768, &text, packet));
            // Bytes are delivered only after the server's SYN.
            packet += 1;
            let syn =
                changed(from_client(n, packet, packet as i64 * 10), |header| header.acknowledgement = Some(n + 1));
            let answer = Segment { source: syn.destination, destination: syn.source, ..syn };
            table.segment(&changed(answer, |header| header.sequence = 0));
            assert!(table.remembered <= HISTORY_BYTES);
            assert!(table.remembering.len() <= 2 * connections as usize + 300);
        }
    }
    assert!(table.limits_hit().is_empty(), "nothing was compared yet");
    // The first has forgotten its first bytes.
    packet += 1;
    table.segment(&said(0, 1, &text[..100], packet));
    assert_eq!(table.limits_hit().iter().collect::<Vec<_>>(), [(Limit::History, 1)]);
}

#[test]
fn a_stream_of_one_byte_segments_out_of_order_is_bounded() {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    table.segment(&from_client(7, 1, 0));
    // Every second byte, so that nothing ever fits.
    for n in 0..100_000_u32 {
        table.segment(&said(7, 10 + 2 * n, b"x", u64::from(n) + 2));
        assert!(table.waiting_cost <= WAITING_BYTES);
        let followed = table.store.get(0).and_then(|entry| entry.followed()).expect("it");
        assert!(followed.connection.waiting_cost() < 2 << 20);
    }
    table.finish();
    assert_eq!(*counting.0.borrow(), [1, 0]);
    assert!(table.limits_hit().iter().any(|(limit, _)| limit == Limit::Waiting));
}

#[test]
fn many_connections_that_all_wait_are_bounded() {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    let text = vec![b'x'; 60_000];
    let mut packet = 0;
    for n in 0..6_000 {
        packet += 1;
        table.segment(&from_client(n, packet, packet as i64));
        packet += 1;
        table.segment(&said(n, n + 1_000, &text, packet));
        assert!(table.waiting_cost <= WAITING_BYTES);
    }
    assert!(table.limits_hit().iter().any(|(limit, _)| limit == Limit::Waiting));
}

#[test]
fn every_segment_twice_with_different_content_is_linear() {
    let counting = Counting::default();
    let mut table = Table::new(counting.clone(), 1);
    table.segment(&from_client(7, 1, 0));
    let (first, second) = (vec![b'a'; 1_000], vec![b'b'; 1_000]);
    // After the server's SYN both beginnings are known.
    let syn = changed(from_client(7, 2, 1), |header| header.acknowledgement = Some(8));
    let answer = Segment { source: syn.destination, destination: syn.source, ..syn };
    table.segment(&changed(answer, |header| header.sequence = 0));
    for n in 0..50_000_u32 {
        for (copy, text) in (0..).zip([&first, &second]) {
            table.segment(&said(7, 8 + n * 1_000, text, u64::from(2 * n + copy) + 3));
        }
        assert!(table.remembered <= 1 << 17 && table.waiting_cost == 0);
    }
    let followed = table.store.get(0).and_then(|entry| entry.followed()).expect("it");
    let transport = format!("{:?}", followed.connection);
    // 50 MB in conflict, of which four excerpts are kept.
    assert!(transport.contains("conflicting: 50000000") && transport.contains("more: 49996"), "{transport}");
    assert!(transport.len() < 2_000_000);
    table.finish();
    assert_eq!(*counting.0.borrow(), [1, 0]);
}
