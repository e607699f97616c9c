//! A thread that reads, and hands batches over by a channel with little room. It knows nothing of Python, so it neither waits for the
//! interpreter nor keeps it from ending.

use crate::failed::exception;
use anyhow::Error;
use arrow_array::RecordBatch;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use mailtap::run::{self, Request};
use mailtap::view::Lang;
use mailtap::view::arrow::Batches;
use mailtap::view::columns::{AnyTable, Reading};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Batches that wait to be taken: those and the one that is gathered are about 3 MiB.
const WAITING: usize = 2;
/// How long Ctrl-C, or that the reader is closed, may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the thread hands over.
pub enum Said {
    /// The files are open.
    Open,
    /// Rows of a table.
    Batch(&'static str, RecordBatch),
    /// All has been read that could be; what is damaged or was not read.
    End(Vec<String>),
    /// Nothing more will come.
    Failed(Error),
}

/// The thread, as seen by whoever takes what it reads. Dropped, it ends.
pub struct Reader {
    said: Receiver<Said>,
    stop: Arc<AtomicBool>,
    lang: Lang,
}

impl Reader {
    /// Begins to read `tables` in batches of at most `most_rows`.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn begin(request: Request, tables: Vec<&'static dyn AnyTable>, most_rows: usize) -> io::Result<Self> {
        let (sender, said) = bounded(WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let (lang, its_stop) = (request.lang, Arc::clone(&stop));
        thread::Builder::new().name("mailtap".to_owned()).spawn(move || {
            let last = match read(request, &tables, most_rows, &sender, &its_stop) {
                Ok(problems) => Said::End(problems),
                Err(error) => Said::Failed(error),
            };
            // Whoever is gone need not be told.
            let _ = sender.send(last);
        })?;
        Ok(Self { said, stop, lang })
    }

    /// Ends the thread soon.
    pub fn close(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// What comes next, or nothing for a while.
    ///
    /// # Errors
    /// Why nothing more will come.
    pub fn next(&self) -> PyResult<Option<Said>> {
        if self.stop.load(Ordering::Relaxed) {
            return Ok(Some(Said::End(Vec::new())));
        }
        match self.said.recv_timeout(PATIENCE) {
            Ok(Said::Failed(error)) => Err(exception(&error, self.lang)),
            Ok(said) => Ok(Some(said)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(PyRuntimeError::new_err("the thread that reads has ended unexpectedly"))
            }
        }
    }

    /// Waits for what comes next, and lets others run meanwhile.
    ///
    /// # Errors
    /// Why nothing more will come, or what a signal raises.
    pub fn wait(&self, py: Python<'_>) -> PyResult<Said> {
        loop {
            let said = py.detach(|| self.next())?;
            if let Err(raised) = py.check_signals() {
                self.close();
                return Err(raised);
            }
            if let Some(said) = said {
                return Ok(said);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}

fn read(
    request: Request,
    tables: &[&'static dyn AnyTable],
    most_rows: usize,
    sender: &Sender<Said>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Vec<String>> {
    let each = sender.clone();
    let begin = |reading: Reading| -> Box<dyn mailtap::view::View> {
        // Should nobody listen any more, the first batch tells.
        let _ = sender.send(Said::Open);
        Box::new(Batches::new(tables, reading, most_rows, move |table, batch| {
            each.send(Said::Batch(table.name(), batch)).map_err(|_| ErrorKind::BrokenPipe.into())
        }))
    };
    Ok(run::read_into(request, stop, begin)?.problems)
}
