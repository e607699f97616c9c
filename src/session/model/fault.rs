//! What is wrong with a message's content as it crossed.

use crate::protocol::event::LineEnd;

/// What is wrong with the content of a message as it crossed: each sort with the place where it was seen first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// An LF without a CR before it (RFC 5321, section 2.3.8).
    pub bare_lf: Option<Spot>,
    /// A CR without an LF after it (the same).
    pub bare_cr: Option<Spot>,
    /// A NUL (RFC 5321, section 4.5.2; RFC 5322, section 4).
    pub nul: Option<Spot>,
    /// A line of more than 998 octets (RFC 5322, section 2.1.1).
    pub long_line: Option<Spot>,
    /// Octets of the longest line, without its end, where it is such a line.
    pub longest: u64,
    /// A line that began with a dot that was not doubled: the receiver has taken it away (RFC 5321, section 4.5.2).
    pub single_dot: Option<Spot>,
    /// A line of a dot between other line ends than CR LF, which some software takes for the end of data.
    pub odd_dot_line: Option<Spot>,
    /// Such a line that is followed by commands.
    pub smuggled: Option<Smuggled>,
    /// The receiver took such a line for the end, though other lines end with CR LF: how the line before it ended, and how it ended itself.
    pub ended_by: Option<DotLine>,
    /// The content did not end, and its last line has a dot that looks like the end.
    pub last_dot: Option<LastDot>,
    /// Header fields that must not come twice (RFC 5322, section 3.6) and did, by the first line that repeats one.
    pub repeated: Option<Spot>,
}

/// Where something was seen first, and how often it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spot {
    /// How often.
    pub count: u64,
    /// The line of the content, from 1. Absent where bytes before it are missing.
    pub line: Option<u64>,
    /// The packet; 0 where that is not known.
    pub packet: u64,
    /// It is in the header.
    pub in_header: bool,
    /// The beginning of that line, as far as it stood in the same packet.
    pub excerpt: String,
}

/// Commands within content, behind a line of a dot that only some software takes for the end of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smuggled {
    /// Where the dot is.
    pub spot: Spot,
    /// How it stands there.
    pub dot: DotLine,
    /// The commands, a line each.
    pub commands: String,
}

/// A dot, and the line ends around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DotLine {
    /// Before it.
    pub before: Break,
    /// After it.
    pub after: Break,
}

/// What may pass for a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// CR LF.
    CrLf,
    /// LF alone.
    Lf,
    /// CR alone.
    Cr,
}

impl Break {
    /// As it is written: `<CR><LF>`.
    pub fn written(self) -> &'static str {
        match self {
            Self::CrLf => "<CR><LF>",
            Self::Lf => "<LF>",
            Self::Cr => "<CR>",
        }
    }
}

impl From<LineEnd> for Break {
    fn from(end: LineEnd) -> Self {
        match end {
            LineEnd::CrLf => Self::CrLf,
            LineEnd::Lf | LineEnd::None => Self::Lf,
        }
    }
}

impl std::fmt::Display for DotLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.before.written(), self.after.written())
    }
}

/// The dot of a last line that is not the end of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDot {
    /// Why it is not.
    pub kind: LastDotKind,
    /// The last line, or the end of it.
    pub line: String,
    /// The packet that it came in; 0 where that is not known.
    pub packet: u64,
}

/// Why the dot of a last line is not the end of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastDotKind {
    /// Text stands before it: it is the last character of a line.
    AfterText,
    /// Nothing, or a CR alone, stands behind it.
    WithoutLineEnd,
    /// It is a line of its own, by line ends that are not CR LF.
    OddLineEnds,
}
