//! What a session came to in a word: whether mail was delivered or fetched, and else how far it came.

use crate::protocol::event::{Delivery, Direction, LoginOutcome};
use crate::session::Session;
use crate::session::model::{Outcome, TlsMode};

/// How far a session came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reached {
    /// The server took everything for all recipients.
    Delivered,
    /// It took something, for some of them.
    Partly,
    /// It refused all for good.
    Refused,
    /// It took nothing for now.
    Deferred,
    /// The client, or the connection, gave up before the content was over.
    Aborted,
    /// Mail was sent, and the capture does not show what became of it.
    Unanswered,
    /// Messages, or parts of them, were retrieved.
    Fetched,
    /// Messages were put into a mailbox (IMAP's APPEND).
    Stored,
    /// A login was accepted, and no mail was moved.
    LoggedIn,
    /// No login was accepted.
    LoginRefused,
    /// A login was tried, and the capture does not show what became of it.
    LoginUnanswered,
    /// TLS began, and failed.
    TlsFailed,
    /// What was done is encrypted.
    Encrypted,
    /// No mail was moved, and no login tried.
    Nothing,
}

/// How far `session` came. Mail that was sent says more than mail that was retrieved, and this more than a login.
pub fn reached(session: &Session) -> Reached {
    if let Some(delivery) = delivery(session) {
        return delivery;
    }
    if session.messages.iter().any(|message| message.direction == Direction::Retrieved) {
        return Reached::Fetched;
    }
    if let Some(taken) = session.messages.iter().find(|message| message.outcome == Some(Delivery::Accepted)) {
        return if taken.direction == Direction::Appended { Reached::Stored } else { Reached::Delivered };
    }
    let has = |outcome| session.credentials.iter().any(|login| login.outcome == outcome);
    if has(LoginOutcome::Accepted) {
        return Reached::LoggedIn;
    }
    if has(LoginOutcome::Rejected) || has(LoginOutcome::Cancelled) {
        return Reached::LoginRefused;
    }
    if !session.credentials.is_empty() {
        return Reached::LoginUnanswered;
    }
    let tls = &session.tls;
    match tls.mode {
        _ if tls.failed => Reached::TlsFailed,
        TlsMode::StartTls | TlsMode::Implicit if !tls.decrypted => Reached::Encrypted,
        _ => Reached::Nothing,
    }
}

/// What became of what was sent; absent where nothing was.
fn delivery(session: &Session) -> Option<Reached> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for transaction in &session.transactions {
        match transaction.to.is_empty() {
            true => outcomes.push(transaction.outcome),
            false => outcomes.extend(transaction.to.iter().map(|addressee| addressee.outcome)),
        }
    }
    if outcomes.is_empty() {
        return None;
    }
    let is_all = |outcome| outcomes.iter().all(|one| *one == outcome);
    if is_all(Outcome::Aborted) {
        return Some(Reached::Aborted);
    }
    // A recipient who was refused says more than one whom the client gave up.
    let told: Vec<Outcome> = outcomes.iter().copied().filter(|outcome| *outcome != Outcome::Aborted).collect();
    Some(match Outcome::of_all(told.into_iter()) {
        Outcome::Accepted if outcomes.contains(&Outcome::Aborted) => Reached::Partly,
        Outcome::Accepted => Reached::Delivered,
        Outcome::Partly => Reached::Partly,
        Outcome::Rejected => Reached::Refused,
        Outcome::Deferred => Reached::Deferred,
        Outcome::Aborted => Reached::Aborted,
        Outcome::Unknown => Reached::Unanswered,
    })
}

#[cfg(test)]
mod tests {
    use super::{Reached, reached};
    use crate::verdict::Selection;
    use crate::verdict::testing::session;

    #[test]
    fn a_session_in_a_word() {
        let hello = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n";
        let content = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";
        for (script, expected) in [
            (format!("{hello}C: RCPT TO:<c@d>\nS: 250 ok\n{content}"), Reached::Delivered),
            (format!("{hello}C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@d>\nS: 550 no\n{content}"), Reached::Partly),
            (format!("{hello}C: RCPT TO:<c@d>\nS: 550 no\nC: QUIT\nS: 221 bye\n"), Reached::Refused),
            (format!("{hello}C: RCPT TO:<c@d>\nS: 450 later\nC: QUIT\nS: 221 bye\n"), Reached::Deferred),
            (
                "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in\nC: QUIT\nS: +OK\n".to_owned(),
                Reached::LoggedIn,
            ),
            ("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: -ERR no\n".to_owned(), Reached::LoginRefused),
            ("S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\n".to_owned(), Reached::LoginUnanswered),
            ("S: +OK ready\nC: QUIT\nS: +OK\n".to_owned(), Reached::Nothing),
        ] {
            assert_eq!(reached(&session(&script, Selection::ALL.needs())), expected, "{script}");
        }
    }
}
