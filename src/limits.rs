/*!
Every bound of the program, and how often each cost something.

Hostile input costs bounded memory and linear time; whatever a bound cuts off is counted under the bound's name and
ends up in `summary.limits_hit`. A bound that bites in silence is a defect. The bounds are in `limits/table/`.
*/

mod budget;
#[macro_use]
mod define;
mod row;
mod table;

pub use budget::{Budget, MEMORY_MIB, heap, of_list, of_queue, of_tree};
pub use row::Text;
use row::{bound, grouped};
use std::collections::BTreeMap;
pub use table::*;

impl Limit {
    /// The stable name used in `summary.limits_hit`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The text below a count of the times that the bound cost something.
    pub fn hit(self) -> Text {
        self.row().text(&self.row().hit, |count| count.to_string())
    }

    /// The bound's line of the README's table.
    pub fn readme(self) -> Text {
        self.row().text(&self.row().readme, grouped)
    }
}

/// Bytes of one record of a capture file; a length above it is taken for damage.
pub const RECORD_BYTES: usize = 16 * 1024 * 1024;

/// Interfaces that one section of a pcapng file may describe.
pub const INTERFACES_PER_SECTION: usize = bound(65_536, 4);

/// Layers (tags, tunnels, IP headers) that one packet may nest; deeper ones are counted as not decoded.
pub const LAYERS: usize = bound(32, 8);

/// Bytes kept of a part of a delivery report; a status of a hundred recipients fits.
pub const REPORT_BYTES: usize = bound(32 * 1024, 64);

/// Decoded bytes of a text that is printed; a longer one is not known again where it was changed.
pub const PRINTED_BYTES: usize = bound(64 * 1024, 512);

/// Decoded bytes kept of the beginning of a message's text. It is an excerpt by design, and says where the text goes on.
pub const PREVIEW_BYTES: usize = bound(2 * 1024, 64);

/// Seconds of packet time that a fragmented IP datagram waits (RFC 8200 section 4.5).
pub const FRAGMENT_SECONDS: i64 = 60;

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

#[cfg(test)]
mod tests;
