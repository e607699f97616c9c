/*!
For the dialogues' tests: a conversation as `C:`/`S:` text ([`script`]), and a [`Sink`] that records what is reported.

Each line of a script that sends bytes or is a gap is a packet, or several where it is cut into pieces. Packets are
numbered from 1, and a second apart.
*/

use super::channel::Stack;
use super::event::*;
use super::{Dialogue, Sink};
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use script::Line;
use std::net::IpAddr;

/// The lines of a script.
pub(crate) mod script;

/// A recorded step.
#[derive(Debug, Clone)]
pub struct Told {
    pub from: Side,
    pub kind: Kind,
    pub subject: Subject,
    pub packets: Vec<u64>,
    pub text: String,
    pub bytes: u64,
    pub tag: Option<String>,
    pub command: Option<String>,
    pub arguments: Option<String>,
    pub answers: Option<StepId>,
    pub secrets: Vec<String>,
    pub announced: Option<u64>,
    pub channel: Channel,
}

/// A recorded message.
#[derive(Debug, Clone)]
pub struct Carried {
    pub start: MessageStart,
    pub content: Vec<u8>,
    pub missing: u64,
    /// What was marked, and after how many bytes; without the packets.
    pub marks: Vec<(usize, ContentMark)>,
    /// `None` until the content has ended.
    pub complete: Option<bool>,
    pub end: Option<ContentEnd>,
    pub outcome: Option<MessageOutcome>,
    pub unique_id: Option<String>,
}

/// A [`Sink`] that records all that is reported, and checks that it comes in a sensible order.
#[derive(Debug, Default)]
pub struct Recorder {
    pub steps: Vec<Told>,
    pub credentials: Vec<Credential>,
    pub messages: Vec<Carried>,
    pub transactions: Vec<Transaction>,
    pub client_name: Option<String>,
    pub banner: Option<String>,
    pub capabilities: Vec<String>,
    pub tls: Vec<TlsFact>,
    pub proxied: Vec<(Via, Option<IpAddr>)>,
    pub limits: Vec<Limit>,
    /// Bytes that the client and the server send in the script, gaps included.
    pub said: [u64; 2],
}

impl Recorder {
    /// One line a step: `n side kind what text [-> answers]`, for comparing whole conversations at a glance.
    pub fn rows(&self) -> Vec<String> {
        (1..)
            .zip(&self.steps)
            .map(|(n, step)| {
                let side = if step.from == Side::Client { 'C' } else { 'S' };
                let answers = step.answers.map(|n| format!(" -> {n}")).unwrap_or_default();
                let command = step.command.as_deref().map(|c| format!(" [{c}]")).unwrap_or_default();
                format!("{n} {side} {:?}{command} {}{answers}", step.kind, step.text.escape_debug())
            })
            .collect()
    }

    /// One line an attempt to log in: `mechanism user password exposure outcome cause`, with `-` for what is not known.
    pub fn attempts(&self) -> Vec<String> {
        let known = |bytes: Option<&[u8]>| bytes.map_or("-".to_owned(), |bytes| bytes.escape_ascii().to_string());
        let attempt = |login: &Credential| {
            let password = known(login.password.as_ref().map(|password| password.reveal()));
            let cause = login.cause.map_or("-".to_owned(), |cause| format!("{cause:?}"));
            let (user, exposure, outcome) = (known(login.username.as_deref()), login.exposure, login.outcome);
            format!("{} {user} {password} {exposure:?} {outcome:?} {cause}", login.mechanism)
        };
        self.credentials.iter().map(attempt).collect()
    }

    /// Bytes that the steps of the client and of the server stand for.
    pub fn stood_for(&self) -> [u64; 2] {
        [Side::Client, Side::Server].map(|side| self.steps.iter().filter(|s| s.from == side).map(|s| s.bytes).sum())
    }

    /// The verbs of all commands, in order.
    pub fn commands(&self) -> Vec<&str> {
        self.steps.iter().filter(|s| s.kind == Kind::Command).filter_map(|s| s.command.as_deref()).collect()
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

impl Sink for Recorder {
    fn step(&mut self, step: Step<'_>) -> StepId {
        if let Some(n) = step.answers {
            assert_eq!(self.steps[n as usize - 1].from, Side::Client, "a reply answers the client");
        }
        self.steps.push(Told {
            from: step.from,
            kind: step.kind,
            packets: step.span.packets.iter().collect(),
            text: Self::text(step.text),
            bytes: step.span.bytes,
            tag: step.tag.map(Self::text),
            command: step.command.map(str::to_owned),
            arguments: step.arguments.map(|range| Self::text(&step.text[range])),
            answers: step.answers,
            secrets: step.secrets.iter().map(|range| Self::text(&step.text[range.clone()])).collect(),
            subject: step.subject,
            channel: step.channel,
            announced: step.announced,
        });
        self.steps.len() as StepId
    }

    fn credential(&mut self, credential: Credential) {
        assert!(credential.steps.iter().all(|&n| n >= 1 && n as usize <= self.steps.len()));
        self.credentials.push(credential);
    }

    fn message(&mut self, start: MessageStart) -> MessageId {
        assert!(start.steps.iter().all(|&n| n >= 1 && n as usize <= self.steps.len()));
        self.messages.push(Carried {
            start,
            content: Vec::new(),
            missing: 0,
            marks: Vec::new(),
            complete: None,
            end: None,
            outcome: None,
            unique_id: None,
        });
        self.messages.len() as MessageId
    }

    fn content(&mut self, message: MessageId, bytes: &[u8]) {
        let message = &mut self.messages[message as usize - 1];
        assert_eq!(message.complete, None, "content after its end");
        message.content.extend_from_slice(bytes);
    }

    fn content_mark(&mut self, message: MessageId, mark: ContentMark) {
        let message = &mut self.messages[message as usize - 1];
        assert_eq!(message.complete, None, "a mark after the end of content");
        if !matches!(mark, ContentMark::Packet(_)) {
            message.marks.push((message.content.len(), mark));
        }
    }

    fn content_missing(&mut self, message: MessageId, missing: u64) {
        self.messages[message as usize - 1].missing += missing;
    }

    fn content_step(&mut self, message: MessageId, step: StepId) {
        assert!(step >= 1 && step as usize <= self.steps.len());
        assert_eq!(self.messages[message as usize - 1].complete, None, "a row of content after its end");
    }

    fn unique_id(&mut self, message: MessageId, id: &[u8]) {
        self.messages[message as usize - 1].unique_id = Some(Self::text(id));
    }

    fn content_part(&mut self, message: MessageId, part: Option<String>) {
        let message = &mut self.messages[message as usize - 1];
        assert_eq!(message.complete, None, "another part after its end");
        message.start.part = part;
    }

    fn content_end(&mut self, message: MessageId, end: ContentEnd) {
        let message = &mut self.messages[message as usize - 1];
        assert_eq!(message.complete, None, "a second end of content");
        message.complete = Some(end == ContentEnd::Complete);
        message.end = Some(end);
    }

    fn message_outcome(&mut self, message: MessageId, outcome: MessageOutcome) {
        assert!(outcome.steps.iter().all(|&n| n >= 1 && n as usize <= self.steps.len()));
        let message = &mut self.messages[message as usize - 1];
        assert!(message.complete.is_some(), "an outcome before the end of content");
        assert!(message.outcome.is_none(), "a second outcome");
        message.outcome = Some(outcome);
    }

    fn transaction(&mut self, transaction: Transaction) {
        assert!(transaction.steps.iter().all(|&n| n >= 1 && n as usize <= self.steps.len()));
        assert!(transaction.message.is_none_or(|message| message >= 1 && message as usize <= self.messages.len()));
        self.transactions.push(transaction);
    }

    fn client_name(&mut self, name: &[u8]) {
        self.client_name = Some(Self::text(name));
    }

    fn banner(&mut self, text: &[u8]) {
        self.banner = Some(Self::text(text));
    }

    fn capabilities(&mut self, list: &[&[u8]]) {
        self.capabilities = list.iter().map(|c| Self::text(c)).collect();
    }

    fn tls(&mut self, fact: TlsFact) {
        self.tls.push(fact);
    }

    fn proxied(&mut self, via: Via, client: Option<IpAddr>) {
        self.proxied.push((via, client));
    }

    fn limit(&mut self, limit: Limit) {
        self.limits.push(limit);
    }
}

/// Plays `script` to `dialogue`, ends it, and returns what it reported.
pub fn talk(dialogue: impl Dialogue + 'static, script: &str) -> Recorder {
    play(Stack::new(dialogue), Recorder::default(), script, usize::MAX)
}

/// Like [`talk`], with every packet cut into pieces of `size` bytes (which are packets of their own).
pub fn talk_in_pieces(dialogue: impl Dialogue + 'static, script: &str, size: usize) -> Recorder {
    play(Stack::new(dialogue), Recorder::default(), script, size)
}

/// Like [`talk_in_pieces`], with TLS from the first byte.
pub fn talk_inside_tls(dialogue: impl Dialogue + 'static, script: &str, size: usize) -> Recorder {
    let (mut stack, mut told) = (Stack::new(dialogue), Recorder::default());
    stack.begin_with_tls(&mut told);
    play(stack, told, script, size)
}

fn play(mut stack: Stack, mut told: Recorder, script: &str, size: usize) -> Recorder {
    let mut packet = 0;
    let mut next = || {
        packet += 1;
        PacketRef { packet, time: Time::from_microseconds(packet as i64 * 1_000_000) }
    };
    for line in script::lines(script) {
        match line {
            Line::Missing(side, missing) => {
                told.said[side as usize] += missing;
                stack.gap(side, missing, next(), &mut told);
            }
            Line::Said(side, bytes) => {
                told.said[side as usize] += bytes.len() as u64;
                for piece in bytes.chunks(size.min(bytes.len()).max(1)) {
                    stack.data(side, piece, next(), &mut told);
                }
            }
        }
    }
    stack.end(&mut told);
    told
}
