//! Options of Multipath TCP that nobody meant: they cost bounded memory, and lose no payload of plain TCP.

use super::{CLIENT, SERVER, Sent};
use crate::decode::Segment;
use crate::flow::{Multipath, Side};
use crate::limits::{Limit, SUBFLOWS};
use proptest::collection::vec;
use proptest::prelude::*;
use std::convert::Infallible;
use std::net::SocketAddr;

fn handed_on(multipath: &mut Multipath, segment: &Segment<'_>) -> Vec<(SocketAddr, u32, u32)> {
    let mut seen = Vec::new();
    let Ok(()) = multipath.segment(segment, &mut |part: &mut Segment<'_>| {
        assert!(part.payload.len() <= part.header.wire_len as usize);
        seen.push((part.source, part.header.sequence, part.header.wire_len));
        Ok::<_, Infallible>(())
    });
    seen
}

proptest! {
    #[test]
    fn any_options_hand_on_every_packet(packets in vec((vec(any::<u8>(), 0..38), 0_u32..40, any::<bool>(), 0_u8..4), 1..60)) {
        let mut multipath = Multipath::default();
        for (number, (content, sequence, back, kind)) in (1..).zip(&packets) {
            let options = [&[30, content.len() as u8 + 2][..], content].concat();
            let payload = "sixteen octets..";
            let flags = ["S", "SA", "A", "FA"][usize::from(*kind)];
            let sent = Sent::new(if *back { Side::Server } else { Side::Client }, *sequence, 1, flags, payload);
            let segment = Segment { multipath: &options, ..sent.segment(number, number as i64) };
            prop_assert!(!handed_on(&mut multipath, &segment).is_empty());
        }
    }
}

#[test]
fn subflows_are_known_up_to_a_bound() {
    let mut multipath = Multipath::default();
    let capable = [&[30, 20, 0x01, 0x81][..], &[1; 8], &[2; 8]].concat();
    let [client, server]: [SocketAddr; 2] = [CLIENT, SERVER].map(|end| end.parse().expect("an address"));
    let sent = Sent::new(Side::Client, 1, 1, "A", "");
    for number in 0..SUBFLOWS as u64 + 10 {
        let source = SocketAddr::new(client.ip(), 1_024 + (number % 60_000) as u16);
        let segment = Segment { source, destination: server, multipath: &capable, ..sent.segment(number + 1, 0) };
        assert_eq!(handed_on(&mut multipath, &segment).len(), 1);
    }
    assert_eq!(multipath.limits().iter().collect::<Vec<_>>(), [(Limit::Multipath, 10)]);
}
