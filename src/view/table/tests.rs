//! The tables as they print, and that nothing breaks them.

use super::*;
use crate::protocol::Protocol;
use crate::protocol::event::{KeyFault, KeySource};
use crate::session::model::{DecryptedBy, Decryption};
use crate::view::redact::Redact;
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, Show};
use unicode_width::UnicodeWidthStr;

pub(super) fn options(width: usize, lang: Lang, show: Show) -> Options {
    Options {
        style: Style { width, colour: false },
        show,
        list: Listing::default(),
        lang,
        text_limit: 1_000,
        time: crate::view::clock::Clock::Utc,
    }
}

/// No table.
pub(super) const NOTHING: Show = Show { steps: false, credentials: false, findings: false, ..Show::REPORT };

fn shown(mut view: impl View, sessions: Vec<Session>) {
    let report = report(&sessions);
    sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
    view.finish(&report).unwrap();
}

pub(super) fn printed(options: Options, sessions: Vec<Session>) -> String {
    let mut out = Vec::new();
    shown(Table::new(&mut out, options), sessions);
    String::from_utf8(out).unwrap()
}

/// The same once every rule has looked at the sessions, and at all of them together.
pub(super) fn judged(options: Options, mut sessions: Vec<Session>) -> String {
    use crate::verdict::across::Across;
    let mut analyses = crate::verdict::across::all::AllAnalyses::default();
    let mut verdicts = crate::verdict::verdicts::Verdicts::default();
    for session in &mut sessions {
        crate::verdict::judge(session, Selection::ALL);
        analyses.session(session);
        verdicts.session(session);
    }
    let mut report = report(&sessions);
    report.across = analyses.finish().0;
    report.verdict = Some(verdicts.finish());
    let mut out = Vec::new();
    let mut table = Table::new(&mut out, options);
    sessions.into_iter().try_for_each(|session| table.session(session)).unwrap();
    table.finish(&report).unwrap();
    String::from_utf8(out).unwrap()
}

/// The output of `Live`: steps as they happen, one from each session in turn.
fn live(options: Options, sessions: Vec<Session>, redact: bool) -> String {
    fn run(mut view: impl View, sessions: Vec<Session>) {
        let most = sessions.iter().map(|session| session.steps.len()).max().unwrap_or_default();
        for index in 0..most {
            for session in &sessions {
                if let Some(step) = session.steps.get(index) {
                    let so_far =
                        Session { steps: session.steps[..=index].to_vec(), credentials: Vec::new(), ..session.clone() };
                    view.step(&so_far, step).unwrap();
                }
            }
        }
        shown(view, sessions);
    }
    let mut out = Vec::new();
    match redact {
        true => run(Redact::new(Live::new(&mut out, options)), sessions),
        false => run(Live::new(&mut out, options), sessions),
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn every_line_fits_and_frames_are_exact() {
    for width in (20..=120).chain([200]) {
        for lang in [Lang::En, Lang::Zh] {
            let sessions = || vec![lab_smtp(), lab_pop3(), everything()];
            for text in [
                printed(options(width, lang, Show::ALL), sessions()),
                printed(options(width, lang, Show { steps: false, ..Show::ALL }), sessions()),
                live(options(width, lang, Show::ALL), sessions(), false),
            ] {
                for line in text.lines() {
                    let framed = line.starts_with(['┌', '│', '╞', '├', '└', '┄']) && width >= 80;
                    assert!(line.width() <= width, "{} > {width}: {line}", line.width());
                    assert!(!framed || line.width() == width, "{} < {width}: {line}", line.width());
                }
            }
        }
    }
}

#[test]
fn a_terminal_of_less_than_20_columns_counts_as_20() {
    let narrow = printed(options(2, Lang::En, Show::REPORT), vec![lab_smtp()]);
    assert_eq!(narrow, printed(options(20, Lang::En, Show::REPORT), vec![lab_smtp()]));
}

#[test]
fn a_narrow_terminal_has_cards() {
    let text = printed(options(60, Lang::En, Show::REPORT), vec![lab_pop3()]);
    assert!(!text.lines().any(|line| line.starts_with(['│', '┌'])), "{text}");
    assert!(text.contains("\nNo.: 7 !\nSource IP: 172.16.0.73\n"), "{text}");
    assert!(text.contains("\nCommand and parameters: PASS group7_3\n"), "{text}");
    let chinese = printed(options(40, Lang::Zh, Show::REPORT), vec![lab_pop3()]);
    assert!(chinese.contains("：PASS group7_3\n"), "{chinese}");
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    for text in [
        printed(options(80, Lang::En, Show::ALL), vec![everything()]),
        live(options(80, Lang::En, Show::ALL), vec![everything()], false),
    ] {
        let hostile = |found: char| found.is_control() && found != '\n' || "\u{202e}\u{200b}\u{9b}".contains(found);
        assert!(!text.contains(hostile), "{text:?}");
        assert!(text.contains("␛[31m") && text.contains("<U+202E>"));
    }
}

#[test]
fn the_password_is_shown_marked_and_explained() {
    let text = printed(options(80, Lang::En, Show::REPORT), vec![lab_pop3()]);
    let row = text.lines().find(|line| line.contains("PASS group7_3")).unwrap();
    assert!(row.starts_with("│ 7 !"), "{row}");
    assert!(text.contains("\n! carries a password\n"));
    let totals = text.split("Login attempts").nth(1).unwrap();
    assert!(totals.contains("│ 5, 7 ! │ 172.16.0.73 →") && totals.contains("accepted"), "{totals}");
}

#[test]
fn equal_login_attempts_share_a_row() {
    let sessions: Vec<Session> = (1..=9).map(|id| Session { id, ..lab_pop3() }).collect();
    let text = printed(options(120, Lang::En, Show { steps: false, ..Show::REPORT }), sessions);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("group7_3@")).collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].contains("5, 7, 5, 7, 5, 7, … !") || rows[0].ends_with("│ 9      │"), "{}", rows[0]);
    assert!(rows[0].ends_with("│ 9      │"), "{}", rows[0]);
}

#[test]
fn sessions_without_a_login_are_counted_in_words() {
    let sessions = || {
        let mut hidden = lab_pop3();
        hidden.credentials.clear();
        hidden.tls.mode = crate::session::model::TlsMode::StartTls;
        let mut smtp = lab_smtp();
        smtp.transport.from_start = true;
        let mut late = smtp.clone();
        late.transport.from_start = false;
        let mut holed = smtp.clone();
        holed.steps[1].kind = crate::protocol::event::Kind::Gap;
        vec![smtp.clone(), smtp, late, holed, lab_pop3(), lab_pop3(), hidden]
    };
    let show = Show { steps: false, ..Show::REPORT };
    let text = printed(options(300, Lang::En, show), sessions());
    for line in [
        "SMTP 172.16.0.73 → 172.16.0.253:25: 4 sessions; without a login: 2 \
         (2 messages were accepted without user name or password); begun before the capture, perhaps with a login: 1; \
         with bytes missing from the capture, perhaps with a login: 1",
        "POP3 172.16.0.73 → 172.16.0.253:110: 3 sessions; with a login: 2; \
         encrypted, so that a login cannot be seen: 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let text = printed(options(200, Lang::Zh, show), vec![lab_pop3(), lab_pop3()]);
    assert!(text.contains("POP3 172.16.0.73 → 172.16.0.253:110：共 2 个会话，每个会话都有登录"), "{text}");
}

#[test]
fn a_line_stands_between_exchanges_and_not_within() {
    let text = printed(options(120, Lang::En, Show::REPORT), vec![lab_pop3()]);
    let lines: Vec<&str> = text.lines().collect();
    let above = |what: &str| lines[lines.iter().position(|line| line.contains(what)).unwrap() - 1];
    assert!(above("PASS group7_3").starts_with('├'), "{text}");
    assert!(above("RETR 1 ").starts_with('├'), "{text}");
    for answer in ["+OK Logged in.", "+OK 1701 octets", "Message of 1706"] {
        assert!(above(answer).starts_with('│'), "{answer}: {text}");
    }
}

#[test]
fn a_gap_does_not_cut_a_table_in_two() {
    use crate::protocol::pop3::State as Pop3;
    use crate::session::model::{Phase, State};
    let session = Talk::new(Protocol::Pop3)
        .phase(Phase::Transaction)
        .state(State::Pop3(Pop3::Transaction))
        .c("STAT")
        .s("+OK 1 2")
        .other(crate::flow::Side::Client, crate::protocol::event::Kind::Gap, "", 6)
        .c("NOOP")
        .phase(Phase::Release)
        .state(State::Pop3(Pop3::Authorization))
        .c("QUIT")
        .session;
    for text in [
        printed(options(80, Lang::En, Show::REPORT), vec![session.clone()]),
        live(options(80, Lang::En, Show::REPORT), vec![session], false),
    ] {
        assert_eq!(text.matches("TRANSACTION state").count(), 1, "{text}");
        assert!(text.contains("POP3 connection release (AUTHORIZATION state)"), "a QUIT before the login: {text}");
    }
}

#[test]
fn a_redacted_reply_is_described_by_the_command_it_answers() {
    use crate::session::model::{Phase, Variant};
    let session = Talk::new(Protocol::Pop3)
        .s("+OK ready")
        .phase(Phase::Transaction)
        .c("LIST 1")
        .with(|step| step.variant = Variant::Arguments)
        .s("+OK 1 1701")
        .session;
    for redact in [false, true] {
        let text = live(options(200, Lang::En, Show::REPORT), vec![session.clone()], redact);
        assert!(text.contains("The server tells the size of the message"), "{text}");
    }
}

#[test]
fn redacted_tables_hold_no_password() {
    for text in [live(options(80, Lang::En, Show::ALL), vec![lab_smtp(), lab_pop3()], true), {
        let mut out = Vec::new();
        shown(Redact::new(Table::new(&mut out, options(80, Lang::Zh, Show::ALL))), vec![lab_pop3()]);
        String::from_utf8(out).unwrap()
    }] {
        assert!(text.contains("PASS ********"), "{text}");
        assert!(!text.contains("PASS group7_3"), "{text}");
    }
}

#[test]
fn a_password_echoed_before_the_login_is_over_is_hidden_live() {
    let session =
        Talk::new(Protocol::Pop3).s("+OK").c("PASS secret12").secret("secret12").s("-ERR secret12 is wrong").session;
    let text = live(options(80, Lang::En, Show::REPORT), vec![session], true);
    assert!(text.contains("-ERR ********") && !text.contains("secret12"), "{text}");
}

#[test]
fn live_rows_stand_under_the_session_that_they_belong_to() {
    let (one, mut other) = (lab_smtp(), lab_pop3());
    other.transport.endpoints.client = "172.16.0.74:2000".parse().unwrap();
    let text = live(options(80, Lang::En, Show::REPORT), vec![one, other], false);
    let mut session = "";
    for line in text.lines() {
        if line.contains("━ Session ") {
            session = if line.contains("Session 1") { "172.16.0.73 " } else { "172.16.0.74 " };
        }
        if line.starts_with("│") && line.contains("172.16.0.253 ") && !line.contains("→") {
            assert!(line.contains(session), "{session}: {line}");
        }
    }
    // The endpoints are written twice: with the session's first row, and when the session is over.
    assert_eq!(text.matches("172.16.0.73:1893").count(), 2);
    assert_eq!(text.matches('┌').count(), text.matches('└').count() - text.matches("└─ ").count());
}

#[test]
fn titles_are_not_broken_within_a_word() {
    let mut session = Talk::new(Protocol::Smtp).s("220 x").c("QUIT").session;
    let endpoints = &mut session.transport.endpoints;
    endpoints.client.set_ip([10, 0, 0, 1].into());
    endpoints.server.set_ip([10, 0, 0, 2].into());
    let text = printed(options(80, Lang::En, Show::REPORT), vec![session]);
    assert!(text.contains("│ Destination │"), "{text}");
}

#[test]
fn a_capture_without_mail_says_what_it_held() {
    let mut report = report(&[]);
    report.summary.limits_hit.hit(crate::limits::Limit::Connections);
    let mut out = Vec::new();
    Table::new(&mut out, options(80, Lang::En, Show::REPORT)).finish(&report).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("No mail session was found") && text.contains("25 (30)"), "{text}");
    assert!(text.contains("Cut off by a limit"), "a bound that bites is told: {text}");
}

#[test]
fn a_gap_is_a_row_and_long_text_is_cut() {
    let session = Talk::new(Protocol::Smtp)
        .s("220 x")
        .other(crate::flow::Side::Client, crate::protocol::event::Kind::Gap, "", 1_460)
        .c(&format!("NOOP {}", "x".repeat(5_000)))
        .session;
    let text = printed(options(80, Lang::En, Show::REPORT), vec![session]);
    assert!(text.contains("(1460 bytes not"), "{text}");
    assert!(text.contains('…') && text.matches('x').count() < 1_100);
}

#[test]
fn a_long_list_of_names_is_visibly_cut() {
    let mut session = lab_smtp();
    session.steps[0].extra_mut().mailboxes = vec!["北".to_owned(); 20];
    session.tls.certificate = Some(crate::protocol::event::Certificate {
        subject: "CN=mx".to_owned(),
        issuer: "CN=ca".to_owned(),
        not_before: "2026-01-01T00:00:00Z".to_owned(),
        not_after: "2027-01-01T00:00:00Z".to_owned(),
        names: vec!["mx.example".to_owned(); 1_000],
        sha256: "00".to_owned(),
    });
    let text = printed(options(120, Lang::En, Show::ALL), vec![session]);
    assert_eq!(text.matches("北").count(), 16, "{text}");
    assert!(text.contains("+4)"), "{text}");
    assert!(text.contains("mx.examp…"), "two hundred characters of the names: {text}");
}

#[test]
fn by_what_tls_was_decrypted_and_why_not_is_told() {
    let told = |decrypted, by, fault, client_random: Option<[u8; 32]>| {
        let mut session = lab_smtp();
        session.tls.mode = crate::session::model::TlsMode::StartTls;
        session.tls.decrypted = decrypted;
        session.tls.decryption = Decryption { by, fault, client_random: client_random.map(Box::new) };
        printed(options(120, Lang::En, Show::ALL), vec![session])
    };
    let text = told(true, Some(DecryptedBy::Keys(KeySource::ServerKey)), None, None);
    assert!(text.contains("decrypted with the server's key"), "{text}");
    let text = told(false, None, Some(KeyFault::NoSecret), Some([0xab; 32]));
    let random = format!("Client random: {}", "ab".repeat(32));
    assert!(text.contains("not decrypted: none of the secrets") && text.contains(&random), "{text}");
    let text = told(false, None, Some(KeyFault::Handshake), None);
    assert!(text.contains("the beginning of TLS is not in") && !text.contains("Client random"), "{text}");
    assert!(!told(false, None, None, None).contains("decrypted"));
}

#[test]
fn sessions_alone_are_listed_as_they_come() {
    let show = Show { sessions: true, ..NOTHING };
    let mut out = Vec::new();
    let mut table = Table::new(&mut out, options(80, Lang::En, show));
    table.session(lab_smtp()).unwrap();
    drop(table);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("172.16.0.253:25"), "{text}");
    let whole = printed(options(80, Lang::En, show), vec![lab_smtp(), lab_pop3()]);
    assert_eq!(whole.matches("━ Sessions ━").count(), 1, "{whole}");
}

#[test]
fn equal_ends_are_told_apart_and_a_wide_terminal_has_times() {
    let mut session = lab_smtp();
    let endpoints = &mut session.transport.endpoints;
    for end in [&mut endpoints.client, &mut endpoints.server] {
        end.set_ip("::1".parse().unwrap());
    }
    let text = printed(options(120, Lang::En, Show::REPORT), vec![session.clone()]);
    assert!(text.contains("│ [::1]:25    │ [::1]:1893") && text.contains("│ Time   │"), "{text}");
    assert!(text.contains("│ +0.006 │"), "{text}");
    session.steps[0].time = session.steps[0].time.assumed();
    let text = printed(options(119, Lang::Zh, Show::REPORT), vec![session]);
    assert!(!text.contains("+0.006") && text.contains("│ [::1]:25 "), "{text}");
}

#[test]
fn each_message_says_what_it_is_the_same_as_in_both_directions() {
    for (lang, line) in
        [(Lang::En, "Session 1, Message 1 = Session 2, Message 1"), (Lang::Zh, "会话 1，邮件 1 = 会话 2，邮件 1")]
    {
        let shown = printed(options(120, lang, Show::REPORT), vec![lab_smtp(), lab_pop3()]);
        assert!(shown.contains(line), "{shown}");
    }
    let alone = printed(options(120, Lang::En, Show::REPORT), vec![lab_smtp()]);
    assert!(!alone.contains("Same messages"), "{alone}");
}

#[test]
fn filters_stand_where_everything_is_asked_for() {
    let text = printed(options(200, Lang::En, Show::ALL), vec![lab_pop3()]);
    assert!(text.contains(" ip.addr == 172.16.0.73 && ip.addr == 172.16.0.253 && tcp.port"), "{text}");
    assert!(text.contains("Wireshark: frame.number "), "of a finding: {text}");
    let text = printed(options(200, Lang::En, Show { findings: true, ..Show::REPORT }), vec![lab_pop3()]);
    assert!(!text.contains("Wireshark"), "{text}");
}

#[test]
fn the_dialogue_is_written_without_its_tables() {
    let show = Show { transcript: true, steps: false, credentials: false, ..Show::REPORT };
    for text in [
        printed(options(80, Lang::En, show), vec![lab_pop3()]),
        live(options(80, Lang::En, show), vec![lab_pop3()], false),
    ] {
        assert!(text.contains(" C: PASS group7_3\n") && !text.contains('┌'), "{text}");
    }
}

/// Compares the lab's tables with the files in `golden/`. `GOLDEN=write cargo test golden` rewrites the files: look at
/// them before you commit them.
#[test]
fn golden() {
    for (lang, name) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        for width in [80, 120] {
            let path = format!("{}/src/view/table/golden/lab.{name}.{width}.txt", env!("CARGO_MANIFEST_DIR"));
            let text = printed(options(width, lang, Show::ALL), vec![lab_smtp(), lab_pop3()]);
            if std::env::var_os("GOLDEN").is_some_and(|golden| golden == "write") {
                std::fs::write(&path, &text).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap();
            let differs = text.lines().zip(kept.lines()).find(|(now, then)| now != then);
            assert!(text == kept, "{path}: {differs:#?}; GOLDEN=write writes it anew");
        }
    }
}
