//! Content as it comes, with its line feeds: found once, and used to count, to digest and to cut lines.

/// Bytes of one piece: few enough to stay in the processor's nearest cache until all readers have seen them.
pub const PIECE_BYTES: usize = 16 * 1024;

/// Where the line feeds of a piece are. Kept from piece to piece for its memory.
#[derive(Debug, Default)]
pub struct LineFeeds {
    places: Vec<usize>,
    /// The distance between the last two, where the next is expected.
    apart: usize,
}

/// Some content.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The places in them that hold an LF, ascending.
    pub line_feeds: &'a [usize],
}

impl LineFeeds {
    /// `bytes` and its line feeds.
    pub fn of<'a>(&'a mut self, bytes: &'a [u8]) -> Piece<'a> {
        self.places.clear();
        // Lines of encoded content all have one length: counting line feeds, and checking where each is expected, takes
        // a fraction of the time of a search for each. If as many are found as were counted, none was skipped.
        let count = memchr::memchr_iter(b'\n', bytes).count();
        let mut from = 0;
        while self.places.len() < count {
            let rest = bytes.get(from..).unwrap_or_default();
            let ahead = self.apart.wrapping_sub(1);
            let place = if rest.get(ahead) == Some(&b'\n') { Some(ahead) } else { memchr::memchr(b'\n', rest) };
            let Some(place) = place else { break };
            self.places.push(from + place);
            self.apart = place + 1;
            from += place + 1;
        }
        if self.places.len() < count {
            self.places.clear();
            self.places.extend(memchr::memchr_iter(b'\n', bytes));
        }
        Piece { bytes, line_feeds: &self.places }
    }
}

impl<'a> Piece<'a> {
    /// The bytes from `from` on, up to and with the LF at `line_feed`.
    pub fn line(&self, from: usize, line_feed: usize) -> &'a [u8] {
        self.bytes.get(from..=line_feed).unwrap_or_default()
    }

    /// The byte before `place`, if it is in this piece.
    pub fn before(&self, place: usize) -> Option<u8> {
        self.bytes.get(place.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::LineFeeds;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_line_feeds_are_found(pieces in proptest::collection::vec("([a-c]{6}\n){0,4}[a-c\n]{0,9}", 0..9)) {
            let mut line_feeds = LineFeeds::default();
            for piece in pieces {
                let all: Vec<usize> = piece.match_indices('\n').map(|(at, _)| at).collect();
                prop_assert_eq!(line_feeds.of(piece.as_bytes()).line_feeds, all);
            }
        }
    }
}
