//! What a caller asks for.

use mailtap::cli::{KeyFiles, Redaction};
use mailtap::flow::HostShard;
use mailtap::limits::{Budget, MEMORY_MIB};
use mailtap::pipeline::Options;
use mailtap::protocol::Protocol;
use mailtap::protocol::ports::{Hint, Ports};
use mailtap::run::Request;
use mailtap::view::Lang;
use mailtap::view::columns::{self, AnyTable};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

/// A path, or several.
#[derive(Debug, FromPyObject)]
pub enum Paths {
    #[pyo3(transparent, annotation = "str | os.PathLike")]
    One(PathBuf),
    #[pyo3(transparent, annotation = "sequence of these")]
    Several(Vec<PathBuf>),
}

impl Paths {
    fn all(self) -> Vec<PathBuf> {
        match self {
            Self::One(path) => vec![path],
            Self::Several(paths) => paths,
        }
    }
}

/// `redact`.
#[derive(Debug, FromPyObject)]
pub enum Redact {
    #[pyo3(transparent, annotation = "bool")]
    Whether(bool),
    #[pyo3(transparent, annotation = "str")]
    How(String),
}

/// The options of reading, as they were given.
pub struct Asked {
    pub paths: Paths,
    pub keylog: Option<Paths>,
    pub tls_key: Option<Paths>,
    pub ports: Option<BTreeMap<u16, String>>,
    pub any_port: bool,
    pub filter: Option<String>,
    pub redact: Redact,
    pub lang: String,
    pub threads: Option<usize>,
    pub memory: Option<u32>,
    pub shard: Option<(u32, u32)>,
}

impl Asked {
    /// What they mean.
    ///
    /// # Errors
    /// `ValueError`, where one means nothing.
    pub fn request(self) -> PyResult<Request> {
        let files = self.paths.all();
        if files.is_empty() {
            return Err(wrong("paths: name at least one capture"));
        }
        let mut options = Options { any_port: self.any_port, ..Options::default() };
        options.threads = match self.threads {
            Some(threads) => at_least_one("threads", threads)?,
            None => thread::available_parallelism().map_or(1, NonZeroUsize::get),
        };
        for (port, name) in self.ports.unwrap_or_default() {
            options.ports = expecting(options.ports, port, &name)?;
        }
        if let Some(mib) = self.memory {
            if !MEMORY_MIB.contains(&mib) {
                let (least, most) = (MEMORY_MIB.start(), MEMORY_MIB.end());
                return Err(wrong(format!("memory: from {least} to {most} MiB")));
            }
            options.memory = Budget::of_mib(mib);
        }
        if let Some((index, of)) = self.shard {
            let shard = HostShard::new(index, of);
            options.shard =
                Some(shard.ok_or_else(|| wrong(format!("shard: there is no {index} of {of}: (1, 4) to (4, 4)")))?);
        }
        Ok(Request {
            files,
            filter: self.filter,
            keys: KeyFiles {
                logs: self.keylog.map(Paths::all).unwrap_or_default(),
                private: self.tls_key.map(Paths::all).unwrap_or_default(),
            },
            options,
            redact: redaction(&self.redact)?,
            lang: match self.lang.as_str() {
                "en" => Lang::En,
                "zh" => Lang::Zh,
                other => return Err(wrong(format!("lang: '{other}' is neither 'en' nor 'zh'"))),
            },
        })
    }
}

/// `number`, which is that of `what`.
///
/// # Errors
/// `ValueError`, if it is 0.
pub fn at_least_one(what: &str, number: usize) -> PyResult<usize> {
    if number == 0 { Err(wrong(format!("{what}: at least 1"))) } else { Ok(number) }
}

fn wrong(what: impl Into<String>) -> PyErr {
    PyValueError::new_err(what.into())
}

fn expecting(mut ports: Ports, port: u16, name: &str) -> PyResult<Ports> {
    let (protocol, implicit_tls) = match name.to_lowercase().as_str() {
        "smtps" => (Protocol::Smtp, true),
        "pop3s" => (Protocol::Pop3, true),
        "imaps" => (Protocol::Imap, true),
        plain => {
            let none = |_| wrong(format!("ports: '{name}' is none of smtp, smtps, lmtp, pop3, pop3s, imap, imaps"));
            (plain.parse::<Protocol>().map_err(none)?, false)
        }
    };
    if port == 0 {
        return Err(wrong("ports: from 1 to 65535"));
    }
    ports.add(port, Hint { protocol, implicit_tls });
    Ok(ports)
}

fn redaction(asked: &Redact) -> PyResult<Option<Redaction>> {
    match asked {
        Redact::Whether(false) => Ok(None),
        Redact::Whether(true) => Ok(Some(Redaction::Mask)),
        Redact::How(how) => match how.as_str() {
            "mask" => Ok(Some(Redaction::Mask)),
            "pseudonym" => Ok(Some(Redaction::Pseudonym)),
            _ => Err(wrong(format!("redact: '{how}' is none of True, False, 'mask', 'pseudonym'"))),
        },
    }
}

/// The table called `name`.
///
/// # Errors
/// `ValueError`, if there is none.
pub fn table(name: &str) -> PyResult<&'static dyn AnyTable> {
    columns::table(name).ok_or_else(|| {
        let names: Vec<&str> = columns::ALL.iter().map(|table| table.name()).collect();
        wrong(format!("'{name}' is no table: there are {}", names.join(", ")))
    })
}

/// The tables called so; all, where none is named.
///
/// # Errors
/// As [`table`].
pub fn tables(names: Option<Vec<String>>) -> PyResult<Vec<&'static dyn AnyTable>> {
    match names {
        None => Ok(columns::ALL.to_vec()),
        Some(names) => {
            let is_first = |(nth, name): &(usize, &String)| !names[..*nth].contains(name);
            names.iter().enumerate().filter(is_first).map(|(_, name)| table(name)).collect()
        }
    }
}
