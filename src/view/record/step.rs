//! A step: one row of the table.

use super::{Context, Shown, enums, ip, milliseconds, non_empty};
use crate::capture::Time;
use crate::flow::Side;
use crate::protocol::event::{Kind, Packets};
use crate::protocol::smtp::Enhanced;
use crate::session::model;
use crate::verdict::purpose::purpose;
use crate::view::{escape, locale};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::net::IpAddr;

/// One row of the table.
#[derive(Serialize, JsonSchema)]
pub struct Step<'a> {
    /// 1, 2, … within the session.
    n: u32,
    /// Time of the packet that completed it, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    time: Option<Shown<Time>>,
    /// Numbers of the packets that carry it, from 1 in the order read; for `data` the first and the last.
    #[schemars(with = "Vec<u64>")]
    packets: Numbers<'a>,
    /// What it crossed in: in the clear, inside TLS that hides it (the handshake too), or inside TLS that was decrypted.
    channel: enums::Channel,
    /// Who said it.
    from: enums::Side,
    /// The sender's IP address.
    #[schemars(with = "String")]
    source: Shown<IpAddr>,
    /// The receiver's IP address.
    #[schemars(with = "String")]
    destination: Shown<IpAddr>,
    /// Where in the session's life it stands.
    phase: enums::Phase,
    /// The protocol's own name for the state the session was in: POP3, IMAP.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<enums::State>,
    /// What sort of thing it is. `response` is the client's answer to a SASL challenge, `data` message or literal content,
    /// `gap` bytes missing from the capture.
    kind: enums::Kind,
    /// IMAP: the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    /// Upper-case verb: `MAIL`, `RETR`, `UID FETCH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    /// What follows the verb, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a str>,
    /// IMAP: the mailboxes that it names, readable, where they crossed in modified UTF-7.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mailboxes: &'a [String],
    /// SMTP: the reply code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// SMTP: the enhanced status code (RFC 3463).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    enhanced: Option<Shown<Enhanced>>,
    /// POP3: `+OK`, `-ERR`; IMAP: `OK`, `NO`, `BAD`, `PREAUTH`, `BYE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// The line or lines as sent, without the last line end.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// True where `text` is not all that was sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// Length on the wire.
    bytes: u64,
    /// Content: the `n` of the message that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u32>,
    /// What it does, in one plain sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    purpose: String,
    /// A reply: the `n` of the command it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
    /// A reply: milliseconds since that command.
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_ms: Option<f64>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(step: &'a model::Step, context: &Context<'a>) -> Self {
        let endpoints = &context.session.transport.endpoints;
        let (source, destination) = match step.from {
            Side::Client => (endpoints.client, endpoints.server),
            Side::Server => (endpoints.server, endpoints.client),
        };
        let limit = context.options.text_limit;
        let (text, cut) = escape::cut(&step.text, limit);
        let arguments = step.arguments.as_ref().map(|range| arguments(&step.text, range.start, range.end));
        Self {
            n: step.n,
            time: step.time.known().map(Shown),
            packets: Numbers { packets: &step.packets, ends: step.kind == Kind::Data },
            channel: enums::Channel(step.channel),
            from: enums::Side(step.from),
            source: ip(source.ip()),
            destination: ip(destination.ip()),
            phase: enums::Phase(step.phase),
            state: step.state().map(enums::State),
            kind: enums::Kind(step.kind),
            tag: non_empty(&step.tag),
            command: non_empty(&step.command),
            arguments: arguments.map(|arguments| escape::cut(arguments, limit).0).filter(|text| !text.is_empty()),
            mailboxes: &step.mailboxes,
            code: step.code(),
            enhanced: step.enhanced().map(Shown),
            status: step.status(),
            text: Some(text).filter(|text| !text.is_empty()),
            truncated: step.truncated || cut,
            bytes: step.bytes,
            message: step.carries.map(|carries| carries.message),
            purpose: locale::purpose(context.options.lang, &purpose(context.session, step)),
            answers: step.answers,
            elapsed_ms: step.elapsed.map(milliseconds),
        }
    }
}

/// The part of `text` from `start` to `end`, as far as there is one.
fn arguments(text: &str, start: usize, end: usize) -> &str {
    let (start, end) = (text.ceil_char_boundary(start), text.floor_char_boundary(end));
    text.get(start..end).unwrap_or_default()
}

struct Numbers<'a> {
    packets: &'a Packets,
    /// The first and the last alone.
    ends: bool,
}

impl Serialize for Numbers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.ends {
            true => serializer.collect_seq(self.packets.ends().iter()),
            false => serializer.collect_seq(self.packets.iter()),
        }
    }
}
