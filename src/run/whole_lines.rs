/*!
A result in a file that ends with a whole line, also where a disk is full: a program that reads it line by line can use
everything that is there.
*/

use super::named::Named;
use crate::capture::Outlet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// Writes to a file. The first error cuts off the line that was begun, and is returned for everything after it.
pub struct WholeLines {
    out: Outlet,
    /// Bytes written.
    written: u64,
    /// Bytes up to the end of the last whole line.
    whole: u64,
    failed: Option<io::ErrorKind>,
}

impl WholeLines {
    /// Writes to `out`, which is empty.
    pub fn new(out: Outlet) -> Self {
        Self { out, written: 0, whole: 0, failed: None }
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
                let end = bytes.get(..count).and_then(|written| memchr::memrchr(b'\n', written));
                if let Some(end) = end {
                    self.whole = self.written + end as u64 + 1;
                }
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
pub(super) fn in_lines(file: &Path, out: Outlet) -> Box<dyn Write> {
    Box::new(Named { name: file.display().to_string(), out: WholeLines::new(out) })
}

/// As it is written to.
pub(super) type Buffered = BufWriter<Box<dyn Write>>;

/// Writes much at once.
pub(super) fn buffered(out: Box<dyn Write>) -> Buffered {
    BufWriter::with_capacity(BUFFER, out)
}
