//! What waits in a connection: until when, and that it does not wait for ever.

use super::Connection;
use crate::capture::Time;
use crate::flow::{PacketRef, StreamHandler};

impl Connection {
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
