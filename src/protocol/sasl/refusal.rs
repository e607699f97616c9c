//! Why a login by SASL was not accepted.

use super::Exchange;
use crate::protocol::credential::LoginCause;
use crate::protocol::login_cause;

impl Exchange {
    /// Why the login was not accepted: what the words of the server's `reply` say, or else what the rounds have shown;
    /// `by_reply` is what the reply says by its words and codes.
    pub fn cause(&self, by_reply: LoginCause, reply: &[u8]) -> LoginCause {
        let said = || login_cause::by_words(reply).is_some();
        match by_reply {
            LoginCause::WrongSecret | LoginCause::Unknown if (self.unencoded || self.irregular) && !said() => {
                LoginCause::Malformed
            }
            LoginCause::Unknown => self.reported.unwrap_or(by_reply),
            _ => by_reply,
        }
    }
}
