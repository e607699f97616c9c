use super::{Outcome, PAYLOAD, ethernet, ipv4, ipv6, outcome, packet, tcp, usual};
use crate::capture::{LinkType, Packet};
use crate::decode::{Decoded, Decoder, Peek, PeekedTcp, Skim, peek, plain_tcp, skim};
use proptest::prelude::*;

/// A packet of every kind that is known here.
fn samples() -> Vec<(LinkType, Vec<u8>)> {
    let ip = ipv4(6, &tcp(PAYLOAD));
    let ip6 = ipv6(0, &[&[60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0][..], &tcp(PAYLOAD)].concat());
    let vxlan = [&[0xc0, 0, 0x12, 0xb5, 0, 95, 0, 0, 8, 0, 0, 0, 0, 0, 42, 0][..], &usual()].concat();
    let gtp = [&[0xc0, 0, 0x08, 0x68, 0, 89, 0, 0, 0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0][..], &ip]
        .concat();
    let snap = [&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00][..], &ip].concat();
    let mut samples = vec![
        (LinkType::ETHERNET, usual()),
        (LinkType::ETHERNET, ethernet(0x8100, &[&[0, 5, 0x88, 0xa8, 0, 6, 0x86, 0xdd][..], &ip6].concat())),
        (LinkType::ETHERNET, ethernet(70, &snap)),
        (LinkType::ETHERNET, ethernet(0x8864, &[&[0x11, 0, 0, 1, 0, 67, 0, 0x21][..], &ip].concat())),
        (LinkType::ETHERNET, ethernet(0x8847, &[&[0, 1, 0, 64, 0, 2, 1, 64][..], &ip].concat())),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &vxlan))),
        (LinkType::RAW, ipv4(17, &gtp)),
        (LinkType::RAW, ipv4(47, &[&[0xb0, 0, 0x08, 0x00][..], &[0; 12], &ip].concat())),
        (LinkType::RAW, ipv6(41, &ip6)),
        (LinkType::LINUX_SLL, [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00][..], &ip].concat()),
        (LinkType::LINUX_SLL2, [&[0x08, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &ip].concat()),
        (LinkType::NULL, [&[2, 0, 0, 0][..], &ip].concat()),
        (LinkType::PPP, [&[0xff, 0x03, 0x00, 0x57][..], &ip6].concat()),
        (LinkType::IEEE802_11, [&[0x88, 0x02][..], &[0; 24], &snap].concat()),
        (LinkType::IEEE802_11_RADIOTAP, [&[0, 0, 8, 0, 0, 0, 0, 0, 0x08, 1][..], &[0; 22], &snap].concat()),
    ];
    samples.extend(super::encapsulations::samples());
    samples
}

/// Packets that are no TCP, of the kinds that are most frequent.
fn others() -> Vec<(LinkType, Vec<u8>)> {
    let udp = |source: u16, destination: u16, content: &[u8]| {
        let length = u16::try_from(8 + content.len()).unwrap();
        let fields = [source, destination, length, 0].map(u16::to_be_bytes).concat();
        [&fields[..], content].concat()
    };
    let (dns, quic) = (udp(53_124, 53, &[7; 30]), udp(443, 53_125, &[0x40; 60]));
    let (echo, unreachable) =
        ([8, 0, 1, 2, 3, 4, 5, 6], [&[3, 1, 0, 0, 0, 0, 0, 0][..], &ipv4(6, &tcp(PAYLOAD))].concat());
    let v6 = |number: u8, payload: &[u8]| {
        let mut packet = ipv6(number, payload);
        packet[6] = number;
        packet
    };
    vec![
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &dns))),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &quic))),
        (LinkType::ETHERNET, ethernet(0x8100, &[&[0, 5, 0x08, 0x00][..], &ipv4(17, &quic)].concat())),
        (LinkType::ETHERNET, ethernet(0x86dd, &v6(17, &dns))),
        (LinkType::ETHERNET, ethernet(0x0806, &[1; 28])),
        (LinkType::ETHERNET, ethernet(0x8100, &[&[0, 5, 0x08, 0x06][..], &[1; 28]].concat())),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(1, &echo))),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(1, &unreachable))),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &udp(4_500, 4_500, &[0; 40])))),
        (LinkType::ETHERNET, ethernet(0x0800, &ipv4(17, &udp(3_544, 53, &[0x60; 60])))),
        (LinkType::RAW, ipv4(17, &dns)),
        (LinkType::RAW, v6(17, &quic)),
        (LinkType::LINUX_SLL, [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00][..], &ipv4(17, &dns)].concat()),
    ]
}

/// Peeking at a packet, and a glance at its bytes, must agree with decoding it.
fn agree(packet: &Packet<'_>) {
    let looked = peek(packet);
    let glance = match looked {
        Peek::Tcp(PeekedTcp { source_port: source, destination_port: destination, begins, .. }) => {
            Skim::Tcp { source, destination, begins }
        }
        Peek::NotTcp => Skim::NotTcp,
        Peek::Unsure => Skim::Unsure,
    };
    assert_eq!(skim(packet.link, packet.data), glance);
    if let Some((source, destination, begins)) = plain_tcp(packet.link, packet.data) {
        assert_eq!(glance, Skim::Tcp { source, destination, begins });
    }
    match Decoder::default().decode(packet) {
        Decoded::Segment(segment) => match looked {
            Peek::Tcp(glimpse) => {
                assert_eq!(glimpse.segment(packet), Some(segment));
                let plain = segment.multipath.is_empty().then_some(segment.payload.len());
                assert_eq!(glimpse.plain_payload(), plain);
                assert_eq!(glimpse.addresses(), (segment.source.ip(), segment.destination.ip()));
            }
            Peek::Unsure => {}
            Peek::NotTcp => panic!("a segment was called not TCP"),
        },
        Decoded::Other => assert!(!matches!(looked, Peek::Tcp(_)), "called TCP"),
        Decoded::IcmpError(_) => assert_eq!(looked, Peek::Unsure),
        Decoded::Stop(stop) => assert_eq!(looked, Peek::Unsure, "{stop:?} would not be counted"),
    }
}

#[test]
fn all_samples_are_segments() {
    assert_eq!(plain_tcp(LinkType::ETHERNET, &usual()), Some((40_000, 25, false)));
    for (link, data) in samples() {
        let outcome = outcome(&mut Decoder::default(), &packet(link, &data));
        assert_eq!(outcome, Outcome::Segment(PAYLOAD.to_vec()), "{link} {data:02x?}");
    }
}

#[test]
fn truncated_at_any_byte_nothing_is_made_up() {
    for (link, data) in others() {
        for cut in 0..=data.len() {
            agree(&Packet { wire_len: data.len() as u32, ..packet(link, &data[..cut]) });
        }
    }
    for (link, data) in samples() {
        for cut in 0..data.len() {
            let packet = Packet { wire_len: data.len() as u32, ..packet(link, &data[..cut]) };
            agree(&packet);
            if let Decoded::Segment(segment) = Decoder::default().decode(&packet) {
                assert!(PAYLOAD.starts_with(segment.payload), "{link} cut at {cut}");
                assert_eq!(segment.header.wire_len as usize, PAYLOAD.len(), "{link} cut at {cut}");
            }
        }
    }
}

#[test]
fn any_byte_may_have_any_value() {
    for (link, data) in samples().into_iter().chain(others()) {
        let mut decoder = Decoder::default();
        for at in 0..data.len() {
            for value in [0, 1, 0x0f, 0x45, 0x60, 0x7f, 0x80, 0xf0, 0xff, data[at] ^ 0x10, data[at].wrapping_add(1)] {
                let mut damaged = data.clone();
                damaged[at] = value;
                let packet = packet(link, &damaged);
                agree(&packet);
                outcome(&mut decoder, &packet);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_of_any_link_type(
        link in 0u16..300,
        data in proptest::collection::vec(any::<u8>(), 0..200),
        wire_len in any::<u32>(),
    ) {
        agree(&Packet { wire_len, ..packet(LinkType(link), &data) });
    }

    #[test]
    fn any_bytes_after_a_good_beginning(
        sample in any::<prop::sample::Index>(),
        keep in any::<prop::sample::Index>(),
        tails in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 1..8),
    ) {
        let samples = [samples(), others()].concat();
        let (link, data) = sample.get(&samples);
        let mut decoder = Decoder::default();
        for tail in tails {
            let data = [&data[..keep.index(data.len())], &tail].concat();
            let packet = packet(*link, &data);
            agree(&packet);
            outcome(&mut decoder, &packet);
        }
    }
}
