//! Files that hold passwords, for their owner alone.

use super::problem::Problem;
use crate::capture::{self, Created};
use anyhow::Context;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Opens the file that the result is written to. A new one is for its owner alone where it `is_private`; an existing one
/// keeps its mode, and so do devices and pipes.
///
/// # Errors
/// If it cannot be opened.
pub(super) fn created(file: &Path, is_private: bool, stop: &AtomicBool) -> anyhow::Result<Created> {
    capture::create(file, is_private, stop).with_context(|| Problem::Unwritable(file.display().to_string()))
}
