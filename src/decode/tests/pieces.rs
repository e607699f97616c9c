use super::{Outcome, PAYLOAD, ipv4, ipv4_piece, ipv6, outcome, packet, tcp};
use crate::capture::{LinkType, Packet, Time};
use crate::decode::{DecodeStop, Decoder};
use crate::limits::{FRAGMENT_BYTES, FRAGMENT_SECONDS, FRAGMENTED_DATAGRAMS, Limit};

const MORE: u16 = 0x2000;

/// The fragments of an IPv4 datagram, of 16 bytes each.
fn pieces(identification: u16, datagram: &[u8]) -> Vec<Vec<u8>> {
    let chunks = datagram.chunks(16);
    let last = chunks.len() - 1;
    chunks
        .enumerate()
        .map(|(n, chunk)| {
            let more = if n < last { MORE } else { 0 };
            ipv4_piece(6, identification, u16::try_from(n * 2).unwrap() | more, chunk)
        })
        .collect()
}

/// The fragments of an IPv6 datagram, of 16 bytes each, whose first header is `next`.
fn pieces6(next: u8, datagram: &[u8]) -> Vec<Vec<u8>> {
    let chunks = datagram.chunks(16);
    let last = chunks.len() - 1;
    chunks
        .enumerate()
        .map(|(n, chunk)| {
            let field = u16::try_from(n * 16).unwrap() | u16::from(n < last);
            ipv6(44, &[&[next, 0][..], &field.to_be_bytes(), &[0, 0, 0, 77], chunk].concat())
        })
        .collect()
}

fn feed(decoder: &mut Decoder, piece: &[u8], second: i64) -> Outcome {
    let packet = Packet { time: Time::from_microseconds(second * 1_000_000), ..packet(LinkType::RAW, piece) };
    outcome(decoder, &packet)
}

#[test]
fn in_any_order_the_last_fragment_completes_the_datagram() {
    let whole = Outcome::Segment(PAYLOAD.to_vec());
    let extended = [&[6, 0, 1, 4, 0, 0, 0, 0][..], &tcp(PAYLOAD)].concat();
    for pieces in [pieces(1, &tcp(PAYLOAD)), pieces6(6, &tcp(PAYLOAD)), pieces6(60, &extended)] {
        for first in 0..pieces.len() {
            let mut decoder = Decoder::default();
            let mut order: Vec<_> = pieces.iter().collect();
            order.rotate_left(first);
            let last = order.pop().unwrap();
            for piece in order {
                assert_eq!(feed(&mut decoder, piece, 0), Outcome::Other);
                assert_eq!(feed(&mut decoder, piece, 0), Outcome::Other, "a duplicate changes nothing");
            }
            assert_eq!(feed(&mut decoder, last, 0), whole);
            assert_eq!(feed(&mut decoder, &ipv4(6, &tcp(PAYLOAD)), 0), whole, "the decoder goes on");
        }
    }
}

#[test]
fn datagrams_do_not_mix() {
    let mut decoder = Decoder::default();
    let (one, two) = (pieces(1, &tcp(b"datagram one")), pieces(2, &tcp(b"datagram two")));
    for n in 0..one.len() - 1 {
        assert_eq!(feed(&mut decoder, &one[n], 0), Outcome::Other);
        assert_eq!(feed(&mut decoder, &two[n], 0), Outcome::Other);
    }
    assert_eq!(feed(&mut decoder, two.last().unwrap(), 0), Outcome::Segment(b"datagram two".to_vec()));
    assert_eq!(feed(&mut decoder, one.last().unwrap(), 0), Outcome::Segment(b"datagram one".to_vec()));
}

#[test]
fn a_fragmented_tunnel() {
    let mut decoder = Decoder::default();
    let inner = [&[0, 0, 0x08, 0x00][..], &ipv4(6, &tcp(PAYLOAD))].concat();
    let (first, rest) = inner.split_at(32);
    assert_eq!(feed(&mut decoder, &ipv4_piece(47, 1, MORE, first), 0), Outcome::Other);
    assert_eq!(feed(&mut decoder, &ipv4_piece(47, 1, 4, rest), 0), Outcome::Segment(PAYLOAD.to_vec()));
}

#[test]
fn a_fragment_that_comes_too_late_is_alone() {
    let pieces = pieces(1, &tcp(&[b'x'; 20]));
    let (last, first) = pieces.split_last().unwrap();
    for (second, outcome) in
        [(FRAGMENT_SECONDS, Outcome::Segment(vec![b'x'; 20])), (FRAGMENT_SECONDS + 1, Outcome::Other)]
    {
        let mut decoder = Decoder::default();
        for piece in first {
            feed(&mut decoder, piece, 0);
        }
        assert_eq!(feed(&mut decoder, last, second), outcome);
    }
}

#[test]
fn the_oldest_datagram_makes_room_and_is_counted() {
    let mut decoder = Decoder::default();
    for identification in 0..=u16::try_from(FRAGMENTED_DATAGRAMS).unwrap() {
        feed(&mut decoder, &pieces(identification, &tcp(PAYLOAD))[0], 0);
    }
    assert_eq!(decoder.limits().iter().collect::<Vec<_>>(), [(Limit::Fragments, 1)]);

    let mut decoder = Decoder::default();
    // A small fragment at the far end takes the room of all before it.
    let far = ipv4_piece(6, 0, 0x1ff0 | MORE, &[0; 8]);
    let size = 0x1ff0 * 8 + 8;
    for identification in 0..=u16::try_from(FRAGMENT_BYTES / size).unwrap() {
        let mut piece = far.clone();
        piece[4..6].copy_from_slice(&identification.to_be_bytes());
        feed(&mut decoder, &piece, 0);
    }
    assert_eq!(decoder.limits().iter().collect::<Vec<_>>(), [(Limit::Fragments, 1)]);
}

#[test]
fn fragments_that_make_no_sense() {
    let mut decoder = Decoder::default();
    let cut = ipv4_piece(6, 1, MORE, &[0; 16]);
    assert_eq!(feed(&mut decoder, &cut[..30], 0), Outcome::Stop(DecodeStop::Ip), "cut by the snap length");
    let unaligned = ipv4_piece(6, 2, MORE, &[0; 15]);
    assert_eq!(feed(&mut decoder, &unaligned, 0), Outcome::Stop(DecodeStop::Ip));
    let beyond = ipv4_piece(6, 3, 0x1fff, &[0; 16]);
    assert_eq!(feed(&mut decoder, &beyond, 0), Outcome::Stop(DecodeStop::Ip));
    let udp = ipv4_piece(17, 4, MORE, &[0; 16]);
    assert_eq!(feed(&mut decoder, &udp, 0), Outcome::Other);
}

#[test]
fn fragments_within_a_reassembled_datagram_are_rejected() {
    let mut decoder = Decoder::default();
    let inner = ipv4_piece(6, 9, MORE, &[0; 16]);
    let (first, rest) = inner.split_at(16);
    assert_eq!(feed(&mut decoder, &ipv4_piece(4, 1, MORE, first), 0), Outcome::Other);
    assert_eq!(feed(&mut decoder, &ipv4_piece(4, 1, 2, rest), 0), Outcome::Stop(DecodeStop::Ip));
}
