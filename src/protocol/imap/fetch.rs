/*!
FETCH: the messages that a client retrieves (RFC 3501, section 7.4.2).

A response with bodies becomes several steps, in the order of the wire: an untagged one with the words up to a body's
literal, a content step for the body, an untagged one with the words up to the next body, and so on. The words after the
last body are a step too, unless they are the closing parenthesis alone: its bytes belong to the content step, as the
final dot of SMTP and POP3 does. A body that is a quoted string is part of the words.
*/

use super::body_structure::{FilePart, file_parts};
use super::command::Verb;
use super::fetch_items::{MsgAttScanner, Section};
use super::fragmentizer::{Fragment, Literal};
use super::lexer::Announced;
use super::message_ref::MessageRef;
use super::partial::Begin;
use super::queue::TooMany;
use super::reply::Untagged;
use super::state::{Coming, Dialogue, Fetch};
use super::{Subject, What};
use crate::flow::Side;
use crate::limits::{COMMANDS_IN_FLIGHT, DESCRIBED_PART_BYTES, Limit};
use crate::protocol::event::{Direction, Kind, MessageOutcome, MessageStart, Sink, Step, StepId};

impl Dialogue {
    /// A FETCH response begins: of message `number`, or of the one with this UID.
    pub(super) fn fetch_begin(&mut self, number: Option<u64>, uid: Option<u64>) {
        let command = self.queue.oldest(&[Verb::Fetch]).map(|command| command.step);
        self.server.fetch = Some(Fetch {
            number,
            scanner: MsgAttScanner::of(uid),
            command,
            step: None,
            quoted: Vec::new(),
            body: None,
            open: Vec::new(),
        });
    }

    /// A line of the response; `from` is where the unread part of the fragment's text begins.
    pub(super) fn fetch_line(
        &mut self,
        fragment: Fragment<'_>,
        from: usize,
        literal: Option<Announced>,
        out: &mut dyn Sink,
    ) {
        let is_last_parenthesis = literal.is_none() && fragment.text.trim_ascii() == b")";
        if is_last_parenthesis && self.fetch_came(Some(&fragment), out) {
            return self.fetch_over(out);
        }
        self.fetch_came(None, out);
        let Some(fetch) = &mut self.server.fetch else { return };
        fetch.quoted.extend(fetch.scanner.line(fragment.text.get(from..).unwrap_or_default()));
        if !fragment.tail.is_empty() {
            fetch.scanner.resume(&fragment.tail);
        }
        let Some(Announced { octets, .. }) = literal else {
            self.fetch_words(&fragment, out);
            return self.fetch_over(out);
        };
        let line =
            if fragment.tail.is_empty() { fragment.text.get(from..).unwrap_or_default() } else { &fragment.tail };
        match fetch.scanner.literal().or_else(|| fetch.scanner.literal_after_name(line)) {
            None => self.server.way.fragmentizer.keep(fragment, octets),
            Some(section) => {
                self.fetch_words(&fragment, out);
                self.server.way.fragmentizer.stream(octets);
                let body = self.fetch_body(&section, octets, out);
                if let Some(fetch) = &mut self.server.fetch {
                    fetch.body = body;
                }
            }
        }
    }

    /// Emits the words of the response so far, and the bodies among them.
    fn fetch_words(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        if let Some(fetch) = &self.server.fetch
            && fetch.scanner.has_structure
        {
            let name = MessageRef { uid: fetch.scanner.uid, number: fetch.number };
            for part in file_parts(&fragment.text) {
                self.server.partial_fetches.described.put(name, part, out);
            }
        }
        let subject = Subject { state: self.state, what: What::Untagged(Untagged::Fetch) };
        let step = fragment.tell(fragment.step(Side::Server, Kind::Untagged, subject), out);
        let Some(fetch) = &mut self.server.fetch else { return };
        fetch.step = Some(step);
        for (section, content) in std::mem::take(&mut fetch.quoted) {
            if let Some(mut coming) = self.fetch_body(&section, content.len() as u64, out) {
                self.server.partial_fetches.octets(&mut coming.body, &content, out);
                self.fetch_end_of(coming, None, None, true, out);
            }
        }
    }

    /// The part that had come of the response's words, whose rest will not come.
    pub(super) fn fetch_cut(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        self.fetch_came(None, out);
        self.fetch_words(fragment, out);
    }

    fn fetch_body(&mut self, section: &Section, octets: u64, out: &mut dyn Sink) -> Option<Coming> {
        let fetch = self.server.fetch.as_ref()?;
        let (number, uid) = (fetch.number, fetch.scanner.uid);
        let asked = match section.piece().map(|_| self.queue.partial(section, number, uid)) {
            Some(Ok(asked)) => asked,
            Some(Err(TooMany)) => {
                out.limit(Limit::PartialFetches);
                None
            }
            None => None,
        };
        let name = MessageRef { uid, number };
        let start = MessageStart {
            direction: Direction::Retrieved,
            mailbox: self.mailbox.clone(),
            number,
            uid,
            part: section.part(octets),
            described: self.server.partial_fetches.described.of_section(name, section),
            headless: false,
            steps: asked.map(|(_, command)| command).or(fetch.command).into_iter().chain(fetch.step).collect(),
        };
        self.server.partial_fetches.sized(number, uid, fetch.scanner.size);
        let begin = Begin { start, section, octets, asked: asked.map(|(length, _)| length) };
        let body = self.server.partial_fetches.begin(begin, out);
        let mime = section.mime().map(|part| FilePart { section: part.to_owned(), header: Vec::new() });
        Some(Coming { body, mime, uid_told: uid.is_some(), came: None, short: false })
    }

    /// The next octets of the body.
    pub(super) fn fetch_octets(&mut self, octets: &[u8], out: &mut dyn Sink) {
        if let Some(coming) = self.server.fetch.as_mut().and_then(|fetch| fetch.body.as_mut()) {
            if let Some(mime) = coming.mime.as_mut().filter(|mime| mime.header.len() <= DESCRIBED_PART_BYTES) {
                mime.header.extend(octets);
            }
            self.server.partial_fetches.octets(&mut coming.body, octets, out);
        }
    }

    /// The next `missing` octets of the body are not in the capture.
    pub(super) fn fetch_missing(&mut self, missing: u64, out: &mut dyn Sink) {
        if let Some(coming) = self.server.fetch.as_mut().and_then(|fetch| fetch.body.as_mut()) {
            coming.mime = None;
            self.server.partial_fetches.missing(&mut coming.body, missing, out);
        }
    }

    /// The body has ended (`whole`), or its end will not come.
    pub(super) fn fetch_end(&mut self, literal: Literal, whole: bool, out: &mut dyn Sink) {
        let Some(fetch) = &mut self.server.fetch else { return };
        if whole {
            fetch.body.iter_mut().for_each(|coming| coming.came = Some(literal.clone()));
        } else if let Some(coming) = fetch.body.take() {
            self.fetch_end_of(coming, Some(literal), None, false, out);
        }
    }

    /// The body has ended before all of its announced octets have come.
    pub(super) fn fetch_end_short(&mut self, literal: Literal) {
        if let Some(coming) = self.server.fetch.as_mut().and_then(|fetch| fetch.body.as_mut()) {
            (coming.came, coming.short) = (Some(literal), true);
        }
    }

    /// Emits the step of the body that has come; `end` is the line that ends the response. `false` where none waits.
    pub(super) fn fetch_came(&mut self, end: Option<&Fragment<'_>>, out: &mut dyn Sink) -> bool {
        let Some(fetch) = &mut self.server.fetch else { return false };
        let Some(mut coming) = fetch.body.take_if(|coming| coming.came.is_some()) else { return false };
        let (literal, whole) = (coming.came.take(), !coming.short);
        self.fetch_end_of(coming, literal, end, whole, out);
        true
    }

    /// A body has come. `literal` is where it was, unless it was a quoted string; `end` is the line that ends the
    /// response. The body's outcome is emitted now, or with its UID at the end of the response.
    fn fetch_end_of(
        &mut self,
        coming: Coming,
        literal: Option<Literal>,
        end: Option<&Fragment<'_>>,
        whole: bool,
        out: &mut dyn Sink,
    ) {
        if let Some((fetch, mime)) = self.server.fetch.as_ref().zip(coming.mime).filter(|_| whole) {
            let name = MessageRef { uid: fetch.scanner.uid, number: fetch.number };
            self.server.partial_fetches.described.put(name, mime, out);
        }
        let step = literal.map(|literal| {
            let announced = literal.short_of();
            let mut span = literal.span;
            let what = What::Content { verb: Verb::Fetch, octets: span.bytes };
            end.into_iter().for_each(|line| span.join(&line.span));
            let subject = Subject { state: self.state, what };
            out.step(Step { announced, ..Step::of(Side::Server, Kind::Data, subject, span) })
        });
        for message in self.server.partial_fetches.end(coming.body, step, whole, out).into_iter().flatten() {
            match &mut self.server.fetch {
                Some(fetch) if !coming.uid_told && fetch.open.len() < COMMANDS_IN_FLIGHT => {
                    fetch.open.push((message, step));
                }
                _ => out.message_outcome(message, retrieved(step, None)),
            }
        }
    }

    /// The response is over.
    pub(super) fn fetch_over(&mut self, out: &mut dyn Sink) {
        self.fetch_came(None, out);
        let Some(fetch) = self.server.fetch.take() else { return };
        for (message, step) in fetch.open {
            out.message_outcome(message, retrieved(step, fetch.scanner.uid));
        }
        self.server.partial_fetches.sized(fetch.number, fetch.scanner.uid, fetch.scanner.size);
        self.server.partial_fetches.response_over(fetch.number, fetch.scanner.uid, out);
    }
}

fn retrieved(step: Option<StepId>, uid: Option<u64>) -> MessageOutcome {
    MessageOutcome { uid, steps: step.into_iter().collect(), ..MessageOutcome::default() }
}
