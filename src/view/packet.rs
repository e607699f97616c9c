//! Packet numbers as people read them.

use crate::capture::number;

/// A packet's number in its file, with that file's place among those read in front unless it is the first: `12`, `2:12`.
pub fn shown(packet: u64) -> String {
    match number::source(packet) {
        0 => number::frame(packet).to_string(),
        source => format!("{}:{}", source + 1, number::frame(packet)),
    }
}

/// Several packets in a row: `12-15`, `2:12-15`; of two files `12-2:3`.
pub fn range(first: u64, last: u64) -> String {
    match number::source(first) == number::source(last) {
        true if first == last => shown(first),
        true => format!("{}-{}", shown(first), number::frame(last)),
        false => format!("{}-{}", shown(first), shown(last)),
    }
}
