/*!
The state of a POP3 session (RFC 1939, section 3), and of the two streams underneath.

```text
            greeting            PASS, APOP, AUTH: +OK               QUIT
 (nothing) ─────────▶ Authorization ─────────────────▶ Transaction ─────▶ Update
                        │      ▲
             STLS: +OK  ▼      │ plain text after all (the capture was decrypted)
                        TLS ───┘
```

What the client says is told in `client.rs`, what the server answers in `server.rs`.
*/

use super::content::Content;
use super::maildrop::Maildrop;
use super::multi_line::{Lines, MultiLineReply};
use super::queue::Queue;
use super::{State, Subject, What};
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol;
use crate::protocol::event::{self, Delivery, Kind, MessageOutcome, Packets, Sink, Step, StepId};
use crate::protocol::framing::{Framer, Input, Line};
use crate::protocol::tls::{Observer, Outcome};

/// A POP3 session.
#[derive(Debug, Default)]
pub struct Dialogue {
    layer: Layer,
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
    /// A line of the server was captured.
    pub(super) heard: bool,
    /// Something of the client was captured, or is known to be missing.
    pub(super) client_heard: bool,
    pub(super) maildrop: Maildrop,
    /// The timestamp of the greeting (RFC 1939, section 7).
    pub(super) timestamp: Option<Vec<u8>>,
    /// What USER said, and its step.
    pub(super) user: Option<(StepId, Vec<u8>)>,
}

/// What the streams carry.
#[derive(Debug, Default)]
enum Layer {
    #[default]
    Plain,
    /// TLS from the first byte, of which none was seen yet.
    TlsFromStart,
    Tls(Box<Observer>),
}

/// What the server is saying.
#[derive(Debug, Default)]
pub(super) enum Saying {
    /// Status lines.
    #[default]
    Replies,
    /// The lines of a reply.
    MultiLine(Box<MultiLineReply>),
    /// A message.
    Content(Content),
    /// Lines that are no reply to anything.
    Rubbish(Lines),
}

impl Dialogue {
    /// A session that begins in the clear (port 110).
    pub fn new() -> Self {
        Self::default()
    }

    /// A session inside TLS from the first byte (port 995). Where the capture was decrypted, it is read.
    pub fn inside_tls() -> Self {
        Self { layer: Layer::TlsFromStart, ..Self::default() }
    }

    /// STLS was accepted. What the client sent behind it in the clear is thrown away by the server (RFC 2595, section
    /// 4), and so is what it knew of the client.
    pub(super) fn begin_tls(&mut self, out: &mut dyn Sink) {
        self.flush(Side::Client, out);
        self.end_of_saying(false, out);
        self.queue.resolve(out);
        (self.user, self.client_follows_gap) = (None, false);
        self.layer = Layer::Tls(Box::new(Observer::after_starttls(out)));
    }

    /// Ends a half-read line where it stands.
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

    fn observer(&mut self, out: &mut dyn Sink) -> Option<&mut Observer> {
        if let Layer::TlsFromStart = self.layer {
            self.layer = Layer::Tls(Box::new(Observer::implicit(out)));
        }
        match &mut self.layer {
            Layer::Tls(observer) => Some(observer),
            _ => None,
        }
    }
}

impl protocol::Dialogue for Dialogue {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let mut input = Input::new(bytes, at);
        while !input.is_empty() {
            if let Some(observer) = self.observer(out) {
                match observer.data(from, input.rest(), at, out) {
                    Outcome::Taken => return,
                    Outcome::Plain => self.layer = Layer::Plain,
                }
            }
            match from {
                Side::Client => self.client_data(&mut input, out),
                Side::Server => self.server_data(&mut input, out),
            }
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if let Some(observer) = self.observer(out) {
            return observer.gap(from, missing, at, out);
        }
        self.client_heard |= from == Side::Client;
        self.flush(from, out);
        match from {
            Side::Client => self.client_gap(missing, at, out),
            Side::Server => self.server_gap(missing, at, out),
        }
        let said = Said { text: b"", bytes: missing, packets: Packets::one(at.packet), time: at.time };
        out.step(said.step(from, Kind::Gap, event::Subject::Gap(missing)));
    }

    fn end(&mut self, out: &mut dyn Sink) {
        if let Layer::Tls(observer) = &mut self.layer {
            observer.end(out);
        }
        self.flush(Side::Server, out);
        self.end_of_saying(false, out);
        self.flush(Side::Client, out);
        if let Some(upload) = self.upload.take() {
            let (message, steps) = upload.end(false, self.state, out);
            let outcome = Some(Delivery::Unknown);
            out.message_outcome(message, MessageOutcome { outcome, steps, ..MessageOutcome::default() });
        }
        self.queue.resolve(out);
    }
}

/// What a step is made of.
pub(super) struct Said<'a> {
    pub text: &'a [u8],
    pub bytes: u64,
    pub packets: Packets,
    pub time: Time,
}

impl<'a> Said<'a> {
    pub fn line(line: &'a Line<'_>) -> Self {
        Self { text: &line.bytes, bytes: line.wire_len, packets: line.packets.clone(), time: line.time }
    }

    pub fn lines(lines: &'a Lines) -> Self {
        Self { text: &lines.text, bytes: lines.bytes, packets: lines.packets.clone(), time: lines.time }
    }

    pub fn step(self, from: Side, kind: Kind, subject: event::Subject) -> Step<'a> {
        Step { text: self.text, ..Step::of(from, kind, subject, self.time, self.packets, self.bytes) }
    }
}

/// A step's subject.
pub(super) fn subject(state: State, what: What) -> event::Subject {
    event::Subject::Pop3(Subject { state, what })
}
