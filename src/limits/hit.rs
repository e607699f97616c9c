//! How often each bound cost something.

use super::Limit;
use std::collections::BTreeMap;

/// How often each bound cost something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitsHit(BTreeMap<Limit, u64>);

impl LimitsHit {
    /// Counts `limit` once more.
    pub fn hit(&mut self, limit: Limit) {
        self.hit_times(limit, 1);
    }

    /// Counts `limit` `times` more.
    pub fn hit_times(&mut self, limit: Limit, times: u64) {
        if times > 0 {
            let count = self.0.entry(limit).or_default();
            *count = count.saturating_add(times);
        }
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (limit, count) in &other.0 {
            self.hit_times(*limit, *count);
        }
    }

    /// The bounds that cost something, by name order of [`Limit`], with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> + '_ {
        self.0.iter().map(|(limit, count)| (*limit, *count))
    }

    /// True where no bound cost anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
