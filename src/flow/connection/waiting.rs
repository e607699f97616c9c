//! What a connection holds, and what waits in it: until when, and that it does not wait for ever.

use super::{Connection, Rare};
use crate::capture::Time;
use crate::flow::{PacketRef, Side, StreamHandler};
use crate::limits::heap;

impl Connection {
    /// The memory, in bytes, of what waits to be delivered.
    pub fn waiting_cost(&self) -> usize {
        self.causal.waiting_cost()
    }

    /// Bytes that it has on the heap, beside those that it remembers or that wait.
    pub fn held(&self) -> usize {
        let streams = [Side::Client, Side::Server].map(|side| self.causal.stream(side).held());
        streams.iter().sum::<usize>()
            + self.stalls.held()
            + self.rare.as_ref().map_or(0, |_| heap(size_of::<Rare>()))
            + self.noted.as_ref().map_or(0, |noted| noted.ends.weight())
    }

    /// What is kept of the past, in bytes: what was delivered, and the last packets.
    #[inline]
    pub fn remembered(&self) -> usize {
        self.causal.remembered() + self.duplicates.held()
    }

    /// Forgets what is kept of the past.
    pub fn forget(&mut self) {
        self.causal.forget();
        self.duplicates.forget();
    }

    /// Where both sides have closed the connection, acknowledged all of it, and no packet was captured twice: a copy of its
    /// bytes is hardly to be expected, unless of the last, and of the others digests are kept. Most connections end so, and
    /// linger for a while: their bytes would push out of the processor's cache those of the connections that go on.
    pub fn digest_all_but_last(&mut self) {
        if self.causal.is_finished() && !self.causal.has_copies {
            self.causal.digest_all_but_last();
        }
    }

    /// Delivers what has waited too long as of `now`, though no segment came.
    pub fn wait(&mut self, now: Time, out: &mut impl StreamHandler) {
        self.causal.release(PacketRef { packet: self.last.packet, time: now }, out);
    }

    /// The first time at which [`Connection::wait`] does anything, as long as no segment comes; None where it never does.
    pub fn deadline(&self) -> Option<Time> {
        self.causal.deadline()
    }

    /// Stops waiting for one thing; false where nothing waits.
    pub fn force(&mut self, out: &mut impl StreamHandler) -> bool {
        let forced = self.causal.force(self.last, out);
        self.causal.release(self.last, out);
        forced
    }
}
