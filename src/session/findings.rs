/*!
What is wrong, weak or worth knowing, with the steps that show it. One finding a kind: a hundred refused passwords are
one finding with much evidence.
*/

use super::model::{Credential, Finding, FindingKind, Message, Step};
use crate::flow::Transport;
use crate::protocol::event::{Delivery, Exposure, Kind, LoginOutcome, StepId, Subject};
use crate::protocol::smtp::{self, Asked, Verb};
use std::collections::{BTreeMap, BTreeSet};

/// Evidence as it comes.
#[derive(Debug, Default)]
pub struct Findings(BTreeMap<FindingKind, BTreeSet<StepId>>);

impl Findings {
    /// `kind` is found, and `steps` show it.
    fn add(&mut self, kind: FindingKind, steps: impl IntoIterator<Item = StepId>) {
        self.0.entry(kind).or_default().extend(steps);
    }

    /// A step that was kept, and what it is in its protocol.
    pub fn step(&mut self, step: &Step, subject: &Subject) {
        let with_question = || step.answers.into_iter().chain([step.n]);
        match subject {
            Subject::Gap(_) => self.add(FindingKind::BytesMissing, [step.n]),
            // Here and not from the envelopes: where every recipient is refused, no message is carried.
            Subject::Smtp(smtp::Subject::Reply { to: Asked::Command(Verb::Rcpt) | Asked::Recipient, code, .. })
                if *code >= 400 =>
            {
                self.add(FindingKind::RecipientRefused, with_question());
            }
            _ => {}
        }
    }

    /// A log-in attempt.
    pub fn credential(&mut self, credential: &Credential) {
        let steps = || credential.steps.iter().copied();
        match credential.exposure {
            Exposure::Plaintext if !credential.encrypted => self.add(FindingKind::PlaintextPassword, steps()),
            Exposure::Token if !credential.encrypted => self.add(FindingKind::PlaintextToken, steps()),
            _ => {}
        }
        if credential.outcome == LoginOutcome::Rejected {
            self.add(FindingKind::LoginRefused, steps());
        }
    }

    /// A message that has ended, of the session's `steps`; `encrypted` where it crossed inside TLS.
    pub fn message(&mut self, message: &Message, encrypted: bool, steps: &[Step]) {
        let is_content = |n: &StepId| step(steps, *n).is_some_and(|step| step.kind == Kind::Data);
        if !encrypted {
            self.add(FindingKind::PlaintextMessage, message.steps.iter().copied().filter(is_content));
        }
        if message.outcome == Some(Delivery::Rejected) {
            self.add(FindingKind::MessageRefused, message.steps.iter().copied());
        }
        if !message.missing.is_empty() {
            self.add(FindingKind::BytesMissing, message.steps.iter().copied().filter(is_content));
        }
    }

    /// The session is over: all that was found, by kind.
    pub fn finish(mut self, transport: &Transport) -> Vec<Finding> {
        if transport.counters.client_missing > 0 || transport.counters.server_missing > 0 {
            self.add(FindingKind::BytesMissing, []);
        }
        self.0.into_iter().map(|(kind, steps)| Finding { kind, steps: steps.into_iter().collect() }).collect()
    }
}

fn step(steps: &[Step], n: StepId) -> Option<&Step> {
    steps.get(usize::try_from(n).ok()?.checked_sub(1)?)
}
