//! Reads what the server sends, and finds what each reply answers.

use super::command::Verb;
use super::dialogue::Dialogue;
use super::question::Question;
use super::queue::{Answer, Answered};
use super::replies_due::RepliesDue;
use super::reply::{Heard, Reply};
use super::state::{AfterGap, Awaiting, ClientInput, Content, Held, LineContext, Opening};
use super::transaction::Decision;
use super::{ReplyTo, Subject};
use crate::flow::{PacketRef, Side};
use crate::limits::{LINE_BYTES, Limit};
use crate::protocol::event::{Decided, Kind, Sink, Step, StepId};
use crate::protocol::framing::{Input, Line};
use crate::protocol::sasl::{Mechanism, Round};

impl Dialogue {
    /// Reads the server's bytes.
    pub(super) fn server_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        self.reply_packet = input.at.packet;
        let roles = self.roles;
        while !input.is_empty() && self.roles == roles && self.upgrade.is_none() {
            let Some(line) = self.reply_line.line(input) else { return };
            self.server_line(line, out);
        }
    }

    /// `missing` bytes of the server are not in the capture.
    pub(super) fn server_gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.server_hidden(out);
        self.octets_come(out);
        self.server_ends(out);
        self.release_interruption(false, out);
        self.tell_gap(Side::Server, missing, at, out);
        self.queue.replies_missing();
        self.gap_on_both_sides = true;
        // A gap in the same packet as the last bytes is what the snap length cut off: the server sent both together.
        let in_one_breath = at.packet == self.reply_packet;
        let commands = ClientInput::Commands(LineContext::Nothing);
        self.client = match std::mem::replace(&mut self.client, commands) {
            ClientInput::Content(content) if in_one_breath => ClientInput::Content(content),
            // A server sends nothing while it receives content: what is missing may be the reply to all of it.
            ClientInput::Content(content) if content.has_gap => ClientInput::Waiting(Awaiting::Content { content }),
            ClientInput::Content(content) => ClientInput::Content(content.perhaps_answered()),
            ClientInput::Waiting(Awaiting::Reply { step, to, .. }) => {
                ClientInput::Waiting(Awaiting::Reply { step, to, blind: true })
            }
            ClientInput::Waiting(Awaiting::EndOfData { content, own, before, postponed, .. }) => {
                ClientInput::Waiting(Awaiting::EndOfData { content, own, before, postponed, blind: true })
            }
            other => other,
        };
        if !self.deferred.is_empty() {
            self.reconsider(true, out);
        }
    }

    /// No more of the half-read reply will come: it counts as far as it goes.
    pub(super) fn server_ends(&mut self, out: &mut dyn Sink) {
        if let Some(line) = self.reply_line.flush() {
            self.server_line(line, out);
        }
        if let Some(mut reply) = self.replies.flush() {
            reply.is_whole = false;
            self.reply(reply, out);
        }
    }

    fn server_line(&mut self, line: Line<'_>, out: &mut dyn Sink) {
        if line.truncated {
            out.limit(Limit::LineBytes);
        }
        let (unfinished, heard) = self.replies.line(line);
        if !matches!(heard, Heard::Unknown(_)) {
            self.server_goes_on(out);
        }
        if let Some(reply) = unfinished {
            self.reply(reply, out);
        }
        match heard {
            Heard::Reply(reply) => self.reply(reply, out),
            Heard::More => {}
            Heard::Unknown(line) => self.odd_line(line, out),
        }
    }

    /// A reply: it waits where the next event must show what it answers.
    pub(super) fn reply(&mut self, reply: Reply<'_>, out: &mut dyn Sink) {
        if self.opening == Opening::Nothing && self.opens(&reply, out) || self.ends_greeting(&reply, out) {
            return self.release(out);
        }
        if self.replies.refuses_header(&reply) {
            tell(&reply, Kind::Reply, reply_subject(ReplyTo::Nothing, &reply), None, out);
            return self.release(out);
        }
        self.more_after_refusal(out);
        if self.queue.must_see_what_follows(reply.code) && !matches!(self.client, ClientInput::Content(_)) {
            self.held = Some(Box::new(Held::Reply(reply.into_owned())));
            return;
        }
        self.reply_in_turn(reply, out);
    }

    /// A reply of which it is known that it answers the front of the queue, if anything does.
    pub(super) fn reply_in_turn(&mut self, reply: Reply<'_>, out: &mut dyn Sink) {
        if let ClientInput::Waiting(Awaiting::EndOfData { postponed, .. }) = &mut self.client
            && self.queue.is_empty()
        {
            if postponed.is_none() && self.deferred.has_end_of_data() {
                // The reply may answer the deferred CR LF dot CR LF: another reply, or more from the client, will show.
                *postponed = Some(Box::new(reply.into_owned()));
                return;
            }
            if reply.is_timeout() {
                self.dot_not_taken(out);
            } else {
                self.end_of_data(out);
            }
        }
        self.answer(reply, out);
        self.release(out);
    }

    /// The server has taken the dot between bare LFs for the end of data.
    fn end_of_data(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            ClientInput::Waiting(Awaiting::EndOfData { content, own, before, postponed, .. }) => {
                self.content_ends(content.ended_by(before, own, out), true, out);
                if let Some(reply) = postponed {
                    self.answer(*reply, out);
                    self.release(out);
                }
            }
            other => self.client = other,
        }
    }

    /// The server's first reply. True where it is the greeting, which answers nothing.
    fn opens(&mut self, reply: &Reply<'_>, out: &mut dyn Sink) -> bool {
        let first = self.queue.front().map(|pending| &pending.question);
        let is_greeting = match (reply.code, first) {
            (220, Some(Question::Command(Verb::StartTls))) => false,
            (220, _) => true,
            (400.., None) => self.deferred.is_empty(),
            // A server sends these codes to a client that talks too early; as replies to EHLO they would be strange.
            (521 | 554, Some(Question::Command(verb))) => verb.is_hello(),
            _ => false,
        };
        if !is_greeting {
            self.opening = Opening::MidStream;
            if let ClientInput::Waiting(Awaiting::Opening) = self.client {
                if self.deferred.has_end_of_data() && !self.is_at_the_beginning() {
                    self.decide(out);
                } else {
                    self.client = ClientInput::Commands(LineContext::Gap);
                }
                self.release(out);
            }
            return false;
        }
        self.opening = Opening::Greeting;
        self.chunks_unseen = false;
        if let ClientInput::Commands(LineContext::Elsewhere) = self.client {
            // The client's bytes were too many to wait for this.
            self.read_as(LineContext::Elsewhere, out);
        }
        if let ClientInput::Waiting(Awaiting::Opening) = self.client {
            self.client = ClientInput::Commands(LineContext::Nothing);
            if self.preamble {
                // Something else (a proxy, for one) has answered the client so far.
                self.read_as(LineContext::Elsewhere, out);
            }
        }
        self.greets(reply, Vec::new(), out);
        true
    }

    /// Reports a greeting, or what follows its first lines, which say `before`.
    fn greets(&mut self, reply: &Reply<'_>, before: Vec<u8>, out: &mut dyn Sink) {
        let ended = !reply.is_unfinished();
        tell(reply, Kind::Greeting, Subject::Greeting { code: reply.code, ended }, None, out);
        let mut text = reply.lines().collect::<Vec<_>>().join(&b'\n');
        if !before.is_empty() && before.len() + text.len() < LINE_BYTES {
            text = [before, text].join(&b'\n');
        }
        out.banner(&text);
        self.greeting_begun = (!ended).then_some(text);
    }

    /// The client has spoken before the greeting's last line: true where this is that line, which answers nothing. A
    /// refusal ends the greeting, as long as the server has answered nothing.
    fn ends_greeting(&mut self, reply: &Reply<'_>, out: &mut dyn Sink) -> bool {
        let Some(before) = self.greeting_begun.take() else { return false };
        let first = self.queue.front().map(|pending| &pending.question);
        let ends = match reply.code {
            220 => !matches!(first, Some(Question::Command(Verb::StartTls))),
            code => code >= 400,
        };
        if ends {
            self.greets(reply, before, out);
        }
        ends
    }

    /// Finds the question that a reply answers, reports the reply, and acts on it.
    pub(super) fn answer(&mut self, reply: Reply<'_>, out: &mut dyn Sink) {
        self.release_interruption(reply.gives_up(), out);
        match self.interrupts(&reply) {
            true => self.interruption = Some(Box::new(reply.into_owned())),
            false => self.answer_now(reply, out),
        }
    }

    /// The same for a reply that does not wait for the rest of what the client sends.
    pub(super) fn answer_now(&mut self, reply: Reply<'_>, out: &mut dyn Sink) {
        if let ClientInput::Waiting(Awaiting::Content { .. }) = self.client {
            self.content_ended_unseen(out);
        }
        if let ClientInput::Content(content) = &mut self.client
            && self.queue.is_empty()
            && !reply.is_intermediate()
        {
            if reply.is_positive() || content.has_gap || content.is_unseen() {
                self.content_ended_unseen(out);
            } else {
                let step = tell(&reply, Kind::Reply, reply_subject(ReplyTo::Content, &reply), None, out);
                content.refuse(Decision::of(&reply, Decided::Content, step));
                return;
            }
        }
        let Answered { unanswered, by } = self.queue.answer(reply.code);
        for pending in unanswered {
            self.unanswered(pending, out);
        }
        match by {
            Answer::To(mut pending) => {
                if let Question::Content(content_replies) | Question::LastChunk(content_replies) = &mut pending.question
                    && content_replies.due == RepliesDue::Later
                {
                    content_replies.due = self.transaction.replies_due();
                }
                if self.has_announced(pending.step) && reply.code < 400 {
                    // The server waits for the octets: they are a chunk, whenever they come.
                    self.queue.put_back(pending);
                    self.take_octets(out);
                    return self.answer(reply, out);
                }
                if matches!(reply.code, 334 | 235 | 535) {
                    self.is_a_login_after_all(&mut pending, reply.code);
                }
                let (kind, subject) = meaning(&mut pending.question, &reply);
                let step = tell(&reply, kind, subject, pending.step, out);
                if !self.keeps_refusal(pending.step, &reply, step) {
                    self.answered(pending, &reply, step, out);
                }
            }
            Answer::Unsure => self.unasked(&reply, ReplyTo::InDoubt, out),
            Answer::Nobody => self.unasked(&reply, ReplyTo::Nothing, out),
        }
    }

    /// The server answers content whose end was not seen.
    fn content_ended_unseen(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            ClientInput::Content(mut content) => {
                let has_gap = content.has_gap;
                content.end_missing = true;
                self.content_ends(*content, false, out);
                if has_gap {
                    self.client = ClientInput::Commands(LineContext::Gap);
                }
            }
            ClientInput::Waiting(Awaiting::Content { content }) => self.content_ended_in_gap(*content, out),
            other => self.client = other,
        }
    }

    /// Content has ended in a gap, and the reply to it is missing; perhaps more of both sides is.
    pub(super) fn content_ended_in_gap(&mut self, content: Content, out: &mut dyn Sink) {
        self.content_ends(content, false, out);
        self.queue.replies_missing();
        self.queue.commands_missing(true);
        self.client = ClientInput::Commands(LineContext::Gap);
    }

    /// A reply to nothing that was seen. A 334 or 354 still says what the server expects next.
    fn unasked(&mut self, reply: &Reply<'_>, to: ReplyTo, out: &mut dyn Sink) {
        let go_ahead = match self.client {
            ClientInput::Commands(_) => true,
            // The reply answers a command that is missing, and the awaited reply may be missing as well.
            ClientInput::Waiting(Awaiting::Reply { blind, .. }) => blind || self.queue.in_doubt(),
            _ => false,
        };
        if go_ahead && matches!(reply.code, 334 | 354) && self.queue.in_doubt() {
            // AUTH and DATA are the last in a group of pipelined commands, so all before them have been answered.
            for pending in self.queue.take_all() {
                self.unanswered(pending, out);
            }
        }
        self.transaction.unplaced(reply);
        // Half a line that was sent before a 334 or 354 may be the beginning of the response or the content.
        let begun = go_ahead && matches!(reply.code, 334 | 354) && self.half_a_line(reply.code == 334, out);
        if self.login_unseen(reply, go_ahead, out) {
            return;
        }
        let (kind, subject) = match reply.code {
            334 => (Kind::Continuation, Subject::Challenge(Round::Challenge(Mechanism::Other))),
            354 => (Kind::Continuation, reply_subject(to, reply)),
            _ => (Kind::Reply, reply_subject(to, reply)),
        };
        tell(reply, kind, subject, None, out);
        if reply.code == 354 && go_ahead {
            // The gap that hides DATA ends with it, unless bytes of the server are missing too: then some of the
            // content may be in it.
            let after_gap =
                std::mem::replace(&mut self.after_gap, AfterGap::No) != AfterGap::No && self.gap_on_both_sides;
            let mut content = Content::after_unseen_data();
            content.has_gap = after_gap || begun;
            self.client = ClientInput::Content(content);
        }
    }
}

/// The kind and the subject of a reply to this question.
fn meaning(question: &mut Question, reply: &Reply<'_>) -> (Kind, Subject) {
    let asked = match question {
        Question::Auth(exchange) | Question::Response(exchange) if reply.code == 334 => {
            let base64 = reply.lines().collect::<Vec<_>>().concat();
            let round = exchange.as_mut().map(|exchange| exchange.challenge(&base64));
            return (Kind::Continuation, Subject::Challenge(round.unwrap_or(Round::Challenge(Mechanism::Other))));
        }
        Question::Command(Verb::Data) if reply.is_intermediate() => {
            return (Kind::Continuation, reply_subject(ReplyTo::Command(Verb::Data), reply));
        }
        Question::Command(verb) => ReplyTo::Command(*verb),
        Question::Mail(_) => ReplyTo::Command(Verb::Mail),
        Question::Rcpt(_) => ReplyTo::Command(Verb::Rcpt),
        Question::Auth(_) => ReplyTo::Command(Verb::Auth),
        Question::Response(_) => ReplyTo::Sasl,
        Question::Chunk => ReplyTo::Command(Verb::Bdat),
        Question::Content(content_replies) | Question::LastChunk(content_replies) => match content_replies.due {
            RepliesDue::PerRecipient { .. }
            | RepliesDue::Unknown(_)
            | RepliesDue::UnknownAndOne(_)
            | RepliesDue::PerRecipientAndOne { left: 1.. } => ReplyTo::Recipient,
            RepliesDue::One | RepliesDue::Later | RepliesDue::PerRecipientAndOne { left: 0 } => match question {
                Question::LastChunk(_) => ReplyTo::Command(Verb::Bdat),
                _ => ReplyTo::Content,
            },
        },
        Question::Blank => ReplyTo::Command(Verb::Other),
        Question::RefusedLine => ReplyTo::RefusedLine,
        Question::Unseen { .. } => ReplyTo::Nothing,
    };
    (Kind::Reply, reply_subject(asked, reply))
}

pub(super) fn reply_subject(to: ReplyTo, reply: &Reply<'_>) -> Subject {
    Subject::Reply { to, code: reply.named_code(), enhanced: reply.enhanced }
}

pub(super) fn tell(
    reply: &Reply<'_>,
    kind: Kind,
    subject: Subject,
    answers: Option<StepId>,
    out: &mut dyn Sink,
) -> StepId {
    if reply.lines_left_out {
        out.limit(Limit::LineBytes);
    }
    out.step(Step { text: &reply.text, answers, ..Step::of(Side::Server, kind, subject, reply.span.clone()) })
}
