/*!
What can be told apart in how the two sides of a session behave: each trait has a name, a value that is the same whenever a
program behaves so, and the steps that show it.

| trait | of a client | of a server |
|---|---|---|
| `commands` | its commands in order, by shape: ` | ` between them, what is repeated once | |
| `tags`, `first-tag` | IMAP: the first three by kind of letter (`AAAA9 AAAA9 AAAA9`), and the first as it is | |
| `pipelining` | `yes` where several commands came in one packet before the replies | |
| `message-id`, `boundary` | of the first message that it sent, by shape | |
| `fields` | the names of that message's header fields that the model has no place of their own for (`X-Mailer`), as they are and in their order, ` ` between them | |
| `greeting` | | the greeting, by shape |
| `capabilities` | | EHLO's keywords, CAPA, CAPABILITY: in their order, ` ` between them |
| `reply VERB`, `reply VERB (no)` | | the first positive reply to that command and the first negative one, by shape |
| `responses SELECT` | | IMAP: what stands before SELECT's or EXAMINE's tagged reply, in order, without numbers and lists |
| `bye` | | IMAP: the text of the first untagged BYE, by shape |

In IMAP a response code stands without its arguments, `[CAPABILITY]`: what they say of the server is in `capabilities`.
*/

use super::shape::{pattern, shape};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Direction, Kind, StepId};
use crate::session::model::{Session, Step};
use std::borrow::Cow;

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

/// A trait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trait {
    /// What it is called.
    pub name: String,
    /// What it is in this session.
    pub value: String,
    /// Where it is seen.
    pub steps: Vec<StepId>,
}

impl Trait {
    fn new(name: impl Into<String>, value: impl Into<String>, steps: Vec<StepId>) -> Self {
        Self { name: name.into(), value: value.into(), steps }
    }
}

/// The steps that are looked at.
fn looked_at(session: &Session) -> impl Iterator<Item = &Step> {
    session.steps.iter().take(STEPS)
}

/// What the client of `session` shows.
pub fn of_client(session: &Session) -> Vec<Trait> {
    let said = || looked_at(session).filter(|step| step.from == Side::Client);
    let commands: Vec<&Step> = said().filter(|step| step.kind == Kind::Command).collect();
    let mut traits = Vec::new();
    let (mut forms, mut steps): (Vec<String>, Vec<StepId>) = (Vec::new(), Vec::new());
    for step in &commands {
        let form = form(session.protocol, step);
        if !forms.ends_with(std::slice::from_ref(&form)) && !repeats(&forms, &form) {
            forms.push(form);
            steps.push(step.n);
        }
        if forms.len() == COMMANDS {
            break;
        }
    }
    if !forms.is_empty() {
        traits.push(Trait::new("commands", forms.join(" | "), steps));
        traits.push(pipelining(session, &commands));
    }
    if session.protocol == Protocol::Imap {
        traits.extend(tags(&commands));
    }
    traits.extend(of_message(session));
    traits
}

/// A second letter, a second retrieval: the same commands again.
fn repeats(forms: &[String], form: &str) -> bool {
    let verb = |form: &str| form.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
    let again = ["MAIL", "RCPT", "DATA", "RETR", "DELE", "TOP", "FETCH", "UID", "STORE"];
    again.contains(&&*verb(form)) && forms.iter().any(|known| known == form)
}

/// A command by its shape; what is secret or encoded is left out.
fn form(protocol: Protocol, step: &Step) -> String {
    let mut text = &*step.text;
    if protocol == Protocol::Imap
        && let Some(tag) = &step.tag
    {
        text = text.strip_prefix(&**tag).unwrap_or(text).trim_start_matches(' ');
    }
    let text = text.lines().next().unwrap_or_default();
    let words: Vec<&str> = text.splitn(4, ' ').collect();
    match words[..] {
        [verb, mechanism, ..] if verb.eq_ignore_ascii_case("AUTH") || verb.eq_ignore_ascii_case("AUTHENTICATE") => {
            let initial = if words.len() > 2 { " *" } else { "" };
            format!("{verb} {mechanism}{initial}")
        }
        [verb, ..] if verb.eq_ignore_ascii_case("USER") || verb.eq_ignore_ascii_case("PASS") => format!("{verb} *"),
        [verb, name, ..] if verb.eq_ignore_ascii_case("LOGIN") => {
            let quote = |word: &str| match word.as_bytes() {
                [b'"', ..] => "\"\"",
                [b'{', ..] => "{}",
                _ => "*",
            };
            format!("{verb} {} {}", quote(name), words.get(2).map_or("", |password| quote(password)))
        }
        [verb, name] if ["EHLO", "HELO", "LHLO"].iter().any(|greets| verb.eq_ignore_ascii_case(greets)) => {
            format!("{verb} {}", client_name(name))
        }
        // What it says of itself is a claim; which of these it says is not.
        [verb, ..] if verb.eq_ignore_ascii_case("ID") => {
            let names: Vec<&str> = text.split('"').skip(1).step_by(4).collect();
            if names.is_empty() { text.to_owned() } else { format!("{verb} ({})", names.join(" ")) }
        }
        [verb, digest, ..] if verb.eq_ignore_ascii_case("APOP") && !digest.is_empty() => format!("{verb} * x"),
        _ => shape(text),
    }
}

/// What a client calls itself: an address, a name with its domain (`host`) or one without (`name`).
fn client_name(name: &str) -> String {
    match name {
        "localhost" | "localhost.localdomain" => name.to_owned(),
        _ if name.starts_with('[') => shape(name),
        _ if name.parse::<std::net::IpAddr>().is_ok() => "ip".to_owned(),
        _ if name.contains('.') => "host".to_owned(),
        _ => "name".to_owned(),
    }
}

fn pipelining(session: &Session, commands: &[&Step]) -> Trait {
    let together = commands.windows(2).find(|pair| {
        pair[0].packets.last() == pair[1].packets.first() && pair[0].channel == pair[1].channel
            || looked_at(session).find(|step| step.answers == Some(pair[0].n)).is_some_and(|reply| reply.n > pair[1].n)
    });
    let value = if together.is_some() { "yes" } else { "no" };
    Trait::new("pipelining", value, together.map(|pair| vec![pair[0].n, pair[1].n]).unwrap_or_default())
}

fn tags(commands: &[&Step]) -> Vec<Trait> {
    let tagged: Vec<(&str, StepId)> =
        commands.iter().filter_map(|step| Some((&**step.tag.as_ref()?, step.n))).take(3).collect();
    let Some(&(first, n)) = tagged.first() else { return Vec::new() };
    let kind = |tag: &str| -> String {
        let class = |c: char| match c {
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            '0'..='9' => '9',
            other => other,
        };
        tag.chars().take(40).map(class).collect()
    };
    let kinds: Vec<String> = tagged.iter().map(|(tag, _)| kind(tag)).collect();
    let steps = tagged.iter().map(|(_, n)| *n).collect();
    vec![Trait::new("tags", kinds.join(" "), steps), Trait::new("first-tag", first, vec![n])]
}

fn of_message(session: &Session) -> Vec<Trait> {
    let Some(message) = session.messages.iter().find(|message| message.direction == Direction::Sent) else {
        return Vec::new();
    };
    let id = message.header.message_id.as_deref().map(|id| ("message-id", pattern(id.split('@').next().unwrap_or(id))));
    let boundary = message.mime.as_ref().and_then(|mime| mime.boundary.as_deref());
    let boundary = boundary.map(|boundary| ("boundary", pattern(boundary)));
    let names: Vec<&str> = message.header.fields.iter().take(FIELDS).map(|field| &*field.name).collect();
    let fields = (!names.is_empty()).then(|| ("fields", names.join(" ")));
    [id, boundary, fields]
        .into_iter()
        .flatten()
        .map(|(name, value)| Trait::new(name, value, message.steps.clone()))
        .collect()
}

/// What the server of `session` shows.
pub fn of_server(session: &Session) -> Vec<Trait> {
    let mut traits = Vec::new();
    let said = || looked_at(session).filter(|step| step.from == Side::Server && step.channel != Channel::Tls);
    if let Some(step) = said().find(|step| step.kind == Kind::Greeting) {
        traits.push(Trait::new("greeting", shape(&text_of(session.protocol, step)), vec![step.n]));
    }
    let capabilities: Vec<String> = session.capabilities.iter().map(|capability| shape(capability)).collect();
    if !capabilities.is_empty() {
        let told = said().find(|step| step.text.len() > 40).map(|step| vec![step.n]).unwrap_or_default();
        traits.push(Trait::new("capabilities", capabilities.join(" "), told));
    }
    if session.protocol == Protocol::Imap {
        traits.extend(responses(session));
    }
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
        if traits.len() > REPLIES {
            break;
        }
        let Some(asked) = session.answered(step) else { continue };
        let verb = match (asked.kind, &asked.command) {
            (Kind::Command, Some(verb)) => verb.to_string(),
            (Kind::Data, _) => "content".to_owned(),
            (Kind::Response, _) => authenticating.unwrap_or_default().to_owned(),
            _ => continue,
        };
        let text = text_of(session.protocol, step);
        let is_positive = match session.protocol {
            Protocol::Smtp | Protocol::Lmtp => step.code().is_some_and(|code| code < 400),
            Protocol::Pop3 => text.starts_with("+OK"),
            Protocol::Imap => text.starts_with("OK"),
        };
        let name = format!("reply {verb}{}", if is_positive { "" } else { " (no)" });
        if !traits.iter().any(|known| known.name == name) {
            let first = text.lines().next().unwrap_or_default();
            traits.push(Trait::new(name, shape(first), vec![asked.n, step.n]));
        }
    }
    traits
}

/// What `step` says, in IMAP without its tag and without the arguments of its response code: they may be longer than what
/// is looked at of a text.
fn text_of(protocol: Protocol, step: &Step) -> Cow<'_, str> {
    let text = &*step.text;
    if protocol != Protocol::Imap {
        return text.into();
    }
    let text = step.tag.as_ref().and_then(|tag| text.strip_prefix(&**tag)).map_or(text, str::trim_start);
    // `resp-text-code` (RFC 9051, section 9): `[NAME arguments]`.
    let code = text.split_once('[').and_then(|(before, code)| Some((before, code.split_once(']')?)));
    match code {
        Some((before, (code, after))) if code.contains(' ') => {
            format!("{before}[{}]{after}", code.split(' ').next().unwrap_or_default()).into()
        }
        _ => text.into(),
    }
}

/// IMAP's untagged responses that have texts of the server's own: those to the first SELECT or EXAMINE, and the farewell.
fn responses(session: &Session) -> Vec<Trait> {
    let mut traits = Vec::new();
    let mut selecting = None;
    let (mut forms, mut steps): (Vec<String>, Vec<StepId>) = (Vec::new(), Vec::new());
    for step in looked_at(session) {
        let is_select = step.command.as_deref().is_some_and(|verb| matches!(verb, "SELECT" | "EXAMINE"));
        match step.kind {
            Kind::Command if is_select && forms.is_empty() => selecting = Some(step.n),
            Kind::Reply if selecting.is_some() && step.answers == selecting => selecting = None,
            Kind::Untagged if step.channel != Channel::Tls => {
                let text = text_of(session.protocol, step);
                let response = text.strip_prefix("* ").unwrap_or(&text);
                let word =
                    response.split(' ').find(|word| !word.bytes().all(|b| b.is_ascii_digit())).unwrap_or_default();
                if word == "BYE" && !traits.iter().any(|known: &Trait| known.name == "bye") {
                    traits.push(Trait::new("bye", shape(response), vec![step.n]));
                } else if selecting.is_some() && forms.len() < RESPONSES {
                    forms.push(if word == "OK" { shape(response) } else { word.to_owned() });
                    steps.push(step.n);
                }
            }
            _ => {}
        }
    }
    if !forms.is_empty() {
        traits.push(Trait::new("responses SELECT", forms.join(" | "), steps));
    }
    traits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::testing::session;

    fn has(traits: &[Trait], name: &str) -> Option<String> {
        Some(traits.iter().find(|shown| shown.name == name)?.value.clone())
    }

    #[test]
    fn a_response_code_stands_without_its_arguments() {
        let script = "
            S: * OK [CAPABILITY IMAP4rev1 IDLE] ready.
            C: a1 LOGIN anna blue-kettle-42
            S: a1 OK [CAPABILITY IMAP4rev1 IDLE MOVE] Logged in
            C: a2 SELECT INBOX
            S: * 3 EXISTS
            S: * FLAGS (\\Seen)
            S: * OK [UIDVALIDITY 17] UIDs valid
            S: a2 OK [READ-WRITE] Select completed.
            C: a3 LOGOUT
            S: * BYE Logging out
            S: a3 OK Logout completed.";
        let traits = of_server(&session(script, crate::verdict::Needs::ALL));
        for (name, expected) in [
            ("greeting", "* OK [CAPABILITY] ready."),
            ("reply LOGIN", "OK [CAPABILITY] Logged in"),
            ("responses SELECT", "EXISTS | FLAGS | OK [UIDVALIDITY] UIDs valid"),
            ("reply SELECT", "OK [READ-WRITE] Select completed."),
            ("bye", "BYE Logging out"),
        ] {
            assert_eq!(has(&traits, name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn the_reply_to_auth_is_the_one_that_ends_it() {
        for (script, expected) in [
            ("S: +OK ready\nC: AUTH PLAIN\nS: + \nC: AGFubmEAYmx1ZQ==\nS: +OK Logged in.", "+OK Logged in."),
            (
                "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YW5uYQ==\n\
                 S: 334 UGFzc3dvcmQ6\nC: Ymx1ZQ==\nS: 235 2.7.0 Welcome",
                "235 2.7.0 Welcome",
            ),
        ] {
            let traits = of_server(&session(script, crate::verdict::Needs::ALL));
            assert_eq!(has(&traits, "reply AUTH").as_deref(), Some(expected), "{script}");
            assert_eq!(has(&traits, "reply AUTH (no)"), None, "{script}");
        }
    }

    #[test]
    fn a_bracket_that_is_not_closed_is_text() {
        for text in ["* OK [CAPABILITY IMAP4rev1", "* OK ] [ ready", "* OK []", "* BYE ["] {
            let traits = of_server(&session(&format!("S: {text}"), crate::verdict::Needs::ALL));
            assert!(has(&traits, "greeting").is_none_or(|value| value.starts_with("* ")), "{text}");
        }
    }
}
