//! Whatever TCP and the capture do to the packets of a conversation, the session is the same.

mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{CONVERSATIONS, Segment, captured, disturb, segments, turns};

/// The sessions, without what depends on the packets.
fn said(segments: &[Segment], port: u16) -> Vec<Value> {
    let mut sessions = support::sessions(&captured(segments, port));
    sessions.iter_mut().for_each(support::forget_packets);
    sessions
}

proptest! {
    #![proptest_config(support::tried(150))]

    #[test]
    fn split_reordered_and_doubled(
        conversation in prop::sample::select(&CONVERSATIONS[..]),
        size in 1..80_usize,
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..50_usize), 0..30),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 0..80_usize), 0..15),
    ) {
        let turns = turns(conversation.script);
        let plain = said(&segments(&turns, usize::MAX), conversation.port);
        prop_assert_eq!(plain.len(), 1);
        let mut sent = segments(&turns, size);
        disturb(&mut sent, &copies, &moves);
        prop_assert_eq!(said(&sent, conversation.port), plain);
    }
}

/// A client types letter by letter, and copies of segments stand in the capture long before the originals.
#[test]
fn copies_long_before_their_originals_change_nothing() {
    let conversation = CONVERSATIONS[0];
    let turns = turns(conversation.script);
    let plain = said(&segments(&turns, usize::MAX), conversation.port);
    let sent = segments(&turns, 1);
    for from in (0..sent.len()).step_by(11) {
        let mut sent = sent.clone();
        sent.insert(from.saturating_sub(40), sent[from].clone());
        assert_eq!(said(&sent, conversation.port), plain, "the copy of segment {from}");
    }
}
