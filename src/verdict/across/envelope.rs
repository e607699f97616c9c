//! The recipients that an SMTP or LMTP session asked for, with the reply to each, whether content followed or not.

use crate::protocol::event::{StepId, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::Step;

/// A recipient that was asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The sender of MAIL, without angle brackets.
    pub from: &'a str,
    /// The recipient, without angle brackets.
    pub to: &'a str,
    /// The step with MAIL.
    pub mail: StepId,
    /// The step with RCPT.
    pub rcpt: StepId,
    /// The reply to RCPT.
    pub reply: Option<&'a Step>,
}

/// Every recipient that `session` asked for, in order. Those whose text was let go of are left out.
pub fn asked(session: &Session) -> Vec<Asked<'_>> {
    let verb = |step: &Step| match step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => Some(verb),
        _ => None,
    };
    let mut mail = None;
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for step in &session.steps {
        match verb(step) {
            Some(Verb::Mail) => mail = path(step).map(|from| (from, step.n)),
            Some(Verb::Rcpt) => {
                if let (Some((from, mail)), Some(to)) = (mail, path(step)) {
                    asked.push(Asked { from, to, mail, rcpt: step.n, reply: None });
                }
            }
            _ => {
                let place = |n| asked.binary_search_by_key(&n, |one| one.rcpt).ok();
                if let Some(asked) = step.answers.and_then(place).and_then(|place| asked.get_mut(place)) {
                    asked.reply = Some(step);
                }
            }
        }
    }
    asked
}

/// The path in the arguments of MAIL or RCPT, without its angle brackets.
pub fn path(step: &Step) -> Option<&str> {
    let arguments = step.text.get(step.argument_range()?).filter(|_| !step.text_omitted)?;
    match memchr::memchr(b'<', arguments.as_bytes()).and_then(|at| arguments.get(at + 1..)) {
        Some(rest) => rest.get(..memchr::memchr(b'>', rest.as_bytes())?),
        None => arguments.split_once(':').and_then(|(_, rest)| rest.split_whitespace().next()),
    }
}

/// Whether MAIL has the parameter `name`.
pub fn has_parameter(step: &Step, name: &str) -> bool {
    let arguments = step.argument_range().and_then(|range| step.text.get(range)).unwrap_or_default();
    let after = arguments.rsplit_once('>').map_or(arguments, |(_, after)| after);
    after.split_whitespace().any(|word| word.eq_ignore_ascii_case(name))
}
