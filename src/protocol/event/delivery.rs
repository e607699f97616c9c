//! What became of a message, as its receiver said.

/// Whether the receiver accepted a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It did.
    Accepted,
    /// LMTP, PRDR: for some of its recipients.
    Partly,
    /// It did not.
    Rejected,
    /// It did not for now: the client may try again (4yz).
    Deferred,
    /// Its answer was not seen.
    Unknown,
}
