//! Bytes that are set aside until it is clear what they are: those that a client sends after it has announced a literal
//! and before the server has asked for it, and those that may follow a body that is shorter than announced.

use crate::flow::PacketRef;
use crate::limits::{EARLY_LITERAL_BYTES, PACKETS_PER_STEP, of_list, of_queue};
use crate::protocol::framing::Input;
use crate::protocol::secret::Raw;
use std::collections::VecDeque;

/// Bytes, and the packets that they came in.
#[derive(Debug, Default)]
pub(super) struct Early {
    bytes: Raw<Vec<u8>>,
    /// Bytes before this one have been read.
    start: usize,
    /// Where in `bytes` the bytes of a packet end.
    packets: VecDeque<(usize, PacketRef)>,
}

impl Early {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_list(&self.bytes) + of_queue(&self.packets)
    }

    /// Sets aside what there is room for of `input`.
    pub fn fill(&mut self, input: &mut Input<'_>) {
        if input.is_empty() || self.is_full() {
            return;
        }
        let room = EARLY_LITERAL_BYTES - self.rest().len();
        self.bytes.extend_from_slice(input.take(room));
        let end = self.bytes.len();
        match self.packets.back_mut() {
            Some((last, at)) if at.packet == input.at.packet => *last = end,
            _ => self.packets.push_back((end, input.at)),
        }
    }

    /// What has not been read.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// True where there is no room for more.
    pub fn is_full(&self) -> bool {
        self.rest().len() >= EARLY_LITERAL_BYTES || self.packets.len() >= PACKETS_PER_STEP
    }

    /// The unread bytes of the first packet that has any.
    pub fn packet(&self) -> Option<Input<'_>> {
        let &(end, at) = self.packets.front()?;
        Some(Input::new(self.bytes.get(self.start..end)?, at))
    }

    /// Keeps the first `count` bytes that have not been read, and returns the others.
    pub fn split_off(&mut self, count: usize) -> Self {
        let Self { bytes, start, packets } = std::mem::take(self);
        let (mut others, mut begin) = (Self::default(), start);
        for (packet_end, at) in packets {
            let cut = (start + count).clamp(begin, packet_end);
            self.fill(&mut Input::new(bytes.get(begin..cut).unwrap_or_default(), at));
            others.fill(&mut Input::new(bytes.get(cut..packet_end).unwrap_or_default(), at));
            begin = packet_end;
        }
        others
    }

    /// `count` bytes of the first packet have been read.
    pub fn pass(&mut self, count: usize) {
        self.start += count;
        while self.packets.front().is_some_and(|&(end, _)| end <= self.start) {
            self.packets.pop_front();
        }
    }
}
