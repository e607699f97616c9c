//! Responses that were typed as they are, where base64 is due.

use super::round::Round;
use super::{Exchange, Mechanism, payload};

impl Exchange {
    /// A response that is not base64: an observer reads it all the more easily.
    pub(super) fn unencoded_response(&mut self, typed: &[u8]) -> Round {
        let unescaped = payload::unescaped(typed);
        let round = match self.mechanism {
            // The server does not speak SASL here, or PLAIN's only response has come: this is something else.
            Mechanism::Plain if self.misunderstood || self.credential.password.is_some() => {
                Round::Malformed(self.mechanism)
            }
            // Nothing shows what it is.
            Mechanism::External | Mechanism::Anonymous | Mechanism::Other => Round::Malformed(self.mechanism),
            Mechanism::Gssapi | Mechanism::Ntlm => Round::Malformed(self.mechanism),
            Mechanism::Plain => self.plain(&unescaped),
            _ => self.decoded_response(typed, typed),
        };
        self.unencoded |= !matches!(round, Round::Malformed(_));
        round.unencoded()
    }
}
