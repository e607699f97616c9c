//! How often a client logs in to a server.

use crate::protocol::event::LoginCause;
use crate::view::locale::which::Which;

pub fn sessions(count: u64) -> String {
    format!("{count} session{}", if count == 1 { "" } else { "s" })
}

pub fn all(which: Which, count: u64) -> String {
    match which {
        Which::LoggedIn if count > 1 => ", with a log-in in every one".to_owned(),
        Which::Without if count > 1 => ", without a log-in in any".to_owned(),
        _ => format!(", {}", words(which)),
    }
}

pub fn some(which: Which, count: u64) -> String {
    format!("; {}: {count}", words(which))
}

fn words(which: Which) -> &'static str {
    match which {
        Which::LoggedIn => "with a log-in",
        Which::Refused => "with attempts to log in that all failed",
        Which::Unknown => "with a log-in whose outcome is not in the capture",
        Which::Without => "without a log-in",
        Which::Hidden => "encrypted, so that a log-in cannot be seen",
        Which::Late => "begun before the capture, perhaps with a log-in",
        Which::Incomplete => "with bytes missing from the capture, perhaps with a log-in",
        Which::Silent => "in which nothing was said",
    }
}

/// Messages that were accepted in the sessions without a login.
pub fn accepted(messages: u64) -> String {
    let were = if messages == 1 { "message was" } else { "messages were" };
    format!(" ({messages} {were} accepted without user name or password)")
}

/// A login by a token was not accepted.
pub fn token_refused() -> &'static str {
    "The log-in is refused: the token is not valid, or has expired"
}

/// Why a login was not accepted.
pub fn refused(cause: LoginCause) -> &'static str {
    match cause {
        LoginCause::WrongSecret => "The log-in is refused: user name, password or token are not valid",
        LoginCause::Malformed => "The log-in is refused: the server cannot read what the client has sent",
        LoginCause::MechanismNotOffered => "The log-in is refused: the server does not offer this mechanism here",
        LoginCause::EncryptionDemanded => {
            "The log-in is refused: the server demands an encrypted connection, and has checked nothing"
        }
        LoginCause::Limit => "The log-in is refused: too many connections or attempts",
        LoginCause::InUse => "The log-in is refused: another session holds the mailbox",
        LoginCause::SwitchedOff => "The log-in is refused: the account, or this way to log in, is disabled",
        LoginCause::Temporary => "The server cannot check the log-in at the moment: try again later",
        LoginCause::Cancelled => "The client has given up the log-in",
        LoginCause::Unknown => "The log-in is refused; the server does not say why, or in words of its own",
    }
}
