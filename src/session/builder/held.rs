//! What a builder holds.

use super::packed::Packed;
use crate::session::model::{Credential, Step};

/// What a builder holds, as if nothing of it were packed.
#[derive(Debug, Default)]
pub struct Held {
    /// Texts of steps, and what is read from them.
    pub texts: usize,
    /// What else the steps, logins and messages have on the heap, and the facts of the session.
    pub rest: usize,
    /// Readers of the messages whose content has not ended.
    pub readers: usize,
    /// What the steps and logins that are not packed have on the heap.
    pub unpacked: usize,
    /// It was asked to let go of something: it reserves no more than it needs, and packs.
    pub frugal: bool,
    /// No further steps are kept.
    pub closed: bool,
}

/// What of a session is packed: the first of each.
#[derive(Debug, Default)]
pub struct PackedParts {
    pub steps: Packed<Step>,
    pub credentials: Packed<Credential>,
    pub unheeded: Packed<Credential>,
}

impl PackedParts {
    /// Bytes that all of it takes.
    pub fn weight(&self) -> usize {
        self.steps.weight() + self.credentials.weight() + self.unheeded.weight()
    }

    /// Bytes that its elements had on the heap before they were packed, without their own sizes.
    pub fn was_on_heap(&self) -> usize {
        self.steps.was_on_heap() + self.credentials.was_on_heap() + self.unheeded.was_on_heap()
    }
}
