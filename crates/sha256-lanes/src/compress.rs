//! Whole blocks into states: interleaved where the processor can, by `sha2` where it cannot.

use sha2::block_api::compress256;

/// Bytes of a block (FIPS 180-4, section 5.2.1).
pub const BLOCK_BYTES: usize = 64;

/// One block of a padded message.
pub type Block = [u8; BLOCK_BYTES];

/// The intermediate hash value, H0 to H7 (FIPS 180-4, section 6.2).
pub type State = [u32; 8];

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
cpufeatures::new!(sha_ni, "sha", "sse2", "ssse3", "sse4.1");

/// Whether two messages are interleaved on this processor. Where they are not, all functions do the same work one message
/// after the other.
pub fn is_interleaved() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return sha_ni::get();
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    return false;
}

/// Brings `blocks` into `state`.
// Not inlined: a profiler, and who counts instructions, find all rounds that `sha2` makes for this crate below this name.
#[inline(never)]
pub fn compress(state: &mut State, blocks: &[Block]) {
    if !blocks.is_empty() {
        compress256(state, blocks);
    }
}

/// Brings the blocks of two messages that have nothing to do with each other into their states, `a` into the first and `b`
/// into the second: as many as both have together, and what one has more by itself.
pub fn compress_pair(states: [&mut State; 2], a: &[Block], b: &[Block]) {
    let [first, second] = states;
    let both = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a.split_at(both), b.split_at(both));
    together(first, a, second, b);
    compress(first, a_rest);
    compress(second, b_rest);
}

/// The same number of blocks of both.
fn together(first: &mut State, a: &[Block], second: &mut State, b: &[Block]) {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if sha_ni::get() {
        // SAFETY: the processor has all that the function needs beyond the target's own features: `sha_ni::get` has asked
        // it for each of them.
        return unsafe { crate::sha_ni::compress_pair([first, second], a, b) };
    }
    compress(first, a);
    compress(second, b);
}
