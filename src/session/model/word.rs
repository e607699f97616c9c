//! A word that takes little room.

use std::fmt;
use std::ops::Deref;

/// Bytes of a word that has no memory of its own.
const SHORT: usize = 14;

/// A word, such as a verb or a tag: nearly all of them are of a few letters, and have no memory of their own.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Word(Letters);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Letters {
    /// So many of these bytes.
    Short(u8, [u8; SHORT]),
    /// A pointer to it is one word of memory, where a `Box<str>` is two.
    #[expect(clippy::box_collection, reason = "see above")]
    Long(Box<String>),
}

impl Word {
    /// The word.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // The bytes are those of a text, always.
            Letters::Short(length, bytes) => {
                bytes.get(..usize::from(*length)).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
            }
            Letters::Long(word) => word,
        }
    }

    /// Bytes that it has on the heap.
    pub fn weight(&self) -> usize {
        match &self.0 {
            Letters::Short(..) => 0,
            Letters::Long(word) => crate::limits::heap(size_of::<String>()) + crate::limits::heap(word.capacity()),
        }
    }
}

impl From<&str> for Word {
    fn from(word: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..word.len()), u8::try_from(word.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(word.as_bytes());
                Self(Letters::Short(length, bytes))
            }
            _ => Self(Letters::Long(Box::new(word.to_owned()))),
        }
    }
}

impl From<String> for Word {
    fn from(word: String) -> Self {
        match word.len() {
            ..=SHORT => Self::from(word.as_str()),
            _ => Self(Letters::Long(Box::new(word))),
        }
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        match word.0 {
            Letters::Short(..) => word.as_str().to_owned(),
            Letters::Long(word) => *word,
        }
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for Word {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Without what it says: a password may stand where a command belongs.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_word_is_small() {
        assert!(size_of::<Option<Word>>() <= 16, "{} bytes", size_of::<Option<Word>>());
        assert_eq!(Word::from("AUTHENTICATE").weight(), 0);
        assert!(Word::from("XAUTHENTICATION").weight() > 15, "{}", Word::from("XAUTHENTICATION").weight());
    }

    proptest! {
        #[test]
        fn a_word_is_what_it_was(text in "\\PC{0,20}") {
            let word = Word::from(text.as_str());
            prop_assert_eq!(&word, &Word::from(text.clone()));
            prop_assert_eq!(word.as_str(), &*text);
            let packed = postcard::to_allocvec(&word).unwrap();
            prop_assert_eq!(&packed, &postcard::to_allocvec(&text).unwrap());
            prop_assert_eq!(&postcard::from_bytes::<Word>(&packed).unwrap(), &word);
            prop_assert_eq!(String::from(word), text);
        }
    }
}
