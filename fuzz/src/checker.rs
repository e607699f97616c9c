//! A [`Sink`] that holds a dialogue to its promises.

use crate::script::Turn;
use mailtap::flow::Side;
use mailtap::limits::{Limit, PACKETS_PER_STEP};
use mailtap::protocol::Sink;
use mailtap::protocol::event::{
    ContentEnd, ContentMark, Credential, Kind, MessageId, MessageOutcome, MessageStart, Step, StepId, Subject, TlsFact,
    Transaction, Via,
};
use std::net::IpAddr;

/// Counts what it is told and asserts what must hold of it.
#[derive(Debug, Default)]
pub struct Checker {
    /// Who said each step.
    steps: Vec<Side>,
    messages: Vec<Carried>,
    /// Bytes that the steps account for.
    step_bytes: [u64; 2],
    /// Bytes that gaps account for.
    gap_bytes: [u64; 2],
    /// Bytes of text and content told, and of all else that was copied.
    told: u64,
    limited: bool,
    /// Bytes of each side that the dialogue is not told.
    passed_over: [u64; 2],
    /// Steps need not account for every byte.
    loose: bool,
    /// Steps need not account for every byte that is missing.
    opened: bool,
}

#[derive(Debug, Default)]
struct Carried {
    ended: bool,
    judged: bool,
}

impl Checker {
    /// For IMAP: what only closes a response after a literal (`)`) is no step of its own, and compressed steps have the
    /// length of what they say.
    pub fn loose() -> Self {
        Self { loose: true, ..Self::default() }
    }

    /// For what is read inside TLS: a gap costs the content of the records that it touches.
    pub fn inside() -> Self {
        Self { opened: true, ..Self::loose() }
    }

    /// To be called where that many bytes of each side are not for the dialogue.
    pub fn passed_over(&mut self, bytes: [usize; 2]) {
        self.passed_over = bytes.map(|bytes| bytes as u64);
    }

    /// To be called when the dialogue has ended.
    pub fn finish(self, turns: &[Turn]) {
        let mut said = [0_u64; 2];
        let mut missing = [0_u64; 2];
        for turn in turns {
            match turn {
                Turn::Data(side, bytes) => said[*side as usize] += bytes.len() as u64,
                Turn::Gap(side, gap) => missing[*side as usize] += gap,
            }
        }
        for (said, passed_over) in said.iter_mut().zip(self.passed_over) {
            *said -= passed_over;
        }
        assert!(self.messages.iter().all(|message| message.ended), "a message without its end");
        if !self.limited {
            let told = self.opened || self.gap_bytes == missing;
            assert!(told, "each gap is a step, the client's and the server's");
            assert!(
                self.loose || self.step_bytes == said,
                "each byte belongs to one step: {:?} of {said:?}",
                self.step_bytes
            );
        }
        // No amplification: each byte is told as text, as content, and a few times decoded at most.
        let all = said[0] + said[1];
        // DEFLATE makes 1,032 bytes of one.
        let factor = if self.loose { 2_048 } else { 64 };
        assert!(self.told <= factor * all + 4096 * turns.len() as u64 + 65_536, "{} bytes told of {all}", self.told);
    }

    fn know(&self, steps: &[StepId]) {
        let last = self.steps.len();
        assert!(steps.iter().all(|&n| n >= 1 && n as usize <= last), "{steps:?} of {last} steps");
    }

    fn message(&mut self, message: MessageId) -> &mut Carried {
        &mut self.messages[message as usize - 1]
    }

    fn tell(&mut self, bytes: usize) {
        self.told += bytes as u64;
    }
}

impl Sink for Checker {
    fn step(&mut self, step: Step<'_>) -> StepId {
        if let Some(n) = step.answers {
            self.know(&[n]);
            assert_eq!(self.steps[n as usize - 1], Side::Client, "a reply answers the client");
            assert_eq!(step.from, Side::Server, "a reply is the server's");
        }
        let text = step.text;
        assert!(step.arguments.as_ref().is_none_or(|range| text.get(range.clone()).is_some()), "arguments of the text");
        assert!(step.secrets.iter().all(|range| text.get(range.clone()).is_some()), "secrets of the text");
        assert!(step.span.packets.iter().count() <= PACKETS_PER_STEP);
        assert!(step.span.packets.first() > 0, "a step comes in some packet");
        assert!(step.span.packets.iter().is_sorted(), "packets ascend: {:?}", step.span.packets);
        match (step.kind, &step.subject) {
            (Kind::Gap, Subject::Gap(missing)) => {
                assert_eq!(step.span.bytes, *missing);
                self.gap_bytes[step.from as usize] += missing;
            }
            (Kind::Gap, subject) => panic!("a gap is a gap: {subject:?}"),
            (_, Subject::Gap(_)) => panic!("a gap is a gap: {:?}", step.kind),
            _ => self.step_bytes[step.from as usize] += step.span.bytes,
        }
        self.tell(text.len());
        self.steps.push(step.from);
        self.steps.len() as StepId
    }

    fn credential(&mut self, told: Credential) {
        self.know(&told.steps);
        assert!(!told.mechanism.is_empty());
        let shown = [&told.username, &told.authorization_id, &told.challenge].into_iter().flatten().map(Vec::len);
        let secrets = [&told.password, &told.response, &told.token].into_iter().flatten().chain(&told.wire_forms);
        let parts: usize = shown.chain(secrets.map(|secret| secret.reveal().len())).sum();
        self.tell(parts + told.mechanism.len());
    }

    fn message(&mut self, start: MessageStart) -> MessageId {
        self.know(&start.steps);
        self.tell(start.mailbox.map_or(0, |name| name.len()) + 4 * start.steps.len());
        self.messages.push(Carried::default());
        self.messages.len() as MessageId
    }

    fn content(&mut self, message: MessageId, bytes: &[u8]) {
        assert!(!self.message(message).ended, "content after its end");
        self.tell(bytes.len());
    }

    fn content_mark(&mut self, message: MessageId, _: ContentMark) {
        assert!(!self.message(message).ended, "a mark after the end of content");
    }

    fn content_missing(&mut self, message: MessageId, _: u64) {
        assert!(!self.message(message).ended, "a gap after the end of content");
    }

    fn content_step(&mut self, message: MessageId, step: StepId) {
        self.know(&[step]);
        assert!(!self.message(message).ended, "a row of content after its end");
    }

    fn content_part(&mut self, message: MessageId, part: Option<String>) {
        assert!(!self.message(message).ended, "another part after its end");
        self.tell(part.map_or(0, |part| part.len()));
    }

    fn unique_id(&mut self, message: MessageId, id: &[u8]) {
        self.message(message);
        self.tell(id.len());
    }

    fn content_end(&mut self, message: MessageId, _: ContentEnd) {
        let message = self.message(message);
        assert!(!std::mem::replace(&mut message.ended, true), "a second end of content");
    }

    fn message_outcome(&mut self, message: MessageId, outcome: MessageOutcome) {
        self.know(&outcome.steps);
        let known = self.message(message);
        assert!(known.ended, "an outcome before the end of content");
        assert!(!std::mem::replace(&mut known.judged, true), "a second outcome");
        let envelope = outcome.envelope.unwrap_or_default();
        self.tell(envelope.from.map_or(0, |path| path.len()));
        self.tell(envelope.to.iter().map(|to| to.address.len()).sum::<usize>() + 4 * outcome.steps.len());
    }

    fn transaction(&mut self, transaction: Transaction) {
        self.know(&transaction.steps);
        let envelope = transaction.envelope;
        self.tell(envelope.from.map_or(0, |path| path.len()));
        self.tell(envelope.to.iter().map(|to| to.address.len()).sum::<usize>() + 4 * transaction.steps.len());
    }

    fn client_name(&mut self, name: &[u8]) {
        self.tell(name.len());
    }

    fn banner(&mut self, text: &[u8]) {
        self.tell(text.len());
    }

    fn capabilities(&mut self, list: &[&[u8]]) {
        self.tell(list.iter().map(|capability| capability.len()).sum());
    }

    fn tls(&mut self, _: TlsFact) {}

    fn proxied(&mut self, _: Via, _: Option<IpAddr>) {}

    fn limit(&mut self, limit: Limit) {
        // Bounds that cost steps or bytes of them.
        self.limited |= !matches!(limit, Limit::LineBytes | Limit::PacketsPerStep | Limit::Recipients);
    }
}
