/*!
What is wrong with a content as it crosses: bare LF and CR, NUL, long lines, dots that were not doubled, lines of a dot that
some software takes for the end of data, and commands behind them.

The line feeds are found already, and CR and NUL are counted and searched 16 bytes at a time, so that content without faults
costs a few instructions a line. A CR is looked at by itself only where there are more of them than line ends.
*/

mod passing;

use super::line_feeds::Piece;
use crate::protocol::event::{ContentEnd, ContentMark};
use crate::protocol::secret::Raw;
use crate::protocol::smtp::command::{Command, Verb};
use crate::session::model::{Break, DotLine, Faults, LastDot, LastDotKind, Smuggled, Spot};

/// The longest line, in octets without its end (RFC 5322, section 2.1.1).
const LONGEST: u64 = 998;
/// What is kept of a line that is quoted.
const EXCERPT: usize = 60;
/// Octets behind an odd line of a dot among which commands are looked for.
const FOLLOWING: usize = 512;

/// Fields that must not come twice (RFC 5322, section 3.6).
const SINGLE_FIELDS: [&[u8]; 11] = [
    b"date",
    b"from",
    b"sender",
    b"reply-to",
    b"to",
    b"cc",
    b"bcc",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"subject",
];

/// One more of a sort: only the first is described.
macro_rules! count {
    ($sort:expr, $spot:expr) => {
        match &mut $sort {
            Some(first) => first.count += 1,
            None => $sort = Some($spot),
        }
    };
}

/// Looks for faults in content that comes in pieces.
#[derive(Debug)]
pub struct FaultFinder {
    found: Faults,
    /// The packet of the bytes that come now.
    packet: u64,
    /// The current line, from 1; `None` after a gap.
    line: Option<u64>,
    /// Octets of it so far.
    length: u64,
    /// The last byte so far, where it is known.
    last: Option<u8>,
    /// The header has not ended.
    in_header: bool,
    /// The beginning of the current line of the header, in lower case.
    head: Raw<Vec<u8>>,
    /// Which of [`SINGLE_FIELDS`] came.
    seen: u16,
    /// Line ends of the standard so far.
    crlf: u64,
    /// What was read of a bare CR, dot, CR or LF.
    cr_dot: CrDot,
    /// A dot that was not doubled stood before the next byte.
    after_single_dot: bool,
    /// The last thing was an odd line of a dot, which ended after so many bytes.
    dot_line_end: Option<u64>,
    size: u64,
    following: Option<Following>,
    /// The last bytes so far.
    tail: Raw<Vec<u8>>,
    has_last_dot: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CrDot {
    Nothing,
    /// A CR, which may be bare.
    Cr,
    /// A bare CR and a dot.
    Dot,
}

/// What follows an odd line of a dot.
#[derive(Debug)]
struct Following {
    spot: Spot,
    dot: DotLine,
    /// Octets that still belong to the line of the dot.
    skip: usize,
    text: Raw<Vec<u8>>,
    /// The first line was read, and is a command.
    begun: bool,
}

impl FaultFinder {
    /// At the beginning of a content, which begins with a header or not.
    pub fn new(has_header: bool) -> Self {
        Self {
            found: Faults::default(),
            packet: 0,
            line: Some(1),
            length: 0,
            last: Some(b'\n'),
            in_header: has_header,
            head: Raw::default(),
            seen: 0,
            crlf: 0,
            cr_dot: CrDot::Nothing,
            after_single_dot: false,
            dot_line_end: None,
            size: 0,
            following: None,
            tail: Raw::default(),
            has_last_dot: false,
        }
    }

    /// Bytes that it has on the heap, at most.
    pub fn weight(&self) -> usize {
        self.following.as_ref().map_or(0, |_| FOLLOWING) + self.head.capacity() + self.tail.capacity()
    }

    /// A mark of the place that was reached.
    pub fn mark(&mut self, mark: ContentMark) {
        match mark {
            ContentMark::Packet(packet) => self.packet = packet,
            ContentMark::SingleDot => self.after_single_dot = true,
            ContentMark::DotLine { before, own, ends } => {
                let dot = DotLine { before: before.into(), after: own.into() };
                let is_usual = self.crlf == 0 && dot == DotLine { before: Break::Lf, after: Break::Lf };
                if ends {
                    self.found.ended_by = Some(dot).filter(|_| !is_usual);
                    return;
                }
                // After CR LF the dot was taken away from the content.
                let content = match (dot.before, dot.after) {
                    (Break::CrLf, _) => 1,
                    (_, Break::CrLf) => 3,
                    _ => 2,
                };
                self.dot_line_end = Some(self.size + content);
                let spot = self.spot(self.line, b".");
                self.odd_dot_line(spot, dot, content as usize);
            }
            ContentMark::LastDot => self.has_last_dot = true,
            ContentMark::Announced(_) => {}
        }
    }

    /// The next bytes.
    pub fn update(&mut self, piece: &Piece<'_>) {
        let bytes = piece.bytes;
        let Some(&first) = bytes.first() else { return };
        if std::mem::take(&mut self.after_single_dot) {
            self.single_dot(first, bytes);
        }
        self.follow(bytes);
        if self.is_usual(first, piece) {
            return self.pass(piece);
        }
        let line_before = self.line;
        // A CR at the end may have its LF in the next piece.
        let open = usize::from(bytes.last() == Some(&b'\r'));
        let crs = match piece.regular {
            Some(_) => piece.line_feeds.len() - usize::from(piece.begins_with_line_feed()) + open,
            None => memchr::memchr_iter(b'\r', bytes).count(),
        };
        let (mut begin, mut paired, mut crlf) = (0, 0, 0);
        let (mut carried, mut nth) = (self.length, 0);
        while let Some(&lf) = piece.line_feeds.get(nth) {
            // Most lines are of a body, and as they must be.
            if nth > 0 && !self.in_header {
                let usual = usual_lines(bytes, begin, piece.line_feeds.get(nth..).unwrap_or_default());
                if let Some(&last) = usual.checked_sub(1).and_then(|further| piece.line_feeds.get(nth + further)) {
                    (begin, nth) = (last + 1, nth + usual);
                    (paired, crlf) = (paired + usual, crlf + usual as u64);
                    continue;
                }
            }
            let before = match lf.checked_sub(1) {
                Some(at) => bytes.get(at).copied(),
                None => self.last,
            };
            let has_cr = before == Some(b'\r');
            let length = carried + (lf - begin) as u64 - u64::from(has_cr);
            paired += usize::from(has_cr && lf > 0);
            crlf += u64::from(has_cr);
            self.line = line_before.map(|line| line + nth as u64);
            let text = bytes.get(begin..lf).unwrap_or_default();
            if !has_cr && before.is_some() {
                count!(self.found.bare_lf, self.spot(self.line, text));
            }
            if length > LONGEST {
                self.long_line(length, text);
            }
            if self.in_header {
                self.header_line(text, length == 0);
            }
            (carried, begin, nth) = (0, lf + 1, nth + 1);
        }
        self.line = line_before.map(|line| line + piece.line_feeds.len() as u64);
        self.crlf += crlf;
        let rest = bytes.get(begin..).unwrap_or_default();
        if self.in_header {
            self.keep_head(rest);
        }
        self.length = carried + rest.len() as u64;
        if piece.regular.is_none()
            && let Some(nul) = memchr::memchr(0, bytes)
        {
            self.nul(nul, line_before, piece);
        }
        if crs - open > paired || self.cr_dot != CrDot::Nothing {
            self.carriage_returns(line_before, piece);
        }
        if open == 1 {
            self.cr_dot = CrDot::Cr;
        }
        self.end_piece(bytes);
    }

    fn end_piece(&mut self, bytes: &[u8]) {
        self.keep_tail(bytes);
        self.last = bytes.last().copied();
        self.size += bytes.len() as u64;
    }

    /// Bytes are missing here.
    pub fn gap(&mut self) {
        (self.line, self.length, self.last) = (None, 0, None);
        (self.cr_dot, self.after_single_dot, self.dot_line_end) = (CrDot::Nothing, false, None);
        self.following = None;
        // What comes twice may be of an attached message.
        self.in_header = false;
        self.tail.clear();
    }

    /// The result, where anything was found.
    pub fn finish(mut self, end: ContentEnd) -> Option<Box<Faults>> {
        // A CR as the last octet may have its LF behind the octets that were announced, or asked for.
        if self.length > LONGEST {
            self.long_line(self.length, b"");
        }
        if let Some(following) = self.following.take() {
            self.judge(following);
        }
        if end == ContentEnd::Unfinished {
            self.found.last_dot = self.last_dot();
        }
        (self.found != Faults::default()).then(|| Box::new(self.found))
    }

    fn spot(&self, line: Option<u64>, text: &[u8]) -> Spot {
        let excerpt = text.get(..EXCERPT.min(text.len())).unwrap_or_default();
        let excerpt = String::from_utf8_lossy(excerpt.trim_ascii_end()).into_owned();
        Spot { count: 1, line, packet: self.packet, in_header: self.in_header, excerpt }
    }

    fn single_dot(&mut self, first: u8, bytes: &[u8]) {
        // CR LF, dot, CR: some software takes it for the end of data.
        if first == b'\r' {
            let before = if self.last_is_crlf() { Break::CrLf } else { Break::Lf };
            let spot = self.spot(self.line, b".");
            return self.odd_dot_line(spot, DotLine { before, after: Break::Cr }, 1);
        }
        // Between bare LFs a dot is text.
        if !self.last_is_crlf() {
            return;
        }
        let end = memchr::memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len()).min(EXCERPT);
        let line = [b".", bytes.get(..end).unwrap_or_default()].concat();
        count!(self.found.single_dot, self.spot(self.line, &line));
    }

    /// The content so far ends with CR LF, or there is none.
    fn last_is_crlf(&self) -> bool {
        self.size == 0 || self.tail.ends_with(b"\r\n")
    }

    fn long_line(&mut self, length: u64, line: &[u8]) {
        self.found.longest = self.found.longest.max(length);
        count!(self.found.long_line, self.spot(self.line, line));
    }

    fn nul(&mut self, first: usize, line_before: Option<u64>, piece: &Piece<'_>) {
        let count = memchr::memchr_iter(0, piece.bytes).count() as u64;
        match &mut self.found.nul {
            Some(spot) => spot.count += count,
            None => {
                let line = line_of(line_before, first, piece);
                self.found.nul = Some(Spot { count, ..self.spot(line, b"") });
            }
        }
    }

    fn carriage_returns(&mut self, line_before: Option<u64>, piece: &Piece<'_>) {
        let bytes = piece.bytes;
        // A bare CR, and the dot after it, may be the last bytes of the piece before.
        let mut carried = std::mem::replace(&mut self.cr_dot, CrDot::Nothing);
        let mut from = 0;
        loop {
            let after = match carried {
                CrDot::Nothing => match memchr::memchr(b'\r', bytes.get(from..).unwrap_or_default()) {
                    Some(at) => from + at + 1,
                    None => return,
                },
                CrDot::Cr => 0,
                CrDot::Dot => {
                    self.dot_after_cr(0, line_before, piece);
                    carried = CrDot::Nothing;
                    continue;
                }
            };
            carried = CrDot::Nothing;
            from = after;
            match bytes.get(after) {
                Some(b'\n') => {}
                None => return,
                Some(&next) => {
                    let line = line_of(line_before, after, piece);
                    count!(self.found.bare_cr, self.spot(line, b""));
                    if next == b'.' {
                        match bytes.get(after + 1) {
                            Some(_) => self.dot_after_cr(after + 1, line_before, piece),
                            None => self.cr_dot = CrDot::Dot,
                        }
                    }
                }
            }
        }
    }

    /// What stands at `after` follows a bare CR and a dot.
    fn dot_after_cr(&mut self, after: usize, line_before: Option<u64>, piece: &Piece<'_>) {
        let bytes = piece.bytes;
        let (end, skip) = match (bytes.get(after), bytes.get(after + 1)) {
            (Some(b'\r'), Some(b'\n')) => (Break::CrLf, 2),
            (Some(b'\r'), _) => (Break::Cr, 1),
            (Some(b'\n'), _) => (Break::Lf, 1),
            _ => return,
        };
        let spot = self.spot(line_of(line_before, after, piece), b".");
        let is_free = self.following.is_none();
        self.odd_dot_line(spot, DotLine { before: Break::Cr, after: end }, 0);
        if is_free {
            self.follow(bytes.get(after + skip..).unwrap_or_default());
        }
    }

    /// A line of a dot. `skip` octets of what comes next still belong to it.
    fn odd_dot_line(&mut self, spot: Spot, dot: DotLine, skip: usize) {
        count!(self.found.odd_dot_line, spot.clone());
        // Content in which no line ends with CR LF is written by hand or by a client that knows no other line end.
        let is_usual = self.crlf == 0 && dot == DotLine { before: Break::Lf, after: Break::Lf };
        if self.following.is_none() && self.found.smuggled.is_none() && !is_usual {
            self.following = Some(Following { spot, dot, skip, text: Raw::default(), begun: false });
        }
    }

    /// Gathers what follows an odd line of a dot.
    fn follow(&mut self, bytes: &[u8]) {
        let Some(following) = &mut self.following else { return };
        let skipped = following.skip.min(bytes.len());
        following.skip -= skipped;
        let room = FOLLOWING - following.text.len();
        let new = bytes.get(skipped..).unwrap_or_default();
        following.text.extend_from_slice(new.get(..room.min(new.len())).unwrap_or_default());
        if !following.begun {
            let Some(end) = memchr::memchr2(b'\n', b'\r', following.text.trim_ascii_start()) else {
                if following.text.len() == FOLLOWING {
                    self.following = None;
                }
                return;
            };
            let first = following.text.trim_ascii_start().get(..end).unwrap_or_default();
            if !Command::read(first).is_in_form() {
                self.following = None;
                return;
            }
            following.begun = true;
        }
        if following.text.len() == FOLLOWING
            && let Some(following) = self.following.take()
        {
            self.judge(following);
        }
    }

    /// All that there is of what follows an odd line of a dot has come.
    fn judge(&mut self, following: Following) {
        let lines = following.text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
        let commands: Vec<&[u8]> = lines.take_while(|line| Command::read(line).is_in_form()).collect();
        if commands.iter().any(|line| Command::read(line).verb == Verb::Mail) {
            let commands = String::from_utf8_lossy(&commands.join(&b'\n')).into_owned();
            let Following { spot, dot, .. } = following;
            self.found.smuggled = Some(Smuggled { spot, dot, commands });
        }
    }

    fn keep_head(&mut self, part: &[u8]) {
        let room = 16 - self.head.len().min(16);
        self.head.extend(part.iter().take(room).map(u8::to_ascii_lowercase));
    }

    /// A line of the header has come to its end: its last part is `rest`.
    fn header_line(&mut self, rest: &[u8], is_empty: bool) {
        self.keep_head(rest);
        let head = std::mem::take(&mut self.head);
        let colon = memchr::memchr(b':', &head).unwrap_or(0);
        let name = head.get(..colon).unwrap_or_default().trim_ascii_end();
        if let Some(place) = SINGLE_FIELDS.iter().position(|field| *field == name) {
            let bit = 1 << place;
            if self.seen & bit != 0 {
                count!(self.found.repeated, self.spot(self.line, name));
            }
            self.seen |= bit;
        }
        self.in_header = !is_empty;
        self.head = head;
        self.head.clear();
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        let new = bytes.get(bytes.len().saturating_sub(EXCERPT)..).unwrap_or_default();
        if new.len() == EXCERPT {
            self.tail.clear();
            return self.tail.extend_from_slice(new);
        }
        let keep = EXCERPT - new.len();
        let beyond = self.tail.len().saturating_sub(keep);
        self.tail.drain(..beyond);
        self.tail.extend_from_slice(new);
    }

    fn last_dot(&self) -> Option<LastDot> {
        let is_dot_line = self.dot_line_end == Some(self.size);
        let last_line = |text: &[u8]| {
            let text = text.trim_ascii_end();
            let begin = memchr::memrchr2(b'\n', b'\r', text).map_or(0, |at| at + 1);
            String::from_utf8_lossy(text.get(begin..).unwrap_or_default()).into_owned()
        };
        let (kind, line) = if self.has_last_dot {
            (LastDotKind::WithoutLineEnd, ".".to_owned())
        } else if is_dot_line {
            (LastDotKind::OddLineEnds, ".".to_owned())
        } else {
            let line = self.tail.strip_suffix(b"\r\n").or(self.tail.strip_suffix(b"\n")).unwrap_or(&self.tail);
            if !line.ends_with(b".") || self.tail.ends_with(b".") {
                return None;
            }
            (LastDotKind::AfterText, last_line(line))
        };
        // A dot after a dot is text: "...".
        let is_text = kind == LastDotKind::AfterText && (line.len() < 2 || line.ends_with(".."));
        (!is_text).then_some(LastDot { kind, line, packet: self.packet })
    }
}

/// How many lines that end at `line_feeds`, one after the other, are as they must be. The first begins at `begin`.
fn usual_lines(bytes: &[u8], mut begin: usize, line_feeds: &[usize]) -> usize {
    let is_usual = |lf: &&usize| {
        let length = **lf - std::mem::replace(&mut begin, **lf + 1);
        length <= LONGEST as usize && length > 0 && bytes.get(**lf - 1) == Some(&b'\r')
    };
    line_feeds.iter().take_while(is_usual).count()
}

/// The line that holds the byte at `place` of a piece that begins in line `before`.
fn line_of(before: Option<u64>, place: usize, piece: &Piece<'_>) -> Option<u64> {
    before.map(|line| line + piece.line_feeds.partition_point(|lf| *lf < place) as u64)
}

#[cfg(test)]
mod tests;
