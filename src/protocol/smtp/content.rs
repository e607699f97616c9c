//! Reads a message's content: up to the dot (DATA), or by count (BDAT).

use super::Subject;
use super::command::{Command, Verb};
use super::dialogue::{Dialogue, Flavour};
use super::question::{Abandoned, ContentReplies, Pending, Question};
use super::replies_due::RepliesDue;
use super::reply::Reply;
use super::state::{Awaiting, Chunk, ClientInput, Content, LineContext, OpenMessage};
use super::transaction::{Decision, End, is_good};
use crate::flow::Side;
use crate::protocol::event::{
    ContentEnd, ContentMark, Delivery, Direction, Kind, MessageId, MessageOutcome, MessageStart, Sink, Step, StepId,
    TransactionEnd,
};
use crate::protocol::framing::{DotBlock, DotPiece, Input, LineEnd};
use crate::protocol::span::Span;

/// The commands of the current transaction that are not answered yet.
struct EnvelopeInFlight {
    /// The steps of RCPT and MAIL, newest first.
    steps: Vec<StepId>,
    /// How many of them are RCPT.
    recipients: usize,
    /// The transaction began before the oldest of them.
    goes_on: bool,
    /// No command is missing among them.
    sure: bool,
}

/// Reports the step that stands for content; `None` where none of it was seen.
/// `announced` says how many octets were announced, where fewer came.
pub(super) fn tell_content(subject: Subject, span: Span, announced: Option<u64>, out: &mut dyn Sink) -> Option<StepId> {
    (!span.is_empty()).then(|| out.step(Step { announced, ..Step::of(Side::Client, Kind::Data, subject, span) }))
}

impl Dialogue {
    /// Reads content up to the dot.
    pub(super) fn content_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        let ClientInput::Content(mut content) = std::mem::replace(&mut self.client, commands) else { return };
        self.begin_message(&mut content, out);
        content.mark(ContentMark::Packet(input.at.packet), out);
        let before_it = input.rest().len();
        let used = |input: &Input<'_>| (before_it - input.rest().len()) as u64;
        while let Some(piece) = content.block.piece(input) {
            match piece {
                DotPiece::Content(bytes) => content.add(bytes, out),
                DotPiece::SingleDot => content.mark(ContentMark::SingleDot, out),
                DotPiece::End { before, own } if before != LineEnd::CrLf || own != LineEnd::CrLf => {
                    if content.strict {
                        content.add_dot_line(before, own, out);
                        continue;
                    }
                    content.span.add(used(input), input.at);
                    self.client = ClientInput::Waiting(Awaiting::EndOfData {
                        content,
                        own,
                        before,
                        blind: false,
                        postponed: None,
                    });
                    return;
                }
                DotPiece::End { .. } => {
                    content.span.add(used(input), input.at);
                    return self.content_ends(*content, true, out);
                }
            }
        }
        content.span.add(used(input), input.at);
        self.client = ClientInput::Content(content);
    }

    /// Bytes of the content are missing.
    pub(super) fn content_gap(&mut self, missing: u64, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        let ClientInput::Content(mut content) = std::mem::replace(&mut self.client, commands) else { return };
        self.begin_message(&mut content, out);
        content.has_gap = true;
        content.block = DotBlock::in_the_middle();
        if let Some(message) = content.message {
            out.content_missing(message, missing);
        }
        // Of two gaps, one of each side, the flow cannot always tell the order.
        let maybe_over = content.answered;
        self.client = if maybe_over {
            ClientInput::Waiting(Awaiting::Content { content })
        } else {
            ClientInput::Content(content)
        };
    }

    /// No more content will come. `complete`: its end was seen.
    pub(super) fn content_ends(&mut self, mut content: Content, complete: bool, out: &mut dyn Sink) {
        self.client = ClientInput::Commands(LineContext::Nothing);
        self.chunks_unseen = !complete;
        if complete {
            self.begin_message(&mut content, out);
        } else if content.block.is_after_dot() {
            content.mark(ContentMark::LastDot, out);
        }
        if let Some(reply) = self.interruption.take().map(|reply| *reply) {
            return self.content_interrupted(content, reply, complete, out);
        }
        // The server answers content of which nothing is in the capture, nor the DATA before it: it has a message.
        if content.end_missing && content.data.is_none() {
            self.begin_message(&mut content, out);
        }
        let Some(message) = content.message else { return };
        let mut steps = Vec::new();
        if let Some(step) = tell_content(Subject::Content, content.span, None, out) {
            out.content_step(message, step);
            steps.push(step);
        }
        out.content_end(message, ContentEnd::of(complete, content.has_gap || content.end_missing));
        let step = steps.first().copied();
        let mut content_replies = ContentReplies { message: Some(message), steps, ..ContentReplies::default() };
        match content.refused {
            Some(refusal) => {
                content_replies.steps.push(refusal.reply.step);
                content_replies.decided = Some(refusal);
                self.delivered(content_replies, TransactionEnd::Content, out);
            }
            None => {
                content_replies.due = self.replies_due();
                self.ask(step, Question::Content(content_replies), None, out);
                if content.answered {
                    self.queue.unsure();
                }
            }
        }
    }

    fn begin_message(&self, content: &mut Content, out: &mut dyn Sink) {
        if content.message.is_none() {
            content.message = Some(self.message(content.data, content.headless, out));
        }
    }

    fn message(&self, data: Option<StepId>, headless: bool, out: &mut dyn Sink) -> MessageId {
        let steps = self.steps_so_far(data);
        out.message(MessageStart {
            direction: Direction::Sent,
            mailbox: None,
            number: None,
            uid: None,
            part: None,
            described: None,
            headless,
            steps,
        })
    }

    /// The steps of MAIL and RCPT, those not answered yet included, and `last`.
    fn steps_so_far(&self, last: Option<StepId>) -> Vec<StepId> {
        let EnvelopeInFlight { mut steps, goes_on, .. } = self.envelope_in_flight();
        if goes_on {
            steps.extend(self.transaction.steps().iter().rev());
        }
        steps.reverse();
        steps.extend(last);
        steps
    }

    /// MAIL or RCPT was sent, and not refused so far.
    fn has_envelope(&self) -> bool {
        let EnvelopeInFlight { steps, goes_on, .. } = self.envelope_in_flight();
        !steps.is_empty() || goes_on && (self.transaction.is_begun() || !self.transaction.steps().is_empty())
    }

    fn envelope_in_flight(&self) -> EnvelopeInFlight {
        let mut found = EnvelopeInFlight { steps: Vec::new(), recipients: 0, goes_on: true, sure: true };
        for Pending { step, question, .. } in self.queue.newest_first() {
            match question {
                Question::Rcpt(_) => {
                    found.steps.extend(step);
                    found.recipients += 1;
                }
                Question::Mail(_) => {
                    found.steps.extend(step);
                    return EnvelopeInFlight { goes_on: false, ..found };
                }
                Question::Content(_) | Question::LastChunk(_) => return EnvelopeInFlight { goes_on: false, ..found },
                Question::Unseen { another } => {
                    found.sure = false;
                    if *another {
                        return EnvelopeInFlight { goes_on: false, ..found };
                    }
                }
                Question::Command(verb) if verb.ends_transaction() => {
                    return EnvelopeInFlight { goes_on: false, ..found };
                }
                _ => {}
            }
        }
        found
    }

    /// How many replies the server will give to a message's content.
    fn replies_due(&self) -> RepliesDue {
        let EnvelopeInFlight { recipients, sure, goes_on, .. } = self.envelope_in_flight();
        match self.flavour {
            Flavour::Smtp => RepliesDue::One,
            Flavour::Lmtp if !sure => RepliesDue::Unknown(Vec::new()),
            Flavour::Lmtp if goes_on && recipients == 0 => self.transaction.replies_due(),
            Flavour::Lmtp => RepliesDue::Later,
        }
    }

    /// A chunk of `octets` begins, after the BDAT of step `bdat`. Returns the question that the reply to BDAT answers.
    pub(super) fn chunk_begins(&mut self, bdat: StepId, octets: u64, last: bool, out: &mut dyn Sink) -> Question {
        // Without a sender, a recipient and an octet there is no message.
        let is_nothing = octets == 0 && self.open.is_none() && !self.chunks_unseen && !self.has_envelope();
        if is_nothing {
            return Question::Command(Verb::Bdat);
        }
        let open = match self.open.take() {
            Some(mut open) => {
                open.add(bdat);
                open
            }
            None => {
                let message = self.message(Some(bdat), self.chunks_unseen, out);
                OpenMessage { message, steps: Vec::new(), has_gap: self.chunks_unseen }
            }
        };
        let OpenMessage { message, has_gap, .. } = open;
        self.client = ClientInput::Chunk(Box::new(Chunk {
            bdat,
            message,
            octets,
            left: octets,
            missing: false,
            last,
            span: Span::default(),
            has_gap,
            decided: None,
        }));
        if last {
            self.chunks_unseen = false;
            let due = self.replies_due();
            Question::LastChunk(ContentReplies {
                message: Some(message),
                steps: open.steps,
                due,
                taken_for_all: false,
                decided: None,
            })
        } else {
            self.open = Some(open);
            Question::Chunk
        }
    }

    /// BURL: content that the server is to fetch elsewhere, in the place of a chunk (RFC 4468). Returns the question
    /// that the reply to BURL answers.
    pub(super) fn by_reference(&mut self, burl: StepId, command: &Command<'_>, out: &mut dyn Sink) -> Question {
        if let Some(open) = &mut self.open {
            open.add(burl);
            open.has_gap = true;
        }
        self.chunks_unseen = true;
        let last = command.arguments().trim_ascii_end().rsplit(u8::is_ascii_whitespace).next();
        if !last.is_some_and(|word| word.eq_ignore_ascii_case(b"LAST")) {
            return Question::Chunk;
        }
        self.chunks_unseen = false;
        let due = self.replies_due();
        let (message, steps) = self.give_up(out).map_or((None, Vec::new()), |open| (Some(open.message), open.steps));
        Question::LastChunk(ContentReplies { message, steps, due, taken_for_all: false, decided: None })
    }

    /// Reads content by count.
    pub(super) fn chunk_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let ClientInput::Chunk(chunk) = &mut self.client else { return };
        out.content_mark(chunk.message, ContentMark::Packet(input.at.packet));
        let octets = input.take(usize::try_from(chunk.left).unwrap_or(usize::MAX));
        out.content(chunk.message, octets);
        chunk.left -= octets.len() as u64;
        chunk.span.add(octets.len() as u64, input.at);
        self.chunk_goes_on(out);
    }

    /// Octets are missing. Returns how many of them lie beyond the chunk.
    pub(super) fn chunk_gap(&mut self, missing: u64, out: &mut dyn Sink) -> u64 {
        let ClientInput::Chunk(chunk) = &mut self.client else { return missing };
        let within = missing.min(chunk.left);
        out.content_missing(chunk.message, within);
        chunk.left -= within;
        (chunk.has_gap, chunk.missing) = (true, true);
        self.chunk_goes_on(out);
        missing - within
    }

    /// Ends the chunk where all its octets have come.
    pub(super) fn chunk_goes_on(&mut self, out: &mut dyn Sink) {
        let commands = ClientInput::Commands(LineContext::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            ClientInput::Chunk(chunk) if chunk.left == 0 => {
                _ = self.chunk_ends(*chunk, out);
                if let Some(reply) = self.interruption.take().map(|reply| *reply) {
                    self.answer_now(reply, out);
                }
            }
            other => self.client = other,
        }
    }

    /// All octets of a chunk have come, or no more will. Returns the step of those that came.
    pub(super) fn chunk_ends(&mut self, chunk: Chunk, out: &mut dyn Sink) -> Option<StepId> {
        if chunk.left > 0
            && self.interruption.as_deref().is_some_and(Reply::gives_up)
            && let Some(reply) = self.interruption.take().map(|reply| *reply)
        {
            return self.chunk_interrupted(chunk, reply, out);
        }
        let Chunk { bdat, message, octets, left, missing, last, span, has_gap, decided } = chunk;
        let announced = (missing || left > 0).then_some(octets);
        let step = tell_content(Subject::Chunk { last }, span, announced, out);
        step.into_iter().for_each(|step| out.content_step(message, step));
        if let Some(open) = &mut self.open {
            step.into_iter().for_each(|step| open.add(step));
            open.has_gap |= has_gap;
            return step;
        }
        out.content_end(message, ContentEnd::of(left == 0, has_gap));
        match (decided, self.queue.back_mut()) {
            (Some(mut outcome), _) => {
                outcome.steps.extend(step);
                out.message_outcome(message, outcome);
            }
            (None, Some(Pending { step: Some(asked), question: Question::LastChunk(content_replies), .. }))
                if *asked == bdat =>
            {
                content_replies.steps.extend(step);
            }
            (None, _) => {}
        }
        step
    }

    /// Abandons the message whose last chunk has not come.
    pub(super) fn give_up(&mut self, out: &mut dyn Sink) -> Option<Abandoned> {
        let OpenMessage { message, steps, has_gap } = self.open.take()?;
        out.content_end(message, ContentEnd::of(false, has_gap));
        Some(Abandoned { message, steps })
    }

    /// Reports the outcome of `message`. Where its last chunk is still being sent, keeps the outcome until the chunk
    /// ends.
    pub(super) fn outcome(&mut self, message: MessageId, outcome: MessageOutcome, out: &mut dyn Sink) {
        match &mut self.client {
            ClientInput::Chunk(chunk) if chunk.last && chunk.message == message => chunk.decided = Some(outcome),
            _ => out.message_outcome(message, outcome),
        }
    }

    /// The outcome of a message is known, or never will be: the transaction is over (RFC 5321, section 4.1.1.4).
    pub(super) fn delivered(&mut self, content_replies: ContentReplies, by: TransactionEnd, out: &mut dyn Sink) {
        let mut transaction = std::mem::take(&mut self.transaction);
        let codes = match &content_replies.due {
            RepliesDue::Unknown(codes) => codes.as_slice(),
            RepliesDue::UnknownAndOne(codes) => codes.split_last().map_or(&[][..], |(_, codes)| codes),
            _ => &[],
        };
        let is_all = transaction.is_all_accepted(codes.len());
        if is_all {
            codes.iter().for_each(|&(code, told)| transaction.final_code(code, told));
        }
        let mut content_replies = content_replies;
        match content_replies.due {
            // A recipient whose reply is missing may have been accepted, so a refusal of others does not decide.
            RepliesDue::Unknown(_) if !is_all => {
                content_replies.decided.take_if(|decision| !decision.accepts());
            }
            // Nor do the replies for some decide for the others, unless the client takes them so.
            RepliesDue::PerRecipient { left: 1.. } if !content_replies.taken_for_all => content_replies.decided = None,
            _ => {}
        }
        if content_replies.due != RepliesDue::One {
            transaction.final_codes_end();
        }
        let codes: Vec<u16> = match &content_replies.due {
            RepliesDue::Unknown(codes) | RepliesDue::UnknownAndOne(codes) if !is_all => {
                codes.iter().map(|(code, _)| *code).collect()
            }
            _ => transaction.final_codes().collect(),
        };
        // Where each recipient has its own reply, none decides for the others, but a refused chunk does.
        let is_for_all = content_replies.due.is_for_all() || transaction.refusal().is_some();
        let decision = transaction.refusal().cloned().or(content_replies.decided);
        // Of several refusals, the first is the reason: those of what was sent behind it only follow from it.
        let of_mail = transaction.refusal_of_mail().filter(|_| decision.as_ref().is_none_or(|last| !last.accepts()));
        let (decision, is_for_all, codes) = match of_mail.cloned() {
            Some(of_mail) => (Some(of_mail), true, Vec::new()),
            None => (decision, is_for_all, codes),
        };
        let outcome = match (outcome_of(decision.as_ref(), &codes), transaction.all_refused()) {
            (Delivery::Rejected | Delivery::Deferred, Some(at_rcpt)) => at_rcpt,
            (outcome, _) => outcome,
        };
        let unnamed = transaction.of_unnamed(outcome).filter(|_| content_replies.message.is_some());
        let for_all = decision.as_ref().map(|decision| decision.reply).filter(|_| is_for_all);
        let (message, steps) = (content_replies.message, content_replies.steps);
        let envelope = message.map(|_| transaction.envelope());
        transaction.end(End { by, message, reply: for_all, unnamed, steps: steps.clone() }, out);
        let (Some(message), reply) = (message, decision.map(|decision| decision.text)) else { return };
        self.outcome(message, MessageOutcome { outcome: Some(outcome), reply, envelope, uid: None, steps }, out);
    }

    /// Reports the outcome of an abandoned message: refused, if one of its chunks was.
    pub(super) fn abandoned(
        &mut self,
        abandoned: Abandoned,
        reply: Option<StepId>,
        by: TransactionEnd,
        out: &mut dyn Sink,
    ) {
        let Abandoned { message, mut steps } = abandoned;
        steps.extend(reply);
        let content_replies =
            ContentReplies { message: Some(message), steps, due: RepliesDue::One, taken_for_all: false, decided: None };
        self.delivered(content_replies, by, out);
    }
}

/// What became of a message, by the reply that decided it and the recipients' own `codes`.
fn outcome_of(decision: Option<&Decision>, codes: &[u16]) -> Delivery {
    let is_deferred = |code: u16| (400..500).contains(&code);
    match decision {
        None => Delivery::Unknown,
        Some(decision) if decision.accepts() && codes.iter().all(|&code| is_good(code)) => Delivery::Accepted,
        Some(decision) if decision.accepts() => Delivery::Partly,
        Some(decision) if is_deferred(decision.code) || codes.iter().any(|&code| is_deferred(code)) => {
            Delivery::Deferred
        }
        Some(_) => Delivery::Rejected,
    }
}
