/*!
The state of a session, and how each side is read (RFC 3501, section 3).

```text
                        LOGIN OK, AUTHENTICATE OK           SELECT OK, EXAMINE OK
 NotAuthenticated ──────────────────────────────▶ Authenticated ◀──────▶ Selected
        └───── PREAUTH ───────────────────────────────▲   CLOSE OK, UNSELECT OK, SELECT NO
 any ── BYE, LOGOUT OK ──▶ Logout
```

Each side is either in step, its next line being a line of the protocol, or desynchronised: after a gap, where the
capture begins in the middle, or where a literal was miscounted. A desynchronised side waits for a line that is surely
one of the protocol; the lines before it are emitted as unknown.
*/

use super::command::{Verb, command};
use super::fragmentizer::{Fragment, GapIn};
use super::login::{self, Completion, resolve_login};
use super::queue::{CommandId, OnCompletion, Pending};
use super::reply::{Response, Status, Untagged, response};
use super::state::{Dialogue, Way};
use super::{Subject, What};
use crate::flow::{PacketRef, Side};
use crate::limits::{Limit, heap, of_list};
use crate::protocol::Upgrade;
use crate::protocol::event::{self, Delivery, Kind, MessageOutcome, Sink, Step, StepId};
use crate::protocol::framing::Input;
use crate::protocol::secret::Raw;

impl Dialogue {
    /// A conversation that may be captured from its first byte on.
    pub fn new() -> Self {
        Self::default()
    }

    /// No more of `from` can be read: emits what is half-read.
    fn cut(&mut self, from: Side, out: &mut dyn Sink) {
        if from == Side::Client {
            self.stop_waiting(out);
        }
        if let Some(literal) = self.way(from).fragmentizer.flush_literal() {
            match from {
                Side::Client => self.append_end(literal, false, out),
                Side::Server => self.fetch_end(literal, false, out),
            }
        }
        self.content_came(from, out);
        if let Some(fragment) = self.way(from).fragmentizer.flush() {
            self.unfinished(from, fragment, out);
        }
        // The end of the connection is no gap: the lines before it are as foreign as they were.
        let follows_gap = self.way(from).follows_gap;
        self.desynchronise(from, out);
        self.way(from).follows_gap = follows_gap;
        self.tell_skipped(from, out);
    }

    /// `from` is desynchronised: the APPEND or FETCH under way on its side ends here.
    fn desynchronise(&mut self, from: Side, out: &mut dyn Sink) {
        let way = self.way(from);
        (way.desynchronised, way.follows_gap) = (true, true);
        self.login_gaps[from as usize] = true;
        if self.login_gaps == [true; 2] {
            // The login's end may be missing, and another's beginning: only a reply with its tag is surely its own.
            self.login = None;
        }
        match from {
            Side::Client => self.append_over(out),
            Side::Server => {
                self.fetch_over(out);
                // The gap may hold an EXPUNGE.
                self.server.partial_fetches.renumbered();
            }
        }
    }

    /// Emits the content of `side` whose step waits for the line after it.
    fn content_came(&mut self, side: Side, out: &mut dyn Sink) {
        match side {
            Side::Client => _ = self.append_came(None, out),
            Side::Server => _ = self.fetch_came(None, out),
        }
    }

    pub(super) fn way(&mut self, side: Side) -> &mut Way {
        match side {
            Side::Client => &mut self.client.way,
            Side::Server => &mut self.server.way,
        }
    }

    /// The part that had come of a line whose end will not come.
    fn unfinished(&mut self, from: Side, fragment: Fragment<'static>, out: &mut dyn Sink) -> Option<Upgrade> {
        let text = fragment.text.clone();
        // A side that has not spoken IMAP before may speak something else.
        let not_understood = event::Subject::not_understood(!self.way(from).desynchronised);
        match from {
            Side::Client => {
                // Emitted as a command if its verb is sure; its arguments may be truncated.
                match command(&text).filter(|command| command.is_sure()) {
                    Some(command) => _ = self.command(&fragment, &command, false, out),
                    None => {
                        // Half a response to a challenge may be half a password.
                        let secrets = self.login.map(|_| 0..text.len()).into_iter().collect();
                        let step = fragment.step(from, Kind::Unknown, not_understood);
                        fragment.tell(Step { secrets, ..step }, out);
                    }
                }
                None
            }
            Side::Server => match response(&text) {
                // A reply decides as soon as its status is complete.
                Some(Response::Tagged { tag, status, text: words })
                    if self.server.fetch.is_none() && text.len() > tag.len() + 1 + status.name().len() =>
                {
                    self.tagged(&fragment, tag, status, words, out)
                }
                _ if self.server.fetch.is_some() => {
                    self.fetch_cut(&fragment, out);
                    None
                }
                // What an untagged response is stands in its first words.
                Some(read @ (Response::Data { .. } | Response::Status { .. })) if read.is_sure(&text) => {
                    let what = match read {
                        Response::Data { what, .. } => what,
                        Response::Status { status, text } => Untagged::of_status(status, text.code),
                        Response::Tagged { .. } | Response::Continue(_) => Untagged::Other,
                    };
                    let subject = Subject { state: self.state, what: What::Untagged(what) };
                    fragment.tell(fragment.step(from, Kind::Untagged, subject), out);
                    None
                }
                _ => {
                    fragment.tell(fragment.step(from, Kind::Unknown, not_understood), out);
                    None
                }
            },
        }
    }

    /// Desynchronises `side` at a line that was not understood, and keeps the line with those before it.
    pub(super) fn skip(&mut self, side: Side, fragment: Fragment<'_>) {
        let way = self.way(side);
        way.desynchronised = true;
        match &mut way.skipped {
            Some(skipped) => skipped.append(&fragment),
            None => way.skipped = Some(fragment.into_owned()),
        }
    }

    /// Emits the lines of `side` that were not understood.
    pub(super) fn tell_skipped(&mut self, side: Side, out: &mut dyn Sink) {
        let way = self.way(side);
        if let Some(skipped) = way.skipped.take() {
            let subject = event::Subject::not_understood(std::mem::take(&mut way.follows_gap));
            let step = skipped.tell(skipped.step(side, Kind::Unknown, subject), out);
            if side == Side::Client {
                self.unplaced(step, &skipped);
            }
        }
    }

    /// Emits a gap.
    fn tell_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.tell_skipped(from, out);
        out.step(Step::gap(from, missing, at));
    }

    /// Emits the `+` lines that were held back.
    pub(super) fn tell_held(&mut self, to: Option<Verb>, out: &mut dyn Sink) {
        for fragment in std::mem::take(&mut self.client.held) {
            let subject = Subject { state: self.state, what: What::Continuation { to } };
            fragment.tell(fragment.step(Side::Server, Kind::Continuation, subject), out);
        }
    }

    /// Remembers a command that was sent.
    pub(super) fn ask(
        &mut self,
        key: &[u8],
        verb: Verb,
        step: StepId,
        on_completion: OnCompletion,
        out: &mut dyn Sink,
    ) -> CommandId {
        let (command_id, forgotten) = self.queue.push(Pending { key: Raw(key.to_vec()), verb, step, on_completion });
        for command in forgotten {
            out.limit(Limit::CommandsInFlight);
            resolve(command, None, out);
        }
        command_id
    }
}

impl crate::protocol::Dialogue for Dialogue {
    fn held(&self) -> usize {
        let (client, server) = (&self.client, &self.server);
        let of_text = |fragment: &Fragment<'_>| heap(fragment.text.len());
        let set_aside = [&client.way.skipped, &server.way.skipped, &client.interruption].into_iter().flatten();
        let waiting = client
            .waiting
            .as_ref()
            .map_or(0, |literal| literal.early.held() + literal.command.as_ref().map_or(0, of_text));
        heap(size_of::<Self>())
            + self.queue.held()
            + client.way.fragmentizer.held()
            + server.way.fragmentizer.held()
            + set_aside.map(of_text).sum::<usize>()
            + of_list(&client.held)
            + client.held.iter().map(of_text).sum::<usize>()
            + waiting
            + of_list(&client.unplaced.steps)
            + client.literal_lines.held()
            + client.append.as_ref().map_or(0, |append| of_list(&append.steps))
            + server.tail.held()
            + server.fetch.as_ref().map_or(0, |fetch| of_list(&fetch.open))
            + server.partial_fetches.held()
    }

    fn beginning(&mut self, seen: bool) {
        self.in_the_middle = !seen;
    }

    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        // Bytes of one side end what the other had begun: steps are emitted in the order of the conversation.
        self.tell_skipped(from.other(), out);
        self.content_came(from.other(), out);
        match from {
            Side::Client => {
                self.client.heard = true;
                if self.server.tail.client(input) {
                    if input.is_empty() {
                        return None;
                    }
                    self.body_was_short(out);
                }
                self.interruption_passed(out);
                self.read_client(input, out);
                None
            }
            Side::Server => self.read_server(input, out),
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade> {
        self.gap_in_tail(from, out);
        self.tell_interruption(out);
        self.tell_skipped(from.other(), out);
        self.content_came(Side::Client, out);
        self.content_came(Side::Server, out);
        match from {
            Side::Client => self.stop_waiting(out),
            Side::Server => self.answer_missing(out),
        }
        let gap = self.way(from).fragmentizer.gap(missing, at);
        let (missing_octets, end, beyond) = match gap {
            GapIn::Literal { missing, end, beyond } => (missing, end, beyond),
            GapIn::Lines(fragment) => {
                let upgrade = fragment.and_then(|fragment| self.unfinished(from, fragment, out));
                self.desynchronise(from, out);
                self.tell_gap(from, missing, at, out);
                return upgrade;
            }
        };
        self.tell_gap(from, missing, at, out);
        match from {
            Side::Client => self.append_missing(missing_octets, out),
            Side::Server => self.fetch_missing(missing_octets, out),
        }
        if let Some(literal) = end {
            match from {
                Side::Client => self.append_end(literal, true, out),
                Side::Server => self.fetch_end(literal, true, out),
            }
        }
        if beyond > 0 {
            self.desynchronise(from, out);
        }
        None
    }

    fn last_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.gap_in_tail(from, out);
        // How much of it belongs to the content that it cuts off is not known.
        match from {
            Side::Client => self.append_missing(0, out),
            Side::Server => self.fetch_missing(0, out),
        }
        self.cut(from, out);
        self.tell_interruption(out);
        self.tell_gap(from, missing, at, out);
    }

    fn gap_in_tls(&mut self, from: Side, out: &mut dyn Sink) {
        self.tell_skipped(from, out);
    }

    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        self.end_of_tail(out);
        self.cut(Side::Client, out);
        self.tell_interruption(out);
        self.cut(Side::Server, out);
        self.tell_held(None, out);
        self.server.partial_fetches.over(out);
        let last_words = self.server.last_words.take();
        let last_words = last_words.as_ref().map(Completion::by_the_end);
        for command in self.queue.drain() {
            let decides = matches!(command.verb, Verb::Login | Verb::Authenticate);
            resolve(command, last_words.filter(|_| decides), out);
        }
        if let Some(login) = self.unseen_login.take() {
            resolve_login(*login, last_words, out);
        }
        None
    }
}

/// Emits the outcome of `command`, where its reply decides on a login or on messages.
pub(super) fn resolve(command: Pending, completion: Option<Completion<'_>>, out: &mut dyn Sink) {
    let step = completion.map(|completion| completion.step);
    let is_unheeded = completion.is_some_and(|completion| completion.is_for_the_state());
    match command.on_completion {
        OnCompletion::Plain
        | OnCompletion::Hidden
        | OnCompletion::Notify(_)
        | OnCompletion::Mailbox(_)
        | OnCompletion::Fetch(_) => {}
        OnCompletion::Login(mut credential) => {
            credential.outcome = login::outcome(completion, false);
            credential.unheeded = is_unheeded;
            credential.steps.extend(step);
            let credential = *credential;
            out.credential(login::with_reply(credential, completion, |cause| cause));
        }
        OnCompletion::Authenticate(login) => resolve_login(*login, completion, out),
        OnCompletion::Append(messages) => {
            for appended in messages {
                let outcome = MessageOutcome {
                    outcome: Some(delivery(completion)),
                    reply: completion.map(|completion| completion.words.to_vec()),
                    uid: completion.and_then(|completion| super::parse::append_uid(completion.uids, appended.nth)),
                    steps: appended.steps.into_iter().chain(step).collect(),
                    ..MessageOutcome::default()
                };
                out.message_outcome(appended.message, outcome);
            }
        }
    }
}

/// What the reply to an APPEND decides: all its messages are accepted, or none (RFC 3502).
fn delivery(completion: Option<Completion<'_>>) -> Delivery {
    match completion.map(|completion| completion.status) {
        Some(Status::Ok) => Delivery::Accepted,
        Some(_) => Delivery::Rejected,
        None => Delivery::Unknown,
    }
}
