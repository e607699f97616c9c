//! Packets made layer by layer, from the inside out, and what they decode to.

mod encapsulations;
mod exported;
mod hostile;
mod icmp;
mod lengths;
mod links;
mod pieces;
mod tunnels;

use super::{Decoded, Decoder, Peek, Segment, peek};
use crate::capture::{LinkType, Packet, Time};
use pnet_packet::tcp::MutableTcpPacket;

pub(super) const CLIENT: &str = "10.0.0.1:40000";
pub(super) const SERVER: &str = "10.0.0.2:25";
pub(super) const PAYLOAD: &[u8] = b"EHLO client.example\r\n";

/// A TCP segment from port 40000 to port 25.
pub(super) fn tcp(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 24 + payload.len()];
    let mut header = MutableTcpPacket::new(&mut bytes).unwrap();
    header.set_source(40_000);
    header.set_destination(25);
    header.set_sequence(1_000);
    header.set_acknowledgement(2_000);
    header.set_data_offset(6);
    header.set_flags(0x18);
    header.set_window(512);
    bytes[20..24].copy_from_slice(&[1, 1, 1, 1]);
    bytes[24..].copy_from_slice(payload);
    bytes
}

/// An IPv4 packet from 10.0.0.1 to 10.0.0.2.
pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_piece(protocol, 7, 0, payload)
}

/// The same with an identification, and flags and fragment offset as they stand in the header.
pub(super) fn ipv4_piece(protocol: u8, identification: u16, flags_offset: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    bytes.extend(identification.to_be_bytes());
    bytes.extend(flags_offset.to_be_bytes());
    bytes.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(payload);
    bytes
}

/// An IPv6 packet from fd00::1 to fd00::2.
pub(super) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend([next, 64]);
    for last in [1, 2] {
        bytes.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes.extend(payload);
    bytes
}

/// An Ethernet frame.
pub(super) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], &kind.to_be_bytes()[..], payload].concat()
}

/// The usual: Ethernet, IPv4, TCP.
pub(super) fn usual() -> Vec<u8> {
    ethernet(0x0800, &ipv4(6, &tcp(PAYLOAD)))
}

pub(super) fn packet(link: LinkType, data: &[u8]) -> Packet<'_> {
    let wire_len = u32::try_from(data.len()).unwrap();
    Packet { number: 3, time: Time::from_microseconds(5), link, data, wire_len }
}

/// Decodes one packet to a segment, and checks that peeking at it agrees.
#[track_caller]
pub(super) fn with_segment(packet: &Packet<'_>, check: impl FnOnce(&Segment<'_>)) {
    let mut decoder = Decoder::default();
    let Decoded::Segment(segment) = decoder.decode(packet) else { panic!("{:?}", Decoder::default().decode(packet)) };
    match peek(packet) {
        Peek::Tcp(glimpse) => {
            assert_eq!(glimpse.segment(packet), Some(segment));
            let plain = segment.multipath.is_empty().then_some(segment.payload.len());
            assert_eq!(glimpse.plain_payload(), plain);
            assert_eq!(glimpse.addresses(), (segment.source.ip(), segment.destination.ip()));
            assert_eq!(
                (glimpse.source_port, glimpse.destination_port),
                (segment.source.port(), segment.destination.port())
            );
            assert_eq!(glimpse.begins, segment.header.syn && segment.header.acknowledgement.is_none());
        }
        Peek::Unsure => {}
        Peek::NotTcp => panic!("called not TCP"),
    }
    check(&segment);
}

/// Checks that `data` decodes to the usual segment.
#[track_caller]
pub(super) fn is_usual(link: LinkType, data: &[u8]) {
    with_segment(&packet(link, data), |segment| {
        assert_eq!(segment.payload, PAYLOAD);
        assert_eq!(segment.header.wire_len as usize, PAYLOAD.len());
        assert_eq!((segment.source.port(), segment.destination.port()), (40_000, 25));
    });
}

/// The result of decoding, without the borrow.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Segment(Vec<u8>),
    Other,
    Stop(super::DecodeStop),
}

pub(super) fn outcome(decoder: &mut Decoder, packet: &Packet<'_>) -> Outcome {
    match decoder.decode(packet) {
        Decoded::Segment(segment) => Outcome::Segment(segment.payload.to_vec()),
        Decoded::IcmpError(_) | Decoded::Other => Outcome::Other,
        Decoded::Stop(stop) => Outcome::Stop(stop),
    }
}
