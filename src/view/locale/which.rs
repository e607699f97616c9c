//! The groups into which sentences about logins divide the sessions between a client and a server.

/// A group of sessions, by login.
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
