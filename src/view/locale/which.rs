//! Which of the sessions between a client and a server a sentence about log-ins counts.

/// What there is to say of some of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Which {
    LoggedIn,
    Refused,
    Unknown,
    Without,
    Hidden,
    Late,
    Incomplete,
    Silent,
}
