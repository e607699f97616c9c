/*!
From byte streams to the steps of a conversation: SMTP, LMTP, POP3, IMAP, SASL and TLS. Knows no table and no JSON.

SMTP, POP3 and IMAP have seven files in common: `command.rs` and `reply.rs` (types), `parse.rs` (pure parsers),
`client.rs` and `server.rs` (what each side sends), `queue.rs` (commands in flight), and `dialogue.rs` (the type that
holds a session's state; its methods are spread over the folder). Each has files of its own beside them. A [`Dialogue`]
receives both directions of a connection in causal order, through the layers of its [`channel`], and reports to a
[`Sink`] in the vocabulary of [`event`], to which each protocol adds its own `Subject`.
*/

pub mod channel;
mod credential;
pub mod detect;
mod dialogue;
pub mod event;
pub mod framing;
pub mod login_cause;
mod number;
pub mod ports;
mod proxy;
pub mod sasl;
pub mod secret;
pub(crate) mod span;

pub mod imap;
pub mod pop3;
pub mod smtp;
pub mod tls;

/// `word` as text, where it is ASCII without lower case: most programs send their verbs so.
fn in_capitals(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word).ok().filter(|word| word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()))
}

#[cfg(test)]
pub(crate) mod testing;

pub use dialogue::{Dialogue, Early, Upgrade};
pub use event::{Sink, StepId};

/// A mail protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033.
    Lmtp,
    /// RFC 1939.
    Pop3,
    /// RFC 3501 and 9051.
    Imap,
}

impl Protocol {
    /// The name in the JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Pop3 => "pop3",
            Self::Imap => "imap",
        }
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Smtp, Self::Lmtp, Self::Pop3, Self::Imap]
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| format!("no protocol is called `{name}`: smtp, lmtp, pop3 and imap are"))
    }
}
