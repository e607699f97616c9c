//! What the rows of several tables share.

use crate::capture::number;
use crate::session::Session;
use crate::view::address::{canonical, push, push_end};
use crate::view::packet::range;
use crate::view::record::{community_id, uid};
use std::borrow::Cow;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::rc::Rc;

/// Stands between the items of a list in one cell.
pub const SEPARATOR: &str = "; ";

/// A session with its identifiers, made once for all its rows.
#[derive(Clone)]
pub struct Of<'a> {
    /// The session.
    pub session: &'a Session,
    /// Its Community ID.
    pub community_id: Rc<str>,
    /// Its `uid`.
    pub uid: Rc<str>,
}

impl<'a> Of<'a> {
    /// `session` with its identifiers.
    pub fn new(session: &'a Session) -> Self {
        let community_id = community_id(&session.transport.endpoints);
        Self { session, uid: uid(&community_id, &session.transport).into(), community_id: community_id.into() }
    }
}

/// A text that is borrowed.
pub fn borrowed(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

/// A text that may be absent.
pub fn optional(text: &Option<impl Deref<Target = str>>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

/// A text that is made.
pub fn owned<'a>(text: impl Display) -> Option<Cow<'a, str>> {
    Some(Cow::Owned(text.to_string()))
}

/// A word of the JSON.
pub fn word<'a>(word: &'static str) -> Option<Cow<'a, str>> {
    Some(Cow::Borrowed(word))
}

/// Texts.
pub fn listed<'a, T: Into<Cow<'a, str>>>(items: impl IntoIterator<Item = T>) -> Option<Vec<Cow<'a, str>>> {
    Some(items.into_iter().map(Into::into).collect())
}

/// The items of a list in one cell, with [`SEPARATOR`] between them. A semicolon within an item is written `<U+003B>`, as
/// [`escape`](crate::view::escape) writes what would mislead.
pub fn in_one_cell<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    let mut list = String::new();
    for (nth, item) in items.into_iter().enumerate() {
        if nth > 0 {
            list.push_str(SEPARATOR);
        }
        match item.contains(';') {
            true => list.push_str(&item.replace(';', "<U+003B>")),
            false => list.push_str(item),
        }
    }
    list
}

/// Whole numbers.
pub fn numbers(numbers: impl IntoIterator<Item = u64>) -> Option<Vec<Option<u64>>> {
    Some(numbers.into_iter().map(Some).collect())
}

/// Those of `packets` that are of `source`, by their numbers in it.
pub fn packets_of(packets: impl Iterator<Item = u64>, source: usize) -> Option<Vec<Option<u64>>> {
    numbers(packets.filter(|&packet| number::source(packet) == source).map(number::frame))
}

/// Those that are of another one, each with the index of its source in front: `1:12`.
pub fn packets_elsewhere<'a>(packets: impl Iterator<Item = u64>, source: usize) -> Option<Vec<Cow<'a, str>>> {
    let others = packets.filter(|&packet| number::source(packet) != source);
    listed(others.map(|packet| format!("{}:{}", number::source(packet), number::frame(packet))))
}

/// An address as it is printed: an IPv4-mapped one as IPv4.
pub fn address<'a>(ip: IpAddr) -> Option<Cow<'a, str>> {
    let mut text = String::with_capacity(15);
    push(&mut text, ip.to_canonical());
    Some(Cow::Owned(text))
}

/// An end as people read it: with its port, so that the ends of a connection within one machine differ.
pub fn end<'a>(end: SocketAddr) -> Option<Cow<'a, str>> {
    let mut text = String::with_capacity(21);
    push_end(&mut text, canonical(end));
    Some(Cow::Owned(text))
}

/// A count.
pub fn count(count: usize) -> Option<u64> {
    u64::try_from(count).ok()
}

/// The index of a source.
pub fn source(packet: u64) -> Option<u64> {
    count(number::source(packet))
}

/// Ranges of packets that are shown to people.
const RANGES: usize = 8;

/// Packet numbers as people read them: `12, 15-17`; of another file than the first, `2:12`. The first few.
pub fn people<'a>(packets: impl IntoIterator<Item = u64>) -> Option<Cow<'a, str>> {
    let mut packets: Vec<u64> = packets.into_iter().collect();
    packets.sort_unstable();
    packets.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for packet in packets {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(packet) => *last = packet,
            _ => ranges.push((packet, packet)),
        }
    }
    let mut shown: Vec<String> = ranges.iter().take(RANGES).map(|&(first, last)| range(first, last)).collect();
    if ranges.len() > RANGES {
        shown.push("…".to_owned());
    }
    owned(shown.join(", "))
}
