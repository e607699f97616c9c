/*!
What a server gives as the reason of a refusal, in well-known words, whatever was asked.

The words come before the codes: `554 SMTP synchronization error` answers HELO and says nothing about the client's name.
Where they are not known there is no [`Said`], and the sentence stays as general as the code. Why a login is refused is
read in `protocol::login_cause`.
*/

mod own_words;
mod words;

use own_words::{beginning, own_words};
use words::WORDS;

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
    /// The server could not verify an address with the server that has it.
    NotVerified,
    /// The server could not reach the next server.
    NextHop,
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

/// True where a reply that accepts a message says that it is thrown away.
pub fn discards(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    memchr::memmem::find(&own_words(text), b" discard").is_some()
}

/// True where the reply 250 to VRFY or EXPN has what it must have, an address (RFC 5321, section 3.5.3): in brackets, or
/// with a domain. Some servers say `250 Ok` to every name.
pub fn has_address(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    memchr::memchr2(b'@', b'<', text).is_some()
}

#[cfg(test)]
mod tests;
