//! A credential.

use super::each::Context;
use super::enums;
use super::value::non_empty;
use crate::protocol::secret::Secret;
use crate::session::model;
use schemars::JsonSchema;
use serde::Serialize;

/// An attempt to log in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Credential<'a> {
    /// `USER/PASS`, `APOP`, `LOGIN` (IMAP's command), `AUTH PLAIN`, `AUTH CRAM-MD5`, …
    mechanism: &'a str,
    /// Decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// SASL authorization identity, where given.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_id: Option<&'a str>,
    /// Decoded, where it crossed the wire in plain; `********` where it was to be hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    /// What the server asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'a str>,
    /// What the client answered instead of a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    /// A bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// `plaintext` (the password itself), `token` (as good as a password), `hash` (challenge and response: open to an
    /// offline guess), `none`.
    exposure: enums::Exposure,
    /// What the server made of it.
    outcome: enums::LoginOutcome,
    /// True where it crossed inside TLS that was decrypted.
    encrypted: bool,
    /// The steps it was read from.
    steps: &'a [u32],
}

impl<'a> Credential<'a> {
    pub(crate) fn new(credential: &'a model::Credential, _: &Context<'a>) -> Self {
        Self {
            mechanism: &credential.mechanism,
            username: non_empty(&credential.username),
            authorization_id: non_empty(&credential.authorization_id),
            password: revealed(&credential.password),
            challenge: non_empty(&credential.challenge),
            response: revealed(&credential.response),
            token: revealed(&credential.token),
            exposure: enums::Exposure(credential.exposure),
            outcome: enums::LoginOutcome(credential.outcome),
            encrypted: credential.encrypted,
            steps: &credential.steps,
        }
    }
}

/// The JSON is asked for with its secrets unless [`redact`](crate::view::redact) has been there before.
fn revealed(secret: &Option<Secret<String>>) -> Option<&str> {
    secret.as_ref().map(Secret::reveal).filter(|text| !text.is_empty())
}
