//! What was skipped of a file because it made no sense.

/// Ranges of a file that were skipped.
#[derive(Default)]
pub(super) struct Skips {
    count: u64,
    bytes: u64,
    first: Option<(u64, u64, &'static str)>,
    /// Where the range begins that no readable record follows.
    pub(super) lost_from: Option<u64>,
}

impl Skips {
    pub(super) fn add(&mut self, packet: u64, from: u64, to: u64, what: &'static str) {
        self.count += 1;
        self.bytes += to.saturating_sub(from);
        self.first.get_or_insert((packet, from, what));
    }

    /// "skipped 431 bytes after packet 22 at byte 1234: a record longer than any packet".
    pub(super) fn told(&self) -> Option<String> {
        let (packet, offset, what) = self.first?;
        let (bytes, count) = (self.bytes, self.count);
        Some(if count == 1 {
            format!("skipped {bytes} bytes after packet {packet} at byte {offset}: {what}")
        } else {
            format!("skipped {bytes} bytes in {count} places, the first after packet {packet} at byte {offset}: {what}")
        })
    }
}
