//! What a timeline is made of.

use crate::capture::Time;
use crate::protocol::Protocol;
use crate::session::model::Severity;

/// A session, as far as the timeline shows it.
#[derive(Debug, Clone)]
pub struct TimelineSession {
    /// Its number.
    pub id: u64,
    /// What is spoken.
    pub protocol: Protocol,
    /// The time of its first packet.
    pub first: Time,
    /// Of its last.
    pub last: Time,
    /// Of the gravest finding.
    pub severity: Option<Severity>,
    /// What it is called: who talks with whom.
    pub label: String,
}
