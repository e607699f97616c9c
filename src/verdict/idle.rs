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

/// True for a DONE that comes when no IDLE runs any more: the server has answered the IDLE before it, or a line between has
/// ended it.
pub fn is_over_at(session: &Session, done: &Step) -> bool {
    let at = session.steps.partition_point(|step| step.n < done.n);
    let before = session.steps.get(at.saturating_sub(REACH)..at).unwrap_or_default();
    let Some(last) = before.iter().rposition(|step| step.from == Side::Client) else { return false };
    let Some((line, between)) = before.get(last..).and_then(<[Step]>::split_first) else { return false };
    if is_idle(line) {
        return between.iter().any(|step| step.answers == Some(line.n) && is_tagged(step));
    }
    is_within(session, line)
}

/// True for a BAD that has DONE for its tag, to a DONE that came when no IDLE ran any more.
pub fn is_to_done(session: &Session, reply: &Step) -> bool {
    let is_of_done = |what: &What| matches!(what, What::Tagged { to: None, status: Status::Bad, .. });
    if !what(reply).is_some_and(is_of_done) || !starts_with_done(&reply.text) {
        return false;
    }
    let at = session.steps.partition_point(|step| step.n < reply.n);
    let before = session.steps.get(at.saturating_sub(REACH)..at).unwrap_or_default();
    before.iter().any(|step| matches!(what(step), Some(What::Done)) && is_over_at(session, step))
}

fn starts_with_done(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(tag, _)| tag.eq_ignore_ascii_case("DONE"))
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
