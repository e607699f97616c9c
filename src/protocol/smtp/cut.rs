/*!
Replies in the middle of content: the server refuses it, or gives up waiting for the rest and ends the session.

What the client has sent stands before such a reply, so the reply waits until it is known where the content ends. A
server that gives up says nothing more, so its reply waits for the end of the content, of the session, or for another
reply. One that refuses may be followed by the rest of the content: then the refusal stands before it.
*/

use super::content::tell_content;
use super::dialogue::Dialogue;
use super::question::{ContentReplies, Question};
use super::replies_due::RepliesDue;
use super::reply::Reply;
use super::server::{reply_subject, tell};
use super::state::{Awaiting, Chunk, ClientInput, Content, LineContext};
use super::transaction::Decision;
use super::{ReplyTo, Subject};
use crate::protocol::event::{ContentEnd, Decided, Kind, Sink, StepId, TransactionEnd};
use crate::protocol::span::Span;

impl Dialogue {
    /// True where the server says this in the middle of what the client sends, and nothing was asked before.
    pub(super) fn interrupts(&self, reply: &Reply<'_>) -> bool {
        if reply.is_positive() || reply.is_intermediate() || self.queue.in_doubt() {
            return false;
        }
        match &self.client {
            ClientInput::Content(content) => {
                self.queue.is_empty()
                    && if content.has_gap { reply.is_timeout() } else { reply.gives_up() || !content.is_unseen() }
            }
            ClientInput::Chunk(chunk) => self.queue.front().is_some_and(|pending| pending.step == Some(chunk.bdat)),
            ClientInput::Commands(LineContext::Nothing) | ClientInput::Responding(_) => {
                reply.gives_up() && self.queue.is_empty() && !self.line.is_empty()
            }
            _ => false,
        }
    }

    /// The client goes on after a refusal, which stands before what follows.
    pub(super) fn refusal_passed(&mut self, out: &mut dyn Sink) {
        if let Some(reply) = self.interruption.take_if(|reply| !reply.gives_up()).map(|reply| *reply) {
            self.answer_now(reply, out);
        }
    }

    /// The line is over in the middle of which the server has given up.
    pub(super) fn line_passed(&mut self, out: &mut dyn Sink) {
        let is_over = !matches!(self.client, ClientInput::Content(_) | ClientInput::Chunk(_)) && self.line.is_empty();
        if is_over && let Some(reply) = self.interruption.take().map(|reply| *reply) {
            self.answer_now(reply, out);
        }
    }

    /// The server goes on after the reply that waits: the content ends here, if the server `gives_up`.
    pub(super) fn release_interruption(&mut self, gives_up: bool, out: &mut dyn Sink) {
        match &self.interruption {
            None => return,
            Some(reply) if !gives_up && !reply.gives_up() => return self.refusal_passed(out),
            Some(_) => {}
        }
        // The client may not have noticed yet: what it sends on is the rest of its content.
        match std::mem::replace(&mut self.client, ClientInput::Commands(LineContext::Refusal)) {
            ClientInput::Content(content) => self.content_ends(*content, false, out),
            ClientInput::Chunk(chunk) => _ = self.chunk_ends(*chunk, out),
            other => self.client = other,
        }
        if let Some(reply) = self.interruption.take().map(|reply| *reply) {
            self.answer_now(reply, out);
        }
    }

    /// The server has waited in vain for the end of data: a dot between bare LFs is none to it.
    pub(super) fn dot_not_taken(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            ClientInput::Waiting(Awaiting::EndOfData { content, own, before, .. }) => {
                self.client = ClientInput::Content(content.going_on(before, own, out));
                self.release(out);
            }
            other => self.client = other,
        }
    }

    /// Ends the content that `reply` has interrupted; `seen` where its end came nevertheless.
    pub(super) fn content_interrupted(&mut self, content: Content, reply: Reply<'_>, seen: bool, out: &mut dyn Sink) {
        let Content { message, span, has_gap, refused, .. } = content;
        let content_span = span.clone();
        let step = message.and_then(|message| {
            let step = tell_content(Subject::Content, span, None, out);
            step.into_iter().for_each(|step| out.content_step(message, step));
            out.content_end(message, ContentEnd::of(seen, has_gap));
            step
        });
        let to = if reply.gives_up() { unfinished(&reply) } else { ReplyTo::Content };
        let told = self.tell_interruption(&reply, to, step.map(|step| (step, content_span)), out);
        let Some(message) = message else { return };
        let mut steps = Vec::from_iter(step);
        steps.push(told);
        let mut decided = (!reply.gives_up()).then(|| Decision::of(&reply, Decided::Content, told));
        let by = if decided.is_some() || seen { TransactionEnd::Content } else { TransactionEnd::SessionOver };
        if let Some(refusal) = refused {
            steps.push(refusal.reply.step);
            decided = Some(refusal);
        }
        self.delivered(
            ContentReplies { message: Some(message), steps, due: RepliesDue::One, decided, taken_for_all: false },
            by,
            out,
        );
    }

    /// Ends the session's last chunk, in the middle of which the server has given up.
    pub(super) fn chunk_interrupted(&mut self, chunk: Chunk, reply: Reply<'_>, out: &mut dyn Sink) -> Option<StepId> {
        let (bdat, span) = (chunk.bdat, chunk.span.clone());
        let step = self.chunk_ends(chunk, out);
        let answers = Some((step.unwrap_or(bdat), span));
        let told = self.tell_interruption(&reply, unfinished(&reply), answers, out);
        for pending in self.queue.take_all() {
            match pending.question {
                Question::LastChunk(mut content_replies) => {
                    content_replies.steps.push(told);
                    self.delivered(content_replies, TransactionEnd::SessionOver, out);
                }
                _ => self.unanswered(pending, out),
            }
        }
        if let Some(abandoned) = self.give_up(out) {
            self.abandoned(abandoned, Some(told), TransactionEnd::SessionOver, out);
        }
        step
    }

    /// Reports the reply, as an answer to the step before it where nothing of that came later.
    fn tell_interruption(
        &self,
        reply: &Reply<'_>,
        to: ReplyTo,
        before: Option<(StepId, Span)>,
        out: &mut dyn Sink,
    ) -> StepId {
        let answers = before.filter(|(_, span)| span.time <= reply.span.time).map(|(step, _)| step);
        tell(reply, Kind::Reply, reply_subject(to, reply), answers, out)
    }
}

fn unfinished(reply: &Reply<'_>) -> ReplyTo {
    ReplyTo::UnfinishedContent { timeout: reply.is_timeout() }
}
