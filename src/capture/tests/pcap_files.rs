use crate::capture::testing::{Order, open, pcap, pcap_header, pcap_record, read_all};
use crate::capture::{CaptureError, Compression, Damage, Format, LinkType, Time, compressed};

#[test]
fn either_byte_order_and_either_resolution() {
    for order in Order::BOTH {
        for (magic, time) in
            [(0xa1b2_c3d4, Time::from_microseconds(7_000_123)), (0xa1b2_3c4d, Time::from_nanoseconds(7_000_000_123))]
        {
            let mut bytes = pcap_header(order, magic, 113);
            bytes.extend(pcap_record(order, 7, 123, b"hello", 1_500));
            let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap());
            assert!(error.is_none());
            let [packet] = &seen[..] else { panic!("{seen:?}") };
            assert_eq!((packet.number, packet.time, packet.time.digits()), (1, time, time.digits()));
            assert_eq!((packet.link, packet.data.as_slice(), packet.wire_len), (LinkType(113), &b"hello"[..], 1_500));
            assert_eq!((info[0].format, info[0].packets, info[0].bytes), (Format::Pcap, 1, 5));
            assert_eq!((info[0].first, info[0].last), (Some(time), Some(time)));
            assert_eq!(info[0].link_types, [LinkType::LINUX_SLL]);
            assert_eq!(info[0].problem, None);
        }
    }
}

#[test]
fn the_modified_format_has_longer_records() {
    let mut bytes = pcap_header(Order::Little, 0xa1b2_cd34, 1);
    for _ in 0..2 {
        let record = pcap_record(Order::Little, 7, 5, b"hello", 5);
        bytes.extend(&record[..16]);
        bytes.extend([0; 8]);
        bytes.extend(&record[16..]);
    }
    let (seen, error, _) = read_all(open("a.pcap", bytes).unwrap());
    assert!(error.is_none());
    assert_eq!(seen.iter().map(|packet| packet.data.as_slice()).collect::<Vec<_>>(), [b"hello", b"hello"]);
}

#[test]
fn old_versions_name_the_lengths_the_other_way_round() {
    // Version, the lengths as they stand in the record; five bytes of nine are captured.
    for (minor, first, second) in [(0, 9, 5), (2, 9, 5), (3, 9, 5), (3, 5, 9), (4, 5, 9)] {
        for order in Order::BOTH {
            let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
            bytes[6..8].copy_from_slice(&order.u16(minor));
            for second_in in [7, 8] {
                let mut record = pcap_record(order, second_in, 123, b"hello", 9);
                record[8..12].copy_from_slice(&order.u32(first));
                record[12..16].copy_from_slice(&order.u32(second));
                bytes.extend(record);
            }
            let (seen, error, _) = read_all(open("a.pcap", bytes).unwrap());
            assert!(error.is_none(), "2.{minor}: {error:?}");
            let seen: Vec<_> = seen.iter().map(|packet| (packet.data.as_slice(), packet.wire_len)).collect();
            assert_eq!(seen, [(&b"hello"[..], 9); 2], "2.{minor}");
        }
    }
}

#[test]
fn a_frame_check_sequence_is_no_part_of_the_link_type() {
    let bytes = pcap_header(Order::Little, 0xa1b2_c3d4, 0x5400_0001);
    let (_, _, info) = read_all(open("a.pcap", bytes).unwrap());
    assert_eq!(info[0].link_types, [LinkType::ETHERNET]);
}

#[test]
fn other_versions_are_refused_by_name() {
    let mut bytes = pcap(Order::Little, 1);
    bytes[4] = 3;
    let error = open("a.pcap", bytes).err().unwrap();
    assert!(error.to_string().contains("pcap version 3.4"), "{error}");
    assert!(matches!(error, CaptureError::Unsupported { .. }), "{error}");
}

#[test]
fn truncated_at_any_byte_the_packets_before_are_read_and_the_offset_is_reported() {
    let whole = pcap(Order::Little, 3);
    let ends: Vec<usize> = vec![24, 24 + 17, 24 + 17 + 18, whole.len()];
    for cut in 0..whole.len() {
        let bytes = whole[..cut].to_vec();
        if cut < 24 {
            let error = open("cut.pcap", bytes).err().unwrap();
            match cut {
                0 => assert!(matches!(error, CaptureError::Empty { .. })),
                1..4 => assert!(matches!(error, CaptureError::NotACapture { .. })),
                _ => assert!(matches!(error, CaptureError::CutShort { packet: 1, offset: 0, .. })),
            }
            continue;
        }
        let complete = ends.iter().filter(|end| **end <= cut).count() - 1;
        let (seen, error, info) = read_all(open("cut.pcap", bytes).unwrap());
        assert_eq!(seen.len(), complete, "cut at {cut}");
        if ends.contains(&cut) {
            assert!(error.is_none());
        } else {
            let problem = format!("truncated in packet {} at byte {}", complete + 1, ends[complete]);
            assert_eq!(info[0].problem.as_deref(), Some(problem.as_str()));
            assert!(error.unwrap().to_string().starts_with(&format!("cut.pcap: {problem}")));
        }
    }
}

#[test]
fn after_a_corrupt_record_reading_goes_on() {
    for order in Order::BOTH {
        let mut bytes = pcap(order, 9);
        let fourth = 24 + (16 + 1) + (16 + 2) + (16 + 3);
        bytes[fourth + 8..fourth + 12].fill(0xff);
        let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap());
        assert!(error.is_none());
        assert_eq!(seen.iter().map(|packet| packet.data[0]).collect::<Vec<_>>(), [1, 2, 3, 5, 6, 7, 8, 9]);
        assert_eq!(
            info[0].problem.as_deref(),
            Some("skipped 20 bytes after packet 3 at byte 78: a record longer than any packet")
        );
    }
}

#[test]
fn after_a_corrupt_record_reading_stops_if_asked_to() {
    let mut bytes = pcap(Order::Little, 9);
    bytes[78 + 8..78 + 12].fill(0xff);
    let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap().on_damage(Damage::Stop));
    assert_eq!(seen.len(), 3);
    assert!(matches!(error, Some(CaptureError::Corrupt { packet: 3, offset: 78, .. })), "{error:?}");
    let problem = "corrupt after packet 3 at byte 78: a record longer than any packet";
    assert_eq!(info[0].problem.as_deref(), Some(problem));
}

#[test]
fn garbage_larger_than_the_window_is_stepped_over() {
    let order = Order::Little;
    let mut bytes = pcap(order, 3);
    bytes.extend((0..5_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80));
    for n in 4..=9 {
        bytes.extend(pcap_record(order, 1_000 + n, 5, &[n as u8; 40], 40));
    }
    let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap());
    assert!(error.is_none());
    assert_eq!(seen.iter().map(|packet| packet.data[0]).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert!(info[0].problem.as_deref().unwrap().starts_with("skipped 5000000 bytes after packet 3"));
}

/// Would take minutes if each damaged place cost more than the bytes examined there.
#[test]
fn damage_every_few_bytes() {
    let order = Order::Little;
    let mut bytes = pcap_header(order, 0xa1b2_c3d4, 1);
    for n in 0..40_000 {
        for _ in 0..3 {
            bytes.extend(pcap_record(order, 1_000 + n, 5, b"good", 4));
        }
        bytes.extend([0xff; 30]);
    }
    let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap());
    assert!(matches!(error, Some(CaptureError::Corrupt { packet: 120_000, .. })), "{error:?}");
    assert_eq!(seen.len(), 120_000);
    let problem = info[0].problem.as_deref().unwrap();
    assert!(
        problem.starts_with("skipped 1199970 bytes in 39999 places, the first after packet 3 at byte 84"),
        "{problem}"
    );
}

#[test]
fn zeros_at_the_end_are_no_packets() {
    let mut bytes = pcap(Order::Little, 3);
    let end = bytes.len() as u64;
    bytes.extend(vec![0; 3_000_000]);
    let (seen, error, info) = read_all(open("a.pcap", bytes).unwrap());
    assert_eq!(seen.len(), 3);
    assert!(matches!(error, Some(CaptureError::Corrupt { packet: 3, offset, .. }) if offset == end), "{error:?}");
    assert!(info[0].problem.as_deref().unwrap().starts_with("corrupt after packet 3"));
}

#[test]
fn compressed_files_are_read_and_named() {
    for compression in compressed::tests::ALL {
        let whole = compressed::tests::compress(compression, &pcap(Order::Big, 30));
        let (seen, error, info) = read_all(open("a.pcap", whole.clone()).unwrap());
        assert!(error.is_none(), "{compression:?}: {error:?}");
        assert_eq!((seen.len(), info[0].compression), (30, Some(compression)));
        let cut = whole[..whole.len() - 3].to_vec();
        // zstd delivers a block of its content whole or not at all, and this content is one block.
        let error = match open("a.pcap", cut) {
            Ok(file) => read_all(file).1.unwrap(),
            Err(error) => error,
        };
        assert!(matches!(error, CaptureError::Compressed { .. }), "{error}");
        assert!(error.problem().starts_with(compression.name()));
    }
    assert_eq!(Compression::Gzip.name(), "gzip");
}
