//! XEXCH50 (older than [MS-OXSMTP]): between the envelope and the content an Exchange server sends another its own
//! properties of the message, as counted octets after a 354. They are not part of the message.

use super::Subject;
use super::command::Verb;
use super::content::tell_content;
use super::dialogue::Dialogue;
use super::question::Question;
use super::reply::Reply;
use super::state::{AwaitedReply, Awaiting, ClientInput, LineContext, Xexch50Octets};
use crate::protocol::event::{Sink, StepId};
use crate::protocol::framing::Input;

impl Dialogue {
    /// The reply to XEXCH50.
    pub(super) fn xexch50_answered(&mut self, step: Option<StepId>, reply: &Reply<'_>, out: &mut dyn Sink) {
        let ClientInput::Waiting(Awaiting::Reply { to: AwaitedReply::Octets(octets), .. }) = self.client else {
            return;
        };
        if self.awaited(step, AwaitedReply::Octets(octets)) && reply.is_intermediate() {
            self.client = ClientInput::Xexch50(Box::new(Xexch50Octets::new(octets)));
            self.xexch50_goes_on(out);
        }
    }

    /// Reads octets by count.
    pub(super) fn xexch50_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let ClientInput::Xexch50(xexch50) = &mut self.client else { return };
        let octets = input.take(usize::try_from(xexch50.left).unwrap_or(usize::MAX)).len() as u64;
        xexch50.left -= octets;
        xexch50.span.add(octets, input.at);
        self.xexch50_goes_on(out);
    }

    /// Octets are missing. Returns how many of them lie beyond the announced ones.
    pub(super) fn xexch50_gap(&mut self, missing: u64, out: &mut dyn Sink) -> u64 {
        let ClientInput::Xexch50(xexch50) = &mut self.client else { return missing };
        let within = missing.min(xexch50.left);
        xexch50.left -= within;
        self.xexch50_goes_on(out);
        missing - within
    }

    fn xexch50_goes_on(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            ClientInput::Xexch50(xexch50) if xexch50.left == 0 => self.xexch50_ends(*xexch50, out),
            other => self.client = other,
        }
    }

    /// All the octets have come, or no more will.
    pub(super) fn xexch50_ends(&mut self, xexch50: Xexch50Octets, out: &mut dyn Sink) {
        let step = tell_content(Subject::Properties, xexch50.span, None, out);
        if xexch50.left == 0 {
            self.ask(step, Question::Command(Verb::Xexch50), None, out);
        }
    }
}
