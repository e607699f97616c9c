//! Flavours of classic files that other writers make.

use crate::capture::testing::{Order, Seen, open, pcap_header, pcap_record, read_all};
use crate::capture::{CaptureFile, Damage, LinkType, Time};

/// Four packets of eighty bytes, a second apart from `from` on, whose records have `more` bytes after the usual header.
fn records(order: Order, from: u32, more: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 1..=4u8 {
        let record = pcap_record(order, from + u32::from(n), 5, &[n; 80], 90);
        bytes.extend([&record[..16], more, &record[16..]].concat());
    }
    bytes
}

fn all(file: CaptureFile) -> Vec<Seen> {
    let (seen, error, info) = read_all(file.on_damage(Damage::Stop));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(info[0].problem, None);
    seen
}

fn assert_four(seen: &[Seen], from: u32, what: &str) {
    let data: Vec<_> = seen.iter().map(|packet| (packet.data.clone(), packet.wire_len)).collect();
    assert_eq!(data, [1, 2, 3, 4].map(|n: u8| (vec![n; 80], 90)), "{what}");
    for (n, packet) in (1..).zip(seen) {
        assert_eq!(packet.time.nanoseconds() / 1_000_000_000, i64::from(from) + n, "{what}");
    }
}

/// Nokia IPSO, Red Hat 6.1 and SuSE 6.3, with the magic number of libpcap or of Kuznetzov, whatever it announces.
#[test]
fn longer_record_headers_are_recognised_by_the_first_records() {
    for order in Order::BOTH {
        for magic in [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34] {
            for more in [0, 4, 8, 12] {
                for filler in [0, 0x5a] {
                    // Some writers have no clock and begin at time 0.
                    for from in [0, 1_000, 1_700_000_000] {
                        let mut bytes = pcap_header(order, magic, 1);
                        bytes.extend(records(order, from, &vec![filler; more]));
                        let what = format!("{order:?} {magic:x} {more} bytes of {filler} from {from}");
                        assert_four(&all(open("a.pcap", bytes).unwrap()), from, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn two_records_that_end_with_the_file_tell_the_flavour() {
    let mut bytes = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
    bytes.extend(&records(Order::Little, 1_000, &[0; 8])[..2 * (16 + 8 + 80)]);
    assert_eq!(all(open("a.pcap", bytes).unwrap()).len(), 2);
}

/// A truncation that leaves as many bytes as another flavour's header is longer.
#[test]
fn a_truncated_file_is_of_no_other_flavour() {
    let whole = [pcap_header(Order::Little, 0xa1b2_c3d4, 1), records(Order::Little, 1_000, &[])].concat();
    for records in 1..=3 {
        for left in 1..16 {
            let cut = 24 + records * 96 + left;
            let (seen, error, _) = read_all(open("a.pcap", whole[..cut].to_vec()).unwrap());
            assert!(error.unwrap().to_string().contains("truncated in packet"), "{records} and {left}");
            assert_eq!(seen.len(), records);
            assert!(seen.iter().all(|packet| packet.data.len() == 80 && packet.data[0] == packet.data[79]));
        }
    }
}

#[test]
fn netsniff_ng_writes_records_of_its_own() {
    for order in Order::BOTH {
        let mut bytes = pcap_header(order, 0xa1e2_cb12, 1);
        bytes.extend(records(order, 1_000, &[0, 0, 2, 0, 8, 0, 1, 4]));
        let seen = all(open("a.pcap", bytes).unwrap());
        assert_four(&seen, 1_000, "netsniff-ng");
        assert_eq!((seen[0].time, seen[0].time.digits()), (Time::from_nanoseconds(1_001_000_000_005), 9));
    }
}

#[test]
fn ixia_has_a_longer_header() {
    for order in Order::BOTH {
        for (magic, digits) in [(0x1c00_01ac, 9), (0x1c00_01ab, 6)] {
            let mut bytes = pcap_header(order, magic, 1);
            bytes.extend(order.u32(4 * 96));
            bytes.extend(records(order, 1_000, &[]));
            let seen = all(open("a.pcap", bytes.clone()).unwrap());
            assert_four(&seen, 1_000, "IXIA");
            assert_eq!(seen[0].time.digits(), digits);
            for cut in 4..28 {
                assert!(open("a.pcap", bytes[..cut].to_vec()).is_err());
            }
        }
    }
}

#[test]
fn aix_counts_nanoseconds_and_has_link_types_of_its_own() {
    for order in Order::BOTH {
        for (theirs, link) in [(6, LinkType::ETHERNET), (9, LinkType(6)), (15, LinkType(10)), (24, LinkType::NULL)] {
            let mut bytes = pcap_header(order, 0xa1b2_c3d4, theirs);
            bytes[6..8].copy_from_slice(&order.u16(2));
            bytes.extend(pcap_record(order, 1_000, 575_968_000, b"hello", 5));
            let seen = all(open("a.pcap", bytes).unwrap());
            assert_eq!((seen[0].time, seen[0].link), (Time::from_nanoseconds(1_000_575_968_000), link));
        }
        // Others of that version have libpcap's link types, and microseconds.
        let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
        bytes[6..8].copy_from_slice(&order.u16(2));
        bytes.extend(pcap_record(order, 1_000, 575_968, b"hello", 5));
        let seen = all(open("a.pcap", bytes).unwrap());
        assert_eq!((seen[0].time, seen[0].time.digits()), (Time::from_microseconds(1_000_575_968), 6));
    }
}

#[test]
fn dg_ux_has_a_version_of_its_own() {
    let mut bytes = pcap_header(Order::Big, 0xa1b2_c3d4, 1);
    bytes[4..8].copy_from_slice(&[2, 31, 0, 0]);
    bytes.extend(records(Order::Big, 1_000, &[]));
    assert_four(&all(open("a.pcap", bytes).unwrap()), 1_000, "DG/UX");
}

#[test]
fn after_corrupt_bytes_records_at_time_0_are_found_where_times_begin_with_it() {
    let order = Order::Little;
    let record = |n: u8| pcap_record(order, 0, u32::from(n), &[n; 40], 40);
    let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
    for n in 1..=9 {
        bytes.extend(record(n));
    }
    bytes[24 + 2 * 56 + 8..][..4].fill(0xff);
    let (seen, error, _) = read_all(open("a.pcap", bytes).unwrap());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen.iter().map(|packet| packet.data[0]).collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7, 8, 9]);
}
