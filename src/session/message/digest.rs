/*!
A message's digests, in one pass: of its content as it crossed, and of its body in a form that survives other line-end
conventions.

The body is what follows the first empty line. Line ends in it are brought to CR LF: CR LF and bare LF are line ends; a
lone CR is not (no mail transport takes it for one) and stays as it is.
*/

use super::hashes::Hashes;
use super::lent::{Hash, LARGE, Lent};
use super::line_feeds::Piece;
use crate::session::digester::Digester;
use sha256_lanes::Sha256;
use std::sync::Arc;

/// Digests of content that comes in pieces.
#[derive(Debug, Default)]
pub struct Digests {
    hashes: Hashes,
    /// Bytes so far.
    size: u64,
    /// Has time for a large message.
    digester: Option<Arc<Digester>>,
    /// Where the digests are once the message is large.
    lent: Option<Arc<Lent>>,
}

impl Digests {
    /// Of a message whose digests `digester` makes, should it be large.
    pub fn new(digester: Option<Arc<Digester>>) -> Self {
        Self { digester, ..Self::default() }
    }

    /// The next bytes, and the next ones of another digest, which is made beside these.
    pub fn update(&mut self, piece: &Piece<'_>, beside: Option<(&mut Hash, &[u8])>) {
        self.size += piece.bytes.len() as u64;
        if self.size >= LARGE
            && let Some(digester) = self.digester.take()
        {
            self.lent = Lent::lend(&digester, &mut self.hashes);
        }
        match &self.lent {
            Some(lent) => lent.add(piece, beside),
            None => self.hashes.update(piece, beside.map(|(hash, bytes)| (hash.here(), bytes))),
        }
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        match &self.lent {
            Some(lent) => lent.gap(),
            None => self.hashes.gap(),
        }
    }

    /// The digests of the content, and of the body if its beginning was seen.
    pub fn finish(self) -> ([u8; 32], Option<[u8; 32]>) {
        self.lent.map_or(self.hashes, |lent| lent.take_back()).finish()
    }
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut message = Sha256::new();
    message.update(bytes);
    message.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::message::line_feeds::LineFeeds;
    use proptest::prelude::*;
    use sha2::Digest;

    /// The body's digest of `content`, read in pieces of `size`.
    fn body(content: &[u8], size: usize) -> Option<[u8; 32]> {
        let mut digests = Digests::default();
        content.chunks(size).for_each(|piece| digests.update(&LineFeeds::default().of(piece), None));
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
        digests.update(&LineFeeds::default().of(b"A: b\r\n"), None);
        digests.gap();
        digests.update(&LineFeeds::default().of(b"\r\n\r\nbody"), None);
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

    /// The body of `content` as it is digested, made in another way.
    fn body_with_crlf(content: &[u8]) -> Option<Vec<u8>> {
        let mut lines = content.split_inclusive(|&byte| byte == b'\n');
        lines.find(|line| matches!(line, [b'\n'] | [b'\r', b'\n']))?;
        let mut body = Vec::new();
        for line in lines {
            match line {
                [text @ .., b'\r', b'\n'] | [text @ .., b'\n'] => body.extend([text, b"\r\n"].concat()),
                text => body.extend(text),
            }
        }
        Some(body)
    }

    proptest! {
        #[test]
        fn three_digests_side_by_side_are_those_of_each_alone(
            pieces in proptest::collection::vec(("([A-Z]{0,90}(\r\n|\n|\r|\n\n|\r\n\r\n)){0,6}[a-z]{0,9}", 0_usize..400), 0..12),
        ) {
            let (mut digests, mut line_feeds) = (Digests::default(), LineFeeds::default());
            let (mut content, mut other, mut others) = (Vec::new(), Hash::default(), Vec::new());
            for (piece, len) in &pieces {
                let more: Vec<u8> = (0..*len).map(|at| (at * 7 + piece.len()) as u8).collect();
                let beside = (len % 3 > 0).then_some((&mut other, &more[..]));
                others.extend(beside.iter().flat_map(|(_, more)| more.to_vec()));
                digests.update(&line_feeds.of(piece.as_bytes()), beside);
                content.extend(piece.as_bytes());
            }
            let expected = |bytes: &[u8]| -> [u8; 32] { sha2::Sha256::digest(bytes).into() };
            let (whole, body) = digests.finish();
            prop_assert_eq!(whole, expected(&content));
            prop_assert_eq!(body, body_with_crlf(&content).map(|body| expected(&body)));
            prop_assert_eq!(other.finish(), expected(&others));
        }
    }
}
