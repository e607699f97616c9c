use super::{
    CLIENT, Outcome, PAYLOAD, SERVER, ethernet, ipv4, ipv6, is_usual, outcome, packet, tcp, usual, with_segment,
};
use crate::capture::{LinkType, Time};
use crate::decode::{DecodeStop, Decoded, Decoder, Peek, peek};

#[test]
fn all_fields_of_the_usual_segment() {
    with_segment(&packet(LinkType::ETHERNET, &usual()), |segment| {
        assert_eq!((segment.header.packet, segment.header.time), (3, Time::from_microseconds(5)));
        assert_eq!((segment.source, segment.destination), (CLIENT.parse().unwrap(), SERVER.parse().unwrap()));
        assert_eq!((segment.header.sequence, segment.header.acknowledgement), (1_000, Some(2_000)));
        assert_eq!(
            (segment.header.syn, segment.header.fin, segment.header.rst, segment.header.window),
            (false, false, false, 512)
        );
        assert_eq!((segment.payload, segment.header.wire_len as usize), (PAYLOAD, PAYLOAD.len()));
    });
    let usual = usual();
    assert!(matches!(peek(&packet(LinkType::ETHERNET, &usual)), Peek::Tcp(glimpse) if !glimpse.begins));
}

#[test]
fn an_acknowledgement_number_without_the_flag_is_none() {
    let mut segment = tcp(b"");
    segment[13] = 0x02;
    with_segment(&packet(LinkType::RAW, &ipv4(6, &segment)), |segment| {
        assert_eq!((segment.header.syn, segment.header.acknowledgement), (true, None));
    });
}

#[test]
fn link_layers_of_captures() {
    let ip = ipv4(6, &tcp(PAYLOAD));
    let ip6 = ipv6(6, &tcp(PAYLOAD));
    for link in [12, 14, 101, 228] {
        is_usual(LinkType(link), &ip);
    }
    is_usual(LinkType::IPV6, &ip6);
    is_usual(LinkType::RAW, &ip6);
    for (family, inner) in [(2u32, &ip), (10, &ip6), (24, &ip6), (28, &ip6), (30, &ip6)] {
        for link in [LinkType::NULL, LinkType::LOOP] {
            is_usual(link, &[&family.to_be_bytes()[..], inner].concat());
            is_usual(link, &[&family.to_le_bytes()[..], inner].concat());
        }
    }
    let sll = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00][..], &ip].concat();
    is_usual(LinkType::LINUX_SLL, &sll);
    let sll2 = [&[0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &ip6].concat();
    is_usual(LinkType::LINUX_SLL2, &sll2);
    is_usual(LinkType::PPP, &[&[0xff, 0x03, 0x00, 0x21][..], &ip].concat());
    is_usual(LinkType::PPP, &[&[0x21][..], &ip].concat());
    is_usual(LinkType::PPP_HDLC, &[&[0xff, 0x03, 0x00, 0x57][..], &ip6].concat());
    is_usual(LinkType::C_HDLC, &[&[0x0f, 0x00, 0x08, 0x00][..], &ip].concat());
}

#[test]
fn headers_that_name_another_link_type() {
    let ip = ipv4(6, &tcp(PAYLOAD));
    is_usual(LinkType::PPI, &[&[0, 0, 12, 0, 1, 0, 0, 0, 9, 9, 9, 9][..], &usual()].concat());
    is_usual(LinkType::PPI, &[&[0, 0, 8, 0, 12, 0, 0, 0][..], &ip].concat());
    is_usual(LinkType::PKTAP, &[&[16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9][..], &usual()].concat());
    let length = u16::try_from(ip.len() + 4).unwrap().to_le_bytes();
    let prefix = [5, 0, 10, 0, b'x', 0, 0, 0];
    is_usual(LinkType::NFLOG, &[&[2, 0, 0, 0][..], &prefix, &length, &[9, 0], &ip].concat());
    let itself = [0, 0, 8, 0, 192, 0, 0, 0].repeat(200);
    let stop = outcome(&mut Decoder::default(), &packet(LinkType::PPI, &itself));
    assert_eq!(stop, Outcome::Stop(DecodeStop::Link));
}

#[test]
fn tags_of_any_depth_and_llc() {
    let ip = ipv4(6, &tcp(PAYLOAD));
    for depth in 1..20 {
        let tags = [0x00, 0x64, 0x81, 0x00].repeat(depth - 1);
        is_usual(LinkType::ETHERNET, &ethernet(0x88a8, &[&tags[..], &[0x00, 0x64, 0x08, 0x00], &ip].concat()));
    }
    let snap = [&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00][..], &ip].concat();
    let length = u16::try_from(snap.len()).unwrap();
    is_usual(LinkType::ETHERNET, &ethernet(length, &snap));
    is_usual(LinkType::ETHERNET, &ethernet(0x8100, &[&[0, 5][..], &length.to_be_bytes(), &snap].concat()));
    is_usual(LinkType::ETHERNET, &ethernet(length, &[&[0x06, 0x06, 0x03][..], &ip].concat()));
}

#[test]
fn pppoe_and_mpls() {
    let ip = ipv4(6, &tcp(PAYLOAD));
    let length = u16::try_from(ip.len() + 2).unwrap().to_be_bytes();
    let session = [&[0x11, 0, 0, 1][..], &length, &[0x00, 0x21], &ip, &[0; 9]].concat();
    is_usual(LinkType::ETHERNET, &ethernet(0x8864, &session));
    is_usual(LinkType::PPP_ETHER, &session);
    is_usual(LinkType::ETHERNET, &ethernet(0x8847, &[&[0, 1, 0, 64, 0, 2, 1, 64][..], &ip].concat()));
    is_usual(LinkType::ETHERNET, &ethernet(0x8847, &[&[0, 2, 1, 64, 0, 0, 0, 0][..], &usual()].concat()));
}

#[test]
fn wifi_in_the_clear() {
    let llc = [&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00][..], &ipv4(6, &tcp(PAYLOAD))].concat();
    let plain = [&[0x08, 0x01][..], &[0; 22], &llc].concat();
    is_usual(LinkType::IEEE802_11, &plain);
    let qos = [&[0x88, 0x02][..], &[0; 24], &llc].concat();
    is_usual(LinkType::IEEE802_11, &qos);
    is_usual(LinkType::IEEE802_11_RADIOTAP, &[&[0, 0, 8, 0, 0, 0, 0, 0][..], &qos].concat());
    let avs = [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 12, 9, 9, 9, 9][..], &qos].concat();
    is_usual(LinkType::IEEE802_11_AVS, &avs);
    // Time stamp and flags; the flags say that the header is padded.
    let radiotap = [&[0, 0, 17, 0, 3, 0, 0, 0][..], &[0; 8], &[0x20]].concat();
    is_usual(LinkType::IEEE802_11_RADIOTAP, &[&radiotap[..], &[0x88, 0x02], &[0; 26], &llc].concat());
    let protected = [&[0x08, 0x41][..], &[0; 22], &llc].concat();
    assert_eq!(
        outcome(&mut Decoder::default(), &packet(LinkType::IEEE802_11, &protected)),
        Outcome::Stop(DecodeStop::Encrypted)
    );
}

#[test]
fn other_kinds_of_packets() {
    let udp = [0x30, 0x39, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4];
    let echo = [&[128, 0, 0, 0, 0, 0, 0, 0][..], &ipv4(6, &tcp(b""))].concat();
    for data in [
        ethernet(0x0806, &[0; 28]),
        ethernet(0x0800, &ipv4(17, &udp)),
        ethernet(0x86dd, &ipv6(17, &udp)),
        ethernet(0x0800, &ipv4(1, &echo)),
        ethernet(0x86dd, &ipv6(58, &echo)),
    ] {
        let packet = packet(LinkType::ETHERNET, &data);
        assert_eq!(outcome(&mut Decoder::default(), &packet), Outcome::Other);
        assert_eq!(peek(&packet), Peek::NotTcp);
    }
    for data in [ethernet(0x88cc, &[0; 40]), ethernet(0x0800, &ipv4(50, &[0; 40])), ethernet(38, &[0x42; 38])] {
        let packet = packet(LinkType::ETHERNET, &data);
        assert_eq!(outcome(&mut Decoder::default(), &packet), Outcome::Other);
        assert_eq!(peek(&packet), Peek::Unsure);
    }
}

#[test]
fn the_protocol_of_netlink_and_monitor_devices_is_no_ether_type() {
    let ip = ipv4(6, &tcp(PAYLOAD));
    for hardware in [801_u16, 802, 803, 824] {
        let device = hardware.to_be_bytes();
        let sll = [&[0, 0][..], &device, &[0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00], &ip].concat();
        let sll2 = [&[0x08, 0, 0, 0, 0, 0, 0, 3][..], &device, &[0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &ip].concat();
        for (link, data) in [(LinkType::LINUX_SLL, sll), (LinkType::LINUX_SLL2, sll2)] {
            let packet = packet(link, &data);
            assert_eq!(outcome(&mut Decoder::default(), &packet), Outcome::Other, "{hardware}");
            assert_eq!(peek(&packet), Peek::Unsure, "a glance sees no more than decoding: {hardware}");
        }
    }
}

#[test]
fn a_packet_that_cannot_be_decoded_names_the_layer() {
    let stop = |link: LinkType, data: &[u8]| outcome(&mut Decoder::default(), &packet(link, data));
    assert_eq!(stop(LinkType(147), &usual()), Outcome::Stop(DecodeStop::UnknownLink(LinkType(147))));
    assert_eq!(stop(LinkType::ETHERNET, &usual()[..13]), Outcome::Stop(DecodeStop::Link));
    assert_eq!(stop(LinkType::ETHERNET, &usual()[..33]), Outcome::Stop(DecodeStop::Ip));
    assert_eq!(stop(LinkType::RAW, &[0x75; 60]), Outcome::Stop(DecodeStop::Ip));
    assert_eq!(stop(LinkType::RAW, &[0x44; 60]), Outcome::Stop(DecodeStop::Ip));
    assert_eq!(stop(LinkType::ETHERNET, &usual()[..57]), Outcome::Stop(DecodeStop::Tcp));
    let mut small_offset = tcp(PAYLOAD);
    small_offset[12] = 0x40;
    assert_eq!(stop(LinkType::RAW, &ipv4(6, &small_offset)), Outcome::Stop(DecodeStop::Tcp));
    let endless = ethernet(0x8100, &[0x00, 0x64, 0x81, 0x00].repeat(300));
    assert_eq!(stop(LinkType::ETHERNET, &endless), Outcome::Stop(DecodeStop::Link));
}

#[test]
fn several_wifi_frames_in_one_packet() {
    let subframe = |payload: &[u8]| {
        let content = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ipv4(6, &tcp(payload))].concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[2; 12][..], &length, &content].concat()
    };
    let mut frame = [&[0x88, 0x01][..], &[0; 22], &[0x80, 0]].concat();
    let payloads = [&b"EHLO a\r\n"[..], b"MAIL FROM:<>\r\n", b"QUIT\r\n"];
    for payload in payloads {
        while !(frame.len() - 26).is_multiple_of(4) {
            frame.push(0);
        }
        frame.extend(subframe(payload));
    }
    let whole = packet(LinkType::IEEE802_11, &frame);
    let mut decoder = Decoder::default();
    let mut seen = Vec::new();
    if let Decoded::Segment(segment) = decoder.decode(&whole) {
        seen.push(segment.payload.to_vec());
    }
    while let Some(decoded) = decoder.decode_next(&whole) {
        let Decoded::Segment(segment) = decoded else { panic!("{decoded:?}") };
        seen.push(segment.payload.to_vec());
    }
    assert_eq!(seen, payloads);
    for cut in 0..frame.len() {
        let piece = packet(LinkType::IEEE802_11, &frame[..cut]);
        decoder.decode(&piece);
        while decoder.decode_next(&piece).is_some() {}
    }
}
