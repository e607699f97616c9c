//! What the steps of a SASL exchange do (RFC 4422), which is the same in all protocols.

use crate::protocol::event::LoginCause;
use crate::protocol::sasl::Round;

/// A step of a SASL exchange, by the side that sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sasl {
    /// The server's part.
    Challenge(Round),
    /// The client's part.
    Response(Round),
    /// The client begins, and sends its first message along (RFC 4959).
    BeginsAtOnce,
    /// The client begins, and names no mechanism.
    NamesNothing,
    /// The server refuses the login, and says why.
    Refused(LoginCause),
    /// The server refuses the login: it does not accept the credentials, and says no more.
    NotAccepted,
}
