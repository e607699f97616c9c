//! What IMAP steps do.

use crate::protocol::imap::Code;
use crate::session::purpose::imap::{Command, Data, GoAhead, Greeting, Notice};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "The server tells the client that it is ready; the client must log in",
        Greeting::LoggedInAlready => "The server is ready and considers the client logged in already",
        Greeting::Refused => "The server refuses the connection and closes it",
        Greeting::Odd => "The server's first line has a status that no greeting has",
    }
}

pub fn command(command: Command) -> &'static str {
    match command {
        Command::Capability => "Asks what the server is capable of",
        Command::Noop => "Does nothing but ask for news, and keeps the connection alive",
        Command::Logout => "Ends the session",
        Command::StartTls => "Asks to encrypt the connection with TLS from here on",
        Command::Authenticate => "Begins to log in, with the mechanism named",
        Command::Login => "Logs in with user name and password, readable by anyone on the way",
        Command::Select => "Opens a mailbox for reading and writing",
        Command::Examine => "Opens a mailbox for reading only",
        Command::Create => "Creates a mailbox",
        Command::Delete => "Deletes a mailbox",
        Command::Rename => "Renames a mailbox",
        Command::Subscribe => "Adds a mailbox to the list of those that the user follows",
        Command::Unsubscribe => "Takes a mailbox off the list of those that the user follows",
        Command::List => "Asks which mailboxes there are",
        Command::Lsub => "Asks which mailboxes the user follows",
        Command::Status => "Asks how many messages a mailbox holds, without opening it",
        Command::Append => "Announces a message to be stored in a mailbox",
        Command::Check => "Asks the server to save the state of the mailbox",
        Command::Close => "Deletes the messages marked and closes the mailbox",
        Command::Unselect => "Closes the mailbox and deletes nothing",
        Command::Expunge => "Deletes for good the messages that are marked deleted",
        Command::UidExpunge => "Deletes for good those messages marked deleted that have these UIDs",
        Command::Search => "Searches the mailbox for messages, and asks for their numbers",
        Command::UidSearch => "Searches the mailbox for messages, and asks for their UIDs",
        Command::Fetch => "Asks for data of messages, by number: flags, header, structure or content",
        Command::UidFetch => "Asks for data of messages, by UID: flags, header, structure or content",
        Command::Store => "Changes the flags of messages, by number: read, answered, deleted, ...",
        Command::UidStore => "Changes the flags of messages, by UID: read, answered, deleted, ...",
        Command::Copy => "Copies messages, by number, to another mailbox",
        Command::UidCopy => "Copies messages, by UID, to another mailbox",
        Command::Move => "Moves messages, by number, to another mailbox",
        Command::UidMove => "Moves messages, by UID, to another mailbox",
        Command::Sort => "Asks for the numbers of messages in sorted order",
        Command::UidSort => "Asks for the UIDs of messages in sorted order",
        Command::Thread => "Asks for the conversations in the mailbox, by message number",
        Command::UidThread => "Asks for the conversations in the mailbox, by UID",
        Command::Idle => "Waits for the server to tell what changes, until DONE",
        Command::Namespace => "Asks under which names personal and shared mailboxes are found",
        Command::Id => "Client and server tell each other name and version of their programs",
        Command::Enable => "Turns on extensions of the protocol",
        Command::Compress => "Asks to compress the connection from here on",
        Command::Quota => "Asks for or sets the limit of storage",
        Command::Acl => "Asks for or changes who may do what in a mailbox",
        Command::Metadata => "Asks for or sets notes on a mailbox or on the server",
        Command::Notify => "Tells the server which changes it should report",
        Command::Replace => "Announces a message that is to take the place of another",
        Command::Language => "Asks for, or chooses, the language of the server's texts",
        Command::Comparator => "Asks for, or chooses, the way in which text is compared",
        Command::Url => "Asks for, uses or revokes URLs that give access to a message",
        Command::Convert => "Asks for parts of messages converted to another format",
        Command::CancelUpdate => "Asks the server to keep search results up to date no more",
        Command::Unauthenticate => "Gives up the log-in, and keeps the connection",
        Command::ProxyAuth => "Asks, as an administrator, to act as another user",
        Command::Push => "Asks to be told of new messages by Apple's notification service",
        Command::JmapAccess => "Asks where the same mailboxes are reached by JMAP",
        Command::Other => "A command that IMAP does not define",
    }
}

/// A tagged OK.
pub fn ok(command: Command) -> &'static str {
    match command {
        Command::Capability => "The list of capabilities is complete",
        Command::Noop => "The server is there, and has told all news",
        Command::Logout => "The session is over",
        Command::StartTls => "The server is ready: the TLS handshake comes next",
        Command::Authenticate => "The log-in has succeeded",
        Command::Login => "The log-in with user name and password has succeeded",
        Command::Select => "The mailbox is open for reading and writing",
        Command::Examine => "The mailbox is open for reading only",
        Command::Create => "The mailbox was created",
        Command::Delete => "The mailbox was deleted",
        Command::Rename => "The mailbox was renamed",
        Command::Subscribe => "The user follows the mailbox",
        Command::Unsubscribe => "The user follows the mailbox no more",
        Command::List => "The list of mailboxes is complete",
        Command::Lsub => "The list of followed mailboxes is complete",
        Command::Status => "The state of the mailbox has been told",
        Command::Append => "The message was stored in the mailbox",
        Command::Check => "The state of the mailbox was saved",
        Command::Close => "The mailbox was closed; if it was open for writing, the messages marked were deleted",
        Command::Unselect => "The mailbox was closed, and nothing was deleted",
        Command::Expunge => "The messages marked were deleted for good",
        Command::UidExpunge => "Those messages marked that have these UIDs were deleted for good",
        Command::Search => "The search is complete",
        Command::UidSearch => "The search by UID is complete",
        Command::Fetch => "All the data asked for has been sent",
        Command::UidFetch => "All the data asked for by UID has been sent",
        Command::Store => "The flags were changed",
        Command::UidStore => "The flags of the messages with these UIDs were changed",
        Command::Copy => "The messages were copied",
        Command::UidCopy => "The messages with these UIDs were copied",
        Command::Move => "The messages were moved",
        Command::UidMove => "The messages with these UIDs were moved",
        Command::Sort => "The sorted list is complete",
        Command::UidSort => "The sorted list of UIDs is complete",
        Command::Thread => "The list of conversations is complete",
        Command::UidThread => "The list of conversations, by UID, is complete",
        Command::Idle => "The server has stopped reporting changes",
        Command::Namespace => "The namespaces have been told",
        Command::Id => "Name and version have been exchanged",
        Command::Enable => "The extensions known to the server are on",
        Command::Compress => "The connection is compressed from here on",
        Command::Quota => "The limit of storage has been told or set",
        Command::Acl => "The rights have been told or changed",
        Command::Metadata => "The notes have been told or set",
        Command::Notify => "The server will report those changes",
        Command::Replace => "The message was stored in the place of the other",
        Command::Language => "The language has been told or chosen",
        Command::Comparator => "The way of comparing text has been told or chosen",
        Command::Url => "The URLs have been dealt with",
        Command::Convert => "The converted parts have been sent",
        Command::CancelUpdate => "The search results are no longer kept up to date",
        Command::Unauthenticate => "The client is logged in no more",
        Command::ProxyAuth => "The client acts as the user named",
        Command::Push => "New messages will be told by the notification service",
        Command::JmapAccess => "The address for JMAP has been told",
        Command::Other => "The command was carried out",
    }
}

/// A tagged NO.
pub fn no(command: Command) -> &'static str {
    match command {
        Command::Capability => "The server does not tell its capabilities",
        Command::Noop => "NOOP failed",
        Command::Logout => "The server does not end the session",
        Command::StartTls => "The server refuses to use TLS",
        Command::Authenticate => {
            "The log-in by this mechanism is refused|wrong name or password, a cancelled exchange, or no such mechanism"
        }
        Command::Login => "The log-in is refused|user name or password are wrong",
        Command::Select => "The mailbox cannot be opened|it does not exist, or is not accessible",
        Command::Examine => "The mailbox cannot be opened for reading|it does not exist, or is not accessible",
        Command::Create => "The mailbox cannot be created",
        Command::Delete => "The mailbox cannot be deleted",
        Command::Rename => "The mailbox cannot be renamed",
        Command::Subscribe => "The mailbox cannot be followed",
        Command::Unsubscribe => "The mailbox cannot be taken off the list of those followed",
        Command::List => "The mailboxes cannot be listed",
        Command::Lsub => "The followed mailboxes cannot be listed",
        Command::Status => "The state of the mailbox cannot be told",
        Command::Append => "The message was not stored|no such mailbox, no room, or not allowed",
        Command::Check => "The state of the mailbox cannot be saved",
        Command::Close => "The mailbox cannot be closed",
        Command::Unselect => "The mailbox cannot be closed without deleting",
        Command::Expunge => "The messages marked cannot be deleted",
        Command::UidExpunge => "The messages with these UIDs cannot be deleted",
        Command::Search => "The search failed|the server does not know the character set or a criterion",
        Command::UidSearch => "The search by UID failed|the server does not know the character set or a criterion",
        Command::Fetch => "The data asked for cannot be fetched",
        Command::UidFetch => "The data asked for by UID cannot be fetched",
        Command::Store => "The flags cannot be changed",
        Command::UidStore => "The flags of the messages with these UIDs cannot be changed",
        Command::Copy => "The messages cannot be copied|no such mailbox, no room, or not allowed",
        Command::UidCopy => "The messages with these UIDs cannot be copied|no such mailbox, no room, or not allowed",
        Command::Move => "The messages cannot be moved|no such mailbox, no room, or not allowed",
        Command::UidMove => "The messages with these UIDs cannot be moved|no such mailbox, no room, or not allowed",
        Command::Sort => "The messages cannot be sorted",
        Command::UidSort => "The messages cannot be sorted by UID",
        Command::Thread => "The conversations cannot be told",
        Command::UidThread => "The conversations cannot be told by UID",
        Command::Idle => "The server does not report changes now",
        Command::Namespace => "The namespaces cannot be told",
        Command::Id => "The server does not tell its name and version",
        Command::Enable => "The extensions cannot be turned on",
        Command::Compress => "The server does not compress the connection",
        Command::Quota => "The limit of storage cannot be told or set",
        Command::Acl => "The rights cannot be told or changed",
        Command::Metadata => "The notes cannot be told or set",
        Command::Notify => "The server will not report those changes",
        Command::Replace => "The message was not stored, and the other stays|no such mailbox, no room, or not allowed",
        Command::Language => "The language is not supported",
        Command::Comparator => "The way of comparing text is not supported",
        Command::Url => "The URLs cannot be dealt with",
        Command::Convert => "The parts cannot be converted",
        Command::CancelUpdate => "The updates cannot be cancelled",
        Command::Unauthenticate => "The log-in cannot be given up",
        Command::ProxyAuth => "The client may not act as the user named",
        Command::Push => "New messages will not be told by the notification service",
        Command::JmapAccess => "The address for JMAP cannot be told",
        Command::Other => "The command failed",
    }
}

/// A tagged BAD: the same for all commands but those that carry a password.
pub fn bad(command: Command) -> &'static str {
    match command {
        Command::Login => "The server does not understand the log-in, or does not allow it here",
        Command::Authenticate => "The server does not understand the log-in, or the client cancelled it",
        _ => "The server does not understand the command, its arguments are wrong, or it is not allowed in this state",
    }
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
        Data::Goodbye => "The server takes leave and will close the connection",
        Data::Closing => "The server closes the connection of its own accord",
        Data::Preauth => "The server says, where it does not belong, that the client is logged in",
        Data::Capability => "The server lists its capabilities",
        Data::List => "Names a mailbox, with its attributes",
        Data::Lsub => "Names a mailbox that the user follows",
        Data::Status => "Tells how many messages the mailbox asked about holds",
        Data::Search => "Lists the messages that were found",
        Data::Sort => "Lists the messages in sorted order",
        Data::Thread => "Lists the messages by conversation",
        Data::Flags => "Tells which flags messages in this mailbox can have",
        Data::Exists => "Tells how many messages there are in the mailbox being opened",
        Data::ExistsNow => "Tells how many messages there are in the mailbox now",
        Data::Recent => "Tells how many messages have arrived since the mailbox was last opened",
        Data::RecentNow => "Tells how many messages are new in the mailbox now",
        Data::Expunge => "Tells that a message is gone; all later ones move up by one number",
        Data::Vanished => "Tells which UIDs are gone",
        Data::Fetch => "Carries data of a message to the client",
        Data::FlagsStored => "Tells the flags of a message as they are after the change",
        Data::FlagsChanged => "Tells that the flags of a message were changed elsewhere",
        Data::Namespace => "Tells under which names personal and shared mailboxes are found",
        Data::Id => "Tells name and version of the server's program",
        Data::Enabled => "Tells which extensions are on",
        Data::Quota => "Tells the limit of storage and how much of it is used",
        Data::Acl => "Tells who may do what in the mailbox",
        Data::Metadata => "Tells a note on a mailbox or on the server",
        Data::Language => "Tells the languages of the server's texts",
        Data::Comparator => "Tells in which ways text can be compared",
        Data::Url => "Carries URLs that give access to a message, or what such a URL names",
        Data::Converted => "Carries converted parts of a message to the client",
        Data::JmapAccess => "Tells where the same mailboxes are reached by JMAP",
        Data::Other => "Data of a kind that is not known here",
    }
}

pub fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::Ok => "The server tells something on the way",
        Notice::No => "The server warns: the command may fail in part",
        Notice::Bad => "The server reports an error that belongs to no command it can name",
    }
}

/// Untagged OK with a code, which is what it is about.
pub fn tells(what: &str) -> String {
    format!("Tells the client: {what}")
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

pub fn appended() -> &'static str {
    "Sends the message to be stored in the mailbox"
}

pub fn other_content() -> &'static str {
    "Carries a string by its number of bytes"
}

pub fn code(code: Code) -> &'static str {
    match code {
        Code::Alert => "to be shown to the user",
        Code::BadCharset => "the character set is not supported",
        Code::Capability => "with its capabilities",
        Code::Parse => "a message's header could not be understood",
        Code::PermanentFlags => "which flags can be changed for good",
        Code::ReadOnly => "nothing can be changed",
        Code::ReadWrite => "changes are allowed",
        Code::TryCreate => "the mailbox must be created first",
        Code::UidNext => "the UID that the next message will get",
        Code::UidValidity => "UIDs are valid as long as this number stays the same",
        Code::Unseen => "the first message not yet read",
        Code::AppendUid => "the UID of the stored message",
        Code::CopyUid => "the UIDs of the copies",
        Code::UidNotSticky => "UIDs do not outlast the session",
        Code::HighestModseq => "the number of the mailbox's last change",
        Code::NoModseq => "changes are not numbered in this mailbox",
        Code::Modified => "some messages had been changed meanwhile",
        Code::Closed => "the mailbox open before is closed",
        Code::AuthenticationFailed => "user name or password are wrong",
        Code::AuthorizationFailed => "the user may not act as the one asked for",
        Code::Expired => "the password has expired",
        Code::PrivacyRequired => "the connection must be encrypted first",
        Code::ContactAdmin => "the user should ask the administrator",
        Code::NoPerm => "the user has no permission",
        Code::InUse => "it is in use by another session",
        Code::ExpungeIssued => "somebody has deleted messages meanwhile",
        Code::Corruption => "the server's data is damaged",
        Code::ServerBug => "a fault of the server's program",
        Code::ClientBug => "a fault of the client's program",
        Code::Cannot => "the server never does that",
        Code::Limit => "a limit of the server is reached",
        Code::OverQuota => "the limit of storage is reached",
        Code::AlreadyExists => "it exists already",
        Code::NonExistent => "it does not exist",
        Code::Unavailable => "a part of the system is out of order for the moment",
        Code::Referral => "another server is to be asked",
        Code::CompressionActive => "the connection is compressed already",
        Code::UnknownCte => "the transfer encoding of the part is not known",
        Code::BadUrl => "a URL that names a part cannot be used",
        Code::TooBig => "the message is too big",
        Code::UrlMech => "how URLs can be authorised",
        Code::BadComparator => "the way of comparing text is not supported",
        Code::NoUpdate => "the server does not keep that result up to date",
        Code::Metadata => "about the notes: too long, too many, or left out",
        Code::NotificationOverflow => "changes were too many to be reported, and are reported no more",
        Code::BadEvent => "an event asked for is not supported",
        Code::UndefinedFilter => "no search is stored by that name",
        Code::HasChildren => "the mailbox has others within it",
        Code::NotSaved => "the result of the search was not kept",
        Code::MailboxId => "the identifier that the mailbox keeps for good",
        Code::UseAttr => "a special use is not supported",
        Code::InProgress => "the command is still being carried out",
        Code::MessageLimit => "only so many messages are dealt with at once",
        Code::UidRequired => "messages can be named by UID alone",
        Code::Other => "with a response code that is not known here",
    }
}
