//! How connections are closed: they are over, have been silent for too long, or the capture has ended.

use super::entry::{Ending, Entry, Followed, Probe, Stage};
use super::{LINGER_NANOSECONDS, Table};
use crate::capture::Time;
use crate::flow::connection::Connection;
use crate::flow::embryonic::Embryonic;
use crate::flow::pending_syn::PendingSyn;
use crate::flow::store::Rank;
use crate::flow::{ConnectionHandler, Key};
use crate::limits::LimitsHit;

/// Connections given up in one tick because they were silent for too long: as many as can begin in one batch, so that a
/// million SYNs of one second do not become sessions all at once when their time is up.
const EXPIRED_PER_TICK: usize = 8_192;

impl<F: ConnectionHandler> Table<F> {
    /// The capture has ended: closes all connections, in the order of their first packets.
    pub fn finish(&mut self) {
        while self.finish_next() {}
    }

    /// The first packet of the connection that [`Table::finish_next`] closes next.
    pub fn next_to_finish(&mut self) -> Option<u64> {
        self.ending().last().map(|(packet, ..)| *packet)
    }

    /// The capture has ended: closes the connection that began first, of those that are left. False where none is.
    pub fn finish_next(&mut self) -> bool {
        match self.ending().pop() {
            None => return false,
            Some((_, _, Ending::PendingSyn(pending_syn))) => self.unanswered(&pending_syn),
            Some((_, _, Ending::Connection(index))) => {
                // A connection that the last tick left for later was idle then.
                let idle = self.ticked.is_some_and(|ticked| self.is_idle(index, ticked));
                self.close(index, idle);
            }
        }
        true
    }

    /// What is to be closed at the end, collected at the first call.
    fn ending(&mut self) -> &mut Vec<(u64, u32, Ending)> {
        let Self { ending, store, .. } = self;
        ending.get_or_insert_with(|| {
            let mut all: Vec<(u64, u32, Ending)> = store
                .used()
                .map(|(index, entry)| (entry.first_packet(), entry.generation, Ending::Connection(index)))
                .collect();
            for n in 0..all.len() {
                if let Some(&(_, _, Ending::Connection(index))) = all.get(n)
                    && let Some(followed) = store.get_mut(index).and_then(Entry::followed_mut)
                    && let Some(pending_syn) = followed.pending_syn.take()
                {
                    // Reported last among the connections of one packet.
                    all.push((pending_syn.segment().header.packet, u32::MAX, Ending::PendingSyn(pending_syn)));
                }
            }
            all.sort_by_key(|&(packet, generation, _)| std::cmp::Reverse((packet, generation)));
            all
        })
    }

    /// Closes connections that are over and have lingered for long enough by `now`, or all that linger.
    pub fn end_lingering(&mut self, now: Option<Time>) {
        while let Some(&(index, generation)) = self.lingering.front() {
            let waits = self
                .lingering(index, generation)
                .zip(now)
                .is_some_and(|(_, now)| self.silent_for(index, now) < LINGER_NANOSECONDS);
            if waits {
                break;
            }
            self.close_first_lingering();
        }
    }

    /// No packet has come for so long that connections which both sides or the server has left are over, whatever is
    /// missing of them. Looks at all connections, once after each pause.
    pub fn end_left(&mut self) {
        if std::mem::replace(&mut self.paused, true) {
            return;
        }
        let left = |entry: &Entry<F>| entry.followed().is_some_and(|followed| followed.connection.is_left());
        let mut over: Vec<(u64, usize)> = self
            .store
            .used()
            .filter(|(_, entry)| left(entry))
            .map(|(index, entry)| (entry.first_packet(), index))
            .collect();
        over.sort_unstable();
        for (_, index) in over {
            self.close(index, false);
        }
    }

    /// Closes connections that have lingered or been silent for long enough.
    pub(super) fn expire(&mut self) {
        self.end_lingering(Some(self.now));
        let mut left = EXPIRED_PER_TICK;
        for rank in Rank::ALL {
            while left > 0
                && let Some(index) = self.store.silent_longest(rank)
                && self.is_idle(index, self.now)
            {
                self.close(index, true);
                left -= 1;
            }
        }
    }

    fn lingering(&self, index: usize, generation: u32) -> Option<&Followed<F::StreamHandler>> {
        let entry = self.store.get(index).filter(|entry| entry.generation == generation)?;
        entry.followed().filter(|followed| followed.lingers)
    }

    pub(super) fn close_first_lingering(&mut self) {
        let Some((index, generation)) = self.lingering.pop_front() else { return };
        if self.lingering(index, generation).is_some() {
            self.close(index, false);
        }
    }

    pub(super) fn close(&mut self, index: usize, idle: bool) {
        let Some((key, Entry { token, stage, .. })) = self.store.remove(index) else { return };
        match stage {
            Stage::Embryonic(embryonic) => {
                self.ledger.held -= embryonic.held();
                self.close_embryonic(&key, &embryonic, token, idle);
            }
            Stage::Followed(followed) => {
                self.deadlines.change(index, followed.deadline, None);
                let Followed {
                    connection,
                    mut stream_handler,
                    lingers,
                    waiting_cost,
                    remembered,
                    pending_syn,
                    held,
                    class,
                    ..
                } = *followed;
                self.waiting_cost -= waiting_cost;
                self.remembered -= remembered;
                self.ledger.remove(index, held, class);
                if lingers {
                    self.time_wait.add(key, &connection);
                }
                let transport = connection.finish(idle, &mut stream_handler);
                self.connection_handler.over(stream_handler, transport);
                if let Some(pending_syn) = pending_syn {
                    self.unanswered(&pending_syn);
                }
            }
        }
    }

    fn close_embryonic(&mut self, key: &Key, embryonic: &Embryonic, token: F::Token, idle: bool) {
        if let Some(transport) = embryonic.unanswered(key) {
            return self.connection_handler.unheard(token, transport);
        }
        let mut probe = Probe::default();
        let connection = embryonic.connection(key, &mut probe, &mut LimitsHit::default());
        let transport = connection.finish(idle, &mut probe);
        if !probe.heard {
            return self.connection_handler.unheard(token, transport);
        }
        // An acknowledgement showed bytes that the capture does not have.
        let mut stream_handler = self.connection_handler.listen(token, &embryonic.endpoints(key), embryonic.first());
        let connection = embryonic.connection(key, &mut stream_handler, &mut self.limits_hit);
        let transport = connection.finish(idle, &mut stream_handler);
        self.connection_handler.over(stream_handler, transport);
    }

    /// Reports a SYN in the middle of a connection, which was never answered, as a connection of its own.
    pub(super) fn unanswered(&mut self, pending_syn: &PendingSyn) {
        let syn = pending_syn.segment();
        let (endpoints, first) = (self.ends_of(&syn), syn.at());
        let token = self.connection_handler.begun(&endpoints, first);
        let mut stream_handler = self.connection_handler.listen(token, &endpoints, first);
        let mut connection = Connection::new(endpoints, &syn);
        connection.segment(&syn, &mut stream_handler, &mut self.limits_hit);
        let transport = connection.finish(true, &mut stream_handler);
        self.connection_handler.over(stream_handler, transport);
    }
}
