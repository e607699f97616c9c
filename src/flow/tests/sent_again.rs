//! Bytes that are sent again in larger segments, with a later acknowledgement, while others are late.

use super::*;

/// `sent` with the segment at `place` reaching `back` bytes further back.
fn reaching_back(sent: &[Sent], place: usize, back: usize) -> Sent {
    let mut segment = sent[place].clone();
    let earlier = sent[..place].iter().filter(|earlier| earlier.from == segment.from);
    let before: Vec<u8> = earlier.flat_map(|earlier| earlier.payload.iter().copied()).collect();
    let again = &before[before.len().saturating_sub(back)..];
    segment.sequence -= again.len() as u32;
    segment.payload.splice(..0, again.iter().copied());
    segment
}

#[test]
fn a_command_whose_copy_acknowledges_the_reply() {
    let sent = packets(&[(Side::Client, "EHLO a\r\n"), (Side::Server, "250 mx\r\n"), (Side::Client, "QUIT\r\n")], 100);
    let (said, _) = only(&sent);
    let is_ehlo = |segment: &&Sent| segment.payload == b"EHLO a\r\n";
    let ehlo = sent.iter().position(|segment| is_ehlo(&segment)).expect("the command");
    let quit = sent.iter().position(|segment| segment.payload == b"QUIT\r\n").expect("the next one");
    let mut late = sent.clone();
    late[quit] = reaching_back(&sent, quit, 8);
    let moved = late.remove(ehlo);
    for place in quit..late.len() {
        let mut late = late.clone();
        late.insert(place, moved.clone());
        assert_eq!(only(&late).0, said, "the command behind packet {place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..Default::default() })]

    #[test]
    fn larger_segments_and_late_ones(
        turns in any_turns(),
        size in 1..50_usize,
        again in prop::collection::vec((any::<prop::sample::Index>(), 1..100_usize), 1..20),
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..60_usize), 0..20),
    ) {
        let turns: Vec<_> = turns.iter().map(|(side, text)| (*side, text.as_str())).collect();
        let whole = packets(&turns, size);
        let (said, _) = only(&whole);
        let mut sent = whole.clone();
        for (place, back) in again {
            let place = place.index(whole.len());
            if !whole[place].payload.is_empty() {
                sent[place] = reaching_back(&whole, place, back);
            }
        }
        for (from, by) in moves {
            let from = from.index(sent.len());
            let to = (from + by).min(sent.len() - 1);
            let moved = sent.remove(from);
            sent.insert(to, moved);
        }
        let (heard, transport) = only(&sent);
        prop_assert_eq!(heard, said);
        prop_assert_eq!(transport.counters.conflicting, 0);
    }
}
