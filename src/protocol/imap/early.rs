//! What a client sends after it has announced a literal, and before the server has asked for it.

use crate::flow::PacketRef;
use crate::limits::{EARLY_LITERAL_BYTES, PACKETS_PER_STEP};
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

    /// `count` bytes of the first packet have been read.
    pub fn pass(&mut self, count: usize) {
        self.start += count;
        while self.packets.front().is_some_and(|&(end, _)| end <= self.start) {
            self.packets.pop_front();
        }
    }
}
