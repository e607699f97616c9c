//! Messages with what MIME says of them. A message that crosses in several sessions is told once.

use super::heads::{Heads, MimeLines, mime_lines};
use super::place::{Few, Named, Packets};
use crate::protocol::event::{Direction, Kind, MessageId};
use crate::session::Session;
use crate::session::model::{Message, MimePart};
use crate::session::sha256;
use std::collections::HashMap;

/// Messages that are told.
pub const MESSAGES: usize = 100;
/// Other places of the same content.
const ELSEWHERE: usize = 8;
/// Parts of a message.
const PARTS: usize = 30;

/// A message and its MIME fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it crossed first.
    pub place: Crossing,
    /// Where it crossed with the same fields, too: a host on the way may have added others on top.
    pub elsewhere: Few<Crossing>,
    /// Its subject, decoded.
    pub subject: Option<String>,
    /// From whom and to whom: the header's addresses, `None` where it has no such field.
    pub from: Option<String>,
    /// To.
    pub to: Option<String>,
    /// It has a date, and a message-id.
    pub dated: bool,
    /// Its header was captured to its end.
    pub header_seen: bool,
    /// The MIME fields of its header.
    pub lines: MimeLines,
    /// The top-level media type.
    pub media: Option<String>,
    /// The charset, the boundary and the encoding.
    pub charset: Option<String>,
    /// The boundary of a multipart.
    pub boundary: Option<String>,
    /// Content-Transfer-Encoding.
    pub encoding: Option<String>,
    /// There are MIME fields.
    pub has_mime: bool,
    /// Its parts: depth, media type, charset and encoding.
    pub parts: Few<(usize, MediaPart)>,
    /// Names of attachments.
    pub attachments: Few<String>,
}

impl Told {
    /// What two crossings of one message have in common.
    fn key(&self, message_id: Option<&str>) -> [u8; 32] {
        let Self { subject, from, to, lines, media, parts, attachments, .. } = self;
        let fields = (message_id, subject, from, to, &lines.fields, media, &parts.list, &attachments.list);
        sha256(format!("{fields:?}").as_bytes())
    }
}

/// A part of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct MediaPart {
    pub media: String,
    pub charset: Option<String>,
    pub encoding: Option<String>,
}

/// A message in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The session.
    pub session: Named,
    /// Its number in it.
    pub message: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// The packets of its content.
    pub packets: Packets,
    /// Bytes of content.
    pub size: u64,
}

impl Crossing {
    /// `message` of `session`.
    pub fn of(session: &Session, message: &Message) -> Self {
        let steps = message.steps.iter().filter_map(|&n| session.step(n)).filter(|step| step.kind == Kind::Data);
        Self {
            session: Named::of(session),
            message: message.n,
            direction: message.direction,
            packets: Packets::of(steps),
            size: message.size,
        }
    }
}

/// Takes in messages.
#[derive(Debug, Default)]
pub struct Messages {
    /// The messages.
    pub told: Few<Told>,
    places: HashMap<[u8; 32], usize>,
}

impl Messages {
    /// Takes in those of `session`.
    pub fn session(&mut self, session: &Session, heads: Option<&Heads>) {
        for message in session.messages.iter().filter(|message| message.size > 0) {
            // A few fields of a header that a client lists a mailbox by are no message.
            if message.part.is_some() && message.mime.is_none() {
                continue;
            }
            let place = Crossing::of(session, message);
            let one = told(message, place, heads);
            let key = one.key(message.header.message_id.as_deref());
            if let Some(told) = self.places.get(&key).and_then(|&at| self.told.list.get_mut(at)) {
                told.elsewhere.add(ELSEWHERE, one.place);
                continue;
            }
            if self.told.list.len() < MESSAGES {
                self.places.insert(key, self.told.list.len());
            }
            self.told.add(MESSAGES, one);
        }
    }
}

fn told(message: &Message, place: Crossing, heads: Option<&Heads>) -> Told {
    let header = &message.header;
    let addresses = |list: &[crate::session::model::Mailbox]| {
        let all: Vec<&str> = list.iter().filter_map(|one| one.address.as_deref()).take(4).collect();
        (!list.is_empty()).then(|| all.join(", "))
    };
    let mut parts = Few::default();
    let mime = message.mime.as_ref();
    mime.into_iter().flat_map(|mime| &mime.parts).for_each(|part| add(part, 1, &mut parts));
    let mut attachments = Few::default();
    for attachment in &message.attachments {
        attachments.add(8, attachment.filename.clone().unwrap_or_default());
    }
    Told {
        place,
        elsewhere: Few::default(),
        subject: header.subject.clone(),
        from: addresses(&header.from),
        to: addresses(&header.to),
        dated: header.date.is_some() && header.message_id.is_some(),
        header_seen: message.header_seen,
        lines: mime_lines(message, heads),
        media: mime.and_then(|mime| mime.content_type.clone()),
        charset: mime.and_then(|mime| mime.charset.clone()),
        boundary: mime.and_then(|mime| mime.boundary.clone()),
        encoding: mime.and_then(|mime| mime.encoding.clone()),
        has_mime: mime.is_some(),
        parts,
        attachments,
    }
}

/// Adds `part` and those within it. The structure's depth is bounded where it is read.
fn add(part: &MimePart, depth: usize, parts: &mut Few<(usize, MediaPart)>) {
    let MimePart { content_type, charset, encoding, parts: inner, .. } = part;
    let media = content_type.clone().unwrap_or_else(|| "text/plain".to_owned());
    parts.add(PARTS, (depth, MediaPart { media, charset: charset.clone(), encoding: encoding.clone() }));
    inner.iter().for_each(|part| add(part, depth + 1, parts));
}
