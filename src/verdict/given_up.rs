//! Recipients that the server had accepted, and that get nothing since the transaction ended when another one was refused:
//! the client gave it up (as RFC 5321, section 3.3, leaves it to the client), or the server ended the session.

use super::ending;
use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Transaction};
use std::collections::HashSet;

/// How many recipients were accepted and then sent nothing, since their transaction ended after another was refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The client gave it up.
    pub by_client: u64,
    /// The server ended the session.
    pub by_server: u64,
}

/// The recipients of `session` that were left out. One that a later transaction of the session names again is not counted:
/// the client tries anew.
pub fn recipients(session: &Session) -> LeftOut {
    let is_candidate = |transaction: &Transaction| {
        let refused = |addressee: &Addressee| matches!(addressee.outcome, Outcome::Rejected | Outcome::Deferred);
        transaction.outcome == Outcome::Aborted
            && transaction.message.is_none()
            && transaction.to.iter().any(refused)
            && transaction.to.iter().any(is_left_out)
    };
    if !session.transactions.iter().any(is_candidate) {
        return LeftOut::default();
    }
    let mut named_later = HashSet::new();
    let mut count = LeftOut::default();
    for transaction in session.transactions.iter().rev() {
        let ended_by = if is_candidate(transaction) { ended_by(session, transaction) } else { None };
        let mut named = Vec::new();
        for addressee in &transaction.to {
            let address = addressee.address.to_lowercase();
            if let Some(side) = ended_by
                && is_left_out(addressee)
                && named_later.insert(address.clone())
            {
                match side {
                    Side::Client => count.by_client += 1,
                    Side::Server => count.by_server += 1,
                }
            }
            named.push(address);
        }
        named_later.extend(named);
    }
    count
}

fn is_left_out(addressee: &Addressee) -> bool {
    addressee.outcome == Outcome::Aborted && addressee.code.is_some_and(|code| (200..300).contains(&code))
}

/// Who ended the transaction after the last reply to RCPT: the client that did something else then, or left; the server that
/// ended the session before. `None` where the capture does not show it.
fn ended_by(session: &Session, transaction: &Transaction) -> Option<Side> {
    let last = transaction.to.iter().filter_map(|addressee| addressee.step).max()?;
    let from = session.steps.partition_point(|step| step.n <= last);
    for step in session.steps.get(from..).unwrap_or_default() {
        if ending::is_farewell(step) {
            return Some(Side::Server);
        }
        // The reply shows it where the command was sent before, together with RCPT.
        if let Subject::Smtp(
            smtp::Subject::Command(verb)
            | smtp::Subject::Reply { to: smtp::ReplyTo::Command(verb), code: 200..=299, .. },
        ) = step.subject
            && (verb.is_hello() || matches!(verb, Verb::Rset | Verb::Quit | Verb::Mail))
        {
            return Some(Side::Client);
        }
    }
    ending::left(session).map(|(side, _)| side)
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, recipients};
    use crate::verdict::Selection;
    use crate::verdict::testing::session;

    const MAIL: &str = "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n\
                        C: RCPT TO:<c@d>\nS: 250 ok\n";
    const REFUSED: &str = "C: RCPT TO:<e@d>\nS: 550 5.1.1 no such user\n";
    const DATA: &str = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";

    fn count(rest: &str) -> LeftOut {
        recipients(&session(&format!("{MAIL}{rest}"), Selection::ALL.needs()))
    }

    #[test]
    fn who_was_accepted_gets_nothing_either_however_the_client_gives_up() {
        for end in [
            "C: QUIT\nS: 221 bye",
            "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye",
            "! fin client",
            "C: EHLO a\nS: 250 mx\nC: QUIT\nS: 221 bye",
        ] {
            assert_eq!(count(&format!("{REFUSED}{end}")), LeftOut { by_client: 1, by_server: 0 }, "{end}");
        }
        let later = "C: RCPT TO:<e@d>\nS: 450 later\nC: RCPT TO:<f@d>\nS: 250 ok\nC: QUIT\nS: 221 bye";
        assert_eq!(count(later).by_client, 2, "refused for now, and another accepted after that");
    }

    #[test]
    fn nobody_is_left_out_where_the_mail_is_sent_or_nobody_was_refused() {
        for rest in [
            format!("{REFUSED}{DATA}"),
            "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye".to_owned(),
            // The client begins anew without the one that was refused.
            format!("{REFUSED}C: RSET\nS: 250 ok\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<C@d>\nS: 250 ok\n{DATA}"),
            // The server ends it where nobody was refused.
            "S: 421 4.3.2 closing\n! fin server".to_owned(),
            "! fin server".to_owned(),
            // The capture does.
            format!("{REFUSED}! open"),
        ] {
            assert_eq!(count(&rest), LeftOut::default(), "{rest}");
        }
    }

    #[test]
    fn who_was_accepted_gets_nothing_either_where_the_server_ends_the_session() {
        let by_server = LeftOut { by_client: 0, by_server: 1 };
        for end in [
            "! fin server",
            "! fin server\n! fin client",
            "S: 421 4.3.2 closing\n! fin server",
            "S: 421 4.3.2 closing\nC: QUIT\n! fin client",
        ] {
            assert_eq!(count(&format!("{REFUSED}{end}")), by_server, "{end}");
        }
        // DATA is sent together with RCPT, and finds nobody to answer it.
        let (mail, accepted) = ("C: RCPT TO:<e@d>\nC: DATA\n", "S: 550 I drop you\n! fin server");
        assert_eq!(count(&format!("{mail}{accepted}")), by_server);
        // So is QUIT, which the server answers before it closes the connection.
        let quits = "C: RCPT TO:<e@d>\nC: QUIT\nS: 550 no such user\nS: 221 bye\n! fin server";
        assert_eq!(count(quits), LeftOut { by_client: 1, by_server: 0 });
    }
}
