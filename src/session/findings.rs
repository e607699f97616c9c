/*!
What is wrong, weak or worth knowing, with the steps that show it. One finding a kind: a hundred refused passwords are
one finding with much evidence.
*/

use super::model::{Conflict, Credential, Finding, FindingKind, Message, Step};
use super::text::text;
use crate::flow::{self, Transport};
use crate::protocol::event::{Delivery, Exposure, Kind, LoginOutcome, Packets, StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
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
            Subject::Smtp(smtp::Subject::Reply {
                to: ReplyTo::Command(Verb::Rcpt) | ReplyTo::Recipient, code, ..
            }) if *code >= 400 => {
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

    /// The session is over: all that was found in its connection and its `steps`, by kind. The connection's conflicts
    /// move into a finding.
    pub fn finish(mut self, transport: &mut Transport, steps: &[Step]) -> Vec<Finding> {
        if transport.counters.client_missing > 0 || transport.counters.server_missing > 0 {
            self.add(FindingKind::BytesMissing, []);
        }
        let conflicts = std::mem::take(&mut transport.conflicts);
        for conflict in &conflicts.kept {
            self.add(FindingKind::ConflictingBytes, touched(conflict, steps));
        }
        let mut found: Vec<Finding> =
            self.0.into_iter().map(|(kind, steps)| Finding::new(kind, steps.into_iter().collect())).collect();
        if let Some(finding) = found.iter_mut().find(|finding| finding.kind == FindingKind::ConflictingBytes) {
            finding.conflicts = conflicts.kept.into_iter().map(read_conflict).collect();
            finding.more_conflicts = conflicts.more;
        }
        found
    }
}

/// The first few of the steps that the packet with the first copy carries.
fn touched(conflict: &flow::Conflict, steps: &[Step]) -> impl Iterator<Item = StepId> {
    /// As many as there is room to show.
    const STEPS: usize = 8;
    let carries = |packets: &Packets, is_content: bool, packet: u64| match is_content {
        true => (packets.first()..=packets.last()).contains(&packet),
        false => packets.iter().any(|number| number == packet),
    };
    let from = conflict.from;
    let of = conflict.first_packet.into_iter().flat_map(move |packet| {
        let touches = move |step: &&Step| step.from == from && carries(&step.packets, step.kind == Kind::Data, packet);
        steps.iter().filter(touches).map(|step| step.n)
    });
    of.take(STEPS)
}

/// A conflict as text, less the line ends that both copies have.
fn read_conflict(conflict: flow::Conflict) -> Conflict {
    let flow::Conflict { from, offset, bytes, first_packet, second_packet, first, second } = conflict;
    let without_end = |copy: &[u8]| copy.strip_suffix(b"\r").map(<[u8]>::to_vec);
    let [first, second] = match (without_end(&first), without_end(&second)) {
        (Some(first), Some(second)) => [first, second],
        _ => [first, second],
    }
    .map(|copy| text(&copy));
    Conflict { from, offset, bytes, first_packet, second_packet, first, second }
}

fn step(steps: &[Step], n: StepId) -> Option<&Step> {
    steps.get(usize::try_from(n).ok()?.checked_sub(1)?)
}
