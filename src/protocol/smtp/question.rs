//! What the client has asked the server, and what depends on the reply.

use super::command::Verb;
use super::replies_due::RepliesDue;
use super::transaction::{Decision, Sender};
use crate::limits::{heap, of_list};
use crate::protocol::event::{MessageId, StepId};
use crate::protocol::sasl::Exchange;

/// A question that the server has not answered yet.
#[derive(Debug)]
pub struct Pending {
    /// The client's step; absent where it was not captured.
    pub step: Option<StepId>,
    /// What was asked.
    pub question: Question,
    /// It may never be answered: servers pass over an empty line, and a client that has waited in vain goes on.
    pub passed_over: bool,
    /// A message that this command abandons: its outcome is known when the reply comes.
    pub gives_up: Option<Abandoned>,
}

/// What was asked, with what depends on the reply.
#[derive(Debug)]
pub enum Question {
    /// A command whose reply changes nothing but the state.
    Command(Verb),
    /// MAIL, with what it says.
    Mail(Sender),
    /// RCPT, with its forward-path.
    Rcpt(Option<Vec<u8>>),
    /// AUTH; the exchange is absent where no mechanism was named.
    Auth(Option<Box<Exchange>>),
    /// A response to a challenge.
    Response(Option<Box<Exchange>>),
    /// A chunk that is not the last.
    Chunk,
    /// An empty line: most servers refuse it, some pass over it.
    Blank,
    /// The last chunk of a message.
    LastChunk(ContentReplies),
    /// The content that ended with a dot.
    Content(ContentReplies),
    /// A line of content that the server takes for a command, having refused DATA.
    RefusedLine,
    /// Commands that are not in the capture: any number of them, even none.
    Unseen {
        /// They may have ended the transaction and begun another: the replies to them are missing too.
        another: bool,
    },
}

impl Question {
    /// Bytes that it has beside its own size, with its ticket: what cannot change while it waits.
    pub fn weight(&self) -> usize {
        let of_path = |path: &Option<Vec<u8>>| path.as_ref().map_or(0, of_list);
        size_of::<i64>()
            + match self {
                Self::Mail(sender) => of_path(&sender.path),
                Self::Rcpt(path) => of_path(path),
                Self::Auth(Some(_)) | Self::Response(Some(_)) => heap(size_of::<Exchange>()),
                _ => 0,
            }
    }
}

/// A message whose content was sent (or is being sent, for a chunk), and the replies that decide its outcome.
#[derive(Debug, Default)]
pub struct ContentReplies {
    /// The message; absent where none of its content was seen.
    pub message: Option<MessageId>,
    /// Steps of the content and of the replies so far.
    pub steps: Vec<StepId>,
    /// How many replies are still to come.
    pub due: RepliesDue,
    /// The client has gone on without some of them: it takes those that came for all.
    pub taken_for_all: bool,
    /// The reply that decides the message, as far as those that came say.
    pub decided: Option<Decision>,
}

impl ContentReplies {
    /// The reply for one recipient among several: the message is accepted if it is for one of them.
    pub fn one_decides(&mut self, decision: Decision) {
        match &self.decided {
            Some(already) if already.accepts() || !decision.accepts() => {}
            _ => self.decided = Some(decision),
        }
    }
}

/// A message that was abandoned before its last chunk.
#[derive(Debug)]
pub struct Abandoned {
    /// The message.
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

    /// True where it is not known how many replies are still to come.
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
