/*!
Frames one direction of IMAP: lines, and the literals between them (RFC 3501, section 2.2).

A command or response is a [`Fragment`]: its lines, joined, with the octets of its small literals between them. A line
that announces a literal is handed over at once, because only the dialogue can say what becomes of the octets: kept as
part of the fragment (a user name), streamed (a message), or never to come (the server refused them).
*/

use super::lexer::{Announced, announced};
use crate::flow::{PacketRef, Side};
use crate::limits::{LINE_BYTES, Limit, heap};
use crate::protocol::event::{Kind, Sink, Step, StepId, Subject};
use crate::protocol::framing::{Framer, Input, Line, TAIL_BYTES};
use crate::protocol::secret::Raw;
use crate::protocol::span::Span;
use std::borrow::Cow;
use std::fmt;

/// A command or response, or as much of it as has come.
#[derive(Clone)]
pub(super) struct Fragment<'a> {
    /// Its lines without their ends, separated by `\n`, the octets of kept literals among them. At most [`LINE_BYTES`].
    pub text: Cow<'a, [u8]>,
    /// Where on the wire it was.
    pub span: Span,
    /// True where `text` is not all of it.
    pub truncated: bool,
    /// The end of the last line, where that line was truncated.
    pub tail: Vec<u8>,
}

/// Without what it says.
impl fmt::Debug for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, span, truncated, tail } = self;
        f.debug_struct("Fragment")
            .field("text", &Raw(text))
            .field("span", span)
            .field("truncated", truncated)
            .field("tail", &Raw(tail))
            .finish()
    }
}

impl<'a> Fragment<'a> {
    fn of(line: Line<'a>) -> Self {
        Self { text: line.bytes, span: line.span, truncated: line.truncated, tail: line.tail }
    }

    /// The same, no longer borrowed from the packet.
    pub fn into_owned(self) -> Fragment<'static> {
        let text = Cow::Owned(self.text.into_owned());
        Fragment { text, span: self.span, truncated: self.truncated, tail: self.tail }
    }

    /// Adds `next` on a line of its own.
    pub fn append(&mut self, next: &Fragment<'_>) {
        self.extend(b"\n");
        self.join(next);
    }

    /// Adds `next` right after the text.
    fn join(&mut self, next: &Fragment<'_>) {
        let room = LINE_BYTES.saturating_sub(self.text.len());
        self.extend(&next.text);
        self.span.join(&next.span);
        self.truncated |= next.truncated;
        self.tail = match next.text.len() {
            length if next.tail.is_empty() && length > room => next.text[length.saturating_sub(TAIL_BYTES)..].to_vec(),
            _ => next.tail.clone(),
        };
    }

    fn extend(&mut self, bytes: &[u8]) {
        let kept = &bytes[..bytes.len().min(LINE_BYTES.saturating_sub(self.text.len()))];
        self.truncated |= kept.len() < bytes.len();
        self.text.to_mut().extend_from_slice(kept);
    }

    /// The literal that its last line announces.
    fn announced(&self, from: usize) -> Option<Announced> {
        let end = if self.tail.is_empty() { self.text.get(from..)? } else { &self.tail };
        announced(end)
    }

    /// The step that shows it; the caller adds the rest.
    pub fn step(&self, from: Side, kind: Kind, subject: impl Into<Subject>) -> Step<'_> {
        Step { text: &self.text, ..Step::of(from, kind, subject, self.span.clone()) }
    }

    /// Emits `step`, which shows this fragment.
    pub fn tell(&self, step: Step<'_>, out: &mut dyn Sink) -> StepId {
        if self.truncated {
            out.limit(Limit::LineBytes);
        }
        out.step(step)
    }
}

/// What a [`Fragmentizer`] finds next.
#[derive(Debug)]
pub(super) enum Framed<'a> {
    /// A line. Where it announces a literal, [`Fragmentizer::keep`] or [`Fragmentizer::stream`] says what is to be done
    /// with its octets; a caller that calls neither takes the line for a whole one.
    Line {
        /// The line, after the lines and literals of the same fragment that were kept.
        fragment: Fragment<'a>,
        /// Where in the fragment's text the line begins.
        from: usize,
        /// The literal that it announces.
        literal: Option<Announced>,
    },
    /// Octets of a literal that is streamed.
    Octets(Raw<&'a [u8]>),
    /// The literal that is streamed has ended.
    End(Literal),
}

/// What a gap hit.
#[derive(Debug)]
pub(super) enum GapIn {
    /// A literal that is streamed.
    Literal {
        /// Octets of it that are missing.
        missing: u64,
        /// Where the gap reaches its end: what came of it.
        end: Option<Literal>,
        /// Bytes missing after its end, of unknown lines.
        beyond: u64,
    },
    /// Lines; this is the part of one that had come.
    Lines(Option<Fragment<'static>>),
}

/// The fragment or literal under way in one direction.
#[derive(Debug, Default)]
pub(super) struct Fragmentizer {
    framer: Framer,
    /// Lines and kept literals of the fragment under way.
    fragment: Option<Fragment<'static>>,
    literal: Option<Octets>,
    /// The packet that ended the last line.
    line_end: Option<PacketRef>,
}

/// What came of a literal that was streamed.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    /// Where its octets were, those missing from the capture not counted.
    pub span: Span,
    /// How many were announced.
    pub announced: u64,
}

impl Literal {
    /// How many octets were announced, where fewer are there.
    pub fn short_of(&self) -> Option<u64> {
        (self.span.bytes < self.announced).then_some(self.announced)
    }
}

/// A literal under way.
#[derive(Debug)]
struct Octets {
    announced: u64,
    left: u64,
    kept: bool,
    /// Where the octets so far were. Empty for a kept literal, whose octets are in its fragment's span.
    so_far: Span,
}

impl Fragmentizer {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.framer.held() + self.fragment.as_ref().map_or(0, |fragment| heap(fragment.text.len()))
    }

    /// The next piece, or `None` where `input` is used up.
    pub fn next<'a>(&mut self, input: &mut Input<'a>) -> Option<Framed<'a>> {
        while let Some(literal) = &mut self.literal {
            if literal.left == 0 {
                let literal = self.literal.take()?;
                if literal.kept {
                    break;
                }
                return Some(Framed::End(self.place(literal)));
            }
            if input.is_empty() {
                return None;
            }
            let octets = input.take(usize::try_from(literal.left).unwrap_or(usize::MAX));
            literal.left -= octets.len() as u64;
            if !literal.kept {
                literal.so_far.add(octets.len() as u64, input.at);
                return Some(Framed::Octets(Raw(octets)));
            }
            if let Some(fragment) = &mut self.fragment {
                fragment.extend(octets);
                fragment.span.add(octets.len() as u64, input.at);
            }
        }
        let line = Fragment::of(self.framer.line(input)?);
        self.line_end = Some(input.at);
        let (fragment, from) = match self.fragment.take() {
            None => (line, 0),
            Some(mut fragment) => {
                let from = fragment.text.len();
                fragment.join(&line);
                (fragment, from)
            }
        };
        let literal = fragment.announced(from);
        Some(Framed::Line { fragment, from, literal })
    }

    /// The next `octets` are a literal that belongs to `fragment`, as do the lines after it.
    pub fn keep(&mut self, fragment: Fragment<'_>, octets: u64) {
        let mut fragment = fragment.into_owned();
        fragment.extend(b"\n");
        fragment.tail.clear();
        self.fragment = Some(fragment);
        self.literal = Some(Octets { announced: octets, left: octets, kept: true, so_far: Span::default() });
    }

    /// The next `octets` are a literal to be handed out as it comes.
    pub fn stream(&mut self, octets: u64) {
        self.literal = Some(Octets { announced: octets, left: octets, kept: false, so_far: Span::default() });
    }

    /// `missing` bytes are not in the capture.
    pub fn gap(&mut self, missing: u64, at: PacketRef) -> GapIn {
        match &mut self.literal {
            Some(literal) if !literal.kept => {
                let inside = missing.min(literal.left);
                literal.left -= inside;
                // The gap's step counts the missing bytes: each byte belongs to one step.
                literal.so_far.add(0, at);
                let ended = literal.left == 0;
                let end = if ended { self.literal.take().map(|literal| self.place(literal)) } else { None };
                GapIn::Literal { missing: inside, end, beyond: missing - inside }
            }
            _ => GapIn::Lines(self.flush()),
        }
    }

    /// The part that had come of a fragment whose end will not come.
    pub fn flush(&mut self) -> Option<Fragment<'static>> {
        self.literal.take_if(|literal| literal.kept);
        let line = self.framer.flush().map(Fragment::of);
        match (self.fragment.take(), line) {
            (Some(mut fragment), line) => {
                line.iter().for_each(|line| fragment.join(line));
                Some(fragment)
            }
            (None, line) => line.map(Fragment::into_owned),
        }
    }

    /// The part that had come of a streamed literal whose end will not come.
    pub fn flush_literal(&mut self) -> Option<Literal> {
        let literal = self.literal.take_if(|literal| !literal.kept)?;
        Some(self.place(literal))
    }

    /// Where a literal was. A literal of which no octet came stands where it was announced.
    fn place(&self, literal: Octets) -> Literal {
        let Octets { announced, so_far, .. } = literal;
        let span = match self.line_end {
            Some(at) if so_far.is_empty() => Span::one(0, at),
            _ => so_far,
        };
        Literal { span, announced }
    }

    /// True within a literal that is streamed.
    pub fn is_streaming(&self) -> bool {
        self.left() > 0
    }

    /// How many octets of a literal that is streamed are still due.
    pub fn left(&self) -> u64 {
        self.literal.as_ref().filter(|literal| !literal.kept).map_or(0, |literal| literal.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;

    fn at(packet: u64) -> PacketRef {
        PacketRef { packet, time: Time::default() }
    }

    /// Pieces of `wire` cut every `size` bytes; literals are kept where `kept` says so, streamed otherwise.
    fn framed(wire: &[u8], size: usize, kept: bool) -> Vec<String> {
        let (mut fragmentizer, mut found) = (Fragmentizer::default(), Vec::new());
        let mut octets = Vec::new();
        for chunk in wire.chunks(size) {
            let mut input = Input::new(chunk, at(1));
            while let Some(piece) = fragmentizer.next(&mut input) {
                match piece {
                    Framed::Line { fragment, from, literal } => {
                        found.push(format!("{} from {from}", fragment.text.escape_ascii()));
                        match literal {
                            Some(literal) if kept => fragmentizer.keep(fragment, literal.octets),
                            Some(literal) => fragmentizer.stream(literal.octets),
                            None => {}
                        }
                    }
                    Framed::Octets(Raw(bytes)) => octets.extend_from_slice(bytes),
                    Framed::End(span) => {
                        found.push(format!("({})", octets.escape_ascii()));
                        assert_eq!(span.span.bytes, octets.len() as u64);
                        octets.clear();
                    }
                }
            }
        }
        found
    }

    #[test]
    fn literals_are_kept_or_streamed_however_they_are_cut() {
        let wire = b"a LOGIN {3}\r\nb\r\n {2+}\r\nxy\r\nb X ~{0}\r\n\r\n* Y\n";
        for size in 1..=wire.len() {
            assert_eq!(
                framed(wire, size, true),
                [
                    "a LOGIN {3} from 0",
                    "a LOGIN {3}\\nb\\r\\n {2+} from 15",
                    "a LOGIN {3}\\nb\\r\\n {2+}\\nxy from 23",
                    "b X ~{0} from 0",
                    "b X ~{0}\\n from 9",
                    "* Y from 0",
                ],
                "by {size}"
            );
            assert_eq!(
                framed(wire, size, false),
                [
                    "a LOGIN {3} from 0",
                    "(b\\r\\n)",
                    " {2+} from 0",
                    "(xy)",
                    " from 0",
                    "b X ~{0} from 0",
                    "()",
                    " from 0",
                    "* Y from 0"
                ],
                "by {size}"
            );
        }
    }

    #[test]
    fn a_literal_after_a_line_that_is_too_long_is_seen() {
        let wire =
            [b"* 1 FETCH (X \"".as_slice(), &vec![b'x'; LINE_BYTES - 17], b"\" BODY[] {5}\r\nhello)\r\n"].concat();
        for size in [1, 1000, wire.len()] {
            let found = framed(&wire, size, false);
            assert_eq!(found[1..], ["(hello)", ") from 0"], "by {size}");
        }
    }

    #[test]
    fn a_gap_is_counted_through_a_literal_and_beyond() {
        let mut fragmentizer = Fragmentizer::default();
        fragmentizer.stream(10);
        assert!(matches!(fragmentizer.gap(4, at(1)), GapIn::Literal { missing: 4, end: None, beyond: 0 }));
        assert!(matches!(fragmentizer.gap(8, at(2)), GapIn::Literal { missing: 6, end: Some(_), beyond: 2 }));
        fragmentizer.next(&mut Input::new(b"half", at(3)));
        assert!(
            matches!(fragmentizer.gap(1, at(4)), GapIn::Lines(Some(fragment)) if fragment.text == b"half".as_slice())
        );
        assert!(matches!(fragmentizer.gap(1, at(4)), GapIn::Lines(None)));
    }
}
