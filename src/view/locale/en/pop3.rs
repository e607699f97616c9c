//! What POP3 steps do.

use crate::protocol::pop3::Effect;
use crate::verdict::purpose::pop3::{Command, Content, Greeting, Reply, ResponseCode};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "The server tells the client that its mailbox service is ready",
        Greeting::ReadyForApop => "The server is ready, and gives a timestamp for logging in by APOP",
        Greeting::Refused => "The server refuses to talk to this client",
    }
}

pub fn command(command: Command) -> &'static str {
    match command {
        Command::User => "Gives the user name",
        Command::Pass => "Gives the password, readable by anyone on the way",
        Command::Apop => "Logs in with the user name and a digest of timestamp and password",
        Command::Auth => "Begins to log in, with the mechanism named",
        Command::AuthList => "Asks which login mechanisms there are",
        Command::Capa => "Asks what the server is capable of",
        Command::Stls => "Asks to encrypt the connection with TLS from here on",
        Command::Stat => "Asks how many messages there are and how large they are together",
        Command::List => "Asks for the size of every message",
        Command::ListOne => "Asks for the size of one message",
        Command::Retr => "Asks for a whole message",
        Command::Top => "Asks for the header and the first lines of a message",
        Command::Uidl => "Asks for the unique identifier of every message",
        Command::UidlOne => "Asks for the unique identifier of one message",
        Command::Dele => "Marks a message to be deleted",
        Command::Noop => "Does nothing but ask for a reply, to keep the connection alive",
        Command::Rset => "Takes back all marks for deletion",
        Command::Quit => "Ends the session before logging in",
        Command::QuitAndUpdate => "Ends the session; the server now deletes the messages marked",
        Command::Lang => "Asks for replies in another language, or which there are",
        Command::Utf8 => "Asks to use UTF-8 in user names, passwords and messages",
        Command::Last => "Asks for the highest number of a message that has been looked at",
        Command::Xtnd => "Uses an extension of the server, such as sending mail through POP3",
        Command::Other => "A command that POP3 does not define",
    }
}

pub fn reply(command: Command, reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => ok(command),
        Reply::Err => err(command),
    }
}

fn ok(command: Command) -> &'static str {
    match command {
        Command::User => "The server accepts the user name and waits for the password",
        Command::Pass => "The login has succeeded: the mailbox is open and locked for this client",
        Command::Apop => "The login by APOP has succeeded: the mailbox is open",
        Command::Auth => "The login has succeeded",
        Command::AuthList => "The server lists its login mechanisms",
        Command::Capa => "The server lists its capabilities",
        Command::Stls => "The server is ready: the TLS handshake comes next",
        Command::Stat => "The server tells the number of messages and their size together",
        Command::List => "The server lists the messages with their sizes",
        Command::ListOne => "The server tells the size of the message",
        Command::Retr => "The server sends the message, up to a line with a dot alone",
        Command::Top => "The server sends the header and the lines asked for",
        Command::Uidl => "The server lists the messages with their unique identifiers",
        Command::UidlOne => "The server tells the unique identifier of the message",
        Command::Dele => "The message is marked, and deleted when the session ends with QUIT",
        Command::Noop => "The server is there",
        Command::Rset => "No message is marked for deletion any more",
        Command::Quit => "The server takes leave",
        Command::QuitAndUpdate => "The server deletes what was marked, if anything, and takes leave",
        Command::Lang => "The server changes its language, or lists those it has",
        Command::Utf8 => "UTF-8 is in use from here on",
        Command::Last => "The server tells the highest number of a message that has been looked at",
        Command::Xtnd => "The server accepts the extension",
        Command::Other => "The command was carried out",
    }
}

fn err(command: Command) -> &'static str {
    match command {
        Command::User => "The server does not accept the user name",
        Command::Pass => "The login is refused|the password is wrong, or the mailbox is locked",
        Command::Apop => "The login by APOP is refused|name or digest are wrong, or the mailbox is locked",
        Command::Auth => "The login is refused|user name or password are wrong, or the mechanism is not offered",
        Command::AuthList => "The server does not list its login mechanisms",
        Command::Capa => "The server does not know CAPA: it has no extensions to tell of",
        Command::Stls => "The server refuses to use TLS",
        Command::Stat => "The server does not tell the state of the mailbox",
        Command::List => "The server does not list the messages",
        Command::ListOne => "There is no such message to tell the size of",
        Command::Retr => "The message cannot be retrieved|there is none of that number, or it is marked deleted",
        Command::Top => "The beginning of the message cannot be retrieved",
        Command::Uidl => "The server does not tell unique identifiers",
        Command::UidlOne => "There is no such message to identify",
        Command::Dele => "The message cannot be marked|there is none of that number, or it is marked already",
        Command::Noop => "The server does not accept NOOP here",
        Command::Rset => "The marks for deletion cannot be taken back",
        Command::Quit => "The server does not accept QUIT",
        Command::QuitAndUpdate => "Some of the messages marked were not deleted",
        Command::Lang => "The server does not have that language",
        Command::Utf8 => "The server does not use UTF-8",
        Command::Last => "The server does not tell which messages have been looked at",
        Command::Xtnd => "The server does not offer the extension",
        Command::Other => "The server does not know the command",
    }
}

/// DELE of a message.
pub fn deletes(number: u64) -> String {
    format!("Deletes message {number} when the session ends with QUIT")
}

pub fn effect(effect: Effect) -> String {
    match effect {
        Effect::Marked(number) => format!("Message {number} is marked, and deleted when the session ends with QUIT"),
        Effect::Restored(1) => "The message that was marked is not to be deleted any more".to_owned(),
        Effect::Restored(count) => format!("The {count} messages that were marked are not to be deleted any more"),
        Effect::Removed(1) => "The message that was marked is deleted for good, and the server takes leave".to_owned(),
        Effect::Removed(count) => {
            format!("The {count} messages that were marked are deleted for good, and the server takes leave")
        }
        Effect::Gone(number) => format!("There is no message {number} any more: it was marked deleted before"),
        Effect::NoMessage(number) => format!("There is no message {number}"),
        Effect::BadArgument => {
            "The command is refused for its arguments: one is missing, or is none that it takes".to_owned()
        }
        Effect::LoggedIn => "A login within the session is refused: the client is logged in already".to_owned(),
        Effect::NameSet => "The user name is set already: this decides on no login".to_owned(),
        Effect::StlsTooLate => "STLS is refused: TLS can begin before the login only".to_owned(),
        Effect::NameMissing => "PASS is refused: USER must come first, and the password was not looked at".to_owned(),
        Effect::GivenUp => "The login is over: the client has given it up".to_owned(),
    }
}

pub fn unasked(reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => "A success that answers no command",
        Reply::Err => "An error that answers no command, such as the end of the server's patience",
    }
}

pub fn taken(reply: Reply) -> &'static str {
    match reply {
        Reply::Ok => "The server accepts the message for delivery",
        Reply::Err => "The server does not accept the message for delivery",
    }
}

pub fn in_doubt() -> &'static str {
    "It is in doubt which command this reply answers"
}

pub fn farewell() -> &'static str {
    "The server ends the session of its own accord and closes the connection"
}

pub fn response_code(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::LoginDelay => "the user logged in too short a time ago",
        ResponseCode::InUse => "the mailbox is in use by another session",
        ResponseCode::SystemTemporary => "a passing fault of the system",
        ResponseCode::SystemPermanent => "a fault of the system that somebody must repair",
        ResponseCode::Auth => "user name or password are wrong",
        ResponseCode::Utf8 => "it needs UTF-8",
        ResponseCode::Other => "with a reason that is not in the standard",
    }
}

pub fn content(content: Content) -> &'static str {
    match content {
        Content::Message => "Carries the message to the client",
        Content::Top => "Carries the header and the first lines of the message to the client",
        Content::Sent => "Carries a message to the server, which is to deliver it",
        Content::Other => "Carries content to the client",
    }
}
