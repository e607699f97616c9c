/*!
Mail of which the capture shows no more than the server's replies: an asymmetric route, or a mirror of one direction.

After a 354 it is known that a message follows, and what its reply is: the dialogue makes a transaction of it. Other
replies say nothing without their commands, but that something was asked. Where nothing else is known of a session's mail,
what they may have decided is not known.
*/

use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::smtp::{self, ReplyTo};
use crate::session::Session;
use crate::session::model::Step;

/// True where commands of an SMTP or LMTP session are missing, no sender and no recipient is known, and the server's
/// replies show that mail may have been refused, or taken without a 354 (BDAT).
pub(super) fn hides_mail(session: &Session) -> bool {
    let has_envelope = session.transactions.iter().any(|one| one.from.is_some() || !one.to.is_empty());
    let is_gap = |step: &Step| step.kind == Kind::Gap && step.from == Side::Client;
    if has_envelope || !session.steps.iter().any(is_gap) {
        return false;
    }
    let (mut accepted, mut refused) = (0, false);
    for code in session.steps.iter().filter_map(unplaced) {
        match code {
            250..=252 => accepted += 1,
            // What refuses mail, and neither a command as such nor a log-in (RFC 5321, section 4.2.3).
            450..=452 | 455 | 550..=556 => refused = true,
            _ => {}
        }
    }
    // One may be the reply to EHLO.
    refused || session.transactions.is_empty() && accepted > 1
}

/// The code of a reply whose command is not known.
fn unplaced(step: &Step) -> Option<u16> {
    match step.subject {
        Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::InDoubt | ReplyTo::Nothing, code, .. }) => Some(code),
        _ => None,
    }
}
