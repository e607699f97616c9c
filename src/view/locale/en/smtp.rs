//! What SMTP and LMTP steps do.

use crate::protocol::smtp::{Said, Verb};
use crate::verdict::purpose::smtp::{Command, Content, Greeting, Refused, Reply};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "The server tells the client that it is ready to take mail",
        Greeting::NotNow => "The server cannot take mail at the moment: the client should come back later",
        Greeting::NoMailHere => "This host never takes mail",
        Greeting::Refused => "The server refuses to talk to this client",
        Greeting::Begun => "The greeting begins: the client must wait for its last line",
        Greeting::Odd => "The server's first words carry a code that no greeting has",
    }
}

pub fn command(command: Command) -> &'static str {
    match command {
        Command::Verb(Verb::Helo) => "Tells the server the client's domain name",
        Command::Verb(Verb::Ehlo) => "Tells the server the client's domain name and asks for its extensions",
        Command::Verb(Verb::Lhlo) => "Tells the LMTP server the client's domain name and asks for its extensions",
        Command::Verb(Verb::Mail) => "Names the sender of the message",
        Command::MailFromNobody => "Names nobody as sender: a delivery report, which must not cause another",
        Command::Verb(Verb::Rcpt) => "Names a recipient of the message",
        Command::Verb(Verb::Data) => "Announces the content of the message",
        Command::Verb(Verb::Bdat) => "Announces a chunk of the message, of a given number of bytes",
        Command::BdatLast => "Announces the last chunk of the message",
        Command::Verb(Verb::Rset) => "Drops the message begun: sender, recipients and content so far",
        Command::Verb(Verb::Vrfy) => "Asks whether a user or mailbox exists",
        Command::Verb(Verb::Expn) => "Asks who is on a mailing list",
        Command::Verb(Verb::Help) => "Asks for help",
        Command::Verb(Verb::Noop) => "Does nothing but ask for a reply, to keep the connection alive",
        Command::Verb(Verb::Quit) => "Ends the session",
        Command::Verb(Verb::Auth) => "Begins to log in, with the mechanism named",
        Command::AuthAlone => "Begins to log in, and names no mechanism",
        Command::AuthAtOnce => "Begins to log in, and sends the mechanism's first message along",
        Command::Verb(Verb::StartTls) => "Asks to encrypt the connection with TLS from here on",
        Command::Verb(Verb::Etrn) => "Asks the server to send the mail that waits for a domain",
        Command::Verb(Verb::Turn) => "Asks to swap the roles of client and server",
        Command::Verb(Verb::Atrn) => "Asks to swap the roles of client and server, for the mail of the domains named",
        Command::Verb(Verb::Burl) => {
            "Names content that the server is to fetch from an IMAP server, as a part of the message"
        }
        Command::BurlLast => "Names content that the server is to fetch from an IMAP server, and ends the message",
        Command::Verb(Verb::Xclient) => "A proxy tells the server for which client it speaks",
        Command::Verb(Verb::Xforward) => "A proxy tells the server, for its log, where the message came from",
        Command::Verb(Verb::Xexch50) => {
            "An Exchange server announces what it knows of the message, in a form of its own"
        }
        Command::Verb(Verb::Verb) => "Asks the server to say in its replies what it does with the mail",
        Command::Verb(Verb::Onex) => "Says that the session has one message only",
        Command::Verb(Verb::Xusr) => "Says that a user's mail program submits the message, not another server",
        Command::Verb(Verb::Xstatus) => "Asks the server how it is set up, or how its queues are",
        Command::Verb(Verb::Xshadow) => "An Exchange server speaks of the copies of messages that it keeps for another",
        Command::Verb(Verb::Xproxy) => "An Exchange server tells the next one for which client it speaks",
        Command::Verb(Verb::Xsession) => "An Exchange server tells the next one how they will speak with each other",
        Command::Verb(Verb::XlinkState) => "An Exchange server tells another one the state of the links between them",
        Command::Announced => "A command of an extension of this server",
        Command::Private => "A private command, agreed upon by client and server outside SMTP",
        Command::Verb(Verb::Other) => "A command that SMTP does not define",
    }
}

/// The server ends the session before the content has ended, having waited for the rest (for so long).
pub fn content_awaited(waited: Option<&str>) -> String {
    let waited = waited.map(|waited| format!(" {waited}")).unwrap_or_default();
    format!(
        "The server waited{waited} for more of the content and closes the connection: nothing was decided about the message"
    )
}

/// The server ends the session before the content has ended.
pub fn content_cut() -> &'static str {
    "The server closes the connection before the content has ended: nothing was decided about the message"
}

pub fn content(content: Content) -> &'static str {
    match content {
        Content::Message => "Sends the content of the message",
        Content::Chunk => "Sends a chunk of the message",
        Content::LastChunk => "Sends the last chunk of the message",
        Content::Properties => "Gives what an Exchange server knows of the message, in a form of its own",
        Content::Refused => "Sends content though the server has refused to take it",
    }
}

pub fn reply(reply: Reply) -> &'static str {
    match reply {
        Reply::HeloAccepted => "The connection is established: the server accepts the client's name",
        Reply::EhloAccepted => "The connection is established: the server lists its extensions",
        Reply::LhloAccepted => "The LMTP connection is established: the server lists its extensions",
        Reply::NoExtensions => "The connection is established: the server names no extensions",
        Reply::EhloUnknown => "The server does not know EHLO: the client should say HELO",
        Reply::LhloExpected => {
            "The server does not know this greeting: the client should say LHLO (this is an LMTP server)"
        }
        Reply::LhloUnknown => "The server does not know LHLO: the client should say EHLO (this is an SMTP server)",
        Reply::HelloDeferred => "The server cannot accept the client's greeting at the moment",
        Reply::HelloRefused => "The server refuses the client's greeting",
        Reply::MailAccepted => "The server accepts the sender",
        Reply::MailDeferred => "The server cannot accept the sender at the moment: try again later",
        Reply::MailNoRoom => "The server has no room for a message at the moment",
        Reply::MailTooBig => "The message announced is larger than the server takes",
        Reply::MailBadAddress => "The sender's address is not allowed or badly written",
        Reply::MailRefused => "The server refuses the sender",
        Reply::RcptAccepted => "The server accepts the recipient",
        Reply::RcptForwarded => "The recipient is elsewhere: the server will forward the message",
        Reply::RcptUnverified => "The server cannot verify the recipient, but will try to deliver",
        Reply::RcptBusy => {
            "The recipient cannot be accepted at the moment, try again later|the mailbox is not available"
        }
        Reply::RcptDeferred => "The server cannot accept the recipient at the moment: try again later",
        Reply::RcptTooMany => {
            "No more recipients at the moment, try the rest later|there are too many, or no room is left"
        }
        Reply::RcptUnknown => "The recipient is refused|there is no such mailbox, or no right to send to it",
        Reply::RcptMoved => "The recipient is not here: the client should try the address that the server names",
        Reply::RcptFull => "The recipient is refused for lack of room|the mailbox is full",
        Reply::RcptBadAddress => "The recipient's address is not allowed or badly written",
        Reply::RcptNoMailThere => "The recipient's domain takes no mail",
        Reply::RcptRefused => "The server refuses the recipient",
        Reply::DataGoAhead => "The server is ready for the content, up to a line with a dot alone",
        Reply::DataDeferred => "The server cannot take the content at the moment: try again later",
        Reply::DataTooEarly => "DATA comes too early: sender or recipients are missing",
        Reply::DataAfterChunks => "DATA is refused: the message has begun in chunks (BDAT), and must go on so",
        Reply::DataNoRecipients => "The server takes no content|no recipient is valid, or the transaction has failed",
        Reply::DataRefused => "The server refuses to take the content",
        Reply::ContentAccepted => "The server has taken the message and will deliver it",
        Reply::ContentDiscarded => "The server has taken the message, and says that it throws it away",
        Reply::ContentRepliesFollow => "The server has the content and will answer for each recipient",
        Reply::ContentDeferred => "The message was not taken because of a passing fault: send it again later",
        Reply::ContentNoRoom => "The message was not taken: the server has no room at the moment",
        Reply::ContentUnwanted => {
            "The content crossed and was not taken|policy forbids it, or there is nobody to deliver it to"
        }
        Reply::ContentTooBig => "The content crossed and was not taken|it is too large, or the mailbox is full",
        Reply::RefusedLineObeyed => {
            "A line of the content that was refused before was read as a command, and carried out: no message was taken"
        }
        Reply::RefusedLineRefused => "A line of the content that was refused before was read as a command, and refused",
        Reply::RefusedLineEnds => {
            "The server ends the session: a line of the content that was refused before was sent as a command"
        }
        Reply::ContentRefused => "The content crossed and was not taken|the transaction has failed",
        Reply::RecipientAccepted => "The message is taken for this recipient",
        Reply::RecipientDeferred => "The message is not taken for this recipient at the moment: try again later",
        Reply::RecipientFull => "The message is not taken for this recipient|the mailbox is full",
        Reply::RecipientRefused => "The message is not taken for this recipient",
        Reply::ChunkAccepted => "The server has the chunk and waits for the next",
        Reply::ChunkDeferred => "The server cannot take the chunk at the moment",
        Reply::ChunkOutOfOrder => "The chunk is refused: sender or recipients are missing, or the message has ended",
        Reply::ChunkAfterRefusal => {
            "The chunk is refused: a part of the message was refused before, and the message must begin anew after RSET"
        }
        Reply::ChunkTooBig => "The chunk is refused: the message is too large",
        Reply::ChunkRefused => "The server refuses the chunk",
        Reply::RsetDone => "The message begun is dropped",
        Reply::NoopDone => "The server is there",
        Reply::HelpGiven => "The server gives its help",
        Reply::Closed => "The server closes the service",
        Reply::UserConfirmed => "The user exists: the server gives the address",
        Reply::UserNotNamed => "The server says yes and names no address: this does not show that there is such a user",
        Reply::UserForwarded => "The user is elsewhere, and the server would forward the message",
        Reply::UserUnverified => "The server does not say whether the user exists, but would try to deliver",
        Reply::UserAmbiguous => "Several users match the name",
        Reply::UserUnknown => "The server knows no such user",
        Reply::ListExpanded => "The server lists the members of the mailing list",
        Reply::ListNotNamed => "The server says yes and names nobody: this does not show who is on the mailing list",
        Reply::ListUnverified => "The server does not say who is on the mailing list",
        Reply::ListUnknown => "The server knows no such mailing list, or does not disclose it",
        Reply::TlsReady => "The server is ready: the TLS handshake comes next",
        Reply::TlsNotNow => "TLS is not available at the moment",
        Reply::TlsRefused => "The server refuses to use TLS",
        Reply::EtrnStarted => "The server begins to send the mail that waits",
        Reply::EtrnNothing => "No mail waits for that domain",
        Reply::EtrnUnable => "The server cannot send the mail that waits at the moment",
        Reply::EtrnRefused => "The server does not send that domain's mail on demand",
        Reply::TurnAccepted => "The server takes the client's role",
        Reply::TurnRefused => "The server does not swap roles",
        Reply::XclientAccepted => "The server believes the proxy and starts the session anew",
        Reply::XclientRefused => "The server does not believe the proxy",
        Reply::XforwardAccepted => "The server notes where the message came from",
        Reply::XforwardRefused => "The server does not accept where the message is said to come from",
        Reply::LoggedIn => "The login has succeeded",
        Reply::LoginDeferred => "The server cannot check the login at the moment: try again later",
        Reply::LoginRefused => "The login is refused|user name or password are wrong",
        Reply::PasswordTransition => {
            "The user must log in once with another mechanism, to set the password for this one"
        }
        Reply::ResponseTooLong => "The client's response is too long",
        Reply::ExchangeBroken => "The login is given up|the client cancelled it, or its response was no valid base64",
        Reply::AuthNotHere => {
            "Logging in is not possible here: it is not offered, was done before, or a message is under way"
        }
        Reply::MechanismUnknown => "The server does not offer this mechanism",
        Reply::MechanismTooWeak => "The mechanism is too weak for this user",
        Reply::EncryptionRequired => "The connection must be encrypted first",
        Reply::Closing => "The service is not available: the server closes the connection",
        Reply::CommandUnknown => "The server does not understand the command",
        Reply::ArgumentsWrong => "The command's arguments are wrong",
        Reply::SyntaxWrong => "The server finds a syntax error in the command",
        Reply::CommandNotImplemented => "The server knows the command but does not offer it",
        Reply::VerbNotImplemented => "The server does not implement the command",
        Reply::NotHereOrNow => "The command is not possible here or now",
        Reply::OutOfOrder => "The command comes in the wrong order",
        Reply::ArgumentNotImplemented => "The server does not offer this argument of the command",
        Reply::LoginRequired => "The server wants the client to log in, or to start TLS, first",
        Reply::ParametersUnknown => "The server does not know a parameter of MAIL or RCPT, or cannot honour it",
        Reply::Succeeded => "The command was carried out",
        Reply::GoAhead => "The server waits for more",
        Reply::FailedForNow => "The command failed, and may succeed later",
        Reply::Failed => "The command failed",
        Reply::Unasked => "A reply that answers no command",
        Reply::InDoubt => "It is in doubt which command this reply answers",
        Reply::NoCode => "An answer without a reply code that SMTP knows",
        Reply::RcptNotHere => "The server takes no recipient from this client now, whoever it is",
        Reply::Odd => "A reply with a code that SMTP does not define",
    }
}

/// What is refused, without the reason.
pub fn refused(what: Refused, for_now: bool) -> &'static str {
    match (what, for_now) {
        (Refused::Client, false) => "The server refuses to talk to this client",
        (Refused::Client, true) => "The server does not talk to this client for now",
        (Refused::Hello, false) => "The client's greeting is refused",
        (Refused::Hello, true) => "The client's greeting is refused for now",
        (Refused::Sender, false) => "The sender is refused",
        (Refused::Sender, true) => "The sender is refused for now",
        (Refused::Recipient, false) => "The recipient is refused",
        (Refused::Recipient, true) => "The recipient is refused for now",
        (Refused::Data, false) => "The server takes no content",
        (Refused::Data, true) => "The server takes no content for now",
        (Refused::Content, false) => "The content crossed and was not taken",
        (Refused::Content, true) => "The content crossed and was not taken for now",
        (Refused::ForRecipient, false) => "The message is not taken for this recipient",
        (Refused::ForRecipient, true) => "The message is not taken for this recipient for now",
        (Refused::Chunk, false) => "The chunk is refused",
        (Refused::Chunk, true) => "The chunk is refused for now",
        (Refused::Tls, false) => "TLS is refused",
        (Refused::Tls, true) => "TLS is refused for now",
        (Refused::Command, false) => "The command is refused",
        (Refused::Command, true) => "The command is refused for now",
        (Refused::Nothing, false) => "A refusal that answers no command",
        (Refused::Nothing, true) => "A refusal for now that answers no command",
        (Refused::Connection, _) => "The server closes the connection",
        (Refused::Service, _) => "The server closes the service",
    }
}

/// The reason that the server gives.
pub fn said(said: Said) -> &'static str {
    match said {
        Said::OutOfTurn => "the client has sent before it had the answer that it must wait for",
        Said::NoMailCommand => "what the client has sent is no mail command",
        Said::BareLineEnd => "a line of the client's ends in a bare LF or CR",
        Said::TooManyErrors => "the client has made too many errors",
        Said::TooManyCommands => "the client has sent too many commands that deliver nothing",
        Said::TooManyBeforeLogin => "the client has sent too many commands without logging in",
        Said::LoginFirst => "the client must log in first",
        Said::EncryptionFirst => "the connection must be encrypted first",
        Said::HelloFirst => "the client must say HELO or EHLO first",
        Said::Lhlo => "the server speaks LMTP",
        Said::BadName => "the server does not accept the name that the client gave itself",
        Said::Greylisted => "greylisting, the client should try again later",
        Said::Blocklisted => "the client's address is on a blocklist, or has a bad reputation",
        Said::Malware => "malware was found",
        Said::Spam => "it is taken for spam",
        Said::SenderNotAuthentic => "a check of the sender by SPF, DKIM or DMARC has failed",
        Said::BadSender => "the server does not accept the sender",
        Said::RelayDenied => "the server does not relay mail for this client",
        Said::NoSuchMailbox => "there is no such mailbox",
        Said::MailboxFull => "the mailbox is full",
        Said::TooLarge => "the message is too large",
        Said::TooManyRecipients => "there are too many recipients",
        Said::NoRecipients => "no recipient was accepted",
        Said::MessageUnderWay => "a message is under way already",
        Said::TooManyConnections => "there are too many connections at once",
        Said::RateLimit => "too much was sent in a short time",
        Said::Busy => "the server is too busy",
        Said::NoRoom => "the server has no room left",
        Said::NotVerified => "the server could not verify the address",
        Said::NextHop => "the server could not reach the next server",
        Said::ShuttingDown => "the server is being stopped",
        Said::Timeout => "the client was silent for too long",
        Said::Unavailable => "the service is not available",
        Said::NoMailHere => "the server takes no mail",
        Said::SelectFirst => "a mailbox must be selected first",
        Said::OutOfOrder => "the command comes in the wrong order, or in a state that does not allow it",
        Said::InvalidCommand => "the command is not valid",
        Said::CommandError => "something is wrong with the command",
        Said::UnknownParameter => "the server does not know an argument of the command",
        Said::Syntax => "the syntax of the command is wrong",
        Said::UnknownCommand => "the server does not know the command",
        Said::NotImplemented => "the server does not offer the command",
        Said::Policy => "the server's rules do not allow it",
        Said::TryLater => "the client should try again later",
    }
}
