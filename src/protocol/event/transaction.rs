//! A mail transaction, as a dialogue reports it once it is over.

use super::delivery::Delivery;
use super::envelope::Envelope;
use crate::protocol::number::{MessageId, StepId};

/// A mail transaction that is over (RFC 5321, section 3.3): from MAIL, or the first that was seen of it, to what ended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// From whom and to whom.
    pub envelope: Envelope,
    /// The size that MAIL declares (RFC 1870, section 5).
    pub size_said: Option<u64>,
    /// The reply that decided for all: the one to the content, or the refusal of MAIL or DATA.
    pub reply: Option<DecidingReply>,
    /// What the replies come to for recipients of whom none is known: RCPT is not in the capture. Absent where one is, and
    /// where no content was answered.
    pub unnamed: Option<Delivery>,
    /// What ended it.
    pub end: TransactionEnd,
    /// The message, where content crossed.
    pub message: Option<MessageId>,
    /// Its steps: commands and replies. Those that `envelope` and `reply` name need not be among them.
    pub steps: Vec<StepId>,
}

/// A reply that decided for all recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecidingReply {
    /// What it answers.
    pub to: Decided,
    /// Its code; absent where the server has named none.
    pub code: Option<u16>,
    /// Its step.
    pub step: StepId,
}

/// What a deciding reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decided {
    /// MAIL, which it refuses.
    Mail,
    /// DATA, which it refuses.
    Data,
    /// The content, or a chunk of it.
    Content,
}

/// What ended a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionEnd {
    /// The content ended, and had the replies that came.
    Content,
    /// A command of the client's: RSET, another EHLO or MAIL, STARTTLS.
    Abandoned,
    /// The session was over before the content was.
    SessionOver,
    /// It is not in the capture.
    Unseen,
}
