//! A secret that is known to be one, and what it is.

use crate::protocol::secret::SecretKind;
use std::rc::Rc;

/// A secret that is known to be one.
#[derive(Clone)]
pub(in crate::view::redact) struct Known {
    /// What it is.
    pub kind: SecretKind,
    /// Without the blanks and control characters around it: a client that sends `secret` and a line end in base64 means
    /// the same.
    pub secret: Rc<str>,
}

/// The same secret, whatever it was used as.
impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl Known {
    /// `None` for an empty secret. Of several responses, the last one counts.
    pub fn new(kind: SecretKind, secret: &str) -> Option<Self> {
        let mut secret = bare(secret);
        if kind == SecretKind::Response {
            secret = bare(secret.lines().last().unwrap_or_default());
        }
        (!secret.is_empty()).then(|| Self { kind, secret: secret.into() })
    }
}

/// A secret without what does not count.
pub fn bare(secret: &str) -> &str {
    let bare = secret.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if bare.is_empty() { secret } else { bare }
}
