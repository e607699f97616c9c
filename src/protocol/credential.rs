//! Attempts to log in, as dialogues tell of them.

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
    /// Decoded password, where it crossed the wire itself.
    pub password: Option<Secret<Vec<u8>>>,
    /// The server's challenge, decoded.
    pub challenge: Option<Vec<u8>>,
    /// What the client answered instead of a password, decoded.
    pub response: Option<Secret<Vec<u8>>>,
    /// A bearer token.
    pub token: Option<Secret<Vec<u8>>>,
    /// What crossed: the thing itself or a proof of it.
    pub exposure: Exposure,
    /// What the server made of it.
    pub outcome: LoginOutcome,
    /// The steps it was read from, the reply included.
    pub steps: Vec<StepId>,
    /// The secrets in the forms in which they crossed (a PLAIN response in base64, say), so that they can be found
    /// wherever else they appear.
    pub wire_forms: Vec<Secret<Vec<u8>>>,
    /// Rounds of which nothing is here because of the bound: whoever keeps the attempt counts them
    /// ([`Limit::SaslRounds`](crate::limits::Limit::SaslRounds)).
    pub rounds_left_out: u64,
}

/// What an observer of the wire has in hand (`exposure` of the JSON).
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

/// What the server made of a log-in attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LoginOutcome {
    /// It let the client in.
    Accepted,
    /// It did not.
    Rejected,
    /// The client gave up on the way.
    Cancelled,
    /// Its answer was not seen.
    #[default]
    Unknown,
}
