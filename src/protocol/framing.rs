/*!
Cuts lines, dot-ended blocks and counted octets out of one direction's stream, before any parser runs.

A [`Framer`] holds the half-read line of one direction; [`Input`] is what just arrived. A line that lies whole in one
packet is borrowed from it; only a line that spans packets is copied.
*/

use super::secret::Raw;
use super::span::Span;
use crate::flow::PacketRef;
use crate::limits::{LINE_BYTES, heap, of_list};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

/// Bytes that just arrived, consumed from the front.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    bytes: Raw<&'a [u8]>,
    /// The packet that they came in.
    pub at: PacketRef,
}

impl<'a> Input<'a> {
    /// All of `bytes`, which came in packet `at`.
    pub fn new(bytes: &'a [u8], at: PacketRef) -> Self {
        Self { bytes: Raw(bytes), at }
    }

    /// True where nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.0
    }

    /// Takes up to `n` bytes off the front.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(n.min(self.bytes.len()));
        self.bytes = Raw(rest);
        taken
    }
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// CR LF.
    CrLf,
    /// LF alone.
    Lf,
    /// Not at all: the stream ended or has a gap there.
    None,
}

/// One line, whole.
#[derive(Clone)]
pub struct Line<'a> {
    /// Its bytes without the line end; at most [`LINE_BYTES`].
    pub bytes: Cow<'a, [u8]>,
    /// How it ended.
    pub end: LineEnd,
    /// Where on the wire it was, line end included.
    pub span: Span,
    /// True where it is longer than what `bytes` keeps.
    pub truncated: bool,
    /// Of a truncated line, the last [`TAIL_BYTES`] before its line end; else empty. An IMAP literal is announced at
    /// the very end of its line, and a parser that misses it is desynchronised.
    pub tail: Vec<u8>,
}

impl Line<'_> {
    /// The same, no longer borrowed from the packet.
    pub fn into_owned(self) -> Line<'static> {
        let bytes = Cow::Owned(self.bytes.into_owned());
        Line { bytes, end: self.end, span: self.span, truncated: self.truncated, tail: self.tail }
    }
}

/// Without what it says.
impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, end, span, truncated, tail } = self;
        f.debug_struct("Line")
            .field("bytes", &Raw(bytes))
            .field("end", end)
            .field("span", span)
            .field("truncated", truncated)
            .field("tail", &Raw(tail))
            .finish()
    }
}

/// What is kept of the end of a line that is longer than [`LINE_BYTES`].
pub const TAIL_BYTES: usize = 128;

/// The half-read line of one direction.
#[derive(Debug, Default)]
pub struct Framer {
    /// Most lines come whole, so that there is none of which a part has come.
    half_read: Option<Box<HalfRead>>,
}

/// A line of which a part has come.
#[derive(Debug, Default)]
struct HalfRead {
    /// As much of the line as is kept.
    partial: Raw<Vec<u8>>,
    /// Where on the wire the line was, with the bytes that are not kept.
    span: Span,
    /// The last two bytes of the line, kept or not: they tell how it ended.
    tail: Raw<[u8; 2]>,
    /// The last bytes that `partial` has no room for: [`TAIL_BYTES`], and two more for the line end.
    last: Raw<Vec<u8>>,
}

impl Framer {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let of_line = |line: &HalfRead| heap(size_of::<HalfRead>()) + of_list(&line.partial) + of_list(&line.last);
        self.half_read.as_deref().map_or(0, of_line)
    }

    /// The next whole line, or `None` where `input` ends first (what there was is kept for the next call).
    pub fn line<'a>(&mut self, input: &mut Input<'a>) -> Option<Line<'a>> {
        if input.is_empty() {
            return None;
        }
        let Some(lf) = memchr::memchr(b'\n', input.rest()) else {
            let at = input.at;
            let rest = input.take(usize::MAX);
            self.keep(rest, at);
            return None;
        };
        let at = input.at;
        let piece = input.take(lf + 1);
        if self.is_empty() && piece.len() <= LINE_BYTES {
            let (bytes, end) = without_line_end(piece);
            return Some(Line {
                bytes: Cow::Borrowed(bytes),
                end,
                span: Span::one(piece.len() as u64, at),
                truncated: false,
                tail: Vec::new(),
            });
        }
        self.keep(piece, at);
        self.flush()
    }

    /// Returns the half-read line, if there is one, as it stands.
    pub fn flush<'a>(&mut self) -> Option<Line<'a>> {
        let HalfRead { partial: Raw(mut bytes), span, tail, last } = *self.half_read.take()?;
        let truncated = span.bytes > bytes.len() as u64;
        let (_, end) = without_line_end(&*tail);
        let mut tail = Vec::new();
        if truncated {
            tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]);
            tail.extend_from_slice(&last);
            tail.truncate(without_line_end(&tail).0.len());
            tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
        } else {
            let kept = without_line_end(&bytes).0.len();
            bytes.truncate(kept);
        }
        Some(Line { bytes: Cow::Owned(bytes), end, span, truncated, tail })
    }

    /// True where no line is half-read.
    pub fn is_empty(&self) -> bool {
        self.half_read.is_none()
    }

    /// Keeps `bytes`, which are not empty.
    fn keep(&mut self, bytes: &[u8], at: PacketRef) {
        let line = self.half_read.get_or_insert_default();
        let room = LINE_BYTES.saturating_sub(line.partial.len());
        let (kept, dropped) = bytes.split_at(room.min(bytes.len()));
        line.partial.extend_from_slice(kept);
        line.last.extend_from_slice(&dropped[dropped.len().saturating_sub(TAIL_BYTES + 2)..]);
        let beyond = line.last.len().saturating_sub(TAIL_BYTES + 2);
        line.last.drain(..beyond);
        *line.tail = match bytes {
            [.., a, b] => [*a, *b],
            [b] => [line.tail[1], *b],
            [] => *line.tail,
        };
        line.span.add(bytes.len() as u64, at);
    }
}

/// A piece of a dot-ended block (RFC 5321, section 4.5.2; RFC 1939, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotPiece<'a> {
    /// Content, dots unstuffed.
    Content(&'a [u8]),
    /// A line begins with a dot that is not doubled and not alone: it was taken away, as the standards say.
    SingleDot,
    /// The final `.` line.
    End {
        /// How the line before it ended; [`LineEnd::CrLf`] where the block is empty.
        before: LineEnd,
        /// How the `.` line itself ended.
        own: LineEnd,
    },
}

/// Reads a block that ends with a line holding a single dot, and takes the stuffed dots out.
///
/// A line end may be CR LF or a bare LF here; [`DotPiece::End`] says which it was at the end of the block.
#[derive(Debug)]
pub struct DotBlock {
    place: Place,
    /// The last two bytes of content so far.
    tail: [u8; 2],
}

/// Finds lines that begin with a dot. Built once, because it searches every segment of every message.
static DOT_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n."));

/// Where in its line the next byte of a dot-ended block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    AfterDot,
    AfterDotCr,
    /// The same, and the CR, which is content, is still to be told.
    AfterSingleDotCr,
    InLine,
}

impl Default for DotBlock {
    fn default() -> Self {
        Self { place: Place::LineStart, tail: *b"\r\n" }
    }
}

impl DotBlock {
    /// A block whose beginning is not in the capture, or that goes on after a gap: the next byte need not start a line.
    pub fn in_the_middle() -> Self {
        Self { place: Place::InLine, tail: [0; 2] }
    }

    /// The next piece, or `None` where `input` is used up. After [`DotPiece::End`] the rest of `input` is what follows
    /// the block.
    pub fn piece<'a>(&mut self, input: &mut Input<'a>) -> Option<DotPiece<'a>> {
        loop {
            let &next = input.rest().first()?;
            match (self.place, next) {
                (Place::LineStart, b'.') => {
                    input.take(1);
                    self.place = Place::AfterDot;
                }
                (Place::AfterDot, b'\r') => {
                    input.take(1);
                    self.place = Place::AfterDotCr;
                }
                (Place::AfterDot | Place::AfterDotCr, b'\n') => {
                    input.take(1);
                    let own = if self.place == Place::AfterDot { LineEnd::Lf } else { LineEnd::CrLf };
                    let (_, before) = without_line_end(&self.tail);
                    *self = Self::default();
                    return Some(DotPiece::End { before, own });
                }
                (Place::AfterDotCr, _) => {
                    self.place = Place::AfterSingleDotCr;
                    return Some(DotPiece::SingleDot);
                }
                (Place::AfterSingleDotCr, _) => {
                    self.place = Place::InLine;
                    self.tail = *b"\0\r";
                    return Some(DotPiece::Content(b"\r"));
                }
                (Place::AfterDot, _) if next != b'.' => {
                    self.place = Place::InLine;
                    return Some(DotPiece::SingleDot);
                }
                (Place::LineStart | Place::AfterDot | Place::InLine, _) => {
                    return Some(DotPiece::Content(self.up_to_a_dot_line(input)));
                }
            }
        }
    }

    /// True where the last byte was a dot at the beginning of a line.
    pub fn is_after_dot(&self) -> bool {
        matches!(self.place, Place::AfterDot | Place::AfterDotCr)
    }

    /// Everything up to the next line that begins with a dot, or all there is.
    fn up_to_a_dot_line<'a>(&mut self, input: &mut Input<'a>) -> &'a [u8] {
        let rest = input.rest();
        let len = DOT_LINE.find(rest).map_or(rest.len(), |lf| lf + 1);
        let content = input.take(len);
        self.tail = match content {
            [.., a, b] => [*a, *b],
            [b] => [self.tail[1], *b],
            [] => self.tail,
        };
        self.place = if self.tail[1] == b'\n' { Place::LineStart } else { Place::InLine };
        content
    }
}

fn without_line_end(line: &[u8]) -> (&[u8], LineEnd) {
    match line {
        [rest @ .., b'\r', b'\n'] => (rest, LineEnd::CrLf),
        [rest @ .., b'\n'] => (rest, LineEnd::Lf),
        _ => (line, LineEnd::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;

    fn at(packet: u64) -> PacketRef {
        PacketRef { packet, time: Time::default() }
    }

    /// All lines of `pieces`, each piece a packet of its own; a half-read rest comes last.
    fn lines(pieces: &[&[u8]]) -> Vec<(String, LineEnd, u64, Vec<u64>)> {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        let mut note = |line: Line<'_>| {
            let text = String::from_utf8_lossy(&line.bytes).into_owned();
            found.push((text, line.end, line.span.bytes, line.span.packets.iter().collect()));
        };
        for (number, piece) in (1..).zip(pieces) {
            let mut input = Input::new(piece, at(number));
            while let Some(line) = framer.line(&mut input) {
                note(line);
            }
        }
        framer.flush().into_iter().for_each(note);
        found
    }

    #[test]
    fn lines_end_with_crlf_or_lf_and_span_packets() {
        assert_eq!(
            lines(&[b"HELO a\r\nMA", b"IL\n", b"x\r", b"\n", b"rest"]),
            [
                ("HELO a".into(), LineEnd::CrLf, 8, vec![1]),
                ("MAIL".into(), LineEnd::Lf, 5, vec![1, 2]),
                ("x".into(), LineEnd::CrLf, 3, vec![3, 4]),
                ("rest".into(), LineEnd::None, 4, vec![5]),
            ]
        );
    }

    #[test]
    fn a_long_line_is_counted_and_cut() {
        let long = vec![b'x'; LINE_BYTES + 10];
        let mut framer = Framer::default();
        assert!(framer.line(&mut Input::new(&long, at(1))).is_none());
        let line = framer.line(&mut Input::new(b"\r\nnext", at(2))).expect("a line");
        assert_eq!((line.bytes.len(), line.span.bytes, line.end), (LINE_BYTES, LINE_BYTES as u64 + 12, LineEnd::CrLf));
        assert!(line.truncated);
        assert_eq!(line.tail, [b'x'; TAIL_BYTES], "its end, without the line end");
    }

    /// The block's content, how it ended, and what follows it, with the input cut into pieces of `step` bytes.
    fn block(bytes: &[u8], step: usize) -> (String, Option<(LineEnd, LineEnd)>, String) {
        let (content, end, rest, _) = block_and_single_dots(bytes, step);
        (content, end, rest)
    }

    /// The same, and after how many bytes of content a dot was taken away that was not doubled.
    fn block_and_single_dots(bytes: &[u8], step: usize) -> (String, Option<(LineEnd, LineEnd)>, String, Vec<usize>) {
        let mut singles = Vec::new();
        let (mut block, mut content, mut rest, mut end) = (DotBlock::default(), Vec::new(), Vec::new(), None);
        for piece in bytes.chunks(step) {
            let mut input = Input::new(piece, at(1));
            while end.is_none() {
                match block.piece(&mut input) {
                    Some(DotPiece::Content(bytes)) => content.extend_from_slice(bytes),
                    Some(DotPiece::SingleDot) => singles.push(content.len()),
                    Some(DotPiece::End { before, own }) => end = Some((before, own)),
                    None => break,
                }
            }
            rest.extend_from_slice(input.rest());
        }
        (String::from_utf8_lossy(&content).into(), end, String::from_utf8_lossy(&rest).into(), singles)
    }

    #[test]
    fn a_dot_that_is_not_doubled_is_noticed_however_it_is_cut() {
        let cases: [(&[u8], &str, &[usize]); 6] = [
            (b".02 a sheet\r\n..50\r\n.75\r\n.\r\n", "02 a sheet\r\n.50\r\n75\r\n", &[0, 17]),
            (b"..\r\n...\r\n.\r\n", ".\r\n..\r\n", &[]),
            (b"a\n.b\n.\n", "a\nb\n", &[2]),
            (b"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", &[3]),
            (b"a\r\n.\r\rb", "a\r\n\r\rb", &[3]),
            (b"a\r.b\r\n", "a\r.b\r\n", &[]),
        ];
        for (bytes, content, at) in cases {
            for step in 1..=bytes.len() {
                let (found, _, _, singles) = block_and_single_dots(bytes, step);
                assert_eq!((&found[..], &singles[..]), (content, at), "{} by {step}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn dots_are_unstuffed_and_the_end_is_found_however_it_is_cut() {
        use LineEnd::{CrLf, Lf};
        type Case = (&'static [u8], &'static str, Option<(LineEnd, LineEnd)>, &'static str);
        let cases: [Case; 9] = [
            (b"a\r\n.\r\nQUIT\r\n", "a\r\n", Some((CrLf, CrLf)), "QUIT\r\n"),
            (b".\r\nX", "", Some((CrLf, CrLf)), "X"),
            (b"..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", Some((CrLf, CrLf)), ""),
            (b"a\n.\nX", "a\n", Some((Lf, Lf)), "X"),
            (b"a\n.\r\nX", "a\n", Some((Lf, CrLf)), "X"),
            (b"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", Some((CrLf, CrLf)), ""),
            (b"a.\r\nb", "a.\r\nb", None, ""),
            (b"\n\n..\n.\n", "\n\n.\n", Some((Lf, Lf)), ""),
            (b"x\r.\r\ny", "x\r.\r\ny", None, ""),
        ];
        for (bytes, content, end, rest) in cases {
            for step in 1..=bytes.len() {
                assert_eq!(
                    block(bytes, step),
                    (content.into(), end, rest.into()),
                    "{:?} by {step}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
    }
}
