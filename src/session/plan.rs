/*!
What is to be made of each session: decided once, before the first packet, and handed down whole from the pipeline to the
last attachment.

It is the place for what else a session is made with, such as the keys of TLS. Rules look at a session that is made, and
stand in the pipeline's options.
*/

use super::keep::Keeper;
use std::sync::Arc;

/// What is to be made of each session.
#[derive(Debug, Default)]
pub struct Plan {
    /// What is asked for.
    pub needs: Wanted,
    /// Where the content of messages and attachments goes. It is forgotten as it streams by where this is `None`.
    pub keeper: Option<Arc<dyn Keeper>>,
}

/// What is asked for. What is not is not computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Messages' digests, header fields and MIME structure. Without them a message is its envelope, size and outcome.
    pub messages: bool,
    /// Attachments, decoded and digested. Nothing without `messages`.
    pub attachments: bool,
    /// What steps say. Without it a step is what it does, when, and in which packets.
    pub texts: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Self = Self { messages: true, attachments: true, texts: true };
    /// Steps with what they say, log-ins and envelopes alone.
    pub const STEPS: Self = Self { messages: false, attachments: false, texts: true };
    /// What is always there: steps without what they say, log-ins, envelopes.
    pub const NONE: Self = Self { messages: false, attachments: false, texts: false };
    /// What steps say.
    pub const TEXTS: Self = Self { texts: true, ..Self::NONE };
    /// Messages' digests, header fields and MIME structure.
    pub const MESSAGES: Self = Self { messages: true, ..Self::NONE };

    /// What is asked for by either.
    pub const fn and(self, other: Self) -> Self {
        Self {
            messages: self.messages || other.messages,
            attachments: self.attachments || other.attachments,
            texts: self.texts || other.texts,
        }
    }
}

impl From<Wanted> for Plan {
    /// Content is not kept.
    fn from(needs: Wanted) -> Self {
        Self { needs, keeper: None }
    }
}

impl From<Wanted> for Arc<Plan> {
    fn from(needs: Wanted) -> Self {
        Self::new(Plan::from(needs))
    }
}
