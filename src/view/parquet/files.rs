//! The files: rows are encoded and written, here or on a thread of its own.

use super::failed::in_words;
use super::part::Part;
use arrow_array::RecordBatch;
use crossbeam_channel::{Receiver, Sender, bounded};
use parquet::arrow::ArrowWriter;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder, JoinHandle};
use std::{io, iter};

/// Bytes of encoded rows that all files hold before the largest is written: with less, a file has many groups of rows, and
/// beginning one costs more than its rows.
pub const BUFFERED_BYTES: usize = 16 << 20;
/// Batches of rows that wait to be encoded, where another thread does it.
const WAITING: usize = 2;

/// A file that is being written.
pub struct Encoder {
    out: ArrowWriter<Part>,
    /// Bytes of rows that `out` holds.
    held: usize,
}

impl Encoder {
    /// One that writes by `out`.
    pub fn new(out: ArrowWriter<Part>) -> Self {
        Self { out, held: 0 }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.held = 0;
        self.out.flush().map_err(in_words)
    }

    /// Writes all that is left, and waits until the disk has it.
    fn close(&mut self) -> io::Result<()> {
        self.out.finish().map_err(in_words)?;
        self.out.inner_mut().close()
    }

    /// The file.
    pub fn part(&mut self) -> &mut Part {
        self.out.inner_mut()
    }
}

/// All files, in the order of the tables.
pub struct Files {
    /// Each one's.
    pub encoders: Vec<Encoder>,
    /// Threads that close them.
    pub threads: usize,
}

impl Files {
    /// Encodes a batch of rows for the file at `place`, and writes what is too much to hold.
    fn add(&mut self, place: usize, batch: &RecordBatch) -> io::Result<()> {
        let Some(encoder) = self.encoders.get_mut(place) else { return Ok(()) };
        encoder.out.write(batch).map_err(in_words)?;
        encoder.held = encoder.out.memory_size();
        while self.held() > BUFFERED_BYTES
            && let Some(largest) = self.encoders.iter_mut().max_by_key(|encoder| encoder.held)
        {
            largest.flush()?;
        }
        Ok(())
    }

    /// Bytes of encoded rows that they hold.
    pub fn held(&self) -> usize {
        self.encoders.iter().map(|encoder| encoder.held).sum()
    }

    /// Writes all that is left, and waits until the disk has it.
    pub fn close(&mut self) -> io::Result<()> {
        // The first ones hold most: each goes to the thread that is free.
        let rest = Mutex::new(self.encoders.iter_mut());
        let close = || loop {
            let next = rest.lock().unwrap_or_else(PoisonError::into_inner).next();
            match next {
                None => return Ok(()),
                Some(encoder) => encoder.close()?,
            }
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..self.threads).map(|_| scope.spawn(close)).collect();
            let joined = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            iter::once(close()).chain(joined).fold(Ok(()), Result::and)
        })
    }
}

/// Who encodes.
pub enum Encoding {
    /// Who gathers the rows.
    Here(Files),
    /// A thread of its own.
    Beside(Beside),
}

/// A thread that encodes.
pub struct Beside {
    to: Sender<(usize, RecordBatch)>,
    thread: JoinHandle<(Files, io::Result<()>)>,
}

impl Beside {
    fn ended(self) -> (Files, io::Result<()>) {
        drop(self.to);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Encoding {
    /// On a thread of its own from here on.
    ///
    /// # Errors
    /// If there can be none.
    pub fn beside(self) -> io::Result<Self> {
        let Self::Here(files) = self else { return Ok(self) };
        let (to, batches) = bounded(WAITING);
        let thread = Builder::new().name("parquet".to_owned()).spawn(move || encode(files, &batches))?;
        Ok(Self::Beside(Beside { to, thread }))
    }

    /// Takes a batch of rows for the file at `place`. An error may be of one before.
    pub fn add(&mut self, place: usize, batch: RecordBatch) -> io::Result<()> {
        match self {
            Self::Here(files) => return files.add(place, &batch),
            Self::Beside(beside) if beside.to.send((place, batch)).is_ok() => return Ok(()),
            Self::Beside(_) => {}
        }
        self.here().map(drop)
    }

    /// The files, with all rows that were added.
    ///
    /// # Errors
    /// That of a thread which has encoded, told once.
    pub fn here(&mut self) -> io::Result<&mut Files> {
        let mut result = Ok(());
        if let Self::Beside(_) = self {
            let none = Self::Here(Files { encoders: Vec::new(), threads: 1 });
            if let Self::Beside(beside) = std::mem::replace(self, none) {
                let (files, ended) = beside.ended();
                (*self, result) = (Self::Here(files), ended);
            }
        }
        match self {
            Self::Here(files) => result.map(|()| files),
            Self::Beside(_) => Err(io::ErrorKind::Other.into()),
        }
    }
}

fn encode(mut files: Files, batches: &Receiver<(usize, RecordBatch)>) -> (Files, io::Result<()>) {
    for (place, batch) in batches {
        if let Err(error) = files.add(place, &batch) {
            return (files, Err(error));
        }
    }
    (files, Ok(()))
}
