/*!
The [`Sink`] that makes a [`Session`] of what a dialogue reports.

What a bound leaves out is counted, and references to it are dropped: no step, message or login attempt of a session
names a step that the session does not have.
*/

mod carried;
mod envelope;
mod held;
mod let_go;
mod login_cause;
mod packed;
mod transaction;

use super::message::Reader;
use super::model::{ContentRef, Credential, DecryptedBy, Message, Phase, Session, Step, TlsMode};
use super::plan::Plan;
use super::text::{text, text_of};
use super::{logins, phase, step, tls};
use crate::flow::Transport;
use crate::limits::{CAPABILITIES, CREDENTIALS_PER_SESSION, Limit, RECIPIENTS, STEPS_PER_SESSION};
use crate::protocol::event::{
    self, Channel, ContentEnd, ContentMark, MessageId, MessageOutcome, MessageStart, StepId, TlsFact, Via,
};
use crate::protocol::secret::Secret;
use crate::protocol::{Protocol, Sink};
use envelope::read_envelope;
use held::{Held, PackedParts};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Makes a [`Session`] of what a dialogue reports.
#[derive(Debug)]
pub struct Builder {
    plan: Arc<Plan>,
    /// The session so far, without its transport: that comes with [`Builder::finish`].
    session: Session,
    /// Its first steps and logins, where memory was short: `session` has those after them.
    packed: PackedParts,
    phase: Phase,
    /// Messages whose content has not ended, with their weight as it was last known. Boxed: a tree has room for eleven at once, and
    /// mostly there is one.
    readers: BTreeMap<MessageId, Box<(Reader, usize)>>,
    /// The last step of content of each of these messages.
    content_steps: BTreeMap<MessageId, StepId>,
    /// The last step of content of which fewer octets came than were announced, and how many those were.
    announced: Option<(StepId, u64)>,
    /// The channel of the last step, kept or not.
    channel: Channel,
    /// The last transaction, where the session ended within it.
    ended_with_it: Option<u32>,
    /// The channel in which the server last listed its capabilities: a list from before TLS is none of after it.
    listed_in: Option<Channel>,
    held: Held,
    /// Bytes that this session alone may have to spare.
    allowance: usize,
}

impl Builder {
    /// A builder of one session of `protocol`; `plan` says what is computed.
    pub fn new(protocol: Protocol, plan: impl Into<Arc<Plan>>) -> Self {
        Self {
            plan: plan.into(),
            session: Session::empty(protocol),
            packed: PackedParts::default(),
            phase: Phase::Connection,
            readers: BTreeMap::new(),
            content_steps: BTreeMap::new(),
            announced: None,
            channel: Channel::Clear,
            ended_with_it: None,
            listed_in: None,
            held: Held::default(),
            allowance: usize::MAX,
        }
    }

    /// With no more than so many bytes that could be let go of, whatever other sessions hold.
    pub fn with_allowance(self, allowance: usize) -> Self {
        Self { allowance, ..self }
    }

    /// The session so far. The pipeline fills in `id` and `transport`. Messages whose content has not ended have no
    /// digests yet, and there are no findings. Steps and logins that are packed are not in it.
    pub fn so_far(&mut self) -> &mut Session {
        &mut self.session
    }

    /// How many steps it has so far.
    pub fn steps_so_far(&self) -> usize {
        self.steps()
    }

    /// Shows the session so far, for a view that shows it as it happens: with all steps after the first `shown` ones and
    /// those that they answer. `show` gets the number of steps that are before these.
    pub fn show_since<R>(&mut self, shown: usize, show: impl FnOnce(&mut Session, usize) -> R) -> R {
        let packed = &self.packed.steps;
        if packed.len() == 0 {
            return show(&mut self.session, shown);
        }
        let unpacked = std::mem::take(&mut self.session.steps);
        let mut list: Vec<Step> = packed.since(shown).collect();
        let seen = shown.saturating_sub(packed.len()).min(unpacked.len());
        let answered = list.iter().chain(unpacked.iter().skip(seen)).filter_map(|step| step.answers);
        let mut answered: Vec<usize> = answered.filter_map(place).filter(|&n| n < shown.min(packed.len())).collect();
        answered.sort_unstable();
        answered.dedup();
        list.splice(0..0, answered.iter().filter_map(|&n| packed.get(n)));
        let before = list.len();
        list.extend(unpacked);
        self.session.steps = list;
        let result = show(&mut self.session, answered.len() + seen);
        self.session.steps.drain(..before);
        self.session.steps.shrink_to_fit();
        result
    }

    fn unpack(&mut self) {
        let Self { session, packed, held, .. } = self;
        held.unpacked += packed.was_on_heap();
        packed.steps.unpack_before(&mut session.steps);
        packed.credentials.unpack_before(&mut session.credentials);
        packed.unheeded.unpack_before(&mut session.unheeded);
    }

    /// Ends the session. Its `id` is 0 until the pipeline gives it one, and it has no findings until `verdict` has run.
    pub fn finish(mut self, transport: Transport) -> Session {
        self.unpack();
        let open: Vec<MessageId> = self.readers.keys().copied().collect();
        for message in open {
            self.content_end(message, ContentEnd::Unfinished);
        }
        for message in 0..self.session.messages.len() {
            // The last step counts: MAIL and RCPT may have crossed in the clear before the content.
            let last = self.session.messages[message].steps.last().copied();
            self.session.messages[message].encrypted = self.was_encrypted(last.as_ref());
        }
        let missing = transport.counters.client_missing + transport.counters.server_missing;
        self.last_transaction(transport.end, missing > 0);
        // Attempts are reported as they are decided, which need not be the order in which they were made.
        self.session.credentials.sort_by_key(|credential| credential.steps.first().copied().unwrap_or(StepId::MAX));
        logins::settle(&mut self.session);
        self.session.transport = transport.into();
        tls::settle(&mut self.session);
        self.session
    }

    /// Those of `steps` that were kept, ascending, each once.
    fn kept(&self, mut steps: Vec<StepId>) -> Vec<StepId> {
        let kept = self.steps();
        steps.retain(|&n| place(n).is_some_and(|n| n < kept));
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// Whether `step` crossed inside TLS that was decrypted. Where it was not kept, whether the last step did.
    fn was_encrypted(&self, step: Option<&StepId>) -> bool {
        step.and_then(|&n| self.stored(n)).map_or(self.channel, |step| step.channel) == Channel::Decrypted
    }

    /// The step with number `n`, packed or not.
    fn stored(&self, n: StepId) -> Option<Cow<'_, Step>> {
        let n = place(n)?;
        match n.checked_sub(self.packed.steps.len()) {
            Some(n) => self.session.steps.get(n).map(Cow::Borrowed),
            None => self.packed.steps.get(n).map(Cow::Owned),
        }
    }

    /// Changes what the step with number `n` carries.
    fn change_content(&mut self, n: StepId, change: impl FnOnce(&mut Option<ContentRef>)) -> bool {
        let Some(n) = place(n).filter(|&n| n < self.steps()) else { return false };
        match n.checked_sub(self.packed.steps.len()) {
            Some(n) => {
                if let Some(step) = self.session.steps.get_mut(n) {
                    let before = step.other_weight();
                    change(&mut step.extra_mut().carries);
                    let more = step.other_weight() - before;
                    self.held.rest += more;
                    self.held.unpacked += more;
                }
            }
            None => {
                let rest = &mut self.held.rest;
                self.packed.steps.change(n, |step| {
                    let before = step.other_weight();
                    change(&mut step.extra_mut().carries);
                    *rest += step.other_weight() - before;
                });
            }
        }
        true
    }

    /// Changes a message, and what is known of its weight.
    fn change(&mut self, message: MessageId, change: impl FnOnce(&mut Message)) {
        let Some(message) = self.message_mut(message) else { return };
        let before = message.weight();
        change(message);
        let after = message.weight();
        self.held.rest = self.held.rest + after - before;
    }

    /// Passes on what comes of an open message's content, and notes what is known of its weight.
    fn read(&mut self, message: MessageId, pass: impl FnOnce(&mut Reader)) {
        let Some(open) = self.readers.get_mut(&message) else { return };
        let (reader, weight) = &mut **open;
        pass(reader);
        let before = std::mem::replace(weight, reader.weight());
        self.held.readers = self.held.readers - before + *weight;
    }

    /// Changes what is known of the whole session, and what is known of its weight.
    fn change_facts(&mut self, change: impl FnOnce(&mut Session)) {
        let before = self.session.facts_weight();
        change(&mut self.session);
        self.held.rest = self.held.rest + self.session.facts_weight() - before;
    }

    fn message_mut(&mut self, message: MessageId) -> Option<&mut Message> {
        self.session.messages.get_mut(usize::try_from(message).ok()?.checked_sub(1)?)
    }
}

/// The place of the step with number `n`, from 0.
fn place(n: StepId) -> Option<usize> {
    usize::try_from(n).ok()?.checked_sub(1)
}

/// The number of the next of `len` things that are numbered from 1.
fn next_number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX - 1).saturating_add(1)
}

impl Sink for Builder {
    fn step(&mut self, told: event::Step<'_>) -> StepId {
        let n = next_number(self.steps());
        // A client that sends ahead may have begun the next phase: what answers a command is of the command's.
        let previous = told.answers.and_then(|n| self.stored(n)).map_or(self.phase, |answered| answered.phase);
        self.phase = phase::of(&told.subject, previous);
        self.channel = told.channel;
        if self.is_closed() {
            self.limit(Limit::Memory);
            return n;
        }
        if self.steps() >= STEPS_PER_SESSION {
            // From here on every step gets this number, which no kept step has.
            self.limit(Limit::StepsPerSession);
            return n;
        }
        self.announced = told.announced.map(|announced| (n, announced)).or(self.announced);
        self.session.limits_hit.hit_times(Limit::PacketsPerStep, u64::from(told.span.packets.left_out()));
        let answered = told.answers.and_then(|n| self.stored(n));
        let place = step::Place { n, phase: self.phase, answered: answered.as_deref() };
        let step = if self.plan.needs.texts { step::read(place, told) } else { step::without_text(place, told) };
        self.reserve_step();
        self.session.steps.push(step);
        self.hold_step();
        #[cfg(test)]
        if packed_tests::PACKS.get() {
            self.pack();
        }
        n
    }

    fn credential(&mut self, told: event::Credential) {
        let packed = self.packed.credentials.len() + self.packed.unheeded.len();
        if packed + self.session.credentials.len() + self.session.unheeded.len() >= CREDENTIALS_PER_SESSION {
            return self.limit(Limit::CredentialsPerSession);
        }
        self.session.limits_hit.hit_times(Limit::SaslRounds, told.rounds_left_out);
        let shown = |bytes: Option<Vec<u8>>| bytes.map(text_of);
        let form = |secret: Secret<Vec<u8>>| Secret::new(text_of(secret.into_revealed()));
        let secret = |secret: Option<Secret<Vec<u8>>>| secret.map(form);
        let steps = self.kept(told.steps);
        let cause = self.cause((&told.mechanism, told.outcome, told.cause), told.reply.as_deref(), &steps);
        // The login may be reported after TLS has begun although it crossed before: sent right behind STARTTLS.
        let encrypted = self.was_encrypted(steps.first());
        let credential = Credential {
            mechanism: told.mechanism,
            username: shown(told.username),
            authorization_id: shown(told.authorization_id),
            password: secret(told.password),
            challenge: shown(told.challenge),
            response: secret(told.response),
            token: secret(told.token),
            exposure: told.exposure,
            outcome: told.outcome,
            reply: shown(told.reply),
            cause,
            encrypted,
            steps,
            wire_forms: told.wire_forms.into_iter().map(form).collect(),
        };
        let weight = credential.weight();
        self.held.rest += weight;
        self.held.unpacked += weight;
        let list = if told.unheeded { &mut self.session.unheeded } else { &mut self.session.credentials };
        // Most sessions have one.
        if list.is_empty() {
            list.reserve_exact(1);
        }
        list.push(credential);
    }

    fn message(&mut self, start: MessageStart) -> MessageId {
        self.begin_message(start)
    }

    fn content(&mut self, message: MessageId, bytes: &[u8]) {
        self.read(message, |reader| reader.content(bytes));
    }

    fn content_mark(&mut self, message: MessageId, mark: ContentMark) {
        // Marks come with content, after which the reader is weighed.
        if let Some(open) = self.readers.get_mut(&message) {
            open.0.mark(mark);
        }
    }

    fn content_missing(&mut self, message: MessageId, missing: u64) {
        self.read(message, |reader| reader.missing(missing));
    }

    fn content_step(&mut self, message: MessageId, step: StepId) {
        self.carry(message, step);
    }

    fn unique_id(&mut self, message: MessageId, id: &[u8]) {
        self.change(message, |message| message.unique_id = Some(text(id)).filter(|id| !id.is_empty()));
    }

    fn content_part(&mut self, message: MessageId, part: Option<String>) {
        if let Some(open) = self.readers.get_mut(&message) {
            open.0.is_part(part.as_deref());
        }
        self.change(message, |message| message.part = part);
    }

    fn content_end(&mut self, message: MessageId, end: ContentEnd) {
        self.end_content(message, end);
    }

    fn message_outcome(&mut self, message: MessageId, told: MessageOutcome) {
        let dropped = told.envelope.as_ref().map_or(0, |envelope| envelope.to.len().saturating_sub(RECIPIENTS));
        for _ in 0..dropped {
            self.limit(Limit::Recipients);
        }
        let Some(known) = self.message_mut(message) else { return };
        let mut steps = known.steps.clone();
        steps.extend(told.steps);
        let steps = self.kept(steps);
        self.change(message, |message| {
            message.outcome = told.outcome.or(message.outcome);
            message.reply = told.reply.map(text_of);
            message.envelope = told.envelope.map(read_envelope);
            message.uid = message.uid.or(told.uid);
            message.steps = steps;
        });
    }

    fn transaction(&mut self, told: event::Transaction) {
        self.add_transaction(told);
    }

    fn client_name(&mut self, name: &[u8]) {
        self.change_facts(|session| session.client_name = Some(text(name)).filter(|name| !name.is_empty()));
    }

    fn banner(&mut self, banner: &[u8]) {
        self.change_facts(|session| session.banner = Some(text(banner)).filter(|banner| !banner.is_empty()));
    }

    fn capabilities(&mut self, list: &[&[u8]]) {
        let kept = list.iter().take(CAPABILITIES).map(|capability| text(capability)).collect();
        self.change_facts(|session| session.capabilities = kept);
        let left_out = list.len().saturating_sub(CAPABILITIES);
        self.listed_in = (left_out == 0).then_some(self.channel);
        self.session.limits_hit.hit_times(Limit::Capabilities, left_out as u64);
    }

    fn tls(&mut self, fact: TlsFact) {
        let before = self.session.tls.room() + self.session.tls.weight();
        let tls = &mut self.session.tls;
        match fact {
            TlsFact::Implicit => tls.mode = TlsMode::Implicit,
            TlsFact::StartTls => tls.mode = TlsMode::StartTls,
            TlsFact::Declined => tls.mode = TlsMode::None,
            TlsFact::Offered(versions) => tls.offered = versions,
            TlsFact::Established => tls.established = true,
            TlsFact::Version(version) => tls.version = Some(version),
            TlsFact::Cipher(cipher) => tls.cipher = Some(cipher),
            TlsFact::ServerName(name) => tls.server_name = Some(text(&name)),
            TlsFact::Alpn(protocol) => tls.alpn = Some(text(&protocol)),
            TlsFact::Ja4(fingerprint) => tls.ja4 = Some(fingerprint),
            TlsFact::Certificate(certificate) => tls.certificate = Some(*certificate),
            TlsFact::Decrypted => (tls.decrypted, tls.decryption.by) = (true, Some(DecryptedBy::Capture)),
            TlsFact::DecryptedBy(source) => {
                (tls.decrypted, tls.decryption.by) = (true, Some(DecryptedBy::Keys(source)));
            }
            TlsFact::NotDecrypted(fault, random) => {
                tls.decryption.fault = Some(fault);
                tls.decryption.client_random = random.map(Box::new);
            }
        }
        self.held.rest = self.held.rest + tls.room() + tls.weight() - before;
    }

    fn proxied(&mut self, via: Via, client: Option<IpAddr>) {
        // The last proxy that names a client is nearest to it.
        if client.is_some() || self.session.client_address.is_none() {
            self.session.via = Some(via);
            self.session.client_address = client;
        }
    }

    fn limit(&mut self, limit: Limit) {
        self.session.limits_hit.hit(limit);
    }
}

#[cfg(test)]
mod let_go_tests;
#[cfg(test)]
mod packed_tests;
#[cfg(test)]
mod secret_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transaction_tests;
