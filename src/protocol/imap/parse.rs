//! Parsers for the arguments of commands and the data of responses (RFC 3501, section 9; RFC 2971; RFC 4315).

use super::lexer::{Word, astring, atom, nstring, number, spaces};
use crate::protocol::secret::Secret;
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{preceded, terminated};
use std::ops::Range;

/// What LOGIN carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// Decoded.
    pub username: Vec<u8>,
    /// Decoded; absent where only a name was sent.
    pub password: Option<Secret<Vec<u8>>>,
    /// The password as it was sent, as a range of the text. Covers all that follows the name.
    pub secret: Range<usize>,
}

/// `login = "LOGIN" SP userid SP password`, from the arguments on; `text` is the fragment's.
///
/// More than two words are a password typed with spaces and without quotes: the server refuses it, but it is one.
pub(super) fn login(text: &[u8], arguments: usize) -> Option<Login> {
    let (rest, username) = astring(text.get(arguments..)?).ok()?;
    let username = username.value.into_owned();
    let rest = spaces(rest).map_or(rest, |(rest, _)| rest);
    let start = text.len() - rest.len();
    match astring(rest) {
        Ok((more, Word { sent, value })) if more.trim_ascii().is_empty() => {
            // Around the password stands a quote on either side, or a literal's announcement before it.
            let around = rest.len() - more.len() - sent.len();
            let start = start + if rest.starts_with(b"\"") { around / 2 } else { around };
            Some(Login { username, password: Some(Secret::new(value)), secret: start..start + sent.len() })
        }
        Ok(_) => {
            let all = rest.trim_ascii_end();
            Some(Login { username, password: Some(Secret::new(all)), secret: start..start + all.len() })
        }
        Err(_) => Some(Login { username, password: None, secret: start..text.len() }),
    }
}

/// `auth-type` and, with SASL-IR (RFC 4959), the initial response as a range of `text`.
pub(super) fn authenticate(text: &[u8], arguments: usize) -> Option<(&[u8], Option<Range<usize>>)> {
    let (rest, mechanism) = atom(text.get(arguments..)?).ok()?;
    let Ok((rest, _)) = spaces(rest) else { return Some((mechanism, None)) };
    let initial = rest.trim_ascii_end();
    let start = text.len() - rest.len();
    Some((mechanism, (!initial.is_empty()).then_some(start..start + initial.len())))
}

/// `mailbox`, the first argument, decoded.
pub(super) fn mailbox(arguments: &[u8]) -> Option<Vec<u8>> {
    astring(arguments).ok().map(|(_, word)| super::mailbox_name::decode(&word.value))
}

/// `append = "APPEND" SP mailbox …` up to where a message's literal is announced: the mailbox, and what
/// follows it. `None` where the literal that the arguments end with is the mailbox itself.
pub(super) fn append(arguments: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (rest, word) = terminated(astring, spaces).parse(arguments).ok()?;
    Some((super::mailbox_name::decode(&word.value), rest))
}

/// `replace = "REPLACE" SP seq-number SP mailbox append-message` (RFC 8508), likewise.
pub(super) fn replace(arguments: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (rest, _) = terminated(atom, spaces).parse(arguments).ok()?;
    append(rest)
}

/// `id-params-list = "(" #(string SP nstring) ")"`: the value of `name`.
pub(super) fn id_name(arguments: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, _) = char::<_, nom::error::Error<_>>('(').parse(arguments).ok()?;
    loop {
        let pair: nom::IResult<_, _> = (preceded(opt(spaces), nstring), preceded(opt(spaces), nstring)).parse(rest);
        let (after, (key, value)) = pair.ok()?;
        match (key, value) {
            (Some(key), Some(value)) if key.value.eq_ignore_ascii_case(b"name") => {
                return Some(value.value.into_owned());
            }
            _ => rest = after,
        }
    }
}

/// The words of a capability list.
pub(super) fn capabilities(data: &[u8]) -> Vec<&[u8]> {
    data.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).collect()
}

/// `"UIDVALIDITY" SP nz-number`, from the number on.
pub(super) fn uid_validity(code: &[u8]) -> Option<u64> {
    number(code.trim_ascii()).ok().map(|(_, uid_validity)| uid_validity)
}

/// `resp-code-apnd = "APPENDUID" SP nz-number SP append-uid`: the UID of the message appended as the `nth`, from 0.
pub(super) fn append_uid(code: &[u8], nth: u64) -> Option<u64> {
    let set: nom::IResult<_, _> = preceded((number, spaces), atom).parse(code);
    let mut left = nth;
    for range in set.ok()?.1.split(|&byte| byte == b',') {
        let range: nom::IResult<_, _> = (number, opt(preceded(char(':'), number))).parse(range);
        let (_, (from, to)) = range.ok()?;
        let (low, high) = (from.min(to.unwrap_or(from)), from.max(to.unwrap_or(from)));
        match low.checked_add(left) {
            Some(uid) if uid <= high => return Some(uid),
            _ => left = left.checked_sub((high - low).checked_add(1)?)?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, password, and what would be masked.
    fn read(text: &str) -> (String, Option<String>, String) {
        let owned = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let login = login(text.as_bytes(), 2).expect("a log-in");
        (
            owned(login.username),
            login.password.map(|password| owned(password.reveal().to_vec())),
            text[login.secret].to_owned(),
        )
    }

    #[test]
    fn logins_are_read_in_all_their_forms() {
        let login = |name: &str, password: &str, secret: &str| (name.into(), Some(password.into()), secret.into());
        assert_eq!(read("L bob secret12"), login("bob", "secret12", "secret12"));
        assert_eq!(read("L bob secret12 "), login("bob", "secret12", "secret12"));
        assert_eq!(read(r#"L "bo b" "pa\"ss\\word""#), login("bo b", r#"pa"ss\word"#, r#"pa\"ss\\word"#));
        assert_eq!(read("L {3}\nb b {5+}\na\nb c"), login("b b", "a\nb c", "a\nb c"));
        assert_eq!(read("L bob my pass word"), login("bob", "my pass word", "my pass word"));
        assert_eq!(read("L bob  x"), login("bob", "x", "x"));
        assert_eq!(read(r#"L bob "" "#), login("bob", "", ""));
        assert_eq!(read("L bob \"open"), login("bob", "\"open", "\"open"));
        assert_eq!(read("L bob"), ("bob".into(), None, String::new()));
    }

    #[test]
    fn initial_responses_and_mailboxes_are_read() {
        assert_eq!(authenticate(b"PLAIN AGEAYg==", 0), Some((b"PLAIN".as_slice(), Some(6..14))));
        assert_eq!(authenticate(b"PLAIN", 0), Some((b"PLAIN".as_slice(), None)));
        let appended = |mailbox: &str, rest: &'static [u8]| Some((mailbox.as_bytes().to_vec(), rest));
        assert_eq!(append(b"{5}\nInbox (\\Seen) {10}"), appended("Inbox", b"(\\Seen) {10}"));
        assert_eq!(append(b"\"&ZeVnLIqe-\" {10}"), appended("日本語", b"{10}"));
        assert_eq!(append(b"{5}"), None);
        assert_eq!(replace(b"4 Drafts (\\Seen) {10}"), appended("Drafts", b"(\\Seen) {10}"));
        assert_eq!(replace(b"4 {6}"), None);
        assert_eq!(id_name(br#"("vendor" NIL "Name" "Thunder\"bird" "version" "1")"#), Some(b"Thunder\"bird".to_vec()));
        assert_eq!(id_name(b"NIL"), None);
        assert_eq!(id_name(b"(\"name\" NIL)"), None);
    }

    #[test]
    fn uids_of_appended_messages_are_counted_out() {
        assert_eq!(append_uid(b"38505 3955", 0), Some(3955));
        assert_eq!(append_uid(b"38505 3955", 1), None);
        assert_eq!(append_uid(b"1 3,10:12,7", 3), Some(12));
        assert_eq!(append_uid(b"1 3,10:12,7", 4), Some(7));
        assert_eq!(append_uid(b"1 0:18446744073709551615,5", u64::MAX), Some(u64::MAX));
        assert_eq!(append_uid(b"1 x", 0), None);
    }
}
