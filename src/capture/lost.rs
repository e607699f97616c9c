//! What of a damaged file is stepped over.

/// Bytes that are stepped over.
pub(super) struct Search {
    /// Where they begin.
    pub(super) from: u64,
    pub(super) lost: Lost,
}

/// What they are.
pub(super) enum Lost {
    /// A record that makes no sense.
    Record(&'static str),
    /// A section of a version that is not known here.
    Section(String),
}
