//! A message that is being read: the dot-ended block that follows RETR, TOP, or XTND XMIT.

use super::command::Verb;
use super::{State, Subject, What};
use crate::flow::{PacketRef, Side};
use crate::protocol::event::{ContentEnd, ContentMark, Kind, MessageId, MessageStart, Sink, Step, StepId};
use crate::protocol::framing::{DotBlock, DotPiece, Input, LineEnd};
use crate::protocol::span::Span;

/// The most stuffed dots that a gap is assumed to hold.
const STUFFED_DOTS: u64 = 16;

/// Who asks TOP for so many lines wants the whole message: fetchmail asks for 99,999,999, so that the server does not mark it
/// as seen. Who asks for fewer wants a preview, also where the message has no more.
const ALL_LINES: u64 = 1_000_000;

/// The most octets that a server is assumed to count of fields that it does not send.
const OWN_FIELDS: u64 = 256;

/// A message that is being read.
#[derive(Debug)]
pub struct Content {
    from: Side,
    verb: Verb,
    /// Absent where the capture begins within the content: nothing is known of the message then.
    message: Option<MessageId>,
    block: DotBlock,
    /// How the sender ends its lines.
    style: LineEnd,
    /// Where on the wire it was.
    span: Span,
    /// Bytes of content: announced by the sender, received, and missing.
    octets: Option<u64>,
    came: u64,
    missing: u64,
    /// Lines of content that came, or of the body, where they are counted.
    lines: u64,
    /// It is a whole message, and what was announced is its size.
    is_sized: bool,
    /// The answer to a TOP that asks for all of it.
    top: Option<Top>,
}

/// How far the whole message, asked for by TOP, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Top {
    /// At the beginning of a line of the header.
    Line,
    /// Within such a line.
    WithinLine,
    /// Behind the empty line.
    Body,
}

impl Top {
    /// Where `part` says that all lines were asked for.
    fn of(part: Option<&str>) -> Option<Self> {
        let asked: u64 = part?.strip_prefix("top ")?.parse().ok()?;
        (asked >= ALL_LINES).then_some(Self::Line)
    }

    /// Goes over `bytes`, and returns how many lines of the body end in them.
    fn read(&mut self, mut bytes: &[u8]) -> u64 {
        while *self != Self::Body {
            let Some(end) = memchr::memchr(b'\n', bytes) else {
                if bytes.iter().any(|&byte| byte != b'\r') {
                    *self = Self::WithinLine;
                }
                return 0;
            };
            let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
            *self = if *self == Self::Line && line.is_empty() { Self::Body } else { Self::Line };
            bytes = &bytes[end + 1..];
        }
        memchr::memchr_iter(b'\n', bytes).count() as u64
    }
}

impl Content {
    /// The message begins with the next byte. `style` is how the server ends its lines elsewhere; `octets` is the size
    /// in its reply.
    pub fn begin(
        from: Side,
        verb: Verb,
        style: LineEnd,
        octets: Option<u64>,
        start: MessageStart,
        out: &mut dyn Sink,
    ) -> Self {
        let is_sized = verb == Verb::Retr && octets.is_some();
        let top = Top::of(start.part.as_deref());
        let message = out.message(start);
        if let Some(octets) = octets.filter(|_| is_sized) {
            out.content_mark(message, ContentMark::Announced(octets));
        }
        Self {
            from,
            verb,
            message: Some(message),
            block: DotBlock::default(),
            style,
            span: Span::default(),
            octets,
            came: 0,
            missing: 0,
            lines: 0,
            is_sized,
            top,
        }
    }

    /// The capture begins within a message that the server sends.
    pub fn in_the_middle(style: LineEnd) -> Self {
        Self {
            from: Side::Server,
            verb: Verb::Retr,
            message: None,
            block: DotBlock::in_the_middle(),
            style,
            span: Span::default(),
            octets: None,
            came: 0,
            missing: 0,
            lines: 0,
            is_sized: false,
            top: None,
        }
    }

    /// Reads on. True where the content has ended; what follows it is left in `input`.
    pub fn read(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) -> bool {
        let before = input.rest().len();
        let mut ended = false;
        self.mark(ContentMark::Packet(input.at.packet), out);
        while let Some(piece) = self.block.piece(input) {
            match piece {
                DotPiece::Content(bytes) => {
                    self.came += bytes.len() as u64;
                    if self.is_sized {
                        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
                    }
                    self.lines += self.top.as_mut().map_or(0, |top| top.read(bytes));
                    self.message.into_iter().for_each(|message| out.content(message, bytes));
                }
                DotPiece::SingleDot => self.mark(ContentMark::SingleDot, out),
                // A server that ends its lines with CR LF stuffs dots at the beginning of such lines alone: between
                // bare LFs a dot is content.
                DotPiece::End { before, own: own @ LineEnd::Lf } if self.style == LineEnd::CrLf => {
                    self.mark(ContentMark::DotLine { before, own, ends: false }, out);
                    self.came += 2;
                    self.lines += self.top.as_mut().map_or(0, |top| top.read(b".\n"));
                    self.message.into_iter().for_each(|message| out.content(message, b".\n"));
                }
                DotPiece::End { .. } => {
                    ended = true;
                    break;
                }
            }
        }
        self.span.add((before - input.rest().len()) as u64, input.at);
        ended
    }

    fn mark(&self, mark: ContentMark, out: &mut dyn Sink) {
        self.message.into_iter().for_each(|message| out.content_mark(message, mark));
    }

    /// The number of the message.
    pub fn message(&self) -> Option<MessageId> {
        self.message
    }

    /// Bytes are missing.
    pub fn gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        // The gap is a step of its own, and its bytes count there.
        self.span.add(0, at);
        self.missing = self.missing.saturating_add(missing);
        self.block = DotBlock::in_the_middle();
        self.message.into_iter().for_each(|message| out.content_missing(message, missing));
    }

    /// True where bytes of it are missing.
    pub fn has_gap(&self) -> bool {
        self.missing > 0 || self.message.is_none()
    }

    /// True where the received and the missing bytes add up to the announced size (but for stuffed dots in the gap):
    /// then it is one message, and the gap holds nothing else.
    pub fn has_its_size(&self) -> bool {
        self.octets.is_some_and(|octets| octets.abs_diff(self.came.saturating_add(self.missing)) <= STUFFED_DOTS)
    }

    /// True where far fewer octets came than were announced. Servers count in their own ways: the octets on their disk or
    /// those on the wire, a line end as one octet or as two, stuffed dots or not, with the final dot, and with the fields
    /// that a mailbox file has and a client does not get. So an octet for each line is allowed, and beside them a
    /// sixteenth of the whole, at most [`OWN_FIELDS`].
    fn is_far_from_its_size(&self) -> bool {
        let allowed = |octets: u64| self.came.saturating_add(self.lines).saturating_add((octets / 16).min(OWN_FIELDS));
        self.is_sized && self.missing == 0 && self.octets.is_some_and(|octets| octets > allowed(octets))
    }

    /// Reports the step and the end of the content. `seen`: the final dot was seen. Returns the message and its steps.
    pub fn end(self, seen: bool, state: State, out: &mut dyn Sink) -> (Option<MessageId>, Vec<StepId>) {
        let mut steps = Vec::new();
        // The final dot may be that of a text whose dots are not stuffed; or the rest went another way.
        let seen = seen && !self.is_far_from_its_size();
        if self.span.bytes > 0 {
            let subject = Subject { state, what: What::Content(self.verb) };
            let is_short = !seen && self.missing == 0;
            let announced = self.octets.filter(|&octets| is_short && self.came < octets);
            let step = out.step(Step { announced, ..Step::of(self.from, Kind::Data, subject, self.span) });
            self.message.into_iter().for_each(|message| out.content_step(message, step));
            steps.push(step);
        }
        if !seen && self.block.is_after_dot() {
            self.message.into_iter().for_each(|message| out.content_mark(message, ContentMark::LastDot));
        }
        // With more lines asked for than there are in the body, the server sends the entire message (RFC 1939, section 7).
        if seen && self.missing == 0 && self.top == Some(Top::Body) && self.lines < ALL_LINES {
            self.message.into_iter().for_each(|message| out.content_part(message, None));
        }
        let end = ContentEnd::of(seen, self.missing > 0);
        self.message.into_iter().for_each(|message| out.content_end(message, end));
        (self.message, steps)
    }
}
