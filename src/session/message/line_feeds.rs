//! Content as it comes, with its line feeds: found once, and used to count, to digest and to cut lines.

/// Bytes of one piece: few enough to stay in the processor's nearest cache until all readers have seen them.
pub const PIECE_BYTES: usize = 16 * 1024;

/// Where the line feeds of a piece are. Kept from piece to piece for its memory.
#[derive(Debug, Default)]
pub struct LineFeeds {
    places: Vec<usize>,
    /// Bytes of the last line that ended, without its LF: so many are expected of the next.
    apart: usize,
    /// Bytes of the line under way that came in pieces before.
    begun: usize,
}

/// Some content.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The places in them that hold an LF, ascending.
    pub line_feeds: &'a [usize],
    /// Known where all is as it must be: a CR before every LF (one at the very beginning aside), none anywhere else (but
    /// at the very end), and no NUL. No line that ends here has more octets in this piece, its LF aside.
    pub regular: Option<usize>,
}

impl LineFeeds {
    /// `bytes` and its line feeds.
    pub fn of<'a>(&'a mut self, bytes: &'a [u8]) -> Piece<'a> {
        self.places.clear();
        // Lines of encoded content all have one length: counting, and checking where each LF is expected, takes a fraction
        // of the time of a search for each. With the CRs before them, the LFs are nearly always all low octets there are:
        // then none was skipped, and there is neither a NUL nor a CR by itself.
        let low = low_octets(bytes);
        let last_cr = usize::from(bytes.last() == Some(&b'\r'));
        let (mut from, mut pairs, mut longest) = (0_usize, 0, self.apart);
        loop {
            // Where more of the line has come than is expected, this lies far beyond the end.
            let mut place = from.wrapping_add(self.apart).wrapping_sub(self.begun);
            while let Some(line_end) = place.checked_sub(1).and_then(|before| bytes.get(before..=place))
                && line_end == b"\r\n"
            {
                self.places.push(place);
                (pairs, from, self.begun) = (pairs + 1, place + 1, 0);
                place = from.wrapping_add(self.apart);
            }
            if bytes.get(place) != Some(&b'\n') {
                if low == self.places.len() + pairs + last_cr {
                    break;
                }
                let Some(further) = memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()) else { break };
                self.apart = self.begun.saturating_add(further);
                longest = longest.max(self.apart);
                place = from + further;
            }
            self.places.push(place);
            pairs += usize::from(place.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r'));
            (from, self.begun) = (place + 1, 0);
        }
        self.begun = self.begun.saturating_add(bytes.len() - from);
        if low != self.places.len() + pairs + last_cr {
            let count = memchr::memchr_iter(b'\n', bytes).count();
            if self.places.len() < count {
                self.places.clear();
                self.places.extend(memchr::memchr_iter(b'\n', bytes));
            }
            return Piece::irregular(bytes, &self.places);
        }
        let is_regular = self.places.len() == pairs + usize::from(bytes.first() == Some(&b'\n'));
        Piece { bytes, line_feeds: &self.places, regular: is_regular.then_some(longest) }
    }
}

/// How many octets are not above CR: NUL, tab, LF, CR, and what mail does not use.
fn low_octets(bytes: &[u8]) -> usize {
    // In blocks of a size that is known, of up to 255: then a count takes 8 bits, and compilers do 16 octets at once.
    let (blocks, rest) = bytes.as_chunks::<192>();
    let mut count = 0;
    for block in blocks {
        count += low_in(block);
    }
    let (blocks, rest) = rest.as_chunks::<32>();
    for block in blocks {
        count += low_in(block);
    }
    let mut last = [u8::MAX; 32];
    if let Some(begin) = last.get_mut(..rest.len()) {
        begin.copy_from_slice(rest);
    }
    count + low_in(&last)
}

#[inline(always)]
fn low_in<const N: usize>(block: &[u8; N]) -> usize {
    const { assert!(N <= u8::MAX as usize) };
    let mut count = 0_u8;
    for octet in block {
        count += u8::from(*octet <= b'\r');
    }
    usize::from(count)
}

impl<'a> Piece<'a> {
    /// Content of which nothing is known but its line feeds.
    pub fn irregular(bytes: &'a [u8], line_feeds: &'a [usize]) -> Self {
        Self { bytes, line_feeds, regular: None }
    }

    /// The bytes from `from` on, up to and with the LF at `line_feed`.
    pub fn line(&self, from: usize, line_feed: usize) -> &'a [u8] {
        self.bytes.get(from..=line_feed).unwrap_or_default()
    }

    /// The byte before `place`, if it is in this piece.
    pub fn before(&self, place: usize) -> Option<u8> {
        self.bytes.get(place.checked_sub(1)?).copied()
    }

    /// True where the first byte is an LF.
    pub fn begins_with_line_feed(&self) -> bool {
        self.line_feeds.first() == Some(&0)
    }
}

#[cfg(test)]
mod tests {
    use super::{LineFeeds, low_octets};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_line_feeds_are_found(
            pieces in proptest::collection::vec("([a-c]{6}\r?\n){0,4}[a-c\n\r]{0,9}[\0\t\n]?([a-c]{40}\r\n){0,9}\r?", 0..9),
        ) {
            let mut line_feeds = LineFeeds::default();
            for text in pieces {
                let all: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
                let piece = line_feeds.of(text.as_bytes());
                prop_assert_eq!(piece.line_feeds, &all);
                let inner = text.strip_prefix('\n').unwrap_or(&text);
                let inner = inner.strip_suffix('\r').unwrap_or(inner).replace("\r\n", "");
                // Lines of changing lengths are not always told at once.
                prop_assert!(piece.regular.is_none() || !inner.contains(['\r', '\n', '\0', '\t']));
                if let Some(longest) = piece.regular {
                    prop_assert!(text.split_inclusive('\n').all(|line| !line.ends_with('\n') || line.len() <= longest + 1));
                }
            }
        }

        #[test]
        fn lines_of_one_length_are_regular_however_they_are_cut(length in 0_usize..90, at in 0_usize..2_000) {
            let text = format!("{}\r\n", "x".repeat(length)).repeat(20);
            let (one, other) = text.as_bytes().split_at(at.min(text.len()));
            let mut line_feeds = LineFeeds::default();
            prop_assert!(line_feeds.of(one).regular.is_some());
            prop_assert!(line_feeds.of(other).regular.is_some());
            prop_assert_eq!(line_feeds.of(text.as_bytes()).regular, Some(length + 1));
        }

        #[test]
        fn low_octets_are_counted(bytes in proptest::collection::vec(0_u8..30, 0..70), times in 1_usize..400) {
            let bytes = bytes.repeat(times);
            prop_assert_eq!(low_octets(&bytes), bytes.iter().filter(|byte| **byte <= 13).count());
        }
    }

    #[test]
    fn a_line_feed_within_the_expected_distance_is_not_skipped() {
        let mut line_feeds = LineFeeds::default();
        line_feeds.of(b"abcd\r\nabcd\r\n");
        let piece = line_feeds.of(b"a\r\nb\r\nabcd\r\n");
        assert_eq!((piece.line_feeds, piece.regular), (&[2, 5, 11][..], None));
    }
}
