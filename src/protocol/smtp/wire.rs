//! Where on the wire a piece of content was.

use super::Subject;
use super::client::smtp;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::event::{Kind, Packets, Sink, Step, StepId};

/// The wire of a piece of content: how much, and in which packets.
#[derive(Debug, Default)]
pub(super) struct Wire {
    bytes: u64,
    first: u64,
    last: u64,
    time: Time,
}

impl Wire {
    /// Adds `bytes` that came in packet `at`.
    pub(super) fn add(&mut self, bytes: u64, at: PacketRef) {
        if self.first == 0 {
            self.first = at.packet;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.last = at.packet;
        self.time = at.time;
    }

    /// Tells the step that shows it; none where nothing of it was seen.
    pub(super) fn tell(&self, subject: Subject, out: &mut dyn Sink) -> Option<StepId> {
        if self.first == 0 {
            return None;
        }
        let mut packets = Packets::one(self.first);
        packets.add(self.last);
        Some(out.step(Step::of(Side::Client, Kind::Data, smtp(subject), self.time, packets, self.bytes)))
    }
}
