//! The phases of SMTP and LMTP (RFC 5321, section 3).

use super::Phase;
use crate::protocol::smtp::{ReplyTo, Stage, Subject, Verb};

/// The phase of an SMTP step.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match *subject {
        Subject::Greeting { .. } => Phase::Connection,
        Subject::Command(verb) => of_verb(verb, previous),
        // Of one meaning, whatever was asked.
        Subject::Reply { code: 221 | 421, .. } => Phase::Release,
        Subject::Reply { to, .. } => match to {
            ReplyTo::Command(verb) => of_verb(verb, previous),
            ReplyTo::Content | ReplyTo::RefusedLine | ReplyTo::Recipient | ReplyTo::UnfinishedContent { .. } => {
                Phase::Transaction
            }
            ReplyTo::Sasl => Phase::Authentication,
            ReplyTo::Nothing | ReplyTo::InDoubt => previous,
        },
        Subject::Challenge(_) | Subject::Response(_) => Phase::Authentication,
        Subject::Content | Subject::Chunk { .. } | Subject::Properties | Subject::RefusedContent => Phase::Transaction,
    }
}

fn of_verb(verb: Verb, previous: Phase) -> Phase {
    match verb.stage() {
        Some(Stage::Hello) => Phase::Connection,
        Some(Stage::Encryption) => Phase::Encryption,
        Some(Stage::Authentication) => Phase::Authentication,
        Some(Stage::Transaction) => Phase::Transaction,
        Some(Stage::Release) => Phase::Release,
        None => previous,
    }
}
