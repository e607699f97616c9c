//! From the step that a dialogue reports to the step of the model.

use super::model::{Extra, Phase, Step, Word};
use super::text::{shown, text, text_and_ranges};
use super::variant;
use crate::limits::LINE_BYTES;
use crate::protocol::event::{self, StepId, Subject};
use crate::protocol::imap;
use std::ops::Range;

/// A step's place in its session.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its number.
    pub n: StepId,
    /// The phase that it is in.
    pub phase: Phase,
    /// The step that it answers.
    pub answered: Option<&'a Step>,
}

/// The step of the model for the reported `step`.
pub fn read(place: Place<'_>, mut step: event::Step<'_>) -> Step {
    // Arguments and secrets are ranges of the bytes: here they become ranges of the text.
    let mut ranges = std::mem::take(&mut step.secrets);
    let mut arguments = step.arguments.clone();
    let text_shown = text_and_ranges(step.text, ranges.iter_mut().chain(&mut arguments));
    let arguments = arguments.as_ref().map(of_numbers);
    ranges.retain(|secret| !secret.is_empty());
    let (tag, command) = (step.tag.map(|tag| Word::from(&*shown(tag))), step.command.map(Into::into));
    let mailboxes: Vec<String> = match &step.subject {
        Subject::Imap(subject) => imap::readable_mailboxes(subject, step.text).iter().map(|name| text(name)).collect(),
        _ => Vec::new(),
    };
    let has_extra = !mailboxes.is_empty() || !ranges.is_empty();
    let extra = has_extra.then(|| Box::new(Extra { mailboxes, secrets: ranges, carries: None }));
    Step { tag, command, arguments, text: text_shown.into(), extra, ..without_text(place, step) }
}

/// A range of a text, which is never as long as the numbers reach ([`LINE_BYTES`]).
pub fn of_numbers(range: &Range<usize>) -> Range<u32> {
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    number(range.start)..number(range.end)
}

/// As [`read`], without the step's text and what is read from it.
pub fn without_text(place: Place<'_>, step: event::Step<'_>) -> Step {
    let Place { n, phase, answered } = place;
    let variant = variant::of(&step);
    let span = step.span;
    Step {
        n,
        variant,
        time: span.time,
        packets: span.packets,
        from: step.from,
        phase,
        kind: step.kind,
        tag: None,
        command: None,
        arguments: None,
        truncated: is_truncated(step.text, span.bytes),
        text: Box::default(),
        text_omitted: false,
        bytes: span.bytes,
        channel: step.channel,
        extra: None,
        subject: step.subject,
        answers: answered.map(|answered| answered.n),
        elapsed: answered.and_then(|answered| span.time.known_since(answered.time)).into(),
    }
}

/// True where a line was longer than what is kept of it: more bytes crossed than the text and its line ends have.
fn is_truncated(text: &[u8], bytes: u64) -> bool {
    text.len() >= LINE_BYTES && {
        let line_ends = 2 * (1 + memchr::memchr_iter(b'\n', text).count());
        bytes > (text.len() + line_ends) as u64
    }
}
