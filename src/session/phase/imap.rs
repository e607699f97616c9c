//! The phases of IMAP (RFC 3501, section 3).

use super::Phase;
use crate::protocol::imap::{State, Subject, Untagged, Verb, What};

/// The phase of an IMAP step.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match &subject.what {
        What::Greeting(_) => Phase::Connection,
        What::Command { verb, .. } => of_verb(*verb, subject.state, previous),
        What::Tagged { to: Some(verb), .. } => of_verb(*verb, subject.state, previous),
        What::Untagged(Untagged::Bye) => Phase::Release,
        What::Tagged { to: None, .. } | What::Untagged(_) => previous,
        What::Continuation { to } => to.map_or(previous, |verb| of_verb(verb, subject.state, previous)),
        What::Challenge(_) | What::Response(_) => Phase::Authentication,
        What::Done | What::Content { .. } => Phase::Transaction,
    }
}

fn of_verb(verb: Verb, state: State, previous: Phase) -> Phase {
    match verb {
        Verb::StartTls => Phase::Encryption,
        Verb::Authenticate | Verb::Login | Verb::Unauthenticate | Verb::ProxyAuth => Phase::Authentication,
        Verb::Logout => Phase::Release,
        Verb::Capability | Verb::Noop | Verb::Id | Verb::Enable | Verb::Compress
            if state == State::NotAuthenticated =>
        {
            Phase::Connection
        }
        Verb::Other => previous,
        Verb::Capability | Verb::Noop | Verb::Id | Verb::Enable | Verb::Compress => Phase::Transaction,
        Verb::Select
        | Verb::Examine
        | Verb::Create
        | Verb::Delete
        | Verb::Rename
        | Verb::Subscribe
        | Verb::Unsubscribe
        | Verb::List
        | Verb::Lsub
        | Verb::Status
        | Verb::Append
        | Verb::Check
        | Verb::Close
        | Verb::Unselect
        | Verb::Expunge
        | Verb::Search
        | Verb::Fetch
        | Verb::Store
        | Verb::Copy
        | Verb::Move
        | Verb::Sort
        | Verb::Thread
        | Verb::Idle
        | Verb::Namespace
        | Verb::Quota
        | Verb::Acl
        | Verb::Metadata
        | Verb::Notify
        | Verb::Replace
        | Verb::Language
        | Verb::Comparator
        | Verb::Url
        | Verb::Convert
        | Verb::CancelUpdate
        | Verb::Push
        | Verb::JmapAccess => Phase::Transaction,
    }
}
