/*!
FETCH: the messages that a client retrieves (RFC 3501, section 7.4.2).

A response with bodies becomes several steps, in the order of the wire: an untagged one with the words up to a body's
literal, a content step for the body, an untagged one with the words up to the next body, and so on. What follows the
last body is told too, unless it is the closing parenthesis alone. A body that is a quoted string is part of the words.
*/

use super::What;
use super::append::Body;
use super::command::Verb;
use super::lexer::Announced;
use super::reply::Untagged;
use super::scan::{Scan, Section};
use super::talk::Talk;
use super::unit::{Stretch, Unit};
use crate::flow::Side;
use crate::limits::COMMANDS_IN_FLIGHT;
use crate::protocol::event::{Direction, Kind, MessageId, MessageOutcome, MessageStart, Sink, StepId};

/// A FETCH response that has begun and not ended.
#[derive(Debug)]
pub(super) struct Fetch {
    number: Option<u64>,
    scan: Scan,
    /// The step of the command that asked for it.
    command: Option<StepId>,
    /// The step with the words before the present place.
    step: Option<StepId>,
    /// Bodies that are quoted strings, in words that have not been told.
    quoted: Vec<(Section, Vec<u8>)>,
    /// The body that is coming, and whether its UID has been told with it.
    body: Option<(Body, bool)>,
    /// Bodies that have come, with the step of their content, for which a UID may still be named.
    open: Vec<(MessageId, Option<StepId>)>,
}

impl Talk {
    /// A FETCH response begins.
    pub fn fetch_begin(&mut self, number: Option<u64>) {
        let command = self.queue.oldest(|verb| verb == Verb::Fetch).map(|command| command.step);
        self.server.fetch = Some(Fetch {
            number,
            scan: Scan::default(),
            command,
            step: None,
            quoted: Vec::new(),
            body: None,
            open: Vec::new(),
        });
    }

    /// A line of it; `from` is where in the unit it has not been read.
    pub fn fetch_line(&mut self, unit: Unit<'_>, from: usize, literal: Option<Announced>, out: &mut dyn Sink) {
        let Some(fetch) = &mut self.server.fetch else { return };
        fetch.quoted.extend(fetch.scan.line(unit.text.get(from..).unwrap_or_default()));
        if !unit.tail.is_empty() {
            fetch.scan.resume(&unit.tail);
        }
        let Some(Announced { octets, .. }) = literal else {
            let is_last_parenthesis = fetch.step.is_some() && unit.text.trim_ascii() == b")";
            if !is_last_parenthesis {
                self.fetch_words(&unit, out);
            }
            return self.fetch_over(out);
        };
        match fetch.scan.literal() {
            None => self.server.way.reader.keep(unit, octets),
            Some(section) => {
                self.fetch_words(&unit, out);
                self.server.way.reader.stream(octets);
                let body = self.fetch_message(&section, octets, out);
                if let Some(fetch) = &mut self.server.fetch {
                    fetch.body = body;
                }
            }
        }
    }

    /// Tells the words of the response so far, and the bodies among them.
    fn fetch_words(&mut self, unit: &Unit<'_>, out: &mut dyn Sink) {
        let subject = self.subject(What::Untagged(Untagged::Fetch));
        let step = unit.tell(unit.step(Side::Server, Kind::Untagged, subject), out);
        let Some(fetch) = &mut self.server.fetch else { return };
        fetch.step = Some(step);
        for (section, content) in std::mem::take(&mut fetch.quoted) {
            if let Some((body, uid_told)) = self.fetch_message(&section, content.len() as u64, out) {
                out.content(body.message, &content);
                out.content_end(body.message, true);
                self.fetch_came(body.message, None, uid_told, out);
            }
        }
    }

    fn fetch_message(&mut self, section: &Section, octets: u64, out: &mut dyn Sink) -> Option<(Body, bool)> {
        let fetch = self.server.fetch.as_ref()?;
        let message = out.message(MessageStart {
            direction: Direction::Retrieved,
            mailbox: self.mailbox.clone(),
            number: fetch.number,
            uid: fetch.scan.uid,
            part: section.part(octets),
            steps: fetch.command.into_iter().chain(fetch.step).collect(),
        });
        Some((Body { message, holed: false }, fetch.scan.uid.is_some()))
    }

    /// The next octets of the body.
    pub fn fetch_octets(&mut self, octets: &[u8], out: &mut dyn Sink) {
        if let Some((body, _)) = self.server.fetch.as_ref().and_then(|fetch| fetch.body) {
            out.content(body.message, octets);
        }
    }

    /// The next `missing` octets of the body are not in the capture.
    pub fn fetch_missing(&mut self, missing: u64, out: &mut dyn Sink) {
        if let Some((body, _)) = self.server.fetch.as_mut().and_then(|fetch| fetch.body.as_mut()) {
            body.holed = true;
            out.content_missing(body.message, missing);
        }
    }

    /// The body has ended, or will not: `whole` tells which.
    pub fn fetch_end(&mut self, stretch: &Stretch, whole: bool, out: &mut dyn Sink) {
        let subject = self.subject(What::Content(Verb::Fetch));
        let Some((body, uid_told)) = self.server.fetch.as_mut().and_then(|fetch| fetch.body.take()) else { return };
        let step = out.step(stretch.step(Side::Server, Kind::Data, subject));
        out.content_step(body.message, step);
        out.content_end(body.message, whole && !body.holed);
        self.fetch_came(body.message, Some(step), uid_told, out);
    }

    /// A body has come. What is left to say of it is said now, or with its UID at the end of the response.
    fn fetch_came(&mut self, message: MessageId, step: Option<StepId>, uid_told: bool, out: &mut dyn Sink) {
        match &mut self.server.fetch {
            Some(fetch) if !uid_told && fetch.open.len() < COMMANDS_IN_FLIGHT => fetch.open.push((message, step)),
            _ => out.message_outcome(message, retrieved(step, None)),
        }
    }

    /// The response is over.
    pub fn fetch_over(&mut self, out: &mut dyn Sink) {
        let Some(fetch) = self.server.fetch.take() else { return };
        for (message, step) in fetch.open {
            out.message_outcome(message, retrieved(step, fetch.scan.uid));
        }
    }
}

fn retrieved(step: Option<StepId>, uid: Option<u64>) -> MessageOutcome {
    MessageOutcome { uid, steps: step.into_iter().collect(), ..MessageOutcome::default() }
}
