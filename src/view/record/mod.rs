/*!
The public shape of the JSON, apart from the model: structs that borrow from it and are serialised as they are walked
through, so that no second copy of a session is ever made.

Programs are written against this shape: a field keeps its name and its meaning; fields may be added. Absent means
unknown or not applicable: never `null`, never an empty string standing for "none". The doc comments of these types are
the descriptions in the JSON Schema ([`super::schema`]).
*/

mod capture;
mod community;
mod credential;
pub(super) mod enums;
mod finding;
mod message;
mod session;
mod step;

pub(crate) use capture::{Capture, Summary};
pub(crate) use community::community_id;
pub(crate) use message::Message;
pub(super) use message::{About, Attachment, attachment};
pub(super) use session::Endpoint;
pub(crate) use session::Session;
pub(crate) use step::Step;

use super::Lang;
use crate::verdict::Report;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

/// The version of the shape.
pub const VERSION: u32 = 1;

/// What of a record is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The language of purposes and findings.
    pub lang: Lang,
    /// Characters after which a step's text is cut.
    pub text_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { lang: Lang::default(), text_limit: 1_000 }
    }
}

/// `--format json`: one document.
#[derive(Serialize, JsonSchema)]
#[allow(dead_code)] // Only its schema is made from it: the document is written piece by piece.
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

/// `--format ndjson`: one object a line.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)] // One at a time, on the stack.
pub(crate) enum Line<'a> {
    /// A session that is over.
    Session(Session<'a>),
    /// The last line.
    Summary(LastLine<'a>),
}

/// What the last line of `ndjson` holds.
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
    pub fn new(report: &'a Report) -> Self {
        Self { format: "mailtap", version: VERSION, capture: Capture::new(report), summary: Summary::new(report) }
    }
}

/// A list that is made entry by entry while it is written: `make` turns an `M` of the model into a `T` of the record.
pub(crate) struct Each<'a, M, T> {
    items: &'a [M],
    make: fn(&'a M, &Context<'a>) -> T,
    context: Context<'a>,
    made: PhantomData<T>,
}

/// What a part of a record needs to know of the whole.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub session: &'a crate::session::Session,
    pub options: Options,
}

impl<'a, M, T> Each<'a, M, T> {
    fn new(items: &'a [M], context: Context<'a>, make: fn(&'a M, &Context<'a>) -> T) -> Self {
        Self { items, make, context, made: PhantomData }
    }
}

impl<M, T: Serialize> Serialize for Each<'_, M, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(|item| (self.make)(item, &self.context)))
    }
}

impl<M, T: JsonSchema> JsonSchema for Each<'_, M, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<T>::json_schema(generator)
    }
}

/// Anything whose `Display` is its JSON string.
pub(crate) struct Shown<T>(pub T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In one piece: what is written in many is looked through for what must be escaped as often.
        serializer.serialize_str(&self.0.to_string())
    }
}

/// An address as it is printed: an IPv4-mapped one as IPv4, without a scope.
pub(crate) fn ip(address: IpAddr) -> Shown<IpAddr> {
    Shown(address.to_canonical())
}

/// A digest, printed in lower-case hexadecimal.
pub(crate) struct Hex(pub [u8; 32]);

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A text that may be unknown, without those that say nothing.
pub(crate) fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Nanoseconds as milliseconds with microseconds' precision.
pub(crate) fn milliseconds(nanoseconds: i64) -> f64 {
    // Exact: below 2^53 µs, which is 285 years.
    (nanoseconds / 1_000) as f64 / 1_000.0
}
