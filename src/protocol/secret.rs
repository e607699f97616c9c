/*!
What must not be shown by accident: secrets, and bytes that have not been parsed yet.

The parser that finds a secret wraps it in a [`Secret`]; only code that calls [`Secret::reveal`] can show it. Other
bytes of the client (a line, read or half-read; input that waits for a reply) may hold a password too. They are wrapped
in [`Raw`], which formats them as a number of bytes.
*/

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Shown in place of a secret.
pub const MASK: &str = "********";

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// A password.
    Password,
    /// A bearer token.
    Token,
    /// The answer to a challenge.
    Response,
}

/// A password, a token, an answer to a challenge, or the form in which one of them crossed. Formatted as asterisks.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Secret<T>(T);

impl<T: Deref> Secret<T> {
    /// Wraps `secret`.
    pub fn new(secret: impl Into<T>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &T::Target {
        &self.0
    }

    /// Unwraps the secret, to make another value of it.
    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

/// Bytes off the wire that may hold a secret. Formatted as their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Raw<T>(pub T);

impl<T> Deref for Raw<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Raw<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: AsRef<[u8]>> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.as_ref().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_formatted_as_asterisks() {
        let secret = Some(Secret::<Vec<u8>>::new("secret12"));
        assert_eq!(format!("{secret:?}"), "Some(Secret(********))");
        assert_eq!(Secret::<String>::new("secret12").to_string(), MASK);
        assert_eq!(format!("{:?}", Raw(b"secret12".to_vec())), "8 bytes");
    }
}
