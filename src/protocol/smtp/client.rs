//! Reads what the client sends: commands, responses to challenges, and lines that are neither.

use super::Subject;
use super::command::{Command, Verb};
use super::dialogue::Dialogue;
use super::login::{Auth, auth, gives_up, is_response, is_whole};
use super::parse;
use super::question::{Abandoned, Pending, Question};
use super::state::ANOTHER;
use super::state::{AfterGap, AwaitedReply, Awaiting, ClientInput, LineContext};
use super::transaction::Sender;
use crate::flow::{PacketRef, Side};
use crate::limits::{Limit, PATH_BYTES};
use crate::protocol::event::{self, Kind, Sink, Step, StepId};
use crate::protocol::framing::{Input, Line};
use std::ops::Range;

impl Dialogue {
    /// Reads the client's bytes up to where a reply must decide what the rest is.
    pub(super) fn client_input(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        self.client_spoke = match self.client_spoke {
            Some((begun, _)) if !self.line.is_empty() => Some((begun, input.at.time)),
            _ => Some((input.at.time, input.at.time)),
        };
        while !input.is_empty() && self.upgrade.is_none() {
            match &self.client {
                // The rest of the line that the gap has cut: the awaited reply answers that line.
                ClientInput::Waiting(Awaiting::Reply { to: AwaitedReply::Auth, blind: false, .. })
                    if self.after_gap == AfterGap::Login && self.deferred.is_empty() =>
                {
                    let Some(line) = self.line.line(input) else { return };
                    if Command::read(&line.bytes).is_in_form() {
                        // The login ended in the gap, and the reply that ended it is missing too.
                        self.queue.unsure();
                        self.queue.commands_missing(true);
                        self.client = ClientInput::Commands(LineContext::Gap);
                        self.client_line(line, out);
                    } else {
                        self.after_gap = AfterGap::No;
                        let secrets = Vec::from_iter(Some(0..line.bytes.len()));
                        self.tell(&line, Kind::Unknown, event::Subject::Cut, None, secrets, out);
                    }
                }
                // The rest of DATA's own line, which the gap has cut.
                ClientInput::Waiting(Awaiting::Reply { to: AwaitedReply::Data, blind: false, .. })
                    if self.after_gap == AfterGap::Line
                        && self.deferred.is_empty()
                        && matches!(input.rest(), [b'\n', ..] | [b'\r', b'\n', ..] | [b'\r']) =>
                {
                    if let Some(line) = self.line.line(input) {
                        self.after_gap = AfterGap::No;
                        self.tell(&line, Kind::Unknown, event::Subject::Cut, None, Vec::new(), out);
                    }
                }
                ClientInput::Waiting(Awaiting::Octets(announced)) if announced.refusal.is_none() => {
                    self.octets_come(out)
                }
                ClientInput::Waiting(_) => return,
                ClientInput::Content(_) => self.content_input(input, out),
                ClientInput::Chunk(_) => self.chunk_input(input, out),
                ClientInput::Xexch50(_) => self.xexch50_input(input, out),
                ClientInput::Commands(LineContext::Gap)
                    if self.line.is_empty() && input.rest().first().is_some_and(|&byte| parse::is_tls_record(byte)) =>
                {
                    self.tls_begins(out); // STARTTLS was in the gap.
                }
                ClientInput::Commands(_) | ClientInput::Responding(_) => {
                    if let Some(line) = self.line.line(input) {
                        self.client_line(line, out);
                    }
                }
            }
        }
    }

    /// `missing` bytes of the client are not in the capture.
    pub(super) fn client_gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if let Some(line) = self.line.flush() {
            self.client_line(line, out); // The server received the rest of it.
        }
        let gap = self.tell_gap(Side::Client, missing, at, out);
        self.gap_on_both_sides =
            self.queue.has_missing_replies() || (self.gap_on_both_sides && self.after_gap != AfterGap::No);
        match &mut self.client {
            ClientInput::Content(_) => self.content_gap(missing, out),
            ClientInput::Chunk(_) => {
                let beyond = self.chunk_gap(missing, out);
                if beyond > 0 {
                    self.lines_missing(beyond, out);
                }
            }
            ClientInput::Xexch50(_) => {
                let beyond = self.xexch50_gap(missing, out);
                if beyond > 0 {
                    self.lines_missing(beyond, out);
                }
            }
            ClientInput::Responding(exchange) => {
                self.after_gap = AfterGap::Login;
                let mut exchange = exchange.take();
                if let Some(exchange) = &mut exchange {
                    exchange.missed(); // The next prompt may be missing too.
                }
                let question = Question::Response(exchange);
                let blind = self.queue.has_missing_replies();
                self.client = ClientInput::Waiting(Awaiting::Reply { step: gap, to: AwaitedReply::Auth, blind });
                self.ask(Some(gap), question, None, out);
                // The gap may hide the end of this login and the beginning of another. If the server's stream is whole,
                // its next reply still answers this step.
                self.queue.commands_missing(true);
                if blind {
                    self.queue.unsure();
                }
            }
            ClientInput::Commands(LineContext::StartTls | LineContext::Elsewhere) => {}
            ClientInput::Commands(_) | ClientInput::Waiting(_) => self.lines_missing(missing, out),
        }
    }

    /// Lines are missing, and with them perhaps chunks with all their octets.
    fn lines_missing(&mut self, missing: u64, out: &mut dyn Sink) {
        let both = self.queue.has_missing_replies();
        self.queue.commands_missing(missing >= ANOTHER && both);
        let in_login = matches!(self.client, ClientInput::Waiting(Awaiting::Reply { to: AwaitedReply::Auth, .. }));
        self.after_gap = if in_login || self.after_gap == AfterGap::Login { AfterGap::Login } else { AfterGap::Line };
        self.chunks_unseen = true;
        if let Some(open) = &mut self.open {
            open.gap(missing, out);
        }
        if let ClientInput::Commands(after) = &mut self.client {
            *after = LineContext::Gap;
        }
    }

    /// Reports the half-read line as it stands, as unknown. False where no line is half-read.
    pub(super) fn half_a_line(&mut self, secret: bool, out: &mut dyn Sink) -> bool {
        let Some(line) = self.line.flush() else { return false };
        let after_gap = std::mem::replace(&mut self.after_gap, AfterGap::No);
        let secrets = match secret || after_gap == AfterGap::Login {
            true => Vec::from_iter(Some(0..line.bytes.len())),
            false => auth(&Command::read(&line.bytes), false).secrets,
        };
        self.tell(&line, Kind::Unknown, event::Subject::Cut, None, secrets, out);
        true
    }

    /// The client's direction is over: half-read input is reported for what it is.
    pub(super) fn client_ends(&mut self, out: &mut dyn Sink) {
        self.half_a_line(matches!(self.client, ClientInput::Responding(_)), out);
        match std::mem::replace(&mut self.client, ClientInput::Commands(LineContext::Nothing)) {
            ClientInput::Content(content) => self.content_ends(*content, false, out),
            ClientInput::Chunk(chunk) => _ = self.chunk_ends(*chunk, out),
            ClientInput::Xexch50(xexch50) => self.xexch50_ends(*xexch50, out),
            ClientInput::Responding(Some(exchange)) => out.credential(exchange.finish(event::LoginOutcome::Unknown)),
            ClientInput::Commands(_) | ClientInput::Waiting(_) | ClientInput::Responding(None) => {}
        }
        if let Some(abandoned) = self.give_up(out) {
            self.abandoned(abandoned, None, event::TransactionEnd::SessionOver, out);
        }
    }

    /// A line: a command, a response, or what comes after a gap or a refusal.
    pub(super) fn client_line(&mut self, line: Line<'_>, out: &mut dyn Sink) {
        if line.truncated {
            out.limit(Limit::LineBytes);
        }
        let after_gap = std::mem::replace(&mut self.after_gap, AfterGap::No);
        let commands = ClientInput::Commands(LineContext::Nothing);
        let after = match std::mem::replace(&mut self.client, commands) {
            ClientInput::Responding(exchange) if after_gap == AfterGap::No && gives_up(&line) => {
                if let Some(exchange) = exchange {
                    out.credential(exchange.finish(event::LoginOutcome::Cancelled));
                }
                LineContext::Nothing
            }
            ClientInput::Responding(exchange) => return self.response(&line, after_gap, exchange, out),
            ClientInput::Commands(LineContext::Nothing | LineContext::Refusal | LineContext::RefusedLogin)
                if after_gap != AfterGap::No =>
            {
                LineContext::Gap
            }
            ClientInput::Commands(after) => after,
            other => {
                self.client = other; // Nothing else is read by lines.
                LineContext::Nothing
            }
        };
        let command = Command::read(&line.bytes);
        match after {
            LineContext::Nothing => self.command(&line, &command, out),
            LineContext::RefusedLogin if is_response(&command) => {
                // The client goes on with the refused login, and the server takes the line for a command.
                self.client = ClientInput::Commands(LineContext::RefusedLogin);
                let secrets = Vec::from_iter(Some(0..line.bytes.len()));
                let subject = Subject::Command(Verb::Other);
                let step = self.tell(&line, Kind::Command, subject, Some(&command), secrets, out);
                self.ask(Some(step), Question::Command(Verb::Other), None, out);
            }
            LineContext::RefusedLogin => self.command(&line, &command, out),
            LineContext::Refusal | LineContext::Gap if command.is_in_form() => self.command(&line, &command, out),
            LineContext::Refusal => {
                let step = self.tell(&line, Kind::Data, Subject::RefusedContent, None, Vec::new(), out);
                if *line.bytes != *b"." {
                    self.client = ClientInput::Commands(LineContext::Refusal);
                }
                self.ask(Some(step), Question::RefusedLine, None, out);
            }
            LineContext::Gap => {
                self.client = ClientInput::Commands(LineContext::Gap);
                // The rest of a line, a line of a message, or a command that the server will answer like any other.
                self.queue.commands_missing(false);
                let secret = after_gap == AfterGap::Login || is_response(&command);
                let secrets = Vec::from_iter(secret.then(|| 0..line.bytes.len()));
                let step = self.tell(&line, Kind::Unknown, event::Subject::Cut, None, secrets, out);
                self.unplaced(step, &line, &command);
            }
            LineContext::Elsewhere => {
                self.client = ClientInput::Commands(LineContext::Elsewhere);
                self.tell(&line, Kind::Unknown, event::Subject::Unknown, None, Vec::new(), out);
            }
            LineContext::StartTls => {
                self.client = ClientInput::Commands(LineContext::StartTls);
                let secrets = auth(&command, is_whole(&line)).secrets;
                self.tell_command(&line, &command, secrets, out);
            }
        }
    }

    fn command(&mut self, line: &Line<'_>, command: &Command<'_>, out: &mut dyn Sink) {
        let Auth { mut exchange, secrets } = auth(command, is_whole(line));
        let step = self.tell_command(line, command, secrets, out);
        self.unplaced(step, line, command);
        exchange.iter_mut().for_each(|exchange| exchange.add_step(step));
        let verb = if is_whole(line) { command.verb } else { command.verb_cut() };
        let (question, awaited_reply) = match verb {
            Verb::Mail => {
                let size = parse::size_said(command.arguments()).filter(|_| is_whole(line));
                (Question::Mail(Sender { path: path(line, command, out), size }), None)
            }
            Verb::Rcpt => (Question::Rcpt(path(line, command, out)), None),
            Verb::Auth => (Question::Auth(exchange), Some(AwaitedReply::Auth)),
            Verb::Data => (Question::Command(Verb::Data), Some(AwaitedReply::Data)),
            Verb::StartTls => (Question::Command(Verb::StartTls), Some(AwaitedReply::StartTls)),
            // Where a gap has cut the line, digits of the size may be missing.
            Verb::Bdat if is_whole(line) => return self.bdat(command, step, out),
            Verb::Burl => (self.by_reference(step, command, out), None),
            Verb::Xexch50 if is_whole(line) => {
                (Question::Command(Verb::Xexch50), parse::octets(command.arguments()).map(AwaitedReply::Octets))
            }
            Verb::Other if line.bytes.trim_ascii().is_empty() => (Question::Blank, None),
            Verb::Xclient => {
                self.proxied_client = parse::proxied_client(command.arguments());
                (Question::Command(Verb::Xclient), None)
            }
            verb => (Question::Command(verb), None),
        };
        if command.verb.is_hello() {
            self.client_names_itself(step, command.arguments().trim_ascii_end(), out);
        }
        let gives_up = if command.verb.ends_transaction() { self.give_up(out) } else { None };
        // The next message begins after these commands, whatever the server replies: none of its chunks can be missing.
        self.chunks_unseen &= self.open.is_some() || !(command.verb.ends_transaction() || command.verb == Verb::Mail);
        self.ask(Some(step), question, gives_up, out);
        if let Some(to) = awaited_reply {
            self.client = ClientInput::Waiting(Awaiting::Reply { step, to, blind: false });
        }
    }

    /// Where the server has not accepted any name so far, this one is the best that there is.
    fn client_names_itself(&mut self, step: StepId, name: &[u8], out: &mut dyn Sink) {
        if name.is_empty() {
            return;
        }
        if !self.named {
            out.client_name(name);
        }
        self.hello = Some((step, name.to_vec()));
    }

    /// Puts a question into the queue, and resolves the older questions whose replies this proves to be missing.
    pub(super) fn ask(
        &mut self,
        step: Option<StepId>,
        question: Question,
        gives_up: Option<Abandoned>,
        out: &mut dyn Sink,
    ) {
        let passed_over = matches!(question, Question::Blank);
        let pending = Pending { step, question, passed_over, gives_up };
        let (unanswered, oldest) = self.queue.push(pending, self.client_spoke);
        for pending in unanswered {
            self.unanswered(pending, out);
        }
        if let Some(oldest) = oldest {
            out.limit(Limit::CommandsInFlight);
            self.unanswered(oldest, out);
        }
    }

    fn tell_command(
        &self,
        line: &Line<'_>,
        command: &Command<'_>,
        secrets: Vec<Range<usize>>,
        out: &mut dyn Sink,
    ) -> StepId {
        self.tell(line, Kind::Command, Subject::Command(command.verb), Some(command), secrets, out)
    }

    pub(super) fn tell(
        &self,
        line: &Line<'_>,
        kind: Kind,
        subject: impl Into<event::Subject>,
        command: Option<&Command<'_>>,
        secrets: Vec<Range<usize>>,
        out: &mut dyn Sink,
    ) -> StepId {
        out.step(Step {
            command: command.and_then(|command| command.name.as_deref()),
            arguments: command.and_then(Command::arguments_range),
            secrets,
            ..Step::line(Side::Client, kind, subject, line)
        })
    }
}

/// The path of MAIL or RCPT, where all of it was seen.
fn path(line: &Line<'_>, command: &Command<'_>, out: &mut dyn Sink) -> Option<Vec<u8>> {
    let path = if is_whole(line) { command.path() } else { command.closed_path() }?;
    if path.len() > PATH_BYTES {
        out.limit(Limit::Recipients);
        return None;
    }
    Some(path.to_vec())
}
