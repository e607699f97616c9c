/*!
What of a client's lines may be shown, judged by the lines before: whether a login may be under way.

Nothing here relies on what a dialogue has concluded of replies and commands: where it has misunderstood a session, the
lines say still that a login has begun. At the beginning of a capture, after missing bytes, after a command that logs in,
after a prompt, and after a line that is not understood, a login may be under way until a reply ends it. Until then,
only commands are shown that cannot be anything else.
*/

use super::echo;
use super::encodings;
use super::form::{self, Form, Shown};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Kind, StepId};
use crate::session::model::{Credential, Step};
use std::collections::BTreeSet;
use std::ops::Range;

/// What is to be masked of a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// The ranges of the text, ascending and disjoint.
    pub ranges: Vec<Range<usize>>,
    /// What is masked may be a secret, which may be repeated elsewhere.
    pub what: What,
}

/// What is masked of a step, if anything is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum What {
    /// A command in a place where one may not be shown.
    #[default]
    Command,
    /// A line that is not understood: it may be a secret.
    Unknown,
    /// Words of a reply that may repeat one.
    Echo,
}

impl Hidden {
    fn one(range: Range<usize>, what: What) -> Self {
        Self { ranges: vec![range], what }
    }
}

/// Follows a session's steps, each once and in order.
#[derive(Debug)]
pub struct Doubt {
    /// A login may be under way.
    login: bool,
    /// The session has begun.
    begun: bool,
    /// Lines of the client that no reply has answered.
    unanswered: u32,
    /// The client's last line was a command that is no part of a login.
    plain: bool,
    /// The client's last line was USER.
    user: bool,
    /// LOGIN was named, and no response has come yet.
    asks_name: bool,
    /// The server's last prompt asks for a password.
    asks_password: bool,
    /// Commands of logins that are whole.
    commands: BTreeSet<StepId>,
    /// Places of missing bytes of the client.
    gaps: BTreeSet<StepId>,
    /// User names that crossed as responses of LOGIN.
    names: BTreeSet<String>,
    /// Lines of the client's were not captured or not understood, and the client has said nothing since the server's
    /// answers to them began.
    unheard: bool,
    /// The server has spoken since the client's last line.
    answered: bool,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            login: true,
            begun: false,
            unanswered: 0,
            plain: false,
            user: false,
            asks_name: false,
            asks_password: false,
            commands: BTreeSet::new(),
            gaps: BTreeSet::new(),
            names: BTreeSet::new(),
            unheard: true,
            answered: false,
        }
    }
}

impl Doubt {
    /// The next step of a session of `protocol`.
    pub fn step(&mut self, protocol: Protocol, step: &Step) -> Hidden {
        match (step.kind, step.from) {
            (Kind::Gap, Side::Client) => {
                self.login = true;
                self.unheard = true;
                self.answered = false;
                self.asks_name = false;
                self.gaps.insert(step.n);
                Hidden::default()
            }
            (Kind::Gap | Kind::Tls, _) => {
                self.asks_name = false;
                Hidden::default()
            }
            (_, Side::Client) => self.client(step),
            (_, Side::Server) => self.server(protocol, step),
        }
    }

    fn client(&mut self, step: &Step) -> Hidden {
        let text = &*step.text;
        if text.is_empty() {
            return Hidden::default();
        }
        let whole = is_whole(step);
        self.unheard &= !std::mem::take(&mut self.answered);
        if step.kind == Kind::Response && self.may_show(step, whole) {
            self.unanswered += 1;
            return Hidden::default();
        }
        if step.kind == Kind::Data && whole && form::is_literal(text) {
            return Hidden::default();
        }
        let form = match step.kind {
            Kind::Response => Form::of(text, &crate::protocol::event::Subject::Unknown, whole),
            _ => Form::of(text, &step.subject, whole),
        };
        let in_form = form.shown != Shown::Nothing;
        let shown = match form.shown {
            Shown::Whole if self.login && !form.sure && !text.eq_ignore_ascii_case("DONE") => Shown::Nothing,
            shown => shown,
        };
        self.plain = in_form && !form.login;
        self.user = form.login && text.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case("USER "));
        if form.login {
            self.asks_name = whole && is_login(text) && text.split_whitespace().count() <= 3;
            self.asks_password = false;
            if whole && in_form {
                self.commands.insert(step.n);
                self.name_in_command(text, form);
            }
        }
        self.login |= form.login || !in_form;
        // What a response holds is searched for: all of it is secret.
        self.unheard |= !whole || !(in_form || step.kind == Kind::Response);
        // No reply answers a proxy's header.
        let is_header = text.starts_with("PROXY ") && self.plain;
        self.unanswered += u32::from(!is_header);
        self.begun |= !is_header;
        match shown {
            Shown::Whole => Hidden::default(),
            Shown::Until(at) => Hidden::one(at.min(text.len())..text.len(), What::Unknown),
            Shown::Nothing if in_form => Hidden::one(0..text.len(), What::Command),
            Shown::Nothing => Hidden::one(0..text.len(), What::Unknown),
        }
    }

    fn name_in_command(&mut self, text: &str, form: Form) {
        if is_login(text)
            && form.shown == Shown::Whole
            && let Some((_, initial)) = text.trim_end().rsplit_once(' ')
            && let Some(name) = form::user_name(initial)
            && !initial.eq_ignore_ascii_case("LOGIN")
        {
            self.names.insert(name);
            self.asks_name = false;
        }
    }

    /// True for a response that is no secret: the end of a login, a user name where one was asked for, the beginning of
    /// SCRAM or NTLM.
    fn may_show(&mut self, step: &Step, whole: bool) -> bool {
        let asks_name = std::mem::take(&mut self.asks_name) && !self.asks_password;
        let response = step.text.trim();
        if matches!(response, "*" | "=") {
            return true;
        }
        let Some(decoded) = encodings::base64(response).filter(|_| whole) else { return false };
        if asks_name && let Some(name) = form::user_name(response) {
            self.names.insert(name);
            return true;
        }
        let is_first_of_scram = [&b"n,"[..], b"y,", b"p="].iter().any(|flag| decoded.starts_with(flag))
            && decoded.windows(4).any(|part| part == b",,n=" || part == b",n=" || part.starts_with(b",n="))
            && decoded.windows(3).any(|part| part == b",r=")
            && !decoded.windows(3).any(|part| part == b",p=");
        is_first_of_scram || decoded.starts_with(b"NTLMSSP\0\x01")
    }

    fn server(&mut self, protocol: Protocol, step: &Step) -> Hidden {
        let text = &*step.text;
        let first = !std::mem::replace(&mut self.begun, true);
        match protocol {
            Protocol::Smtp | Protocol::Lmtp => self.smtp_reply(text),
            Protocol::Pop3 => self.pop3_reply(text, first),
            Protocol::Imap => self.imap_reply(text, first),
        }
        if first && step.kind == Kind::Greeting && is_greeting(protocol, text) {
            self.unheard = false;
        }
        self.answered = true;
        // Of a reply that is cut, the last word may be the beginning of a secret.
        let is_cut = !is_whole(step);
        if step.kind == Kind::Unknown && may_be_the_clients(text) {
            Hidden::one(0..text.len(), What::Unknown)
        } else if (self.unheard || is_cut) && (step.kind == Kind::Unknown || echo::is_telling(protocol, text)) {
            Hidden { ranges: echo::words(protocol, text), what: What::Echo }
        } else {
            Hidden::default()
        }
    }

    fn smtp_reply(&mut self, text: &str) {
        let last = text.lines().last().unwrap_or_default();
        match last.get(..3).and_then(|code| code.parse::<u16>().ok()) {
            Some(334) => self.prompt(last.get(4..).unwrap_or_default()),
            // Only a greeting and the answer to STARTTLS are 220; only a login ends with 235.
            Some(220 | 235) => self.over(),
            Some(200..=399) => self.answered(self.plain),
            Some(400..=599) => self.answered(true),
            // It may ask for more, in its own words.
            _ => self.answered(false),
        }
    }

    fn pop3_reply(&mut self, text: &str, first: bool) {
        if text.starts_with("+OK") {
            // To USER, it asks for the password.
            if first { self.over() } else { self.answered(!self.user) }
        } else if text.starts_with("-ERR") {
            self.answered(true);
        } else if let Some(prompt) = text.strip_prefix('+') {
            self.prompt(prompt);
        } else {
            self.answered(false);
        }
    }

    fn imap_reply(&mut self, text: &str, first: bool) {
        if let Some(prompt) = text.strip_prefix('+') {
            // A `+` asks for the content of APPEND too, and answers IDLE.
            if !self.plain {
                self.prompt(prompt);
            }
        } else if text.starts_with('*') {
            if first && is_greeting(Protocol::Imap, text) {
                self.over();
            }
        } else {
            self.answered(true);
        }
    }

    fn prompt(&mut self, said: &str) {
        self.login = true;
        self.unanswered = self.unanswered.saturating_sub(1);
        let decoded = encodings::base64(said.trim()).unwrap_or_default();
        let asked = String::from_utf8_lossy(&decoded).to_ascii_lowercase();
        let plain = said.to_ascii_lowercase();
        self.asks_password = asked.contains("pass") || plain.contains("pass");
    }

    /// A reply has come that ends a login, if it `ends` one and answers the client's last line.
    fn answered(&mut self, ends: bool) {
        self.unanswered = self.unanswered.saturating_sub(1);
        if ends && self.unanswered == 0 {
            self.over();
        }
    }

    fn over(&mut self) {
        self.login = false;
        self.asks_name = false;
        self.asks_password = false;
        self.unanswered = 0;
    }

    /// True where the user name of a login is one beyond doubt: it was read from whole lines in their places.
    pub fn vouches_for(&self, credential: &Credential) -> bool {
        let (Some(&first), Some(&last)) = (credential.steps.first(), credential.steps.last()) else { return false };
        let begun = self.commands.contains(&first);
        let whole = self.gaps.range(first..=last.saturating_add(1)).next().is_none();
        let by_name = || credential.username.as_ref().is_some_and(|name| self.names.contains(name));
        begun && whole && (credential.mechanism != "AUTH LOGIN" || by_name())
    }
}

/// True for the first words of a session.
fn is_greeting(protocol: Protocol, text: &str) -> bool {
    let greetings: &[&str] = match protocol {
        Protocol::Smtp | Protocol::Lmtp => &["220"],
        Protocol::Pop3 => &["+OK"],
        Protocol::Imap => &["* OK", "* PREAUTH", "* BYE"],
    };
    greetings.iter().any(|greeting| text.starts_with(greeting))
}

/// True for a step whose text was captured to its end. What is counted on the wire includes the last line end, and each
/// line end within the text (one character there) is two bytes, as far as programs keep to the standards.
fn is_whole(step: &Step) -> bool {
    let within = step.text.bytes().filter(|&byte| byte == b'\n').count();
    !step.truncated && !step.text_omitted && step.bytes > (step.text.len() + within) as u64
}

/// True for an AUTH command that names LOGIN.
fn is_login(text: &str) -> bool {
    let words: Vec<String> = text.split([' ', '=']).take(3).map(|word| word.trim().to_ascii_uppercase()).collect();
    let is_auth = |verb: &str| verb.contains("AUTH") || verb.contains("EXPS");
    words.windows(2).any(|pair| matches!(pair, [verb, name] if is_auth(verb) && name == "LOGIN"))
}

/// True for a line that a server does not send: it may be the client's, where the sides were mistaken for each other.
fn may_be_the_clients(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    let is_login = |word: &String| {
        ["USER", "PASS", "APOP", "AUTH", "XAUTH", "X-EXPS", "LOGIN", "AUTHENTICATE"].contains(&word.as_str())
    };
    !text.contains(' ') || words.by_ref().take(2).any(|word| is_login(&word))
}
