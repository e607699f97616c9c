/*!
The packets of an interface, written to a pcap file as they come.

The first write that fails is an error with the file's name, and the file is then cut back to its last whole record. What
is buffered is written each second at the latest, so that a process that is killed leaves a file that can be read up to
there, and at most one record that is cut short.
*/

use super::outlet::{self, Created, Outlet};
use super::{CaptureError, LinkType, Time};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Bytes of whole records that are buffered.
const BUFFER_BYTES: usize = 64 * 1024;
/// How long they are buffered.
const BUFFER_TIME: Duration = Duration::from_secs(1);
/// Bytes of a record's header.
const RECORD_HEADER: usize = 16;

/// A pcap file that is being written.
pub(super) struct Save<W = Outlet> {
    out: W,
    /// The same file, if it can be cut back.
    file: Option<File>,
    /// It was not there before.
    is_new: bool,
    path: String,
    /// Whole records, before them the file's header.
    buffer: Vec<u8>,
    /// Where the records in the buffer end.
    ends: Vec<usize>,
    /// Bytes written before those in the buffer.
    written: u64,
    flushed: Instant,
}

impl Save {
    /// Creates the file, for its owner alone, and writes its header.
    ///
    /// # Errors
    /// If it cannot be created or written.
    pub(super) fn create(
        path: &Path,
        link: LinkType,
        snaplen: u32,
        stop: &Arc<AtomicBool>,
    ) -> Result<Self, CaptureError> {
        let shown = path.display().to_string();
        let refused = |error: std::io::Error| CaptureError::Write { path: shown.clone(), message: error.to_string() };
        let Created { file: out, is_new } = outlet::create(path, true, stop).map_err(refused)?;
        let is_file = out.metadata().is_ok_and(|metadata| metadata.is_file());
        let file = if is_file { Some(out.try_clone().map_err(refused)?) } else { None };
        let save = Self::begin(Outlet::new(out, Arc::clone(stop)), file, shown, link, snaplen)?;
        Ok(Self { is_new, ..save })
    }

    /// The file, if it was not there before.
    pub(super) fn new_file(&self) -> Option<&File> {
        self.file.as_ref().filter(|_| self.is_new)
    }
}

impl<W: Write> Save<W> {
    fn begin(out: W, file: Option<File>, path: String, link: LinkType, snaplen: u32) -> Result<Self, CaptureError> {
        let mut buffer = Vec::with_capacity(2 * BUFFER_BYTES);
        // The magic number of microseconds, version 2.4, no time zone, no accuracy: in this machine's byte order.
        buffer.extend(0xa1b2_c3d4_u32.to_ne_bytes());
        buffer.extend([2_u16, 4].into_iter().flat_map(u16::to_ne_bytes));
        buffer.extend([0, 0, snaplen, u32::from(link.0)].into_iter().flat_map(u32::to_ne_bytes));
        let ends = vec![buffer.len()];
        let flushed = Instant::now();
        let mut save = Self { out, file, is_new: false, path, buffer, ends, written: 0, flushed };
        save.flush()?;
        Ok(save)
    }

    /// Adds a packet, which had `wire_len` bytes on the wire.
    ///
    /// # Errors
    /// If what is buffered cannot be written. The file ends with the last whole record that was.
    pub(super) fn packet(&mut self, time: Time, wire_len: u32, data: &[u8]) -> Result<(), CaptureError> {
        let microseconds = time.nanoseconds() / 1_000;
        // pcap has room for 32 bits of seconds.
        let [seconds, microseconds] = [microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000)]
            .map(|part| u32::try_from(part).unwrap_or_default());
        let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let fields = [seconds, microseconds, captured, wire_len];
        self.buffer.reserve(RECORD_HEADER + data.len());
        self.buffer.extend(fields.into_iter().flat_map(u32::to_ne_bytes));
        self.buffer.extend_from_slice(data);
        self.ends.push(self.buffer.len());
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { self.flush_old() }
    }

    /// Writes what has been buffered for long.
    ///
    /// # Errors
    /// As [`Self::packet`].
    fn flush_old(&mut self) -> Result<(), CaptureError> {
        if self.flushed.elapsed() < BUFFER_TIME { Ok(()) } else { self.flush() }
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    /// As [`Self::packet`].
    pub(super) fn flush(&mut self) -> Result<(), CaptureError> {
        self.flushed = Instant::now();
        let mut rest = self.buffer.as_slice();
        let error = loop {
            if rest.is_empty() {
                self.written += self.buffer.len() as u64;
                self.buffer.clear();
                self.ends.clear();
                return Ok(());
            }
            match self.out.write(rest) {
                Ok(0) => break ErrorKind::WriteZero.into(),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break error,
            }
        };
        let accepted = self.buffer.len() - rest.len();
        let whole = self.ends.iter().copied().take_while(|&end| end <= accepted).last().unwrap_or_default();
        if let Some(file) = &self.file {
            // The error that is reported is the one of the write.
            let _ = file.set_len(self.written + whole as u64);
        }
        self.buffer.clear();
        self.ends.clear();
        Err(CaptureError::Write { path: self.path.clone(), message: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{self, Damage, Read};
    use std::io;

    /// A disk with so much room.
    struct Disk {
        file: File,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room -= count;
            self.file.write(&bytes[..count])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn time(number: i64) -> Time {
        Time::from_microseconds((1_700_000_000 + number) * 1_000_000 + 42)
    }

    /// The packets of a file that is whole.
    fn read(path: &Path) -> Vec<(i64, usize, u32)> {
        let mut source = capture::open(&[path.to_owned()], None, Damage::Stop).unwrap();
        let mut packets = Vec::new();
        while let Read::Packet(packet) = source.next_packet().unwrap() {
            packets.push((packet.time.nanoseconds(), packet.data.len(), packet.wire_len));
        }
        packets
    }

    #[test]
    fn a_full_disk_is_an_error_and_leaves_whole_records() {
        for room in [24, 25, 40, 100, 70_000, 70_001, 100_000, 131_071] {
            let place = tempfile::NamedTempFile::new().unwrap();
            let disk = Disk { file: place.reopen().unwrap(), room };
            let file = place.reopen().unwrap();
            let mut save = Save::begin(disk, Some(file), "there".to_owned(), LinkType::ETHERNET, 65_535).unwrap();
            let mut given = 0;
            let error = loop {
                if let Err(error) = save.packet(time(given), 91, &[7; 84]) {
                    break error;
                }
                given += 1;
            };
            assert!(error.to_string().starts_with("there: cannot be written: "), "{error}");
            assert_eq!(error.fault().exit_status(), 1);
            let packets = read(place.path());
            assert_eq!(packets.len(), (room - 24) / 100, "{room}");
            for (number, packet) in (0..).zip(&packets) {
                assert_eq!(*packet, ((1_700_000_000 + number) * 1_000_000_000 + 42_000, 84, 91));
            }
        }
    }

    #[test]
    fn what_is_buffered_is_written_within_a_second_of_the_next_packet() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let out = place.reopen().unwrap();
        let mut save = Save::begin(out, None, "there".to_owned(), LinkType::ETHERNET, 65_535).unwrap();
        save.packet(time(0), 91, &[7; 84]).unwrap();
        assert_eq!(read(place.path()).len(), 0);
        save.flushed -= BUFFER_TIME;
        save.packet(time(1), 91, &[7; 84]).unwrap();
        assert_eq!(read(place.path()).len(), 2);
    }
}
