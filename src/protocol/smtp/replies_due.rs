//! How many replies the content of a message gets.

use crate::protocol::event::StepId;

/// How many replies a message's content gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RepliesDue {
    /// One for all (RFC 5321).
    #[default]
    One,
    /// One for each accepted recipient (RFC 2033, section 4.2): that many are still to come.
    PerRecipient {
        /// Still to come, at least 1.
        left: usize,
    },
    /// LMTP: one for each accepted recipient, but some RCPT are not answered yet. They will be, before the first reply
    /// to the content.
    Later,
    /// One for each accepted recipient, where RCPT or replies to RCPT are missing: the codes so far with their steps, at
    /// most as many as recipients are kept. They are assigned to recipients only if in the end there are as many codes as recipients.
    Unknown(Vec<(u16, StepId)>),
    /// Like [`Unknown`](Self::Unknown), and then one for all (PRDR): the last code is that one.
    UnknownAndOne(Vec<(u16, StepId)>),
    /// One for each accepted recipient and then one for all (draft-hall-prdr, announced by 353).
    PerRecipientAndOne {
        /// Replies for single recipients that are still to come.
        left: usize,
    },
}

impl RepliesDue {
    /// The last reply decides for all recipients.
    pub fn is_for_all(&self) -> bool {
        matches!(self, Self::One | Self::PerRecipientAndOne { .. } | Self::UnknownAndOne(_))
    }
}
