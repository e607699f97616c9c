//! The phase of the session that a step belongs to: tables are divided by it.

mod imap;
mod pop3;
mod smtp;

use super::model::Phase;
use crate::protocol::event::Subject;
use crate::protocol::tls;

/// The phase of a step that is about `subject`; `previous` is the phase of the step before it, [`Phase::Connection`]
/// for the first. A reply is in the phase of the command that it answers; a step that can occur in any phase is in
/// `previous`.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match subject {
        Subject::Smtp(subject) => smtp::of(subject, previous),
        Subject::Pop3(subject) => pop3::of(subject, previous),
        Subject::Imap(subject) => imap::of(subject, previous),
        // In the middle of a dialogue: what comes next goes on in the phase before.
        Subject::Tls(tls::Subject::SessionTicket | tls::Subject::KeyUpdate) => previous,
        Subject::Tls(_) => Phase::Encryption,
        Subject::Proxy(_) => Phase::Connection,
        Subject::Gap(_) | Subject::Cut | Subject::Unknown => previous,
    }
}

#[cfg(test)]
mod tests;
