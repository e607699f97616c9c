/*!
Long lists of capabilities in cells: the replies to EHLO, CAPA and CAPABILITY are cut, and say how many there are.

What decides how the session goes on is always shown: whether TLS is offered, and how a client can log in.
*/

use super::Options;
use crate::protocol::{imap, pop3, smtp};
use crate::protocol::event::Subject;
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
    let (heavy, light): (Vec<usize>, Vec<usize>) = (0..names.len()).partition(|&nth| names.get(nth).is_some_and(|name| weighty(name)));
    let mut shown: Vec<usize> = heavy.into_iter().take(WEIGHTY).chain(light.into_iter().take(SHOWN)).collect();
    shown.sort_unstable();
    (names.len() >= shown.len() + WORTH_IT).then_some(shown)
}
