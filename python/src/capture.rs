//! `mailtap.read`.

use crate::asked::{Asked, Paths, Redact};
use crate::reader::{Reader, Said};
use crate::table::Table;
use arrow_array::RecordBatch;
use mailtap::view::arrow::{BATCH_ROWS, schema};
use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// The tables of a capture: `capture.sessions`, `capture.steps`, or `capture["steps"]`.
#[pyclass(module = "mailtap", frozen)]
pub struct Capture {
    tables: Vec<(&'static str, Py<Table>)>,
    /// What is damaged or was not read: a text each, with the name of the file. Empty where all was read.
    #[pyo3(get)]
    problems: Vec<String>,
}

impl Capture {
    fn table(&self, py: Python<'_>, name: &str) -> Option<Py<Table>> {
        self.tables.iter().find(|(its, _)| *its == name).map(|(_, table)| table.clone_ref(py))
    }
}

#[pymethods]
impl Capture {
    /// The names of its tables.
    #[getter]
    fn tables(&self) -> Vec<&'static str> {
        self.tables.iter().map(|(name, _)| *name).collect()
    }

    fn __getattr__(&self, py: Python<'_>, name: &str) -> PyResult<Py<Table>> {
        self.table(py, name).ok_or_else(|| {
            let what = match mailtap::view::columns::table(name) {
                Some(_) => format!("the table '{name}' was not asked for: name it in `tables`"),
                None => format!("'mailtap.Capture' object has no attribute '{name}'"),
            };
            PyAttributeError::new_err(what)
        })
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<Py<Table>> {
        self.table(py, name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }

    fn __dir__(&self) -> Vec<&'static str> {
        self.tables().into_iter().chain(["problems", "tables"]).collect()
    }

    fn __repr__(&self) -> String {
        format!("<mailtap.Capture: {}; {} problems>", self.tables().join(", "), self.problems.len())
    }
}

/// Read captures, and return their tables.
///
/// paths: a capture file (pcap or pcapng, compressed or not), a folder, a pattern, or a list of these; '-' is standard input. Several
/// are one capture, merged by time.
/// tables: the names of the tables that are wanted; all without it. What no table shows is not computed.
/// keylog, tls_key: files with secrets of TLS, a path or a list: key logs (SSLKEYLOGFILE), private keys (RSA, PEM).
/// ports: where else mail is expected: {10025: "smtp", 10465: "smtps"}. any_port: look for it on every port.
/// filter: a BPF expression; packets that it does not match are not read.
/// redact: mask secrets (True, "mask"), or name them so that equal ones have equal names ("pseudonym").
/// lang: the language of texts for people, "en" or "zh".
/// threads: that follow connections; as many as there are processors without it. The result is the same.
/// memory: MiB for what is held at once while reading; the tables are beside that.
/// shard: (i, n): only the connections of the i-th of n shards, by the addresses of their hosts.
///
/// A capture that is damaged gives what could be read, and says why in `problems`; so do several of which one cannot be opened. Raises
/// OSError (FileNotFoundError, PermissionError) where nothing can be opened, and ValueError where an argument is wrong.
#[pyfunction]
#[pyo3(signature = (
    paths, *, tables=None, keylog=None, tls_key=None, ports=None, any_port=false, filter=None,
    redact=Redact::Whether(false), lang="en".to_owned(), threads=None, memory=None, shard=None
), text_signature = "(paths, *, tables=None, keylog=None, tls_key=None, ports=None, any_port=False, filter=None, redact=False, lang='en', threads=None, memory=None, shard=None)")]
#[allow(clippy::too_many_arguments)]
pub fn read(
    py: Python<'_>,
    paths: Paths,
    tables: Option<Vec<String>>,
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
) -> PyResult<Capture> {
    let asked = Asked { paths, keylog, tls_key, ports, any_port, filter, redact, lang, threads, memory, shard };
    let (request, wanted) = (asked.request()?, crate::asked::tables(tables)?);
    let lang = request.lang;
    let reader = Reader::begin(request, wanted.clone(), BATCH_ROWS)?;
    let mut batches: HashMap<&str, Vec<RecordBatch>> = HashMap::new();
    let problems = loop {
        match reader.wait(py)? {
            Said::Batch(table, batch) => batches.entry(table).or_default().push(batch),
            Said::End(problems) => break problems,
            Said::Open | Said::Failed(_) => {}
        }
    };
    let made = wanted.into_iter().map(|table| {
        let rows = batches.remove(table.name()).unwrap_or_default();
        Ok((table.name(), Py::new(py, Table::new(table.name(), schema(table, lang), rows))?))
    });
    Ok(Capture { tables: made.collect::<PyResult<_>>()?, problems })
}
