//! Connections, dialogues and sessions, in shards that know nothing of each other.

use super::follow::ConnectionFollower;
use super::input::RoutedSegment;
use super::numbering::{ConnectionOrder, Ended};
use super::{BatchEnd, Options};
use crate::capture::Time;
use crate::decode::Segment;
use crate::flow::{ConnectionHandler, Endpoints, Key, PacketRef, Table, Transport};
use crate::limits::LimitsHit;
use crate::protocol::ports::Ports;
use crate::session::Needs;
use crate::session::content_store::ContentStore;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Shards in all, however many threads there are.
pub const SHARDS: usize = 16;

/// Events told at a time when the capture has ended.
const PIECE: usize = 4_096;

/// The shards that one thread has.
pub struct Shards {
    /// By shard; those of other threads are not there.
    tables: Vec<Option<Table<ShardFollower>>>,
}

/// Something that the output stage has to know.
pub struct ConnectionEvent {
    /// Which packet it happened at, in the order in which they were handed out; the last possible where it is the
    /// capture's end. Their numbers in the file may go back.
    pub at: u64,
    /// The connection.
    pub first: ConnectionOrder,
    /// What happened.
    pub change: ConnectionChange,
}

/// What happened to a connection.
pub enum ConnectionChange {
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
                let follower = ShardFollower {
                    ports: Arc::clone(&ports),
                    any_port: options.any_port,
                    needs: options.needs,
                    content_store: options.content_store.clone(),
                    now: 0,
                    shard: shard as u64,
                    begun: 0,
                    events: Vec::new(),
                };
                Table::new(follower, SHARDS)
            })
        };
        Self { tables: (0..SHARDS).map(table).collect() }
    }

    /// Takes a segment of a connection of one of these shards.
    pub fn segment(&mut self, RoutedSegment { shard, nth, segment }: RoutedSegment<'_>) {
        let Some(table) = &mut self.tables[shard] else { return };
        table.connection_handler().now = nth;
        let news = table.segment(segment).and_then(|follower| Some((follower.key(), follower.news()?)));
        if let Some((first, change)) = news {
            table.connection_handler().tell(first, change);
        }
    }

    /// Time passes.
    pub fn end_of_batch(&mut self, end: BatchEnd) {
        for table in self.tables.iter_mut().flatten() {
            table.connection_handler().now = end.nth;
            table.tick(end.time);
        }
    }

    /// The capture has ended, and so have all connections. What that amounts to is told in pieces, in the order of the
    /// connections' beginnings, so that a million sessions are never there at once; nothing where that was all.
    pub fn finish_some(&mut self) -> Vec<ConnectionEvent> {
        let mut events = Vec::new();
        while events.len() < PIECE {
            let next = self.tables.iter_mut().flatten().filter_map(|table| Some((table.next_to_finish()?, table)));
            // Of those of one packet, the one of the first shard: as `ConnectionOrder` has it.
            let Some((_, table)) = next.min_by_key(|(packet, _)| *packet) else { break };
            table.connection_handler().now = u64::MAX;
            table.finish_next();
            events.append(&mut table.connection_handler().events);
        }
        events
    }

    /// What has happened, in the order of packets.
    pub fn drain(&mut self) -> Vec<ConnectionEvent> {
        let mut events = Vec::new();
        for table in self.tables.iter_mut().flatten() {
            events.append(&mut table.connection_handler().events);
        }
        sort(&mut events);
        events
    }

    /// Who listens to the connection that `segment` belongs to.
    pub fn follower(&mut self, shard: usize, segment: &Segment<'_>) -> Option<&mut ConnectionFollower> {
        self.tables[shard].as_mut()?.stream_handler(&Key::of(segment))
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
pub fn sort(events: &mut [ConnectionEvent]) {
    events.sort_by_key(|event| (event.at, event.first));
}

/// Follows what may be mail, and keeps what has happened until it is asked for.
struct ShardFollower {
    ports: Arc<Ports>,
    any_port: bool,
    needs: Needs,
    content_store: Option<Arc<dyn ContentStore>>,
    /// The packet at hand, in the order in which they were handed out.
    now: u64,
    shard: u64,
    /// Connections begun.
    begun: u64,
    events: Vec<ConnectionEvent>,
}

impl ShardFollower {
    fn tell(&mut self, first: ConnectionOrder, change: ConnectionChange) {
        self.events.push(ConnectionEvent { at: self.now, first, change });
    }
}

impl ConnectionHandler for ShardFollower {
    type StreamHandler = ConnectionFollower;
    /// By this it is known to everybody.
    type Token = ConnectionOrder;

    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool {
        self.any_port || self.ports.knows(one.port()) || self.ports.knows(other.port())
    }

    /// The end with the mail port; or else the one with the lower port.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        let from_server = match (self.ports.get(source.port()), self.ports.get(destination.port())) {
            (_, Some(_)) => false,
            (Some(_), None) => true,
            (None, None) => source.port() < destination.port(),
        };
        if from_server {
            Endpoints { client: destination, server: source }
        } else {
            Endpoints { client: source, server: destination }
        }
    }

    fn begun(&mut self, endpoints: &Endpoints, first: PacketRef) -> ConnectionOrder {
        let promising = self.ports.get(endpoints.server.port()).is_some();
        let key = (self.now, self.shard << 48 | self.begun);
        self.begun += 1;
        self.tell(key, ConnectionChange::Begun { time: first.time, promising });
        if !promising && !self.any_port {
            self.tell(key, ConnectionChange::Decided(false));
        }
        key
    }

    fn listen(&mut self, key: ConnectionOrder, endpoints: &Endpoints, first: PacketRef) -> ConnectionFollower {
        ConnectionFollower::new(Arc::clone(&self.ports), self.any_port, self.needs, endpoints, first, key)
            .with_content_store(self.content_store.clone())
    }

    fn over(&mut self, follower: ConnectionFollower, transport: Transport) {
        let first = follower.key();
        let ended = follower.finish(transport);
        self.tell(first, ConnectionChange::Over(ended));
    }

    fn unheard(&mut self, first: ConnectionOrder, transport: Transport) {
        // What says nothing is what its port promises.
        let hint = self.ports.get(transport.endpoints.server.port());
        let ended = hint.map(|hint| Ended::Silent(Box::new((hint, transport))));
        self.tell(first, ConnectionChange::Over(ended));
    }
}
