//! What the stream handlers of a table hold, and which of them can let go of most.

use std::collections::BTreeSet;

/// Powers of two.
const POWERS: u32 = usize::BITS;
/// Classes of connections by what they can let go of. Those of class 0 can let go of nothing that is worth the while;
/// the others by powers of two: first those that lose something by it, then those that can put what they hold into less
/// room.
const CLASSES: usize = 2 * POWERS as usize + 1;
/// The least that is worth the while, in bytes.
const LEAST: usize = 64;

/// What the stream handlers of a table hold.
pub struct Ledger {
    /// Bytes that all of the table may hold.
    pub share: usize,
    /// Bytes that the stream handlers hold, as far as they were noted.
    pub held: usize,
    /// What each holds is noted after each of its segments. That is not needed as long as all of the table is far from
    /// its share.
    pub exact: bool,
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
            exact: false,
            classes: Vec::new(),
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

    /// What the connection in the slot `index` can let go of has changed from the class `before` to `class`.
    pub fn reclass(&mut self, index: usize, before: u8, class: u8) {
        if before == class {
            return;
        }
        if before > 0
            && let Some(slots) = self.classes.get_mut(usize::from(before))
        {
            slots.remove(&index);
        }
        // Most tables never have one.
        if class > 0 && self.classes.is_empty() {
            self.classes.resize(CLASSES, BTreeSet::new());
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

/// The class of a connection that can put `packable` bytes into less room, and let go of `spare` bytes in all.
pub fn class_of(packable: usize, spare: usize) -> u8 {
    let power = |bytes: usize| if bytes < LEAST { 0 } else { usize::BITS - bytes.leading_zeros() };
    let class = match power(packable) {
        0 => power(spare),
        power => POWERS + power,
    };
    class as u8
}
