/*!
What the connections of a table hold, all of them together, and what goes where that is too much.

The sum has the connections themselves, the bytes that wait and those that are remembered, and what the stream handlers
hold. Where it exceeds the table's share, this goes, in this order, until the rest fits:

1. the bytes kept to compare retransmissions with, down to a small rest;
2. waiting for bytes that are missing, where what waits takes more than half of the share;
3. what the stream handlers can put into less room, and only then what they can lose, the one that can spare most being
   asked first, again and again;
4. connections: the one at hand where it alone takes more than half of the share, else the one that has been silent
   longest.

A table sees its segments in the order of packets, and its share does not depend on other tables. So what goes is the
same for any number of threads.
*/

use super::entry::{Entry, Followed};
use super::ledger::class_of;
use super::{ConnectionStore, LINGERING, Rank, Table};
use crate::flow::{ConnectionHandler, StreamHandler};
use crate::limits::{Limit, heap};

/// The part of the share down to which delivered bytes are forgotten.
const HISTORY_PART: usize = 32;
/// The part of the share from which on what is held is noted exactly. Below it there are so few connections that the rest
/// of the share has room for what was not noted.
const EXACT_PART: usize = 16;

impl<F: ConnectionHandler> Table<F> {
    /// Bytes that a connection takes that has a stream handler, beside its slot and what is counted as held.
    const FOLLOWED: usize = heap(size_of::<Followed<F::StreamHandler>>());

    /// Bytes that all of the table holds.
    #[inline]
    fn taken(&self) -> usize {
        let speaking: usize = Rank::SPEAKING.into_iter().map(|rank| self.store.of_rank(rank)).sum();
        self.store.len() * ConnectionStore::<Entry<F>>::COST
            + speaking * Self::FOLLOWED
            + self.waiting_cost
            + self.remembered
            + self.ledger.held
    }

    /// Keeps the bytes that connections remember within bounds: the connection that began to remember first forgets
    /// first.
    pub(super) fn note_remembered(&mut self, index: usize) {
        let Some(entry) = self.store.get_mut(index) else { return };
        let generation = entry.generation;
        let Some(followed) = entry.followed_mut() else { return };
        let cost = followed.connection.remembered();
        if cost == followed.remembered && self.remembered <= self.history_bytes {
            return;
        }
        if cost > 0 && !std::mem::replace(&mut followed.remembers, true) {
            self.remembering.push_back((index, generation));
        }
        self.remembered = self.remembered - followed.remembered + cost;
        followed.remembered = cost;
        self.forget_down_to(self.history_bytes);
        if self.remembering.len() > 2 * self.store.len() + LINGERING {
            let store = &self.store;
            self.remembering
                .retain(|&(index, generation)| store.get(index).is_some_and(|entry| entry.generation == generation));
        }
    }

    /// Forgets delivered bytes until no more than `bytes` of them are kept.
    fn forget_down_to(&mut self, bytes: usize) {
        while self.remembered > bytes
            && let Some((index, generation)) = self.remembering.pop_front()
        {
            let entry = self.store.get_mut(index).filter(|entry| entry.generation == generation);
            if let Some(followed) = entry.and_then(Entry::followed_mut) {
                followed.connection.forget();
                followed.remembers = false;
                self.remembered -= std::mem::take(&mut followed.remembered);
            }
        }
    }

    /// Notes what all hold, where `taken` shows that from now on it must be known exactly.
    fn choose_exactness(&mut self, taken: usize) {
        let enough = self.ledger.share / EXACT_PART;
        if self.ledger.exact {
            self.ledger.exact = taken > enough / 2;
        } else if taken > enough {
            self.ledger.exact = true;
            let all: Vec<usize> = self.store.used().map(|(index, _)| index).collect();
            all.into_iter().for_each(|index| self.note_held(index));
        }
    }

    /// Notes what the connection at `index` and its stream handler hold.
    pub(super) fn note_held(&mut self, index: usize) {
        let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else { return };
        let handler = &followed.stream_handler;
        let (held, class) = (handler.held(), class_of(handler.packable(), handler.spare()));
        let held = held + followed.connection.held();
        self.ledger.held = self.ledger.held - followed.held + held;
        followed.held = held;
        let before = std::mem::replace(&mut followed.class, class);
        self.ledger.reclass(index, before, class);
    }

    /// Whether so much waits that waiting is to be given up.
    pub(super) fn waits_too_much(&self) -> bool {
        self.waiting_cost > self.waiting_bytes
            || (self.waiting_cost > self.ledger.share / 2 && self.taken() > self.ledger.share)
    }

    /// Lets go of what is too much. `at_hand` is the connection whose packet came last.
    #[inline]
    pub(super) fn keep_within_memory(&mut self, at_hand: Option<usize>) {
        let taken = self.taken();
        // After nearly all segments there is far more room than is taken.
        if self.ledger.exact || taken > self.ledger.share / EXACT_PART {
            self.make_room_for(taken, at_hand);
        }
    }

    /// The same, where memory may be short.
    #[cold]
    fn make_room_for(&mut self, taken: usize, at_hand: Option<usize>) {
        self.choose_exactness(taken);
        if taken <= self.ledger.share {
            return;
        }
        self.forget_down_to(self.ledger.share / HISTORY_PART);
        while self.taken() > self.ledger.share
            && let Some(index) = self.ledger.largest()
        {
            self.ask_to_let_go(index);
        }
        while self.taken() > self.ledger.share
            && let Some(index) = self.to_be_given_up(at_hand)
        {
            self.limits_hit.hit(Limit::Connections);
            self.close(index, true);
        }
    }

    fn ask_to_let_go(&mut self, index: usize) {
        let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) else { return };
        let before = followed.stream_handler.spare();
        followed.stream_handler.let_go();
        let progress = followed.stream_handler.spare() < before;
        #[cfg(test)]
        {
            self.ledger.asked += 1;
        }
        self.note_held(index);
        // One that keeps what it said it can spare is not asked again before its next packet.
        if !progress && let Some(followed) = self.store.get_mut(index).and_then(Entry::followed_mut) {
            let class = std::mem::take(&mut followed.class);
            self.ledger.reclass(index, class, 0);
        }
    }

    /// The connection that is given up next, where nothing else can go.
    fn to_be_given_up(&self, at_hand: Option<usize>) -> Option<usize> {
        let is_most = |&index: &usize| {
            let followed = self.store.get(index).and_then(Entry::followed);
            followed.is_some_and(|followed| followed.held + followed.waiting_cost > self.ledger.share / 2)
        };
        let silent_longest = |ranks: &[Rank]| ranks.iter().find_map(|&rank| self.store.silent_longest(rank));
        at_hand.filter(is_most).or_else(|| silent_longest(&Rank::SPEAKING)).or_else(|| silent_longest(&Rank::ALL))
    }
}
