/*!
Messages: a table for each, with its header and MIME fields and what they mean. A part of a message without MIME, such
as the few header fields that an IMAP client lists a mailbox by, is one row of a list.
*/

use super::cell::line;
use super::grid::{Mark, Row};
use super::{Options, heading};
use crate::flow::Side;
use crate::session::model::{Envelope, Mailbox, Message, MimePart, Session};
use crate::verdict::purpose::Purpose;
use crate::view::locale::{self, Label, MimeFact};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Most characters of a header field, an address or a file name.
const FIELD: usize = 300;
/// Most recipients, parts or attachments of one message.
const LISTED: usize = 50;

/// Writes `messages` of `session`.
pub fn write(out: &mut dyn Write, options: &Options, session: &Session, messages: &[Message]) -> io::Result<()> {
    let (listed, detailed): (Vec<&Message>, Vec<&Message>) =
        messages.iter().partition(|message| message.part.is_some() && message.mime.is_none());
    list(out, options, &listed)?;
    for message in detailed {
        detail(out, options, session, message)?;
    }
    Ok(())
}

/// The list of partial messages, one row each.
fn list(out: &mut dyn Write, options: &Options, messages: &[&Message]) -> io::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    heading::title(out, options.style, options.label(Label::Messages))?;
    let titles =
        [Label::Message, Label::Part, Label::From, Label::Subject, Label::Size].map(|label| options.label(label));
    let rows: Vec<Row> = messages
        .iter()
        .map(|message| {
            Row::new([
                message.n.to_string(),
                line(message.part.as_deref().unwrap_or_default(), FIELD),
                mailboxes(&message.header.from),
                line(message.header.subject.as_deref().unwrap_or_default(), FIELD),
                locale::bytes(options.lang, message.size),
            ])
            .marked(mark(message))
            .joined(true)
        })
        .collect();
    heading::table(out, options.style, &titles, &rows, &[])
}

fn mark(message: &Message) -> Mark {
    if message.complete { Mark::None } else { Mark::Gap }
}

/// One message as Field | Value | Meaning.
fn detail(out: &mut dyn Write, options: &Options, session: &Session, message: &Message) -> io::Result<()> {
    let direction = locale::direction(options.lang, message.direction);
    let number = if session.messages.len() > 1 { format!(" {}", message.n) } else { String::new() };
    let title =
        format!("{}{number} · {direction} · {}", options.label(Label::Message), options.label(Label::MimeInformation));
    heading::title(out, options.style, &title)?;
    let titles = [Label::Field, Label::Value, Label::Meaning].map(|label| options.label(label));
    heading::table(out, options.style, &titles, &fields(options, message), &[options.style.width / 5])
}

/// What is known of a message: its fields, with their values and meanings.
pub fn fields(options: &Options, message: &Message) -> Vec<Row> {
    let mut fields = Fields { options, rows: Vec::new(), begins: false };
    fields.way(message);
    fields.begins = true;
    fields.header(message);
    fields.begins = true;
    match &message.mime {
        Some(mime) => fields.mime(mime),
        None if message.part.is_none() && message.header_seen => {
            fields.say(Label::MimeVersion, options.label(Label::None), MimeFact::NoMime);
        }
        None if message.part.is_none() => {
            let fact = if message.unfinished { MimeFact::HeaderUnfinished } else { MimeFact::HeaderMissing };
            fields.say(Label::MimeVersion, options.label(Label::NotKnown), fact);
        }
        None => {}
    }
    fields.begins = true;
    fields.attachments(message);
    fields.begins = true;
    fields.content(message);
    fields.rows
}

struct Fields<'a> {
    options: &'a Options,
    rows: Vec<Row>,
    /// True if the next row begins a group: a line is drawn above it.
    begins: bool,
}

impl Fields<'_> {
    /// A row: a field's name, its value (escaped), and what it means.
    fn row(&mut self, field: Label, value: String, meaning: &str) {
        self.named_row(self.options.label(field).to_owned(), value, meaning);
    }

    /// A row with the field's own name (escaped).
    fn named_row(&mut self, field: String, value: String, meaning: &str) {
        let begins = std::mem::take(&mut self.begins);
        self.rows.push(Row::new([field, value, meaning.to_owned()]).joined(!begins));
    }

    /// A row for a field whose meaning has words of its own.
    fn say(&mut self, field: Label, value: &str, fact: MimeFact) {
        self.row(field, value.to_owned(), locale::mime_fact(self.options.lang, fact));
    }

    /// A row for a field that may be absent.
    fn optional_row(&mut self, field: Label, value: &Option<String>) {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            self.row(field, line(value, FIELD), "");
        }
    }

    /// Envelope, mailbox, part.
    fn way(&mut self, message: &Message) {
        if let Some(envelope) = &message.envelope {
            self.envelope(envelope);
        }
        self.optional_row(Label::Mailbox, &message.mailbox);
        if let Some(number) = message.number {
            self.row(Label::MessageNumber, number.to_string(), "");
        }
        if let Some(uid) = message.uid {
            self.row(Label::Uid, uid.to_string(), "");
        }
        self.optional_row(Label::Uid, &message.unique_id);
        self.optional_row(Label::Part, &message.part);
    }

    fn envelope(&mut self, envelope: &Envelope) {
        match envelope.from.as_deref() {
            Some("") => self.row(Label::EnvelopeFrom, self.options.label(Label::NullSender).to_owned(), ""),
            Some(from) => self.row(Label::EnvelopeFrom, line(from, FIELD), ""),
            None => {}
        }
        let recipients = envelope.to.iter().map(|to| {
            let codes = to.code.into_iter().chain(to.final_code).map(|code| code.to_string());
            let missing = to.accepted.is_none().then(|| self.options.label(Label::NoFinalReply).to_owned());
            let codes: Vec<String> = codes.chain(missing).collect();
            match codes.is_empty() {
                true => line(&to.address, FIELD),
                false => format!("{} ({})", line(&to.address, FIELD), codes.join(", ")),
            }
        });
        if !envelope.to.is_empty() {
            self.row(Label::EnvelopeTo, listed(recipients), "");
        }
    }

    fn header(&mut self, message: &Message) {
        let header = &message.header;
        for (label, list) in [
            (Label::From, &header.from),
            (Label::To, &header.to),
            (Label::Cc, &header.cc),
            (Label::ReplyTo, &header.reply_to),
        ] {
            if !list.is_empty() {
                self.row(label, mailboxes(list), "");
            }
        }
        self.optional_row(Label::Subject, &header.subject);
        self.optional_row(Label::Date, &header.date);
        self.optional_row(Label::MessageId, &header.message_id);
        let asked_for =
            header.fields.iter().filter(|field| locale::header_field(self.options.lang, &field.name).is_some());
        let mut explained: Vec<&str> = Vec::new();
        for field in asked_for.clone().take(LISTED) {
            // Once is enough: there may be ten Received fields.
            let meaning = locale::header_field(self.options.lang, &field.name).unwrap_or_default();
            let meaning = if explained.contains(&meaning) { "" } else { meaning };
            explained.push(meaning);
            self.named_row(line(&field.name, FIELD), line(&field.value, FIELD), meaning);
        }
        let left_out = asked_for.count().saturating_sub(LISTED);
        if left_out > 0 {
            self.named_row(format!("… +{left_out}"), String::new(), "");
        }
    }

    fn mime(&mut self, mime: &MimePart) {
        let lang = self.options.lang;
        if let Some(version) = &mime.version {
            self.say(Label::MimeVersion, &line(version, FIELD), MimeFact::Version);
        }
        if let Some(content_type) = &mime.content_type {
            let meaning = locale::content_type(lang, content_type);
            self.row(Label::ContentType, line(content_type, FIELD), meaning);
        }
        if let Some(charset) = &mime.charset {
            self.say(Label::Charset, &line(charset, FIELD), MimeFact::Charset);
        }
        if let Some(boundary) = &mime.boundary {
            self.say(Label::Boundary, &line(boundary, FIELD), MimeFact::Boundary);
        }
        if let Some(encoding) = &mime.encoding {
            let meaning = locale::transfer_encoding(lang, encoding);
            self.row(Label::TransferEncoding, line(encoding, FIELD), meaning);
        }
        if !mime.parts.is_empty() {
            let mut tree = Tree::default();
            tree.add(mime, "", "");
            self.row(Label::Structure, tree.drawn(), "");
            self.kinds(mime);
        }
    }

    /// Puts the meanings of the parts' types into the last row, each once.
    fn kinds(&mut self, mime: &MimePart) {
        let mut tree = Tree::default();
        tree.add(mime, "", "");
        let Some(row) = self.rows.last_mut() else { return };
        let mut meanings: Vec<String> = Vec::new();
        for content_type in tree.types.into_iter().skip(1) {
            let meaning =
                format!("{}: {}", line(&content_type, FIELD), locale::content_type(self.options.lang, &content_type));
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        }
        if let Some(cell) = row.cells.last_mut() {
            *cell = meanings.join("\n");
        }
    }

    fn attachments(&mut self, message: &Message) {
        let attachments = message.attachments.iter().map(|attachment| {
            let name = attachment.filename.as_deref().unwrap_or(self.options.label(Label::None));
            let mut shown = line(name, FIELD);
            // Writing to a String cannot fail.
            if let Some(content_type) = &attachment.content_type {
                _ = write!(shown, ", {}", line(content_type, FIELD));
            }
            if attachment.tnef {
                _ = write!(shown, ", TNEF");
            }
            _ = write!(shown, ", {}", locale::bytes(self.options.lang, attachment.size));
            if !attachment.complete {
                _ = write!(shown, ", {}", self.options.label(Label::Incomplete));
            }
            shown
        });
        if !message.attachments.is_empty() {
            let types: Vec<&str> = message
                .attachments
                .iter()
                .take(LISTED)
                .filter_map(|attachment| attachment.content_type.as_deref())
                .map(|content_type| locale::content_type(self.options.lang, content_type))
                .collect();
            self.row(Label::Attachments, listed(attachments), &types.join("\n"));
        }
    }

    /// Size, digests, outcome, copies.
    fn content(&mut self, message: &Message) {
        let lang = self.options.lang;
        let complete = match (message.complete, message.unfinished) {
            (true, _) => Label::Complete,
            (false, true) => Label::Unfinished,
            (false, false) => Label::Incomplete,
        };
        let mut complete = self.options.label(complete).to_owned();
        let missing = message.missing.iter().fold(0_u64, |sum, (_, length)| sum.saturating_add(*length));
        if missing > 0 {
            // The row's words for a gap do not name the side, so any side will do.
            let gap = Purpose::Gap { from: Side::Client, bytes: missing };
            complete.extend(locale::row(lang, &gap, missing, None).map(|words| format!(" {words}")));
        }
        self.row(Label::Size, locale::bytes(lang, message.size), &complete);
        if let Some(row) = self.rows.last_mut() {
            row.mark = mark(message);
        }
        if let Some(lines) = message.lines {
            let ends = lines.ends.map(|ends| locale::line_ends(lang, ends)).unwrap_or_default();
            self.row(Label::Lines, lines.count.to_string(), ends);
        }
        if let Some(sha256) = message.sha256 {
            self.row(Label::Sha256, data_encoding::HEXLOWER.encode(&sha256), "");
        }
        if let Some(outcome) = message.outcome {
            let reply = line(message.reply.as_deref().unwrap_or_default(), FIELD);
            self.row(Label::Outcome, locale::delivery(lang, outcome).to_owned(), &reply);
        }
        for same in &message.same_as {
            let (session, number) = (self.options.label(Label::Session), self.options.label(Label::Message));
            let value = format!("{session} {}{}{number} {}", same.session, self.options.comma(), same.message);
            self.row(Label::SameAs, value, locale::matched(lang, same.by));
        }
    }
}

/// Entries one below the other, at most [`LISTED`]; the rest are counted.
fn listed(entries: impl ExactSizeIterator<Item = String>) -> String {
    let left_out = entries.len().saturating_sub(LISTED);
    let mut lines: Vec<String> = entries.take(LISTED).collect();
    if left_out > 0 {
        lines.push(format!("… +{left_out}"));
    }
    lines.join("\n")
}

/// `name <address>`, one below the other.
fn mailboxes(list: &[Mailbox]) -> String {
    listed(list.iter().map(|mailbox| {
        let text = |text: &Option<String>| line(text.as_deref().unwrap_or_default(), FIELD);
        match (text(&mailbox.name), text(&mailbox.address)) {
            (name, address) if name.is_empty() => address,
            (name, address) if address.is_empty() => name,
            (name, address) => format!("{name} <{address}>"),
        }
    }))
}

/// A MIME structure drawn as a tree.
#[derive(Default)]
struct Tree {
    lines: Vec<String>,
    types: Vec<String>,
    left_out: usize,
}

impl Tree {
    /// Adds `part`, its first line prefixed by `lead` and the others by `below`. Recursion is bounded by
    /// `limits::MIME_DEPTH`.
    fn add(&mut self, part: &MimePart, lead: &str, below: &str) {
        if self.types.len() >= LISTED {
            self.left_out += 1;
        } else {
            let content_type = part.content_type.as_deref().unwrap_or("text/plain");
            self.lines.push(format!("{lead}{}", line(content_type, FIELD)));
            let rail = if part.parts.is_empty() { "" } else { "│  " };
            for detail in [part.charset.as_deref(), part.encoding.as_deref()].into_iter().flatten() {
                self.lines.push(format!("{below}{rail}{}", line(detail, FIELD)));
            }
            self.types.push(content_type.to_owned());
        }
        for (index, inner) in part.parts.iter().enumerate() {
            let last = index + 1 == part.parts.len();
            let (lead, further) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.add(inner, &format!("{below}{lead}"), &format!("{below}{further}"));
        }
    }

    fn drawn(&self) -> String {
        let mut drawn = self.lines.join("\n");
        if self.left_out > 0 {
            _ = write!(drawn, "\n… +{}", self.left_out);
        }
        drawn
    }
}
