use super::*;
use crate::decode::Header;
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::{Ipv4Addr, SocketAddr};

fn segment(source: SocketAddr, destination: SocketAddr, time: i64) -> Segment<'static> {
    Segment {
        source,
        destination,
        header: Header {
            packet: 1,
            time: Time::from_microseconds(time),
            sequence: 1,
            acknowledgement: None,
            syn: true,
            fin: false,
            rst: false,
            window: 0,
            identification: None,
            hops: 0,
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

/// As `longest_ways`, by trying all edges again and again.
fn by_rounds(files: usize, edges: &[Edge]) -> Option<Vec<usize>> {
    let mut ranks = vec![0; files];
    for _ in 0..=files {
        let before = ranks.clone();
        for &(from, to, steps) in edges {
            ranks[to] = ranks[to].max(ranks[from] + steps);
        }
        if ranks == before {
            return Some(ranks);
        }
    }
    None
}

proptest! {
    #[test]
    fn the_longest_way_is_found_through_circles_too(edges in vec((0..8_usize, 0..8_usize, 0..6_usize), 0..20)) {
        let edges: Vec<Edge> = edges.into_iter().map(|(from, to, steps)| (from, to, usize::from(steps == 0))).collect();
        prop_assert_eq!(longest_ways(8, &edges), by_rounds(8, &edges));
    }
}

/// Files by these names in `folder`, each with one packet at so many seconds.
fn written(folder: &std::path::Path, files: &[(&str, u32)]) -> Vec<PathBuf> {
    let write = |&(name, seconds): &(&str, u32)| {
        let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1];
        let record = [seconds, 0, 4, 4, 0];
        let bytes: Vec<u8> = header.into_iter().chain(record).flat_map(u32::to_le_bytes).collect();
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    files.iter().map(write).collect()
}

#[test]
fn of_large_files_those_are_compared_between_which_the_times_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let suspected = |files: &[(&str, u32)]| {
        let mut all: Vec<usize> = suspects(&written(folder.path(), files)).into_iter().collect();
        all.sort_unstable();
        all
    };
    // The shell's order is not that of the names, and two captures side by side overlap.
    assert_eq!(suspected(&[("x.pcap", 1), ("x.pcap1", 2), ("x.pcap10", 4), ("x.pcap9", 3)]), [0; 0]);
    assert_eq!(suspected(&[("s1-00001_", 1), ("s1-00002_", 3), ("s2-00001_", 2), ("s2-00002_", 4)]), [0; 0]);
    // A ring that was written over.
    assert_eq!(suspected(&[("y.pcap0", 5), ("y.pcap1", 6), ("y.pcap2", 3), ("y.pcap3", 4)]), [1, 2]);
    assert_eq!(suspected(&[("b", 1), ("a", 3), ("c", 2)]), [0, 1, 2], "any may go on after any");
    let names: Vec<String> = (0..40).map(|number| format!("{:x}", number * 7_919 % 40 + 100)).collect();
    let shuffled: Vec<(&str, u32)> = names.iter().zip(0..).map(|(name, at)| (name.as_str(), at * 17 % 40)).collect();
    assert_eq!(suspected(&shuffled), [0; 0], "an order by names that tell nothing");
}

#[test]
fn a_file_that_is_missing_leaves_the_others_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = written(folder.path(), &[("a", 2), ("b", 1)]);
    files.push(folder.path().join("missing"));
    assert_eq!(ranks(&files, &mut LimitsHit::default()), Some(vec![0; 3]));
}

#[test]
fn connections_in_too_many_files_are_left_out_and_counted() {
    let server = SocketAddr::from(([172, 16, 0, 253], 25));
    let held = |clients: &[u16]| {
        let mut held = Held::default();
        let client = |port: &u16| SocketAddr::from(([10, 0, 0, 1], *port));
        clients.iter().for_each(|port| held.segment(&segment(client(port), server, 1)));
        held
    };
    let most = FILE_ORDER_PAIRS.isqrt();
    let mut limits = LimitsHit::default();
    let mut all: Vec<Held> = (0..most).map(|_| held(&[1])).collect();
    grouped(&all, &mut limits);
    assert!(limits.is_empty(), "one connection in {most} files has fewer pairs");
    all.extend([held(&[1, 2]), held(&[1, 2])]);
    grouped(&all, &mut limits);
    assert_eq!(limits.iter().collect::<Vec<_>>(), [(Limit::FileOrder, 1)], "the one in two files is compared");
}

#[test]
fn all_files_together_hold_no_more_than_some() {
    let server = SocketAddr::from(([172, 16, 0, 253], 25));
    let (files, each) = (5_u32, FILE_ORDER_TOGETHER as u32 / 4);
    let mut all = AllHeld::default();
    for file in 0..files {
        let mut held = Held::default();
        for number in 0..each {
            let source = SocketAddr::new(Ipv4Addr::from(0x0a00_0000 + number).into(), 40_000);
            let stretch = Stretch { first: Time::default(), last: Time::default(), ranges: [None; 2] };
            let time = Time::from_microseconds(i64::from(number) / 2);
            held.connections.insert(Key::of(&segment(source, server, 0)), Stretch { last: time, ..stretch });
        }
        all.add(held, files as usize);
        let together: usize = all.held.iter().map(|held| held.connections.len()).sum();
        assert!(together <= FILE_ORDER_TOGETHER && together == all.connections, "file {file}: {together}");
    }
    let share = FILE_ORDER_TOGETHER / files as usize;
    for held in &all.held {
        assert_eq!(held.connections.len(), share);
        assert_eq!(held.left_out, u64::from(each) - share as u64);
        let first = i64::from(each - share as u32) / 2;
        assert!(held.connections.values().all(|held| held.last >= Time::from_microseconds(first)), "the last stay");
    }
    let mut limits = LimitsHit::default();
    assert!(grouped(&all.held, &mut limits).iter().all(|rank| *rank == 0));
}

#[test]
fn connections_that_are_left_out_are_counted() {
    let mut held = Held::default();
    for number in 0..=FILE_ORDER_CONNECTIONS as u32 {
        let source = SocketAddr::new(Ipv4Addr::from(0x0a00_0000 + number).into(), 40_000);
        held.segment(&segment(source, SocketAddr::from(([172, 16, 0, 253], 25)), number.into()));
    }
    assert_eq!(held.left_out + held.connections.len() as u64, FILE_ORDER_CONNECTIONS as u64 + 1);
    assert!(held.left_out > 0);
}
