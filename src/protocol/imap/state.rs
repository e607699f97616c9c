//! The state of a conversation: of the session, of each side, and of the command or response under way there.
//! `dialogue.rs` has the diagram.

use super::State;
use super::body_structure::FilePart;
use super::early::Early;
use super::fetch_items::{MsgAttScanner, Section};
use super::fragmentizer::{Fragment, Fragmentizer, Literal};
use super::held_tail::HeldTail;
use super::literal_lines::LiteralLines;
use super::partial::{Body, PartialFetches};
use super::queue::{Authentication, CommandId, Queue};
use super::reply::{Code, Status};
use crate::protocol::event::{MessageId, StepId};
use crate::protocol::secret::Raw;

/// An IMAP conversation, both directions.
#[derive(Debug)]
pub struct Dialogue {
    pub(super) state: State,
    /// The selected mailbox's readable name.
    pub(super) mailbox: Option<Vec<u8>>,
    /// The server has sent a line; its first line is the greeting.
    pub(super) greeted: bool,
    /// The beginning of the connection is not in the capture.
    pub(super) in_the_middle: bool,
    /// The greeting is in the capture, and so is everything that led to the state.
    pub(super) from_start: bool,
    /// The client has sent its name (ID).
    pub(super) named: bool,
    pub(super) queue: Queue,
    /// AUTHENTICATE in flight, as long as challenges and responses are surely its own.
    pub(super) login: Option<CommandId>,
    /// A login whose AUTHENTICATE is not in the capture: the server's `+` shows it.
    pub(super) unseen_login: Option<Box<Authentication>>,
    /// Whether there was a gap since AUTHENTICATE began: in the client's stream, in the server's.
    pub(super) login_gaps: [bool; 2],
    pub(super) client: Client,
    pub(super) server: Server,
}

/// One side's stream.
#[derive(Debug)]
pub(super) struct Way {
    pub fragmentizer: Fragmentizer,
    pub desynchronised: bool,
    /// It was a gap that desynchronised it, and no line has been read since.
    pub follows_gap: bool,
    /// The lines passed over while desynchronised.
    pub skipped: Option<Fragment<'static>>,
}

/// The client's side.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub way: Way,
    /// The server has sent `+` to a command that is not in the capture, and may be an AUTHENTICATE.
    pub asked: bool,
    /// A literal that the server has not asked for yet.
    pub waiting: Option<PendingLiteral>,
    /// A literal that the server has refused, whose octets may come all the same.
    pub refused: Option<RefusedLiteral>,
    /// `+` lines that came within a command: emitted after it, since they ask for its parts.
    pub held: Vec<Fragment<'static>>,
    /// What the server has said in the middle of a message: it waits for the end of what comes of the message.
    pub interruption: Option<Fragment<'static>>,
    /// The next literal is APPEND's mailbox, or a word in its place.
    pub mailbox_comes: bool,
    /// APPEND, from its step to its end.
    pub append: Option<Append>,
    /// Something of it was captured.
    pub heard: bool,
    /// What may be a part of a login whose command is not in the capture.
    pub unplaced: Unplaced,
    /// Lines of literals sent without leave, which the server may take for commands.
    pub literal_lines: LiteralLines,
}

/// The server's side.
#[derive(Debug, Default)]
pub(super) struct Server {
    pub way: Way,
    /// What may follow a body that is shorter than announced.
    pub tail: HeldTail,
    /// How many bodies were shorter than announced, each in what was held back for the one before.
    pub short_bodies: u8,
    /// A FETCH response, from its first line to its last.
    pub fetch: Option<Fetch>,
    /// APPENDUID's arguments, where they come before their reply, as REPLACE's do (RFC 8508, section 3.1).
    pub appended: Option<Vec<u8>>,
    /// Messages that are fetched in pieces.
    pub partial_fetches: PartialFetches,
    /// BYE, which may be all that a login gets for a reply.
    pub last_words: Option<LastWords>,
    /// It reports changes that nobody asks about: NOTIFY is on (RFC 5465).
    pub notifies: bool,
    /// UIDVALIDITY, received while a mailbox is being selected.
    pub uid_validity: Option<u64>,
}

impl Default for Way {
    /// Desynchronised: the capture may begin in the middle, so the first line must surely be one of the protocol.
    fn default() -> Self {
        Self { fragmentizer: Fragmentizer::default(), desynchronised: true, follows_gap: false, skipped: None }
    }
}

impl Default for Dialogue {
    fn default() -> Self {
        Self {
            state: State::NotAuthenticated,
            mailbox: None,
            greeted: false,
            in_the_middle: false,
            from_start: false,
            named: false,
            queue: Queue::default(),
            login: None,
            unseen_login: None,
            login_gaps: [false; 2],
            client: Client::default(),
            server: Server::default(),
        }
    }
}

/// Lines of the client that are no commands, and may be a part of a login whose command is not in the capture.
#[derive(Debug, Default)]
pub(super) struct Unplaced {
    pub steps: Vec<StepId>,
    /// The last line; absent where a part of it is missing.
    pub line: Option<Raw<Vec<u8>>>,
}

/// BYE: the server says nothing more.
#[derive(Debug)]
pub(super) struct LastWords {
    pub step: StepId,
    pub words: Vec<u8>,
    pub code: Option<Code>,
}

/// A synchronising literal that the client has announced and the server has not asked for.
#[derive(Debug)]
pub(super) struct PendingLiteral {
    /// The command's tag.
    pub key: Raw<Vec<u8>>,
    /// The command so far, where the literal is part of its text; absent where the literal is a message.
    pub command: Option<Fragment<'static>>,
    pub octets: u64,
    /// What the client sent without waiting, until it is clear what it is.
    pub early: Early,
    /// The beginning of `early` is not a command, so it may be the literal.
    pub may_be_literal: bool,
    /// Bytes of the server are missing since then, and perhaps its `+`.
    pub answer_missing: bool,
}

impl PendingLiteral {
    /// A message's literal, in the command with tag `key`.
    pub fn for_message(key: &[u8], octets: u64) -> Self {
        Self {
            key: Raw(key.to_vec()),
            command: None,
            octets,
            early: Early::default(),
            may_be_literal: false,
            answer_missing: false,
        }
    }

    /// A literal that is a part of `command`.
    pub fn within(key: &[u8], command: Fragment<'_>, octets: u64) -> Self {
        Self { command: Some(command.into_owned()), ..Self::for_message(key, octets) }
    }
}

/// A literal that the server has refused. What a client sends of it without waiting, the server reads as commands.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefusedLiteral {
    /// Bytes that may still come of it, the line end after it included.
    pub left: u64,
    /// It may hold a password.
    pub is_secret: bool,
    /// Some of it has come.
    pub has_come: bool,
}

/// An APPEND whose step has been emitted and whose end has not come.
#[derive(Debug)]
pub(super) struct Append {
    pub command_id: CommandId,
    pub key: Raw<Vec<u8>>,
    pub step: StepId,
    pub mailbox: Option<Vec<u8>>,
    /// Messages before this one.
    pub nth: u64,
    pub form: Form,
    /// The line that announces the present content, where it is not the command's first.
    pub announcing: Option<Fragment<'static>>,
    /// The message whose content is coming.
    pub body: Option<AppendBody>,
    /// Where the content was, once all of it has come: its step waits for the line after it.
    pub came: Option<Literal>,
    /// The steps of its content.
    pub steps: Vec<StepId>,
    /// The reply, where it came while content was still coming.
    pub decided: Option<Decided>,
}

/// How a message is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As a literal.
    Literal,
    /// By CATENATE.
    Catenate {
        /// Nothing but text so far.
        only_text: bool,
    },
}

impl Form {
    /// The form that the words before a literal show, those after the mailbox or after the previous message.
    pub fn of(words: &[u8]) -> Self {
        const NAME: &[u8] = b"CATENATE (";
        let upper = words.to_ascii_uppercase();
        match memchr::memmem::find(&upper, NAME).and_then(|at| upper.get(at + NAME.len()..)) {
            Some(first) => Self::Catenate { only_text: is_text(first) },
            None => Self::Literal,
        }
    }
}

/// `text-literal = "TEXT" SP literal` (RFC 4469).
pub(super) fn is_text(words: &[u8]) -> bool {
    words.trim_ascii_start().get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"TEXT "))
}

/// A message whose content is coming.
#[derive(Debug, Clone, Copy)]
pub(super) struct AppendBody {
    pub message: MessageId,
    /// Some of it is not in the capture.
    pub has_gap: bool,
}

/// A completion that waits for the end of the content.
#[derive(Debug)]
pub(super) struct Decided {
    pub status: Status,
    pub step: StepId,
    pub words: Vec<u8>,
    pub uids: Vec<u8>,
}

/// A FETCH response that has begun and not ended.
#[derive(Debug)]
pub(super) struct Fetch {
    /// Absent where the response names its message by UID alone (RFC 9586).
    pub number: Option<u64>,
    /// Reads its words.
    pub scanner: MsgAttScanner,
    /// The step of the command that asked for it.
    pub command: Option<StepId>,
    /// The step with the response's words so far.
    pub step: Option<StepId>,
    /// Bodies that are quoted strings, in words that have not been emitted.
    pub quoted: Vec<(Section, Vec<u8>)>,
    /// The body that is coming.
    pub body: Option<Coming>,
    /// Bodies that have come, with the step of their content, whose UID may still come.
    pub open: Vec<(MessageId, Option<StepId>)>,
}

/// A body on its way.
#[derive(Debug)]
pub(super) struct Coming {
    pub body: Body,
    /// A part's MIME header, as far as it has come, with the part's number.
    pub mime: Option<FilePart>,
    /// Its UID has been emitted with it.
    pub uid_told: bool,
    /// Where the body was, once all of it has come: its step waits for the end of the response.
    pub came: Option<Literal>,
    /// The server sent fewer octets than it had announced.
    pub short: bool,
}
