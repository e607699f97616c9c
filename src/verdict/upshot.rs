//! What became of a session, in one word.

use super::conclusion::{Delivered, of_session};
use crate::flow::CloseReason;
use crate::protocol::event::{Direction, Kind, LoginOutcome};
use crate::session::Session;

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Upshot {
    /// There was no connection.
    NotConnected,
    /// The server's greeting was a refusal.
    Refused,
    /// Everything that was sent was accepted for everyone.
    Accepted,
    /// Some of it was.
    Partly,
    /// It was refused for now.
    Deferred,
    /// It was refused.
    Rejected,
    /// Something was sent, and the capture does not show what became of it.
    Unknown,
    /// Messages, or parts of them, were retrieved.
    Retrieved,
    /// Messages were put into a mailbox.
    Appended,
    /// No log-in was accepted, and nothing else happened.
    LoginRejected,
    /// A log-in was accepted, and nothing was carried.
    LoggedIn,
    /// What happened is inside TLS.
    Encrypted,
    /// Nothing was carried, and nobody logged in.
    Nothing,
}

/// What became of `session`.
pub fn upshot(session: &Session) -> Upshot {
    let end = session.transport.end;
    if matches!(end, CloseReason::Refused | CloseReason::Unanswered | CloseReason::Prohibited) {
        return Upshot::NotConnected;
    }
    let greeting = session.steps.iter().find(|step| step.kind == Kind::Greeting);
    if greeting.is_some_and(|step| step.code().is_some_and(|code| code >= 400) || step.status() == Some("-ERR")) {
        return Upshot::Refused;
    }
    match of_session(session).delivered {
        Delivered::Yes => return Upshot::Accepted,
        Delivered::No => return Upshot::Rejected,
        Delivered::Partly => return Upshot::Partly,
        Delivered::Deferred => return Upshot::Deferred,
        Delivered::Unknown => return Upshot::Unknown,
        Delivered::Nothing => {}
    }
    let carried = |direction| session.messages.iter().any(|message| message.direction == direction);
    let logged_in = |outcome| session.credentials.iter().any(|credential| credential.outcome == outcome);
    match () {
        () if carried(Direction::Retrieved) => Upshot::Retrieved,
        () if carried(Direction::Appended) => Upshot::Appended,
        () if carried(Direction::Sent) => Upshot::Unknown,
        () if logged_in(LoginOutcome::Accepted) => Upshot::LoggedIn,
        () if logged_in(LoginOutcome::Rejected) => Upshot::LoginRejected,
        () if session.tls.established && !session.tls.decrypted => Upshot::Encrypted,
        () => Upshot::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::{Upshot, upshot};
    use crate::flow::CloseReason;
    use crate::verdict::Selection;
    use crate::verdict::testing::session;

    fn of(script: &str) -> Upshot {
        upshot(&session(script, Selection::ALL.needs()))
    }

    #[test]
    fn a_session_has_one_upshot() {
        assert_eq!(of("S: 554 go away"), Upshot::Refused);
        assert_eq!(of("S: +OK ready\nC: QUIT\nS: +OK bye"), Upshot::Nothing);
        let login = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\n";
        assert_eq!(of(&format!("{login}S: +OK in")), Upshot::LoggedIn);
        assert_eq!(of(&format!("{login}S: -ERR no")), Upshot::LoginRejected);
        let retrieved = "S: +OK in\nC: RETR 1\nS: +OK\nS: Subject: x\nS: \nS: y\nS: .";
        assert_eq!(of(&format!("{login}{retrieved}")), Upshot::Retrieved);
        let mail = "S: 220 x\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\n";
        assert_eq!(of(&format!("{mail}S: 550 no")), Upshot::Rejected);
        assert_eq!(of(&format!("{mail}S: 450 later")), Upshot::Deferred);
        let mut unanswered = session("S: 220 x", Selection::ALL.needs());
        unanswered.transport.end = CloseReason::Unanswered;
        assert_eq!(upshot(&unanswered), Upshot::NotConnected);
    }
}
