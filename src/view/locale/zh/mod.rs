//! 简体中文。 Chinese, simplified.

pub mod findings;
pub mod labels;
pub mod mime;
pub mod terms;
