//! PDUs as Wireshark 4.0 exports them.

use super::{Outcome, ipv4, is_usual, outcome, packet, tcp, usual};
use crate::capture::LinkType;
use crate::decode::{Decoded, Decoder};

fn tag(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

/// A PDU between port 40000 and port 25.
fn pdu(protocol: &[u8], to_server: bool, more: &[u8], content: &[u8]) -> Vec<u8> {
    let ends = [(&[10, 0, 0, 1], [0, 0, 0x9c, 0x40]), (&[10, 0, 0, 2], [0, 0, 0, 25])];
    let [from, to] = if to_server { ends } else { [ends[1], ends[0]] };
    let tags = [tag(12, protocol), tag(20, from.0), tag(21, to.0), tag(24, &[0, 0, 0, 2]), tag(25, &from.1)].concat();
    [tags, tag(26, &to.1), tag(30, &[0, 0, 0, 9]), more.to_vec(), tag(0, &[]), content.to_vec()].concat()
}

/// Sequence number, acknowledgement and payload of each PDU.
fn segments(pdus: &[Vec<u8>]) -> Vec<(u32, u32, String)> {
    let mut decoder = Decoder::default();
    let read = |pdu: &Vec<u8>| {
        let packet = packet(LinkType::WIRESHARK_UPPER_PDU, pdu);
        let Decoded::Segment(segment) = decoder.decode(&packet) else { panic!("{pdu:02x?}") };
        let text = String::from_utf8_lossy(segment.payload).into_owned();
        (segment.header.sequence, segment.header.acknowledgement.unwrap(), text)
    };
    pdus.iter().map(read).collect()
}

#[test]
fn decrypted_mail_is_numbered() {
    let pdus = [
        pdu(b"smtp", false, &[], b"220 mail.ex"),
        // The line is exported again once it is whole.
        pdu(b"smtp", false, &[], b"220 mail.example\r\n"),
        pdu(b"smtp", true, &[], b"EHLO x\r\n"),
        pdu(b"smtp", false, &[], b"250 ok\r\n"),
        pdu(b"smtp", false, &[], b"250 ok\r\n"),
    ];
    let seen = segments(&pdus);
    let told: Vec<(u32, u32, &str)> = seen.iter().map(|(a, b, text)| (*a, *b, text.as_str())).collect();
    let expected = [
        (1, 1, "220 mail.ex"),
        (12, 1, "ample\r\n"),
        (1, 19, "EHLO x\r\n"),
        (19, 9, "250 ok\r\n"),
        (27, 9, "250 ok\r\n"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn imap_is_exported_again_with_its_literals() {
    let pdus = [
        pdu(b"imap", false, &[], b"* 1 EXISTS\r\n* 1 FETCH (BODY[] {9}\r\n1\r\n"),
        pdu(b"imap", false, &[], b"* 1 FETCH (BODY[] {9}\r\n1\r\n234\r\n"),
        pdu(b"imap", false, &[], b"* 1 FETCH (BODY[] {9}\r\n1\r\n234\r\n5)\r\na1 O"),
        pdu(b"imap", false, &[], b"a1 OK\r\n"),
        pdu(b"imap", false, &[], b"a1 OK\r\n"),
    ];
    let texts: String = segments(&pdus).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, "* 1 EXISTS\r\n* 1 FETCH (BODY[] {9}\r\n1\r\n234\r\n5)\r\na1 OK\r\na1 OK\r\n");
}

#[test]
fn numbers_of_tcp_are_kept() {
    let numbers = |next: u32| {
        let fields = [&[0, 1][..], &[0; 4], &next.to_be_bytes(), &[0, 0, 0, 7, 0, 0, 0x18, 0, 0]].concat();
        tag(34, &fields)
    };
    let pdus = [
        pdu(b"", true, &numbers(105), b"half "),
        // Put together of two segments.
        pdu(b"", true, &numbers(111), b"half line\r\n"),
        pdu(b"", true, &numbers(205), b"after"),
    ];
    let seen = segments(&pdus);
    let told: Vec<(u32, u32, &str)> = seen.iter().map(|(a, b, text)| (*a, *b, text.as_str())).collect();
    assert_eq!(told, [(100, 7, "half "), (105, 7, "line\r\n"), (200, 7, "after")]);
}

#[test]
fn lower_layers_are_read_as_such() {
    let ip = ipv4(6, &tcp(super::PAYLOAD));
    is_usual(LinkType::WIRESHARK_UPPER_PDU, &[tag(12, b"ip\0\0"), tag(0, &[]), ip].concat());
    is_usual(LinkType::WIRESHARK_UPPER_PDU, &[tag(12, b"eth_withoutfcs\0\0"), tag(0, &[]), usual()].concat());
}

#[test]
fn other_protocols_are_other_packets() {
    for data in [pdu(b"http", true, &[], b"GET / HTTP/1.0\r\n"), pdu(b"tls\0", true, &[], &[22, 3, 1, 0, 5])] {
        let packet = packet(LinkType::WIRESHARK_UPPER_PDU, &data);
        assert_eq!(outcome(&mut Decoder::default(), &packet), Outcome::Other);
    }
}

#[test]
fn any_cut_is_survived() {
    let data = pdu(b"imap", false, &[], b"* 1 FETCH (BODY[] {99999999999999999999}\r\n{18446744073709551615}\r\nx");
    let mut decoder = Decoder::default();
    for cut in 0..data.len() {
        outcome(&mut decoder, &packet(LinkType::WIRESHARK_UPPER_PDU, &data[..cut]));
    }
}
