//! A comparison as JSON. The doc comments are the descriptions in the schema.

use super::Compared;
use crate::capture::Time;
use crate::session::model;
use crate::verdict::compare::{self as verdict, Hand, How, Piece, Quiet, What, Why, pieces};
use crate::view::escape;
use crate::view::json::TerminalSafe;
use crate::view::record::{Context, Endpoint, Options, Shown, Step, VERSION, enums};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::ser::PrettyFormatter;
use std::io::{self, Write};

/// Most parts of two texts that are told.
const PIECES: usize = 1_000;

/// `mailtap compare --format json`: two sessions step by step beside each other.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Comparison<'a> {
    /// Always `mailtap`.
    #[schemars(extend("const" = "mailtap"))]
    format: &'static str,
    /// Version of the shape.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// Always `comparison`.
    #[schemars(extend("const" = "comparison"))]
    r#type: &'static str,
    /// The left session.
    left: ComparedSession<'a>,
    /// The right session.
    right: ComparedSession<'a>,
    /// The rows, in the order of both sessions.
    #[schemars(with = "Vec<ComparedRow<'a>>")]
    rows: Rows<'a>,
    /// How many rows there are of each sort.
    tally: ComparedRows,
    /// The index in `rows`, from 0, of the row in which the sessions part: the first in which one has a step that the other
    /// has not, the outcome or the command differs, or a word is written over. Absent where they are the same process.
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<usize>,
    /// The comparison in one or two sentences, in the language asked for.
    summary: String,
}

/// One of two compared sessions.
#[derive(Serialize, JsonSchema)]
struct ComparedSession<'a> {
    /// The file it was read from, as given.
    file: &'a str,
    /// Its number among the sessions of that file.
    id: u64,
    /// The protocol spoken.
    protocol: enums::Protocol,
    /// The endpoint that opened the connection.
    client: Endpoint,
    /// The other endpoint.
    server: Endpoint,
    /// Time of the first packet, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    started: Option<Shown<Time>>,
    /// Time of the last packet, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    ended: Option<Shown<Time>>,
    /// Packets of the connection.
    packets: u64,
    /// How many steps it has.
    steps: usize,
    /// How the connection ended, as in a session.
    end: enums::CloseReason,
    /// False if the capture began in the middle of the connection.
    from_start: bool,
}

/// How many rows of a comparison there are of each sort.
#[derive(Serialize, JsonSchema)]
struct ComparedRows {
    /// All rows.
    rows: u64,
    /// Those with `how` `same`.
    same: u64,
    /// Those with `how` `quiet`.
    quiet: u64,
    /// Those with `how` `differs`.
    differs: u64,
    /// Those with `how` `only-left`.
    only_left: u64,
    /// Those with `how` `only-right`.
    only_right: u64,
    /// Those with `how` `unseen`.
    unseen: u64,
}

/// A row of a comparison: a step of either session, or of one alone.
#[derive(Serialize, JsonSchema)]
struct ComparedRow<'a> {
    /// The left session's step. Absent where only the right one has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<Step<'a>>,
    /// The right session's step. Absent where only the left one has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<Step<'a>>,
    /// `same`; `quiet`: in what always differs; `differs`; `only-left`, `only-right`: the step has no counterpart;
    /// `unseen`: it has none in the capture, and may have one.
    #[schemars(extend("enum" = ["same", "quiet", "differs", "only-left", "only-right", "unseen"]))]
    how: &'static str,
    /// What differs (`quiet`, `differs`), or why a counterpart may not have been captured (`unseen`: `gap`, `encrypted`,
    /// `outside`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("enum" = WHATS))]
    what: Option<&'static str>,
    /// The parts of both texts, where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    text: Vec<ComparedText<'a>>,
    /// How the contents of the two messages differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ComparedContent<'a>>,
}

/// A part of two texts; it has one field.
#[derive(Serialize, JsonSchema)]
struct ComparedText<'a> {
    /// In both.
    #[serde(skip_serializing_if = "Option::is_none")]
    same: Option<&'a str>,
    /// On the left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<&'a str>,
    /// On the right alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    right: Option<&'a str>,
}

/// How the contents of two messages differ.
#[derive(Serialize, JsonSchema)]
struct ComparedContent<'a> {
    /// Bytes of the left content.
    left_size: u64,
    /// Bytes of the right content.
    right_size: u64,
    /// Offset of the first byte that differs, from 0. Absent where the contents were not kept: then the digests differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<u64>,
    /// The line that this byte is in, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// Bytes of the left content from there to the part that both end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_changed: Option<u64>,
    /// Bytes of the right content from there to the part that both end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    right_changed: Option<u64>,
    /// True if what follows the header is the same, line ends aside.
    same_body: bool,
    /// Names of header fields that only the left message has.
    fields_gone: &'a [String],
    /// Names of header fields that only the right message has.
    fields_added: &'a [String],
    /// Names of header fields that both have, with different values.
    fields_changed: &'a [String],
    /// True if a content is not complete in the capture.
    incomplete: bool,
}

/// The words of `what`.
const WHATS: [&str; 24] = [
    "name",
    "tag",
    "words",
    "nonce",
    "spelling",
    "order",
    "declared-size",
    "size",
    "not-compared",
    "further",
    "outcome",
    "code",
    "reason",
    "verb",
    "hello",
    "arguments",
    "capabilities",
    "answer",
    "overwritten",
    "content",
    "text",
    "gap",
    "encrypted",
    "outside",
];

struct Rows<'a>(&'a Compared<'a>);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.comparison.rows.iter().map(|row| ComparedRow::new(self.0, row)))
    }
}

impl<'a> ComparedRow<'a> {
    fn new(compared: &'a Compared<'a>, row: &'a verdict::Row) -> Self {
        let options = Options { lang: compared.lang, ..Options::default() };
        let steps = compared.steps(row);
        let [left, right] = compared.sessions;
        let record =
            |session, step: Option<&'a model::Step>| step.map(|step| Step::new(step, &Context::new(session, options)));
        let (how, what) = words(&row.how);
        let text = match steps {
            [Some(one), Some(other)] if one.text != other.text => {
                let [ours, theirs] = [one, other].map(|step| escape::cut(&step.text, options.text_limit).0);
                pieces(ours, theirs).into_iter().take(PIECES).map(ComparedText::new).collect()
            }
            _ => Vec::new(),
        };
        let content = match &row.how {
            How::Differs(What::Content(changed)) => Some(ComparedContent::new(changed)),
            _ => None,
        };
        Self { left: record(left, steps[0]), right: record(right, steps[1]), how, what, text, content }
    }
}

impl<'a> ComparedText<'a> {
    fn new(piece: Piece<'a>) -> Self {
        let none = Self { same: None, left: None, right: None };
        match piece {
            Piece::Same(text) => Self { same: Some(text), ..none },
            Piece::Left(text) => Self { left: Some(text), ..none },
            Piece::Right(text) => Self { right: Some(text), ..none },
        }
    }
}

impl<'a> ComparedContent<'a> {
    fn new(changed: &'a verdict::Changed) -> Self {
        let place = changed.place.as_ref();
        Self {
            left_size: changed.sizes[0],
            right_size: changed.sizes[1],
            first_difference: place.map(|place| place.first),
            line: place.map(|place| place.line),
            left_changed: place.map(|place| place.lengths[0]),
            right_changed: place.map(|place| place.lengths[1]),
            same_body: changed.same_body,
            fields_gone: &changed.gone,
            fields_added: &changed.added,
            fields_changed: &changed.changed,
            incomplete: changed.incomplete,
        }
    }
}

/// The words of `how` and `what`.
fn words(how: &How) -> (&'static str, Option<&'static str>) {
    match how {
        How::Same => ("same", None),
        How::Only(Hand::Left) => ("only-left", None),
        How::Only(Hand::Right) => ("only-right", None),
        How::Quiet(quiet) => (
            "quiet",
            Some(match quiet {
                Quiet::Name => "name",
                Quiet::Tag => "tag",
                Quiet::Words => "words",
                Quiet::Nonce => "nonce",
                Quiet::Spelling => "spelling",
                Quiet::Order => "order",
                Quiet::DeclaredSize => "declared-size",
                Quiet::Size => "size",
                Quiet::NotCompared => "not-compared",
                Quiet::Further => "further",
            }),
        ),
        How::Differs(what) => (
            "differs",
            Some(match what {
                What::Outcome => "outcome",
                What::Code => "code",
                What::Reason => "reason",
                What::Verb => "verb",
                What::Hello => "hello",
                What::Arguments => "arguments",
                What::Capabilities => "capabilities",
                What::Answer => "answer",
                What::Overwritten => "overwritten",
                What::Content(_) => "content",
                What::Text => "text",
            }),
        ),
        How::Unseen(_, why) => (
            "unseen",
            Some(match why {
                Why::Gap => "gap",
                Why::Encrypted => "encrypted",
                Why::Outside => "outside",
            }),
        ),
    }
}

/// Writes a comparison as one JSON document.
///
/// # Errors
/// If `out` cannot be written.
pub fn json(out: &mut dyn Write, compared: &Compared<'_>) -> io::Result<()> {
    let session = |hand: usize| {
        let session = compared.sessions[hand];
        ComparedSession {
            file: compared.files[hand],
            id: session.id,
            protocol: enums::Protocol(session.protocol),
            client: Endpoint::new(session.transport.endpoints.client),
            server: Endpoint::new(session.transport.endpoints.server),
            started: session.transport.first.time.known().map(Shown),
            ended: session.transport.last.time.known().map(Shown),
            packets: session.transport.counters.packets,
            steps: session.steps.len(),
            end: enums::CloseReason(session.transport.end),
            from_start: session.transport.from_start,
        }
    };
    let tally = compared.comparison.tally;
    let document = Comparison {
        format: "mailtap",
        version: VERSION,
        r#type: "comparison",
        left: session(0),
        right: session(1),
        rows: Rows(compared),
        tally: ComparedRows {
            rows: tally.rows,
            same: tally.same,
            quiet: tally.quiet,
            differs: tally.differ,
            only_left: tally.only_left,
            only_right: tally.only_right,
            unseen: tally.unseen,
        },
        parting: compared.comparison.parting,
        summary: compared.summary(),
    };
    let pretty = TerminalSafe(PrettyFormatter::new());
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, pretty))?;
    out.write_all(b"\n")?;
    out.flush()
}
