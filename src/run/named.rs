//! Where the result goes, with its name for messages.

use super::patient::Patient;
use super::problem::AtFile;
use std::io::{self, Write};

/// The name of standard output.
pub(super) const STANDARD_OUTPUT: &str = "standard output";

/// Writes to `out`; errors there are reported with `name`.
pub(super) struct Named<W> {
    pub name: String,
    pub out: W,
}

impl Named<Patient> {
    /// Standard output.
    pub fn stdout() -> Self {
        Self { name: STANDARD_OUTPUT.to_owned(), out: Patient::stdout() }
    }
}

impl<W> Named<W> {
    /// `error` with the name.
    pub fn named(&self, error: io::Error) -> io::Error {
        match error.kind() {
            // Not an error: the caller tries again.
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, AtFile { name: self.name.clone(), error }),
        }
    }
}

impl<W: Write> Write for Named<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.named(error))
    }
}
