//! Exit statuses.

/// Exit status where all went well, or something was found.
pub(super) const DONE: u8 = 0;
/// Exit status where nothing was found, if that is asked for.
pub(super) const NOTHING_FOUND: u8 = 1;
/// Exit status of an error that has no status of its own.
pub(super) const FAILED: u8 = 1;
/// Exit status of a command line that asks for what is not there.
pub(super) const WRONG_USAGE: u8 = 2;
/// Exit status where privileges could not be dropped.
pub(super) const NOT_PERMITTED: u8 = 4;
