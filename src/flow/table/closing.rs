//! How connections are closed: because they are over, have been silent for too long, or the capture has ended.

use super::entry::{Ending, Entry, Followed, Probe, Stage};
use super::{LINGER_NANOSECONDS, Table};
use crate::flow::challenge::Challenge;
use crate::flow::connection::Connection;
use crate::flow::opening::Opening;
use crate::flow::slots::Rank;
use crate::flow::{Follower, Key};
use crate::limits::LimitsHit;

/// Connections given up in one tick because they were silent for too long: as many as can begin in one batch, so that a
/// million SYNs of one second do not become sessions all at once when their time is up.
const EXPIRED_PER_TICK: usize = 8_192;

impl<F: Follower> Table<F> {
    /// The capture has ended: so have all connections, in the order of their first packets.
    pub fn finish(&mut self) {
        while self.finish_next() {}
    }

    /// The first packet of the connection that [`Table::finish_next`] closes next.
    pub fn next_to_finish(&mut self) -> Option<u64> {
        self.ending().last().map(|(packet, ..)| *packet)
    }

    /// The capture has ended: so has the connection that began first, of those that are left. False where none is.
    pub fn finish_next(&mut self) -> bool {
        match self.ending().pop() {
            None => return false,
            Some((_, _, Ending::Challenge(challenge))) => self.unanswered(&challenge),
            Some((_, _, Ending::Connection(index))) => {
                // What the last tick left for later was over then.
                let idle = self.ticked.is_some_and(|ticked| self.is_idle(index, ticked));
                self.close(index, idle);
            }
        }
        true
    }

    /// What is to be closed at the end, made when that is first asked for.
    fn ending(&mut self) -> &mut Vec<(u64, u64, Ending)> {
        let Self { ending, slots, .. } = self;
        ending.get_or_insert_with(|| {
            let mut all: Vec<(u64, u64, Ending)> = slots
                .used()
                .map(|(index, entry)| (entry.first_packet(), entry.generation, Ending::Connection(index)))
                .collect();
            for n in 0..all.len() {
                if let Some(&(_, _, Ending::Connection(index))) = all.get(n)
                    && let Some(followed) = slots.get_mut(index).and_then(Entry::followed_mut)
                    && let Some(challenge) = followed.challenge.take()
                {
                    // Told of last among those of one packet.
                    all.push((challenge.segment().header.packet, u64::MAX, Ending::Challenge(challenge)));
                }
            }
            all.sort_by_key(|&(packet, generation, _)| std::cmp::Reverse((packet, generation)));
            all
        })
    }

    /// Closes what has lingered or been silent for long enough.
    pub(super) fn expire(&mut self) {
        while let Some(&(index, generation)) = self.lingering.front() {
            let waits = self
                .lingering(index, generation)
                .is_some_and(|followed| self.now.since(followed.connection.last_time()) < LINGER_NANOSECONDS);
            if waits {
                break;
            }
            self.close_first_lingering();
        }
        let mut left = EXPIRED_PER_TICK;
        for rank in Rank::ALL {
            while left > 0
                && let Some(index) = self.slots.silent_longest(rank)
                && self.is_idle(index, self.now)
            {
                self.close(index, true);
                left -= 1;
            }
        }
    }

    fn lingering(&self, index: usize, generation: u64) -> Option<&Followed<F::Listener>> {
        let entry = self.slots.get(index).filter(|entry| entry.generation == generation)?;
        entry.followed().filter(|followed| followed.lingers)
    }

    pub(super) fn close_first_lingering(&mut self) {
        let Some((index, generation)) = self.lingering.pop_front() else { return };
        if self.lingering(index, generation).is_some() {
            self.close(index, false);
        }
    }

    pub(super) fn close(&mut self, index: usize, idle: bool) {
        self.waiting.remove(&index);
        let Some((key, Entry { ticket, stage, .. })) = self.slots.remove(index) else { return };
        match stage {
            Stage::Opening(opening) => self.close_opening(&key, &opening, ticket, idle),
            Stage::Followed(followed) => {
                let Followed { connection, mut listener, lingers, waiting_cost, remembered, challenge, .. } = *followed;
                self.waiting_cost -= waiting_cost;
                self.remembered -= remembered;
                if lingers {
                    self.gone.add(key, connection.ends().client, connection.highest());
                }
                let transport = connection.finish(idle, &mut listener);
                self.follower.over(listener, transport);
                if let Some(challenge) = challenge {
                    self.unanswered(&challenge);
                }
            }
        }
    }

    fn close_opening(&mut self, key: &Key, opening: &Opening, ticket: F::Ticket, idle: bool) {
        let mut probe = Probe::default();
        let connection = opening.connection(key, &mut probe, &mut LimitsHit::default());
        let transport = connection.finish(idle, &mut probe);
        if !probe.heard {
            return self.follower.unheard(ticket, transport);
        }
        // An acknowledgement told of bytes that the capture does not have.
        let mut listener = self.follower.listen(ticket, &opening.ends(key), opening.first());
        let connection = opening.connection(key, &mut listener, &mut self.limits_hit);
        let transport = connection.finish(idle, &mut listener);
        self.follower.over(listener, transport);
    }

    /// A SYN in the middle of a connection that nothing came of.
    pub(super) fn unanswered(&mut self, challenge: &Challenge) {
        let syn = challenge.segment();
        let (ends, first) = (self.ends_of(&syn), syn.at());
        let ticket = self.follower.begun(&ends, first);
        let mut listener = self.follower.listen(ticket, &ends, first);
        let mut connection = Connection::new(ends, &syn);
        connection.segment(&syn, &mut listener, &mut self.limits_hit);
        let transport = connection.finish(true, &mut listener);
        self.follower.over(listener, transport);
    }
}
