/*!
The two halves of a message, fetched separately and in either order (RFC 3501, section 6.4.5): `BODY[HEADER]`, and
`BODY[TEXT]` or, where the message has one part only, `BODY[1]`.

The half that comes first is kept, within a bound, until the other has come. A text that comes after its header need not
be kept, however long it is.
*/

use super::message_ref::{MessageRef, Sizes};
use crate::limits::{Limit, PARTIAL_BYTES, WAITING_TEXT_BYTES};
use crate::protocol::event::{ContentEnd, MessageId, MessageStart, Sink, StepId};
use std::collections::VecDeque;

/// Which half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HalfKind {
    /// The header, with the empty line that ends it.
    Header,
    /// Everything after the header.
    Text,
    /// The first part: everything after the header, if there is no second part.
    First,
}

/// One half, which has come or is coming.
#[derive(Debug)]
pub(super) struct PendingHalf {
    kind: HalfKind,
    pub name: MessageRef,
    /// The start of the whole message; but its steps are this half's.
    start: MessageStart,
    content: Vec<u8>,
}

/// What becomes of a text that begins.
#[derive(Debug)]
pub(super) enum Begun {
    /// Its header has come: the message has begun, and this is the rest of it.
    Message(MessageId),
    /// No header that fits has come; the text, where it is to be kept.
    Alone(Option<PendingHalf>),
}

/// The halves that wait for their other half.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// The oldest first; so are the texts.
    headers: VecDeque<PendingHalf>,
    texts: VecDeque<PendingHalf>,
    /// The headers, by [`weight`].
    headers_held: usize,
    /// The texts, and any half that is coming, by [`weight`].
    held: usize,
    /// Some headers were dropped to make room.
    headers_forgotten: bool,
    texts_forgotten: bool,
}

/// What it costs to hold `octets` back, overhead included: many small pieces are not free.
pub(super) fn weight(octets: usize) -> usize {
    octets.saturating_add(if cfg!(fuzzing) { 8 } else { 512 })
}

impl PendingHalf {
    fn weight(&self) -> usize {
        let mailbox = self.start.mailbox.as_ref().map_or(0, Vec::len);
        weight(self.content.len()).saturating_add(mailbox)
    }

    /// True where `self` is the header and `other`, `octets` long, everything after it; `size` is the message's.
    fn is_completed_by(&self, other: &PendingHalf, octets: u64, size: Option<u64>) -> bool {
        let whole = octets.saturating_add(self.content.len() as u64);
        self.name.is(other.name)
            && size.is_none_or(|size| size == whole)
            && (other.kind == HalfKind::Text || other.kind == HalfKind::First && has_one_part(&self.content))
    }

    /// It has come, in these steps.
    pub fn came_in(&mut self, steps: impl IntoIterator<Item = StepId>) {
        self.start.steps = steps.into_iter().collect();
    }

    /// It has come, and this is the step of its content.
    pub fn came_with(&mut self, step: Option<StepId>) {
        self.start.steps.extend(step);
    }
}

impl Halves {
    /// Bytes that they hold.
    pub fn bytes(&self) -> usize {
        self.headers_held + self.held
    }

    /// A half begins; `start` describes it as an entry of its own.
    pub fn begin(&mut self, kind: HalfKind, start: &MessageStart) -> PendingHalf {
        let start = MessageStart { part: None, ..start.clone() };
        let half = PendingHalf { kind, name: MessageRef::of(&start), start, content: Vec::new() };
        self.held = self.held.saturating_add(half.weight());
        half
    }

    /// The next octets of a half that is coming. One that grows too large is dropped.
    pub fn add(&mut self, half: &mut Option<PendingHalf>, octets: &[u8]) {
        let Some(growing) = half else { return };
        let bound = if growing.kind == HalfKind::Header { PARTIAL_BYTES / 4 } else { WAITING_TEXT_BYTES };
        if growing.weight().saturating_add(octets.len()) > bound {
            self.drop(half.take());
            return;
        }
        growing.content.extend_from_slice(octets);
        self.held = self.held.saturating_add(octets.len());
        while self.held > WAITING_TEXT_BYTES
            && let Some(oldest) = self.texts.pop_front()
        {
            self.drop(Some(oldest));
        }
        if self.held > WAITING_TEXT_BYTES {
            self.drop(half.take());
        }
    }

    /// Forgets a half that has a gap or no end.
    pub fn forget(&mut self, half: Option<PendingHalf>) {
        self.held = self.held.saturating_sub(half.map_or(0, |half| half.weight()));
    }

    /// Drops a half for which there is no room.
    fn drop(&mut self, half: Option<PendingHalf>) {
        let Some(half) = half else { return };
        self.held = self.held.saturating_sub(half.weight());
        match half.kind {
            HalfKind::Header => self.headers_forgotten = true,
            HalfKind::Text | HalfKind::First => self.texts_forgotten = true,
        }
    }

    /// A text begins, `octets` long. If its header has come, the message begins with it.
    pub fn header_of(&mut self, text: PendingHalf, octets: u64, sizes: &Sizes, out: &mut dyn Sink) -> Begun {
        let size = sizes.of(text.name);
        let Some(found) = self.headers.iter().position(|header| header.is_completed_by(&text, octets, size)) else {
            if self.headers_forgotten && text.kind == HalfKind::Text {
                out.limit(Limit::PartialFetches);
            }
            // The header is here and does not fit, as with one part of several: `BODY[1]` would wait in vain.
            let in_vain = text.kind == HalfKind::First && self.headers.iter().any(|header| header.name.is(text.name));
            return Begun::Alone(if in_vain || octets > WAITING_TEXT_BYTES as u64 {
                self.held = self.held.saturating_sub(text.weight());
                self.texts_forgotten |= !in_vain;
                None
            } else {
                Some(text)
            });
        };
        self.held = self.held.saturating_sub(text.weight());
        let Some(header) = self.headers.remove(found) else { return Begun::Alone(None) };
        self.headers_held = self.headers_held.saturating_sub(header.weight());
        let mut start = text.start;
        start.steps.splice(0..0, header.start.steps);
        let message = out.message(start);
        out.content(message, &header.content);
        Begun::Message(message)
    }

    /// A half has come to its end. If the other has too, the message is emitted and returned; its outcome is still to
    /// be emitted. `others` is the weight held elsewhere under the bound for headers.
    pub fn came(&mut self, half: PendingHalf, sizes: &Sizes, others: usize, out: &mut dyn Sink) -> Option<MessageId> {
        let size = sizes.of(half.name);
        self.held = self.held.saturating_sub(half.weight());
        let found = match half.kind {
            HalfKind::Header => {
                let fits = |text: &PendingHalf| half.is_completed_by(text, text.content.len() as u64, size);
                let place = self.texts.iter().position(fits);
                let text = place.and_then(|place| self.texts.remove(place));
                if text.is_none() && self.texts_forgotten && has_one_part(&half.content) {
                    out.limit(Limit::PartialFetches);
                }
                self.held = self.held.saturating_sub(text.as_ref().map_or(0, PendingHalf::weight));
                text
            }
            HalfKind::Text | HalfKind::First => {
                let fits = |header: &PendingHalf| header.is_completed_by(&half, half.content.len() as u64, size);
                let place = self.headers.iter().position(fits);
                let header = place.and_then(|place| self.headers.remove(place));
                self.headers_held = self.headers_held.saturating_sub(header.as_ref().map_or(0, PendingHalf::weight));
                header
            }
        };
        let Some(found) = found else {
            self.keep(half, others);
            return None;
        };
        let mut start = half.start;
        start.steps.extend(found.start.steps);
        start.steps.sort_unstable();
        start.steps.dedup();
        start.uid = start.uid.or(found.start.uid);
        let message = out.message(start);
        let (header, text) = if half.kind == HalfKind::Header {
            (&half.content, &found.content)
        } else {
            (&found.content, &half.content)
        };
        out.content(message, header);
        out.content(message, text);
        out.content_end(message, ContentEnd::Complete);
        Some(message)
    }

    fn keep(&mut self, half: PendingHalf, others: usize) {
        let weight = half.weight();
        if half.kind == HalfKind::Header {
            if let Some(again) = self.headers.iter().position(|other| other.name.is(half.name)) {
                let again = self.headers.remove(again);
                self.headers_held = self.headers_held.saturating_sub(again.as_ref().map_or(0, PendingHalf::weight));
            }
            self.headers_held = self.headers_held.saturating_add(weight);
            self.headers.push_back(half);
            while self.headers_held.saturating_add(others) > PARTIAL_BYTES
                && let Some(oldest) = self.headers.pop_front()
            {
                self.headers_held = self.headers_held.saturating_sub(oldest.weight());
                self.headers_forgotten = true;
            }
        } else {
            let is_same = |other: &PendingHalf| other.kind == half.kind && other.name.is(half.name);
            if let Some(again) = self.texts.iter().position(is_same) {
                let again = self.texts.remove(again);
                self.held = self.held.saturating_sub(again.as_ref().map_or(0, PendingHalf::weight));
            }
            self.held = self.held.saturating_add(weight);
            self.texts.push_back(half);
            while self.held > WAITING_TEXT_BYTES
                && let Some(oldest) = self.texts.pop_front()
            {
                self.drop(Some(oldest));
            }
        }
    }

    /// The weight of the headers.
    pub fn headers_held(&self) -> usize {
        self.headers_held
    }

    /// A response about this message is over: its halves, which stand last, get its UID.
    pub fn named(&mut self, name: MessageRef) {
        for halves in [&mut self.headers, &mut self.texts] {
            for half in halves.iter_mut().rev().take_while(|half| half.name.is(name)) {
                half.name.uid = half.name.uid.or(name.uid);
            }
        }
    }

    /// Applies `change` to the names of all halves.
    pub fn rename(&mut self, mut change: impl FnMut(&mut MessageRef)) {
        self.headers.iter_mut().chain(&mut self.texts).for_each(|half| change(&mut half.name));
    }

    /// Drops the halves whose message is known by its number alone.
    pub fn keep_named_by_uid(&mut self) {
        let Self { headers, texts, headers_held, held, .. } = self;
        for (halves, held) in [(headers, headers_held), (texts, held)] {
            halves.retain(|half| {
                let stays = half.name.uid.is_some();
                *held = held.saturating_sub(if stays { 0 } else { half.weight() });
                stays
            });
        }
    }
}

/// True for the header of a message of one part: that part is everything after the header.
fn has_one_part(header: &[u8]) -> bool {
    let mut lines = header.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.iter().position(|&byte| byte == b':').map(|colon| line.split_at(colon)) else {
            continue;
        };
        if !name.trim_ascii_end().eq_ignore_ascii_case(b"Content-Type") {
            continue;
        }
        let mut value = value.get(1..).unwrap_or_default().trim_ascii();
        while value.is_empty()
            && let Some(folded) = lines.next_if(|line| matches!(line.first(), Some(b' ' | b'\t')))
        {
            value = folded.trim_ascii();
        }
        let kind = value.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').next().unwrap_or_default();
        if kind.is_empty() || kind.eq_ignore_ascii_case(b"multipart") || kind.eq_ignore_ascii_case(b"message") {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_part_or_several() {
        for header in
            ["To: x\r\n\r\n", "", "content-type: text/plain\r\n", "Content-Type:\r\n text/html; a=multipart/x\n"]
        {
            assert!(has_one_part(header.as_bytes()), "{header:?}");
        }
        for header in ["Content-Type: multipart/mixed\r\n", "X: y\r\nCONTENT-TYPE :\r\n\tMultipart/x\r\n"] {
            assert!(!has_one_part(header.as_bytes()), "{header:?}");
        }
        for header in ["Content-type: message/rfc822\n", "Content-Type: (so) multipart/x\n", "Content-Type:\n"] {
            assert!(!has_one_part(header.as_bytes()), "{header:?}");
        }
    }
}
