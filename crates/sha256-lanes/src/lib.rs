#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![warn(missing_docs, unnameable_types)]

mod compress;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod sha_ni;
mod stream;

pub use compress::{BLOCK_BYTES, Block, State, compress, compress_pair, is_interleaved};
pub use stream::{Sha256, finish_pair, update_pair, update_three};
