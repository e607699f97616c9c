//! What a message's content is read by: up to the dot (DATA), or by count (BDAT).

use super::Subject;
use super::command::Command;
use super::dialogue::{Dialogue, Flavour};
use super::question::{Abandoned, Delivering, Due, Pending, Question};
use super::state::{After, Chunk, Client, Content, OpenMessage, Wait, line_of_a_dot};
use crate::flow::Side;
use crate::protocol::event::{Delivery, Direction, Kind, MessageId, MessageOutcome, MessageStart, Sink, Step, StepId};
use crate::protocol::framing::{DotBlock, DotPiece, Input, LineEnd};
use crate::protocol::span::Span;

/// What of the transaction that is going on waits for an answer.
struct InFlight {
    /// RCPT and MAIL, the last first.
    steps: Vec<StepId>,
    /// RCPT alone.
    recipients: usize,
    /// The transaction began before them.
    goes_on: bool,
    /// No others are among them.
    sure: bool,
}

/// Tells the step that stands for content; none where nothing of it was seen.
pub(super) fn tell_content(subject: Subject, span: Span, out: &mut dyn Sink) -> Option<StepId> {
    (!span.is_empty()).then(|| out.step(Step::of(Side::Client, Kind::Data, subject, span)))
}

impl Dialogue {
    /// Reads content up to the dot.
    pub(super) fn content_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let commands = Client::Commands(After::Nothing);
        let Client::Content(mut content) = std::mem::replace(&mut self.client, commands) else { return };
        self.begin_message(&mut content, out);
        let before_it = input.rest().len();
        let used = |input: &Input<'_>| (before_it - input.rest().len()) as u64;
        while let Some(piece) = content.block.piece(input) {
            match piece {
                DotPiece::Content(bytes) => content.add(bytes, out),
                DotPiece::End { before, own } if before != LineEnd::CrLf || own != LineEnd::CrLf => {
                    if content.strict {
                        content.add(line_of_a_dot(before, own), out);
                        continue;
                    }
                    content.span.add_ends(used(input), input.at);
                    self.client =
                        Client::Waiting(Wait::EndOfData { content, own, before, blind: false, postponed: None });
                    return;
                }
                DotPiece::End { .. } => {
                    content.span.add_ends(used(input), input.at);
                    return self.content_ends(content, true, out);
                }
            }
        }
        content.span.add_ends(used(input), input.at);
        self.client = Client::Content(content);
    }

    /// Bytes of the content are missing.
    pub(super) fn content_gap(&mut self, missing: u64, out: &mut dyn Sink) {
        let commands = Client::Commands(After::Nothing);
        let Client::Content(mut content) = std::mem::replace(&mut self.client, commands) else { return };
        self.begin_message(&mut content, out);
        content.torn = true;
        content.block = DotBlock::in_the_middle();
        if let Some(message) = content.message {
            out.content_missing(message, missing);
        }
        // Of two gaps, one of each side, the flow cannot always tell the order.
        let maybe_over = content.answered;
        self.client = if maybe_over { Client::Waiting(Wait::Content { content }) } else { Client::Content(content) };
    }

    /// No more of it will come; `complete` where its end was seen.
    pub(super) fn content_ends(&mut self, mut content: Content, complete: bool, out: &mut dyn Sink) {
        self.client = Client::Commands(After::Nothing);
        self.chunks_unseen = !complete;
        if complete {
            self.begin_message(&mut content, out);
        }
        let Some(message) = content.message else { return };
        let mut steps = Vec::new();
        if let Some(step) = tell_content(Subject::Content, content.span, out) {
            out.content_step(message, step);
            steps.push(step);
        }
        out.content_end(message, complete && !content.torn);
        let step = steps.first().copied();
        let mut delivering = Delivering { message: Some(message), steps, ..Delivering::default() };
        match content.refused {
            Some((reply, text)) => {
                delivering.steps.push(reply);
                delivering.decided = Some((false, text));
                self.delivered(delivering, out);
            }
            None => {
                delivering.due = self.replies_due();
                self.ask(step, Question::Content(delivering), None, out);
                if content.answered {
                    self.queue.unsure();
                }
            }
        }
    }

    fn begin_message(&self, content: &mut Content, out: &mut dyn Sink) {
        if content.message.is_none() {
            content.message = Some(self.message(content.data, out));
        }
    }

    fn message(&self, data: Option<StepId>, out: &mut dyn Sink) -> MessageId {
        let steps = self.steps_so_far(data);
        out.message(MessageStart {
            direction: Direction::Sent,
            mailbox: None,
            number: None,
            uid: None,
            part: None,
            steps,
        })
    }

    /// MAIL and RCPT, those included that were not answered yet, and `last`.
    fn steps_so_far(&self, last: Option<StepId>) -> Vec<StepId> {
        let InFlight { mut steps, goes_on, .. } = self.in_flight();
        if goes_on {
            steps.extend(self.transaction.steps().iter().rev());
        }
        steps.reverse();
        steps.extend(last);
        steps
    }

    fn in_flight(&self) -> InFlight {
        let mut found = InFlight { steps: Vec::new(), recipients: 0, goes_on: true, sure: true };
        for Pending { step, question, .. } in self.queue.newest_first() {
            match question {
                Question::Rcpt(_) => {
                    found.steps.extend(step);
                    found.recipients += 1;
                }
                Question::Mail(_) => {
                    found.steps.extend(step);
                    return InFlight { goes_on: false, ..found };
                }
                Question::Content(_) | Question::LastChunk(_) => return InFlight { goes_on: false, ..found },
                Question::Unseen { another } => {
                    found.sure = false;
                    if *another {
                        return InFlight { goes_on: false, ..found };
                    }
                }
                Question::Command(verb) if verb.ends_transaction() => return InFlight { goes_on: false, ..found },
                _ => {}
            }
        }
        found
    }

    /// How many replies the server will give to a message's content.
    fn replies_due(&self) -> Due {
        let InFlight { recipients, sure, goes_on, .. } = self.in_flight();
        match self.flavour {
            Flavour::Smtp => Due::One,
            Flavour::Lmtp if !sure => Due::Unknown(Vec::new()),
            Flavour::Lmtp if goes_on && recipients == 0 => self.transaction.replies_due(),
            Flavour::Lmtp => Due::Later,
        }
    }

    /// A chunk of `octets` begins, with the BDAT of this step. Returns what that asks the server.
    pub(super) fn chunk_begins(&mut self, bdat: StepId, octets: u64, last: bool, out: &mut dyn Sink) -> Question {
        let open = match self.open.take() {
            Some(mut open) => {
                open.add(bdat);
                open
            }
            None => OpenMessage { message: self.message(Some(bdat), out), steps: Vec::new(), torn: self.chunks_unseen },
        };
        let OpenMessage { message, torn, .. } = open;
        self.client =
            Client::Chunk(Chunk { bdat, message, left: octets, last, span: Span::default(), torn, decided: None });
        if last {
            self.chunks_unseen = false;
            let due = self.replies_due();
            Question::LastChunk(Delivering { message: Some(message), steps: open.steps, due, decided: None })
        } else {
            self.open = Some(open);
            Question::Chunk
        }
    }

    /// BURL: content that the server is to fetch elsewhere, in the place of a chunk (RFC 4468). Returns what that asks.
    pub(super) fn by_reference(&mut self, burl: StepId, command: &Command<'_>, out: &mut dyn Sink) -> Question {
        if let Some(open) = &mut self.open {
            open.add(burl);
            open.torn = true;
        }
        self.chunks_unseen = true;
        let last = command.arguments().trim_ascii_end().rsplit(u8::is_ascii_whitespace).next();
        if !last.is_some_and(|word| word.eq_ignore_ascii_case(b"LAST")) {
            return Question::Chunk;
        }
        self.chunks_unseen = false;
        let due = self.replies_due();
        let (message, steps) = self.give_up(out).map_or((None, Vec::new()), |open| (Some(open.message), open.steps));
        Question::LastChunk(Delivering { message, steps, due, decided: None })
    }

    /// Reads content by count.
    pub(super) fn chunk_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        let Client::Chunk(chunk) = &mut self.client else { return };
        let octets = input.take(usize::try_from(chunk.left).unwrap_or(usize::MAX));
        out.content(chunk.message, octets);
        chunk.left -= octets.len() as u64;
        chunk.span.add_ends(octets.len() as u64, input.at);
        self.chunk_goes_on(out);
    }

    /// Octets are missing. Returns how many of them lie beyond the chunk.
    pub(super) fn chunk_gap(&mut self, missing: u64, out: &mut dyn Sink) -> u64 {
        let Client::Chunk(chunk) = &mut self.client else { return missing };
        let within = missing.min(chunk.left);
        out.content_missing(chunk.message, within);
        chunk.left -= within;
        chunk.torn = true;
        self.chunk_goes_on(out);
        missing - within
    }

    /// Ends the chunk where all its octets have come.
    pub(super) fn chunk_goes_on(&mut self, out: &mut dyn Sink) {
        let commands = Client::Commands(After::Nothing);
        match std::mem::replace(&mut self.client, commands) {
            Client::Chunk(chunk) if chunk.left == 0 => self.chunk_ends(chunk, out),
            other => self.client = other,
        }
    }

    /// All octets of a chunk have come, or no more will.
    pub(super) fn chunk_ends(&mut self, chunk: Chunk, out: &mut dyn Sink) {
        let Chunk { bdat, message, left, last, span, torn, decided } = chunk;
        let step = tell_content(Subject::Chunk { last }, span, out);
        step.into_iter().for_each(|step| out.content_step(message, step));
        let torn = torn || left > 0;
        if let Some(open) = &mut self.open {
            step.into_iter().for_each(|step| open.add(step));
            open.torn |= torn;
            return;
        }
        out.content_end(message, !torn);
        match (decided, self.queue.back_mut()) {
            (Some(mut outcome), _) => {
                outcome.steps.extend(step);
                out.message_outcome(message, outcome);
            }
            (None, Some(Pending { step: Some(asked), question: Question::LastChunk(delivering), .. }))
                if *asked == bdat =>
            {
                delivering.steps.extend(step);
            }
            (None, _) => {}
        }
    }

    /// Gives the message up of which only some chunks have come.
    pub(super) fn give_up(&mut self, out: &mut dyn Sink) -> Option<Abandoned> {
        let OpenMessage { message, steps, .. } = self.open.take()?;
        out.content_end(message, false);
        Some(Abandoned { message, steps })
    }

    /// What became of the message of a last chunk that is still being sent, where it is this one. Otherwise it is told.
    pub(super) fn outcome(&mut self, message: MessageId, outcome: MessageOutcome, out: &mut dyn Sink) {
        match &mut self.client {
            Client::Chunk(chunk) if chunk.last && chunk.message == message => chunk.decided = Some(outcome),
            _ => out.message_outcome(message, outcome),
        }
    }

    /// The fate of a message is known, or never will be: the transaction is over (RFC 5321, section 4.1.1.4).
    pub(super) fn delivered(&mut self, delivering: Delivering, out: &mut dyn Sink) {
        let mut transaction = std::mem::take(&mut self.transaction);
        let codes = match &delivering.due {
            Due::Unknown(codes) => codes.as_slice(),
            Due::UnknownAndOne(codes) => codes.split_last().map_or(&[][..], |(_, codes)| codes),
            _ => &[],
        };
        let is_all = transaction.is_all_accepted(codes.len());
        if is_all {
            codes.iter().for_each(|&code| transaction.final_code(code));
        }
        let mut delivering = delivering;
        let lacks_some = match delivering.due {
            Due::Unknown(_) => !is_all,
            Due::PerRecipient { left } => left > 0,
            _ => false,
        };
        if lacks_some {
            // Whoever's reply is missing may have been served.
            delivering.decided.take_if(|(accepted, _)| !*accepted);
        }
        let refusal = transaction.refusal().map(|reply| (false, reply.to_vec()));
        let (outcome, reply) = match refusal.or(delivering.decided) {
            Some((true, reply)) => (Delivery::Accepted, Some(reply)),
            Some((false, reply)) => (Delivery::Rejected, Some(reply)),
            None => (Delivery::Unknown, None),
        };
        let Some(message) = delivering.message else { return };
        let envelope = Some(transaction.into_envelope());
        let steps = delivering.steps;
        self.outcome(message, MessageOutcome { outcome: Some(outcome), reply, envelope, uid: None, steps }, out);
    }

    /// A message that was given up: refused, if one of its chunks was.
    pub(super) fn abandoned(&mut self, abandoned: Abandoned, reply: Option<StepId>, out: &mut dyn Sink) {
        let Abandoned { message, mut steps } = abandoned;
        steps.extend(reply);
        let delivering = Delivering { message: Some(message), steps, due: Due::One, decided: None };
        self.delivered(delivering, out);
    }
}
