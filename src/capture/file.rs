/*!
Capture files and standard input: recognising their format by their first bytes and never by their names, and reading
them to their end or as far as possible; a file that is followed, as far as it has been written ([`Growing`]).
*/

use super::compressed::{announced, decompress, refused};
use super::foreign::{BEGINNING_BYTES, looks_like};
use super::growing::Growing;
use super::lost::{Lost, Search};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::{Care, Damage, Defect, Record};
use super::records::Records;
use super::secrets::{SecretsSink, Teller};
use super::section;
use super::skips::Skips;
use super::source_stats::SourceStats;
use super::tally::Shareable;
use super::walk::{Skimmer, Walk};
use super::window::{WINDOW_BYTES, Window};
use super::{CaptureError, Compression, Cursor, Format, LinkType, Moved, Packet, Quiet, Reading, SourceInfo, Time};
use crate::limits::LimitsHit;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Files in one, the headers of which are looked at twice: whether they are content of a packet. It takes as long as 64 KiB.
const DOUBTED_FILES: u64 = 64;

/// A capture file, or standard input.
pub struct CaptureFile {
    window: Window,
    records: Records,
    compression: Option<Compression>,
    stats: SourceStats,
    skips: Skips,
    damage: Damage,
    state: State,
    /// For a file that is followed.
    growing: Option<Growing>,
    /// What is stepped over, while the next that can be read is looked for.
    search: Option<Search>,
    /// For a pipe: once this is set, its end is not its writer's.
    stop: Option<Arc<AtomicBool>>,
    /// Who is told of secrets, where someone is.
    secrets: Option<Teller>,
}

/// How far a file has been read.
enum State {
    /// The window begins with the next record.
    Between,
    /// The window begins with this record.
    At(Record),
    /// At the end, or where reading could not go on.
    Ended,
}

impl CaptureFile {
    /// Opens what `reader` gives under the name `name`, with a window of `capacity` bytes to begin with.
    ///
    /// # Errors
    /// Where `reader` fails, or what it gives is no capture.
    pub fn open(name: String, reader: Box<dyn Read + Send>, capacity: usize) -> Result<Self, CaptureError> {
        Self::open_reading(name, reader, None, capacity, Reading::Here)
    }

    /// `again` is the file that `reader` reads, if it can be read at any offset.
    pub(super) fn open_reading(
        name: String,
        mut reader: Box<dyn Read + Send>,
        again: Option<Shareable>,
        capacity: usize,
        reading: Reading,
    ) -> Result<Self, CaptureError> {
        let unreadable = |error| CaptureError::Read { name: name.clone(), packet: 0, offset: 0, error };
        let mut beginning = Vec::new();
        reader.by_ref().take(8).read_to_end(&mut beginning).map_err(unreadable)?;
        if beginning.is_empty() {
            return Err(CaptureError::Empty { name });
        }
        let compression = announced(&beginning);
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(beginning).chain(reader));
        let whole = match compression {
            Some(compression) => decompress(compression, whole).map_err(unreadable)?,
            None => whole,
        };
        let mut file = Self {
            window: match reading {
                Reading::Here => Window::new(whole, capacity),
                Reading::AsItComes if again.is_none() => Window::ahead(whole, None, capacity).pausing(),
                Reading::Ahead | Reading::AsItComes => {
                    Window::ahead(whole, again.filter(|_| compression.is_none()), capacity)
                }
            },
            records: Records::Pcapng(Pcapng::new(true)),
            compression,
            stats: SourceStats::new(name, Format::Pcapng, compression),
            skips: Skips::default(),
            damage: Damage::default(),
            state: State::Between,
            growing: None,
            search: None,
            stop: None,
            secrets: None,
        };
        file.read_beginning()?;
        Ok(file)
    }

    /// How it was compressed.
    pub(super) fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Closes the file, which has been read to its end.
    pub(super) fn close(&mut self) {
        self.window = Window::new(Box::new(io::empty()), 0);
        self.state = State::Ended;
    }

    /// The same file, with `damage` for records that make no sense.
    pub fn on_damage(self, damage: Damage) -> Self {
        Self { damage, ..self }
    }

    /// The same file, without an end that is known beforehand: it ends soon after `stop` is set.
    pub(super) fn until(self, stop: Option<&Arc<AtomicBool>>) -> Self {
        Self { stop: stop.cloned(), ..self }
    }

    /// From here on, `sink` is told of blocks with secrets; `number` is that of the packet before the file's first one.
    pub(super) fn tell_secrets(&mut self, sink: Option<&SecretsSink>, number: u64) {
        self.secrets = sink.map(|sink| Teller::new(Arc::clone(sink), number));
    }

    /// The same file, read on as it grows; not for compressed ones.
    pub(super) fn growing(self, growing: Growing) -> Self {
        Self { growing: Some(growing), ..self }
    }

    /// A file that is followed will not grow any more: what is there is read to its end.
    pub(super) fn finish(&mut self) {
        if let Some(growing) = &mut self.growing {
            growing.replaced = true;
        }
    }

    /// A file that is followed has lost what was not read of it. If `amid_record`, the beginning of a record had been read.
    pub(super) fn abandon(&mut self, amid_record: bool) -> Option<CaptureError> {
        if matches!(std::mem::replace(&mut self.state, State::Ended), State::Ended) || !amid_record {
            return None;
        }
        let error = self.error(Defect::CutShort);
        self.stats.problem(&error.problem());
        Some(error)
    }

    /// How far the file has been read, and understood: bytes from its beginning.
    pub(super) fn reached(&self) -> u64 {
        self.window.offset()
    }

    /// What has been read so far.
    pub(super) fn source_info(&self) -> SourceInfo {
        let mut info = self.stats.info();
        if let Records::Pcapng(pcapng) = &self.records {
            info.dropped = pcapng.dropped();
        }
        if let Some(skipped) = self.skips.told() {
            info.problem = Some(match info.problem {
                Some(problem) => format!("{skipped}; {problem}"),
                None => skipped,
            });
        }
        info
    }

    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// As [`Self::is_stopped`], where the end has come in the middle of a packet: Ctrl-C ends the writer of a pipe, too, and the
    /// end of what it wrote may be read before the signal has reached this process.
    fn is_about_to_stop(&self) -> bool {
        const TRIES: u32 = 20;
        self.stop.is_some()
            && (0..TRIES).any(|_| {
                let stopped = self.is_stopped();
                if !stopped {
                    std::thread::sleep(Duration::from_millis(10));
                }
                stopped
            })
    }

    fn may_grow(&self) -> bool {
        self.growing.as_ref().is_some_and(Growing::may_grow)
    }

    /// At the end of what has been written so far: whether more may come. What is in view is read again then, since where
    /// a file was allocated beforehand, zeros stand where a record will be.
    fn waits_for_more(&mut self) -> bool {
        let waits = self.may_grow()
            && self.growing.as_mut().is_some_and(|growing| self.window.read_again(&mut growing.file).is_ok());
        if waits {
            self.state = State::Between;
        }
        waits
    }

    /// Recognises the format.
    fn read_beginning(&mut self) -> Result<(), CaptureError> {
        if let Err(error) = self.window.ensure(8) {
            return Err(self.error(Defect::Io(error)));
        }
        let name = self.stats.name();
        let beginning = self.window.data();
        if beginning.is_empty() {
            return Err(CaptureError::Empty { name });
        }
        if Pcap::begins(beginning) {
            self.stats = SourceStats::new(name, Format::Pcap, self.compression);
        } else if !section::begins(beginning) {
            // An error of the stream tells less than what could be read of it.
            self.window.look(BEGINNING_BYTES);
            let looks_like = looks_like(self.window.data(), self.compression);
            return Err(CaptureError::NotACapture { name, looks_like });
        }
        self.begin_records().map_err(|defect| self.error(defect))
    }

    /// Reads the header that the window begins with.
    fn begin_records(&mut self) -> Result<(), Defect> {
        let doubts = self.skips.files() < DOUBTED_FILES;
        self.records = if Pcap::begins(self.window.data()) {
            let pcap = Pcap::open(&mut self.window, doubts)?;
            self.stats.link(pcap.link());
            Records::Pcap(pcap)
        } else {
            Records::Pcapng(Pcapng::new(doubts))
        };
        Ok(())
    }

    fn care(&self) -> Care {
        Care {
            steps_over: self.damage == Damage::StepOver,
            waits: self.stop.is_none(),
            followed: self.growing.is_some(),
            grows: self.may_grow(),
        }
    }

    /// Reads the record that the window begins with, skipping records that make no sense.
    fn record(&mut self) -> Result<Option<Record>, Defect> {
        loop {
            let care = self.care();
            if let Some(search) = self.search.take() {
                self.step_over(search, care)?;
            }
            let read = match &mut self.records {
                Records::Pcap(pcap) => pcap.record(&mut self.window, care),
                Records::Pcapng(pcapng) => {
                    let packets = self.stats.packets();
                    pcapng.record(&mut self.window, care, self.secrets.as_mut().map(|teller| (teller, packets)))
                }
            };
            match read {
                Err(Defect::Skipped { what, bytes }) => {
                    let from = self.window.offset().saturating_sub(bytes as u64);
                    self.skips.add(self.stats.packets(), from, self.window.offset(), what);
                }
                Err(Defect::AnotherFile) => {
                    let from = self.window.offset();
                    self.begin_records()?;
                    self.skips.another_file(from);
                }
                Err(Defect::Unsupported(what)) if care.steps_over => self.lose(Lost::Section(what)),
                Err(Defect::Corrupt(what)) if care.steps_over => self.lose(Lost::Record(what)),
                // Nothing more will be written.
                Err(Defect::Unwritten { .. })
                    if care.followed && care.steps_over && !care.grows && self.finds_more() => {}
                other => return other,
            }
        }
    }

    /// What the window begins with cannot be read.
    fn lose(&mut self, lost: Lost) {
        self.search = Some(Search { from: self.window.offset(), lost });
        self.window.consume(1);
    }

    /// Moves on to what can be read again.
    fn step_over(&mut self, search: Search, care: Care) -> Result<(), Defect> {
        let found = match (&search.lost, &mut self.records) {
            (Lost::Section(_), _) => Pcapng::leave_section(&mut self.window, care.grows)?,
            (Lost::Record(_), Records::Pcap(pcap)) => pcap.resynchronise(&mut self.window, care.grows)?,
            (Lost::Record(_), Records::Pcapng(pcapng)) => pcapng.resynchronise(&mut self.window, care.grows)?,
        };
        let Search { from, lost } = search;
        if !found && care.grows {
            self.search = Some(Search { from, lost });
            return Err(Defect::Unwritten { begun: true });
        }
        if !found {
            // The error then has the offset where the range begins; the rest of the file is lost.
            self.skips.lost_from = Some(from);
            return Err(match lost {
                Lost::Record(what) => Defect::Corrupt(what),
                Lost::Section(what) => Defect::Unsupported(what),
            });
        }
        let what = match lost {
            Lost::Record(what) => what,
            Lost::Section(_) => "a section of another version of pcapng",
        };
        self.skips.add(self.stats.packets(), from, self.window.offset(), what);
        Ok(())
    }

    /// Moves on from zeros, or a record with zeros in it, to what can be read behind them, not far away.
    fn finds_more(&mut self) -> bool {
        let from = self.window.offset();
        self.window.look(WINDOW_BYTES);
        let found = match &mut self.records {
            Records::Pcap(pcap) => pcap.find_in_view(&self.window),
            Records::Pcapng(pcapng) => pcapng.find_in_view(&self.window),
        };
        if let Some(bytes) = found {
            self.window.consume(bytes);
            self.skips.add(self.stats.packets(), from, self.window.offset(), "zeros, as if it had not been written");
        }
        found.is_some()
    }

    /// Moves on from the record of `total` bytes that was handed out, or that it now shows to have been none; false where
    /// nothing comes for a while that shows it.
    fn step_on(&mut self, total: usize) -> bool {
        let (care, from) = (self.care(), self.window.offset());
        let (bytes, was_none) = match &mut self.records {
            Records::Pcap(pcap) => match pcap.settled(&mut self.window, total, care) {
                Some(settled) => settled,
                None => return false,
            },
            Records::Pcapng(_) => (total, false),
        };
        self.window.consume(bytes);
        if was_none {
            self.skips.add(self.stats.packets(), from, self.window.offset(), "a record that reaches into another");
        }
        true
    }

    /// The error for `defect` at the current offset.
    fn error(&self, defect: Defect) -> CaptureError {
        let (name, packet, offset) = (self.stats.name(), self.stats.packets(), self.window.offset());
        match (defect, self.compression) {
            (Defect::CutShort | Defect::Unwritten { .. }, _) => {
                CaptureError::CutShort { name, packet: packet + 1, offset }
            }
            (Defect::Corrupt(what) | Defect::Skipped { what, .. }, _) => {
                CaptureError::Corrupt { name, packet, offset: self.skips.lost_from.unwrap_or(offset), what }
            }
            (Defect::AnotherFile, _) => CaptureError::NotACapture { name, looks_like: String::new() },
            (Defect::Unsupported(what), _) => {
                CaptureError::Unsupported { name, what, offset: self.skips.lost_from.unwrap_or(offset) }
            }
            (Defect::Io(error), Some(compression)) if let Some(refused) = refused(compression, &error) => {
                CaptureError::Refused { name, compression, packet, offset, refused }
            }
            (Defect::Io(error), Some(compression)) => {
                CaptureError::Compressed { name, compression, packet, offset, error }
            }
            (Defect::Io(error), None) => CaptureError::Read { name, packet, offset, error },
        }
    }
}

impl Cursor for CaptureFile {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        // The usual case: from one whole record to the next.
        if let (State::At(record), Records::Pcap(pcap)) = (&mut self.state, &mut self.records)
            && pcap.is_settled()
        {
            self.window.consume(record.total);
            if let Some(next) = pcap.in_view(self.window.data()) {
                self.stats.packet(next.time, next.link, next.data.len(), next.interface);
                *record = next;
                return Ok(Moved::Packet);
            }
            self.state = State::Between;
        }
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Between => {}
            State::At(record) => {
                if !self.step_on(record.total) {
                    let amid_record = self.window.data().len() > record.total;
                    self.state = State::At(record);
                    return Ok(Moved::Idle(Quiet::Followed { amid_record }));
                }
            }
            State::Ended => return Ok(Moved::End),
        }
        match self.record() {
            Ok(Some(record)) => {
                self.stats.packet(record.time, record.link, record.data.len(), record.interface);
                self.state = State::At(record);
                Ok(Moved::Packet)
            }
            Err(Defect::CutShort | Defect::Unwritten { begun: true }) if self.waits_for_more() => {
                Ok(Moved::Idle(Quiet::Followed { amid_record: true }))
            }
            Ok(None) | Err(Defect::Unwritten { begun: false }) if self.waits_for_more() => {
                Ok(Moved::Idle(Quiet::Followed { amid_record: false }))
            }
            Err(Defect::Unwritten { begun }) if self.growing.is_none() => {
                self.state = State::Between;
                Ok(Moved::Idle(Quiet::Followed { amid_record: begun }))
            }
            Err(Defect::Unwritten { begun: false }) => Ok(Moved::End),
            // The last record of a file that is still being written may be incomplete.
            Err(Defect::CutShort | Defect::Unwritten { .. })
                if self.growing.as_ref().is_some_and(|growing| !growing.replaced) =>
            {
                Ok(Moved::End)
            }
            // So may be the last record, or compressed block, of a pipe whose writer was stopped as well.
            Err(Defect::CutShort | Defect::Io(_)) if self.is_about_to_stop() => Ok(Moved::End),
            Ok(None) => Ok(Moved::End),
            Err(defect) => {
                let error = self.error(defect);
                self.stats.problem(&error.problem());
                Err(error)
            }
        }
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        let State::At(record) = &mut self.state else { return false };
        let (data, latest) = (self.window.data(), self.stats.latest(record.interface));
        let Some(way) = self.records.way(record, data, latest, before) else { return false };
        let mut walk = Walk::behind(record, data, way);
        skimmer.skim(&mut walk);
        let Some((passed, last)) = walk.passed() else { return false };
        self.window.consume(passed.last);
        self.records.walked(last.time);
        self.stats.passed(passed.packets, passed.bytes, last.time, last.interface);
        *record = last;
        true
    }

    #[inline]
    fn packet(&self) -> Packet<'_> {
        let number = self.stats.packets();
        match &self.state {
            State::At(record) => Packet {
                number,
                time: record.time,
                link: record.link,
                data: self.window.data().get(record.data.clone()).unwrap_or_default(),
                wire_len: record.wire_len,
            },
            State::Between | State::Ended => {
                Packet { number, time: Time::default(), link: LinkType::NULL, data: &[], wire_len: 0 }
            }
        }
    }

    fn time(&self) -> Time {
        match &self.state {
            State::At(record) => record.time,
            State::Between | State::Ended => Time::default(),
        }
    }

    fn may_step_back(&self) -> bool {
        matches!(&self.records, Records::Pcapng(pcapng) if pcapng.has_several_interfaces())
    }

    #[inline]
    fn clock_steps(&self) -> u64 {
        self.stats.clock_steps()
    }

    fn limits(&self) -> LimitsHit {
        let mut limits = self.stats.limits();
        limits.add(self.secrets.as_ref().map(Teller::limits).unwrap_or(&LimitsHit::default()));
        limits
    }

    fn info(&self) -> Vec<SourceInfo> {
        vec![self.source_info()]
    }
}
