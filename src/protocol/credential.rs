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
    /// The reply that decided, as sent; absent where none was seen.
    pub reply: Option<Vec<u8>>,
    /// Why the login was not accepted; absent where it was, and where no reply was seen.
    pub cause: Option<LoginCause>,
    /// The server has not even looked at it: it called the command out of place, because a login had been accepted before.
    pub unheeded: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum LoginOutcome {
    /// The login succeeded.
    Accepted,
    /// The login failed.
    Rejected,
    /// The client cancelled the exchange.
    Cancelled,
    /// The server's answer was not seen, or decided nothing (a temporary failure).
    #[default]
    Unknown,
}

/// Why a login was not accepted (`cause` of the JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LoginCause {
    /// User name, password or token are not valid.
    WrongSecret,
    /// The password, right or not, has expired: it has to be changed.
    Expired,
    /// The user must log in once by another mechanism, so that the password is known to this one (RFC 4954, section 6: 432, X.7.12).
    PasswordTransition,
    /// The server could not read what the client sent: no base64, for one.
    Malformed,
    /// The server does not offer this mechanism, or no login at all here.
    MechanismNotOffered,
    /// Not without TLS.
    EncryptionDemanded,
    /// Too many connections, or too many attempts.
    Limit,
    /// Another session holds the mailbox (POP3).
    InUse,
    /// The account, or this way to log in, is switched off.
    SwitchedOff,
    /// The server cannot check it at the moment.
    Temporary,
    /// The client gave it up.
    Cancelled,
    /// The server does not say, or in words that are not known.
    Unknown,
}

impl Credential {
    /// The attempt with the reply that decided it, and why it was not accepted.
    pub fn with_reply(mut self, reply: &[u8], cause: LoginCause) -> Self {
        self.cause = match self.outcome {
            LoginOutcome::Accepted => None,
            LoginOutcome::Cancelled => Some(LoginCause::Cancelled),
            LoginOutcome::Rejected | LoginOutcome::Unknown => Some(cause),
        };
        self.reply = Some(reply.to_vec());
        self
    }
}
