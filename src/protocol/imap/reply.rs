//! IMAP's responses.

use super::lexer::{after_spaces, atom, number, spaces, without_telnet};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::combinator::opt;
use nom::sequence::preceded;

/// A status response's word (RFC 3501, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum Status {
    Ok,
    No,
    Bad,
    Preauth,
    Bye,
}

/// A response code (RFC 3501, section 7.1; RFC 5530; IANA's registry of IMAP response codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum Code {
    Alert,
    BadCharset,
    Capability,
    Parse,
    PermanentFlags,
    ReadOnly,
    ReadWrite,
    TryCreate,
    UidNext,
    UidValidity,
    Unseen,
    AppendUid,
    CopyUid,
    UidNotSticky,
    HighestModseq,
    NoModseq,
    Modified,
    Closed,
    AuthenticationFailed,
    AuthorizationFailed,
    Expired,
    PrivacyRequired,
    ContactAdmin,
    NoPerm,
    InUse,
    ExpungeIssued,
    Corruption,
    ServerBug,
    ClientBug,
    Cannot,
    Limit,
    OverQuota,
    AlreadyExists,
    NonExistent,
    Unavailable,
    Referral,
    CompressionActive,
    UnknownCte,
    BadUrl,
    TooBig,
    UrlMech,
    BadComparator,
    NoUpdate,
    Metadata,
    NotificationOverflow,
    BadEvent,
    UndefinedFilter,
    HasChildren,
    NotSaved,
    MailboxId,
    UseAttr,
    InProgress,
    MessageLimit,
    UidRequired,
    /// Of Courier-IMAP, with the rights of RFC 4314.
    MyRights,
    /// RFC 5257.
    Annotations,
    /// RFC 5257.
    Annotate,
    /// RFC 2060.
    NewName,
    /// RFC 5259.
    TempFail,
    /// RFC 5259.
    MaxConvertMessages,
    /// RFC 5259.
    MaxConvertParts,
    /// RFC 5259.
    BadParameters,
    /// RFC 5259.
    MissingParameters,
    /// RFC 6858.
    Downgraded,
    /// Any other code.
    Other,
}

/// An untagged response's kind (RFC 3501, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum Untagged {
    /// `* OK` with its code.
    Ok(Option<Code>),
    /// `* NO` with its code.
    No(Option<Code>),
    /// `* BAD` with its code.
    Bad(Option<Code>),
    Bye,
    Preauth,
    Capability,
    List,
    Lsub,
    Status,
    /// STATUS that no command asked for (RFC 5465, section 5).
    StatusReport,
    Search,
    Sort,
    Thread,
    Flags,
    Exists,
    Recent,
    Expunge,
    Vanished,
    Fetch,
    /// FETCH of a message that is named by its UID alone (RFC 9586).
    UidFetch,
    Namespace,
    Id,
    Enabled,
    Quota,
    Acl,
    Metadata,
    /// RFC 5255.
    Language,
    /// RFC 5255.
    Comparator,
    /// GENURLAUTH, URLFETCH (RFC 4467).
    Url,
    /// RFC 5259.
    Converted,
    /// RFC 9698.
    JmapAccess,
    /// Any other response.
    Other,
}

impl Status {
    /// The word itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Preauth => "PREAUTH",
            Self::Bye => "BYE",
        }
    }

    fn named(word: &[u8]) -> Option<Self> {
        [Self::Ok, Self::No, Self::Bad, Self::Preauth, Self::Bye]
            .into_iter()
            .find(|status| word.eq_ignore_ascii_case(status.name().as_bytes()))
    }
}

const CODES: [(&str, Code); 64] = [
    ("ALERT", Code::Alert),
    ("BADCHARSET", Code::BadCharset),
    ("CAPABILITY", Code::Capability),
    ("PARSE", Code::Parse),
    ("PERMANENTFLAGS", Code::PermanentFlags),
    ("READ-ONLY", Code::ReadOnly),
    ("READ-WRITE", Code::ReadWrite),
    ("TRYCREATE", Code::TryCreate),
    ("UIDNEXT", Code::UidNext),
    ("UIDVALIDITY", Code::UidValidity),
    ("UNSEEN", Code::Unseen),
    ("APPENDUID", Code::AppendUid),
    ("COPYUID", Code::CopyUid),
    ("UIDNOTSTICKY", Code::UidNotSticky),
    ("HIGHESTMODSEQ", Code::HighestModseq),
    ("NOMODSEQ", Code::NoModseq),
    ("MODIFIED", Code::Modified),
    ("CLOSED", Code::Closed),
    ("AUTHENTICATIONFAILED", Code::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", Code::AuthorizationFailed),
    ("EXPIRED", Code::Expired),
    ("PRIVACYREQUIRED", Code::PrivacyRequired),
    ("CONTACTADMIN", Code::ContactAdmin),
    ("NOPERM", Code::NoPerm),
    ("INUSE", Code::InUse),
    ("EXPUNGEISSUED", Code::ExpungeIssued),
    ("CORRUPTION", Code::Corruption),
    ("SERVERBUG", Code::ServerBug),
    ("CLIENTBUG", Code::ClientBug),
    ("CANNOT", Code::Cannot),
    ("LIMIT", Code::Limit),
    ("OVERQUOTA", Code::OverQuota),
    ("ALREADYEXISTS", Code::AlreadyExists),
    ("NONEXISTENT", Code::NonExistent),
    ("UNAVAILABLE", Code::Unavailable),
    ("REFERRAL", Code::Referral),
    ("COMPRESSIONACTIVE", Code::CompressionActive),
    ("UNKNOWN-CTE", Code::UnknownCte),
    ("BADURL", Code::BadUrl),
    ("TOOBIG", Code::TooBig),
    ("URLMECH", Code::UrlMech),
    ("BADCOMPARATOR", Code::BadComparator),
    ("NOUPDATE", Code::NoUpdate),
    ("METADATA", Code::Metadata),
    ("NOTIFICATIONOVERFLOW", Code::NotificationOverflow),
    ("BADEVENT", Code::BadEvent),
    ("UNDEFINED-FILTER", Code::UndefinedFilter),
    ("HASCHILDREN", Code::HasChildren),
    ("NOTSAVED", Code::NotSaved),
    ("MAILBOXID", Code::MailboxId),
    ("USEATTR", Code::UseAttr),
    ("INPROGRESS", Code::InProgress),
    ("MESSAGELIMIT", Code::MessageLimit),
    ("UIDREQUIRED", Code::UidRequired),
    ("MYRIGHTS", Code::MyRights),
    ("ANNOTATIONS", Code::Annotations),
    ("ANNOTATE", Code::Annotate),
    ("NEWNAME", Code::NewName),
    ("TEMPFAIL", Code::TempFail),
    ("MAXCONVERTMESSAGES", Code::MaxConvertMessages),
    ("MAXCONVERTPARTS", Code::MaxConvertParts),
    ("BADPARAMETERS", Code::BadParameters),
    ("MISSINGPARAMETERS", Code::MissingParameters),
    ("DOWNGRADED", Code::Downgraded),
];

impl Code {
    /// The code itself; `None` for [`Code::Other`].
    pub fn name(self) -> Option<&'static str> {
        CODES.iter().find(|(_, code)| *code == self).map(|&(name, _)| name)
    }

    fn named(word: &[u8]) -> Self {
        let known = CODES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        known.map_or(Self::Other, |&(_, code)| code)
    }
}

const DATA: [(&str, Untagged); 35] = [
    ("CAPABILITY", Untagged::Capability),
    ("LIST", Untagged::List),
    ("XLIST", Untagged::List),
    ("LSUB", Untagged::Lsub),
    // RFC 1730, section 7.2.3.
    ("MAILBOX", Untagged::Lsub),
    ("STATUS", Untagged::Status),
    ("SEARCH", Untagged::Search),
    ("ESEARCH", Untagged::Search),
    ("SORT", Untagged::Sort),
    ("THREAD", Untagged::Thread),
    ("FLAGS", Untagged::Flags),
    ("EXISTS", Untagged::Exists),
    ("RECENT", Untagged::Recent),
    ("EXPUNGE", Untagged::Expunge),
    ("VANISHED", Untagged::Vanished),
    ("FETCH", Untagged::Fetch),
    ("UIDFETCH", Untagged::UidFetch),
    ("NAMESPACE", Untagged::Namespace),
    ("ID", Untagged::Id),
    ("ENABLED", Untagged::Enabled),
    ("QUOTA", Untagged::Quota),
    ("QUOTAROOT", Untagged::Quota),
    ("ACL", Untagged::Acl),
    ("LISTRIGHTS", Untagged::Acl),
    ("MYRIGHTS", Untagged::Acl),
    ("METADATA", Untagged::Metadata),
    ("ANNOTATION", Untagged::Metadata),
    ("ANNOTATEMORE", Untagged::Metadata),
    ("LANGUAGE", Untagged::Language),
    ("COMPARATOR", Untagged::Comparator),
    ("GENURLAUTH", Untagged::Url),
    ("URLFETCH", Untagged::Url),
    ("CONVERTED", Untagged::Converted),
    ("CONVERSION", Untagged::Converted),
    ("JMAPACCESS", Untagged::JmapAccess),
];

impl Untagged {
    fn named(word: &[u8]) -> Self {
        let known = DATA.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        known.map_or(Self::Other, |&(_, data)| data)
    }

    /// All there are, those with a code without it.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let mut data = DATA.map(|(_, data)| data).to_vec();
        // Several names of one kind stand one below the other.
        data.dedup();
        let status = [Self::Ok(None), Self::No(None), Self::Bad(None), Self::Bye, Self::Preauth];
        status.into_iter().chain(data).chain([Self::StatusReport, Self::Other])
    }

    /// True for responses with a number before their word (`message-data`, `mailbox-data`).
    fn is_numbered(self) -> bool {
        matches!(self, Self::Exists | Self::Recent | Self::Expunge | Self::Fetch | Self::UidFetch)
    }

    /// An untagged status response.
    pub(super) fn of_status(status: Status, code: Option<Code>) -> Self {
        match status {
            Status::Ok => Self::Ok(code),
            Status::No => Self::No(code),
            Status::Bad => Self::Bad(code),
            Status::Preauth => Self::Preauth,
            Status::Bye => Self::Bye,
        }
    }
}

/// `resp-text = ["[" resp-text-code "]" SP] text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Text<'a> {
    /// The code.
    pub code: Option<Code>,
    /// What follows the code's name, within the brackets.
    pub arguments: &'a [u8],
    /// The words for people.
    pub words: &'a [u8],
}

/// A server's line, by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response<'a> {
    /// `response-tagged = tag SP resp-cond-state CRLF`.
    Tagged {
        /// The tag.
        tag: &'a [u8],
        /// OK, NO, BAD.
        status: Status,
        /// What follows.
        text: Text<'a>,
    },
    /// `resp-cond-state`, `resp-cond-bye` or a greeting, untagged.
    Status {
        /// The status.
        status: Status,
        /// What follows.
        text: Text<'a>,
    },
    /// Any other untagged response.
    Data {
        /// The response's kind.
        what: Untagged,
        /// The number before its word: a message's, or a count.
        number: Option<u64>,
        /// What follows.
        rest: &'a [u8],
    },
    /// `continue-req = "+" SP (resp-text / base64) CRLF`.
    Continue(&'a [u8]),
}

/// Reads a response off the beginning of a fragment's text; `None` where the text is no response.
pub(super) fn response(text: &[u8]) -> Option<Response<'_>> {
    let text = without_telnet(text);
    match text {
        [b'*', b' ', ..] => untagged(text),
        b"+" => Some(Response::Continue(b"")),
        [b'+', b' ', words @ ..] => Some(Response::Continue(words)),
        _ => tagged(text),
    }
}

fn tagged(text: &[u8]) -> Option<Response<'_>> {
    let (after, (tag, word)) = (atom, preceded(spaces, atom)).parse(text).ok()?;
    let status = Status::named(word).filter(|status| matches!(status, Status::Ok | Status::No | Status::Bad))?;
    Some(Response::Tagged { tag, status, text: resp_text(after) })
}

fn untagged(text: &[u8]) -> Option<Response<'_>> {
    let (text, number) = preceded((tag("*"), spaces), opt(number_and_space)).parse(text).ok()?;
    let (after, word) = atom(text).ok()?;
    match (number, Status::named(word)) {
        (None, Some(status)) => Some(Response::Status { status, text: resp_text(after) }),
        _ => {
            let what = Untagged::named(word);
            let what = if what.is_numbered() == number.is_some() { what } else { Untagged::Other };
            Some(Response::Data { what, number, rest: after_spaces(after) })
        }
    }
}

fn number_and_space(input: &[u8]) -> super::lexer::Parsed<'_, u64> {
    nom::sequence::terminated(number, spaces).parse(input)
}

/// `resp-text`, after the status word.
fn resp_text(input: &[u8]) -> Text<'_> {
    let text = after_spaces(input);
    match resp_text_code(text) {
        Some((name, arguments, words)) => Text { code: Some(Code::named(name)), arguments, words: after_spaces(words) },
        None => Text { code: None, arguments: b"", words: text },
    }
}

/// `"[" resp-text-code "]"`: the code's name, what follows it within the brackets, and what follows them.
fn resp_text_code(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let inside = text.strip_prefix(b"[")?;
    let (inside, words) = inside.split_at_checked(memchr::memchr(b']', inside)?)?;
    let (name, arguments) = inside.split_at_checked(memchr::memchr(b' ', inside).unwrap_or(inside.len()))?;
    (!name.is_empty()).then(|| (name, after_spaces(arguments), words.get(1..).unwrap_or_default()))
}

impl Response<'_> {
    /// True where `text`, which was read as this response, cannot be content. That matters after a gap, and where the
    /// capture begins in the middle. Servers write their words in capitals.
    pub fn is_sure(&self, text: &[u8]) -> bool {
        let capitals = |words: usize| {
            let mut words = text.split(|&byte| byte == b' ').skip(words);
            words.next().is_some_and(|word| !word.is_empty() && !word.iter().any(u8::is_ascii_lowercase))
        };
        match self {
            Self::Tagged { tag, .. } => {
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-$#".contains(byte);
                capitals(1) && tag.len() <= 64 && tag.iter().all(plain)
            }
            Self::Status { .. } => capitals(1),
            Self::Data { what, number, .. } => *what != Untagged::Other && capitals(1 + usize::from(number.is_some())),
            Self::Continue(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_told_apart() {
        let text = |code, arguments, words| Text { code, arguments, words };
        assert_eq!(
            response(b"a3 OK [APPENDUID 38505 3955] APPEND completed"),
            Some(Response::Tagged {
                tag: b"a3",
                status: Status::Ok,
                text: text(Some(Code::AppendUid), b"38505 3955", b"APPEND completed")
            })
        );
        assert_eq!(
            response(b"* OK [X-NEW] hi"),
            Some(Response::Status { status: Status::Ok, text: text(Some(Code::Other), b"", b"hi") })
        );
        for (sent, code, arguments, words) in [
            (&b"* OK  [ALERT]hi"[..], Some(Code::Alert), &b""[..], &b"hi"[..]),
            (b"* OK [UIDNEXT  7 ]  hi]", Some(Code::UidNext), b"7 ", b"hi]"),
            (b"* OK [] hi", None, b"", b"[] hi"),
            (b"* OK [ ALERT] hi", None, b"", b"[ ALERT] hi"),
            (b"* OK [ALERT hi", None, b"", b"[ALERT hi"),
        ] {
            let expected = Response::Status { status: Status::Ok, text: text(code, arguments, words) };
            assert_eq!(response(sent), Some(expected), "{}", sent.escape_ascii());
        }
        assert_eq!(response(b"* BYE"), Some(Response::Status { status: Status::Bye, text: Text::default() }));
        assert_eq!(
            response(b"* 23 EXISTS"),
            Some(Response::Data { what: Untagged::Exists, number: Some(23), rest: b"" })
        );
        assert_eq!(
            response(b"* LIST () \"/\" a"),
            Some(Response::Data { what: Untagged::List, number: None, rest: b"() \"/\" a" })
        );
        assert_eq!(response(b"+ go ahead"), Some(Response::Continue(b"go ahead")));
        assert_eq!(response(b"+"), Some(Response::Continue(b"")));
        for none in [b"".as_slice(), b"*", b"a1", b"a1 PREAUTH x", b"+x", b"* "] {
            assert_eq!(response(none), None, "{}", none.escape_ascii());
        }
    }

    #[test]
    fn content_is_not_taken_for_a_response() {
        for text in ["* list of things", "* ok then", "From: OK me", "I ok that", "* 5 apples", "+ more"] {
            let text = text.as_bytes();
            assert!(response(text).is_none_or(|response| !response.is_sure(text)), "{}", text.escape_ascii());
        }
        for text in ["* 3 EXISTS", "* OK hi", "a4 NO no", "* SEARCH"] {
            let text = text.as_bytes();
            assert!(response(text).is_some_and(|response| response.is_sure(text)), "{}", text.escape_ascii());
        }
    }
}
