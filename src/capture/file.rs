/*!
Capture files and standard input: recognising their format by their first bytes and never by their names, and reading
them to their end or as far as possible.
*/

use super::compressed::{announced, decompress, refused};
use super::foreign::{BEGINNING_BYTES, looks_like};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::read_ahead::Ahead;
use super::skips::Skips;
use super::source_stats::SourceStats;
use super::window::{WINDOW_BYTES, Window};
use super::{
    CaptureError, Compression, Cursor, Filter, Filtered, Format, InTurn, LinkType, Merged, Moved, Packet, Reordered,
    Source, SourceInfo, Time, pipe,
};
use crate::limits::{LimitsHit, ORDER_BYTES};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes of all windows together where many files are read at once.
const WINDOWS_BYTES: usize = 64 * WINDOW_BYTES;
/// The smallest window.
const SMALLEST_WINDOW: usize = 64 * 1024;
/// How long to wait at the end of a file that is followed before reading on.
const FOLLOW_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of the shortest header of a capture file.
const SHORTEST_HEADER: u64 = 24;

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

/// Which thread reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// The thread that asks for its packets, when it asks.
    #[default]
    Here,
    /// A thread of its own, some blocks ahead. A regular file that is not compressed is read by both threads. With
    /// several files, each is read as with `Here`.
    Ahead,
}

/// Opens the files of one call, `-` being standard input: one as it is, several merged by time. Only packets that
/// `filter` matches are delivered.
///
/// # Errors
/// If one of them cannot be opened; then none is read.
pub fn open(names: &[PathBuf], filter: Option<Filter>, damage: Damage) -> Result<Box<dyn Source>, CaptureError> {
    open_reading(names, filter, damage, Reading::Here)
}

/// As [`open`], with the thread that `reading` names.
///
/// # Errors
/// As [`open`].
pub fn open_reading(
    names: &[PathBuf],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
) -> Result<Box<dyn Source>, CaptureError> {
    open_until(&[names.to_vec()], filter, damage, reading, ORDER_BYTES, None)
}

/// As [`open_reading`], for files in groups: those of one group are merged by time, one group comes after the other, with
/// `order` bytes for putting packets in order. What has no known end ([`super::is_pipe`]) ends soon after `stop` is set.
///
/// # Errors
/// As [`open`].
pub fn open_until(
    groups: &[Vec<PathBuf>],
    filter: Option<Filter>,
    damage: Damage,
    reading: Reading,
    order: usize,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<Box<dyn Source>, CaptureError> {
    let count = groups.iter().map(Vec::len).sum::<usize>();
    let reading = if count == 1 { reading } else { Reading::Here };
    let window = (WINDOWS_BYTES / count.max(1)).clamp(SMALLEST_WINDOW, WINDOW_BYTES);
    let mut opened = Vec::with_capacity(groups.len());
    for names in groups {
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let file = if name.as_os_str() == "-" {
                stdin(window, reading, stop)?
            } else {
                file(name, window, reading, stop)?
            };
            files.push(file.on_damage(damage));
        }
        opened.push(files);
    }
    if count == 1
        && let Some(file) = opened.pop().and_then(|mut files| files.pop())
    {
        return Ok(ordered(file, filter, order));
    }
    Ok(match opened.len() {
        0 | 1 => ordered(Merged::new(opened.pop().unwrap_or_default()), filter, order),
        _ => {
            let mut first = 0;
            let merged = opened.into_iter().map(|files| {
                let count = files.len();
                let merged = Merged::beginning_with(first, files);
                first += count;
                merged
            });
            ordered(InTurn::new(merged.collect()), filter, order)
        }
    })
}

fn ordered<C: Cursor + 'static>(cursor: C, filter: Option<Filter>, order: usize) -> Box<dyn Source> {
    let Some(filter) = filter else { return Box::new(Reordered::new(cursor).within(order)) };
    Box::new(Reordered::new(Filtered::new(cursor, filter)).within(order))
}

/// Opens a file that is still being written, and reads on as it grows until `stop` is set. Waits for its header.
/// Standard input needs no following: it ends when its writer closes it.
///
/// # Errors
/// As [`open`]; also if not exactly one file is named, or it is compressed.
pub fn follow(
    names: &[PathBuf],
    filter: Option<Filter>,
    damage: Damage,
    order: usize,
    stop: Arc<AtomicBool>,
) -> Result<Box<dyn Source>, CaptureError> {
    let [name] = names else { return Err(CaptureError::FollowsOne) };
    if name.as_os_str() == "-" {
        return open_until(&[names.to_vec()], filter, damage, Reading::Here, order, Some(&stop));
    }
    while std::fs::metadata(name).is_ok_and(|metadata| metadata.is_file() && metadata.len() < SHORTEST_HEADER)
        && !stop.load(Ordering::Relaxed)
    {
        std::thread::sleep(FOLLOW_PAUSE);
    }
    let file = file(name, WINDOW_BYTES, Reading::Here, Some(&stop))?.on_damage(damage);
    if file.compression.is_some() {
        return Err(CaptureError::NotFollowed { name: file.stats.name() });
    }
    Ok(ordered(file.following(stop), filter, order))
}

fn stdin(window: usize, reading: Reading, stop: Option<&Arc<AtomicBool>>) -> Result<CaptureFile, CaptureError> {
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
            follow: None,
            stop: None,
        };
        file.read_beginning()?;
        Ok(file)
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
        loop {
            let read = match &mut self.records {
                Records::Pcap(pcap) => pcap.record(&mut self.window),
                Records::Pcapng(pcapng) => pcapng.record(&mut self.window),
            };
            match read {
                Err(Defect::Skipped { what, bytes }) => {
                    let from = self.window.offset().saturating_sub(bytes as u64);
                    self.skips.add(self.stats.packets(), from, self.window.offset(), what);
                }
                Err(Defect::Corrupt(what)) if self.damage == Damage::StepOver => self.resynchronise(what)?,
                other => return other,
            }
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
        if let (State::At(record), Records::Pcap(pcap)) = (&mut self.state, &mut self.records) {
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
