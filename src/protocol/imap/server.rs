//! What the server sends: its greeting, untagged responses, `+`, and replies to commands.

use super::command::Verb;
use super::dialogue::resolve;
use super::fragmentizer::{Fragment, Framed};
use super::lexer::Announced;
use super::login::{Completion, resolve_login};
use super::parse;
use super::queue::{Authentication, OnCompletion, Pending};
use super::reply::{Code, Response, Status, Text, Untagged, response};
use super::state::Dialogue;
use super::{State, Subject, What};
use crate::flow::Side;
use crate::protocol::Upgrade;
use crate::protocol::event::{Kind, Sink, Step};
use crate::protocol::framing::Input;
use crate::protocol::sasl::Exchange;
use crate::protocol::secret::Raw;

/// `+` lines that are held back for one command.
const HELD: usize = 16;

impl Dialogue {
    /// Reads `input` up to where another layer begins.
    pub(super) fn read_server(&mut self, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        loop {
            let upgrade = match self.server.way.fragmentizer.is_streaming() {
                true => self.read_body(input, out),
                false => self.read_framed(input, false, out),
            };
            if upgrade.is_some() || input.is_empty() {
                return upgrade;
            }
        }
    }

    /// Reads lines, and bodies too if `bodies`; else up to where one begins.
    pub(super) fn read_framed(&mut self, input: &mut Input<'_>, bodies: bool, out: &mut dyn Sink) -> Option<Upgrade> {
        while bodies || !self.server.way.fragmentizer.is_streaming() {
            match self.server.way.fragmentizer.next(input)? {
                Framed::Line { fragment, from, literal } => {
                    self.tell_interruption(out);
                    if from == 0 && literal.is_none() && self.interrupts(&fragment) {
                        self.client.interruption = Some(fragment.into_owned());
                        continue;
                    }
                    if let Some(upgrade) = self.server_line(fragment, from, literal, out) {
                        return Some(upgrade);
                    }
                }
                Framed::Octets(Raw(octets)) => self.fetch_octets(octets, out),
                Framed::End(span) => self.fetch_end(span, true, out),
            }
        }
        None
    }

    /// True for a refusal or a BYE in the middle of a message that the client appends. What the client has sent stands
    /// before it.
    fn interrupts(&self, fragment: &Fragment<'_>) -> bool {
        self.client.append.is_some()
            && self.client.way.fragmentizer.is_streaming()
            && self.server.fetch.is_none()
            && !self.server.way.desynchronised
            && matches!(
                response(&fragment.text),
                Some(
                    Response::Status { status: Status::Bye, .. }
                        | Response::Tagged { status: Status::No | Status::Bad, .. }
                )
            )
    }

    /// Emits what the server said in the middle of a message.
    pub(super) fn tell_interruption(&mut self, out: &mut dyn Sink) {
        if let Some(fragment) = self.client.interruption.take() {
            // Neither begins another layer.
            _ = self.server_line(fragment, 0, None, out);
        }
    }

    /// The client goes on. A refusal stands before what follows; after a BYE the server says nothing more, so it waits
    /// for the line that ends the message.
    pub(super) fn interruption_passed(&mut self, out: &mut dyn Sink) {
        let is_bye = self.client.interruption.as_ref().is_some_and(|fragment| fragment.text.starts_with(b"*"));
        if !is_bye {
            self.tell_interruption(out);
        }
    }

    fn server_line(
        &mut self,
        fragment: Fragment<'_>,
        from: usize,
        literal: Option<Announced>,
        out: &mut dyn Sink,
    ) -> Option<Upgrade> {
        if self.server.fetch.is_some() {
            if from > 0 || matches!(fragment.text.first(), Some(b' ' | b')')) {
                self.fetch_line(fragment, from, literal, out);
                return None;
            }
            // A FETCH response does not go on like this: the literal was miscounted.
            self.fetch_over(out);
        } else if let Some(Announced { octets, .. }) = literal.filter(|_| from > 0) {
            self.server.way.fragmentizer.keep(fragment, octets);
            return None;
        }
        let Some(response) = response(&fragment.text) else {
            self.skip(Side::Server, fragment);
            return None;
        };
        if self.server.way.desynchronised {
            let expected = matches!(response, Response::Continue(_)) && self.expects_continuation();
            self.client.asked = matches!(response, Response::Continue(_)) && !expected;
            if !expected && !response.is_sure(&fragment.text) {
                self.skip(Side::Server, fragment);
                return None;
            }
            self.server.way.desynchronised = false;
            self.tell_skipped(Side::Server, out);
            self.server.way.follows_gap = false;
        }
        let first = !std::mem::replace(&mut self.greeted, true);
        match response {
            Response::Tagged { tag, status, text } => return self.tagged(&fragment, tag, status, text, out),
            Response::Status { status, text } => self.status(&fragment, status, text, first, out),
            Response::Continue(words) => self.continuation(&fragment, words, out),
            Response::Data { what: what @ (Untagged::Fetch | Untagged::UidFetch), number, rest } => {
                let from = fragment.text.len() - rest.len();
                self.selected_after_all();
                match what {
                    Untagged::UidFetch => self.fetch_begin(None, number),
                    _ => self.fetch_begin(number, None),
                }
                self.fetch_line(fragment, from, literal, out);
            }
            Response::Data { what, number, rest } => match literal {
                Some(Announced { octets, .. }) => self.server.way.fragmentizer.keep(fragment, octets),
                None => {
                    if number.is_some() && what != Untagged::Other {
                        self.selected_after_all();
                    }
                    let what = match what {
                        Untagged::Status if self.is_unasked_status() => Untagged::StatusReport,
                        what => what,
                    };
                    match (what, number) {
                        (Untagged::Capability, _) => out.capabilities(&parse::capabilities(rest)),
                        (Untagged::Expunge, Some(number)) => self.server.partial_fetches.expunged(number),
                        (Untagged::Vanished, _) => self.server.partial_fetches.renumbered(),
                        _ => {}
                    }
                    let subject = Subject { state: self.state, what: What::Untagged(what) };
                    fragment.tell(fragment.step(Side::Server, Kind::Untagged, subject), out);
                }
            },
        }
        None
    }

    /// `* OK`, `* NO`, `* BAD`, `* PREAUTH`, `* BYE`. The server's first line is its greeting.
    fn status(&mut self, fragment: &Fragment<'_>, status: Status, text: Text<'_>, first: bool, out: &mut dyn Sink) {
        let greeting = first
            && match status {
                Status::Preauth => true,
                Status::Ok => !self.in_the_middle || is_of_greeting(text),
                Status::Bye => !self.in_the_middle,
                // No greeting of the standard (RFC 9051, section 7.1), but what else comes before the client's first word?
                Status::No | Status::Bad => !self.in_the_middle && !self.client.heard,
            };
        if greeting {
            self.from_start = true;
            // After the greeting the client's next line is its first, so it is surely one of the protocol.
            self.client.way.desynchronised = false;
            out.banner(text.words);
        }
        match status {
            Status::Preauth if greeting => self.state = State::Authenticated,
            Status::Bye => self.state = State::Logout,
            _ => {}
        }
        self.capabilities(text, out);
        if text.code == Some(Code::AppendUid) {
            self.server.appended = Some(text.arguments.to_vec());
        }
        if text.code == Some(Code::NotificationOverflow) {
            self.server.notifies = false;
        }
        if text.code == Some(Code::UidValidity) {
            self.server.uid_validity = parse::uid_validity(text.arguments);
        }
        let (kind, what) = match greeting {
            true => (Kind::Greeting, What::Greeting(status)),
            false => (Kind::Untagged, What::Untagged(Untagged::of_status(status, text.code))),
        };
        let step = fragment.tell(fragment.step(Side::Server, kind, Subject { state: self.state, what }), out);
        if status == Status::Bye && !greeting {
            self.last_words(step, fragment, text.code);
        }
    }

    fn capabilities(&self, text: Text<'_>, out: &mut dyn Sink) {
        if text.code == Some(Code::Capability) {
            out.capabilities(&parse::capabilities(text.arguments));
        }
    }

    /// True where a literal, a SASL exchange or IDLE waits for `+`.
    fn expects_continuation(&mut self) -> bool {
        self.client.waiting.is_some() || self.exchange().is_some() || self.idles()
    }

    /// `* STATUS` that no command asks for, while NOTIFY is on: something has changed in that mailbox (RFC 5465, section 5).
    fn is_unasked_status(&self) -> bool {
        let ask = [Verb::Status, Verb::List, Verb::Lsub, Verb::Notify];
        self.server.notifies && self.queue.oldest(&ask).is_none()
    }

    fn idles(&self) -> bool {
        self.queue.oldest(&[Verb::Idle]).is_some()
    }

    /// `+`: the server asks for a literal, for the answer to a challenge, or has begun to IDLE.
    fn continuation(&mut self, fragment: &Fragment<'_>, words: &[u8], out: &mut dyn Sink) {
        if self.waits_within_a_command() && self.client.held.len() < HELD {
            self.client.held.push(fragment.clone().into_owned());
            return self.go_ahead(out);
        }
        let state = self.state;
        let waits = self.client.waiting.is_some();
        if !waits && let Some(login) = self.exchange() {
            let subject = Subject { state, what: What::Challenge(login.exchange.challenge(words)) };
            login.exchange.add_step(fragment.tell(fragment.step(Side::Server, Kind::Continuation, subject), out));
            login.owed = true;
            return;
        }
        let to = match (&self.client.append, waits) {
            (Some(_), true) => Some(Verb::Append),
            (_, false) if self.idles() => Some(Verb::Idle),
            _ => None,
        };
        self.client.asked = to.is_none() && !waits;
        if self.client.asked && is_challenge(words) {
            let begin = || Box::new(Authentication { exchange: Exchange::unseen(), owed: false, cancelled: false });
            let login = self.unseen_login.get_or_insert_with(begin);
            let subject = Subject { state, what: What::Challenge(login.exchange.challenge(words)) };
            login.exchange.add_step(fragment.tell(fragment.step(Side::Server, Kind::Continuation, subject), out));
            return;
        }
        let subject = Subject { state, what: What::Continuation { to } };
        fragment.tell(fragment.step(Side::Server, Kind::Continuation, subject), out);
        self.go_ahead(out);
    }

    /// A command has been answered: this is what changes the session's state.
    pub(super) fn tagged(
        &mut self,
        fragment: &Fragment<'_>,
        tag: &[u8],
        status: Status,
        text: Text<'_>,
        out: &mut dyn Sink,
    ) -> Option<Upgrade> {
        self.answered_before_literal(tag, status, out);
        let answered = self.queue.answered(tag);
        // Where no line of the client was captured, the words alone make no attempt that could be listed.
        let is_attempt = self.client.heard || self.unseen_login.is_some();
        let unseen = if answered.is_none() { self.unseen_login(status, text) } else { None };
        let unseen_verb = unseen.as_ref().map(|_| Verb::Authenticate);
        let to = answered.as_ref().map(|(_, command)| command.verb).or(unseen_verb);
        let subject = Subject { state: self.state, what: What::Tagged { to, status, code: text.code } };
        let line = match (&answered, &unseen, status) {
            (None, None, Status::Bad) => self.client.literal_lines.answered(tag),
            _ => None,
        };
        let answers = answered.as_ref().map(|(_, command)| command.step).or(line.map(|(command, _)| command));
        let step = fragment.step(Side::Server, Kind::Reply, subject);
        let is_hidden = matches!(&answered, Some((_, Pending { on_completion: OnCompletion::Hidden, .. })))
            || line.is_some_and(|(_, is_secret)| is_secret);
        let (shown, secrets) =
            if is_hidden { (None, Vec::from_iter(Some(0..fragment.text.len()))) } else { (Some(tag), Vec::new()) };
        let step = fragment.tell(Step { tag: shown, answers, secrets, ..step }, out);
        self.capabilities(text, out);
        let words = fragment.text.get(fragment.text.len() - words_after(tag, &fragment.text)..).unwrap_or_default();
        let Some((command_id, mut command)) = answered else {
            // No tag is known of that login: the next reply to a command that was not captured is to it.
            if let Some(login) = unseen {
                let completion = Completion { status, step, words, uids: b"", code: text.code, state: self.state };
                if is_attempt {
                    resolve_login(login, Some(completion), out);
                }
                return self.moved(Verb::Authenticate, status, None, out);
            }
            return None;
        };
        let before = if command.verb == Verb::Replace { self.server.appended.take() } else { None };
        let uids = match text.code {
            Some(Code::AppendUid) => text.arguments,
            _ => before.as_deref().unwrap_or_default(),
        };
        let completion = Completion { status, step, words, uids, code: text.code, state: self.state };
        self.append_decided(command_id, completion);
        if self.login == Some(command_id) {
            self.login = None;
        }
        let mailbox = match &mut command.on_completion {
            OnCompletion::Mailbox(mailbox) => mailbox.take(),
            _ => None,
        };
        if status == Status::Ok {
            self.client.literal_lines.were_read(command.step);
            if let OnCompletion::Notify(on) = command.on_completion {
                self.server.notifies = on;
            }
        }
        let verb = command.verb;
        resolve(command, Some(completion), out);
        self.moved(verb, status, mailbox, out)
    }

    fn moved(&mut self, verb: Verb, status: Status, mailbox: Option<Vec<u8>>, out: &mut dyn Sink) -> Option<Upgrade> {
        match (verb, status) {
            (Verb::StartTls, Status::Ok) => return Some(Upgrade::start_tls()),
            (Verb::Compress, Status::Ok) => return Some(Upgrade::Deflate),
            (Verb::Login | Verb::Authenticate, Status::Ok) => self.state = State::Authenticated,
            (Verb::Select | Verb::Examine, Status::Ok) => {
                self.state = State::Selected;
                self.mailbox = mailbox;
                let uid_validity = self.server.uid_validity.take();
                self.server.partial_fetches.selected(self.mailbox.as_deref(), uid_validity, out);
            }
            // A SELECT answered by NO leaves no mailbox selected (RFC 3501, section 6.3.1); one answered by BAD changes
            // nothing.
            (Verb::Select | Verb::Examine, Status::No) | (Verb::Close | Verb::Unselect, Status::Ok) => {
                if self.state == State::Selected {
                    self.state = State::Authenticated;
                }
                self.mailbox = None;
                self.server.uid_validity = None;
                self.server.partial_fetches.left(out);
            }
            (Verb::Unauthenticate, Status::Ok) => {
                self.state = State::NotAuthenticated;
                self.mailbox = None;
                self.server.notifies = false;
                self.server.partial_fetches.over(out);
            }
            (Verb::Logout, Status::Ok) => self.state = State::Logout,
            (Verb::Fetch | Verb::Store | Verb::Search | Verb::Expunge | Verb::Copy | Verb::Move, Status::Ok) => {
                self.selected_after_all();
            }
            _ => {}
        }
        None
    }

    /// A line crossed that needs a selected mailbox. If the login and the SELECT were before the capture, only such a
    /// line shows the state.
    fn selected_after_all(&mut self) {
        if self.from_start || self.state == State::Logout {
            return;
        }
        if self.queue.oldest(&[Verb::Select, Verb::Examine]).is_none() {
            self.state = State::Selected;
        }
    }
}

/// True for what `+` carries where it is a challenge, and no text for people: nothing, or base64.
fn is_challenge(words: &[u8]) -> bool {
    let words = words.trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    words.is_empty() || words.len() >= 8 && words.len().is_multiple_of(4) && words.iter().all(is_base64)
}

/// How many bytes of `text` follow its tag and the spaces after it.
fn words_after(tag: &[u8], text: &[u8]) -> usize {
    let from_tag = super::lexer::without_telnet(text);
    from_tag.get(tag.len()..).map_or(0, |rest| rest.trim_ascii_start().len())
}

/// True for the text of an OK that greets: servers also send `* OK` unasked, such as Dovecot's `* OK Still here` within
/// IDLE.
fn is_of_greeting(text: Text<'_>) -> bool {
    let words = text.words.to_ascii_lowercase();
    let says = |word: &[u8]| memchr::memmem::find(&words, word).is_some();
    matches!(text.code, None | Some(Code::Capability)) && (says(b"imap") || says(b"ready"))
}
