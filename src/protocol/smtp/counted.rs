//! XEXCH50 ([MS-OXSMTP]'s elder): between the envelope and the content an Exchange server gives another what it knows
//! of the message in a form of its own, as counted octets after a 354. They are no part of the message.

use super::Subject;
use super::command::Verb;
use super::content::tell_content;
use super::dialogue::Dialogue;
use super::question::Question;
use super::reply::Reply;
use super::state::{After, Asking, Client, Counted, Wait};
use crate::protocol::event::{Sink, StepId};
use crate::protocol::framing::Input;

impl Dialogue {
    /// The reply to XEXCH50.
    pub(super) fn xexch50_answered(&mut self, step: Option<StepId>, reply: &Reply<'_>, out: &mut dyn Sink) {
        let Client::Waiting(Wait::Reply { to: Asking::Octets(octets), .. }) = self.client else { return };
        if self.awaited(step, Asking::Octets(octets)) && reply.is_intermediate() {
            self.client = Client::Counted(Counted::new(octets));
            self.counted_goes_on(out);
        }
    }

    /// Reads octets by count.
    pub(super) fn counted_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let Client::Counted(counted) = &mut self.client else { return };
        let octets = input.take(usize::try_from(counted.left).unwrap_or(usize::MAX)).len() as u64;
        counted.left -= octets;
        counted.span.add_ends(octets, input.at);
        self.counted_goes_on(out);
    }

    /// Octets are missing. Returns how many of them lie beyond those that were counted.
    pub(super) fn counted_gap(&mut self, missing: u64, out: &mut dyn Sink) -> u64 {
        let Client::Counted(counted) = &mut self.client else { return missing };
        let within = missing.min(counted.left);
        counted.left -= within;
        self.counted_goes_on(out);
        missing - within
    }

    fn counted_goes_on(&mut self, out: &mut dyn Sink) {
        let commands = Client::Commands(After::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            Client::Counted(counted) if counted.left == 0 => self.counted_ends(counted, out),
            other => self.client = other,
        }
    }

    /// All the octets have come, or no more will.
    pub(super) fn counted_ends(&mut self, counted: Counted, out: &mut dyn Sink) {
        let step = tell_content(Subject::Properties, counted.span, out);
        if counted.left == 0 {
            self.ask(step, Question::Command(Verb::Xexch50), None, out);
        }
    }
}
