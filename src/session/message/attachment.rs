/*!
Attachments: their content is decoded, counted and digested as it comes, and not kept here.
*/

use super::boundary::Told;
use super::lent::Hash;
use super::line_feeds::PIECE_BYTES;
use super::preview;
use super::report;
use super::text_print::Printing;
use super::text_report;
use super::transfer::Transfer;
use super::uu;
use crate::limits::{MIME_PARTS, of_list};
use crate::session::content_store::StoredContent;
use crate::session::model::Attachment;
use crate::session::plan::Plan;
use crate::session::text::text;
use crate::session::weight::of_text;
use std::sync::Arc;

/// Bytes of an attachment that wait to be digested. Those of the last one wait until the piece that they are from is
/// digested as well, [`PIECE_BYTES`] at most.
const PENDING_BYTES: usize = 2_048;

/// TNEF_SIGNATURE, as it stands at the beginning ([MS-OXTNEF], section 2.1.3.2): 0x223E9F78, the low byte first.
const TNEF_SIGNATURE: [u8; 4] = [0x78, 0x9f, 0x3e, 0x22];

/// Number of an attachment within its message, from 0.
pub type Id = usize;

/// The attachments of one message, in the order in which they begin. Several may be under way: an attached message and
/// what is attached to it.
#[derive(Debug)]
pub struct Attachments {
    plan: Arc<Plan>,
    all: Vec<Digested>,
    /// Bytes that their names have on the heap.
    names: usize,
    /// There were more than [`MIME_PARTS`].
    pub too_many: bool,
}

#[derive(Debug)]
struct Digested {
    filename: Option<String>,
    content_type: Option<String>,
    size: u64,
    /// Its first bytes; the others are 0 as long as there are fewer.
    first: [u8; 4],
    sha256: Hash,
    /// Decoded, and not digested yet: lines are short, and many at once are digested faster.
    pending: Vec<u8>,
    /// Ended, and nothing of it missing.
    whole: bool,
    gap: bool,
    stored: Option<StoredContent>,
}

impl Attachments {
    /// No attachments yet.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, all: Vec::new(), names: 0, too_many: false }
    }

    /// Bytes that they have on the heap: known at once. Few have bytes that wait; those of the last stand for all.
    pub fn weight(&self) -> usize {
        of_list(&self.all) + self.names + self.all.last().map_or(0, |last| of_list(&last.pending))
    }

    /// An attachment begins. `None` where there are too many.
    pub fn begin(&mut self, filename: Option<String>, content_type: Option<String>) -> Option<Id> {
        if self.all.len() >= MIME_PARTS {
            self.too_many = true;
            return None;
        }
        if let Some(before) = self.all.last_mut() {
            before.digest();
        }
        let (sha256, pending) = (Hash::default(), Vec::new());
        let stored = self.plan.content_store.as_ref().map(StoredContent::begin);
        self.names += filename.iter().chain(&content_type).map(of_text).sum::<usize>();
        self.all.push(Digested {
            filename,
            content_type,
            size: 0,
            first: [0; 4],
            sha256,
            pending,
            whole: false,
            gap: false,
            stored,
        });
        Some(self.all.len() - 1)
    }

    /// The next decoded bytes.
    pub fn add(&mut self, id: Id, bytes: &[u8]) {
        let most = if id + 1 == self.all.len() { PIECE_BYTES } else { PENDING_BYTES };
        if let Some(attachment) = self.all.get_mut(id) {
            attachment.see_first(bytes);
            attachment.size += bytes.len() as u64;
            if attachment.pending.len() + bytes.len() > most {
                attachment.digest();
            }
            if bytes.len() > most {
                attachment.take(bytes);
            } else {
                attachment.pending.extend_from_slice(bytes);
            }
        }
    }

    /// Has the bytes digested that wait of the one that began last: by `update`, beside other digests.
    pub fn digest_by(&mut self, update: impl FnOnce(Option<(&mut Hash, &[u8])>)) {
        let Some(last) = self.all.last_mut().filter(|last| !last.pending.is_empty()) else {
            return update(None);
        };
        update(Some((&mut last.sha256, &last.pending)));
        last.digested();
    }

    /// Bytes are missing here.
    pub fn gap(&mut self, id: Id) {
        if let Some(attachment) = self.all.get_mut(id) {
            attachment.gap = true;
        }
    }

    /// It has ended; `seen` where its end was seen.
    pub fn end(&mut self, id: Id, seen: bool) {
        if let Some(attachment) = self.all.get_mut(id) {
            attachment.whole = seen && !attachment.gap;
            attachment.digest();
            attachment.pending = Vec::new();
            if let Some(stored) = &attachment.stored {
                stored.end();
            }
        }
    }

    /// All of them.
    pub fn finish(self) -> Vec<Attachment> {
        let attachment = |mut digested: Digested| {
            digested.digest();
            Attachment {
                tnef: digested.is_tnef(),
                filename: digested.filename,
                content_type: digested.content_type,
                size: digested.size,
                sha256: digested.sha256.finish(),
                complete: digested.whole,
                stored: digested.stored.map(Arc::new),
            }
        };
        self.all.into_iter().map(attachment).collect()
    }
}

/// Whether a media type, in lower case, is that of a file: neither text nor something that holds other parts. The parts
/// of a report (`message/delivery-status`) are text, and so is what has no valid type (RFC 2045, section 5.2).
pub fn is_file_type(content_type: &str) -> bool {
    let (top, sub) = content_type.split_once('/').unwrap_or_default();
    !matches!(top, "" | "text" | "multipart" | "message") && !sub.is_empty()
}

/// Whether a media type, in lower case, is that of TNEF.
fn is_tnef_type(content_type: &str) -> bool {
    matches!(content_type, "application/ms-tnef" | "application/vnd.ms-tnef")
}

impl Digested {
    /// Sees the next bytes, of which the first four are remembered.
    fn see_first(&mut self, bytes: &[u8]) {
        let unseen = usize::try_from(self.size).ok().and_then(|seen| self.first.get_mut(seen..));
        unseen.into_iter().flatten().zip(bytes).for_each(|(first, byte)| *first = *byte);
    }

    /// TNEF, by its signature, by its media type, or by the file name that Outlook and Exchange give it.
    fn is_tnef(&self) -> bool {
        let is_named = |name: &str| name.eq_ignore_ascii_case("winmail.dat") || name.eq_ignore_ascii_case("win.dat");
        self.first == TNEF_SIGNATURE
            || self.content_type.as_deref().is_some_and(is_tnef_type)
            || self.filename.as_deref().is_some_and(is_named)
    }

    /// Digests the bytes that wait.
    fn digest(&mut self) {
        self.sha256.here().update(&self.pending);
        self.digested();
    }

    /// The bytes that wait are digested.
    fn digested(&mut self) {
        self.store(&self.pending);
        self.pending.clear();
        // Whoever has sent one long piece may send nothing more for hours.
        self.pending.shrink_to(PENDING_BYTES);
    }

    fn take(&mut self, bytes: &[u8]) {
        self.sha256.here().update(bytes);
        self.store(bytes);
    }

    fn store(&self, bytes: &[u8]) {
        if let Some(stored) = self.stored.as_ref().filter(|_| !bytes.is_empty()) {
            stored.append(bytes);
        }
    }
}

/// The content of an entity that has no parts.
#[derive(Debug)]
pub enum Leaf {
    /// Not wanted: passed over.
    Passed,
    /// An attachment.
    Attached {
        /// Its number.
        id: Id,
        /// How it is encoded.
        transfer: Transfer,
    },
    /// A part of a delivery report, which is kept.
    Reported(report::Kept),
    /// A text that may be a delivery report by itself; what it is besides stands alone as soon as it is none.
    MayReport {
        /// Keeps it.
        text: Box<text_report::Text>,
        /// What it is besides.
        leaf: Box<Leaf>,
    },
    /// A text that is printed as well.
    Printed {
        /// Makes the print.
        printing: Box<Printing>,
        /// What it is besides.
        leaf: Box<Leaf>,
    },
    /// A text whose beginning is kept as well.
    Previewed {
        /// Keeps the beginning.
        reading: Box<preview::Reading>,
        /// What it is besides.
        leaf: Box<Leaf>,
    },
    /// Text, which may hold uuencoded files.
    Text {
        /// Finds them.
        scanner: Box<uu::Scanner>,
        /// The one under way.
        file: Option<Id>,
        /// File name and media type of a part declared to be uuencoded; its name goes before that of the `begin` line.
        named: Option<(Option<String>, Option<String>)>,
    },
}

impl Leaf {
    /// Bytes that it has on the heap beside attachments.
    pub fn weight(&self) -> usize {
        match self {
            Self::Reported(kept) => kept.weight(),
            Self::MayReport { text, leaf } => size_of::<text_report::Text>() + text.weight() + leaf.weight(),
            Self::Printed { printing, leaf } => size_of::<Printing>() + printing.weight() + leaf.weight(),
            Self::Previewed { reading, leaf } => size_of::<preview::Reading>() + reading.weight() + leaf.weight(),
            Self::Passed | Self::Attached { .. } | Self::Text { .. } => 0,
        }
    }

    /// True where nothing is done with the lines.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Text to be looked through.
    pub fn text(named: Option<(Option<String>, Option<String>)>) -> Self {
        Self::Text { scanner: Box::default(), file: None, named }
    }

    /// True where line ends do nothing but separate lines: several lines may be given at once, without their ends.
    pub fn ignores_line_ends(&self) -> bool {
        match self {
            Self::Passed => true,
            Self::Attached { transfer, .. } => transfer.ignores_line_ends(),
            Self::MayReport { text, leaf } => text.ignores_line_ends() && leaf.ignores_line_ends(),
            Self::Printed { printing, leaf } => printing.ignores_line_ends() && leaf.ignores_line_ends(),
            Self::Previewed { reading, leaf } => reading.ignores_line_ends() && leaf.ignores_line_ends(),
            Self::Text { .. } | Self::Reported(_) => false,
        }
    }

    /// The next bytes of a line, or its end. `out` is room to decode into.
    pub fn told(&mut self, told: Told<'_>, attachments: &mut Attachments, out: &mut Vec<u8>) {
        if let Self::MayReport { text, leaf } = self
            && !text.told(told, out)
        {
            *self = std::mem::replace(leaf, Self::Passed);
        }
        match told {
            Told::Text(bytes) => self.line(bytes, attachments, out),
            Told::End(end) => self.line_end(end, attachments, out),
        }
    }

    fn line(&mut self, bytes: &[u8], attachments: &mut Attachments, out: &mut Vec<u8>) {
        match self {
            Self::Passed => {}
            Self::Attached { id, transfer } if transfer.is_identity() => attachments.add(*id, bytes),
            Self::Attached { id, transfer } => {
                out.clear();
                transfer.decode(bytes, out);
                attachments.add(*id, out);
            }
            Self::Reported(kept) => kept.told(Told::Text(bytes)),
            Self::MayReport { leaf, .. } => leaf.line(bytes, attachments, out),
            Self::Printed { printing, leaf } => {
                printing.told(Told::Text(bytes), out);
                leaf.line(bytes, attachments, out);
            }
            Self::Previewed { reading, leaf } => {
                reading.told(Told::Text(bytes), out);
                leaf.line(bytes, attachments, out);
            }
            Self::Text { scanner, .. } => scanner.text(bytes),
        }
    }

    fn line_end(&mut self, end: &'static [u8], attachments: &mut Attachments, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Passed => {}
            Self::Attached { id, transfer } => {
                transfer.line_end(end, out);
                attachments.add(*id, out);
            }
            Self::Reported(kept) => kept.told(Told::End(end)),
            Self::MayReport { leaf, .. } => leaf.line_end(end, attachments, out),
            Self::Printed { printing, leaf } => {
                printing.told(Told::End(end), out);
                leaf.line_end(end, attachments, out);
            }
            Self::Previewed { reading, leaf } => {
                reading.told(Told::End(end), out);
                leaf.line_end(end, attachments, out);
            }
            Self::Text { scanner, file, named } => match scanner.line_end(out) {
                Some(uu::Found::Begin(name)) => {
                    let (filename, content_type) = named.take().unwrap_or_default();
                    *file = attachments.begin(filename.or_else(|| Some(text(&name))), content_type);
                    if let Some(id) = *file {
                        attachments.add(id, out);
                    }
                }
                Some(uu::Found::Data) => _ = file.map(|id| attachments.add(id, out)),
                Some(uu::Found::End { whole }) => _ = file.take().map(|id| attachments.end(id, whole)),
                None => {}
            },
        }
    }

    /// Bytes are missing here.
    pub fn gap(&mut self, attachments: &mut Attachments, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Passed | Self::Reported(_) => {}
            Self::MayReport { text, leaf } => {
                text.gap();
                leaf.gap(attachments, out);
            }
            Self::Printed { printing, leaf } => {
                printing.gap();
                leaf.gap(attachments, out);
            }
            Self::Previewed { reading, leaf } => {
                reading.gap();
                leaf.gap(attachments, out);
            }
            Self::Attached { id, transfer } => {
                transfer.gap(out);
                attachments.add(*id, out);
                attachments.gap(*id);
            }
            Self::Text { scanner, file, .. } => {
                if let (Some(uu::Found::End { .. }), Some(id)) = (scanner.gap(), file.take()) {
                    attachments.end(id, false);
                }
            }
        }
    }

    /// The content has ended; `seen` where its end was seen.
    pub fn end(&mut self, seen: bool, attachments: &mut Attachments, out: &mut Vec<u8>) {
        match std::mem::replace(self, Self::Passed) {
            Self::Passed | Self::Reported(_) => {}
            Self::MayReport { mut leaf, .. } | Self::Printed { mut leaf, .. } | Self::Previewed { mut leaf, .. } => {
                leaf.end(seen, attachments, out)
            }
            Self::Attached { id, mut transfer } => {
                out.clear();
                transfer.end(out);
                attachments.add(id, out);
                attachments.end(id, seen);
            }
            mut text @ Self::Text { .. } => {
                // Its last line may have no end of its own.
                text.line_end(b"", attachments, out);
                if let Self::Text { mut scanner, file: Some(id), .. } = text
                    && let Some(uu::Found::End { whole }) = scanner.end()
                {
                    attachments.end(id, whole);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::message::sha256;
    use crate::session::plan::Needs;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn attachments_are_digested_whoever_does_it(
            turns in proptest::collection::vec((0_usize..3, prop_oneof![0_usize..200, 2_000_usize..2_100, 11_000_usize..17_000], 0_u8..4), 0..24),
        ) {
            let mut attachments = Attachments::new(Arc::new(Needs::ALL.into()));
            let (mut contents, mut beside) = (Vec::<Vec<u8>>::new(), 0);
            for (which, len, then) in turns {
                // An attached message, and what is attached to it, have new bytes in turn.
                if which == contents.len() {
                    attachments.begin(None, None);
                    contents.push(Vec::new());
                }
                if let Some(content) = contents.get_mut(which) {
                    let bytes: Vec<u8> = (0..len).map(|at| (at * 7 + content.len()) as u8).collect();
                    attachments.add(which, &bytes);
                    content.extend(bytes);
                }
                if then == 0 {
                    attachments.digest_by(|waiting| {
                        if let Some((sha256, bytes)) = waiting {
                            beside += bytes.len();
                            sha256.here().update(bytes);
                        }
                    });
                    prop_assert!(attachments.all.last().is_none_or(|last| last.pending.capacity() <= PENDING_BYTES));
                }
            }
            prop_assert!(beside <= contents.concat().len());
            let digests: Vec<_> = attachments.finish().iter().map(|attachment| attachment.sha256).collect();
            prop_assert_eq!(digests, contents.iter().map(|content| sha256(content)).collect::<Vec<_>>());
        }
    }
}
