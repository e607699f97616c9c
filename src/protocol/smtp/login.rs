//! AUTH (RFC 4954) in the dialogue: its responses, which of them are secret, and what the reply decides. What the
//! rounds hold is read in `protocol::sasl`.

use super::command::{Command, Verb};
use super::dialogue::Dialogue;
use super::parse;
use super::question::{Pending, Question};
use super::reply::Reply;
use super::server::{reply_subject, tell};
use super::state::{AfterGap, AwaitedReply, Awaiting, ClientInput, LineContext};
use super::{ReplyTo, Subject};
use crate::protocol::event::{Kind, LoginCause, LoginOutcome, Sink, StepId};
use crate::protocol::framing::{Line, LineEnd};
use crate::protocol::login_cause::{self, Refusal};
use crate::protocol::sasl::{Exchange, Mechanism, Round};
use crate::protocol::secret::Raw;
use std::ops::Range;

impl Dialogue {
    /// A response to a challenge.
    pub(super) fn response(
        &mut self,
        line: &Line<'_>,
        after_gap: AfterGap,
        exchange: Option<Box<Exchange>>,
        out: &mut dyn Sink,
    ) {
        let base64 = line.bytes.trim_ascii_end();
        let mut exchange = exchange;
        let whole = is_whole(line) && after_gap == AfterGap::No;
        let round = match &mut exchange {
            Some(exchange) if whole => Some(exchange.response(base64)),
            Some(exchange) => {
                exchange.missed();
                None
            }
            None => None,
        };
        // A response that can't be read may be the password.
        let secret = !base64.is_empty() && round.is_none_or(may_be_secret);
        let secrets = Vec::from_iter(secret.then_some(0..base64.len()));
        let round = round.unwrap_or(Round::Malformed(Mechanism::Other));
        let step = self.tell(line, Kind::Response, Subject::Response(round), None, secrets, out);
        if let Some(exchange) = &mut exchange {
            exchange.add_step(step);
        }
        self.ask(Some(step), Question::Response(exchange), None, out);
        self.client = ClientInput::Waiting(Awaiting::Reply { step, to: AwaitedReply::Auth, blind: false });
    }

    /// The reply to AUTH, or to a response.
    pub(super) fn auth_answered(
        &mut self,
        step: Option<StepId>,
        exchange: Option<Box<Exchange>>,
        reply: &Reply<'_>,
        told: StepId,
        out: &mut dyn Sink,
    ) {
        let awaited = self.awaited(step, AwaitedReply::Auth);
        let mut exchange = exchange;
        if let Some(exchange) = &mut exchange {
            exchange.add_step(told);
        }
        let refusal = refusal(reply);
        let mut cause = if reply.code >= 400 { login_cause::of(&refusal) } else { LoginCause::Unknown };
        let outcome = match reply.code {
            334 if awaited => {
                if !self.gap_on_both_sides {
                    self.after_gap = AfterGap::No; // The line that the gap has cut ends before this.
                }
                self.queue.no_commands_missing(); // A missing command would be answered before this.
                self.client = ClientInput::Responding(exchange);
                return;
            }
            235 => LoginOutcome::Accepted,
            400.. => login_cause::outcome(&refusal, cause),
            // Only 235 accepts a login (RFC 4954, section 4): 250 or 221 show that the server has read something else.
            _ => LoginOutcome::Unknown,
        };
        let logged_in = self.logged_in;
        self.logged_in |= outcome == LoginOutcome::Accepted;
        if awaited && reply.code >= 400 {
            self.client = ClientInput::Commands(LineContext::RefusedLogin);
        }
        if let Some(exchange) = exchange {
            let goes_on = exchange.may_be_wrapped() && is_response(&Command::read(&self.deferred.first_line()));
            cause = match cause {
                LoginCause::WrongSecret | LoginCause::Unknown if goes_on => LoginCause::Malformed,
                _ => exchange.cause(cause, &reply.text),
            };
            let mut credential = exchange.finish(outcome).with_reply(&reply.text, cause);
            credential.unheeded =
                logged_in && is_no_login(reply) || self.transaction.is_begun() && is_for_the_transaction(reply);
            out.credential(credential);
        }
    }

    /// Remembers a line of the client that may be the response of a login whose AUTH is not in the capture.
    pub(super) fn unplaced(&mut self, step: StepId, line: &Line<'_>, command: &Command<'_>) {
        let may_be_response = is_whole(line) && is_response(command);
        self.unplaced = may_be_response.then(|| (step, Raw(line.bytes.trim_ascii().to_vec())));
    }

    /// A reply that only a login gets (334, 235, 535), to a command that was not known as one, or whose mechanism was not
    /// captured.
    pub(super) fn is_a_login_after_all(&mut self, pending: &mut Pending, code: u16) {
        let Pending { step, question, .. } = pending;
        let unplaced = self.unplaced.take().filter(|(unplaced, _)| Some(*unplaced) == *step);
        if code == 535 && unplaced.is_none() {
            return;
        }
        let unseen = || {
            let mut exchange = Box::new(Exchange::unseen());
            step.iter().for_each(|step| exchange.add_step(*step));
            // Before another challenge it may be anything.
            unplaced.iter().filter(|_| code != 334).for_each(|(_, Raw(line))| _ = exchange.response(line));
            exchange
        };
        match question {
            Question::Auth(exchange @ None) | Question::Response(exchange @ None) => *exchange = Some(unseen()),
            Question::Command(Verb::Other) => {
                *question = Question::Auth(Some(unseen()));
                if let (Some(step), ClientInput::Commands(_)) = (*step, &self.client) {
                    self.client = ClientInput::Waiting(Awaiting::Reply { step, to: AwaitedReply::Auth, blind: false });
                }
            }
            _ => {}
        }
    }

    /// A reply to nothing that was seen, where it belongs to a login: its command, or all of the client's side, is not
    /// in the capture. False where it does not. `prompt`: a 334 is one for the client's next line.
    pub(super) fn login_unseen(&mut self, reply: &Reply<'_>, prompt: bool, out: &mut dyn Sink) -> bool {
        let is_login = |pending: &Pending| matches!(pending.question, Question::Auth(_) | Question::Response(_));
        let mut exchange = match &mut self.client {
            ClientInput::Responding(exchange) if reply.code == 334 || reply.code == 235 || reply.code >= 400 => {
                exchange.take().unwrap_or_else(|| Box::new(Exchange::unseen()))
            }
            _ if reply.code == 334 && prompt => Box::new(Exchange::unseen()),
            _ if matches!(reply.code, 235 | 535)
                && !self.logged_in
                && !self.undecided_login
                && !self.queue.newest_first().any(is_login)
                && (reply.code == 235 || self.queue.is_empty() || self.unplaced.is_some()) =>
            {
                let mut exchange = Box::new(Exchange::unseen());
                if let Some((step, Raw(line))) = self.unplaced.take() {
                    exchange.add_step(step);
                    exchange.response(&line);
                }
                exchange
            }
            _ => return false,
        };
        if reply.code == 334 {
            let base64 = reply.lines().collect::<Vec<_>>().concat();
            let subject = Subject::Challenge(exchange.challenge(&base64));
            exchange.add_step(tell(reply, Kind::Continuation, subject, None, out));
            self.after_gap = AfterGap::No;
            self.client = ClientInput::Responding(Some(exchange));
            return true;
        }
        let step = tell(reply, Kind::Reply, reply_subject(ReplyTo::Sasl, reply), None, out);
        exchange.add_step(step);
        if let ClientInput::Responding(_) = self.client {
            self.client = ClientInput::Commands(LineContext::Gap);
        }
        let refusal = refusal(reply);
        let cause = login_cause::of(&refusal);
        let outcome = match reply.code {
            235 => LoginOutcome::Accepted,
            _ => login_cause::outcome(&refusal, cause),
        };
        self.logged_in |= outcome == LoginOutcome::Accepted;
        let cause = exchange.cause(cause, &reply.text);
        out.credential(exchange.finish(outcome).with_reply(&reply.text, cause));
        true
    }
}

/// True for a refusal of AUTH that, behind a login that was accepted, is no answer to a login: 503, as RFC 4954 (section 4)
/// demands, or a code that says that the command is not known or not offered any more, or words that say so. 535 and 454 are:
/// such a server has looked at it.
fn is_no_login(reply: &Reply<'_>) -> bool {
    matches!(reply.code, 500 | 502..=504)
        || reply.code >= 500 && memchr::memmem::find(&reply.text.to_ascii_lowercase(), b"already").is_some()
}

/// True for a reply to AUTH within a mail transaction, in which it is not permitted (RFC 4954, section 4): 503. A server that
/// never offers AUTH says 503 too, and that it does not.
fn is_for_the_transaction(reply: &Reply<'_>) -> bool {
    const NEVER: [&[u8]; 4] = [b"enabled", b"advertis", b"support", b"offer"];
    let text = reply.text.to_ascii_lowercase();
    reply.code == 503 && !NEVER.iter().any(|word| memchr::memmem::find(&text, word).is_some())
}

/// True for a line that can only be a command, where the response to a challenge is due: it has a command's form, and is
/// no base64. Some servers take it for what it is (Haraka), others refuse it.
pub(super) fn gives_up(line: &Line<'_>) -> bool {
    let command = Command::read(&line.bytes);
    let goes_on = command.verb.is_hello() || matches!(command.verb, Verb::Mail | Verb::Rcpt | Verb::Auth | Verb::Bdat);
    goes_on && is_whole(line) && command.is_in_form() && command.line().trim_ascii().contains(&b' ')
}

fn refusal<'a>(reply: &'a Reply<'_>) -> Refusal<'a> {
    Refusal { text: &reply.text, smtp: Some((reply.code, reply.enhanced.map(parse::Enhanced::topic))), code: None }
}

/// True for a line without a known verb that may be a response to a challenge: base64, and nothing behind it.
pub(super) fn is_response(command: &Command<'_>) -> bool {
    let word = command.line().trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    command.verb == Verb::Other && !word.is_empty() && word.len().is_multiple_of(4) && word.iter().all(is_base64)
}

/// What an AUTH command begins; empty for any other command.
#[derive(Debug, Default)]
pub(super) struct Auth {
    /// The exchange, with the initial response read and without a step. Absent where no mechanism is named.
    pub exchange: Option<Box<Exchange>>,
    /// Where in the line the initial response is, if it is secret.
    pub secrets: Vec<Range<usize>>,
}

/// Reads a command as AUTH. `whole` is false where the end of its line is missing: then the end of the mechanism's name
/// may be missing too, and any initial response is taken for a secret, since it can't be read.
pub(super) fn auth(command: &Command<'_>, whole: bool) -> Auth {
    if command.verb == Verb::Other {
        return Auth { exchange: None, secrets: unknown_secrets(command) };
    }
    let arguments = match (command.verb, command.arguments_range(), command.mechanism_in_verb()) {
        (Verb::Auth, Some(arguments), _) => arguments,
        (Verb::Auth, None, Some(_)) => 0..0,
        _ => return Auth::default(),
    };
    let (mechanism, initial) = match command.mechanism_in_verb() {
        Some(mechanism) => (mechanism, Some(0..command.arguments().trim_ascii_end().len()).filter(|r| !r.is_empty())),
        None => parse::auth(command.arguments()),
    };
    let is_named = !mechanism.is_empty() && (initial.is_some() || whole || command.line().ends_with(b" "));
    let mut exchange = Exchange::new(mechanism);
    let initial_sent = initial.is_some();
    let secret = initial.filter(|initial| {
        let response = command.arguments().get(initial.clone()).unwrap_or_default();
        !whole || may_be_secret(exchange.response(response))
    });
    if !whole && initial_sent {
        exchange.missed(); // The next prompt is that for the password.
    }
    let secrets = secret.map(|initial| arguments.start + initial.start..arguments.start + initial.end);
    Auth { exchange: is_named.then(|| Box::new(exchange)), secrets: secrets.into_iter().collect() }
}

/// What follows an unknown verb that is named like a login may be a password.
fn unknown_secrets(command: &Command<'_>) -> Vec<Range<usize>> {
    let is_login = |name: &str| ["AUTH", "LOGIN", "PASS", "EXPS"].into_iter().any(|word| name.contains(word));
    let named = command.name.as_deref().is_some_and(is_login);
    command.arguments_range().filter(|_| named).into_iter().collect()
}

/// False where a part of the line is missing: its text may be half an address, or half a password.
pub(super) fn is_whole(line: &Line<'_>) -> bool {
    line.end != LineEnd::None && !line.truncated
}

/// Base64 that can't be read may still be a password: typed as it is, for one.
fn may_be_secret(round: Round) -> bool {
    round.is_secret() || matches!(round, Round::Malformed(_))
}
