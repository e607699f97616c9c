//! Messages that come in pieces.

use crate::compress::{BLOCK_BYTES, Block, State, compress, compress_pair};
use core::cmp::Reverse;
use core::fmt;

/// Where a message begins (FIPS 180-4, section 5.3.3).
const INITIAL: State = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// The SHA-256 of one message, which comes in pieces: 104 bytes, none of them on the heap.
///
/// By itself it is as fast as `sha2`. Two or three of them are faster together: [`update_pair`], [`update_three`].
#[derive(Clone)]
pub struct Sha256 {
    state: State,
    /// Bytes of the message so far.
    len: u64,
    /// Its last bytes, `len % 64` of them: too few for a block.
    partial: Block,
}

/// A message's next blocks: what waited in it, filled up by the beginning of the piece, and those that stand in the piece.
struct Lane<'a> {
    state: &'a mut State,
    partial: &'a mut Block,
    /// `partial` is a whole block, and the first one.
    is_filled: bool,
    rest: &'a [Block],
    /// What waits afterwards.
    tail: &'a [u8],
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    /// Its length: the rest says something of content that may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sha256").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Sha256 {
    /// Of a message of which nothing has come.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: INITIAL, len: 0, partial: [0; BLOCK_BYTES] }
    }

    /// Bytes of the message so far.
    #[must_use]
    pub const fn message_len(&self) -> u64 {
        self.len
    }

    /// The next bytes. More than 2^61 - 1 in all have no digest (FIPS 180-4, section 1); the length is then counted modulo
    /// 2^61, as other implementations do.
    pub fn update(&mut self, bytes: &[u8]) {
        self.lane(bytes).alone();
    }

    /// The digest.
    #[must_use]
    pub fn finish(mut self) -> [u8; 32] {
        let (padding, blocks) = self.padding();
        compress(&mut self.state, &padding[..blocks]);
        self.digest()
    }

    /// Bytes that wait for the others of their block.
    fn waiting(&self) -> usize {
        // Less than 64, in any width.
        (self.len % BLOCK_BYTES as u64) as usize
    }

    /// Takes the next bytes. What they make whole is still to be brought into the state.
    fn lane<'a>(&'a mut self, bytes: &'a [u8]) -> Lane<'a> {
        let waiting = self.waiting();
        self.len = self.len.wrapping_add(bytes.len() as u64);
        let Self { state, partial, .. } = self;
        let is_filled = waiting > 0 && bytes.len() >= BLOCK_BYTES - waiting;
        let begun = if waiting > 0 { bytes.len().min(BLOCK_BYTES - waiting) } else { 0 };
        let (begun, bytes) = bytes.split_at(begun);
        partial[waiting..][..begun.len()].copy_from_slice(begun);
        let (rest, tail) = bytes.as_chunks();
        Lane { state, partial, is_filled, rest, tail }
    }

    /// What ends the message, with the bytes that wait: one block, or two, and how many (FIPS 180-4, section 5.1.1).
    fn padding(&self) -> ([Block; 2], usize) {
        let waiting = self.waiting();
        let mut padding = [[0; BLOCK_BYTES]; 2];
        let bytes = padding.as_flattened_mut();
        bytes[..waiting].copy_from_slice(&self.partial[..waiting]);
        bytes[waiting] = 0x80;
        let blocks = (waiting + 1 + size_of::<u64>()).div_ceil(BLOCK_BYTES);
        let end = blocks * BLOCK_BYTES;
        bytes[end - size_of::<u64>()..end].copy_from_slice(&self.len.wrapping_mul(8).to_be_bytes());
        (padding, blocks)
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

impl Lane<'_> {
    /// Whole blocks that are still to be brought into the state.
    fn blocks(&self) -> usize {
        usize::from(self.is_filled) + self.rest.len()
    }

    /// The state, and the next of them, as many as stand side by side.
    fn next(&mut self) -> (&mut State, &[Block]) {
        (self.state, if self.is_filled { core::slice::from_ref(self.partial) } else { self.rest })
    }

    /// The next `blocks` of [`Self::next`] are done.
    fn done(&mut self, blocks: usize) {
        if self.is_filled {
            self.is_filled = blocks == 0;
        } else {
            self.rest = &self.rest[blocks..];
        }
    }

    /// Brings `blocks` of both into their states. Both have as many.
    fn pair(&mut self, other: &mut Self, mut blocks: usize) {
        while blocks > 0 {
            let ((first, a), (second, b)) = (self.next(), other.next());
            let both = a.len().min(b.len()).min(blocks);
            compress_pair([first, second], &a[..both], &b[..both]);
            self.done(both);
            other.done(both);
            blocks -= both;
        }
    }

    /// Brings what is left into the state, and keeps what is not a whole block.
    fn alone(mut self) {
        while self.blocks() > 0 {
            let (state, next) = self.next();
            let blocks = next.len();
            compress(state, next);
            self.done(blocks);
        }
        self.partial[..self.tail.len()].copy_from_slice(self.tail);
    }
}

/// The next bytes of two messages, `a` of the first and `b` of the second. It takes as long as the one of them that has
/// more, where the processor can ([`is_interleaved`](crate::is_interleaved)).
pub fn update_pair(messages: [&mut Sha256; 2], a: &[u8], b: &[u8]) {
    let [first, second] = messages;
    let (mut first, mut second) = (first.lane(a), second.lane(b));
    let both = first.blocks().min(second.blocks());
    first.pair(&mut second, both);
    first.alone();
    second.alone();
}

/// The next bytes of three messages, in the order of the messages. They are interleaved two at a time, in turn, so that it
/// takes as long as the one with the most bytes, or as half of them all, whichever is more.
pub fn update_three(messages: [&mut Sha256; 3], a: &[u8], b: &[u8], c: &[u8]) {
    let [first, second, third] = messages;
    let mut lanes = [first.lane(a), second.lane(b), third.lane(c)];
    lanes.sort_unstable_by_key(|lane| Reverse(lane.blocks()));
    let [mut most, mut middle, mut least] = lanes;
    // The lane with the most goes with the middle one until the three can end together: what each then has left is what
    // the other two have in common.
    let (x, y, z) = (most.blocks(), middle.blocks(), least.blocks());
    let with_middle = ((x + y - z) / 2).min(y);
    most.pair(&mut middle, with_middle);
    let with_least = most.blocks().min(z);
    most.pair(&mut least, with_least);
    let both = middle.blocks().min(least.blocks());
    middle.pair(&mut least, both);
    most.alone();
    middle.alone();
    least.alone();
}

/// The digests of two messages, which end together.
#[must_use]
pub fn finish_pair(messages: [Sha256; 2]) -> [[u8; 32]; 2] {
    let [mut first, mut second] = messages;
    let ((a, a_blocks), (b, b_blocks)) = (first.padding(), second.padding());
    compress_pair([&mut first.state, &mut second.state], &a[..a_blocks], &b[..b_blocks]);
    [first.digest(), second.digest()]
}
