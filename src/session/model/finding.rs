//! Something wrong, weak or worth knowing in a session, found by a rule. The rule has the words for it.

use crate::capture::Time;
use crate::flow::{Conflict, Side};
use crate::protocol::event::{LoginCause, StepId};
use crate::protocol::smtp::{Enhanced, Said};

/// Something wrong, weak or worth knowing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it: a stable kebab-case name.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Which of a reader's questions it answers.
    pub class: Class,
    /// The evidence: steps of the session, ascending, each once. Empty where no single step shows it.
    pub steps: Vec<StepId>,
    /// Evidence that is no step (a SYN, an ICMP error, a segment sent again): packet numbers, ascending, each once.
    pub packets: Vec<u64>,
    /// The facts of the first occurrences; empty where the rule's words say everything.
    pub facts: Vec<Facts>,
    /// Further occurrences, whose facts are not kept.
    pub more: u64,
    /// The finding that explains this one: its id. Absent where this one stands for itself.
    pub because_of: Option<&'static str>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Severity {
    #[default]
    Info,
    Low,
    Medium,
    High,
}

/// Which of a reader's questions a finding answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Why did it fail? Something did not work.
    Failure,
    /// Is it safe? It works, and should not be so.
    Weakness,
    /// It is worth knowing, and nothing is wrong.
    #[default]
    Remark,
}

/// The facts of one occurrence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Which of the rule's sentences is about it.
    pub sentence: usize,
    /// Named, in the order in which the sentence counts them.
    pub list: Vec<(Key, Fact)>,
}

/// What a fact is called in the JSON. Programs read these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Key {
    Recipient,
    Code,
    Enhanced,
    Reply,
    Command,
    Count,
    Bytes,
    Limit,
    Line,
    Seconds,
    Packet,
    By,
    User,
    Mechanism,
    Version,
    Name,
}

impl Key {
    /// The name in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Code => "code",
            Self::Enhanced => "enhanced",
            Self::Reply => "reply",
            Self::Command => "command",
            Self::Count => "count",
            Self::Bytes => "bytes",
            Self::Limit => "limit",
            Self::Line => "line",
            Self::Seconds => "seconds",
            Self::Packet => "packet",
            Self::By => "by",
            Self::User => "user",
            Self::Mechanism => "mechanism",
            Self::Version => "version",
            Self::Name => "name",
        }
    }
}

/// A phrase or a whole sentence in every language. `{0}`, `{1}` and so on stand for an occurrence's facts, in their order.
#[derive(Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Sentence {
    pub en: &'static str,
    pub zh: &'static str,
}

/// A fact about one occurrence of a finding. `view::locale` formats it, and escapes text off the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A count.
    Count(u64),
    /// A length in bytes.
    Bytes(u64),
    /// A number of packets.
    Packets(u64),
    /// The number of a line, from 1.
    Line(u64),
    /// The number of a packet.
    Packet(u64),
    /// A reply code (SMTP).
    Code(u16),
    /// An enhanced status code (RFC 3463).
    Enhanced(Enhanced),
    /// A point in time.
    Time(Time),
    /// Why a login was not accepted.
    LoginCause(LoginCause),
    /// The token of a login is not valid.
    TokenRefused,
    /// The reason that an SMTP server gave in well-known words.
    Said(Said),
    /// What an enhanced status code means (RFC 3463).
    Meaning(Enhanced),
    /// A TLS alert: AlertDescription.
    Alert(u8),
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A side of the connection.
    Side(Side),
    /// Words that the rule has for this occurrence.
    Phrase(&'static Sentence),
    /// Text off the wire: an address, a host, a verb, an excerpt. May be cut by the rule; a view escapes it.
    Name(String),
    /// Two copies of the same bytes.
    Conflict(Conflict<String>),
}

impl Fact {
    /// What it is called, unless the rule names it otherwise.
    pub fn usual_key(&self) -> Key {
        match self {
            Self::Count(_) | Self::Packets(_) => Key::Count,
            Self::Bytes(_) => Key::Bytes,
            Self::Line(_) => Key::Line,
            Self::Packet(_) => Key::Packet,
            Self::Code(_) => Key::Code,
            Self::Enhanced(_) => Key::Enhanced,
            Self::Duration(_) => Key::Seconds,
            Self::Side(_) => Key::By,
            Self::Time(_)
            | Self::LoginCause(_)
            | Self::TokenRefused
            | Self::Alert(_)
            | Self::Phrase(_)
            | Self::Said(_)
            | Self::Meaning(_)
            | Self::Name(_)
            | Self::Conflict(_) => Key::Name,
        }
    }
}
