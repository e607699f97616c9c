//! Steps that more than one rule takes as evidence.

use crate::protocol::event::{Kind, StepId};
use crate::session::Session;
use crate::session::model::Message;

/// The steps that carry the content of `message`.
pub fn content_steps<'a>(session: &'a Session, message: &'a Message) -> impl Iterator<Item = StepId> + 'a {
    let is_content = |n: &StepId| session.step(*n).is_some_and(|step| step.kind == Kind::Data);
    message.steps.iter().copied().filter(is_content)
}
