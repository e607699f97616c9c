/*!
What happened in a session: the model that every view reads, in no human language and no output format. Text off the
wire is a `String` here (invalid bytes have become U+FFFD), still unescaped.
*/

use crate::capture::number;
use crate::flow::Transport;
use crate::limits::LimitsHit;
use crate::protocol::Protocol;
use crate::protocol::event::{
    Certificate, Exposure, KeyFault, KeySource, LoginCause, LoginOutcome, Random, StepId, Via,
};
use crate::protocol::secret::Secret;
use crate::session::content_store::StoredContent;
use std::net::IpAddr;
use std::sync::Arc;

mod fault;
mod finding;
mod late;
mod mail;
mod placeholder;
mod software;
mod step;
mod texts;
mod transaction;
mod word;

pub use fault::{Break, DotLine, Faults, LastDot, LastDotKind, Smuggled, Spot};
pub use finding::{Class, Fact, Facts, Finding, Key, Sentence, Severity};
pub use late::{Late, Placeholder};
pub use mail::{
    Attachment, Envelope, Header, HeaderField, LineEnds, Lines, Mailbox, Match, Message, MimePart, PRINTED_LINES,
    Preview, Recipient, Report, ReportForm, ReportedRecipient, SameAs, TextPrint,
};
pub use software::Software;
pub use step::{ContentRef, Elapsed, Extra, Measure, MessageNumber, Phase, State, Step, Variant};
pub use texts::{StepLine, TextsMut};
pub use transaction::{Addressee, NamedAgain, Outcome, Transaction, named_again};
pub use word::Word;

/// One mail session.
#[derive(Debug, Clone)]
pub struct Session {
    /// 1, 2, …: the order of the first packet. Given by the pipeline.
    pub id: u64,
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The connection underneath.
    pub transport: Late<Transport>,
    /// Behind a proxy: the address of the client for which the proxy speaks, where it told.
    pub client_address: Option<IpAddr>,
    /// How it is known that there is a proxy.
    pub via: Option<Via>,
    /// What the client called itself.
    pub client_name: Option<String>,
    /// The server's greeting text.
    pub banner: Option<String>,
    /// The last list of capabilities, as sent.
    pub capabilities: Vec<String>,
    /// What is known of TLS.
    pub tls: Late<Tls>,
    /// The steps, in order: one for each row of the table.
    pub steps: Vec<Step>,
    /// Every attempt to log in, in order.
    pub credentials: Vec<Credential>,
    /// What crossed in commands to log in that the server called out of place: no attempts, but exposed all the same.
    pub unheeded: Vec<Credential>,
    /// SMTP, LMTP: every mail transaction, in the order in which they ended.
    pub transactions: Vec<Transaction>,
    /// Every message carried.
    pub messages: Vec<Message>,
    /// Which program the client is, told by how it behaves: put here by `verdict` once the session is over.
    pub client_software: Option<Box<Software>>,
    /// The same of the server.
    pub server_software: Option<Box<Software>>,
    /// What is wrong, weak or worth knowing: put here by `verdict` once the session is over.
    pub findings: Vec<Finding>,
    /// Bounds that cost something in this session.
    pub limits_hit: LimitsHit,
    /// Every byte that both sides sent, where it is kept.
    pub raw: Option<Arc<StoredContent>>,
}

impl Session {
    /// A session of which only the protocol is known yet.
    pub fn empty(protocol: Protocol) -> Self {
        Self {
            id: 0,
            protocol,
            transport: Late::default(),
            client_address: None,
            via: None,
            client_name: None,
            banner: None,
            capabilities: Vec::new(),
            tls: Late::default(),
            steps: Vec::new(),
            credentials: Vec::new(),
            unheeded: Vec::new(),
            transactions: Vec::new(),
            messages: Vec::new(),
            client_software: None,
            server_software: None,
            findings: Vec::new(),
            limits_hit: LimitsHit::default(),
            raw: None,
        }
    }

    /// A session in which nobody said anything; `implicit_tls` where TLS was due from the first byte.
    pub fn silent(protocol: Protocol, implicit_tls: bool, transport: Transport) -> Self {
        let mut session = Self { transport: transport.into(), ..Self::empty(protocol) };
        if implicit_tls {
            session.tls.mode = TlsMode::Implicit;
        }
        session
    }

    /// The index of the source (file or interface) that its first packet was read from.
    pub fn source(&self) -> usize {
        number::source(self.transport.first.packet)
    }

    /// The step with number `n`.
    pub fn step(&self, n: StepId) -> Option<&Step> {
        let by_place = self.steps.get((n as usize).checked_sub(1)?).filter(|step| step.n == n);
        // During a live capture a session may have some of its steps alone.
        by_place.or_else(|| self.steps.get(self.steps.binary_search_by_key(&n, |step| step.n).ok()?))
    }

    /// The step that `step` answers.
    pub fn answered(&self, step: &Step) -> Option<&Step> {
        self.step(step.answers?)
    }
}

/// What is known of TLS in a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// How TLS began.
    pub mode: TlsMode,
    /// The versions that the client offers, in the order in which it prefers them; only the newest one of a client that
    /// has no list.
    pub offered: Vec<String>,
    /// The keys are in use: each side has sent something encrypted.
    pub established: bool,
    /// The handshake was begun, and ended without keys: an alert or the end of the connection came first. Not known
    /// until the session is over, nor where bytes are missing from the capture.
    pub failed: bool,
    /// The version: `TLS 1.3`.
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
    /// What crossed inside is known.
    pub decrypted: bool,
    /// By what it was decrypted, or why it was not.
    pub decryption: Decryption,
}

/// How what crossed inside TLS came to be known, or why it is not although there were secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decryption {
    /// By what it was decrypted.
    pub by: Option<DecryptedBy>,
    /// Why the secrets that were there did not decrypt it.
    pub fault: Option<KeyFault>,
    /// Random of the ClientHello whose secrets are wanted.
    pub client_random: Option<Box<Random>>,
}

/// By what the inside of TLS is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecryptedBy {
    /// The capture has plain text where TLS should have begun.
    Capture,
    /// By secrets.
    Keys(KeySource),
}

/// How TLS began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// There is no TLS.
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
    /// Decoded, where it crossed as plain text or in Base64.
    pub password: Option<Secret<String>>,
    /// The server's challenge.
    pub challenge: Option<String>,
    /// The client's response to it, which stands in for a password.
    pub response: Option<Secret<String>>,
    /// A bearer token.
    pub token: Option<Secret<String>>,
    /// What an observer of the packets has learned.
    pub exposure: Exposure,
    /// The server's decision.
    pub outcome: LoginOutcome,
    /// The reply that decided; absent where none was seen.
    pub reply: Option<String>,
    /// Why it was not accepted; absent where it was, and where no reply was seen.
    pub cause: Option<LoginCause>,
    /// The attempt crossed inside TLS that was decrypted.
    pub encrypted: bool,
    /// The steps it was read from.
    pub steps: Vec<StepId>,
    /// The secrets in the forms in which they crossed.
    pub wire_forms: Vec<Secret<String>>,
}

impl Credential {
    /// The server answered, and decided nothing: it put the login off.
    pub fn is_put_off(&self) -> bool {
        self.outcome == LoginOutcome::Unknown && self.reply.is_some() && self.cause.is_some()
    }
}
