/*!
What lies between a connection and its dialogue: TLS, compression, both or neither.

```text
 connection ─▶ [TLS] ─▶ [deflate] ─▶ dialogue        bytes and gaps
                 ▲          ▲           │
                 └──────────┴───────────┘            Upgrade: this layer begins with the next byte
```

In front of all of them the client may send a proxy's header, or a ClientHello that the server does not expect: see
`front.rs`.

The order of the layers is fixed, whichever begins first: data are compressed, then encrypted (RFC 4978, section 3). The
dialogue says when a layer begins, or the port does ([`Stack::begin_with_tls`]).

What crosses inside TLS comes out of it where there are keys. Without them an [`Observer`] reports what can be seen from
outside, and the dialogue waits. Where plain text arrives instead of TLS (the capture was decrypted), the TLS layer is removed again.

This module also sets the [`Channel`] that each of the dialogue's steps crossed in.
*/

mod deflate;
mod front;
#[cfg(test)]
mod front_tests;
#[cfg(test)]
mod tests;

use super::dialogue::{Dialogue, Early, Upgrade};
use super::event::{Channel, Sink, Step, StepId, TlsFact, forward};
use super::framing::Input;
use super::tls::{Keys, Observer, Opened, Outcome};
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use deflate::{Bound, Inflater};
use front::{Front, Opening};
use std::sync::Arc;

/// The layers of a connection, and the dialogue on top of them.
#[derive(Debug)]
pub struct Stack {
    front: Front,
    tls: Option<Box<Observer>>,
    /// TLS that the client has begun and the server has not answered, or does not understand.
    offered: Option<Box<Observer>>,
    /// The server has sent something.
    server_spoke: bool,
    /// Secrets of TLS, where there are any.
    keys: Option<Arc<dyn Keys>>,
    inner: Inner,
}

impl Stack {
    /// A connection that begins in the clear.
    pub fn new(dialogue: impl Dialogue + 'static) -> Self {
        Self {
            front: Front::default(),
            tls: None,
            offered: None,
            server_spoke: false,
            keys: None,
            inner: Inner { deflate: None, dialogue: Box::new(dialogue), channel: Channel::Clear },
        }
    }

    /// Reads on inside TLS with the secrets that `keys` has. To be called before anything else.
    pub fn with_keys(self, keys: Option<Arc<dyn Keys>>) -> Self {
        Self { keys, ..self }
    }

    /// TLS from the first byte (RFC 8314).
    pub fn begin_with_tls(&mut self, out: &mut dyn Sink) {
        self.tls = Some(Box::new(Observer::implicit(out).with_keys(self.keys.as_ref())));
    }

    /// Plain text that crossed inside TLS, which began with the connection (`implicit`) or in a way that the capture does
    /// not have: a STARTTLS is told only where one is seen.
    pub fn begin_decrypted(&mut self, implicit: bool, out: &mut dyn Sink) {
        if implicit {
            out.tls(TlsFact::Implicit);
        }
        out.tls(TlsFact::Decrypted);
        self.inner.channel = Channel::Decrypted;
    }

    /// Whether the beginning of the connection is in the capture. Called before any data, if at all.
    pub fn beginning(&mut self, seen: bool) {
        self.inner.dialogue.beginning(seen);
    }

    /// Bytes that were inflated: many more may be held of them than crossed.
    pub fn inflated(&self) -> u64 {
        self.inner.deflate.as_ref().map_or(0, |inflaters| inflaters.iter().map(Inflater::inflated).sum())
    }

    /// Bytes that the layers and the dialogue hold: known at once, and no more than estimated.
    pub fn held(&self) -> usize {
        let observers = [&self.tls, &self.offered].into_iter().flatten().map(|observer| observer.held()).sum::<usize>();
        let inflaters = self.inner.deflate.as_ref().map_or(0, |inflaters| inflaters.iter().map(Inflater::held).sum());
        self.front.held() + observers + inflaters + self.inner.dialogue.held()
    }

    /// Bytes that `from` sent.
    pub fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        match from {
            Side::Client if self.front.is_watching() => {
                let may_greet = self.tls.is_none() && self.inner.channel == Channel::Clear;
                if self.front.is_passed_by(bytes, may_greet) {
                    return self.client_data(bytes, at, out);
                }
                let (pieces, is_hello) = match self.front.data(bytes, at, may_greet, out) {
                    Opening::More => (Vec::new(), false),
                    Opening::Dialogue(pieces) => (pieces, false),
                    Opening::Hello(pieces) => (pieces, true),
                };
                if let Some(version) = self.front.just_told()
                    && self.tls.is_none()
                {
                    self.inner.dialogue.header_passed(version);
                }
                if is_hello {
                    self.offered = Some(Box::new(Observer::default().with_keys(self.keys.as_ref())));
                }
                for (bytes, at) in pieces {
                    self.client_data(&bytes, at, out);
                }
            }
            Side::Client => self.client_data(bytes, at, out),
            Side::Server => self.server_data(bytes, at, out),
        }
    }

    /// Bytes of the client behind a proxy's header.
    fn client_data(&mut self, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        if let Some(offered) = &mut self.offered {
            if !offered.turns_to_text(Side::Client, bytes) {
                let mut refusable = self.front.refusable();
                // Until the server answers nothing is opened.
                let mut input = Input::new(bytes, at);
                front::greets(&mut refusable, out, |out| offered.data(Side::Client, &mut input, out));
                return self.front.put_back(refusable);
            }
            offered.end(out);
            self.offered = None;
        }
        self.front.client_goes_on();
        if self.tls.is_some() && !self.server_spoke {
            let mut refusable = None;
            front::greets(&mut refusable, out, |out| self.below(Side::Client, bytes, at, out));
            self.front.put_back(refusable);
        } else {
            self.below(Side::Client, bytes, at, out);
        }
    }

    fn server_data(&mut self, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let spoke = std::mem::replace(&mut self.server_spoke, true);
        let is_tls = bytes.first().is_some_and(|byte| matches!(byte, 20..=23));
        if is_tls && let Some(offered) = self.offered.take() {
            // Where the server has spoken plain text before, the exchange that agreed upon TLS was not captured.
            out.tls(if spoke { TlsFact::StartTls } else { TlsFact::Implicit });
            self.tls = Some(offered);
        } else if !spoke
            && bytes.first().is_some_and(|byte| byte.is_ascii_graphic())
            && let Some(observer) = self.tls.take_if(|observer| observer.is_offer())
        {
            out.tls(TlsFact::Declined);
            self.offered = Some(observer);
        }
        let mut refusable = self.front.refusable();
        front::heed(&mut refusable, out, |out| self.below(Side::Server, bytes, at, out));
        self.front.put_back(refusable);
    }

    /// Bytes for the layers of the connection.
    fn below(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let mut input = Input::new(bytes, at);
        while !input.is_empty() || self.tls.is_some() {
            if let Some(observer) = &mut self.tls {
                match observer.data(from, &mut input, out) {
                    Outcome::Taken => return,
                    Outcome::Opened => {
                        self.read_opened(out);
                        continue;
                    }
                    Outcome::Plain => {
                        self.tls = None;
                        self.inner.channel = Channel::Decrypted;
                    }
                }
            }
            if let Some(upgrade) = self.inner.read(from, &mut input, out) {
                self.upgrade(upgrade, out);
            }
        }
    }

    /// Hands what TLS has opened over to the layers inside.
    fn read_opened(&mut self, out: &mut dyn Sink) {
        let Some(observer) = &mut self.tls else { return };
        let inner = &mut self.inner;
        while let Some((from, opened)) = observer.next_opened() {
            inner.channel = Channel::Decrypted;
            match opened {
                Opened::Data(bytes, pieces) => {
                    let mut rest = &bytes[..];
                    for (length, at) in pieces {
                        let (piece, after) = rest.split_at(length.min(rest.len()));
                        rest = after;
                        let mut input = Input::new(piece, at);
                        while !input.is_empty() {
                            inner.read_inside(from, &mut input, out);
                        }
                    }
                }
                Opened::Gap(missing, at) => {
                    if let Some(Upgrade::Deflate) = inner.gap(from, missing, at, out) {
                        inner.deflate = Some(Box::default());
                    }
                }
                Opened::LastGap(missing, at) => {
                    inner.tell(out, |dialogue, out| dialogue.last_gap(from, missing, at, out));
                }
            }
        }
    }

    /// `missing` bytes that `from` sent are not in the capture.
    pub fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if from == Side::Server {
            self.server_spoke = true;
        } else if self.front.is_watching() {
            let (pieces, is_of_layers) = self.front.gap(missing, at, out);
            for (bytes, at) in pieces {
                self.client_data(&bytes, at, out);
            }
            if !is_of_layers {
                return;
            }
        }
        if from == Side::Client {
            self.front.client_goes_on();
            if let Some(offered) = &mut self.offered {
                return offered.gap(from, missing, at, out);
            }
        }
        self.gap_below(from, missing, at, out);
    }

    fn gap_below(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if let Some(observer) = &mut self.tls {
            if !observer.reads_on_after_gap(from, missing, at) {
                self.inner.tell(out, |dialogue, out| dialogue.gap_in_tls(from, out));
            }
            observer.gap(from, missing, at, out);
        } else if let Some(upgrade) = self.inner.gap(from, missing, at, out) {
            self.upgrade(upgrade, out);
        }
    }

    /// The connection is over: reports what is still open.
    pub fn end(&mut self, out: &mut dyn Sink) {
        for (bytes, at) in self.front.end(out) {
            self.client_data(&bytes, at, out);
        }
        if let Some(mut offered) = self.offered.take() {
            if !self.server_spoke {
                // Nothing of the server was seen, so nothing speaks against what the client has begun.
                out.tls(TlsFact::Implicit);
            }
            offered.end(out);
        }
        self.end_tls(out);
        if let Some(upgrade) = self.inner.end(out) {
            self.upgrade(upgrade, out);
            self.end_tls(out);
        }
    }

    fn end_tls(&mut self, out: &mut dyn Sink) {
        while let Some(observer) = &mut self.tls {
            match observer.close(out) {
                Outcome::Opened => self.read_opened(out),
                Outcome::Taken | Outcome::Plain => return observer.end(out),
            }
        }
    }

    fn upgrade(&mut self, upgrade: Upgrade, out: &mut dyn Sink) {
        match upgrade {
            Upgrade::Deflate => self.inner.deflate = Some(Box::default()),
            Upgrade::Tls { implicit, client, early } => {
                let observer = if implicit { Observer::implicit(out) } else { Observer::after_starttls(out) };
                self.tls = Some(Box::new(observer.with_client(client).with_keys(self.keys.as_ref())));
                for early in early {
                    match early {
                        Early::Data(bytes, at) => self.below(client, &bytes, at, out),
                        Early::Gap(missing, at) => self.gap_below(client, missing, at, out),
                    }
                }
            }
        }
    }
}

/// The layers inside TLS, or directly on the connection where there is no TLS.
#[derive(Debug)]
struct Inner {
    deflate: Option<Box<[Inflater; 2]>>,
    dialogue: Box<dyn Dialogue>,
    /// The channel that the dialogue's bytes crossed in.
    channel: Channel,
}

impl Inner {
    /// Reads `input` up to where another layer begins. Inside compression no layer does: the dialogue reads on.
    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Upgrade> {
        let Some(inflaters) = &mut self.deflate else {
            return self.tell(out, |dialogue, out| dialogue.read(from, input, out));
        };
        let (at, dialogue) = (input.at, &mut self.dialogue);
        inside(self.channel, out, |out| {
            let bound = inflaters[from as usize].inflate(input, |plain| {
                let mut plain = Input::new(plain, at);
                while dialogue.read(from, &mut plain, out).is_some() {}
            });
            if bound == Bound::Reached {
                out.limit(Limit::InflatedBytes);
            }
        });
        None
    }

    /// Reads a piece of `input` that was opened. Inside TLS compression may begin, and no other layer.
    fn read_inside(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) {
        if let Some(Upgrade::Deflate) = self.read(from, input, out) {
            self.deflate = Some(Box::default());
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> Option<Upgrade> {
        match &mut self.deflate {
            None => self.tell(out, |dialogue, out| dialogue.gap(from, missing, at, out)),
            Some(inflaters) => {
                inflaters[from as usize].desynchronise();
                self.tell(out, |dialogue, out| dialogue.last_gap(from, missing, at, out));
                None
            }
        }
    }

    fn end(&mut self, out: &mut dyn Sink) -> Option<Upgrade> {
        for from in [Side::Client, Side::Server] {
            if let Some(inflaters) = &mut self.deflate {
                inside(self.channel, out, |out| inflaters[from as usize].tell(from, out));
            }
        }
        self.tell(out, |dialogue, out| dialogue.end(out))
    }

    /// Calls `tell` with the dialogue and a sink that sets the channel of each step.
    fn tell<T>(&mut self, out: &mut dyn Sink, tell: impl FnOnce(&mut dyn Dialogue, &mut dyn Sink) -> T) -> T {
        inside(self.channel, out, |out| tell(&mut *self.dialogue, out))
    }
}

/// Calls `tell` with a sink that sets the channel of each step.
fn inside<T>(channel: Channel, out: &mut dyn Sink, tell: impl FnOnce(&mut dyn Sink) -> T) -> T {
    match channel {
        Channel::Clear => tell(out),
        _ => tell(&mut Inside(out, channel)),
    }
}

/// A sink that sets the channel of each step and hands it on.
struct Inside<'a>(&'a mut dyn Sink, Channel);

impl Sink for Inside<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        self.0.step(Step { channel: self.1, ..step })
    }

    forward! {
        credential message content content_mark content_missing content_step content_part unique_id content_end
        message_outcome transaction client_name banner capabilities tls proxied limit
    }
}
