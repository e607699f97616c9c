/*!
SASL seen from outside (RFC 4422): what the rounds of an exchange carry, whichever protocol they cross in.

A dialogue makes an [`Exchange`] when it sees the AUTH command, feeds it the challenges and responses as they crossed
(still in base64), and takes the finished [`Credential`] when the reply has decided.
*/

use super::event::{Credential, LoginOutcome, StepId};

/// A mechanism, as far as its payload is understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 2195.
    CramMd5,
    /// RFC 2831.
    DigestMd5,
    /// RFC 5802, 7677: any hash, with or without channel binding.
    Scram,
    /// MS-NLMP.
    Ntlm,
    /// RFC 4752.
    Gssapi,
    /// Google's bearer token.
    XOauth2,
    /// RFC 7628.
    OauthBearer,
    /// RFC 4422, appendix A.
    External,
    /// RFC 4505.
    Anonymous,
    /// Named, payload kept.
    Other,
}

/// What one round of an exchange is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Round {
    /// Server: go ahead, nothing to say (an empty challenge).
    GoAhead(Mechanism),
    /// Server, LOGIN: asks for the user name.
    AsksUsername,
    /// Server, LOGIN: asks for the password.
    AsksPassword,
    /// Server: a challenge of the mechanism.
    Challenge(Mechanism),
    /// Client, LOGIN: the user name.
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
    /// Client: `*`, gives up.
    Cancel,
    /// Either: not valid base64, or not of the mechanism's form.
    Garbage(Mechanism),
}

impl Round {
    /// True where the payload is a secret (a password or token) that must be masked on request.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Identity | Self::Token)
    }
}

/// One exchange, from the AUTH command to the reply that decides.
#[derive(Debug)]
pub struct Exchange {
    credential: Credential,
    mechanism: Mechanism,
}

impl Exchange {
    /// Begins with the mechanism's name as sent. `step` is the command's. An initial response, if the command carried
    /// one, is then fed through [`Exchange::response`].
    pub fn new(name: &[u8], step: StepId) -> Self {
        let _ = (name, step);
        Self { credential: Credential::default(), mechanism: Mechanism::Other }
    }

    /// A challenge as it crossed (base64, without `334 ` or `+ `). Does not record the step: see [`Exchange::add_step`].
    pub fn challenge(&mut self, base64: &[u8]) -> Round {
        let _ = base64;
        Round::Challenge(self.mechanism)
    }

    /// A response as it crossed (base64; `=` is an empty initial response; `*` cancels).
    pub fn response(&mut self, base64: &[u8]) -> Round {
        let _ = base64;
        Round::Garbage(self.mechanism)
    }

    /// Records a step that belongs to the exchange.
    pub fn add_step(&mut self, step: StepId) {
        self.credential.steps.push(step);
    }

    /// The attempt, as far as it went.
    pub fn finish(self, outcome: LoginOutcome) -> Credential {
        Credential { outcome, ..self.credential }
    }
}
