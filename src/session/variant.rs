//! Which variant of a command or reply a step is: read from its bytes, before they become text.

use super::model::Variant;
use crate::limits::LINE_BYTES;
use crate::protocol::event::{LoginCause, Step, Subject};
use crate::protocol::login_cause::{self, Refusal};
use crate::protocol::smtp::Verb;
use crate::protocol::{imap, pop3, smtp};

/// The variant that `step` is.
pub fn of(step: &Step<'_>) -> Variant {
    match &step.subject {
        Subject::Smtp(smtp::Subject::Command(verb)) => of_smtp(*verb, arguments(step)),
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Sasl | smtp::ReplyTo::Command(Verb::Auth),
            code: code @ 400..,
            enhanced,
        }) => {
            refused(Refusal { text: step.text, smtp: Some((*code, enhanced.map(smtp::Enhanced::topic))), code: None })
        }
        Subject::Pop3(pop3::Subject {
            what: pop3::What::Reply { to: Some(to), ok: false, code, effect: None },
            ..
        }) if to.is_of_login() => {
            // A server that does not know the command has decided on no login.
            if code.is_none() && login_cause::is_of_syntax(step.text) {
                return Variant::Said(smtp::Said::UnknownCommand);
            }
            refused(Refusal { text: step.text, smtp: None, code: code.as_deref() })
        }
        Subject::Imap(imap::Subject { what: imap::What::Tagged { to: Some(to), status, code }, state })
            if matches!(to, imap::Verb::Login | imap::Verb::Authenticate) && *status != imap::Status::Ok =>
        {
            let refusal = Refusal { text: step.text, smtp: None, code: code.and_then(imap::Code::name) };
            if imap::is_for_the_state(*state, *status, &refusal) {
                return Variant::Said(smtp::Said::OutOfOrder);
            }
            refused(refusal)
        }
        Subject::Imap(imap::Subject {
            what:
                imap::What::Tagged {
                    to: Some(imap::Verb::Append | imap::Verb::Replace),
                    status: imap::Status::No,
                    code: None | Some(imap::Code::Alert | imap::Code::Parse),
                },
            ..
        }) if is_of_the_message(step.text) => Variant::MessageRefused,
        Subject::Imap(imap::Subject {
            state,
            what: imap::What::Tagged { to: Some(_), status: imap::Status::Bad, code: None },
        }) if is_too_late(step.text, *state) => Variant::Said(smtp::Said::OutOfOrder),
        Subject::Imap(imap::Subject { what: imap::What::Untagged(imap::Untagged::Enabled), .. })
            if step.text.trim_ascii_end().to_ascii_uppercase().ends_with(b" ENABLED") =>
        {
            Variant::Nothing
        }
        // Dovecot: "OK Store ignored with read-only mailbox".
        Subject::Imap(imap::Subject {
            what: imap::What::Tagged { to: Some(imap::Verb::Store), status: imap::Status::Ok, .. },
            ..
        }) if is_ignored(step.text) => Variant::Nothing,
        Subject::Imap(imap::Subject { what: imap::What::Command { verb: imap::Verb::Notify, .. }, .. })
            if imap::is_none(arguments(step)) =>
        {
            Variant::Nothing
        }
        // CAPA has a sentence for it.
        Subject::Pop3(pop3::Subject {
            what: pop3::What::Reply { to: Some(to), ok: false, code: None, .. }, ..
        }) if *to != pop3::Verb::Capa && smtp::said::of(step.text) == Some(smtp::Said::UnknownCommand) => {
            Variant::Said(smtp::Said::UnknownCommand)
        }
        // Before the login, most commands fail for want of it (RFC 9051, section 3.1), some by NO, as a lack of rights would.
        Subject::Imap(imap::Subject {
            state,
            what:
                imap::What::Tagged {
                    status: imap::Status::No | imap::Status::Bad,
                    code: None | Some(imap::Code::ClientBug),
                    ..
                },
        }) if let Some(said) = smtp::said::of(step.text).filter(|said| is_of_the_command(*said, *state)) => {
            Variant::Said(said)
        }
        Subject::Pop3(pop3::Subject {
            what:
                pop3::What::Greeting { ok: false, .. }
                | pop3::What::Farewell { .. }
                | pop3::What::Reply { to: None, ok: false, .. },
            ..
        })
        | Subject::Imap(imap::Subject {
            what:
                imap::What::Greeting(imap::Status::Bye | imap::Status::No | imap::Status::Bad)
                | imap::What::Untagged(imap::Untagged::Bye),
            ..
        }) if let Some(said) = smtp::said::of(step.text).filter(|said| closes(*said)) => Variant::Said(said),
        Subject::Imap(imap::Subject { what: imap::What::Command { verb: imap::Verb::Authenticate, .. }, .. })
            if arguments(step).is_empty() =>
        {
            Variant::Nothing
        }
        Subject::Imap(imap::Subject { what: imap::What::Command { verb: imap::Verb::Authenticate, .. }, .. })
            if arguments(step).iter().any(u8::is_ascii_whitespace) =>
        {
            Variant::InitialResponse
        }
        // The answer to QUIT needs no reason.
        Subject::Smtp(smtp::Subject::Reply { to: smtp::ReplyTo::Command(Verb::Quit), code: 221, .. })
            if !step.text.contains(&b'\n') =>
        {
            Variant::Plain
        }
        // The code alone says it (RFC 7504).
        Subject::Smtp(smtp::Subject::Greeting { code: 521, .. }) if !smtp::said::has_words(step.text) => {
            Variant::Said(smtp::Said::NoMailHere)
        }
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Command(Verb::Vrfy | Verb::Expn), code: 250, ..
        }) if !smtp::said::has_address(step.text) && !step.text.contains(&b'\n') => Variant::NoAddress,
        Subject::Smtp(smtp::Subject::Reply {
            to: smtp::ReplyTo::Content | smtp::ReplyTo::Recipient | smtp::ReplyTo::Command(Verb::Bdat),
            code: 250,
            ..
        }) if smtp::said::discards(step.text) => Variant::Discarded,
        Subject::Smtp(
            subject @ (smtp::Subject::Greeting { code: 400.., .. } | smtp::Subject::Reply { code: 221 | 400.., .. }),
        ) if let Some(said) = smtp::said::of(step.text).filter(|said| belongs(*said, subject)) => Variant::Said(said),
        Subject::Smtp(smtp::Subject::Reply { .. }) if step.text.contains(&b'\n') => Variant::Multiline,
        Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => of_pop3(*verb, arguments(step)),
        _ => Variant::Plain,
    }
}

/// Words that a STORE has changed nothing, since the mailbox is open for reading only.
fn is_ignored(text: &[u8]) -> bool {
    let text = text.get(..LINE_BYTES).unwrap_or(text).to_ascii_lowercase();
    [&b"ignored"[..], b"read-only"].iter().all(|words| memchr::memmem::find(&text, words).is_some())
}

/// A reply that does not end the session speaks of another time-out than the client's silence: of a check of the server's
/// that took too long.
fn belongs(said: smtp::Said, subject: &smtp::Subject) -> bool {
    use smtp::ReplyTo::{Nothing, UnfinishedContent};
    said != smtp::Said::Timeout
        || match *subject {
            smtp::Subject::Greeting { code, .. } => code == 421,
            smtp::Subject::Reply { to, code, .. } => {
                matches!(code, 221 | 421) || matches!(to, Nothing | UnfinishedContent { .. })
            }
            _ => false,
        }
}

/// A reason to close a connection, of any protocol.
fn closes(said: smtp::Said) -> bool {
    use smtp::Said::{Busy, RateLimit, ShuttingDown, Timeout, TooManyBeforeLogin, TooManyConnections};
    use smtp::Said::{TooManyErrors, TryLater, Unavailable};
    matches!(said, Busy | RateLimit | ShuttingDown | Timeout | TooManyConnections | TooManyErrors)
        || matches!(said, TooManyBeforeLogin | TryLater | Unavailable)
}

/// A reason for NO or BAD that lies in the command or its time, and not in what it asks for.
fn is_of_the_command(said: smtp::Said, state: imap::State) -> bool {
    use smtp::Said::{
        CommandError, InvalidCommand, LoginFirst, NotImplemented, OutOfOrder, SelectFirst, UnknownCommand,
    };
    match said {
        LoginFirst => state == imap::State::NotAuthenticated,
        CommandError | InvalidCommand | NotImplemented | OutOfOrder | SelectFirst | UnknownCommand => true,
        _ => false,
    }
}

/// Words about the message that was to be stored, and not about the mailbox: Cyrus' `Message contains invalid header`,
/// `Message contains bare newlines`, `Message has no header/body separator`; and those about its size.
fn is_of_the_message(text: &[u8]) -> bool {
    const WORDS: [&str; 9] = [
        "message contains",
        "message has no",
        "message is not",
        "invalid header",
        "invalid message",
        "bare newline",
        "message size",
        "too large",
        "too big",
    ];
    says_one(text, &WORDS)
}

/// Words for a command that was allowed before, and is not any more: Cyrus' `Can't Starttls after authentication`, `TLS
/// already active`, Dovecot's `TLS is already active.`
fn is_too_late(text: &[u8], state: imap::State) -> bool {
    // `only after login` is said before it.
    state != imap::State::NotAuthenticated
        && says_one(text, &["after auth", "after login", "already auth", "already logged"])
        || says_one(text, &["already active", "already in tls"])
}

fn says_one(text: &[u8], words: &[&str]) -> bool {
    let text = text.get(..LINE_BYTES).unwrap_or(text).to_ascii_lowercase();
    words.iter().any(|words| memchr::memmem::find(&text, words.as_bytes()).is_some())
}

fn refused(refusal: Refusal<'_>) -> Variant {
    match login_cause::of(&refusal) {
        LoginCause::Unknown
            if matches!(refusal.code, None | Some("ALERT")) && login_cause::is_of_credentials(refusal.text) =>
        {
            Variant::NotAccepted
        }
        cause => Variant::Refused(cause),
    }
}

fn of_smtp(verb: Verb, arguments: &[u8]) -> Variant {
    match verb {
        Verb::Mail if is_null_sender(arguments) => Variant::NullSender,
        Verb::Bdat | Verb::Burl if last_word(arguments).eq_ignore_ascii_case(b"LAST") => Variant::Last,
        Verb::Auth if arguments.is_empty() => Variant::Nothing,
        Verb::Auth if arguments.iter().any(u8::is_ascii_whitespace) => Variant::InitialResponse,
        _ => Variant::Plain,
    }
}

fn of_pop3(verb: pop3::Verb, arguments: &[u8]) -> Variant {
    match verb {
        pop3::Verb::Auth if arguments.iter().any(u8::is_ascii_whitespace) => Variant::InitialResponse,
        pop3::Verb::Dele if let (Some(number), _) = pop3::parse::numbers(arguments) => Variant::Message(number.into()),
        _ if arguments.is_empty() => Variant::Plain,
        _ => Variant::Arguments,
    }
}

/// What follows a command's verb, without white space around it; empty where there is nothing.
fn arguments<'a>(step: &Step<'a>) -> &'a [u8] {
    step.arguments.clone().and_then(|range| step.text.get(range)).unwrap_or_default().trim_ascii()
}

/// `FROM:<>`; some clients put spaces after the colon.
fn is_null_sender(arguments: &[u8]) -> bool {
    let path = match arguments.iter().position(|&byte| byte == b':') {
        Some(colon) => arguments.get(colon + 1..).unwrap_or_default(),
        None => return false,
    };
    path.trim_ascii_start().starts_with(b"<>")
}

fn last_word(arguments: &[u8]) -> &[u8] {
    arguments.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default()
}
