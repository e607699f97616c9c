//! Transactions as a session has them: from conversations.

use crate::limits::{Limit, TRANSACTIONS_PER_SESSION};
use crate::protocol::Protocol;
use crate::protocol::Sink;
use crate::protocol::event::{self, Delivery, TransactionEnd};
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
        (format!("{MAIL}{TWO}C: RSET\nS: 250 ok"), "c@d Aborted, e@f Aborted: Aborted"),
        (format!("{MAIL}{TWO}C: DATA\nS: 354 go\nC: te"), "c@d Aborted, e@f Aborted: Aborted"),
        (format!("{MAIL}{TWO}"), "c@d Aborted, e@f Aborted: Aborted"),
        (MAIL.replace("S: 250 ok", "S: 452 full"), ": Deferred"),
    ] {
        assert_eq!(of(&script), [expected], "{script}");
    }
}

/// An address that is named again counts with what became of it in the end, and once.
#[test]
fn an_address_that_is_named_again_counts_once() {
    let rcpt = |address: &str, reply: &str| format!("C: RCPT TO:<{address}>\nS: {reply}\n");
    let (later, refused, taken) = (rcpt("c@d", "451 later"), rcpt("c@d", "550 no"), rcpt("C@d", "250 ok"));
    let taken_all = format!("{DATA}S: 250 ok");
    for (script, expected) in [
        (format!("{MAIL}{later}{taken}{taken_all}"), "c@d Deferred, C@d Accepted 250: Accepted"),
        (format!("{MAIL}{refused}{later}{taken}{taken_all}"), "c@d Rejected, c@d Deferred, C@d Accepted 250: Accepted"),
        // With a parameter that the server does not know, after it was accepted without.
        (format!("{MAIL}{taken}{refused}{taken_all}"), "C@d Accepted 250, c@d Rejected: Accepted"),
        // What was refused again, or not for its recipients, stays refused.
        (format!("{MAIL}{later}{refused}"), "c@d Deferred, c@d Rejected: Rejected"),
        (format!("{MAIL}{refused}{later}"), "c@d Rejected, c@d Deferred: Deferred"),
        (format!("{MAIL}{later}{taken}{DATA}S: 554 spam"), "c@d Deferred, C@d Rejected 554: Rejected"),
        (format!("{MAIL}{later}{taken}C: RSET\nS: 250 ok"), "c@d Deferred, C@d Aborted: Aborted"),
        (format!("{LMTP}{later}{taken}{DATA}S: 552 full"), "c@d Deferred, C@d Rejected 552: Rejected"),
        // Others are others.
        (format!("{MAIL}{later}{}{taken_all}", rcpt("e@f", "250 ok")), "c@d Deferred, e@f Accepted 250: Partly"),
        (
            format!("{MAIL}{later}{taken}{}{taken_all}", rcpt("e@f", "550 no")),
            "c@d Deferred, C@d Accepted 250, e@f Rejected: Partly",
        ),
    ] {
        assert_eq!(of(&script), [expected], "{script}");
    }
}

/// What of content without its end the server has is nothing, whoever ended it; after the end, nothing is known.
#[test]
fn a_content_without_its_end_is_given_up_for_all() {
    let given_up = "c@d Aborted, e@f Aborted: Aborted";
    for end in ["", "S: 421 4.4.2 timeout\n"] {
        assert_eq!(of(&format!("{MAIL}{TWO}C: DATA\nS: 354 go\nC: te\n{end}")), [given_up], "{end}");
    }
    assert_eq!(of(&format!("{MAIL}{TWO}C: BDAT 3\nC| abc\nS: 250 ok\nC: RSET\nS: 250 ok")), [given_up]);
    let refused = "C: RCPT TO:<g@h>\nS: 550 no\n";
    assert_eq!(
        of(&format!("{MAIL}{refused}{TWO}C: DATA\nS: 354 go\nC: te")),
        ["g@h Rejected, c@d Aborted, e@f Aborted: Aborted"]
    );
    assert_eq!(of(&format!("{MAIL}{TWO}C: DATA\nS: 354 go\nC: te\nC: .")), ["c@d Unknown, e@f Unknown: Unknown"]);
}

/// What is sent behind a refused MAIL or RCPT is refused for that, whatever the server says to it.
#[test]
fn the_first_refusal_is_the_reason() {
    let sent = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: BDAT 3 LAST\nC| abc\n";
    for (mail, rcpt, bdat, expected, message) in [
        ("554 5.1.8 no", "503 no", "503 no", "c@d Rejected 554: Rejected", Delivery::Rejected),
        ("451 4.1.8 later", "503 no", "503 no", "c@d Deferred 451: Deferred", Delivery::Deferred),
        ("250 ok", "550 who", "554 no recipients", "c@d Rejected: Rejected", Delivery::Rejected),
        ("250 ok", "450 later", "503 no recipients", "c@d Deferred: Deferred", Delivery::Deferred),
        ("250 ok", "250 ok", "554 spam", "c@d Rejected 554: Rejected", Delivery::Rejected),
    ] {
        let session = session(&format!("{sent}S: {mail}\nS: {rcpt}\nS: {bdat}"), Needs::NONE);
        assert_eq!(transactions(&session), [expected], "{mail}");
        assert_eq!(session.messages[0].outcome, Some(message), "{mail}");
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
            unnamed: None,
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
