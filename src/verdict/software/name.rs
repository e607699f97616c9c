//! What traits are called.

use std::fmt;

/// The name of a trait: the table of [`super::traits`] says what each is.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Name<'a> {
    Commands,
    Tags,
    FirstTag,
    Pipelining,
    MessageId,
    MessageIdLetters,
    MessageIdLength,
    Boundary,
    Fields,
    Greeting,
    Capabilities,
    /// `responses SELECT`.
    Responses,
    Bye,
    /// `reply VERB`, and where it is negative `reply VERB (no)`.
    Reply {
        verb: &'a str,
        is_positive: bool,
    },
}

const WORDS: [(&str, Name<'static>); 13] = [
    ("commands", Name::Commands),
    ("tags", Name::Tags),
    ("first-tag", Name::FirstTag),
    ("pipelining", Name::Pipelining),
    ("message-id", Name::MessageId),
    ("message-id-letters", Name::MessageIdLetters),
    ("message-id-length", Name::MessageIdLength),
    ("boundary", Name::Boundary),
    ("fields", Name::Fields),
    ("greeting", Name::Greeting),
    ("capabilities", Name::Capabilities),
    ("responses SELECT", Name::Responses),
    ("bye", Name::Bye),
];

impl<'a> Name<'a> {
    /// The one that `text` is.
    pub fn of(text: &'a str) -> Option<Self> {
        if let Some(verb) = text.strip_prefix("reply ") {
            let negative = verb.strip_suffix(" (no)");
            return Some(Self::Reply { verb: negative.unwrap_or(verb), is_positive: negative.is_none() });
        }
        WORDS.iter().find(|(word, _)| *word == text).map(|(_, name)| *name)
    }
}

impl PartialEq for Name<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Verbs of one length differ in their first letter, nearly always.
            (Self::Reply { verb, is_positive }, Self::Reply { verb: known, is_positive: is_known }) => {
                is_positive == is_known && verb.as_bytes().first() == known.as_bytes().first() && verb == known
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Eq for Name<'_> {}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { verb, is_positive } => write!(f, "reply {verb}{}", if *is_positive { "" } else { " (no)" }),
            other => f.write_str(WORDS.iter().find(|(_, name)| name == other).map_or("", |(word, _)| word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in WORDS.iter().map(|(word, _)| *word).chain(["reply MAIL", "reply RCPT (no)", "reply content"]) {
            assert_eq!(Name::of(text).map(|name| name.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Name::of("replies"), None);
    }

    #[test]
    fn names_are_told_apart() {
        let all = ["reply MAIL", "reply MAIL (no)", "reply MARK", "reply ", "reply M", "commands", "tags", "bye"];
        for (at, one) in all.iter().enumerate() {
            for (place, other) in all.iter().enumerate() {
                assert_eq!(Name::of(one) == Name::of(other), at == place, "{one} and {other}");
            }
        }
    }
}
