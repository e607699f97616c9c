//! Steps that more than one rule takes as evidence.

use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, Said};
use crate::session::Session;
use crate::session::model::{Message, Variant};

/// The steps that carry the content of `message`.
pub fn content_steps<'a>(session: &'a Session, message: &'a Message) -> impl Iterator<Item = StepId> + 'a {
    let is_content = |n: &StepId| session.step(*n).is_some_and(|step| step.kind == Kind::Data);
    message.steps.iter().copied().filter(is_content)
}

/// Bytes are missing from the capture after the step `after` and before the step `before`.
pub fn has_gap(session: &Session, after: StepId, before: StepId) -> bool {
    let start = usize::try_from(after).unwrap_or(usize::MAX);
    let between = session.steps.iter().skip(start).take_while(|step| step.n < before);
    between.into_iter().any(|step| step.kind == Kind::Gap)
}

/// The client has declared the content of `message` binary (RFC 3030): line ends and NUL mean nothing in it. Reads texts.
pub fn binary(session: &Session, message: &Message) -> bool {
    let declares = |n: &StepId| {
        let Some(step) = session.step(*n) else { return false };
        matches!(step.subject, Subject::Smtp(smtp::Subject::Command(smtp::Verb::Mail)))
            && step.text.to_ascii_uppercase().contains("BODY=BINARYMIME")
    };
    message.steps.iter().any(declares)
}

/// The reply that refused `message` and gave this reason.
pub fn refusal(session: &Session, message: &Message, said: Said) -> Option<StepId> {
    let gives = |n: &StepId| session.step(*n).is_some_and(|step| step.variant == Variant::Said(said));
    message.steps.iter().copied().find(gives)
}
