//! The list of sessions and the findings by kind, as they print.

use super::tests::{NOTHING, judged, options, printed};
use super::*;
use crate::protocol::Protocol;
use crate::view::testing::{lab_pop3, lab_smtp};
use crate::view::{Lang, Show};
use unicode_width::UnicodeWidthStr;

const FINDINGS: Show = Show { findings: true, ..NOTHING };
const SESSIONS: Show = Show { sessions: true, ..NOTHING };

/// The lab's POP3 session, so many times, each on a connection of its own.
fn many(count: u64) -> Vec<Session> {
    let session = |id| {
        let mut session = Session { id, ..lab_pop3() };
        session.transport.endpoints.client.set_port(2_000 + u16::try_from(id).unwrap());
        session
    };
    (1..=count).map(session).collect()
}

/// The lab's SMTP session with its transaction.
fn delivering() -> Session {
    use crate::session::model::{Addressee, Outcome, Transaction};
    let to = Addressee {
        address: "two@example.org".to_owned(),
        code: Some(250),
        step: None,
        final_code: Some(250),
        final_step: None,
        outcome: Outcome::Accepted,
    };
    let transaction = Transaction {
        n: 1,
        from: Some("one@example.org".to_owned()),
        to: vec![to],
        size_said: None,
        size_limit: None,
        outcome: Outcome::Accepted,
        reply: None,
        message: None,
        steps: Vec::new(),
    };
    Session { transactions: vec![transaction], ..lab_smtp() }
}

#[test]
fn findings_of_many_sessions_fit_on_a_screen() {
    let [few, lots] = [2, 900].map(|count| judged(options(100, Lang::En, FINDINGS), many(count)));
    assert_eq!(few.lines().count(), lots.lines().count(), "{lots}");
    assert!(lots.lines().count() < 60, "{lots}");
    assert!(lots.contains("in 900 sessions") && lots.contains("Session 1: packets 5,"), "{lots}");
    assert_eq!(lots.matches("A password crossed the network in the clear").count(), 1);
    assert_eq!(lots.matches("━━ Session ").count(), 0, "no headings of sessions");
    let details = judged(options(100, Lang::En, Show { details: true, ..FINDINGS }), many(3));
    assert_eq!(details.matches("━━ Session ").count(), 3, "{details}");
    assert_eq!(details.matches("A password crossed the network in the clear").count(), 4, "{details}");
}

#[test]
fn the_default_ends_with_the_findings_and_the_verdict() {
    let text = judged(options(100, Lang::En, Show::REPORT), vec![lab_smtp(), lab_pop3()]);
    let places = ["━━ Session 1", "━━ Login attempts", "━━ Findings", "\n Verdict "].map(|part| text.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {text}");
    let steps = judged(options(100, Lang::En, Show { steps: true, ..NOTHING }), vec![lab_smtp(), lab_pop3()]);
    assert!(!steps.contains("Findings") && !steps.contains("Verdict"), "{steps}");
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    let quiet = || {
        let mut session = lab_smtp();
        session.steps.clear();
        session.messages.clear();
        session.transactions.clear();
        vec![session]
    };
    for show in [FINDINGS, Show { summary: true, ..FINDINGS }] {
        let text = judged(options(80, Lang::En, show), quiet());
        assert!(text.contains("━ Findings ━") && text.contains(" rules"), "{text}");
    }
    let text = judged(options(80, Lang::Zh, FINDINGS), quiet());
    assert!(text.contains("条规则检查，没有发现问题"), "{text}");
}

#[test]
fn the_most_severe_finding_stands_first() {
    let text = judged(options(100, Lang::En, FINDINGS), many(3));
    let severities: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("│ ")?.split(' ').next().filter(|word| !word.is_empty()))
        .collect();
    let rank = |word: &&str| ["high", "medium", "low", "info"].iter().position(|one| one == word);
    let ranks: Vec<usize> = severities.iter().filter_map(rank).collect();
    assert!(ranks.len() > 1 && ranks.is_sorted(), "{severities:?}");
}

#[test]
fn a_session_is_one_line_two_lines_or_a_card() {
    let sessions = || vec![delivering(), lab_pop3()];
    let lines = |width| {
        let text = judged(options(width, Lang::En, SESSIONS), sessions());
        let list: Vec<String> = text.lines().skip_while(|line| !line.starts_with('─')).map(str::to_owned).collect();
        list
    };
    let wide = lines(200);
    assert_eq!(wide.len(), 3, "{wide:#?}");
    for part in ["1 ", "SMTP", "172.16.0.73:1893 → 172.16.0.253:25", "one@example.org → two@example.org", "accepted"]
    {
        assert!(wide[1].contains(part), "{part}: {}", wide[1]);
    }
    assert!(wide[2].contains("retrieved") && wide[2].contains("group7_3") && wide[2].contains("high 1"), "{}", wide[2]);
    assert_eq!(lines(100).len(), 3);
    assert!(lines(100)[1].contains("172.16.0.73→172.16.0.253"), "addresses are whole: {}", lines(100)[1]);
    assert_eq!(lines(80).len(), 5);
    assert!(lines(60).contains(&"Outcome: accepted".to_owned()), "{:#?}", lines(60));
}

#[test]
fn a_number_is_never_cut() {
    for width in [80, 100, 120] {
        let mut session = lab_smtp();
        session.id = 123_456_789;
        let text = printed(options(width, Lang::En, SESSIONS), vec![session]);
        assert!(text.contains("\n123456789 SMTP "), "{text}");
        assert!(text.lines().all(|line| line.width() <= width), "{text}");
    }
    // What it takes from is told in fewer words, and not cut.
    let mut session = Session { id: 20_001, ..lab_smtp() };
    session.transport.endpoints.client = "10.9.9.9:5".parse().unwrap();
    session.transport.endpoints.server = "10.9.9.8:25".parse().unwrap();
    let text = printed(options(100, Lang::En, SESSIONS), vec![session]);
    assert!(text.contains(" 10.9.9.9 → 10.9.9.8:25 "), "{text}");
}

#[test]
fn counted_seconds_lose_their_fraction_first() {
    use crate::capture::Time;
    use crate::view::clock::Clock;
    let mut session = lab_smtp();
    let begun = session.transport.first.time;
    for (after, lang, shown) in [
        (86_400_000, Lang::En, " 86400 s "),
        (99_998, Lang::En, " 99.998 s "),
        (119_998, Lang::En, " 119 s "),
        (119_998, Lang::Zh, " 119 秒 "),
    ] {
        let clock = Clock::relative();
        let Clock::Relative(origin) = clock else { unreachable!() };
        origin.set(begun).unwrap();
        session.transport.first.time = Time::from_nanoseconds(begun.nanoseconds() + after * 1_000_000);
        let text = printed(Options { time: clock, ..options(100, lang, SESSIONS) }, vec![session.clone()]);
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[test]
fn the_list_says_how_many_are_left_out() {
    for (show, sort) in [(SESSIONS, None), (SESSIONS, Some(Sort::Client)), (Show { steps: true, ..SESSIONS }, None)] {
        let list = Listing { sort, limit: Some(3) };
        let text = printed(Options { list, ..options(120, Lang::En, show) }, many(5));
        let list = text.split("━ Sessions ").nth(1).expect("a list");
        assert_eq!(list.matches(" POP3 ").count(), 3, "{text}");
        assert!(list.contains("2 more sessions are left out (--limit 3)"), "{text}");
    }
}

#[test]
fn the_list_is_in_the_order_asked_for() {
    let list = Listing { sort: Some(Sort::Client), limit: None };
    let mut sessions = many(3);
    sessions.reverse();
    sessions[0].transport.endpoints.client.set_ip([9, 0, 0, 1].into());
    let text = printed(Options { list, ..options(120, Lang::En, SESSIONS) }, sessions);
    let numbers: Vec<&str> =
        text.lines().filter(|line| line.contains(" POP3 ")).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(numbers, ["3", "1", "2"], "{text}");
}

#[test]
fn no_line_of_the_lists_is_wider_than_the_terminal() {
    let mut sessions = many(3);
    sessions.push(crate::view::testing::everything());
    let endpoints = &mut sessions[0].transport.endpoints;
    for end in [&mut endpoints.client, &mut endpoints.server] {
        end.set_ip("2001:db8:1234:5678:9abc:def0:1234:5678".parse::<std::net::IpAddr>().unwrap());
    }
    sessions[1].credentials[0].username = Some("很长的用户名".repeat(9));
    for width in 20..=160 {
        for lang in [Lang::En, Lang::Zh] {
            let show = Show { sessions: true, ..FINDINGS };
            let text = judged(options(width, lang, show), sessions.clone());
            let wide = text.lines().find(|line| line.width() > width);
            assert_eq!(wide, None, "{width} {lang:?}");
        }
    }
}

#[test]
fn a_login_that_the_server_put_off_is_not_said_to_have_no_answer() {
    let login = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\n";
    let show = Show { sessions: true, credentials: true, ..NOTHING };
    for (script, lang, [listed, outcome, frequency]) in [
        (format!("{login}S: 454 4.7.0 later"), Lang::En, ["login put off", "put off by the server", "that all failed"]),
        (format!("{login}S: 454 4.7.0 later"), Lang::Zh, ["登录被暂缓", "服务器暂缓", "未成功"]),
        (login.to_owned(), Lang::En, ["login unknown", "no answer seen", "not in the capture"]),
    ] {
        let session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
        let text = judged(options(160, lang, show), vec![session]);
        for words in [listed, outcome, frequency] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[test]
fn a_session_without_a_word_says_so_on_a_narrow_terminal() {
    let mut silent = lab_smtp();
    silent.steps.clear();
    for lang in [Lang::En, Lang::Zh] {
        let text = printed(options(20, lang, Show { steps: true, ..NOTHING }), vec![silent.clone()]);
        let wide = text.lines().find(|line| line.width() > 20);
        assert_eq!(wide, None, "{text}");
    }
}

#[test]
fn a_line_of_the_list_has_a_day_at_any_width() {
    use crate::view::clock::Clock;
    let mut sessions = many(5);
    // Two of the 8th, two of the 9th, one whose time is not known.
    for (session, hours) in sessions.iter_mut().zip([0, 1, 20, 21]) {
        let first = &mut session.transport.first.time;
        *first = first.plus(hours * 3_600_000_000_000);
    }
    let last = &mut sessions[4].transport.first.time;
    *last = last.assumed();
    let zone = Box::leak(Box::new(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))));
    let list = |width, time, sort| {
        let list = Listing { sort, limit: None };
        printed(Options { list, time, ..options(width, Lang::En, SESSIONS) }, sessions.clone())
    };
    for width in [100, 120] {
        let text = list(width, Clock::Utc, None);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("Sessions · 2009-12-08 (UTC)") && lines[2].contains("Prot Started "), "{text}");
        assert!(lines[4].starts_with("1 ") && lines[5].starts_with("2 "), "{text}");
        assert!(lines[6].starts_with("── 2009-12-09 (UTC) ──") && lines[6].width() == width, "{text}");
        assert!(lines[7].starts_with("3 ") && lines[8].starts_with("4 ") && lines[9].starts_with("5 "), "{text}");
        assert_eq!(text.matches("2009-").count(), 2, "{text}");
        let local = list(width, Clock::Local(zone), Some(Sort::Time));
        assert!(
            local.contains("Sessions · 2009-12-08 (+08:00)") && local.contains("── 2009-12-09 (+08:00) ──"),
            "{local}"
        );
        let counted = list(width, Clock::relative(), None);
        assert!(!counted.contains("── 2009"), "{counted}");
        // In another order the days go to and fro.
        let sorted = list(width, Clock::Utc, Some(Sort::Bytes));
        assert!(sorted.contains(" 12-08 06:00") && sorted.contains(" 12-09 02:00"), "{sorted}");
        assert!(!sorted.contains("── 2009") && sorted.contains("UTC"), "{sorted}");
        for text in [text, local, sorted] {
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
        }
    }
    for width in [60, 80, 200] {
        let [utc, local] = [Clock::Utc, Clock::Local(zone)].map(|clock| list(width, clock, None));
        assert!(utc.contains("12-08 06:00:00") && utc.contains("12-09 02:00:00") && !utc.contains("── 2009"), "{utc}");
        assert!(local.contains("12-08 14:00:00") && local.contains("+08:00"), "{local}");
    }
}

/// Three connections of one client to one server that nobody answered.
fn unanswered() -> Vec<Session> {
    let attempt = |id| {
        let mut session = Session { id, ..Session::silent(Protocol::Pop3, false, (*lab_pop3().transport).clone()) };
        session.transport.end = crate::flow::CloseReason::Unanswered;
        session
    };
    (1..=3).map(attempt).collect()
}

#[test]
fn what_came_to_nothing_is_counted_unless_its_findings_are_asked_for() {
    let rows = |show: Show, sessions: Vec<Session>| {
        let shown = printed(options(100, Lang::En, show), sessions);
        (shown.matches("no connection").count(), shown.contains("Connections that came to nothing"))
    };
    assert_eq!(rows(SESSIONS, unanswered()), (1, true));
    let detailed = Show { details: true, ..SESSIONS };
    assert_eq!(rows(detailed, unanswered()), (1, true), "there are no findings");
    let mut found = unanswered();
    for session in &mut found {
        session.findings.push(crate::session::model::Finding { id: "connection-unanswered", ..Default::default() });
    }
    assert_eq!(rows(detailed, found), (3, false));
}
