//! Reads what the client sends: commands, SASL responses, and with XTND XMIT a message.

use super::command::{Command, Verb};
use super::dialogue::{Dialogue, Saying};
use super::maildrop::Maildrop;
use super::queue::{Follows, Login, Pending, Prompt};
use super::refusal;
use super::{State, Subject, What, parse};
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use crate::protocol::event::{self, Credential, Exposure, Kind, LoginOutcome, Sink, Step, StepId};
use crate::protocol::framing::{Input, Line, LineEnd};
use crate::protocol::sasl::{Exchange, Mechanism, Round};
use crate::protocol::secret::Secret;
use std::ops::Range;

/// The fewest bytes in which another user can be named: `USER x` and its line end.
const ANOTHER_USER: u64 = 8;
/// First byte of a TLS handshake record: no command begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

impl Dialogue {
    /// Reads a line, or a piece of a message.
    pub(super) fn client_data(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        self.unseen_before |= self.in_the_middle && !self.client_heard;
        self.client_heard = true;
        self.settle(out);
        if let Some(content) = &mut self.upload {
            if content.read(input, out) {
                self.end_of_upload(out);
            }
            return;
        }
        // A ClientHello after STLS: the server's `+OK` was not captured, but it was sent.
        let waits_for_tls = self.queue.last().is_some_and(|pending| pending.follows == Follows::Tls);
        if waits_for_tls && self.client.is_empty() && input.rest().first() == Some(&TLS_HANDSHAKE) {
            return self.begin_tls(out);
        }
        if let Some(line) = self.client.line(input) {
            self.client_line(&line, out);
        }
    }

    pub(super) fn client_line(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        if line.truncated {
            out.limit(Limit::LineBytes);
        }
        // A line with bytes missing may hold half a password, which is not reported as one.
        let follows_gap = std::mem::take(&mut self.client_follows_gap);
        let whole = !follows_gap && line.end != LineEnd::None && !line.truncated;
        let command = parse::command(&line.bytes);
        let was_prompted = std::mem::take(&mut self.prompted_by_unseen);
        let follows_unseen = std::mem::take(&mut self.unseen_before) || follows_gap;
        self.refused_user_ends(command.as_ref().map(|command| command.verb), out);
        if let Some(command) = command.as_ref().filter(|command| command.verb != Verb::Other) {
            self.ok_was_the_last_word(command.verb, out);
        }
        if !self.gives_up_login(command.as_ref(), out) && self.is_response(command.as_ref(), &line.bytes) {
            self.queue.line();
            return self.response(line, whole, out);
        }
        let was_prompted = was_prompted || self.queue.last().is_some_and(|last| last.is_unnamed_auth());
        if was_prompted
            && command.as_ref().is_none_or(|command| command.verb == Verb::Other && command.argument.is_none())
        {
            self.interrupt(out);
            // With an unknown mechanism, the response may be a password.
            let what = What::Response(Round::Malformed(Mechanism::Other));
            let mut step = Step::line(Side::Client, Kind::Response, Subject { state: self.state, what }, line);
            step.secrets.push(0..line.bytes.len());
            let step = out.step(step);
            self.unplaced(step, &line.bytes, whole, true);
            return self.queue.line();
        }
        self.interrupt(out);
        match command {
            Some(command) if !follows_gap || command.verb != Verb::Other => {
                self.command(line, &command, whole, follows_unseen, out);
            }
            _ => {
                let mut step = Step::line(Side::Client, Kind::Unknown, event::Subject::not_understood(!whole), line);
                if !whole {
                    step.secrets.push(0..line.bytes.len());
                }
                let step = out.step(step);
                self.unplaced(step, &line.bytes, whole, follows_unseen);
                if !whole {
                    self.queue.line();
                    (self.user, self.users) = (None, None); // The line may be the rest of another USER.
                } else {
                    let mut pending = Pending::new(Verb::Other, step, Follows::Anything);
                    pending.maybe_unanswered = line.bytes.is_empty();
                    self.queue.push(pending, out);
                }
            }
        }
    }

    /// True where the client's line belongs to the AUTH that it sent last: the server sent a challenge; or the line is
    /// not a command, and the challenge was not captured.
    fn is_response(&mut self, command: Option<&Command<'_>>, line: &[u8]) -> bool {
        match self.queue.last().and_then(|pending| pending.login.as_ref()) {
            Some(Login::Sasl { prompt: Prompt::Challenge, .. }) => true,
            Some(Login::Sasl { .. }) => {
                command.is_none_or(|command| command.verb == Verb::Other) && !line.trim_ascii().contains(&b' ')
            }
            _ => false,
        }
    }

    fn response(&mut self, line: &Line<'_>, whole: bool, out: &mut dyn Sink) {
        let state = self.state;
        let Some(pending) = self.queue.last() else { return };
        let Some(Login::Sasl { exchange, prompt }) = &mut pending.login else { return };
        *prompt = Prompt::No;
        let round = if whole {
            exchange.response(&line.bytes)
        } else {
            exchange.missed();
            Round::Malformed(exchange.mechanism())
        };
        let subject = Subject { state, what: What::Response(round) };
        let mut step = Step::line(Side::Client, Kind::Response, subject, line);
        if round.is_secret() {
            step.secrets.push(0..line.bytes.len());
        }
        pending.step = out.step(step);
        exchange.add_step(pending.step);
    }

    /// The client sends a command though the server's `+OK` may have asked for its part of AUTH: so that was the final
    /// reply.
    fn ok_was_the_last_word(&mut self, verb: Verb, out: &mut dyn Sink) {
        let Some(exchange) = self.queue.take_prompted_by_ok() else { return };
        let outcome = if verb.is_of_transaction() { LoginOutcome::Accepted } else { LoginOutcome::Unknown };
        if outcome == LoginOutcome::Accepted {
            (self.state, self.maildrop) = (State::Transaction, Maildrop::default());
        }
        out.credential(exchange.finish(outcome));
    }

    /// The client's next command ends what the server did not end: lines that may have followed; and, for a client that
    /// waits for replies, a multi-line reply or a message with a gap.
    fn interrupt(&mut self, out: &mut dyn Sink) {
        let waits = self.queue.client_waits_for_replies();
        if self.is_last_word() {
            self.farewell(out);
        }
        let over = match &self.saying {
            Saying::Replies | Saying::Held(_) => false,
            Saying::MaybeFarewell(..) => true,
            Saying::Rubbish(_) => true,
            Saying::MultiLine(multi_line) => !multi_line.certain || multi_line.has_gap && waits,
            Saying::Content(content) => content.has_gap() && waits,
        };
        if over {
            self.end_of_saying(false, out);
        }
    }

    fn command(
        &mut self,
        line: &Line<'_>,
        command: &Command<'_>,
        whole: bool,
        follows_unseen: bool,
        out: &mut dyn Sink,
    ) {
        // These commands come after the login only: the capture began in mid-session, or has no server in it.
        if !self.heard && command.verb.is_of_transaction() {
            self.state = State::Transaction;
        }
        if command.verb == Verb::Quit && self.state == State::Transaction {
            self.state = State::Update;
        }
        let what = What::Command(command.verb);
        let mut step = Step::line(Side::Client, Kind::Command, Subject { state: self.state, what }, line);
        step.command = Some(&command.name);
        step.arguments = command.argument.map(|_| command.argument_at..line.bytes.len());
        let has_end = line.end != LineEnd::None && !line.truncated;
        let (mut exchange, secret) = match command.verb {
            Verb::Auth => auth(command, has_end, whole),
            _ => (None, password(command)),
        };
        step.secrets.extend(secret);
        let step = out.step(step);
        exchange.iter_mut().for_each(|exchange| exchange.add_step(step));
        if command.verb == Verb::Other {
            self.unplaced(step, &line.bytes, whole, follows_unseen);
        }
        let mut pending = Pending::new(command.verb, step, follows(command, has_end));
        if command.verb.is_of_transaction() {
            pending.number = parse::numbers(command.trimmed()).0;
            pending.fits = whole.then(|| refusal::fits(command.verb, command.trimmed()));
        }
        if command.verb == Verb::User {
            self.user_follows();
        }
        match (command.verb, command.argument) {
            (Verb::User, Some(name)) if whole => self.user = Some((step, name.into())),
            // The name is another one than before, but not known.
            (Verb::User, _) => {}
            (Verb::Pass, Some(password)) if whole => {
                pending.login = Some(Login::Native(Box::new(self.pass(password, step))))
            }
            (Verb::Apop, Some(argument)) if whole => {
                pending.login = self.apop(argument, step).map(Box::new).map(Login::Native);
            }
            (Verb::Auth, _) => {
                pending.login = exchange.map(|exchange| Login::Sasl { exchange, prompt: Prompt::No });
            }
            _ => {}
        }
        self.queue.push(pending, out);
    }

    /// USER and PASS (RFC 1939, section 7). The name is that of the last USER, whatever the server replied to it,
    /// unless it says that the name before it stands (see [`Dialogue::user_decided`]).
    fn pass(&self, password: &[u8], step: StepId) -> Credential {
        let (user, username) = self.user.clone().unzip();
        Credential {
            mechanism: "USER/PASS".into(),
            username: username.map(Vec::from),
            password: Some(Secret::new(password)),
            exposure: if password.is_empty() { Exposure::None } else { Exposure::Plaintext },
            steps: user.into_iter().chain([step]).collect(),
            wire_forms: if password.is_empty() { Vec::new() } else { vec![Secret::new(password)] },
            ..Credential::default()
        }
    }

    /// APOP (RFC 1939, section 7): the digest is of the greeting's timestamp and the password.
    fn apop(&self, argument: &[u8], step: StepId) -> Option<Credential> {
        let (name, digest) = parse::apop(argument)?;
        Some(Credential {
            mechanism: "APOP".into(),
            username: Some(name.to_vec()),
            challenge: self.timestamp.clone(),
            response: Some(Secret::new(digest)),
            exposure: Exposure::Hash,
            steps: vec![step],
            ..Credential::default()
        })
    }

    fn end_of_upload(&mut self, out: &mut dyn Sink) {
        if let Some(content) = self.upload.take() {
            let (message, steps) = content.end(true, self.state, out);
            let step = steps.last().copied();
            // The reply answers the step of the content. There is one, because the final dot was seen.
            let mut pending = Pending::new(Verb::Xtnd, step.unwrap_or_default(), Follows::Nothing);
            pending.upload = message.map(|message| (message, steps));
            self.queue.push(pending, out);
        }
    }

    pub(super) fn client_gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        match &mut self.upload {
            Some(content) => content.gap(missing, at, out),
            None => {
                self.client_follows_gap = true;
                if missing >= ANOTHER_USER {
                    (self.user, self.users) = (None, None);
                }
                self.queue.client_gap();
            }
        }
    }
}

/// Where in its line the password of PASS stands.
fn password(command: &Command<'_>) -> Option<Range<usize>> {
    let argument = command.argument.filter(|_| command.verb == Verb::Pass)?;
    Some(command.argument_at..command.argument_at + argument.len())
}

/// The exchange that AUTH begins, without a step, and where in the line its initial response stands if it is secret.
/// `has_end`: the line was seen to its end; `whole`: and from its beginning.
fn auth(command: &Command<'_>, has_end: bool, whole: bool) -> (Option<Box<Exchange>>, Option<Range<usize>>) {
    let Some(auth) = command.argument.and_then(parse::auth) else { return (None, None) };
    let mut exchange = Box::new(Exchange::new(auth.mechanism));
    let Some(sent) = auth.initial_response else {
        // Without the line's end, the end of the mechanism's name may be missing too.
        return (Some(exchange).filter(|_| has_end), None);
    };
    let at = command.argument_at + auth.initial_response_at;
    let secret = exchange.response(sent).is_secret().then(|| at..at + sent.len());
    if !whole {
        // The rest of a response shows that it must be masked, but not who logs in.
        *exchange = Exchange::new(auth.mechanism);
        exchange.missed();
    }
    (Some(exchange), secret)
}

/// What follows a `+OK` to `command`. Where the line has no `end`, its argument is not what the server received.
fn follows(command: &Command<'_>, end: bool) -> Follows {
    let argument = if end { command.trimmed() } else { b"" };
    match command.verb {
        Verb::Capa => Follows::Lines,
        Verb::List | Verb::Uidl | Verb::Auth | Verb::Lang if !end => Follows::Anything,
        Verb::List | Verb::Uidl | Verb::Auth | Verb::Lang if argument.is_empty() => Follows::Lines,
        Verb::Retr => Follows::Message { number: parse::numbers(argument).0, part: None },
        Verb::Top => {
            let (number, lines) = parse::numbers(argument);
            let part = match lines {
                Some(0) => "headers".into(),
                Some(lines) => format!("top {lines}"),
                None => "top".into(),
            };
            Follows::Message { number, part: Some(part) }
        }
        Verb::Stls => Follows::Tls,
        Verb::Xtnd if parse::begins_with_word(argument, "XMIT") => Follows::Upload,
        Verb::Xtnd | Verb::Other => Follows::Anything,
        _ => Follows::Nothing,
    }
}
