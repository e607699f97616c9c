/*!
How many lines a content has, and how they end: by CR LF as the standards want (RFC 5321, section 2.3.8), or by LF alone,
as a user who types into a raw TCP connection often sends them. A lone CR ends no line.
*/

use super::line_feeds::Piece;
use crate::session::model::{LineEnds, Lines};

/// Counts lines of content that comes in pieces.
#[derive(Debug, Default)]
pub struct LineCount {
    crlf: u64,
    lf: u64,
    /// Ended by an LF whose previous byte is missing.
    unclear: u64,
    before: Before,
}

/// What stands before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    /// Nothing, or a line end: the next byte begins a line.
    #[default]
    LineEnd,
    Cr,
    Text,
    /// Bytes that are missing.
    Missing,
}

impl LineCount {
    /// The next bytes.
    pub fn update(&mut self, piece: &Piece<'_>) {
        let mut line_feeds = piece.line_feeds;
        // The piece's first byte has the one before it in another piece.
        if let [0, rest @ ..] = line_feeds {
            line_feeds = rest;
            match self.before {
                Before::Cr => self.crlf += 1,
                Before::Text | Before::LineEnd => self.lf += 1,
                Before::Missing => self.unclear += 1,
            }
        }
        let crlf = match piece.regular {
            Some(_) => line_feeds.len(),
            None => line_feeds.iter().filter(|&&lf| piece.before(lf) == Some(b'\r')).count(),
        };
        self.crlf += crlf as u64;
        self.lf += (line_feeds.len() - crlf) as u64;
        match piece.bytes.last() {
            Some(b'\n') => self.before = Before::LineEnd,
            Some(b'\r') => self.before = Before::Cr,
            Some(_) => self.before = Before::Text,
            None => {}
        }
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        self.before = Before::Missing;
    }

    /// The result.
    pub fn finish(self) -> Lines {
        let begun = matches!(self.before, Before::Cr | Before::Text);
        let ends = match (self.crlf, self.lf) {
            (0, 0) => None,
            (_, 0) => Some(LineEnds::CrLf),
            (0, _) => Some(LineEnds::Lf),
            (_, _) => Some(LineEnds::Mixed),
        };
        Lines { count: self.crlf + self.lf + self.unclear + u64::from(begun), ends }
    }
}

#[cfg(test)]
mod tests {
    use super::super::line_feeds::LineFeeds;
    use super::*;
    use LineEnds::{CrLf, Lf, Mixed};

    fn lines(pieces: &[Option<&str>]) -> (u64, Option<LineEnds>) {
        let mut count = LineCount::default();
        for piece in pieces {
            match piece {
                Some(bytes) => count.update(&LineFeeds::default().of(bytes.as_bytes())),
                None => count.gap(),
            }
        }
        let Lines { count, ends } = count.finish();
        (count, ends)
    }

    #[test]
    fn line_ends_are_told_apart() {
        for (content, count, ends) in [
            ("", 0, None),
            ("a", 1, None),
            ("\r", 1, None),
            ("a\r\n", 1, Some(CrLf)),
            ("a\r\nb", 2, Some(CrLf)),
            ("a\rb\r\n\r\n", 2, Some(CrLf)),
            ("a\n\nb\n", 3, Some(Lf)),
            ("\n", 1, Some(Lf)),
            ("a\n\r\n", 2, Some(Mixed)),
        ] {
            for size in 1..=content.len().max(1) {
                let pieces: Vec<_> =
                    content.as_bytes().chunks(size).map(|piece| std::str::from_utf8(piece).ok()).collect();
                assert_eq!(lines(&pieces), (count, ends), "{content:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_line_end_of_which_half_is_missing_is_neither() {
        assert_eq!(lines(&[Some("a\r\nb"), None, Some("\nc\r\n")]), (3, Some(CrLf)));
        assert_eq!(lines(&[Some("a\r"), None, Some("\n")]), (1, None));
        assert_eq!(lines(&[Some("a\n"), None]), (1, Some(Lf)));
    }
}
