//! What could not be done, of which there is more to say than the system does.

use std::fmt;
use std::io;

/// What could not be done, with the reason below it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// A result cannot be written.
    #[error("{0}: cannot be written")]
    Unwritable(String),
    /// There is no randomness for the names of secrets.
    #[error("--redact=pseudonym: no random key can be had for the names")]
    NoKey,
}

/// An error of writing, with the name of what was to be written.
#[derive(Debug)]
pub(super) struct AtFile {
    pub name: String,
    pub error: io::Error,
}

impl fmt::Display for AtFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.error)
    }
}

impl std::error::Error for AtFile {}

/// A folder that the user may not write to as whom mailtap goes on.
#[derive(Debug, thiserror::Error)]
#[error("{error}: mailtap goes on as {user}, who may not write there: name another by --user")]
pub(super) struct MayNot {
    pub user: String,
    pub error: io::Error,
}
