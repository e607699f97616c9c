//! What is special about a file that is still being written.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What writers write at a time, or a divisor of it: a page.
const PAGE_BYTES: u64 = 4_096;
/// Bytes of a record's beginning that are not all zero in any record.
const MARK_BYTES: usize = 12;

/// A file that is still being written, plain and not compressed.
pub(super) struct Growing {
    /// The file that the window reads: both have one position.
    pub(super) file: File,
    /// Nothing more is waited for once this is set.
    pub(super) stop: Arc<AtomicBool>,
    /// Its writer has gone on to another file.
    pub(super) replaced: bool,
}

impl Growing {
    pub(super) fn may_grow(&self) -> bool {
        !self.replaced && !self.stop.load(Ordering::Relaxed)
    }
}

/// Whether `data` begins where nothing has been written yet: a file that was allocated beforehand has zeros there.
pub(super) fn is_blank(data: &[u8]) -> bool {
    data.get(..MARK_BYTES.min(data.len())).is_some_and(is_zero)
}

/// Whether the record in the first `total` bytes of `data`, at `offset` of the file, may have been written to the end of a
/// page and no further: from there on it is zeros, and so is what comes after it. The same bytes may be a whole record
/// that ends in padding; then only the next record shows that.
pub(super) fn is_half_written(data: &[u8], total: usize, offset: u64) -> bool {
    let Some((record, after)) = data.split_at_checked(total) else { return false };
    if after.is_empty() || !is_zero(after.get(..MARK_BYTES.min(after.len())).unwrap_or_default()) {
        return false;
    }
    let written = record.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let page = (offset + written as u64).next_multiple_of(PAGE_BYTES);
    page < offset + total as u64
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::{is_blank, is_half_written};

    #[test]
    fn a_record_that_ends_with_a_page_in_front_of_zeros_is_half_written() {
        let record = |written: usize, total: usize, after: &[u8]| {
            [vec![1; written], vec![0; total - written], after.to_vec()].concat()
        };
        let zeros = [0; 16];
        assert!(is_half_written(&record(96, 200, &zeros), 200, 4_000));
        assert!(is_half_written(&record(93, 200, &zeros), 200, 4_000), "what was written may end in zeros");
        assert!(!is_half_written(&record(97, 200, &zeros), 200, 4_000), "written beyond the page");
        assert!(!is_half_written(&record(200, 200, &zeros), 200, 4_000), "written to its end");
        assert!(!is_half_written(&record(96, 96, &zeros), 96, 4_000), "ends with the page");
        assert!(!is_half_written(&record(96, 200, &[1; 16]), 200, 4_000), "the next record has been written");
        assert!(!is_half_written(&record(96, 200, &[]), 200, 4_000), "nothing was allocated");
    }

    #[test]
    fn zeros_are_blank() {
        assert!(is_blank(&[0; 40]) && is_blank(&[0; 3]));
        assert!(!is_blank(&[0, 0, 0, 1, 0, 0, 0, 0]));
    }
}
