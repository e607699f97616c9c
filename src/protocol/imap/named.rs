//! The mailboxes that a step names, made readable where they crossed in modified UTF-7 (RFC 3501, section 5.1.3).

use super::command::command;
use super::lexer::astring;
use super::{Subject, Untagged, Verb, What, mailbox_name};

/// Mailboxes that are told of one step.
const NAMES: usize = 16;

/// The names of mailboxes in `text`, a step's, that are not readable as they stand there, made readable.
pub fn readable_mailboxes(subject: &Subject, text: &[u8]) -> Vec<Vec<u8>> {
    if memchr::memchr(b'&', text).is_none() {
        return Vec::new();
    }
    let arguments = match &subject.what {
        What::Command { verb, .. } if names_mailboxes(*verb) => {
            command(text).and_then(|command| text.get(command.arguments))
        }
        What::Untagged(
            Untagged::List
            | Untagged::Lsub
            | Untagged::Status
            | Untagged::Quota
            | Untagged::Acl
            | Untagged::Metadata
            | Untagged::Namespace,
        ) => text.get(2..),
        _ => None,
    };
    let (mut names, mut rest) = (Vec::new(), arguments.unwrap_or_default());
    while names.len() < NAMES
        && let Some(next) = rest.first()
    {
        if b" ()\r\n".contains(next) {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let Ok((after, word)) = astring(rest) else { break };
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

/// True for commands whose arguments are mailboxes, among others.
fn names_mailboxes(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Select
            | Verb::Examine
            | Verb::Create
            | Verb::Delete
            | Verb::Rename
            | Verb::Subscribe
            | Verb::Unsubscribe
            | Verb::List
            | Verb::Lsub
            | Verb::Status
            | Verb::Append
            | Verb::Replace
            | Verb::Copy
            | Verb::Move
            | Verb::Quota
            | Verb::Acl
            | Verb::Metadata
    )
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

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
}
