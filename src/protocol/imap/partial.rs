/*!
Messages that a client retrieves in pieces, put together (RFC 3501, section 6.4.5: `BODY[]<0.16384>`, then
`BODY[]<16384.16384>`, …; or header and text, which `header_and_text.rs` puts together).

Pieces of the same section of the same message that follow each other without a gap are one message of the session,
emitted as they come: `bytes 0-32767` as long as more may follow, the whole as soon as its end is known. The end shows
in a piece shorter than the client asked for, in an empty piece, or in RFC822.SIZE. A piece that comes too early waits
for those before it, within a bound. A piece that waits, and one that has crossed before, is an entry of its own; so are
the header and the text that are put together.

A mailbox that is left and selected again is the same one if its UIDVALIDITY is the same (section 2.3.1.1): messages
known by their UID then go on.
*/

use super::described::DescribedParts;
use super::fetch_items::Section;
use super::header_and_text::{Begun, HalfKind, Halves, PendingHalf, weight};
use super::message_ref::{MessageRef, Sizes};
use crate::limits::{Limit, PARTIAL_BYTES, PARTIAL_MESSAGES};
use crate::protocol::event::{ContentEnd, MessageId, MessageOutcome, MessageStart, Sink, StepId};
use std::collections::{BTreeMap, BTreeSet};

/// The messages of the selected mailbox that the client is fetching in pieces.
#[derive(Debug, Default)]
pub(super) struct PartialFetches {
    /// What the server has said of the messages' parts.
    pub described: DescribedParts,
    /// The one that a piece was added to most recently stands last.
    partials: Vec<PartialMessage>,
    /// Headers and texts that wait for their other half.
    halves: Halves,
    /// The pieces that wait in `partials`, by [`weight`].
    held: usize,
    sizes: Sizes,
    /// A partial message was ended to make room.
    partials_forgotten: bool,
    next: PartialId,
    /// The mailbox, and its UIDVALIDITY.
    of: Option<(Vec<u8>, u64)>,
}

type PartialId = u64;

/// Octets of one section of a message, from its first.
#[derive(Debug)]
struct PartialMessage {
    id: PartialId,
    name: MessageRef,
    section: Section,
    /// The session's message made of them; absent until the first octets come.
    message: Option<MessageId>,
    /// How many octets have come from the first on, those included that the capture lacks.
    next: u64,
    /// The server has shown that there are no more.
    ended: bool,
    /// Octets of it are not in the capture.
    has_gap: bool,
    /// The connection, or its capture, ended within a piece.
    truncated: bool,
    /// The steps of its pieces, bounded as a session's steps are.
    steps: BTreeSet<StepId>,
    /// Pieces that wait for those before them, by their first octet and the order in which they came: many may wait
    /// while as many others are added.
    waiting: BTreeMap<(u64, u64), EarlyPiece>,
    /// How many pieces have come to wait.
    came_early: u64,
    /// The same octets, if they are a half of the message.
    half: Option<PendingHalf>,
}

/// A piece that waits: it has been emitted as an entry of its own, and is kept to be added to its message.
#[derive(Debug)]
struct EarlyPiece {
    origin: u64,
    content: Vec<u8>,
    weight: usize,
    /// Shorter than the client asked for.
    last: bool,
    steps: Vec<StepId>,
}

/// A body that begins.
#[derive(Debug)]
pub(super) struct Begin<'a> {
    pub start: MessageStart,
    pub section: &'a Section,
    /// Its length, as announced.
    pub octets: u64,
    /// The length that the client asked for.
    pub asked: Option<u64>,
}

/// A body that is coming.
#[derive(Debug)]
pub(super) struct Body {
    place: Place,
    /// Octets of it are not in the capture.
    has_gap: bool,
}

#[derive(Debug)]
enum Place {
    /// An entry of its own, of which something may be kept.
    Alone { message: MessageId, keep: Keep },
    /// The text that completes a message: an entry of its own, and the message.
    Text { text: MessageId, message: MessageId },
    /// It continues a partial message, which already has the first `known` of its octets.
    Partial { partial: PartialId, message: MessageId, known: u64 },
}

/// What is kept of a body that is coming.
#[derive(Debug)]
enum Keep {
    Nothing,
    Half(Option<PendingHalf>),
    /// A piece that waits for those before it in this partial message.
    Piece(PartialId, EarlyPiece),
}

impl PartialFetches {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.described.held() + self.held + self.halves.bytes() + self.sizes.held()
    }

    /// A body begins.
    pub fn begin(&mut self, begin: Begin<'_>, out: &mut dyn Sink) -> Body {
        let place = match (begin.section.piece(), begin.section.half()) {
            (Some(origin), _) => self.piece(origin, begin, out),
            (None, Some(kind)) => self.half(kind, begin, out),
            (None, None) => alone(begin.start, out),
        };
        Body { place, has_gap: false }
    }

    fn piece(&mut self, origin: u64, begin: Begin<'_>, out: &mut dyn Sink) -> Place {
        let Begin { mut start, section, octets, asked } = begin;
        let (name, end) = (MessageRef::of(&start), origin.saturating_add(octets));
        let last = asked.is_some_and(|asked| octets < asked);
        if origin == 0 && (last || section.is_message() && self.sizes.of(name) == Some(octets)) {
            start.part = section.all();
        }
        let mut place =
            self.partials.iter().position(|partial| partial.section.is_of(section) && partial.name.is(name));
        if let Some(found) =
            place.filter(|&found| origin == 0 && self.partials.get(found).is_some_and(|partial| partial.has_gap))
        {
            // The second attempt may have the octets that the capture lacks of the first.
            self.finish(found, out);
            place = None;
        }
        let found = match place {
            // It moves to the end, the place of the most recent.
            Some(found) => self.partials.remove(found),
            None if octets == 0 => return alone(start, out),
            None => {
                self.make_room(out);
                if origin > 0 && self.partials_forgotten {
                    out.limit(Limit::PartialFetches);
                }
                self.next += 1;
                PartialMessage::new(self.next, name, section)
            }
        };
        self.partials.push(found);
        let weight = weight(usize::try_from(octets).unwrap_or(usize::MAX));
        let fits = weight <= PARTIAL_BYTES.saturating_sub(self.held).saturating_sub(self.halves.headers_held());
        let Some(partial) = self.partials.last_mut() else { return alone(start, out) };
        partial.name = MessageRef { uid: partial.name.uid.or(name.uid), number: name.number.or(partial.name.number) };
        match partial.message {
            None if origin == 0 => {
                partial.steps.extend(&start.steps);
                partial.half = section.half().map(|kind| self.halves.begin(kind, &start));
                let message = out.message(start);
                (partial.message, partial.next, partial.ended) = (Some(message), end, last);
                Place::Partial { partial: partial.id, message, known: 0 }
            }
            Some(message) if origin <= partial.next && end > partial.next || origin == partial.next => {
                partial.steps.extend(&start.steps);
                let known = partial.next - origin;
                partial.next = end.max(partial.next);
                partial.ended = last || octets == 0;
                Place::Partial { partial: partial.id, message, known }
            }
            // The piece has crossed before.
            Some(_) if origin < partial.next => {
                partial.ended |= last && end == partial.next;
                alone(start, out)
            }
            _ if octets == 0 => alone(start, out),
            _ if !fits => {
                out.limit(Limit::PartialFetches);
                alone(start, out)
            }
            _ => {
                self.held += weight;
                let early = EarlyPiece { origin, content: Vec::new(), weight, last, steps: start.steps.clone() };
                Place::Alone { message: out.message(start), keep: Keep::Piece(partial.id, early) }
            }
        }
    }

    /// A half of a message, fetched whole.
    fn half(&mut self, kind: HalfKind, begin: Begin<'_>, out: &mut dyn Sink) -> Place {
        let Begin { start, octets, .. } = begin;
        let half = self.halves.begin(kind, &start);
        let message = out.message(start);
        if kind == HalfKind::Header {
            return Place::Alone { message, keep: Keep::Half(Some(half)) };
        }
        match self.halves.header_of(half, octets, &self.sizes, out) {
            Begun::Message(whole) => Place::Text { text: message, message: whole },
            Begun::Alone(half) => Place::Alone { message, keep: Keep::Half(half) },
        }
    }

    /// The next octets of the body.
    pub fn octets(&mut self, body: &mut Body, octets: &[u8], out: &mut dyn Sink) {
        match &mut body.place {
            Place::Alone { message, keep } => {
                out.content(*message, octets);
                match keep {
                    Keep::Nothing => {}
                    Keep::Half(half) => self.halves.add(half, octets),
                    Keep::Piece(_, early) => early.content.extend_from_slice(octets),
                }
            }
            Place::Text { text, message } => {
                out.content(*text, octets);
                out.content(*message, octets);
            }
            Place::Partial { partial, message, known } => {
                let skipped = (*known).min(octets.len() as u64);
                *known -= skipped;
                let new = octets.get(skipped as usize..).unwrap_or_default();
                out.content(*message, new);
                if let Some(partial) = self.partials.iter_mut().find(|other| other.id == *partial) {
                    self.halves.add(&mut partial.half, new);
                }
            }
        }
    }

    /// The next `missing` octets of the body are not in the capture.
    pub fn missing(&mut self, body: &mut Body, missing: u64, out: &mut dyn Sink) {
        match &mut body.place {
            Place::Alone { message, keep } => {
                body.has_gap = true;
                match std::mem::replace(keep, Keep::Nothing) {
                    Keep::Nothing => {}
                    Keep::Half(half) => self.halves.forget(half),
                    Keep::Piece(_, early) => self.held = self.held.saturating_sub(early.weight),
                }
                out.content_missing(*message, missing);
            }
            Place::Text { text, message } => {
                body.has_gap = true;
                out.content_missing(*text, missing);
                out.content_missing(*message, missing);
            }
            Place::Partial { message, known, .. } => {
                let skipped = (*known).min(missing);
                *known -= skipped;
                if missing > skipped {
                    body.has_gap = true;
                    out.content_missing(*message, missing - skipped);
                }
            }
        }
    }

    /// The body has ended (`whole`), or its end will not come. `step` is that of its content. Returns the entries whose
    /// outcome is still to be emitted.
    pub fn end(&mut self, body: Body, step: Option<StepId>, whole: bool, out: &mut dyn Sink) -> [Option<MessageId>; 2] {
        let Body { place, has_gap } = body;
        match place {
            Place::Alone { message, keep } => {
                step.into_iter().for_each(|step| out.content_step(message, step));
                out.content_end(message, ContentEnd::of(whole, has_gap));
                let mut joined = None;
                match keep {
                    Keep::Nothing => {}
                    Keep::Half(Some(mut half)) if whole => {
                        half.came_with(step);
                        joined = self.halves.came(half, &self.sizes, self.held, out);
                    }
                    Keep::Half(half) => self.halves.forget(half),
                    Keep::Piece(partial, mut early) => match self.partial(partial).filter(|_| whole) {
                        Some(partial) => {
                            early.steps.extend(step);
                            partial.waiting.insert((early.origin, partial.came_early), early);
                            partial.came_early += 1;
                        }
                        None => self.held = self.held.saturating_sub(early.weight),
                    },
                }
                [Some(message), joined]
            }
            Place::Text { text, message } => {
                step.into_iter().for_each(|step| out.content_step(text, step));
                out.content_end(text, ContentEnd::of(whole, has_gap));
                out.content_end(message, ContentEnd::of(whole, has_gap));
                [Some(text), Some(message)]
            }
            Place::Partial { partial, message, .. } => {
                if let Some(partial) = self.partials.iter_mut().find(|other| other.id == partial) {
                    if let Some(step) = step {
                        out.content_step(message, step);
                        partial.steps.insert(step);
                    }
                    partial.has_gap |= has_gap;
                    partial.truncated |= !whole;
                    let freed = partial.absorb(&mut self.halves, out);
                    self.held = self.held.saturating_sub(freed);
                }
                [None, None]
            }
        }
    }

    fn partial(&mut self, id: PartialId) -> Option<&mut PartialMessage> {
        self.partials.iter_mut().find(|partial| partial.id == id)
    }

    /// The server has sent the size of a message (RFC822.SIZE).
    pub fn sized(&mut self, number: Option<u64>, uid: Option<u64>, size: Option<u64>) {
        if let Some(size) = size {
            self.sizes.put(MessageRef { uid, number }, size);
        }
    }

    /// A FETCH response about this message is over: ends its partial messages that are complete now.
    pub fn response_over(&mut self, number: Option<u64>, uid: Option<u64>, out: &mut dyn Sink) {
        let name = MessageRef { uid, number };
        self.halves.named(name);
        let mut place = 0;
        while let Some(partial) = self.partials.get_mut(place) {
            if partial.name.is(name) {
                partial.name.uid = partial.name.uid.or(uid);
                if partial.is_complete(&self.sizes) || partial.truncated {
                    self.finish(place, out);
                    continue;
                }
            }
            place += 1;
        }
    }

    /// Message `number` has been expunged.
    pub fn expunged(&mut self, number: u64) {
        self.sizes.renumbered();
        self.partials.iter_mut().for_each(|partial| partial.name.expunge(number));
        self.halves.rename(|name| name.expunge(number));
        self.described.expunged(number);
    }

    /// Messages may have been renumbered.
    pub fn renumbered(&mut self) {
        self.sizes.renumbered();
        self.partials.iter_mut().for_each(|partial| partial.name.number = None);
        self.halves.rename(|name| name.number = None);
        self.described.renumbered();
    }

    /// A mailbox is selected. If its name and UIDVALIDITY are those of the last one, messages known by their UID go on.
    pub fn selected(&mut self, mailbox: Option<&[u8]>, uid_validity: Option<u64>, out: &mut dyn Sink) {
        let named = |name: &[u8]| if name.eq_ignore_ascii_case(b"INBOX") { b"INBOX".to_vec() } else { name.to_vec() };
        let of = mailbox.map(named).zip(uid_validity);
        if of.is_some() && self.of == of {
            self.left(out);
        } else {
            self.over(out);
            self.of = of;
        }
    }

    /// The mailbox is left: only UIDs identify its messages if it is selected again.
    pub fn left(&mut self, out: &mut dyn Sink) {
        self.renumbered();
        while let Some(nameless) = self.partials.iter().position(|partial| partial.name.uid.is_none()) {
            self.finish(nameless, out);
        }
        self.halves.keep_named_by_uid();
    }

    /// Another mailbox is selected, or the connection is over: messages under way will not be completed.
    pub fn over(&mut self, out: &mut dyn Sink) {
        while !self.partials.is_empty() {
            self.finish(0, out);
        }
        *self = Self { next: self.next, ..Self::default() };
    }

    fn make_room(&mut self, out: &mut dyn Sink) {
        while self.partials.len() >= PARTIAL_MESSAGES {
            self.finish(0, out);
            self.partials_forgotten = true;
        }
    }

    /// Ends the partial message at `place`: no more is added to it.
    fn finish(&mut self, place: usize, out: &mut dyn Sink) {
        let partial = self.partials.remove(place);
        if let Some(message) = partial.message {
            let whole = partial.ended || partial.is_all_of(&self.sizes);
            if !whole && self.sizes.is_full() && self.sizes.of(partial.name).is_none() {
                out.limit(Limit::PartialFetches);
            }
            let part = if whole { partial.section.all() } else { partial.section.part(partial.next) };
            out.content_part(message, part);
            out.content_end(message, ContentEnd::of(!partial.truncated, partial.has_gap));
            let steps: Vec<StepId> = partial.steps.into_iter().collect();
            let outcome = MessageOutcome { uid: partial.name.uid, steps: steps.clone(), ..MessageOutcome::default() };
            out.message_outcome(message, outcome);
            match partial.half {
                Some(mut half) if whole && !partial.has_gap && !partial.truncated => {
                    half.name = partial.name;
                    half.came_in(steps);
                    if let Some(joined) = self.halves.came(half, &self.sizes, self.held, out) {
                        out.message_outcome(
                            joined,
                            MessageOutcome { uid: partial.name.uid, ..MessageOutcome::default() },
                        );
                    }
                }
                half => self.halves.forget(half),
            }
        }
        for early in partial.waiting.into_values() {
            self.held = self.held.saturating_sub(early.weight);
        }
    }
}

/// An entry of its own.
fn alone(start: MessageStart, out: &mut dyn Sink) -> Place {
    Place::Alone { message: out.message(start), keep: Keep::Nothing }
}

impl PartialMessage {
    fn new(id: PartialId, name: MessageRef, section: &Section) -> Self {
        Self {
            id,
            name,
            section: section.first_octet(),
            message: None,
            next: 0,
            ended: false,
            has_gap: false,
            truncated: false,
            steps: BTreeSet::new(),
            waiting: BTreeMap::new(),
            came_early: 0,
            half: None,
        }
    }

    /// Adds the pieces that waited for the octets that have come. Returns the weight of these pieces.
    fn absorb(&mut self, halves: &mut Halves, out: &mut dyn Sink) -> usize {
        let mut freed = 0;
        let Some(message) = self.message else { return freed };
        while let Some(first) = self.waiting.first_entry().filter(|first| first.get().origin <= self.next) {
            let early = first.remove();
            freed += early.weight;
            let known = usize::try_from(self.next - early.origin).unwrap_or(usize::MAX);
            let Some(new) = early.content.get(known..).filter(|new| !new.is_empty()) else { continue };
            out.content(message, new);
            halves.add(&mut self.half, new);
            self.next = self.next.saturating_add(new.len() as u64);
            self.ended = early.last;
            self.steps.extend(early.steps);
        }
        freed
    }

    /// Its end is known, and RFC822.SIZE does not contradict it.
    fn is_complete(&self, sizes: &Sizes) -> bool {
        let more = self.section.is_message() && sizes.of(self.name).is_some_and(|size| size > self.next);
        self.message.is_some() && (self.ended && !more || self.is_all_of(sizes))
    }

    /// As many octets have come as RFC822.SIZE says.
    fn is_all_of(&self, sizes: &Sizes) -> bool {
        self.message.is_some() && self.section.is_message() && sizes.of(self.name) == Some(self.next)
    }
}
