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

/// Brings the blocks of two messages into their states. Only as many blocks are taken as the one with the fewest has.
// No closures in here: in functions of the core library, which know nothing of the features, they are not inlined.
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
pub fn compress_pair(states: [&mut State; 2], a: &[Block], b: &[Block]) {
    let [first, second] = states;
    let mut lanes = [load(first), load(second)];
    for (a, b) in a.iter().zip(b) {
        let before = lanes;
        lanes[0].words = words(a);
        lanes[1].words = words(b);
        sixteen_rounds::<0, true>(&mut lanes);
        sixteen_rounds::<1, true>(&mut lanes);
        sixteen_rounds::<2, true>(&mut lanes);
        sixteen_rounds::<3, false>(&mut lanes);
        for (lane, before) in lanes.iter_mut().zip(&before) {
            lane.abef = _mm_add_epi32(lane.abef, before.abef);
            lane.cdgh = _mm_add_epi32(lane.cdgh, before.cdgh);
        }
    }
    *first = stored(&lanes[0]);
    *second = stored(&lanes[1]);
}

#[inline]
#[target_feature(enable = "sse2")]
fn load(state: &State) -> Lane {
    let &[a, b, c, d, e, f, g, h] = state;
    Lane { abef: four(a, b, e, f), cdgh: four(c, d, g, h), words: [_mm_setzero_si128(); 4] }
}

#[inline]
#[target_feature(enable = "sse2")]
fn four(high: u32, second: u32, third: u32, low: u32) -> __m128i {
    _mm_set_epi32(high.cast_signed(), second.cast_signed(), third.cast_signed(), low.cast_signed())
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn stored(lane: &Lane) -> State {
    [
        _mm_extract_epi32::<3>(lane.abef).cast_unsigned(),
        _mm_extract_epi32::<2>(lane.abef).cast_unsigned(),
        _mm_extract_epi32::<3>(lane.cdgh).cast_unsigned(),
        _mm_extract_epi32::<2>(lane.cdgh).cast_unsigned(),
        _mm_extract_epi32::<1>(lane.abef).cast_unsigned(),
        _mm_extract_epi32::<0>(lane.abef).cast_unsigned(),
        _mm_extract_epi32::<1>(lane.cdgh).cast_unsigned(),
        _mm_extract_epi32::<0>(lane.cdgh).cast_unsigned(),
    ]
}

/// The sixteen words of a block, which stand in it with the high byte first.
#[inline]
#[target_feature(enable = "sse2,ssse3")]
fn words(block: &Block) -> [__m128i; 4] {
    let turned = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let mut words = [turned; 4];
    for (words, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        // One load of sixteen bytes, once it is compiled.
        let number = u128::from_le_bytes(*bytes);
        *words = _mm_shuffle_epi8(_mm_set_epi64x((number >> 64) as i64, number as i64), turned);
    }
    words
}

/// Sixteen rounds of both, those at place `QUARTER` of four, and where `MORE` follow, the words for these.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3")]
fn sixteen_rounds<const QUARTER: usize, const MORE: bool>(lanes: &mut [Lane; 2]) {
    four_rounds::<0, MORE>(lanes, &K[4 * QUARTER]);
    four_rounds::<1, MORE>(lanes, &K[4 * QUARTER + 1]);
    four_rounds::<2, MORE>(lanes, &K[4 * QUARTER + 2]);
    four_rounds::<3, MORE>(lanes, &K[4 * QUARTER + 3]);
}

/// Four rounds of both, with their words at place `AT`, into whose place their successors go (FIPS 180-4, section 6.2.2).
#[inline]
#[target_feature(enable = "sha,sse2,ssse3")]
fn four_rounds<const AT: usize, const MORE: bool>(lanes: &mut [Lane; 2], k: &[u32; 4]) {
    let k = four(k[3], k[2], k[1], k[0]);
    for Lane { abef, cdgh, words } in lanes {
        let (w0, w1, w2, w3) = (words[AT], words[(AT + 1) % 4], words[(AT + 2) % 4], words[(AT + 3) % 4]);
        let summed = _mm_add_epi32(w0, k);
        // Two rounds each: the variables c, d, g, h after them are a, b, e, f before.
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, summed);
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0x0e>(summed));
        if MORE {
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8::<4>(w3, w2));
            words[AT] = _mm_sha256msg2_epu32(sum, w3);
        }
    }
}
