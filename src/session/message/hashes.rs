/*!
The digests of a message as far as they are made: of its content as it crossed, and of its body.

Digests are a large part of what a message costs. The processor makes two in the time of one if it is given both at once:
that of the content, that of the body, and that of the attachment which the same bytes belong to.
*/

use super::line_feeds::Piece;
use sha256_lanes::{Sha256, finish_pair, update_pair, update_three};

/// What has been digested so far.
#[derive(Debug, Default)]
pub struct Hashes {
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

impl Hashes {
    /// The next bytes, and the next ones of another digest, which is made beside these.
    pub fn update(&mut self, piece: &Piece<'_>, beside: Option<(&mut Sha256, &[u8])>) {
        let mut nothing = Sha256::new();
        let (other, others) = beside.unwrap_or((&mut nothing, &[]));
        let mut body_from = 0;
        if let Body::Header { line } = &mut self.body
            && let Some(body) = after_empty_line(line, piece.bytes)
        {
            body_from = piece.bytes.len() - body.len();
            self.body = Body::Begun { sha256: Sha256::new(), after_cr: false };
        }
        match &mut self.body {
            Body::Header { .. } | Body::Unknown => update_pair([&mut self.content, other], piece.bytes, others),
            Body::Begun { sha256: body, after_cr } => {
                let mut content_left = piece.bytes;
                for lf in without_cr(piece, body_from, *after_cr) {
                    // The content goes along with the body: as many bytes of it.
                    let bytes = piece.bytes.get(body_from..lf).unwrap_or_default();
                    let along = content_left.split_off(..bytes.len()).unwrap_or_default();
                    update_pair([&mut self.content, body], along, bytes);
                    body.update(b"\r");
                    body_from = lf;
                }
                let bytes = piece.bytes.get(body_from..).unwrap_or_default();
                update_three([&mut self.content, body, other], content_left, bytes, others);
                if let Some(&last) = bytes.last() {
                    *after_cr = last == b'\r';
                }
            }
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
        match self.body {
            Body::Begun { sha256: body, .. } => {
                let [content, body] = finish_pair([self.content, body]);
                (content, Some(body))
            }
            Body::Header { .. } | Body::Unknown => (self.content.finish(), None),
        }
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

/// The line feeds of `piece` from `body_from` on that have no CR before them; `after_cr` says whether there was one before
/// the piece.
fn without_cr<'a>(piece: &'a Piece<'a>, body_from: usize, after_cr: bool) -> impl Iterator<Item = usize> {
    let first = piece.line_feeds.partition_point(|&lf| lf < body_from);
    let line_feeds = piece.line_feeds.get(first..).unwrap_or_default();
    // Of a regular piece, only an LF at the very beginning may be without.
    let looked_at = if piece.regular.is_some() { 1 } else { line_feeds.len() };
    line_feeds
        .iter()
        .take(looked_at)
        .copied()
        .filter(move |&lf| !piece.before(lf).map_or(after_cr, |before| before == b'\r'))
}
