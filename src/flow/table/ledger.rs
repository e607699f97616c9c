//! What the stream handlers of a table hold, and which of them can let go of most.

use std::collections::BTreeSet;

/// Classes of connections by what they can let go of: powers of two. Those of class 0 can let go of nothing that is
/// worth the while.
const CLASSES: usize = usize::BITS as usize + 1;
/// The least that is worth the while, in bytes.
const LEAST: usize = 64;

/// What the stream handlers of a table hold.
pub struct Ledger {
    /// Bytes that all of the table may hold.
    pub share: usize,
    /// Bytes that the stream handlers hold.
    pub held: usize,
    /// Slots of the connections that can let go of something, by class.
    classes: Vec<BTreeSet<usize>>,
    /// The highest class that may have one.
    highest: usize,
    /// How often a stream handler was asked to let go of something.
    #[cfg(test)]
    pub asked: usize,
}

impl Ledger {
    /// Nothing is held of `share` bytes.
    pub fn new(share: usize) -> Self {
        Self {
            share,
            held: 0,
            classes: vec![BTreeSet::new(); CLASSES],
            highest: 0,
            #[cfg(test)]
            asked: 0,
        }
    }

    /// The connection in the slot `index` is over.
    pub fn remove(&mut self, index: usize, held: usize, class: u8) {
        self.held -= held;
        self.reclass(index, class, 0);
    }

    /// The connection in the slot `index` changes its class.
    pub fn reclass(&mut self, index: usize, before: u8, class: u8) {
        if before == class {
            return;
        }
        if before > 0
            && let Some(slots) = self.classes.get_mut(usize::from(before))
        {
            slots.remove(&index);
        }
        if class > 0
            && let Some(slots) = self.classes.get_mut(usize::from(class))
        {
            slots.insert(index);
            self.highest = self.highest.max(usize::from(class));
        }
    }

    /// The slot of a connection that can let go of most, by class.
    pub fn largest(&mut self) -> Option<usize> {
        loop {
            if let Some(&index) = self.classes.get(self.highest)?.first() {
                return Some(index);
            }
            self.highest = self.highest.checked_sub(1)?;
        }
    }
}

/// The class of a connection that can let go of `spare` bytes.
pub fn class_of(spare: usize) -> u8 {
    if spare < LEAST { 0 } else { (usize::BITS - spare.leading_zeros()) as u8 }
}
