//! The page.

pub mod drawing;
