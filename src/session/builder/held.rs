//! What a session that is not over holds.

/// What a builder holds.
#[derive(Debug, Default)]
pub struct Held {
    /// Texts of steps, and what is read from them.
    pub texts: usize,
    /// What else the steps, logins and messages have on the heap, and the facts of the session.
    pub rest: usize,
    /// Readers of the messages whose content has not ended.
    pub readers: usize,
    /// It was asked to let go of something: it reserves no more than it needs.
    pub frugal: bool,
    /// No further steps are kept.
    pub closed: bool,
}
