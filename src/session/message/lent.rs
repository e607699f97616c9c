/*!
Digests of one large message, made on a thread that has nothing else to do.

All bytes of a connection go through one worker, and of a large message's time most is for its digests. So the message's
[`Digests`](super::digest::Digests) lend what they have digested so far to a [`Digester`]: it gets the content in blocks,
and works while the worker reads on. Nobody sees a difference but in time: whoever needs a digest takes it back, and waits
until its blocks are done.
*/

use super::hashes::Hashes;
use super::line_feeds::Piece;
use crate::session::digester::Digester;
use sha256_lanes::Sha256;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Content after which a message is large.
pub const LARGE: u64 = 1 << 20;
/// Bytes that are handed over at once: long enough that handing them over costs nothing beside digesting them.
const BLOCK: usize = 128 << 10;

/// The digests of a message, lent. What it holds is bounded by [`MESSAGES`](crate::session::digester::MESSAGES), and counts
/// nowhere: what a message weighs does not depend on the number of threads.
#[derive(Debug)]
pub struct Lent {
    digester: Arc<Digester>,
    message: Arc<Message>,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Message {
    state: Mutex<State>,
    /// Jobs that are not done.
    waiting: Mutex<usize>,
    done: Condvar,
    /// Blocks that are done, for their memory.
    spare: Mutex<Vec<Gathered>>,
}

/// What is lent.
#[derive(Debug, Default)]
struct State {
    hashes: Hashes,
    attachment: Option<Sha256>,
}

/// Pieces of content, one behind the other, with what else is known of them.
#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    line_feeds: Vec<usize>,
    /// Decoded bytes of the attachment.
    attached: Vec<u8>,
    /// An attachment's digest is lent.
    has_attachment: bool,
}

impl Lent {
    /// Lends `hashes` to `digester`, if it has time for another message.
    pub fn lend(digester: &Arc<Digester>, hashes: &mut Hashes) -> Option<Arc<Self>> {
        if !digester.begin() {
            return None;
        }
        let state = State { hashes: std::mem::take(hashes), attachment: None };
        let message = Message { state: Mutex::new(state), ..Message::default() };
        Some(Arc::new(Self { digester: Arc::clone(digester), message: Arc::new(message), gathered: Mutex::default() }))
    }

    /// The next bytes, and those of the attachment that they belong to.
    pub fn add(self: &Arc<Self>, piece: &Piece<'_>, beside: Option<(&mut Hash, &[u8])>) {
        let mut gathered = lock(&self.gathered);
        if let Some((hash, bytes)) = beside {
            if hash.lent.is_none() && !gathered.has_attachment {
                gathered.has_attachment = true;
                // The blocks before this have nothing of it.
                lock(&self.message.state).attachment = Some(std::mem::take(&mut hash.sha256));
                hash.lent = Some(Arc::clone(self));
            }
            match &hash.lent {
                Some(_) => gathered.attached.extend_from_slice(bytes),
                None => hash.sha256.update(bytes),
            }
        }
        let begun = gathered.bytes.len();
        gathered.bytes.extend_from_slice(piece.bytes);
        gathered.line_feeds.extend(piece.line_feeds.iter().map(|line_feed| begun + line_feed));
        if gathered.bytes.len() >= BLOCK {
            self.hand_over(&mut gathered);
        }
    }

    /// Bytes are missing here.
    pub fn gap(&self) {
        self.hand_over(&mut lock(&self.gathered));
        self.run(|state| state.hashes.gap());
    }

    /// The digests of the message, back.
    pub fn take_back(&self) -> Hashes {
        self.hand_over(&mut lock(&self.gathered));
        self.message.wait(0);
        std::mem::take(&mut lock(&self.message.state).hashes)
    }

    /// That of the attachment.
    fn attachment(&self) -> Sha256 {
        let mut gathered = lock(&self.gathered);
        self.hand_over(&mut gathered);
        gathered.has_attachment = false;
        self.message.wait(0);
        lock(&self.message.state).attachment.take().unwrap_or_default()
    }

    /// Has `job` done after those before it.
    fn run(&self, job: impl FnOnce(&mut State) + Send + 'static) {
        let message = Arc::clone(&self.message);
        *lock(&message.waiting) += 1;
        let job = move || {
            job(&mut lock(&message.state));
            *lock(&message.waiting) -= 1;
            message.done.notify_all();
        };
        if let Some(undone) = self.digester.run(job) {
            self.message.wait(1);
            drop(undone);
        }
    }

    fn hand_over(&self, gathered: &mut Gathered) {
        if gathered.bytes.is_empty() && gathered.attached.is_empty() {
            return;
        }
        let mut next = lock(&self.message.spare).pop().unwrap_or_default();
        next.has_attachment = gathered.has_attachment;
        let mut block = std::mem::replace(gathered, next);
        let message = Arc::clone(&self.message);
        self.run(move |State { hashes, attachment }| {
            let Gathered { bytes, line_feeds, attached, .. } = &mut block;
            let piece = Piece::irregular(bytes, line_feeds);
            hashes.update(&piece, attachment.as_mut().map(|sha256| (sha256, &attached[..])));
            bytes.clear();
            line_feeds.clear();
            attached.clear();
            lock(&message.spare).push(block);
        });
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.digester.end();
    }
}

impl Message {
    /// Waits until no more than `most` of its jobs are left.
    fn wait(&self, most: usize) {
        let waiting = lock(&self.waiting);
        let _done = self.done.wait_while(waiting, |waiting| *waiting > most).unwrap_or_else(PoisonError::into_inner);
    }
}

/// A digest, here or lent.
#[derive(Debug, Default)]
pub struct Hash {
    sha256: Sha256,
    /// It is lent, with those of a message.
    lent: Option<Arc<Lent>>,
}

impl Hash {
    /// The digest, taken back if it was lent.
    pub fn here(&mut self) -> &mut Sha256 {
        if let Some(lent) = self.lent.take() {
            self.sha256 = lent.attachment();
        }
        &mut self.sha256
    }

    /// As [`Sha256::finish`].
    pub fn finish(mut self) -> [u8; 32] {
        std::mem::take(self.here()).finish()
    }
}

/// No code panics while it has a lock, so there is nothing wrong with a poisoned one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::digest::Digests;
    use super::super::line_feeds::LineFeeds;
    use super::{BLOCK, Digester, Hash, LARGE};
    use crate::session::digester::MESSAGES;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::thread;

    /// Content and body digests of `pieces`, and those of two attachments that lie in them one after the other.
    fn digested(
        pieces: &[(Vec<u8>, Vec<u8>)],
        gap_at: usize,
        digester: Option<&Arc<Digester>>,
    ) -> Vec<Option<[u8; 32]>> {
        let mut digests = Digests::new(digester.cloned());
        let (mut line_feeds, mut attachments) = (LineFeeds::default(), [Hash::default(), Hash::default()]);
        for (at, (piece, attached)) in pieces.iter().enumerate() {
            if at == gap_at {
                digests.gap();
            }
            let second = at >= pieces.len() / 2;
            if second {
                // As when an attachment has ended.
                attachments[0].here();
            }
            let beside = (at % 5 > 0).then_some((&mut attachments[usize::from(second)], &attached[..]));
            digests.update(&line_feeds.of(piece), beside);
        }
        let (content, body) = digests.finish();
        let [first, second] = attachments.map(Hash::finish);
        vec![Some(content), body, Some(first), Some(second)]
    }

    fn large(seed: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
        let piece = |at: usize| {
            let line = [b"\r\nA: b\r\n".as_slice(), &[b'a' + (at as u8 ^ seed) % 26; 76]].concat();
            (line.repeat(190), vec![at as u8; 11_000])
        };
        (0..LARGE as usize / 15_000 * 3).map(piece).collect()
    }

    #[test]
    fn digests_that_are_lent_are_those_made_here() {
        let (digester, work) = Digester::new();
        let pieces = large(1);
        thread::scope(|scope| {
            scope.spawn(|| work.run());
            for gap_at in [0, 1, 90, 150, usize::MAX] {
                assert_eq!(digested(&pieces, gap_at, Some(&digester)), digested(&pieces, gap_at, None), "{gap_at}");
            }
            // Several messages at once, more than it takes.
            thread::scope(|scope| {
                for seed in 0..MESSAGES as u8 + 2 {
                    let digester = &digester;
                    scope.spawn(move || {
                        let pieces = large(seed);
                        assert_eq!(digested(&pieces, 99, Some(digester)), digested(&pieces, 99, None));
                    });
                }
            });
            digester.release();
        });
        assert_eq!((0..).take_while(|_| digester.begin()).count(), MESSAGES, "all were given back");
        assert_eq!(digested(&pieces, 7, Some(&digester)), digested(&pieces, 7, None), "its thread has ended");
    }

    #[test]
    fn what_a_thread_leaves_undone_is_done_all_the_same() {
        let (digester, work) = Digester::new();
        let pieces = large(3);
        let mut digests = Digests::new(Some(Arc::clone(&digester)));
        let mut line_feeds = LineFeeds::default();
        pieces.iter().take(80).for_each(|(piece, _)| digests.update(&line_feeds.of(piece), None));
        drop(work);
        let mut whole = Digests::new(None);
        pieces.iter().take(80).for_each(|(piece, _)| whole.update(&line_feeds.of(piece), None));
        assert!(pieces.iter().take(80).map(|(piece, _)| piece.len()).sum::<usize>() < LARGE as usize + 2 * BLOCK);
        assert_eq!(digests.finish(), whole.finish());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn the_sizes_of_pieces_make_no_difference(sizes in proptest::collection::vec(1_usize..16_000, 150..260), gap in 0_usize..400) {
            let (digester, work) = Digester::new();
            let pieces: Vec<_> = sizes.iter().map(|size| (b"x\ny\r\n\r".repeat(size / 7 + 1), vec![b'z'; *size / 2])).collect();
            thread::scope(|scope| {
                scope.spawn(|| work.run());
                prop_assert_eq!(digested(&pieces, gap, Some(&digester)), digested(&pieces, gap, None));
                digester.release();
                Ok(())
            })?;
        }
    }
}
