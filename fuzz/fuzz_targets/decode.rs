//! Frames of any link type, one decoder for all of an input's: `type | length | bytes`, again and again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::capture::{Packet, Time};
use mailtap::decode::{Decoded, Decoder, Peek, peek};
use mailtap_fuzz::links::LINKS;

fuzz_target!(|data: &[u8]| {
    let mut decoder = Decoder::default();
    let mut rest = data;
    let (mut number, mut all) = (0, 0);
    while let [link, cut, high, low, tail @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        let (frame, after) = tail.split_at(len);
        rest = after;
        number += 1;
        all += len;
        let packet = Packet {
            number,
            time: Time::from_microseconds(number as i64 * 1_000),
            link: LINKS[usize::from(*link) % LINKS.len()],
            data: frame,
            wire_len: len as u32 + u32::from(*cut),
        };
        let peeked = peek(&packet);
        let decoded = decoder.decode(&packet);
        // A glance sees what decoding finds.
        match (peeked, &decoded) {
            (Peek::Tcp(glimpse), Decoded::Segment(segment)) => {
                assert_eq!(glimpse.segment(&packet), Some(*segment));
                let plain = segment.multipath.is_empty().then_some(segment.payload.len());
                assert_eq!(glimpse.plain_payload(), plain);
                assert_eq!(glimpse.addresses(), (segment.source.ip(), segment.destination.ip()));
                assert_eq!(glimpse.begins, segment.header.syn && segment.header.acknowledgement.is_none());
            }
            (Peek::Tcp(_), other) => panic!("a segment at a glance, and {other:?}"),
            (Peek::NotTcp, Decoded::Other) | (Peek::Unsure, _) => {}
            (Peek::NotTcp, other) => panic!("no TCP at a glance, and {other:?}"),
        }
        if let Decoded::Segment(segment) = decoded {
            // A datagram put together is no longer than all its pieces.
            assert!(segment.payload.len() <= all);
            assert!(segment.header.wire_len as usize >= segment.payload.len());
            assert!(
                segment.header.wire_len <= 65_535 + u32::from(*cut) || segment.header.wire_len as usize <= all + 65_535
            );
        }
    }
});
