/*!
What a server gives as the reason of a refusal, in well-known words, whatever was asked.

The words come before the codes: `554 SMTP synchronization error` answers HELO and says nothing about the client's name.
Where they are not known there is no [`Said`], and the sentence stays as general as the code. Why a login is refused is
read in `protocol::login_cause`.
*/

mod own_words;

use own_words::{beginning, own_words};

/// The reason that a reply gives in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Said {
    /// The client spoke before its turn (RFC 5321, section 3.1), or sent commands together where it must not (RFC 2920).
    OutOfTurn,
    /// What the client has sent is no mail command at all: HTTP, for one.
    NoMailCommand,
    /// A line ended in a bare LF or CR.
    BareLineEnd,
    /// The client made too many errors, or sent too many unknown commands.
    TooManyErrors,
    /// The client sent too many commands that are no step of a delivery.
    TooManyCommands,
    /// The client sent too many commands without logging in.
    TooManyBeforeLogin,
    /// The client must log in first.
    LoginFirst,
    /// The connection must be encrypted first.
    EncryptionFirst,
    /// The client must say HELO or EHLO first.
    HelloFirst,
    /// The server speaks LMTP: LHLO is its greeting.
    Lhlo,
    /// The name given in HELO or EHLO is not accepted.
    BadName,
    /// Greylisting (RFC 6647): the first attempt of unknown senders is put off.
    Greylisted,
    /// The client's address is on a blocklist, or has a bad reputation.
    Blocklisted,
    /// Malware was found.
    Malware,
    /// The message is taken for spam.
    Spam,
    /// SPF, DKIM or DMARC do not allow it.
    SenderNotAuthentic,
    /// The sender's address is not accepted.
    BadSender,
    /// The server does not relay for this client.
    RelayDenied,
    /// There is no such mailbox.
    NoSuchMailbox,
    /// The mailbox is full.
    MailboxFull,
    /// The message is too large.
    TooLarge,
    /// No more recipients at once.
    TooManyRecipients,
    /// No recipient was accepted.
    NoRecipients,
    /// A message is already under way.
    MessageUnderWay,
    /// Too many connections at once.
    TooManyConnections,
    /// Too much in a short time.
    RateLimit,
    /// The server is too busy, or lacks memory.
    Busy,
    /// The server has no room to store the message.
    NoRoom,
    /// The server is being stopped.
    ShuttingDown,
    /// The server has waited too long for the client.
    Timeout,
    /// The service is not available, without another reason.
    Unavailable,
    /// The server never takes mail (RFC 7504).
    NoMailHere,
    /// IMAP: a mailbox must be selected first (RFC 9051, section 3.3).
    SelectFirst,
    /// The command is not allowed in this order, or in this state.
    OutOfOrder,
    /// The server does not know the command.
    UnknownCommand,
    /// The command is not valid, in words that do not say whether the server knows it.
    InvalidCommand,
    /// IMAP: something is wrong with the command.
    CommandError,
    /// The server does not know an argument or parameter of the command.
    UnknownParameter,
    /// The syntax of the command is wrong.
    Syntax,
    /// The server does not implement the command, or has it switched off.
    NotImplemented,
    /// A rule of the server forbids it.
    Policy,
    /// The client should come back later, without another reason.
    TryLater,
}

impl Said {
    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let all: std::collections::HashSet<Self> = WORDS.iter().map(|(_, said)| *said).collect();
        all.into_iter()
    }
}

/// Most bytes of a reply in which words are looked for.
const TEXT_BYTES: usize = 2_000;

/// A group of words, all of which must be there, and what they say. The first that fits decides: the special before the
/// general. Lower case; each fits at the beginning of a word, with or without an ending (`relay` fits `relaying`).
const WORDS: &[(&[&str], Said)] = &[
    // Exim repeats why, of the last recipient.
    (&["all rcpt"], Said::NoRecipients),
    (&["no valid recipient"], Said::NoRecipients),
    (&["no recipient"], Said::NoRecipients),
    (&["synchronization error"], Said::OutOfTurn),
    (&["synchronisation error"], Said::OutOfTurn),
    (&["improper", "pipelining"], Said::OutOfTurn),
    (&["unauthorized", "pipelining"], Said::OutOfTurn),
    (&["pipelining", "not"], Said::OutOfTurn),
    (&["pregreet"], Said::OutOfTurn),
    (&["pre greet"], Said::OutOfTurn),
    (&["early talker"], Said::OutOfTurn),
    (&["out of turn"], Said::OutOfTurn),
    (&["talk", "before"], Said::OutOfTurn),
    (&["spoke", "before"], Said::OutOfTurn),
    (&["without waiting"], Said::OutOfTurn),
    (&["sent too soon"], Said::OutOfTurn),
    (&["wait", "greeting"], Said::OutOfTurn),
    (&["wait", "banner"], Said::OutOfTurn),
    (&["break rules"], Said::NoMailCommand),
    (&["http"], Said::NoMailCommand),
    (&["not a web server"], Said::NoMailCommand),
    (&["bare lf"], Said::BareLineEnd),
    (&["bare cr"], Said::BareLineEnd),
    (&["bare newline"], Said::BareLineEnd),
    (&["bare linefeed"], Said::BareLineEnd),
    (&["bare line feed"], Said::BareLineEnd),
    (&["bare carriage return"], Said::BareLineEnd),
    (&["stray newline"], Said::BareLineEnd),
    (&["stray lf"], Said::BareLineEnd),
    (&["stray cr"], Said::BareLineEnd),
    (&["stray linefeed"], Said::BareLineEnd),
    (&["illegal newline"], Said::BareLineEnd),
    (&["crlf"], Said::BareLineEnd),
    (&["too many error"], Said::TooManyErrors),
    (&["too many smtp error"], Said::TooManyErrors),
    (&["too many protocol error"], Said::TooManyErrors),
    (&["too many command error"], Said::TooManyErrors),
    (&["too many unrecogni"], Said::TooManyErrors),
    (&["too many unknown command"], Said::TooManyErrors),
    (&["too many bad command"], Said::TooManyErrors),
    (&["too many invalid command"], Said::TooManyErrors),
    (&["too many invalid imap command"], Said::TooManyErrors),
    (&["too many wrong command"], Said::TooManyErrors),
    (&["too many syntax"], Said::TooManyErrors),
    (&["too many nonmail"], Said::TooManyCommands),
    (&["too many non mail"], Said::TooManyCommands),
    (&["too many unauthenticated"], Said::TooManyBeforeLogin),
    (&["too many commands before auth"], Said::TooManyBeforeLogin),
    (&["too many junk"], Said::TooManyErrors),
    (&["greylist"], Said::Greylisted),
    (&["graylist"], Said::Greylisted),
    (&["grey list"], Said::Greylisted),
    (&["gray list"], Said::Greylisted),
    (&["postgrey"], Said::Greylisted),
    (&["helo command rejected"], Said::BadName),
    (&["ehlo command rejected"], Said::BadName),
    (&["invalid helo"], Said::BadName),
    (&["invalid ehlo"], Said::BadName),
    (&["bad helo"], Said::BadName),
    (&["helo name"], Said::BadName),
    (&["ehlo name"], Said::BadName),
    (&["not logged in"], Said::LoginFirst),
    (&["sender address rejected"], Said::BadSender),
    (&["sender rejected"], Said::BadSender),
    (&["sender denied"], Said::BadSender),
    (&["sender", "verify failed"], Said::BadSender),
    (&["sender", "verification failed"], Said::BadSender),
    (&["domain of sender"], Said::BadSender),
    (&["sender domain"], Said::BadSender),
    (&["sender", "not allowed"], Said::BadSender),
    (&["relay", "denied"], Said::RelayDenied),
    (&["relay", "not permitted"], Said::RelayDenied),
    (&["relay", "not allowed"], Said::RelayDenied),
    (&["relay", "not authorized"], Said::RelayDenied),
    (&["not authorized", "relay"], Said::RelayDenied),
    (&["relay", "prohibited"], Said::RelayDenied),
    (&["relay", "forbidden"], Said::RelayDenied),
    (&["relay", "reject"], Said::RelayDenied),
    (&["relay", "refused"], Said::RelayDenied),
    (&["unable to relay"], Said::RelayDenied),
    (&["cannot relay"], Said::RelayDenied),
    (&["can t relay"], Said::RelayDenied),
    (&["not relay"], Said::RelayDenied),
    (&["don t relay"], Said::RelayDenied),
    (&["doesn t relay"], Said::RelayDenied),
    (&["rcpthosts"], Said::RelayDenied),
    (&["no mailbox selected"], Said::SelectFirst),
    (&["no mailbox is selected"], Said::SelectFirst),
    (&["no mailbox has been selected"], Said::SelectFirst),
    (&["no folder selected"], Said::SelectFirst),
    (&["mailbox not selected"], Said::SelectFirst),
    (&["mailbox is not selected"], Said::SelectFirst),
    (&["select a mailbox"], Said::SelectFirst),
    (&["select mailbox first"], Said::SelectFirst),
    (&["select a folder"], Said::SelectFirst),
    (&["must issue", "starttls"], Said::EncryptionFirst),
    (&["starttls", "first"], Said::EncryptionFirst),
    (&["starttls", "requir"], Said::EncryptionFirst),
    (&["tls", "requir"], Said::EncryptionFirst),
    (&["tls", "first"], Said::EncryptionFirst),
    (&["encryption", "requir"], Said::EncryptionFirst),
    (&["encryption", "needed"], Said::EncryptionFirst),
    (&["encrypted connection", "requir"], Said::EncryptionFirst),
    (&["use starttls"], Said::EncryptionFirst),
    (&["please use tls"], Said::EncryptionFirst),
    (&["must use tls"], Said::EncryptionFirst),
    (&["tls", "needed"], Said::EncryptionFirst),
    (&["only", "over tls"], Said::EncryptionFirst),
    (&["authentication", "requir"], Said::LoginFirst),
    (&["authorization", "requir"], Said::LoginFirst),
    (&["requir", "authentication"], Said::LoginFirst),
    (&["auth", "required"], Said::LoginFirst),
    (&["authenticat", "first"], Said::LoginFirst),
    (&["authentication", "needed"], Said::LoginFirst),
    (&["must", "authenticate"], Said::LoginFirst),
    (&["must be authenticated"], Said::LoginFirst),
    (&["please authenticate"], Said::LoginFirst),
    (&["not authenticated"], Said::LoginFirst),
    (&["need", "authenticate"], Said::LoginFirst),
    (&["log in first"], Said::LoginFirst),
    (&["login first"], Said::LoginFirst),
    (&["login required"], Said::LoginFirst),
    (&["auth first"], Said::LoginFirst),
    (&["pop before smtp"], Said::LoginFirst),
    (&["polite people"], Said::HelloFirst),
    (&["helo first"], Said::HelloFirst),
    (&["ehlo first"], Said::HelloFirst),
    (&["lhlo first"], Said::HelloFirst),
    (&["hello first"], Said::HelloFirst),
    (&["say helo"], Said::HelloFirst),
    (&["say ehlo"], Said::HelloFirst),
    (&["send helo"], Said::HelloFirst),
    (&["send ehlo"], Said::HelloFirst),
    (&["helo", "required"], Said::HelloFirst),
    (&["lhlo"], Said::Lhlo),
    (&["lmtp"], Said::Lhlo),
    (&["malware"], Said::Malware),
    (&["infected"], Said::Malware),
    (&["virus found"], Said::Malware),
    (&["virus detected"], Said::Malware),
    (&["contains", "virus"], Said::Malware),
    (&["virus", "rejected"], Said::Malware),
    (&["dmarc"], Said::SenderNotAuthentic),
    (&["spf", "fail"], Said::SenderNotAuthentic),
    (&["spf", "reject"], Said::SenderNotAuthentic),
    (&["fail", "spf"], Said::SenderNotAuthentic),
    (&["dkim", "fail"], Said::SenderNotAuthentic),
    (&["spam message"], Said::Spam),
    (&["message", "is spam"], Said::Spam),
    (&["as spam"], Said::Spam),
    (&["like spam"], Said::Spam),
    (&["considered spam"], Said::Spam),
    (&["spam content"], Said::Spam),
    (&["spam detected"], Said::Spam),
    (&["detected", "spam"], Said::Spam),
    (&["spam score"], Said::Spam),
    (&["spam rejected"], Said::Spam),
    (&["suspected spam"], Said::Spam),
    (&["unsolicited"], Said::Spam),
    (&["dt spm"], Said::Spam),
    (&["blocked using"], Said::Blocklisted),
    (&["blacklist"], Said::Blocklisted),
    (&["black list"], Said::Blocklisted),
    (&["blocklist"], Said::Blocklisted),
    (&["block list"], Said::Blocklisted),
    (&["denylist"], Said::Blocklisted),
    (&["dnsbl"], Said::Blocklisted),
    (&["rbl"], Said::Blocklisted),
    (&["spamhaus"], Said::Blocklisted),
    (&["spamcop"], Said::Blocklisted),
    (&["reputation"], Said::Blocklisted),
    (&["client host", "blocked"], Said::Blocklisted),
    (&["ip", "blocked"], Said::Blocklisted),
    (&["user unknown"], Said::NoSuchMailbox),
    (&["unknown user"], Said::NoSuchMailbox),
    (&["unknown recipient"], Said::NoSuchMailbox),
    (&["recipient unknown"], Said::NoSuchMailbox),
    (&["unknown mailbox"], Said::NoSuchMailbox),
    (&["no such user"], Said::NoSuchMailbox),
    (&["no such recipient"], Said::NoSuchMailbox),
    (&["no such mailbox"], Said::NoSuchMailbox),
    (&["no such address"], Said::NoSuchMailbox),
    (&["no such person"], Said::NoSuchMailbox),
    (&["no mailbox"], Said::NoSuchMailbox),
    (&["mailbox not found"], Said::NoSuchMailbox),
    (&["user not found"], Said::NoSuchMailbox),
    (&["recipient not found"], Said::NoSuchMailbox),
    (&["user", "not listed"], Said::NoSuchMailbox),
    (&["user", "not exist"], Said::NoSuchMailbox),
    (&["user", "doesn t exist"], Said::NoSuchMailbox),
    (&["mailbox", "not exist"], Said::NoSuchMailbox),
    (&["account", "not exist"], Said::NoSuchMailbox),
    (&["recipient", "not exist"], Said::NoSuchMailbox),
    (&["invalid mailbox"], Said::NoSuchMailbox),
    (&["mailbox", "full"], Said::MailboxFull),
    (&["inbox", "full"], Said::MailboxFull),
    (&["over quota"], Said::MailboxFull),
    (&["overquota"], Said::MailboxFull),
    (&["quota", "exceed"], Said::MailboxFull),
    (&["exceed", "quota"], Said::MailboxFull),
    (&["message", "too large"], Said::TooLarge),
    (&["message", "too big"], Said::TooLarge),
    (&["message", "too long"], Said::TooLarge),
    (&["size", "exceed"], Said::TooLarge),
    (&["size limit"], Said::TooLarge),
    (&["maximum", "size"], Said::TooLarge),
    (&["too many", "recipient"], Said::TooManyRecipients),
    (&["too many", "rcpt"], Said::TooManyRecipients),
    (&["nested mail"], Said::MessageUnderWay),
    (&["sender already"], Said::MessageUnderWay),
    (&["mail already given"], Said::MessageUnderWay),
    (&["one sender per"], Said::MessageUnderWay),
    (&["already", "transaction"], Said::MessageUnderWay),
    (&["too many connection"], Said::TooManyConnections),
    (&["too many session"], Said::TooManyConnections),
    (&["too many concurrent"], Said::TooManyConnections),
    (&["too many simultaneous"], Said::TooManyConnections),
    (&["too many open connection"], Said::TooManyConnections),
    (&["connection limit"], Said::TooManyConnections),
    (&["connections", "exceed"], Said::TooManyConnections),
    (&["rate limit"], Said::RateLimit),
    (&["ratelimit"], Said::RateLimit),
    (&["rate", "exceed"], Said::RateLimit),
    (&["rate", "too high"], Said::RateLimit),
    (&["throttl"], Said::RateLimit),
    (&["too many messages"], Said::RateLimit),
    (&["too many mails"], Said::RateLimit),
    (&["too much mail"], Said::RateLimit),
    (&["too many", "request"], Said::RateLimit),
    (&["too fast"], Said::RateLimit),
    (&["sending limit"], Said::RateLimit),
    (&["limit exceeded"], Said::RateLimit),
    (&["too busy"], Said::Busy),
    (&["server busy"], Said::Busy),
    (&["overload"], Said::Busy),
    (&["load", "too high"], Said::Busy),
    (&["insufficient", "resource"], Said::Busy),
    (&["out of memory"], Said::Busy),
    (&["insufficient", "storage"], Said::NoRoom),
    (&["insufficient disk"], Said::NoRoom),
    (&["disk full"], Said::NoRoom),
    (&["no space"], Said::NoRoom),
    (&["shutting down"], Said::ShuttingDown),
    (&["shutdown"], Said::ShuttingDown),
    (&["going down"], Said::ShuttingDown),
    (&["maintenance"], Said::ShuttingDown),
    (&["timeout"], Said::Timeout),
    (&["timed out"], Said::Timeout),
    (&["time out"], Said::Timeout),
    (&["inactiv"], Said::Timeout),
    (&["idle"], Said::Timeout),
    (&["not accept mail from"], Said::Policy),
    (&["not accepting mail from"], Said::Policy),
    (&["not accept mail"], Said::NoMailHere),
    (&["not accept any mail"], Said::NoMailHere),
    (&["not accept email"], Said::NoMailHere),
    (&["not accept incoming mail"], Said::NoMailHere),
    (&["not accepting mail"], Said::NoMailHere),
    (&["not receive mail"], Said::NoMailHere),
    (&["never accepts mail"], Said::NoMailHere),
    (&["accepts no mail"], Said::NoMailHere),
    (&["takes no mail"], Said::NoMailHere),
    (&["no mail accepted"], Said::NoMailHere),
    (&["no smtp service"], Said::NoMailHere),
    (&["no mail service"], Said::NoMailHere),
    (&["bad sequence"], Said::OutOfOrder),
    (&["bad command sequence"], Said::OutOfOrder),
    (&["out of sequence"], Said::OutOfOrder),
    (&["wrong state"], Said::OutOfOrder),
    (&["invalid state"], Said::OutOfOrder),
    (&["incorrect state"], Said::OutOfOrder),
    (&["illegal state"], Said::OutOfOrder),
    (&["valid in this state"], Said::OutOfOrder),
    (&["allowed in this state"], Said::OutOfOrder),
    (&["allowed at this point"], Said::OutOfOrder),
    (&["not allowed now"], Said::OutOfOrder),
    (&["must be in", "state"], Said::OutOfOrder),
    (&["command not recogni"], Said::UnknownCommand),
    (&["unrecogni", "command"], Said::UnknownCommand),
    (&["command unrecogni"], Said::UnknownCommand),
    (&["unknown command"], Said::UnknownCommand),
    (&["command unknown"], Said::UnknownCommand),
    (&["command not understood"], Said::UnknownCommand),
    (&["command not implemented"], Said::NotImplemented),
    (&["command not supported"], Said::NotImplemented),
    (&["command not enabled"], Said::NotImplemented),
    // Of a parameter the code says it (504).
    (&["not implemented"], Said::NotImplemented),
    (&["unsupported command"], Said::NotImplemented),
    (&["unknown", "argument"], Said::UnknownParameter),
    (&["unknown", "parameter"], Said::UnknownParameter),
    (&["unrecogni", "parameter"], Said::UnknownParameter),
    (&["parameter", "unrecogni"], Said::UnknownParameter),
    (&["parameter", "not recogni"], Said::UnknownParameter),
    (&["unknown option"], Said::UnknownParameter),
    (&["unsupported option"], Said::UnknownParameter),
    (&["unsupported parameter"], Said::UnknownParameter),
    (&["bad command"], Said::InvalidCommand),
    (&["invalid command"], Said::InvalidCommand),
    (&["error in imap command"], Said::CommandError),
    (&["syntax error"], Said::Syntax),
    (&["bad syntax"], Said::Syntax),
    (&["invalid syntax"], Said::Syntax),
    (&["access denied"], Said::Policy),
    (&["permission denied"], Said::Policy),
    (&["administratively"], Said::Policy),
    (&["administrative prohibition"], Said::Policy),
    (&["policy"], Said::Policy),
    (&["service unavailable"], Said::Unavailable),
    (&["service currently unavailable"], Said::Unavailable),
    (&["service temporarily unavailable"], Said::Unavailable),
    (&["service is unavailable"], Said::Unavailable),
    (&["service is currently unavailable"], Said::Unavailable),
    (&["service is temporarily unavailable"], Said::Unavailable),
    (&["service not available"], Said::Unavailable),
    (&["service is not available"], Said::Unavailable),
    (&["try again"], Said::TryLater),
    (&["try later"], Said::TryLater),
    (&["retry"], Said::TryLater),
    (&["come back later"], Said::TryLater),
    (&["temporar"], Said::TryLater),
];

/// What the reply `text` gives as its reason; `None` where its words are not known.
pub fn of(text: &[u8]) -> Option<Said> {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    // qmail says it by the address of a page alone.
    if memchr::memmem::find(text, b"smtplf.html").is_some() {
        return Some(Said::BareLineEnd);
    }
    let words = own_words(text);
    // What each word and all after it are: a needle stands at the beginning of one. Replies are short, so that comparing
    // is faster than a searcher for each needle.
    let rests: Vec<&[u8]> = memchr::memchr_iter(b' ', &words)
        .filter_map(|space| words.get(space + 1..))
        .filter(|rest| !rest.is_empty())
        .collect();
    let there = rests.iter().fold(0, |there, rest| there | beginning(rest));
    let says = |needle: &&str| rests.iter().any(|rest| rest.starts_with(needle.as_bytes()));
    // Nearly all groups begin with letters that no word begins with.
    let groups = WORDS.iter().zip(&BEGINNINGS).filter(|(_, needed)| *needed & !there == 0).map(|(group, _)| group);
    groups.into_iter().find(|(needles, _)| needles.iter().all(says)).map(|(_, said)| *said)
}

/// True where a reply has words of the server's beyond its codes and the names of hosts.
pub fn has_words(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    let words = own_words(text);
    // A name of one label is not told from a word; a word alone is no sentence either.
    words.split(|byte| *byte == b' ').filter(|word| word.iter().any(u8::is_ascii_alphabetic)).nth(1).is_some()
}

/// For each group of [`WORDS`], the bits of the words that it needs.
const BEGINNINGS: [u64; WORDS.len()] = {
    let mut all = [0; WORDS.len()];
    let mut group = 0;
    while group < WORDS.len() {
        let needles = WORDS[group].0;
        let mut needle = 0;
        while needle < needles.len() {
            all[group] |= beginning(needles[needle].as_bytes());
            needle += 1;
        }
        group += 1;
    }
    all
};

/// True where the reply 250 to VRFY or EXPN has what it must have, an address (RFC 5321, section 3.5.3): in brackets, or
/// with a domain. Some servers say `250 Ok` to every name.
pub fn has_address(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    memchr::memchr2(b'@', b'<', text).is_some()
}

#[cfg(test)]
mod tests;
