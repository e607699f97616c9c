//! The envelope of a message, read from what a dialogue reports.

use crate::limits::RECIPIENTS;
use crate::protocol::event;
use crate::session::model::{Envelope, Recipient};
use crate::session::text::text;

/// An envelope. A recipient is accepted by the reply to RCPT, and by its own reply after the content where it has one.
/// The reply to the content for all recipients is the message's outcome.
pub(super) fn read_envelope(told: event::Envelope) -> Envelope {
    let is_good = |code: u16| (200..300).contains(&code);
    let recipient = |told: event::Recipient| Recipient {
        address: text(&told.address),
        code: told.code,
        final_code: told.final_code,
        accepted: match told.code.is_some_and(is_good) {
            true if told.final_missing => None,
            accepted => Some(accepted && told.final_code.is_none_or(is_good)),
        },
    };
    Envelope {
        from: told.from.map(|path| text(&path)),
        to: told.to.into_iter().take(RECIPIENTS).map(recipient).collect(),
    }
}
