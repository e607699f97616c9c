/*!
What can be told apart in how the two sides of a session behave: each trait has a name, a value that is the same whenever a
program behaves so, and the steps that show it.

| trait | of a client | of a server |
|---|---|---|
| `commands` | its commands in order, by shape: ` | ` between them, what is repeated once | |
| `tags`, `first-tag` | IMAP: the first three by kind of letter (`AAAA9 AAAA9 AAAA9`), and the first as it is | |
| `pipelining` | `yes` where several commands came in one packet before the replies | |
| `message-id`, `boundary` | of the first message that it sent, by shape | |
| `message-id-letters` | which letters are before the at sign of that Message-ID: `small`, `capital`, `both` | |
| `message-id-length` | bytes before the at sign of that Message-ID | |
| `fields` | the names of that message's header fields that the model has no place of their own for (`X-Mailer`), as they are and in their order, ` ` between them | |
| `greeting` | | the greeting, by shape |
| `capabilities` | | EHLO's keywords, CAPA, CAPABILITY: in their order, ` ` between them |
| `reply VERB`, `reply VERB (no)` | | the first positive reply to that command and the first negative one, by shape |
| `responses SELECT` | | IMAP: what stands before SELECT's or EXAMINE's tagged reply, in order, without numbers and lists |
| `bye` | | IMAP: the text of the first untagged BYE, by shape |

The Message-ID and the boundary of a letter that was passed on, which has Received, are another program's: they are left out.

In IMAP a response code stands without its arguments, `[CAPABILITY]`: what they say of the server is in `capabilities`.
*/

use super::name::Name;
use super::shape::{pattern, push_shape, shape};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Direction, Kind, StepId};
use crate::session::model::{Message, Session, Step};
use std::borrow::Cow;
use std::ops::Range;

/// Commands that are looked at: what a program does first and last tells it, and the middle is its user's.
const COMMANDS: usize = 24;
/// Steps that are looked at: a long session says no more, and must not cost more.
const STEPS: usize = 400;
/// Replies that are looked at.
const REPLIES: usize = 24;
/// Header fields that are looked at: a letter that is forwarded has many.
const FIELDS: usize = 24;
/// Untagged responses before a tagged reply that are looked at.
const RESPONSES: usize = 16;

/// What one side of a session shows.
#[derive(Debug)]
pub struct Traits<'a> {
    session: &'a Session,
    /// The names of those that are looked for; without it all are.
    wanted: Option<&'a [Name<'a>]>,
    /// The values, one behind the other.
    text: String,
    /// Where they are seen.
    steps: Vec<StepId>,
    found: Vec<Found<'a>>,
}

#[derive(Debug)]
struct Found<'a> {
    name: Name<'a>,
    /// Its place among the wanted names.
    place: Option<usize>,
    value: Range<usize>,
    steps: Range<usize>,
}

impl<'a> Traits<'a> {
    fn new(session: &'a Session, wanted: Option<&'a [Name<'a>]>) -> Self {
        let (text, steps) = (String::with_capacity(1024), Vec::with_capacity(64));
        Self { session, wanted, text, steps, found: Vec::with_capacity(16) }
    }

    /// Each one's name, its value, and the steps that show it.
    pub fn iter(&self) -> impl Iterator<Item = (Name<'a>, &str, &[StepId])> {
        self.found.iter().map(|found| (found.name, &self.text[found.value.clone()], &self.steps[found.steps.clone()]))
    }

    /// Of each one that was wanted: its place among the wanted names, and its value.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &str)> {
        self.found.iter().filter_map(|found| Some((found.place?, &self.text[found.value.clone()])))
    }

    /// All values, one behind the other.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Of each its place among the wanted names, and where its value ends in [`Traits::text`].
    pub fn ends(&self) -> impl Iterator<Item = (Option<usize>, usize)> {
        self.found.iter().map(|found| (found.place, found.value.end))
    }

    /// The value of the one called `name`.
    #[cfg(test)]
    pub fn value(&self, name: Name<'_>) -> Option<&str> {
        let found = self.found.iter().find(|found| found.name == name)?;
        Some(&self.text[found.value.clone()])
    }

    /// The place of `name` among the wanted names.
    fn place(&self, name: Name<'_>) -> Option<usize> {
        self.wanted?.iter().position(|wanted| *wanted == name)
    }

    fn wants(&self, name: Name<'_>) -> bool {
        self.wanted.is_none() || self.place(name).is_some()
    }

    fn has(&self, name: Name<'_>) -> bool {
        self.found.iter().any(|found| found.name == name)
    }

    /// Adds the one called `name`: `told` puts its value behind the text, and its steps behind the steps.
    fn add(&mut self, name: Name<'a>, told: impl FnOnce(&mut String, &mut Vec<StepId>)) {
        let place = self.place(name);
        self.add_at(place, name, told);
    }

    /// The same for one whose place is known.
    fn add_at(&mut self, place: Option<usize>, name: Name<'a>, told: impl FnOnce(&mut String, &mut Vec<StepId>)) {
        let (text, steps) = (self.text.len(), self.steps.len());
        told(&mut self.text, &mut self.steps);
        self.found.push(Found { name, place, value: text..self.text.len(), steps: steps..self.steps.len() });
    }

    /// Where it is wanted and there is a value: adds the one called `name`, which `steps` show.
    fn add_text<T: AsRef<str>>(&mut self, name: Name<'a>, value: Option<T>, steps: &[StepId]) {
        if let Some(value) = value {
            self.add(name, |text, shown| {
                text.push_str(value.as_ref());
                shown.extend_from_slice(steps);
            });
        }
    }
}

/// The steps that are looked at.
fn looked_at(session: &Session) -> impl Iterator<Item = &Step> {
    session.steps.iter().take(STEPS)
}

/// What the client of `session` shows, of `wanted` or of all.
pub fn of_client<'a>(session: &'a Session, wanted: Option<&'a [Name<'a>]>) -> Traits<'a> {
    let mut traits = Traits::new(session, wanted);
    if commands(session).next().is_some() {
        if traits.wants(Name::Commands) {
            traits.add(Name::Commands, |text, steps| push_commands(session, text, steps));
        }
        if traits.wants(Name::Pipelining) {
            let together = pipelined(session);
            traits.add(Name::Pipelining, |text, steps| {
                text.push_str(if together.is_some() { "yes" } else { "no" });
                steps.extend(together.into_iter().flatten());
            });
        }
        if session.protocol == Protocol::Imap && (traits.wants(Name::Tags) || traits.wants(Name::FirstTag)) {
            add_tags(&mut traits);
        }
    }
    add_message(&mut traits);
    traits
}

fn commands(session: &Session) -> impl Iterator<Item = &Step> {
    looked_at(session).filter(|step| step.from == Side::Client && step.kind == Kind::Command)
}

fn push_commands(session: &Session, text: &mut String, steps: &mut Vec<StepId>) {
    let mut forms: Vec<Range<usize>> = Vec::with_capacity(COMMANDS);
    for step in commands(session) {
        let before = text.len();
        if !forms.is_empty() {
            text.push_str(" | ");
        }
        let begin = text.len();
        push_form(text, session.protocol, step);
        let form = &text[begin..];
        let is_last = forms.last().is_some_and(|last| &text[last.clone()] == form);
        if is_last || forms.iter().any(|known| &text[known.clone()] == form) && is_repeatable(form) {
            text.truncate(before);
            continue;
        }
        forms.push(begin..text.len());
        steps.push(step.n);
        if forms.len() == COMMANDS {
            break;
        }
    }
}

/// A second letter, a second retrieval: the same commands again.
fn is_repeatable(form: &str) -> bool {
    let verb = form.split([' ', ':']).next().unwrap_or_default();
    let again = ["MAIL", "RCPT", "DATA", "RETR", "DELE", "TOP", "FETCH", "UID", "STORE"];
    again.iter().any(|again| verb.eq_ignore_ascii_case(again))
}

/// A command by its shape; what is secret or encoded is left out.
fn push_form(form: &mut String, protocol: Protocol, step: &Step) {
    let mut text = &*step.text;
    if protocol == Protocol::Imap
        && let Some(tag) = &step.tag
    {
        text = text.strip_prefix(&**tag).unwrap_or(text).trim_start_matches(' ');
    }
    let text = first_line(text);
    let (verb, arguments) = match text.split_once(' ') {
        Some((verb, arguments)) => (verb, Some(arguments)),
        None => (text, None),
    };
    let mut upper = [0; "AUTHENTICATE".len()];
    // A longer word is none of these.
    let upper = upper.get_mut(..verb.len()).map_or(&[][..], |upper| {
        upper.copy_from_slice(verb.as_bytes());
        upper.make_ascii_uppercase();
        upper
    });
    if !matches!(
        upper,
        b"AUTH" | b"AUTHENTICATE" | b"USER" | b"PASS" | b"LOGIN" | b"EHLO" | b"HELO" | b"LHLO" | b"ID" | b"APOP"
    ) {
        return push_shape(form, text);
    }
    let first = arguments.map(|arguments| arguments.split(' ').next().unwrap_or_default());
    let more = arguments.and_then(|arguments| arguments.split_once(' ')).map(|(_, more)| more);
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| form.push_str(part));
    match (upper, first) {
        (b"AUTH" | b"AUTHENTICATE", Some(mechanism)) => {
            push(&[verb, " ", mechanism, if more.is_some() { " *" } else { "" }]);
        }
        (b"USER" | b"PASS", _) => push(&[verb, " *"]),
        (b"LOGIN", Some(name)) => {
            let quote = |word: &str| match word.as_bytes() {
                [b'"', ..] => "\"\"",
                [b'{', ..] => "{}",
                _ => "*",
            };
            let password = more.map(|more| more.split(' ').next().unwrap_or_default());
            push(&[verb, " ", quote(name), " ", password.map_or("", quote)]);
        }
        (b"EHLO" | b"HELO" | b"LHLO", Some(name)) if more.is_none() => {
            push(&[verb, " ", &client_name(name)]);
        }
        // What it says of itself is a claim; which of these it says is not.
        (b"ID", _) => {
            let mut names = text.split('"').skip(1).step_by(4).peekable();
            if names.peek().is_none() {
                return push(&[text]);
            }
            push(&[verb, " ("]);
            for (at, name) in names.enumerate() {
                push(&[if at == 0 { "" } else { " " }, name]);
            }
            push(&[")"]);
        }
        (b"APOP", Some(digest)) if !digest.is_empty() => push(&[verb, " * x"]),
        _ => push_shape(form, text),
    }
}

/// `text` up to its first line end.
fn first_line(text: &str) -> &str {
    let Some((line, _)) = memchr::memchr(b'\n', text.as_bytes()).and_then(|end| text.split_at_checked(end)) else {
        return text;
    };
    line.strip_suffix('\r').unwrap_or(line)
}

/// What a client calls itself: an address, a name with its domain (`host`) or one without (`name`).
fn client_name(name: &str) -> Cow<'_, str> {
    match name {
        "localhost" | "localhost.localdomain" => name.into(),
        _ if name.starts_with('[') => shape(name).into(),
        _ if name.parse::<std::net::IpAddr>().is_ok() => "ip".into(),
        _ if name.contains('.') => "host".into(),
        _ => "name".into(),
    }
}

/// The first two commands that came together: in one packet, or before the first was answered.
fn pipelined(session: &Session) -> Option<[StepId; 2]> {
    let mut before: Option<&Step> = None;
    let mut is_answered = false;
    for (at, step) in looked_at(session).enumerate() {
        if step.from != Side::Client || step.kind != Kind::Command {
            is_answered |= before.is_some_and(|before| step.answers == Some(before.n));
            continue;
        }
        if let Some(before) = before {
            let is_one_packet = before.packets.last() == step.packets.first() && before.channel == step.channel;
            let is_answered_later = || looked_at(session).skip(at).any(|later| later.answers == Some(before.n));
            if is_one_packet || !is_answered && is_answered_later() {
                return Some([before.n, step.n]);
            }
        }
        (before, is_answered) = (Some(step), false);
    }
    None
}

fn add_tags(traits: &mut Traits<'_>) {
    let class = |c: char| match c {
        'A'..='Z' => 'A',
        'a'..='z' => 'a',
        '0'..='9' => '9',
        other => other,
    };
    let session = traits.session;
    let tagged = || commands(session).filter_map(|step| Some((&**step.tag.as_ref()?, step.n))).take(3);
    let Some((first, n)) = tagged().next() else { return };
    traits.add(Name::Tags, |text, steps| {
        for (at, (tag, n)) in tagged().enumerate() {
            text.push_str(if at == 0 { "" } else { " " });
            text.extend(tag.chars().take(40).map(class));
            steps.push(n);
        }
    });
    traits.add_text(Name::FirstTag, Some(first), &[n]);
}

/// Which letters an identifier has: Base32 has one kind, Base64 both.
fn letters(id: &str) -> Option<&'static str> {
    let has = |is: fn(&u8) -> bool| id.bytes().any(|byte| is(&byte));
    match (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase)) {
        (true, true) => Some("both"),
        (true, false) => Some("small"),
        (false, true) => Some("capital"),
        (false, false) => None,
    }
}

fn add_message(traits: &mut Traits<'_>) {
    let is_sent = |message: &&Message| message.direction == Direction::Sent;
    let Some(message) = traits.session.messages.iter().find(is_sent) else { return };
    // A letter that is passed on (RFC 5321, section 4.4) was written by another program, which is not the client.
    let is_own = !message.header.fields.iter().any(|field| field.name.eq_ignore_ascii_case("Received"));
    let id = message.header.message_id.as_deref().filter(|_| is_own).map(|id| id.split('@').next().unwrap_or(id));
    if traits.wants(Name::MessageId) {
        traits.add_text(Name::MessageId, id.map(pattern), &message.steps);
    }
    if traits.wants(Name::MessageIdLetters) {
        traits.add_text(Name::MessageIdLetters, id.and_then(letters), &message.steps);
    }
    if traits.wants(Name::MessageIdLength) {
        traits.add_text(Name::MessageIdLength, id.map(|id| id.len().to_string()), &message.steps);
    }
    if traits.wants(Name::Boundary) {
        let boundary = message.mime.as_ref().filter(|_| is_own).and_then(|mime| mime.boundary.as_deref());
        traits.add_text(Name::Boundary, boundary.map(pattern), &message.steps);
    }
    if traits.wants(Name::Fields) {
        let names: Vec<&str> = message.header.fields.iter().take(FIELDS).map(|field| &*field.name).collect();
        traits.add_text(Name::Fields, (!names.is_empty()).then(|| names.join(" ")), &message.steps);
    }
}

/// What the server of `session` shows, of `wanted` or of all.
pub fn of_server<'a>(session: &'a Session, wanted: Option<&'a [Name<'a>]>) -> Traits<'a> {
    let mut traits = Traits::new(session, wanted);
    let said = || looked_at(session).filter(|step| step.from == Side::Server && step.channel != Channel::Tls);
    if traits.wants(Name::Greeting)
        && let Some(step) = said().find(|step| step.kind == Kind::Greeting)
    {
        traits.add(Name::Greeting, |text, steps| {
            push_shape(text, &text_of(session.protocol, step));
            steps.push(step.n);
        });
    }
    if traits.wants(Name::Capabilities) && !session.capabilities.is_empty() {
        traits.add(Name::Capabilities, |text, steps| {
            for (at, capability) in session.capabilities.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { " " });
                push_shape(text, capability);
            }
            steps.extend(said().find(|step| step.text.len() > 40).map(|step| step.n));
        });
    }
    if session.protocol == Protocol::Imap && (traits.wants(Name::Responses) || traits.wants(Name::Bye)) {
        add_responses(&mut traits);
    }
    add_replies(&mut traits);
    traits
}

fn add_replies(traits: &mut Traits<'_>) {
    let session = traits.session;
    let mut authenticating = None;
    for step in looked_at(session) {
        if step.from == Side::Client {
            // The reply that ends a SASL exchange answers its last response, and is still that to AUTH.
            if step.kind == Kind::Command {
                authenticating = step.command.as_deref();
            }
            continue;
        }
        let is_go_ahead = step.kind == Kind::Continuation && step.code() == Some(354);
        if step.channel == Channel::Tls || step.kind != Kind::Reply && !is_go_ahead {
            continue;
        }
        if traits.found.len() > REPLIES {
            break;
        }
        let Some(asked) = session.answered(step) else { continue };
        let verb = match (asked.kind, &asked.command) {
            (Kind::Command, Some(verb)) => verb,
            (Kind::Data, _) => "content",
            (Kind::Response, _) => authenticating.unwrap_or_default(),
            _ => continue,
        };
        let is_positive = match session.protocol {
            Protocol::Smtp | Protocol::Lmtp => step.code().is_some_and(|code| code < 400),
            Protocol::Pop3 => step.text.starts_with("+OK"),
            Protocol::Imap => untagged(step).starts_with("OK"),
        };
        let name = Name::Reply { verb, is_positive };
        let place = traits.place(name);
        if (place.is_some() || traits.wanted.is_none()) && !traits.has(name) {
            traits.add_at(place, name, |text, steps| {
                let said = text_of(session.protocol, step);
                push_shape(text, first_line(&said));
                steps.extend([asked.n, step.n]);
            });
        }
    }
}

/// What `step` says, in IMAP without its tag and without the arguments of its response code: they may be longer than what
/// is looked at of a text.
fn text_of(protocol: Protocol, step: &Step) -> Cow<'_, str> {
    let text = &*step.text;
    if protocol != Protocol::Imap {
        return text.into();
    }
    let text = untagged(step);
    // `resp-text-code` (RFC 9051, section 9): `[NAME arguments]`.
    let code = text.split_once('[').and_then(|(before, code)| Some((before, code.split_once(']')?)));
    match code {
        Some((before, (code, after))) if code.contains(' ') => {
            format!("{before}[{}]{after}", code.split(' ').next().unwrap_or_default()).into()
        }
        _ => text.into(),
    }
}

/// What an IMAP step says behind its tag.
fn untagged(step: &Step) -> &str {
    let text = &*step.text;
    step.tag.as_ref().and_then(|tag| text.strip_prefix(&**tag)).map_or(text, str::trim_start)
}

/// IMAP's untagged responses that have texts of the server's own: those to the first SELECT or EXAMINE, and the farewell.
fn add_responses(traits: &mut Traits<'_>) {
    let session = traits.session;
    let mut selecting = None;
    let mut shown: Vec<(&Step, &str)> = Vec::new();
    for step in looked_at(session) {
        let is_select = || step.command.as_deref().is_some_and(|verb| matches!(verb, "SELECT" | "EXAMINE"));
        match step.kind {
            Kind::Command if shown.is_empty() && is_select() => selecting = Some(step.n),
            Kind::Reply if selecting.is_some() && step.answers == selecting => selecting = None,
            Kind::Untagged if step.channel != Channel::Tls => {
                let said = response(&step.text);
                let is_number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
                let word = said.split(' ').find(|word| !is_number(word)).unwrap_or_default();
                if word == "BYE" && !traits.has(Name::Bye) {
                    traits.add(Name::Bye, |text, steps| {
                        push_shape(text, response(&text_of(session.protocol, step)));
                        steps.push(step.n);
                    });
                } else if selecting.is_some() && shown.len() < RESPONSES {
                    shown.push((step, word));
                }
            }
            _ => {}
        }
    }
    if !shown.is_empty() {
        traits.add(Name::Responses, |text, steps| {
            for (at, (step, word)) in shown.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { " | " });
                match word {
                    "OK" => push_shape(text, response(&text_of(session.protocol, step))),
                    other => text.push_str(other),
                }
                steps.push(step.n);
            }
        });
    }
}

/// An untagged response behind its `* `.
fn response(text: &str) -> &str {
    text.strip_prefix("* ").unwrap_or(text)
}

#[cfg(test)]
mod tests;
