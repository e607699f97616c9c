use super::{Outcome, PAYLOAD, ethernet, ipv4, ipv6, is_usual, outcome, packet, tcp, usual, with_segment};
use crate::capture::{LinkType, Packet};
use crate::decode::{DecodeStop, Decoder, Peek, peek};

#[test]
fn ethernet_padding_is_no_payload() {
    let short = ethernet(0x0800, &ipv4(6, &tcp(b"")));
    let padded = [&short[..], &[0; 6]].concat();
    with_segment(&packet(LinkType::ETHERNET, &padded), |segment| {
        assert_eq!((segment.payload, segment.header.wire_len), (&b""[..], 0));
    });
    is_usual(LinkType::ETHERNET, &[&usual()[..], b"frame check"].concat());
    is_usual(LinkType::ETHERNET, &[&ethernet(0x86dd, &ipv6(6, &tcp(PAYLOAD)))[..], b"frame check"].concat());
}

#[test]
fn bytes_beyond_the_snap_length_are_counted_as_missing() {
    let big = vec![b'x'; 1_400];
    for whole in [ethernet(0x0800, &ipv4(6, &tcp(&big))), ethernet(0x86dd, &ipv6(6, &tcp(&big)))] {
        for cut in [96, 200, whole.len() - 1] {
            // Also where the program that truncated the file wrote the captured length as the original one.
            for wire_len in [whole.len(), cut] {
                let packet = Packet { wire_len: wire_len as u32, ..packet(LinkType::ETHERNET, &whole[..cut]) };
                with_segment(&packet, |segment| {
                    assert_eq!(segment.header.wire_len, 1_400);
                    assert_eq!(segment.payload.len(), 1_400 - (whole.len() - cut));
                });
            }
        }
    }
}

#[test]
fn a_total_length_left_to_the_network_card() {
    let big = vec![b'x'; 60_000];
    let mut v4 = ethernet(0x0800, &ipv4(6, &tcp(&big)));
    v4[16..18].fill(0);
    let mut v6 = ethernet(0x86dd, &ipv6(6, &tcp(&big)));
    v6[18..20].fill(0);
    for whole in [v4, v6] {
        with_segment(&packet(LinkType::ETHERNET, &whole), |segment| {
            assert_eq!((segment.payload.len(), segment.header.wire_len), (60_000, 60_000));
        });
        let cut = Packet { wire_len: whole.len() as u32, ..packet(LinkType::ETHERNET, &whole[..96]) };
        with_segment(&cut, |segment| assert_eq!(segment.header.wire_len, 60_000));
    }
}

#[test]
fn lengths_that_lie() {
    let mut less_than_its_header = ipv4(6, &tcp(PAYLOAD));
    less_than_its_header[3] = 19;
    less_than_its_header[2] = 0;
    let packet = packet(LinkType::RAW, &less_than_its_header);
    assert_eq!(outcome(&mut Decoder::default(), &packet), Outcome::Stop(DecodeStop::Ip));
    assert_eq!(peek(&packet), Peek::Unsure);
    // By its own account, more was captured than the packet had.
    let usual = usual();
    let packet = Packet { wire_len: 0, ..super::packet(LinkType::ETHERNET, &usual) };
    with_segment(&packet, |segment| assert_eq!(segment.payload, PAYLOAD));
    let packet = Packet { wire_len: u32::MAX, ..packet };
    with_segment(&packet, |segment| assert_eq!(segment.header.wire_len as usize, PAYLOAD.len()));
}

#[test]
fn options_and_extension_headers() {
    let mut with_options = ipv4(6, &[&[1, 1, 1, 0][..], &tcp(PAYLOAD)].concat());
    with_options[0] = 0x46;
    is_usual(LinkType::RAW, &with_options);
    let extended = [
        // Hop by hop, destination options, routing, authentication, a fragment header of a whole datagram.
        &[60, 0, 1, 4, 0, 0, 0, 0][..],
        &[43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[51, 0, 0, 0, 0, 0, 0, 0],
        &[44, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[6, 0, 0, 0, 0, 0, 0, 9],
        &tcp(PAYLOAD),
    ]
    .concat();
    is_usual(LinkType::RAW, &ipv6(0, &extended));
    let authenticated = [&[6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1][..], &[0; 12], &tcp(PAYLOAD)].concat();
    is_usual(LinkType::RAW, &ipv4(51, &authenticated));
}
