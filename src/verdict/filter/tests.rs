use super::{End, Moment, Pattern, SessionFilter};
use crate::protocol::Protocol;
use crate::session::Session;
use crate::verdict::testing::session;
use crate::verdict::{Needs, Selection, judge};
use jiff::tz::TimeZone;

fn judged(script: &str) -> Session {
    let mut session = session(script, Needs::ALL);
    judge(&mut session, Selection::ALL);
    session
}

fn sent() -> Session {
    judged(
        "S: 220 mx.example.com ESMTP\nC: EHLO laptop.example.org\nS: 250 mx.example.com\n\
         C: MAIL FROM:<bounce@example.org>\nS: 250 ok\nC: RCPT TO:<bob@example.com>\nS: 250 ok\n\
         C: RCPT TO:<eve@example.com>\nS: 550 5.1.1 no such user\nC: DATA\nS: 354 go\n\
         C: From: Alice <alice@example.org>\nC: To: team@example.com\nC: Cc: zoe@example.com\n\
         C: Subject: =?utf-8?q?Invoice_f=C3=BCr_7?=\nC: \nC: hi\nC: .\nS: 250 ok\nC: QUIT\nS: 221 bye",
    )
}

fn fetched() -> Session {
    judged(
        "S: +OK POP3 <1.2@pop.example.com>\nC: USER Bob@example.com\nS: +OK\nC: PASS secret\nS: +OK\nC: QUIT\nS: +OK bye",
    )
}

#[track_caller]
fn selects(filter: &SessionFilter, session: &Session, is: bool) {
    assert_eq!(filter.selects(session), is, "{filter:?}");
}

#[test]
fn texts_of_the_session() {
    type Set = fn(&mut SessionFilter, Pattern);
    let from: Set = |filter, pattern| filter.senders.push(pattern);
    let to: Set = |filter, pattern| filter.recipients.push(pattern);
    let subject: Set = |filter, pattern| filter.subjects.push(pattern);
    let user: Set = |filter, pattern| filter.users.push(pattern);
    for (set, text, sent_is, fetched_is) in [
        (from, "bounce@EXAMPLE.org", true, false),
        (from, "alice", true, false),
        (from, "@example.org", true, false),
        (from, "bob", false, false),
        (to, "bob", true, false),
        // Refused, and in the header alone.
        (to, "eve", true, false),
        (to, "team@example.com", true, false),
        (to, "zoe", true, false),
        (to, "alice", false, false),
        (subject, "INVOICE FÜR", true, false),
        (subject, "invoice*7", true, false),
        (subject, "receipt", false, false),
        (user, "bob", false, true),
        (user, "bob@example.com", false, true),
        (user, "b*", false, true),
        (user, "eve", false, false),
    ] {
        let mut filter = SessionFilter::default();
        set(&mut filter, Pattern::new(text));
        selects(&filter, &sent(), sent_is);
        selects(&filter, &fetched(), fetched_is);
        assert!(!filter.is_empty() && !filter.is_known_at_once());
    }
}

#[test]
fn ends_by_address_and_by_name() {
    let end = |text: &str| text.parse::<End>().unwrap();
    let socket = sent().transport.endpoints.server;
    for (servers, sent_is, fetched_is) in [
        (vec![end("mx.example.com")], true, false),
        (vec![end("pop.example.com")], false, true),
        (vec![end("*.example.com")], true, true),
        (vec![end("mx.example.com"), end("pop.example.com")], true, true),
        (vec![end(&socket.ip().to_string())], true, true),
        (vec![end(&format!(":{}", socket.port()))], true, socket.port() == fetched().transport.endpoints.server.port()),
        (vec![end("198.51.100.0/24")], false, false),
    ] {
        let filter = SessionFilter { servers, ..SessionFilter::default() };
        selects(&filter, &sent(), sent_is);
        selects(&filter, &fetched(), fetched_is);
    }
    let filter = SessionFilter { clients: vec![end("LAPTOP.example.org")], ..SessionFilter::default() };
    selects(&filter, &sent(), true);
    selects(&filter, &fetched(), false);
    assert!(!filter.is_known_at_once());
    let by_address = SessionFilter { clients: vec![end("10.0.0.0/8:25")], ..SessionFilter::default() };
    assert!(by_address.is_known_at_once());
}

#[test]
fn only_what_failed() {
    let filter = SessionFilter { failed: true, ..SessionFilter::default() };
    selects(&filter, &sent(), true);
    // Weak, and it works.
    selects(&filter, &fetched(), false);
    assert!(!filter.selection(Selection::NONE).rules.is_empty());
}

#[test]
fn every_kind_of_condition_has_to_hold() {
    let both = |text: &str| SessionFilter {
        protocols: vec![Protocol::Smtp],
        recipients: vec![Pattern::new("bob"), Pattern::new(text)],
        senders: vec![Pattern::new(text)],
        ..SessionFilter::default()
    };
    selects(&both("alice"), &sent(), true);
    selects(&both("carol"), &sent(), false);
    selects(&SessionFilter { protocols: vec![Protocol::Imap], ..both("alice") }, &sent(), false);
    selects(&SessionFilter::default(), &fetched(), true);
}

#[test]
fn numbers_and_ranges() {
    let filter = SessionFilter { sessions: vec![1..=3, 7..=u64::MAX], ..SessionFilter::default() };
    for (id, is) in [(1, true), (3, true), (4, false), (7, true), (900, true)] {
        selects(&filter, &Session { id, ..fetched() }, is);
    }
}

#[test]
fn a_session_that_reaches_into_the_time_is_in_it() {
    use crate::capture::Time;
    let at = |text: &str| match Moment::parse(text, &TimeZone::UTC).unwrap() {
        Moment::At { from, .. } => Time::from_nanoseconds(from),
        Moment::OfDay { .. } => unreachable!(),
    };
    let mut session = fetched();
    session.transport.first.time = at("2026-11-23T16:05:30Z");
    session.transport.last.time = at("2026-11-23T16:10:00Z");
    let moment = |text: &str| Some(Moment::parse(text, &TimeZone::UTC).unwrap());
    for (since, until, is) in [
        (Some("16:00"), None, true),
        (Some("16:07"), None, true),
        (Some("16:10"), None, true),
        (Some("16:11"), None, false),
        (None, Some("16:05"), true),
        (None, Some("16:05:29"), false),
        (None, Some("16:04"), false),
        (Some("2026-11-23"), Some("2026-11-23"), true),
        (Some("2026-11-24"), None, false),
        (None, Some("2026-11-22"), false),
        (Some("16:06"), Some("16:07"), true),
    ] {
        let filter =
            SessionFilter { since: since.and_then(moment), until: until.and_then(moment), ..SessionFilter::default() };
        selects(&filter, &session, is);
    }
}

#[test]
fn a_log_in_that_was_refused_has_failed_unless_one_was_accepted() {
    let failed = SessionFilter { failed: true, ..SessionFilter::default() };
    let smtp = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\n";
    let (wrong, right) =
        ("C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 wrong\n", "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok\n");
    let later = "C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 454 4.7.0 temporary failure\n";
    let quit = "C: QUIT\nS: 221 bye";
    for (logins, is) in [
        (wrong.to_owned(), true),
        (later.to_owned(), true),
        (format!("{wrong}{wrong}"), true),
        (format!("{wrong}{right}"), false),
        (format!("{later}{right}"), false),
        (right.to_owned(), false),
        (String::new(), false),
    ] {
        selects(&failed, &judged(&format!("{smtp}{logins}{quit}")), is);
    }
    for (reply, is) in [("NO [AUTHENTICATIONFAILED] no", true), ("NO [UNAVAILABLE] later", true), ("OK in", false)] {
        selects(
            &failed,
            &judged(&format!("S: * OK hi\nC: a LOGIN bob x\nS: a {reply}\nC: b LOGOUT\nS: * BYE\nS: b OK")),
            is,
        );
    }
    let pop3 = |reply| judged(&format!("S: +OK hi\nC: USER bob\nS: +OK\nC: PASS x\nS: {reply}\nC: QUIT\nS: +OK bye"));
    selects(&failed, &pop3("-ERR [SYS/TEMP] later"), true);
    selects(&failed, &pop3("+OK in"), false);
}
