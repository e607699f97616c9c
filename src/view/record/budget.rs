//! The record of where the time of a session went.

use super::value::milliseconds;
use crate::protocol::event::StepId;
use crate::verdict::budget::{Budget, Part};
use schemars::JsonSchema;
use serde::Serialize;

/// Where the time from the first packet to the last went, in milliseconds. A part is absent where there was nothing of
/// it, or it is not known: next to missing bytes, and at the beginning where the handshake was not captured.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Budget")]
pub struct TimeBudget {
    /// From the first SYN to the client's ACK.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_ms: Option<f64>,
    /// From then on to the greeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    greeting_ms: Option<f64>,
    /// The TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_ms: Option<f64>,
    /// Waiting for the server's replies in log-ins.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_ms: Option<f64>,
    /// Waiting for the server's other replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    commands_ms: Option<f64>,
    /// Content crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_ms: Option<f64>,
    /// Waiting for the reply to content of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_reply_ms: Option<f64>,
    /// IMAP: the client waited for news (IDLE).
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ms: Option<f64>,
    /// The client had its answer, and had not sent anything new yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ms: Option<f64>,
    /// Inside TLS that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_ms: Option<f64>,
    /// From the last step to the last packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_ms: Option<f64>,
    /// The reply for which the client waited longest, of `login_ms`, `commands_ms` and `final_reply_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_reply: Option<LongestReply>,
}

/// The reply for which the client waited longest.
#[derive(Serialize, JsonSchema)]
struct LongestReply {
    /// Its step.
    step: StepId,
    /// For how long.
    ms: f64,
}

impl TimeBudget {
    /// The record of `budget`; none where nothing is known.
    pub fn new(budget: &Budget) -> Option<Self> {
        if *budget == Budget::default() {
            return None;
        }
        let part = |part| budget.part(part).map(milliseconds);
        Some(Self {
            connect_ms: part(Part::Connect),
            greeting_ms: part(Part::Greeting),
            tls_ms: part(Part::Tls),
            login_ms: part(Part::LogIn),
            commands_ms: part(Part::Commands),
            transfer_ms: part(Part::Transfer),
            final_reply_ms: part(Part::FinalReply),
            idle_ms: part(Part::Idle),
            client_ms: part(Part::Client),
            encrypted_ms: part(Part::Encrypted),
            after_ms: part(Part::After),
            longest_reply: budget.longest.map(|(step, length)| LongestReply { step, ms: milliseconds(length) }),
        })
    }
}
