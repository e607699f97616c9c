//! The report on a capture as a whole, once it has been read.

use super::across::login_frequency::Logins;
use super::across::outcome::AcrossReport;
use super::conclusion::Verdict;
use crate::capture::SourceInfo;
use crate::session::summary::Summary;

/// The report on a capture as a whole, once it has been read.
#[derive(Debug, Clone)]
pub struct Report {
    /// One entry per file or interface.
    pub sources: Vec<SourceInfo>,
    /// Counts over all sessions.
    pub summary: Summary,
    /// Who logs in where, how often; empty where the [`Selection`](super::Selection) leaves it out.
    pub logins: Logins,
    /// What only several sessions show; empty where the selection leaves it out.
    pub across: AcrossReport,
    /// What the capture comes to. Absent where no rule ran, and where no session was chosen of those that there are.
    pub verdict: Option<Verdict>,
}
