/*!
BDAT (RFC 3030): when its octets are taken for a chunk.

A client sends the octets behind the command at once, whatever the server replies. One that does not trust the server to
know BDAT waits for the reply first, and sends no octets to a server that refuses the command. So nothing of a message
is there before the octets are: where a refusal comes first, the client's next line shows whether it sends them. A line
in the form of a command is one.
*/

use super::command::{Command, Verb};
use super::dialogue::{Dialogue, Flavour};
use super::parse;
use super::question::{Pending, Question};
use super::replies_due::RepliesDue;
use super::reply::Reply;
use super::state::{Announced, AwaitedReply, Awaiting, ClientInput, LineContext};
use crate::protocol::event::{Sink, StepId};

impl Dialogue {
    /// BDAT. Where the size can't be parsed, the client's bytes wait for the reply.
    pub(super) fn bdat(&mut self, command: &Command<'_>, step: StepId, out: &mut dyn Sink) {
        match parse::chunk(command.arguments()) {
            Some((0, last)) => {
                let question = self.chunk_begins(step, 0, last, out);
                self.ask(Some(step), question, None, out);
                self.chunk_goes_on(out);
            }
            Some((octets, last)) => {
                self.ask(Some(step), Question::Command(Verb::Bdat), None, out);
                self.client = ClientInput::Waiting(Awaiting::Octets(Announced { step, octets, last, refusal: None }));
            }
            None => {
                self.ask(Some(step), Question::Command(Verb::Bdat), None, out);
                self.client = ClientInput::Waiting(Awaiting::Reply { step, to: AwaitedReply::Chunk, blind: false });
            }
        }
    }

    /// The reply to a BDAT whose octets have not come, told as step `told`. True where it was kept: what follows shows
    /// whether they come.
    pub(super) fn keeps_refusal(&mut self, step: Option<StepId>, reply: &Reply<'_>, told: StepId) -> bool {
        match &mut self.client {
            ClientInput::Waiting(Awaiting::Octets(announced)) if Some(announced.step) == step => {
                announced.refusal = Some(Box::new((reply.clone().into_owned(), told)));
                true
            }
            _ => false,
        }
    }

    /// True where the octets after the BDAT of this step have not come.
    pub(super) fn has_announced(&self, step: Option<StepId>) -> bool {
        matches!(&self.client, ClientInput::Waiting(Awaiting::Octets(announced)) if Some(announced.step) == step)
    }

    /// The announced octets come, unless the server has refused them: then that is still to be seen.
    pub(super) fn octets_come(&mut self, out: &mut dyn Sink) {
        if matches!(&self.client, ClientInput::Waiting(Awaiting::Octets(Announced { refusal: None, .. }))) {
            self.take_octets(out);
        }
    }

    /// The announced octets come: from here on they are a chunk of a message.
    pub(super) fn take_octets(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        let Announced { step, octets, last, refusal } = match std::mem::replace(&mut self.client, commands) {
            ClientInput::Waiting(Awaiting::Octets(announced)) => announced,
            other => return self.client = other,
        };
        let mut question = self.chunk_begins(step, octets, last, out);
        if let Some((reply, told)) = refusal.map(|refusal| *refusal) {
            if let Question::LastChunk(content_replies) = &mut question
                && content_replies.due == RepliesDue::Later
            {
                content_replies.due = self.transaction.replies_due();
            }
            let pending = Pending { step: Some(step), question, passed_over: false, gives_up: None };
            return self.answered(pending, &reply, told, out);
        }
        match self.queue.back_mut().filter(|asked| asked.step == Some(step)) {
            Some(asked) => asked.question = question,
            None => self.unanswered(Pending { step: Some(step), question, passed_over: false, gives_up: None }, out),
        }
    }

    /// The server says more after it has refused a BDAT whose octets have not come.
    pub(super) fn more_after_refusal(&mut self, out: &mut dyn Sink) {
        let refused =
            matches!(&self.client, ClientInput::Waiting(Awaiting::Octets(Announced { refusal: Some(_), .. })));
        // LMTP refuses a chunk once for each recipient, a command that it does not know once.
        if refused && (self.flavour == Flavour::Lmtp && self.queue.is_empty() || !self.deferred.is_empty()) {
            self.decide(out);
            self.release(out);
        }
    }
}
