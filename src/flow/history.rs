/*!
The last delivered bytes of a stream, kept so that a retransmission can be compared with them.

The buffers never grow: every byte of mail passes through here, and a buffer that grows copies its bytes each time. A
new buffer is as large as all before it together, up to a bound. The oldest is reused once its bytes are no longer
needed.
*/

use std::cell::RefCell;
use std::collections::VecDeque;

/// Bytes that are kept: the largest IP datagram.
const KEPT: usize = 65_536;
/// Bytes that are kept of a stream that is over: a straggler is one of its last segments.
const LAST: usize = 4_096;
/// Bytes of the smallest buffer: most streams are a few short lines.
const SMALLEST: usize = 64;
/// Bytes of the largest.
const LARGEST: usize = 8_192;
/// Buffers of the largest size that a thread keeps for later.
const SPARE: usize = 64;

thread_local! {
    /// Buffers of the largest size that are not in use, that which was used last on top: what it had is still in the
    /// processor's cache, where a buffer from the allocator would have to be brought there first.
    static SPARES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
pub struct History {
    /// The buffer that is being filled.
    newest: Vec<u8>,
    /// Those before it, which are full, the oldest first. Most streams have none.
    #[expect(clippy::box_collection, reason = "rare: a word rather than four")]
    older: Option<Box<VecDeque<Vec<u8>>>>,
    /// Bytes in all buffers.
    held: usize,
}

impl History {
    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.held.min(KEPT)
    }

    /// True if no bytes are kept.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or_default();
        while !rest.is_empty() {
            let room = self.newest.capacity() - self.newest.len();
            if room == 0 {
                let next = self.next_buffer(rest.len());
                let full = std::mem::replace(&mut self.newest, next);
                if !full.is_empty() {
                    self.older.get_or_insert_default().push_back(full);
                }
                continue;
            }
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.newest.extend_from_slice(now);
            self.held += now.len();
            rest = later;
        }
    }

    /// An empty buffer: the oldest, if the bytes in it are no longer kept.
    fn next_buffer(&mut self, wanted: usize) -> Vec<u8> {
        let mut size = self.held.max(wanted).clamp(SMALLEST, LARGEST);
        while let Some(older) = &mut self.older
            && let Some(oldest) = older.front()
            && self.held - oldest.len() >= KEPT
            && let Some(mut oldest) = older.pop_front()
        {
            self.held -= oldest.len();
            oldest.clear();
            if oldest.capacity() >= size {
                return oldest;
            }
            size = LARGEST;
        }
        let spare = if size == LARGEST { SPARES.with_borrow_mut(Vec::pop) } else { None };
        spare.unwrap_or_else(|| Vec::with_capacity(size))
    }

    /// Forgets all but the last [`LAST`] bytes, as far as buffers have nothing but others. True if any were forgotten.
    pub fn forget_all_but_last(&mut self) -> bool {
        let before = self.len();
        while let Some(older) = &mut self.older
            && older.front().is_some_and(|oldest| self.held - oldest.len() >= LAST)
            && let Some(oldest) = older.pop_front()
        {
            self.held -= oldest.len();
            keep(oldest);
        }
        self.len() < before
    }

    /// Forgets all bytes.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The byte at `index`, the oldest that is kept being 0.
    pub fn get(&self, mut index: usize) -> Option<u8> {
        for piece in self.pieces() {
            match piece.get(index) {
                Some(&byte) => return Some(byte),
                None => index -= piece.len(),
            }
        }
        None
    }

    /// The bytes that are kept, oldest first, in pieces.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut surplus = self.held - self.len();
        self.older.iter().flat_map(|older| older.iter()).chain([&self.newest]).map(move |buffer| {
            let passed = surplus.min(buffer.len());
            surplus -= passed;
            buffer.get(passed..).unwrap_or_default()
        })
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.older.take().into_iter().flat_map(|older| *older).for_each(keep);
        keep(std::mem::take(&mut self.newest));
    }
}

/// Keeps a buffer for later, if it is one of the largest and there is room.
fn keep(mut buffer: Vec<u8>) {
    if buffer.capacity() != LARGEST {
        return;
    }
    // A thread that is ending keeps nothing.
    let _ = SPARES.try_with(|spares| {
        let Ok(mut spares) = spares.try_borrow_mut() else { return };
        if spares.len() < SPARE {
            buffer.clear();
            spares.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{History, KEPT, LARGEST, LAST};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn of_a_stream_that_is_over_the_last_bytes_are_kept(lengths in proptest::collection::vec(0..20_000_usize, 0..20)) {
            let mut history = History::default();
            let all: Vec<u8> = (0..lengths.iter().sum()).map(|at: usize| (at * 7 % 251) as u8).collect();
            let mut rest = &all[..];
            for len in lengths {
                let (now, later) = rest.split_at(len);
                history.push(now);
                rest = later;
            }
            let before = history.len();
            prop_assert_eq!(history.forget_all_but_last(), history.len() < before);
            prop_assert!(history.len() >= before.min(LAST) && history.len() <= LAST + 2 * LARGEST);
            prop_assert_eq!(history.pieces().collect::<Vec<_>>().concat(), &all[all.len() - history.len()..]);
            prop_assert!(!history.forget_all_but_last(), "once is enough");
        }

        #[test]
        fn the_last_bytes_are_kept(lengths in proptest::collection::vec(prop_oneof![0..3_000_usize, 0..3 * KEPT], 0..60)) {
            let (mut history, mut all) = (History::default(), Vec::new());
            for (number, len) in lengths.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..len).map(|at| (at * 7 + number) as u8).collect();
                history.push(&bytes);
                all.extend_from_slice(&bytes);
                all.drain(..all.len().saturating_sub(KEPT));
                prop_assert_eq!(history.len(), all.len());
                prop_assert_eq!(history.pieces().collect::<Vec<_>>().concat(), &all[..]);
                let room: usize = history.older.iter().flat_map(|older| older.iter()).chain([&history.newest]).map(Vec::capacity).sum();
                prop_assert!(room <= KEPT + 3 * LARGEST, "{}", room);
            }
        }
    }
}
