//! What was skipped of a file because it made no sense.

/// Ranges of a file that were skipped.
#[derive(Default)]
pub(super) struct Skips {
    count: u64,
    bytes: u64,
    first: Option<(u64, u64, &'static str)>,
    /// Other files that were appended: how many, and where the first begins.
    files: Option<(u64, u64)>,
    /// Where the range begins that no readable record follows.
    pub(super) lost_from: Option<u64>,
}

impl Skips {
    pub(super) fn add(&mut self, packet: u64, from: u64, to: u64, what: &'static str) {
        self.count += 1;
        self.bytes += to.saturating_sub(from);
        self.first.get_or_insert((packet, from, what));
    }

    /// Another file begins at `offset`.
    pub(super) fn another_file(&mut self, offset: u64) {
        self.files.get_or_insert((0, offset)).0 += 1;
    }

    /// How many other files were met.
    pub(super) fn files(&self) -> u64 {
        self.files.map_or(0, |(count, _)| count)
    }

    /// What was skipped, and which other files were met; None where there was nothing of the kind.
    pub(super) fn told(&self) -> Option<String> {
        let told: Vec<String> = self.skipped().into_iter().chain(self.appended()).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// "another file begins at byte 1234, and was read".
    fn appended(&self) -> Option<String> {
        let (count, offset) = self.files?;
        Some(if count == 1 {
            format!("another file begins at byte {offset}, and was read too")
        } else {
            format!("{count} more files begin, the first at byte {offset}, and were read too")
        })
    }

    /// "skipped 431 bytes after packet 22 at byte 1234: a record longer than any packet".
    fn skipped(&self) -> Option<String> {
        let (packet, offset, what) = self.first?;
        let (bytes, count) = (self.bytes, self.count);
        Some(if count == 1 {
            format!("skipped {bytes} bytes after packet {packet} at byte {offset}: {what}")
        } else {
            format!("skipped {bytes} bytes in {count} places, the first after packet {packet} at byte {offset}: {what}")
        })
    }
}
