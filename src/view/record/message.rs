//! The record of a message.

use super::each::Context;
use super::enums;
use super::value::{Hex, Shown, non_empty};
use crate::capture::Time;
use crate::session::model;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// A message that was transferred.
#[derive(Serialize, JsonSchema)]
pub struct Message<'a> {
    /// 1, 2, … within the session.
    n: u32,
    /// Direction and identification.
    #[serde(flatten)]
    about: About<'a>,
    /// From, decoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    from: Vec<Mailbox<'a>>,
    /// To, decoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to: Vec<Mailbox<'a>>,
    /// Cc, decoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cc: Vec<Mailbox<'a>>,
    /// Reply-To, decoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reply_to: Vec<Mailbox<'a>>,
    /// Date as a time in UTC, if it can be read as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    date_utc: Option<Shown<Timestamp>>,
    /// The other header fields in order, decoded (RFC 2047): without those of MIME that `mime` shows.
    fields: Vec<HeaderField<'a>>,
    /// MIME structure (RFC 2045).
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<MimePart<'a>>,
    /// The beginning of its text, decoded: of the first part that is plain text, up to 5 lines and 400 characters. Absent
    /// if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<&'a str>,
    /// True if the text goes on after `preview`; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preview_cut: bool,
    /// Attachments, decoded from their transfer encoding.
    attachments: Vec<Attachment<'a>>,
    /// Bytes of the content as transferred: dots unstuffed, chunks and literals joined, line ends as sent, without the
    /// final line that holds only a dot.
    size: u64,
    /// Lines of that content; a last line without a line end counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
    /// How the lines end; absent if there is no line end.
    #[serde(skip_serializing_if = "Option::is_none")]
    line_ends: Option<enums::LineEnds>,
    /// SHA-256 of exactly that content; absent if digests were not computed, or no byte was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    sha256: Option<Shown<Hex>>,
    /// SHA-256 of what follows the first empty line, with line ends converted to CRLF.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    body_sha256: Option<Shown<Hex>>,
    /// False if bytes are missing, or the session ended before the message did.
    complete: bool,
    /// True if its end never came, though none of the bytes that crossed is missing from the capture; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unfinished: bool,
    /// True if the header was not captured to its end, so that fields and `mime` may be absent although the message has
    /// them; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    header_incomplete: bool,
    /// The ranges of the content that are missing.
    missing: Vec<Missing>,
    /// Sent, appended: whether the server accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<enums::Delivery>,
    /// The reply that decided the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<&'a str>,
    /// The steps it was read from.
    steps: &'a [u32],
    /// The same message elsewhere in the capture.
    same_as: Vec<SameAs>,
}

/// Direction and identification of a message.
#[derive(Serialize, JsonSchema)]
pub struct About<'a> {
    /// `sent` (SMTP, LMTP), `retrieved` (RETR, TOP, FETCH), `appended` (APPEND).
    direction: enums::Direction,
    /// SMTP, LMTP: the envelope.
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<Envelope<'a>>,
    /// The mailbox that it was retrieved from or appended to.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<&'a str>,
    /// Its number in that mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// IMAP's unique identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u64>,
    /// POP3's unique identifier, if a reply to UIDL gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_id: Option<&'a str>,
    /// What was transferred, if not the whole message: `headers`, `header fields`, `top 10`, `text`, `section 1.2`,
    /// `bytes 0-1023`.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    /// Message-ID, without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    /// Date, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    /// Subject, decoded (RFC 2047).
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

impl<'a> About<'a> {
    /// Direction and identification of `message`.
    pub fn new(message: &'a model::Message) -> Self {
        let header = &message.header;
        Self {
            direction: enums::Direction(message.direction),
            envelope: message.envelope.as_ref().map(envelope),
            mailbox: non_empty(&message.mailbox),
            number: message.number,
            uid: message.uid,
            unique_id: non_empty(&message.unique_id),
            part: non_empty(&message.part),
            message_id: non_empty(&header.message_id),
            date: non_empty(&header.date),
            subject: non_empty(&header.subject),
        }
    }
}

/// SMTP's envelope (RFC 5321).
#[derive(Serialize, JsonSchema)]
struct Envelope<'a> {
    /// Reverse-path without its angle brackets; empty for `<>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    /// All recipients, including refused ones.
    to: Vec<Recipient<'a>>,
}

/// One recipient.
#[derive(Serialize, JsonSchema)]
struct Recipient<'a> {
    /// Forward-path without its angle brackets.
    address: &'a str,
    /// Code of the reply to RCPT.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// Code of the recipient's own reply after the content (LMTP, PRDR).
    #[serde(skip_serializing_if = "Option::is_none")]
    final_code: Option<u16>,
    /// True if RCPT was accepted and, where the recipient has its own reply after the content, that reply too. Absent
    /// where its own reply was due and was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<bool>,
}

/// A header field.
#[derive(Serialize, JsonSchema)]
struct HeaderField<'a> {
    /// Its name, as sent.
    name: &'a str,
    /// Its value, unfolded and decoded.
    value: &'a str,
}

/// A mailbox in a header field.
#[derive(Serialize, JsonSchema)]
struct Mailbox<'a> {
    /// Display name, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
}

/// A MIME entity.
#[derive(Serialize, JsonSchema)]
struct MimePart<'a> {
    /// MIME-Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    /// Media type, for example `multipart/alternative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    /// Charset, as declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    charset: Option<&'a str>,
    /// Boundary parameter: the delimiter of the parts of a multipart.
    #[serde(skip_serializing_if = "Option::is_none")]
    boundary: Option<&'a str>,
    /// Content-Transfer-Encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'a str>,
    /// The entities in it.
    parts: Vec<MimePart<'a>>,
}

impl<'a> MimePart<'a> {
    /// Recursion is bounded by `limits::MIME_DEPTH`.
    fn new(part: &'a model::MimePart) -> Self {
        Self {
            version: non_empty(&part.version),
            content_type: non_empty(&part.content_type),
            charset: non_empty(&part.charset),
            boundary: non_empty(&part.boundary),
            encoding: non_empty(&part.encoding),
            parts: part.parts.iter().map(Self::new).collect(),
        }
    }
}

/// A decoded attachment.
#[derive(Serialize, JsonSchema)]
pub struct Attachment<'a> {
    /// File name, decoded (RFC 2047, 2231).
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
    /// Media type, for example `application/pdf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    /// True for TNEF (`winmail.dat`), in which Outlook packs formatted text and further attachments; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tnef: bool,
    /// Number of decoded bytes.
    size: u64,
    /// SHA-256 of the decoded bytes.
    #[schemars(with = "String")]
    sha256: Shown<Hex>,
    /// False if bytes are missing: size and digest then cover what was captured.
    complete: bool,
}

/// A range of the content that is not in the capture.
#[derive(Serialize, JsonSchema)]
struct Missing {
    /// Where the range begins in the complete content.
    offset: u64,
    /// Number of missing bytes.
    length: u64,
}

/// The same message elsewhere in the capture.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SameAs {
    /// The `id` of that session.
    session: u64,
    /// The `n` of the message in that session.
    message: u32,
    /// What is equal: `content` (equal `sha256`), `body` (equal `body_sha256`) or `message-id`.
    #[serde(rename = "match")]
    by: enums::Match,
}

impl<'a> Message<'a> {
    pub(crate) fn new(message: &'a model::Message, _: &Context<'a>) -> Self {
        let header = &message.header;
        let preview = message.preview.as_deref().map(model::Preview::first_lines);
        Self {
            n: message.n,
            about: About::new(message),
            from: mailboxes(&header.from),
            to: mailboxes(&header.to),
            cc: mailboxes(&header.cc),
            reply_to: mailboxes(&header.reply_to),
            date_utc: header.date_utc.and_then(in_seconds).map(Shown),
            fields: header.fields.iter().map(|field| HeaderField { name: &field.name, value: &field.value }).collect(),
            mime: message.mime.as_ref().map(MimePart::new),
            preview: preview.map(|(text, _)| text),
            preview_cut: preview.is_some_and(|(_, cut)| cut),
            attachments: message.attachments.iter().map(attachment).collect(),
            size: message.size,
            lines: message.lines.map(|lines| lines.count),
            line_ends: message.lines.and_then(|lines| lines.ends).map(enums::LineEnds),
            sha256: message.sha256.map(Hex).map(Shown),
            body_sha256: message.body_sha256.map(Hex).map(Shown),
            complete: message.complete,
            unfinished: message.unfinished,
            header_incomplete: message.part.is_none() && message.lines.is_some() && !message.header_seen,
            missing: message.missing.iter().map(|&(offset, length)| Missing { offset, length }).collect(),
            outcome: message.outcome.map(enums::Delivery),
            reply: non_empty(&message.reply),
            steps: &message.steps,
            same_as: same_as(message),
        }
    }
}

fn envelope(envelope: &model::Envelope) -> Envelope<'_> {
    // Not `non_empty`: the empty reverse-path `<>` is a value (RFC 5321, section 4.5.5).
    Envelope { from: envelope.from.as_deref(), to: envelope.to.iter().map(recipient).collect() }
}

/// `time` to the second: a Date field has no smaller unit.
fn in_seconds(time: Time) -> Option<Timestamp> {
    Timestamp::from_second(time.nanoseconds().div_euclid(1_000_000_000)).ok()
}

fn recipient(recipient: &model::Recipient) -> Recipient<'_> {
    let model::Recipient { address, code, final_code, accepted } = recipient;
    Recipient { address, code: *code, final_code: *final_code, accepted: *accepted }
}

fn mailboxes(list: &[model::Mailbox]) -> Vec<Mailbox<'_>> {
    list.iter()
        .map(|mailbox| Mailbox { name: non_empty(&mailbox.name), address: non_empty(&mailbox.address) })
        .collect()
}

/// The record of an attachment.
pub fn attachment(attachment: &model::Attachment) -> Attachment<'_> {
    Attachment {
        filename: non_empty(&attachment.filename),
        content_type: non_empty(&attachment.content_type),
        tnef: attachment.tnef,
        size: attachment.size,
        sha256: Shown(Hex(attachment.sha256)),
        complete: attachment.complete,
    }
}

/// The records of where else `message` is.
pub(crate) fn same_as(message: &model::Message) -> Vec<SameAs> {
    let record =
        |same: &model::SameAs| SameAs { session: same.session, message: same.message, by: enums::Match(same.by) };
    message.same_as.iter().map(record).collect()
}
