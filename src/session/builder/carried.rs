//! The messages of a session and their content.

use super::super::message::{Content, Reader};
use super::super::model::{ContentRef, Measure, Message};
use super::super::text::text;
use super::{Builder, next_number};
use crate::limits::{Limit, MESSAGES_PER_SESSION};
use crate::protocol::Sink;
use crate::protocol::event::{ContentEnd, Delivery, Direction, MessageId, MessageStart, StepId};
use std::sync::Arc;

impl Builder {
    /// Begins a message. Its number is none of a kept message where there are too many.
    pub(super) fn begin_message(&mut self, start: MessageStart) -> MessageId {
        let n = next_number(self.session.messages.len());
        if self.session.messages.len() >= MESSAGES_PER_SESSION {
            // From here on every message gets this number, which no kept message has.
            self.limit(Limit::MessagesPerSession);
            return n;
        }
        let mut reader = Reader::new(start.part.as_deref(), start.described.as_deref(), Arc::clone(&self.plan));
        if start.headless {
            reader.headless();
        }
        let weight = reader.weight();
        self.held.readers += weight;
        self.readers.insert(n, Box::new((reader, weight)));
        let steps = self.kept(start.steps);
        let message = Message {
            n,
            direction: start.direction,
            envelope: None,
            mailbox: start.mailbox.map(|name| text(&name)),
            number: start.number,
            uid: start.uid,
            unique_id: None,
            part: start.part,
            header: Default::default(),
            mime: None,
            attachments: Vec::new(),
            report: None,
            prints: Vec::new(),
            preview: None,
            size: 0,
            announced: None,
            faults: None,
            lines: None,
            sha256: None,
            body_sha256: None,
            complete: false,
            unfinished: false,
            header_seen: false,
            missing: Vec::new(),
            outcome: match start.direction {
                Direction::Sent | Direction::Appended => Some(Delivery::Unknown),
                Direction::Retrieved => None,
            },
            reply: None,
            encrypted: false,
            steps,
            same_as: Vec::new(),
            stored: None,
        };
        self.held.rest += message.weight();
        if self.session.messages.is_empty() {
            // Most sessions carry one.
            self.session.messages.reserve_exact(1);
        }
        self.session.messages.push(message);
        n
    }

    /// Notes that `step` carries the content of an open message.
    pub(super) fn carry(&mut self, message: MessageId, step: StepId) {
        if !self.readers.contains_key(&message) {
            return;
        }
        let measure = match self.announced {
            Some((short, announced)) if short == step => Measure::Announced(announced),
            _ => Measure::None,
        };
        let content = ContentRef { message, complete: false, unfinished: false, measure };
        if self.change_content(step, |carries| *carries = Some(content)) {
            self.content_steps.insert(message, step);
        }
    }

    /// Reads the last of a message's content, and notes what it came to.
    pub(super) fn end_content(&mut self, message: MessageId, end: ContentEnd) {
        let Some((reader, weight)) = self.readers.remove(&message).map(|open| *open) else { return };
        self.held.readers -= weight;
        let content = reader.finish(end);
        content.limits.iter().for_each(|&limit| self.limit(limit));
        if let Some(step) = self.content_steps.remove(&message) {
            let Content { complete, unfinished, lines, .. } = content;
            self.change_content(step, |carries| {
                let measure = match (carries.map(|carries| carries.measure), lines) {
                    (Some(announced @ Measure::Announced(_)), _) => announced,
                    (_, Some(lines)) => Measure::Lines(lines),
                    (_, None) => Measure::None,
                };
                *carries = Some(ContentRef { message, complete, unfinished, measure });
            });
        }
        self.change(message, |message| put(message, content));
    }
}

/// Copies what was computed from the content into its message.
fn put(message: &mut Message, content: Content) {
    message.size = content.size;
    message.announced = content.announced;
    message.faults = content.faults;
    message.lines = content.lines;
    message.sha256 = content.sha256;
    message.body_sha256 = content.body_sha256;
    message.complete = content.complete;
    message.unfinished = content.unfinished;
    message.header_seen = content.header_seen;
    message.missing = content.missing;
    message.header = content.structure.header;
    message.mime = content.structure.mime;
    message.attachments = content.structure.attachments;
    message.prints = content.structure.prints;
    message.preview = content.structure.preview.map(Box::new);
    message.report = content.structure.report.map(Box::new);
    message.stored = content.stored;
}
