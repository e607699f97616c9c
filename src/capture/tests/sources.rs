use crate::capture::testing::{Order, open, open_file, pcap, pcap_header, pcap_record, read_all};
use crate::capture::{CaptureError, Fault, Filter, Filtered, LinkType, Merged, number};
use proptest::prelude::*;
use std::path::Path;

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = open_file(&folder.path().join("nothing.pcap")).err().unwrap();
    assert!(matches!(missing, CaptureError::Missing { .. }), "{missing}");
    let directory = open_file(folder.path()).err().unwrap();
    assert!(matches!(directory, CaptureError::Directory { .. }), "{directory}");
    let nowhere = open_file(Path::new("/dev/null")).err().unwrap();
    assert!(matches!(nowhere, CaptureError::Empty { .. }), "{nowhere}");
    assert_eq!([missing, directory, nowhere].map(|error| error.fault()), [Fault::Input; 3]);
}

#[test]
fn a_file_that_is_no_capture_is_named_by_its_kind() {
    for (bytes, word) in [
        (&b"From: alice@example.com\r\n"[..], "text"),
        (b"\xfd7zXZ\0\0\0", "xz -d"),
        (b"snoop\0\0\0\0\0\0\x02", "snoop"),
        (b"PK\x03\x04 and so on", "ZIP"),
        (&[0; 64], "zeros"),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9], "nothing else"),
        (b"\x01", "nothing else"),
    ] {
        let error = open("a", bytes.to_vec()).err().unwrap();
        assert!(matches!(error, CaptureError::NotACapture { .. }));
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn several_files_are_merged_by_time_and_numbers_are_those_of_each_file() {
    let file = |seconds: &[u32], mark: u8| {
        let mut bytes = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
        for second in seconds {
            bytes.extend(pcap_record(Order::Little, *second, 0, &[mark], 1));
        }
        bytes
    };
    let a = open("a", file(&[1, 4, 4, 9], b'a')).unwrap();
    let b = open("b", file(&[2, 4, 5], b'b')).unwrap();
    // `c` is out of order within itself: each packet comes as soon as the one before it has.
    let c = open("c", file(&[7, 3], b'c')).unwrap();
    let empty = open("empty", file(&[], b'-')).unwrap();
    let (seen, error, info) = read_all(Merged::new(vec![a, b, c, empty]));
    assert!(error.is_none());
    let order: String = seen.iter().map(|packet| char::from(packet.data[0])).collect();
    assert_eq!(order, "abaabbcca");
    let numbers: Vec<_> =
        seen.iter().map(|packet| (number::source(packet.number), number::frame(packet.number))).collect();
    assert_eq!(numbers, [(0, 1), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 1), (2, 2), (0, 4)]);
    let told: Vec<_> = info.iter().map(|info| (info.name.as_str(), info.packets)).collect();
    assert_eq!(told, [("a", 4), ("b", 3), ("c", 2), ("empty", 0)]);
}

#[test]
fn a_truncated_file_among_several_does_not_stop_the_others() {
    let mut cut = pcap(Order::Little, 3);
    cut.truncate(cut.len() - 1);
    let files = vec![open("cut", cut).unwrap(), open("whole", pcap(Order::Little, 9)).unwrap()];
    let (seen, error, info) = read_all(Merged::new(files));
    assert_eq!(seen.len(), 2 + 9);
    assert!(matches!(error, Some(CaptureError::CutShort { packet: 3, .. })), "{error:?}");
    assert!(info[0].problem.is_some());
    assert_eq!(info[1].problem, None);
}

/// An Ethernet or raw IPv4 packet with a TCP header from port 40000 to `port`.
fn tcp(ethernet: bool, port: u16) -> Vec<u8> {
    let mut bytes = if ethernet { vec![0; 14] } else { Vec::new() };
    if ethernet {
        bytes[12..].copy_from_slice(&[8, 0]);
    }
    bytes.extend([0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(40_000u16.to_be_bytes());
    bytes.extend(port.to_be_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn a_filter_is_compiled_for_each_link_type_and_numbers_stay() {
    let file = |link: LinkType| {
        let mut bytes = pcap_header(Order::Little, 0xa1b2_c3d4, link.0.into());
        for (second, port) in [(1, 25), (2, 80), (3, 110), (4, 80)] {
            let packet = tcp(link == LinkType::ETHERNET, port);
            bytes.extend(pcap_record(Order::Little, second, 0, &packet, packet.len() as u32));
        }
        open("file", bytes).unwrap()
    };
    let both = || Merged::new(vec![file(LinkType::ETHERNET), file(LinkType::RAW)]);
    let (seen, error, info) = read_all(Filtered::new(both(), Filter::new("tcp port 25 or tcp port 110").unwrap()));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen.iter().map(|packet| number::frame(packet.number)).collect::<Vec<_>>(), [1, 1, 3, 3]);
    assert_eq!(info[0].packets, 4, "read, not matched");

    // Raw IP has no Ethernet addresses.
    let filter = Filter::new("ether src 00:00:00:00:00:00").unwrap();
    let (_, error, _) = read_all(Filtered::new(both(), filter));
    assert!(matches!(&error, Some(CaptureError::Filter { link: LinkType::RAW, .. })), "{error:?}");
}

#[test]
fn a_wrong_filter_is_a_wrong_command_line() {
    for expression in ["tcp prot 25", "port \0", "("] {
        let error = Filter::new(expression).err().unwrap();
        assert_eq!((error.fault(), error.fault().exit_status()), (Fault::Usage, 2));
        assert!(error.to_string().contains(expression), "{error}");
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..600), format in 0..5usize) {
        let beginning = match format {
            0 => pcap(Order::Little, 2),
            1 => pcap(Order::Big, 2),
            2 => crate::capture::testing::section(Order::Little),
            3 => crate::capture::testing::section(Order::Big),
            _ => Vec::new(),
        };
        if let Ok(file) = open("any", [beginning, bytes].concat()) {
            read_all(file);
        }
    }

    #[test]
    fn any_damage_to_a_file_can_be_read(damage in proptest::collection::vec((0..400usize, any::<u8>()), 1..8), format in 0..4usize) {
        use crate::capture::testing::{interface, packet, section};
        let order = Order::BOTH[format & 1];
        let mut bytes = if format < 2 {
            pcap(order, 12)
        } else {
            let mut bytes = [section(order), interface(order, 1, 64, &[])].concat();
            for n in 1..=12u8 {
                bytes.extend(packet(order, 0, u64::from(n) << 20, &vec![n; n.into()], 60));
            }
            bytes
        };
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        if let Ok(file) = open("damaged", bytes) {
            let (seen, _, info) = read_all(file);
            prop_assert_eq!(seen.len() as u64, info[0].packets);
        }
    }
}
