//! IDLE (RFC 2177), in which a server waits for DONE alone: any other line ends it, and the tagged BAD of IDLE answers that
//! line too.

use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::imap::{self, Status, Verb, What};
use crate::session::Session;
use crate::session::model::Step;

/// Most steps after a command that was sent ahead within which the end of the IDLE before it is looked for.
const REACH: usize = 64;

/// True for a command that came while an IDLE was running, or that was sent right behind it and ended it.
pub fn is_within(session: &Session, command: &Step) -> bool {
    if !matches!(what(command), Some(What::Command { .. })) {
        return false;
    }
    let at = session.steps.partition_point(|step| step.n < command.n);
    let before = session.steps.get(..at).unwrap_or_default();
    // The line before it alone can have begun the IDLE: a line between would have ended it.
    let Some(begun) = before.iter().rposition(|step| step.from == Side::Client) else { return false };
    let Some((idle, between)) = before.get(begun..).and_then(<[Step]>::split_first) else { return false };
    if !is_idle(idle) {
        return false;
    }
    let end = |steps: &[Step]| steps.iter().position(|step| step.answers == Some(idle.n) && is_tagged(step));
    if end(between).is_some() {
        return false;
    }
    if between.iter().any(is_running) {
        return true;
    }
    let after = session.steps.get(at..).unwrap_or_default();
    let after = after.get(..after.len().min(REACH)).unwrap_or_default();
    end(after).and_then(|end| Some((after.get(..end)?, after.get(end)?))).is_some_and(|(until, reply)| {
        until.iter().any(is_running) && matches!(what(reply), Some(What::Tagged { status: Status::Bad, .. }))
    })
}

/// True for a BAD to an IDLE that was running and that another line than DONE has ended.
pub fn is_broken_by(session: &Session, reply: &Step) -> bool {
    if !matches!(what(reply), Some(What::Tagged { to: Some(Verb::Idle), status: Status::Bad, .. })) {
        return false;
    }
    let Some(idle) = session.answered(reply) else { return false };
    let from = session.steps.partition_point(|step| step.n <= idle.n);
    let to = session.steps.partition_point(|step| step.n < reply.n);
    let between = session.steps.get(from..to).unwrap_or_default();
    let Some(line) = between.iter().position(|step| step.from == Side::Client) else { return false };
    let is_another =
        between.get(line).is_some_and(|step| step.kind != Kind::Gap && !matches!(what(step), Some(What::Done)));
    is_another && between.iter().take(REACH.max(line + 1)).any(is_running)
}

fn what(step: &Step) -> Option<&What> {
    match &step.subject {
        Subject::Imap(imap::Subject { what, .. }) => Some(what),
        _ => None,
    }
}

fn is_idle(step: &Step) -> bool {
    matches!(what(step), Some(What::Command { verb: Verb::Idle, .. }))
}

fn is_tagged(step: &Step) -> bool {
    matches!(what(step), Some(What::Tagged { .. }))
}

/// `+`: IDLE has begun.
fn is_running(step: &Step) -> bool {
    matches!(what(step), Some(What::Continuation { to: Some(Verb::Idle) }))
}
