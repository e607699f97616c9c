//! What became of a session, in one word: the same in the terminal, in CSV, in Markdown and on the page.

use super::conclusion::{Delivered, of_session};
use super::{Class, ending, rules};
use crate::protocol::event::{Direction, Kind, LoginOutcome};
use crate::session::Session;
use crate::session::model::{Credential, Outcome, Step};

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Upshot {
    /// There was no connection.
    NotConnected,
    /// The server's greeting, or its answer to the client's, was a refusal, with this code.
    Refused(Option<u16>),
    /// Everything that was sent was accepted for everyone.
    Accepted,
    /// Some of it was.
    Partly,
    /// It was refused for now.
    Deferred,
    /// It was refused for good for some recipients, for now for others, and accepted for none.
    RejectedOrDeferred,
    /// It was refused.
    Rejected,
    /// The client, or the connection, gave up before the content, or a log-in, was over.
    Aborted,
    /// Something was sent, and the capture does not show what became of it.
    Unknown,
    /// Messages, or parts of them, were retrieved.
    Retrieved,
    /// Messages were put into a mailbox (IMAP's APPEND).
    Appended,
    /// A log-in was accepted, and nothing was carried.
    LoggedIn,
    /// No log-in was accepted, and nothing was carried.
    LoginRejected,
    /// No log-in was accepted, and the server put one off: it may be tried again.
    LoginDeferred,
    /// A log-in was tried, and the capture does not show what became of it.
    LoginUnknown,
    /// TLS began, and failed.
    TlsFailed,
    /// What happened is inside TLS.
    Encrypted,
    /// Nothing was carried: the server ended the session of its own accord, with this code.
    HungUp(Option<u16>),
    /// The same, because nothing came of the client for too long: nothing that it asked for was refused.
    FellSilent,
    /// Nothing was carried, and a finding says that something failed.
    Failed,
    /// Nothing was carried, and nobody logged in.
    Nothing,
}

/// What became of `session`, whose findings are known. Mail that was sent says more than mail that was retrieved, and this
/// more than a log-in.
pub fn upshot(session: &Session) -> Upshot {
    if session.transport.end.is_unconnected() {
        return Upshot::NotConnected;
    }
    let greeting = session.steps.iter().find(|step| step.kind == Kind::Greeting);
    let refused = greeting.filter(|step| step.code().is_some_and(|code| code >= 400) || step.status() == Some("-ERR"));
    if let Some(step) = refused {
        return Upshot::Refused(step.code());
    }
    let verdict = of_session(session);
    let mut transactions = session.transactions.iter().map(|transaction| transaction.outcome).peekable();
    let given_up = transactions.peek().is_some() && transactions.all(|outcome| outcome == Outcome::Aborted);
    let carried = |direction| session.messages.iter().any(|message| message.direction == direction);
    match verdict.delivered {
        Delivered::Yes => return Upshot::Accepted,
        Delivered::No if given_up && verdict.tally.rejected == 0 => return hung_up(session).unwrap_or(Upshot::Aborted),
        Delivered::No => return Upshot::Rejected,
        Delivered::Partly => return Upshot::Partly,
        Delivered::Deferred if verdict.tally.rejected > 0 => return Upshot::RejectedOrDeferred,
        Delivered::Deferred => return Upshot::Deferred,
        Delivered::Unknown if given_up => return hung_up(session).unwrap_or(Upshot::Aborted),
        Delivered::Unknown => return Upshot::Unknown,
        Delivered::Nothing if given_up && !carried(Direction::Retrieved) => {
            return hung_up(session).unwrap_or(Upshot::Aborted);
        }
        Delivered::Nothing => {}
    }
    if carried(Direction::Retrieved) {
        return Upshot::Retrieved;
    }
    if let Some(put) = put(session) {
        return put;
    }
    let logged_in = |outcome| session.credentials.iter().any(|login| login.outcome == outcome);
    let refused = session.findings.iter().find(|finding| finding.id == "session-refused");
    let refusal = refused.and_then(|finding| session.step(*finding.steps.last()?));
    let hung_up = hung_up(session);
    let has_failed = || verdict.cause.and_then(rules::find).is_some_and(|rule| rule.class == Class::Failure);
    match () {
        () if logged_in(LoginOutcome::Accepted) => Upshot::LoggedIn,
        () if logged_in(LoginOutcome::Rejected) => Upshot::LoginRejected,
        () if session.credentials.iter().any(Credential::is_put_off) => Upshot::LoginDeferred,
        () if logged_in(LoginOutcome::Unknown) => Upshot::LoginUnknown,
        () if logged_in(LoginOutcome::Cancelled) => Upshot::Aborted,
        () if session.tls.failed => Upshot::TlsFailed,
        () if session.tls.established && !session.tls.decrypted => Upshot::Encrypted,
        () if refused.is_some() => Upshot::Refused(refusal.and_then(Step::code)),
        () => match hung_up {
            Some(hung_up) => hung_up,
            None if has_failed() => Upshot::Failed,
            None => Upshot::Nothing,
        },
    }
}

/// The server ended the session before the client asked for it: it said so, or it left without a word and not for the
/// client's silence.
fn hung_up(session: &Session) -> Option<Upshot> {
    let until_goodbye = session.steps.iter().take_while(|step| !ending::is_goodbye(step));
    let word = until_goodbye.filter(|step| ending::is_farewell(step)).last();
    let left = || ending::server_left(session).is_some_and(|left| !left.is_timeout);
    match word {
        Some(word) if ending::is_end_of_silence(word) => Some(Upshot::FellSilent),
        word => (word.is_some() || left()).then(|| Upshot::HungUp(word.and_then(Step::code))),
    }
}

/// What became of messages that have no envelope: appended ones, and those whose envelope the capture does not have.
fn put(session: &Session) -> Option<Upshot> {
    let mut put = session.messages.iter().filter(|message| message.direction != Direction::Retrieved).peekable();
    let direction = put.peek()?.direction;
    let outcomes = put.map(|message| message.outcome.map_or(Outcome::Unknown, Outcome::from));
    Some(match Outcome::of_all(outcomes) {
        Outcome::Accepted if direction == Direction::Appended => Upshot::Appended,
        Outcome::Accepted => Upshot::Accepted,
        Outcome::Partly => Upshot::Partly,
        Outcome::Rejected => Upshot::Rejected,
        Outcome::Deferred => Upshot::Deferred,
        Outcome::Aborted => Upshot::Aborted,
        Outcome::Unknown => Upshot::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::{Upshot, upshot};
    use crate::flow::CloseReason;
    use crate::session::model::{Finding, Outcome, Severity};
    use crate::verdict::testing::session;
    use crate::verdict::{Class, Selection, judge};

    fn of(script: &str) -> Upshot {
        let mut session = session(script, Selection::ALL.needs());
        judge(&mut session, Selection::ALL);
        upshot(&session)
    }

    #[test]
    fn what_a_session_sent_comes_first() {
        let mail = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n";
        let content = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";
        for (script, expected) in [
            (format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\n{content}"), Upshot::Accepted),
            (format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@d>\nS: 550 no\n{content}"), Upshot::Partly),
            (format!("{mail}C: RCPT TO:<c@d>\nS: 550 no\nC: QUIT\nS: 221 bye\n"), Upshot::Rejected),
            (format!("{mail}C: RCPT TO:<c@d>\nS: 450 later\nC: QUIT\nS: 221 bye\n"), Upshot::Deferred),
            // The capture ends within the content.
            (
                format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\n! open\n"),
                Upshot::Unknown,
            ),
            // The connection does.
            (
                format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\n"),
                Upshot::Aborted,
            ),
            (
                format!("{mail}C: RCPT TO:<c@d>\nS: 554 no\nC: RCPT TO:<e@d>\nS: 454 later\nC: QUIT\nS: 221 bye\n"),
                Upshot::RejectedOrDeferred,
            ),
            // In two transactions.
            (
                format!(
                    "{mail}C: RCPT TO:<c@d>\nS: 454 later\nC: RSET\nS: 250 ok\nC: MAIL FROM:<a@b>\nS: 250 ok\n\
                     C: RCPT TO:<e@d>\nS: 550 no\nC: QUIT\nS: 221 bye\n"
                ),
                Upshot::RejectedOrDeferred,
            ),
            (
                format!(
                    "{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@d>\nS: 454 later\nC: RCPT TO:<f@d>\n\
                     S: 550 no\n{content}"
                ),
                Upshot::Partly,
            ),
            // Only an address was asked for: nothing was sent.
            (format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\n"), Upshot::Aborted),
            (format!("{mail}C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\n"), Upshot::Aborted),
            // One is refused, and to the other nothing is sent: nobody was to get it any more.
            (
                format!(
                    "{mail}C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@d>\nS: 550 no\nC: RSET\nS: 250 ok\nC: QUIT\n\
                     S: 221 bye\n"
                ),
                Upshot::Rejected,
            ),
            // A mail that was begun and given up does not take away from one that was accepted.
            (
                format!(
                    "{mail}C: RSET\nS: 250 ok\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n{content}"
                ),
                Upshot::Accepted,
            ),
        ] {
            assert_eq!(of(&script), expected, "{script}");
        }
        let mut lost = session(&format!("{mail}C: RCPT TO:<c@d>\nS: 250 ok\n{content}"), Selection::ALL.needs());
        for transaction in &mut lost.transactions {
            transaction.outcome = Outcome::Aborted;
            transaction.to.iter_mut().for_each(|addressee| addressee.outcome = Outcome::Aborted);
        }
        assert_eq!(upshot(&lost), Upshot::Aborted);
    }

    #[test]
    fn a_log_in_counts_where_nothing_was_carried() {
        let login = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\n";
        assert_eq!(of(&format!("{login}S: +OK in\nC: QUIT\nS: +OK\n")), Upshot::LoggedIn);
        assert_eq!(of(&format!("{login}S: -ERR no")), Upshot::LoginRejected);
        assert_eq!(of(&format!("{login}S: -ERR [SYS/TEMP] later")), Upshot::LoginDeferred);
        let again = "C: USER bob\nS: +OK\nC: PASS secret\n";
        assert_eq!(of(&format!("{login}S: -ERR [SYS/TEMP] later\n{again}S: -ERR no")), Upshot::LoginRejected);
        assert_eq!(of(&format!("{login}S: -ERR [SYS/TEMP] later\n{again}S: +OK in")), Upshot::LoggedIn);
        assert_eq!(of(login), Upshot::LoginUnknown);
        let retrieved = "S: +OK in\nC: RETR 1\nS: +OK\nS: Subject: x\nS: \nS: y\nS: .";
        assert_eq!(of(&format!("{login}{retrieved}")), Upshot::Retrieved);
        let cancelled =
            "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\n";
        assert_eq!(of(&format!("{cancelled}S: 501 cancelled\n")), Upshot::Aborted);
    }

    #[test]
    fn a_message_that_is_appended_is_stored_only_if_the_server_took_it() {
        let append =
            "S: * OK hi\nC: a1 LOGIN bob secret\nS: a1 OK in\nC: a2 APPEND Sent {12}\nS: + go\nC: Subject: x\nC:\n";
        assert_eq!(of(&format!("{append}S: a2 OK done\n")), Upshot::Appended);
        assert_eq!(of(&format!("{append}S: a2 NO full\n")), Upshot::Rejected);
    }

    #[test]
    fn a_server_that_ends_the_session_is_not_passed_over() {
        let (begin, hello) = ("! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\n", "S: 250 mx\n");
        let envelope = "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n";
        for (script, expected) in [
            (format!("{begin}S: 421 4.3.2 closing\n! fin server"), Upshot::HungUp(Some(421))),
            // Whoever closes first, and where the capture ends before that.
            (format!("{begin}S: 421 closing\n! fin client\n! fin server"), Upshot::HungUp(Some(421))),
            (format!("{begin}S: 421 closing"), Upshot::HungUp(Some(421))),
            (format!("{begin}S: 421 closing\nC: QUIT\n! fin client"), Upshot::HungUp(Some(421))),
            (format!("{begin}{hello}@ 300\nS: 421 4.4.2 timeout\n! fin server"), Upshot::FellSilent),
            // A command waits for its answer.
            (format!("{begin}{hello}C: NOOP\n@ 300\nS: 421 4.4.2 timeout\n! fin server"), Upshot::HungUp(Some(421))),
            (format!("{begin}{hello}{envelope}S: 421 closing\n! fin server"), Upshot::HungUp(Some(421))),
            (
                format!("{begin}{hello}{envelope}C: DATA\nS: 354 go\nC: hi\nS: 421 closing\n! fin server"),
                Upshot::HungUp(Some(421)),
            ),
            (format!("{begin}{hello}{envelope}C: DATA\nS: 354 go\nC: hi\n! fin client"), Upshot::Aborted),
            (format!("{begin}! fin server"), Upshot::HungUp(None)),
            (
                "! syn\n! syn-ack\nS: * OK hi\nC: a NOOP\nS: a OK\nS: * BYE restart\n! fin server".to_owned(),
                Upshot::HungUp(None),
            ),
            (format!("{begin}S: 421 4.7.0 too many sessions\n! fin server"), Upshot::Refused(Some(421))),
            (format!("{begin}S: 550 5.7.1 no\nC: QUIT\nS: 221 bye"), Upshot::Refused(Some(550))),
            // What the client asked for.
            (format!("{begin}{hello}C: QUIT\nS: 221 bye\n! fin server"), Upshot::Nothing),
            ("S: * OK hi\nC: a LOGOUT\nS: * BYE\nS: a OK".to_owned(), Upshot::Nothing),
        ] {
            assert_eq!(of(&script), expected, "{script}");
        }
    }

    #[test]
    fn a_session_without_mail_or_log_in() {
        assert_eq!(of("S: 554 go away"), Upshot::Refused(Some(554)));
        assert_eq!(of("--- server 10.0.0.25:110\nS: -ERR busy"), Upshot::Refused(None));
        assert_eq!(of("S: +OK ready\nC: QUIT\nS: +OK bye"), Upshot::Nothing);
        let mut unanswered = session("S: 220 x", Selection::ALL.needs());
        unanswered.transport.end = CloseReason::Unanswered;
        assert_eq!(upshot(&unanswered), Upshot::NotConnected);
        let mut tls = session("S: 220 x", Selection::ALL.needs());
        tls.tls.established = true;
        assert_eq!(upshot(&tls), Upshot::Encrypted);
        tls.tls.failed = true;
        assert_eq!(upshot(&tls), Upshot::TlsFailed);
        let mut reset = session("S: 220 x", Selection::ALL.needs());
        let (class, severity) = (Class::Failure, Severity::Medium);
        reset.findings.push(Finding { id: "connection-reset", class, severity, ..Finding::default() });
        assert_eq!(upshot(&reset), Upshot::Failed);
    }
}
