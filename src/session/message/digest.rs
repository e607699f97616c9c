/*!
A message's digests, in one pass: of its content as it crossed, and of its body in a form that survives other line-end
conventions.

The body is what follows the first empty line. Line ends in it are brought to CR LF: CR LF and bare LF are line ends; a
lone CR is not (no mail transport takes it for one) and stays as it is.
*/

use super::line_feeds::{LineFeeds, Piece};
use sha2::{Digest, Sha256};

/// Digests of content that comes in pieces.
#[derive(Debug, Default)]
pub struct Digests {
    content: Sha256,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Before the first empty line; how much of the current line has come, and whether that is a single CR.
    Header { line: Line },
    /// After the first empty line.
    Begun { sha256: Sha256, after_cr: bool },
    /// Where the body begins cannot be known: bytes are missing before it.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing of it has come.
    Start,
    /// A CR, which may begin the line end of an empty line.
    Cr,
    /// It is not empty.
    Text,
}

impl Default for Body {
    fn default() -> Self {
        Self::Header { line: Line::Start }
    }
}

impl Digests {
    /// The next bytes.
    pub fn update(&mut self, piece: &Piece<'_>) {
        self.content.update(piece.bytes);
        match &mut self.body {
            Body::Header { line } => {
                if let Some(body) = after_empty_line(line, piece.bytes) {
                    let mut sha256 = Sha256::new();
                    let mut after_cr = false;
                    update_with_crlf(&mut sha256, &mut after_cr, &LineFeeds::default().of(body));
                    self.body = Body::Begun { sha256, after_cr };
                }
            }
            Body::Begun { sha256, after_cr } => update_with_crlf(sha256, after_cr, piece),
            Body::Unknown => {}
        }
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        match &mut self.body {
            Body::Header { .. } => self.body = Body::Unknown,
            Body::Begun { after_cr, .. } => *after_cr = false,
            Body::Unknown => {}
        }
    }

    /// The digests of the content, and of the body if its beginning was seen.
    pub fn finish(self) -> ([u8; 32], Option<[u8; 32]>) {
        let body = match self.body {
            Body::Begun { sha256, .. } => Some(sha256.finalize().into()),
            Body::Header { .. } | Body::Unknown => None,
        };
        (self.content.finalize().into(), body)
    }
}

/// What follows the first empty line, if that ends within `bytes`.
fn after_empty_line<'a>(line: &mut Line, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        *line = match (*line, byte) {
            (Line::Start | Line::Cr, b'\n') => return Some(rest),
            (Line::Start, b'\r') => Line::Cr,
            (Line::Text, b'\n') => Line::Start,
            _ => {
                let Some(lf) = memchr::memchr(b'\n', rest) else {
                    *line = Line::Text;
                    return None;
                };
                rest = rest.get(lf + 1..)?;
                Line::Start
            }
        };
    }
    None
}

/// Digests `piece`, with a CR before every LF that has none.
fn update_with_crlf(sha256: &mut Sha256, after_cr: &mut bool, piece: &Piece<'_>) {
    let bytes = piece.bytes;
    let mut from = 0;
    for &lf in piece.line_feeds {
        let has_cr = piece.before(lf).map_or(*after_cr, |before| before == b'\r');
        if !has_cr {
            sha256.update(bytes.get(from..lf).unwrap_or_default());
            sha256.update(b"\r");
            from = lf;
        }
    }
    sha256.update(bytes.get(from..).unwrap_or_default());
    if let Some(&last) = bytes.last() {
        *after_cr = last == b'\r';
    }
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The body's digest of `content`, read in pieces of `size`.
    fn body(content: &[u8], size: usize) -> Option<[u8; 32]> {
        let mut digests = Digests::default();
        content.chunks(size).for_each(|piece| digests.update(&LineFeeds::default().of(piece)));
        let (whole, body) = digests.finish();
        assert_eq!(whole, sha256(content));
        body
    }

    #[test]
    fn the_body_begins_after_the_first_empty_line() {
        for size in [1, 2, 3, 100] {
            for content in ["A: b\r\n\r\none\r\n\r\ntwo\r\n", "A: b\n\none\n\ntwo\n", "A: b\r\n\none\n\r\ntwo\r\n"] {
                assert_eq!(body(content.as_bytes(), size), Some(sha256(b"one\r\n\r\ntwo\r\n")), "{content:?} {size}");
            }
            assert_eq!(body(b"\r\nbody", size), Some(sha256(b"body")), "no header at all");
            assert_eq!(body(b"A: b\r\n\r\n", size), Some(sha256(b"")));
            assert_eq!(body(b"A: b\r\nno empty line\r\n", size), None);
            assert_eq!(body(b"", size), None);
            assert_eq!(body(b"A: b\r\n \r\n\r\r\n\r\nx", size), Some(sha256(b"x")), "lines that look empty");
            assert_eq!(body(b"\n\rx\r\r\ny\rz", size), Some(sha256(b"\rx\r\r\ny\rz")), "a lone CR stays");
        }
    }

    #[test]
    fn a_body_that_may_have_begun_in_a_gap_has_no_digest() {
        let mut digests = Digests::default();
        digests.update(&LineFeeds::default().of(b"A: b\r\n"));
        digests.gap();
        digests.update(&LineFeeds::default().of(b"\r\n\r\nbody"));
        assert_eq!(digests.finish().1, None);
    }

    proptest! {
        #[test]
        fn line_ends_and_pieces_make_no_difference(lines in proptest::collection::vec("[a \r]{0,3}x", 0..9), size in 1_usize..9) {
            let lf = format!("\n{}\n", lines.join("\n\n"));
            let crlf = lf.replace('\n', "\r\n");
            prop_assert_eq!(body(lf.as_bytes(), size), body(crlf.as_bytes(), size + 1));
        }
    }
}
