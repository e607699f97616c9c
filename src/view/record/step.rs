//! The record of a step: one row of the table.

use super::each::Context;
use super::enums;
use super::value::{Address, Ours, Shown, Told, milliseconds, non_empty};
use crate::capture::{Time, number};
use crate::flow::Side;
use crate::protocol::event::Packets;
use crate::protocol::smtp::Enhanced;
use crate::session::model;
use crate::verdict::purpose::purpose;
use crate::view::{escape, locale};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// One row of the table.
#[derive(Serialize, JsonSchema)]
pub struct Step<'a> {
    /// 1, 2, … within the session.
    n: u32,
    /// Time of the packet that completed the step, if the capture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    time: Option<Shown<Time>>,
    /// Numbers of the packets that carry it, from 1 within their file, as Wireshark shows them.
    #[schemars(with = "Vec<u64>")]
    packets: Numbers<'a>,
    /// The file of `packets`, as an index in `capture.sources`. Absent if it is the session's `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_source: Option<usize>,
    /// The packets of other files that carry the rest of it. Absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packets_elsewhere: Vec<Elsewhere>,
    /// What it was sent in: `clear` (plaintext), `tls` (the TLS handshake, or content that TLS hides) or `decrypted`
    /// (inside TLS, but the capture holds the plaintext).
    channel: enums::Channel,
    /// The side that sent it.
    from: enums::Side,
    /// The sender's IP address.
    #[schemars(with = "String")]
    source: Address,
    /// The receiver's IP address.
    #[schemars(with = "String")]
    destination: Address,
    /// The phase of the session.
    phase: enums::Phase,
    /// POP3, IMAP: the protocol's own name for the state of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<enums::State>,
    /// What sort of step it is. `continuation` is a reply that asks the client to go on (354, 334, `+`), `response` the
    /// client's answer to a SASL challenge, `data` the content of a message or literal, `gap` bytes missing from the
    /// capture.
    kind: enums::Kind,
    /// IMAP: the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    /// The verb in upper case: `MAIL`, `RETR`, `UID FETCH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    /// What follows the verb, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a str>,
    /// IMAP: the mailboxes that it names, decoded, if they were sent in modified UTF-7.
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
    #[schemars(with = "Option<String>")]
    status: Option<Ours>,
    /// The line or lines as sent, without the last line end.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// True if `text` is not complete; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// True if the text was not kept, so that the memory of all open sessions stays bounded; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    text_omitted: bool,
    /// Length on the wire.
    bytes: u64,
    /// Content: the `n` of the message that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u32>,
    /// What the step does, in one plain sentence.
    #[serde(skip_serializing_if = "Told::is_empty")]
    #[schemars(with = "String")]
    purpose: Told,
    /// A reply: the `n` of the step that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
    /// A reply: milliseconds since that step.
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_ms: Option<f64>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(step: &'a model::Step, context: &Context<'a>) -> Self {
        let (source, destination) = match step.from {
            Side::Client => (&context.client, &context.server),
            Side::Server => (&context.server, &context.client),
        };
        let of = number::source(step.packets.first());
        let limit = context.options.text_limit;
        let (text, cut) = escape::cut(&step.text, limit);
        let arguments = step.argument_range().map(|range| arguments(&step.text, range.start, range.end));
        Self {
            n: step.n,
            time: step.time.known().map(Shown),
            packets: Numbers { packets: &step.packets, source: of },
            packet_source: Some(of).filter(|&of| of != context.session.source()),
            packets_elsewhere: elsewhere(step.packets.iter(), of),
            channel: enums::Channel(step.channel),
            from: enums::Side(step.from),
            source: source.clone(),
            destination: destination.clone(),
            phase: enums::Phase(step.phase),
            state: step.state().map(enums::State),
            kind: enums::Kind(step.kind),
            tag: non_empty(&step.tag),
            command: non_empty(&step.command),
            arguments: arguments.map(|arguments| escape::cut(arguments, limit).0).filter(|text| !text.is_empty()),
            mailboxes: step.mailboxes(),
            code: step.code(),
            enhanced: step.enhanced().map(Shown),
            status: step.status().map(Ours),
            text: Some(text).filter(|text| !text.is_empty()),
            truncated: step.truncated || cut,
            text_omitted: step.text_omitted,
            bytes: step.bytes,
            message: step.carries().map(|carries| carries.message),
            purpose: Told(locale::purpose(context.options.lang, &purpose(context.session, step))),
            answers: step.answers,
            elapsed_ms: step.elapsed.nanoseconds().map(milliseconds),
        }
    }
}

/// The part of `text` from `start` to `end`, clamped to `text` and to character boundaries.
fn arguments(text: &str, start: usize, end: usize) -> &str {
    let (start, end) = (text.ceil_char_boundary(start), text.floor_char_boundary(end));
    text.get(start..end).unwrap_or_default()
}

/// Packets of another file than that of the step's first packet, or of the session's `source`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Elsewhere {
    /// The file, as an index in `capture.sources`.
    source: usize,
    /// Numbers of its packets, from 1 within the file.
    packets: Vec<u64>,
}

/// Those of `packets` that are not of `source`, by file, in the order in which the files come.
pub(super) fn elsewhere(packets: impl Iterator<Item = u64>, source: usize) -> Vec<Elsewhere> {
    let mut others: Vec<Elsewhere> = Vec::new();
    for packet in packets.filter(|&packet| number::source(packet) != source) {
        let (of, frame) = (number::source(packet), number::frame(packet));
        match others.iter_mut().find(|other| other.source == of) {
            Some(other) => other.packets.push(frame),
            None => others.push(Elsewhere { source: of, packets: vec![frame] }),
        }
    }
    others
}

/// The numbers of those of `packets` that are of `source`.
struct Numbers<'a> {
    packets: &'a Packets,
    source: usize,
}

impl Serialize for Numbers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of_source = self.packets.iter().filter(|&packet| number::source(packet) == self.source);
        serializer.collect_seq(of_source.map(number::frame))
    }
}
