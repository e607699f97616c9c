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
