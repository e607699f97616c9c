//! Attempts to log in, as dialogues report them.

use super::number::StepId;
use super::secret::Secret;

/// One attempt to log in.
#[derive(Debug, Clone, Default)]
pub struct Credential {
    /// As in the JSON contract: `USER/PASS`, `APOP`, `LOGIN`, `AUTH PLAIN`, …
    pub mechanism: String,
    /// Decoded user name.
    pub username: Option<Vec<u8>>,
    /// SASL authorization identity, where given (RFC 4422, section 3.4.1).
    pub authorization_id: Option<Vec<u8>>,
    /// Decoded password, where the password itself crossed the wire.
    pub password: Option<Secret<Vec<u8>>>,
    /// The server's challenge, decoded.
    pub challenge: Option<Vec<u8>>,
    /// What the client sent instead of a password (a proof of it, say), decoded.
    pub response: Option<Secret<Vec<u8>>>,
    /// A bearer token.
    pub token: Option<Secret<Vec<u8>>>,
    /// What crossed: the password or token itself, or a proof of it.
    pub exposure: Exposure,
    /// The server's answer.
    pub outcome: LoginOutcome,
    /// The steps it was read from, the reply included.
    pub steps: Vec<StepId>,
    /// The secrets in the forms in which they crossed (a PLAIN response in base64, say), so that they can be found
    /// wherever else they appear.
    pub wire_forms: Vec<Secret<Vec<u8>>>,
    /// Rounds left out of `challenge`, `response` and `wire_forms` because of the bound
    /// [`Limit::SaslRounds`](crate::limits::Limit::SaslRounds). The session counts them.
    pub rounds_left_out: u64,
}

/// What an observer of the wire has learnt (`exposure` of the JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub enum Exposure {
    /// The password.
    Plaintext,
    /// A bearer token: as good as a password.
    Token,
    /// Challenge and response: open to an offline guess.
    Hash,
    /// Nothing of use.
    #[default]
    None,
}

/// The server's answer to a login attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LoginOutcome {
    /// The login succeeded.
    Accepted,
    /// The login failed.
    Rejected,
    /// The client cancelled the exchange.
    Cancelled,
    /// The server's answer was not seen.
    #[default]
    Unknown,
}
