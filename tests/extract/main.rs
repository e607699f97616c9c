//! `--extract DIR`, through the program: every byte that the JSON has a digest of is in a file, nothing off the wire says
//! where, and nothing is overwritten.

mod kit;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod written;
