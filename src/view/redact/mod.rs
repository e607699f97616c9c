/*!
`--redact`: passwords, tokens and their base64 forms, wherever a view would show them.

[`Redact`] wraps a view and passes it sessions whose secrets are asterisks already, so that tables and JSON need not
know that anything was hidden. It fails closed, in five ways.

- It masks the ranges that a dialogue marked as secret.
- It masks what the client said and what is not a command of the protocol in its form (`form.rs`), and all but the surest
  commands while a login may be under way (`doubt.rs`). A user name is masked where it may be the password.
- It masks what a server refuses before a login has succeeded, unless it has the form of what belongs there
  (`refused.rs`).
- It masks the words of a server's reply that may repeat a line of the client's that is not known (`echo.rs`).
- It searches for every secret in all other text (`needles.rs`): replies that echo a password, a banner, a subject, a
  recipient, and sessions that end later. A secret is found as it is, in the forms in which it crossed, in other usual
  forms (`encodings.rs`), and within base64 at any of the three alignments (then the whole run of base64 is masked). A
  secret of two or three characters is searched for as a whole word only, and in its own session. One of a single
  character is masked only where it was sent: searching for it would blank every text.
*/

mod doubt;
mod echo;
mod encodings;
mod form;
mod known;
mod masked;
mod names;
mod needles;
mod refused;
mod taught;
mod whose;
mod words;

pub use names::Names;

use super::View;
use crate::capture::SourceInfo;
use crate::flow::Endpoints;
use crate::limits::{Limit, REDACT_STRING_BYTES, REDACT_STRINGS, heap, of_list};
use crate::protocol::Protocol;
use crate::protocol::event::StepId;
use crate::protocol::sasl::Mechanism;
use crate::protocol::secret::{MASK, Secret, SecretKind};
use crate::session::model::{Session, Step, StepLine, TextsMut};
use crate::session::summary::{Summary, Traffic};
use crate::verdict::across::grouped::Grouped;
use crate::verdict::across::login_frequency::{LoginFrequency, Logins, Pair};
use crate::verdict::{Needs, Report, Selection, Undelivered};
use doubt::{Doubt, Hidden, What};
use known::Known;
use masked::{Found, Masked, widened};
use needles::Needles;
use refused::{Refused, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::ops::Range;

/// A view that is shown no secret.
pub struct Redact<V> {
    inner: V,
    live: HashMap<(Endpoints, u64), Masking>,
    /// What the sessions that are over have taught.
    known: Needles,
    /// Bytes of `known`, at most.
    knows: usize,
    /// Sessions that wait until the secrets of later ones are known, at most `holds` bytes of them.
    held: VecDeque<Held>,
    held_bytes: usize,
    holds: usize,
    /// What known secrets are called; without it, they are asterisks.
    names: Option<RefCell<Names>>,
    /// Sessions of which a secret was left out, since there was no room for more.
    left_out: u64,
    /// The findings by rule, as they are when they are masked: what a finding quotes is masked best in its own session.
    grouped: Grouped,
}

/// A session that waits.
struct Held {
    session: Session,
    masking: Masking,
    weight: usize,
}

impl<V: View> Redact<V> {
    /// Wraps `inner`, which gets each session when it is over: a secret is masked in its own session and in those that
    /// end later.
    pub fn new(inner: V) -> Self {
        Self {
            inner,
            live: HashMap::new(),
            known: Needles::default(),
            knows: REDACT_STRING_BYTES,
            held: VecDeque::new(),
            held_bytes: 0,
            holds: 0,
            names: None,
            left_out: 0,
            grouped: Grouped::default(),
        }
    }

    /// Shows a name for each known secret (`--redact=pseudonym`). What is masked because it is in doubt stays asterisks.
    pub fn naming(self, names: Names) -> Self {
        Self { names: Some(RefCell::new(names)), ..self }
    }

    /// Wraps `inner`, which gets the sessions at the end, or when more than `bytes` of them wait: a secret is masked in the
    /// sessions before its own too.
    pub fn holding(inner: V, bytes: usize) -> Self {
        Self { holds: bytes, ..Self::new(inner) }
    }

    /// With room for `bytes` of the secrets of all sessions, instead of [`REDACT_STRING_BYTES`].
    pub fn knowing(self, bytes: usize) -> Self {
        Self { knows: bytes, ..self }
    }

    /// Passes the oldest session on.
    fn release(&mut self) -> io::Result<()> {
        let Some(Held { mut session, mut masking, weight }) = self.held.pop_front() else { return Ok(()) };
        self.held_bytes = self.held_bytes.saturating_sub(weight);
        masking.unpack();
        masking.mask(&mut session, &self.known, self.names.as_ref());
        self.grouped.session(&session);
        self.inner.session(session)
    }
}

/// Identifies a session before it has a number.
fn key(session: &Session) -> (Endpoints, u64) {
    (session.transport.endpoints, session.transport.first.packet)
}

impl<V: View> View for Redact<V> {
    /// A reply may echo a password before the login is over, so the secrets of each step are learned as it comes. The
    /// view gets the session without its steps, which it has seen already, except the one that `step` answers.
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        let masking = self.live.entry(key(session)).or_default();
        masking.learn(session.protocol, step);
        masking.needles.learn_all(&session.credentials);
        let answered = session.answered(step).cloned();
        let mut step = step.clone();
        let mask = Mask { own: &masking.needles, known: &self.known, names: self.names.as_ref(), given: &[] };
        masking.mask_step(&mut step, &mask);
        let mut head = session.head(Vec::new());
        head.texts_mut(&mut { mask });
        head.steps.extend(answered);
        head.steps.iter_mut().for_each(|step| masking.mask_step(step, &mask));
        self.inner.step(&head, &step)
    }

    fn session(&mut self, mut session: Session) -> io::Result<()> {
        self.live.remove(&key(&session));
        let mut masking = Masking::of(&session, &mut self.known);
        let mut all = !masking.left_out;
        all &= self.known.take(&mut masking.needles, REDACT_STRINGS, self.knows);
        masking.pack();
        if !all {
            session.limits_hit.hit(Limit::RedactStrings);
            self.left_out += 1;
        }
        let weight = session.weight() + masking.weight();
        self.held_bytes = self.held_bytes.saturating_add(weight);
        self.held.push_back(Held { session, masking, weight });
        while self.held_bytes > self.holds && !self.held.is_empty() {
            if self.holds > 0
                && let Some(oldest) = self.held.front_mut()
            {
                let is_counted = oldest.session.limits_hit.iter().any(|(limit, _)| limit == Limit::RedactStrings);
                oldest.session.limits_hit.hit(Limit::RedactStrings);
                self.left_out += u64::from(!is_counted);
            }
            self.release()?;
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        while !self.held.is_empty() {
            self.release()?;
        }
        holds_no_wire_text(report);
        let mut masked = report.clone();
        // Sessions were counted before they came here.
        masked.summary.limits_hit.hit_times(Limit::RedactStrings, self.left_out);
        let own = Needles::default();
        let mut mask = Mask { own: &own, known: &self.known, names: self.names.as_ref(), given: &[] };
        masked.across.texts_mut(&mut |text| mask.text(text));
        if !masked.across.groups.is_empty() {
            masked.across.groups = std::mem::take(&mut self.grouped).finish();
        }
        let undelivered = masked.verdict.iter_mut().flat_map(|verdict| &mut verdict.tally.undelivered);
        for Undelivered { address, reply, meaning: _, code: _ } in undelivered {
            mask.text(address);
            mask.text(reply);
        }
        self.inner.finish(&masked)
    }

    /// The steps' texts are needed even if the inner view does not show them: secrets are searched for in them.
    fn needs(&self) -> Needs {
        self.inner.needs().and(Needs::TEXTS)
    }

    fn selection(&self) -> Selection {
        self.inner.selection()
    }
}

/// Replaces every secret of `session` by asterisks.
pub fn mask(session: &mut Session) {
    let masking = Masking::of(session, &mut Needles::default());
    masking.mask(session, &Needles::default(), None);
}

/// What is to be masked in a session.
#[derive(Default)]
struct Masking {
    doubt: Doubt,
    /// What is hidden of which step.
    hidden: BTreeMap<StepId, Vec<Range<usize>>>,
    /// The responses to challenges that crossed.
    responses: BTreeMap<StepId, Known>,
    /// Which lines the server may refuse.
    refused: Refused,
    /// Secrets that a dialogue has read, and what may be one.
    needles: Needles,
    /// Not all that may be a secret is searched for.
    left_out: bool,
}

impl Masking {
    /// What is learned of `session`, beyond what `known` was taught: that is searched for in every session.
    fn of(session: &Session, known: &mut Needles) -> Self {
        let mut masking = Self::default();
        known.exchange_taught(&mut masking.needles);
        session.steps.iter().for_each(|step| masking.learn(session.protocol, step));
        masking.needles.learn_all(&session.credentials);
        let left = masking.refused.rest();
        masking.hide(left);
        known.exchange_taught(&mut masking.needles);
        masking
    }

    /// Its secrets are known to all sessions: what is left is what is masked in its own, and takes as little as it can.
    fn pack(&mut self) {
        self.needles.pack();
    }

    /// Before it masks.
    fn unpack(&mut self) {
        self.needles.unpack();
    }

    /// The bytes that it takes.
    fn weight(&self) -> usize {
        let of_hidden = |ranges: &Vec<Range<usize>>| 2 * size_of::<(StepId, Vec<Range<usize>>)>() + of_list(ranges);
        heap(size_of::<Self>()) + self.needles.weight() + self.hidden.values().map(of_hidden).sum::<usize>()
    }

    /// Learns the next step.
    fn learn(&mut self, protocol: Protocol, step: &Step) {
        self.needles.learn_step(step);
        let refused = self.refused.step(step);
        self.hide(refused);
        let Hidden { ranges, what } = self.doubt.step(protocol, step);
        if ranges.is_empty() {
            return;
        }
        if what != What::Command {
            // Most of it is content that was taken for lines.
            let has_room = self.needles.len() < REDACT_STRINGS;
            self.left_out |= !has_room;
            for range in ranges.iter().filter(|_| has_room) {
                let Some(said) = step.text.get(widened(&step.text, range)) else { continue };
                if what == What::Echo {
                    // What other fields have of the reply.
                    self.needles.learn_plain(said, None);
                    continue;
                }
                self.needles.learn_unknown(said);
                if whose::is_opaque(step, said) {
                    said.split_whitespace().for_each(|word| self.needles.learn_opaque(word));
                }
                if let Some(known) = whose::in_step(step, range) {
                    self.needles.learn_crossed(said, Some(&known));
                    if known.kind == SecretKind::Response {
                        self.responses.insert(step.n, known);
                    }
                }
            }
        }
        self.hidden.entry(step.n).or_default().extend(ranges);
    }

    /// Hides what a server has refused, though it was shown before.
    fn hide(&mut self, values: Vec<Value>) {
        for Value { step, range, said } in values {
            match self.needles.len() < REDACT_STRINGS {
                true => self.needles.learn_unknown(&said),
                false => self.left_out = true,
            }
            self.hidden.entry(step).or_default().push(range);
        }
    }

    fn mask(&self, session: &mut Session, known: &Needles, names: Option<&RefCell<Names>>) {
        let mask = Mask { own: &self.needles, known, names, given: &[] };
        session.steps.iter_mut().for_each(|step| self.mask_step(step, &mask));
        for credential in &mut session.credentials {
            // It is kept as it is read; it is called like the last step that it crossed in.
            let crossed = credential.steps.iter().rev().find_map(|step| self.responses.get(step));
            if let (Some(response), Some(known)) = (&mut credential.response, crossed) {
                *response = Secret::new(&*known.secret);
            }
            if !self.doubt.vouches_for(credential) {
                // It may be the password, or a part of it.
                let names = [&mut credential.username, &mut credential.authorization_id];
                names.into_iter().flatten().for_each(|name| MASK.clone_into(name));
            }
            if credential.mechanism.strip_prefix("AUTH ").is_some_and(|name| !Mechanism::is_known(name)) {
                credential.mechanism = format!("AUTH {MASK}");
            }
        }
        // What is masked already is not read once more: a name would be hidden as what was secret there.
        let steps = std::mem::take(&mut session.steps);
        session.texts_mut(&mut { mask });
        session.steps = steps;
    }

    /// Masks what is hidden of a step, and all other secrets in it.
    fn mask_step(&self, step: &mut Step, mask: &Mask<'_>) {
        if let Some(ranges) = self.hidden.get(&step.n) {
            let extra = step.extra_mut();
            extra.secrets.extend_from_slice(ranges);
            extra.mailboxes.iter_mut().for_each(|name| MASK.clone_into(name));
            if ranges.iter().any(|range| range.start == 0)
                && let Some(tag) = &mut step.tag
            {
                *tag = MASK.into();
            }
        }
        // A secret of one character is not searched for: what the step says of it is all that is known.
        let found = |range| Found { known: whose::in_step(step, range), range: widened(&step.text, range) };
        let given: Vec<Found> = step.secrets().iter().map(found).collect();
        step.texts_mut(&mut Mask { given: &given, ..*mask });
    }
}

/// Stops compiling when a field is added to a report, so that its author decides whether it holds text off the wire. What
/// several sessions show, and the recipients that the verdict names, are masked. The user names the sources, the reader of
/// a source words its problem, and the other fields are counts, addresses and times.
fn holds_no_wire_text(report: &Report) {
    let Report { sources, summary, logins, verdict: _, across: _ } = report;
    for source in sources {
        let SourceInfo {
            name: _,
            format: _,
            compression: _,
            link_types: _,
            packets: _,
            bytes: _,
            first: _,
            last: _,
            dropped: _,
            problem: _,
            clock_steps: _,
        } = source;
    }
    let Summary {
        sessions: _,
        credentials: _,
        messages: _,
        findings: _,
        // Numbers, and what is public: a ClientHello's random.
        tls: _,
        probes: _,
        packets: _,
        limits_hit: _,
        traffic,
        left_out: _,
        // Typed by the user.
        filters: _,
        shard: _,
    } = summary;
    let Traffic { stops: _, tcp_segments: _, tcp_connections: _, tcp_ports: _ } = traffic;
    let Logins { pairs, left_out: _ } = logins;
    for (pair, frequency) in pairs {
        let LoginFrequency {
            sessions: _,
            logged_in: _,
            refused: _,
            unknown: _,
            without: _,
            accepted_without: _,
            hidden: _,
            late: _,
            incomplete: _,
            silent: _,
        } = frequency;
        let Pair { protocol: _, client: _, server: _ } = pair;
    }
}

/// Masks the texts that it visits.
#[derive(Clone, Copy)]
struct Mask<'a> {
    /// Of the session.
    own: &'a Needles,
    /// Of other sessions.
    known: &'a Needles,
    names: Option<&'a RefCell<Names>>,
    /// What is secret in the step that is visited, whatever it is.
    given: &'a [Found],
}

impl Mask<'_> {
    fn find(self, text: &str, given: Vec<Found>) -> Vec<Found> {
        self.known.find_folded(text, self.own.find_folded(text, given))
    }

    /// What is shown in place of a secret.
    fn instead(self, of: Option<&Known>) -> String {
        match (self.names, of) {
            (Some(names), Some(known)) => names.borrow_mut().name(known),
            _ => MASK.to_owned(),
        }
    }
}

impl TextsMut for Mask<'_> {
    fn text(&mut self, text: &mut String) {
        let found = self.find(text, Vec::new());
        if !found.is_empty() {
            *text = Masked::new(text, &found, |known| self.instead(known)).text;
        }
    }

    fn line(&mut self, line: StepLine<'_>) {
        let StepLine { text, arguments, secrets, command } = line;
        let given = self.given.iter().filter(|found| !found.range.is_empty());
        let found = self.find(text, given.cloned().collect());
        if found.is_empty() {
            return;
        }
        // The verb itself may be a secret: a password typed where a command belongs.
        let verb = command.as_deref().and_then(|command| position(text, command));
        if verb.is_some_and(|verb| {
            found.iter().any(|Found { range, .. }| range.start < verb.end && verb.start < range.end)
        }) {
            *command = Some(MASK.to_owned());
        }
        let masked = Masked::new(text, &found, |known| self.instead(known));
        *arguments = arguments.take().map(|Range { start, end }| {
            let of_numbers = |at| u32::try_from(at).unwrap_or(u32::MAX);
            of_numbers(masked.map(start as usize))..of_numbers(masked.map_end(end as usize))
        });
        *secrets = masked.masks;
        *text = masked.text;
    }

    fn secret(&mut self, secret: &mut Secret<String>, kind: SecretKind) {
        *secret = Secret::new(self.instead(Known::new(kind, secret.reveal()).as_ref()));
    }

    /// Masked whole: no dialogue may have read these bytes, so a password in them may be unknown.
    fn excerpt(&mut self, excerpt: &mut String) {
        MASK.clone_into(excerpt);
    }

    fn raw(&mut self, bytes: &mut Vec<u8>) {
        MASK.as_bytes().clone_into(bytes);
    }
}

/// The range of `command`, which is in upper case, in `text`, in any case.
fn position(text: &str, command: &str) -> Option<Range<usize>> {
    let upper = text.to_ascii_uppercase();
    upper.find(command).map(|start| start..start + command.len())
}

#[cfg(test)]
mod tests;
