/*!
Long lists of capabilities in cells: the replies to EHLO, CAPA and CAPABILITY are cut, and say how many there are.

What decides how the session goes on is always shown: whether TLS is offered, and how a client can log in.
*/

use super::Options;
use crate::protocol::event::Subject;
use crate::protocol::{imap, pop3, smtp};
use crate::session::model::Step;
use crate::view::locale;

/// Capabilities shown of a long list, beside those that matter most.
const SHOWN: usize = 6;
/// Most of those that matter most.
const WEIGHTY: usize = 8;
/// A list is cut if so many would be left out: fewer are shorter than the words about them.
const WORTH_IT: usize = 3;

/// The text of `step` with its list of capabilities cut; `None` where it has none, or a short one.
pub fn cut(options: &Options, step: &Step) -> Option<String> {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Command(smtp::Verb::Ehlo | smtp::Verb::Lhlo),
            code: 250,
            ..
        }) => lines(options, &step.text, |line| line.get(4..).unwrap_or_default()),
        Subject::Pop3(pop3::Subject {
            what: pop3::What::Reply { to: Some(pop3::Verb::Capa), ok: true, .. }, ..
        }) => lines(options, &step.text, |line| line),
        Subject::Imap(imap::Subject {
            what: imap::What::Greeting(_) | imap::What::Tagged { .. } | imap::What::Untagged(_),
            ..
        }) => words(options, &step.text),
        _ => None,
    }
}

/// A capability a line, below a first line.
fn lines(options: &Options, text: &str, name: fn(&str) -> &str) -> Option<String> {
    let mut lines = text.lines();
    let first = lines.next()?;
    let all: Vec<&str> = lines.filter(|line| *line != ".").collect();
    let named: Vec<&str> = all.iter().map(|line| name(line)).collect();
    let shown = shown(&named)?;
    let mut cut = vec![first];
    cut.extend(shown.iter().filter_map(|&nth| all.get(nth)));
    let in_all = locale::extensions(options.lang, all.len());
    cut.push(&in_all);
    Some(cut.join("\n"))
}

/// `* CAPABILITY IMAP4rev1 …`, or `* OK [CAPABILITY IMAP4rev1 …] ready`.
fn words(options: &Options, text: &str) -> Option<String> {
    const UNTAGGED: &str = "* CAPABILITY ";
    const CODE: &str = "[CAPABILITY ";
    let upper = text.to_ascii_uppercase();
    let (from, until) = match upper.find(CODE) {
        _ if upper.starts_with(UNTAGGED) => (UNTAGGED.len(), text.len()),
        Some(at) => (at + CODE.len(), at + upper.get(at..)?.find(']')?),
        None => return None,
    };
    let all: Vec<&str> = text.get(from..until)?.split_ascii_whitespace().collect();
    let shown: Vec<&str> = shown(&all)?.into_iter().filter_map(|nth| all.get(nth).copied()).collect();
    let in_all = locale::extensions(options.lang, all.len());
    Some(format!("{}{} {in_all}{}", text.get(..from)?, shown.join(" "), text.get(until..)?))
}

/// The places of those that are shown; `None` where all are.
fn shown(names: &[&str]) -> Option<Vec<usize>> {
    let weighty = |name: &str| {
        let name = name.trim_start().to_ascii_uppercase();
        ["AUTH", "SASL", "STARTTLS", "STLS", "LOGINDISABLED"].iter().any(|weighty| name.starts_with(weighty))
    };
    let (heavy, light): (Vec<usize>, Vec<usize>) =
        (0..names.len()).partition(|&nth| names.get(nth).is_some_and(|name| weighty(name)));
    let mut shown: Vec<usize> = heavy.into_iter().take(WEIGHTY).chain(light.into_iter().take(SHOWN)).collect();
    shown.sort_unstable();
    (names.len() >= shown.len() + WORTH_IT).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Protocol;
    use crate::protocol::event::Kind;
    use crate::view::clock::Clock;
    use crate::view::table::Style;
    use crate::view::testing::Talk;
    use crate::view::{Lang, Show};

    fn cut_in(lang: Lang, talk: Talk, subject: Subject) -> Option<String> {
        let session = talk.with(|step| step.subject = subject).session;
        let style = Style { width: 80, colour: false };
        let options =
            Options { style, show: Show::REPORT, list: Default::default(), lang, text_limit: 1_000, time: Clock::Utc };
        cut(&options, session.steps.last()?)
    }

    fn many(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("X-{n}")).collect()
    }

    #[test]
    fn a_long_reply_to_ehlo_is_cut_and_keeps_what_matters() {
        let subject = || {
            let to = smtp::ReplyTo::Command(smtp::Verb::Ehlo);
            Subject::Smtp(smtp::Subject::Reply { to, code: 250, enhanced: None })
        };
        let talk = |names: &[String]| {
            let lines: Vec<String> = names.iter().map(|name| format!("250-{name}")).collect();
            Talk::new(Protocol::Smtp).s("220 x").c("EHLO y").s(&format!("250-mx.example\n{}", lines.join("\n")))
        };
        let names = [many(15), vec!["STARTTLS".to_owned(), "AUTH PLAIN".to_owned(), "SMTPUTF8".to_owned()]].concat();
        let text = cut_in(Lang::En, talk(&names), subject()).unwrap();
        let first = "250-mx.example\n250-X-1\n250-X-2\n250-X-3\n250-X-4\n250-X-5\n250-X-6";
        assert_eq!(text, format!("{first}\n250-STARTTLS\n250-AUTH PLAIN\n… 18 extensions in all"));
        assert!(cut_in(Lang::Zh, talk(&names), subject()).unwrap().ends_with("… 共 18 项扩展"));
        assert_eq!(cut_in(Lang::En, talk(&many(8)), subject()), None, "a short list is whole");
    }

    #[test]
    fn so_are_those_of_pop3_and_imap() {
        let capa = pop3::What::Reply { to: Some(pop3::Verb::Capa), ok: true, code: None, effect: None };
        let subject = Subject::Pop3(pop3::Subject { state: pop3::State::Authorization, what: capa });
        let talk =
            Talk::new(Protocol::Pop3).s("+OK x").c("CAPA").s(&format!("+OK list\n{}\nSTLS\n.", many(12).join("\n")));
        let text = cut_in(Lang::En, talk, subject).unwrap();
        assert_eq!(text, "+OK list\nX-1\nX-2\nX-3\nX-4\nX-5\nX-6\nSTLS\n… 13 extensions in all");
        let told = |text: &str, what| {
            let subject = Subject::Imap(imap::Subject { state: imap::State::NotAuthenticated, what });
            cut_in(
                Lang::Zh,
                Talk::new(Protocol::Imap).other(crate::flow::Side::Server, Kind::Untagged, text, 9),
                subject,
            )
        };
        let list = many(20).join(" ");
        let untagged = imap::What::Untagged(imap::Untagged::Capability);
        let text = told(&format!("* CAPABILITY {list} AUTH=PLAIN"), untagged.clone()).unwrap();
        assert_eq!(text, "* CAPABILITY X-1 X-2 X-3 X-4 X-5 X-6 AUTH=PLAIN … 共 21 项扩展");
        let greeting = imap::What::Greeting(imap::Status::Ok);
        let text = told(&format!("* OK [CAPABILITY {list}] ready [now]"), greeting).unwrap();
        assert_eq!(text, "* OK [CAPABILITY X-1 X-2 X-3 X-4 X-5 X-6 … 共 20 项扩展] ready [now]");
        assert_eq!(told("* CAPABILITY IMAP4rev1 IDLE", untagged), None);
    }
}
