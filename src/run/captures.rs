//! The capture files of a run: which those are, and which of them could not be read.

use super::{say, words};
use crate::capture::{self, CaptureError};
use crate::view::Lang;
use crate::view::locale::errors;
use std::cell::Cell;
use std::path::PathBuf;

/// Files that are told one by one when they cannot be opened; further ones are counted.
const TOLD: usize = 20;

/// Puts the files that they lead to in the place of `names`, and says how many files of folders are no captures unless
/// `quiet`.
///
/// # Errors
/// As [`capture::find`].
pub(super) fn find(names: &mut Vec<PathBuf>, lang: Lang, quiet: bool) -> Result<(), CaptureError> {
    let found = capture::find(names)?;
    if found.others > 0 && !quiet {
        say::line(&words::other_files(lang, found.others, found.files.len()));
    }
    *names = found.files;
    Ok(())
}

/// Files of several that could not be opened.
pub(super) struct Unread {
    lang: Lang,
    files: Cell<usize>,
}

impl Unread {
    /// None yet; they will be told in this language.
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, files: Cell::new(0) }
    }

    /// One could not be opened: says why.
    pub(super) fn tell(&self, error: &CaptureError) {
        if self.files.get() < TOLD {
            say::line(&errors::capture(self.lang, error));
        }
        self.files.set(self.files.get() + 1);
    }

    /// All have been read but those that were told.
    ///
    /// # Errors
    /// Where there are such: of so many files.
    pub(super) fn ended(&self, of: usize) -> Result<(), CaptureError> {
        match self.files.get() {
            0 => Ok(()),
            files => Err(CaptureError::NotRead { files, of }),
        }
    }
}
