//! The messages of the selected mailbox, as far as they are known: their UID and number, and their size.

use crate::limits::{PARTIAL_SIZES, of_tree};
use crate::protocol::event::MessageStart;
use std::collections::BTreeMap;

/// A message of the mailbox, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageRef {
    pub uid: Option<u64>,
    /// Absent once messages may have been renumbered.
    pub number: Option<u64>,
}

impl MessageRef {
    /// As a FETCH response names it.
    pub fn of(start: &MessageStart) -> Self {
        Self { uid: start.uid, number: start.number }
    }

    /// True where both are surely the same message.
    pub fn is(self, other: Self) -> bool {
        match (self.uid, other.uid) {
            (Some(one), Some(other)) => one == other,
            _ => self.number.is_some() && self.number == other.number,
        }
    }

    /// Message `gone` has been expunged: those after it move up (RFC 3501, section 7.4.1).
    pub fn expunge(&mut self, gone: u64) {
        self.number = self.number.filter(|&number| number != gone);
        if let Some(number) = self.number.as_mut().filter(|number| **number > gone) {
            *number -= 1;
        }
    }
}

/// RFC822.SIZE of messages, by UID and by number.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    by_uid: BTreeMap<u64, u64>,
    by_number: BTreeMap<u64, u64>,
    /// Some sizes were not kept.
    full: bool,
}

impl Sizes {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        of_tree(self.by_uid.len() + self.by_number.len(), size_of::<(u64, u64)>())
    }

    /// The size that the server has sent for it.
    pub fn of(&self, name: MessageRef) -> Option<u64> {
        let by_uid = name.uid.and_then(|uid| self.by_uid.get(&uid));
        by_uid.or_else(|| self.by_number.get(&name.number?)).copied()
    }

    /// Remembers a size.
    pub fn put(&mut self, name: MessageRef, size: u64) {
        if self.by_uid.len() + self.by_number.len() + 2 > PARTIAL_SIZES {
            self.full = true;
            return;
        }
        name.uid.into_iter().for_each(|uid| _ = self.by_uid.insert(uid, size));
        name.number.into_iter().for_each(|number| _ = self.by_number.insert(number, size));
    }

    /// Messages may have other numbers now.
    pub fn renumbered(&mut self) {
        self.by_number.clear();
    }

    /// True where some sizes were not kept.
    pub fn is_full(&self) -> bool {
        self.full
    }
}
