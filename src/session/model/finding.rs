//! Something wrong, weak or worth knowing in a session, found by a rule. The rule has the words for it.

use crate::flow::{Conflict, Side};
use crate::protocol::event::LoginCause;
use crate::protocol::event::StepId;

/// Something wrong, weak or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it: a stable kebab-case name.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The evidence: steps of the session, ascending, each once. Empty where no single step shows it.
    pub steps: Vec<StepId>,
    /// Facts about the first occurrences, a list for each; empty where the rule's words say everything.
    pub facts: Vec<Vec<Fact>>,
    /// Further occurrences, whose facts are not kept.
    pub more: u64,
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

/// A fact about one occurrence of a finding. `view::locale` formats it, and escapes text off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A count.
    Count(u64),
    /// A length in bytes.
    Bytes(u64),
    /// A number of packets.
    Packets(u64),
    /// A reply code (SMTP).
    Code(u16),
    /// Why a login was not accepted.
    LoginCause(LoginCause),
    /// The token of a login is not valid.
    TokenRefused,
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A side of the connection.
    Side(Side),
    /// Text off the wire: an address, a host, a verb, an excerpt. May be cut by the rule; a view escapes it.
    Name(String),
    /// Two copies of the same bytes.
    Conflict(Conflict<String>),
}
