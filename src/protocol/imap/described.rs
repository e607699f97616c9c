//! What the server has said of the parts of messages, for the sections that are fetched by themselves later.

use super::body_structure::FilePart;
use super::fetch_items::Section;
use super::message_ref::MessageRef;
use crate::limits::{DESCRIBED_PART_BYTES, DESCRIBED_PARTS, Limit, heap, of_queue};
use crate::protocol::event::Sink;
use std::collections::VecDeque;

/// The parts that were described, the oldest first.
#[derive(Debug, Default)]
pub(super) struct DescribedParts {
    all: VecDeque<(MessageRef, FilePart)>,
    /// Bytes that they have on the heap.
    bytes: usize,
}

impl DescribedParts {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.bytes + of_queue(&self.all)
    }

    /// Remembers a part of the message `name`. What was said last counts.
    pub fn put(&mut self, name: MessageRef, part: FilePart, out: &mut dyn Sink) {
        if part.header.len() + part.section.len() > DESCRIBED_PART_BYTES {
            out.limit(Limit::DescribedParts);
            return;
        }
        if self.all.len() >= DESCRIBED_PARTS {
            let oldest = self.all.pop_front();
            self.bytes -= oldest.map_or(0, |(_, part)| weight(&part));
            out.limit(Limit::DescribedParts);
        }
        self.bytes += weight(&part);
        self.all.push_back((name, part));
    }

    fn of(&self, name: MessageRef, section: &str) -> Option<&[u8]> {
        let found = self.all.iter().rev().find(|(known, part)| known.is(name) && part.section == section);
        found.map(|(_, part)| part.header.as_slice())
    }

    /// The MIME header of the body that comes as `section`, if it is a part that was described. What the server has
    /// decoded itself (BINARY, RFC 3516) is not encoded any more.
    pub fn of_section(&self, name: MessageRef, section: &Section) -> Option<Vec<u8>> {
        let (number, decoded) = section.numbered()?;
        let header = self.of(name, number)?;
        let encoding: &[u8] = b"content-transfer-encoding:";
        let keeps = |line: &&[u8]| {
            !decoded || !line.get(..encoding.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(encoding))
        };
        Some(header.split_inclusive(|&byte| byte == b'\n').filter(keeps).flatten().copied().collect())
    }

    /// A message has been expunged.
    pub fn expunged(&mut self, number: u64) {
        self.all.iter_mut().for_each(|(name, _)| name.expunge(number));
        self.keep(|name| name.uid.is_some() || name.number.is_some());
    }

    /// Messages may have other numbers now.
    pub fn renumbered(&mut self) {
        self.all.iter_mut().for_each(|(name, _)| name.number = None);
        self.keep(|name| name.uid.is_some());
    }

    fn keep(&mut self, is_kept: impl Fn(&MessageRef) -> bool) {
        let bytes = &mut self.bytes;
        self.all.retain(|(name, part)| {
            let is_kept = is_kept(name);
            *bytes -= if is_kept { 0 } else { weight(part) };
            is_kept
        });
    }
}

fn weight(part: &FilePart) -> usize {
    heap(part.header.len()) + heap(part.section.len())
}
