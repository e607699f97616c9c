/*!
What a client sends before its dialogue: a proxy's header, and a ClientHello to a port that speaks plain text.

```text
 client ─▶ [PROXY header] ─▶ [ClientHello] ─▶ the layers below
```

Both are read here, once for all protocols. A server that expects neither takes them for a command and refuses it:
[`Refusals`] ties that reply to the step.
*/

use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::limits::{heap, of_list};
use crate::protocol::event::{self, Channel, Kind, ProxyHeader, Sink, Step, StepId, Subject, TlsFact, Via, forward};
use crate::protocol::proxy::header::{Beginning, TELLING_BYTES, beginning};
use crate::protocol::secret::Raw;
use crate::protocol::span::Span;
use crate::protocol::{imap, pop3, smtp, tls};

/// Nanoseconds after a header or a ClientHello within which a refusal is one of that step: a server refuses at once, and
/// a later one is of something else, such as the client's silence.
const REFUSES_WITHIN: i64 = 10_000_000_000;

/// Bytes, and the packet that they came in.
pub type Piece = (Raw<Vec<u8>>, PacketRef);

/// The first bytes of the client.
#[derive(Debug)]
pub struct Front {
    state: State,
    /// No header was read yet.
    awaits_header: bool,
    /// What the server may refuse: the client has sent nothing since.
    refusable: Option<Box<Refusable>>,
    just_told: Option<u8>,
}

#[derive(Debug)]
enum State {
    /// Not enough bytes have come to tell what they are. At most [`TELLING_BYTES`] of the client, by packet.
    Watching(Vec<Piece>),
    /// In a header's last part, of which [`InHeader::left`] bytes are to come.
    InHeader(Box<InHeader>),
    /// The dialogue has begun.
    Over,
}

/// What is known of a header that has not ended.
#[derive(Debug)]
struct InHeader {
    header: ProxyHeader,
    text: Raw<Vec<u8>>,
    span: Span,
    left: usize,
    told: bool,
}

/// A step that a server may refuse.
#[derive(Debug, Clone, Copy)]
pub struct Refusable {
    step: StepId,
    time: Time,
    /// It has been refused, so the next reply is of it too.
    refused: bool,
    /// It is a header of this version: the dialogue knows which replies are not of the commands that come after it.
    header: Option<u8>,
    /// The server has answered what came after it.
    passed: bool,
}

/// What the bytes at the front are.
#[derive(Debug, PartialEq, Eq)]
pub enum Opening {
    /// More must come.
    More,
    /// These bytes belong to the dialogue, or to the layers below it.
    Dialogue(Vec<Piece>),
    /// These bytes are TLS, and begin with a ClientHello.
    Hello(Vec<Piece>),
}

impl Default for Front {
    fn default() -> Self {
        Self { state: State::Watching(Vec::new()), awaits_header: true, refusable: None, just_told: None }
    }
}

impl Front {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Watching(pieces) => of_list(pieces) + pieces.iter().map(|(bytes, _)| of_list(bytes)).sum::<usize>(),
            State::InHeader(within) => heap(size_of::<InHeader>()) + of_list(&within.text),
            State::Over => 0,
        }
    }

    /// False from where the dialogue has begun.
    pub fn is_watching(&self) -> bool {
        !matches!(self.state, State::Over)
    }

    /// True where `bytes`, the first of the client or those after a header, are surely of the dialogue: nothing more
    /// comes before it.
    pub fn is_passed_by(&mut self, bytes: &[u8], may_greet: bool) -> bool {
        let State::Watching(held) = &self.state else { return false };
        let said = bytes.get(..TELLING_BYTES).unwrap_or(bytes);
        let is_new = held.is_empty() && self.just_told.is_none();
        let is_passed = is_new && self.judge(said, may_greet) == (Beginning::Other, Some(false));
        if is_passed {
            self.state = State::Over;
        }
        is_passed
    }

    /// Whether a header begins with `said`, and whether a ClientHello does, as far as that is known.
    fn judge(&self, said: &[u8], may_greet: bool) -> (Beginning, Option<bool>) {
        let begins = if self.awaits_header { beginning(said) } else { Beginning::Other };
        (begins, if may_greet { tls::client_hello(said) } else { Some(false) })
    }

    /// Bytes that the client sent. A header is emitted here, as a step. `may_greet`: a ClientHello is looked for.
    pub fn data(&mut self, bytes: &[u8], at: PacketRef, may_greet: bool, out: &mut dyn Sink) -> Opening {
        let mut bytes = bytes;
        loop {
            match &mut self.state {
                State::Watching(held) => {
                    held.push((Raw(bytes.to_vec()), at));
                    let said: Vec<u8> =
                        held.iter().flat_map(|(bytes, _)| bytes.iter().copied()).take(TELLING_BYTES).collect();
                    let held = std::mem::take(held);
                    match self.judge(&said, may_greet) {
                        (Beginning::Header { header, length }, _) => {
                            self.awaits_header = false;
                            let text = said[..length.min(said.len())].trim_ascii_end().to_vec();
                            let text = if header.version == 1 { text } else { Vec::new() };
                            self.state = State::InHeader(Box::new(InHeader {
                                header,
                                text: Raw(text),
                                span: Span::default(),
                                left: length,
                                told: false,
                            }));
                            let Some(left) = self.pass_header(held, out) else { return Opening::More };
                            bytes = &bytes[bytes.len() - left..];
                            if bytes.is_empty() {
                                return Opening::More;
                            }
                        }
                        (Beginning::Short, _) | (_, None) => {
                            self.state = State::Watching(held);
                            return Opening::More;
                        }
                        (Beginning::Other, Some(hello)) => {
                            self.state = State::Over;
                            return if hello { Opening::Hello(held) } else { Opening::Dialogue(held) };
                        }
                    }
                }
                State::InHeader(_) => {
                    let Some(left) = self.pass_header(vec![(Raw(bytes.to_vec()), at)], out) else {
                        return Opening::More;
                    };
                    bytes = &bytes[bytes.len() - left..];
                    if bytes.is_empty() {
                        return Opening::More;
                    }
                }
                State::Over => return Opening::Dialogue(vec![(Raw(bytes.to_vec()), at)]),
            }
        }
    }

    /// Takes the header's bytes off `pieces`. Where it is whole, it is emitted; returns how many bytes of the last
    /// piece come after it.
    fn pass_header(&mut self, pieces: Vec<Piece>, out: &mut dyn Sink) -> Option<usize> {
        let State::InHeader(within) = &mut self.state else { return None };
        let InHeader { header, text, span, left, told } = &mut **within;
        let mut rest = 0;
        for (bytes, at) in pieces {
            let taken = bytes.len().min(*left);
            if taken > 0 {
                span.add(taken as u64, at);
            }
            *left -= taken;
            rest = bytes.len() - taken;
        }
        if *left > 0 {
            return None;
        }
        let (header, text, span, told) = (*header, std::mem::take(text), std::mem::take(span), *told);
        self.state = State::Watching(Vec::new());
        if !told {
            self.tell(header, &text, span, out);
        }
        Some(rest)
    }

    fn tell(&mut self, header: ProxyHeader, text: &[u8], span: Span, out: &mut dyn Sink) {
        out.proxied(Via::ProxyProtocol, header.address());
        let time = span.time;
        let arguments = text.iter().position(|&byte| byte == b' ').map(|space| space + 1..text.len());
        let step = out.step(Step {
            text,
            command: Some("PROXY"),
            arguments,
            ..Step::of(Side::Client, Kind::Command, Subject::Proxy(header), span)
        });
        let version = Some(header.version);
        let refusable = Refusable { step, time, refused: false, header: version, passed: false };
        self.refusable = Some(Box::new(refusable));
        self.just_told = version;
    }

    /// The version of the header that was told since the last call.
    pub fn just_told(&mut self) -> Option<u8> {
        self.just_told.take()
    }

    /// `missing` bytes that the client sent are not in the capture: what was held is told as what it is. Returns the
    /// bytes that belong to the layers below, and true where the gap is theirs too.
    pub fn gap(&mut self, missing: u64, at: PacketRef, out: &mut dyn Sink) -> (Vec<Piece>, bool) {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Watching(held) => (held, true),
            State::InHeader(within) => {
                let InHeader { header, text, span, left, told } = *within;
                if !told {
                    self.tell(header, &text, span, out);
                }
                let within = usize::try_from(missing).ok().and_then(|missing| left.checked_sub(missing));
                let Some(left) = within else { return (Vec::new(), true) };
                out.step(Step::gap(Side::Client, missing, at));
                self.state = match left {
                    0 => State::Watching(Vec::new()),
                    _ => {
                        let (text, span) = (Raw(Vec::new()), Span::default());
                        State::InHeader(Box::new(InHeader { header, text, span, left, told: true }))
                    }
                };
                (Vec::new(), false)
            }
            State::Over => (Vec::new(), true),
        }
    }

    /// The connection is over: what was held belongs to the layers below.
    pub fn end(&mut self, out: &mut dyn Sink) -> Vec<Piece> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Watching(held) => held,
            State::InHeader(within) => {
                let InHeader { header, text, span, told, .. } = *within;
                if !told {
                    self.tell(header, &text, span, out);
                }
                Vec::new()
            }
            State::Over => Vec::new(),
        }
    }

    /// The client goes on: what the server says from here on need not be of what came before, unless that is a header
    /// that was not refused yet.
    pub fn client_goes_on(&mut self) {
        self.refusable = self.refusable.take().filter(|refusable| refusable.header.is_some() && !refusable.refused);
    }

    /// What the server may refuse; it is to be put back.
    pub fn refusable(&mut self) -> Option<Box<Refusable>> {
        self.refusable.take()
    }

    /// What the server may refuse still.
    pub fn put_back(&mut self, refusable: Option<Box<Refusable>>) {
        self.refusable = refusable.filter(|refusable| !refusable.passed);
    }
}

/// Calls `tell` with a sink that remembers the ClientHello as what the server may refuse.
pub fn greets<T>(
    refusable: &mut Option<Box<Refusable>>,
    out: &mut dyn Sink,
    tell: impl FnOnce(&mut dyn Sink) -> T,
) -> T {
    tell(&mut Hellos(out, refusable))
}

/// Calls `tell` with a sink that finds the replies to what stands before the dialogue.
pub fn heed<T>(refusable: &mut Option<Box<Refusable>>, out: &mut dyn Sink, tell: impl FnOnce(&mut dyn Sink) -> T) -> T {
    match refusable {
        None => tell(out),
        Some(refusable) => tell(&mut Refusals(out, refusable)),
    }
}

/// A sink that ties the server's refusals to what stands before the dialogue.
struct Refusals<'a>(&'a mut dyn Sink, &'a mut Refusable);

impl Sink for Refusals<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        let Self(out, refusable) = self;
        let soon = step.span.time.since(refusable.time) < REFUSES_WITHIN;
        let is_free = step.from == Side::Server && step.answers.is_none() && step.channel == Channel::Clear;
        refusable.passed |= step.from == Side::Server && step.answers.is_some();
        if is_free && soon && !refusable.passed && (is_refusal(&step) || refusable.refused && step.kind == Kind::Reply)
        {
            refusable.refused = true;
            return out.step(Step { answers: Some(refusable.step), ..step });
        }
        out.step(step)
    }

    forward! {
        credential message content content_mark content_missing content_step content_part unique_id content_end
        message_outcome transaction client_name banner capabilities tls proxied limit
    }
}

/// Whether a server says so of what it does not understand.
fn is_refusal(step: &Step<'_>) -> bool {
    match &step.subject {
        event::Subject::Smtp(smtp::Subject::Reply { code, .. }) => (500..600).contains(code),
        event::Subject::Pop3(subject) => matches!(subject.what, pop3::What::Reply { ok: false, .. }),
        event::Subject::Imap(subject) => matches!(
            subject.what,
            imap::What::Tagged { status: imap::Status::Bad, .. } | imap::What::Untagged(imap::Untagged::Bad(_))
        ),
        _ => false,
    }
}

/// A sink that remembers the last ClientHello.
struct Hellos<'a>(&'a mut dyn Sink, &'a mut Option<Box<Refusable>>);

impl Sink for Hellos<'_> {
    fn step(&mut self, step: Step<'_>) -> StepId {
        let is_hello = step.subject == Subject::Tls(tls::Subject::ClientHello);
        let time = step.span.time;
        let n = self.0.step(step);
        if is_hello {
            *self.1 = Some(Box::new(Refusable { step: n, time, refused: false, header: None, passed: false }));
        }
        n
    }

    fn tls(&mut self, fact: TlsFact) {
        self.0.tls(fact);
    }

    forward! {
        credential message content content_mark content_missing content_step content_part unique_id content_end
        message_outcome transaction client_name banner capabilities proxied limit
    }
}
