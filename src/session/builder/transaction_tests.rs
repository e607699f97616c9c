//! Transactions as a session has them: from conversations.

use crate::limits::{Limit, TRANSACTIONS_PER_SESSION};
use crate::protocol::Protocol;
use crate::protocol::Sink;
use crate::protocol::event::{self, TransactionEnd};
use crate::session::Needs;
use crate::session::builder::Builder;
use crate::session::model::{Outcome, Session, Transaction};
use crate::verdict::testing::session;

/// One line a transaction: `address outcome (final code), …: outcome`.
fn transactions(session: &Session) -> Vec<String> {
    let line = |one: &Transaction| {
        let to: Vec<_> = one
            .to
            .iter()
            .map(|to| {
                let last = to.final_code.map(|code| format!(" {code}")).unwrap_or_default();
                format!("{} {:?}{last}", to.address, to.outcome)
            })
            .collect();
        format!("{}: {:?}", to.join(", "), one.outcome)
    };
    session.transactions.iter().map(line).collect()
}

fn of(script: &str) -> Vec<String> {
    transactions(&session(script, Needs::NONE))
}

const MAIL: &str = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE 1000\nC: MAIL FROM:<a@b> SIZE=5\nS: 250 ok\n";
const TWO: &str = "C: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@f>\nS: 250 ok\n";
const LMTP: &str = "S: 220 mx LMTP\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n";
const DATA: &str = "C: DATA\nS: 354 go\nC: text\nC: .\n";

#[test]
fn what_becomes_of_each_recipient() {
    for (script, expected) in [
        (format!("{MAIL}{TWO}{DATA}S: 250 ok"), "c@d Accepted 250, e@f Accepted 250: Accepted"),
        (format!("{MAIL}{TWO}{DATA}S: 554 spam"), "c@d Rejected 554, e@f Rejected 554: Rejected"),
        (format!("{MAIL}{TWO}{DATA}S: 451 later"), "c@d Deferred 451, e@f Deferred 451: Deferred"),
        (format!("{MAIL}{TWO}{DATA}"), "c@d Unknown, e@f Unknown: Unknown"),
        (
            format!("{MAIL}{TWO}C: DATA\nS: 451 later\nC: QUIT\nS: 221 bye"),
            "c@d Deferred 451, e@f Deferred 451: Deferred",
        ),
        (
            format!("{MAIL}C: RCPT TO:<c@d>\nS: 550 no\nC: RCPT TO:<e@f>\nS: 250 ok\n{DATA}S: 250 ok"),
            "c@d Rejected, e@f Accepted 250: Partly",
        ),
        (
            format!("{MAIL}C: RCPT TO:<c@d>\nS: 550 no\nC: RCPT TO:<e@f>\nS: 450 later\nC: QUIT\nS: 221 bye"),
            "c@d Rejected, e@f Deferred: Deferred",
        ),
        (format!("{LMTP}{TWO}{DATA}S: 250 ok\nS: 452 full"), "c@d Accepted 250, e@f Deferred 452: Partly"),
        (format!("{LMTP}{TWO}{DATA}S: 552 no\nS: 552 no"), "c@d Rejected 552, e@f Rejected 552: Rejected"),
        // A reply that never came leaves it open.
        (format!("{LMTP}{TWO}{DATA}S: 250 ok"), "c@d Accepted 250, e@f Unknown: Partly"),
        (format!("{MAIL}{TWO}C: RSET\nS: 250 ok"), "c@d Unknown, e@f Unknown: Aborted"),
        (format!("{MAIL}{TWO}C: DATA\nS: 354 go\nC: te"), "c@d Unknown, e@f Unknown: Aborted"),
        (format!("{MAIL}{TWO}"), "c@d Unknown, e@f Unknown: Aborted"),
        (MAIL.replace("S: 250 ok", "S: 452 full"), ": Deferred"),
    ] {
        assert_eq!(of(&script), [expected], "{script}");
    }
}

#[test]
fn sizes_are_those_said_and_announced() {
    let session = session(&format!("{MAIL}{TWO}{DATA}S: 250 ok"), Needs::NONE);
    let one = &session.transactions[0];
    assert_eq!((one.size_said, one.size_limit, one.message), (Some(5), Some(1000), Some(1)));
    assert_eq!((one.to[0].step, one.to[0].final_step), (Some(7), Some(13)));
    // All of it, in order: MAIL, two RCPT, DATA, the content, and the replies.
    assert_eq!(one.steps, (4..=13).collect::<Vec<_>>());
}

#[test]
fn where_bytes_are_missing_nothing_is_known_to_be_aborted() {
    assert_eq!(of(&format!("{MAIL}{TWO}C~ 100")), ["c@d Unknown, e@f Unknown: Unknown"]);
}

#[test]
fn transactions_are_bounded_and_weighed() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::NONE);
    let before = builder.held();
    for _ in 0..TRANSACTIONS_PER_SESSION + 3 {
        let to = vec![event::Recipient { address: vec![b'x'; 100], code: Some(550), ..event::Recipient::default() }];
        builder.transaction(event::Transaction {
            envelope: event::Envelope { from: Some(Vec::new()), to },
            size_said: None,
            reply: None,
            end: TransactionEnd::Abandoned,
            message: None,
            steps: Vec::new(),
        });
    }
    assert!(builder.held() - before > 100 * TRANSACTIONS_PER_SESSION);
    let session = builder.so_far();
    assert_eq!(session.transactions.len(), TRANSACTIONS_PER_SESSION);
    assert_eq!(session.limits_hit.iter().collect::<Vec<_>>(), [(Limit::TransactionsPerSession, 3)]);
    assert_eq!(session.transactions[0].outcome, Outcome::Rejected);
}
