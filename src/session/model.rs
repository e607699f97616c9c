/*!
What happened in a session, and what it means: the model that every view reads. It speaks no language and knows no
format; text that came off the wire is a `String` here (invalid bytes have become U+FFFD), still unescaped.
*/

use super::purpose::Purpose;
use super::secret::Secret;
use crate::capture::Time;
use crate::flow::{Side, Transport};
use crate::limits::LimitsHit;
use crate::protocol::Protocol;
use crate::protocol::event::{Certificate, Exposure, Kind, LoginOutcome, MessageId, Packets, StepId};
use std::ops::Range;

mod mail;

pub use mail::{Attachment, Envelope, Header, LineEnds, Lines, Mailbox, Match, Message, MimePart, Recipient, SameAs};

/// One mail session.
#[derive(Debug, Clone)]
pub struct Session {
    /// 1, 2, …: the order of the first packet. Given by the pipeline.
    pub id: u64,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The connection underneath.
    pub transport: Transport,
    /// What the client called itself.
    pub client_name: Option<String>,
    /// The server's greeting text.
    pub banner: Option<String>,
    /// The last list of capabilities, as sent.
    pub capabilities: Vec<String>,
    /// What is known of TLS.
    pub tls: Tls,
    /// The table: one entry per row.
    pub steps: Vec<Step>,
    /// Every attempt to log in, in order.
    pub credentials: Vec<Credential>,
    /// Every message carried.
    pub messages: Vec<Message>,
    /// What is wrong, weak or worth knowing.
    pub findings: Vec<Finding>,
    /// Bounds that cost something in this session.
    pub limits_hit: LimitsHit,
}

impl Session {
    /// The step with number `n`.
    pub fn step(&self, n: StepId) -> Option<&Step> {
        self.steps.get((n as usize).checked_sub(1)?)
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Step {
    /// 1, 2, … within the session.
    pub n: StepId,
    /// Time of the packet that completed it.
    pub time: Time,
    /// The packets that carry it.
    pub packets: Packets,
    /// Who said it.
    pub from: Side,
    /// The phase it belongs to.
    pub phase: Phase,
    /// The state the session was in, where the protocol has states by name.
    pub state: Option<State>,
    /// What sort of thing it is.
    pub kind: Kind,
    /// IMAP: the tag.
    pub tag: Option<String>,
    /// Upper-case verb.
    pub command: Option<String>,
    /// What follows the verb, as a range of `text`. Beyond its end where the text was cut.
    pub arguments: Option<Range<usize>>,
    /// IMAP: the mailboxes that it names, readable, where they are not so in `text`.
    pub mailboxes: Vec<String>,
    /// SMTP: the reply code.
    pub code: Option<u16>,
    /// SMTP: the enhanced status code.
    pub enhanced: Option<String>,
    /// POP3: `+OK`, `-ERR`; IMAP: `OK`, `NO`, `BAD`, `PREAUTH`, `BYE`.
    pub status: Option<&'static str>,
    /// The line or lines as sent, without the last line end. Whole, as far as the line bound allows: views cut it.
    pub text: String,
    /// True where the line bound cut `text` already.
    pub truncated: bool,
    /// Ranges of `text` that are secret.
    pub secrets: Vec<Range<usize>>,
    /// Length on the wire.
    pub bytes: u64,
    /// Content: the message that it is of, and what its lines are like.
    pub carries: Option<ContentRef>,
    /// What it does.
    pub purpose: Purpose,
    /// The step it answers.
    pub answers: Option<StepId>,
    /// Nanoseconds since that step.
    pub elapsed: Option<i64>,
}

/// What a step of content carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRef {
    /// The message that it is of.
    pub message: MessageId,
    /// False where bytes of the message are missing, its end was not seen, or more of it follows.
    pub complete: bool,
    /// The message's lines, on the step that completed it.
    pub lines: Option<Lines>,
}

/// Where in a session's life a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Phase {
    Connection,
    Encryption,
    Authentication,
    Transaction,
    Release,
}

impl Phase {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Encryption => "encryption",
            Self::Authentication => "authentication",
            Self::Transaction => "transaction",
            Self::Release => "release",
        }
    }
}

/// The protocol's own name for where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// RFC 1939, section 3.
    Pop3(crate::protocol::pop3::State),
    /// RFC 3501, section 3.
    Imap(crate::protocol::imap::State),
}

/// What is known of TLS in a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// How it came about.
    pub mode: TlsMode,
    /// `TLS 1.3`.
    pub version: Option<String>,
    /// IANA's name of the cipher suite.
    pub cipher: Option<String>,
    /// SNI.
    pub server_name: Option<String>,
    /// The protocol chosen by ALPN.
    pub alpn: Option<String>,
    /// JA4 of the ClientHello.
    pub ja4: Option<String>,
    /// The server's certificate.
    pub certificate: Option<Certificate>,
    /// Plain text where TLS should have been: the capture was decrypted.
    pub decrypted: bool,
}

/// How TLS came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Not at all.
    #[default]
    None,
    /// By STARTTLS or STLS.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// One attempt to log in.
#[derive(Debug, Clone)]
pub struct Credential {
    /// `USER/PASS`, `AUTH PLAIN`, …
    pub mechanism: String,
    /// Decoded.
    pub username: Option<String>,
    /// SASL authzid.
    pub authorization_id: Option<String>,
    /// Decoded, where it crossed in plain.
    pub password: Option<Secret>,
    /// What the server asked.
    pub challenge: Option<String>,
    /// What the client answered instead of a password.
    pub response: Option<Secret>,
    /// A bearer token.
    pub token: Option<Secret>,
    /// What an observer has in hand.
    pub exposure: Exposure,
    /// What the server made of it.
    pub outcome: LoginOutcome,
    /// It crossed inside TLS that was decrypted.
    pub encrypted: bool,
    /// The steps it was read from.
    pub steps: Vec<StepId>,
    /// The secrets in the forms in which they crossed.
    pub wire_forms: Vec<Secret>,
}

/// Something wrong, weak or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which: the words are the locale's.
    pub kind: FindingKind,
    /// The evidence.
    pub steps: Vec<StepId>,
    /// Of [`FindingKind::ConflictingBytes`]: what the copies say.
    pub conflicts: Vec<Conflict>,
    /// How many more conflicts there were.
    pub more_conflicts: u64,
}

impl Finding {
    /// That `kind` is found, and `steps` show it.
    pub fn new(kind: FindingKind, steps: Vec<StepId>) -> Self {
        Self { kind, steps, conflicts: Vec::new(), more_conflicts: 0 }
    }
}

/// Two copies of the same bytes that disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Whose stream it is.
    pub from: Side,
    /// Where in that stream the excerpts begin, in bytes from its first one.
    pub offset: u64,
    /// Bytes in which the copies disagree.
    pub bytes: u64,
    /// The packet of the copy that came first, where that is still known.
    pub first_packet: Option<u64>,
    /// The packet of the other.
    pub second_packet: u64,
    /// An excerpt of the copy that came first, which is the one that the steps show.
    pub first: String,
    /// The same stretch of the other.
    pub second: String,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A password crossed the wire in plain.
    PlaintextPassword,
    /// A bearer token crossed the wire in plain.
    PlaintextToken,
    /// A message crossed the wire in plain.
    PlaintextMessage,
    /// A recipient was refused.
    RecipientRefused,
    /// A message was refused.
    MessageRefused,
    /// A log-in was refused.
    LoginRefused,
    /// Two copies of the same bytes disagree.
    ConflictingBytes,
    /// Bytes of the conversation are missing from the capture.
    BytesMissing,
}

impl FindingKind {
    /// The stable kebab-case name.
    pub fn id(self) -> &'static str {
        match self {
            Self::PlaintextPassword => "plaintext-password",
            Self::PlaintextToken => "plaintext-token",
            Self::PlaintextMessage => "plaintext-message",
            Self::RecipientRefused => "recipient-refused",
            Self::MessageRefused => "message-refused",
            Self::LoginRefused => "login-refused",
            Self::ConflictingBytes => "conflicting-bytes",
            Self::BytesMissing => "bytes-missing",
        }
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::PlaintextPassword | Self::PlaintextToken => Severity::High,
            Self::PlaintextMessage | Self::RecipientRefused | Self::MessageRefused | Self::ConflictingBytes => {
                Severity::Medium
            }
            Self::LoginRefused => Severity::Low,
            Self::BytesMissing => Severity::Info,
        }
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
