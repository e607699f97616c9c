//! Why a command is refused, where the command itself, the state of the session and the words of the reply show it.

use super::command::Verb;
use super::queue::{Login, Pending};
use super::{Effect, State};
use memchr::memmem;

/// Most bytes of a reply in which words are looked for: RFC 1939, section 3, allows 512.
const TEXT_BYTES: usize = 512;

/// Words of a reply to a command that the server does not know, and to one that it cannot carry out now: neither speaks of
/// the command's argument.
const NOT_OF_ARGUMENTS: [&str; 14] = [
    "unknown command",
    "invalid command",
    "bad command",
    "command not",
    "unrecogni",
    "not implemented",
    "not support",
    "temporar",
    "time",
    "inactiv",
    "shut",
    "too many invalid",
    "too many bad",
    "too many err",
];
/// Words of a reply that finds fault with the arguments, and not with a message.
const OF_ARGUMENTS: [&str; 8] = [
    "argument",
    "parameter",
    "noise after",
    "usage:",
    "message number required",
    "missing message",
    "not a number",
    "syntax",
];
/// Words of a reply that knows no message of this number.
const OF_NO_MESSAGE: [&str; 12] = [
    "no such message",
    "no such msg",
    "no message ",
    "no msg ",
    "not exist",
    "nonexist",
    "non-exist",
    "unknown message",
    "invalid message",
    "bad message number",
    "message number out of range",
    "out of range",
];

/// Words of a refusal of PASS for want of USER: letters alone, and `user` for `username`.
const WITHOUT_NAME: [&str; 17] = [
    " no user given ",
    " no user name given ",
    " no user specified ",
    " no user name specified ",
    " no user command ",
    " user not given ",
    " user first ",
    " user name first ",
    " user command first ",
    " need user ",
    " send user ",
    " give user ",
    " issue user ",
    " specify user ",
    " expecting user ",
    " expected user ",
    " without user ",
];

/// Whether `argument` is one that a command of the TRANSACTION state takes (RFC 1939, sections 5 and 7). True for commands
/// that take none, or are extensions: servers pass over what follows.
pub(super) fn fits(verb: Verb, argument: &[u8]) -> bool {
    let mut numbers = 0;
    let mut others = false;
    for word in argument.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        numbers += 1_usize;
        others |= !word.iter().all(u8::is_ascii_digit);
    }
    match verb {
        Verb::Retr | Verb::Dele => numbers == 1 && !others,
        Verb::Top => numbers == 2 && !others,
        Verb::List | Verb::Uidl => numbers <= 1 && !others,
        _ => true,
    }
}

/// Why a reply with this `text` refuses `pending` in this `state`; `None` where that is not known, and for what is accepted.
/// A reply that `has_code` says why by its code.
pub(super) fn of(pending: &Pending, state: State, text: &[u8], ok: bool, has_code: bool) -> Option<Effect> {
    if ok || pending.is_unseen() {
        return None;
    }
    match pending.verb {
        Verb::User | Verb::Pass | Verb::Apop if state == State::Transaction => Some(Effect::LoggedIn),
        // AUTH alone asks for a list.
        Verb::Auth if state == State::Transaction && pending.login.is_some() => Some(Effect::LoggedIn),
        Verb::User if !has_code && is_set_already(text) => Some(Effect::NameSet),
        Verb::Pass if !has_code && is_name_missing(text) => Some(Effect::NameMissing),
        Verb::Stls if state == State::Transaction => Some(Effect::StlsTooLate),
        Verb::Auth if is_given_up(pending) => Some(Effect::GivenUp),
        Verb::Retr | Verb::Dele | Verb::Top | Verb::List | Verb::Uidl if state == State::Transaction && !has_code => {
            of_message(pending, text)
        }
        _ => None,
    }
}

fn is_given_up(pending: &Pending) -> bool {
    matches!(&pending.login, Some(Login::Sasl { exchange, .. }) if exchange.is_cancelled())
}

/// Whether a refusal with this `text` may be for the mark that the message of `pending` bears: not where an argument is
/// missing or another than the command takes, unless it speaks of the mark.
pub(super) fn may_be_for_the_mark(pending: &Pending, text: &[u8]) -> bool {
    pending.fits != Some(false) || says(&lower(text), &["delet"])
}

fn of_message(pending: &Pending, text: &[u8]) -> Option<Effect> {
    let text = lower(text);
    if says(&text, &NOT_OF_ARGUMENTS) {
        return None;
    }
    match (pending.fits?, pending.number) {
        (false, _) => Some(Effect::BadArgument),
        (true, Some(number)) if says(&text, &OF_NO_MESSAGE) => Some(Effect::NoMessage(number)),
        (true, _) if says(&text, &OF_ARGUMENTS) => Some(Effect::BadArgument),
        _ => None,
    }
}

/// True where a refusal of USER says that the name is set already, by a USER or APOP before (solid-pop3d: `username already
/// set`). A user who is logged in already, in another session, is another matter.
pub(super) fn is_set_already(text: &[u8]) -> bool {
    let text = lower(text);
    let mut words = text.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is_name = |word: &[u8]| matches!(word, b"user" | b"username" | b"name");
    let is_set =
        |word: &[u8]| matches!(word, b"set" | b"specified" | b"given" | b"sent" | b"supplied" | b"entered" | b"got");
    words.clone().any(is_name) && words.clone().any(|word| word == b"already") && words.any(is_set)
}

/// True where a refusal of PASS says that USER has to come first (Dovecot: `No username given.`): it is about the order, and
/// the password was not looked at.
fn is_name_missing(text: &[u8]) -> bool {
    let words = lower(text).split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty()).fold(
        vec![b' '],
        |mut words, word| {
            words.extend_from_slice(if word == b"username" { b"user" } else { word });
            words.push(b' ');
            words
        },
    );
    says(&words, &WITHOUT_NAME)
}

fn lower(text: &[u8]) -> Vec<u8> {
    text.get(..TEXT_BYTES).unwrap_or(text).to_ascii_lowercase()
}

fn says(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|words| memmem::find(text, words.as_bytes()).is_some())
}
