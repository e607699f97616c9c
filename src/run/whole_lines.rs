/*!
A result in a file that ends with a whole line, also where a disk is full: a program that reads it line by line can use
everything that is there. A line of CSV is a row: a cell may have line feeds, and only a row ends with CR LF.
*/

use super::named::Named;
use crate::capture::Outlet;
use crate::cli::Format;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// Writes to a file. The first error cuts off the line that was begun, and is returned for everything after it.
pub struct WholeLines {
    out: Outlet,
    /// Only CR LF ends a line.
    rows: bool,
    /// The last byte that was written is a CR.
    returned: bool,
    /// Bytes written.
    written: u64,
    /// Bytes up to the end of the last whole line.
    whole: u64,
    failed: Option<io::ErrorKind>,
}

impl WholeLines {
    /// Writes to `out`, which is empty, in `format`.
    pub fn new(out: Outlet, format: Format) -> Self {
        Self { out, rows: format == Format::Csv, returned: false, written: 0, whole: 0, failed: None }
    }

    /// Where the last whole line ends in `bytes`, which follow what was written.
    fn end(&self, bytes: &[u8]) -> Option<usize> {
        let ends = |at: &usize| match at.checked_sub(1) {
            _ if !self.rows => true,
            Some(before) => bytes.get(before) == Some(&b'\r'),
            None => self.returned,
        };
        memchr::memrchr_iter(b'\n', bytes).find(ends).map(|at| at + 1)
    }
}

impl Write for WholeLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A buffer above would write the rest of the line once there is room again.
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        match self.out.write(bytes) {
            Ok(count) => {
                let written = bytes.get(..count).unwrap_or_default();
                if let Some(end) = self.end(written) {
                    self.whole = self.written + end as u64;
                }
                self.returned = written.last().map_or(self.returned, |last| *last == b'\r');
                self.written += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error.kind());
                // What it was to mend is told in any case.
                let _ = self.out.cut(self.whole);
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes whole lines to a file; errors name it.
pub(super) fn in_lines(file: &Path, out: Outlet, format: Format) -> Box<dyn Write> {
    Box::new(Named { name: file.display().to_string(), out: WholeLines::new(out, format) })
}

/// As it is written to.
pub(super) type Buffered = BufWriter<Box<dyn Write>>;

/// Writes much at once.
pub(super) fn buffered(out: Box<dyn Write>) -> Buffered {
    BufWriter::with_capacity(BUFFER, out)
}
