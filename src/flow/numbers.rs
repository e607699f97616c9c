//! Numbers of packets, as evidence: the first few and the last.

use crate::limits::of_list;

/// Numbers that are kept beside the last.
const FIRST: usize = 32;

/// Numbers of packets, in the order in which they came: the first 32, and the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(Vec<u64>);

impl Numbers {
    /// Adds a packet.
    pub fn add(&mut self, packet: u64) {
        let room = self.0.len() <= FIRST;
        match self.0.last_mut() {
            Some(last) if *last == packet => {}
            Some(last) if !room => *last = packet,
            _ => self.0.push(packet),
        }
    }

    /// The numbers.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    /// The first.
    pub fn first(&self) -> Option<u64> {
        self.0.first().copied()
    }

    /// The last.
    pub fn last(&self) -> Option<u64> {
        self.0.last().copied()
    }

    /// Bytes that they have on the heap.
    pub fn held(&self) -> usize {
        of_list(&self.0)
    }
}

impl FromIterator<u64> for Numbers {
    fn from_iter<T: IntoIterator<Item = u64>>(packets: T) -> Self {
        let mut numbers = Self::default();
        packets.into_iter().for_each(|packet| numbers.add(packet));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Numbers};

    #[test]
    fn the_first_and_the_last_are_kept() {
        let all: Vec<u64> = [5, 5, 6].into_iter().collect::<Numbers>().iter().collect();
        assert_eq!(all, [5, 6]);
        let many: Vec<u64> = (1..=1_000).collect::<Numbers>().iter().collect();
        assert_eq!((many.len(), many[FIRST - 1], many[FIRST]), (FIRST + 1, FIRST as u64, 1_000));
    }
}
