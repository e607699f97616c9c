//! The record of a mail transaction.

use super::each::Context;
use super::enums;
use crate::protocol::event::{StepId, Subject};
use crate::protocol::smtp;
use crate::session::domain;
use crate::session::model::{self, Step};
use crate::view::escape;
use schemars::JsonSchema;
use serde::Serialize;

/// A mail transaction: from MAIL to what ended it, whether content crossed or not.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Transaction<'a> {
    /// 1, 2, … within the session.
    n: u32,
    /// The sender of MAIL, without its angle brackets; empty for `<>`. Absent if MAIL was not captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    /// All recipients, including refused ones.
    to: Vec<Addressee<'a>>,
    /// The size that MAIL declares (`SIZE=`), in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_said: Option<u64>,
    /// The size that the server announced as its limit (`SIZE`), in bytes; absent if it announced none.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_limit: Option<u64>,
    /// Bytes of the content that crossed; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// `accepted`, `partly` (for some recipients), `rejected`, `deferred` (refused for now), `aborted` (given up, or the
    /// connection lost, before its end) or `unknown`.
    outcome: enums::Outcome,
    /// The `n` of the message that it carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u32>,
    /// Its commands, content and replies.
    steps: &'a [u32],
}

/// One recipient of a transaction.
#[derive(Serialize, JsonSchema)]
struct Addressee<'a> {
    /// Forward-path without its angle brackets.
    address: &'a str,
    /// The domain of the address: lower case, with A-labels (`xn--…`); absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Code of the reply to RCPT.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// Enhanced status code of that reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    enhanced: Option<String>,
    /// Text of that reply, as of its step.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Step of that reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    /// Code of the reply that decided after RCPT: the recipient's own after the content (LMTP, PRDR), or the one for all
    /// recipients.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_code: Option<u16>,
    /// Enhanced status code of that reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_enhanced: Option<String>,
    /// Text of that reply, as of its step.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_text: Option<&'a str>,
    /// Step of that reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    final_step: Option<u32>,
    /// `accepted`, `rejected`, `deferred`, or `unknown` if a reply that decides was not seen.
    outcome: enums::Outcome,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(transaction: &'a model::Transaction, context: &Context<'a>) -> Self {
        let model::Transaction { n, from, to, size_said, size_limit, outcome, reply: _, message, steps } = transaction;
        let messages = &context.session.messages;
        let carried = message.and_then(|n| messages.get((n as usize).checked_sub(1)?));
        Self {
            n: *n,
            from: from.as_deref(),
            to: to.iter().map(|addressee| Addressee::new(addressee, context)).collect(),
            size_said: *size_said,
            size_limit: *size_limit,
            size: carried.map(|message| message.size),
            outcome: enums::Outcome(*outcome),
            message: *message,
            steps,
        }
    }
}

impl<'a> Addressee<'a> {
    fn new(addressee: &'a model::Addressee, context: &Context<'a>) -> Self {
        let model::Addressee { address, code, step, final_code, final_step, outcome } = addressee;
        let shown = |n: &Option<StepId>| n.and_then(|n| context.session.step(n));
        let (answer, last) = (shown(step), shown(final_step));
        Self {
            address,
            domain: domain::of_address(address),
            code: *code,
            enhanced: answer.and_then(enhanced),
            text: answer.and_then(|step| text(step, context)),
            step: *step,
            final_code: *final_code,
            final_enhanced: last.and_then(enhanced),
            final_text: last.and_then(|step| text(step, context)),
            final_step: *final_step,
            outcome: enums::Outcome(*outcome),
        }
    }
}

fn text<'a>(step: &'a Step, context: &Context<'a>) -> Option<&'a str> {
    Some(escape::cut(&step.text, context.options.text_limit).0).filter(|text| !text.is_empty())
}

fn enhanced(step: &Step) -> Option<String> {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Reply { enhanced, .. }) => enhanced.map(|enhanced| enhanced.to_string()),
        _ => None,
    }
}
