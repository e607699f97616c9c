/*!
The last delivered bytes of a stream, kept so that a retransmission can be compared with them.

What the other side has not acknowledged, and a little before it, is kept as it is: from there nearly all retransmissions
come. Of what was acknowledged before, up to a bound, there is a digest of each piece in the pieces in which it came: it
tells that a copy differs, though no longer where. So a connection that sends much holds little more than its window.
*/

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use twox_hash::XxHash3_64;

/// How far back bytes are compared, at least: as far as the largest IP datagram.
const KEPT: usize = 65_536;
/// Acknowledged bytes that are kept as they are, at least. Most dialogues have no more, and a straggler is one of the last
/// segments.
const RECENT: usize = 4_096;
/// Bytes for which there is room at first: most streams are a few short lines.
const SMALLEST: usize = 64;
/// Bytes for which there is room at most, but for what comes as one piece.
const LARGEST: usize = KEPT + KEPT / 4;
/// Bytes from which on it is noted in which pieces they came.
const NOTED: usize = 1_024;
/// Pieces are put together up to this: a stream of single bytes would have more lengths than bytes.
const SMALL: u32 = 64;

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub struct History {
    /// The last of them, as they are.
    bytes: Vec<u8>,
    /// Most streams have so few that there is none.
    pieces: Option<Box<Pieces>>,
}

/// The pieces in which bytes came.
#[derive(Debug, Default)]
struct Pieces {
    /// Their lengths, the oldest first: together, all that is kept as it is.
    lengths: VecDeque<u32>,
    /// Those before.
    digests: VecDeque<Digest>,
    /// Bytes that these had.
    digested: usize,
}

/// A piece that is no longer kept.
#[derive(Debug, Clone, Copy)]
pub struct Digest {
    /// Bytes that it had.
    pub len: u32,
    hash: u64,
}

impl Digest {
    fn new(bytes: &[u8], len: u32) -> Self {
        /// Random, so that no capture can choose two pieces with one digest.
        static SECRET: LazyLock<[u8; 192]> = LazyLock::new(|| {
            let random = RandomState::new();
            let mut secret = [0; 192];
            secret
                .chunks_mut(8)
                .zip(0_u64..)
                .for_each(|(to, nth)| to.copy_from_slice(&random.hash_one(nth).to_le_bytes()));
            secret
        });
        // The secret is long enough.
        Self { len, hash: XxHash3_64::oneshot_with_secret(&*SECRET, bytes).unwrap_or_default() }
    }

    /// Whether the piece had these `bytes`.
    pub fn is_of(self, bytes: &[u8]) -> bool {
        self.hash == Self::new(bytes, self.len).hash
    }
}

impl History {
    /// The bytes that are kept as they are: the last of the stream.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The pieces before them, of which the digests are kept, the oldest first.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        self.pieces.iter().flat_map(|pieces| &pieces.digests).copied()
    }

    /// How many bytes at the end of the stream can be compared.
    pub fn reach(&self) -> usize {
        self.bytes.len() + self.pieces.as_ref().map_or(0, |pieces| pieces.digested)
    }

    /// Bytes that are kept, of the stream and of digests.
    #[inline]
    pub fn held(&self) -> usize {
        self.bytes.len() + self.pieces.as_ref().map_or(0, |pieces| pieces.digests.len() * size_of::<Digest>())
    }

    /// Appends a piece, with which the last `unacknowledged` bytes of the stream have not been acknowledged.
    pub fn push(&mut self, piece: &[u8], unacknowledged: usize) {
        let piece = match piece.len() {
            long if long > KEPT => {
                self.clear();
                piece.get(long - KEPT..).unwrap_or_default()
            }
            _ => piece,
        };
        if piece.len() > self.bytes.capacity() - self.bytes.len() {
            self.make_room(piece.len(), unacknowledged.clamp(RECENT, KEPT));
        }
        let len = piece.len() as u32;
        match &mut self.pieces {
            Some(pieces) => match pieces.lengths.back_mut() {
                Some(last) if *last + len <= SMALL => *last += len,
                _ => pieces.lengths.push_back(len),
            },
            None if self.bytes.len() + piece.len() > NOTED => {
                // In what pieces the first ones came was not noted: in whole lines, mostly.
                let lines = self.bytes.split_inclusive(|byte| *byte == b'\n').map(|line| line.len() as u32);
                self.pieces.get_or_insert_default().lengths.extend(lines.chain([len]));
            }
            None => {}
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Makes room for `wanted` bytes: keeps digests of the oldest pieces, as long as `keep` bytes are left with those that
    /// come, and grows if that is not enough.
    fn make_room(&mut self, wanted: usize, keep: usize) {
        self.digest(wanted, keep);
        let needed = self.bytes.len() + wanted;
        if needed > self.bytes.capacity() {
            let room = needed.next_power_of_two().clamp(SMALLEST, needed.max(LARGEST));
            self.bytes.reserve_exact(room - self.bytes.len());
        }
    }

    /// Keeps only digests of the oldest pieces, as long as `keep` bytes are left, with `more` that come.
    fn digest(&mut self, more: usize, keep: usize) {
        let Self { bytes, pieces: Some(pieces) } = self else { return };
        let Pieces { lengths, digests, digested } = &mut **pieces;
        let mut done = 0;
        while let Some(&len) = lengths.front()
            && let Some(left) = (bytes.len() + more).checked_sub(done + len as usize).filter(|left| *left >= keep)
        {
            lengths.pop_front();
            let piece = bytes.get(done..done + len as usize).unwrap_or_default();
            done += len as usize;
            // What is too far back for a comparison needs no digest.
            if left < KEPT {
                digests.push_back(Digest::new(piece, len));
                *digested += len as usize;
            }
        }
        bytes.drain(..done);
        // As long as the others reach far enough: a piece may be as long as all that is compared.
        while let Some(oldest) = digests.front().map(|oldest| oldest.len as usize)
            && *digested + bytes.len() + more >= KEPT + oldest
        {
            *digested -= oldest;
            digests.pop_front();
        }
    }

    /// The stream is over: all but the last bytes are kept as digests.
    pub fn digest_all_but_last(&mut self) {
        self.digest(0, RECENT);
        self.bytes.shrink_to(2 * RECENT);
    }

    /// Forgets all bytes.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{History, KEPT, LARGEST, NOTED, RECENT, SMALL};
    use proptest::prelude::*;

    /// The pieces of a stream, each with how much of it is not acknowledged then.
    fn pieces() -> impl Strategy<Value = Vec<(usize, usize)>> {
        let len = prop_oneof![1..40_usize, 200..3_000_usize, 1..3 * KEPT];
        let unacknowledged = prop_oneof![Just(0), 0..20_000_usize, Just(usize::MAX)];
        proptest::collection::vec((len, unacknowledged), 0..80)
    }

    proptest! {
        #[test]
        fn the_last_bytes_are_kept_or_their_digests(pieces in pieces(), over: bool) {
            let (mut history, mut all, mut ends) = (History::default(), Vec::new(), vec![0]);
            let mut unacknowledged = 0_usize;
            for (number, (len, wanted)) in pieces.into_iter().enumerate() {
                unacknowledged = wanted.min(unacknowledged + len);
                let bytes: Vec<u8> = (0..len).map(|at| (at * 7 + at / 251 + number) as u8).collect();
                history.push(&bytes, unacknowledged);
                all.extend_from_slice(&bytes);
                ends.push(all.len());
                let exact = history.bytes().len();
                prop_assert!(exact >= unacknowledged.clamp(RECENT, KEPT).min(all.len()), "{} {}", exact, all.len());
                prop_assert!(history.bytes.capacity() <= LARGEST + KEPT, "{}", history.bytes.capacity());
                prop_assert!(history.reach() >= KEPT.min(all.len()) && history.reach() <= exact + 2 * KEPT, "{}", history.reach());
                prop_assert!(history.held() <= exact + KEPT, "{}", history.held());
            }
            if over {
                history.digest_all_but_last();
                prop_assert!(history.bytes().len() >= RECENT.min(all.len()));
            }
            let exact = all.len() - history.bytes().len();
            prop_assert_eq!(&all[exact..], history.bytes());
            prop_assert!(history.reach() >= KEPT.min(all.len()), "{}", history.reach());
            // Nothing within reach is left out, but for the rest of a piece.
            let mut place = all.len() - history.reach();
            for digest in history.digests() {
                let (from, until) = (place, place + digest.len as usize);
                prop_assert!(digest.is_of(&all[from..until]));
                let mut other = all[from..until].to_vec();
                other[digest.len as usize / 2] ^= 1;
                prop_assert!(!digest.is_of(&other));
                // Whole pieces as they came: several where they are small.
                let among = |at: usize| ends.binary_search(&at).is_ok() || at <= NOTED && all[at - 1] == b'\n';
                prop_assert!(among(from) || all.len() - from >= KEPT - 1, "{} {:?}", from, ends);
                prop_assert!(among(until));
                place = until;
            }
            prop_assert_eq!(place, exact);
        }

        #[test]
        fn single_bytes_cost_little(count in 0..20_000_usize) {
            let mut history = History::default();
            (0..count).for_each(|n| history.push(&[n as u8], 0));
            let pieces = history.pieces.as_ref();
            prop_assert!(pieces.is_none_or(|pieces| pieces.digests.len() + pieces.lengths.len() <= 2 * count / SMALL as usize + 8));
        }
    }
}
