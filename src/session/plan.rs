/*!
What is computed for each session: decided once, before the first packet, and passed on whole from the pipeline down to
the last attachment.

Whatever else sessions are built with, such as TLS keys, belongs here. Rules do not: they check a finished session, and
are among the pipeline's options.
*/

use super::content_store::ContentStore;
use super::digester::Digester;
use crate::protocol::tls::keys::Keys;
use std::sync::Arc;

/// What is computed for each session.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is asked for.
    pub needs: Needs,
    /// Where the content of messages and attachments is kept; with `None` it is forgotten as it streams by.
    pub content_store: Option<Arc<dyn ContentStore>>,
    /// Where whole conversations are kept, the bytes of both sides in the order in which they were delivered; with `None`
    /// they are forgotten.
    pub raw_store: Option<Arc<dyn ContentStore>>,
    /// Secrets of TLS, by which sessions inside it are read; with `None` they stay closed.
    pub keys: Option<Arc<dyn Keys>>,
    /// Makes the digests of large messages on a thread of its own.
    pub digester: Option<Arc<Digester>>,
}

/// What is asked for: nothing else is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Messages' lines, header fields and MIME structure. Without them a message is its envelope, size and outcome.
    pub messages: bool,
    /// Digests of messages and of their bodies, by which they are known again: most of what a message costs. Has no effect
    /// without `messages`.
    pub digests: bool,
    /// Attachments, decoded and digested. Has no effect without `messages`; with them, messages are digested too.
    pub attachments: bool,
    /// Digests of messages' texts, by which they are known again where they were changed on the way. Has no effect without
    /// `messages`.
    pub prints: bool,
    /// The texts of steps. Without them a step is what it does, when, and in which packets.
    pub texts: bool,
    /// What is wrong with the content of messages as it crosses: line ends, dots, long lines.
    pub faults: bool,
}

impl Needs {
    /// Everything.
    pub const ALL: Self =
        Self { messages: true, digests: true, attachments: true, prints: true, texts: true, faults: true };
    /// Steps with their texts, logins and envelopes alone.
    pub const STEPS: Self = Self { texts: true, ..Self::NONE };
    /// What is always computed: steps without their texts, logins, envelopes.
    pub const NONE: Self =
        Self { messages: false, digests: false, attachments: false, prints: false, texts: false, faults: false };
    /// The texts of steps.
    pub const TEXTS: Self = Self { texts: true, ..Self::NONE };
    /// Messages' lines, header fields and MIME structure.
    pub const MESSAGES: Self = Self { messages: true, ..Self::NONE };
    /// What is wrong with messages' content.
    pub const FAULTS: Self = Self { faults: true, ..Self::NONE };

    /// What either asks for.
    pub const fn and(self, other: Self) -> Self {
        Self {
            messages: self.messages || other.messages,
            digests: self.digests || other.digests,
            attachments: self.attachments || other.attachments,
            prints: self.prints || other.prints,
            texts: self.texts || other.texts,
            faults: self.faults || other.faults,
        }
    }
}

impl From<Needs> for Plan {
    /// Content is not kept.
    fn from(needs: Needs) -> Self {
        Self { needs, ..Self::default() }
    }
}

impl From<Needs> for Arc<Plan> {
    fn from(needs: Needs) -> Self {
        Self::new(Plan::from(needs))
    }
}
