/*!
What the two sides have said so far, and how each is read (RFC 3501, section 3).

```text
                        LOGIN OK, AUTHENTICATE OK           SELECT OK, EXAMINE OK
 NotAuthenticated ──────────────────────────────▶ Authenticated ◀──────▶ Selected
        └───── PREAUTH ───────────────────────────────▲   CLOSE OK, UNSELECT OK, SELECT NO
 any ── BYE, LOGOUT OK ──▶ Logout
```

Each side is either in step, its next line being a line of the protocol, or desynchronised: after a gap, where the
capture begins in the middle, or where the other end miscounted. Who is desynchronised goes on at the next line that is
surely one; what lies before it is told as unknown.
*/

use super::append::Append;
use super::client::PendingLiteral;
use super::command::{Verb, command};
use super::fetch::Fetch;
use super::fragmentizer::{Fragment, Fragmentizer, GapIn};
use super::partial::PartialFetches;
use super::queue::{CommandId, OnCompletion, Pending, Queue};
use super::reply::{Response, Status, response};
use super::{State, What};
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use crate::protocol::event::{Delivery, Kind, LoginOutcome, MessageOutcome, Sink, Step, StepId, Subject};
use crate::protocol::framing::Input;

/// What begins with the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    Tls,
    Deflate,
}

/// An IMAP conversation.
#[derive(Debug)]
pub(super) struct Talk {
    pub state: State,
    /// The mailbox that is selected, readable.
    pub mailbox: Option<Vec<u8>>,
    /// The server has said something; what it says first is its greeting.
    pub greeted: bool,
    /// The greeting was seen, and so all that led to the state.
    pub from_start: bool,
    /// The client has said its name.
    pub named: bool,
    pub queue: Queue,
    /// AUTHENTICATE, while it is in flight and nothing that crosses can be another's.
    pub login: Option<CommandId>,
    /// Since it began, bytes of the client and of the server were lost.
    pub login_gaps: [bool; 2],
    pub client: Client,
    pub server: Server,
}

/// One side's stream.
#[derive(Debug)]
pub(super) struct Way {
    pub fragmentizer: Fragmentizer,
    pub desynchronised: bool,
    /// What was passed over while desynchronised.
    skipped: Option<Fragment<'static>>,
}

/// The client's side.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub way: Way,
    /// The server has sent `+` to something that was not captured: an AUTHENTICATE, for all one knows.
    pub asked: bool,
    /// A literal that the server has not asked for yet.
    pub waiting: Option<PendingLiteral>,
    /// `+` lines that came within a command: told after it, since they speak of its parts.
    pub held: Vec<Fragment<'static>>,
    /// The literal that comes is APPEND's mailbox, or what stands in its place.
    pub mailbox_comes: bool,
    /// APPEND, from its step to its end.
    pub append: Option<Append>,
}

/// The server's side.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub way: Way,
    /// FETCH, from its first line to its last.
    pub fetch: Option<Fetch>,
    /// APPENDUID's arguments, told before the reply that they belong to: REPLACE's (RFC 8508, section 3.1).
    pub appended: Option<Vec<u8>>,
    /// Messages that are fetched in pieces.
    pub partial_fetches: PartialFetches,
    /// UIDVALIDITY, told while a mailbox is being selected.
    pub uid_validity: Option<u64>,
}

impl Default for Way {
    /// The first line must prove that it is one: nobody knows whether the capture begins at the beginning.
    fn default() -> Self {
        Self { fragmentizer: Fragmentizer::default(), desynchronised: true, skipped: None }
    }
}

impl Default for Talk {
    fn default() -> Self {
        Self {
            state: State::NotAuthenticated,
            mailbox: None,
            greeted: false,
            from_start: false,
            named: false,
            queue: Queue::default(),
            login: None,
            login_gaps: [false; 2],
            client: Client::default(),
            server: Server::default(),
        }
    }
}

/// The reply that resolves a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Completion<'a> {
    pub status: Status,
    /// The reply's step.
    pub step: StepId,
    /// The reply without its tag.
    pub words: &'a [u8],
    /// APPENDUID's arguments, where it has them.
    pub uids: &'a [u8],
}

impl Talk {
    /// A conversation that began before the capture.
    pub fn in_the_middle() -> Self {
        Self { greeted: true, ..Self::default() }
    }

    /// Reads what `from` said, up to where another layer begins.
    pub fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Switch> {
        // Whoever speaks ends what the other was saying: steps are told in the order of the conversation.
        self.tell_skipped(from.other(), out);
        self.content_came(from.other(), out);
        match from {
            Side::Client => {
                self.read_client(input, out);
                None
            }
            Side::Server => self.read_server(input, out),
        }
    }

    /// `missing` bytes that `from` said are not in the capture.
    pub fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Switch> {
        self.tell_skipped(from.other(), out);
        self.content_came(Side::Client, out);
        self.content_came(Side::Server, out);
        if from == Side::Client {
            self.give_up_waiting(out);
        }
        let gap = self.way(from).fragmentizer.gap(missing, at);
        let (missing_octets, end, beyond) = match gap {
            GapIn::Literal { missing, end, beyond } => (missing, end, beyond),
            GapIn::Lines(fragment) => {
                let switch = fragment.and_then(|fragment| self.unfinished(from, fragment, out));
                self.desynchronise(from, out);
                self.tell_gap(from, missing, at, out);
                return switch;
            }
        };
        self.tell_gap(from, missing, at, out);
        match from {
            Side::Client => self.append_missing(missing_octets, out),
            Side::Server => self.fetch_missing(missing_octets, out),
        }
        if let Some(stretch) = end {
            match from {
                Side::Client => self.append_end(stretch, true, out),
                Side::Server => self.fetch_end(stretch, true, out),
            }
        }
        if beyond > 0 {
            self.desynchronise(from, out);
        }
        None
    }

    /// Nothing more will come from `from` that can be read.
    pub fn cut(&mut self, from: Side, out: &mut dyn Sink) {
        if from == Side::Client {
            self.give_up_waiting(out);
        }
        if let Some(stretch) = self.way(from).fragmentizer.flush_literal() {
            match from {
                Side::Client => self.append_end(stretch, false, out),
                Side::Server => self.fetch_end(stretch, false, out),
            }
        }
        self.content_came(from, out);
        if let Some(fragment) = self.way(from).fragmentizer.flush() {
            self.unfinished(from, fragment, out);
        }
        self.desynchronise(from, out);
        self.tell_skipped(from, out);
    }

    /// The connection is over.
    pub fn end(&mut self, out: &mut dyn Sink) {
        self.cut(Side::Client, out);
        self.cut(Side::Server, out);
        self.tell_held(None, out);
        self.server.partial_fetches.over(out);
        for command in self.queue.drain() {
            resolve(command, None, out);
        }
    }

    /// `from` is desynchronised: what was under way on its side will not be heard to its end.
    fn desynchronise(&mut self, from: Side, out: &mut dyn Sink) {
        self.way(from).desynchronised = true;
        self.login_gaps[from as usize] = true;
        if self.login_gaps == [true; 2] {
            // Its end may be missing, and another's beginning: only a reply with its tag is surely its own.
            self.login = None;
        }
        match from {
            Side::Client => self.append_over(out),
            Side::Server => {
                self.fetch_over(out);
                // An EXPUNGE may be among what is missing.
                self.server.partial_fetches.renumbered();
            }
        }
    }

    /// Tells of the content that `side` has sent, if it has not been told because the line after it has not come.
    fn content_came(&mut self, side: Side, out: &mut dyn Sink) {
        match side {
            Side::Client => _ = self.append_came(None, out),
            Side::Server => _ = self.fetch_came(None, out),
        }
    }

    pub fn way(&mut self, side: Side) -> &mut Way {
        match side {
            Side::Client => &mut self.client.way,
            Side::Server => &mut self.server.way,
        }
    }

    /// What had come of a line that has no end.
    fn unfinished(&mut self, from: Side, fragment: Fragment<'static>, out: &mut dyn Sink) -> Option<Switch> {
        let text = fragment.text.clone();
        match from {
            Side::Client => {
                // A command is told as one if there is no doubt about its verb; its arguments may be cut short.
                match command(&text).filter(|command| command.is_sure()) {
                    Some(command) => _ = self.command(&fragment, &command, false, out),
                    None => {
                        // Half an answer to a challenge may be half a password.
                        let secrets = self.login.map(|_| 0..text.len()).into_iter().collect();
                        let step = fragment.step(from, Kind::Unknown, Subject::Unknown);
                        fragment.tell(Step { secrets, ..step }, out);
                    }
                }
                None
            }
            Side::Server => match response(&text) {
                // A reply has decided as soon as its status is whole.
                Some(Response::Tagged { tag, status, text: words })
                    if self.server.fetch.is_none() && text.len() > tag.len() + 1 + status.name().len() =>
                {
                    self.tagged(&fragment, tag, status, words, out)
                }
                _ => {
                    fragment.tell(fragment.step(from, Kind::Unknown, Subject::Unknown), out);
                    None
                }
            },
        }
    }

    /// Puts a line that could not be understood with those before it.
    pub fn skip(&mut self, side: Side, fragment: Fragment<'_>) {
        let way = self.way(side);
        way.desynchronised = true;
        match &mut way.skipped {
            Some(skipped) => skipped.append(&fragment),
            None => way.skipped = Some(fragment.into_owned()),
        }
    }

    /// Tells what `side` said that could not be understood.
    pub fn tell_skipped(&mut self, side: Side, out: &mut dyn Sink) {
        if let Some(skipped) = self.way(side).skipped.take() {
            skipped.tell(skipped.step(side, Kind::Unknown, Subject::Unknown), out);
        }
    }

    /// Tells of a gap.
    pub fn tell_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.tell_skipped(from, out);
        out.step(Step::gap(from, missing, at));
    }

    /// Tells the `+` lines that were held back.
    pub fn tell_held(&mut self, to: Option<Verb>, out: &mut dyn Sink) {
        for fragment in std::mem::take(&mut self.client.held) {
            let subject = self.subject(What::Continuation { to });
            fragment.tell(fragment.step(Side::Server, Kind::Continuation, subject), out);
        }
    }

    /// `what`, in the present state.
    pub fn subject(&self, what: What) -> Subject {
        Subject::Imap(super::Subject { state: self.state, what })
    }

    /// Remembers a command that was sent.
    pub fn ask(
        &mut self,
        key: &[u8],
        verb: Verb,
        step: StepId,
        on_completion: OnCompletion,
        out: &mut dyn Sink,
    ) -> CommandId {
        let (command_id, forgotten) = self.queue.push(Pending { key: key.to_vec(), verb, step, on_completion });
        for command in forgotten {
            out.limit(Limit::CommandsInFlight);
            resolve(command, None, out);
        }
        command_id
    }
}

/// Tells what became of `command`, where its reply decides on a log-in or on messages.
pub(super) fn resolve(command: Pending, completion: Option<Completion<'_>>, out: &mut dyn Sink) {
    let step = completion.map(|completion| completion.step);
    match command.on_completion {
        OnCompletion::Plain | OnCompletion::Mailbox(_) | OnCompletion::Fetch(_) => {}
        OnCompletion::Login(mut credential) => {
            credential.outcome = outcome(completion, false);
            credential.steps.extend(step);
            out.credential(*credential);
        }
        OnCompletion::Authenticate(mut login) => {
            step.into_iter().for_each(|step| login.exchange.add_step(step));
            out.credential(login.exchange.finish(outcome(completion, login.cancelled)));
        }
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

fn outcome(completion: Option<Completion<'_>>, cancelled: bool) -> LoginOutcome {
    match completion.map(|completion| completion.status) {
        Some(Status::Ok) => LoginOutcome::Accepted,
        _ if cancelled => LoginOutcome::Cancelled,
        Some(_) => LoginOutcome::Rejected,
        None => LoginOutcome::Unknown,
    }
}

/// What a reply to APPEND says of its messages: all of them or none (RFC 3502).
fn delivery(completion: Option<Completion<'_>>) -> Delivery {
    match completion.map(|completion| completion.status) {
        Some(Status::Ok) => Delivery::Accepted,
        Some(_) => Delivery::Rejected,
        None => Delivery::Unknown,
    }
}
