//! `mailtap.stream`.

use crate::asked::{Asked, Paths, Redact, at_least_one};
use crate::capsule;
use crate::reader::{Reader, Said};
use crate::table::{Batch, names};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use mailtap::view::arrow::{BATCH_ROWS, schema};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// What is known at the end.
type Problems = Arc<Mutex<Vec<String>>>;

fn set(problems: &Problems, found: Vec<String>) {
    *problems.lock().unwrap_or_else(PoisonError::into_inner) = found;
}

/// Batches of a table, while the capture is being read. Iterate over it, or hand it to whoever takes an Arrow stream:
/// `pyarrow.RecordBatchReader.from_stream(stream)`. Either empties it. A thread reads ahead by a few batches, and ends with it.
#[pyclass(module = "mailtap", frozen)]
pub struct Stream {
    /// The table's name.
    #[pyo3(get)]
    name: &'static str,
    schema: SchemaRef,
    /// None where it has ended, or was handed on. Held only for a moment, and never while waiting.
    reader: Mutex<Option<Arc<Reader>>>,
    problems: Problems,
}

impl Stream {
    fn reader(&self) -> Option<Arc<Reader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn taken(&self) -> Option<Arc<Reader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl Stream {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        names(&self.schema)
    }

    /// What is damaged or was not read: a text each, with the name of the file. Complete once the last batch has been taken.
    #[getter]
    fn problems(&self) -> Vec<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// End the reading.
    fn close(&self) {
        if let Some(reader) = self.taken() {
            reader.close();
        }
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        let Some(reader) = self.reader() else { return Ok(None) };
        loop {
            match reader.wait(py) {
                Ok(Said::Batch(_, rows)) => return Ok(Some(Batch::new(rows))),
                Ok(Said::Open | Said::Failed(_)) => {}
                Ok(Said::End(found)) => {
                    // Closed meanwhile, it has no end to tell of.
                    if self.taken().is_some() {
                        set(&self.problems, found);
                    }
                    return Ok(None);
                }
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (*_args))]
    fn __exit__(&self, _args: &Bound<'_, pyo3::types::PyTuple>) {
        self.close();
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::of_schema(py, &self.schema)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let Some(reader) = self.taken() else {
            return Err(PyRuntimeError::new_err(
                "the stream has ended, is closed, or was handed on: it can be read once",
            ));
        };
        let (schema, problems) = (self.schema.clone(), Arc::clone(&self.problems));
        let taker = thread::current().id();
        capsule::of_reader(py, HandedOn { reader: Some(reader), schema, problems, taker })
    }

    fn __repr__(&self) -> String {
        format!("<mailtap.Stream {}: {} columns>", self.name, self.schema.fields().len())
    }
}

/// A stream that something outside Python reads.
struct HandedOn {
    /// None once it has ended.
    reader: Option<Arc<Reader>>,
    schema: SchemaRef,
    problems: Problems,
    /// The thread that took it. Others that read it may be waited for by one that holds the interpreter, which they must not ask for.
    taker: ThreadId,
}

impl HandedOn {
    /// What a signal raises. It is raised again once Python goes on, since what is told here ends up in an error of another kind.
    fn interrupted(&self) -> Option<ArrowError> {
        if thread::current().id() != self.taker {
            return None;
        }
        Python::try_attach(|py| {
            let raised = py.check_signals().err()?;
            if raised.is_instance_of::<PyKeyboardInterrupt>(py) {
                let again = py.import("_thread").and_then(|module| module.call_method0("interrupt_main"));
                // It has been told in any case.
                drop(again);
            }
            Some(external(&raised))
        })
        .flatten()
    }

    fn end(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.close();
        }
    }
}

fn external(error: &PyErr) -> ArrowError {
    ArrowError::ExternalError(error.to_string().into())
}

impl Iterator for HandedOn {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = Arc::clone(self.reader.as_ref()?);
        loop {
            let failed = match reader.next() {
                Ok(Some(Said::Batch(_, rows))) => return Some(Ok(rows)),
                Ok(Some(Said::End(found))) => {
                    set(&self.problems, found);
                    self.end();
                    return None;
                }
                Ok(Some(Said::Open | Said::Failed(_))) => None,
                Ok(None) => self.interrupted(),
                Err(error) => Some(external(&error)),
            };
            if let Some(error) = failed {
                self.end();
                return Some(Err(error));
            }
        }
    }
}

impl RecordBatchReader for HandedOn {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// Read one table of captures in batches, while they are being read: memory stays bounded however large they are.
///
/// table: its name, such as "steps" or "sessions". rows: the most that a batch has; fewer where texts are long, about a MiB of them.
/// The other arguments, and what is raised, are those of `read`. It returns once the captures are open.
#[pyfunction]
#[pyo3(signature = (
    paths, table="steps", *, rows=None, keylog=None, tls_key=None, ports=None, any_port=false, filter=None,
    redact=Redact::Whether(false), lang="en".to_owned(), threads=None, memory=None, shard=None
), text_signature = "(paths, table='steps', *, rows=None, keylog=None, tls_key=None, ports=None, any_port=False, filter=None, redact=False, lang='en', threads=None, memory=None, shard=None)")]
#[allow(clippy::too_many_arguments)]
pub fn stream(
    py: Python<'_>,
    paths: Paths,
    table: &str,
    rows: Option<usize>,
    keylog: Option<Paths>,
    tls_key: Option<Paths>,
    ports: Option<BTreeMap<u16, String>>,
    any_port: bool,
    filter: Option<String>,
    redact: Redact,
    lang: String,
    threads: Option<usize>,
    memory: Option<u32>,
    shard: Option<(u32, u32)>,
) -> PyResult<Stream> {
    let asked = Asked { paths, keylog, tls_key, ports, any_port, filter, redact, lang, threads, memory, shard };
    let (request, table) = (asked.request()?, crate::asked::table(table)?);
    let schema = schema(table, request.lang);
    let most_rows = at_least_one("rows", rows.unwrap_or(BATCH_ROWS))?;
    let reader = Arc::new(Reader::begin(request, vec![table], most_rows)?);
    // The first that it says is that the files are open, or why they are not.
    reader.wait(py)?;
    Ok(Stream { name: table.name(), schema, reader: Mutex::new(Some(reader)), problems: Problems::default() })
}
