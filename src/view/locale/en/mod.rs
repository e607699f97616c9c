//! English.

pub mod findings;
pub mod labels;
pub mod mime;
pub mod terms;
