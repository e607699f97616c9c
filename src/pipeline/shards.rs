//! Connections, dialogues and sessions, in shards that know nothing of each other.

use super::event::{self, ConnectionChange, ConnectionEvent, ConnectionOrder, Ended, sort};
use super::follow::ConnectionFollower;
use super::input::{Routed, RoutedError, RoutedSegment};
use super::options::{BatchEnd, Options};
use super::shard::SHARDS;
use crate::decode::Segment;
use crate::flow::{ConnectionHandler, Endpoints, Key, PacketRef, Table, Transport};
use crate::limits::LimitsHit;
use crate::protocol::tls::resumption::Remembering;
use crate::session::Plan;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::net::SocketAddr;
use std::sync::Arc;

/// Events returned at a time when the capture has ended.
const PIECE: usize = 4_096;
/// Bytes of them, beyond which no other is added.
const PIECE_BYTES: usize = 1 << 20;

/// The shards that one thread has.
pub struct Shards<'a> {
    /// By shard; None for the shards of other threads.
    tables: Vec<Option<Table<ShardFollower<'a>>>>,
    /// The first packet of the connection that each table ends next, once the capture has ended.
    ending: Option<BinaryHeap<Reverse<(u64, usize)>>>,
}

impl<'a> Shards<'a> {
    /// All shards.
    pub fn all(options: &'a Options, plan: &Arc<Plan>) -> Self {
        Self::of_thread(0, 1, options, plan)
    }

    /// The shards of one thread among several.
    pub fn of_thread(thread: usize, threads: usize, options: &'a Options, plan: &Arc<Plan>) -> Self {
        let table = |shard: usize| {
            (shard % threads == thread).then(|| {
                let follower = ShardFollower {
                    options,
                    plan: of_shard(plan),
                    now: 0,
                    shard: shard as u64,
                    begun: 0,
                    events: Vec::new(),
                };
                Table::new(follower, SHARDS).with_memory(options.memory.open() / SHARDS)
            })
        };
        Self { tables: (0..SHARDS).map(table).collect(), ending: None }
    }

    /// The same, whose packets come as they are captured where it `is_live`.
    pub fn live(mut self, is_live: bool) -> Self {
        let tables = self.tables.into_iter().map(|table| if is_live { table.map(Table::live) } else { table });
        self.tables = tables.collect();
        self
    }

    /// Takes what the input stage hands on, for one of these shards.
    pub fn take(&mut self, routed: Routed<'_>) {
        match routed {
            Routed::Segment(segment) => self.segment(segment),
            Routed::Error(error) => self.icmp_error(error),
        }
    }

    /// Takes an ICMP error about a segment of a connection of one of these shards.
    pub fn icmp_error(&mut self, RoutedError { shard, error }: RoutedError<'_>) {
        let Some(table) = &mut self.tables[shard] else { return };
        table.icmp_error(error);
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

    /// A batch has ended: time passes for all connections.
    pub fn end_of_batch(&mut self, end: BatchEnd) {
        for table in self.tables.iter_mut().flatten() {
            table.connection_handler().now = end.nth;
            table.tick(end.time);
            table.end_lingering(if end.quiet { None } else { Some(end.now) });
            if end.quiet && end.whole {
                table.end_left();
            }
            if end.clock_set != 0 {
                table.clock_set(end.clock_set);
            }
        }
    }

    /// The capture has ended, and with it all connections. Returns their last events in portions, in the order in which
    /// the connections began, so that a million sessions never exist at once; empty when no connection is left.
    pub fn finish_some(&mut self) -> Vec<ConnectionEvent> {
        let (mut events, mut weight) = (Vec::new(), 0);
        let Self { tables, ending } = self;
        // Of connections that one packet began, the first shard's comes first, as in `ConnectionOrder`.
        let ending = ending.get_or_insert_with(|| {
            let of_shards = tables.iter_mut().enumerate();
            of_shards.filter_map(|(shard, table)| Some(Reverse((table.as_mut()?.next_to_finish()?, shard)))).collect()
        });
        while events.len() < PIECE && weight < PIECE_BYTES {
            let Some(mut first) = ending.peek_mut() else { break };
            let Some(table) = tables.get_mut(first.0.1).and_then(Option::as_mut) else { break };
            table.connection_handler().now = u64::MAX;
            table.finish_next();
            match table.next_to_finish() {
                Some(packet) => first.0.0 = packet,
                None => _ = PeekMut::pop(first),
            }
            let more = &mut table.connection_handler().events;
            weight += event::weight(more);
            events.append(more);
        }
        events
    }

    /// The events since the last call, in the order of packets.
    pub fn drain(&mut self) -> Vec<ConnectionEvent> {
        let mut events = Vec::new();
        for table in self.tables.iter_mut().flatten() {
            events.append(&mut table.connection_handler().events);
        }
        sort(&mut events);
        events
    }

    /// The follower of the connection that `segment` belongs to.
    pub fn follower(&mut self, shard: usize, segment: &Segment<'_>) -> Option<&mut ConnectionFollower<'a>> {
        self.tables[shard].as_mut()?.stream_handler(&Key::of(segment))
    }

    /// Bounds that were hit.
    pub fn limits_hit(&self) -> LimitsHit {
        let mut all = LimitsHit::default();
        self.tables.iter().flatten().for_each(|table| all.add(table.limits_hit()));
        all
    }
}

/// The plan of one shard, which remembers the TLS sessions that it has seen.
fn of_shard(plan: &Arc<Plan>) -> Arc<Plan> {
    match &plan.keys {
        None => Arc::clone(plan),
        Some(keys) => {
            let keys = Remembering::new(Arc::clone(keys));
            Arc::new(Plan { keys: Some(Arc::new(keys)), ..Plan::clone(plan) })
        }
    }
}

/// Makes followers for connections that may be mail, and keeps events until they are drained.
struct ShardFollower<'a> {
    options: &'a Options,
    plan: Arc<Plan>,
    /// The packet at hand, by the order in which packets are read.
    now: u64,
    shard: u64,
    /// Connections begun.
    begun: u64,
    events: Vec<ConnectionEvent>,
}

impl ShardFollower<'_> {
    fn tell(&mut self, first: ConnectionOrder, change: ConnectionChange) {
        self.events.push(ConnectionEvent { at: self.now, first, change });
    }
}

impl<'a> ConnectionHandler for ShardFollower<'a> {
    type StreamHandler = ConnectionFollower<'a>;
    /// Identifies the connection in all stages.
    type Token = ConnectionOrder;

    /// The server is the end with the mail port, or else the one with the lower port.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        let from_server = match (self.options.ports.get(source.port()), self.options.ports.get(destination.port())) {
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
        let promising = self.options.ports.get(endpoints.server.port()).is_some();
        let key = (self.now, self.shard << 48 | self.begun);
        self.begun += 1;
        self.tell(key, ConnectionChange::Begun { time: first.time, promising });
        if !promising && !self.options.any_port {
            self.tell(key, ConnectionChange::Decided(false));
        }
        key
    }

    fn listen(&mut self, key: ConnectionOrder, endpoints: &Endpoints, first: PacketRef) -> ConnectionFollower<'a> {
        ConnectionFollower::new(self.options, Arc::clone(&self.plan), endpoints, first, key)
    }

    fn over(&mut self, follower: ConnectionFollower<'a>, transport: Transport) {
        let first = follower.key();
        let ended = follower.finish(transport);
        self.tell(first, ConnectionChange::Over(ended));
    }

    fn unheard(&mut self, first: ConnectionOrder, transport: Transport) {
        // A connection without data is what its port promises.
        let hint = self.options.ports.get(transport.endpoints.server.port()).filter(|_| transport.from_start);
        let ended = hint.map(|hint| Ended::silent(hint, transport));
        self.tell(first, ConnectionChange::Over(ended));
    }
}
