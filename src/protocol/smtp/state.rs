//! What the client's next bytes are, and what decides it: `dialogue.rs` has the picture.

use super::reply::Reply;
use crate::limits::STEPS_PER_SESSION;
use crate::protocol::event::{MessageId, MessageOutcome, Sink, StepId};
use crate::protocol::framing::{DotBlock, LineEnd};
use crate::protocol::sasl::Exchange;
use crate::protocol::span::Span;

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

/// Content that ends with a dot.
#[derive(Debug)]
pub(super) struct Content {
    /// DATA; absent where it was not seen.
    pub data: Option<StepId>,
    /// Absent until something of it was seen.
    pub message: Option<MessageId>,
    /// Finds its end.
    pub block: DotBlock,
    /// Where on the wire it was, the final dot included.
    pub span: Span,
    /// Bytes of it are missing.
    pub has_gap: bool,
    /// Bytes of the server's are missing since it began: the reply to it may be among them.
    pub answered: bool,
    /// Only CR LF dot CR LF ends it: the server has not taken less.
    pub strict: bool,
    /// The server has refused it before its end.
    pub refused: Option<(StepId, Vec<u8>)>,
}

impl Content {
    /// The content after the DATA of this step.
    pub fn after(data: StepId) -> Self {
        Self { data: Some(data), block: DotBlock::default(), has_gap: false, ..Self::in_the_middle() }
    }

    /// The content after a DATA that was not seen, though the 354 was.
    pub fn after_unseen_data() -> Self {
        Self { block: DotBlock::default(), has_gap: false, ..Self::in_the_middle() }
    }

    /// Content of which the beginning was not seen.
    pub fn in_the_middle() -> Self {
        let block = DotBlock::in_the_middle();
        let span = Span::default();
        Self { data: None, message: None, block, span, has_gap: true, answered: false, strict: false, refused: None }
    }

    /// Bytes of the server's are missing.
    pub fn perhaps_answered(self) -> Self {
        Self { answered: true, ..self }
    }

    /// Nothing of it was seen.
    pub fn is_unseen(&self) -> bool {
        self.message.is_none()
    }

    /// The dot that was in doubt belongs to the content, and so does every other of its kind.
    pub fn going_on(mut self, before: LineEnd, own: LineEnd, out: &mut dyn Sink) -> Self {
        self.strict = true;
        self.add(line_of_a_dot(before, own), out);
        self
    }

    /// The server has refused it; the client may not have noticed yet.
    pub fn refuse(&mut self, step: StepId, text: &[u8]) {
        self.refused.get_or_insert_with(|| (step, text.to_vec()));
    }

    /// The next bytes of it.
    pub fn add(&self, bytes: &[u8], out: &mut dyn Sink) {
        if let Some(message) = self.message {
            out.content(message, bytes);
        }
    }
}

/// What a dot line is as content. After a bare LF it is no line at all (RFC 5321, section 2.3.8), so its dot stays;
/// after CR LF its dot was stuffed, if anything follows it in the line.
pub(super) fn line_of_a_dot(before: LineEnd, own: LineEnd) -> &'static [u8] {
    match (before, own) {
        (LineEnd::CrLf, LineEnd::CrLf) => b"\r\n",
        (LineEnd::CrLf, _) => b"\n",
        (_, LineEnd::CrLf) => b".\r\n",
        _ => b".\n",
    }
}

/// Content by count.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The step of its BDAT.
    pub bdat: StepId,
    /// The message that it is a part of.
    pub message: MessageId,
    /// Octets to come.
    pub left: u64,
    /// It carries LAST.
    pub last: bool,
    /// Where on the wire it was.
    pub span: Span,
    /// Bytes of it, or of a chunk before it, are missing.
    pub has_gap: bool,
    /// Of the last chunk: what became of the message, known before its content had ended.
    pub decided: Option<MessageOutcome>,
}

/// A message of which chunks have come, and not the last.
#[derive(Debug)]
pub(super) struct OpenMessage {
    /// Which.
    pub message: MessageId,
    /// Its steps since the start.
    pub steps: Vec<StepId>,
    /// Bytes of it are missing.
    pub has_gap: bool,
}

impl OpenMessage {
    /// A session keeps no more steps than that, so a message needs no more of them.
    pub fn add(&mut self, step: StepId) {
        if self.steps.len() < STEPS_PER_SESSION {
            self.steps.push(step);
        }
    }

    /// `missing` bytes of the client's are not in the capture: at most as many of the message.
    pub fn gap(&mut self, missing: u64, out: &mut dyn Sink) {
        self.has_gap = true;
        out.content_missing(self.message, missing);
    }
}

/// Octets that the server has asked for.
#[derive(Debug)]
pub(super) struct Xexch50Octets {
    /// Octets to come.
    pub left: u64,
    /// Where on the wire they were.
    pub span: Span,
}

impl Xexch50Octets {
    /// So many are to come.
    pub fn new(octets: u64) -> Self {
        Self { left: octets, span: Span::default() }
    }
}
