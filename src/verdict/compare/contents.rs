//! The contents of two messages: which bytes, and which header fields, have changed.

use crate::session::content_store::ContentStore;
use crate::session::model::{LineEnds, Mailbox, Message};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Bytes of the contents of all messages together that are kept to be compared.
pub const COMPARED_BYTES: usize = 64 << 20;
/// Most names of header fields that are told.
const FIELDS: usize = 32;
/// Bytes around the first difference that are quoted.
const QUOTED: usize = 60;

/// Keeps contents in memory, so that the place of the first difference can be told. What has no room is left out, and its
/// digest alone is compared.
#[derive(Debug, Default)]
pub struct Contents {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    /// `None`: it had no room.
    contents: HashMap<u64, Option<Vec<u8>>>,
    bytes: usize,
}

impl Contents {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `ask` makes of the contents of both messages, if both are kept.
    fn both<T>(&self, left: &Message, right: &Message, ask: impl FnOnce(&[u8], &[u8]) -> T) -> Option<T> {
        let kept = self.kept();
        let of = |message: &Message| kept.contents.get(&message.stored.as_ref()?.number())?.as_deref();
        Some(ask(of(left)?, of(right)?))
    }
}

impl ContentStore for Contents {
    fn begin(&self) -> u64 {
        let mut kept = self.kept();
        kept.next += 1;
        let number = kept.next;
        kept.contents.insert(number, Some(Vec::new()));
        number
    }

    fn append(&self, number: u64, bytes: &[u8]) {
        let mut kept = self.kept();
        let room = COMPARED_BYTES.saturating_sub(kept.bytes);
        let Some(content) = kept.contents.get_mut(&number) else { return };
        let freed = match content {
            Some(content) if bytes.len() <= room => {
                content.extend_from_slice(bytes);
                kept.bytes += bytes.len();
                return;
            }
            given_up => given_up.take().map_or(0, |content| content.len()),
        };
        kept.bytes -= freed;
    }

    fn end(&self, _: u64) {}

    fn discard(&self, number: u64) {
        let mut kept = self.kept();
        let freed = kept.contents.remove(&number).flatten().map_or(0, |content| content.len());
        kept.bytes -= freed;
    }
}

/// How the contents of two messages differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Bytes of content on either side.
    pub sizes: [u64; 2],
    /// What differs, if both contents were kept.
    pub place: Option<Place>,
    /// Only the header differs: what follows it has the same digest, line ends aside.
    pub same_body: bool,
    /// How the lines end on either side, if that differs.
    pub line_ends: Option<[Option<LineEnds>; 2]>,
    /// Names of header fields that only the left message has.
    pub gone: Vec<String>,
    /// Names of header fields that only the right message has.
    pub added: Vec<String>,
    /// Names of header fields that both have, with different values.
    pub changed: Vec<String>,
    /// One of the contents is not complete.
    pub incomplete: bool,
}

/// The stretch outside which two contents are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Offset of the first byte that differs, from 0: the length of what both begin with.
    pub first: u64,
    /// The line it is in, from 1.
    pub line: u64,
    /// Bytes from there to what both end with, on either side.
    pub lengths: [u64; 2],
    /// What the stretch begins with on either side.
    pub quoted: [String; 2],
}

/// How the contents of `left` and `right` differ; `None` where they are the same.
pub fn compare(left: &Message, right: &Message, contents: &Contents) -> Option<Changed> {
    let complete = left.complete && right.complete;
    if complete && left.size == right.size && left.sha256.is_some() && left.sha256 == right.sha256 {
        return None;
    }
    let place = contents.both(left, right, place);
    if matches!(place, Some(None)) && complete {
        return None;
    }
    let ends = [left, right].map(|message| message.lines.and_then(|lines| lines.ends));
    let [gone, added, changed] = fields(left, right);
    Some(Changed {
        sizes: [left.size, right.size],
        place: place.flatten(),
        same_body: complete && left.body_sha256.is_some() && left.body_sha256 == right.body_sha256,
        line_ends: (ends[0] != ends[1]).then_some(ends),
        gone,
        added,
        changed,
        incomplete: !complete,
    })
}

/// Where `left` and `right` differ.
fn place(left: &[u8], right: &[u8]) -> Option<Place> {
    let first = left.iter().zip(right).take_while(|(one, other)| one == other).count();
    if first == left.len() && first == right.len() {
        return None;
    }
    let [ours, theirs] = [left, right].map(|content| content.get(first..).unwrap_or_default());
    let same = ours.iter().rev().zip(theirs.iter().rev()).take_while(|(one, other)| one == other).count();
    let common = left.get(..first).unwrap_or_default();
    // Quoted from the line's beginning, if it is near.
    let line_start = memchr::memrchr(b'\n', common).map_or(0, |at| at + 1);
    let start = line_start.max(first.saturating_sub(QUOTED / 2));
    let line = |content: &'_ [u8]| {
        let from = content.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', from).unwrap_or(from.len()).min(QUOTED);
        from.get(..end).unwrap_or_default().to_vec()
    };
    let [mut one, mut other] = [line(left), line(right)];
    // The carriage return is quoted where it is what differs.
    if one.trim_ascii_end() != other.trim_ascii_end() {
        for line in [&mut one, &mut other] {
            line.truncate(line.trim_ascii_end().len());
        }
    }
    let quoted = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    Some(Place {
        first: first as u64,
        line: memchr::memchr_iter(b'\n', common).count() as u64 + 1,
        lengths: [ours, theirs].map(|content| (content.len() - same) as u64),
        quoted: [quoted(&one), quoted(&other)],
    })
}

/// The names of header fields that only the left message has, that only the right one has, and that differ.
fn fields(left: &Message, right: &Message) -> [Vec<String>; 3] {
    let (ours, theirs) = (header(left), header(right));
    let mut told = [const { Vec::new() }; 3];
    let mut tell = |list: usize, name: &str| {
        if let Some(list) = told.get_mut(list).filter(|list| list.len() < FIELDS) {
            list.push(name.to_owned());
        }
    };
    for (key, (name, values)) in &ours {
        match theirs.get(key) {
            None => tell(0, name),
            Some((_, others)) if others.len() > values.len() => tell(1, name),
            Some((_, others)) if others.len() < values.len() => tell(0, name),
            Some((_, others)) if others != values => tell(2, name),
            Some(_) => {}
        }
    }
    theirs.iter().filter(|(key, _)| !ours.contains_key(*key)).for_each(|(_, (name, _))| tell(1, name));
    told
}

/// A message's header fields by name: lower case, as sent, and the values in order.
fn header(message: &Message) -> BTreeMap<String, (String, Vec<String>)> {
    let header = &message.header;
    let people = |list: &[Mailbox]| (!list.is_empty()).then(|| format!("{list:?}"));
    let named = [
        ("Message-ID", header.message_id.clone()),
        ("Date", header.date.clone()),
        ("Subject", header.subject.clone()),
        ("From", people(&header.from)),
        ("To", people(&header.to)),
        ("Cc", people(&header.cc)),
        ("Reply-To", people(&header.reply_to)),
    ];
    let mut fields: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut add = |name: &str, value: String| {
        let field = fields.entry(name.to_ascii_lowercase());
        field.or_insert_with(|| (name.to_owned(), Vec::new())).1.push(value);
    };
    for (name, value) in named {
        if let Some(value) = value {
            add(name, value);
        }
    }
    header.fields.iter().for_each(|field| add(&field.name, field.value.clone()));
    fields
}
