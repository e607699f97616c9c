/*!
All connections at once: one entry per 5-tuple.

What is kept of one depends on what was seen of it. As long as it only opens, its few segments are kept as they came
([`Embryonic`]); its stream handler is made with the first segment that does more.

Room is made in this order. When there are [`CONNECTIONS`], an unanswered SYN goes, then an unanswered SYN with data,
then a connection that was answered and carried no data, then any other; of each kind, the one that has been silent
longest. So a flood of SYNs pushes out nothing but SYNs. When [`SPEAKING_CONNECTIONS`] have a stream handler, one of
those goes, in the same order. Each connection that goes is counted, unless its time was up anyway. What all of them hold
together is bounded too: see `ledger.rs`.

A connection that is over lingers for stragglers (a last ACK, a retransmission) until [`LINGER_NANOSECONDS`] have passed
or [`LINGERING`] others have ended after it; then the last [`REMEMBERED`] of them are remembered by their sequence
numbers alone.
*/

mod closing;
mod deadlines;
mod entry;
mod ledger;
mod memory;

use super::connection::{Connection, Relation};
use super::embryonic::Embryonic;
use super::pending_syn::PendingSyn;
use super::store::{ConnectionStore, Rank};
use super::time_wait::TimeWait;
use super::{ConnectionHandler, Endpoints, Key};
use crate::capture::Time;
use crate::decode::{IcmpError, Segment};
use crate::limits::{Budget, CONNECTIONS, HISTORY_BYTES, Limit, LimitsHit, SPEAKING_CONNECTIONS, WAITING_BYTES};
use deadlines::Deadlines;
pub(super) use entry::Entry;
use entry::{Ending, Followed, NANOSECONDS_PER_SECOND, Stage, whole_seconds};
use ledger::Ledger;
use std::collections::VecDeque;

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
/// Connections remembered after they lingered, so that a late retransmission is not taken for a new connection.
pub const REMEMBERED: usize = 4096;
/// All connections that are followed.
pub struct Table<F: ConnectionHandler> {
    connection_handler: F,
    /// This table's share of [`CONNECTIONS`].
    connections: usize,
    /// Its share of [`SPEAKING_CONNECTIONS`].
    speaking: usize,
    /// Its share of [`LINGERING`].
    lingering_bound: usize,
    /// Its share of [`WAITING_BYTES`].
    waiting_bytes: usize,
    /// Its share of [`HISTORY_BYTES`].
    history_bytes: usize,
    pub(super) store: ConnectionStore<Entry<F>>,
    lingering: VecDeque<(usize, u32)>,
    /// No segment came since connections that were left were ended.
    paused: bool,
    time_wait: TimeWait,
    pub(super) deadlines: Deadlines,
    pub(super) waiting_cost: usize,
    /// Slots of the connections that keep delivered bytes, in the order in which they began to, with their generations.
    pub(super) remembering: VecDeque<(usize, u32)>,
    pub(super) remembered: usize,
    pub(super) ledger: Ledger,
    /// The time of the packet at hand.
    packet_time: Time,
    /// The time by which idleness is measured: the earlier of the last two packets' times, or that of a later tick. One
    /// record with a broken time does not end all connections.
    now: Time,
    /// Time of the last tick.
    ticked: Option<Time>,
    /// By how much the clock has been set while this capture ran, all steps together (nanoseconds).
    clock: i64,
    /// The same in [`whole_seconds`]: every segment needs it.
    clock_seconds: i32,
    limits_hit: LimitsHit,
    /// Distinguishes the connections that have used one slot.
    generation: u32,
    /// Every connection gets its stream handler with its first segment.
    #[cfg(test)]
    pub(super) eager: bool,
    /// After the capture's end: what is still to be closed, the next to be closed last.
    ending: Option<Vec<(u64, u32, Ending)>>,
}

impl<F: ConnectionHandler> Table<F> {
    /// An empty table, one of `share` that share the bounds.
    pub fn new(connection_handler: F, share: usize) -> Self {
        let share = share.max(1);
        Self {
            connection_handler,
            connections: CONNECTIONS / share,
            speaking: SPEAKING_CONNECTIONS / share,
            lingering_bound: (LINGERING / share).max(1),
            waiting_bytes: WAITING_BYTES / share,
            history_bytes: HISTORY_BYTES / share,
            store: ConnectionStore::new(),
            lingering: VecDeque::new(),
            paused: false,
            time_wait: TimeWait::new((REMEMBERED / share).max(1)),
            deadlines: Deadlines::default(),
            waiting_cost: 0,
            remembering: VecDeque::new(),
            remembered: 0,
            ledger: Ledger::new(Budget::default().open() / share),
            packet_time: Time::from_nanoseconds(i64::MIN),
            now: Time::from_nanoseconds(i64::MIN),
            ticked: None,
            clock: 0,
            clock_seconds: 0,
            limits_hit: LimitsHit::default(),
            generation: 0,
            #[cfg(test)]
            eager: false,
            ending: None,
        }
    }

    /// With `bytes` for all that it holds, instead of its share of the usual [`Budget`].
    pub fn with_memory(self, bytes: usize) -> Self {
        Self { ledger: Ledger::new(bytes), ..self }
    }

    /// The packets come as they are captured, in one place: a connection that begins like one that is over is no copy of it.
    pub fn live(mut self) -> Self {
        self.time_wait.expect_no_copies();
        self
    }

    /// The handler of all connections.
    pub fn connection_handler(&mut self) -> &mut F {
        &mut self.connection_handler
    }

    /// Bounds that were hit.
    pub fn limits_hit(&self) -> &LimitsHit {
        &self.limits_hit
    }

    /// The stream handler of the connection that `segment` belongs to, if there is one.
    pub(crate) fn stream_handler(&mut self, key: &Key) -> Option<&mut F::StreamHandler> {
        let index = self.store.find(key)?;
        self.stream_handler_at(index)
    }

    /// Takes a segment. Returns the stream handler of its connection, if that has one.
    pub fn segment(&mut self, segment: &Segment<'_>) -> Option<&mut F::StreamHandler> {
        if !self.connection_handler.wants(segment.source, segment.destination) {
            return None;
        }
        // A socket that was connected to itself (RFC 9293, figure 8, with one end): what it sends comes back to it, and
        // nobody else hears it.
        if segment.source == segment.destination {
            return None;
        }
        // The earlier of the two times: merged files may step back by years, and no connection has been idle for years.
        self.now = segment.header.time.min(self.packet_time);
        self.packet_time = segment.header.time;
        self.paused = false;
        let key = Key::of(segment);
        let mut index = self.store.find(&key);
        if let Some(index) = index
            && self.certainly_belongs(index, segment)
        {
            self.hand_in(index, segment);
            return self.stream_handler_at(index);
        }
        if let Some(old) = index.filter(|&old| self.is_idle(old, self.now)) {
            self.close(old, true);
            index = None;
        }
        if let Some(old) = index {
            if let Some(Entry { stage: Stage::Embryonic(embryonic), .. }) = self.store.get_mut(old) {
                if embryonic.takes(&key, segment) {
                    self.touch(old);
                    return None;
                }
                self.follow(old);
            }
            let (relation, pending_syn) = self.relation(old, segment);
            if let Some(pending_syn) = pending_syn {
                // The kept SYN began another connection.
                self.close(old, false);
                let syn = pending_syn.segment();
                index = Some(self.open(key, &syn));
            } else if relation == Relation::Follows {
                self.close(old, false);
                index = None;
            } else if relation == Relation::MayFollow {
                if let Some(followed) = self.store.get_mut(old).and_then(Entry::followed_mut)
                    && !followed.pending_syn.as_ref().is_some_and(|known| known.is_repeated_by(segment))
                    && let Some(before) = followed.pending_syn.replace(Box::new(PendingSyn::new(segment)))
                {
                    self.unanswered(&before);
                }
                return None;
            }
        }
        let index = match index {
            Some(index) => {
                self.add(key, index, segment);
                index
            }
            None if self.time_wait.covers(&key, segment) => {
                if segment.header.syn && segment.header.acknowledgement.is_none() {
                    self.limits_hit.hit(Limit::ComeAgain);
                }
                return None;
            }
            None => self.open(key, segment),
        };
        self.stream_handler_at(index)
    }

    /// Takes an ICMP error about a segment of one of its connections. One about any other is not of interest.
    pub fn icmp_error(&mut self, error: &IcmpError) {
        let key = Key::new(&error.source, &error.destination);
        let Some(index) = self.store.find(&key) else { return };
        if let Some(Entry { stage: Stage::Embryonic(embryonic), .. }) = self.store.get_mut(index) {
            let before = embryonic.held();
            let taken = embryonic.icmp_error(error);
            self.ledger.held = self.ledger.held - before + embryonic.held();
            if taken {
                return self.keep_within_memory(Some(index));
            }
            self.follow(index);
        }
        let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else { return };
        if followed.connection.icmp_error(error) {
            self.touch(index);
            self.note_held(index);
            self.keep_within_memory(Some(index));
        }
    }

    /// Time has passed: delivers what has waited too long, and closes what has been silent or over for long enough. To
    /// be called now and then. How often changes only when a connection is reported, not what is reported.
    pub fn tick(&mut self, now: Time) {
        self.now = now;
        self.ticked = Some(now);
        for index in self.deadlines.due(now) {
            if let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) {
                followed.connection.wait(now, &mut followed.stream_handler);
            }
            self.note_waiting(index);
            self.note_held(index);
        }
        self.expire();
        self.keep_within_memory(None);
    }

    /// The clock that stamps the packets was set by so many nanoseconds, negative where it was set back: no time has
    /// passed, and what is silent has been so for as long as before. To be called between the last packet before and the
    /// first after it, after a [`tick`](Self::tick).
    pub fn clock_set(&mut self, by: i64) {
        self.clock = self.clock.saturating_add(by);
        self.clock_seconds = whole_seconds(self.clock);
        for time in [&mut self.packet_time, &mut self.now].into_iter().chain(&mut self.ticked) {
            *time = time.plus(by);
        }
        // What waits for missing data has times of the clock as it was: it is not kept any longer.
        for index in self.deadlines.due(Time::from_nanoseconds(i64::MAX)) {
            if let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) {
                while followed.connection.force(&mut followed.stream_handler) {}
            }
            self.note_waiting(index);
            self.note_held(index);
        }
    }

    /// Nanoseconds for which the connection at `index` has been silent.
    fn silent_for(&self, index: usize, now: Time) -> i64 {
        self.store.get(index).map_or(0, |entry| self.silence(entry.last_time(), entry.clock, now))
    }

    /// Nanoseconds from `last` to `now`, where the clock had been set by `clock` seconds at `last`.
    #[inline]
    fn silence(&self, last: Time, clock: i32, now: Time) -> i64 {
        let set = i64::from(self.clock_seconds) - i64::from(clock);
        now.since(last).saturating_sub(set.saturating_mul(NANOSECONDS_PER_SECOND))
    }

    fn stream_handler_at(&mut self, index: usize) -> Option<&mut F::StreamHandler> {
        self.store.get_mut(index)?.followed_mut().map(|followed| &mut followed.stream_handler)
    }

    fn is_idle(&self, index: usize, now: Time) -> bool {
        let Some(rank) = self.store.rank(index) else { return false };
        let patience = if rank.is_half_open() { HALF_OPEN_NANOSECONDS } else { IDLE_NANOSECONDS };
        self.silent_for(index, now) >= patience
    }

    /// Whether nothing has to be asked about `segment`, which has the key of the connection at `index`: that is followed,
    /// has not been silent for so long that any connection would be given up, and no SYN may have begun another.
    #[inline]
    fn certainly_belongs(&self, index: usize, segment: &Segment<'_>) -> bool {
        #[cfg(test)]
        if super::connection::ordinary::LONG_WAY.get() {
            return false;
        }
        let Some(entry) = self.store.get(index) else { return false };
        let Stage::Followed(followed) = &entry.stage else { return false };
        !segment.header.syn
            && followed.pending_syn.is_none()
            && self.silence(followed.connection.last_time(), entry.clock, self.now) < HALF_OPEN_NANOSECONDS
    }

    /// How `segment` relates to the connection at `index`; with the pending SYN that it answers, if any.
    fn relation(&mut self, index: usize, segment: &Segment<'_>) -> (Relation, Option<Box<PendingSyn>>) {
        let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else {
            return (Relation::Belongs, None);
        };
        let relation = followed.connection.relation(segment);
        let answered = followed.pending_syn.take_if(|pending_syn| {
            pending_syn.is_answered_by(segment)
                || (relation == Relation::Follows && pending_syn.is_repeated_by(segment))
        });
        (relation, answered)
    }

    fn ends_of(&self, segment: &Segment<'_>) -> Endpoints {
        match (segment.header.syn, segment.header.acknowledgement) {
            (true, None) => Endpoints { client: segment.source, server: segment.destination },
            (true, Some(_)) => Endpoints { client: segment.destination, server: segment.source },
            (false, _) => self.connection_handler.guess(segment.source, segment.destination),
        }
    }

    /// Opens the connection that begins with `segment`.
    fn open(&mut self, key: Key, segment: &Segment<'_>) -> usize {
        while self.store.len() >= self.connections {
            let Some(oldest) = Rank::ALL.into_iter().find_map(|rank| self.store.silent_longest(rank)) else { break };
            self.make_room(oldest);
        }
        self.time_wait.forget(&key);
        self.generation = self.generation.wrapping_add(1);
        let endpoints = self.ends_of(segment);
        let first = segment.at();
        let token = self.connection_handler.begun(&endpoints, first);
        let embryonic = Embryonic::new(&key, &endpoints, segment);
        #[cfg(test)]
        let embryonic = embryonic.filter(|_| !self.eager);
        if let Some(embryonic) = embryonic {
            let entry = Entry {
                generation: self.generation,
                token,
                clock: self.clock_seconds,
                stage: Stage::Embryonic(embryonic),
            };
            let rank = entry.rank();
            let index = self.store.insert(key, rank, entry);
            self.keep_within_memory(Some(index));
            return index;
        }
        self.make_room_to_speak();
        let connection = Connection::new(endpoints, segment);
        let stream_handler = self.connection_handler.listen(token, &endpoints, first);
        let stage = Stage::Followed(Box::new(Followed::new(connection, stream_handler)));
        let entry = Entry { generation: self.generation, token, clock: self.clock_seconds, stage };
        let index = self.store.insert(key, Rank::Followed, entry);
        self.hand_in(index, segment);
        index
    }

    /// Gives the connection at `index` a stream handler.
    fn follow(&mut self, index: usize) {
        self.make_room_to_speak();
        let Some((key, _)) = self.store.key(index) else { return };
        let Some(entry) = self.store.get_mut(index) else { return };
        let Stage::Embryonic(embryonic) = &entry.stage else { return };
        self.ledger.held -= embryonic.held();
        let mut stream_handler =
            self.connection_handler.listen(entry.token, &embryonic.endpoints(&key), embryonic.first());
        let connection = embryonic.connection(&key, &mut stream_handler, &mut self.limits_hit);
        entry.stage = Stage::Followed(Box::new(Followed::new(connection, stream_handler)));
    }

    fn make_room_to_speak(&mut self) {
        while Rank::SPEAKING.into_iter().map(|rank| self.store.of_rank(rank)).sum::<usize>() >= self.speaking {
            let oldest = Rank::SPEAKING.into_iter().find_map(|rank| self.store.silent_longest(rank));
            let Some(oldest) = oldest else { break };
            self.make_room(oldest);
        }
    }

    fn make_room(&mut self, oldest: usize) {
        if !self.is_idle(oldest, self.now) {
            self.limits_hit.hit(Limit::Connections);
        }
        self.close(oldest, true);
    }

    /// Takes another segment of the connection at `index`.
    fn add(&mut self, key: Key, index: usize, segment: &Segment<'_>) {
        if let Some(Entry { stage: Stage::Embryonic(embryonic), .. }) = self.store.get_mut(index) {
            if embryonic.takes(&key, segment) {
                return self.touch(index);
            }
            self.follow(index);
        }
        self.hand_in(index, segment);
    }

    fn touch(&mut self, index: usize) {
        if let Some(entry) = self.store.get_mut(index) {
            entry.clock = self.clock_seconds;
            let rank = entry.rank();
            self.store.touch(index, rank);
        }
    }

    fn hand_in(&mut self, index: usize, segment: &Segment<'_>) {
        let Some(entry) = self.store.get_mut(index) else { return };
        entry.clock = self.clock_seconds;
        let generation = entry.generation;
        let Some(followed) = entry.followed_mut() else { return };
        let ordinary = followed.connection.segment(segment, &mut followed.stream_handler, &mut self.limits_hit);
        let has_grown = followed.has_grown(segment.payload.len());
        if ordinary {
            // Nothing waits, nor did before; and it is not over.
            let remembers_as_before = followed.connection.remembered() == followed.remembered;
            self.store.touch(index, Rank::Followed);
            if !remembers_as_before {
                self.note_remembered(index);
            }
            if has_grown || self.ledger.exact {
                self.note_held(index);
            }
            return self.keep_within_memory(Some(index));
        }
        let is_over = followed.connection.is_over();
        let over = is_over && !followed.lingers;
        // A RST that turned out to be forged ends nothing.
        followed.lingers = is_over;
        if is_over {
            followed.connection.digest_all_but_last();
        }
        self.touch(index);
        self.note_waiting(index);
        self.note_remembered(index);
        if has_grown || self.ledger.exact {
            self.note_held(index);
        }
        while self.waits_too_much() {
            let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else { break };
            if !followed.connection.force(&mut followed.stream_handler) {
                break;
            }
            self.limits_hit.hit(Limit::Waiting);
            self.note_waiting(index);
            self.note_held(index);
        }
        if over {
            self.lingering.push_back((index, generation));
            if self.lingering.len() > self.lingering_bound {
                self.close_first_lingering();
            }
        }
        self.keep_within_memory(Some(index));
    }

    fn note_waiting(&mut self, index: usize) {
        let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else { return };
        let cost = followed.connection.waiting_cost();
        if cost == 0 && followed.waiting_cost == 0 {
            return;
        }
        self.waiting_cost = self.waiting_cost - followed.waiting_cost + cost;
        followed.waiting_cost = cost;
        let deadline = if cost == 0 { None } else { followed.connection.deadline() };
        self.deadlines.change(index, std::mem::replace(&mut followed.deadline, deadline), deadline);
    }
}
