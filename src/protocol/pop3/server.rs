//! Reads what the server sends: the greeting, replies with their lines, challenges, messages, and any other lines.

use super::command::Verb;
use super::content::Content;
use super::dialogue::{Dialogue, Saying};
use super::multi_line::{Lines, MultiLineReply};
use super::queue::{Follows, Login, Pending, Prompt};
use super::refusal;
use super::reply::Reply;
use super::{Effect, State, Subject, What, parse};
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use crate::protocol::event::{self, Delivery, Direction, Kind, MessageOutcome, MessageStart, Sink, Step, StepId};
use crate::protocol::framing::{Input, Line, LineEnd};
use crate::protocol::span::Span;

impl Dialogue {
    /// Reads a line, or a piece of a message.
    pub(super) fn server_data(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        self.queue.heard();
        if let Saying::Content(content) = &mut self.saying {
            if content.read(input, out) {
                self.end_of_saying(true, out);
            }
        } else if self.is_content_due(input) {
            self.settle(out);
        } else if let Some(line) = self.server.line(input) {
            self.server_line(&line, out);
        }
    }

    pub(super) fn server_line(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        if line.truncated {
            out.limit(Limit::LineBytes);
        }
        let reply = parse::reply(&line.bytes);
        if self.settle_by(line, reply.is_some(), out) {
            return;
        }
        if let Saying::MultiLine(multi_line) = &mut self.saying {
            // Some servers forget the final dot: a status line ends the listing where one is due.
            let is_over =
                reply.is_some() && (!multi_line.certain || !self.queue.is_empty() || multi_line.pending.is_unseen());
            if !is_over {
                return self.multi_line_goes_on(line, out);
            }
        }
        if let Some(reply) = reply {
            self.end_of_saying(false, out);
            return self.reply(line, &reply, out);
        }
        let is_first = !std::mem::replace(&mut self.heard, true);
        let challenge = parse::challenge(&line.bytes);
        self.prompted_by_unseen =
            challenge.is_some_and(|text| text.trim_ascii().iter().all(|byte| !byte.is_ascii_whitespace()));
        match challenge {
            Some(challenge) if self.queue.next_is_auth(out).is_some() => self.challenge(line, challenge, out),
            None if is_first && self.in_the_middle && self.queue.is_empty() && is_of_message(&line.bytes) => {
                let content = Content::in_the_middle(line.end);
                self.state = State::Transaction;
                self.begin_content(content, line, out);
            }
            Some(challenge) if self.prompted_by_unseen && self.queue.next().is_none() => {
                // The AUTH is not in the capture. It is the last command before this (RFC 5034, section 4).
                self.queue.begin_unseen(out);
                // What is missing of the client came before this challenge, so its next line is whole.
                (self.prompted_by_unseen, self.client_follows_gap) = (false, false);
                self.challenge(line, challenge, out);
            }
            _ => self.rubbish(line, out),
        }
    }

    /// A line of a listing.
    fn multi_line_goes_on(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        let Saying::MultiLine(multi_line) = &mut self.saying else { return };
        let is_first = !std::mem::replace(&mut multi_line.certain, true);
        let is_incomplete = std::mem::take(&mut multi_line.follows_gap) || line.end == LineEnd::None || line.truncated;
        if is_first && multi_line.pending.is_unseen() && parse::is_header_field(&line.bytes) {
            return self.unseen_message(line, out);
        }
        if multi_line.pending.verb == Verb::Uidl
            && !is_incomplete
            && let Some((number, id)) = parse::unique_id(&line.bytes)
        {
            self.maildrop.id(number, id, out);
        }
        let Saying::MultiLine(multi_line) = &mut self.saying else { return };
        if &*line.bytes == b"." && line.end != LineEnd::None {
            multi_line.lines.pass(line);
            self.end_of_saying(true, out);
        } else {
            multi_line.lines.add(line, out);
        }
    }

    fn reply(&mut self, line: &Line<'_>, reply: &Reply<'_>, out: &mut dyn Sink) {
        self.server_missing = 0;
        let is_first = !std::mem::replace(&mut self.heard, true);
        if is_first && self.is_greeting(reply) {
            return self.greeting(line, reply, out);
        }
        if self.of_header.takes(reply.is_of_unknown_command(), reply.ok) {
            let what = What::Reply { to: None, ok: reply.ok, code: reply.code.clone(), effect: None };
            out.step(Step::line(Side::Server, Kind::Reply, Subject { state: self.state, what }, line));
            return;
        }
        if reply.ok && self.must_be_held() {
            self.saying = Saying::Held(Box::new(line.clone().into_owned()));
            return;
        }
        self.answer(line, reply, out);
    }

    /// `reply` answers the next command.
    pub(super) fn answer(&mut self, line: &Line<'_>, reply: &Reply<'_>, out: &mut dyn Sink) {
        let in_doubt = self.queue.in_doubt();
        let answered = self.queue.answered();
        let Some(mut pending) = self.login_unseen(answered, line, reply) else {
            if reply.ok && !self.client_heard {
                return self.begin_multi_line(Pending::unseen(), line, reply);
            }
            if !reply.ok && self.queue.is_empty() && !in_doubt {
                self.saying = Saying::MaybeFarewell(Lines::begin(line), reply.code.clone());
                // Without the client's side any `-ERR` may answer one of its commands.
                if !self.client_heard && !self.is_last_word() {
                    self.end_of_saying(false, out);
                }
                return;
            }
            let what = match in_doubt || !self.queue.is_empty() {
                true => What::InDoubt { ok: reply.ok, code: reply.code.clone() },
                false => What::Reply { to: None, ok: reply.ok, code: reply.code.clone(), effect: None },
            };
            out.step(Step::line(Side::Server, Kind::Reply, Subject { state: self.state, what }, line));
            return;
        };
        if let Some(Login::Sasl { exchange, prompt }) = &mut pending.login
            && (reply.ok && !in_doubt && exchange.waits_for_client())
        {
            let what = What::Challenge(exchange.challenge(b""));
            let subject = Subject { state: self.state, what };
            let mut step = Step::line(Side::Server, Kind::Continuation, subject, line);
            step.answers = Some(pending.step);
            exchange.add_step(out.step(step));
            *prompt = Prompt::Ok;
            return self.queue.put_back(pending);
        }
        match &pending.follows {
            Follows::Lines | Follows::Anything if reply.ok => {
                self.begin_multi_line(pending, line, reply);
            }
            _ => {
                let step = self.tell(&line.bytes, line.span.clone(), &pending, reply.ok, reply.code.clone(), out);
                self.decided(pending, line, reply, step, out);
            }
        }
    }

    fn begin_multi_line(&mut self, pending: Pending, line: &Line<'_>, reply: &Reply<'_>) {
        let certain = pending.follows == Follows::Lines;
        let (code, lines) = (reply.code.clone(), Lines::begin(line));
        let multi_line = MultiLineReply { pending, code, lines, certain, has_gap: false, follows_gap: false };
        self.saying = Saying::MultiLine(Box::new(multi_line));
    }

    /// The client's side was not captured, and what follows the server's `+OK` begins like a message.
    fn unseen_message(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        let Saying::MultiLine(multi_line) = std::mem::take(&mut self.saying) else { return };
        let MultiLineReply { pending, code, lines, .. } = *multi_line;
        self.state = State::Transaction;
        let step = self.tell(&lines.text, lines.span, &pending, true, code, out);
        let text = parse::reply(&lines.text).map_or(b"".as_slice(), |reply| reply.text);
        // Servers answer TOP with a bare `+OK`, or with a text that names it.
        let is_top =
            text.trim_ascii().is_empty() || memchr::memmem::find(&text.to_ascii_lowercase(), b"top of").is_some();
        let start = MessageStart {
            direction: Direction::Retrieved,
            mailbox: None,
            number: None,
            uid: None,
            part: is_top.then(|| "top".to_owned()),
            described: None,
            headless: false,
            steps: vec![step],
        };
        let octets = parse::size(text);
        let verb = if is_top { Verb::Top } else { Verb::Retr };
        let content = Content::begin(Side::Server, verb, line.end, octets, start, out);
        self.begin_content(content, line, out);
    }

    /// A message begins, or goes on, with a line that was already framed as one of a reply.
    pub(super) fn begin_content(&mut self, mut content: Content, line: &Line<'_>, out: &mut dyn Sink) {
        let at = PacketRef { packet: line.span.packets.first(), time: line.span.time };
        let line_end: &[u8] = match line.end {
            LineEnd::CrLf => b"\r\n",
            LineEnd::Lf => b"\n",
            LineEnd::None => b"",
        };
        content.read(&mut Input::new(&line.bytes, at), out);
        if line.truncated {
            content.gap(line.span.bytes - line.bytes.len() as u64, at, out);
        }
        let last = PacketRef { packet: line.span.packets.last(), time: line.span.time };
        let ended = content.read(&mut Input::new(line_end, last), out);
        self.saying = Saying::Content(content);
        if ended {
            self.end_of_saying(true, out);
        }
    }

    /// True where the server's first line is its greeting. Where the capture began in mid-session, that line answers a
    /// command that the client sent before it; but a client may send commands before the greeting, too. So the text of
    /// the line decides.
    fn is_greeting(&self, reply: &Reply<'_>) -> bool {
        let is_opening = match self.queue.first_verb() {
            None if !self.in_the_middle => return true,
            None => true,
            Some(first) => matches!(
                first,
                Verb::User | Verb::Capa | Verb::Auth | Verb::Apop | Verb::Stls | Verb::Lang | Verb::Utf8 | Verb::Other
            ),
        };
        let text = reply.text.to_ascii_lowercase();
        let says = |word: &[u8]| memchr::memmem::find(&text, word).is_some();
        // What servers answer to PASS, APOP and AUTH: Cyrus says "Mailbox locked and ready", with an id in brackets.
        let is_of_login = self.in_the_middle && [&b"locked"[..], b"logged", b"maildrop"].into_iter().any(says);
        let is_of_greeting = parse::timestamp(reply.text).is_some() || says(b"ready") || says(b"pop");
        is_opening && reply.ok && is_of_greeting && !is_of_login
    }

    fn greeting(&mut self, line: &Line<'_>, reply: &Reply<'_>, out: &mut dyn Sink) {
        self.timestamp = parse::timestamp(reply.text).map(<[u8]>::to_vec);
        out.banner(reply.text);
        let what = What::Greeting { ok: reply.ok, apop: self.timestamp.is_some(), code: reply.code.clone() };
        out.step(Step::line(Side::Server, Kind::Greeting, Subject { state: self.state, what }, line));
    }

    /// Reports the step of a reply.
    fn tell(
        &mut self,
        text: &[u8],
        span: Span,
        pending: &Pending,
        ok: bool,
        code: Option<Box<str>>,
        out: &mut dyn Sink,
    ) -> StepId {
        if ok && pending.verb.is_of_transaction() && self.state == State::Authorization {
            self.state = State::Transaction;
        }
        let effect =
            self.effect(pending, text, ok, out).or_else(|| refusal::of(pending, self.state, text, ok, code.is_some()));
        let to = Some(pending.verb).filter(|verb| !pending.is_unseen() || *verb == Verb::Auth);
        let what = What::Reply { to, ok, code, effect };
        // A reply right after a challenge answers a response that was not captured.
        let unanswered = matches!(pending.login, Some(Login::Sasl { prompt: Prompt::Challenge, .. }));
        let answers = Some(pending.step).filter(|_| !unanswered && !pending.is_unseen());
        let subject = Subject { state: self.state, what };
        out.step(Step { text, answers, ..Step::of(Side::Server, Kind::Reply, subject, span) })
    }

    /// What a reply means for the maildrop.
    fn effect(&mut self, pending: &Pending, text: &[u8], ok: bool, out: &mut dyn Sink) -> Option<Effect> {
        let count = |count: u64| Some(count).filter(|&count| count > 0);
        match (pending.verb, ok, pending.number) {
            (Verb::Dele, true, Some(number)) => {
                self.maildrop.mark(number, out);
                Some(Effect::Marked(number))
            }
            (Verb::Rset, true, _) => count(self.maildrop.unmark()).map(Effect::Restored),
            (Verb::Quit, true, _) => count(self.maildrop.unmark()).map(Effect::Removed),
            (_, false, Some(number))
                if self.maildrop.is_marked(number) && refusal::may_be_for_the_mark(pending, text) =>
            {
                Some(Effect::Gone(number))
            }
            _ => None,
        }
    }

    /// Acts on a reply of one line, which was reported as `step`.
    fn decided(&mut self, pending: Pending, line: &Line<'_>, reply: &Reply<'_>, step: StepId, out: &mut dyn Sink) {
        let Pending { verb, follows, login, upload, number: about, .. } = pending;
        if let (Verb::Uidl, Some(_), Some((number, id))) = (verb, about, parse::unique_id(reply.text))
            && reply.ok
        {
            self.maildrop.id(number, id, out);
        }
        match login {
            Some(login) => self.log_in(login, line, reply, step, out),
            None if verb == Verb::User => {
                self.user_decided(pending.step, reply);
                if !reply.ok {
                    self.user_refused(line, reply, step);
                }
            }
            None => {}
        }
        if let Some((message, mut steps)) = upload {
            steps.push(step);
            let outcome = Some(if reply.ok { Delivery::Accepted } else { Delivery::Rejected });
            let reply = Some(line.bytes.to_vec());
            out.message_outcome(message, MessageOutcome { outcome, reply, steps, ..MessageOutcome::default() });
        }
        if !reply.ok {
            return;
        }
        let start = |direction, number, part| MessageStart {
            direction,
            mailbox: None,
            number,
            uid: None,
            part,
            described: None,
            headless: false,
            steps: vec![pending.step, step],
        };
        match follows {
            Follows::Message { number, part } => {
                let start = start(Direction::Retrieved, number, part);
                let octets = parse::size(reply.text);
                let content = Content::begin(Side::Server, verb, line.end, octets, start, out);
                if let (Some(number), Some(message)) = (number, content.message()) {
                    self.maildrop.retrieved(number, message, out);
                }
                self.saying = Saying::Content(content);
            }
            Follows::Upload => {
                let start = start(Direction::Sent, None, None);
                self.upload = Some(Content::begin(Side::Client, verb, line.end, None, start, out));
            }
            Follows::Tls => self.begin_tls(out),
            Follows::Nothing | Follows::Lines | Follows::Anything => {}
        }
    }

    /// A line that is not a reply, whether one was due or not.
    fn rubbish(&mut self, line: &Line<'_>, out: &mut dyn Sink) {
        if self.server_missing > 0 && self.queue.is_single() && self.content_after_gap(line, out) {
            return;
        }
        if let Some(pending) = self.queue.next() {
            pending.maybe_unanswered = true;
        }
        match &mut self.saying {
            Saying::Rubbish(lines) => lines.add(line, out),
            _ => {
                self.end_of_saying(false, out);
                let is_part = self.server_missing > 0 || line.end == LineEnd::None;
                self.saying = Saying::Rubbish(Lines::begin(line).which_is_part(is_part));
            }
        }
        // The end of a listing that began in a gap: the command has been answered.
        let is_answered = self.server_missing > 0 && &*line.bytes == b".";
        if is_answered && self.queue.is_single() {
            self.end_of_saying(false, out);
            self.queue.resolve(out);
            self.server_missing = 0;
        }
    }

    /// The reply to RETR or TOP is missing, with the beginning of the message: `line` is in its middle. The gap is
    /// counted as content, though the first line of the reply is in it too.
    fn content_after_gap(&mut self, line: &Line<'_>, out: &mut dyn Sink) -> bool {
        let Some(Pending { follows: Follows::Message { .. }, .. }) = self.queue.next() else { return false };
        let Some(Pending { verb, step, follows: Follows::Message { number, part }, .. }) = self.queue.answered() else {
            return false;
        };
        self.end_of_saying(false, out);
        let (direction, mailbox, uid) = (Direction::Retrieved, None, None);
        let start =
            MessageStart { direction, mailbox, number, uid, part, described: None, headless: false, steps: vec![step] };
        let at = PacketRef { packet: line.span.packets.first(), time: line.span.time };
        let mut content = Content::begin(Side::Server, verb, line.end, None, start, out);
        if let (Some(number), Some(message)) = (number, content.message()) {
            self.maildrop.retrieved(number, message, out);
        }
        content.gap(std::mem::take(&mut self.server_missing), at, out);
        self.begin_content(content, line, out);
        true
    }

    /// Ends what the server was sending. `seen`: its own end was seen.
    pub(super) fn end_of_saying(&mut self, seen: bool, out: &mut dyn Sink) {
        match std::mem::take(&mut self.saying) {
            Saying::Replies => {}
            Saying::Held(line) => self.answer_held(&line, out),
            Saying::MultiLine(multi_line) => {
                let MultiLineReply { pending, code, lines, .. } = *multi_line;
                self.tell(&lines.text, lines.span, &pending, true, code, out);
                if pending.verb == Verb::Capa || pending.is_unseen() && parse::is_capa(&lines.text) {
                    out.capabilities(&lines.text.split(|&byte| byte == b'\n').skip(1).collect::<Vec<_>>());
                }
            }
            Saying::Content(content) => {
                // This message may have ended in the gap, and others begun: what is answered next is not certain.
                if content.has_gap() && !content.has_its_size() {
                    self.queue.server_gap();
                }
                let (message, steps) = content.end(seen, self.state, out);
                let outcome = MessageOutcome { steps, ..MessageOutcome::default() };
                message.into_iter().for_each(|message| out.message_outcome(message, outcome.clone()));
            }
            Saying::MaybeFarewell(lines, code) => {
                let what = What::Reply { to: None, ok: false, code, effect: None };
                self.tell_unasked(&lines, what, out);
            }
            Saying::Rubbish(lines) => {
                let subject = event::Subject::not_understood(lines.is_part);
                let step = Step::of(Side::Server, Kind::Unknown, subject, lines.span);
                out.step(Step { text: &lines.text, ..step });
            }
        }
    }

    /// Nothing more comes from the server: if its last line was an `-ERR` that answers no command, that was its
    /// farewell.
    pub(super) fn farewell(&mut self, out: &mut dyn Sink) {
        match std::mem::take(&mut self.saying) {
            Saying::MaybeFarewell(lines, code) => {
                self.state = State::Update;
                self.tell_unasked(&lines, What::Farewell { code }, out);
            }
            other => self.saying = other,
        }
    }

    /// True where the server has said by an `-ERR` that answers no command why it goes. The client may not have heard it
    /// yet, and may send another command.
    pub(super) fn is_last_word(&self) -> bool {
        const REASONS: [&[u8]; 9] =
            [b"shut", b"timeout", b"timed out", b"time out", b"idle", b"inactiv", b"logout", b"disconnect", b"closing"];
        let Saying::MaybeFarewell(lines, code) = &self.saying else { return false };
        let text = lines.text.to_ascii_lowercase();
        code.as_deref().is_some_and(|code| code.starts_with("SYS/"))
            || REASONS.iter().any(|reason| memchr::memmem::find(&text, reason).is_some())
    }

    fn tell_unasked(&mut self, lines: &Lines, what: What, out: &mut dyn Sink) {
        let subject = Subject { state: self.state, what };
        out.step(Step { text: &lines.text, ..Step::of(Side::Server, Kind::Reply, subject, lines.span.clone()) });
    }

    pub(super) fn server_gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.queue.heard();
        match &mut self.saying {
            Saying::Content(content) => return content.gap(missing, at, out),
            Saying::MultiLine(multi_line) if multi_line.certain => {
                (multi_line.has_gap, multi_line.follows_gap) = (true, true);
                return;
            }
            _ => self.end_of_saying(false, out),
        }
        self.server_missing = self.server_missing.saturating_add(missing);
        self.queue.server_gap();
    }
}

/// True for a line that may stand in a message, and in no listing: neither `1 120` nor a capability.
fn is_of_message(line: &[u8]) -> bool {
    let is_of_listing = parse::unique_id(line).is_some() || line.iter().all(u8::is_ascii_digit);
    line.is_empty() || !is_of_listing && line.iter().any(u8::is_ascii_lowercase)
}
