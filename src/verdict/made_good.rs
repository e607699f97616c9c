//! Recipients that the server refused, and accepted after all when the client named them again within the session: after a
//! greylisting, say, or without a parameter that the server does not know.

use crate::protocol::event::Decided;
use crate::session::Session;
use crate::session::model::{Addressee, NamedAgain, Outcome, Transaction, named_again};
use std::collections::{HashMap, HashSet};

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
        .any(|transaction| transaction.to.iter().any(Addressee::is_refused) || is_not_understood(transaction));
    let is_any_accepted = session.transactions.iter().any(|transaction| transaction.to.iter().any(Addressee::is_taken));
    let mut made_good = HashSet::new();
    if !is_any_refused || !is_any_accepted {
        return made_good;
    }
    if let [only] = &session.transactions[..] {
        let accepted = named_again(&only.to).into_iter().filter(|(_, again)| *again == NamedAgain::Accepted);
        return accepted.map(|(place, _)| (only.n, place)).collect();
    }
    let mut accepted_later = HashSet::new();
    let mut mails_later = HashSet::new();
    for transaction in session.transactions.iter().rev() {
        let named_again = named_again(&transaction.to);
        for (place, addressee) in transaction.to.iter().enumerate().filter(|(_, to)| to.is_refused()) {
            let is_accepted_here = named_again.get(&place) == Some(&NamedAgain::Accepted);
            let is_put_off = transaction.message.is_none()
                && (is_put_off_known(transaction, addressee) || is_not_understood(transaction));
            if is_accepted_here
                || is_put_off && accepted_later.contains(&key(transaction, addressee.address.to_lowercase()))
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

/// The refusals of recipients in `session` that another refusal of the same recipient follows, when the client named it anew:
/// the number of the transaction and the recipient's place in it, from 0, and the same of the refusal that follows; or of one
/// before, where this one is for the order of commands alone. The one that counts has none, so that each recipient has one
/// that is not among the keys.
///
/// Anew is within the same transaction; or, for who was refused for now (4yz), in a later one that has the same sender and
/// declares the same size, where the first had no content. As in [`recipients`], a size must be declared.
pub fn tried_again(session: &Session) -> HashMap<(u32, usize), (u32, usize)> {
    let mut tried_again = HashMap::new();
    if !session.transactions.iter().any(|transaction| transaction.to.iter().any(Addressee::is_refused)) {
        return tried_again;
    }
    if matches!(&session.transactions[..], [only] if named_again(&only.to).is_empty()) {
        return tried_again;
    }
    let mut refused_later = HashMap::new();
    for transaction in session.transactions.iter().rev() {
        // By the address: the first refusal in this transaction. The order of the places is that of the commands.
        let mut refused_here = HashMap::new();
        let named_again = named_again(&transaction.to);
        for (place, addressee) in transaction.to.iter().enumerate().rev().filter(|(_, to)| to.is_refused()) {
            if let Some(&NamedAgain::Refused(before)) = named_again.get(&place).filter(|again| again.is_before(place)) {
                tried_again.insert((transaction.n, place), (transaction.n, before));
                continue;
            }
            let address = addressee.address.to_lowercase();
            let is_known = transaction.message.is_none() && is_put_off_known(transaction, addressee);
            let later = || refused_later.get(&key(transaction, address.clone())).filter(|_| is_known);
            if let Some(next) = refused_here.get(&address).or_else(later) {
                tried_again.insert((transaction.n, place), *next);
            }
            refused_here.insert(address, (transaction.n, place));
        }
        refused_later.extend(refused_here.into_iter().map(|(address, at)| (key(transaction, address), at)));
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
            let mut found: Vec<_> = tried_again(&session).into_keys().collect();
            found.sort_unstable();
            found
        };
        let other = "C: RCPT TO:<e@d>\nS: 250 ok\n";
        let unsized_mail = "C: MAIL FROM:<a@b>\nS: 250 ok\n";
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}{other}{DATA}")), [(1, 0)]);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{PUT_OFF}{RSET}{MAIL}{PUT_OFF}")), [(1, 0), (1, 1)]);
        let refused = "C: RCPT TO:<C@d>\nS: 550 5.1.1 no such user\n";
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{refused}")), [(1, 0)]);
        // Another recipient, another mail, another mail that was sent to others, and a refusal for good.
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{MAIL}{}", PUT_OFF.replace("c@d", "f@d"))), []);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{RSET}{}{PUT_OFF}", MAIL.replace("a@b", "x@b"))), []);
        assert_eq!(again(&format!("{MAIL}{PUT_OFF}{other}{DATA}{MAIL}{PUT_OFF}")), []);
        assert_eq!(again(&format!("{MAIL}{refused}{RSET}{MAIL}{refused}")), []);
        // In one transaction it is the same mail, whatever the codes.
        assert_eq!(again(&format!("{MAIL}{refused}{refused}")), [(1, 0)]);
        assert_eq!(again(&format!("{unsized_mail}{refused}{PUT_OFF}")), [(1, 0)]);
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
