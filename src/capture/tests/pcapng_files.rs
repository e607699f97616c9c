use crate::capture::testing::{Order, block, interface, open, option, packet, read_all, section};
use crate::capture::{CaptureError, Format, LinkType, Time};

const SECOND: u64 = 1_000_000;

#[test]
fn sections_of_either_byte_order_with_interfaces_of_their_own() {
    let mut bytes = Vec::new();
    for order in [Order::Big, Order::Little] {
        bytes.extend(section(order));
        bytes.extend(interface(order, 1, 0, &[]));
        bytes.extend(interface(
            order,
            113,
            0,
            &[option(order, 9, &[9]), option(order, 14, &order.u64(3)), option(order, 0, &[])],
        ));
        bytes.extend(packet(order, 0, 5 * SECOND, b"one", 3));
        bytes.extend(packet(order, 1, 2_000_000_001, b"three", 900));
    }
    let (seen, error, info) = read_all(open("a.pcapng", bytes).unwrap());
    assert!(error.is_none());
    let expected = [
        (1, Time::from_microseconds(5_000_000), LinkType::ETHERNET, &b"one"[..], 3),
        (2, Time::from_nanoseconds(5_000_000_001), LinkType::LINUX_SLL, b"three", 900),
        (3, Time::from_microseconds(5_000_000), LinkType::ETHERNET, b"one", 3),
        (4, Time::from_nanoseconds(5_000_000_001), LinkType::LINUX_SLL, b"three", 900),
    ];
    let got: Vec<_> =
        seen.iter().map(|seen| (seen.number, seen.time, seen.link, seen.data.as_slice(), seen.wire_len)).collect();
    assert_eq!(got, expected);
    assert_eq!((seen[0].time.digits(), seen[1].time.digits()), (6, 9));
    assert_eq!((info[0].format, &info[0].link_types[..]), (Format::Pcapng, &[LinkType(1), LinkType(113)][..]));
}

#[test]
fn simple_obsolete_and_unknown_blocks() {
    for order in Order::BOTH {
        let mut bytes = [section(order), interface(order, 1, 6, &[])].concat();
        bytes.extend(block(order, 0x0bad_cafe, b"something of another program's"));
        bytes.extend(block(order, 4, &[0; 4]));
        let mut obsolete = [order.u16(0), order.u16(7)].concat();
        obsolete.extend([0, 9_000_000, 3, 50].map(|field| order.u32(field)).concat());
        obsolete.extend(b"old");
        bytes.extend(block(order, 2, &obsolete));
        // The snap length of the interface, 6, truncates the simple packet; two bytes are padding.
        let mut simple = order.u32(100).to_vec();
        simple.extend(b"simple\0\0");
        bytes.extend(block(order, 3, &simple));
        let (seen, error, info) = read_all(open("a.pcapng", bytes).unwrap());
        assert!(error.is_none());
        let got: Vec<_> = seen.iter().map(|seen| (seen.time, seen.data.as_slice(), seen.wire_len)).collect();
        let time = Time::from_microseconds(9_000_000);
        assert_eq!(got, [(time, &b"old"[..], 50), (time, &b"simple"[..], 100)], "{order:?}");
        assert_eq!(info[0].problem, None);
    }
}

#[test]
fn drops_are_those_of_the_last_statistics_of_each_interface() {
    for order in Order::BOTH {
        let statistics = |interface: u32, if_drop: u64, os_drop: u64| {
            let mut content = [interface, 0, 0].map(|field| order.u32(field)).concat();
            content.extend([option(order, 5, &order.u64(if_drop)), option(order, 7, &order.u64(os_drop))].concat());
            block(order, 5, &content)
        };
        let one = [section(order), interface(order, 1, 0, &[]), interface(order, 1, 0, &[])].concat();
        let told = [statistics(0, 1, 2), statistics(1, 0, 10), statistics(0, 3, 4), statistics(9, 99, 99)].concat();
        let (_, error, info) = read_all(open("a.pcapng", one.clone()).unwrap());
        assert!(error.is_none());
        assert_eq!(info[0].dropped, None, "nobody told");
        let (_, _, info) = read_all(open("a.pcapng", [one.clone(), told.clone(), one, told].concat()).unwrap());
        assert_eq!(info[0].dropped, Some(34), "two sections of 17");
    }
}

#[test]
fn nonsense_in_a_block_costs_that_block_alone() {
    let order = Order::Little;
    let good = packet(order, 0, SECOND, b"good", 4);
    let mut lies = packet(order, 0, SECOND, b"lies", 4);
    lies[20] = 200;
    let stray = packet(order, 7, SECOND, b"stray", 5);
    let bytes = [section(order), interface(order, 1, 0, &[]), good.clone(), lies, good.clone(), stray, good].concat();
    let (seen, error, info) = read_all(open("a.pcapng", bytes).unwrap());
    assert!(error.is_none());
    assert_eq!(seen.len(), 3);
    let problem = info[0].problem.as_deref().unwrap();
    assert!(problem.starts_with("skipped 76 bytes in 2 places, the first after packet 1 at byte 84"), "{problem}");
}

#[test]
fn after_corrupt_framing_reading_goes_on() {
    let order = Order::Big;
    let good = packet(order, 0, SECOND, b"good", 4);
    let mut bad = good.clone();
    bad[4] = 0x7f;
    let bytes = [section(order), interface(order, 1, 0, &[]), good.clone(), bad.clone(), good.clone(), good].concat();
    let (seen, error, info) = read_all(open("a.pcapng", bytes.clone()).unwrap());
    assert!(error.is_none());
    assert_eq!(seen.len(), 3);
    assert_eq!(
        info[0].problem.as_deref(),
        Some("skipped 36 bytes after packet 1 at byte 84: a block of impossible length")
    );
    let (seen, error, _) = read_all(open("a.pcapng", [bytes, bad].concat()).unwrap());
    assert_eq!(seen.len(), 3);
    assert!(matches!(error, Some(CaptureError::Corrupt { packet: 3, offset: 192, .. })), "{error:?}");
}

#[test]
fn truncated_at_any_byte_the_packets_before_are_read() {
    let order = Order::Little;
    let head = [section(order), interface(order, 1, 0, &[])].concat();
    let one = packet(order, 0, SECOND, b"packet", 6);
    let whole = [head.clone(), one.clone(), one.clone()].concat();
    for cut in 8..whole.len() {
        let (seen, error, _) = read_all(open("cut.pcapng", whole[..cut].to_vec()).unwrap());
        assert_eq!(seen.len(), cut.saturating_sub(head.len()) / one.len(), "cut at {cut}");
        let at_an_end = [28, 48, 48 + one.len()].contains(&cut);
        assert_eq!(error.is_none(), at_an_end, "cut at {cut}: {error:?}");
    }
}

#[test]
fn another_version_is_refused_where_it_stands() {
    let order = Order::Little;
    let mut second = section(order);
    second[12] = 2;
    let bytes = [section(order), interface(order, 1, 0, &[]), packet(order, 0, 1, b"first", 5), second].concat();
    let (seen, error, info) = read_all(open("a.pcapng", bytes).unwrap());
    assert_eq!(seen.len(), 1);
    assert!(error.unwrap().to_string().contains("pcapng version 2.0 at byte"));
    assert!(info[0].problem.is_some());
}

/// Some writers' block lengths are no multiple of 4; Wireshark reads on.
#[test]
fn lengths_that_count_no_padding() {
    for order in Order::BOTH {
        for data in [&b"abcd"[..], b"abcde", b"abcdef", b"abcdefg"] {
            let length = |total: usize| order.u32(u32::try_from(total).unwrap());
            let simple = [&order.u32(9)[..], data].concat();
            let enhanced = {
                let fields = [0, 0, 9_000_000, u32::try_from(data.len()).unwrap(), 9];
                [fields.map(|field| order.u32(field)).concat(), data.to_vec()].concat()
            };
            for (kind, content) in [(6, enhanced), (3, simple)] {
                let bare = content.len() + 12;
                let padding = vec![0; content.len().next_multiple_of(4) - content.len()];
                for (padding, last) in [(&[][..], bare), (&padding, bare), (&padding, bare + padding.len())] {
                    let block = [&order.u32(kind)[..], &length(bare), &content, padding, &length(last)].concat();
                    let bytes = [section(order), interface(order, 1, 0, &[]), block.clone(), block].concat();
                    let (seen, error, info) = read_all(open("a.pcapng", bytes).unwrap());
                    assert!(error.is_none(), "{error:?}");
                    assert_eq!(info[0].problem, None, "{order:?} {kind} {bare} {last}");
                    assert_eq!(seen.iter().map(|packet| packet.data.as_slice()).collect::<Vec<_>>(), [data, data]);
                }
            }
        }
    }
}

#[test]
fn packets_without_a_time_have_none() {
    for order in Order::BOTH {
        let simple = block(order, 3, &[&order.u32(4)[..], b"data"].concat());
        let head = [section(order), interface(order, 1, 0, &[])].concat();
        let (seen, _, info) = read_all(open("a.pcapng", [head.clone(), simple.clone()].concat()).unwrap());
        assert_eq!((seen[0].time.known(), info[0].first, info[0].last), (None, None, None));
        let timed = packet(order, 0, 9_000_000, b"data", 4);
        let (seen, _, info) = read_all(open("a.pcapng", [head, timed, simple].concat()).unwrap());
        let time = Time::from_microseconds(9_000_000);
        assert_eq!([seen[0].time.known(), seen[1].time.known()], [Some(time), None]);
        assert_eq!(seen[1].time, time, "its place in the order");
        assert_eq!((info[0].first, info[0].last), (Some(time), Some(time)));
    }
}
