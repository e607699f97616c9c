//! Which explanation a step deserves: typed, so that every language must have words for it.

use super::model::{self, Phase};
use crate::protocol::Protocol;
use crate::protocol::event::Step;

/// What a step does where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To be furnished.
    Unknown,
}

/// What `step` does. `answered` is the step that it answers.
pub fn of(_protocol: Protocol, _step: &Step<'_>, _answered: Option<&model::Step>) -> Purpose {
    Purpose::Unknown
}

/// The phase that `step` belongs to; `previous` is that of the step before it.
pub fn phase(_protocol: Protocol, _step: &Step<'_>, previous: Phase) -> Phase {
    previous
}
