//! POP3's replies.

/// The first line of a reply (RFC 1939, section 3; RFC 2449, section 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// `+OK`, not `-ERR`.
    pub ok: bool,
    /// Extended response code, upper case, without brackets.
    pub code: Option<Box<str>>,
    /// What follows the status.
    pub text: &'a [u8],
}

impl Reply<'_> {
    /// Whether it says that a command is not known, in the words of Dovecot, Courier, Cyrus, qpopper, Exchange and others.
    pub fn is_of_unknown_command(&self) -> bool {
        const WORDS: [&[u8]; 7] = [
            b"unknown",
            b"unrecogni",
            b"invalid command",
            b"bad command",
            b"syntax",
            b"not implemented",
            b"protocol error",
        ];
        if self.ok || self.code.is_some() {
            return false;
        }
        let text = self.text.to_ascii_lowercase();
        WORDS.iter().any(|word| memchr::memmem::find(&text, word).is_some())
    }
}
