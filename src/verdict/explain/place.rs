//! Where something is seen: the session, and packets of it.

use crate::flow::Endpoints;
use crate::protocol::Protocol;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Step;

/// Ranges of packets that are named of one thing.
pub const RANGES: usize = 12;

/// Packets, as first and last number of each range (as in `PacketRef::packet`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packets {
    /// The ranges, up to `RANGES`.
    pub ranges: Vec<(u64, u64)>,
    /// Further ones.
    pub more: u64,
}

impl Packets {
    /// The packets of `steps`.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut packets = Self::default();
        steps.into_iter().for_each(|step| packets.step(step));
        packets
    }

    /// Single packets.
    pub fn single(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut packets = Self::default();
        numbers.into_iter().for_each(|packet| packets.add(packet, packet));
        packets
    }

    /// Adds the packets of a step. A gap has none.
    pub fn step(&mut self, step: &Step) {
        let (first, last) = (step.packets.first(), step.packets.last());
        if step.kind != Kind::Gap && first > 0 {
            self.add(first.min(last), first.max(last));
        }
    }

    /// Adds the packets from `first` to `last`.
    pub fn add(&mut self, first: u64, last: u64) {
        if let Some((start, end)) = self.ranges.last_mut()
            && *start <= first
            && first <= end.saturating_add(1)
        {
            *end = last.max(*end);
        } else if self.ranges.len() < RANGES {
            if !self.ranges.contains(&(first, last)) {
                self.ranges.push((first, last));
            }
        } else {
            self.more += 1;
        }
    }
}

/// A session, by its number, its protocol and its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub id: u64,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// Its ends.
    pub endpoints: Endpoints,
}

impl Named {
    /// The name of `session`.
    pub fn of(session: &Session) -> Self {
        Self { id: session.id, protocol: session.protocol, endpoints: session.transport.endpoints }
    }
}

/// A list of which the first are kept, and the rest counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Few<T> {
    /// The first.
    pub list: Vec<T>,
    /// How many more there are.
    pub more: u64,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { list: Vec::new(), more: 0 }
    }
}

impl<T> Few<T> {
    /// Adds `one`, unless there are `limit` already.
    pub fn add(&mut self, limit: usize, one: T) {
        match self.list.len() < limit {
            true => self.list.push(one),
            false => self.more += 1,
        }
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.list.len() as u64 + self.more
    }
}
