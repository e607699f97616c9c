//! Something wrong, weak or worth knowing in a session: what a rule has found. The words are the rule's.

use crate::flow::{Conflict, Side};
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
    /// What the rule knows of the first occurrences, one list an occurrence; empty where there is nothing to add to the
    /// rule's words.
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

/// Something that is known of one occurrence of a finding. `view::locale` formats it, and escapes what came off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// How many there are.
    Count(u64),
    /// A length in bytes.
    Bytes(u64),
    /// A number of packets.
    Packets(u64),
    /// A reply code (SMTP).
    Code(u16),
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A side of the connection.
    Side(Side),
    /// Text off the wire: an address, a host, a verb, an excerpt. May be cut by the rule; a view escapes it.
    Name(String),
    /// Two copies of the same bytes.
    Conflict(Conflict<String>),
}
