/*!
MIME structure (RFC 2046), read as the content comes: entities, their attachments, and nothing kept but header fields.

```text
            empty line, a multipart                 delimiter
  Header ───────────────────────────▶ Between ◀───────────────────┐
    │ ▲                                  │                        │
    │ └──────────────────────────────────┘ delimiter              │
    │ empty line, message/rfc822: Header, of the message within   │
    │ empty line, anything else                                   │
    └───────────────────────────────▶ Leaf ───────────────────────┘
```

A delimiter of any multipart that is open ends everything within it, whatever state that was in.
*/

mod begin;
mod runs;
mod weight;

use super::attachment::{Attachments, Id, Leaf};
use super::boundary::{Delimiter, LastEnd, Told, delimiter, may_be_delimiter};
use super::header::{self, LeftOut};
use super::header_block::{Gap, HeaderBlock, LineRead};
use super::lent::Hash;
use super::line_feeds::Piece;
use super::report;
use super::transfer::{Transfer, is_base64};
use crate::limits::{Limit, MESSAGE_BYTES, MIME_PARTS};
use crate::session::model::{Attachment, Header, MimePart, Preview, Report, TextPrint};
use crate::session::plan::Plan;
use std::sync::Arc;

/// The structure of a message that has ended.
#[derive(Debug, Default)]
pub struct Structure {
    /// The message's own header fields.
    pub header: Header,
    /// Absent where the message has no MIME field.
    pub mime: Option<MimePart>,
    /// Decoded.
    pub attachments: Vec<Attachment>,
    /// What it says as a delivery report, where it is one.
    pub report: Option<Report>,
    /// Its texts, by digests.
    pub prints: Vec<TextPrint>,
    /// The beginning of its text.
    pub preview: Option<Preview>,
    /// Bounds that cost something.
    pub limits: Vec<Limit>,
}

/// Reads a message's structure.
#[derive(Debug)]
pub struct MimeParser {
    want_attachments: bool,
    header: Header,
    described: bool,
    attachments: Attachments,
    /// What it says as a delivery report.
    report: report::Reading,
    want_prints: bool,
    prints: Vec<TextPrint>,
    preview: Option<Preview>,
    /// Every entity with the one that holds it, which comes before it.
    entities: Vec<(Option<usize>, MimePart)>,
    /// The open entities that hold others, outermost first; at most [`MIME_DEPTH`](crate::limits::MIME_DEPTH).
    open: Vec<Open>,
    state: State,
    /// The line under way, while it may yet turn out to be a delimiter.
    held: Vec<u8>,
    /// True where all that has come of the current line is held.
    line_begins: bool,
    /// The line end that waits: of the leaf, and of the messages within this one, which have lines of their own.
    leaf_end: LastEnd,
    raw_end: LastEnd,
    header_bytes: usize,
    header_cut: bool,
    /// What bounds left out of the message's own header.
    left_out: LeftOut,
    /// Bytes that the header and the entities read so far have on the heap.
    kept: usize,
    too_many: bool,
    /// Room to decode into.
    scratch: Vec<u8>,
    /// Lines to be decoded at once, without their ends.
    lines: Vec<u8>,
}

/// An open entity that holds others.
#[derive(Debug)]
enum Open {
    /// multipart/*, with `--` and its boundary.
    Parts { entity: usize, dashed: Vec<u8> },
    /// message/rfc822, with the attachment that its raw content is, if it is one.
    Message(Option<Id>),
}

#[derive(Debug)]
enum State {
    /// Reading a header.
    Header(HeaderBlock),
    /// Before a multipart's first part or after its last.
    Between,
    /// In the content of an entity without parts.
    Leaf(Leaf),
}

impl MimeParser {
    /// For a message that begins with its header.
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut parser = Self {
            want_attachments: plan.needs.attachments,
            header: Header::default(),
            described: false,
            want_prints: plan.needs.prints,
            attachments: Attachments::new(plan),
            report: report::Reading::default(),
            prints: Vec::new(),
            preview: None,
            entities: Vec::new(),
            open: Vec::new(),
            state: State::Between,
            held: Vec::new(),
            line_begins: true,
            leaf_end: LastEnd::default(),
            raw_end: LastEnd::default(),
            header_bytes: 0,
            header_cut: false,
            left_out: LeftOut::default(),
            kept: 0,
            too_many: false,
            scratch: Vec::new(),
            lines: Vec::new(),
        };
        parser.begin_entity(None, None);
        parser
    }

    /// The next bytes.
    pub fn content(&mut self, piece: &Piece<'_>) {
        let mut from = 0;
        let mut ends = piece.line_feeds;
        while let Some((&end, after)) = ends.split_first() {
            let run = self.lines_at_once(piece, from, ends);
            let Some(&last) = run.checked_sub(1).and_then(|last| ends.get(last)) else {
                self.piece(piece.line(from, end));
                (from, ends) = (end + 1, after);
                continue;
            };
            from = last + 1;
            ends = ends.get(run..).unwrap_or_default();
        }
        let rest = piece.bytes.get(from..).unwrap_or_default();
        if !rest.is_empty() {
            self.piece(rest);
        }
    }

    /// Bytes are missing here: whatever is under way lacks them, and what follows begins in the middle of a line.
    pub fn gap(&mut self) {
        self.release();
        self.flush();
        for open in &self.open {
            if let Open::Message(Some(id)) = open {
                self.attachments.gap(*id);
            }
        }
        match &mut self.state {
            State::Header(header_block) => header_block.gap(),
            State::Between => {}
            State::Leaf(leaf) => leaf.gap(&mut self.attachments, &mut self.scratch),
        }
        self.line_begins = false;
    }

    /// The content ends here, though there is more of the message: a header's line without its end is not whole, and what is
    /// left of its field could pass for all of it.
    pub fn cut_off(&mut self) {
        if let State::Header(header_block) = &mut self.state {
            header_block.cut_off();
        }
    }

    /// Has the bytes of an attachment digested that wait for it: by `update`, beside other digests.
    pub fn digest_by(&mut self, update: impl FnOnce(Option<(&mut Hash, &[u8])>)) {
        self.attachments.digest_by(update);
    }

    /// The message's own header has ended.
    pub fn header_ended(&self) -> bool {
        self.entities.len() > 1 || !matches!(self.state, State::Header(_))
    }

    /// The message has ended; `whole` where its end was seen.
    pub fn finish(mut self, whole: bool) -> Structure {
        let held = std::mem::take(&mut self.held);
        match self.find_delimiter(&held) {
            Some((level, found)) => self.delimited(&held, level, found),
            None => self.accept(&held),
        }
        self.flush();
        self.close(0, whole);
        let bitten = [
            (Limit::MessageBytes, self.header_cut),
            (Limit::MimeStructure, self.too_many || self.attachments.too_many),
            (Limit::Recipients, self.left_out.recipients),
        ];
        let mut limits: Vec<Limit> = bitten.into_iter().filter_map(|(limit, bitten)| bitten.then_some(limit)).collect();
        limits.extend(std::iter::repeat_n(Limit::HeaderFields, self.left_out.fields));
        let mime = tree(self.entities).filter(|_| self.described);
        Structure {
            header: self.header,
            mime,
            attachments: self.attachments.finish(),
            report: self.report.finish(),
            prints: self.prints,
            preview: self.preview,
            limits,
        }
    }

    /// A piece of a line, which has ended where the piece ends with LF.
    fn piece(&mut self, piece: &[u8]) {
        let ended = piece.ends_with(b"\n");
        // Most lines show at once that they are no delimiters.
        let may_be = self.line_begins && (!self.held.is_empty() || piece.starts_with(b"-"));
        let longest = if may_be { self.open.iter().filter_map(Open::dashed).map(<[u8]>::len).max() } else { None };
        let Some(longest) = longest else {
            self.accept(piece);
            self.line_begins = ended;
            return;
        };
        if self.held.is_empty() && (ended || !may_be_delimiter(piece, longest)) {
            return self.line(piece, ended);
        }
        self.held.extend_from_slice(piece);
        if ended || !may_be_delimiter(&self.held, longest) {
            let mut line = std::mem::take(&mut self.held);
            self.line(&line, ended);
            line.clear();
            self.held = line;
        }
    }

    /// A line from its beginning: whole if it has `ended`, else as much as shows that it is no delimiter.
    fn line(&mut self, line: &[u8], ended: bool) {
        match self.find_delimiter(line).filter(|_| ended) {
            Some((level, found)) => self.delimited(line, level, found),
            None => self.accept(line),
        }
        self.line_begins = ended;
    }

    /// The held bytes are content: a gap has cut the line that might have been a delimiter.
    fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.accept(&held);
    }

    /// The open multipart whose delimiter `line` is, the innermost first.
    fn find_delimiter(&self, line: &[u8]) -> Option<(usize, Delimiter)> {
        if !line.starts_with(b"--") {
            return None;
        }
        let found = |(level, open): (usize, &Open)| Some((level, delimiter(line, open.dashed()?)?));
        self.open.iter().enumerate().rev().find_map(found)
    }

    fn delimited(&mut self, line: &[u8], level: usize, found: Delimiter) {
        self.leaf_end.discard();
        self.close(level + 1, true);
        // To the messages that hold this multipart, the delimiter is content.
        self.raw(line);
        match (found, self.open.get(level)) {
            (Delimiter::Next, Some(&Open::Parts { entity, .. })) => self.begin_entity(Some(entity), None),
            _ => self.close(level, true),
        }
    }

    /// A piece of a line that is no delimiter.
    fn accept(&mut self, piece: &[u8]) {
        if !piece.is_empty() {
            self.raw(piece);
            self.read(piece);
        }
    }

    fn read(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Header(_) => self.header_piece(piece),
            State::Between => {}
            State::Leaf(leaf) => {
                if leaf.is_passed() {
                    return self.leaf_end.discard();
                }
                let (attachments, scratch) = (&mut self.attachments, &mut self.scratch);
                self.leaf_end.push(piece, |told| leaf.told(told, attachments, scratch));
            }
        }
    }

    /// Hands a piece of a line to the attached messages that it is within.
    fn raw(&mut self, piece: &[u8]) {
        if !self.open.iter().any(|open| matches!(open, Open::Message(_))) {
            return self.raw_end.discard();
        }
        let (open, attachments) = (&self.open, &mut self.attachments);
        self.raw_end.push(piece, |told| add_to_messages(open, attachments, told));
    }

    /// The line ends that wait are content.
    fn flush(&mut self) {
        let (open, attachments, scratch) = (&self.open, &mut self.attachments, &mut self.scratch);
        self.raw_end.flush(|told| add_to_messages(open, attachments, told));
        match &mut self.state {
            State::Leaf(leaf) => self.leaf_end.flush(|told| leaf.told(told, attachments, scratch)),
            _ => self.leaf_end.discard(),
        }
    }

    /// Ends what is under way, and the open entities from `level` on; `seen` where their end was seen.
    fn close(&mut self, level: usize, seen: bool) {
        // A header without an empty line describes its entity all the same. The message within a message has a header
        // too, an empty one, and that describes no further message.
        while let State::Header(_) = self.state {
            self.header_ends();
        }
        if let State::Leaf(mut leaf) = std::mem::replace(&mut self.state, State::Between) {
            leaf = self.leaf_ends(leaf, seen);
            leaf.end(seen, &mut self.attachments, &mut self.scratch);
        }
        while self.open.len() > level {
            if let Some(Open::Message(Some(id))) = self.open.pop() {
                self.attachments.end(id, seen);
            }
        }
    }

    fn begin_entity(&mut self, parent: Option<usize>, encoded: Option<(Transfer, Option<Id>)>) {
        if self.entities.len() >= MIME_PARTS {
            self.too_many = true;
            self.state = State::Between;
            return;
        }
        self.entities.push((parent, MimePart::default()));
        let entity = self.entities.len() - 1;
        self.state = State::Header(HeaderBlock { entity, block: Vec::new(), line: 0, gap: Gap::No, encoded });
    }

    fn header_piece(&mut self, piece: &[u8]) {
        let State::Header(header_block) = &mut self.state else { return };
        let ended = piece.ends_with(b"\n");
        if header_block.gap == Gap::InLine {
            if ended {
                header_block.gap = Gap::Before { kept: false };
            }
            return;
        }
        // Past the bound, enough of a line is kept to show whether it is empty.
        let full = self.header_bytes >= MESSAGE_BYTES;
        self.header_cut |= full;
        if !full || header_block.block.len().saturating_sub(header_block.line) < 2 {
            header_block.block.extend_from_slice(piece);
            self.header_bytes += piece.len();
        }
        if !ended {
            return;
        }
        if header_block.line == 0 && header_block.encoded.is_some() {
            self.first_line_of_encoded();
            return;
        }
        match header_block.line_ended(full) {
            LineRead::Kept => {}
            LineRead::Empty => self.header_ends(),
            LineRead::Body(line) => {
                self.header_ends();
                self.read(&line);
            }
        }
    }

    /// Decides by its first line whether a message within another, declared to be encoded, really is.
    fn first_line_of_encoded(&mut self) {
        let State::Header(header_block) = &mut self.state else { return };
        let Some((transfer, id)) = header_block.encoded.take() else { return };
        let line = header_block.block.trim_ascii();
        if !line.is_empty() && line.iter().all(|b| is_base64(*b)) {
            // It is encoded: what looked like its header is content, and there is no entity within.
            let block = std::mem::take(&mut header_block.block);
            self.entities.pop();
            self.open.pop();
            self.leaf_end.discard();
            self.state = State::Leaf(id.map_or(Leaf::Passed, |id| Leaf::Attached { id, transfer }));
            self.read(&block);
            return;
        }
        if let (Some(id), Some(open)) = (id, self.open.last_mut()) {
            *open = Open::Message(Some(id));
            // The line was read before it was known to belong to this attachment; its end waits like any other.
            let mut end = LastEnd::default();
            end.push(&header_block.block, |told| self.attachments.add(id, told.bytes()));
        }
        if let LineRead::Empty = header_block.line_ended(false) {
            self.header_ends();
        }
    }

    /// A header has ended: the content that it describes begins.
    fn header_ends(&mut self) {
        if matches!(&self.state, State::Header(header_block) if header_block.encoded.is_some()) {
            // The header ends within its first line.
            self.first_line_of_encoded();
            if !matches!(self.state, State::Header(_)) {
                return;
            }
        }
        let State::Header(header_block) = std::mem::replace(&mut self.state, State::Between) else { return };
        let entity = header::entity(&header_block.block);
        if header_block.entity == 0 {
            (self.header, self.left_out) =
                header::message(&header_block.block, entity.mime.charset.as_deref().map(str::as_bytes));
            self.described = entity.described;
            self.kept += self.header.weight();
            self.report.header(&self.header);
        }
        self.kept += entity.mime.weight();
        self.too_many |= entity.too_many;
        let parent = self.entities.get(header_block.entity).and_then(|(parent, _)| *parent);
        if self.is_report() && parent.is_some_and(|parent| self.returns_message(parent)) {
            self.report.returned(&header_block.block);
        }
        let in_digest = parent.and_then(|parent| self.entities.get(parent)).is_some_and(|(_, mime)| {
            // RFC 2046, section 5.1.5: there, a part without Content-Type is a message.
            mime.content_type.as_deref() == Some("multipart/digest")
        });
        self.begin_content(header_block.entity, &entity, in_digest);
        if let Some((_, mime)) = self.entities.get_mut(header_block.entity) {
            *mime = entity.mime;
        }
    }
}

fn add_to_messages(open: &[Open], attachments: &mut Attachments, told: Told<'_>) {
    for open in open {
        if let Open::Message(Some(id)) = open {
            attachments.add(*id, told.bytes());
        }
    }
}

impl Open {
    /// True for a message whose raw content is an attachment.
    fn is_attached(&self) -> bool {
        matches!(self, Self::Message(Some(_)))
    }

    fn dashed(&self) -> Option<&[u8]> {
        match self {
            Self::Parts { dashed, .. } => Some(dashed),
            Self::Message(_) => None,
        }
    }
}

/// The entities as a tree. Each comes after the one that holds it, so none is moved before its own parts are in place.
fn tree(mut entities: Vec<(Option<usize>, MimePart)>) -> Option<MimePart> {
    while let Some((parent, mut mime)) = entities.pop() {
        mime.parts.reverse();
        match parent.and_then(|parent| entities.get_mut(parent)) {
            Some((_, parent)) => parent.parts.push(mime),
            None => return Some(mime),
        }
    }
    None
}
