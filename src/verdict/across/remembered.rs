//! A map that forgets its oldest entries to make room, and counts them.

use crate::limits::{ACROSS_RECORDS, Limit, LimitsHit};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Entries by key, several to a key; at most [`ACROSS_RECORDS`] in all.
#[derive(Debug)]
pub struct Remembered<K, V> {
    entries: HashMap<K, VecDeque<V>>,
    order: VecDeque<K>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Eq + Hash + Clone, V> Remembered<K, V> {
    /// Adds an entry. The oldest of all makes room where there is none, and is counted.
    pub fn add(&mut self, key: K, value: V, limits: &mut LimitsHit) {
        if self.order.len() >= ACROSS_RECORDS
            && let Some(oldest) = self.order.pop_front()
            && let Entry::Occupied(mut entry) = self.entries.entry(oldest)
        {
            entry.get_mut().pop_front();
            if entry.get().is_empty() {
                entry.remove();
            }
            limits.hit(Limit::FindingsAcross);
        }
        self.order.push_back(key.clone());
        self.entries.entry(key).or_default().push_back(value);
    }

    /// The entries of `key`.
    pub fn get(&self, key: &K) -> impl Iterator<Item = &V> {
        self.entries.get(key).into_iter().flatten()
    }

    /// The entries by key, in the order in which the keys came first.
    pub fn groups(mut self) -> Vec<(K, Vec<V>)> {
        let mut groups = Vec::new();
        for key in std::mem::take(&mut self.order) {
            if let Some(values) = self.entries.remove(&key) {
                groups.push((key, values.into()));
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::{ACROSS_RECORDS, LimitsHit, Remembered};

    #[test]
    fn the_oldest_is_forgotten_and_counted() {
        let (mut remembered, mut limits) = (Remembered::default(), LimitsHit::default());
        for n in 0..ACROSS_RECORDS + 2 {
            remembered.add(n / 2, n, &mut limits);
        }
        assert_eq!(limits.iter().map(|(_, count)| count).sum::<u64>(), 2);
        assert_eq!(remembered.get(&0).count(), 0);
        assert_eq!(remembered.get(&1).count(), 2);
        assert_eq!(remembered.groups().iter().map(|(_, all)| all.len()).sum::<usize>(), ACROSS_RECORDS);
    }
}
