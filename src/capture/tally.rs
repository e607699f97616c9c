//! How far a run has come, for whoever shows that while it goes on: counted by some threads, looked at by another.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What has been read and found so far. Counted in blocks of bytes and batches of packets, so that it costs nothing.
#[derive(Debug, Default)]
pub struct Tally {
    bytes: AtomicU64,
    packets: AtomicU64,
    sessions: AtomicU64,
}

impl Tally {
    /// Bytes of the files as they lie on the disk, compressed or not.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Packets, as of the last batch.
    pub fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    /// Sessions that are over and have been shown.
    pub fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    /// So many more packets were read.
    pub(crate) fn add_packets(&self, count: u64) {
        self.packets.fetch_add(count, Ordering::Relaxed);
    }

    /// One more session is over.
    pub(crate) fn add_session(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    fn add_bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// A reader whose bytes are counted.
pub(super) struct Counted<R> {
    reader: R,
    tally: Arc<Tally>,
}

impl<R: Read + Send + 'static> Counted<R> {
    /// Counts what is read of `reader`, where there is a tally.
    pub(super) fn boxed(reader: R, tally: Option<&Arc<Tally>>) -> Box<dyn Read + Send> {
        match tally {
            Some(tally) => Box::new(Self { reader, tally: Arc::clone(tally) }),
            None => Box::new(reader),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.tally.add_bytes(count);
        Ok(count)
    }
}

/// A regular file that several threads read, at any offset.
pub(super) struct Shareable {
    file: File,
    tally: Option<Arc<Tally>>,
}

impl Shareable {
    /// Counts what is read of `file`, where there is a tally.
    pub(super) fn new(file: File, tally: Option<&Arc<Tally>>) -> Self {
        Self { file, tally: tally.cloned() }
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = self.file.read_at(buffer, offset)?;
        if let Some(tally) = &self.tally {
            tally.add_bytes(count);
        }
        Ok(count)
    }
}

impl From<File> for Shareable {
    fn from(file: File) -> Self {
        Self { file, tally: None }
    }
}
