//! Where the content of an entity begins, by what its header says of it, and where a leaf ends.

use super::super::attachment::{Leaf, is_file_type};
use super::super::header::Entity;
use super::super::preview;
use super::super::report;
use super::super::text_print::Printing;
use super::super::text_report;
use super::super::transfer::Transfer;
use super::{MimeParser, Open, State, add_to_messages};
use crate::limits::MIME_DEPTH;

/// Texts of a message that are printed.
const PRINTS: usize = 8;

impl MimeParser {
    pub(super) fn begin_content(&mut self, number: usize, entity: &Entity, in_digest: bool) {
        self.leaf_end.discard();
        let content_type = entity.mime.content_type.as_deref();
        // What is no text for people is an attachment, even where it has no name and is not declared as one: the pictures
        // of newsletters and signatures, and what malware does not name.
        let is_attached = entity.attachment || entity.filename.is_some() || content_type.is_some_and(is_file_type);
        let attached = self.want_attachments && is_attached;
        let transfer = Transfer::named(entity.mime.encoding.as_deref());
        let boundary = entity.boundary.as_ref().filter(|_| content_type.is_some_and(|t| t.starts_with("multipart/")));
        let is_message =
            matches!(content_type, Some("message/rfc822" | "message/global")) || (in_digest && content_type.is_none());
        let fits = self.open.len() < MIME_DEPTH;
        self.too_many |= !fits && (boundary.is_some() || is_message);
        let is_report = self.is_report();
        let mut begin = || self.attachments.begin(entity.filename.clone(), entity.mime.content_type.clone());
        if let Some(boundary) = boundary.filter(|_| fits) {
            self.open.push(Open::Parts { entity: number, dashed: [b"--", boundary.as_slice()].concat() });
            return;
        }
        if is_message && fits {
            let id = if attached { begin() } else { None };
            let encoded = (!transfer.is_identity()).then_some((transfer, id));
            // The empty line is content of the messages around this one, but not of this one.
            let (open, attachments) = (&self.open, &mut self.attachments);
            self.raw_end.flush(|told| add_to_messages(open, attachments, told));
            self.open.push(Open::Message(id.filter(|_| encoded.is_none())));
            self.begin_entity(Some(number), encoded);
            return;
        }
        if let Some(part) = content_type.and_then(report::Part::named).filter(|_| is_report) {
            self.state = State::Leaf(Leaf::Reported(report::Kept::new(part)));
            return;
        }
        let uuencoded = matches!(entity.mime.encoding.as_deref(), Some("x-uuencode" | "uuencode" | "x-uue" | "uue"));
        let is_text = content_type.is_none_or(|declared| declared.starts_with("text/")) && transfer.is_identity();
        self.state = State::Leaf(match attached {
            true if uuencoded => Leaf::text(Some((entity.filename.clone(), entity.mime.content_type.clone()))),
            true => begin().map_or(Leaf::Passed, |id| Leaf::Attached { id, transfer }),
            false if self.want_attachments && (uuencoded || is_text) => Leaf::text(None),
            false => Leaf::Passed,
        });
        let is_any_text =
            content_type.is_none_or(|declared| declared.starts_with("text/")) && !is_attached && !uuencoded;
        let is_plain = content_type.is_none_or(|declared| declared == "text/plain" || !declared.contains('/'));
        let is_own = !self.open.iter().any(|open| matches!(open, Open::Message(_)));
        if is_any_text && is_plain && is_own && self.preview.is_none() {
            self.state = match std::mem::replace(&mut self.state, State::Between) {
                State::Leaf(leaf) => {
                    let transfer = Transfer::named(entity.mime.encoding.as_deref());
                    let reading = Box::new(preview::Reading::new(transfer, entity.mime.charset.as_deref()));
                    State::Leaf(Leaf::Previewed { reading, leaf: Box::new(leaf) })
                }
                other => other,
            };
        }
        if is_any_text && self.want_prints && self.prints.len() < PRINTS {
            self.state = match std::mem::replace(&mut self.state, State::Between) {
                State::Leaf(leaf) => {
                    let transfer = Transfer::named(entity.mime.encoding.as_deref());
                    State::Leaf(Leaf::Printed { printing: Box::new(Printing::new(transfer)), leaf: Box::new(leaf) })
                }
                other => other,
            };
        }
        // Outermost: it is gone as soon as the text shows that it is no report.
        if number == 0 && is_any_text && is_plain {
            self.state = match std::mem::replace(&mut self.state, State::Between) {
                State::Leaf(leaf) => {
                    let transfer = Transfer::named(entity.mime.encoding.as_deref());
                    let text = Box::new(text_report::Text::new(transfer, self.report.is_named()));
                    State::Leaf(Leaf::MayReport { text, leaf: Box::new(leaf) })
                }
                other => other,
            };
        }
    }

    /// What is known of a leaf that has ended goes where it belongs; `seen` where its end was seen. Returns what is left
    /// to end.
    pub(super) fn leaf_ends(&mut self, leaf: Leaf, seen: bool) -> Leaf {
        match leaf {
            Leaf::Reported(kept) => {
                self.report.part(&kept);
                Leaf::Passed
            }
            Leaf::MayReport { text, leaf } => {
                self.report.text(&text.finish(&mut self.scratch));
                self.leaf_ends(*leaf, seen)
            }
            Leaf::Printed { printing, leaf } => {
                self.prints.extend(printing.finish(&mut self.scratch));
                self.leaf_ends(*leaf, seen)
            }
            Leaf::Previewed { reading, leaf } => {
                self.preview = reading.finish(seen, &mut self.scratch);
                *leaf
            }
            leaf => leaf,
        }
    }

    /// Whether the message is a report (RFC 6522).
    pub(super) fn is_report(&self) -> bool {
        self.entities.first().is_some_and(|(_, mime)| mime.content_type.as_deref() == Some("multipart/report"))
    }

    /// Whether `entity`, directly in the report, holds the message that comes back.
    pub(super) fn returns_message(&self, entity: usize) -> bool {
        self.entities.get(entity).is_some_and(|(parent, mime)| {
            *parent == Some(0) && matches!(mime.content_type.as_deref(), Some("message/rfc822" | "message/global"))
        })
    }
}
