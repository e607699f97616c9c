//! Recipients that the server had accepted, and that get nothing since the client gave the transaction up when another
//! one was refused (as RFC 5321, section 3.3, leaves it to the client).

use super::ending;
use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Transaction};
use std::collections::HashSet;

/// How many recipients of `session` were accepted and then sent nothing, since the client gave their transaction up after
/// another recipient was refused. One that a later transaction of the session names again is not counted: the client
/// tries anew.
pub fn recipients(session: &Session) -> u64 {
    let is_candidate = |transaction: &Transaction| {
        let refused = |addressee: &Addressee| matches!(addressee.outcome, Outcome::Rejected | Outcome::Deferred);
        transaction.outcome == Outcome::Aborted
            && transaction.message.is_none()
            && transaction.to.iter().any(refused)
            && transaction.to.iter().any(is_left_out)
    };
    if !session.transactions.iter().any(is_candidate) {
        return 0;
    }
    let mut named_later = HashSet::new();
    let mut count = 0;
    for transaction in session.transactions.iter().rev() {
        let left_out = is_candidate(transaction) && is_given_up_by_client(session, transaction);
        let mut named = Vec::new();
        for addressee in &transaction.to {
            let address = addressee.address.to_lowercase();
            if left_out && is_left_out(addressee) && named_later.insert(address.clone()) {
                count += 1;
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

/// The client did something else after the last reply to RCPT, or left: the server has not ended the session before.
fn is_given_up_by_client(session: &Session, transaction: &Transaction) -> bool {
    let Some(last) = transaction.to.iter().filter_map(|addressee| addressee.step).max() else { return false };
    let from = session.steps.partition_point(|step| step.n <= last);
    for step in session.steps.get(from..).unwrap_or_default() {
        if ending::is_farewell(step) {
            return false;
        }
        if let Subject::Smtp(smtp::Subject::Command(verb)) = step.subject {
            return verb.is_hello() || matches!(verb, Verb::Rset | Verb::Quit | Verb::Mail);
        }
    }
    ending::left(session).is_some_and(|(side, _)| side == Side::Client)
}

#[cfg(test)]
mod tests {
    use super::recipients;
    use crate::verdict::Selection;
    use crate::verdict::testing::session;

    const MAIL: &str = "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n\
                        C: RCPT TO:<c@d>\nS: 250 ok\n";
    const REFUSED: &str = "C: RCPT TO:<e@d>\nS: 550 5.1.1 no such user\n";
    const DATA: &str = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";

    fn count(rest: &str) -> u64 {
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
            assert_eq!(count(&format!("{REFUSED}{end}")), 1, "{end}");
        }
        let later = "C: RCPT TO:<e@d>\nS: 450 later\nC: RCPT TO:<f@d>\nS: 250 ok\nC: QUIT\nS: 221 bye";
        assert_eq!(count(later), 2, "refused for now, and another accepted after that");
    }

    #[test]
    fn nobody_is_left_out_where_the_mail_is_sent_or_nobody_was_refused() {
        for rest in [
            format!("{REFUSED}{DATA}"),
            "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye".to_owned(),
            // The client begins anew without the one that was refused.
            format!("{REFUSED}C: RSET\nS: 250 ok\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<C@d>\nS: 250 ok\n{DATA}"),
            // The server ends it.
            format!("{REFUSED}S: 421 4.7.0 too many errors\n! fin server"),
            format!("{REFUSED}! fin server"),
            // The capture does.
            format!("{REFUSED}! open"),
        ] {
            assert_eq!(count(&rest), 0, "{rest}");
        }
    }
}
