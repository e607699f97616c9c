//! Messages: what is known of each that was carried.

use crate::capture::Time;
use crate::protocol::event::{Delivery, Direction, MessageId, StepId};
use crate::session::content_store::StoredContent;
use crate::session::model::Faults;
use std::sync::Arc;

/// One message carried.
#[derive(Debug, Clone)]
pub struct Message {
    /// 1, 2, … within the session.
    pub n: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// SMTP and LMTP.
    pub envelope: Option<Envelope>,
    /// Where it was retrieved from or appended to.
    pub mailbox: Option<String>,
    /// Message number.
    pub number: Option<u64>,
    /// IMAP's UID.
    pub uid: Option<u64>,
    /// POP3's unique-id.
    pub unique_id: Option<String>,
    /// Which part was carried, where it is not the whole message.
    pub part: Option<String>,
    /// Header fields, decoded.
    pub header: Header,
    /// MIME structure.
    pub mime: Option<MimePart>,
    /// Attachments, decoded.
    pub attachments: Vec<Attachment>,
    /// What it says as a delivery report, where it is one or looks like one.
    pub report: Option<Box<Report>>,
    /// Its texts, by digests. Empty where those were not asked for.
    pub prints: Vec<TextPrint>,
    /// The beginning of its text. Absent where it has none, and where its header or the bytes of the text are missing.
    pub preview: Option<Box<Preview>>,
    /// Content bytes as they crossed (dots unstuffed).
    pub size: u64,
    /// POP3: octets that the server has announced for the whole message.
    pub announced: Option<u64>,
    /// What is wrong with the content as it crossed. Absent where nothing is, and where that was not asked for.
    pub faults: Option<Box<Faults>>,
    /// The content's lines. Absent where the contents of messages were not asked for.
    pub lines: Option<Lines>,
    /// SHA-256 of the content, as far as it was captured. Absent where digests were not asked for.
    pub sha256: Option<[u8; 32]>,
    /// SHA-256 of what follows the first empty line, with line ends changed to CRLF. Absent where there is no empty
    /// line, and where it may be among the bytes that are missing.
    pub body_sha256: Option<[u8; 32]>,
    /// False where bytes are missing or the session ended within it.
    pub complete: bool,
    /// Its end never came, though none of the bytes that crossed is missing from the capture.
    pub unfinished: bool,
    /// Its header was captured to its end, so that fields that are not there are not in the message either.
    pub header_seen: bool,
    /// Ranges of the content that are missing, as (offset, length) within the whole content, missing bytes included.
    pub missing: Vec<(u64, u64)>,
    /// The server's decision. Absent for a message that was retrieved.
    pub outcome: Option<Delivery>,
    /// The reply with that decision.
    pub reply: Option<String>,
    /// The message crossed inside TLS that was decrypted.
    pub encrypted: bool,
    /// The steps it was read from.
    pub steps: Vec<StepId>,
    /// The same message elsewhere in the capture.
    pub same_as: Vec<SameAs>,
    /// The content itself, as far as it was captured, where a content store keeps it.
    pub stored: Option<Arc<StoredContent>>,
}

/// The beginning of a message's text: of the first part that is plain text, decoded, with LF as line end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// At most [`PREVIEW_BYTES`](crate::limits::PREVIEW_BYTES) of it before it was decoded from its charset.
    pub text: String,
    /// The text goes on, or bytes of it are missing.
    pub cut: bool,
}

impl Preview {
    /// Lines that are shown.
    const LINES: usize = 5;
    /// Characters that are shown.
    const CHARACTERS: usize = 400;

    /// The first lines, to be shown, and whether the text goes on.
    pub fn first_lines(&self) -> (&str, bool) {
        let ends = self.text.match_indices('\n').nth(Self::LINES - 1).map(|(at, _)| at);
        let full = self.text.char_indices().nth(Self::CHARACTERS).map(|(at, _)| at);
        match ends.into_iter().chain(full).min().and_then(|end| self.text.get(..end)) {
            Some(shown) => (shown.trim_end(), true),
            None => (&self.text, self.cut),
        }
    }
}

/// The lines of a message's content, as far as it was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Lines {
    /// How many there are; a last one without an end counts.
    pub count: u64,
    /// How they end. Absent where no line end was seen.
    pub ends: Option<LineEnds>,
}

/// How the lines of a message's content end. SMTP, POP3 and IMAP want CR LF (RFC 5321, section 2.3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LineEnds {
    /// With CR LF, all of them.
    CrLf,
    /// With LF alone, all of them.
    Lf,
    /// Some with CR LF, some with LF alone.
    Mixed,
}

/// SMTP's envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Reverse-path; empty for `<>`. Absent where MAIL was not seen.
    pub from: Option<String>,
    /// Recipients in order.
    pub to: Vec<Recipient>,
}

/// One recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Forward-path without its angle brackets.
    pub address: String,
    /// Code of the reply to RCPT.
    pub code: Option<u16>,
    /// Code of the recipient's own reply after the content.
    pub final_code: Option<u16>,
    /// RCPT and, where the recipient has its own reply after the content, that reply too were accepted. Absent where its
    /// own reply was due and was not seen.
    pub accepted: Option<bool>,
}

/// Header fields of a message, decoded (RFC 5322, 2047).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// As sent, unfolded.
    pub date: Option<String>,
    /// Decoded.
    pub subject: Option<String>,
    /// From.
    pub from: Vec<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Reply-To.
    pub reply_to: Vec<Mailbox>,
    /// `date` as a time, if it can be read as one.
    pub date_utc: Option<Time>,
    /// The other fields, in order: without those of MIME that the structure shows.
    pub fields: Vec<HeaderField>,
}

/// A header field of any name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderField {
    /// As sent.
    pub name: String,
    /// Unfolded and decoded (RFC 2047).
    pub value: String,
}

/// A mailbox of a header field (RFC 5322, section 3.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Display name, decoded.
    pub name: Option<String>,
    /// addr-spec.
    pub address: Option<String>,
}

/// A MIME entity (RFC 2045).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MimePart {
    /// MIME-Version.
    pub version: Option<String>,
    /// `multipart/alternative`.
    pub content_type: Option<String>,
    /// As declared.
    pub charset: Option<String>,
    /// The boundary of a multipart.
    pub boundary: Option<String>,
    /// Content-Transfer-Encoding.
    pub encoding: Option<String>,
    /// Nested entities.
    pub parts: Vec<MimePart>,
}

/// A decoded attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Decoded (RFC 2047, 2231).
    pub filename: Option<String>,
    /// `application/pdf`.
    pub content_type: Option<String>,
    /// Decoded bytes.
    pub size: u64,
    /// SHA-256 of the decoded bytes.
    pub sha256: [u8; 32],
    /// False where bytes of it are missing: size and digest are then those of the bytes that were captured.
    pub complete: bool,
    /// It is TNEF ([MS-OXTNEF]), by its first bytes, its type or its name.
    pub tnef: bool,
    /// The decoded bytes themselves, where a content store keeps them.
    pub stored: Option<Arc<StoredContent>>,
}

/// Line ends at the beginning and at the end of a text up to which a print has digests.
pub const PRINTED_LINES: usize = 24;

/// A text of a message by digests, decoded and without white space at the ends of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPrint {
    /// Of all of it, without the empty lines at its end.
    pub digest: u64,
    /// Its lines, without those.
    pub lines: u32,
    /// Its bytes, decoded.
    pub bytes: u64,
    /// Digests of its beginning, up to each of its first lines.
    pub first: Box<[u64]>,
    /// And up to each of its last lines.
    pub last: Box<[u64]>,
}

impl TextPrint {
    /// Whether it begins with `other`, and something follows.
    pub fn goes_on(&self, other: &Self) -> bool {
        let Some(place) = usize::try_from(other.lines).ok().and_then(|lines| lines.checked_sub(1)) else {
            return false;
        };
        let from_end = usize::try_from(self.lines.saturating_sub(other.lines)).unwrap_or(usize::MAX);
        let last = self.last.len().checked_sub(1).and_then(|end| self.last.get(end.checked_sub(from_end)?));
        other.lines < self.lines && self.first.get(place).or(last) == Some(&other.digest)
    }
}

/// A delivery report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How it is written.
    pub form: ReportForm,
    /// The recipients that it reports on, up to 100.
    pub recipients: Vec<ReportedRecipient>,
    /// Message-ID of the message that it is about, without angle brackets, where its header comes back.
    pub message_id: Option<String>,
}

/// How a delivery report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReportForm {
    /// For programs: with a `message/delivery-status` (RFC 3464).
    #[default]
    Status,
    /// For people: qmail's QSBMF, sendmail's text, or one with recipients in the header (`X-Failed-Recipients`). Anybody may
    /// write such a text: it counts where the message has no sender.
    Text,
}

/// A recipient that a delivery report is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// Final-Recipient, else Original-Recipient, without the address type.
    pub address: String,
    /// `failed`, `delayed`, `delivered`, `relayed`, `expanded`.
    pub action: String,
    /// Status: an enhanced status code. In a text, the one that its reason has.
    pub status: Option<String>,
    /// Diagnostic-Code, without its type; of a text, the lines about the recipient.
    pub diagnostic: Option<String>,
}

/// The same message elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameAs {
    /// Session id.
    pub session: u64,
    /// Message number in that session.
    pub message: MessageId,
    /// What is equal.
    pub by: Match,
}

/// What is equal in two messages that are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Match {
    /// Equal sha256.
    Content,
    /// Equal body_sha256.
    Body,
    /// Equal Message-ID.
    MessageId,
}
