/*!
TLS that is decrypted, and packets that are lost, cut or damaged: what is shown was said, what is missing is told, and a
loss costs the records that it touches and no more.
*/

mod support;

use mailtap::flow::Side::{Client, Server};
use mailtap::protocol::event::{Subject, TlsFact};
use mailtap::protocol::tls;
use mailtap::protocol::tls::keys::Keys;
use std::ops::Range;
use std::sync::Arc;
use support::Side;
use support::tls::{Heard, Opened, Turn, named, opened, said};

/// Each with the connection that is looked at. The second of two takes up the first one's session.
const CAPTURES: [(&str, usize); 16] = [
    ("tls13-small-records", 0),
    ("tls13-keyupdate", 0),
    ("tls13-early", 1),
    ("tls13-hrr", 0),
    ("tls13-padding", 0),
    ("tls12-aes128-gcm", 0),
    ("tls12-chacha20", 0),
    ("tls12-cbc-sha", 0),
    ("tls12-cbc-sha-mac-first", 0),
    ("tls12-renegotiated", 0),
    ("tls12-rsa", 0),
    ("tls12-ticket", 1),
    ("tls10-cbc", 0),
    ("tls10-cbc-mac-first", 0),
    ("real-dovecot-imap-compress", 0),
    ("real-postfix-submission", 0),
];

/// What a record may have beside its content: header, IV, MAC and a block of padding.
const OVERHEAD: u64 = 5 + 16 + 48 + 16;

/// A record on the wire.
struct Record {
    place: Range<usize>,
    kind: u8,
    /// All that follows hangs on it: a hello, or the messages of a renegotiation.
    is_essential: bool,
}

/// A conversation that is whole, and what is inside it.
struct Whole {
    name: &'static str,
    keys: Arc<dyn Keys>,
    turns: Vec<(Side, Vec<u8>)>,
    plain: [Vec<u8>; 2],
    records: [Vec<Record>; 2],
}

impl Whole {
    fn new(name: &'static str, nth: usize) -> Self {
        let fixture = named(name);
        let (keys, _) = fixture.keys().expect("keys");
        let turns = fixture.turns(nth);
        let found = opened(&uncut(&turns), &keys);
        let plain = [Client, Server].map(|side| said(&found.heard, side));
        assert!(plain.iter().all(|plain| plain.len() > 60), "{name}");
        let records = [Client, Server].map(|side| records(&turns, side, name));
        Self { name, keys, turns, plain, records }
    }

    /// Checks what is heard where `lost`, by side, is not there (as `place` has it).
    fn check(&self, found: &Opened, lost: &[Vec<Range<usize>>; 2]) {
        let touched = |record: &&Record, side: Side| {
            lost[side as usize].iter().any(|lost| lost.start < record.place.end && record.place.start < lost.end)
        };
        let is_essential = [Client, Server]
            .iter()
            .any(|&side| self.records[side as usize].iter().any(|r| r.is_essential && touched(&r, side)));
        for side in [Client, Server] {
            let heard = listen(&found.heard, side, &self.plain[side as usize]);
            let context = || format!("{}: {lost:?} lost, {side:?}: {:?}", self.name, found.heard);
            let heard = heard.unwrap_or_else(|what| panic!("{what}: {}", context()));
            let is_told = heard.told > 0
                || is_encrypted(found, side)
                || found.told.facts.iter().any(|fact| matches!(fact, TlsFact::NotDecrypted(..)));
            assert!(heard.missing == 0 || is_told, "not told: {}", context());
            if is_essential {
                continue;
            }
            let all = &self.records[side as usize];
            let near: Vec<usize> = (0..all.len()).filter(|n| touched(&&all[*n], side)).collect();
            // TLS 1.0 cannot open the next one, which may be empty.
            let chained = if self.name.starts_with("tls10") { 2 } else { 0 };
            let costs = |n: &usize| near.iter().any(|near| (*near..=near + chained).contains(n));
            let cost: usize = (0..all.len()).filter(costs).map(|n| all[n].place.len()).sum();
            assert!(heard.missing <= cost as u64, "{} of {cost} bytes: {}", heard.missing, context());
            let records = (0..all.len()).filter(costs).count() as u64;
            let padded = self.name.contains("padding");
            let is_content = near.iter().all(|n| all[*n].kind == 23);
            if is_content && !padded && chained == 0 {
                let error = heard.told.abs_diff(heard.missing);
                // A ticket in TLS 1.3 does not show that it is no content.
                let tickets =
                    if side == Server && self.name.contains("13") || self.name.starts_with("real") { 600 } else { 0 };
                assert!(
                    error <= records * OVERHEAD + tickets,
                    "{} told, {} missing: {}",
                    heard.told,
                    heard.missing,
                    context()
                );
            }
        }
    }
}

/// The records of `side`.
fn records(turns: &[(Side, Vec<u8>)], side: Side, name: &str) -> Vec<Record> {
    let is_tls13 = !name.starts_with("tls1") || name.starts_with("tls13");
    let bytes: Vec<u8> = turns.iter().filter(|(from, _)| *from == side).flat_map(|(_, bytes)| bytes.clone()).collect();
    let (mut at, mut changed, mut finished, mut all) = (0, false, false, Vec::new());
    while let Some(&[kind, _, _, high, low, first, ..]) = bytes.get(at..).filter(|rest| rest.len() > 5) {
        let place = at..at + 5 + usize::from(u16::from_be_bytes([high, low]));
        changed |= kind == 20 && !is_tls13;
        let is_essential = kind == 22
            && match (changed, finished) {
                (true, false) => std::mem::replace(&mut finished, true),
                (true, true) => true,
                _ => matches!(first, 1 | 2) || name == "tls12-rsa",
            };
        at = place.end;
        all.push(Record { place, kind, is_essential });
    }
    assert_eq!(at, bytes.len(), "whole records");
    all
}

fn uncut(turns: &[(Side, Vec<u8>)]) -> Vec<Turn> {
    turns.iter().map(|(from, bytes)| Turn::Data(*from, bytes.clone())).collect()
}

/// Whether something that `side` sent is told to be encrypted.
fn is_encrypted(found: &Opened, side: Side) -> bool {
    let is = |subject: &Subject| matches!(subject, Subject::Tls(tls::Subject::Encrypted));
    found.told.steps.iter().any(|(from, subject, _)| *from == side && is(subject))
}

/// What was heard of a side.
#[derive(Debug, Default)]
struct Listened {
    missing: u64,
    /// Bytes told to be missing inside, and 1 for each gap of TLS.
    told: u64,
}

/// Whether all that `side` is heard to say is of `plain`, in its order, and what is skipped is told.
fn listen(heard: &[Heard], side: Side, plain: &[u8]) -> Result<Listened, String> {
    let (mut place, mut gap, mut all, mut ended) = (0, None, Listened::default(), false);
    for heard in heard {
        match heard {
            Heard::Data(from, bytes) if *from == side => {
                let expected = place + gap.unwrap_or(0) as usize;
                let found = (place..plain.len()).filter(|&place| plain[place..].starts_with(bytes));
                let found = found.min_by_key(|place| place.abs_diff(expected)).ok_or("never said")?;
                if ended || found != place && gap.is_none() {
                    return Err(format!("{found} for {place}, not told"));
                }
                all.missing += (found - place) as u64;
                (place, gap) = (found + bytes.len(), None);
            }
            Heard::Gap(from, missing) | Heard::LastGap(from, missing) if *from == side => {
                ended |= matches!(heard, Heard::LastGap(..));
                all.told += missing;
                *gap.get_or_insert(0) += missing;
            }
            Heard::GapInTls(from) if *from == side => {
                all.told += 1;
                gap.get_or_insert(0);
            }
            _ => {}
        }
    }
    all.missing += (plain.len() - place) as u64;
    Ok(all)
}

/// The turns without those of `side` that are number `lost` among all.
fn without(whole: &Whole, lost: &[usize]) -> (Vec<Turn>, [Vec<Range<usize>>; 2]) {
    let (mut place, mut ranges, mut turns) = ([0, 0], [Vec::new(), Vec::new()], Vec::new());
    for (n, (from, bytes)) in whole.turns.iter().enumerate() {
        let begin = place[*from as usize];
        place[*from as usize] += bytes.len();
        if lost.contains(&n) {
            ranges[*from as usize].push(begin..begin + bytes.len());
            turns.push(Turn::Gap(*from, bytes.len() as u64));
        } else {
            turns.push(Turn::Data(*from, bytes.clone()));
        }
    }
    (turns, ranges)
}

#[test]
fn a_loss_costs_what_it_touches() {
    for (name, nth) in CAPTURES {
        let whole = Whole::new(name, nth);
        for first in 0..whole.turns.len() {
            let side = whole.turns[first].0;
            let of_side: Vec<usize> = (first..whole.turns.len()).filter(|n| whole.turns[*n].0 == side).collect();
            for run in [1, 2, 3, 5] {
                let (turns, lost) = without(&whole, &of_side[..run.min(of_side.len())]);
                whole.check(&opened(&turns, &whole.keys), &lost);
            }
            let (turns, lost) =
                without(&whole, &[first, (first + 3) % whole.turns.len(), (first + 7) % whole.turns.len()]);
            whole.check(&opened(&turns, &whole.keys), &lost);
        }
    }
}

/// Records of 16 KB that span packets.
#[test]
fn a_loss_in_long_records_costs_what_it_touches() {
    for name in ["tls13-large", "tls12-large"] {
        let whole = Whole::new(name, 0);
        for first in (0..whole.turns.len()).step_by(23) {
            let (turns, lost) = without(&whole, &[first, first + 1, first + 40]);
            whole.check(&opened(&turns, &whole.keys), &lost);
        }
    }
}

/// Packets of which only the first `snap` bytes of payload were captured.
#[test]
fn cut_packets_cost_what_they_touch() {
    for (name, nth) in CAPTURES {
        let whole = Whole::new(name, nth);
        for snap in [1, 4, 5, 6, 20, 48, 64, 100, 200, 500, 1_000] {
            let (mut place, mut lost, mut turns) = ([0, 0], [Vec::new(), Vec::new()], Vec::new());
            for (from, bytes) in &whole.turns {
                let (shown, cut) = bytes.split_at(snap.min(bytes.len()));
                turns.push(Turn::Data(*from, shown.to_vec()));
                place[*from as usize] += bytes.len();
                if !cut.is_empty() {
                    turns.push(Turn::Gap(*from, cut.len() as u64));
                    lost[*from as usize].push(place[*from as usize] - cut.len()..place[*from as usize]);
                }
            }
            whole.check(&opened(&turns, &whole.keys), &lost);
        }
    }
}

/// However TCP cuts them.
#[test]
fn pieces_change_nothing() {
    for (name, nth) in CAPTURES {
        let whole = Whole::new(name, nth);
        let expected = opened(&uncut(&whole.turns), &whole.keys);
        for size in [1, 2, 3, 7, 100] {
            let pieces = |(from, bytes): &(Side, Vec<u8>)| -> Vec<Turn> {
                bytes.chunks(size).map(|piece| Turn::Data(*from, piece.to_vec())).collect()
            };
            let turns: Vec<Turn> = whole.turns.iter().flat_map(pieces).collect();
            let found = opened(&turns, &whole.keys);
            assert_eq!(found.heard, expected.heard, "{name}: pieces of {size}");
            assert_eq!(found.told.steps, expected.told.steps, "{name}: pieces of {size}");
            assert_eq!(found.told.facts, expected.told.facts, "{name}: pieces of {size}");
        }
    }
}

/// A bit that was flipped in a record: what was before it stays, nothing after it is shown, and the other side goes on.
#[test]
fn a_damaged_record_ends_its_direction() {
    for (name, nth) in CAPTURES {
        let whole = Whole::new(name, nth);
        for side in [Client, Server] {
            let all = &whole.records[side as usize];
            let first = all.iter().position(|record| record.kind == 23).expect("content");
            for (n, record) in all.iter().enumerate().skip(first) {
                for byte in [0, 1, 3, 4, 5, 13, record.place.len() / 2 + 2, record.place.len() - 1] {
                    let (mut place, mut turns) = (0, whole.turns.clone());
                    let at = record.place.start + byte;
                    for (_, bytes) in turns.iter_mut().filter(|(from, _)| *from == side) {
                        if let Some(byte) = at.checked_sub(place).and_then(|at| bytes.get_mut(at)) {
                            *byte ^= 0x04;
                        }
                        place += bytes.len();
                    }
                    let found = opened(&uncut(&turns), &whole.keys);
                    let context =
                        format!("{name}: {side:?}, record {n}, byte {byte}: {:?} {:?}", found.told.steps, found.heard);
                    let plain = &whole.plain[side as usize];
                    let heard = listen(&found.heard, side, plain).unwrap_or_else(|what| panic!("{what}: {context}"));
                    let shown = said(&found.heard, side);
                    // Early data are followed by records of other keys.
                    let is_early = name == "tls13-early" && side == Client && n == first;
                    assert!(is_early || plain.starts_with(&shown), "{context}");
                    let is_told = heard.told > 0 || is_encrypted(&found, side);
                    assert!(is_told || heard.missing == 0, "not told: {context}");
                    let other = said(&found.heard, side.other());
                    let is_of_renegotiation = record.is_essential || all[n..].iter().any(|record| record.is_essential);
                    // Whether they are taken is in the server's first record.
                    let is_of_early = name == "tls13-early" && side == Server && n == first;
                    assert!(
                        is_of_early || is_of_renegotiation || other == whole.plain[side.other() as usize],
                        "the other side: {context}"
                    );
                }
            }
        }
    }
}
