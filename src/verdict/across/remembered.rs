//! Lists of small records that forget their oldest entries to make room, and count them.

use crate::limits::{ACROSS_RECORDS, Limit, LimitsHit};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// Entries with a key, several to a key; at most [`ACROSS_RECORDS`] in all. They are only put together by key in the end:
/// that costs less than to look for a key each time.
#[derive(Debug)]
pub struct Remembered<K, V> {
    entries: VecDeque<(K, V)>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { entries: VecDeque::new() }
    }
}

impl<K: Ord, V> Remembered<K, V> {
    /// Adds an entry. The oldest of all makes room where there is none, and is counted.
    pub fn add(&mut self, key: K, value: V, limits: &mut LimitsHit) {
        if self.entries.len() >= ACROSS_RECORDS {
            self.entries.pop_front();
            limits.hit(Limit::FindingsAcross);
        }
        self.entries.push_back((key, value));
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries by key, in the order in which the keys came first.
    pub fn groups(self) -> Vec<(K, Vec<V>)> {
        let mut sorted: Vec<(&K, usize)> = self.entries.iter().enumerate().map(|(n, (key, _))| (key, n)).collect();
        sorted.sort_unstable();
        // Of each entry, the first one with its key.
        let mut first: Vec<usize> = vec![0; sorted.len()];
        for same in sorted.chunk_by(|(one, _), (next, _)| one == next) {
            for (_, n) in same {
                first[*n] = same[0].1;
            }
        }
        // Of each entry that is the first, the group.
        let mut places: Vec<usize> = vec![0; first.len()];
        let mut groups: Vec<(K, Vec<V>)> = Vec::new();
        for ((n, first), (key, value)) in first.into_iter().enumerate().zip(self.entries) {
            match first == n {
                true => {
                    places[n] = groups.len();
                    groups.push((key, vec![value]));
                }
                false => groups[places[first]].1.push(value),
            }
        }
        groups
    }

    /// The groups in which an entry `counts`. Where there are few of them, the others are not put together at all.
    pub fn groups_with(mut self, counts: impl Fn(&V) -> bool) -> Vec<(K, Vec<V>)>
    where
        K: Copy,
    {
        let wanted: BTreeSet<K> = self.entries.iter().filter(|(_, value)| counts(value)).map(|(key, _)| *key).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        self.entries.retain(|(key, _)| wanted.contains(key));
        self.groups()
    }

    /// The entries by key.
    pub fn by_key(self) -> BTreeMap<K, Vec<V>> {
        self.groups().into_iter().collect()
    }
}

/// The same for what is asked for by key before the end.
#[derive(Debug)]
pub struct Indexed<K, V> {
    entries: HashMap<K, VecDeque<V>>,
    order: VecDeque<K>,
}

impl<K, V> Default for Indexed<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Eq + Hash + Clone, V> Indexed<K, V> {
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
    use super::{ACROSS_RECORDS, Indexed, LimitsHit, Remembered};

    #[test]
    fn the_oldest_is_forgotten_and_counted() {
        let (mut remembered, mut limits) = (Remembered::default(), LimitsHit::default());
        let mut indexed = Indexed::default();
        for n in 0..ACROSS_RECORDS + 2 {
            remembered.add(n / 2, n, &mut limits);
            indexed.add(n / 2, n, &mut limits);
        }
        assert_eq!(limits.iter().map(|(_, count)| count).sum::<u64>(), 4);
        assert_eq!(indexed.get(&0).count(), 0);
        assert_eq!(indexed.get(&1).count(), 2);
        for groups in [remembered.groups(), indexed.groups()] {
            assert_eq!(groups.iter().map(|(_, all)| all.len()).sum::<usize>(), ACROSS_RECORDS);
            assert_eq!(groups[0], (1, vec![2, 3]));
        }
    }

    #[test]
    fn groups_are_in_the_order_of_their_first_entries() {
        let (mut remembered, mut limits) = (Remembered::default(), LimitsHit::default());
        let (mut some, mut none) = (Remembered::default(), Remembered::default());
        for (n, key) in ["c", "a", "c", "b", "a", "c"].into_iter().enumerate() {
            remembered.add(key, n, &mut limits);
            some.add(key, n, &mut limits);
            none.add(key, n, &mut limits);
        }
        assert_eq!(some.groups_with(|n| [3, 5].contains(n)), [("c", vec![0, 2, 5]), ("b", vec![3])]);
        assert_eq!(none.groups_with(|_| false), []);
        assert_eq!(remembered.groups(), [("c", vec![0, 2, 5]), ("a", vec![1, 4]), ("b", vec![3])]);
    }
}
