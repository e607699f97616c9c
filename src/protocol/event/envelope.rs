//! The envelope of a message or transaction, as a dialogue reports it.

use crate::protocol::number::StepId;

/// SMTP's envelope (RFC 5321, section 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// Reverse-path without its angle brackets; empty for `<>`. Absent where MAIL was not seen.
    pub from: Option<Vec<u8>>,
    /// Recipients in the order of RCPT, the refused ones too.
    pub to: Vec<Recipient>,
}

/// One RCPT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipient {
    /// Forward-path without its angle brackets.
    pub address: Vec<u8>,
    /// Code of the reply to RCPT.
    pub code: Option<u16>,
    /// Step of that reply.
    pub step: Option<StepId>,
    /// Code of the recipient's own reply after the content (LMTP, PRDR).
    pub final_code: Option<u16>,
    /// Step of that reply.
    pub final_step: Option<StepId>,
    /// That reply was due and was not seen.
    pub final_missing: bool,
}
