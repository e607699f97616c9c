/*!
What a server refused before a login had succeeded: a password that was typed where a command has an argument or a tag.

Such a value is shown at first, as it belongs to a command in its form. Where the server refuses the command, it is masked
unless it has the form of what belongs there: a host, a mailbox, a tag like the others of the session.
*/

use crate::flow::Side;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::{imap, smtp};
use crate::session::model::Step;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// Commands that wait for their replies, at most. What the oldest one says counts as unanswered when there are more.
const WAITING: usize = 64;
/// Forms of tags that are told apart. A further one is unlike the others.
const FORMS: usize = 64;
/// Characters of a tag that may be a password, where other tags of the session are unlike it.
const UNLIKE: usize = 4;
/// The same for the only tag.
const ALONE: usize = 6;

/// What is in doubt of a step that has been seen already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub step: StepId,
    /// Its place in the text.
    pub range: Range<usize>,
    pub said: String,
}

/// Follows a session's steps, each once and in order.
#[derive(Debug, Default)]
pub struct Refused {
    waiting: VecDeque<Waiting>,
    /// How often tags of each form were seen.
    forms: BTreeMap<String, u32>,
    /// SMTP: a login has failed; one has succeeded.
    failed: bool,
    logged_in: bool,
}

#[derive(Debug)]
struct Waiting {
    step: StepId,
    tag: Option<Value>,
    values: Vec<Value>,
    /// The argument names a mailbox: the server looked for it where it says that there is none.
    is_mailbox: bool,
}

impl Refused {
    /// What the next step says that is in doubt, of steps before it.
    pub fn step(&mut self, step: &Step) -> Vec<Value> {
        match step.from {
            Side::Client => self.client(step),
            Side::Server => self.server(step),
        }
    }

    /// What is in doubt at the end: tags that no reply has repeated.
    pub fn rest(&mut self) -> Vec<Value> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().filter_map(|waiting| waiting.tag).filter(|tag| self.is_unlike(tag)).collect()
    }

    fn client(&mut self, step: &Step) -> Vec<Value> {
        if step.kind != Kind::Command || self.logged_in {
            return Vec::new();
        }
        let (tag, words, is_mailbox) = match &step.subject {
            Subject::Smtp(smtp::Subject::Command(verb)) => {
                (None, self.smtp(*verb, &step.text), matches!(verb, smtp::Verb::Vrfy | smtp::Verb::Expn))
            }
            Subject::Imap(imap::Subject {
                state: imap::State::NotAuthenticated,
                what: imap::What::Command { verb, .. },
            }) => (words(&step.text).next(), imap(*verb, &step.text), false),
            _ => return Vec::new(),
        };
        let value = |range: Range<usize>| {
            let said = step.text.get(range.clone()).unwrap_or_default().to_owned();
            Value { step: step.n, range, said }
        };
        let tag = tag.map(value);
        if let Some(tag) = &tag {
            self.note(&tag.said);
        }
        self.waiting.push_back(Waiting {
            step: step.n,
            tag,
            values: words.into_iter().map(value).collect(),
            is_mailbox,
        });
        let oldest = (self.waiting.len() > WAITING).then(|| self.waiting.pop_front()).flatten();
        oldest.and_then(|oldest| oldest.tag).filter(|tag| self.is_unlike(tag)).into_iter().collect()
    }

    fn smtp(&self, verb: smtp::Verb, text: &str) -> Vec<Range<usize>> {
        use smtp::Verb;
        let is_doubtful = |range: &Range<usize>| {
            let word = text.get(range.clone()).unwrap_or_default();
            let is_address = word.contains(['@', '.', '[', ':']) || word.contains("+40");
            word.contains(char::is_alphanumeric) && !is_address && !word.eq_ignore_ascii_case("SMTPUTF8")
        };
        let arguments = words(text).skip(1);
        match verb {
            Verb::Vrfy | Verb::Expn | Verb::Etrn | Verb::Atrn => arguments.filter(is_doubtful).collect(),
            Verb::Helo | Verb::Ehlo | Verb::Lhlo if self.failed => arguments.filter(is_doubtful).collect(),
            Verb::Mail | Verb::Rcpt => values_of(text, &["AUTH", "ENVID"]).filter(is_doubtful).collect(),
            Verb::Xclient | Verb::Xforward => {
                values_of(text, &["NAME", "LOGIN", "IDENT", "HELO"]).filter(is_doubtful).collect()
            }
            _ => Vec::new(),
        }
    }

    fn server(&mut self, step: &Step) -> Vec<Value> {
        let code = step.code().unwrap_or_default();
        self.logged_in |= code == 235;
        self.failed |= matches!(code, 504 | 534 | 535 | 538);
        if self.logged_in {
            self.waiting.clear();
        }
        let says_no = code / 100 == 5 || step.status() == Some("BAD");
        let at = match step.answers {
            Some(answered) => self.waiting.iter().position(|waiting| waiting.step == answered),
            // `* BAD` names no command.
            None => self.waiting.len().checked_sub(1).filter(|_| says_no),
        };
        let Some(Waiting { tag, values, is_mailbox, .. }) = at.and_then(|at| {
            // Untagged lines come before the answer.
            if says_no || step.text.split(' ').next() != Some("*") { self.waiting.remove(at) } else { None }
        }) else {
            return Vec::new();
        };
        if !says_no || (is_mailbox && (550..=559).contains(&code)) {
            return Vec::new();
        }
        values.into_iter().chain(tag.filter(|tag| self.is_unlike(tag))).collect()
    }

    fn note(&mut self, tag: &str) {
        let (form, has_room) = (form_of(tag), self.forms.len() < FORMS);
        match self.forms.get_mut(&form) {
            Some(count) => *count = count.saturating_add(1),
            None if has_room => _ = self.forms.insert(form, 1),
            None => {}
        }
    }

    /// True where no other tag of the session has the form of this one.
    fn is_unlike(&self, tag: &Value) -> bool {
        let least = if self.forms.len() > 1 { UNLIKE } else { ALONE };
        tag.said.len() >= least && self.forms.get(&form_of(&tag.said)).is_none_or(|&count| count < 2)
    }
}

/// A tag without its numbers, which programs count.
fn form_of(tag: &str) -> String {
    let mut form = String::new();
    for c in tag.chars() {
        match c.is_ascii_digit() {
            true if form.ends_with('0') => {}
            true => form.push('0'),
            false => form.push(c.to_ascii_lowercase()),
        }
    }
    form
}

/// Arguments of a command that a server may be told before the login, and does not know.
fn imap(verb: imap::Verb, text: &str) -> Vec<Range<usize>> {
    if matches!(verb, imap::Verb::Login | imap::Verb::Authenticate | imap::Verb::Id | imap::Verb::Other) {
        return Vec::new(); // `form.rs` judges them by themselves.
    }
    let is_doubtful = |range: &Range<usize>| {
        let word = text.get(range.clone()).unwrap_or_default().trim_matches(['"', '(', ')']).to_ascii_uppercase();
        const KNOWN: &[&str] = &["INBOX", "CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4REV2", "DEFLATE"];
        word.bytes().any(|byte| !byte.is_ascii_punctuation()) && !KNOWN.contains(&word.as_str())
    };
    let verb =
        if words(text).nth(1).and_then(|word| text.get(word)).is_some_and(|word| word.eq_ignore_ascii_case("UID")) {
            3
        } else {
            2
        };
    words(text).skip(verb).filter(is_doubtful).collect()
}

/// The ranges of the words of a line, in order.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut end = 0;
    text.split_inclusive(|c: char| c.is_ascii_whitespace()).filter_map(move |word| {
        let start = end;
        end += word.len();
        let word = word.trim_ascii_end();
        (!word.is_empty()).then(|| start..start + word.len())
    })
}

/// The values of those parameters that have one of these names.
fn values_of<'a>(text: &'a str, names: &'a [&str]) -> impl Iterator<Item = Range<usize>> + 'a {
    words(text).filter_map(move |range| {
        let (name, _) = text.get(range.clone())?.split_once('=')?;
        names.iter().any(|known| name.eq_ignore_ascii_case(known)).then(|| range.start + name.len() + 1..range.end)
    })
}
