/*!
The rounds in the SHA instructions of x86.

A message's rounds are one chain: each `sha256rnds2` waits for the one before it. The processor could begin another one
meanwhile, but has none to begin. Here it has those of a second message: both chains stand side by side in the registers,
of which there are just enough for two.
*/

#[cfg(target_arch = "x86")]
use core::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::*;

use crate::compress::{Block, State};

/// The constants of the rounds (FIPS 180-4, section 4.2.2), four by four.
const K: [[u32; 4]; 16] = [
    [0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5],
    [0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
    [0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3],
    [0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
    [0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc],
    [0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
    [0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7],
    [0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
    [0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13],
    [0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
    [0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3],
    [0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
    [0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5],
    [0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
    [0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208],
    [0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
];

/// One message on its way: the working variables as the instructions want them, and the sixteen words of the schedule that
/// are needed next.
#[derive(Clone, Copy)]
struct Lane {
    abef: __m128i,
    cdgh: __m128i,
    words: [__m128i; 4],
}

/// Brings the blocks of each lane into its state. Only as many blocks are taken as the lane with the fewest has.
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
pub fn compress<const LANES: usize>(states: [&mut State; LANES], blocks: [&[Block]; LANES]) {
    let zero = _mm_setzero_si128();
    let mut lanes = [Lane { abef: zero, cdgh: zero, words: [zero; 4] }; LANES];
    for (lane, state) in lanes.iter_mut().zip(&states) {
        let [a, b, c, d, e, f, g, h] = state.map(|word| word.cast_signed());
        lane.abef = _mm_set_epi32(a, b, e, f);
        lane.cdgh = _mm_set_epi32(c, d, g, h);
    }
    let fewest = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    // As slices of one length: no block is looked for beyond an end.
    let blocks = blocks.map(|blocks| &blocks[..fewest]);
    for number in 0..fewest {
        let before = lanes;
        for (lane, blocks) in lanes.iter_mut().zip(&blocks) {
            lane.words = words(&blocks[number]);
        }
        let k: &[[[u32; 4]; 4]] = K.as_chunks().0;
        sixteen_rounds::<LANES, true>(&mut lanes, &k[0]);
        sixteen_rounds::<LANES, true>(&mut lanes, &k[1]);
        sixteen_rounds::<LANES, true>(&mut lanes, &k[2]);
        sixteen_rounds::<LANES, false>(&mut lanes, &k[3]);
        for (lane, before) in lanes.iter_mut().zip(&before) {
            lane.abef = _mm_add_epi32(lane.abef, before.abef);
            lane.cdgh = _mm_add_epi32(lane.cdgh, before.cdgh);
        }
    }
    for (lane, state) in lanes.iter().zip(states) {
        let (abef, cdgh) = (lane.abef, lane.cdgh);
        *state = [
            _mm_extract_epi32::<3>(abef),
            _mm_extract_epi32::<2>(abef),
            _mm_extract_epi32::<3>(cdgh),
            _mm_extract_epi32::<2>(cdgh),
            _mm_extract_epi32::<1>(abef),
            _mm_extract_epi32::<0>(abef),
            _mm_extract_epi32::<1>(cdgh),
            _mm_extract_epi32::<0>(cdgh),
        ]
        .map(|word| word.cast_unsigned());
    }
}

/// The sixteen words of a block, which stand in it with the high byte first.
#[inline]
#[target_feature(enable = "sse2,ssse3")]
fn words(block: &Block) -> [__m128i; 4] {
    let turned = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let mut words = [turned; 4];
    for (words, bytes) in words.iter_mut().zip(block.as_chunks::<16>().0) {
        // One load: the compiler sees that the halves stand side by side.
        let [low, high] = [0, 8].map(|from| i64::from_le_bytes(core::array::from_fn(|at| bytes[from + at])));
        *words = _mm_shuffle_epi8(_mm_set_epi64x(high, low), turned);
    }
    words
}

/// Sixteen rounds of every lane, and where `MORE` follow, the words for these.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3")]
fn sixteen_rounds<const LANES: usize, const MORE: bool>(lanes: &mut [Lane; LANES], k: &[[u32; 4]; 4]) {
    four_rounds::<LANES, 0, MORE>(lanes, k);
    four_rounds::<LANES, 1, MORE>(lanes, k);
    four_rounds::<LANES, 2, MORE>(lanes, k);
    four_rounds::<LANES, 3, MORE>(lanes, k);
}

/// Four rounds of every lane, with its words at place `AT`, into whose place their successors go (FIPS 180-4, section
/// 6.2.2).
#[inline]
#[target_feature(enable = "sha,sse2,ssse3")]
fn four_rounds<const LANES: usize, const AT: usize, const MORE: bool>(lanes: &mut [Lane; LANES], k: &[[u32; 4]; 4]) {
    let [k0, k1, k2, k3] = k[AT].map(|word| word.cast_signed());
    let k = _mm_set_epi32(k3, k2, k1, k0);
    for lane in lanes {
        let word = |further: usize| lane.words[(AT + further) % 4];
        let (w0, w1, w2, w3) = (word(0), word(1), word(2), word(3));
        let summed = _mm_add_epi32(w0, k);
        // Two rounds each: the variables c, d, g, h after them are a, b, e, f before.
        lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, summed);
        lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh, _mm_shuffle_epi32::<0x0e>(summed));
        if MORE {
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8::<4>(w3, w2));
            lane.words[AT] = _mm_sha256msg2_epu32(sum, w3);
        }
    }
}
