//! What the steps of a SASL exchange do (RFC 4422), which is the same in all protocols.

use crate::protocol::sasl::Round;

/// A step of a SASL exchange, by the side that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sasl {
    /// The server's part.
    Challenge(Round),
    /// The client's part.
    Response(Round),
}
