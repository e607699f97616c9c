//! What a reply code means after the command that it answers (RFC 5321, section 4.3.2, and the extensions' RFCs).

use crate::protocol::smtp::{ReplyTo, Verb};
use crate::verdict::purpose::enumerated;

enumerated! {
    /// What a reply means after the command that it answers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Reply {
        // To HELO, EHLO and LHLO.
        HeloAccepted,
        EhloAccepted,
        LhloAccepted,
        /// To EHLO and LHLO: accepted in one line.
        NoExtensions,
        /// The server is older than EHLO.
        EhloUnknown,
        /// To HELO and EHLO: the server speaks LMTP.
        LhloExpected,
        /// To LHLO: the server speaks SMTP.
        LhloUnknown,
        HelloDeferred,
        HelloRefused,
        // To MAIL.
        MailAccepted,
        MailDeferred,
        MailNoRoom,
        MailTooBig,
        MailBadAddress,
        MailRefused,
        // To RCPT.
        RcptAccepted,
        /// 251.
        RcptForwarded,
        /// 252.
        RcptUnverified,
        /// 450.
        RcptBusy,
        /// 451 and other 4yz codes.
        RcptDeferred,
        /// 452.
        RcptTooMany,
        /// 550.
        RcptUnknown,
        /// 551.
        RcptMoved,
        /// 552.
        RcptFull,
        /// 553.
        RcptBadAddress,
        /// 556 (RFC 7504).
        RcptNoMailThere,
        RcptRefused,
        // To DATA.
        DataGoAhead,
        DataDeferred,
        /// 503.
        DataTooEarly,
        /// 503, behind chunks of the same message.
        DataAfterChunks,
        /// 554.
        DataNoRecipients,
        DataRefused,
        // To the content.
        ContentAccepted,
        /// 353 (PRDR): the recipients' own replies follow.
        ContentRepliesFollow,
        ContentDeferred,
        ContentNoRoom,
        /// 550.
        ContentUnwanted,
        /// 552.
        ContentTooBig,
        ContentRefused,
        // To a line of content that had been refused before.
        RefusedLineObeyed,
        RefusedLineRefused,
        /// 221.
        RefusedLineEnds,
        // To the content, for one recipient.
        RecipientAccepted,
        RecipientDeferred,
        RecipientFull,
        RecipientRefused,
        // To BDAT.
        /// 250, with words that say so.
        ContentDiscarded,
        ChunkAccepted,
        ChunkDeferred,
        ChunkOutOfOrder,
        /// 503, behind a chunk or DATA of the same message that was refused.
        ChunkAfterRefusal,
        ChunkTooBig,
        ChunkRefused,
        // To the other commands.
        RsetDone,
        NoopDone,
        HelpGiven,
        /// 221.
        Closed,
        UserConfirmed,
        /// 250 without an address.
        UserNotNamed,
        UserForwarded,
        UserUnverified,
        UserAmbiguous,
        UserUnknown,
        ListExpanded,
        /// 250 without an address.
        ListNotNamed,
        ListUnverified,
        ListUnknown,
        TlsReady,
        TlsNotNow,
        TlsRefused,
        EtrnStarted,
        EtrnNothing,
        EtrnUnable,
        EtrnRefused,
        TurnAccepted,
        TurnRefused,
        XclientAccepted,
        XclientRefused,
        XforwardAccepted,
        XforwardRefused,
        // To AUTH and its rounds.
        LoggedIn,
        LoginDeferred,
        LoginRefused,
        /// 432.
        PasswordTransition,
        /// 500 to a response: RFC 4954, section 6.
        ResponseTooLong,
        /// 501 to a response: cancelled, or not base64.
        ExchangeBroken,
        /// 503.
        AuthNotHere,
        /// 504.
        MechanismUnknown,
        /// 534.
        MechanismTooWeak,
        /// 538.
        EncryptionRequired,
        // At any time, to any command.
        /// 421.
        Closing,
        /// 500.
        CommandUnknown,
        /// 501.
        ArgumentsWrong,
        /// Its words say so, and its code does not.
        SyntaxWrong,
        /// 502.
        CommandNotImplemented,
        /// 502 to a verb that SMTP does not define.
        VerbNotImplemented,
        /// 502 to a command that every server has (RFC 5321, section 4.5.1).
        NotHereOrNow,
        /// 503.
        OutOfOrder,
        /// 504.
        ArgumentNotImplemented,
        /// 530.
        LoginRequired,
        /// 455, 555.
        ParametersUnknown,
        // By the first digit alone.
        Succeeded,
        GoAhead,
        FailedForNow,
        Failed,
        /// A reply to no command.
        Unasked,
        /// A reply of which it is not known what it answers.
        InDoubt,
        /// A line in no form of a reply, where a reply is due.
        NoCode,
        /// 5.5.1 to RCPT: not here, whoever the recipient is.
        RcptNotHere,
        /// A code outside 200 to 599.
        Odd,
    }
}

/// What a reply with `code` means for `asked`, which it answers; `last` where that was the last chunk of a message.
pub(super) fn reply(asked: ReplyTo, code: u16, last: bool) -> Reply {
    use ReplyTo::{Command, Content, InDoubt, Nothing, Recipient, RefusedLine, Sasl, UnfinishedContent};
    match (asked, code) {
        (RefusedLine, 221) => Reply::RefusedLineEnds,
        (_, 221) => Reply::Closed,
        (_, 421) | (UnfinishedContent { .. }, _) => Reply::Closing,
        (Nothing, _) => Reply::Unasked,
        (InDoubt, _) => Reply::InDoubt,
        (_, 0) => Reply::NoCode,
        (Command(verb), _) => to_command(verb, code, last),
        (Sasl, 500) => Reply::ResponseTooLong,
        (Sasl, 501) => Reply::ExchangeBroken,
        (Sasl, _) => to_auth(code),
        (RefusedLine, 200..=399) => Reply::RefusedLineObeyed,
        (RefusedLine, _) => Reply::RefusedLineRefused,
        (Content, 353) => Reply::ContentRepliesFollow,
        (Content, _) => to_content(code),
        (Recipient, 200..=299) => Reply::RecipientAccepted,
        (Recipient, 400..=499) => Reply::RecipientDeferred,
        (Recipient, 552) => Reply::RecipientFull,
        (Recipient, 500..=599) => Reply::RecipientRefused,
        (Recipient, _) => by_class(code),
    }
}

/// Each command's own codes come first, then the codes that any command may get.
fn to_command(verb: Verb, code: u16, last: bool) -> Reply {
    match (verb, code) {
        (Verb::Helo, 200..=299) => Reply::HeloAccepted,
        (Verb::Ehlo, 200..=299) => Reply::EhloAccepted,
        (Verb::Ehlo, 500 | 502) => Reply::EhloUnknown,
        (Verb::Lhlo, 200..=299) => Reply::LhloAccepted,
        (Verb::Lhlo, 500 | 502) => Reply::LhloUnknown,
        (Verb::Helo | Verb::Ehlo | Verb::Lhlo, 400..=499) => Reply::HelloDeferred,
        (Verb::Helo | Verb::Ehlo | Verb::Lhlo, 504..=599) => Reply::HelloRefused,

        (Verb::Mail, 200..=299) => Reply::MailAccepted,
        (Verb::Mail, 452) => Reply::MailNoRoom,
        (Verb::Mail, 552) => Reply::MailTooBig,
        (Verb::Mail, 553) => Reply::MailBadAddress,

        (Verb::Rcpt, 251) => Reply::RcptForwarded,
        (Verb::Rcpt, 252) => Reply::RcptUnverified,
        (Verb::Rcpt, 200..=299) => Reply::RcptAccepted,
        (Verb::Rcpt, 450) => Reply::RcptBusy,
        (Verb::Rcpt, 452) => Reply::RcptTooMany,
        (Verb::Rcpt, 550) => Reply::RcptUnknown,
        (Verb::Rcpt, 551) => Reply::RcptMoved,
        (Verb::Rcpt, 552) => Reply::RcptFull,
        (Verb::Rcpt, 553) => Reply::RcptBadAddress,
        (Verb::Rcpt, 556) => Reply::RcptNoMailThere,

        (Verb::Data, 354) => Reply::DataGoAhead,
        (Verb::Data, 503) => Reply::DataTooEarly,
        (Verb::Data, 554) => Reply::DataNoRecipients,

        (Verb::Bdat | Verb::Burl, 200..=299) if last => Reply::ContentAccepted,
        (Verb::Bdat | Verb::Burl, 200..=299) => Reply::ChunkAccepted,
        (Verb::Bdat | Verb::Burl, 503) => Reply::ChunkOutOfOrder,
        (Verb::Bdat | Verb::Burl, 552) => Reply::ChunkTooBig,

        (Verb::Rset, 200..=299) => Reply::RsetDone,
        (Verb::Noop, 200..=299) => Reply::NoopDone,
        (Verb::Help, 200..=299) => Reply::HelpGiven,
        (Verb::Quit, 200..=299) => Reply::Closed,

        (Verb::Vrfy, 251) => Reply::UserForwarded,
        (Verb::Vrfy, 252) => Reply::UserUnverified,
        (Verb::Vrfy, 200..=299) => Reply::UserConfirmed,
        (Verb::Vrfy, 553) => Reply::UserAmbiguous,
        (Verb::Vrfy, 550 | 551) => Reply::UserUnknown,
        (Verb::Expn, 252) => Reply::ListUnverified,
        (Verb::Expn, 200..=299) => Reply::ListExpanded,
        (Verb::Expn, 550) => Reply::ListUnknown,

        (Verb::StartTls, 200..=299) => Reply::TlsReady,
        (Verb::StartTls, 400..=499) => Reply::TlsNotNow,

        (Verb::Etrn, 251) => Reply::EtrnNothing,
        (Verb::Etrn, 200..=299) => Reply::EtrnStarted,
        (Verb::Etrn, 458) => Reply::EtrnUnable,
        (Verb::Etrn, 459) => Reply::EtrnRefused,
        (Verb::Turn | Verb::Atrn, 200..=299) => Reply::TurnAccepted,
        (Verb::Atrn, 453) => Reply::EtrnNothing,
        (Verb::Xclient, 200..=299) => Reply::XclientAccepted,
        (Verb::Xforward, 200..=299) => Reply::XforwardAccepted,

        (Verb::Auth, 200..=299 | 400..=499 | 503..=529 | 531..=599) => to_auth(code),

        (_, 500) => Reply::CommandUnknown,
        (_, 501) => Reply::ArgumentsWrong,
        (Verb::Other, 502) => Reply::VerbNotImplemented,
        (Verb::Helo | Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Rset | Verb::Noop | Verb::Quit, 502) => {
            Reply::NotHereOrNow
        }
        (_, 502) => Reply::CommandNotImplemented,
        (_, 503) => Reply::OutOfOrder,
        (_, 504) => Reply::ArgumentNotImplemented,
        (_, 530) => Reply::LoginRequired,
        (_, 538) => Reply::EncryptionRequired,
        (_, 455 | 555) => Reply::ParametersUnknown,

        (Verb::Mail, 400..=499) => Reply::MailDeferred,
        (Verb::Mail, 500..=599) => Reply::MailRefused,
        (Verb::Rcpt, 400..=499) => Reply::RcptDeferred,
        (Verb::Rcpt, 500..=599) => Reply::RcptRefused,
        (Verb::Data, 400..=499) => Reply::DataDeferred,
        (Verb::Data, 500..=599) => Reply::DataRefused,
        (Verb::Bdat | Verb::Burl, 400..=499) => Reply::ChunkDeferred,
        (Verb::Bdat | Verb::Burl, 500..=599) => Reply::ChunkRefused,
        (Verb::StartTls, 500..=599) => Reply::TlsRefused,
        (Verb::Etrn, 500..=599) => Reply::EtrnRefused,
        (Verb::Turn | Verb::Atrn, 500..=599) => Reply::TurnRefused,
        (Verb::Xclient, 500..=599) => Reply::XclientRefused,
        (Verb::Xforward, 500..=599) => Reply::XforwardRefused,
        _ => by_class(code),
    }
}

/// RFC 4954, sections 4 and 6.
fn to_auth(code: u16) -> Reply {
    match code {
        200..=299 => Reply::LoggedIn,
        432 => Reply::PasswordTransition,
        400..=499 => Reply::LoginDeferred,
        503 => Reply::AuthNotHere,
        504 => Reply::MechanismUnknown,
        530 => Reply::LoginRequired,
        534 => Reply::MechanismTooWeak,
        538 => Reply::EncryptionRequired,
        500..=599 => Reply::LoginRefused,
        _ => by_class(code),
    }
}

fn to_content(code: u16) -> Reply {
    match code {
        200..=299 => Reply::ContentAccepted,
        452 => Reply::ContentNoRoom,
        400..=499 => Reply::ContentDeferred,
        550 => Reply::ContentUnwanted,
        552 => Reply::ContentTooBig,
        500..=599 => Reply::ContentRefused,
        _ => by_class(code),
    }
}

/// RFC 5321, section 4.2.1.
fn by_class(code: u16) -> Reply {
    match code {
        200..=299 => Reply::Succeeded,
        300..=399 => Reply::GoAhead,
        400..=499 => Reply::FailedForNow,
        500..=599 => Reply::Failed,
        _ => Reply::Odd,
    }
}
