use super::render::{SCRIPT, STYLE, policy};
use super::{Html, Options, Template};
use crate::protocol::Protocol;
use crate::session::Session;
use crate::session::model::{Credential, Finding, Mailbox, Match, Preview, SameAs, Variant};
use crate::view::clock::Clock;
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, View};
use data_encoding::BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn page_with(sessions: Vec<Session>, options: Options) -> String {
    let report = report(&sessions);
    let mut view = Html::new(Vec::new(), options).unwrap();
    sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
    view.finish(&report).unwrap();
    String::from_utf8(view.into_inner()).unwrap()
}

fn page(sessions: Vec<Session>) -> String {
    page_with(sessions, Options::default())
}

/// Attacks in every text of a session that somebody else writes.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>\
                       '\" onfocus=alert(3) style=x {{ 7 * 7 }}<!--\u{202e}\u{1b}[31m\u{2028}]]>";

fn hostile() -> Session {
    let talk = Talk::new(Protocol::Smtp)
        .s(&format!("220 {HOSTILE}"))
        .c(&format!("HELO {HOSTILE}"))
        .s(&format!("250 {HOSTILE}"));
    let mut session = talk.session;
    session.client_name = Some(HOSTILE.to_owned());
    session.banner = Some(HOSTILE.to_owned());
    let mut message = everything().messages.swap_remove(0);
    message.header.subject = Some(HOSTILE.to_owned());
    message.header.message_id = Some(HOSTILE.to_owned());
    message.header.from = vec![Mailbox { name: Some(HOSTILE.to_owned()), address: Some(HOSTILE.to_owned()) }];
    for field in &mut message.header.fields {
        field.value = HOSTILE.to_owned();
    }
    session.messages.push(message);
    session.tls.version = Some(HOSTILE.to_owned());
    let mut login: Credential = lab_pop3().credentials.swap_remove(0);
    login.username = Some(HOSTILE.to_owned());
    login.password = Some(crate::protocol::secret::Secret::new(HOSTILE.to_owned()));
    session.credentials.push(login);
    session
}

/// The tags of a page, but for what is in its style, script and data.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..=end];
        tags.push(tag.to_owned());
        rest = &rest[end + 1..];
        // What opens later is HTML too.
        for (begins, ends) in [("<style", "</style>"), ("<script", "</script>")] {
            if tag.starts_with(begins) && !tag.contains("text/html") {
                rest = &rest[rest.find(ends).expect("it ends")..];
            }
        }
    }
    tags
}

#[test]
fn hostile_text_is_text() {
    let page = page(vec![hostile(), everything(), lab_smtp(), lab_pop3()]);
    for tag in tags(&page) {
        let lower = tag.to_lowercase();
        assert!(!lower.starts_with("<img") && !lower.starts_with("<iframe") && !lower.contains("<!--"), "{tag}");
        assert!(!lower.contains("http:") && !lower.contains("https:") && !lower.contains("javascript:"), "{tag}");
        assert!(!lower.contains(" src=") && !lower.contains("<base") && !lower.contains("<link"), "{tag}");
        // An attribute's name, where its value cannot hold a quote that ends it.
        let mut quoted = lower.split('"');
        while let Some(outside) = quoted.next() {
            assert!(!outside.contains(" style=") && !outside.contains(" on"), "{tag}");
            if quoted.next().is_none() {
                break;
            }
        }
        if let Some(to) = lower.split(" href=\"").nth(1) {
            assert!(to.starts_with('#'), "{tag}");
        }
    }
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}') && !page.contains('\u{2028}'));
    assert!(page.contains("&lt;script&gt;alert(1)"), "it is shown");
    assert!(!page.contains("{{ 7 * 7 }}</script>") && !page.contains(">49<"));
}

#[test]
fn the_policy_allows_what_is_in_the_page_and_nothing_else() {
    let page = page(vec![lab_smtp(), lab_pop3()]);
    let policy = policy();
    assert!(page.contains(&format!("content=\"{policy}\"")));
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
    let between = |text: &str, from: &str, to: &str| {
        text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    let styles = between(&page, "<style>", "</style>");
    assert_eq!(styles, [STYLE]);
    assert!(policy.contains(&hash(&styles[0])));
    let scripts = between(&page, "<script>", "</script>");
    assert_eq!(scripts, [SCRIPT]);
    assert!(policy.contains(&hash(&scripts[0])));
    let scripts: Vec<String> = tags(&page).into_iter().filter(|tag| tag.starts_with("<script")).collect();
    assert!(scripts.iter().all(|tag| tag == "<script>" || tag.contains("x-ndjson") || tag.contains("text/html")));
    // A parser changes neither of them.
    for text in [STYLE, SCRIPT] {
        assert!(!text.contains('\r') && !text.contains("</") && !text.contains("<!--"), "{text}");
    }
}

#[test]
fn the_records_lie_in_the_page_a_line_each() {
    let mut odd = lab_smtp();
    odd.id = 3;
    odd.banner = Some("<b>&\u{2028}\u{2029}</b>".to_owned());
    let page = page(vec![lab_smtp(), lab_pop3(), odd]);
    // As `jq -cR 'fromjson? | select(type == "object")'` does.
    let records: Vec<Value> =
        page.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect();
    let types: Vec<&str> = records.iter().filter_map(|record| record["type"].as_str()).collect();
    assert_eq!(types, ["session", "session", "session", "summary"]);
    assert!(records[2]["banner"].as_str().unwrap().starts_with("<b>&"));
    let data = page.split("id=\"mailtap-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(!data.contains(['<', '>', '&']));
}

#[test]
fn secrets_are_closed_and_with_redaction_not_called_so() {
    let page = page(vec![lab_pop3()]);
    assert!(page.contains("<details class=\"secret\"><summary>"), "{page}");
    assert!(!page.contains("<details class=\"secret\" open"));
    let masked = page_with(vec![lab_pop3()], Options { masked: true, ..Options::default() });
    assert!(!masked.contains("<details class=\"secret\">"));
}

#[test]
fn both_languages_are_in_it_and_one_is_chosen() {
    let english = page(vec![lab_smtp()]);
    assert!(english.contains("<html lang=\"en\">") && english.contains("id=\"lang-en\" checked"));
    let chinese = page_with(vec![lab_smtp()], Options { lang: Lang::Zh, ..Options::default() });
    assert!(chinese.contains("<html lang=\"zh-CN\">") && chinese.contains("id=\"lang-zh\" checked"));
    for page in [english, chinese] {
        for heading in ["源 IP", "目的 IP", "报文摘要和参数", "报文作用", "Source IP", "Destination IP", "Purpose"]
        {
            assert!(page.contains(&format!(">{heading}</span>")), "{heading}");
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        assert_eq!(page.matches("<table").count(), page.matches("<caption").count(), "each table says what it is");
    }
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let sessions = |count: u64| {
        let one = |id| Session { id, ..lab_smtp() };
        (1..=count).map(one).collect::<Vec<_>>()
    };
    let page = page(sessions(3));
    let attribute = |name: &str| -> Vec<String> {
        let all = tags(&page);
        let values = all.iter().filter_map(|tag| tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next());
        values.map(str::to_owned).collect()
    };
    let ids = attribute("id");
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(ids.len(), unique.len());
    for to in attribute("href") {
        assert!(ids.contains(&to[1..].to_owned()), "{to}");
    }
}

#[test]
fn later_sessions_are_kept_until_they_are_looked_at() {
    let steps = lab_smtp().steps.len();
    let (open, plain) = (super::OPEN_STEPS / steps, super::PLAIN_STEPS / steps);
    assert!(open < super::FIRST_ROWS && super::FIRST_ROWS < plain);
    // Three more than open without a script.
    let count = plain + 3;
    let page = page((1..=count as u64).map(|id| Session { id, ..lab_smtp() }).collect());
    let (first, rest) = page.split_once("<noscript id=\"further\">").unwrap();
    let rows = |part: &str| part.matches("<tbody class=\"s\"").count();
    let details = |part: &str| part.matches("<tr class=\"detail\"><td colspan=\"10\"><div class=\"opened\">").count();
    assert_eq!((rows(first), details(first)), (super::FIRST_ROWS, open));
    assert_eq!(first.matches("<td colspan=\"10\"><noscript>").count(), super::FIRST_ROWS - open);
    // The first end of a `noscript` is the list's own: there is none within it.
    let (rest, after) = rest.split_once("</noscript>").unwrap();
    assert!(rest.trim_end().ends_with("</table>") && !rest.contains("<noscript"));
    assert_eq!((rows(rest), details(rest)), (count - super::FIRST_ROWS, plain - super::FIRST_ROWS));
    assert_eq!((rows(&after.replace(SCRIPT, "")), rest.matches("<script type=\"text/html\">").count()), (0, 3));
    assert_eq!(page.matches("class=\"open\"").count(), count);
    assert!(page.contains(&format!("data-all=\"{count}\"")));
}

#[test]
fn a_small_capture_is_in_the_document_as_it_is() {
    let page = page(vec![lab_smtp(), lab_pop3()]);
    assert!(!page.contains("id=\"further\"") && !page.contains("id=\"show-more\""));
    assert!(!page.contains("<script type=\"text/html\">"));
    assert_eq!(page.matches("<noscript>").count(), 1, "what is said where there is no script");
    assert_eq!(page.matches("<tr class=\"detail\"><td colspan=\"10\"><div class=\"opened\">").count(), 2);
}

#[test]
fn outcomes_are_there_to_be_chosen_once_each() {
    let ids = [1, 2, 3];
    let sessions = ids.map(|id| Session { id, ..lab_smtp() });
    let page = page([sessions.to_vec(), vec![Session { id: 4, ..lab_pop3() }]].concat());
    let chosen = page.split("<select id=\"filter-outcome\">").nth(1).unwrap().split("</select>").next().unwrap();
    assert_eq!(chosen.matches("<option value=\"accepted\"").count(), 1, "{chosen}");
    assert_eq!(chosen.matches("<option ").count(), 3, "all, and two outcomes: {chosen}");
}

#[test]
fn the_end_of_a_silence_is_no_refusal() {
    use crate::protocol::{event::Subject, smtp};
    let ended = |said: smtp::Said, to: smtp::ReplyTo| {
        let mut session = Talk::new(Protocol::Smtp).s("220 mx").c("NOOP").s("250 mx").s("421 mx").session;
        let last = session.steps.last_mut().unwrap();
        last.subject = Subject::Smtp(smtp::Subject::Reply { to, code: 421, enhanced: None });
        last.variant = Variant::Said(said);
        let phases = super::context::step::phases(&session, usize::MAX, false);
        let mark = phases.last().and_then(|phase| phase.steps.last()).map(|step| step.mark);
        (mark, crate::verdict::upshot(&session))
    };
    use crate::verdict::Upshot::{FellSilent, HungUp};
    let unasked = smtp::ReplyTo::Nothing;
    assert_eq!(ended(smtp::Said::Timeout, unasked), (Some("silent"), FellSilent));
    assert_eq!(ended(smtp::Said::ShuttingDown, unasked), (Some("deferred"), HungUp(Some(421))));
    let noop = smtp::ReplyTo::Command(smtp::Verb::Noop);
    assert_eq!(ended(smtp::Said::Timeout, noop), (Some("deferred"), HungUp(Some(421))));
}

#[test]
fn further_logins_are_closed() {
    let count = super::FIRST_ROWS as u64 + 2;
    let user = |id: u64| {
        let mut session = Session { id, ..lab_pop3() };
        session.credentials[0].username = Some(format!("user{id}"));
        session
    };
    let page = page((1..=count).map(user).collect());
    let logins = page.split("<h2 id=\"logins\">").nth(1).unwrap().split("</section>").next().unwrap();
    let (first, further) = logins.split_once("<details class=\"further\"><summary>").unwrap();
    assert!(further.contains("Further attempts: 2<") && further.contains("其余登录：2 条<"), "{further}");
    let rows = |part: &str| part.matches("<td>user").count();
    assert_eq!((rows(first), rows(further)), (super::FIRST_ROWS, 2));
}

#[test]
fn what_there_is_no_room_for_is_counted_and_said() {
    use crate::limits::{PAGE_BYTES, PAGE_SESSIONS};
    let sessions = vec![lab_smtp(), lab_pop3()];
    let report = report(&sessions);
    let mut view = Html::new(Vec::new(), Options::default()).unwrap();
    view.held = PAGE_BYTES - 10;
    for session in sessions {
        view.session(session).unwrap();
    }
    view.entries.resize_with(PAGE_SESSIONS, Default::default);
    view.entries.truncate(PAGE_SESSIONS);
    view.session(lab_smtp()).unwrap();
    assert_eq!((view.left_out.sessions, view.left_out.details), (1, 2));
    view.entries.truncate(2);
    view.finish(&report).unwrap();
    let page = String::from_utf8(view.into_inner()).unwrap();
    assert!(page.contains("Not in this list: 1 further sessions"), "{page}");
    assert!(page.contains("without what they open to: 2 sessions"));
    let last = page.lines().find(|line| line.starts_with("{\"type\":\"summary\"")).unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["summary"]["limits_hit"]["page"], 3);
}

#[test]
fn a_message_names_what_comes_later_and_has_its_text() {
    let mut later = lab_pop3();
    later.messages = lab_smtp().messages;
    later.messages[0].same_as = vec![SameAs { session: 1, message: 1, by: Match::Body }];
    let mut first = lab_smtp();
    let text: String = (1..=9).map(|n| format!("line {n} <i>\n")).collect();
    first.messages[0].preview = Some(Box::new(Preview { text, cut: true }));
    let page = page(vec![first, later]);
    let again = page.split("<ul class=\"plain again\">").nth(1).unwrap().split("</ul>").next().unwrap();
    assert!(again.contains("Message 1 was seen again:") && again.contains("href=\"#session-2\""), "{again}");
    assert_eq!(page.matches("<ul class=\"plain again\">").count(), 1, "the later one names the earlier in its table");
    let text = page.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap();
    assert!(text.starts_with("line 1 &lt;i&gt;") && text.contains("line 9") && text.ends_with('…'), "{text}");
}

#[test]
fn a_finding_has_its_facts_and_what_selects_its_packets() {
    let mut session = lab_pop3();
    session.findings = vec![Finding { id: "plaintext-password", steps: vec![1], ..Finding::default() }];
    let first = session.steps[0].packets.first();
    let page = page(vec![session]);
    let filter = format!("Wireshark: <code class=\"filter\">frame.number == {first}</code>");
    assert!(page.contains(&filter), "{page}");
    assert!(page.contains("<code class=\"filter\">ip.addr == 172.16.0.73 &amp;&amp; "), "of the session");
}

fn own(text: &str) -> Result<String, String> {
    let template = Template { name: "sheet.html".to_owned(), text: text.to_owned() };
    let sessions = vec![lab_smtp(), lab_pop3()];
    let report = report(&sessions);
    let mut view =
        Html::new(Vec::new(), Options { template: Some(template), ..Options::default() }).map_err(|e| e.to_string())?;
    sessions.into_iter().try_for_each(|session| view.session(session)).map_err(|e| e.to_string())?;
    view.finish(&report).map_err(|e| e.to_string())?;
    Ok(String::from_utf8(view.into_inner()).unwrap())
}

#[test]
fn a_template_of_ones_own_gets_the_same_values() {
    let text = "{% for s in sessions %}{{ s.id }} {{ s.protocol }}: {% for p in s.detail.phases %}{{ p.title[lang] }}; \
                {% endfor %}{{ '<b>' }}\n{% endfor %}";
    let page = own(text).unwrap();
    assert!(page.starts_with("1 SMTP: SMTP connection establishment; "), "{page}");
    assert!(page.contains("&lt;b&gt;"), "text is escaped, whatever the template says");
}

#[test]
fn an_error_in_a_template_says_where_and_what() {
    let said = own("one\n{% for s in sessions %}").unwrap_err();
    assert!(said.starts_with("sheet.html, line 2: syntax error: "), "{said}");
    let said = own("one\ntwo\n{{ verdikt.en }}").unwrap_err();
    assert!(said.starts_with("sheet.html, line 3: undefined value"), "{said}");
    let said = own("{% include 'nowhere.html' %}").unwrap_err();
    assert!(said.contains("sheet.html, line 1: ") && said.contains("nowhere.html"), "{said}");
}

#[test]
fn the_example_sheet_is_a_template() {
    let page = own(include_str!("../../../examples/sheet.html")).unwrap();
    assert!(page.contains("172.16.0.73") && page.contains("HELO cslabc39"), "{page}");
}

/// A word processor that the list is pasted into knows a line by `<br>` alone.
#[test]
fn the_lines_of_a_cell_are_apart_where_they_are_copied() {
    let page = page(vec![everything(), lab_smtp(), lab_pop3()]);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("<tr class=\"row\">")).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert!(row.contains("<br><small>"), "{row}");
        for (at, _) in row.match_indices("<small") {
            let before = &row[..at];
            let apart = ["<br>", "<br></small>", "<td class=\"c-way\">", " "].iter().any(|end| before.ends_with(end));
            assert!(apart, "{before}");
        }
    }
}

#[test]
fn times_are_told_by_the_clock_that_is_asked_for() {
    let visible = |clock: Clock| {
        let html = page_with(vec![lab_smtp(), lab_pop3()], Options { clock, ..Options::default() });
        // The data are records, which are in UTC.
        html.split("<script type=").next().unwrap().split("</style>").nth(1).unwrap().to_owned()
    };
    let utc = visible(Clock::Utc);
    assert!(utc.contains("2009-12-08 06:00:00") && utc.contains("Times are UTC.") && utc.contains("(UTC)"));
    let zone = Box::leak(Box::new(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))));
    let local = visible(Clock::Local(zone));
    assert!(local.contains("2009-12-08 14:00:00 +08:00") && local.contains("时间为本地时间，并注明与 UTC 的时差"));
    for utc in ["06:00:00", "Times are UTC", "(UTC)", ">UTC<"] {
        assert!(!local.contains(utc), "{utc}");
    }
    let clock = Clock::relative();
    let Clock::Relative(origin) = clock else { unreachable!() };
    let first = lab_smtp().transport.first.time;
    origin.set(first.plus(-1_500_000_000)).unwrap();
    let counted = visible(clock);
    assert!(counted.contains(">1.500 s<") && counted.contains(">1.500 秒<"), "{counted}");
    assert!(counted.contains("Times are counted from the first packet of the capture ("));
    assert!(counted.contains(">s</text>") && !counted.contains(">UTC</text>"), "the axis");
}
