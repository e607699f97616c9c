//! The record of an attempt to log in.

use super::each::Context;
use super::enums;
use super::value::{Shown, non_empty};
use crate::capture::{Time, number};
use crate::protocol::secret::Secret;
use crate::session::model;
use schemars::JsonSchema;
use serde::Serialize;

/// An attempt to log in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Credential<'a> {
    /// `USER/PASS`, `APOP`, `LOGIN` (IMAP's command), `AUTH PLAIN`, `AUTH CRAM-MD5`, …
    mechanism: &'a str,
    /// User name, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// SASL authorization identity: whom the user asks to act as, if one was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_id: Option<&'a str>,
    /// Password, decoded, if the password itself was sent; `********` with `--redact`, a name with
    /// `--redact=pseudonym`.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    /// The server's challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'a str>,
    /// The client's response to the challenge, sent instead of a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    /// A bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// What an observer learns: `plaintext` (the password itself), `token` (as good as a password), `hash` (challenge
    /// and response, from which a password can be guessed offline), `none`.
    exposure: enums::Exposure,
    /// The server's decision; `cancelled` by the client, `unknown` if no answer was seen.
    outcome: enums::LoginOutcome,
    /// Why it was not accepted, as far as the server's words and codes say; `unknown` where they do not. Absent for an
    /// accepted one, and where no reply was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<enums::LoginCause>,
    /// What the server answered, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<&'a str>,
    /// When its first step was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    time: Option<Shown<Time>>,
    /// Numbers of the packets that carry its steps, those within the session's `source`.
    packets: Vec<u64>,
    /// True if it was sent inside TLS that was decrypted.
    encrypted: bool,
    /// The steps it was read from.
    steps: &'a [u32],
}

impl<'a> Credential<'a> {
    pub(crate) fn new(credential: &'a model::Credential, context: &Context<'a>) -> Self {
        let steps = || credential.steps.iter().filter_map(|&n| context.session.step(n));
        let of_source = |packet: &u64| number::source(*packet) == context.session.source();
        let mut packets: Vec<u64> =
            steps().flat_map(|step| step.packets.iter()).filter(of_source).map(number::frame).collect();
        packets.sort_unstable();
        packets.dedup();
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
            cause: credential.cause.map(enums::LoginCause),
            reply: non_empty(&credential.reply),
            time: steps().next().and_then(|step| step.time.known()).map(Shown),
            packets,
            encrypted: credential.encrypted,
            steps: &credential.steps,
        }
    }
}

/// The secret itself: [`redact`](crate::view::redact), if the user asked for it, has masked it already.
fn revealed(secret: &Option<Secret<String>>) -> Option<&str> {
    secret.as_ref().map(Secret::reveal).filter(|text| !text.is_empty())
}
