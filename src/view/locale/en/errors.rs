//! What went wrong. In English, errors say it themselves.

use crate::capture::CaptureError;
use crate::verdict::filter::Bad;
use std::io;

/// Why a capture cannot be read, or packets not be captured.
pub fn capture(error: &CaptureError) -> String {
    error.to_string()
}

/// What this program says in English.
pub fn said(text: &str) -> String {
    text.to_owned()
}

/// What the system says.
pub fn system(error: &io::Error) -> String {
    error.to_string()
}

/// What is wrong with a value of the command line.
pub fn bad(bad: &Bad) -> String {
    bad.to_string()
}
