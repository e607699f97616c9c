/*!
All connections at once: one entry per 5-tuple.

What is kept of one depends on what it has shown. As long as it does nothing but open, its few segments are kept as they
came ([`Opening`]); whoever listens to it comes into being with the first segment that has more to say.

Room is made in this order: when there are [`CONNECTIONS`] of them, the unanswered SYN that has been silent longest goes,
then one that said something, then the connection that was answered and on which nothing was said, then any other that has been silent longest: a flood
of SYNs pushes out nothing but SYNs. When something was said on [`SPEAKING_CONNECTIONS`], of those the one that has been
silent longest goes. Each that goes is counted, unless its time was up anyway.

A connection that is over lingers for stragglers (a last ACK, a retransmission) until [`LINGER_NANOSECONDS`] have passed
or [`LINGERING`] others have ended after it; then the last [`REMEMBERED`] of them are remembered by their sequence numbers
alone.
*/

mod closing;
mod entry;

use super::challenge::Challenge;
use super::connection::{Connection, Relation};
use super::gone::Gone;
use super::opening::Opening;
use super::slots::{Rank, Slots};
use super::{Ends, Follower, Key};
use crate::capture::Time;
use crate::decode::Segment;
use crate::limits::{CONNECTIONS, HISTORY_BYTES, Limit, LimitsHit, SPEAKING_CONNECTIONS, WAITING_BYTES};
pub(super) use entry::Entry;
use entry::{Ending, Followed, Stage};
use std::collections::{BTreeSet, VecDeque};

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
/// All connections that are followed.
pub struct Table<F: Follower> {
    follower: F,
    /// This table's part of [`CONNECTIONS`].
    connections: usize,
    /// Of [`SPEAKING_CONNECTIONS`].
    speaking: usize,
    /// Of [`LINGERING`].
    lingering_bound: usize,
    /// Of [`WAITING_BYTES`].
    waiting_bytes: usize,
    /// Of [`HISTORY_BYTES`].
    history_bytes: usize,
    pub(super) slots: Slots<Entry<F>>,
    lingering: VecDeque<(usize, u64)>,
    gone: Gone,
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
    /// Time of the last tick.
    ticked: Option<Time>,
    limits_hit: LimitsHit,
    /// Distinguishes the connections that have used one slot.
    generation: u64,
    /// Somebody listens from the first segment on.
    #[cfg(test)]
    pub(super) eager: bool,
    /// After the capture's end: what is still to be closed, the first last.
    ending: Option<Vec<(u64, u64, Ending)>>,
}

impl<F: Follower> Table<F> {
    /// An empty table, one of `share` that share the bounds.
    pub fn new(follower: F, share: usize) -> Self {
        let share = share.max(1);
        Self {
            follower,
            connections: CONNECTIONS / share,
            speaking: SPEAKING_CONNECTIONS / share,
            lingering_bound: (LINGERING / share).max(1),
            waiting_bytes: WAITING_BYTES / share,
            history_bytes: HISTORY_BYTES / share,
            slots: Slots::new(),
            lingering: VecDeque::new(),
            gone: Gone::new((REMEMBERED / share).max(1)),
            waiting: BTreeSet::new(),
            waiting_cost: 0,
            remembering: VecDeque::new(),
            remembered: 0,
            packet_time: Time::from_nanoseconds(i64::MIN),
            now: Time::from_nanoseconds(i64::MIN),
            ticked: None,
            limits_hit: LimitsHit::default(),
            generation: 0,
            #[cfg(test)]
            eager: false,
            ending: None,
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
        let index = self.slots.find(key)?;
        self.listener_at(index)
    }

    /// Takes a segment. Returns the listener of its connection, if that has one.
    pub fn segment(&mut self, segment: &Segment<'_>) -> Option<&mut F::Listener> {
        if !self.follower.wants(segment.source, segment.destination) {
            return None;
        }
        // Not the latest: files that were put together may step back by years, and nothing has been idle since then.
        self.now = segment.header.time.min(self.packet_time);
        self.packet_time = segment.header.time;
        let key = Key::of(segment);
        let mut index = self.slots.find(&key);
        if let Some(old) = index.filter(|&old| self.is_idle(old, self.now)) {
            self.close(old, true);
            index = None;
        }
        if let Some(old) = index {
            if let Some(Entry { stage: Stage::Opening(opening), .. }) = self.slots.get_mut(old) {
                if opening.takes(&key, segment) {
                    self.touch(old);
                    return None;
                }
                self.follow(old);
            }
            let (relation, challenge) = self.relation(old, segment);
            if let Some(challenge) = challenge {
                // It was the beginning of another connection.
                self.close(old, false);
                let syn = challenge.segment();
                index = Some(self.open(key, &syn));
            } else if relation == Relation::Follows {
                self.close(old, false);
                index = None;
            } else if relation == Relation::Challenges {
                if let Some(followed) = self.slots.get_mut(old).and_then(Entry::followed_mut)
                    && !followed.challenge.as_ref().is_some_and(|known| known.is_repeated_by(segment))
                    && let Some(before) = followed.challenge.replace(Box::new(Challenge::new(segment)))
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
            None if self.gone.covers(&key, segment) => return None,
            None => self.open(key, segment),
        };
        self.listener_at(index)
    }

    /// Time has passed: lets go of what has waited too long, and closes what has been silent or over for long enough. To
    /// be called now and then; what a connection is does not depend on how often, only when it is told.
    pub fn tick(&mut self, now: Time) {
        self.now = now;
        self.ticked = Some(now);
        let mut from = 0;
        while let Some(&index) = self.waiting.range(from..).next() {
            from = index + 1;
            if let Some(followed) = self.slots.get_mut(index).and_then(Entry::followed_mut) {
                followed.connection.wait(now, &mut followed.listener);
            }
            self.note_waiting(index);
        }
        self.expire();
    }

    fn listener_at(&mut self, index: usize) -> Option<&mut F::Listener> {
        self.slots.get_mut(index)?.followed_mut().map(|followed| &mut followed.listener)
    }

    fn is_idle(&self, index: usize, now: Time) -> bool {
        let Some((_, rank)) = self.slots.key(index) else { return false };
        let patience = if rank.is_half_open() { HALF_OPEN_NANOSECONDS } else { IDLE_NANOSECONDS };
        self.slots.get(index).is_some_and(|entry| now.since(entry.last_time()) >= patience)
    }

    /// What `segment` is to the connection at `index`; with the SYN that it answers, if that has one.
    fn relation(&mut self, index: usize, segment: &Segment<'_>) -> (Relation, Option<Box<Challenge>>) {
        let Some(followed) = self.slots.get_mut(index).and_then(Entry::followed_mut) else {
            return (Relation::Belongs, None);
        };
        let relation = followed.connection.relation(segment);
        let answered = followed.challenge.take_if(|challenge| {
            challenge.is_answered_by(segment) || (relation == Relation::Follows && challenge.is_repeated_by(segment))
        });
        (relation, answered)
    }

    fn ends_of(&self, segment: &Segment<'_>) -> Ends {
        match (segment.header.syn, segment.header.acknowledgement) {
            (true, None) => Ends { client: segment.source, server: segment.destination },
            (true, Some(_)) => Ends { client: segment.destination, server: segment.source },
            (false, _) => self.follower.guess(segment.source, segment.destination),
        }
    }

    /// A connection begins with `segment`.
    fn open(&mut self, key: Key, segment: &Segment<'_>) -> usize {
        while self.slots.len() >= self.connections {
            let Some(oldest) = Rank::ALL.into_iter().find_map(|rank| self.slots.silent_longest(rank)) else { break };
            self.make_room(oldest);
        }
        self.gone.forget(&key);
        self.generation += 1;
        let ends = self.ends_of(segment);
        let first = segment.at();
        let ticket = self.follower.begun(&ends, first);
        let opening = Opening::new(&key, &ends, segment);
        #[cfg(test)]
        let opening = opening.filter(|_| !self.eager);
        if let Some(opening) = opening {
            let entry = Entry { generation: self.generation, ticket, stage: Stage::Opening(opening) };
            let rank = entry.rank();
            return self.slots.insert(key, rank, entry);
        }
        self.make_room_to_speak();
        let connection = Connection::new(ends, segment);
        let listener = self.follower.listen(ticket, &ends, first);
        let stage = Stage::Followed(Box::new(Followed::new(connection, listener)));
        let index = self.slots.insert(key, Rank::Followed, Entry { generation: self.generation, ticket, stage });
        self.hand_in(index, segment);
        index
    }

    /// From now on somebody listens to the connection at `index`.
    fn follow(&mut self, index: usize) {
        self.make_room_to_speak();
        let Some((key, _)) = self.slots.key(index) else { return };
        let Some(entry) = self.slots.get_mut(index) else { return };
        let Stage::Opening(opening) = &entry.stage else { return };
        let mut listener = self.follower.listen(entry.ticket, &opening.ends(&key), opening.first());
        let connection = opening.connection(&key, &mut listener, &mut self.limits_hit);
        entry.stage = Stage::Followed(Box::new(Followed::new(connection, listener)));
    }

    fn make_room_to_speak(&mut self) {
        while Rank::SPEAKING.into_iter().map(|rank| self.slots.of_rank(rank)).sum::<usize>() >= self.speaking {
            let oldest = Rank::SPEAKING.into_iter().find_map(|rank| self.slots.silent_longest(rank));
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

    /// Another segment of the connection at `index`.
    fn add(&mut self, key: Key, index: usize, segment: &Segment<'_>) {
        if let Some(Entry { stage: Stage::Opening(opening), .. }) = self.slots.get_mut(index) {
            if opening.takes(&key, segment) {
                return self.touch(index);
            }
            self.follow(index);
        }
        self.hand_in(index, segment);
    }

    fn touch(&mut self, index: usize) {
        if let Some(rank) = self.slots.get(index).map(Entry::rank) {
            self.slots.touch(index, rank);
        }
    }

    fn hand_in(&mut self, index: usize, segment: &Segment<'_>) {
        let Some(entry) = self.slots.get_mut(index) else { return };
        let generation = entry.generation;
        let Some(followed) = entry.followed_mut() else { return };
        followed.connection.segment(segment, &mut followed.listener, &mut self.limits_hit);
        let is_over = followed.connection.is_over();
        let over = is_over && !followed.lingers;
        // A RST that turned out to be forged ends nothing.
        followed.lingers = is_over;
        self.touch(index);
        self.note_waiting(index);
        self.note_remembered(index);
        while self.waiting_cost > self.waiting_bytes {
            let Some(followed) = self.slots.get_mut(index).and_then(Entry::followed_mut) else { break };
            if !followed.connection.force(&mut followed.listener) {
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

    fn note_waiting(&mut self, index: usize) {
        let Some(followed) = self.slots.get_mut(index).and_then(Entry::followed_mut) else { return };
        let cost = followed.connection.waiting_cost();
        if cost == followed.waiting_cost {
            return;
        }
        self.waiting_cost = self.waiting_cost - followed.waiting_cost + cost;
        followed.waiting_cost = cost;
        if cost == 0 {
            self.waiting.remove(&index);
        } else {
            self.waiting.insert(index);
        }
    }

    /// Keeps the bytes that connections remember within bounds: who began first forgets first.
    fn note_remembered(&mut self, index: usize) {
        let Some(entry) = self.slots.get_mut(index) else { return };
        let generation = entry.generation;
        let Some(followed) = entry.followed_mut() else { return };
        let cost = followed.connection.remembered();
        if cost > 0 && !std::mem::replace(&mut followed.remembers, true) {
            self.remembering.push_back((index, generation));
        }
        self.remembered = self.remembered - followed.remembered + cost;
        followed.remembered = cost;
        let slots = &mut self.slots;
        while self.remembered > self.history_bytes
            && let Some((index, generation)) = self.remembering.pop_front()
        {
            let entry = slots.get_mut(index).filter(|entry| entry.generation == generation);
            if let Some(followed) = entry.and_then(Entry::followed_mut) {
                followed.connection.forget();
                followed.remembers = false;
                self.remembered -= std::mem::take(&mut followed.remembered);
            }
        }
        if self.remembering.len() > 2 * self.slots.len() + LINGERING {
            let slots = &self.slots;
            self.remembering
                .retain(|&(index, generation)| slots.get(index).is_some_and(|entry| entry.generation == generation));
        }
    }
}
