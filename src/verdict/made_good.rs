//! Recipients that the server refused, and accepted after all when the client named them again within the session: after a
//! greylisting, say, or without a parameter that the server does not know.

use crate::protocol::event::Decided;
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Transaction};
use std::collections::HashSet;

/// The recipients of `session` that were refused and then accepted: the number of the transaction, and the recipient's place
/// in it, from 0.
///
/// A transaction that names nobody has the place 0 where MAIL was not understood (a parameter that the server does not know)
/// and a later one with the same sender and size is accepted for somebody.
///
/// Accepted is who is named again in the same transaction with success; or who was refused for now (4yz) in a transaction
/// without content, and gets the message of a later one that has the same sender and declares the same size. Without a
/// declared size nothing shows that it is the same mail: a relay may have several of one sender for one recipient.
pub fn recipients(session: &Session) -> HashSet<(u32, usize)> {
    let is_any_refused = session
        .transactions
        .iter()
        .any(|transaction| transaction.to.iter().any(is_refused) || is_not_understood(transaction));
    let is_any_accepted = session.transactions.iter().any(|transaction| transaction.to.iter().any(is_not_refused));
    let mut made_good = HashSet::new();
    if !is_any_refused || !is_any_accepted {
        return made_good;
    }
    let mut accepted_later = HashSet::new();
    let mut mails_later = HashSet::new();
    for transaction in session.transactions.iter().rev() {
        let is_accepted_here: HashSet<String> =
            transaction.to.iter().filter(|to| is_not_refused(to)).map(|to| to.address.to_lowercase()).collect();
        for (place, addressee) in transaction.to.iter().enumerate().filter(|(_, to)| is_refused(to)) {
            let address = addressee.address.to_lowercase();
            let is_put_off = transaction.message.is_none()
                && (is_put_off_known(transaction, addressee) || is_not_understood(transaction));
            if is_accepted_here.contains(&address) || is_put_off && accepted_later.contains(&key(transaction, address))
            {
                made_good.insert((transaction.n, place));
            }
        }
        if transaction.to.is_empty()
            && is_not_understood(transaction)
            && mails_later.contains(&(transaction.from.as_deref(), transaction.size_said))
        {
            made_good.insert((transaction.n, 0));
        }
        for addressee in transaction.to.iter().filter(|to| to.outcome == Outcome::Accepted) {
            mails_later.insert((transaction.from.as_deref(), transaction.size_said));
            accepted_later.insert(key(transaction, addressee.address.to_lowercase()));
        }
    }
    made_good
}

/// The recipients of `session` that were refused for now (4yz) and refused again when the client named them anew: the number
/// of the transaction, and the recipient's place in it, from 0. The last refusal is not among them.
///
/// Anew is within the same transaction; or in a later one that has the same sender and declares the same size, where the
/// first had no content. As in [`recipients`], a size must be declared.
pub fn tried_again(session: &Session) -> HashSet<(u32, usize)> {
    let mut tried_again = HashSet::new();
    let is_put_off = |to: &Addressee| to.outcome == Outcome::Deferred;
    if !session.transactions.iter().any(|transaction| transaction.to.iter().any(is_put_off)) {
        return tried_again;
    }
    let mut refused_later = HashSet::new();
    for transaction in session.transactions.iter().rev() {
        let mut refused_here = HashSet::new();
        for (place, addressee) in transaction.to.iter().enumerate().rev().filter(|(_, to)| is_refused(to)) {
            let address = addressee.address.to_lowercase();
            let is_named_later = refused_here.contains(&address)
                || transaction.message.is_none()
                    && transaction.size_said.is_some()
                    && refused_later.contains(&key(transaction, address.clone()));
            if is_put_off(addressee) && is_named_later {
                tried_again.insert((transaction.n, place));
            }
            refused_here.insert(address);
        }
        refused_later.extend(refused_here.into_iter().map(|address| key(transaction, address)));
    }
    tried_again
}

/// Refused for now, with a size by which the same mail is known again.
fn is_put_off_known(transaction: &Transaction, addressee: &Addressee) -> bool {
    addressee.outcome == Outcome::Deferred && transaction.size_said.is_some()
}

fn key(transaction: &Transaction, address: String) -> (Option<&str>, Option<u64>, String) {
    (transaction.from.as_deref(), transaction.size_said, address)
}

/// MAIL was refused for how it is written (RFC 5321, section 4.2.2), and not for its sender.
fn is_not_understood(transaction: &Transaction) -> bool {
    transaction.reply.is_some_and(|reply| reply.to == Decided::Mail && matches!(reply.code, Some(500..=504 | 555)))
}

fn is_refused(addressee: &Addressee) -> bool {
    matches!(addressee.outcome, Outcome::Rejected | Outcome::Deferred)
}

fn is_not_refused(addressee: &Addressee) -> bool {
    !is_refused(addressee) && addressee.code.is_some_and(|code| (200..300).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::{recipients, tried_again};
    use crate::verdict::Selection;
    use crate::verdict::testing::session;

    const HELLO: &str = "! syn\n! syn-ack\nS: 220 mx\nC: EHLO a\nS: 250 mx\n";
    const MAIL: &str = "C: MAIL FROM:<a@b> SIZE=300\nS: 250 ok\n";
    const PUT_OFF: &str = "C: RCPT TO:<c@d>\nS: 451 4.7.1 Greylisted\n";
    const TAKEN: &str = "C: RCPT TO:<c@d>\nS: 250 ok\n";
    const DATA: &str = "C: DATA\nS: 354 go\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";
    const RSET: &str = "C: RSET\nS: 250 ok\n";

    fn found(script: &str) -> Vec<(u32, usize)> {
        let mut found: Vec<_> =
            recipients(&session(&format!("{HELLO}{script}"), Selection::ALL.needs())).into_iter().collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn who_is_named_again_in_the_transaction() {
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{PUT_OFF}{TAKEN}{DATA}")), [(1, 0), (1, 1)]);
        let parameter = "C: RCPT TO:<C@d> FOO=1\nS: 555 5.5.4 Unsupported option\n";
        assert_eq!(found(&format!("{MAIL}{TAKEN}{parameter}{DATA}")), [(1, 1)]);
        let another = "C: RCPT TO:<e@d>\nS: 550 5.1.1 no such user\n";
        assert_eq!(found(&format!("{MAIL}{another}{TAKEN}{DATA}")), []);
    }

    #[test]
    fn who_is_named_again_in_a_later_transaction() {
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{TAKEN}{DATA}")), [(1, 0)]);
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}{RSET}{MAIL}{TAKEN}{DATA}")), [(1, 0), (2, 0)]);
        // In vain, earlier, another message, refused for good, or refused with its content.
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}")), []);
        assert_eq!(found(&format!("{MAIL}{TAKEN}{DATA}{MAIL}{PUT_OFF}")), []);
        let other = "C: MAIL FROM:<x@b> SIZE=300\nS: 250 ok\n";
        // Of no known size: perhaps two mails, of which one was put off.
        let unsized_mail = "C: MAIL FROM:<a@b>\nS: 250 ok\n";
        assert_eq!(found(&format!("{unsized_mail}{PUT_OFF}{RSET}{unsized_mail}{TAKEN}{DATA}")), []);
        assert_eq!(found(&format!("{unsized_mail}{PUT_OFF}{TAKEN}{DATA}")), [(1, 0)]);
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{RSET}{other}{TAKEN}{DATA}")), []);
        let sized = "C: MAIL FROM:<a@b> SIZE=7\nS: 250 ok\n";
        assert_eq!(found(&format!("{MAIL}{PUT_OFF}{RSET}{sized}{TAKEN}{DATA}")), []);
        let refused = "C: RCPT TO:<c@d>\nS: 550 5.1.1 no such user\n";
        assert_eq!(found(&format!("{MAIL}{refused}{RSET}{MAIL}{TAKEN}{DATA}")), []);
        let full = DATA.replace("C: .\nS: 250 ok", "C: .\nS: 452 4.3.1 full");
        assert_eq!(found(&format!("{MAIL}{TAKEN}{full}{MAIL}{TAKEN}{DATA}")), []);
    }

    #[test]
    fn who_is_refused_again_is_one_recipient() {
        let again = |script: &str| {
            let session = session(&format!("{HELLO}{script}"), Selection::ALL.needs());
            let mut found: Vec<_> = tried_again(&session).into_iter().collect();
            found.sort_unstable();
            found
        };
        let other = "C: RCPT TO:<e@d>\nS: 250 ok\n";
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}{other}{DATA}")), [(1, 0)]);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}")), [(1, 0), (1, 1)]);
        let refused = "C: RCPT TO:<C@d>\nS: 550 5.1.1 no such user\n";
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{refused}")), [(1, 0)]);
        // Another recipient, another mail, another mail that was sent to others, and a refusal for good.
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{}", PUT_OFF.replace("c@d", "f@d"))), []);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{}{PUT_OFF}", MAIL.replace("a@b", "x@b"))), []);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{other}{DATA}{MAIL}{PUT_OFF}")), []);
        assert_eq!(again(&format!("{MAIL}{refused}{RSET}{MAIL}{refused}")), []);
        let unsized_mail = "C: MAIL FROM:<a@b>\nS: 250 ok\n";
        assert_eq!(again(&format!("{unsized_mail}{PUT_OFF}{RSET}{unsized_mail}{PUT_OFF}")), []);
    }

    #[test]
    fn mail_that_was_not_understood_and_is_said_otherwise() {
        let parameter = "C: MAIL FROM:<a@b> SIZE=300 FOO=BAR\nS: 555 5.5.4 Unsupported option\n";
        assert_eq!(found(&format!("{parameter}{MAIL}{TAKEN}{DATA}")), [(1, 0)]);
        let sender = parameter.replace("555 5.5.4 Unsupported option", "550 5.7.1 go away");
        assert_eq!(found(&format!("{sender}{MAIL}{TAKEN}{DATA}")), []);
        assert_eq!(found(&format!("{parameter}{MAIL}{PUT_OFF}")), []);
        assert_eq!(found(&format!("{MAIL}{TAKEN}{DATA}{parameter}")), []);
    }
}
