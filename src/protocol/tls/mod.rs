/*!
TLS: records, hellos, certificates, alerts (RFC 8446, RFC 5246), and what is inside, where there are keys.

An [`Observer`] is a TLS layer of the [channel](super::channel): it receives every byte, until it finds that the bytes are
not TLS at all. Given [`Keys`], it hands over what it opens:

```text
 bytes, gaps ─▶ Stream ─▶ record ─▶ Direction ─▶ content ─▶ dialogue
                  ▲                     ▲  │
        Search ───┘     hellos ─▶ Decryptor └─▶ TLS's own messages
```

Messages in the clear are emitted as they come: hellos, certificates and alerts a step each, everything else of a flight
(key exchange, ChangeCipherSpec) folded into one. Encrypted records are one step for each direction, emitted at the end:
only then is their length known, and a step for each of a thousand records would bury the table.
*/

pub mod alert;
mod certificate;
mod cipher;
mod decryptor;
mod direction;
mod handshake;
mod inside;
mod ja4;
pub mod key_log;
pub mod key_ring;
pub mod keys;
mod loss;
mod opener;
pub mod private_key;
mod record;
pub mod resumption;
mod schedule;
mod search;
mod suite;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod waiting;

pub use super::event::tls::Subject;

pub use decryptor::Opened;
pub use keys::Keys;

use super::event::{Channel, Kind, Sink, Step, TlsFact};
use super::framing::Input;
use super::span::Span;
use crate::flow::{PacketRef, Side};
use crate::limits::{Limit, heap, of_list};
use decryptor::Decryptor;
use record::{ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, Head, Piece, RECORD_BYTES, SSL2, Stream};
use std::sync::Arc;

/// Whether a client's first bytes are a ClientHello, in a record (RFC 8446, section 5.1) or in the format of SSL 2.0
/// (RFC 5246, appendix E.2); `None` where too few have come to tell.
pub fn client_hello(said: &[u8]) -> Option<bool> {
    match *said {
        [] => None,
        [HANDSHAKE, ref rest @ ..] => match *rest {
            [3, _, high, low, kind, ..] => {
                let length = u16::from_be_bytes([high, low]);
                Some(kind == handshake::CLIENT_HELLO && (1..=RECORD_BYTES).contains(&length))
            }
            [3, ..] | [] => None,
            _ => Some(false),
        },
        [high, ref rest @ ..] if high & SSL2 != 0 => match *rest {
            [_, handshake::CLIENT_HELLO, major, minor, ..] => Some(matches!((major, minor), (3, _) | (0, 2))),
            [] | [_] | [_, handshake::CLIENT_HELLO] | [_, handshake::CLIENT_HELLO, 0 | 3] => None,
            _ => Some(false),
        },
        _ => Some(false),
    }
}

/// What an [`Observer`] found the bytes to be that it received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// They belong to TLS, and were taken.
    Taken,
    /// Something inside was opened: it is to be [taken](Observer::next_opened), and the call to be made again with what is
    /// left of the bytes, if only nothing.
    Opened,
    /// They are plain text where TLS should have begun: the capture was decrypted, or TLS never came. None was taken;
    /// the layer ends, in both directions, and the observer is not called again.
    Plain,
}

/// Bytes of plain text within TLS that are kept as a step's text.
const TEXT_BYTES: usize = 1_000;

/// The longest record of TLS 1.3 that holds an alert and no padding: level, description, content type, and a tag.
const ENCRYPTED_ALERT_BYTES: u16 = 2 + 1 + 16;

/// Watches a TLS connection from outside.
#[derive(Debug, Default)]
pub struct Observer {
    /// TLS's client is the connection's server.
    swapped: bool,
    /// The server has agreed to TLS, in plain text.
    agreed: bool,
    begun: bool,
    /// The version negotiated, as far as it is known.
    version: Option<u16>,
    /// A ClientHello was read, and its facts emitted.
    introduced: bool,
    /// The keys are in use in both directions, as was told.
    established: bool,
    client: Stream,
    server: Stream,
    /// Messages folded into one step, which is not emitted yet.
    run: Option<Run>,
    /// Where the encrypted records were, the direction that began first at the front.
    encrypted: Vec<(Side, Span)>,
    /// What is read now was opened.
    is_inside: bool,
    /// What opens records, where there are keys.
    decryptor: Option<Box<Decryptor>>,
}

/// Messages of one side that are folded into one step.
#[derive(Debug)]
struct Run {
    from: Side,
    subject: Subject,
    is_inside: bool,
    span: Span,
    text: Vec<u8>,
}

impl Observer {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let run = self.run.as_ref().map_or(0, |run| of_list(&run.text) + run.span.packets.weight());
        let spans: usize = self.encrypted.iter().map(|(_, span)| span.packets.weight()).sum();
        let decryptor = self.decryptor.as_ref().map_or(0, |decryptor| decryptor.held());
        heap(size_of::<Self>())
            + run
            + spans
            + of_list(&self.encrypted)
            + self.client.held()
            + self.server.held()
            + decryptor
    }

    /// Looks for this connection's secrets in `keys`.
    pub fn with_keys(self, keys: Option<&Arc<dyn Keys>>) -> Self {
        Self { decryptor: keys.map(|keys| Box::new(Decryptor::new(Arc::clone(keys)))), ..self }
    }

    /// TLS from the first byte.
    pub fn implicit(out: &mut dyn Sink) -> Self {
        out.tls(TlsFact::Implicit);
        Self::default()
    }

    /// TLS after a STARTTLS or STLS that the server accepted.
    pub fn after_starttls(out: &mut dyn Sink) -> Self {
        out.tls(TlsFact::StartTls);
        Self { agreed: true, ..Self::default() }
    }

    /// Only TLS's client has sent anything.
    pub fn is_offer(&self) -> bool {
        self.begun && self.introduced && self.version.is_none() && self.server.has_sent_nothing()
    }

    /// Whether `from`, which has sent TLS so far, goes on in plain text with `bytes`.
    pub fn turns_to_text(&mut self, from: Side, bytes: &[u8]) -> bool {
        self.begun && self.stream(from).is_between_records() && self.stream(from).reads_like_text(bytes)
    }

    /// Sets which side of the connection is TLS's client: the server, where SMTP has swapped the roles.
    pub fn with_client(self, client: Side) -> Self {
        Self { swapped: client == Side::Server, ..self }
    }

    /// Bytes that `from` sent.
    pub fn data(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Outcome {
        if self.decryptor.is_some() { self.data_with_keys(from, input, out) } else { self.read(from, input, out) }
    }

    fn read(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Outcome {
        if input.is_empty() {
            return Outcome::Taken;
        }
        if let Some(outcome) = self.plain(from, input, out) {
            return outcome;
        }
        while !input.is_empty() {
            self.piece(from, input, out);
        }
        Outcome::Taken
    }

    /// Looks whether TLS begins at all with what `from` sends.
    fn plain(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Option<Outcome> {
        if !self.begun && self.stream(from).reads_like_text(input.rest()) {
            // TLS's client speaks first, in TLS and inside it. What its server says before that crossed in the clear.
            if self.agreed && self.role(from) == Side::Server {
                let (bytes, at) = (input.take(usize::MAX), input.at);
                self.stream(from).span.add(bytes.len() as u64, at);
                self.fold(from, Subject::NotTls, bytes, out);
                return Some(Outcome::Taken);
            }
            self.flush(out);
            out.tls(TlsFact::Decrypted);
            return Some(Outcome::Plain);
        }
        self.begun = true;
        None
    }

    /// Reads a piece of what `from` sent, of at most one record.
    fn piece(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) {
        let at = input.at;
        match self.stream(from).next(input) {
            Piece::More => {}
            Piece::Body { head, bytes } => self.body(from, head, bytes, at, out),
            Piece::Searched(bytes) => self.search(from, bytes, at, false, out),
            Piece::NotRecords { text, bytes } => self.not_records(from, text, bytes, at, out),
        }
    }

    /// `missing` bytes that `from` sent are not in the capture.
    pub fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if !self.holds_gap(from, missing, at, out) {
            self.gap_now(from, missing, at, out);
        }
    }

    fn gap_now(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        if self.gap_with_keys(from, missing, at) {
            return;
        }
        if let Some(decryptor) = &mut self.decryptor {
            decryptor.handshake_broken();
        }
        self.half_read(from, out);
        self.flush(out);
        self.stream(from).gap(missing);
        out.step(Step { channel: Channel::Tls, ..Step::gap(from, missing, at) });
    }

    /// The connection is over: emits the steps that have waited for more.
    pub fn end(&mut self, out: &mut dyn Sink) {
        let client = self.role(Side::Client);
        self.half_read(client, out);
        self.half_read(client.other(), out);
        self.flush(out);
        let is_encrypted = !self.encrypted.is_empty();
        for (from, span) in std::mem::take(&mut self.encrypted) {
            out.step(step(from, Subject::Encrypted, span));
        }
        if let Some(fact) = self.decryptor.as_ref().and_then(|decryptor| decryptor.why_not(is_encrypted)) {
            out.tls(fact);
        }
    }

    /// The role in TLS of a side of the connection, and the side that has a role in TLS.
    fn role(&self, side: Side) -> Side {
        if self.swapped { side.other() } else { side }
    }

    fn stream(&mut self, from: Side) -> &mut Stream {
        match self.role(from) {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Some of a record's body.
    fn body(&mut self, from: Side, head: Head, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let Head { kind, length, .. } = head;
        let stream = self.stream(from);
        stream.goes_on_with_hello(head, bytes);
        match kind {
            HANDSHAKE if !stream.ciphered && !stream.broken => {
                let mut bytes = bytes;
                while !bytes.is_empty() {
                    if let Some((kind, body)) = self.stream(from).handshake_message(&mut bytes, at, out) {
                        self.message(from, kind, &body, at, out);
                    }
                }
            }
            _ => {
                stream.span.add(bytes.len() as u64, at);
                match kind {
                    HANDSHAKE if !stream.ciphered => self.fold(from, Subject::Handshake, b"", out),
                    SSL2 if stream.is_between_records() => self.tell(from, Subject::ClientHello, out),
                    SSL2 => {}
                    CHANGE_CIPHER_SPEC if !stream.ciphered => self.change_cipher_spec(from, at, out),
                    ALERT if !stream.ciphered && length == 2 => self.alert(from, bytes, out),
                    _ => {
                        self.uses_keys(from, kind, length, out);
                        self.protected(from, head, bytes, at, out);
                    }
                }
            }
        }
    }

    /// A whole handshake message, which ended in packet `at`.
    fn message(&mut self, from: Side, kind: u8, body: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let role = self.role(from);
        if let Some(decryptor) = &mut self.decryptor {
            if (role, kind) == (Side::Client, handshake::CLIENT_HELLO)
                && let Some(hello) = handshake::client_hello(body)
            {
                decryptor.client_hello(&hello);
            }
            decryptor.message(kind, body);
        }
        match (role, kind) {
            (Side::Client, handshake::CLIENT_HELLO) => {
                // The ClientHello that answers a HelloRetryRequest says nothing new.
                if let Some(hello) = handshake::client_hello(body).filter(|_| !self.introduced) {
                    self.introduced = true;
                    introduce(&hello, out);
                }
                self.tell(from, Subject::ClientHello, out);
            }
            (Side::Server, handshake::SERVER_HELLO) => match handshake::server_hello(body) {
                Some(hello) if hello.retry => {
                    self.version = Some(hello.version);
                    // Early data was sent after a ChangeCipherSpec; the second ClientHello is in the clear again.
                    self.client.ciphered = false;
                    if let Some(decryptor) = &mut self.decryptor {
                        decryptor.retry();
                    }
                    self.tell(from, Subject::HelloRetryRequest, out);
                }
                hello => {
                    if let Some(hello) = hello {
                        self.version = Some(hello.version);
                        if let Some(decryptor) = &mut self.decryptor {
                            decryptor.server_hello(&hello, at);
                        }
                        out.tls(TlsFact::Version(handshake::version_name(hello.version)));
                        out.tls(TlsFact::Cipher(cipher::name(hello.cipher)));
                        if let Some(protocol) = hello.alpn {
                            out.tls(TlsFact::Alpn(protocol.to_vec()));
                        }
                    }
                    self.tell(from, Subject::ServerHello, out);
                }
            },
            (_, handshake::CERTIFICATE) => {
                let own = handshake::own_certificate(body, self.version).filter(|_| role == Side::Server);
                if let Some(certificate) = own.and_then(certificate::parse) {
                    out.tls(TlsFact::Certificate(Box::new(certificate)));
                }
                self.tell(from, Subject::Certificate, out);
            }
            _ if self.is_inside => self.message_inside(from, kind, body, out),
            _ => self.fold(from, Subject::Handshake, b"", out),
        }
    }

    /// Up to TLS 1.2 all that follows is encrypted. In TLS 1.3 it means nothing (RFC 8446, appendix D.4): encrypted
    /// records have a type of their own there.
    fn change_cipher_spec(&mut self, from: Side, at: PacketRef, out: &mut dyn Sink) {
        self.fold(from, Subject::Handshake, b"", out);
        let is_tls13 = self.version.is_some_and(handshake::is_tls13);
        self.stream(from).ciphered |= !is_tls13;
        let role = self.role(from);
        if let Some(decryptor) = &mut self.decryptor
            && self.version.is_some()
            && !is_tls13
        {
            decryptor.change_cipher_spec(role, at);
            if std::mem::take(&mut decryptor.forgot) {
                out.limit(Limit::TlsSessions);
            }
        }
    }

    /// `AlertLevel`, `AlertDescription` (RFC 8446, section 6).
    fn alert(&mut self, from: Side, bytes: &[u8], out: &mut dyn Sink) {
        let alert = &mut self.stream(from).alert;
        alert.extend_from_slice(bytes);
        if let &[level, description] = &alert[..] {
            alert.clear();
            self.tell(from, Subject::Alert { fatal: level == 2, description }, out);
        }
    }

    fn not_records(&mut self, from: Side, text: bool, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let stream = self.stream(from);
        stream.span.add(bytes.len() as u64, at);
        if text {
            let header = stream.take_not_a_header();
            self.fold(from, Subject::NotTls, &header, out);
            self.fold(from, Subject::NotTls, bytes, out);
        } else {
            self.encrypted(from);
        }
        self.ends(from, bytes.len() as u64, at);
    }

    /// The bytes read of `from` were encrypted.
    fn encrypted(&mut self, from: Side) {
        let span = std::mem::take(&mut self.stream(from).span);
        match self.encrypted.iter_mut().find(|(side, _)| *side == from) {
            Some((_, all)) => all.join(&span),
            None => {
                let mut all = Span::default();
                all.join(&span);
                self.encrypted.push((from, all));
            }
        }
    }

    /// A record of `from` is encrypted. An alert proves no keys: a side that gives up says so in one. TLS 1.3 hides what
    /// it is, but not that it is as short as no other record of a handshake (RFC 8446, sections 5.2 and 6). Early data
    /// come before the keys are agreed upon.
    fn uses_keys(&mut self, from: Side, kind: u8, length: u16, out: &mut dyn Sink) {
        if self.established || self.version.is_none() || kind == ALERT || length <= ENCRYPTED_ALERT_BYTES {
            return;
        }
        self.stream(from).uses_keys = true;
        if self.client.uses_keys && self.server.uses_keys {
            self.established = true;
            out.tls(TlsFact::Established);
        }
    }

    /// The bytes read of `from` are part of a step that is emitted later.
    fn fold(&mut self, from: Side, subject: Subject, text: &[u8], out: &mut dyn Sink) {
        let is_inside = self.is_inside;
        if self.run.as_ref().is_some_and(|run| run.from != from || run.subject != subject || run.is_inside != is_inside)
        {
            self.flush(out);
        }
        let span = std::mem::take(&mut self.stream(from).span);
        let run =
            self.run.get_or_insert_with(|| Run { from, subject, is_inside, span: Span::default(), text: Vec::new() });
        run.span.join(&span);
        let room = TEXT_BYTES.saturating_sub(run.text.len());
        run.text.extend(text.iter().take(room));
    }

    /// The bytes read of `from` are a step of their own.
    fn tell(&mut self, from: Side, subject: Subject, out: &mut dyn Sink) {
        self.flush(out);
        let span = std::mem::take(&mut self.stream(from).span);
        out.step(Step { channel: channel(self.is_inside), ..step(from, subject, span) });
    }

    /// Emits the folded step.
    fn flush(&mut self, out: &mut dyn Sink) {
        if let Some(Run { from, subject, is_inside, span, text }) = self.run.take() {
            out.step(Step { text: text.trim_ascii_end(), channel: channel(is_inside), ..step(from, subject, span) });
        }
    }

    /// The half-read record or message of `from` will not come to its end.
    fn half_read(&mut self, from: Side, out: &mut dyn Sink) {
        let stream = self.stream(from);
        if stream.span.bytes == 0 {
            return;
        }
        if stream.is_encrypted() {
            self.encrypted(from);
        } else {
            self.fold(from, Subject::Handshake, b"", out);
        }
    }
}

/// Emits the facts that a ClientHello gives away.
fn introduce(hello: &handshake::ClientHello<'_>, out: &mut dyn Sink) {
    let data = handshake::extension(&hello.extensions, handshake::SERVER_NAME);
    if let Some(name) = data.and_then(handshake::server_name_list) {
        out.tls(TlsFact::ServerName(name.to_vec()));
    }
    out.tls(TlsFact::Offered(handshake::offered(hello).into_iter().map(handshake::version_name).collect()));
    out.tls(TlsFact::Ja4(ja4::ja4(hello)));
}

/// What a step of TLS crossed in, which was opened or not.
fn channel(is_inside: bool) -> Channel {
    if is_inside { Channel::Decrypted } else { Channel::Tls }
}

/// A step that crossed inside TLS, or is of TLS itself.
fn step(from: Side, subject: Subject, span: Span) -> Step<'static> {
    Step { channel: Channel::Tls, ..Step::of(from, Kind::Tls, subject, span) }
}
