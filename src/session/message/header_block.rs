//! A header while it is read: which lines belong to it, and where it ends.

use super::attachment::Id;
use super::header;
use super::transfer::Transfer;

/// A header while it is read.
#[derive(Debug)]
pub struct HeaderBlock {
    pub entity: usize,
    pub block: Vec<u8>,
    /// Where the current line begins.
    pub line: usize,
    pub gap: Gap,
    /// For a message within another that is declared to be encoded, which it must not be (RFC 2046, section 5.2.1) and
    /// sometimes is: its first line shows whether it is.
    pub encoded: Option<(Transfer, Option<Id>)>,
}

/// What missing bytes did to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// No bytes are missing.
    No,
    /// The rest of this line belongs to a field whose beginning is missing.
    InLine,
    /// Lines that continue such a field are left out too, unless a field was `kept` since; and the header's end may be
    /// in the gap.
    Before { kept: bool },
}

/// What a header's line turned out to be.
pub enum LineRead {
    /// A line of the header, or one to be left out.
    Kept,
    /// The empty line.
    Empty,
    /// The first line of the body: the empty line before it is missing.
    Body(Vec<u8>),
}

impl HeaderBlock {
    /// The last line has ended; `full` where that line is to be left out.
    pub fn line_ended(&mut self, full: bool) -> LineRead {
        let line = self.block.get(self.line..).unwrap_or_default();
        if matches!(line, b"\n" | b"\r\n") {
            return LineRead::Empty;
        }
        let mut keep = !full;
        if let Gap::Before { kept } = &mut self.gap {
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                keep &= *kept;
            } else if header::name_and_value(line).is_some() {
                *kept = true;
            } else {
                return LineRead::Body(self.block.split_off(self.line));
            }
        }
        if !keep {
            self.block.truncate(self.line);
        }
        self.line = self.block.len();
        LineRead::Kept
    }

    /// No more comes, though there is more: the field whose line has not ended is left out.
    pub fn cut_off(&mut self) {
        if self.line < self.block.len() {
            self.gap();
        }
    }

    /// Bytes are missing: the field that the gap cuts is left out, because the rest of it could pass for the whole.
    pub fn gap(&mut self) {
        let mut from = self.line;
        if from < self.block.len() {
            while from > 0 && matches!(self.block.get(from), Some(b' ' | b'\t')) {
                let before = self.block.get(..from - 1).unwrap_or_default();
                from = memchr::memrchr(b'\n', before).map_or(0, |lf| lf + 1);
            }
        }
        self.block.truncate(from);
        self.line = from;
        self.gap = Gap::InLine;
    }
}
