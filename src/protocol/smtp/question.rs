//! What the client has asked the server, and what hangs on the answer.

use super::command::Verb;
use crate::protocol::event::{MessageId, StepId};
use crate::protocol::sasl::Exchange;

/// Something that the server owes an answer.
#[derive(Debug)]
pub struct Pending {
    /// The client's step; absent where it was not captured.
    pub step: Option<StepId>,
    /// What was asked.
    pub question: Question,
    /// A message under way that this command gives up: its outcome is known when the reply comes.
    pub gives_up: Option<Abandoned>,
}

/// What was asked, with what hangs on the answer.
#[derive(Debug)]
pub enum Question {
    /// A command whose answer changes no more than the state.
    Command(Verb),
    /// MAIL, with its reverse-path.
    Mail(Option<Vec<u8>>),
    /// RCPT, with its forward-path.
    Rcpt(Option<Vec<u8>>),
    /// AUTH; the exchange is absent where no mechanism was named.
    Auth(Option<Box<Exchange>>),
    /// A response to a challenge.
    Response(Option<Box<Exchange>>),
    /// A chunk that is not the last.
    Chunk,
    /// The last chunk of a message.
    LastChunk(ContentReplies),
    /// The content that ended with a dot.
    Content(ContentReplies),
    /// A line of content that the server takes for a command, having refused DATA.
    RefusedLine,
    /// Commands that the capture lacks: any number of them, even none.
    Unseen {
        /// The transaction may be another one after them: what the server said to them is missing too.
        another: bool,
    },
}

/// A message whose content has crossed (or is crossing, for a chunk) and whose fate is being told.
#[derive(Debug, Default)]
pub struct ContentReplies {
    /// The message; absent where none of its content was seen.
    pub message: Option<MessageId>,
    /// Steps of the content and of the replies so far.
    pub steps: Vec<StepId>,
    /// How the server tells it.
    pub due: RepliesDue,
    /// The text of the reply that decides, as far as they have come.
    pub decided: Option<(bool, Vec<u8>)>,
}

impl ContentReplies {
    /// The decision of one recipient among several: one that is served is enough to call the message accepted.
    pub fn one_decides(&mut self, (accepted, reply): (bool, Vec<u8>)) {
        match &self.decided {
            Some((already, _)) if *already || !accepted => {}
            _ => self.decided = Some((accepted, reply)),
        }
    }
}

/// How many replies a message's content gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RepliesDue {
    /// One for all (RFC 5321).
    #[default]
    One,
    /// One for each accepted recipient (RFC 2033, section 4.2): that many are still to come.
    PerRecipient {
        /// Still to come, at least 1.
        left: usize,
    },
    /// LMTP: the same, but the replies to the recipients are still to come, before the first to the content.
    Later,
    /// One for each accepted recipient, of whom some are missing, or what became of them: the codes that have come, as many
    /// as recipients are kept. Whose they are is known only if in the end there are as many as recipients.
    Unknown(Vec<u16>),
    /// The same and then one for all (PRDR): the last that comes.
    UnknownAndOne(Vec<u16>),
    /// One for each accepted recipient and then one for all (draft-hall-prdr, announced by 353).
    PerRecipientAndOne {
        /// Of the recipients, still to come.
        left: usize,
    },
}

/// A message given up in mid-course.
#[derive(Debug)]
pub struct Abandoned {
    /// Which.
    pub message: MessageId,
    /// Its steps since the start.
    pub steps: Vec<StepId>,
}

impl Question {
    /// True for what a client may send without waiting for the replies to what it has sent before (RFC 2920, section
    /// 3.1), and is mostly sent that way.
    pub fn is_pipelined(&self) -> bool {
        matches!(self, Self::Rcpt(_) | Self::Command(Verb::Data) | Self::Chunk | Self::LastChunk(_))
    }

    /// True where nobody can tell how many replies are still to come.
    pub fn is_open_ended(&self) -> bool {
        matches!(
            self,
            Self::Content(d) | Self::LastChunk(d)
                if matches!(d.due, RepliesDue::Unknown(_) | RepliesDue::UnknownAndOne(_))
        )
    }

    /// How many replies are still to come.
    pub fn replies_due(&self) -> u64 {
        match self {
            Self::Content(content_replies) | Self::LastChunk(content_replies) => match content_replies.due {
                RepliesDue::One | RepliesDue::Later | RepliesDue::Unknown(_) | RepliesDue::UnknownAndOne(_) => 1,
                RepliesDue::PerRecipient { left } => left as u64,
                RepliesDue::PerRecipientAndOne { left } => left as u64 + 1,
            },
            _ => 1,
        }
    }
}
