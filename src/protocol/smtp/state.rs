//! What the client's next bytes are, and what decides it: `dialogue.rs` has the picture.

use super::content::{Chunk, Content};
use super::reply::Reply;
use super::xexch50::Xexch50Octets;
use crate::protocol::event::StepId;
use crate::protocol::framing::LineEnd;
use crate::protocol::sasl::Exchange;

/// How the server's direction began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// No reply was seen yet.
    Nothing,
    /// With a greeting.
    Greeting,
    /// With something else: the capture began later than the session.
    MidStream,
}

/// What the client's next bytes are.
#[derive(Debug)]
pub(super) enum ClientInput {
    /// Lines, each a command unless something has gone before.
    Commands(LineContext),
    /// Not known before a reply comes: they are deferred.
    Waiting(Awaiting),
    /// The answer to a challenge, a line. The exchange is absent where AUTH was not seen.
    Responding(Option<Box<Exchange>>),
    /// A message, up to the dot.
    Content(Content),
    /// Part of a message, by count.
    Chunk(Chunk),
    /// What is no part of a message, by count.
    Xexch50(Xexch50Octets),
}

/// What has gone before a line that may be a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineContext {
    /// Nothing: it is one.
    Nothing,
    /// A refused DATA: the client may send its message nevertheless.
    Refusal,
    /// A refused AUTH: the client may send the password nevertheless.
    RefusedLogin,
    /// A gap: it may be the rest of anything.
    Gap,
    /// STARTTLS, in the same breath: the server throws it away (RFC 3207, section 4.2).
    StartTls,
    /// Nothing, and it was not said to this server but to something on the way to it.
    Elsewhere,
}

/// What a line lacks that follows a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterGap {
    /// Nothing: it follows no gap.
    No,
    /// Its beginning, perhaps, and other lines before it.
    Line,
    /// The same within a log-in: it may be the rest of a password.
    Login,
}

/// What decides.
#[derive(Debug)]
pub(super) enum Awaiting {
    /// Nothing was said yet: the first line or the greeting tells whether this is the beginning.
    Opening,
    /// The reply to this command.
    Reply {
        /// The command's step, or the response's.
        step: StepId,
        /// What was asked for.
        to: AwaitedReply,
        /// The server's bytes have a gap since: whatever the client sends, the reply was in it.
        blind: bool,
    },
    /// The first lines after a gap in content, if bytes of the server's are missing too: if they are commands, then the
    /// content has ended in the gap, and the reply to it is missing.
    Content {
        /// What was read before the gap.
        content: Content,
    },
    /// Whether the server takes a dot between bare LFs for the end of data.
    EndOfData {
        /// What was read up to that dot.
        content: Content,
        /// How the dot's own line ended.
        own: LineEnd,
        /// How the line before it ended.
        before: LineEnd,
        /// The server's bytes have a gap since.
        blind: bool,
        /// A reply that came when a CR LF dot CR LF was waiting too: to which of the two?
        postponed: Option<Reply<'static>>,
    },
}

/// The commands after which only the reply tells what the client's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AwaitedReply {
    /// DATA.
    Data,
    /// AUTH, or a response to a challenge.
    Auth,
    /// STARTTLS.
    StartTls,
    /// A BDAT that no server can count by: a server may still do so.
    Chunk,
    /// XEXCH50 of so many octets.
    Octets(u64),
}
