//! Which explanation a step deserves: typed, so that every language must have words for it.

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To be furnished.
    Unknown,
}
