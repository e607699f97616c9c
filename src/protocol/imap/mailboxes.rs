//! The mailboxes that a step names, made readable where they crossed in modified UTF-7 (RFC 3501, section 5.1.3).

use super::command::command;
use super::lexer::{Word, astring, atom};
use super::{Subject, Untagged, What, mailbox_name};
use std::borrow::Cow;

/// The mailbox names in modified UTF-7 in `text`, a step's, made readable. All of them: their number is bounded by the
/// length of the text, at most [`crate::limits::LINE_BYTES`].
pub fn readable_mailboxes(subject: &Subject, text: &[u8]) -> Vec<Vec<u8>> {
    if memchr::memchr(b'&', text).is_none() {
        return Vec::new();
    }
    let arguments = match &subject.what {
        What::Command { verb, .. } if verb.names_mailboxes() => {
            command(text).and_then(|command| text.get(command.arguments))
        }
        What::Untagged(
            Untagged::List
            | Untagged::Lsub
            | Untagged::Status
            | Untagged::StatusReport
            | Untagged::Quota
            | Untagged::Acl
            | Untagged::Metadata
            | Untagged::Namespace,
        ) => text.get(2..),
        _ => None,
    };
    let (mut names, mut rest) = (Vec::new(), arguments.unwrap_or_default());
    // Set after a quote that is never closed: all quotes after it are escaped, and cannot be closed either. Looking for
    // the end of each would take quadratic time.
    let mut unclosed = false;
    while let Some(&next) = rest.first() {
        if b" ()\r\n".contains(&next) {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let word = match next {
            b'"' if unclosed => atom(rest).map(|(after, sent)| (after, Word { sent, value: Cow::Borrowed(sent) })),
            _ => astring(rest),
        };
        let Ok((after, word)) = word else { break };
        unclosed |= next == b'"' && word.sent.starts_with(b"\"");
        let is_atom = after.len() + word.sent.len() == rest.len();
        let value = match word.value.strip_suffix(b")") {
            // The end of a list.
            Some(value) if is_atom => value,
            _ => &word.value,
        };
        let readable = mailbox_name::decode(value);
        if readable != value {
            names.push(readable);
        }
        rest = after;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::{State, Verb};
    use super::*;
    use crate::limits::LINE_BYTES;

    fn names(what: What, text: &str) -> Vec<String> {
        let subject = Subject { state: State::Selected, what };
        let names = readable_mailboxes(&subject, text.as_bytes());
        names.into_iter().map(|name| String::from_utf8_lossy(&name).into_owned()).collect()
    }

    #[test]
    fn names_are_made_readable_where_they_are_not() {
        let said = |verb, text| names(What::Command { verb, uid: false }, text);
        assert_eq!(said(Verb::Select, "a SELECT &ZeVnLIqe-"), ["日本語"]);
        assert_eq!(said(Verb::Select, "a SELECT INBOX"), [""; 0]);
        assert_eq!(said(Verb::Rename, "a RENAME {10}\n&ZeVnLIqe- \"R&-D\""), ["日本語", "R&D"]);
        assert_eq!(said(Verb::Copy, "a UID COPY 1:2 \"&U,BTFw-\""), ["台北"]);
        assert_eq!(said(Verb::List, "a LIST (SUBSCRIBED) \"\" (\"a\" &U,BTFw-/*)"), ["台北/*"]);
        assert_eq!(said(Verb::Select, "a SELECT R&D"), [""; 0], "no modified UTF-7");
        assert_eq!(said(Verb::Login, "a LOGIN &U,BTFw- x"), [""; 0], "no mailbox");
        let listed = "* LIST (\\HasNoChildren) \"/\" \"&V4NXPpCuTvY-\"";
        assert_eq!(names(What::Untagged(Untagged::List), listed), ["垃圾邮件"]);
        assert_eq!(names(What::Untagged(Untagged::Status), "* STATUS &U,BTFw- (MESSAGES 3)"), ["台北"]);
        assert_eq!(names(What::Untagged(Untagged::Fetch), "* 1 FETCH (BODY[1] \"&U,BTFw-\")"), [""; 0]);
        assert_eq!(said(Verb::Select, "a SELECT \"open &U,BTFw-"), ["台北"]);
    }

    #[test]
    fn all_names_are_returned_however_many() {
        let listed = format!("* LIST (){}", " &U,BTFw-".repeat(LINE_BYTES / 9));
        assert_eq!(names(What::Untagged(Untagged::List), &listed), vec!["台北"; LINE_BYTES / 9]);
    }

    /// Each quote here begins a word of its own, and is escaped for the words before it. Looking for the end of each
    /// takes hours.
    #[test]
    fn quotes_that_are_not_closed_are_looked_through_once() {
        let text = format!("* LIST {}", "{1}\n\\\"&U,BTFw- ".repeat(100_000));
        assert_eq!(names(What::Untagged(Untagged::List), &text), vec!["\"台北"; 100_000]);
    }
}
