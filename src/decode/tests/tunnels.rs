use super::{Outcome, PAYLOAD, ethernet, ipv4, ipv6, is_usual, outcome, packet, tcp, usual};
use crate::capture::LinkType;
use crate::decode::{DecodeStop, Decoder, Peek, peek};

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    [&[0xc0, 0x00][..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

#[test]
fn ip_in_ip() {
    let inner = ipv4(6, &tcp(PAYLOAD));
    let inner6 = ipv6(6, &tcp(PAYLOAD));
    is_usual(LinkType::RAW, &ipv4(4, &inner));
    is_usual(LinkType::RAW, &ipv4(41, &inner6));
    is_usual(LinkType::RAW, &ipv6(4, &inner));
    is_usual(LinkType::RAW, &ipv6(41, &inner6));
    is_usual(LinkType::RAW, &ipv4(137, &[&[0, 1, 1, 64][..], &inner].concat()));
    is_usual(LinkType::RAW, &ipv4(97, &[&[0x30, 0][..], &usual()].concat()));
}

#[test]
fn gre_with_all_its_fields() {
    let inner = ipv4(6, &tcp(PAYLOAD));
    for (flags, fields) in [(0x00, 0), (0x80, 4), (0x20, 4), (0x30, 8), (0xb0, 12)] {
        let gre = [&[flags, 0, 0x08, 0x00][..], &vec![0; fields], &inner].concat();
        is_usual(LinkType::RAW, &ipv4(47, &gre));
        is_usual(LinkType::RAW, &ipv6(47, &gre));
    }
    is_usual(LinkType::RAW, &ipv4(47, &[&[0, 0, 0x65, 0x58][..], &usual()].concat()));
    // PPTP: key, sequence and acknowledgement.
    let pptp = [&[0x30, 0x81, 0x88, 0x0b, 0, 0, 0, 1][..], &[0; 8], &[0xff, 0x03, 0x00, 0x21], &inner].concat();
    is_usual(LinkType::RAW, &ipv4(47, &pptp));
    // ERSPAN of types I, II and III.
    is_usual(LinkType::RAW, &ipv4(47, &[&[0, 0, 0x88, 0xbe][..], &usual()].concat()));
    is_usual(LinkType::RAW, &ipv4(47, &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &[0; 8], &usual()].concat()));
    is_usual(LinkType::RAW, &ipv4(47, &[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1][..], &[0; 12], &usual()].concat()));
    // The routing bit, on which other decoders have crashed.
    let routed = [&[0x40, 0, 0x08, 0x00][..], &[0xff; 40]].concat();
    assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::RAW, &ipv4(47, &routed))), Outcome::Other);
}

#[test]
fn tunnels_over_udp() {
    let inner = ipv4(6, &tcp(PAYLOAD));
    let vxlan = [&[0x08, 0, 0, 0, 0, 0, 42, 0][..], &usual()].concat();
    for port in [4789, 8472] {
        let data = ethernet(0x0800, &ipv4(17, &udp(port, &vxlan)));
        is_usual(LinkType::ETHERNET, &data);
        assert_eq!(peek(&packet(LinkType::ETHERNET, &data)), Peek::Unsure);
    }
    is_usual(LinkType::RAW, &ipv6(17, &udp(4789, &vxlan)));
    let geneve = [&[0x02, 0, 0x65, 0x58, 0, 0, 42, 0][..], &[0; 8], &usual()].concat();
    is_usual(LinkType::RAW, &ipv4(17, &udp(6081, &geneve)));
    let gtp = [&[0x30, 0xff, 0, 0, 0, 0, 0, 1][..], &inner].concat();
    is_usual(LinkType::RAW, &ipv4(17, &udp(2152, &gtp)));
    let extended = [&[0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85][..], &[1, 0, 9, 0], &inner].concat();
    is_usual(LinkType::RAW, &ipv4(17, &udp(2152, &extended)));
}

#[test]
fn a_port_number_proves_no_tunnel() {
    for content in [&b"not a tunnel at all"[..], &[0x08; 60], &[0xff; 300], &[0x30, 0xff, 0, 0], b""] {
        for port in [4789, 6081, 2152] {
            let data = ipv4(17, &udp(port, content));
            assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::RAW, &data)), Outcome::Other);
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let mut data = ipv4(6, &tcp(PAYLOAD));
    for depth in 1..100 {
        data = ipv4(4, &data);
        let outcome = outcome(&mut Decoder::default(), &packet(LinkType::RAW, &data));
        if depth < 14 {
            assert_eq!(outcome, Outcome::Segment(PAYLOAD.to_vec()), "{depth}");
        } else if depth > 16 {
            assert_eq!(outcome, Outcome::Stop(DecodeStop::Link), "{depth}");
        }
    }
}

#[test]
fn the_inner_length_is_that_of_the_inner_packet() {
    let inner = ethernet(0x0800, &ipv4(6, &tcp(PAYLOAD)));
    let padded = [&inner[..], &[0xee; 30]].concat();
    let vxlan = [&[0x08, 0, 0, 0, 0, 0, 42, 0][..], &padded].concat();
    is_usual(LinkType::RAW, &ipv4(17, &udp(4789, &vxlan)));
}

#[test]
fn teredo() {
    let inner = ipv6(6, &tcp(PAYLOAD));
    let origin = [&[0, 0, 1, 2, 3, 4, 5, 6][..], &inner].concat();
    let authentication = [&[0, 1, 2, 3][..], &[9; 5 + 9], &origin].concat();
    for content in [&inner, &origin, &authentication] {
        is_usual(LinkType::RAW, &ipv4(17, &udp(3544, content)));
        let mut back = udp(50_000, content);
        back[..2].copy_from_slice(&3544_u16.to_be_bytes());
        is_usual(LinkType::RAW, &ipv4(17, &back));
    }
    let other = ipv4(17, &udp(3544, b"something else"));
    assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::RAW, &other)), Outcome::Other);
}

#[test]
fn l2tp() {
    let inner = [&[0xff, 0x03, 0x00, 0x21][..], &ipv4(6, &tcp(PAYLOAD))].concat();
    let length = u16::try_from(inner.len() + 8).unwrap().to_be_bytes();
    let plain = [&[0, 2, 0, 1, 0, 2][..], &inner].concat();
    let with_length = [&[0x40, 2][..], &length, &[0, 1, 0, 2], &inner].concat();
    let with_all = [&[0x4a, 2, 1, 0][..], &[0, 1, 0, 2], &[0, 1, 0, 1], &[0, 3, 7, 7, 7], &inner].concat();
    for content in [&plain, &with_length, &with_all] {
        is_usual(LinkType::RAW, &ipv4(17, &udp(1701, content)));
    }
    let control = ipv4(17, &udp(1701, &[0xc8, 2, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0]));
    assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::RAW, &control)), Outcome::Other);
}
