//! IMAP's commands.

use super::lexer::{after_spaces, atom, spaces, without_telnet};
use crate::protocol::in_capitals;
use nom::Parser;
use nom::sequence::preceded;
use std::borrow::Cow;
use std::ops::Range;

/// Where a command belongs in the course of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The beginning, if it comes before the login; the work with mail, if after it.
    Session,
    /// The change to TLS.
    Encryption,
    /// The login.
    Authentication,
    /// The work with mail.
    Mail,
    /// The end.
    Logout,
}

/// What may follow a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arguments {
    /// Nothing.
    Alone,
    /// Names of mailboxes, among others.
    Mailboxes,
    /// Anything else.
    Any,
}

/// What UID before a verb means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Uid {
    /// Nothing: the command is the same.
    Plain,
    /// Unique identifiers in place of message numbers (RFC 9051, section 6.4.9).
    ByUid,
}

/// What is known of a verb.
struct Row {
    #[cfg(test)]
    verb: Verb,
    stage: Stage,
    arguments: Arguments,
    uid: Uid,
}

/// Makes [`Verb`] and its rows: a verb is one row, with its names, where it belongs, what follows it, and what UID
/// before it means. Its explanations are one row in each language (`view/locale`).
macro_rules! verbs {
    ($($(#[$about:meta])* $verb:ident = [$($name:literal),+] $stage:ident, $arguments:ident, $uid:ident;)+) => {
        /// A command's verb.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs)]
        pub enum Verb {
            $($(#[$about])* $verb,)+
            /// Any other verb.
            Other,
        }

        const ROWS: &[Row] = &[$(Row {
            #[cfg(test)]
            verb: Verb::$verb,
            stage: Stage::$stage,
            arguments: Arguments::$arguments,
            uid: Uid::$uid,
        }),+];

        impl Verb {
            /// The verb called `name`, which is in upper case; `None` where no command has that name.
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$verb),)+
                    _ => None,
                }
            }
        }
    };
}

verbs! {
    Capability = ["CAPABILITY"] Session, Alone, Plain;
    Noop = ["NOOP"] Session, Alone, Plain;
    Logout = ["LOGOUT"] Logout, Alone, Plain;
    StartTls = ["STARTTLS"] Encryption, Alone, Plain;
    Authenticate = ["AUTHENTICATE"] Authentication, Any, Plain;
    Login = ["LOGIN"] Authentication, Any, Plain;
    Select = ["SELECT"] Mail, Mailboxes, Plain;
    Examine = ["EXAMINE"] Mail, Mailboxes, Plain;
    Create = ["CREATE"] Mail, Mailboxes, Plain;
    Delete = ["DELETE"] Mail, Mailboxes, Plain;
    Rename = ["RENAME"] Mail, Mailboxes, Plain;
    Subscribe = ["SUBSCRIBE"] Mail, Mailboxes, Plain;
    Unsubscribe = ["UNSUBSCRIBE"] Mail, Mailboxes, Plain;
    List = ["LIST", "XLIST", "RLIST"] Mail, Mailboxes, Plain;
    Lsub = ["LSUB", "RLSUB"] Mail, Mailboxes, Plain;
    Status = ["STATUS"] Mail, Mailboxes, Plain;
    Append = ["APPEND"] Mail, Mailboxes, Plain;
    Check = ["CHECK"] Mail, Alone, Plain;
    Close = ["CLOSE"] Mail, Alone, Plain;
    Unselect = ["UNSELECT"] Mail, Alone, Plain;
    Expunge = ["EXPUNGE"] Mail, Alone, ByUid;
    Search = ["SEARCH", "ESEARCH"] Mail, Any, ByUid;
    /// FETCH, and PARTIAL, which fetches a piece of a section (RFC 1730, section 6.4.6).
    Fetch = ["FETCH", "PARTIAL"] Mail, Any, ByUid;
    Store = ["STORE"] Mail, Any, ByUid;
    Copy = ["COPY"] Mail, Mailboxes, ByUid;
    Move = ["MOVE"] Mail, Mailboxes, ByUid;
    Sort = ["SORT"] Mail, Any, ByUid;
    Thread = ["THREAD"] Mail, Any, ByUid;
    Idle = ["IDLE"] Mail, Alone, Plain;
    Namespace = ["NAMESPACE"] Mail, Alone, Plain;
    Id = ["ID"] Session, Any, Plain;
    Enable = ["ENABLE"] Session, Any, Plain;
    Compress = ["COMPRESS"] Session, Any, Plain;
    /// GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).
    Quota = ["GETQUOTA", "GETQUOTAROOT", "SETQUOTA"] Mail, Mailboxes, Plain;
    /// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314).
    Acl = ["GETACL", "SETACL", "DELETEACL", "LISTRIGHTS", "MYRIGHTS"] Mail, Mailboxes, Plain;
    /// GETMETADATA, SETMETADATA (RFC 5464).
    Metadata = ["GETMETADATA", "SETMETADATA", "GETANNOTATION", "SETANNOTATION"] Mail, Mailboxes, Plain;
    Notify = ["NOTIFY"] Mail, Any, Plain;
    /// APPEND and EXPUNGE in one (RFC 8508).
    Replace = ["REPLACE"] Mail, Mailboxes, Plain;
    /// RFC 5255.
    Language = ["LANGUAGE"] Mail, Any, Plain;
    /// RFC 5255.
    Comparator = ["COMPARATOR"] Mail, Any, Plain;
    /// GENURLAUTH, RESETKEY, URLFETCH (RFC 4467).
    Url = ["GENURLAUTH", "RESETKEY", "URLFETCH"] Mail, Any, Plain;
    /// CONVERT, CONVERSIONS (RFC 5259).
    Convert = ["CONVERT", "CONVERSIONS"] Mail, Any, Plain;
    /// RFC 5267.
    CancelUpdate = ["CANCELUPDATE"] Mail, Any, Plain;
    /// RFC 8437.
    Unauthenticate = ["UNAUTHENTICATE"] Authentication, Alone, Plain;
    /// Of Sun's servers: an administrator acts as a user.
    ProxyAuth = ["PROXYAUTH"] Authentication, Any, Plain;
    /// Apple's push notifications: the device asks for notices outside this connection.
    Push = ["XAPPLEPUSHSERVICE"] Mail, Any, Plain;
    /// RFC 9698.
    JmapAccess = ["GETJMAPACCESS"] Mail, Alone, Plain;
}

impl Verb {
    /// All verbs.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.verb).chain([Self::Other])
    }

    /// `None` for [`Verb::Other`]. The rows stand in the order of the variants; a test checks that.
    fn row(self) -> Option<&'static Row> {
        ROWS.get(self as usize)
    }

    /// Where its command belongs; `None` where that is unknown.
    pub fn stage(self) -> Option<Stage> {
        self.row().map(|row| row.stage)
    }

    /// True where UID before the verb makes it another command.
    pub fn is_by_uid(self) -> bool {
        self.row().is_some_and(|row| row.uid == Uid::ByUid)
    }

    /// True where mailboxes are among its arguments.
    pub(super) fn names_mailboxes(self) -> bool {
        self.row().is_some_and(|row| row.arguments == Arguments::Mailboxes)
    }

    /// True where nothing may follow the verb.
    pub fn stands_alone(self) -> bool {
        self.row().is_some_and(|row| row.arguments == Arguments::Alone)
    }
}

/// A command as it was sent (RFC 3501, section 9: `command = tag SP (…) CRLF`).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// The tag; absent where a user who types by hand forgot it.
    pub tag: Option<&'a [u8]>,
    /// The first word, which the server takes for a tag in any case: its reply begins with it.
    pub key: &'a [u8],
    /// The verb.
    pub verb: Verb,
    /// UID stands before the verb.
    pub uid: bool,
    /// The verb as the table shows it: upper case, with its UID.
    pub name: Cow<'a, str>,
    /// What follows the verb, as a range of the text.
    pub arguments: Range<usize>,
    known: bool,
    capitals: bool,
}

/// Reads a command off the beginning of a fragment's text. `None` where it has no verb.
///
/// A line whose first word is a verb, and whose second is not, was typed without a tag.
pub(super) fn command(text: &[u8]) -> Option<Command<'_>> {
    let (rest, first) = atom(after_spaces(without_telnet(text))).ok()?;
    let second = verb(rest);
    let (tag, verb) = match (second, verb_named(first)) {
        (Some(second), _) if second.known => (Some(first), second),
        (_, Some(alone)) => (None, with_uid(alone, rest)),
        (Some(second), None) => (Some(first), second),
        (None, None) => return None,
    };
    let arguments = after_spaces(verb.rest);
    Some(Command {
        tag,
        key: first,
        verb: verb.verb,
        uid: verb.uid,
        name: verb.name,
        arguments: text.len() - arguments.len()..text.len(),
        known: verb.known,
        capitals: verb.capitals,
    })
}

impl Command<'_> {
    /// True where the line cannot be content, which matters after a gap, and where the capture begins in the middle.
    /// Programs number their tags or write their verbs in capitals; sentences do neither.
    pub fn is_sure(&self) -> bool {
        let Some(tag) = self.tag else { return false };
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-$#".contains(byte);
        self.known
            && tag.len() <= 64
            && tag.iter().all(plain)
            && (self.capitals || tag.iter().any(u8::is_ascii_digit))
            && self.arguments.is_empty() == self.verb.stands_alone()
    }

    /// True where a program may have sent the line as a command, though its verb is not known.
    pub fn is_likely(&self) -> bool {
        let is_tag = |tag: &[u8]| tag.iter().all(u8::is_ascii_alphanumeric) && tag.iter().any(u8::is_ascii_digit);
        self.is_sure() || self.capitals && self.tag.is_some_and(is_tag)
    }
}

struct Named<'a> {
    verb: Verb,
    known: bool,
    uid: bool,
    capitals: bool,
    name: Cow<'a, str>,
    rest: &'a [u8],
}

/// The verb that begins `input` after its spaces.
fn verb(input: &[u8]) -> Option<Named<'_>> {
    let (rest, word) = preceded(spaces, atom).parse(input).ok()?;
    // A literal's announcement, a list or a string is not a verb.
    if word.iter().any(|byte| b"{}()\"\\".contains(byte)) {
        return None;
    }
    Some(with_uid(named(word), rest))
}

fn verb_named(word: &[u8]) -> Option<Named<'_>> {
    Some(named(word)).filter(|named| named.known)
}

fn named(word: &[u8]) -> Named<'_> {
    let name = in_capitals(word).map_or_else(|| String::from_utf8_lossy(word).to_uppercase().into(), Cow::Borrowed);
    // A letter that is not of ASCII may have one of ASCII as its capital.
    let known = word.is_ascii().then_some(&*name);
    let verb = known.and_then(Verb::named);
    Named {
        verb: verb.unwrap_or(Verb::Other),
        known: verb.is_some() || known.is_some_and(is_uid),
        uid: false,
        capitals: !word.iter().any(u8::is_ascii_lowercase),
        name,
        rest: b"",
    }
}

fn is_uid(name: &str) -> bool {
    name == "UID"
}

/// `uid = "UID" SP (copy / fetch / search / store)`: the verb proper follows.
fn with_uid<'a>(first: Named<'a>, rest: &'a [u8]) -> Named<'a> {
    let second = if is_uid(&first.name) { preceded(spaces, atom).parse(rest).ok() } else { None };
    match second {
        Some((rest, word)) => {
            let second = named(word);
            let known = second.known && second.name != "UID";
            Named { name: format!("UID {}", second.name).into(), uid: true, known, rest, ..second }
        }
        None => Named { rest, ..first },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_its_own_row() {
        for verb in Verb::all().filter(|verb| *verb != Verb::Other) {
            assert_eq!(verb.row().map(|row| row.verb), Some(verb));
        }
        assert!(Verb::Other.row().is_none());
    }

    /// Tag, name and arguments.
    fn read(text: &str) -> Option<(Option<String>, String, String, bool)> {
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        command(text.as_bytes()).map(|c| {
            let sure = c.is_sure();
            (c.tag.map(owned), c.name.into_owned(), owned(&text.as_bytes()[c.arguments]), sure)
        })
    }

    #[test]
    fn commands_are_distinguished_from_other_lines() {
        let tagged = |tag: &str, name: &str, arguments: &str, sure| {
            Some((Some(tag.to_owned()), name.to_owned(), arguments.to_owned(), sure))
        };
        assert_eq!(read("a1 LOGIN bob secret"), tagged("a1", "LOGIN", "bob secret", true));
        assert_eq!(read("17 uid  fetch 1:* (FLAGS)"), tagged("17", "UID FETCH", "1:* (FLAGS)", true));
        assert_eq!(read("a11 NOSUCHCOMMAND"), tagged("a11", "NOSUCHCOMMAND", "", false));
        assert_eq!(read("a1 noop"), tagged("a1", "NOOP", "", true));
        assert_eq!(read("a UID"), tagged("a", "UID", "", false));
        assert_eq!(read("a1 \u{17f}elect x"), tagged("a1", "SELECT", "x", false), "a long s");
        assert_eq!(read("LOGIN bob secret"), Some((None, "LOGIN".into(), "bob secret".into(), false)));
        // A server takes the first word for the tag, and so does this parser.
        assert_eq!(read("uid fetch 1 FLAGS"), tagged("uid", "FETCH", "1 FLAGS", false));
        assert_eq!(read("noop"), Some((None, "NOOP".into(), String::new(), false)));
        assert_eq!(read("hello"), None);
        assert_eq!(read("a {5}"), None);
        assert_eq!(read(""), None);
        assert_eq!(command(b"\xff\xfd\x03a1 NOOP").expect("a command").tag, Some(b"a1".as_slice()));
    }

    #[test]
    fn content_is_not_taken_for_a_command() {
        for text in ["please check the list", "Cc: list me", "we list all of them", "AAAA check x", "a1 NOOP now"] {
            assert!(read(text).is_none_or(|(.., sure)| !sure), "{text}");
        }
        for text in ["A001 SELECT INBOX", "a SELECT INBOX", "12 close", "xyz LOGOUT"] {
            assert!(read(text).is_some_and(|(.., sure)| sure), "{text}");
        }
    }
}
