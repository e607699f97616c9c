//! What the channel calls: both roles of a session, whichever side has which.

use super::dialogue::Dialogue;
use crate::flow::{PacketRef, Side};
use crate::protocol::event::Sink;
use crate::protocol::framing::Input;
use crate::protocol::{self, Upgrade};

impl protocol::Dialogue for Dialogue {
    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        while !input.is_empty() && self.upgrade.is_none() {
            self.roles.with(from, out, |from, out| self.hear(from, input, out));
        }
        self.take_upgrade()
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade> {
        self.roles.with(from, out, |from, out| self.gap_of_role(from, missing, at, out));
        self.take_upgrade()
    }

    fn last_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.gap(from, missing, at, out);
    }

    fn beginning(&mut self, seen: bool) {
        self.from_start = seen;
    }

    fn header_passed(&mut self, version: u8) {
        self.replies.header_passed(version);
    }

    fn gap_in_tls(&mut self, _: Side, _: &mut dyn Sink) {
        self.has_gaps |= self.begun;
    }

    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        self.roles.with(Side::Client, out, |_, out| self.finish(out));
        self.take_upgrade()
    }

    fn held(&self) -> usize {
        let Self { line, reply_line, deferred, queue, replies, transaction, .. } = self;
        line.held() + reply_line.held() + deferred.held() + queue.held() + replies.held() + transaction.held()
    }
}
