//! Content in which there is nothing to be found, passed over.

use super::super::line_feeds::Piece;
use super::{CrDot, FaultFinder, LONGEST};

impl FaultFinder {
    /// True where there is nothing to be found in a `piece` that begins with `first`: it is of a body, its lines end as they
    /// must and are not too long, and so does what comes before it.
    pub(super) fn is_usual(&self, first: u8, piece: &Piece<'_>) -> bool {
        let is_short = |longest: usize| self.length.saturating_add(longest as u64) <= LONGEST;
        let fits_before = match self.cr_dot {
            CrDot::Nothing => first != b'\n',
            CrDot::Cr => first == b'\n' && self.last == Some(b'\r'),
            CrDot::Dot => false,
        };
        !self.in_header && fits_before && piece.regular.is_some_and(is_short)
    }

    /// Passes over such a piece.
    pub(super) fn pass(&mut self, piece: &Piece<'_>) {
        let (bytes, lines) = (piece.bytes, piece.line_feeds.len() as u64);
        self.line = self.line.map(|line| line + lines);
        self.crlf += lines;
        self.length = match piece.line_feeds.last() {
            Some(last) => (bytes.len() - last - 1) as u64,
            None => self.length + bytes.len() as u64,
        };
        self.cr_dot = if bytes.last() == Some(&b'\r') { CrDot::Cr } else { CrDot::Nothing };
        self.end_piece(bytes);
    }
}
