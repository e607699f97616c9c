//! AUTH (RFC 4954) in the dialogue: its responses, what of them is secret, and what the reply decides. What the rounds
//! hold is `protocol::sasl`'s.

use super::Subject;
use super::client::{is_whole, smtp};
use super::command::{Command, Verb};
use super::dialogue::Dialogue;
use super::parse;
use super::queue::Question;
use super::reply::Reply;
use super::state::{AfterGap, AwaitedReply, Awaiting, ClientInput, LineContext};
use crate::protocol::event::{Kind, LoginOutcome, Sink, StepId};
use crate::protocol::framing::Line;
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
        // Who can't tell what it is must take it for the password.
        let secret = !base64.is_empty() && round.is_none_or(may_be_secret);
        let secrets = Vec::from_iter(secret.then_some(0..base64.len()));
        let round = round.unwrap_or(Round::Malformed(Mechanism::Other));
        let step = self.tell(line, Kind::Response, smtp(Subject::Response(round)), None, secrets, out);
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
                    self.after_gap = AfterGap::No; // What the gap has cut ends before this.
                }
                self.queue.no_commands_missing(); // Else this would not be the next thing that the server says.
                self.client = ClientInput::Responding(exchange);
                return;
            }
            // Out of order: the server has not looked at it.
            503 if self.logged_in => return,
            235 => LoginOutcome::Accepted,
            // Not what RFC 4954 says; where bytes are missing it may be another's answer.
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

/// True for a line that is no command but may be a response to a challenge: base64, and nothing behind it.
pub(super) fn is_response(command: &Command<'_>) -> bool {
    let word = command.line().trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    command.verb == Verb::Other && !word.is_empty() && word.len().is_multiple_of(4) && word.iter().all(is_base64)
}

/// The exchange that AUTH begins; none where no mechanism is named.
pub(super) fn exchange(line: &Line<'_>, command: &Command<'_>, step: StepId) -> Option<Box<Exchange>> {
    let (mechanism, initial) = parse::auth(command.arguments());
    // Of a mechanism's name the end may be missing with the line's.
    if mechanism.is_empty() || initial.is_none() && !is_whole(line) && !command.line().ends_with(b" ") {
        return None;
    }
    let mut exchange = Box::new(Exchange::new(mechanism, step));
    if let Some(initial) = initial.filter(|_| is_whole(line)) {
        exchange.response(command.arguments().get(initial).unwrap_or_default());
    }
    Some(exchange)
}

/// Where the secrets of a command are: the initial response of AUTH. Of a response that is `cut` nobody can tell whether
/// it is one.
pub(super) fn secrets(command: &Command<'_>, cut: bool) -> Vec<Range<usize>> {
    let (Verb::Auth, Some(arguments)) = (command.verb, command.arguments_range()) else { return Vec::new() };
    let (mechanism, Some(initial)) = parse::auth(command.arguments()) else { return Vec::new() };
    let response = command.arguments().get(initial.clone()).unwrap_or_default();
    // The step has no number yet, and this exchange is for looking only.
    let is_secret = cut || may_be_secret(Exchange::new(mechanism, 0).response(response));
    let place = arguments.start + initial.start..arguments.start + initial.end;
    Vec::from_iter(is_secret.then_some(place))
}

/// Base64 that can't be read may still be a password: typed as it is, for one.
fn may_be_secret(round: Round) -> bool {
    round.is_secret() || matches!(round, Round::Malformed(_))
}
