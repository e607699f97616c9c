//! The outermost records: the document, and one line of `ndjson`.

use super::each::Options;
use super::{Capture, Session, Summary};
use crate::verdict::Report;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the shape.
pub const VERSION: u32 = 1;

/// `--format json`: one document.
#[derive(Serialize, JsonSchema)]
#[allow(dead_code)] // Used only to generate the schema: `view::json` writes the document piece by piece.
pub(crate) struct Document<'a> {
    /// Always `mailtap`.
    #[schemars(extend("const" = "mailtap"))]
    pub format: &'static str,
    /// Version of the shape.
    #[schemars(extend("const" = VERSION))]
    pub version: u32,
    /// What was read.
    pub capture: Capture<'a>,
    /// The mail sessions, in the order of their first packet.
    pub sessions: Vec<Session<'a>>,
    /// Counts over all sessions.
    pub summary: Summary<'a>,
}

/// `--format ndjson`: one object per line.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)] // There is only one at a time, on the stack.
pub(crate) enum Line<'a> {
    /// A session that is over.
    Session(Session<'a>),
    /// The last line: capture and totals.
    Summary(LastLine<'a>),
}

/// The last line of `ndjson`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LastLine<'a> {
    /// Always `mailtap`.
    #[schemars(extend("const" = "mailtap"))]
    pub format: &'static str,
    /// Version of the shape.
    #[schemars(extend("const" = VERSION))]
    pub version: u32,
    /// What was read.
    pub capture: Capture<'a>,
    /// Counts over all sessions.
    pub summary: Summary<'a>,
}

impl<'a> LastLine<'a> {
    /// The line for `report`.
    pub fn new(report: &'a Report, options: Options) -> Self {
        Self {
            format: "mailtap",
            version: VERSION,
            capture: Capture::new(report),
            summary: Summary::new(report, options),
        }
    }
}
