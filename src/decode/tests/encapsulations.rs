//! One packet for each header that may stand between a capture and IP. The bytes were read by tshark 4.0 or tcpdump 4.99
//! as the same segment, or are those of the specification where neither reads it.

use super::{Outcome, PAYLOAD, ethernet, ipv4, ipv6, is_usual, outcome, packet, tcp, usual};
use crate::capture::LinkType;
use crate::decode::{DecodeStop, Decoder, Peek, peek};

const ADDRESSES: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn ip() -> Vec<u8> {
    ipv4(6, &tcp(PAYLOAD))
}

/// IP after LLC and SNAP.
fn snap() -> Vec<u8> {
    after(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip())
}

fn after(header: &[u8], content: &[u8]) -> Vec<u8> {
    [header, content].concat()
}

fn zeros(header: &[u8], length: usize) -> Vec<u8> {
    after(header, &vec![0; length - header.len()])
}

fn udp(port: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + content.len()).unwrap();
    let header = [&[0xc3, 0x50][..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0]].concat();
    ethernet(0x0800, &ipv4(17, &after(&header, content)))
}

/// Link types.
pub(super) fn links() -> Vec<(LinkType, Vec<u8>)> {
    let wifi = after(&zeros(&[8, 1], 24), &snap());
    let erf = |kind: u8| zeros(&[0, 0, 0, 0, 0, 0, 0, 0, kind, 4], 16);
    vec![
        (LinkType::PFLOG, after(&zeros(&[61, 2, 0, 0, b'e', b'm', b'0'], 64), &ip())),
        (LinkType::PFLOG, after(&zeros(&[100, 2, 0, 0, b'e', b'm', b'0'], 100), &ip())),
        (LinkType::ENC, after(&[2, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 12, 0, 0], &ip())),
        (LinkType::TOKEN_RING, [&[0x10, 0x40][..], &ADDRESSES, &snap()].concat()),
        (LinkType::TOKEN_RING, {
            let mut addresses = ADDRESSES;
            addresses[6] |= 0x80;
            [&[0x10, 0x40][..], &addresses, &[6, 0x30, 0, 0x12, 0, 0x20], &snap()].concat()
        }),
        (LinkType::FDDI, [&[0x50][..], &ADDRESSES, &snap()].concat()),
        (LinkType::SLIP, after(&zeros(&[0, 0x45], 16), &ip())),
        (LinkType::ATM_RFC1483, snap()),
        (LinkType::ATM_RFC1483, ip()),
        (LinkType::ATM_RFC1483, after(&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0], &usual())),
        (LinkType::ATM_RFC1483, after(&[0xfe, 0xfe, 3, 0xcf, 0, 0x21], &ip())),
        (LinkType::ATM_CLIP, snap()),
        (LinkType::SUNATM, after(&[2, 0, 0, 0x20], &snap())),
        (LinkType::SUNATM, after(&[1, 0, 0, 0x20, 0, 0], &usual())),
        (LinkType::FRELAY, after(&[0x18, 0x41, 3, 0xcc], &ip())),
        (LinkType::FRELAY, after(&[0x18, 0x41, 8, 0], &ip())),
        (LinkType::FRELAY, after(&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0], &ip())),
        (LinkType::FRELAY, after(&[0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7], &usual())),
        (LinkType::FRELAY_WITH_DIR, after(&[1, 0x18, 0x41, 3, 0xcc], &ip())),
        (LinkType::PPP_WITH_DIR, after(&[1, 0xff, 3, 0, 0x21], &ip())),
        (LinkType::C_HDLC_WITH_DIR, after(&[1, 0x0f, 0, 8, 0], &ip())),
        (LinkType::PPP_PPPD, after(&[1, 3, 0, 0x21], &ip())),
        (LinkType::IP_OVER_FC, after(&zeros(&[0x10], 16), &snap())),
        (LinkType::IP_OVER_1394, after(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], &ip())),
        (LinkType::DOCSIS, after(&[0, 0, 0, 80, 0, 0], &usual())),
        (LinkType::IPNET, after(&zeros(&[1, 2, 0, 2], 24), &ip())),
        (LinkType::MPLS, after(&[0, 1, 1, 64], &ip())),
        (LinkType::EPON, after(&[0x55, 0x55, 0xd5, 0x55, 0x55, 0, 1, 0], &usual())),
        (LinkType::MPACKET, after(&[0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5], &usual())),
        (LinkType::NETANALYZER, after(&[0, 0x40, 83, 0], &usual())),
        (LinkType::NETANALYZER_TRANSPARENT, after(&zeros(&[0, 0x40, 91, 0], 12), &usual())),
        (LinkType::DSA_BRCM, [&ADDRESSES[..], &[0, 0, 0, 1, 8, 0], &ip()].concat()),
        (LinkType::DSA_BRCM_PREPEND, after(&[0, 0, 0, 1], &usual())),
        (LinkType::DSA, [&ADDRESSES[..], &[0xc0, 0, 0, 0, 8, 0], &ip()].concat()),
        (LinkType::DSA_EDSA, [&ADDRESSES[..], &[0xda, 0xda, 0, 0, 0xc0, 0, 0, 0, 8, 0], &ip()].concat()),
        (LinkType::ERF, [&erf(2)[..], &[0, 0], &usual()].concat()),
        (LinkType::ERF, [&erf(0x82)[..], &zeros(&[0x83], 8), &zeros(&[3], 8), &[0, 0], &usual()].concat()),
        (LinkType::ERF, [&erf(1)[..], &[0x0f, 0, 8, 0], &ip()].concat()),
        (LinkType::ERF, after(&erf(22), &ip())),
        (LinkType::TZSP, after(&[1, 0, 0, 1, 1], &usual())),
        (LinkType::JUNIPER_ETHER, after(b"MGC\0", &usual())),
        (LinkType::JUNIPER_ETHER, after(b"MGC\x80\0\x0a\x02\x01\0\x03\x01\x0e\x04\x01\0\0", &usual())),
        (LinkType::JUNIPER_ETHER, after(b"MGC\x02\0\0\0\x02", &ip())),
        (LinkType::JUNIPER_PPP, after(b"MGC\0\0\x21", &ip())),
        (LinkType::JUNIPER_FRELAY, after(b"MGC\0\x18\x41\x03\xcc", &ip())),
        (LinkType::JUNIPER_CHDLC, after(b"MGC\0\x0f\0\x08\0", &ip())),
        (LinkType::IEEE802_11_PRISM, after(&zeros(&[0x44, 0, 0, 0, 0x90], 144), &wifi)),
        (LinkType::IEEE802_11_PRISM, after(&zeros(&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], 64), &wifi)),
    ]
}

/// Tags of Ethernet, and frames in it.
fn tags() -> Vec<Vec<u8>> {
    let service = [&[0, 6, 1, 3, 0, 0, 0, 0xff][..], &[0; 16], &usual()].concat();
    let gre = |header: &[u8]| ethernet(0x0800, &ipv4(47, &after(header, &ip())));
    vec![
        ethernet(0x8909, &after(&[1, 1, 0, 1, 0, 16, 8, 0], &ip())),
        ethernet(0x8988, &after(&[0x17, 0x97, 0xcf, 0xe0, 0, 16, 8, 0], &ip())),
        ethernet(0x8903, &after(&[0x0a, 0x20], &usual())),
        ethernet(0x88e7, &after(&[0, 0, 0, 7], &usual())),
        ethernet(0x22f3, &after(&[0, 0x20, 0, 1, 0, 2], &usual())),
        ethernet(0x894f, &service),
        ethernet(0x88e5, &[&[0x20, 0, 0, 0, 0, 1][..], &[2; 8], &[8, 0], &ip(), &[9; 16]].concat()),
        ethernet(0x88e5, &[&[0, 0, 0, 0, 0, 1, 8, 0][..], &ip(), &[9; 16]].concat()),
        ethernet(0x892f, &after(&[0, 0x40, 0, 1, 8, 0], &ip())),
        ethernet(0xd28b, &after(&[0, 1, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], &ip())),
        ethernet(0xd28b, &after(&[0, 1, 1, 0x20, 0, 0, 0, 0, 0, 0, 8, 0], &ip())),
        ethernet(0xdada, &after(&[0, 0, 0xc0, 0, 0, 0, 8, 0], &ip())),
        ethernet(0x8870, &snap()),
        gre(&[0, 0, 0x88, 0x3e, 0, 0, 0, 0]),
        gre(&[0, 0, 0x88, 0x3e]),
        gre(&[0, 0, 0x65, 0x59, 0x18, 0x41, 3, 0xcc]),
        ethernet(0x0800, &ipv4(94, &ip())),
        ethernet(0x0800, &ipv4(145, &service)),
        ethernet(0x86dd, &ipv6(143, &usual())),
        // Cisco's ISL.
        [&[1, 0, 0x0c, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 98, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0, 0x14, 0, 1, 0, 0][..], &usual()]
            .concat(),
    ]
}

/// Tunnels over UDP.
fn tunnels() -> Vec<Vec<u8>> {
    let wifi = after(&zeros(&[8, 1], 24), &snap());
    let service = [&[0, 6, 1, 3, 0, 0, 0, 0xff][..], &[0; 16], &usual()].concat();
    vec![
        udp(4790, &after(&[0x0c, 0, 0, 1, 0, 0, 42, 0], &ip())),
        udp(4790, &after(&[0x0c, 0, 0, 3, 0, 0, 42, 0], &usual())),
        udp(4790, &after(&[0x0c, 0, 0, 4, 0, 0, 42, 0], &service)),
        udp(48879, &after(&[0x88, 0, 0, 7, 0, 0, 42, 0], &usual())),
        udp(12345, &after(&[8, 0, 0, 0, 0, 0, 42, 0], &usual())),
        udp(37008, &after(&[1, 0, 0, 1, 0, 0x0a, 1, 0xc4, 1], &usual())),
        udp(37008, &after(&[1, 0, 0, 0x12, 1], &wifi)),
        udp(5555, &after(&[1, 0, 0, 1, 1], &usual())),
        udp(6635, &after(&[0, 1, 1, 64], &ip())),
        udp(4341, &after(&[0x80, 0, 0, 1, 0, 0, 0, 0], &ip())),
        udp(5247, &after(&[0, 0x10, 2, 0, 0, 0, 0, 0], &usual())),
        udp(6080, &after(&[0, 4, 0, 0], &ip())),
        udp(6080, &ip()),
        udp(1701, &after(&[0, 3, 0, 0, 0, 0, 0, 7], &usual())),
        ethernet(0x0800, &ipv4(115, &after(&[0, 0, 0, 7], &usual()))),
        ethernet(0x0800, &ipv4(115, &after(&[0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0], &usual()))),
    ]
}

/// All of them.
pub(super) fn samples() -> Vec<(LinkType, Vec<u8>)> {
    let frames = tags().into_iter().chain(tunnels());
    links().into_iter().chain(frames.map(|frame| (LinkType::ETHERNET, frame))).collect()
}

#[test]
fn every_encapsulation_is_read() {
    for (link, data) in samples() {
        is_usual(link, &data);
    }
}

#[test]
fn pseudowires_with_and_without_control_word() {
    for first in [0x00, 0x02, 0x40, 0x60, 0xa0] {
        let mut frame = usual();
        frame[0] = first;
        is_usual(LinkType::MPLS, &after(&[0, 1, 1, 64], &frame));
        is_usual(LinkType::MPLS, &after(&[0, 1, 1, 64, 0, 0, 0, 0], &frame));
        // Short frames are padded.
        is_usual(LinkType::MPLS, &[&[0, 1, 1, 64][..], &frame, &[0; 9]].concat());
    }
}

#[test]
fn a_tunnel_on_any_port_has_to_prove_itself() {
    let vxlan = |frame: &[u8]| after(&[8, 0, 0, 0, 0, 0, 42, 0], frame);
    let longer = [&usual()[..], &[0; 60]].concat();
    let mut version = usual();
    version[14] = 0x65;
    let mut kind = usual();
    kind[12] = 0x09;
    let mut reserved = vxlan(&usual());
    reserved[7] = 1;
    for content in
        [vxlan(&longer), vxlan(&version), vxlan(&kind), vxlan(b"text"), reserved, after(&[1, 0, 0, 1, 9], b"x")]
    {
        let data = udp(12345, &content);
        assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::ETHERNET, &data)), Outcome::Other);
    }
    let data = udp(12345, b"some other datagram");
    assert_eq!(peek(&packet(LinkType::ETHERNET, &data)), Peek::NotTcp);
}

#[test]
fn encrypted_and_unknown_tags_are_other_packets() {
    let macsec = ethernet(0x88e5, &[&[0x2c, 0, 0, 0, 0, 1][..], &[2; 8], &[8, 0], &ip()].concat());
    let metadata = ethernet(0x8909, &after(&[2, 1, 0, 1, 0, 16, 8, 0], &ip()));
    let time = ethernet(0xd28b, &after(&[0, 2, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0], &ip()));
    for data in [macsec, metadata, time] {
        assert_eq!(outcome(&mut Decoder::default(), &packet(LinkType::ETHERNET, &data)), Outcome::Other);
    }
}

#[test]
fn a_log_without_content_is_no_broken_header() {
    // nftables 1.0.6, `log group 5 snaplen 0`, as tcpdump 4.99.3 writes it.
    let logged = [
        &[2, 0, 0, 5, 8, 0, 1, 0, 8, 0, 3, 0, 5, 0, 10, 0, 0, 0, 0, 0][..],
        &[8, 0, 5, 0, 0, 0, 0, 2, 8, 0, 11, 0, 0, 0, 0, 0, 8, 0, 14, 0, 0, 0, 0, 0],
    ]
    .concat();
    let stop = |data: &[u8]| outcome(&mut Decoder::default(), &packet(LinkType::NFLOG, data));
    assert_eq!(stop(&logged), Outcome::Stop(DecodeStop::NoContent));
    assert_eq!(stop(&after(&logged, &[4, 0, 9, 0])), Outcome::Stop(DecodeStop::NoContent));
    assert_eq!(stop(&after(&logged, &[6, 0, 10, 0, b'x', 0])), Outcome::Stop(DecodeStop::NoContent));
    assert_eq!(stop(&logged[..41]), Outcome::Stop(DecodeStop::Link));
}
