//! mailtap for Python: the tables of captures as Arrow, by the PyCapsule interface.

mod asked;
mod capsule;
mod capture;
mod failed;
mod reader;
mod stream;
mod table;

/// The tables of mail captures (SMTP, LMTP, POP3, IMAP) as Arrow.
///
/// `read` gives all tables of a capture, `stream` one of them while the capture is being read. Both take what has the Arrow
/// PyCapsule interface: `pyarrow.table(capture.sessions)`, `polars.DataFrame(capture.sessions)`.
#[pyo3::pymodule(name = "mailtap")]
mod module {
    #[pymodule_export]
    use crate::capture::{Capture, read};
    #[pymodule_export]
    use crate::stream::{Stream, stream};
    #[pymodule_export]
    use crate::table::{Batch, Table};
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
