//! What IMAP steps do.

use crate::protocol::imap::{Untagged, Verb};
use crate::verdict::purpose::imap::{Command, Data, GoAhead, Greeting};
use crate::view::locale::verb::{Sentences, row};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "The server tells the client that it is ready; the client must log in",
        Greeting::LoggedInAlready => "The server is ready and considers the client logged in already",
        Greeting::Refused => "The server refuses the connection and closes it",
        Greeting::No => {
            "The server says NO in place of a greeting, which the standard does not have: it refuses the client, by its word"
        }
        Greeting::Odd => "The server's first line has a status that no greeting has",
    }
}

/// The sentences of a verb: what the command asks for, what a tagged OK means, what a tagged NO means.
pub fn verb(command: Command) -> Sentences {
    match (command.verb, command.uid) {
        (Verb::Capability, _) => row(
            "Asks what the server is capable of",
            "The list of capabilities is complete",
            "The server does not tell its capabilities",
        ),
        (Verb::Noop, _) => row(
            "Does nothing but ask for news, and keeps the connection alive",
            "The server is there, and has told all news",
            "NOOP failed",
        ),
        (Verb::Logout, _) => row("Ends the session", "The session is over", "The server does not end the session"),
        (Verb::StartTls, _) => row(
            "Asks to encrypt the connection with TLS from here on",
            "The server is ready: the TLS handshake comes next",
            "The server refuses to use TLS",
        ),
        (Verb::Authenticate, _) => row(
            "Begins to log in, with the mechanism named",
            "The login has succeeded",
            "The login by this mechanism is refused|wrong name or password, a cancelled exchange, or no such mechanism",
        ),
        (Verb::Login, _) => row(
            "Logs in with user name and password, readable by anyone on the way",
            "The login with user name and password has succeeded",
            "The login is refused|user name or password are wrong",
        ),
        (Verb::Select, _) => row(
            "Opens a mailbox for reading and writing",
            "The mailbox is open for reading and writing",
            "The mailbox cannot be opened|it does not exist, or is not accessible",
        ),
        (Verb::Examine, _) => row(
            "Opens a mailbox for reading only",
            "The mailbox is open for reading only",
            "The mailbox cannot be opened for reading|it does not exist, or is not accessible",
        ),
        (Verb::Create, _) => row("Creates a mailbox", "The mailbox was created", "The mailbox cannot be created"),
        (Verb::Delete, _) => row("Deletes a mailbox", "The mailbox was deleted", "The mailbox cannot be deleted"),
        (Verb::Rename, _) => row("Renames a mailbox", "The mailbox was renamed", "The mailbox cannot be renamed"),
        (Verb::Subscribe, _) => row(
            "Adds a mailbox to the list of those that the user follows",
            "The user follows the mailbox",
            "The mailbox cannot be followed",
        ),
        (Verb::Unsubscribe, _) => row(
            "Takes a mailbox off the list of those that the user follows",
            "The user follows the mailbox no more",
            "The mailbox cannot be taken off the list of those followed",
        ),
        (Verb::List, _) => {
            row("Asks which mailboxes there are", "The list of mailboxes is complete", "The mailboxes cannot be listed")
        }
        (Verb::Lsub, _) => row(
            "Asks which mailboxes the user follows",
            "The list of followed mailboxes is complete",
            "The followed mailboxes cannot be listed",
        ),
        (Verb::Status, _) => row(
            "Asks how many messages a mailbox holds, without opening it",
            "The state of the mailbox has been told",
            "The state of the mailbox cannot be told",
        ),
        (Verb::Append, _) => row(
            "Announces a message to be stored in a mailbox",
            "The message was stored in the mailbox",
            "The message was not stored|no such mailbox, no room, or not allowed",
        ),
        (Verb::Check, _) => row(
            "Asks the server to save the state of the mailbox",
            "The state of the mailbox was saved",
            "The state of the mailbox cannot be saved",
        ),
        (Verb::Close, _) => row(
            "Deletes the messages marked and closes the mailbox",
            "The mailbox was closed; if it was open for writing, the messages marked were deleted",
            "The mailbox cannot be closed",
        ),
        (Verb::Unselect, _) => row(
            "Closes the mailbox and deletes nothing",
            "The mailbox was closed, and nothing was deleted",
            "The mailbox cannot be closed without deleting",
        ),
        (Verb::Expunge, false) => row(
            "Deletes for good the messages that are marked deleted",
            "The messages marked were deleted for good",
            "The messages marked cannot be deleted",
        ),
        (Verb::Expunge, true) => row(
            "Deletes for good those messages marked deleted that have these UIDs",
            "Those messages marked that have these UIDs were deleted for good",
            "The messages with these UIDs cannot be deleted",
        ),
        (Verb::Search, false) => row(
            "Searches the mailbox for messages, and asks for their numbers",
            "The search is complete",
            "The search failed|the server does not know the character set or a criterion",
        ),
        (Verb::Search, true) => row(
            "Searches the mailbox for messages, and asks for their UIDs",
            "The search by UID is complete",
            "The search by UID failed|the server does not know the character set or a criterion",
        ),
        (Verb::Fetch, false) => row(
            "Asks for data of messages, by number: flags, header, structure or content",
            "All the data asked for has been sent",
            "The data asked for cannot be fetched",
        ),
        (Verb::Fetch, true) => row(
            "Asks for data of messages, by UID: flags, header, structure or content",
            "All the data asked for by UID has been sent",
            "The data asked for by UID cannot be fetched",
        ),
        (Verb::Store, false) => row(
            "Changes the flags of messages, by number: read, answered, deleted, ...",
            "The flags were changed",
            "The flags cannot be changed",
        ),
        (Verb::Store, true) => row(
            "Changes the flags of messages, by UID: read, answered, deleted, ...",
            "The flags of the messages with these UIDs were changed",
            "The flags of the messages with these UIDs cannot be changed",
        ),
        (Verb::Copy, false) => row(
            "Copies messages, by number, to another mailbox",
            "The messages were copied",
            "The messages cannot be copied|no such mailbox, no room, or not allowed",
        ),
        (Verb::Copy, true) => row(
            "Copies messages, by UID, to another mailbox",
            "The messages with these UIDs were copied",
            "The messages with these UIDs cannot be copied|no such mailbox, no room, or not allowed",
        ),
        (Verb::Move, false) => row(
            "Moves messages, by number, to another mailbox",
            "The messages were moved",
            "The messages cannot be moved|no such mailbox, no room, or not allowed",
        ),
        (Verb::Move, true) => row(
            "Moves messages, by UID, to another mailbox",
            "The messages with these UIDs were moved",
            "The messages with these UIDs cannot be moved|no such mailbox, no room, or not allowed",
        ),
        (Verb::Sort, false) => row(
            "Asks for the numbers of messages in sorted order",
            "The sorted list is complete",
            "The messages cannot be sorted",
        ),
        (Verb::Sort, true) => row(
            "Asks for the UIDs of messages in sorted order",
            "The sorted list of UIDs is complete",
            "The messages cannot be sorted by UID",
        ),
        (Verb::Thread, false) => row(
            "Asks for the conversations in the mailbox, by message number",
            "The list of conversations is complete",
            "The conversations cannot be told",
        ),
        (Verb::Thread, true) => row(
            "Asks for the conversations in the mailbox, by UID",
            "The list of conversations, by UID, is complete",
            "The conversations cannot be told by UID",
        ),
        (Verb::Idle, _) => row(
            "Waits for the server to tell what changes, until DONE",
            "The server has stopped reporting changes",
            "The server does not report changes now",
        ),
        (Verb::Namespace, _) => row(
            "Asks under which names personal and shared mailboxes are found",
            "The namespaces have been told",
            "The namespaces cannot be told",
        ),
        (Verb::Id, _) => row(
            "Client and server tell each other name and version of their programs",
            "Name and version have been exchanged",
            "The server does not tell its name and version",
        ),
        (Verb::Enable, _) => row(
            "Turns on extensions of the protocol",
            "The extensions known to the server are on",
            "The extensions cannot be turned on",
        ),
        (Verb::Compress, _) => row(
            "Asks to compress the connection from here on",
            "The connection is compressed from here on",
            "The server does not compress the connection",
        ),
        (Verb::Quota, _) => row(
            "Asks for or sets the limit of storage",
            "The limit of storage has been told or set",
            "The limit of storage cannot be told or set",
        ),
        (Verb::Acl, _) => row(
            "Asks for or changes who may do what in a mailbox",
            "The rights have been told or changed",
            "The rights cannot be told or changed",
        ),
        (Verb::Metadata, _) => row(
            "Asks for or sets notes on a mailbox or on the server",
            "The notes have been told or set",
            "The notes cannot be told or set",
        ),
        (Verb::Notify, _) => row(
            "Tells the server which changes it should report",
            "The server will report those changes",
            "The server will not report those changes",
        ),
        (Verb::Replace, _) => row(
            "Announces a message that is to take the place of another",
            "The message was stored in the place of the other",
            "The message was not stored, and the other stays|no such mailbox, no room, or not allowed",
        ),
        (Verb::Language, _) => row(
            "Asks for, or chooses, the language of the server's texts",
            "The language has been told or chosen",
            "The language is not supported",
        ),
        (Verb::Comparator, _) => row(
            "Asks for, or chooses, the way in which text is compared",
            "The way of comparing text has been told or chosen",
            "The way of comparing text is not supported",
        ),
        (Verb::Url, _) => row(
            "Asks for, uses or revokes URLs that give access to a message",
            "The URLs have been dealt with",
            "The URLs cannot be dealt with",
        ),
        (Verb::Convert, _) => row(
            "Asks for parts of messages converted to another format",
            "The converted parts have been sent",
            "The parts cannot be converted",
        ),
        (Verb::CancelUpdate, _) => row(
            "Asks the server to keep search results up to date no more",
            "The search results are no longer kept up to date",
            "The updates cannot be cancelled",
        ),
        (Verb::Unauthenticate, _) => row(
            "Gives up the login, and keeps the connection",
            "The client is logged in no more",
            "The login cannot be given up",
        ),
        (Verb::ProxyAuth, _) => row(
            "Asks, as an administrator, to act as another user",
            "The client acts as the user named",
            "The client may not act as the user named",
        ),
        (Verb::Push, _) => row(
            "Asks to be told of new messages by Apple's notification service",
            "New messages will be told by the notification service",
            "New messages will not be told by the notification service",
        ),
        (Verb::JmapAccess, _) => row(
            "Asks where the same mailboxes are reached by JMAP",
            "The address for JMAP has been told",
            "The address for JMAP cannot be told",
        ),
        (Verb::Other, _) => {
            row("A command that IMAP does not define", "The command was carried out", "The command failed")
        }
    }
}

/// A tagged BAD: the same sentence for all commands, except those that carry a password.
pub fn bad(command: Command) -> &'static str {
    match command.verb {
        Verb::Login => "The server does not understand the login, or does not allow it here",
        Verb::Authenticate => "The server does not understand the login, or the client cancelled it",
        Verb::Append => "The server does not understand APPEND, or does not allow it here: the message was not stored",
        _ => "The server does not understand the command, its arguments are wrong, or it is not allowed in this state",
    }
}

pub fn login_first() -> &'static str {
    "The command fails: the client must log in first"
}

pub fn stored_in_part() -> &'static str {
    "The flags were changed only where the condition held"
}

pub fn select_first() -> &'static str {
    "The command fails: a mailbox must be selected first"
}

pub fn wrong_state() -> &'static str {
    "The command is not allowed in this state"
}

pub fn unknown_command() -> &'static str {
    "The server does not know the command"
}

pub fn within_idle() -> &'static str {
    "Sent within IDLE, in which the server waits for DONE alone"
}

pub fn idle_broken() -> &'static str {
    "IDLE has ended, since the client sent another line than DONE: this answers that line too"
}

pub fn notify_none() -> &'static str {
    "Asks the server to report no changes"
}

pub fn notifies_none() -> &'static str {
    "The server will report no changes unasked"
}

pub fn logged_in_already() -> &'static str {
    "The server does not look at the login: the client is logged in already"
}

pub fn message_at_fault() -> &'static str {
    "The message was not stored: the server does not accept the message itself"
}

pub fn nothing_enabled() -> &'static str {
    "No extension was turned on: the server names none"
}

pub fn done_too_late() -> &'static str {
    "Comes too late: no IDLE runs any more, and the server takes the line for a command"
}

pub fn to_done() -> &'static str {
    "Answers DONE, which the server has taken for a command: no IDLE ran any more"
}

pub fn store_ignored() -> &'static str {
    "No flag was changed: the mailbox is open for reading only"
}

pub fn to_literal() -> &'static str {
    "Answers a line of a literal, which the server has taken for a command"
}

pub fn appended_in_vain() -> &'static str {
    "Sends a message in a command that the server does not know: it is not stored"
}

pub fn not_offered() -> &'static str {
    "The server does not offer the command"
}

pub fn tagged_odd() -> &'static str {
    "A tagged reply with a status that no tagged reply has"
}

pub fn tagged_ok_to_nothing() -> &'static str {
    "A success whose tag names no command that was seen"
}

pub fn tagged_no_to_nothing() -> &'static str {
    "A refusal whose tag names no command that was seen"
}

pub fn tagged_bad_to_nothing() -> &'static str {
    "An error whose tag names no command that was seen"
}

pub fn data(data: Data) -> &'static str {
    match data {
        Data::Untagged(untagged) => self::untagged(untagged),
        Data::Goodbye => "The server takes leave and will close the connection",
        Data::ExistsNow => "Tells how many messages there are in the mailbox now",
        Data::RecentNow => "Tells how many messages are new in the mailbox now",
        Data::FlagsStored => "Tells the flags of a message as they are after the change",
        Data::FlagsChanged => "Tells that the flags of a message were changed elsewhere",
        Data::NoneEnabled => "Tells that no extension was turned on",
    }
}

fn untagged(untagged: Untagged) -> &'static str {
    match untagged {
        Untagged::Ok(_) => "The server tells something on the way",
        Untagged::No(_) => "The server warns: the command may fail in part",
        Untagged::Bad(_) => "The server reports an error that belongs to no command it can name",
        Untagged::Bye => "The server closes the connection of its own accord",
        Untagged::Preauth => "The server says, where it does not belong, that the client is logged in",
        Untagged::Capability => "The server lists its capabilities",
        Untagged::List => "Names a mailbox, with its attributes",
        Untagged::Lsub => "Names a mailbox that the user follows",
        Untagged::Status => "Tells how many messages the mailbox asked about holds",
        Untagged::StatusReport => "Reports how many messages a mailbox holds now, as NOTIFY has asked for",
        Untagged::Search => "Lists the messages that were found",
        Untagged::Sort => "Lists the messages in sorted order",
        Untagged::Thread => "Lists the messages by conversation",
        Untagged::Flags => "Tells which flags messages in this mailbox can have",
        Untagged::Exists => "Tells how many messages there are in the mailbox being opened",
        Untagged::Recent => "Tells how many messages have arrived since the mailbox was last opened",
        Untagged::Expunge => "Tells that a message is gone; all later ones move up by one number",
        Untagged::Vanished => "Tells which UIDs are gone",
        Untagged::Fetch | Untagged::UidFetch => "Carries data of a message to the client",
        Untagged::Namespace => "Tells under which names personal and shared mailboxes are found",
        Untagged::Id => "Tells name and version of the server's program",
        Untagged::Enabled => "Tells which extensions are on",
        Untagged::Quota => "Tells the limit of storage and how much of it is used",
        Untagged::Acl => "Tells who may do what in the mailbox",
        Untagged::Metadata => "Tells a note on a mailbox or on the server",
        Untagged::Language => "Tells the languages of the server's texts",
        Untagged::Comparator => "Tells in which ways text can be compared",
        Untagged::Url => "Carries URLs that give access to a message, or what such a URL names",
        Untagged::Converted => "Carries converted parts of a message to the client",
        Untagged::JmapAccess => "Tells where the same mailboxes are reached by JMAP",
        Untagged::Other => "Data of a kind that is not known here",
    }
}

/// An untagged OK with a code; `what` are the code's words.
pub fn tells(what: &str) -> String {
    format!("Tells the client: {what}")
}

pub fn tells_something() -> &'static str {
    "Tells something, with a response code that is not known here"
}

pub fn go_ahead(go_ahead: GoAhead) -> &'static str {
    match go_ahead {
        GoAhead::Message => "The server is ready for the message",
        GoAhead::Idling => "The server will report changes as they happen",
        GoAhead::Login => "The server is ready for the user name or password",
        GoAhead::Argument => "The server is ready for the rest of the command",
    }
}

pub fn done() -> &'static str {
    "Ends the waiting for changes"
}

pub fn fetched() -> &'static str {
    "Carries the message, or the part asked for, to the client"
}

pub fn uninvited() -> &'static str {
    "Belongs to a literal that the server has not allowed: the server takes the line for a command"
}

pub fn appended() -> &'static str {
    "Sends the message to be stored in the mailbox"
}

pub fn other_content() -> &'static str {
    "Carries a string by its number of bytes"
}
