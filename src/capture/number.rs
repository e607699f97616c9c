/*!
Packet numbers: the number of a packet in its file, and which file that is, in one `u64`.

Analysts look packets up in the file that they have open, where Wireshark counts from 1. So a packet keeps the number
that it has in its own file, however many files are read. The stages between `capture` and `view` only compare numbers
and carry them; a view takes them apart again with [`source`] and [`frame`].
*/

/// Bits of the number within the file: enough for a file of more than 100 TiB.
const FRAME_BITS: u32 = 44;
const FRAMES: u64 = (1 << FRAME_BITS) - 1;
/// The greatest index of a source; later sources share it.
const LAST_SOURCE: u64 = (1 << (u64::BITS - FRAME_BITS)) - 1;

/// The number of packet `frame` (from 1) of the source with index `source`. For the first source it is `frame` itself.
pub fn packed(source: usize, frame: u64) -> u64 {
    let source = u64::try_from(source).unwrap_or(u64::MAX).min(LAST_SOURCE);
    source << FRAME_BITS | frame.min(FRAMES)
}

/// The index of the source that packet `number` was read from.
pub fn source(number: u64) -> usize {
    usize::try_from(number >> FRAME_BITS).unwrap_or(usize::MAX)
}

/// The number of packet `number` within its source, from 1: the frame number that Wireshark shows for that file.
pub fn frame(number: u64) -> u64 {
    number & FRAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_apart_into_what_it_was_made_of() {
        for (of, number) in [(0, 1), (0, 1 << 40), (1, 1), (1_000_000, 17)] {
            assert_eq!((source(packed(of, number)), frame(packed(of, number))), (of, number));
        }
        assert_eq!(packed(0, 12), 12, "a single file has plain numbers");
        assert_eq!(source(packed(usize::MAX, 1)), LAST_SOURCE as usize);
    }
}
