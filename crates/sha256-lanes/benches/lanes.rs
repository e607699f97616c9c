//! Bytes a second: `sha2`, one message, two, three. The counter takes all messages together.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use sha2::Digest;
use sha256_lanes::{Sha256, update_pair, update_three};

fn main() {
    divan::main();
}

/// Bytes of each message.
const MESSAGE: usize = 1 << 20;

/// Of what lengths its pieces are: a line, a packet's, what a reader hands over at most.
const PIECES: [usize; 3] = [78, 1_400, 16_384];

fn pieces(size: usize) -> Vec<Vec<u8>> {
    let message: Vec<u8> = (0..MESSAGE).map(|at| (at ^ (at >> 8)) as u8).collect();
    message.chunks(size).map(<[u8]>::to_vec).collect()
}

#[divan::bench(args = PIECES)]
fn sha2_alone(bencher: Bencher, size: usize) {
    let pieces = pieces(size);
    bencher.counter(BytesCount::new(MESSAGE)).bench(|| {
        let mut message = sha2::Sha256::new();
        pieces.iter().for_each(|piece| message.update(black_box(piece)));
        message.finalize()
    });
}

#[divan::bench(args = PIECES)]
fn one(bencher: Bencher, size: usize) {
    let pieces = pieces(size);
    bencher.counter(BytesCount::new(MESSAGE)).bench(|| {
        let mut message = Sha256::new();
        pieces.iter().for_each(|piece| message.update(black_box(piece)));
        message.finish()
    });
}

#[divan::bench(args = PIECES)]
fn pair(bencher: Bencher, size: usize) {
    let pieces = pieces(size);
    bencher.counter(BytesCount::new(2 * MESSAGE)).bench(|| {
        let (mut first, mut second) = (Sha256::new(), Sha256::new());
        // At different places in their blocks, as a message and its body are.
        second.update(b"another place");
        for piece in &pieces {
            update_pair([&mut first, &mut second], black_box(piece), black_box(piece));
        }
        sha256_lanes::finish_pair([first, second])
    });
}

#[divan::bench(args = PIECES)]
fn three(bencher: Bencher, size: usize) {
    let pieces = pieces(size);
    bencher.counter(BytesCount::new(3 * MESSAGE)).bench(|| {
        let (mut first, mut second, mut third) = (Sha256::new(), Sha256::new(), Sha256::new());
        second.update(b"another place");
        third.update(b"and a third one");
        for piece in &pieces {
            update_three([&mut first, &mut second, &mut third], black_box(piece), black_box(piece), black_box(piece));
        }
        [first, second, third].map(Sha256::finish)
    });
}
