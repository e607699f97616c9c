//! ICMP errors about TCP segments.

use super::*;
use crate::decode::{IcmpError, Problem};

fn error(kind: u8, code: u8, rest: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    [&[kind, code, 0, 0][..], &rest, quoted].concat()
}

/// The error that a packet decodes to; a look at the packet must not hide it.
fn read(data: &[u8]) -> Option<IcmpError> {
    let packet = packet(LinkType::RAW, data);
    match Decoder::default().decode(&packet) {
        Decoded::IcmpError(error) => {
            assert_eq!(peek(&packet), Peek::Unsure);
            Some(error)
        }
        Decoded::Other => None,
        other => panic!("{other:?}"),
    }
}

fn v4(kind: u8, code: u8, rest: [u8; 4], quoted: &[u8]) -> Option<IcmpError> {
    read(&ipv4(1, &error(kind, code, rest, quoted)))
}

fn v6(kind: u8, code: u8, rest: [u8; 4], quoted: &[u8]) -> Option<IcmpError> {
    read(&ipv6(58, &error(kind, code, rest, quoted)))
}

#[test]
fn eight_bytes_of_the_segment_tell_its_connection() {
    let quoted = ipv4(6, &tcp(PAYLOAD));
    let known = v4(3, 13, [0; 4], &quoted[..28]).unwrap();
    assert_eq!((known.problem, known.sequence), (Problem::Prohibited, 1_000));
    assert_eq!((known.source.to_string(), known.destination.to_string()), (CLIENT.into(), SERVER.into()));
    assert_eq!(known.by.to_string(), "10.0.0.1");
    assert_eq!(v4(3, 13, [0; 4], &quoted[..27]), None, "the sequence number is cut");
    let quoted = ipv6(6, &tcp(PAYLOAD));
    let known = v6(1, 1, [0; 4], &quoted[..48]).unwrap();
    assert_eq!((known.problem, known.sequence), (Problem::Prohibited, 1_000));
    assert_eq!(
        (known.source.to_string(), known.destination.to_string()),
        ("[fd00::1]:40000".into(), "[fd00::2]:25".into())
    );
    assert_eq!(v6(1, 1, [0; 4], &quoted[..47]), None);
}

#[test]
fn the_mtu_is_told() {
    let problem = |error: Option<IcmpError>| error.map(|error| error.problem);
    let (four, six) = (ipv4(6, &tcp(b"")), ipv6(6, &tcp(b"")));
    assert_eq!(problem(v4(3, 4, [0, 0, 0x05, 0x78], &four)), Some(Problem::TooBig(1_400)));
    assert_eq!(problem(v4(3, 4, [0; 4], &four)), Some(Problem::TooBig(0)), "an old router does not tell");
    assert_eq!(problem(v6(2, 0, [0, 0, 0x05, 0], &six)), Some(Problem::TooBig(1_280)));
    assert_eq!(problem(v4(11, 0, [0; 4], &four)), Some(Problem::TimeExceeded));
    assert_eq!(problem(v4(11, 1, [0; 4], &four)), None, "fragments that did not all come");
    assert_eq!(problem(v6(3, 0, [0; 4], &six)), Some(Problem::TimeExceeded));
}

#[test]
fn what_is_not_about_a_segment_is_none() {
    let quoted = ipv4(6, &tcp(b""));
    assert_eq!(v4(8, 0, [0; 4], &quoted), None, "an echo request");
    assert_eq!(v4(3, 1, [0; 4], &ipv4(17, &tcp(b""))), None, "about UDP");
    assert_eq!(v4(3, 1, [0; 4], &ipv4_piece(6, 7, 5, &tcp(b""))), None, "about a later fragment");
    assert_eq!(v4(3, 1, [0; 4], &quoted[..10]), None);
    assert_eq!(v4(3, 1, [0; 4], &[]), None);
    let short = ipv4(1, &[3, 1]);
    assert_eq!(read(&short), None);
    let itself = error(3, 1, [0; 4], &ipv4(1, &error(3, 1, [0; 4], &quoted)));
    assert_eq!(read(&ipv4(1, &itself)), None, "no error is about an error");
}

#[test]
fn extension_headers_of_the_quoted_packet_are_stepped_over() {
    let options = [&[6_u8, 0, 1, 4, 0, 0, 0, 0][..], &tcp(b"")].concat();
    assert!(v6(1, 0, [0; 4], &ipv6(60, &options)).is_some());
    let first = [&[6_u8, 0, 0, 1, 0, 0, 0, 9][..], &tcp(b"")].concat();
    assert!(v6(1, 0, [0; 4], &ipv6(44, &first)).is_some(), "the first fragment");
    let later = [&[6_u8, 0, 0, 9, 0, 0, 0, 9][..], &tcp(b"")].concat();
    assert_eq!(v6(1, 0, [0; 4], &ipv6(44, &later)), None);
}

#[test]
fn an_error_is_found_inside_a_tunnel() {
    let inner = ipv4(1, &error(3, 3, [0; 4], &ipv4(6, &tcp(b""))));
    assert_eq!(read(&ipv4(4, &inner)).unwrap().problem, Problem::PortUnreachable);
}
