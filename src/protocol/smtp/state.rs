//! What the client's next bytes are, and what decides it: `dialogue.rs` has the diagram.

use super::reply::Reply;
use super::transaction::Decision;
use crate::limits::{STEPS_PER_SESSION, heap};
use crate::protocol::event::{ContentMark, MessageId, MessageOutcome, Sink, StepId};
use crate::protocol::framing::{DotBlock, LineEnd};
use crate::protocol::sasl::Exchange;
use crate::protocol::span::Span;

/// The fewest bytes in which one transaction can end and another begin: the end of content, and `MAIL FROM:<>`.
pub(super) const ANOTHER: u64 = 17;

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
    /// Lines; [`LineContext`] says whether they are commands.
    Commands(LineContext),
    /// Not known before a reply comes: they are deferred.
    Waiting(Awaiting),
    /// The answer to a challenge, a line. The exchange is absent where AUTH was not seen.
    Responding(Option<Box<Exchange>>),
    /// A message, up to the dot.
    Content(Box<Content>),
    /// Part of a message, by count.
    Chunk(Box<Chunk>),
    /// The octets after XEXCH50, by count: not part of a message.
    Xexch50(Box<Xexch50Octets>),
}

/// What came before a line that may be a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineContext {
    /// Nothing special: the line is a command.
    Nothing,
    /// A refused DATA: the client may send its message nevertheless.
    Refusal,
    /// A refused AUTH: the client may send the password nevertheless.
    RefusedLogin,
    /// A gap: it may be the rest of anything.
    Gap,
    /// A STARTTLS that the client sent the line together with: the server discards it (RFC 3207, section 4.2).
    StartTls,
    /// The line was not sent to this server but to something on the way to it, such as a proxy.
    Elsewhere,
}

/// What a gap has taken from the client's next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterGap {
    /// Nothing: the line does not follow a gap.
    No,
    /// Its beginning, perhaps, and other lines before it.
    Line,
    /// The same within a login: the line may be the rest of a password.
    Login,
}

/// What decides how the client's next bytes are read.
#[derive(Debug)]
pub(super) enum Awaiting {
    /// Nothing was received yet: the first line or the greeting tells whether this is the beginning.
    Opening,
    /// The reply to this command.
    Reply {
        /// The command's step, or the response's.
        step: StepId,
        /// What the reply answers.
        to: AwaitedReply,
        /// The server's stream has had a gap since: once the client goes on, the reply was in that gap.
        blind: bool,
    },
    /// The octets of a chunk, none of which has come: the reply to BDAT may come first.
    Octets(Announced),
    /// The first lines after a gap in content, where bytes of the server are missing too. If they are commands, the
    /// content ended in the gap, and the reply to it is missing.
    Content {
        /// What was read before the gap.
        content: Box<Content>,
    },
    /// Whether the server takes a dot between bare LFs for the end of data.
    EndOfData {
        /// What was read up to that dot.
        content: Box<Content>,
        /// How the dot's own line ended.
        own: LineEnd,
        /// How the line before it ended.
        before: LineEnd,
        /// The server's stream has had a gap since.
        blind: bool,
        /// A reply that came while a CR LF dot CR LF was deferred too: it may answer either of the two dots.
        postponed: Option<Box<Reply<'static>>>,
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
    /// A BDAT without a size that servers accept.
    Chunk,
    /// XEXCH50 with this many octets.
    Octets(u64),
}

/// Content that ends with a dot.
#[derive(Debug)]
pub(super) struct Content {
    /// The step of DATA; absent where it was not seen.
    pub data: Option<StepId>,
    /// Absent until something of it was seen.
    pub message: Option<MessageId>,
    /// Finds its end.
    pub block: DotBlock,
    /// Where on the wire it was, the final dot included.
    pub span: Span,
    /// Bytes of it are missing.
    pub has_gap: bool,
    /// Its beginning was not captured.
    pub headless: bool,
    /// The server shows that it has ended, though its end was not captured.
    pub end_missing: bool,
    /// Bytes of the server are missing since the content began: the reply to it may be among them.
    pub answered: bool,
    /// Only CR LF dot CR LF ends it: the server did not take a dot between bare LFs for the end.
    pub strict: bool,
    /// The server has refused it before its end.
    pub refused: Option<Decision>,
}

impl Content {
    /// The content after the DATA of this step.
    pub fn after(data: StepId) -> Box<Self> {
        Box::new(Self { data: Some(data), ..Self::from_its_beginning() })
    }

    /// The content after a DATA that was not seen, though the 354 was.
    pub fn after_unseen_data() -> Box<Self> {
        Box::new(Self::from_its_beginning())
    }

    /// Content of which the beginning was not seen.
    pub fn in_the_middle() -> Box<Self> {
        Box::new(Self::of_unknown_beginning())
    }

    fn from_its_beginning() -> Self {
        Self { block: DotBlock::default(), has_gap: false, headless: false, ..Self::of_unknown_beginning() }
    }

    fn of_unknown_beginning() -> Self {
        let block = DotBlock::in_the_middle();
        let span = Span::default();
        Self {
            data: None,
            message: None,
            block,
            span,
            has_gap: true,
            headless: true,
            end_missing: false,
            answered: false,
            strict: false,
            refused: None,
        }
    }

    /// Bytes of the server are missing: the reply to this content may be among them.
    pub fn perhaps_answered(mut self: Box<Self>) -> Box<Self> {
        self.answered = true;
        self
    }

    /// True where none of it was seen.
    pub fn is_unseen(&self) -> bool {
        self.message.is_none()
    }

    /// The dot between bare LFs belongs to the content, and so does every other of that kind.
    pub fn going_on(mut self: Box<Self>, before: LineEnd, own: LineEnd, out: &mut dyn Sink) -> Box<Self> {
        self.strict = true;
        self.add_dot_line(before, own, out);
        self
    }

    /// The server has taken this dot line for the end.
    pub fn ended_by(self, before: LineEnd, own: LineEnd, out: &mut dyn Sink) -> Self {
        self.mark(ContentMark::DotLine { before, own, ends: true }, out);
        self
    }

    /// The server has refused it; the client may not have noticed yet.
    pub fn refuse(&mut self, decision: Decision) {
        self.refused.get_or_insert(decision);
    }

    /// A dot line that is content.
    pub fn add_dot_line(&self, before: LineEnd, own: LineEnd, out: &mut dyn Sink) {
        self.mark(ContentMark::DotLine { before, own, ends: false }, out);
        self.add(line_of_a_dot(before, own), out);
    }

    /// Marks the place that it has reached.
    pub fn mark(&self, mark: ContentMark, out: &mut dyn Sink) {
        if let Some(message) = self.message {
            out.content_mark(message, mark);
        }
    }

    /// The next bytes of it.
    pub fn add(&self, bytes: &[u8], out: &mut dyn Sink) {
        if let Some(message) = self.message {
            out.content(message, bytes);
        }
    }
}

/// What a dot line stands for in content. After a bare LF it is not a line (RFC 5321, section 2.3.8), so its dot is
/// content; after CR LF the dot was stuffed, if anything follows it in the line.
fn line_of_a_dot(before: LineEnd, own: LineEnd) -> &'static [u8] {
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
    /// Octets that BDAT announced.
    pub octets: u64,
    /// Octets to come.
    pub left: u64,
    /// Some of its own octets are missing.
    pub missing: bool,
    /// It carries LAST.
    pub last: bool,
    /// Where on the wire it was.
    pub span: Span,
    /// Bytes of it, or of a chunk before it, are missing.
    pub has_gap: bool,
    /// Of the last chunk: the outcome of the message, where it was known before the content had ended.
    pub decided: Option<MessageOutcome>,
}

/// A message whose last chunk has not come yet.
#[derive(Debug)]
pub(super) struct OpenMessage {
    /// The message.
    pub message: MessageId,
    /// Its steps since the start.
    pub steps: Vec<StepId>,
    /// Bytes of it are missing.
    pub has_gap: bool,
}

impl OpenMessage {
    /// Adds a step, up to [`STEPS_PER_SESSION`]: a session keeps no more, so a message needs no more either.
    pub fn add(&mut self, step: StepId) {
        if self.steps.len() < STEPS_PER_SESSION {
            self.steps.push(step);
        }
    }

    /// `missing` bytes of the client are not in the capture: at most that many belong to the message.
    pub fn gap(&mut self, missing: u64, out: &mut dyn Sink) {
        self.has_gap = true;
        out.content_missing(self.message, missing);
    }
}

/// The octets after an XEXCH50 that the server has accepted.
#[derive(Debug)]
pub(super) struct Xexch50Octets {
    /// Octets to come.
    pub left: u64,
    /// Where on the wire they were.
    pub span: Span,
}

impl Xexch50Octets {
    /// `octets` are to come.
    pub fn new(octets: u64) -> Self {
        Self { left: octets, span: Span::default() }
    }
}

/// Octets that BDAT has announced and of which none has come.
#[derive(Debug)]
pub(super) struct Announced {
    /// The step of BDAT.
    pub step: StepId,
    /// How many they are.
    pub octets: u64,
    /// BDAT carries LAST.
    pub last: bool,
    /// The refusal that came before them, and its step.
    pub refusal: Option<Box<(Reply<'static>, StepId)>>,
}

/// What is held.
#[derive(Debug)]
pub(super) enum Held {
    /// A line in no form of a reply, read as one.
    Line(Reply<'static>),
    /// A reply that may answer the front of the queue, or the question that was asked last.
    Reply(Reply<'static>),
}

impl Held {
    /// Bytes that its text takes.
    pub fn text(&self) -> usize {
        let (Self::Line(reply) | Self::Reply(reply)) = self;
        heap(reply.text.len())
    }
}
