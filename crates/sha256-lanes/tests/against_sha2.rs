//! Whatever the pieces, the digests are those of `sha2`.

use proptest::collection::vec;
use proptest::prelude::*;
use sha2::Digest;
use sha256_lanes::{
    BLOCK_BYTES, Block, Sha256, State, compress, compress_pair, finish_pair, update_pair, update_three,
};

/// Lengths at which a block, or its padding, ends.
const BORDERS: [usize; 14] = [0, 1, 54, 55, 56, 57, 62, 63, 64, 65, 119, 120, 127, 128];

fn expected(message: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(message).into()
}

/// Some bytes, different at each place.
fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at as u8).wrapping_mul(31).wrapping_add((at >> 8) as u8) ^ seed).collect()
}

/// Lengths of pieces: mostly short, some at borders, some of many blocks.
fn len() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..300, 2 => proptest::sample::select(&BORDERS[..]), 1 => 300_usize..3_000]
}

/// One piece of each of three messages, and how it is handed over.
fn turn() -> impl Strategy<Value = ([usize; 3], u8)> {
    ([len(), len(), len()], 0_u8..7)
}

#[test]
fn the_examples_of_the_standard() {
    // FIPS 180-2, appendix B.1 and B.2; the empty message.
    let examples = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (text, digest) in examples {
        let mut pair = [Sha256::new(), Sha256::new()];
        let [first, second] = &mut pair;
        update_pair([first, second], text.as_bytes(), text.as_bytes());
        assert_eq!(finish_pair(pair).map(hex), [digest, digest]);
    }
}

#[test]
fn every_pair_of_lengths_up_to_300_near_a_border() {
    for a in 0..300 {
        for b in BORDERS {
            let (a, b) = (bytes(1, a), bytes(2, b));
            let mut pair = [Sha256::new(), Sha256::new()];
            let [first, second] = &mut pair;
            update_pair([first, second], &a, &b);
            assert_eq!(pair.clone().map(Sha256::finish), [expected(&a), expected(&b)]);
            assert_eq!(finish_pair(pair), [expected(&a), expected(&b)], "{} and {}", a.len(), b.len());
        }
    }
}

#[test]
fn every_border_of_three() {
    for a in BORDERS {
        for b in BORDERS {
            for c in BORDERS {
                let messages = [bytes(1, a), bytes(2, b), bytes(3, c)];
                let [mut first, mut second, mut third] = [const { Sha256::new() }; 3];
                for _ in 0..2 {
                    let [a, b, c] = &messages;
                    update_three([&mut first, &mut second, &mut third], a, b, c);
                }
                let digests = [first, second, third].map(Sha256::finish);
                assert_eq!(digests, messages.map(|message| expected(&message.repeat(2))), "{a}, {b} and {c}");
            }
        }
    }
}

#[test]
fn only_the_length_is_told() {
    let mut message = Sha256::new();
    message.update(b"secret");
    assert_eq!(format!("{message:?}"), "Sha256 { len: 6, .. }");
    assert_eq!(message.message_len(), 6);
    assert_eq!(size_of::<Sha256>(), 104);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn interleaved_updates_of_any_kind(turns in vec(turn(), 0..12)) {
        let mut messages = [const { Sha256::new() }; 3];
        let mut contents: [Vec<u8>; 3] = Default::default();
        for (number, (lens, kind)) in turns.into_iter().enumerate() {
            let pieces: [Vec<u8>; 3] = std::array::from_fn(|lane| bytes((number * 3 + lane) as u8, lens[lane]));
            let [x, y, z] = &mut messages;
            let [a, b, c] = &pieces;
            let seen = match kind {
                0 => { x.update(a); &[0][..] }
                1 => { z.update(c); &[2] }
                2 => { update_pair([x, y], a, b); &[0, 1] }
                3 => { update_pair([z, y], c, b); &[1, 2] }
                4 => { update_pair([x, z], a, c); &[0, 2] }
                5 => { update_three([z, x, y], c, a, b); &[0, 1, 2] }
                _ => { update_three([x, y, z], a, b, c); &[0, 1, 2] }
            };
            for &lane in seen {
                contents[lane].extend(&pieces[lane]);
            }
        }
        let lens: Vec<u64> = contents.iter().map(|content| content.len() as u64).collect();
        prop_assert_eq!(messages.each_ref().map(Sha256::message_len).to_vec(), lens);
        let expected = contents.each_ref().map(|content| expected(content));
        let [x, y, z] = messages;
        prop_assert_eq!(z.clone().finish(), expected[2]);
        prop_assert_eq!(finish_pair([y, x.clone()]), [expected[1], expected[0]]);
        prop_assert_eq!(finish_pair([z, x]), [expected[2], expected[0]]);
    }

    #[test]
    fn whole_blocks(a in vec(any::<[u8; 8]>(), 0..12), b in vec(any::<[u8; 8]>(), 0..12), states: [[u32; 8]; 2]) {
        let blocks = |seeds: &[[u8; 8]]| seeds.iter().map(|seed| std::array::from_fn(|at| seed[at % 8] ^ at as u8)).collect();
        let (a, b): (Vec<Block>, Vec<Block>) = (blocks(&a), blocks(&b));
        assert_eq!(a.as_flattened().len(), a.len() * BLOCK_BYTES);
        let (mut expected, mut alone, mut pair): ([State; 2], [State; 2], [State; 2]) = (states, states, states);
        for ((expected, alone), blocks) in expected.iter_mut().zip(&mut alone).zip([&a, &b]) {
            sha2::block_api::compress256(expected, blocks);
            compress(alone, blocks);
        }
        let [first, second] = &mut pair;
        compress_pair([first, second], &a, &b);
        prop_assert_eq!(alone, expected);
        prop_assert_eq!(pair, expected);
    }
}
