/*!
Capture files and standard input: recognising their format by their first bytes and never by their names, and reading
them to their end or as far as possible.
*/

use super::compressed::{announced, decompress, refused};
use super::foreign::{BEGINNING_BYTES, looks_like};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::{Care, Defect, Record};
use super::section;
use super::skips::Skips;
use super::source_stats::SourceStats;
use super::window::Window;
use super::{CaptureError, Compression, Cursor, Format, LinkType, Moved, Packet, SourceInfo, Time, pipe};
use crate::limits::LimitsHit;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long to wait at the end of a file that is followed before reading on.
const FOLLOW_PAUSE: Duration = Duration::from_millis(100);
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
    /// For a file that is followed: until this is set, more may be written to it.
    follow: Option<Arc<AtomicBool>>,
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

/// What to do where a record makes no sense and it is unknown where the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Damage {
    /// Go on at the next bytes that read as records; report the skipped bytes in [`SourceInfo::problem`].
    #[default]
    StepOver,
    /// Stop with [`CaptureError::Corrupt`], as libpcap does.
    Stop,
}

/// Which thread reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// The thread that asks for its packets, when it asks.
    #[default]
    Here,
    /// A thread of its own, some blocks ahead. A regular file that is not compressed is read by both threads. With
    /// several files, and where no thread can be started, each is read as with `Here`.
    Ahead,
}

/// Opens standard input, which ends soon after `stop` is set.
///
/// # Errors
/// As [`file`].
pub(super) fn stdin(
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<CaptureFile, CaptureError> {
    let name = "-".to_owned();
    let file = pipe::stdin().map_err(|error| CaptureError::Read { name: name.clone(), packet: 0, offset: 0, error })?;
    let stdin = CaptureFile::open_reading(name, pipe::reader(file, stop), None, window, reading)?;
    Ok(CaptureFile { stop: stop.cloned(), ..stdin })
}

/// Opens a capture file; one without an end that is known beforehand ends soon after `stop` is set.
///
/// # Errors
/// Where it is not there, cannot be read, or is no capture.
pub(super) fn file(
    path: &Path,
    window: usize,
    reading: Reading,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<CaptureFile, CaptureError> {
    let name = path.to_string_lossy().into_owned();
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CaptureError::Missing { name: name.clone() },
        io::ErrorKind::PermissionDenied => CaptureError::NoPermission { name: name.clone() },
        _ => CaptureError::Read { name: name.clone(), packet: 0, offset: 0, error },
    })?;
    let metadata = file.metadata().ok();
    if metadata.as_ref().is_some_and(Metadata::is_dir) {
        return Err(CaptureError::Directory { name });
    }
    // A named pipe can be read only once.
    let again = if metadata.is_some_and(|metadata| metadata.is_file()) { file.try_clone().ok() } else { None };
    let stop = stop.filter(|_| again.is_none());
    let file = CaptureFile::open_reading(name, pipe::reader(file, stop), again, window, reading)?;
    Ok(CaptureFile { stop: stop.cloned(), ..file })
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
    fn open_reading(
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
            window: match reading {
                Reading::Here => Window::new(whole, capacity),
                Reading::Ahead => Window::ahead(whole, again.filter(|_| compression.is_none()), capacity),
            },
            records: Records::Pcapng(Pcapng::new(true)),
            compression,
            stats: SourceStats::new(name, Format::Pcapng, compression),
            skips: Skips::default(),
            damage: Damage::default(),
            state: State::Between,
            follow: None,
            stop: None,
        };
        file.read_beginning()?;
        Ok(file)
    }

    /// Whether it is compressed.
    pub(super) fn is_compressed(&self) -> bool {
        self.compression.is_some()
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

    /// The same file, read on as it grows until `stop` is set.
    pub fn following(self, stop: Arc<AtomicBool>) -> Self {
        Self { follow: Some(stop), ..self }
    }

    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// At the end of the bytes written so far: waits, and returns true if more may come.
    fn waits_for_more(&mut self) -> bool {
        let Some(stop) = &self.follow else { return false };
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(FOLLOW_PAUSE);
        self.window.resume();
        self.state = State::Between;
        true
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
            waits: self.stop.is_none() && self.follow.is_none(),
            grows: self.follow.is_some(),
        }
    }

    /// Reads the record that the window begins with, skipping records that make no sense.
    fn record(&mut self) -> Result<Option<Record>, Defect> {
        loop {
            let care = self.care();
            let read = match &mut self.records {
                Records::Pcap(pcap) => pcap.record(&mut self.window, care),
                Records::Pcapng(pcapng) => pcapng.record(&mut self.window, care),
            };
            match read {
                Err(Defect::Skipped { what, bytes }) => {
                    let from = self.window.offset().saturating_sub(bytes as u64);
                    self.skips.add(self.stats.packets(), from, self.window.offset(), what);
                }
                Err(Defect::AnotherFile) => {
                    self.skips.another_file(self.window.offset());
                    self.begin_records()?;
                }
                Err(Defect::Unsupported(what)) if care.steps_over && !care.grows => self.leave_section(what)?,
                Err(Defect::Corrupt(what)) if self.damage == Damage::StepOver => self.resynchronise(what)?,
                other => return other,
            }
        }
    }

    /// Steps over a section of a version that is not known here.
    fn leave_section(&mut self, what: String) -> Result<(), Defect> {
        let from = self.window.offset();
        if !Pcapng::leave_section(&mut self.window)? {
            self.skips.lost_from = Some(from);
            return Err(Defect::Unsupported(what));
        }
        let what = "a section of another version of pcapng";
        self.skips.add(self.stats.packets(), from, self.window.offset(), what);
        Ok(())
    }

    /// Moves on from the record of `total` bytes that was handed out, or that it now shows to have been none.
    fn step_on(&mut self, total: usize) {
        let (care, from) = (self.care(), self.window.offset());
        let (bytes, was_none) = match &mut self.records {
            Records::Pcap(pcap) => pcap.settled(&mut self.window, total, care),
            Records::Pcapng(_) => (total, false),
        };
        self.window.consume(bytes);
        if was_none {
            self.skips.add(self.stats.packets(), from, self.window.offset(), "a record that reaches into another");
        }
    }

    fn resynchronise(&mut self, what: &'static str) -> Result<(), Defect> {
        let from = self.window.offset();
        let found = match &mut self.records {
            Records::Pcap(pcap) => pcap.resynchronise(&mut self.window)?,
            Records::Pcapng(pcapng) => pcapng.resynchronise(&mut self.window)?,
        };
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
            (Defect::CutShort, _) => CaptureError::CutShort { name, packet: packet + 1, offset },
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
            State::At(record) => self.step_on(record.total),
            State::Ended => return Ok(Moved::End),
        }
        match self.record() {
            Ok(Some(record)) => {
                self.stats.packet(record.time, record.link, record.data.len(), record.interface);
                self.state = State::At(record);
                Ok(Moved::Packet)
            }
            Ok(None) | Err(Defect::CutShort) if self.waits_for_more() => Ok(Moved::Idle),
            // The last record of a file that is still being written may be incomplete.
            Err(Defect::CutShort) if self.follow.is_some() => Ok(Moved::End),
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
        vec![info]
    }
}
