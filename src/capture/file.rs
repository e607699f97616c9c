/*!
Capture files and standard input: recognising their format by their first bytes and never by their names, and reading
them to their end or as far as possible; a file that is followed, as far as it has been written ([`Growing`]).
*/

use super::compressed::{announced, decompress, refused};
use super::foreign::{BEGINNING_BYTES, looks_like};
use super::growing::{self, Growing};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::read_ahead::Ahead;
use super::skips::Skips;
use super::source_stats::SourceStats;
use super::window::Window;
use super::{CaptureError, Compression, Cursor, Format, LinkType, Moved, Packet, Quiet, Reading, SourceInfo, Time};
use crate::limits::LimitsHit;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Where the bytes begin that make no sense, and what is wrong with them, while the next record is looked for.
    searching: Option<(u64, &'static str)>,
    /// For a pipe: once this is set, its end is not its writer's.
    stop: Option<Arc<AtomicBool>>,
}

/// The records of either format.
enum Records {
    Pcap(Pcap),
    Pcapng(Pcapng),
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

/// A record in the window.
pub(super) struct Record {
    pub(super) time: Time,
    pub(super) link: LinkType,
    /// Where in the window the captured bytes are.
    pub(super) data: Range<usize>,
    pub(super) wire_len: u32,
    /// The interface that it came from: a number of its own for each in the file.
    pub(super) interface: u32,
    /// Bytes of the window that the record takes.
    pub(super) total: usize,
}

/// What keeps a record from being read.
pub(super) enum Defect {
    /// The stream ends in it.
    CutShort,
    /// Its framing makes no sense: where the next begins is unknown.
    Corrupt(&'static str),
    /// Its framing is right, its content makes no sense; it has been skipped.
    Skipped { what: &'static str, bytes: usize },
    /// A version or variant that is not known here.
    Unsupported(String),
    /// It has not been written yet, or not to its end (files that are followed).
    Unwritten {
        /// Its beginning has been written.
        begun: bool,
    },
    /// Reading failed.
    Io(io::Error),
}

impl From<io::Error> for Defect {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What to do where a record makes no sense and it is unknown where the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Damage {
    /// Go on at the next bytes that read as records; report the skipped bytes in [`SourceInfo::problem`].
    #[default]
    StepOver,
    /// Stop with [`CaptureError::Corrupt`], as libpcap does.
    Stop,
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
        again: Option<File>,
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
            window: match (reading, again.filter(|_| compression.is_none())) {
                (Reading::Here, _) => Window::new(whole, capacity),
                (Reading::Ahead, Some(file)) => Window::ahead(Ahead::of_file(file).map_err(unreadable)?),
                (Reading::Ahead, None) => Window::ahead(Ahead::new(whole).map_err(unreadable)?),
            },
            records: Records::Pcapng(Pcapng::new()),
            compression,
            stats: SourceStats::new(name, Format::Pcapng, compression),
            skips: Skips::default(),
            damage: Damage::default(),
            state: State::Between,
            growing: None,
            searching: None,
            stop: None,
        };
        file.read_beginning()?;
        Ok(file)
    }

    /// The same file, with `damage` for records that make no sense.
    pub fn on_damage(self, damage: Damage) -> Self {
        Self { damage, ..self }
    }

    /// The same file, without an end that is known beforehand: it ends soon after `stop` is set.
    pub(super) fn until(self, stop: Option<&Arc<AtomicBool>>) -> Self {
        Self { stop: stop.cloned(), ..self }
    }

    /// The same file, read on as it grows; not for compressed ones.
    pub(super) fn growing(self, growing: Growing) -> Self {
        Self { growing: Some(growing), ..self }
    }

    /// How it was compressed.
    pub(super) fn compression(&self) -> Option<Compression> {
        self.compression
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
            let pcap = Pcap::open(&mut self.window).map_err(|defect| self.error(defect))?;
            self.stats = SourceStats::new(name, Format::Pcap, self.compression);
            self.stats.link(pcap.link());
            self.records = Records::Pcap(pcap);
        } else if !Pcapng::begins(beginning) {
            // An error of the stream tells less than what could be read of it.
            self.window.look(BEGINNING_BYTES);
            let looks_like = looks_like(self.window.data(), self.compression);
            return Err(CaptureError::NotACapture { name, looks_like });
        }
        Ok(())
    }

    /// Reads the record that the window begins with, skipping records that make no sense.
    fn record(&mut self) -> Result<Option<Record>, Defect> {
        if self.searching.is_some() {
            self.resynchronise()?;
        }
        loop {
            let read = match &mut self.records {
                Records::Pcap(pcap) => pcap.record(&mut self.window),
                Records::Pcapng(pcapng) => pcapng.record(&mut self.window),
            };
            if let Some(begun) = self.unwritten(&read) {
                return Err(Defect::Unwritten { begun });
            }
            match read {
                Err(Defect::Skipped { what, bytes }) => {
                    let from = self.window.offset().saturating_sub(bytes as u64);
                    self.skips.add(self.stats.packets(), from, self.window.offset(), what);
                }
                Err(Defect::Corrupt(what)) if self.damage == Damage::StepOver => {
                    self.searching = Some((self.window.offset(), what));
                    self.window.consume(1);
                    self.resynchronise()?;
                }
                other => return other,
            }
        }
    }

    /// Where a file that is followed was allocated before it is written, whether what was read of it was not written yet,
    /// or only its beginning (true).
    fn unwritten(&mut self, read: &Result<Option<Record>, Defect>) -> Option<bool> {
        self.growing.as_ref()?;
        match (&self.records, read) {
            (Records::Pcap(pcap), Ok(Some(record))) => {
                let header_bytes = pcap.header_bytes();
                self.window.look(record.total + header_bytes);
                growing::is_half_written(self.window.data(), record.total, self.window.offset()).then_some(true)
            }
            (Records::Pcap(_), Err(Defect::Corrupt(_))) => growing::is_blank(self.window.data()).then_some(false),
            (Records::Pcapng(pcapng), Err(Defect::Corrupt(_))) => {
                let data = self.window.data();
                if growing::is_blank(data) { Some(false) } else { pcapng.is_half_written(data).then_some(true) }
            }
            _ => None,
        }
    }

    /// Looks for the next bytes that read as records, behind those at which `searching` began.
    fn resynchronise(&mut self) -> Result<(), Defect> {
        let Some((from, what)) = self.searching else { return Ok(()) };
        let to_come = self.may_grow();
        let found = match &mut self.records {
            Records::Pcap(pcap) => pcap.resynchronise(&mut self.window, to_come)?,
            Records::Pcapng(pcapng) => pcapng.resynchronise(&mut self.window, to_come)?,
        };
        if !found && to_come {
            return Err(Defect::Unwritten { begun: true });
        }
        self.searching = None;
        if !found {
            // The error then has the offset where the range begins; the rest of the file is lost.
            self.skips.lost_from = Some(from);
            return Err(Defect::Corrupt(what));
        }
        self.skips.add(self.stats.packets(), from, self.window.offset(), what);
        Ok(())
    }

    /// The error for `defect` at the current offset.
    fn error(&self, defect: Defect) -> CaptureError {
        let name = self.stats.name();
        let packet = self.stats.packets();
        let offset = self.window.offset();
        match (defect, self.compression) {
            (Defect::CutShort | Defect::Unwritten { .. }, _) => {
                CaptureError::CutShort { name, packet: packet + 1, offset }
            }
            (Defect::Corrupt(what) | Defect::Skipped { what, .. }, _) => {
                CaptureError::Corrupt { name, packet, offset: self.skips.lost_from.unwrap_or(offset), what }
            }
            (Defect::Unsupported(what), _) => CaptureError::Unsupported { name, what, offset },
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
        if let (State::At(record), Records::Pcap(pcap), None) = (&mut self.state, &mut self.records, &self.growing) {
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
            State::At(record) => self.window.consume(record.total),
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
            Err(Defect::Unwritten { begun: false }) => Ok(Moved::End),
            // The last record of a file that is still being written may be incomplete.
            Err(Defect::CutShort | Defect::Unwritten { .. })
                if self.growing.as_ref().is_some_and(|growing| !growing.replaced) =>
            {
                Ok(Moved::End)
            }
            // So may be the last record, or compressed block, of a pipe whose writer was stopped as well.
            Err(Defect::CutShort | Defect::Io(_)) if self.is_stopped() => Ok(Moved::End),
            Ok(None) => Ok(Moved::End),
            Err(defect) => {
                let error = self.error(defect);
                self.stats.problem(&error.problem());
                Err(error)
            }
        }
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
        self.stats.limits()
    }

    fn info(&self) -> Vec<SourceInfo> {
        vec![self.source_info()]
    }
}
