//! Connections, dialogues and sessions, in shards that know nothing of each other.

use super::ear::Ear;
use super::event::{Ended, Event, First, What, sort};
use super::intake::Sorted;
use super::options::{BatchEnd, Options};
use super::shard::SHARDS;
use crate::decode::Segment;
use crate::flow::{At, Ends, Follower, Key, Table, Transport};
use crate::limits::LimitsHit;
use crate::session::Plan;
use std::net::SocketAddr;
use std::sync::Arc;

/// Events told at a time when the capture has ended.
const PIECE: usize = 4_096;

/// The shards that one thread has.
pub struct Shards<'a> {
    /// By shard; those of other threads are not there.
    tables: Vec<Option<Table<Following<'a>>>>,
}

impl<'a> Shards<'a> {
    /// All of them.
    pub fn all(options: &'a Options, plan: &Arc<Plan>) -> Self {
        Self::of_thread(0, 1, options, plan)
    }

    /// Those of one thread among several.
    pub fn of_thread(thread: usize, threads: usize, options: &'a Options, plan: &Arc<Plan>) -> Self {
        let table = |shard: usize| {
            (shard % threads == thread).then(|| {
                let following = Following {
                    options,
                    plan: Arc::clone(plan),
                    now: 0,
                    shard: shard as u64,
                    begun: 0,
                    events: Vec::new(),
                };
                Table::new(following, SHARDS)
            })
        };
        Self { tables: (0..SHARDS).map(table).collect() }
    }

    /// Takes a segment of a connection of one of these shards.
    pub fn segment(&mut self, Sorted { shard, nth, segment }: Sorted<'_>) {
        let Some(table) = &mut self.tables[shard] else { return };
        table.follower().now = nth;
        let news = table.segment(segment).and_then(|ear| Some((ear.key(), ear.news()?)));
        if let Some((first, what)) = news {
            table.follower().tell(first, what);
        }
    }

    /// Time passes.
    pub fn end_of_batch(&mut self, end: BatchEnd) {
        for table in self.tables.iter_mut().flatten() {
            table.follower().now = end.nth;
            table.tick(end.time);
        }
    }

    /// The capture has ended, and so have all connections. What that amounts to is told in pieces, in the order of the
    /// connections' beginnings, so that a million sessions are never there at once; nothing where that was all.
    pub fn finish_some(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < PIECE {
            let next = self.tables.iter_mut().flatten().filter_map(|table| Some((table.next_to_finish()?, table)));
            // Of those of one packet, the one of the first shard: as `First` has it.
            let Some((_, table)) = next.min_by_key(|(packet, _)| *packet) else { break };
            table.follower().now = u64::MAX;
            table.finish_next();
            events.append(&mut table.follower().events);
        }
        events
    }

    /// What has happened, in the order of packets.
    pub fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for table in self.tables.iter_mut().flatten() {
            events.append(&mut table.follower().events);
        }
        sort(&mut events);
        events
    }

    /// Who listens to the connection that `segment` belongs to.
    pub fn ear(&mut self, shard: usize, segment: &Segment<'_>) -> Option<&mut Ear<'a>> {
        self.tables[shard].as_mut()?.listener(&Key::of(segment))
    }

    /// Bounds that cost something.
    pub fn limits_hit(&self) -> LimitsHit {
        let mut all = LimitsHit::default();
        self.tables.iter().flatten().for_each(|table| all.add(table.limits_hit()));
        all
    }
}

/// Follows what may be mail, and keeps what has happened until it is asked for.
struct Following<'a> {
    options: &'a Options,
    plan: Arc<Plan>,
    /// The packet at hand, in the order in which they were handed out.
    now: u64,
    shard: u64,
    /// Connections begun.
    begun: u64,
    events: Vec<Event>,
}

impl Following<'_> {
    fn tell(&mut self, first: First, what: What) {
        self.events.push(Event { at: self.now, first, what });
    }
}

impl<'a> Follower for Following<'a> {
    type Listener = Ear<'a>;
    /// By this it is known to everybody.
    type Ticket = First;

    /// The end with the mail port; or else the one with the lower port.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Ends {
        let from_server = match (self.options.ports.get(source.port()), self.options.ports.get(destination.port())) {
            (_, Some(_)) => false,
            (Some(_), None) => true,
            (None, None) => source.port() < destination.port(),
        };
        if from_server {
            Ends { client: destination, server: source }
        } else {
            Ends { client: source, server: destination }
        }
    }

    fn begun(&mut self, ends: &Ends, first: At) -> First {
        let promising = self.options.ports.get(ends.server.port()).is_some();
        let key = (self.now, self.shard << 48 | self.begun);
        self.begun += 1;
        self.tell(key, What::Begun { time: first.time, promising });
        if !promising && !self.options.any_port {
            self.tell(key, What::Decided(false));
        }
        key
    }

    fn listen(&mut self, key: First, ends: &Ends, first: At) -> Ear<'a> {
        Ear::new(self.options, Arc::clone(&self.plan), ends, first, key)
    }

    fn over(&mut self, ear: Ear<'a>, transport: Transport) {
        let first = ear.key();
        let ended = ear.finish(transport);
        self.tell(first, What::Over(ended));
    }

    fn unheard(&mut self, first: First, transport: Transport) {
        // What says nothing is what its port promises.
        let hint = self.options.ports.get(transport.ends.server.port());
        let ended = hint.map(|hint| Ended::Silent(Box::new((hint, transport))));
        self.tell(first, What::Over(ended));
    }
}
