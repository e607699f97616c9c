//! The files that one name has led to, one after the other, as the entries of one source's information.

use super::{CaptureFile, ClockStep, Cursor, STEP_NANOSECONDS, SourceInfo, Time, number};
use crate::limits::{CLOCK_STEPS, FOLLOWED_FILES, Limit, LimitsHit};

/// The files that have been read to their end, and what is known of their clocks. Each has an entry of its own; from the
/// [`FOLLOWED_FILES`]th on they share the last, and packet numbers go on there from file to file.
#[derive(Default)]
pub(super) struct FilesRead {
    /// The entries of their own.
    before: Vec<SourceInfo>,
    /// The last entry, where files share it.
    shared: Option<SourceInfo>,
    /// The latest time of the file before the one at hand.
    latest_before: Option<Time>,
    /// The latest time of the one at hand.
    latest: Option<Time>,
    /// By how much the clock went back before the file at hand.
    back: Option<i64>,
    /// Steps of the clock up to the file at hand; another file is one, as far as the order of packets is concerned.
    steps: u64,
    limits: LimitsHit,
}

impl FilesRead {
    /// A packet of the file at hand has this time.
    pub(super) fn packet(&mut self, time: Time) {
        let Some(time) = time.known() else { return };
        if let (None, Some(before)) = (self.latest, self.latest_before) {
            self.back = Some(before.since(time)).filter(|back| *back > STEP_NANOSECONDS);
        }
        self.latest = Some(self.latest.map_or(time, |latest| latest.max(time)));
    }

    /// The file at hand, `file`, has ended: another comes.
    pub(super) fn ended(&mut self, file: &CaptureFile) {
        let info = self.at_hand(file);
        self.steps += 1 + file.clock_steps();
        self.limits.add(&Cursor::limits(file));
        self.latest_before = self.latest.take().or(self.latest_before);
        self.back = None;
        if self.before.len() + 1 < FOLLOWED_FILES {
            self.before.push(info);
        } else {
            // The file that comes has no entry of its own.
            self.limits.hit(Limit::FollowedFiles);
            self.shared = Some(info);
        }
    }

    /// The number of packet `frame` of the file at hand.
    pub(super) fn number(&self, frame: u64) -> u64 {
        number::packed(self.before.len(), self.packets_before() + frame)
    }

    /// All entries; `file` is at hand.
    pub(super) fn info(&self, file: &CaptureFile) -> Vec<SourceInfo> {
        let mut all = self.before.clone();
        all.push(self.at_hand(file));
        all
    }

    pub(super) fn clock_steps(&self) -> u64 {
        self.steps
    }

    /// Bounds that were hit before the file at hand.
    pub(super) fn limits(&self) -> &LimitsHit {
        &self.limits
    }

    /// Packets of the entry that came before the file at hand.
    fn packets_before(&self) -> u64 {
        self.shared.as_ref().map_or(0, |shared| shared.packets)
    }

    /// The entry of the file at hand.
    fn at_hand(&self, file: &CaptureFile) -> SourceInfo {
        let mut info = file.source_info();
        if let Some(nanoseconds) = self.back {
            info.clock_steps.insert(0, ClockStep { packet: 1, nanoseconds });
        }
        match &self.shared {
            Some(shared) => joined(shared, info),
            None => info,
        }
    }
}

/// The entry `before`, and after it another file's.
fn joined(before: &SourceInfo, mut more: SourceInfo) -> SourceInfo {
    let mut all = before.clone();
    for link in more.link_types {
        if !all.link_types.contains(&link) {
            all.link_types.push(link);
        }
    }
    more.clock_steps.truncate(CLOCK_STEPS.saturating_sub(all.clock_steps.len()));
    all.clock_steps
        .extend(more.clock_steps.into_iter().map(|step| ClockStep { packet: all.packets + step.packet, ..step }));
    all.format = more.format;
    all.packets += more.packets;
    all.bytes += more.bytes;
    all.first = all.first.or(more.first);
    all.last = more.last.or(all.last);
    all.dropped = [all.dropped, more.dropped].into_iter().flatten().reduce(u64::saturating_add);
    // The first of the files' problems: each was told when it came.
    all.problem = all.problem.or(more.problem);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Moved;
    use crate::capture::testing::{Order, open, pcap_header, pcap_record};

    /// A file of `packets` packets, the first of them at `seconds`.
    fn file(seconds: u32, packets: u32) -> CaptureFile {
        let mut bytes = pcap_header(Order::Little, 0xa1b2_c3d4, 1);
        for nth in 0..packets {
            bytes.extend(pcap_record(Order::Little, seconds + nth, 0, &[1, 2], 2));
        }
        let mut file = open("ring", bytes).unwrap();
        while file.advance().unwrap() != Moved::End {}
        file
    }

    #[test]
    fn files_beyond_the_bound_share_an_entry() {
        let mut files = FilesRead::default();
        for nth in 0..FOLLOWED_FILES as u32 + 3 {
            let file = file(10 * nth, 2);
            let times = [10 * nth, 10 * nth + 1];
            times.iter().for_each(|time| files.packet(Time::from_microseconds(i64::from(*time) * 1_000_000)));
            let at = files.number(2);
            let own = (nth as usize).min(FOLLOWED_FILES - 1);
            let shared = u64::from(nth).saturating_sub(FOLLOWED_FILES as u64 - 1);
            assert_eq!((number::source(at), number::frame(at)), (own, 2 * shared + 2));
            files.ended(&file);
        }
        let info = files.info(&file(0, 1));
        assert_eq!(info.len(), FOLLOWED_FILES);
        assert_eq!((info[0].packets, info[FOLLOWED_FILES - 1].packets), (2, 2 * 4 + 1));
        assert_eq!(files.limits().iter().collect::<Vec<_>>(), [(Limit::FollowedFiles, 4)]);
    }

    #[test]
    fn a_clock_that_went_back_between_files_is_told() {
        let mut files = FilesRead::default();
        files.packet(Time::from_microseconds(100_000_000));
        files.ended(&file(100, 1));
        files.packet(Time::from_microseconds(90_000_000));
        let info = files.info(&file(90, 1));
        assert_eq!(info[1].clock_steps, [ClockStep { packet: 1, nanoseconds: 10_000_000_000 }]);
    }
}
