//! Secrets as a type: what must not appear by accident.

use std::fmt;

/// A password, a token, or another thing that a view must ask for by name. Shown as asterisks.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

/// What stands in a secret's place.
pub const MASK: &str = "********";

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}
