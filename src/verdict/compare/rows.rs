//! What a comparison is: rows, and what they come to.

use super::contents::Changed;

/// One of the two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Hand {
    Left,
    Right,
}

/// Two sessions side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The rows, in the order of both sessions.
    pub rows: Vec<Row>,
    /// What they come to.
    pub tally: Tally,
    /// The row in which the sessions part: the first that is more than a difference in what is carried. Absent where both
    /// are the same process.
    pub parting: Option<usize>,
    /// Where they part, but all that this session does the other does too, in the same order and with the same outcomes: the
    /// other does more.
    pub within: Option<Hand>,
}

/// A row: a step of either session, or of one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index in the left session's steps.
    pub left: Option<usize>,
    /// Index in the right session's steps.
    pub right: Option<usize>,
    /// How the two differ.
    pub how: How,
}

/// How the two steps of a row differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Not at all.
    Same,
    /// In what always differs.
    Quiet(Quiet),
    /// In more than that.
    Differs(What),
    /// The step has no counterpart.
    Only(Hand),
    /// The step of this side has no counterpart in the capture, and may have one all the same.
    Unseen(Hand, Why),
}

/// What always differs between two runs of the same process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// The name that the client gives itself.
    Name,
    /// IMAP's tag.
    Tag,
    /// The words beside a reply's code or status.
    Words,
    /// A proof of a password, or the challenge to it.
    Nonce,
    /// Upper and lower case of the verb, blanks.
    Spelling,
    /// The order of what is listed.
    Order,
    /// The size that MAIL declares.
    DeclaredSize,
    /// How many bytes of TLS, or are missing.
    Size,
    /// What it says is masked, or was let go of: it was not compared.
    NotCompared,
    /// A further piece of a message that an earlier row compares.
    Further,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One is accepted and the other is not.
    Outcome,
    /// The reply's code, where both are accepted or both are not.
    Code,
    /// The reason of a refusal.
    Reason,
    /// The command itself.
    Verb,
    /// HELO, EHLO or LHLO.
    Hello,
    /// What follows the command.
    Arguments,
    /// The capabilities that the server lists.
    Capabilities,
    /// What the server answers to a question.
    Answer,
    /// Something on the way has written over a word: `XXXXXXXA` in the place of `STARTTLS`.
    Overwritten,
    /// The content of a message.
    Content(Box<Changed>),
    /// Any other text or bytes.
    Text,
}

/// Why a step may have a counterpart that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Bytes of the other session are missing from its capture there; or the row is such a gap.
    Gap,
    /// Both sessions are inside TLS.
    Encrypted,
    /// The other session's capture begins later, or ends earlier.
    Outside,
}

/// How many rows there are of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows.
    pub rows: u64,
    /// Those that are the same.
    pub same: u64,
    /// Those that differ in what always differs.
    pub quiet: u64,
    /// Those that differ.
    pub differ: u64,
    /// Steps that only the left session has.
    pub only_left: u64,
    /// Steps that only the right session has.
    pub only_right: u64,
    /// Steps whose counterpart may not have been captured.
    pub unseen: u64,
}

impl Row {
    /// Whether the row shows that the sessions are not the same process.
    pub(super) fn parts(&self) -> bool {
        matches!(self.how, How::Only(_) | How::Differs(What::Outcome | What::Overwritten | What::Verb))
    }
}
