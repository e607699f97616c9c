//! What has crossed and cannot be read yet, in its order.

use crate::flow::{PacketRef, Side};
use crate::protocol::secret::Raw;
use std::collections::VecDeque;

/// Input that waits.
#[derive(Debug)]
pub enum Held {
    /// Bytes of one packet, and how many of them have been read.
    Data(Side, Raw<Vec<u8>>, usize, PacketRef),
    /// This many bytes are missing.
    Gap(Side, u64, PacketRef),
}

impl Held {
    /// The side that sent it.
    fn from(&self) -> Side {
        let (Self::Data(from, ..) | Self::Gap(from, ..)) = self;
        *from
    }
}

/// All that waits.
#[derive(Debug, Default)]
pub struct Waiting {
    held: VecDeque<Held>,
    bytes: usize,
}

impl Waiting {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.held.capacity() * size_of::<Held>() + self.bytes
    }

    /// Bytes that have come since nothing waited, with what it takes to hold them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Something waits whose sender `is_one`.
    pub fn has(&self, is_one: impl Fn(Side) -> bool) -> bool {
        self.held.iter().any(|held| is_one(held.from()))
    }

    /// Adds what has come.
    pub fn push(&mut self, held: Held) {
        self.bytes += match &held {
            Held::Data(_, bytes, ..) => bytes.len() + size_of::<Held>(),
            Held::Gap(..) => size_of::<Held>(),
        };
        self.held.push_back(held);
    }

    /// Takes the first whose sender `goes`. What is left of it is to be [put back](Self::put_back).
    pub fn take(&mut self, goes: impl Fn(Side) -> bool) -> Option<Held> {
        let place = self.held.iter().position(|held| goes(held.from()))?;
        let held = self.held.remove(place);
        if self.held.is_empty() {
            self.bytes = 0;
        }
        held
    }

    /// Puts back what is left of what was taken last.
    pub fn put_back(&mut self, held: Held) {
        self.held.push_front(held);
    }
}
