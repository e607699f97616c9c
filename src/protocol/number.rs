//! The numbers by which steps and messages are named.

/// Number of a step within its session, from 1.
pub type StepId = u32;

/// Number of a message within its session, from 1.
pub type MessageId = u32;
