/*!
The state of a POP3 session (RFC 1939, section 3).

```text
            greeting            PASS, APOP, AUTH: +OK               QUIT
 (nothing) ─────────▶ Authorization ─────────────────▶ Transaction ─────▶ Update
                        │      ▲
             STLS: +OK  ▼      │ what can be read inside
                        TLS ───┘
```

`client.rs` reads what the client sends, `server.rs` what the server answers.
*/

use super::State;
use super::content::Content;
use super::maildrop::Maildrop;
use super::multi_line::{Lines, MultiLineReply};
use super::queue::{Queue, Unplaced};
use crate::flow::{PacketRef, Side};
use crate::limits::{heap, of_list};
use crate::protocol::event::{Credential, Delivery, MessageOutcome, Sink, Step, StepId};
use crate::protocol::framing::{Framer, Input, Line};
use crate::protocol::proxy::header::Refusals;
use crate::protocol::{self, Upgrade};

/// A POP3 session.
#[derive(Debug, Default)]
pub struct Dialogue {
    pub(super) state: State,
    pub(super) queue: Queue,
    pub(super) client: Framer,
    /// The client's next bytes follow a gap: they may be the end of a line.
    pub(super) client_follows_gap: bool,
    /// The server has sent a challenge to an AUTH that was not captured.
    pub(super) prompted_by_unseen: bool,
    /// XTND XMIT: the client sends a message.
    pub(super) upload: Option<Content>,
    pub(super) server: Framer,
    pub(super) saying: Saying,
    /// Bytes that are missing where the server's next reply was due.
    pub(super) server_missing: u64,
    /// The beginning of the connection is not in the capture.
    pub(super) in_the_middle: bool,
    /// A line of the server was captured.
    pub(super) heard: bool,
    /// Something of the client was captured, or is known to be missing.
    pub(super) client_heard: bool,
    /// The client's next line is the first of it in the capture, which does not begin with it.
    pub(super) unseen_before: bool,
    pub(super) maildrop: Maildrop,
    /// The timestamp of the greeting (RFC 1939, section 7).
    pub(super) timestamp: Option<Vec<u8>>,
    /// The step of USER, and the name.
    pub(super) user: Option<User>,
    /// The server has accepted it.
    pub(super) is_user_accepted: bool,
    /// The USERs before it.
    pub(super) users: Option<Box<Users>>,
    /// What the server says to a proxy's header.
    pub(super) of_header: Refusals,
    /// The attempt whose USER was refused, until the client goes on.
    pub(super) refused_user: Option<Box<Credential>>,
    /// What may be a part of a login whose command is not in the capture.
    pub(super) unplaced: Option<Unplaced>,
    /// The layer that begins with the next byte.
    pub(super) upgrade: Option<Upgrade>,
}

/// The step of a USER, and its name.
pub(super) type User = (StepId, Box<[u8]>);

/// What is known of USERs before the last one.
#[derive(Debug, Default)]
pub(super) struct Users {
    /// The last that the server accepted: its name stands where it refuses another one since there is a name.
    pub(super) standing: Option<User>,
    /// Those that were sent before the reply to the one before them came.
    pub(super) in_flight: Vec<User>,
}

impl Users {
    fn held(&self) -> usize {
        let names = self.standing.iter().chain(&self.in_flight).map(|(_, name)| heap(name.len()));
        heap(size_of::<Self>()) + of_list(&self.in_flight) + names.sum::<usize>()
    }
}

/// What the server is sending.
#[derive(Debug, Default)]
pub(super) enum Saying {
    /// Status lines.
    #[default]
    Replies,
    /// A `+OK`, until what comes next shows which command it answers.
    Held(Box<Line<'static>>),
    /// The lines of a reply.
    MultiLine(Box<MultiLineReply>),
    /// A message.
    Content(Content),
    /// Lines that are not a reply.
    Rubbish(Lines),
    /// An `-ERR` that answers no command: the last word, unless more comes.
    MaybeFarewell(Lines, Option<Box<str>>),
}

impl Dialogue {
    /// A session of which nothing was seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// STLS was accepted. The server discards what the client sent after it in the clear (RFC 2595, section 4), and
    /// what it knew of the client.
    pub(super) fn begin_tls(&mut self, out: &mut dyn Sink) {
        self.flush(Side::Client, out);
        self.end_of_saying(false, out);
        self.refused_user_ends(None, out);
        self.queue.resolve(out);
        (self.user, self.users, self.client_follows_gap) = (None, None, false);
        self.upgrade = Some(Upgrade::start_tls());
    }

    /// Reads a half-read line as it stands.
    fn flush(&mut self, from: Side, out: &mut dyn Sink) {
        match from {
            Side::Client => {
                if let Some(line) = self.client.flush() {
                    self.client_line(&line, out);
                }
            }
            Side::Server => {
                if let Some(line) = self.server.flush() {
                    self.server_line(&line, out);
                }
            }
        }
    }
}

impl protocol::Dialogue for Dialogue {
    fn held(&self) -> usize {
        let saying = match &self.saying {
            Saying::Replies | Saying::Content(_) => 0,
            Saying::Held(line) => heap(line.bytes.len()),
            Saying::MultiLine(reply) => of_list(&reply.lines.text),
            Saying::Rubbish(lines) | Saying::MaybeFarewell(lines, _) => of_list(&lines.text),
        };
        heap(size_of::<Self>())
            + self.client.held()
            + self.server.held()
            + self.queue.held()
            + self.maildrop.held()
            + self.users.as_ref().map_or(0, |users| users.held())
            + saying
    }

    fn beginning(&mut self, seen: bool) {
        self.in_the_middle = !seen;
    }

    fn header_passed(&mut self, version: u8) {
        self.of_header = Refusals::Awaited(version);
    }

    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        while !input.is_empty() && self.upgrade.is_none() {
            match from {
                Side::Client => self.client_data(input, out),
                Side::Server => self.server_data(input, out),
            }
        }
        self.upgrade.take()
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade> {
        self.client_heard |= from == Side::Client;
        self.flush(from, out);
        self.settle(out);
        match from {
            Side::Client => self.client_gap(missing, at, out),
            Side::Server => self.server_gap(missing, at, out),
        }
        out.step(Step::gap(from, missing, at));
        self.upgrade.take()
    }

    fn last_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        self.gap(from, missing, at, out);
    }

    fn gap_in_tls(&mut self, _: Side, _: &mut dyn Sink) {}

    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        self.flush(Side::Server, out);
        self.settle_at_the_end(out);
        self.farewell(out);
        self.end_of_saying(false, out);
        self.flush(Side::Client, out);
        if let Some(upload) = self.upload.take() {
            let (message, steps) = upload.end(false, self.state, out);
            let outcome = MessageOutcome { outcome: Some(Delivery::Unknown), steps, ..MessageOutcome::default() };
            message.into_iter().for_each(|message| out.message_outcome(message, outcome.clone()));
        }
        self.refused_user_ends(None, out);
        self.queue.resolve(out);
        self.upgrade.take()
    }
}
