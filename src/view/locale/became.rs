//! What can become of a session.

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server took what was sent for everyone.
    Delivered,
    /// For some.
    Partly,
    /// For no one.
    Refused,
    /// For no one for now.
    Deferred,
    /// Messages were fetched.
    Fetched,
    /// A user logged in, and fetched nothing.
    LoggedIn,
    /// Nobody could log in.
    LoginRefused,
    /// Something else failed.
    Failed,
    /// The capture does not show it.
    Unknown,
    /// Nothing was sent or fetched.
    Nothing,
}
