//! Where the system fails the program: its input is not harmed, the exit status is true, and what is written is whole.
//!
//! Some of this needs root (users with a limit of processes, file systems of their own) and is skipped without.

mod extraction;
mod input;
mod kit;
mod live;
mod output;
mod statuses;
#[path = "../support/mod.rs"]
mod support;
mod threads;
