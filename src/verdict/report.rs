//! What is known of a capture as a whole when it has been read.

use super::across::login_frequency::Logins;
use crate::capture::SourceInfo;
use crate::session::summary::Summary;

/// What is known of a capture as a whole when it has been read.
#[derive(Debug, Clone)]
pub struct Report {
    /// One entry per file or interface.
    pub sources: Vec<SourceInfo>,
    /// Counts over all sessions.
    pub summary: Summary,
    /// Who logs in where, how often; empty where it was not asked for.
    pub logins: Logins,
}
