//! Logins in the dialogue: challenges, what a reply decides, and logins of which a part is not in the capture.

use super::command::{Command, Verb};
use super::dialogue::Dialogue;
use super::maildrop::Maildrop;
use super::queue::{Follows, Login, Pending, Prompt, Unplaced};
use super::refusal;
use super::reply::Reply;
use super::{State, Subject, What};
use crate::flow::Side;
use crate::protocol::event::{Credential, Kind, LoginCause, LoginOutcome, Sink, Step, StepId};
use crate::protocol::framing::Line;
use crate::protocol::login_cause::{self, Refusal};
use crate::protocol::sasl::Exchange;
use crate::protocol::secret::Raw;

impl Dialogue {
    /// Remembers a line of the client that is no command. `follows_unseen`: something of the client is missing before it.
    pub(super) fn unplaced(&mut self, step: StepId, line: &[u8], whole: bool, follows_unseen: bool) {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let may_be_response = line.len() >= 4 && line.len().is_multiple_of(4) && line.iter().all(is_base64);
        if follows_unseen || may_be_response {
            self.unplaced = Some(Unplaced { step, line: whole.then(|| Raw(line.to_vec())) });
        }
    }

    /// The command that a reply answers. Where that was not seen, or was none that is known, and only a login gets such
    /// a reply, it is an AUTH that is not in the capture.
    pub(super) fn login_unseen(
        &mut self,
        answered: Option<Pending>,
        line: &Line<'_>,
        reply: &Reply<'_>,
    ) -> Option<Pending> {
        let unplaced = self.unplaced.take();
        let step = match &answered {
            Some(pending) if pending.verb != Verb::Other || pending.login.is_some() => return answered,
            Some(pending) if unplaced.as_ref().is_none_or(|unplaced| unplaced.step != pending.step) => return answered,
            Some(pending) => pending.step,
            None => StepId::default(),
        };
        if self.state != State::Authorization
            || self.queue.has_login()
            || !login_cause::is_of_login(reply.ok, &refused(line, reply), true)
            || !reply.ok && unplaced.as_ref().is_some_and(Unplaced::may_be_command)
        {
            return answered;
        }
        let mut exchange = Box::new(Exchange::unseen());
        if let Some(Unplaced { step, line }) = unplaced {
            exchange.add_step(step);
            line.iter().for_each(|Raw(line)| _ = exchange.response(line));
        }
        let login = Some(Login::Sasl { exchange, prompt: Prompt::No });
        Some(Pending { login, ..Pending::new(Verb::Auth, step, Follows::Nothing) })
    }

    /// The client sends a command where its response to a challenge is due: true where it gives up the login. Most
    /// servers read even this line as the response, and refuse it.
    pub(super) fn gives_up_login(&mut self, command: Option<&Command<'_>>, out: &mut dyn Sink) -> bool {
        let is_another = command.is_some_and(|command| {
            let has_argument = !command.trimmed().is_empty();
            match command.verb {
                Verb::User | Verb::Pass | Verb::Apop | Verb::Auth => has_argument,
                // Both are base64, but of no text.
                Verb::Quit | Verb::Capa => !has_argument,
                _ => false,
            }
        });
        let given_up = if is_another { self.queue.take_challenged() } else { None };
        if let Some(exchange) = given_up {
            out.credential(exchange.finish(LoginOutcome::Cancelled));
            return true;
        }
        false
    }

    /// Another USER follows the last one.
    pub(super) fn user_follows(&mut self) {
        /// USERs in flight that are remembered.
        const IN_FLIGHT: usize = 16;
        let was_accepted = std::mem::take(&mut self.is_user_accepted);
        let Some(before) = self.user.take() else { return };
        let users = self.users.get_or_insert_default();
        if was_accepted {
            users.standing = Some(before);
        } else if self.queue.has(before.0) && users.in_flight.len() < IN_FLIGHT {
            users.in_flight.push(before);
        }
    }

    /// A reply to the USER of `step`: one that is refused since the name is set already, or since the server cannot read the
    /// command, changes nothing, so that the name that was accepted before stands, or none. Where it is the first one, nothing
    /// says what the server makes of it.
    pub(super) fn user_decided(&mut self, step: StepId, reply: &Reply<'_>) {
        let earlier = self.users.as_mut().and_then(|users| {
            let place = users.in_flight.iter().position(|user| user.0 == step)?;
            Some(users.in_flight.remove(place))
        });
        // Of one without a name nothing is known but that it was the last.
        let is_last = earlier.is_none() && self.user.as_ref().is_none_or(|last| last.0 == step);
        if reply.ok {
            match &mut self.users {
                // Where it was one too many to be remembered, whose name stands is not known.
                Some(users) if !is_last => users.standing = earlier,
                _ => self.is_user_accepted = is_last,
            }
        } else if self.state == State::Authorization
            && decides_nothing(reply.text)
            && let Some(users) = &self.users
        {
            let standing = users.standing.clone();
            self.queue.name_stands(step, standing.as_ref());
            if is_last {
                (self.is_user_accepted, self.user) = (standing.is_some(), standing);
            }
        }
    }

    /// USER is refused: an attempt to log in, if no PASS follows.
    pub(super) fn user_refused(&mut self, line: &Line<'_>, reply: &Reply<'_>, step: StepId) {
        let has_pass = self.queue.first_verb() == Some(Verb::Pass);
        if self.state != State::Authorization || has_pass || decides_nothing(reply.text) {
            return;
        }
        let Some((user, username)) = self.user.clone() else { return };
        let refusal = refused(line, reply);
        let cause = login_cause::of(&refusal);
        let credential = Credential {
            mechanism: "USER/PASS".into(),
            username: Some(username.into_vec()),
            outcome: login_cause::outcome(&refusal, cause),
            steps: vec![user, step],
            ..Credential::default()
        };
        self.refused_user = Some(Box::new(credential.with_reply(&line.bytes, cause)));
    }

    /// The client goes on, or the session is over: an attempt whose USER was refused ends here, if it has no PASS.
    pub(super) fn refused_user_ends(&mut self, next: Option<Verb>, out: &mut dyn Sink) {
        if let Some(credential) = self.refused_user.take()
            && next != Some(Verb::Pass)
        {
            out.credential(*credential);
        }
    }

    pub(super) fn log_in(
        &mut self,
        login: Login,
        line: &Line<'_>,
        reply: &Reply<'_>,
        step: StepId,
        out: &mut dyn Sink,
    ) {
        let ok = reply.ok;
        let refusal = refused(line, reply);
        let mut cause = if ok { LoginCause::Unknown } else { login_cause::of(&refusal) };
        let outcome = if ok { LoginOutcome::Accepted } else { login_cause::outcome(&refusal, cause) };
        // A login within a session is refused for that alone: the one before holds.
        let is_within = self.state == State::Transaction && !ok;
        self.state = if ok || is_within { State::Transaction } else { State::Authorization };
        if ok {
            self.maildrop = Maildrop::default();
        }
        let credential = match login {
            Login::Native(mut credential) => {
                credential.steps.push(step);
                credential.outcome = outcome;
                *credential
            }
            Login::Sasl { mut exchange, .. } => {
                exchange.add_step(step);
                cause = exchange.cause(cause, &line.bytes);
                exchange.finish(outcome)
            }
        };
        let credential = Credential { unheeded: is_within, ..credential };
        out.credential(credential.with_reply(&line.bytes, cause));
    }

    pub(super) fn challenge(&mut self, line: &Line<'_>, challenge: &[u8], out: &mut dyn Sink) {
        self.end_of_saying(false, out);
        let state = self.state;
        let Some(pending) = self.queue.next_is_auth(out) else { return };
        let unseen = pending.is_unseen();
        let Some(Login::Sasl { exchange, prompt }) = &mut pending.login else { return };
        // A challenge right after a challenge answers a response that was not captured.
        let unanswered = std::mem::replace(prompt, Prompt::Challenge) == Prompt::Challenge;
        let round = exchange.challenge(challenge);
        let subject = Subject { state, what: What::Challenge(round) };
        let mut step = Step::line(Side::Server, Kind::Continuation, subject, line);
        step.answers = Some(pending.step).filter(|_| !unanswered && !unseen);
        exchange.add_step(out.step(step));
        self.server_missing = 0;
    }
}

/// True where a refusal of USER decides on no login: the command is not known, or the name is set already.
fn decides_nothing(text: &[u8]) -> bool {
    login_cause::is_of_syntax(text) || refusal::is_set_already(text)
}

fn refused<'a>(line: &'a Line<'_>, reply: &'a Reply<'_>) -> Refusal<'a> {
    Refusal { text: &line.bytes, smtp: None, code: reply.code.as_deref() }
}
