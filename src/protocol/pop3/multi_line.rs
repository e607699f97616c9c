//! Lines that are reported as one step: a reply with the lines that follow it, or lines that are not a reply.

use super::queue::Pending;
use crate::limits::{LINE_BYTES, Limit};
use crate::protocol::event::Sink;
use crate::protocol::framing::Line;
use crate::protocol::span::Span;

/// Gathered lines. At most [`LINE_BYTES`] of text are kept; where lines are left out, that is reported once.
#[derive(Debug)]
pub struct Lines {
    /// The lines as sent, separated by `\n`.
    pub text: Vec<u8>,
    /// Where on the wire they were, line ends included.
    pub span: Span,
    /// It begins with a part of a line.
    pub is_part: bool,
    truncated: bool,
}

impl Lines {
    /// Begins with `line`.
    pub fn begin(line: &Line<'_>) -> Self {
        Self { text: line.bytes.to_vec(), span: line.span.clone(), is_part: false, truncated: false }
    }

    /// The same, beginning with a part of a line if `is_part`.
    pub fn which_is_part(self, is_part: bool) -> Self {
        Self { is_part, ..self }
    }

    /// Adds `line`.
    pub fn add(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        self.pass(line);
        if self.truncated {
            return;
        }
        if self.text.len() + 1 + line.bytes.len() > LINE_BYTES {
            self.truncated = true;
            return out.limit(Limit::LineBytes);
        }
        self.text.push(b'\n');
        self.text.extend_from_slice(&line.bytes);
    }

    /// Adds `line` to the span but not to the text: the final dot.
    pub fn pass(&mut self, line: &Line<'_>) {
        self.span.join(&line.span);
    }
}

/// A `+OK` whose lines follow.
#[derive(Debug)]
pub struct MultiLineReply {
    /// The command that it answers.
    pub pending: Pending,
    /// Extended response code of the first line.
    pub code: Option<Box<str>>,
    /// The first line and those that followed.
    pub lines: Lines,
    /// True where lines follow for certain; false for an unknown command, where they may.
    pub certain: bool,
    /// Bytes of it are missing.
    pub has_gap: bool,
    /// The gap is right before the next line, which may therefore be the end of a line.
    pub follows_gap: bool,
}
