/*!
Commands that wait for their reply.

POP3's replies do not say what they answer: they come in the order of the commands (RFC 2449, section 6.6). So a gap on
either side may shift every later answer by one. The queue therefore knows which commands are certain to be the next
ones answered, and after a gap it gives no answer away until it is synchronised again. For a client that waits for each
reply, that is at its next command.
*/

use super::command::Verb;
use crate::limits::{COMMANDS_IN_FLIGHT, Limit, of_queue};
use crate::protocol::event::{Credential, Delivery, LoginOutcome, MessageId, MessageOutcome, Sink, StepId};
use crate::protocol::sasl::Exchange;
use crate::protocol::secret::Raw;
use std::collections::VecDeque;

/// What follows the first line of a command's reply when it is `+OK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// Lines up to a single dot.
    Lines,
    /// Lines or nothing: what this command does is not known.
    Anything,
    /// A message.
    Message {
        /// Its number.
        number: Option<u64>,
        /// Which part of it, where it is not the whole message.
        part: Option<String>,
    },
    /// TLS.
    Tls,
    /// A message from the client (XTND XMIT).
    Upload,
}

/// A login that the reply decides.
#[derive(Debug)]
pub enum Login {
    /// USER and PASS, or APOP.
    Native(Box<Credential>),
    /// AUTH.
    Sasl {
        /// The SASL exchange.
        exchange: Box<Exchange>,
        /// Whether it is the client's turn.
        prompt: Prompt,
    },
}

/// Whether the server has asked the client to go on with an AUTH, and the client has not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// It has not.
    No,
    /// By a challenge.
    Challenge,
    /// By a `+OK` to the mechanism alone ([MS-POP3]), which may also be the final reply.
    Ok,
}

/// A command that waits for its reply.
#[derive(Debug)]
pub struct Pending {
    /// Its verb.
    pub verb: Verb,
    /// The client's step that the reply answers: the command, or the last response of AUTH.
    pub step: StepId,
    /// What follows a `+OK`.
    pub follows: Follows,
    /// The login that the reply decides.
    pub login: Option<Login>,
    /// The message (of XTND XMIT) that the reply decides, and its steps.
    pub upload: Option<(MessageId, Vec<StepId>)>,
    /// The number of the message that the command is about.
    pub number: Option<u64>,
    /// Whether its arguments are those that the command takes; `None` where they are not in the capture.
    pub fits: Option<bool>,
    /// It may never be answered: an empty line, or a command followed by lines that are not a reply.
    pub maybe_unanswered: bool,
}

impl Pending {
    /// A command without a login, an upload or a message number.
    pub fn new(verb: Verb, step: StepId, follows: Follows) -> Self {
        Self { verb, step, follows, login: None, upload: None, number: None, fits: None, maybe_unanswered: false }
    }

    /// A command that was not captured, like everything of the client: the lines must show what follows the `+OK`.
    pub fn unseen() -> Self {
        Self::new(Verb::Other, StepId::default(), Follows::Anything)
    }

    /// True for an AUTH whose mechanism was not seen, or not to its end.
    pub fn is_unnamed_auth(&self) -> bool {
        self.verb == Verb::Auth && self.login.is_none() && self.follows == Follows::Anything
    }

    /// True for a command that was not captured.
    pub fn is_unseen(&self) -> bool {
        self.step == StepId::default()
    }

    /// No reply can be given to this command any more: reports what depends on it.
    fn resolve(self, out: &mut dyn Sink) {
        match self.login {
            Some(Login::Native(credential)) => out.credential(*credential),
            Some(Login::Sasl { exchange, .. }) => out.credential(exchange.finish(LoginOutcome::Unknown)),
            None => {}
        }
        if let Some((message, steps)) = self.upload {
            let outcome = Some(Delivery::Unknown);
            out.message_outcome(message, MessageOutcome { outcome, steps, ..MessageOutcome::default() });
        }
    }
}

/// The longest word in capitals that is taken for an unknown verb.
const VERB_BYTES: usize = 8;

/// A line of the client that is no command, and may be a part of a login whose command is not in the capture.
#[derive(Debug)]
pub struct Unplaced {
    /// Its step.
    pub step: StepId,
    /// Absent where a part of it is missing.
    pub line: Option<Raw<Vec<u8>>>,
}

impl Unplaced {
    /// True for the form of a verb that is not known: such a command may be refused in any words.
    pub fn may_be_command(&self) -> bool {
        let Some(Raw(line)) = &self.line else { return false };
        let verb = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        (1..=VERB_BYTES).contains(&verb.len()) && verb.iter().all(u8::is_ascii_uppercase)
    }
}

/// The commands in flight, in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Queue {
    pending: VecDeque<Pending>,
    /// How many of the first are certain to be the next ones answered.
    certain: usize,
    /// Commands may be missing from the capture.
    hidden: bool,
    /// Commands may be missing after the last one that was seen.
    hidden_last: bool,
    /// Replies may be missing from the capture.
    replies_missing: bool,
    /// The client has sent a command before it had the answer to the one before.
    pipelines: bool,
    /// What came last.
    last: Last,
    /// The client was seen to wait for a reply.
    waits: bool,
}

/// What came last, as far as it tells whether the client waits for replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    /// Bytes of the server.
    #[default]
    Reply,
    /// Bytes of the server that were not captured.
    UnseenReply,
    /// A line of the client's.
    Line,
    /// Bytes of the client that were not captured.
    UnseenLine,
}

impl Queue {
    /// Bytes that it holds: few logins wait at once.
    pub fn held(&self) -> usize {
        of_queue(&self.pending)
    }

    /// A command was sent.
    pub fn push(&mut self, pending: Pending, out: &mut dyn Sink) {
        let last = std::mem::replace(&mut self.last, Last::Line);
        let in_doubt = self.hidden || self.replies_missing;
        // With bytes of both sides missing, a client that pipelines may have sent other commands before this one.
        let proves = match last {
            Last::Reply => true,
            Last::UnseenReply => self.waits || !self.hidden,
            Last::Line | Last::UnseenLine => false,
        };
        if self.client_waits_for_replies() && (in_doubt && proves || self.is_one_unanswered()) {
            self.resolve(out);
        }
        self.pipelines |= if in_doubt { last == Last::Line } else { !self.pending.is_empty() };
        self.waits |= !in_doubt && last == Last::Reply && pending.verb.is_of_transaction();
        if self.pending.len() >= COMMANDS_IN_FLIGHT {
            out.limit(Limit::CommandsInFlight);
            (self.replies_missing, self.certain) = (true, 0);
            if let Some(oldest) = self.pending.pop_front() {
                oldest.resolve(out);
            }
        }
        self.pending.push_back(pending);
        self.hidden_last = false;
        self.certain = if self.hidden || self.replies_missing { 0 } else { self.pending.len() };
    }

    /// True for a client that never had two commands in flight: its next command proves that it had all its replies.
    pub fn client_waits_for_replies(&self) -> bool {
        !self.pipelines
    }

    /// The server has sent something.
    pub fn heard(&mut self) {
        self.last = Last::Reply;
    }

    /// The client has sent a line that is not a command, or the rest of one.
    pub fn line(&mut self) {
        self.last = Last::Line;
    }

    fn is_one_unanswered(&self) -> bool {
        self.pending.len() == 1 && self.pending.front().is_some_and(|pending| pending.maybe_unanswered)
    }

    /// A reply came: the command that it answers, where that is certain.
    pub fn answered(&mut self) -> Option<Pending> {
        self.certain = self.certain.checked_sub(1)?;
        let answered = self.pending.pop_front();
        // No missing reply was to this command. If no other command is in flight, no reply is missing.
        self.replies_missing &= !self.pending.is_empty();
        answered
    }

    /// Puts a command back that was answered, and will be answered again.
    pub fn put_back(&mut self, pending: Pending) {
        self.pending.push_front(pending);
        self.certain += 1;
    }

    /// True where commands or replies may be missing.
    pub fn in_doubt(&self) -> bool {
        self.hidden || self.replies_missing
    }

    /// Takes out the AUTH that was sent last, if the server has replied `+OK` to its mechanism, and nothing since.
    pub fn take_prompted_by_ok(&mut self) -> Option<Box<Exchange>> {
        let by_ok = |pending: &mut Pending| matches!(pending.login, Some(Login::Sasl { prompt: Prompt::Ok, .. }));
        let pending = self.pending.pop_back_if(by_ok)?;
        self.certain = self.certain.min(self.pending.len());
        match pending.login {
            Some(Login::Sasl { exchange, .. }) => Some(exchange),
            _ => None,
        }
    }

    /// Takes out the AUTH that was sent last, if it is the client's turn to respond to a challenge.
    pub fn take_challenged(&mut self) -> Option<Box<Exchange>> {
        let challenged =
            |pending: &mut Pending| matches!(pending.login, Some(Login::Sasl { prompt: Prompt::Challenge, .. }));
        let pending = self.pending.pop_back_if(challenged)?;
        self.certain = self.certain.min(self.pending.len());
        match pending.login {
            Some(Login::Sasl { exchange, .. }) => Some(exchange),
            _ => None,
        }
    }

    /// True where a login is in flight.
    pub fn has_login(&self) -> bool {
        self.pending.iter().any(|pending| pending.login.is_some())
    }

    /// The command that a reply would answer now, where that is certain.
    pub fn next(&mut self) -> Option<&mut Pending> {
        if self.certain > 0 { self.pending.front_mut() } else { None }
    }

    /// How many commands after the next one, if all of them are certain to be answered in this order, the first is that
    /// `fits`.
    pub fn later(&self, fits: impl Fn(&Pending) -> bool) -> Option<usize> {
        self.pending.iter().take(self.certain).skip(1).position(fits).map(|place| place + 1)
    }

    /// The next `count` commands have not been answered, and will not be.
    pub fn skip(&mut self, count: usize, out: &mut dyn Sink) {
        self.certain = self.certain.saturating_sub(count);
        self.pending.drain(..count.min(self.pending.len())).for_each(|pending| pending.resolve(out));
    }

    /// The verb of the first command in flight.
    pub fn first_verb(&self) -> Option<Verb> {
        self.pending.front().map(|pending| pending.verb)
    }

    /// Whether the command of `step` is in flight.
    pub fn has(&self, step: StepId) -> bool {
        self.pending.iter().any(|pending| pending.step == step)
    }

    /// The USER of `user` changed nothing: the logins in flight that would have its name have that of `standing`, an earlier
    /// one, or none.
    pub fn name_stands(&mut self, user: StepId, standing: Option<&(StepId, Box<[u8]>)>) {
        for pending in &mut self.pending {
            if let Some(Login::Native(credential)) = &mut pending.login
                && (credential.steps.first() == Some(&user) || credential.username.is_none())
                && pending.verb == Verb::Pass
            {
                credential.steps.retain(|step| *step != user);
                credential.username = standing.map(|(_, name)| name.to_vec());
                credential.steps.splice(0..0, standing.map(|(step, _)| *step));
            }
        }
    }

    /// True where one command is in flight, and no other can be.
    pub fn is_single(&self) -> bool {
        self.pending.len() == 1 && self.certain == 1
    }

    /// The command that was sent last.
    pub fn last(&mut self) -> Option<&mut Pending> {
        self.pending.back_mut()
    }

    /// The AUTH that a challenge belongs to: the next command to be answered; or in doubt the last one, because only
    /// AUTH is answered by a challenge, and nothing is sent after it until it is over (RFC 5034, section 4). Then all
    /// before it have been answered. `None` where commands may be missing after it: it may have ended there, and
    /// another AUTH begun.
    pub fn next_is_auth(&mut self, out: &mut dyn Sink) -> Option<&mut Pending> {
        let is_auth = |pending: &&mut Pending| matches!(pending.login, Some(Login::Sasl { .. }));
        if self.certain > 0 {
            return self.pending.front_mut().filter(is_auth);
        }
        self.pending.back_mut().filter(is_auth)?;
        if self.hidden_last {
            self.resolve(out);
            return None;
        }
        let before = self.pending.len().saturating_sub(1);
        self.pending.drain(..before).for_each(|pending| pending.resolve(out));
        self.certain = 1;
        self.pending.front_mut()
    }

    /// A challenge came to an AUTH that is not in the capture: all before it has been answered.
    pub fn begin_unseen(&mut self, out: &mut dyn Sink) {
        self.resolve(out);
        let login = Login::Sasl { exchange: Box::new(Exchange::unseen()), prompt: Prompt::No };
        self.pending.push_back(Pending { login: Some(login), follows: Follows::Nothing, ..Pending::unseen() });
        self.certain = 1;
    }

    /// True where no command is in flight.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Bytes of the server are missing: the commands in flight may have been answered. A single command has not, if a
    /// whole reply comes later.
    pub fn server_gap(&mut self) {
        self.last = Last::UnseenReply;
        self.replies_missing = !self.pending.is_empty();
        if self.pending.len() > 1 || self.hidden {
            self.certain = 0;
        }
    }

    /// Bytes of the client are missing, and perhaps commands. If replies may be missing too, the next reply may answer
    /// one of the missing commands.
    pub fn client_gap(&mut self) {
        self.last = Last::UnseenLine;
        (self.hidden, self.hidden_last) = (true, true);
        if self.replies_missing {
            self.certain = 0;
        }
    }

    /// No reply will come any more, or none that can be given to a command.
    pub fn resolve(&mut self, out: &mut dyn Sink) {
        self.pending.drain(..).for_each(|pending| pending.resolve(out));
        (self.certain, self.hidden, self.replies_missing) = (0, false, false);
    }
}
