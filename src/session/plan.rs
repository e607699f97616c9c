/*!
What is to be made of each session: decided once, before the first packet, and handed down whole from the pipeline to the
last attachment.

It is the place for what else a session is made with, such as the keys of TLS. Rules look at a session that is made, and
stand in the pipeline's options.
*/

use super::content_store::ContentStore;
use std::sync::Arc;

/// What is to be made of each session.
#[derive(Debug, Default)]
pub struct Plan {
    /// What is asked for.
    pub needs: Needs,
    /// Where the content of messages and attachments goes. It is forgotten as it streams by where this is `None`.
    pub content_store: Option<Arc<dyn ContentStore>>,
}

/// What is asked for. What is not is not computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Messages' digests, header fields and MIME structure. Without them a message is its envelope, size and outcome.
    pub messages: bool,
    /// Attachments, decoded and digested. Nothing without `messages`.
    pub attachments: bool,
    /// What steps say. Without it a step is what it does, when, and in which packets.
    pub texts: bool,
}

impl Needs {
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

impl From<Needs> for Plan {
    /// Content is not kept.
    fn from(needs: Needs) -> Self {
        Self { needs, content_store: None }
    }
}

impl From<Needs> for Arc<Plan> {
    fn from(needs: Needs) -> Self {
        Self::new(Plan::from(needs))
    }
}
