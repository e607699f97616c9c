//! AUTH (RFC 4954) in the dialogue: its responses, which of them are secret, and what the reply decides. What the
//! rounds hold is read in `protocol::sasl`.

use super::Subject;
use super::command::{Command, Verb};
use super::dialogue::Dialogue;
use super::parse;
use super::question::Question;
use super::reply::Reply;
use super::state::{AfterGap, AwaitedReply, Awaiting, ClientInput, LineContext};
use crate::protocol::event::{Kind, LoginOutcome, Sink, StepId};
use crate::protocol::framing::{Line, LineEnd};
use crate::protocol::sasl::{Exchange, Mechanism, Round};
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
        let outcome = match reply.code {
            334 if awaited => {
                if !self.gap_on_both_sides {
                    self.after_gap = AfterGap::No; // The line that the gap has cut ends before this.
                }
                self.queue.no_commands_missing(); // A missing command would be answered before this.
                self.client = ClientInput::Responding(exchange);
                return;
            }
            // Out of order: the server has not looked at the credentials.
            503 if self.logged_in => return,
            235 => LoginOutcome::Accepted,
            // Not what RFC 4954 prescribes; where bytes are missing, it may answer another command.
            200..300 if !self.has_gaps => LoginOutcome::Accepted,
            400.. => LoginOutcome::Rejected,
            _ => LoginOutcome::Unknown,
        };
        self.logged_in |= outcome == LoginOutcome::Accepted;
        if awaited && outcome == LoginOutcome::Rejected {
            self.client = ClientInput::Commands(LineContext::RefusedLogin);
        }
        if let Some(exchange) = exchange {
            out.credential(exchange.finish(outcome));
        }
    }
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
    let (Verb::Auth, Some(arguments)) = (command.verb, command.arguments_range()) else { return Auth::default() };
    let (mechanism, initial) = parse::auth(command.arguments());
    let is_named = !mechanism.is_empty() && (initial.is_some() || whole || command.line().ends_with(b" "));
    let mut exchange = Exchange::new(mechanism);
    let secret = initial.filter(|initial| {
        let response = command.arguments().get(initial.clone()).unwrap_or_default();
        !whole || may_be_secret(exchange.response(response))
    });
    let secrets = secret.map(|initial| arguments.start + initial.start..arguments.start + initial.end);
    Auth { exchange: is_named.then(|| Box::new(exchange)), secrets: secrets.into_iter().collect() }
}

/// False where a part of the line is missing: its text may be half an address, or half a password.
pub(super) fn is_whole(line: &Line<'_>) -> bool {
    line.end != LineEnd::None && !line.truncated
}

/// Base64 that can't be read may still be a password: typed as it is, for one.
fn may_be_secret(round: Round) -> bool {
    round.is_secret() || matches!(round, Round::Malformed(_))
}
