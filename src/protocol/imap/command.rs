//! IMAP's commands.

use super::lexer::{atom, spaces, without_telnet};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;
use std::ops::Range;

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    Capability,
    Noop,
    Logout,
    StartTls,
    Authenticate,
    Login,
    Select,
    Examine,
    Create,
    Delete,
    Rename,
    Subscribe,
    Unsubscribe,
    List,
    Lsub,
    Status,
    Append,
    Check,
    Close,
    Unselect,
    Expunge,
    Search,
    Fetch,
    Store,
    Copy,
    Move,
    Sort,
    Thread,
    Idle,
    Namespace,
    Id,
    Enable,
    Compress,
    /// GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).
    Quota,
    /// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314).
    Acl,
    /// GETMETADATA, SETMETADATA (RFC 5464).
    Metadata,
    Notify,
    /// APPEND and EXPUNGE in one (RFC 8508).
    Replace,
    /// RFC 5255.
    Language,
    /// RFC 5255.
    Comparator,
    /// GENURLAUTH, RESETKEY, URLFETCH (RFC 4467).
    Url,
    /// RFC 5259.
    Convert,
    /// RFC 5267.
    CancelUpdate,
    /// RFC 8437.
    Unauthenticate,
    /// Of Sun's servers: an administrator acts as a user.
    ProxyAuth,
    /// Apple's notifications: the device asks to be told by another way.
    Push,
    /// RFC 9698.
    JmapAccess,
    /// A verb that is none of these.
    Other,
}

/// Every verb by its names, upper case.
const NAMES: [(&str, Verb); 62] = [
    ("CAPABILITY", Verb::Capability),
    ("NOOP", Verb::Noop),
    ("LOGOUT", Verb::Logout),
    ("STARTTLS", Verb::StartTls),
    ("AUTHENTICATE", Verb::Authenticate),
    ("LOGIN", Verb::Login),
    ("SELECT", Verb::Select),
    ("EXAMINE", Verb::Examine),
    ("CREATE", Verb::Create),
    ("DELETE", Verb::Delete),
    ("RENAME", Verb::Rename),
    ("SUBSCRIBE", Verb::Subscribe),
    ("UNSUBSCRIBE", Verb::Unsubscribe),
    ("LIST", Verb::List),
    ("XLIST", Verb::List),
    ("RLIST", Verb::List),
    ("LSUB", Verb::Lsub),
    ("RLSUB", Verb::Lsub),
    ("STATUS", Verb::Status),
    ("APPEND", Verb::Append),
    ("CHECK", Verb::Check),
    ("CLOSE", Verb::Close),
    ("UNSELECT", Verb::Unselect),
    ("EXPUNGE", Verb::Expunge),
    ("SEARCH", Verb::Search),
    ("ESEARCH", Verb::Search),
    ("FETCH", Verb::Fetch),
    ("STORE", Verb::Store),
    ("COPY", Verb::Copy),
    ("MOVE", Verb::Move),
    ("SORT", Verb::Sort),
    ("THREAD", Verb::Thread),
    ("IDLE", Verb::Idle),
    ("NAMESPACE", Verb::Namespace),
    ("ID", Verb::Id),
    ("ENABLE", Verb::Enable),
    ("COMPRESS", Verb::Compress),
    ("GETQUOTA", Verb::Quota),
    ("GETQUOTAROOT", Verb::Quota),
    ("SETQUOTA", Verb::Quota),
    ("GETACL", Verb::Acl),
    ("SETACL", Verb::Acl),
    ("DELETEACL", Verb::Acl),
    ("LISTRIGHTS", Verb::Acl),
    ("MYRIGHTS", Verb::Acl),
    ("GETMETADATA", Verb::Metadata),
    ("SETMETADATA", Verb::Metadata),
    ("GETANNOTATION", Verb::Metadata),
    ("SETANNOTATION", Verb::Metadata),
    ("NOTIFY", Verb::Notify),
    ("REPLACE", Verb::Replace),
    ("CONVERT", Verb::Convert),
    ("CANCELUPDATE", Verb::CancelUpdate),
    ("LANGUAGE", Verb::Language),
    ("COMPARATOR", Verb::Comparator),
    ("GENURLAUTH", Verb::Url),
    ("RESETKEY", Verb::Url),
    ("URLFETCH", Verb::Url),
    ("UNAUTHENTICATE", Verb::Unauthenticate),
    ("PROXYAUTH", Verb::ProxyAuth),
    ("XAPPLEPUSHSERVICE", Verb::Push),
    ("GETJMAPACCESS", Verb::JmapAccess),
];

impl Verb {
    /// The verb called `name`; `None` where no command is called so.
    fn named(name: &[u8]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|&(_, verb)| verb)
    }

    /// All there are.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let seen = &mut std::collections::HashSet::new();
        let named: Vec<Self> = NAMES.iter().map(|&(_, verb)| verb).filter(|verb| seen.insert(*verb)).collect();
        named.into_iter().chain([Self::Other])
    }

    /// True where nothing may follow the verb.
    fn stands_alone(self) -> bool {
        matches!(
            self,
            Self::Capability
                | Self::Noop
                | Self::Logout
                | Self::StartTls
                | Self::Check
                | Self::Close
                | Self::Unselect
                | Self::Expunge
                | Self::Idle
                | Self::Namespace
                | Self::Unauthenticate
                | Self::JmapAccess
        )
    }
}

/// A command as it was sent (RFC 3501, section 9: `command = tag SP (…) CRLF`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// The tag; absent where somebody who typed by hand forgot it.
    pub tag: Option<&'a [u8]>,
    /// The first word, which the server takes for a tag in any case: its reply begins with it.
    pub key: &'a [u8],
    /// The verb.
    pub verb: Verb,
    /// Said with UID before the verb.
    pub uid: bool,
    /// The verb as the table shows it: upper case, with its UID.
    pub name: String,
    /// What follows the verb, as a range of the text.
    pub arguments: Range<usize>,
    known: bool,
    capitals: bool,
}

/// Reads a command off the beginning of a fragment's text. `None` where it has no verb.
///
/// A line whose second word is no verb while its first is one was typed without a tag.
pub(super) fn command(text: &[u8]) -> Option<Command<'_>> {
    let (rest, first) = preceded(opt(spaces), atom).parse(without_telnet(text)).ok()?;
    let second = verb(rest);
    let (tag, verb) = match (second, verb_named(first)) {
        (Some(second), _) if second.known => (Some(first), second),
        (_, Some(alone)) => (None, with_uid(alone, rest)),
        (Some(second), None) => (Some(first), second),
        (None, None) => return None,
    };
    let arguments = opt(spaces).parse(verb.rest).map_or(verb.rest, |(rest, _): (_, Option<_>)| rest);
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
    /// True where nobody could mistake the line for content: after a gap, or where the capture begins in the middle.
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
}

struct Named<'a> {
    verb: Verb,
    known: bool,
    uid: bool,
    capitals: bool,
    name: String,
    rest: &'a [u8],
}

/// The verb that begins `input` after its spaces.
fn verb(input: &[u8]) -> Option<Named<'_>> {
    let (rest, word) = preceded(spaces, atom).parse(input).ok()?;
    // An announced literal, a list or a string is no verb: whoever sent it meant something else.
    if word.iter().any(|byte| b"{}()\"\\".contains(byte)) {
        return None;
    }
    Some(with_uid(named(word), rest))
}

fn verb_named(word: &[u8]) -> Option<Named<'static>> {
    Some(named(word)).filter(|named| named.known)
}

fn named(word: &[u8]) -> Named<'static> {
    let verb = Verb::named(word);
    Named {
        verb: verb.unwrap_or(Verb::Other),
        known: verb.is_some() || is_uid(word),
        uid: false,
        capitals: !word.iter().any(u8::is_ascii_lowercase),
        name: String::from_utf8_lossy(word).to_uppercase(),
        rest: b"",
    }
}

fn is_uid(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"UID")
}

/// `uid = "UID" SP (copy / fetch / search / store)`: the verb proper follows.
fn with_uid<'a>(first: Named<'a>, rest: &'a [u8]) -> Named<'a> {
    let second = if is_uid(first.name.as_bytes()) { preceded(spaces, atom).parse(rest).ok() } else { None };
    match second {
        Some((rest, word)) => {
            let second = named(word);
            let known = second.known && second.name != "UID";
            Named { name: format!("UID {}", second.name), uid: true, known, rest, ..second }
        }
        None => Named { rest, ..first },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tag, name and arguments.
    fn read(text: &str) -> Option<(Option<String>, String, String, bool)> {
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        command(text.as_bytes()).map(|c| {
            let sure = c.is_sure();
            (c.tag.map(owned), c.name, owned(&text.as_bytes()[c.arguments]), sure)
        })
    }

    #[test]
    fn commands_are_told_from_what_is_none() {
        let tagged = |tag: &str, name: &str, arguments: &str, sure| {
            Some((Some(tag.to_owned()), name.to_owned(), arguments.to_owned(), sure))
        };
        assert_eq!(read("a1 LOGIN bob secret"), tagged("a1", "LOGIN", "bob secret", true));
        assert_eq!(read("17 uid  fetch 1:* (FLAGS)"), tagged("17", "UID FETCH", "1:* (FLAGS)", true));
        assert_eq!(read("a11 NOSUCHCOMMAND"), tagged("a11", "NOSUCHCOMMAND", "", false));
        assert_eq!(read("a1 noop"), tagged("a1", "NOOP", "", true));
        assert_eq!(read("a UID"), tagged("a", "UID", "", false));
        assert_eq!(read("LOGIN bob secret"), Some((None, "LOGIN".into(), "bob secret".into(), false)));
        // A server takes the first word for the tag, and so does whoever watches it.
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
