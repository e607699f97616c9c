/*!
SMTP and LMTP as a conversation: in which state the client's bytes are read, and what decides it.

```text
             first line or first reply                  DATA, AUTH, STARTTLS
  Waiting ─────────────────────────────▶ Commands ─────────────────────────▶ Waiting (for the reply)
 (Opening)                                ▲  ▲  ▲                             │   │   │
                                          │  │  └──── refused ────────────────┘   │   │
                            all its octets│  │                                334 │   │ 354
                                   Chunk ─┘  │                                    ▼   ▼
                               (at BDAT)     │◀── a line, then Waiting ── Responding   Content
                                             └────────────── dot, or a reply ─────────────┘
```

The server's replies drive the state: content begins at 354 and never at the word DATA. As long as a reply is to decide
what the client's next bytes are, they wait in `DeferredInput`. Only where that reply can't come any more (a gap, the
end, the bound on deferred bytes) do the bytes themselves decide.

The states are in `state.rs`. What the client sends is read in `client.rs`, content in `content.rs`, what the server
sends in `server.rs`, replies in the middle of content in `cut.rs`. What the replies decide is in `on_reply.rs`, AUTH in
`login.rs`, the swap of the roles in `turn.rs`.
*/

use super::command::Command;
use super::deferred::{Deferred, DeferredInput};
use super::parse::is_tls_record;
use super::question::Question;
use super::queue::Queue;
use super::reply::{Replies, Reply};
use super::state::{
    ANOTHER, AfterGap, AwaitedReply, Awaiting, ClientInput, Content, Held, LineContext, OpenMessage, Opening,
    Xexch50Octets,
};
use super::transaction::Transaction;
use super::turn::Roles;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use crate::protocol::event::{Sink, Step, StepId, TransactionEnd};
use crate::protocol::framing::{Framer, Input};
use crate::protocol::sasl::Exchange;
use crate::protocol::secret::Raw;
use crate::protocol::{Early, Upgrade};
use std::net::IpAddr;

/// SMTP or LMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// RFC 5321: content is answered once.
    Smtp,
    /// RFC 2033: content is answered once for each recipient.
    Lmtp,
}

/// An SMTP or LMTP session, read from both directions.
#[derive(Debug)]
pub struct Dialogue {
    pub(super) flavour: Flavour,
    pub(super) roles: Roles,
    /// Bytes or a gap of either side were received.
    pub(super) begun: bool,
    pub(super) opening: Opening,
    /// The server's first lines are not replies.
    pub(super) preamble: bool,
    pub(super) client: ClientInput,
    /// The client's half-read line.
    pub(super) line: Framer,
    /// What a gap has taken from the client's next line.
    pub(super) after_gap: AfterGap,
    /// The server's stream has a gap around the same time as that line: it is not known how many replies are in it.
    pub(super) gap_on_both_sides: bool,
    pub(super) deferred: DeferredInput,
    /// The server's half-read line.
    pub(super) reply_line: Framer,
    /// What the server has said and what the next event explains.
    pub(super) held: Option<Box<Held>>,
    /// The greeting has begun, the client has spoken before its last line, and nothing was answered yet.
    pub(super) greeting_begun: Option<Vec<u8>>,
    /// What the client calls itself in its last EHLO, HELO or LHLO.
    pub(super) hello: Option<(StepId, Vec<u8>)>,
    /// A name of the client's was accepted.
    pub(super) named: bool,
    /// When the client's last line began, and when its last bytes came.
    pub(super) client_spoke: Option<(Time, Time)>,
    /// The packet that the server's last bytes came in.
    pub(super) reply_packet: u64,
    pub(super) replies: Replies,
    /// A reply in the middle of what the client sends: see `cut.rs`.
    pub(super) interruption: Option<Box<Reply<'static>>>,
    pub(super) queue: Queue,
    pub(super) transaction: Transaction,
    /// The message whose last chunk has not come yet.
    pub(super) open: Option<OpenMessage>,
    /// Chunks of the next message may be missing from the capture.
    pub(super) chunks_unseen: bool,
    /// A login was accepted: the server refuses any other (RFC 4954, section 4).
    pub(super) logged_in: bool,
    /// The client's last line, where it is base64 and no command: a response, if AUTH is not in the capture.
    pub(super) unplaced: Option<(StepId, Raw<Vec<u8>>)>,
    /// The first bytes of both sides are the first of the connection, unless they are missing.
    pub(super) from_start: bool,
    /// A login was given up because bytes are missing: a later 235 may be its own.
    pub(super) undecided_login: bool,
    /// Bytes of either side are missing somewhere.
    pub(super) has_gaps: bool,
    /// The layer that begins with the next byte: the first of the deferred bytes, unless there are none.
    pub(super) upgrade: Option<Upgrade>,
    /// The address that the last XCLIENT has named.
    pub(super) proxied_client: Option<IpAddr>,
    /// Deferred input reached its bound before the server's first reply: the client's bytes wait for replies no longer.
    pub(super) server_silent: bool,
}

impl Dialogue {
    /// A session of which nothing was seen yet.
    pub fn new(flavour: Flavour) -> Self {
        Self {
            flavour,
            roles: Roles::AsConnected,
            begun: false,
            opening: Opening::Nothing,
            preamble: false,
            client: ClientInput::Waiting(Awaiting::Opening),
            line: Framer::default(),
            after_gap: AfterGap::No,
            gap_on_both_sides: false,
            deferred: DeferredInput::default(),
            reply_line: Framer::default(),
            held: None,
            greeting_begun: None,
            hello: None,
            named: false,
            client_spoke: None,
            reply_packet: 0,
            replies: Replies::default(),
            interruption: None,
            queue: Queue::default(),
            transaction: Transaction::default(),
            open: None,
            chunks_unseen: true,
            logged_in: false,
            unplaced: None,
            from_start: false,
            undecided_login: false,
            has_gaps: false,
            upgrade: None,
            proxied_client: None,
            server_silent: false,
        }
    }

    /// Defers the client's bytes, and reads them where it is possible to decide what they are.
    fn defer(&mut self, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let has_line = bytes.contains(&b'\n');
        self.deferred.push(bytes, at);
        self.reconsider(has_line, out);
    }

    /// The client has sent more. So a reply that was postponed answered the CR LF dot CR LF: that is what the client
    /// waited for.
    fn client_goes_on(&mut self, out: &mut dyn Sink) {
        if let ClientInput::Waiting(Awaiting::EndOfData { postponed: Some(_), .. }) = &self.client {
            self.decide(out);
            self.release(out);
        }
    }

    /// Decides what the deferred bytes are, as long as that is possible now. `has_line`: among those not considered
    /// before there is a whole line.
    pub(super) fn reconsider(&mut self, mut has_line: bool, out: &mut dyn Sink) {
        while let ClientInput::Waiting(awaiting) = &self.client {
            let in_doubt = self.queue.in_doubt() || self.server_silent;
            let decide = match awaiting {
                // A line in the form of a command is one, whatever came before it; any other may be the middle of a
                // message.
                Awaiting::Opening => has_line && Command::read(&self.deferred.first_line()).is_in_form(),
                Awaiting::Content { .. } => has_line && self.deferred.is_decisive(),
                Awaiting::Reply { blind, to: AwaitedReply::Data, .. } if self.deferred.begins_with_gap() => {
                    has_line && (*blind || in_doubt) && self.deferred.is_decisive()
                }
                Awaiting::Reply { blind, .. } => has_line && (*blind || in_doubt),
                Awaiting::EndOfData { blind, .. } => has_line && (*blind || in_doubt),
                Awaiting::Octets(_) => has_line,
            };
            if !decide {
                if !self.deferred.is_full() {
                    return;
                }
                out.limit(Limit::Waiting);
                self.server_silent |= self.opening == Opening::Nothing;
            }
            self.decide(out);
            self.release(out);
            has_line = self.deferred.has_line();
        }
    }

    /// Decides what the deferred bytes are, without the reply that would.
    pub(super) fn decide(&mut self, out: &mut dyn Sink) {
        let is_command = self.deferred.is_empty() || Command::read(&self.deferred.first_line()).is_in_form();
        let decisive_command = self.deferred.is_decisive_command();
        let awaiting = match std::mem::replace(&mut self.client, ClientInput::Commands(LineContext::Nothing)) {
            ClientInput::Waiting(Awaiting::Octets(announced)) => {
                // A client that has waited for the refusal goes on with a command; at the end, it has sent no octets.
                if announced.refusal.is_none() || !is_command {
                    self.client = ClientInput::Waiting(Awaiting::Octets(announced));
                    self.take_octets(out);
                }
                return;
            }
            ClientInput::Waiting(awaiting) => awaiting,
            decided => return self.client = decided,
        };
        match awaiting {
            Awaiting::Octets(_) => {}
            // A gap comes first: whatever was in it, lines follow.
            Awaiting::Opening if is_command || self.deferred.begins_with_gap() => {}
            // The beginning is there, and the server has said nothing: whatever this is, it is no message.
            Awaiting::Opening if self.is_at_the_beginning() => {
                self.client = ClientInput::Commands(LineContext::Elsewhere);
            }
            Awaiting::Opening => self.client = ClientInput::Content(Content::in_the_middle()),
            Awaiting::Reply { step, to, blind } => {
                // The client has gone on, so it has received this reply and all before it.
                let mut exchange = None;
                if blind || self.queue.in_doubt() {
                    for mut answered in self.queue.take_through(step) {
                        // With bytes of both sides missing, the next line need not belong to this login.
                        if !is_command && self.after_gap == AfterGap::No && answered.step == Some(step) {
                            exchange = take_exchange(&mut answered.question);
                        }
                        self.unanswered(answered, out);
                    }
                } else if let Some(last) = self.queue.back_mut().filter(|last| last.step == Some(step) && !is_command) {
                    exchange = take_exchange(&mut last.question);
                }
                match to {
                    AwaitedReply::StartTls if self.deferred.first_byte().is_some_and(is_tls_record) => {
                        self.start_tls(out)
                    }
                    _ if is_command => {}
                    AwaitedReply::Data if decisive_command && self.deferred.begins_with_gap() => {}
                    // The gap that has cut DATA's line may reach into the message, and beyond it.
                    AwaitedReply::Data if self.after_gap != AfterGap::No => {
                        self.queue.commands_missing(true);
                        self.client = ClientInput::Commands(LineContext::Gap);
                    }
                    AwaitedReply::Octets(octets) if !self.deferred.begins_with_gap() => {
                        self.client = ClientInput::Xexch50(Box::new(Xexch50Octets::new(octets)));
                    }
                    AwaitedReply::StartTls | AwaitedReply::Chunk | AwaitedReply::Octets(_) => {}
                    AwaitedReply::Data => {
                        if let Some(unseen) = self.queue.no_commands_missing() {
                            self.unanswered(unseen, out);
                        }
                        self.client = ClientInput::Content(Content::after(step));
                    }
                    // Both the challenge and the response to it are missing, and perhaps more.
                    AwaitedReply::Auth if self.after_gap != AfterGap::No || self.deferred.begins_with_gap() => {
                        self.queue.commands_missing(true);
                        self.after_gap = AfterGap::Login;
                        self.client = ClientInput::Commands(LineContext::Gap);
                    }
                    AwaitedReply::Auth => self.client = ClientInput::Responding(exchange),
                }
            }
            Awaiting::Content { content } if decisive_command => self.content_ended_in_gap(*content, out),
            Awaiting::Content { content } => self.client = ClientInput::Content(content.perhaps_answered()),
            Awaiting::EndOfData { content, own, before, blind, postponed } => {
                // A server that is silent to the end has not taken the dot for the end of the content.
                let is_silent = self.deferred.is_empty() && self.is_at_the_beginning();
                if is_command && postponed.is_none() && !is_silent {
                    self.content_ends(content.ended_by(before, own, out), true, out);
                    if blind {
                        self.queue.replies_missing();
                    }
                } else {
                    self.client = ClientInput::Content(content.going_on(before, own, out));
                    self.release(out);
                }
                if let Some(reply) = postponed {
                    self.answer(*reply, out);
                }
            }
        }
    }

    /// True where the first bytes of the connection were captured, and none of either side is missing.
    pub(super) fn is_at_the_beginning(&self) -> bool {
        self.from_start && !self.has_gaps
    }

    /// Reads the deferred bytes, as far as it is decided what they are. Bytes of TLS stay deferred.
    pub(super) fn release(&mut self, out: &mut dyn Sink) {
        while !matches!(self.client, ClientInput::Waiting(_)) && self.upgrade.is_none() {
            let Some(piece) = self.deferred.pop() else { return };
            match piece {
                Deferred::Bytes { bytes, start, at } => {
                    let rest = bytes.get(start..).unwrap_or_default();
                    let mut input = Input::new(rest, at);
                    self.client_input(&mut input, out);
                    let start = bytes.len() - input.rest().len();
                    if start < bytes.len() {
                        self.deferred.put_back(Deferred::Bytes { bytes, start, at });
                    }
                }
                Deferred::Gap(missing, at) => self.gap_in(Side::Client, missing, at, out),
            }
        }
    }

    fn gap_in(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        match from {
            Side::Server => self.server_gap(missing, at, out),
            Side::Client => self.client_gap(missing, at, out),
        }
    }

    pub(super) fn tls(&self, implicit: bool) -> Upgrade {
        let client = match self.roles {
            Roles::AsConnected => Side::Client,
            Roles::Swapped => Side::Server,
        };
        Upgrade::Tls { implicit, client, early: Vec::new() }
    }

    /// The layer that begins with the next byte, if one does, with the deferred bytes, which belong to it.
    pub(super) fn take_upgrade(&mut self) -> Option<Upgrade> {
        let mut upgrade = self.upgrade.take()?;
        if let Upgrade::Tls { early, .. } = &mut upgrade {
            early.extend(std::iter::from_fn(|| self.deferred.pop()).map(Early::from));
        }
        Some(upgrade)
    }

    /// Reads the deferred bytes, and a half line at their end, as lines that are not commands to this server.
    pub(super) fn read_as(&mut self, after: LineContext, out: &mut dyn Sink) {
        self.client = ClientInput::Commands(after);
        self.release(out);
        if let Some(line) = self.line.flush() {
            self.client_line(line, out);
        }
        self.client = ClientInput::Commands(LineContext::Nothing);
    }

    /// Reports a gap as a step of its own.
    pub(super) fn tell_gap(&self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> StepId {
        out.step(Step::gap(from, missing, at))
    }
}

impl crate::protocol::Dialogue for Dialogue {
    fn held(&self) -> usize {
        self.bytes_held()
    }
    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        while !input.is_empty() && self.upgrade.is_none() {
            self.roles.with(from, out, |from, out| self.hear(from, input, out));
        }
        self.take_upgrade()
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade> {
        self.roles.with(from, out, |from, out| self.gap_of_role(from, missing, at, out));
        self.take_upgrade()
    }

    fn last_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.gap(from, missing, at, out);
    }

    fn beginning(&mut self, seen: bool) {
        self.from_start = seen;
    }

    fn header_passed(&mut self, version: u8) {
        self.replies.header_passed(version);
    }

    fn gap_in_tls(&mut self, _: Side, _: &mut dyn Sink) {
        self.has_gaps |= self.begun;
    }

    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        self.roles.with(Side::Client, out, |_, out| self.finish(out));
        self.take_upgrade()
    }
}

impl Dialogue {
    /// Reads bytes of one role, up to where the roles are swapped or TLS begins.
    fn hear(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) {
        if !std::mem::replace(&mut self.begun, true) && input.rest().first().copied().is_some_and(is_tls_record) {
            self.client = ClientInput::Commands(LineContext::Nothing);
            self.upgrade = Some(self.tls(true));
            return;
        }
        match from {
            Side::Server => self.server_input(input, out),
            Side::Client => {
                let roles = self.roles;
                self.client_speaks(out);
                self.refusal_passed(out);
                self.client_goes_on(out);
                if self.roles == roles && self.upgrade.is_none() && self.deferred.is_empty() {
                    self.client_input(input, out);
                    self.line_passed(out);
                }
                // The rest waits for a reply, unless the roles or the layer have changed.
                if self.roles == roles && self.upgrade.is_none() && !input.is_empty() {
                    let at = input.at;
                    self.defer(input.take(usize::MAX), at, out);
                }
            }
        }
    }

    /// Bytes of one role are missing.
    fn gap_of_role(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        (self.begun, self.has_gaps) = (true, true);
        if from == Side::Client {
            self.client_speaks(out);
            self.refusal_passed(out);
            self.client_goes_on(out);
            self.octets_come(out);
        }
        let in_login = matches!(self.client, ClientInput::Waiting(Awaiting::Reply { to: AwaitedReply::Auth, .. }));
        if from == Side::Client
            && (in_login && self.after_gap == AfterGap::Login && self.deferred.is_empty())
            && self.half_a_line(true, out)
        {
            // More of the same login is missing.
            self.after_gap = AfterGap::Login;
            self.queue.commands_missing(true);
            self.tell_gap(from, missing, at, out);
            return;
        }
        if self.upgrade.is_some() {
            self.deferred.push_gap(missing, at); // TLS has begun with the deferred bytes, and the gap lies in it.
        } else if from == Side::Client && matches!(self.client, ClientInput::Waiting(_)) {
            self.deferred.push_gap(missing, at);
            if let ClientInput::Waiting(Awaiting::Reply { to, blind, .. }) = self.client
                && (blind || self.queue.in_doubt())
            {
                self.queue.commands_missing(missing >= ANOTHER);
                // In a login the next line does not show what it is, so it is decided now. After DATA it shows content
                // or commands.
                self.reconsider(to != AwaitedReply::Data && self.deferred.begins_with_gap(), out);
            } else {
                self.reconsider(false, out);
            }
        } else {
            self.gap_in(from, missing, at, out);
        }
    }

    /// The session ends, or the roles are swapped: reports what was left open.
    pub(super) fn finish(&mut self, out: &mut dyn Sink) {
        self.server_ends(out);
        self.nothing_follows(out);
        loop {
            self.decide(out);
            self.release(out);
            let is_content =
                matches!(self.client, ClientInput::Waiting(Awaiting::EndOfData { .. } | Awaiting::Content { .. }));
            if self.upgrade.is_some() || self.deferred.is_empty() && !is_content {
                break;
            }
        }
        self.client_ends(out);
        if let Some(reply) = self.interruption.take().map(|reply| *reply) {
            self.answer_now(reply, out);
        }
        for pending in self.queue.take_all() {
            self.unanswered(pending, out);
        }
        self.transaction_ends(TransactionEnd::SessionOver, None, out);
    }
}

fn take_exchange(question: &mut Question) -> Option<Box<Exchange>> {
    match question {
        Question::Auth(exchange) | Question::Response(exchange) => exchange.take(),
        _ => None,
    }
}
