//! How the memory of a run is shared out.

use std::ops::RangeInclusive;

/// MiB of a run's memory where nothing else is asked for.
pub const MEMORY_MIB: usize = 512;
/// What may be asked for, in MiB.
pub const MEMORY_MIB_RANGE: RangeInclusive<usize> = 64..=1_048_576;

/// Parts that a budget is counted in.
const PARTS: usize = 16;
/// Parts of the connections that are followed.
const OPEN: usize = 11;
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
        Self::of_mib(MEMORY_MIB)
    }
}

impl Budget {
    /// A budget of so many MiB, brought into [`MEMORY_MIB_RANGE`].
    pub fn of_mib(mib: usize) -> Self {
        Self::of_bytes(mib.clamp(*MEMORY_MIB_RANGE.start(), *MEMORY_MIB_RANGE.end()).saturating_mul(1 << 20))
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
}

/// Bytes that a piece of `bytes` on the heap takes: those of the allocator's own with it, in steps of sixteen.
pub const fn heap(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        ..=24 => 32,
        more => more.saturating_add(8 + 15) & !15,
    }
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
            assert_eq!(budget.open() + budget.ended() + budget.unread(), mib << 20);
        }
        assert_eq!(Budget::default().open(), 352 << 20);
        assert_eq!(Budget::of_mib(0), Budget::of_mib(64));
    }
}
