/*!
What a dialogue reports: the interface between `protocol` and `session`.

Dialogues of all protocols report to the same [`Sink`]: steps (one row of the table each), login attempts, messages and
their content, and a few facts about the session. What a step is in its protocol is its [`Subject`]: each protocol has
its own type for it. The few fields that only some protocols fill in say so.

Steps come in the order of the conversation. Text is bytes, as they crossed the wire unless a field says otherwise; the
session decodes them to characters.
*/

pub use super::credential::{Credential, Exposure, LoginCause, LoginOutcome};
pub use super::framing::LineEnd;
pub use super::number::{MessageId, StepId};
pub use super::proxy::Via;
pub use super::proxy::header::{ProxyClient, ProxyHeader};
pub use super::span::{Packets, Span};
pub use delivery::Delivery;
pub use envelope::{Envelope, Recipient};
pub use tls::{Certificate, KeyFault, KeySource, Random, TlsFact};
pub use transaction::{Decided, DecidingReply, Transaction, TransactionEnd};

use super::framing::Line;
use super::secret::Raw;
use super::{imap, pop3, smtp};
use crate::flow::{PacketRef, Side};
use crate::limits;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

pub(crate) use forward::forward;

mod delivery;
mod envelope;
mod forward;
pub(super) mod tls;
mod transaction;

/// Receives what a dialogue reports. No method has a default: a sink that wraps another (see `forward!`) would silently
/// drop the calls it does not forward.
pub trait Sink {
    /// One row of the table. Returns its number.
    fn step(&mut self, step: Step<'_>) -> StepId;

    /// One login attempt, reported when its outcome is known, or when it can no longer become known.
    fn credential(&mut self, credential: Credential);

    /// A message begins. Returns its number, by which the following calls name it. Several may be open at once.
    fn message(&mut self, start: MessageStart) -> MessageId;

    /// The next bytes of a message's content (dots unstuffed, without the final `.` line).
    fn content(&mut self, message: MessageId, bytes: &[u8]);

    /// What the bytes of a content do not show, about the place that it has reached.
    fn content_mark(&mut self, message: MessageId, mark: ContentMark);

    /// The next `missing` bytes of the content are not in the capture.
    fn content_missing(&mut self, message: MessageId, missing: u64);

    /// `step` is the row that stands for content of `message`, one for each chunk. Called before [`Sink::content_end`].
    fn content_step(&mut self, message: MessageId, step: StepId);

    /// The content is `part` of the message, or all of it (`None`), and not what [`MessageStart::part`] said: pieces
    /// were put together. Called before [`Sink::content_end`].
    fn content_part(&mut self, message: MessageId, part: Option<String>);

    /// POP3's unique-id of a message (RFC 1939, section 7). It may become known after the message's end.
    fn unique_id(&mut self, message: MessageId, id: &[u8]);

    /// No more content will come.
    fn content_end(&mut self, message: MessageId, end: ContentEnd);

    /// What became of a message: called at most once, after [`Sink::content_end`].
    fn message_outcome(&mut self, message: MessageId, outcome: MessageOutcome);

    /// SMTP, LMTP: a mail transaction is over, whether content crossed or not. Called before [`Sink::message_outcome`] of
    /// its message; where the server refuses a chunk before its end, before [`Sink::content_end`] too.
    fn transaction(&mut self, transaction: Transaction);

    /// What the client calls itself (HELO, EHLO, LHLO, IMAP ID).
    fn client_name(&mut self, name: &[u8]);

    /// The text of the server's greeting, without its code or status.
    fn banner(&mut self, text: &[u8]);

    /// The server's capabilities, as sent; replaces an earlier list.
    fn capabilities(&mut self, list: &[&[u8]]);

    /// A fact about TLS; later facts add to earlier ones.
    fn tls(&mut self, fact: TlsFact);

    /// A proxy stands between the client and the server: `via` says how that is known, and `client` is the address of
    /// the client for which it speaks, where it told.
    fn proxied(&mut self, via: Via, client: Option<IpAddr>);

    /// A bound cut something off.
    fn limit(&mut self, limit: limits::Limit);
}

/// One row of the table, as a dialogue reports it.
#[derive(Clone)]
pub struct Step<'a> {
    /// The side that sent it.
    pub from: Side,
    /// What sort of thing it is.
    pub kind: Kind,
    /// What it is in its protocol. The session derives the phase from it, and views the purpose.
    pub subject: Subject,
    /// Where on the wire it was.
    pub span: Span,
    /// The line or lines as sent, without the last line end; lines within are separated by `\n`. Empty for content,
    /// TLS and gaps.
    pub text: &'a [u8],
    /// IMAP: the tag.
    pub tag: Option<&'a [u8]>,
    /// A command: its verb, upper case (`MAIL`, `RETR`, `UID FETCH`).
    pub command: Option<&'a str>,
    /// A command: what follows the verb, as sent, as a range of `text`.
    pub arguments: Option<Range<usize>>,
    /// A reply: the step it answers, which is one of the client's.
    pub answers: Option<StepId>,
    /// Ranges of `text` that are secret: a password, a token, or base64 that holds one.
    pub secrets: Vec<Range<usize>>,
    /// Content of which fewer octets came than were announced, though none is missing from the capture: how many were
    /// announced.
    pub announced: Option<u64>,
    /// What it crossed in. Dialogues leave it at [`Channel::Clear`]; the [channel](super::channel) sets it.
    pub channel: Channel,
}

impl<'a> Step<'a> {
    /// A step without text, and without the optional fields.
    pub fn of(from: Side, kind: Kind, subject: impl Into<Subject>, span: Span) -> Self {
        Self {
            from,
            kind,
            subject: subject.into(),
            span,
            text: b"",
            tag: None,
            command: None,
            arguments: None,
            answers: None,
            secrets: Vec::new(),
            announced: None,
            channel: Channel::Clear,
        }
    }

    /// A step that shows `line`.
    pub fn line(from: Side, kind: Kind, subject: impl Into<Subject>, line: &'a Line<'_>) -> Self {
        Self { text: &line.bytes, ..Self::of(from, kind, subject, line.span.clone()) }
    }

    /// `missing` bytes that were noticed in the packet `at`.
    pub fn gap(from: Side, missing: u64, at: PacketRef) -> Self {
        Self::of(from, Kind::Gap, Subject::Gap(missing), Span::one(missing, at))
    }
}

/// Without its text: which part of it is secret may not be known before the login is over.
impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, kind, subject, span, text, tag, command, arguments, answers, secrets, announced, channel } =
            self;
        f.debug_struct("Step")
            .field("from", from)
            .field("kind", kind)
            .field("subject", subject)
            .field("span", span)
            .field("text", &Raw(text))
            .field("tag", &tag.map(Raw))
            .field("command", &command.map(Raw))
            .field("arguments", arguments)
            .field("answers", answers)
            .field("secrets", secrets)
            .field("announced", announced)
            .field("channel", channel)
            .finish()
    }
}

/// The sort of a step (`kind` of the JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The server's first reply.
    Greeting,
    /// A client's command.
    Command,
    /// A server's reply to a command or to content.
    Reply,
    /// IMAP: a response that the server sends unasked, or on the way to a tagged one.
    Untagged,
    /// The server asks for more: 334, 354, `+`.
    Continuation,
    /// The client's answer to a SASL challenge.
    Response,
    /// Message or literal content.
    Data,
    /// Part of a TLS connection.
    Tls,
    /// Bytes missing from the capture.
    Gap,
    /// Anything else.
    Unknown,
}

/// What a step crossed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Channel {
    /// In the clear.
    #[default]
    Clear,
    /// TLS that could not be decrypted.
    Tls,
    /// TLS, from a capture that was decrypted.
    Decrypted,
}

/// What a step is in its protocol.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Subject {
    /// SMTP and LMTP.
    Smtp(smtp::Subject),
    /// POP3.
    Pop3(pop3::Subject),
    /// IMAP.
    Imap(imap::Subject),
    /// TLS, whichever protocol is inside.
    Tls(tls::Subject),
    /// A proxy's header, before the dialogue of any protocol.
    Proxy(ProxyHeader),
    /// That many bytes are missing.
    Gap(u64),
    /// Not understood, because it is a part of a line.
    Cut,
    /// Not understood.
    Unknown,
}

impl Subject {
    /// Of a line that is not understood; `is_part` where it is not all of it.
    pub fn not_understood(is_part: bool) -> Self {
        if is_part { Self::Cut } else { Self::Unknown }
    }
}

impl From<smtp::Subject> for Subject {
    fn from(subject: smtp::Subject) -> Self {
        Self::Smtp(subject)
    }
}

impl From<pop3::Subject> for Subject {
    fn from(subject: pop3::Subject) -> Self {
        Self::Pop3(subject)
    }
}

impl From<imap::Subject> for Subject {
    fn from(subject: imap::Subject) -> Self {
        Self::Imap(subject)
    }
}

impl From<tls::Subject> for Subject {
    fn from(subject: tls::Subject) -> Self {
        Self::Tls(subject)
    }
}

/// How a message comes to be on the wire, reported when its content begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStart {
    /// Which way it goes.
    pub direction: Direction,
    /// IMAP: the mailbox it was retrieved from or appended to, decoded to readable text.
    pub mailbox: Option<Vec<u8>>,
    /// Message number (POP3), or sequence number (IMAP).
    pub number: Option<u64>,
    /// IMAP's UID. POP3's unique-id is a string: see [`Sink::unique_id`].
    pub uid: Option<u64>,
    /// Which part of the message is carried, if not all of it: `headers`, `top 10`, `section 1.2`, `bytes 0-1023`, …
    pub part: Option<String>,
    /// IMAP: the MIME header of a part that is carried by itself, if the server has described the part before
    /// (BODYSTRUCTURE, `BODY[2.MIME]`).
    pub described: Option<Vec<u8>>,
    /// SMTP: its beginning was not captured: the first byte that comes is not the first of the content.
    pub headless: bool,
    /// The steps so far: the command that asked, or MAIL, RCPT and DATA.
    pub steps: Vec<StepId>,
}

/// How the content of a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentEnd {
    /// With its end, and all of it was captured.
    Complete,
    /// Without its end: the session, or the capture, ended first. All that crossed was captured.
    Unfinished,
    /// Bytes of it are missing from the capture, or may be.
    Missing,
}

impl ContentEnd {
    /// The end of content: `seen`, and with bytes missing before it or not.
    pub fn of(seen: bool, missing: bool) -> Self {
        match (seen, missing) {
            (_, true) => Self::Missing,
            (true, false) => Self::Complete,
            (false, false) => Self::Unfinished,
        }
    }
}

/// What the bytes of a content do not show, because they come without the dots that the sender has added and without
/// their packets. A mark says it of the place where the next byte comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentMark {
    /// The bytes that follow crossed in the packet with this number.
    Packet(u64),
    /// A line begins here, and a dot that was not doubled stood before it: the receiver has taken it away (RFC 5321,
    /// section 4.5.2; RFC 1939, section 3).
    SingleDot,
    /// A line of a dot that is not the end of data of the standard (CR LF, dot, CR LF).
    DotLine {
        /// How the line before it ended.
        before: LineEnd,
        /// How its own line ended.
        own: LineEnd,
        /// The receiver took it for the end: nothing of the content follows. Otherwise it follows as content.
        ends: bool,
    },
    /// The last byte that crossed was a dot at the beginning of a line.
    LastDot,
    /// POP3: the server has announced so many octets for the whole message.
    Announced(u64),
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// SMTP, LMTP.
    Sent,
    /// RETR, TOP, FETCH.
    Retrieved,
    /// APPEND.
    Appended,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageOutcome {
    /// Accepted or not; absent for a message that was retrieved.
    pub outcome: Option<Delivery>,
    /// The text of the reply that gave the outcome.
    pub reply: Option<Vec<u8>>,
    /// SMTP and LMTP: from whom and to whom.
    pub envelope: Option<Envelope>,
    /// IMAP: a UID that came after the content (within the same FETCH response, or by APPENDUID).
    pub uid: Option<u64>,
    /// The steps since the start: content and replies.
    pub steps: Vec<StepId>,
}
