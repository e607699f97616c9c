//! Errors of the library as exceptions of Python, in the library's words.

use anyhow::Error;
use mailtap::capture::CaptureError;
use mailtap::run;
use mailtap::view::Lang;
use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileNotFoundError, PyIsADirectoryError, PyOSError, PyPermissionError, PyRuntimeError, PyValueError,
};
use std::io;

/// What the command line calls wrong usage.
const WRONG_USAGE: u8 = 2;

/// The exception that stands for `error`.
pub fn exception(error: &Error, lang: Lang) -> PyErr {
    let said = run::said(error, lang);
    if run::exit_status(error, false) == WRONG_USAGE {
        return PyValueError::new_err(said);
    }
    match error.downcast_ref() {
        Some(
            CaptureError::Missing { .. }
            | CaptureError::NoMatch { .. }
            | CaptureError::NoCaptures { .. }
            | CaptureError::Gone { .. },
        ) => PyFileNotFoundError::new_err(said),
        Some(CaptureError::NoPermission { .. }) => PyPermissionError::new_err(said),
        Some(CaptureError::Directory { .. }) => PyIsADirectoryError::new_err(said),
        Some(_) => PyOSError::new_err(said),
        None if error.is::<io::Error>() => PyOSError::new_err(said),
        None => PyRuntimeError::new_err(said),
    }
}
