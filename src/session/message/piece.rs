//! Content as it comes, with its line feeds: looked for once, and used by whoever counts, digests or cuts lines.

/// Bytes looked at before the next ones are: few enough to stay in the processor's nearest cache until all have seen them.
pub const PIECE_BYTES: usize = 16 * 1024;

/// Where the line feeds of a piece are. Kept from piece to piece for its memory.
#[derive(Debug, Default)]
pub struct LineFeeds(Vec<usize>);

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
        self.0.clear();
        self.0.extend(memchr::memchr_iter(b'\n', bytes));
        Piece { bytes, line_feeds: &self.0 }
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
