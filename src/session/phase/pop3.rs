//! The phases of POP3 (RFC 1939, section 3).

use super::Phase;
use crate::protocol::pop3::{State, Subject, Verb, What};

/// The phase of a POP3 step.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match &subject.what {
        What::Greeting { .. } => Phase::Connection,
        What::Command(verb) => of_verb(*verb, subject.state, previous),
        What::Reply { to: Some(verb), .. } => of_verb(*verb, subject.state, previous),
        What::Reply { to: None, .. } | What::InDoubt { .. } => of_state(subject.state, previous),
        What::Farewell { .. } => Phase::Release,
        What::Challenge(_) | What::Response(_) => Phase::Authentication,
        What::Content(_) => Phase::Transaction,
    }
}

fn of_verb(verb: Verb, state: State, previous: Phase) -> Phase {
    match verb {
        Verb::User | Verb::Pass | Verb::Apop | Verb::Auth => Phase::Authentication,
        Verb::Stls => Phase::Encryption,
        Verb::Quit => Phase::Release,
        Verb::Capa | Verb::Lang | Verb::Utf8 if state == State::Authorization => Phase::Connection,
        Verb::Capa | Verb::Lang | Verb::Utf8 => Phase::Transaction,
        Verb::Stat
        | Verb::List
        | Verb::Retr
        | Verb::Top
        | Verb::Uidl
        | Verb::Dele
        | Verb::Noop
        | Verb::Rset
        | Verb::Last
        | Verb::Xtnd => Phase::Transaction,
        Verb::Other => of_state(state, previous),
    }
}

/// The phase of what only its state says something about.
fn of_state(state: State, previous: Phase) -> Phase {
    match state {
        State::Authorization => previous,
        State::Transaction => Phase::Transaction,
        State::Update => Phase::Release,
    }
}
