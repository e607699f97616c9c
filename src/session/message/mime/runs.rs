//! Lines that are read many at a time: nearly all bytes of mail are in such lines.

use super::super::boundary::{Told, without_end};
use super::super::header_block::Gap;
use super::super::line_feeds::Piece;
use super::{MimeParser, Open, State};
use crate::limits::MESSAGE_BYTES;

impl MimeParser {
    /// Reads whole lines of `piece`, the first of which begins at `from` and all of which end at `ends`, as long as they are
    /// of a header, base64, or passed over, and may not be delimiters. Returns the number read.
    pub(super) fn lines_at_once(&mut self, piece: &Piece<'_>, from: usize, ends: &[usize]) -> usize {
        // Attached messages that are open take every line end as content.
        if !self.line_begins || !self.held.is_empty() || self.open.iter().any(Open::is_attached) {
            return 0;
        }
        let is_delimited = self.open.iter().any(|open| open.dashed().is_some());
        let begins_with_dash = |at: usize| is_delimited && piece.bytes.get(at) == Some(&b'-');
        if begins_with_dash(from) {
            return 0;
        }
        let before_dash = || match is_delimited {
            true => ends.iter().position(|end| begins_with_dash(end + 1)).map_or(ends.len(), |last| last + 1),
            false => ends.len(),
        };
        let count = match &mut self.state {
            State::Header(_) => {
                let may_follow = |at: usize| !begins_with_dash(at);
                self.header_lines(piece, from, ends, may_follow)
            }
            State::Between => before_dash(),
            State::Leaf(leaf) if leaf.is_passed() => {
                self.leaf_end.discard();
                before_dash()
            }
            State::Leaf(leaf) if leaf.ignores_line_ends() => {
                let count = before_dash();
                let (attachments, scratch, lines) = (&mut self.attachments, &mut self.scratch, &mut self.lines);
                lines.clear();
                let mut begin = from;
                for &end in ends.iter().take(count) {
                    lines.extend_from_slice(without_end(piece.line(begin, end)));
                    begin = end + 1;
                }
                // Such a leaf needs to know that a line has ended, but not whether by CR LF or by LF.
                self.leaf_end.flush(|told| leaf.told(told, attachments, scratch));
                leaf.told(Told::Text(lines), attachments, scratch);
                self.leaf_end.push(b"\n", |_| {});
                count
            }
            State::Leaf(_) => 0,
        };
        if count > 0 {
            self.raw_end.discard();
        }
        count
    }

    /// Reads lines of a header, up to the empty line, one that `may_follow` does not let begin at its place, or the bound.
    fn header_lines(
        &mut self,
        piece: &Piece<'_>,
        from: usize,
        ends: &[usize],
        may_follow: impl Fn(usize) -> bool,
    ) -> usize {
        let State::Header(header_block) = &mut self.state else { return 0 };
        let fits = self.header_bytes.saturating_add(piece.bytes.len()) < MESSAGE_BYTES;
        let at_line = header_block.line == header_block.block.len();
        if !fits || !at_line || header_block.gap != Gap::No || header_block.encoded.is_some() {
            return 0;
        }
        let (mut begin, mut count) = (from, 0);
        for &end in ends {
            let is_empty = end == begin || (end == begin + 1 && piece.before(end) == Some(b'\r'));
            if is_empty || !may_follow(begin) {
                break;
            }
            (begin, count) = (end + 1, count + 1);
        }
        let lines = piece.bytes.get(from..begin).unwrap_or_default();
        header_block.block.extend_from_slice(lines);
        header_block.line = header_block.block.len();
        self.header_bytes += lines.len();
        count
    }
}
