/*!
What the client sends: commands, their literals, and its responses to SASL challenges.

A synchronising literal begins only at the server's `+` (RFC 3501, section 7.5). A parser that counts its octets from
the announcement on is desynchronised when the server refuses the literal: then they never come.
*/

use super::command::{Command, Verb, command};
use super::early::Early;
use super::fragmentizer::{Fragment, Framed};
use super::lexer::{Announced, without_telnet};
use super::literal_lines::after_announcement;
use super::login::credential;
use super::queue::{Authentication, CommandId, OnCompletion};
use super::reply::Status;
use super::state::{Dialogue, PendingLiteral, RefusedLiteral};
use super::{State, Subject, What, mailbox_name, parse, requested};
use crate::flow::Side;
use crate::limits::Limit;
use crate::protocol::event::{self, Kind, Sink, Step, StepId};
use crate::protocol::framing::Input;
use crate::protocol::sasl::{Exchange, Mechanism, Round};
use crate::protocol::secret::Raw;

/// Enough bytes to distinguish a command from a literal's octets.
const FIRST_WORDS: usize = 128;

/// What becomes of a literal that the client has announced.
enum Leave {
    /// The server has not answered, or too little has come.
    Open,
    /// It is a literal.
    Given,
    /// It does not come: the client has gone on.
    Refused,
}

impl Dialogue {
    /// Reads all of `input`.
    pub(super) fn read_client(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        loop {
            self.read_until_a_literal(input, out);
            let Some(waiting) = &mut self.client.waiting else { return };
            if input.is_empty() {
                return;
            }
            waiting.early.fill(input);
            self.decide(out);
        }
    }

    /// Reads `input` up to the announcement of a literal that the server must allow.
    fn read_until_a_literal(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) {
        while self.client.waiting.is_none() {
            match self.client.way.fragmentizer.next(input) {
                None => return,
                Some(Framed::Line { fragment, from, literal }) => {
                    self.client_line(fragment, from, literal, out);
                    if !self.client.way.fragmentizer.is_streaming() {
                        self.tell_interruption(out);
                    }
                }
                Some(Framed::Octets(Raw(octets))) => self.append_octets(octets, out),
                Some(Framed::End(span)) => self.append_end(span, true, out),
            }
        }
    }

    /// The client goes on, though no `+` asked for its literal: the `+` is not in the capture, or the refusal is not,
    /// or the client does not wait.
    fn leave(&mut self, out: &mut dyn Sink) -> Leave {
        let Some(waiting) = &mut self.client.waiting else { return Leave::Open };
        let early = waiting.early.rest();
        if !waiting.may_be_literal {
            let first = &early[..early.len().min(FIRST_WORDS)];
            let line_end = memchr::memchr(b'\n', first);
            if line_end.is_none() && first.len() < FIRST_WORDS {
                return Leave::Open;
            }
            let line = first[..line_end.unwrap_or(first.len())].trim_ascii_end();
            if command(line).is_some_and(|command| command.is_sure()) {
                return Leave::Refused;
            }
            waiting.may_be_literal = true;
        }
        if waiting.early.is_full() {
            out.limit(Limit::EarlyLiterals);
            return Leave::Given;
        }
        // Without the server's side, nothing will tell.
        if waiting.answer_missing || !self.greeted { Leave::Given } else { Leave::Open }
    }

    /// Reads what the client sent early as soon as it is clear what it is.
    pub(super) fn decide(&mut self, out: &mut dyn Sink) {
        loop {
            let mut early = match self.leave(out) {
                Leave::Open => return,
                Leave::Given => self.begin_literal(out),
                Leave::Refused => self.end_without_literal(out),
            };
            if !self.reread(&mut early, out) {
                return;
            }
            if let Some(waiting) = &mut self.client.waiting {
                waiting.early = early;
            }
        }
    }

    /// Reads what was set aside, up to the announcement of another literal; true where there is one.
    fn reread(&mut self, early: &mut Early, out: &mut dyn Sink) -> bool {
        while let Some(mut input) = early.packet() {
            let before = input.rest().len();
            self.read_until_a_literal(&mut input, out);
            let read = before - input.rest().len();
            early.pass(read);
            if self.client.waiting.is_some() {
                return true;
            }
        }
        self.client.waiting.is_some()
    }

    /// `early` comes after what has just been decided.
    fn resume(&mut self, mut early: Early, out: &mut dyn Sink) {
        if self.reread(&mut early, out)
            && let Some(waiting) = &mut self.client.waiting
        {
            waiting.early = early;
            self.decide(out);
        }
    }

    /// The literal that the client waits to send comes now.
    pub(super) fn go_ahead(&mut self, out: &mut dyn Sink) {
        let early = self.begin_literal(out);
        self.resume(early, out);
    }

    /// The literal that the client waits to send will not come: the command ends where it stands.
    pub(super) fn give_up_waiting(&mut self, out: &mut dyn Sink) {
        let early = self.end_without_literal(out);
        self.resume(early, out);
    }

    /// No more will be known of the literal that the client waits to send, nor of those that follow it in what was set
    /// aside: what may be their octets is taken for them.
    pub(super) fn stop_waiting(&mut self, out: &mut dyn Sink) {
        while let Some(waiting) = &self.client.waiting {
            if waiting.may_be_literal {
                self.go_ahead(out);
            } else {
                self.give_up_waiting(out);
            }
        }
    }

    /// The server's bytes are missing, and perhaps the `+` that the client waits for.
    pub(super) fn answer_missing(&mut self, out: &mut dyn Sink) {
        if let Some(waiting) = &mut self.client.waiting {
            waiting.answer_missing = true;
            if waiting.may_be_literal {
                self.go_ahead(out);
            }
        }
    }

    /// The command with the tag `tag` has been answered. By OK where the server took the octets without having asked
    /// for them; else it refused the literal, and reads as commands what the client sends of it.
    pub(super) fn answered_before_literal(&mut self, tag: &[u8], status: Status, out: &mut dyn Sink) {
        let awaits = |waiting: &&PendingLiteral| *waiting.key == tag;
        let took = |waiting: &PendingLiteral| status == Status::Ok && waiting.may_be_literal;
        while self.client.waiting.as_ref().filter(awaits).is_some_and(took) {
            self.go_ahead(out);
        }
        let Some(waiting) = self.client.waiting.as_ref().filter(awaits) else { return };
        let begun = waiting.command.as_ref().and_then(|fragment| command(&fragment.text));
        let is_secret = begun.is_some_and(|command| matches!(command.verb, Verb::Login | Verb::Authenticate));
        let left = waiting.octets.saturating_add(2);
        let early = self.end_without_literal(out);
        let has_come = !early.rest().is_empty();
        self.client.refused = Some(RefusedLiteral { left, is_secret, has_come });
        self.resume(early, out);
    }

    fn begin_literal(&mut self, out: &mut dyn Sink) -> Early {
        let Some(PendingLiteral { command, octets, early, .. }) = self.client.waiting.take() else {
            return Early::default();
        };
        match command {
            Some(fragment) => self.client.way.fragmentizer.keep(fragment, octets),
            None => self.append_begin(octets, out),
        }
        early
    }

    fn end_without_literal(&mut self, out: &mut dyn Sink) -> Early {
        let Some(PendingLiteral { command: fragment, early, .. }) = self.client.waiting.take() else {
            return Early::default();
        };
        match fragment {
            Some(fragment) => {
                let text = fragment.text.clone();
                match command(&text) {
                    Some(command) => _ = self.command(&fragment, &command, false, out),
                    None => self.unknown(&fragment, out),
                }
            }
            None => self.append_over(out),
        }
        early
    }

    /// A line after a literal that the server has refused. True where it is a part of that literal, sent all the same.
    fn uninvited(&mut self, fragment: &Fragment<'_>, command: Option<&Command<'_>>, out: &mut dyn Sink) -> bool {
        let Some(refused) = &mut self.client.refused else { return false };
        let is_command = match command {
            Some(command) if refused.has_come => command.is_sure(),
            Some(command) => command.is_likely(),
            None => false,
        };
        // The line end after the octets is all that was left: some clients send a bare LF.
        let is_over = refused.left <= 2 && !fragment.text.is_empty();
        if is_command && !refused.has_come || is_over {
            self.client.refused = None;
            return false;
        }
        (refused.has_come, refused.left) = (true, refused.left.saturating_sub(fragment.span.bytes));
        let is_secret = refused.is_secret;
        if refused.left == 0 {
            self.client.refused = None;
        }
        if is_command {
            return false;
        }
        let tag = without_telnet(&fragment.text).split(|&byte| byte == b' ').find(|word| !word.is_empty());
        let whole = 0..fragment.text.len();
        let (shown, secrets, on_completion) = match is_secret {
            true => (None, Vec::from_iter(Some(whole).filter(|whole| !whole.is_empty())), OnCompletion::Hidden),
            false => (tag, Vec::new(), OnCompletion::Plain),
        };
        let step = fragment.step(Side::Client, Kind::Command, Subject { state: self.state, what: What::Uninvited });
        let step = fragment.tell(Step { tag: shown, secrets, ..step }, out);
        if let Some(tag) = tag {
            self.ask(tag, Verb::Other, step, on_completion, out);
        }
        true
    }

    /// True where the client waits to send a literal within a command that has not been emitted.
    pub(super) fn waits_within_a_command(&self) -> bool {
        self.client.waiting.as_ref().is_some_and(|waiting| waiting.command.is_some())
    }

    fn client_line(&mut self, fragment: Fragment<'_>, from: usize, literal: Option<Announced>, out: &mut dyn Sink) {
        // A further literal does not change what the command is, except where APPEND's first literal was its mailbox.
        let mailbox_came = std::mem::take(&mut self.client.mailbox_comes);
        if let Some(Announced { octets, synchronising: false }) = literal
            && from > 0
            && !mailbox_came
        {
            return self.client.way.fragmentizer.keep(fragment, octets);
        }
        let done = fragment.text.trim_ascii().eq_ignore_ascii_case(b"DONE");
        let command = command(&fragment.text);
        // What the server reads as commands announces no literal that it would wait for.
        if self.uninvited(&fragment, command.as_ref(), out) {
            return;
        }
        let asked = std::mem::take(&mut self.client.asked) && from == 0 && literal.is_none();
        let is_sure = command.as_ref().is_some_and(Command::is_sure);
        if asked && self.unseen_login.is_some() && !done && !is_sure {
            self.tell_skipped(Side::Client, out);
            return self.response_to_unseen(&fragment, out);
        }
        if from == 0 && is_sure {
            self.give_up_login();
        }
        if asked && !done && command.is_none() && !fragment.text.is_empty() {
            // The mechanism is unknown, so the line may be a password.
            self.tell_skipped(Side::Client, out);
            let what = What::Response(Round::Malformed(Mechanism::Other));
            let secrets = Vec::from_iter(Some(0..fragment.text.len()));
            let subject = Subject { state: self.state, what };
            let step = fragment.step(Side::Client, Kind::Response, subject);
            let step = fragment.tell(Step { secrets, ..step }, out);
            return self.unplaced(step, &fragment);
        }
        if self.client.way.desynchronised
            && from == 0
            && literal.is_none()
            && !done
            && !command.as_ref().is_some_and(Command::is_sure)
            && self.exchange().is_some_and(|login| login.owed)
        {
            // A gap came before the challenge, so the line is a whole response.
            self.client.way.desynchronised = false;
            self.tell_skipped(Side::Client, out);
            return self.response(&fragment, out);
        }
        if self.client.way.desynchronised {
            if !done && !command.as_ref().is_some_and(Command::is_sure) {
                return self.skip(Side::Client, fragment);
            }
            self.client.way.desynchronised = false;
            self.tell_skipped(Side::Client, out);
            self.client.way.follows_gap = false;
        }
        if self.append_rest(&fragment, literal, out) {
            return;
        }
        if from == 0 && done {
            let subject = Subject { state: self.state, what: What::Done };
            let step = fragment.step(Side::Client, Kind::Command, subject);
            fragment.tell(Step { command: Some("DONE"), ..step }, out);
        } else if from == 0 && self.answers_a_challenge(&fragment.text) {
            self.response(&fragment, out);
        } else {
            match (command, literal) {
                (None, _) => self.unknown(&fragment, out),
                (Some(command), None) => _ = self.command(&fragment, &command, true, out),
                (Some(command), Some(literal)) if self.append(&fragment, &command, literal, out) => {}
                (Some(command), Some(Announced { octets, synchronising })) => {
                    let carries = matches!(command.verb, Verb::Append | Verb::Replace);
                    self.client.mailbox_comes = carries && from == 0;
                    if synchronising {
                        let key = command.key.to_vec();
                        self.client.waiting = Some(PendingLiteral::within(&key, fragment, octets));
                    } else {
                        self.client.way.fragmentizer.keep(fragment, octets);
                    }
                }
            }
        }
    }

    /// A line without a verb. The server will answer it all the same.
    fn unknown(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        let line = without_telnet(&fragment.text);
        let tag = line.split(|&byte| byte == b' ').find(|word| !word.is_empty());
        let step = fragment.step(Side::Client, Kind::Unknown, event::Subject::Unknown);
        let step = fragment.tell(Step { tag, ..step }, out);
        if let Some(tag) = tag {
            self.ask(tag, Verb::Other, step, OnCompletion::Plain, out);
        }
    }

    /// Emits a command, and remembers it. `complete` is false where its end is missing: then no mailbox, login or
    /// section is taken from its arguments.
    pub(super) fn command(
        &mut self,
        fragment: &Fragment<'_>,
        command: &Command<'_>,
        complete: bool,
        out: &mut dyn Sink,
    ) -> (StepId, CommandId) {
        let text: &[u8] = &fragment.text;
        let arguments = text.get(command.arguments.clone()).unwrap_or_default();
        let mut secrets = Vec::new();
        let mut on_completion = match command.verb {
            Verb::Select | Verb::Examine if !complete => OnCompletion::Mailbox(None),
            Verb::Select | Verb::Examine => {
                OnCompletion::Mailbox(parse::mailbox(arguments).and_then(|name| mailbox_name::bounded(name, out)))
            }
            Verb::Append | Verb::Replace => OnCompletion::Append(Vec::new()),
            Verb::Fetch if complete => requested_sections(arguments, command.uid, out),
            Verb::Notify if complete => OnCompletion::Notify(!is_none(arguments)),
            _ => OnCompletion::Plain,
        };
        if command.verb == Verb::Login
            && let Some(login) = parse::login(text, command.arguments.start)
        {
            if complete {
                on_completion = OnCompletion::Login(Box::new(credential(&login, text)));
            }
            secrets.extend(Some(login.secret).filter(|secret| !secret.is_empty()));
        }
        let authenticate = match command.verb {
            Verb::Authenticate if complete => parse::authenticate(text, command.arguments.start),
            _ => None,
        };
        let exchange = authenticate.map(|(mechanism, initial)| {
            let mut exchange = Exchange::new(mechanism);
            if let Some((initial, sent)) =
                initial.and_then(|initial| text.get(initial.clone()).map(|sent| (initial, sent)))
                && exchange.response(sent).is_secret()
            {
                secrets.push(initial);
            }
            exchange
        });
        if command.verb == Verb::Id
            && !self.named
            && let Some(name) = parse::id_name(arguments)
        {
            self.named = true;
            out.client_name(&name);
        }
        // LOGOUT belongs to the state that it begins, though only its reply, or BYE, moves the session there.
        let state = if command.verb == Verb::Logout { State::Logout } else { self.state };
        let what = What::Command { verb: command.verb, uid: command.uid };
        let step = fragment.step(Side::Client, Kind::Command, Subject { state, what });
        let step = fragment.tell(
            Step {
                tag: command.tag,
                command: Some(&command.name),
                arguments: Some(command.arguments.clone()).filter(|range| !range.is_empty()),
                secrets,
                ..step
            },
            out,
        );
        self.tell_held(Some(command.verb), out);
        if let Some(sent) = after_announcement(text) {
            let lines = &mut self.client.literal_lines;
            lines.begin(step, matches!(command.verb, Verb::Login | Verb::Authenticate));
            lines.octets(sent);
            lines.end();
        }
        if let Some(mut exchange) = exchange {
            exchange.add_step(step);
            on_completion =
                OnCompletion::Authenticate(Box::new(Authentication { exchange, owed: false, cancelled: false }));
        }
        if let OnCompletion::Login(credential) = &mut on_completion {
            credential.steps.push(step);
        }
        let command_id = self.ask(command.key, command.verb, step, on_completion, out);
        if command.verb == Verb::Authenticate {
            (self.login, self.login_gaps) = (Some(command_id), [false; 2]);
        }
        (step, command_id)
    }
}

/// `NOTIFY NONE`: no reports (RFC 5465, section 3.2).
pub fn is_none(arguments: &[u8]) -> bool {
    arguments.trim_ascii().eq_ignore_ascii_case(b"NONE")
}

/// What a FETCH asks for.
fn requested_sections(arguments: &[u8], uid: bool, out: &mut dyn Sink) -> OnCompletion {
    let Some(sections) = requested::sections(arguments, uid) else { return OnCompletion::Plain };
    (0..sections.left_out).for_each(|_| out.limit(Limit::PartialFetches));
    OnCompletion::Fetch(sections)
}
