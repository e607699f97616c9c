//! Which program an end of a session is.

use crate::protocol::event::StepId;

/// A program, told by how it behaves: put into a session by `verdict` once it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Software {
    /// Its name.
    pub name: &'static str,
    /// The versions that behave so, as far as they were run.
    pub versions: &'static str,
    /// From 0 to 1.
    pub confidence: f32,
    /// The steps that show it, in ascending order.
    pub steps: Vec<StepId>,
}
