//! How often a client logs in to a server.

use crate::protocol::event::LoginCause;
use crate::view::locale::which::Which;

pub fn sessions(count: u64) -> String {
    format!("{count} session{}", if count == 1 { "" } else { "s" })
}

pub fn all(which: Which, count: u64) -> String {
    match which {
        Which::LoggedIn if count > 1 => ", with a login in every one".to_owned(),
        Which::Without if count > 1 => ", without a login in any".to_owned(),
        _ => format!(", {}", words(which)),
    }
}

pub fn some(which: Which, count: u64) -> String {
    format!("; {}: {count}", words(which))
}

fn words(which: Which) -> &'static str {
    match which {
        Which::LoggedIn => "with a login",
        Which::Refused => "with attempts to log in that all failed",
        Which::Unknown => "with a login whose outcome is not in the capture",
        Which::Without => "without a login",
        Which::Hidden => "encrypted, so that a login cannot be seen",
        Which::Late => "begun before the capture, perhaps with a login",
        Which::Incomplete => "with bytes missing from the capture, perhaps with a login",
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
    "The login is refused: the token is not valid, or has expired"
}

/// The server refuses a login and says of what no more than that it does not accept it.
pub fn not_accepted() -> &'static str {
    "The login is refused: the server does not accept the credentials, and does not say why"
}

/// Why a login was not accepted.
pub fn refused(cause: LoginCause) -> &'static str {
    match cause {
        LoginCause::WrongSecret => "The login is refused: user name, password or token are not valid",
        LoginCause::Expired => "The login is refused: the password has expired, and has to be changed",
        LoginCause::PasswordTransition => {
            "The login is refused: the user must first log in once with another mechanism, to set the password for this one"
        }
        LoginCause::Malformed => "The login is refused: the server cannot read what the client has sent",
        LoginCause::MechanismNotOffered => "The login is refused: the server does not offer this mechanism here",
        LoginCause::EncryptionDemanded => {
            "The login is refused: the server demands an encrypted connection, and has checked nothing"
        }
        LoginCause::Limit => "The login is refused: too many connections or attempts",
        LoginCause::InUse => "The login is refused: another session holds the mailbox",
        LoginCause::SwitchedOff => "The login is refused: the account, or this way to log in, is disabled",
        LoginCause::Temporary => "The server cannot check the login at the moment: try again later",
        LoginCause::Cancelled => "The client has given up the login",
        LoginCause::Unknown => "The login is refused; the server does not say why, or in words of its own",
    }
}
