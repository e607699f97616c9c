//! The phases of IMAP (RFC 3501, section 3).

use super::Phase;
use crate::protocol::imap::{Stage, State, Subject, Untagged, Verb, What};

/// The phase of an IMAP step.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match &subject.what {
        What::Greeting(_) => Phase::Connection,
        What::Command { verb, .. } => of_verb(*verb, subject.state, previous),
        What::Tagged { to: Some(verb), .. } => of_verb(*verb, subject.state, previous),
        What::Untagged(Untagged::Bye) => Phase::Release,
        // LOGOUT was sent ahead: what comes before BYE answers the commands before it.
        What::Untagged(_) if previous == Phase::Release => of_state(subject.state, previous),
        What::Tagged { to: None, .. } | What::Untagged(_) | What::Uninvited => previous,
        What::Continuation { to } => to.map_or(previous, |verb| of_verb(verb, subject.state, previous)),
        What::Challenge(_) | What::Response(_) => Phase::Authentication,
        What::Done | What::Content { .. } => Phase::Transaction,
    }
}

fn of_verb(verb: Verb, state: State, previous: Phase) -> Phase {
    match verb.stage() {
        Some(Stage::Session) if state == State::NotAuthenticated => Phase::Connection,
        Some(Stage::Session | Stage::Mail) => Phase::Transaction,
        Some(Stage::Encryption) => Phase::Encryption,
        Some(Stage::Authentication) => Phase::Authentication,
        Some(Stage::Logout) => Phase::Release,
        None => previous,
    }
}

/// The phase of what only its state says something about.
fn of_state(state: State, previous: Phase) -> Phase {
    match state {
        State::NotAuthenticated => Phase::Connection,
        State::Authenticated | State::Selected => Phase::Transaction,
        State::Logout => previous,
    }
}
