//! `--extract DIR`, through the program: every content with a digest in the JSON is in a file, nothing off the wire
//! decides where a file goes, and nothing is overwritten.

mod kit;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod written;
