//! Whatever TCP and the capture do to the packets of a conversation in TLS, what is read inside with its keys is the same.

mod support;

use mailtap::protocol::tls::keys::Keys;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use support::tls::{named, sessions_with};
use support::{Segment, Side, captured, disturb, segments};

/// One for each way to find the IV or the nonce of a record (its number, the record itself, the record before), and the
/// server's port.
const CAPTURES: [(&str, u16); 3] = [("tls13-small-records", 993), ("tls12-cbc-sha", 465), ("tls10-cbc", 465)];

/// The sessions, without what depends on the packets.
fn said(segments: &[Segment], port: u16, keys: &Arc<dyn Keys>) -> Vec<Value> {
    let mut sessions = sessions_with(&captured(segments, port), Some(Arc::clone(keys)));
    sessions.iter_mut().for_each(support::forget_packets);
    sessions
}

/// The segment number `place`, with up to `back` of the bytes that its side sent before.
fn overlapping_segment(sent: &[Segment], place: usize, back: usize) -> Segment {
    let mut segment = sent[place].clone();
    let earlier = sent[..place].iter().filter(|earlier| earlier.from == segment.from);
    let before: Vec<u8> = earlier.flat_map(|earlier| earlier.payload.iter().copied()).collect();
    let again = &before[before.len().saturating_sub(back)..];
    segment.sequence -= again.len() as u32;
    segment.payload.splice(..0, again.iter().copied());
    segment
}

/// Who sent what, in order.
type Turns = Vec<(Side, Vec<u8>)>;

/// The turns of a capture, what gives its keys, and what is said inside where nothing happens to its packets.
fn whole(name: &str, port: u16) -> (Turns, Arc<dyn Keys>, Vec<Value>) {
    let fixture = named(name);
    let (keys, _) = fixture.keys().expect("keys");
    let turns = fixture.turns(0);
    let plain = said(&segments(&turns, usize::MAX), port, &keys);
    assert_eq!(plain.len(), 1);
    assert_eq!(plain[0]["tls"]["decrypted"], true);
    let is_inside = |step: &&Value| ["command", "reply"].contains(&step["kind"].as_str().unwrap_or_default());
    assert!(plain[0]["steps"].as_array().is_some_and(|steps| steps.iter().filter(is_inside).count() >= 8));
    (turns, keys, plain)
}

proptest! {
    #![proptest_config(support::tried(40))]

    #[test]
    fn split_reordered_and_doubled(
        (name, port) in prop::sample::select(&CAPTURES[..]),
        size in 20..400_usize,
        copies in prop::collection::vec((any::<prop::sample::Index>(), 0..80_usize), 0..15),
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..50_usize), 0..30),
    ) {
        let (turns, keys, plain) = whole(name, port);
        let mut sent = segments(&turns, size);
        disturb(&mut sent, &copies, &moves);
        prop_assert_eq!(said(&sent, port, &keys), plain);
    }

    #[test]
    fn overlapping_and_reordered(
        (name, port) in prop::sample::select(&CAPTURES[..]),
        size in 20..400_usize,
        overlaps in prop::collection::vec((any::<prop::sample::Index>(), 1..700_usize), 1..30),
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..50_usize), 0..30),
    ) {
        let (turns, keys, plain) = whole(name, port);
        let whole = segments(&turns, size);
        let mut sent = whole.clone();
        for (place, back) in overlaps {
            let place = place.index(whole.len());
            if !whole[place].payload.is_empty() {
                sent[place] = overlapping_segment(&whole, place, back);
            }
        }
        disturb(&mut sent, &[], &moves);
        prop_assert_eq!(said(&sent, port, &keys), plain);
    }
}
