//! What went wrong.

use super::{Lang, en, zh};
use crate::capture::CaptureError;
use crate::verdict::filter::Bad;
use std::io;

/// Why a capture cannot be read, or packets not be captured.
pub fn capture(lang: Lang, error: &CaptureError) -> String {
    say!(lang, errors::capture(error))
}

/// What this program says in English itself: a `problem` of the JSON, or what an error says. What is not known is returned
/// as it is.
pub fn said(lang: Lang, text: &str) -> String {
    say!(lang, errors::said(text))
}

/// What the system says.
pub fn system(lang: Lang, error: &io::Error) -> String {
    say!(lang, errors::system(error))
}

/// What is wrong with a value of the command line.
pub fn bad(lang: Lang, bad: &Bad) -> String {
    say!(lang, errors::bad(bad))
}
