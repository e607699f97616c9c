//! Logins in the dialogue: responses to challenges, logins whose command is not in the capture, and what a reply decides.

use super::command::{Verb, command};
use super::fragmentizer::Fragment;
use super::queue::{Authentication, OnCompletion};
use super::reply::{Code, Status, Text};
use super::state::{Dialogue, LastWords};
use super::{State, Subject, What, parse};
use crate::flow::Side;
use crate::limits::LINE_BYTES;
use crate::protocol::event::{Credential, Exposure, Kind, LoginCause, LoginOutcome, Sink, Step, StepId};
use crate::protocol::login_cause::{self, Refusal};
use crate::protocol::sasl::{Exchange, Round};
use crate::protocol::secret::{Raw, Secret};

/// Steps of the client without a place that are kept for a login: user name and password, and a line more.
const UNPLACED: usize = 3;

/// The reply that resolves a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Completion<'a> {
    pub status: Status,
    /// The reply's step.
    pub step: StepId,
    /// The reply without its tag.
    pub words: &'a [u8],
    /// APPENDUID's arguments, where it has them.
    pub uids: &'a [u8],
    /// The response code.
    pub code: Option<Code>,
    /// The state in which it came.
    pub state: State,
}

impl<'a> Completion<'a> {
    /// As a reply that does not accept a login.
    pub fn refusal(&self) -> Refusal<'a> {
        Refusal { text: self.words, smtp: None, code: self.code.and_then(Code::name) }
    }

    /// The server has not looked at the login: the client is in already.
    pub fn is_for_the_state(&self) -> bool {
        is_for_the_state(self.state, self.status, &self.refusal())
    }

    /// The server's last words, as the reply that ends a login.
    pub fn by_the_end(last_words: &'a LastWords) -> Self {
        let LastWords { step, words, code } = last_words;
        Self { status: Status::Bye, step: *step, words, uids: b"", code: *code, state: State::Logout }
    }
}

impl Dialogue {
    /// The exchange that AUTHENTICATE began, until the server decides or the client cancels it.
    pub(super) fn exchange(&mut self) -> Option<&mut Authentication> {
        match &mut self.queue.get_mut(self.login?)?.on_completion {
            OnCompletion::Authenticate(login) if !login.cancelled => Some(login),
            _ => None,
        }
    }

    /// True for a line that responds to a challenge: any line after a challenge; before one, while the exchange goes
    /// on, a line without a space, which a command would have.
    pub(super) fn answers_a_challenge(&mut self, line: &[u8]) -> bool {
        // A command after a gap shows that the login is over, and that the gap has swallowed its end.
        if self.login_gaps != [false; 2] && command(line).is_some_and(|command| command.is_sure()) {
            self.login = None;
        }
        self.exchange().is_some_and(|login| login.owed || !line.contains(&b' '))
    }

    /// The client's response in a login whose AUTHENTICATE is not in the capture.
    pub(super) fn response_to_unseen(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        let state = self.state;
        let Some(login) = &mut self.unseen_login else { return };
        let round = login.exchange.response(&fragment.text);
        login.cancelled = fragment.text.as_ref() == b"*";
        let step = fragment.step(Side::Client, Kind::Response, Subject { state, what: What::Response(round) });
        let whole = 0..fragment.text.len();
        let is_secret = (round.is_secret() || matches!(round, Round::Malformed(_))) && !whole.is_empty();
        let secrets = Vec::from_iter(is_secret.then_some(whole));
        login.exchange.add_step(fragment.tell(Step { secrets, ..step }, out));
    }

    pub(super) fn response(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        let state = self.state;
        let Some(login) = self.exchange() else { return };
        let round = login.exchange.response(&fragment.text);
        let was_asked = std::mem::take(&mut login.owed);
        let what = What::Response(round);
        let step = fragment.step(Side::Client, Kind::Response, Subject { state, what });
        let whole = 0..fragment.text.len();
        let secrets = if round.is_secret() && !whole.is_empty() { vec![whole] } else { Vec::new() };
        let step = fragment.tell(Step { secrets, ..step }, out);
        login.exchange.add_step(step);
        login.cancelled = fragment.text.as_ref() == b"*";
        if !was_asked && !fragment.text.is_empty() {
            // A server that refuses the mechanism reads the line as a command.
            self.ask(&fragment.text, Verb::Other, step, OnCompletion::Hidden, out);
        }
    }

    /// The client goes on with a command where its response to a challenge is due. Most servers read even this line as
    /// the response, and refuse it.
    pub(super) fn give_up_login(&mut self) {
        match (self.login.is_some(), &mut self.unseen_login) {
            (false, Some(login)) => login.cancelled = true,
            _ => {
                if let Some(login) = self.exchange().filter(|login| login.owed) {
                    login.cancelled = true;
                }
            }
        }
    }

    /// Remembers lines of the client that are no commands.
    pub(super) fn unplaced(&mut self, step: StepId, lines: &Fragment<'_>) {
        let unplaced = &mut self.client.unplaced;
        if unplaced.steps.len() >= UNPLACED {
            unplaced.steps.remove(0);
        }
        unplaced.steps.push(step);
        let last = lines.text.rsplit(|&byte| byte == b'\n').next().filter(|_| !lines.truncated);
        unplaced.line = last.map(|line| Raw(line.to_vec()));
    }

    /// The login that a reply decides whose tag names no command that was seen: one whose challenges were seen; or
    /// another, where only a login gets such a reply.
    pub(super) fn unseen_login(&mut self, status: Status, text: Text<'_>) -> Option<Authentication> {
        let unplaced = std::mem::take(&mut self.client.unplaced);
        if let Some(login) = self.unseen_login.take() {
            return Some(*login);
        }
        let refusal = Refusal { text: text.words, smtp: None, code: text.code.and_then(Code::name) };
        if self.state != State::NotAuthenticated || !login_cause::is_of_login(status == Status::Ok, &refusal, false) {
            return None;
        }
        let mut exchange = Exchange::unseen();
        unplaced.steps.iter().for_each(|step| exchange.add_step(*step));
        if let Some(Raw(line)) = unplaced.line {
            exchange.response(&line);
        }
        Some(Authentication { exchange, owed: false, cancelled: false })
    }

    /// The server says BYE: a login in flight gets no other reply, perhaps.
    pub(super) fn last_words(&mut self, step: StepId, fragment: &Fragment<'_>, code: Option<Code>) {
        let words = fragment.text.get(2..).unwrap_or_default().trim_ascii_start().to_vec();
        self.server.last_words = Some(LastWords { step, words, code });
    }
}

/// Emits the outcome of an AUTHENTICATE.
pub(super) fn resolve_login(mut login: Authentication, completion: Option<Completion<'_>>, out: &mut dyn Sink) {
    completion.iter().for_each(|completion| login.exchange.add_step(completion.step));
    let outcome = outcome(completion, login.cancelled);
    let refused = completion.filter(|completion| completion.status != Status::Ok);
    let cause =
        refused.map(|completion| login.exchange.cause(login_cause::of(&completion.refusal()), completion.words));
    let mut credential = login.exchange.finish(outcome);
    credential.unheeded =
        outcome != LoginOutcome::Cancelled && completion.is_some_and(|completion| completion.is_for_the_state());
    out.credential(with_reply(credential, completion, |by_reply| cause.unwrap_or(by_reply)));
}

/// True for a reply that refuses LOGIN or AUTHENTICATE for the state alone: the client is in already, and both are commands
/// of the state before the login (RFC 9051, section 6.2). A BAD in another state speaks of nothing else, unless its words
/// are those of a login that was looked at; a NO must say so. `state`: that in which the reply came.
pub fn is_for_the_state(state: State, status: Status, refusal: &Refusal<'_>) -> bool {
    if !matches!(state, State::Authenticated | State::Selected) {
        return false;
    }
    match status {
        Status::Bad => {
            !login_cause::is_of_login(false, refusal, false)
                && matches!(login_cause::of(refusal), LoginCause::Unknown | LoginCause::MechanismNotOffered)
        }
        Status::No => {
            refusal.code.is_none() && (says_logged_in_already(refusal.text) || login_cause::is_of_syntax(refusal.text))
        }
        Status::Ok | Status::Preauth | Status::Bye => false,
    }
}

fn says_logged_in_already(text: &[u8]) -> bool {
    let text = text.get(..LINE_BYTES).unwrap_or(text).to_ascii_lowercase();
    ["already auth", "already logged", "already signed"]
        .iter()
        .any(|words| memchr::memmem::find(&text, words.as_bytes()).is_some())
}

pub(super) fn outcome(completion: Option<Completion<'_>>, cancelled: bool) -> LoginOutcome {
    let Some(completion) = completion else {
        return if cancelled { LoginOutcome::Cancelled } else { LoginOutcome::Unknown };
    };
    match completion.status {
        Status::Ok => LoginOutcome::Accepted,
        _ if cancelled => LoginOutcome::Cancelled,
        Status::Bye => login_cause::outcome_of_the_end(login_cause::of(&completion.refusal())),
        _ => {
            let refusal = completion.refusal();
            login_cause::outcome(&refusal, login_cause::of(&refusal))
        }
    }
}

/// The attempt with the reply to it. `cause` says why it was not accepted, from what the reply says.
pub(super) fn with_reply(
    credential: Credential,
    completion: Option<Completion<'_>>,
    cause: impl FnOnce(LoginCause) -> LoginCause,
) -> Credential {
    let Some(completion) = completion else { return credential };
    let by_reply = match completion.status {
        Status::Ok => LoginCause::Unknown,
        _ => login_cause::of(&completion.refusal()),
    };
    credential.with_reply(completion.words, cause(by_reply))
}

/// What LOGIN carries.
pub(super) fn credential(login: &parse::Login, text: &[u8]) -> Credential {
    let sent = text.get(login.secret.clone()).unwrap_or_default();
    Credential {
        mechanism: "LOGIN".to_owned(),
        username: Some(login.username.clone()),
        password: login.password.clone(),
        exposure: if login.password.as_ref().is_some_and(|password| !password.reveal().is_empty()) {
            Exposure::Plaintext
        } else {
            Exposure::None
        },
        outcome: LoginOutcome::Unknown,
        wire_forms: if sent.is_empty() { Vec::new() } else { vec![Secret::new(sent)] },
        ..Credential::default()
    }
}
