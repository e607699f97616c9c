use super::{Explainer, Explanation, Hand};
use crate::verdict::across::Across;
use crate::verdict::across::all::AllAnalyses;
use crate::verdict::across::login_frequency::LoginCounter;
use crate::verdict::testing::sessions;
use crate::verdict::{Needs, Selection, judge};

fn explained(script: &str) -> Explanation {
    let mut explainer = Explainer::new(false, None);
    let (mut across, mut logins) = (AllAnalyses::default(), LoginCounter::default());
    for mut session in sessions(script, Needs::ALL) {
        judge(&mut session, Selection::ALL);
        across.session(&session);
        logins.session(&session);
        explainer.session(&session);
    }
    explainer.finish(&across.finish().0, &logins.finish(), None)
}

const SENT: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
                    S: 354 go\nC: From: a@b\nC: Message-ID: <1@b>\nC: MIME-Version: 1.0\n\
                    C: Content-Type: text/plain; charset=utf-8\nC: \nC: hi\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye";
const FETCHED: &str = "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK in\nC: RETR 1\nS: +OK\nS: From: a@b\n\
                       S: Message-ID: <1@b>\nS: MIME-Version: 1.0\nS: Content-Type: text/plain; charset=utf-8\nS: \nS: hi\n\
                       S: .\nC: QUIT\nS: +OK bye";

#[test]
fn what_was_fetched_is_what_was_sent() {
    let it = explained(&format!("{SENT}\n--- server 192.0.2.25:110\n{FETCHED}"));
    let [pair] = it.same.pairs.as_slice() else { panic!("one pair: {:?}", it.same) };
    assert!(pair.is_identical(), "{pair:?}");
    assert_eq!((it.same.sent, it.same.fetched, it.same.matched), (1, 1, 1));
    assert_eq!(it.messages.list.len(), 1, "the same content is told once");
    assert_eq!(it.messages.list[0].elsewhere.count(), 1);
}

#[test]
fn a_field_on_top_is_told_as_added() {
    let received = "S: +OK\nS: Received: from a by b; Tue, 8 Dec 2009 06:00:00 +0000\nS: From: a@b";
    let fetched = FETCHED.replace("S: +OK\nS: From: a@b", received);
    let it = explained(&format!("{SENT}\n--- server 192.0.2.25:110\n{fetched}"));
    let [pair] = it.same.pairs.as_slice() else { panic!("one pair: {:?}", it.same) };
    let change = pair.change.as_ref().expect("a change");
    assert!(!pair.is_identical() && change.body.is_none() && change.bytes_added > 0, "{pair:?}");
}

#[test]
fn pop3_logs_in_at_each_retrieval_and_smtp_asks_for_nothing() {
    let it = explained(&format!("{SENT}\n--- server 192.0.2.25:110\n{FETCHED}\n--- server 192.0.2.25:110\n{FETCHED}"));
    assert_eq!((it.pop3.sessions, it.pop3.logged_in, it.pop3.readable), (2, 2, 2));
    assert_eq!((it.accepted_without_login(), it.readable_logins, it.logins.list.len()), (1, 2, 2));
    assert_eq!(it.same.matched, 2, "each retrieval is compared with what was sent");
}

#[test]
fn nothing_fails_where_all_is_accepted() {
    let it = explained(SENT);
    assert!(it.failed.list.is_empty() && it.abilities.sessions == 0);
    assert!(it.typing.list.iter().all(|typing| typing.hand != Hand::Unknown));
}
