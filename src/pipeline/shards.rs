//! Connections, dialogues and sessions, in shards that know nothing of each other.

use super::ear::Ear;
use super::intake::Sorted;
use super::order::{Ended, First};
use super::{BatchEnd, Options};
use crate::capture::Time;
use crate::decode::Segment;
use crate::flow::{At, Ends, Follower, Key, Table, Transport};
use crate::limits::LimitsHit;
use crate::protocol::ports::Ports;
use crate::session::Wanted;
use crate::session::keep::Keeper;
use crate::verdict::Rule;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Shards in all, however many threads there are.
pub const SHARDS: usize = 16;

/// Events told at a time when the capture has ended.
const PIECE: usize = 4_096;

/// The shards that one thread has.
pub struct Shards {
    /// By shard; those of other threads are not there.
    tables: Vec<Option<Table<Following>>>,
}

/// Something that the outtake has to know.
pub struct Event {
    /// Which packet it happened at, in the order in which they were handed out; the last possible where it is the
    /// capture's end. Their numbers in the file may go back.
    pub at: u64,
    /// The connection.
    pub first: First,
    /// What happened.
    pub what: What,
}

/// What happened to a connection.
pub enum What {
    /// It has begun.
    Begun {
        /// The time of its first packet.
        time: Time,
        /// Its port promises mail.
        promising: bool,
    },
    /// Something was said, and it is not known yet whether it is mail.
    Spoke,
    /// It is known whether it is mail.
    Decided(bool),
    /// It is over, and was a session or was not.
    Over(Option<Ended>),
}

/// The shard of the connection between two ends: the same for both directions, on any day. Whoever chooses his addresses
/// so that they all fall into one shard meets that shard's bounds the sooner.
pub fn shard_of(one: &SocketAddr, other: &SocketAddr) -> usize {
    let sum = number_of(one).wrapping_add(number_of(other));
    // Fibonacci hashing: the highest bits depend on all others.
    (sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize % SHARDS
}

fn number_of(end: &SocketAddr) -> u64 {
    let address = match end.ip() {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            (bits >> 64) as u64 ^ bits as u64
        }
    };
    (address ^ u64::from(end.port()) << 32).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

impl Shards {
    /// All of them.
    pub fn all(options: &Options) -> Self {
        Self::of_thread(0, 1, options)
    }

    /// Those of one thread among several.
    pub fn of_thread(thread: usize, threads: usize, options: &Options) -> Self {
        let ports = Arc::new(options.ports.clone());
        let table = |shard: usize| {
            (shard % threads == thread).then(|| {
                let following = Following {
                    ports: Arc::clone(&ports),
                    any_port: options.any_port,
                    wanted: options.wanted,
                    rules: options.selection.rules,
                    keeper: options.keeper.clone(),
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
    pub fn ear(&mut self, shard: usize, segment: &Segment<'_>) -> Option<&mut Ear> {
        self.tables[shard].as_mut()?.listener(&Key::of(segment))
    }

    /// Bounds that cost something.
    pub fn limits_hit(&self) -> LimitsHit {
        let mut all = LimitsHit::default();
        self.tables.iter().flatten().for_each(|table| all.add(table.limits_hit()));
        all
    }
}

/// Brings events into the order of packets; those of one packet into the order of their connections. What happened to one
/// connection stays in its order.
pub fn sort(events: &mut [Event]) {
    events.sort_by_key(|event| (event.at, event.first));
}

/// Follows what may be mail, and keeps what has happened until it is asked for.
struct Following {
    ports: Arc<Ports>,
    any_port: bool,
    wanted: Wanted,
    rules: &'static [&'static Rule],
    keeper: Option<Arc<dyn Keeper>>,
    /// The packet at hand, in the order in which they were handed out.
    now: u64,
    shard: u64,
    /// Connections begun.
    begun: u64,
    events: Vec<Event>,
}

impl Following {
    fn tell(&mut self, first: First, what: What) {
        self.events.push(Event { at: self.now, first, what });
    }
}

impl Follower for Following {
    type Listener = Ear;
    /// By this it is known to everybody.
    type Ticket = First;

    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        self.any_port || self.ports.knows(one.port()) || self.ports.knows(other.port())
    }

    /// The end with the mail port; or else the one with the lower port.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Ends {
        let from_server = match (self.ports.get(source.port()), self.ports.get(destination.port())) {
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
        let promising = self.ports.get(ends.server.port()).is_some();
        let key = (self.now, self.shard << 48 | self.begun);
        self.begun += 1;
        self.tell(key, What::Begun { time: first.time, promising });
        if !promising && !self.any_port {
            self.tell(key, What::Decided(false));
        }
        key
    }

    fn listen(&mut self, key: First, ends: &Ends, first: At) -> Ear {
        Ear::new(Arc::clone(&self.ports), self.any_port, self.wanted, ends, first, key)
            .keeping(self.keeper.clone())
            .judged_by(self.rules)
    }

    fn over(&mut self, ear: Ear, transport: Transport) {
        let first = ear.key();
        let ended = ear.finish(transport);
        self.tell(first, What::Over(ended));
    }

    fn unheard(&mut self, first: First, transport: Transport) {
        // What says nothing is what its port promises.
        let hint = self.ports.get(transport.ends.server.port());
        let ended = hint.map(|hint| Ended::Silent(Box::new((hint, transport))));
        self.tell(first, What::Over(ended));
    }
}
