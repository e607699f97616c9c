//! Every attempt to log in, with the packets in which it can be seen.

use super::place::{Named, Packets};
use crate::flow::Side;
use crate::protocol::event::{Exposure, LoginOutcome};
use crate::session::Session;
use crate::session::model::Credential;

/// An attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The session.
    pub session: Named,
    /// `USER/PASS`, `AUTH PLAIN`, …
    pub mechanism: String,
    /// The user name.
    pub user: Option<String>,
    /// The password or token, where it crossed and can be read.
    pub secret: Option<String>,
    /// What an observer of the packets has learned.
    pub exposure: Exposure,
    /// It crossed inside TLS, which was decrypted to read the capture.
    pub encrypted: bool,
    /// The server's decision.
    pub outcome: LoginOutcome,
    /// The server answered, and decided nothing.
    pub is_put_off: bool,
    /// The client's packets.
    pub packets: Packets,
}

impl Login {
    /// Whether anybody on the path can read the password or token.
    pub fn is_readable(&self) -> bool {
        !self.encrypted && matches!(self.exposure, Exposure::Plaintext | Exposure::Token)
    }
}

/// The attempts of `session`, also those that the server called out of place.
pub fn logins(session: &Session) -> impl Iterator<Item = Login> {
    session.credentials.iter().chain(&session.unheeded).map(|credential| login(session, credential))
}

fn login(session: &Session, credential: &Credential) -> Login {
    let secret = credential.password.as_ref().or(credential.token.as_ref());
    let secret = secret.map(|secret| secret.reveal().to_owned()).filter(|secret| !secret.is_empty());
    let steps = credential.steps.iter().filter_map(|&n| session.step(n)).filter(|step| step.from == Side::Client);
    Login {
        session: Named::of(session),
        mechanism: credential.mechanism.clone(),
        user: credential.username.clone(),
        secret,
        exposure: credential.exposure,
        encrypted: credential.encrypted,
        outcome: credential.outcome,
        is_put_off: credential.is_put_off(),
        packets: Packets::of(steps),
    }
}
