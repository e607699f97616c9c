//! What POP3 steps do (RFC 1939, and its extensions).

use super::{Sasl, enumerated};
use crate::protocol::event::{self, LoginCause};
use crate::protocol::pop3::{Effect, State, Subject, Verb, What};
use crate::protocol::smtp::Said;
use crate::session::model::{Step, Variant};

/// What a POP3 step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pop3 {
    /// The server's first line.
    Greeting(Greeting, Option<ResponseCode>),
    /// A command.
    Command(Command),
    /// A reply to a command.
    Reply {
        /// The command.
        to: Command,
        /// Its status.
        what: Reply,
        /// Its response code.
        code: Option<ResponseCode>,
    },
    /// DELE of this message.
    Deletes(u64),
    /// A reply that says what happened to messages.
    Effect(Effect, Option<ResponseCode>),
    /// The reply to a message that the client has sent (XTND XMIT).
    Taken(Reply, Option<ResponseCode>),
    /// A reply to no command.
    Unasked(Reply, Option<ResponseCode>),
    /// A reply to one of several commands.
    InDoubt(Option<ResponseCode>),
    /// The server ends the session of its own accord.
    Farewell(Option<ResponseCode>),
    /// The same, or a refusal as its first line, in words that say why.
    Closes {
        /// In place of a greeting.
        at_once: bool,
        /// The reason.
        said: Said,
        /// Its response code.
        code: Option<ResponseCode>,
    },
    /// The message, or the part of it, that the client requested.
    Content(Content),
    /// A step of a SASL exchange.
    Sasl(Sasl),
}

enumerated! {
    /// The server's first line.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Greeting {
        /// `+OK`.
        Ready,
        /// `+OK` with a timestamp for APOP.
        ReadyForApop,
        /// `-ERR`.
        Refused,
    }
}

enumerated! {
    /// A command. With and without an argument it is two where it then asks for something else.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Command {
        User,
        Pass,
        Apop,
        Auth,
        /// AUTH without an argument: lists the mechanisms.
        AuthList,
        Capa,
        Stls,
        Stat,
        List,
        /// LIST n.
        ListOne,
        Retr,
        Top,
        Uidl,
        /// UIDL n.
        UidlOne,
        Dele,
        Noop,
        Rset,
        /// QUIT before the login: nothing is deleted.
        Quit,
        /// QUIT after the login: enters the UPDATE state.
        QuitAndUpdate,
        Lang,
        Utf8,
        Xtnd,
        Last,
        Other,
    }
}

enumerated! {
    /// A reply's status.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Reply {
        /// `+OK`.
        Ok,
        /// `-ERR`.
        Err,
    }
}

enumerated! {
    /// A response code (RFC 2449, 3206, 6856).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum ResponseCode {
        /// LOGIN-DELAY.
        LoginDelay,
        /// IN-USE.
        InUse,
        /// SYS/TEMP.
        SystemTemporary,
        /// SYS/PERM.
        SystemPermanent,
        /// AUTH.
        Auth,
        /// UTF8.
        Utf8,
        /// Any other code.
        Other,
    }
}

impl ResponseCode {
    /// The code called `name`, upper case, without brackets. Levels below a known code are ignored: SYS/PERM/X is
    /// SYS/PERM (RFC 2449, section 8).
    fn of(name: &str) -> Self {
        match name {
            "LOGIN-DELAY" => Self::LoginDelay,
            "IN-USE" => Self::InUse,
            "AUTH" => Self::Auth,
            "UTF8" => Self::Utf8,
            _ if is_within(name, "SYS/TEMP") => Self::SystemTemporary,
            _ if is_within(name, "SYS/PERM") => Self::SystemPermanent,
            _ => Self::Other,
        }
    }
}

fn is_within(name: &str, level: &str) -> bool {
    name.strip_prefix(level).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

enumerated! {
    /// The content of a multi-line reply.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Content {
        /// A whole message.
        Message,
        /// Its header and the first lines of its body.
        Top,
        /// A message that the client sends (XTND XMIT).
        Sent,
        /// The reply to another command.
        Other,
    }
}

/// What a POP3 step does that has this `subject` and `variant`. `answered` is the step that a reply answers.
pub fn of(subject: &Subject, variant: Variant, answered: Option<&Step>) -> Pop3 {
    let status = |ok| if ok { Reply::Ok } else { Reply::Err };
    match &subject.what {
        What::Greeting { ok: false, code, .. } if let Variant::Said(said) = variant => {
            Pop3::Closes { at_once: true, said, code: response_code(code) }
        }
        What::Farewell { code } | What::Reply { to: None, ok: false, code, .. }
            if let Variant::Said(said) = variant
                && (matches!(subject.what, What::Farewell { .. }) || said == Said::Timeout) =>
        {
            Pop3::Closes { at_once: false, said, code: response_code(code) }
        }
        What::Greeting { ok, apop, code } => {
            let greeting = match (ok, apop) {
                (true, true) => Greeting::ReadyForApop,
                (true, false) => Greeting::Ready,
                (false, _) => Greeting::Refused,
            };
            Pop3::Greeting(greeting, response_code(code))
        }
        What::Command(Verb::Dele) if let Variant::Message(number) = variant => Pop3::Deletes(number.into()),
        What::Command(Verb::Auth) if variant == Variant::InitialResponse => Pop3::Sasl(Sasl::BeginsAtOnce),
        What::Command(verb) => Pop3::Command(command(*verb, variant, subject.state)),
        What::Reply { to: Some(_), effect: Some(effect), code, .. } => Pop3::Effect(*effect, response_code(code)),
        What::Reply { to: Some(Verb::Xtnd), ok, code, .. } if answered.is_some_and(is_content) => {
            Pop3::Taken(status(*ok), response_code(code))
        }
        // Without an argument it asks for a list, and for no login.
        What::Reply { to: Some(Verb::Auth), ok: false, code, effect: None }
            if answered.and_then(asked) == Some(Command::AuthList) =>
        {
            Pop3::Reply { to: Command::AuthList, what: Reply::Err, code: response_code(code) }
        }
        What::Reply { to: Some(_), effect: None, .. } if variant == Variant::NotAccepted => {
            Pop3::Sasl(Sasl::NotAccepted)
        }
        // A response code says as much in its own words, unless the text says more. Without one the general sentence is that
        // the mailbox may be locked, too.
        What::Reply { to: Some(_), effect: None, code, .. }
            if let Variant::Refused(cause) = variant
                && (code.is_none()
                    || !matches!(
                        cause,
                        LoginCause::WrongSecret
                            | LoginCause::Unknown
                            | LoginCause::InUse
                            | LoginCause::Temporary
                            | LoginCause::Limit
                    )) =>
        {
            Pop3::Sasl(Sasl::Refused(cause))
        }
        What::Reply { to: Some(_), ok: false, code, effect: None } if let Variant::Said(_) = variant => {
            Pop3::Reply { to: Command::Other, what: Reply::Err, code: response_code(code) }
        }
        What::Reply { to: Some(verb), ok, code, effect: None } => Pop3::Reply {
            to: answered.and_then(asked).unwrap_or_else(|| command_of_reply(*verb, subject.state)),
            what: status(*ok),
            code: response_code(code),
        },
        What::Reply { to: None, ok, code, .. } => Pop3::Unasked(status(*ok), response_code(code)),
        What::InDoubt { code, .. } => Pop3::InDoubt(response_code(code)),
        What::Farewell { code } => Pop3::Farewell(response_code(code)),
        What::Challenge(round) => Pop3::Sasl(Sasl::Challenge(*round)),
        What::Response(round) => Pop3::Sasl(Sasl::Response(*round)),
        What::Content(Verb::Retr) => Pop3::Content(Content::Message),
        What::Content(Verb::Top) => Pop3::Content(Content::Top),
        What::Content(Verb::Xtnd) => Pop3::Content(Content::Sent),
        What::Content(_) => Pop3::Content(Content::Other),
    }
}

fn response_code(code: &Option<Box<str>>) -> Option<ResponseCode> {
    code.as_deref().map(ResponseCode::of)
}

fn is_content(step: &Step) -> bool {
    matches!(step.subject, event::Subject::Pop3(Subject { what: What::Content(_), .. }))
}

/// The command that `step` is.
fn asked(step: &Step) -> Option<Command> {
    match &step.subject {
        event::Subject::Pop3(Subject { state, what: What::Command(verb) }) => {
            Some(command(*verb, step.variant, *state))
        }
        _ => None,
    }
}

/// The command that a reply answers where the command's step was not kept: its arguments are not known.
fn command_of_reply(verb: Verb, state: State) -> Command {
    match verb {
        Verb::Auth => Command::Auth,
        _ => command(verb, Variant::Plain, state),
    }
}

fn command(verb: Verb, variant: Variant, state: State) -> Command {
    let alone = variant == Variant::Plain;
    match verb {
        Verb::User => Command::User,
        Verb::Pass => Command::Pass,
        Verb::Apop => Command::Apop,
        Verb::Auth if alone => Command::AuthList,
        Verb::Auth => Command::Auth,
        Verb::Capa => Command::Capa,
        Verb::Stls => Command::Stls,
        Verb::Stat => Command::Stat,
        Verb::List if alone => Command::List,
        Verb::List => Command::ListOne,
        Verb::Retr => Command::Retr,
        Verb::Top => Command::Top,
        Verb::Uidl if alone => Command::Uidl,
        Verb::Uidl => Command::UidlOne,
        Verb::Dele => Command::Dele,
        Verb::Noop => Command::Noop,
        Verb::Rset => Command::Rset,
        Verb::Quit if state == State::Authorization => Command::Quit,
        Verb::Quit => Command::QuitAndUpdate,
        Verb::Lang => Command::Lang,
        Verb::Utf8 => Command::Utf8,
        Verb::Xtnd => Command::Xtnd,
        Verb::Last => Command::Last,
        Verb::Other => Command::Other,
    }
}
