use super::Markdown;
use crate::protocol::Protocol;
use crate::session::Session;
use crate::view::clock::Clock;
use crate::view::table::{Options, Style};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, Show, View};

fn written(sessions: Vec<Session>, show: Show, lang: Lang) -> String {
    let style = Style { width: 80, colour: false };
    let mut view = Markdown::new(
        Vec::new(),
        Options { style, show, list: Default::default(), lang, text_limit: 1_000, time: Clock::Utc },
    );
    let report = report(&sessions);
    sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
    view.finish(&report).unwrap();
    String::from_utf8(view.into_inner()).unwrap()
}

/// Every table of the page has as many cells in each row as in its head.
fn assert_tables_are_whole(page: &str) {
    let cells = |line: &str| line.matches('|').count();
    for block in page.split("\n\n").filter(|block| block.starts_with('|')) {
        let mut lines = block.trim_end().lines();
        let head = cells(lines.next().unwrap());
        assert!(lines.all(|line| cells(line) == head), "{block}");
    }
}

#[test]
fn the_sheet_as_markdown() {
    let page = written(vec![lab_smtp(), lab_pop3()], Show::REPORT, Lang::Zh);
    assert!(page.contains("\n## 会话 1 · SMTP\n"), "{page}");
    assert!(
        page.contains("\n| 序号 | 源 IP | 目的 IP | 报文摘要和参数 | 报文作用 |\n|---|---|---|---|---|\n"),
        "{page}"
    );
    let mail = "| 172.16.0.73 | 172.16.0.253 | MAIL FROM&#58; \\<group7\\_3&#64;JServer.Netlab\\> |";
    assert!(page.contains(mail), "{page}");
    assert_tables_are_whole(&page);
    let page = written(vec![lab_smtp(), lab_pop3()], Show::REPORT, Lang::En);
    assert!(page.contains("| No. | Source IP | Destination IP | Command and parameters | Purpose |"), "{page}");
    assert!(page.contains("| group7\\_3 |"), "the password of the log-in: {page}");
}

#[test]
fn everything_is_whole_tables() {
    for lang in [Lang::En, Lang::Zh] {
        let page = written(vec![everything(), lab_smtp(), lab_pop3()], Show::ALL, lang);
        assert_tables_are_whole(&page);
        assert!(!page.contains('\x1b') && !page.contains("\n\n\n"), "{page}");
    }
}

#[test]
fn hostile_text_means_nothing() {
    let hostile = "NOOP |x| <script>alert(1)</script> ![a](http://x) `b` $c$ www.evil.example\r\n# d\x1b[31m";
    let page = written(vec![Talk::new(Protocol::Smtp).s("220 x").c(hostile).session], Show::ALL, Lang::En);
    assert_tables_are_whole(&page);
    for meaning in [" <script", "![a]", " `b`", " $c$", "http://x", "www.evil", "\n# d", "\x1b"] {
        assert!(!page.contains(meaning), "{meaning}: {page}");
    }
}

#[test]
fn equal_ends_are_told_apart_by_their_ports() {
    let talk = Talk::new(Protocol::Smtp).s("220 x").edit(|session| {
        session.transport.endpoints.client = "127.0.0.1:40000".parse().unwrap();
        session.transport.endpoints.server = "127.0.0.1:25".parse().unwrap();
    });
    let page = written(vec![talk.session], Show::REPORT, Lang::En);
    assert!(page.contains("| 127.0.0.1&#58;25 | 127.0.0.1&#58;40000 | 220 x |"), "{page}");
}

#[test]
fn the_dialogue_is_a_block_that_nothing_in_it_ends() {
    let show = Show { transcript: true, steps: false, credentials: false, ..Show::REPORT };
    let talk = Talk::new(Protocol::Smtp).s("220 x").c("```\n```\n# no heading");
    let page = written(vec![talk.session], show, Lang::En);
    let (_, block) = page.split_once("\n```text\n").expect("a block");
    let (block, rest) = block.split_once("\n```\n").expect("its end");
    assert!(block.contains("S: 220 x\n") && block.ends_with("C: # no heading"), "{page}");
    assert!(!rest.contains("heading"), "{page}");
}

#[test]
fn times_are_told_by_the_clock_that_is_asked_for() {
    let style = Style { width: 80, colour: false };
    let show = Show { sessions: true, ..Show::REPORT };
    let zone = Box::leak(Box::new(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))));
    let time = Clock::Local(zone);
    let options = Options { style, show, list: Default::default(), lang: Lang::En, text_limit: 1_000, time };
    let mut view = Markdown::new(Vec::new(), options);
    let report = report(&[lab_smtp()]);
    view.session(lab_smtp()).unwrap();
    view.finish(&report).unwrap();
    let page = String::from_utf8(view.into_inner()).unwrap();
    assert!(page.contains(" 14&#58;00&#58;00.") && page.contains("+08&#58;00") && !page.contains("UTC"), "{page}");
}

#[test]
fn log_ins_have_the_columns_of_every_format() {
    let page = written(vec![everything(), lab_smtp(), lab_pop3()], Show::REPORT, Lang::En);
    assert!(page.contains("| Session | No. | Client | Server | Mechanism | User | Password | Outcome |"), "{page}");
}

/// A backtick of the server's ends no block: each line begins with its time, or with who spoke.
#[test]
fn the_transcript_as_lines_that_mean_nothing() {
    let show = Show { transcript: true, steps: false, credentials: false, findings: false, ..Show::REPORT };
    let talk = Talk::new(Protocol::Smtp).s("220-```\r\n220-~~~\r\n```\n<b>\n220 # x").c("AUTH PLAIN AGFubgBzZXNhbWU=");
    let page = written(vec![talk.session], show, Lang::En);
    assert!(page.contains("\n### Transcript\n\n```text\n"), "{page}");
    assert!(page.contains(" S: 220-```\n") && page.contains(" S: ```\n"), "{page}");
    let fences = page.lines().filter(|line| line.trim_start().starts_with(['`', '~'])).count();
    assert_eq!(fences, 2, "{page}");
}
