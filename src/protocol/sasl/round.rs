//! What a round of an exchange carries.

use super::Mechanism;
use crate::protocol::credential::LoginCause;

/// What one round of an exchange carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Round {
    /// Server: go ahead (an empty challenge).
    GoAhead(Mechanism),
    /// Server, LOGIN: asks for the user name.
    AsksUsername,
    /// Server, LOGIN: asks for the password.
    AsksPassword,
    /// Server: a challenge of the mechanism.
    Challenge(Mechanism),
    /// Server: an error report on the token, and why it is refused (RFC 7628, section 3.2.2).
    Report(Mechanism, LoginCause),
    /// Client: the user name alone (LOGIN; the identity of EXTERNAL, the trace of ANONYMOUS).
    Username,
    /// Client, LOGIN: the password.
    Password,
    /// Client: user name and password together (PLAIN).
    Identity,
    /// Client: a bearer token.
    Token,
    /// Client: a proof of the mechanism, no password in it.
    Proof(Mechanism),
    /// Client: an empty response.
    Empty(Mechanism),
    /// Client: what base64 is due for, as it is.
    Unencoded(Unencoded),
    /// Client: `*`, gives up.
    Cancel,
    /// Either: not valid base64, or not of the mechanism's form.
    Malformed(Mechanism),
}

impl Round {
    /// True where the payload is a secret (a password or token) that must be masked on request. What a client sends as
    /// PLAIN or LOGIN in a wrong form (its password not in base64, say) counts as one.
    pub fn is_secret(self) -> bool {
        match self {
            Self::Password | Self::Identity | Self::Token => true,
            Self::Unencoded(what) => matches!(what, Unencoded::Password | Unencoded::Identity | Unencoded::Token),
            Self::Malformed(mechanism) => mechanism.carries_secrets(),
            // What an unknown mechanism sends may be the password itself.
            Self::Proof(mechanism) => mechanism == Mechanism::Other,
            _ => false,
        }
    }
}

/// What a client sent as it is, where base64 is due (RFC 4954, section 4): typed by hand, mostly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Unencoded {
    /// The user name.
    Username,
    /// The password.
    Password,
    /// User name and password.
    Identity,
    /// A bearer token.
    Token,
    /// Anything else.
    Other,
}

impl Round {
    /// The same round, sent without base64.
    pub(super) fn unencoded(self) -> Self {
        match self {
            Self::Username => Self::Unencoded(Unencoded::Username),
            Self::Password => Self::Unencoded(Unencoded::Password),
            Self::Identity => Self::Unencoded(Unencoded::Identity),
            Self::Token => Self::Unencoded(Unencoded::Token),
            Self::Proof(_) => Self::Unencoded(Unencoded::Other),
            other => other,
        }
    }
}
