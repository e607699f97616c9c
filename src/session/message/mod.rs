/*!
One message, read as its content comes: size, lines, digests, header fields, MIME structure, attachments, and what is missing.

Nothing but header fields is kept, so a message costs the same memory whatever its size, and one pass over its bytes.
That is why the structure is not left to a parser that needs the whole message at once; where bytes are missing, it is
also the only way not to join what was never side by side.
*/

mod address;
mod attachment;
mod boundary;
mod date;
mod digest;
mod encoded_word;
mod faults;
mod hashes;
mod header;
mod header_block;
mod lent;
mod line_count;
mod line_feeds;
mod mime;
mod parameter;
mod preview;
mod report;
mod text_print;
mod text_report;
mod transfer;
mod uu;

pub use date::read as read_date;
pub use digest::sha256;
pub use mime::Structure;

use crate::limits::{Limit, MISSING_RANGES, heap, of_list};
use crate::protocol::event::{ContentEnd, ContentMark};
use crate::session::content_store::StoredContent;
use crate::session::model::{Faults, Lines};
use crate::session::plan::Plan;
use digest::Digests;
use faults::FaultFinder;
use line_count::LineCount;
use line_feeds::{LineFeeds, PIECE_BYTES};
use mime::MimeParser;
use std::sync::Arc;

/// Reads one message.
#[derive(Debug)]
pub struct Reader {
    size: u64,
    missing: Missing,
    lines: Option<LineCount>,
    digests: Option<Box<Digests>>,
    faults: Option<Box<FaultFinder>>,
    announced: Option<u64>,
    structure: Option<Box<MimeParser>>,
    line_feeds: LineFeeds,
    /// Bytes of the header are missing, or may be.
    header_missing: bool,
    /// It is the whole message, not a part of it.
    whole: bool,
    /// A part read by itself, all of it.
    is_whole_part: bool,
    /// Some of its octets, of more that there are.
    is_piece: bool,
    stored: Option<StoredContent>,
}

/// What a message's content amounted to.
#[derive(Debug, Default)]
pub struct Content {
    /// Bytes captured.
    pub size: u64,
    /// Octets that the server has announced for the whole message.
    pub announced: Option<u64>,
    /// What is wrong with it. Absent where nothing is, and where faults are not wanted.
    pub faults: Option<Box<Faults>>,
    /// Its lines. Absent where messages are not wanted.
    pub lines: Option<Lines>,
    /// Of the bytes captured. Absent where digests are not wanted.
    pub sha256: Option<[u8; 32]>,
    /// Of the body, line ends brought to CR LF. Absent also where no empty line was seen, or a gap lies before it.
    pub body_sha256: Option<[u8; 32]>,
    /// All of it was captured, and its end seen.
    pub complete: bool,
    /// All that crossed was captured, but its end never came.
    pub unfinished: bool,
    /// The end of its header was seen, and none of the header is missing. Known where messages are wanted.
    pub header_seen: bool,
    /// The ranges that were not captured: (offset, length) in the whole content.
    pub missing: Vec<(u64, u64)>,
    /// Header fields, MIME, attachments.
    pub structure: Structure,
    /// Bounds that cost something.
    pub limits: Vec<Limit>,
    /// The bytes captured, where the plan has a content store.
    pub stored: Option<Arc<StoredContent>>,
}

impl Reader {
    /// For a message, or `part` of one (as named in the JSON contract); the plan says what is computed. `described` is the
    /// MIME header of a part that is read by itself.
    pub fn new(part: Option<&str>, described: Option<&[u8]>, plan: impl Into<Arc<Plan>>) -> Self {
        let plan: Arc<Plan> = plan.into();
        // `text`, `section …` and `bytes 1024-…` do not begin with a header.
        let has_header =
            part.is_none_or(|part| ["header", "top ", "bytes 0-"].iter().any(|begin| part.starts_with(begin)));
        // A part may be binary.
        let may_have_faults = part.is_none_or(|part| part == "text" || part.starts_with("header"));
        Self {
            size: 0,
            faults: (plan.needs.faults && may_have_faults).then(|| Box::new(FaultFinder::new(has_header))),
            announced: None,
            missing: Missing::default(),
            lines: plan.needs.messages.then(LineCount::default),
            digests: (plan.needs.messages && (plan.needs.digests || plan.needs.attachments))
                .then(|| Box::new(Digests::new(plan.digester.clone()))),
            stored: plan.content_store.as_ref().map(StoredContent::begin),
            structure: match described {
                _ if !plan.needs.messages => None,
                Some(header) => Some(Box::new(described_part(header, plan))),
                None => has_header.then(|| Box::new(MimeParser::new(plan))),
            },
            is_whole_part: described.is_some() && part.is_some_and(|part| !is_piece(part)),
            is_piece: part.is_some_and(is_piece),
            line_feeds: LineFeeds::default(),
            header_missing: false,
            whole: part.is_none(),
        }
    }

    /// Bytes that the reader has on the heap: known at once.
    pub fn weight(&self) -> usize {
        let digests = self.digests.as_ref().map_or(0, |_| heap(size_of::<Digests>()));
        size_of::<Self>()
            + of_list(&self.missing.ranges)
            + self.faults.as_ref().map_or(0, |it| heap(size_of::<FaultFinder>()) + it.weight())
            + digests
            + self.structure.as_ref().map_or(0, |it| it.weight())
    }

    /// The first byte that comes is not the first of the content.
    pub fn headless(&mut self) {
        self.header_missing = true;
        if let Some(faults) = &mut self.faults {
            faults.gap();
        }
        if let Some(digests) = &mut self.digests {
            digests.gap();
        }
        if let Some(structure) = &mut self.structure {
            structure.gap();
        }
    }

    /// Corrects which `part` of a message this is, or that it is the whole, once that is known.
    pub fn is_part(&mut self, part: Option<&str>) {
        self.whole = part.is_none();
        self.is_piece = part.is_some_and(is_piece);
    }

    /// What the bytes do not show, about the place that was reached.
    pub fn mark(&mut self, mark: ContentMark) {
        if let ContentMark::Announced(octets) = mark {
            self.announced = Some(octets);
        }
        if let Some(faults) = &mut self.faults {
            faults.mark(mark);
        }
    }

    /// The next bytes.
    pub fn content(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if let Some(stored) = &self.stored {
            stored.append(bytes);
        }
        if self.lines.is_none() && self.digests.is_none() && self.structure.is_none() && self.faults.is_none() {
            return;
        }
        for bytes in bytes.chunks(PIECE_BYTES) {
            let piece = self.line_feeds.of(bytes);
            if let Some(lines) = &mut self.lines {
                lines.update(&piece);
            }
            if let Some(faults) = &mut self.faults {
                faults.update(&piece);
            }
            if let Some(structure) = &mut self.structure {
                structure.content(&piece);
            }
            match (&mut self.digests, &mut self.structure) {
                (Some(digests), Some(structure)) => structure.digest_by(|beside| digests.update(&piece, beside)),
                (Some(digests), None) => digests.update(&piece, None),
                (None, _) => {}
            }
        }
    }

    /// The next `len` bytes are missing.
    pub fn missing(&mut self, len: u64) {
        if len == 0 {
            return;
        }
        self.missing.add(self.size, len);
        self.header_missing |= !self.structure.as_ref().is_some_and(|parser| parser.header_ended());
        if let Some(lines) = &mut self.lines {
            lines.gap();
        }
        if let Some(faults) = &mut self.faults {
            faults.gap();
        }
        if let Some(digests) = &mut self.digests {
            digests.gap();
        }
        if let Some(structure) = &mut self.structure {
            structure.gap();
        }
    }

    /// The content has ended.
    pub fn finish(self, end: ContentEnd) -> Content {
        let is_all_here = self.missing.ranges.is_empty();
        let complete = end == ContentEnd::Complete && is_all_here;
        let unfinished = end == ContentEnd::Unfinished && is_all_here;
        // What is said of content that was never seen would be said of nothing.
        let is_unseen = self.size == 0 && !complete;
        let (sha256, body_sha256) = match self.digests {
            Some(digests) if !is_unseen => {
                let (content, body) = digests.finish();
                (Some(content), body)
            }
            _ => (None, None),
        };
        let ended = self.structure.as_ref().is_some_and(|parser| parser.header_ended());
        let header_seen = !self.header_missing && (ended || complete);
        let mut structure = self
            .structure
            .map(|mut parser| {
                if self.is_piece {
                    parser.cut_off();
                }
                parser.finish(complete && (self.whole || self.is_whole_part))
            })
            .unwrap_or_default();
        if let Some(stored) = &self.stored {
            stored.end();
        }
        let mut limits = std::mem::take(&mut structure.limits);
        limits.extend(std::iter::repeat_n(Limit::MissingRanges, self.missing.folded));
        Content {
            size: self.size,
            announced: self.announced,
            faults: self.faults.and_then(|faults| faults.finish(end)),
            lines: self.lines.filter(|_| !is_unseen).map(LineCount::finish),
            sha256,
            body_sha256,
            complete,
            unfinished,
            header_seen,
            missing: self.missing.ranges,
            structure,
            limits,
            stored: self.stored.map(Arc::new),
        }
    }
}

/// True for the name of octets that are not all there are of a message or part (`bytes 0-9`).
fn is_piece(part: &str) -> bool {
    part.contains("bytes ")
}

/// The structure of a part whose MIME header stands elsewhere: the header is read first, and counts nowhere.
fn described_part(header: &[u8], plan: Arc<Plan>) -> MimeParser {
    let mut parser = MimeParser::new(plan);
    let mut line_feeds = LineFeeds::default();
    // A header that was cut short may have no empty line of its own.
    let end: &[u8] = match header {
        [.., b'\n', b'\r', b'\n'] | [.., b'\n', b'\n'] => b"",
        [.., b'\n'] => b"\r\n",
        _ => b"\r\n\r\n",
    };
    [header, end].concat().chunks(PIECE_BYTES).for_each(|piece| parser.content(&line_feeds.of(piece)));
    parser
}

/// The ranges that are missing.
#[derive(Debug, Default)]
struct Missing {
    ranges: Vec<(u64, u64)>,
    total: u64,
    /// Ranges that were folded into the last one, because there were too many.
    folded: usize,
}

impl Missing {
    /// `len` bytes are missing after `captured` bytes and all that is missing so far.
    fn add(&mut self, captured: u64, len: u64) {
        let offset = captured.saturating_add(self.total);
        self.total = self.total.saturating_add(len);
        let full = self.ranges.len() >= MISSING_RANGES;
        match self.ranges.last_mut() {
            Some((from, last)) if from.saturating_add(*last) == offset => *last = last.saturating_add(len),
            Some((from, last)) if full => {
                *last = offset.saturating_add(len).saturating_sub(*from);
                self.folded += 1;
            }
            _ => self.ranges.push((offset, len)),
        }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod regular_tests;
#[cfg(test)]
mod secured_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unseen_tests;
