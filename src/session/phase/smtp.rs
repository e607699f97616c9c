//! The phases of SMTP and LMTP (RFC 5321, section 3).

use super::Phase;
use crate::protocol::smtp::{ReplyTo, Subject, Verb};

/// The phase of an SMTP step.
pub fn of(subject: &Subject, previous: Phase) -> Phase {
    match *subject {
        Subject::Greeting { .. } => Phase::Connection,
        Subject::Command(verb) => of_verb(verb, previous),
        Subject::Reply { code: 421, .. } => Phase::Release,
        Subject::Reply { to, .. } => match to {
            ReplyTo::Command(verb) => of_verb(verb, previous),
            ReplyTo::Content | ReplyTo::Recipient => Phase::Transaction,
            ReplyTo::Sasl => Phase::Authentication,
            ReplyTo::Nothing => previous,
        },
        Subject::Challenge(_) | Subject::Response(_) => Phase::Authentication,
        Subject::Content | Subject::Chunk { .. } | Subject::Properties | Subject::RefusedContent => Phase::Transaction,
    }
}

fn of_verb(verb: Verb, previous: Phase) -> Phase {
    match verb {
        // XCLIENT begins the session anew (the server greets again).
        Verb::Helo | Verb::Ehlo | Verb::Lhlo | Verb::Xclient => Phase::Connection,
        Verb::StartTls => Phase::Encryption,
        Verb::Auth => Phase::Authentication,
        Verb::Quit => Phase::Release,
        Verb::Mail
        | Verb::Rcpt
        | Verb::Data
        | Verb::Bdat
        | Verb::Rset
        | Verb::Vrfy
        | Verb::Expn
        | Verb::Help
        | Verb::Noop
        | Verb::Burl
        | Verb::Etrn
        | Verb::Turn
        | Verb::Atrn
        | Verb::Xforward
        | Verb::Xexch50 => Phase::Transaction,
        Verb::Other => previous,
    }
}
