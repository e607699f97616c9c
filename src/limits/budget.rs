//! How the memory of a run is shared out.

use super::MEMORY_BYTES;
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// What may be asked for, in MiB.
pub const MEMORY_MIB: RangeInclusive<u32> = 64..=1_048_576;

/// Parts that a budget is counted in.
const PARTS: usize = 16;
/// Parts of the connections that are followed.
const OPEN: usize = 12;
/// Parts of the sessions that wait to be shown.
const ENDED: usize = 2;
/// Parts of what waits to be decoded: fragments, and packets out of order.
const UNREAD: usize = PARTS - OPEN - ENDED;

/// How many bytes of what a run holds are allowed: one sum, in three fixed shares, none of which borrows from another. So
/// what one stage lets go of does not depend on how far another has come, and output is the same for any number of
/// threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of_bytes(MEMORY_BYTES)
    }
}

impl Budget {
    /// A budget of so many MiB, brought into [`MEMORY_MIB`].
    pub fn of_mib(mib: u32) -> Self {
        let mib = mib.clamp(*MEMORY_MIB.start(), *MEMORY_MIB.end());
        Self::of_bytes((mib as usize).saturating_mul(1 << 20))
    }

    /// All of it, in MiB.
    pub fn mib(self) -> u32 {
        u32::try_from(self.bytes >> 20).unwrap_or(u32::MAX)
    }

    /// A budget of any size.
    pub const fn of_bytes(bytes: usize) -> Self {
        Self { bytes }
    }

    /// For all connections that are followed, and their sessions.
    pub const fn open(self) -> usize {
        self.bytes / PARTS * OPEN
    }

    /// For the sessions that are over and wait to be shown.
    pub const fn ended(self) -> usize {
        self.bytes / PARTS * ENDED
    }

    /// For what is held before it is followed: fragments of IP datagrams, packets that are put in the order of their
    /// times.
    pub const fn unread(self) -> usize {
        self.bytes / PARTS * UNREAD
    }

    /// For fragments of IP datagrams, of that.
    pub const fn fragments(self) -> usize {
        self.unread() / 2
    }

    /// For packets that are put in the order of their times, of that.
    pub const fn order(self) -> usize {
        self.unread() / 2
    }
}

/// Bytes that a piece of `bytes` on the heap takes: those of the allocator's own with it, in steps of sixteen.
pub const fn heap(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=24 => 32,
        more => more.saturating_add(8 + 15) & !15,
    }
}

/// Bytes that `queue` takes on the heap, without what its elements have there.
pub fn of_queue<T>(queue: &VecDeque<T>) -> usize {
    heap(queue.capacity().saturating_mul(size_of::<T>()))
}

/// Bytes that `many` elements of a map or set take on the heap, whose keys and values have `each`.
pub const fn of_tree(many: usize, each: usize) -> usize {
    // The nodes of the standard library's trees are two thirds full.
    many.saturating_mul(each + each / 2 + 8)
}

/// Bytes that `list` takes on the heap, without what its elements have there.
pub const fn of_list<T>(list: &Vec<T>) -> usize {
    heap(list.capacity().saturating_mul(size_of::<T>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_costs_more_than_its_bytes() {
        assert_eq!([0, 1, 24, 25, 40, 41].map(heap), [0, 32, 32, 48, 48, 64]);
        assert_eq!(heap(usize::MAX), usize::MAX & !15);
    }

    #[test]
    fn the_shares_make_the_whole() {
        for mib in [64, 512, 1_000, 1_048_576] {
            let budget = Budget::of_mib(mib);
            assert_eq!(budget.open() + budget.ended() + budget.unread(), (mib as usize) << 20);
        }
        assert_eq!(Budget::default().open(), 384 << 20);
        assert_eq!(Budget::of_mib(0), Budget::of_mib(64));
    }
}
