//! From what a dialogue reports of a step to the step of the model.

use super::model::{Phase, State, Step};
use super::text::{text, text_and_ranges};
use super::{model, purpose};
use crate::limits::LINE_BYTES;
use crate::protocol::event::{self, Kind, StepId, Subject};
use crate::protocol::{Protocol, imap, pop3, smtp};

/// Where a step stands in its session.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its number.
    pub n: StepId,
    /// What the session speaks.
    pub protocol: Protocol,
    /// The phase that it is in.
    pub phase: Phase,
    /// The step that it answers.
    pub answered: Option<&'a model::Step>,
}

/// Makes a step of the model of `step`.
pub fn read(place: Place<'_>, mut step: event::Step<'_>) -> Step {
    // Arguments and secrets are ranges of the bytes: they are to become ranges of the text.
    let mut ranges = std::mem::take(&mut step.secrets);
    ranges.extend(step.arguments.clone());
    let text_shown = text_and_ranges(step.text, &mut ranges);
    let arguments = step.arguments.as_ref().and_then(|_| ranges.pop());
    ranges.retain(|secret| !secret.is_empty());
    let (tag, command) = (step.tag.map(text), step.command.map(str::to_owned));
    let mailboxes = match &step.subject {
        Subject::Imap(subject) => imap::readable_mailboxes(subject, step.text).iter().map(|name| text(name)).collect(),
        _ => Vec::new(),
    };
    Step { tag, command, arguments, mailboxes, text: text_shown, secrets: ranges, ..without_text(place, step) }
}

/// As [`read`], without what the step says.
pub fn without_text(place: Place<'_>, step: event::Step<'_>) -> Step {
    let Place { n, protocol, phase, answered } = place;
    let purpose = purpose::of(protocol, &step, answered);
    let reply = Reply::of(&step.subject);
    let span = step.span;
    Step {
        n,
        time: span.time,
        packets: if step.kind == Kind::Data { span.packets.ends() } else { span.packets },
        from: step.from,
        phase,
        state: state(&step.subject),
        kind: step.kind,
        tag: None,
        command: None,
        arguments: None,
        mailboxes: Vec::new(),
        code: reply.code,
        enhanced: reply.enhanced,
        status: reply.status,
        truncated: is_truncated(step.text, span.bytes),
        text: String::new(),
        secrets: Vec::new(),
        bytes: span.bytes,
        carries: None,
        purpose,
        answers: answered.map(|answered| answered.n),
        elapsed: answered.map(|answered| span.time.since(answered.time)),
    }
}

/// True where a line was longer than what is kept of it: then more crossed than the text and its line ends.
fn is_truncated(text: &[u8], bytes: u64) -> bool {
    text.len() >= LINE_BYTES && {
        let line_ends = 2 * (1 + memchr::memchr_iter(b'\n', text).count());
        bytes > (text.len() + line_ends) as u64
    }
}

fn state(subject: &Subject) -> Option<State> {
    match subject {
        Subject::Pop3(subject) => Some(State::Pop3(subject.state)),
        Subject::Imap(subject) => Some(State::Imap(subject.state)),
        Subject::Smtp(_) | Subject::Tls(_) | Subject::Gap(_) | Subject::Unknown => None,
    }
}

/// What a reply says by its code.
#[derive(Default)]
struct Reply {
    code: Option<u16>,
    enhanced: Option<String>,
    status: Option<&'static str>,
}

impl Reply {
    fn of(subject: &Subject) -> Self {
        let coded = |code, enhanced: Option<String>| Self { code: Some(code), enhanced, status: None };
        let status = |status| Self { status, ..Self::default() };
        match subject {
            Subject::Smtp(smtp::Subject::Greeting { code }) => coded(*code, None),
            Subject::Smtp(smtp::Subject::Reply { code, enhanced, .. }) => {
                coded(*code, enhanced.map(|enhanced| enhanced.to_string()))
            }
            // RFC 4954, section 4: a challenge is a 334 and nothing else.
            Subject::Smtp(smtp::Subject::Challenge(_)) => coded(334, None),
            Subject::Pop3(subject) => status(match subject.what {
                pop3::What::Greeting { ok, .. } | pop3::What::Reply { ok, .. } => Some(if ok { "+OK" } else { "-ERR" }),
                _ => None,
            }),
            Subject::Imap(subject) => status(match subject.what {
                imap::What::Greeting(status) | imap::What::Tagged { status, .. } => Some(imap_status(status)),
                imap::What::Untagged(untagged) => untagged_status(untagged).map(imap_status),
                _ => None,
            }),
            Subject::Smtp(_) | Subject::Tls(_) | Subject::Gap(_) | Subject::Unknown => Self::default(),
        }
    }
}

fn imap_status(status: imap::Status) -> &'static str {
    match status {
        imap::Status::Ok => "OK",
        imap::Status::No => "NO",
        imap::Status::Bad => "BAD",
        imap::Status::Preauth => "PREAUTH",
        imap::Status::Bye => "BYE",
    }
}

fn untagged_status(untagged: imap::Untagged) -> Option<imap::Status> {
    match untagged {
        imap::Untagged::Ok(_) => Some(imap::Status::Ok),
        imap::Untagged::No(_) => Some(imap::Status::No),
        imap::Untagged::Bad(_) => Some(imap::Status::Bad),
        imap::Untagged::Preauth => Some(imap::Status::Preauth),
        imap::Untagged::Bye => Some(imap::Status::Bye),
        _ => None,
    }
}
