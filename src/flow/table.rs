/*!
All connections at once: one entry per 5-tuple, found by a hash keyed at random, and kept in the order of their last
packet, so that the idle ones stand in front.

Two queues: half-open connections (a SYN and nothing else) and the others. When there are [`CONNECTIONS`] of them, the
half-open one that has been silent longest makes room, then the other that has: a flood of SYNs pushes out nothing but
SYNs. A connection that is over lingers for stragglers (a last ACK, a retransmission) until [`LINGER_NANOSECONDS`] have
passed or [`LINGERING`] others have ended after it; then the last [`REMEMBERED`] of them are remembered by their sequence
numbers alone.
*/

use super::challenge::Challenge;
use super::connection::{Connection, Relation};
use super::{At, Ends, Key, Listener, Transport};
use crate::capture::Time;
use crate::decode::Segment;
use crate::limits::{CONNECTIONS, HISTORY_BYTES, Limit, LimitsHit, WAITING_BYTES};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;

/// Packet time after which a silent connection is given up: two hours, the interval of TCP's own keep-alive (RFC 9293,
/// section 3.8.4).
pub const IDLE_NANOSECONDS: i64 = 7_200_000_000_000;
/// Packet time after which a SYN without an answer is given up: two minutes, longer than any pause between two SYNs of
/// one attempt.
pub const HALF_OPEN_NANOSECONDS: i64 = 120_000_000_000;
/// Packet time for which a connection that is over waits for stragglers: two seconds.
pub const LINGER_NANOSECONDS: i64 = 2_000_000_000;
/// Connections that linger at once.
pub const LINGERING: usize = 256;
/// Connections remembered after they lingered, so that a late retransmission is not taken for a new conversation.
pub const REMEMBERED: usize = 4096;

/// Who wants to follow connections.
pub trait Follower {
    /// Follows one connection.
    type Listener: Listener;

    /// Whether a connection between these two ends is of interest.
    fn wants(&self, one: SocketAddr, other: SocketAddr) -> bool;

    /// Which of two ends is the server, for a connection whose beginning was not captured.
    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Ends;

    /// A connection of interest has begun, with the packet `first`.
    fn listen(&mut self, ends: &Ends, first: At) -> Self::Listener;

    /// A connection is over.
    fn over(&mut self, listener: Self::Listener, transport: Transport);
}

/// All connections that are followed.
pub struct Table<F: Follower> {
    follower: F,
    /// This table's part of [`CONNECTIONS`].
    connections: usize,
    /// Of [`LINGERING`].
    lingering_bound: usize,
    /// Of [`REMEMBERED`].
    gone_bound: usize,
    /// Of [`WAITING_BYTES`].
    waiting_bytes: usize,
    /// Of [`HISTORY_BYTES`].
    history_bytes: usize,
    pub(super) by_key: HashMap<Key, usize>,
    pub(super) slots: Vec<Option<Slot<F::Listener>>>,
    free: Vec<usize>,
    half_open: Queue,
    open: Queue,
    lingering: VecDeque<(usize, u64)>,
    gone: HashMap<Key, Gone>,
    gone_in_order: VecDeque<Key>,
    /// Connections in which something waits for something else.
    waiting: BTreeSet<usize>,
    pub(super) waiting_cost: usize,
    /// Connections that keep bytes handed over, in the order in which they began to, with their generations.
    pub(super) remembering: VecDeque<(usize, u64)>,
    pub(super) remembered: usize,
    /// The time of the packet at hand.
    packet_time: Time,
    /// The time that nothing is older than for the sake of one packet: the earlier of the last two packets'. A record
    /// with a broken time does not end all connections.
    now: Time,
    limits_hit: LimitsHit,
    /// Distinguishes the connections that have used one slot.
    generation: u64,
}

/// What is remembered of a connection that is over.
struct Gone {
    client: SocketAddr,
    highest: [u32; 2],
}

impl Gone {
    /// Whether `segment` can only repeat what the connection had.
    fn covers(&self, segment: &Segment<'_>) -> bool {
        let highest = self.highest[usize::from(segment.source != self.client)];
        let end = segment.sequence.wrapping_add(segment.wire_len).wrapping_add(u32::from(segment.fin));
        // A FIN and a keep-alive stand one beyond the last byte.
        !segment.syn && (highest.wrapping_sub(end) as i32) >= -1
    }
}

pub(super) struct Slot<L> {
    key: Key,
    pub(super) connection: Connection,
    listener: L,
    generation: u64,
    lingers: bool,
    waiting_cost: usize,
    remembered: usize,
    /// It stands in [`Table::remembering`].
    remembers: bool,
    /// A SYN that may begin the next connection.
    challenge: Option<Box<Challenge>>,
    /// In which queue, and between which neighbours.
    half_open: bool,
    before: Option<usize>,
    after: Option<usize>,
}

/// A queue of slots in the order of their last packet.
#[derive(Debug, Default)]
struct Queue {
    first: Option<usize>,
    last: Option<usize>,
}

impl<F: Follower> Table<F> {
    /// An empty table, one of `share` that share the bounds.
    pub fn new(follower: F, share: usize) -> Self {
        let share = share.max(1);
        Self {
            follower,
            connections: CONNECTIONS / share,
            lingering_bound: (LINGERING / share).max(1),
            gone_bound: (REMEMBERED / share).max(1),
            waiting_bytes: WAITING_BYTES / share,
            history_bytes: HISTORY_BYTES / share,
            by_key: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            half_open: Queue::default(),
            open: Queue::default(),
            lingering: VecDeque::new(),
            gone: HashMap::new(),
            gone_in_order: VecDeque::new(),
            waiting: BTreeSet::new(),
            waiting_cost: 0,
            remembering: VecDeque::new(),
            remembered: 0,
            packet_time: Time::from_nanoseconds(i64::MIN),
            now: Time::from_nanoseconds(i64::MIN),
            limits_hit: LimitsHit::default(),
            generation: 0,
        }
    }

    /// Whoever follows the connections.
    pub fn follower(&mut self) -> &mut F {
        &mut self.follower
    }

    /// Bounds that cost something.
    pub fn limits_hit(&self) -> &LimitsHit {
        &self.limits_hit
    }

    /// The listener of the connection that `segment` belongs to, if there is one.
    pub fn listener(&mut self, key: &Key) -> Option<&mut F::Listener> {
        let &index = self.by_key.get(key)?;
        self.slots[index].as_mut().map(|slot| &mut slot.listener)
    }

    /// Takes a segment. Returns the listener of its connection, if that is followed.
    pub fn segment(&mut self, segment: &Segment<'_>) -> Option<&mut F::Listener> {
        if !self.follower.wants(segment.source, segment.destination) {
            return None;
        }
        // Not the latest: files that were put together may step back by years, and nothing has been idle since then.
        self.now = segment.time.min(self.packet_time);
        self.packet_time = segment.time;
        let key = Key::of(segment);
        let mut index = self.by_key.get(&key).copied();
        if let Some(old) = index.filter(|&old| self.is_idle(old)) {
            self.close(old, true);
            index = None;
        }
        if let Some(old) = index {
            let (relation, challenge) = self.relation(old, segment);
            if let Some(challenge) = challenge {
                // It was the beginning of another connection.
                self.close(old, false);
                let syn = challenge.segment();
                let new = self.open(key, &syn);
                self.hand_in(new, &syn);
                index = Some(new);
            } else if relation == Relation::Follows {
                self.close(old, false);
                index = None;
            } else if relation == Relation::Challenges {
                if let Some(slot) = &mut self.slots[old]
                    && !slot.challenge.as_ref().is_some_and(|known| known.is_repeated_by(segment))
                    && let Some(before) = slot.challenge.replace(Box::new(Challenge::new(segment)))
                {
                    self.unanswered(&before);
                }
                return None;
            }
        }
        let index = match index {
            Some(index) => index,
            None if self.gone.get(&key).is_some_and(|gone| gone.covers(segment)) => return None,
            None => self.open(key, segment),
        };
        self.hand_in(index, segment);
        self.slots[index].as_mut().map(|slot| &mut slot.listener)
    }

    /// Time has passed: lets go of what has waited too long, and closes what has been silent or over for long enough. To
    /// be called now and then; what a connection is does not depend on how often, only when it is told.
    pub fn tick(&mut self, now: Time) {
        self.now = now;
        for index in self.waiting.clone() {
            if let Some(slot) = &mut self.slots[index] {
                slot.connection.wait(now, &mut slot.listener);
            }
            self.note_waiting(index);
        }
        self.expire();
    }

    /// The capture has ended: so have all connections, in the order in which they were opened.
    pub fn finish(&mut self) {
        let mut rest: Vec<usize> = self.by_key.values().copied().collect();
        rest.sort_by_key(|&index| self.slots[index].as_ref().map(|slot| slot.generation));
        for index in rest {
            self.close(index, false);
        }
    }

    fn is_idle(&self, index: usize) -> bool {
        self.slots[index].as_ref().is_some_and(|slot| {
            let patience = if slot.half_open { HALF_OPEN_NANOSECONDS } else { IDLE_NANOSECONDS };
            self.now.since(slot.connection.last_time()) >= patience
        })
    }

    /// What `segment` is to the connection at `index`; with the SYN that it answers, if that has one.
    fn relation(&mut self, index: usize, segment: &Segment<'_>) -> (Relation, Option<Box<Challenge>>) {
        let Some(slot) = &mut self.slots[index] else { return (Relation::Belongs, None) };
        let relation = slot.connection.relation(segment);
        let answered = slot.challenge.take_if(|challenge| {
            challenge.is_answered_by(segment) || (relation == Relation::Follows && challenge.is_repeated_by(segment))
        });
        (relation, answered)
    }

    /// A SYN in the middle of a connection that nothing came of.
    fn unanswered(&mut self, challenge: &Challenge) {
        let syn = challenge.segment();
        let (ends, first) = (self.ends_of(&syn), At { packet: syn.packet, time: syn.time });
        let mut listener = self.follower.listen(&ends, first);
        let mut connection = Connection::new(ends, &syn);
        connection.segment(&syn, &mut listener, &mut self.limits_hit);
        let transport = connection.finish(true, &mut listener);
        self.follower.over(listener, transport);
    }

    fn ends_of(&self, segment: &Segment<'_>) -> Ends {
        match (segment.syn, segment.acknowledgement) {
            (true, None) => Ends { client: segment.source, server: segment.destination },
            (true, Some(_)) => Ends { client: segment.destination, server: segment.source },
            (false, _) => self.follower.guess(segment.source, segment.destination),
        }
    }

    fn open(&mut self, key: Key, segment: &Segment<'_>) -> usize {
        while self.by_key.len() >= self.connections {
            let Some(oldest) = self.half_open.first.or(self.open.first) else { break };
            self.limits_hit.hit(Limit::Connections);
            self.close(oldest, true);
        }
        let ends = self.ends_of(segment);
        self.gone.remove(&key);
        self.generation += 1;
        let slot = Slot {
            key,
            connection: Connection::new(ends, segment),
            listener: self.follower.listen(&ends, At { packet: segment.packet, time: segment.time }),
            generation: self.generation,
            lingers: false,
            waiting_cost: 0,
            remembered: 0,
            remembers: false,
            challenge: None,
            half_open: false,
            before: None,
            after: None,
        };
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[index] = Some(slot);
        self.by_key.insert(key, index);
        self.enqueue(index, false);
        index
    }

    fn hand_in(&mut self, index: usize, segment: &Segment<'_>) {
        let Some(slot) = &mut self.slots[index] else { return };
        slot.connection.segment(segment, &mut slot.listener, &mut self.limits_hit);
        let half_open = slot.connection.is_half_open();
        let is_over = slot.connection.is_over();
        let over = is_over && !slot.lingers;
        // A RST that turned out to be forged ends nothing.
        slot.lingers = is_over;
        let generation = slot.generation;
        if slot.after.is_some() || slot.half_open != half_open {
            self.dequeue(index);
            self.enqueue(index, half_open);
        }
        self.note_waiting(index);
        self.note_remembered(index);
        while self.waiting_cost > self.waiting_bytes {
            let Some(slot) = &mut self.slots[index] else { break };
            if !slot.connection.force(&mut slot.listener) {
                break;
            }
            self.limits_hit.hit(Limit::Waiting);
            self.note_waiting(index);
        }
        if over {
            self.lingering.push_back((index, generation));
            if self.lingering.len() > self.lingering_bound {
                self.close_first_lingering();
            }
        }
    }

    /// Closes what has lingered or been silent for long enough.
    fn expire(&mut self) {
        while let Some(&(index, generation)) = self.lingering.front() {
            let slot = self.slots[index].as_ref().filter(|slot| slot.generation == generation && slot.lingers);
            let waits = slot.is_some_and(|s| self.now.since(s.connection.last_time()) < LINGER_NANOSECONDS);
            if waits {
                break;
            }
            self.close_first_lingering();
        }
        for half_open in [true, false] {
            while let Some(index) = if half_open { self.half_open.first } else { self.open.first } {
                if !self.is_idle(index) {
                    break;
                }
                self.close(index, true);
            }
        }
    }

    fn close_first_lingering(&mut self) {
        let Some((index, generation)) = self.lingering.pop_front() else { return };
        if self.slots[index].as_ref().is_some_and(|slot| slot.generation == generation && slot.lingers) {
            self.close(index, false);
        }
    }

    fn close(&mut self, index: usize, idle: bool) {
        self.dequeue(index);
        self.waiting.remove(&index);
        let Some(mut slot) = self.slots[index].take() else { return };
        self.waiting_cost -= slot.waiting_cost;
        self.remembered -= slot.remembered;
        self.by_key.remove(&slot.key);
        self.free.push(index);
        if slot.lingers {
            self.remember(&slot);
        }
        let transport = slot.connection.finish(idle, &mut slot.listener);
        self.follower.over(slot.listener, transport);
        if let Some(challenge) = slot.challenge {
            self.unanswered(&challenge);
        }
    }

    fn remember(&mut self, slot: &Slot<F::Listener>) {
        let gone = Gone { client: slot.connection.ends().client, highest: slot.connection.highest() };
        if self.gone.insert(slot.key, gone).is_none() {
            self.gone_in_order.push_back(slot.key);
        }
        if self.gone_in_order.len() > self.gone_bound
            && let Some(oldest) = self.gone_in_order.pop_front()
        {
            self.gone.remove(&oldest);
        }
    }

    fn note_waiting(&mut self, index: usize) {
        let Some(slot) = &mut self.slots[index] else { return };
        let cost = slot.connection.waiting_cost();
        if cost == slot.waiting_cost {
            return;
        }
        self.waiting_cost = self.waiting_cost - slot.waiting_cost + cost;
        slot.waiting_cost = cost;
        if cost == 0 {
            self.waiting.remove(&index);
        } else {
            self.waiting.insert(index);
        }
    }

    /// Keeps the bytes that connections remember within bounds: who began first forgets first.
    fn note_remembered(&mut self, index: usize) {
        let Some(slot) = &mut self.slots[index] else { return };
        let cost = slot.connection.remembered();
        if cost > 0 && !std::mem::replace(&mut slot.remembers, true) {
            self.remembering.push_back((index, slot.generation));
        }
        self.remembered = self.remembered - slot.remembered + cost;
        slot.remembered = cost;
        let slots = &mut self.slots;
        while self.remembered > self.history_bytes
            && let Some((index, generation)) = self.remembering.pop_front()
        {
            if let Some(slot) = slots[index].as_mut().filter(|slot| slot.generation == generation) {
                slot.connection.forget();
                slot.remembers = false;
                self.remembered -= std::mem::take(&mut slot.remembered);
            }
        }
        if self.remembering.len() > 2 * self.by_key.len() + LINGERING {
            self.remembering
                .retain(|&(index, generation)| slots[index].as_ref().is_some_and(|slot| slot.generation == generation));
        }
    }

    fn queue(&mut self, half_open: bool) -> &mut Queue {
        if half_open { &mut self.half_open } else { &mut self.open }
    }

    fn enqueue(&mut self, index: usize, half_open: bool) {
        let last = self.queue(half_open).last.replace(index);
        match last {
            Some(last) => self.link(last, |slot| slot.after = Some(index)),
            None => self.queue(half_open).first = Some(index),
        }
        self.link(index, |slot| {
            slot.half_open = half_open;
            (slot.before, slot.after) = (last, None);
        });
    }

    fn dequeue(&mut self, index: usize) {
        let Some(slot) = &self.slots[index] else { return };
        let (half_open, before, after) = (slot.half_open, slot.before, slot.after);
        match before {
            Some(before) => self.link(before, |slot| slot.after = after),
            None => self.queue(half_open).first = after,
        }
        match after {
            Some(after) => self.link(after, |slot| slot.before = before),
            None => self.queue(half_open).last = before,
        }
    }

    fn link(&mut self, index: usize, change: impl FnOnce(&mut Slot<F::Listener>)) {
        if let Some(slot) = &mut self.slots[index] {
            change(slot);
        }
    }
}
