//! Refusals that give their reason in well-known words: what is refused, where the words are more than the code.

use super::replies::Reply;
use crate::protocol::smtp::{ReplyTo, Said, Verb};
use crate::verdict::purpose::enhanced::Meaning;
use crate::verdict::purpose::enumerated;

enumerated! {
    /// What a reply refuses. It says nothing of a reason.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Refused {
        /// The client, at once.
        Client,
        /// HELO, EHLO or LHLO.
        Hello,
        /// The sender.
        Sender,
        /// A recipient.
        Recipient,
        /// DATA.
        Data,
        /// The content, which has crossed.
        Content,
        /// The content, for one recipient.
        ForRecipient,
        /// A chunk.
        Chunk,
        /// STARTTLS.
        Tls,
        /// Any other command.
        Command,
        /// Nothing that was asked.
        Nothing,
        /// 421: everything from here on.
        Connection,
        /// 221: the same.
        Service,
    }
}

/// What the reply to `to` refuses, or the greeting where that is absent, if it says `said`, and `meaning` is that of its
/// enhanced status code; `None` where its codes say as much, or the words do not belong to what was asked.
pub(super) fn of(to: Option<ReplyTo>, code: u16, said: Said, meaning: Option<Meaning>) -> Option<Refused> {
    let what = match to {
        Some(to) => refused(to, code)?,
        None => Refused::Client,
    };
    (belongs(said, what) && adds(said, meaning)).then_some(what)
}

fn refused(to: ReplyTo, code: u16) -> Option<Refused> {
    Some(match (to, code) {
        (ReplyTo::UnfinishedContent { .. } | ReplyTo::InDoubt, _) | (ReplyTo::Command(Verb::Quit), 221) => return None,
        // What was read as a command is told by a sentence of its own.
        (ReplyTo::RefusedLine, 221) => return None,
        (_, 221) => Refused::Service,
        (_, 421) => Refused::Connection,
        (ReplyTo::Command(verb), _) => match verb {
            Verb::Helo | Verb::Ehlo | Verb::Lhlo => Refused::Hello,
            Verb::Mail => Refused::Sender,
            Verb::Rcpt => Refused::Recipient,
            Verb::Data => Refused::Data,
            Verb::Bdat | Verb::Burl => Refused::Chunk,
            Verb::StartTls => Refused::Tls,
            _ => Refused::Command,
        },
        // What the words speak of is no command that the client gave.
        (ReplyTo::RefusedLine, _) => return None,
        (ReplyTo::Content, _) => Refused::Content,
        (ReplyTo::Recipient, _) => Refused::ForRecipient,
        (ReplyTo::Sasl, _) => Refused::Command,
        (ReplyTo::Nothing, _) => Refused::Nothing,
    })
}

/// The meaning of another code, which the words name.
pub(super) fn in_other_words(to: ReplyTo, code: u16, said: Said) -> Option<Reply> {
    let ReplyTo::Command(verb) = to else { return None };
    match (said, verb) {
        (Said::NoRoom, Verb::Mail) if code == 452 => Some(Reply::MailNoRoom),
        // Of an address the code says it (550, 553), of a command or its arguments, too (500, 501, 555).
        (Said::Syntax, _) if !matches!(code, 421 | 500 | 501 | 550 | 553 | 555) => Some(Reply::SyntaxWrong),
        _ if code < 500 => None,
        (Said::TooLarge, Verb::Mail) => Some(Reply::MailTooBig),
        (Said::TooLarge, Verb::Bdat | Verb::Burl) => Some(Reply::ChunkTooBig),
        (Said::Lhlo, Verb::Helo | Verb::Ehlo) => Some(Reply::LhloExpected),
        (Said::Lhlo, Verb::Lhlo) => Some(Reply::LhloUnknown),
        (Said::UnknownCommand, Verb::Helo | Verb::Ehlo | Verb::Lhlo) => None,
        (Said::UnknownCommand, _) => Some(Reply::CommandUnknown),
        // A known verb may be invalid for what follows it, or for its place.
        (Said::InvalidCommand, Verb::Other) if matches!(code, 500..=502) => Some(Reply::CommandUnknown),
        (Said::UnknownParameter, Verb::Mail | Verb::Rcpt) => Some(Reply::ParametersUnknown),
        (Said::UnknownParameter, _) if code == 500 => Some(Reply::ArgumentsWrong),
        (Said::OutOfOrder, _) if code != 503 => Some(Reply::OutOfOrder),
        // Its code may say that the order is wrong (503), or that the verb is unknown (500).
        (Said::NotImplemented, Verb::Helo | Verb::Ehlo | Verb::Lhlo) => None,
        (Said::NotImplemented, Verb::Other) if matches!(code, 500 | 502 | 503) => Some(Reply::VerbNotImplemented),
        (Said::NotImplemented, _) if matches!(code, 500 | 502 | 503) => Some(Reply::CommandNotImplemented),
        _ => None,
    }
}

/// False where the words speak of something else than the reply, or its general sentence says the same.
fn belongs(said: Said, what: Refused) -> bool {
    use Refused::{Chunk, Client, Command, Connection, Data, Hello, Nothing, Sender, Service};
    use Said::{CommandError, InvalidCommand, OutOfOrder, SelectFirst, Syntax, UnknownParameter};
    match said {
        Said::Lhlo | Said::UnknownCommand | Said::NotImplemented => false,
        CommandError | InvalidCommand | OutOfOrder | SelectFirst | Syntax | UnknownParameter => false,
        // Of a recipient it is said of the recipient's domain (RFC 7504, section 4).
        Said::NoMailHere => what == Hello,
        // The sentence of 421 says so.
        Said::Unavailable => !matches!(what, Connection | Service),
        // "Argument required for HELO": the client is saying it.
        Said::HelloFirst => what != Hello,
        // Elsewhere it is a check of the server's that took too long.
        Said::Timeout => matches!(what, Connection | Service | Nothing),
        // VRFY and EXPN have sentences for it; without a question it is about something that was not seen.
        Said::NoSuchMailbox => !matches!(what, Client | Data | Chunk | Command | Connection | Service | Nothing),
        Said::BadSender => what != Sender,
        _ => true,
    }
}

/// False where the enhanced status code says the same, or more.
fn adds(said: Said, meaning: Option<Meaning>) -> bool {
    use Meaning::{
        AlgorithmNotSupported, ArcFailed, EncryptionNeeded, MailFlood, MailboxFull, NoDkimAcceptable, NoDkimOfAuthor,
        NoDkimPassed, NoSuchMailbox, NotAuthorized, PermanentFailure, Security, SeveralChecksFailed, SpfError,
        SpfFailed, SystemFull, TemporaryFailure, TooBigForSystem, TooLongForMailbox, TooManyRecipients,
    };
    let Some(meaning) = meaning else { return true };
    match said {
        Said::NoSuchMailbox => meaning != NoSuchMailbox,
        Said::MailboxFull => meaning != MailboxFull,
        Said::TooLarge => !matches!(meaning, TooBigForSystem | TooLongForMailbox),
        Said::TooManyRecipients => meaning != TooManyRecipients,
        Said::NoRoom => meaning != SystemFull,
        Said::RateLimit => meaning != MailFlood,
        Said::EncryptionFirst => meaning != EncryptionNeeded,
        Said::SenderNotAuthentic => !matches!(
            meaning,
            NoDkimPassed
                | NoDkimAcceptable
                | NoDkimOfAuthor
                | SpfFailed
                | SpfError
                | SeveralChecksFailed
                | ArcFailed
                | AlgorithmNotSupported
        ),
        Said::Policy => !matches!(meaning, NotAuthorized),
        // No reason: any other one is more.
        Said::TryLater => matches!(meaning, TemporaryFailure | PermanentFailure | Security),
        _ => true,
    }
}

/// True where servers are known to send an enhanced status code that says something else than their words. Exchange:
/// `5.1.10` with `RecipientNotFound`, `5.4.1` with `Access denied`; Gmail: `4.2.1` with "receiving mail too quickly".
pub(super) fn contradicts(said: Said, meaning: Meaning) -> bool {
    use Meaning::{MailboxDisabled, NoAnswer, RecipientNullMx};
    matches!(
        (said, meaning),
        (Said::NoSuchMailbox, RecipientNullMx) | (Said::Policy, NoAnswer) | (Said::RateLimit, MailboxDisabled)
    )
}
