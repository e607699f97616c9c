//! Which explanation a step deserves: typed, so that every language must have words for it.

mod listed;

pub(crate) use listed::listed;

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To be furnished.
    Unknown,
}
