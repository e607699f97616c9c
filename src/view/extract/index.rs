/*!
`index.json`: what each file holds.

Each session is written as one line when it ends, so that none is kept in memory, and before its files get their names: a
run that is killed leaves no file that is not listed. Until the index is complete, its name says that it is unfinished, and
in its place is one that says so too ([`unfinished`]). A message has the fields of the JSON ([`crate::view::record`]), and the name of its file.
*/

use crate::capture::Time;
use crate::limits::Limit;
use crate::session::model;
use crate::verdict::Report;
use crate::view::json::write_compact;
use crate::view::record::{self, Hex, Shown, enums};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the index's shape.
const VERSION: u32 = 1;
const FORMAT: &str = "mailtap-extract";
/// Bytes of a line's buffer that are kept for the next line.
const LINE_MEMORY: usize = 1 << 20;

/// A file, or why there is none.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Its name, below the directory of the extraction.
    File(String),
    /// The name of the bound that left it out.
    LeftOut(&'static str),
}

impl Place {
    /// The file `name`, unless a bound leaves it out.
    pub fn new(name: String, room: Result<(), Limit>) -> Self {
        match room {
            Ok(()) => Self::File(name),
            Err(limit) => Self::LeftOut(limit.name()),
        }
    }

    /// How many files are left out: 0 or 1.
    pub fn left_out(&self) -> u64 {
        u64::from(matches!(self, Self::LeftOut(_)))
    }
}

/// The index until there is a complete one; `list` is the file in which the sessions are listed meanwhile.
pub fn unfinished(list: &str) -> String {
    let begun = serde_json::json!({
        "format": FORMAT, "version": VERSION, "complete": false, "listed_in": list, "sessions": []
    });
    format!("{begun}\n")
}

/// A session's entry.
#[derive(Serialize)]
pub struct Session<'a> {
    id: u64,
    protocol: enums::Protocol,
    client: record::Endpoint,
    server: record::Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Shown<Time>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<Shown<Time>>,
    #[serde(flatten)]
    transcript: Transcript,
    messages: Vec<Message<'a>>,
}

/// A session's transcript, under a name of its own for the file.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Transcript {
    Transcript(String),
    LeftOut(&'static str),
}

impl<'a> Session<'a> {
    /// The entry of `session`.
    pub fn new(session: &model::Session, transcript: Place, messages: Vec<Message<'a>>) -> Self {
        let transport = &session.transport;
        Self {
            id: session.id,
            protocol: enums::Protocol(session.protocol),
            client: record::Endpoint::new(transport.endpoints.client),
            server: record::Endpoint::new(transport.endpoints.server),
            started: transport.first.time.known().map(Shown),
            ended: transport.last.time.known().map(Shown),
            transcript: match transcript {
                Place::File(file) => Transcript::Transcript(file),
                Place::LeftOut(limit) => Transcript::LeftOut(limit),
            },
            messages,
        }
    }
}

/// A message's entry, with its file.
#[derive(Serialize)]
pub struct Message<'a> {
    n: u32,
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    about: record::About<'a>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Shown<Hex>>,
    complete: bool,
    missing: Vec<Missing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<enums::Delivery>,
    attachments: Vec<Attachment<'a>>,
}

impl<'a> Message<'a> {
    /// The entry of `message`, whose content is in `place`; `attached` are the places of its attachments, in order.
    pub fn new(message: &'a model::Message, place: Place, attached: Vec<Place>) -> Self {
        let attachments = message.attachments.iter().zip(attached);
        Self {
            n: message.n,
            place,
            about: record::About::new(message),
            size: message.size,
            sha256: message.sha256.map(Hex).map(Shown),
            complete: message.complete,
            missing: missing(&message.missing),
            outcome: message.outcome.map(enums::Delivery),
            attachments: attachments
                .map(|(attachment, place)| Attachment { place, attachment: record::attachment(attachment) })
                .collect(),
        }
    }
}

/// An attachment's entry, with its file.
#[derive(Serialize)]
struct Attachment<'a> {
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    attachment: record::Attachment<'a>,
}

/// A range of the content that is not in the capture.
#[derive(Serialize, Debug, PartialEq)]
struct Missing {
    /// Where the range begins in the complete content.
    offset: u64,
    /// Number of missing bytes.
    length: u64,
    /// Where the range belongs in the file, which holds no bytes for it: before the byte at this offset.
    file_offset: u64,
}

fn missing(ranges: &[(u64, u64)]) -> Vec<Missing> {
    let mut before = 0_u64;
    let told = |&(offset, length): &(u64, u64)| {
        let file_offset = offset.saturating_sub(before);
        before = before.saturating_add(length);
        Missing { offset, length, file_offset }
    };
    ranges.iter().map(told).collect()
}

/// How much was written.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Sessions.
    pub sessions: u64,
    /// Messages, including those of which only a part was transferred.
    pub messages: u64,
    /// Attachments.
    pub attachments: u64,
    /// Messages, attachments and transcripts that were not written.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Writes an index.
#[derive(Debug)]
pub struct Index<W> {
    out: W,
    counts: Counts,
    /// What is to be written at once.
    line: Vec<u8>,
}

impl<W: Write> Index<W> {
    /// Begins an index.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\n\"sessions\":[").as_bytes())?;
        out.flush()?;
        Ok(Self { out, counts: Counts::default(), line: Vec::new() })
    }

    /// Adds a session.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn add(&mut self, session: &Session<'_>) -> io::Result<()> {
        let separator = if self.counts.sessions == 0 { "\n" } else { ",\n" };
        self.line.extend_from_slice(separator.as_bytes());
        self.json(session)?;
        let counts = &mut self.counts;
        counts.sessions += 1;
        counts.left_out += u64::from(matches!(session.transcript, Transcript::LeftOut(_)));
        for message in &session.messages {
            counts.messages += 1 - message.place.left_out();
            counts.left_out += message.place.left_out();
            for attachment in &message.attachments {
                counts.attachments += 1 - attachment.place.left_out();
                counts.left_out += attachment.place.left_out();
            }
        }
        self.flush()
    }

    /// Ends the index with the capture that `report` describes and the counts. Returns the counts.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(mut self, report: &Report) -> io::Result<Counts> {
        self.line.extend_from_slice(b"\n],\n\"capture\":");
        self.json(&record::Capture::new(report))?;
        self.line.extend_from_slice(b",\n\"written\":");
        let counts = self.counts;
        self.json(&counts)?;
        self.line.extend_from_slice(b",\n\"complete\":true}\n");
        self.flush()?;
        Ok(counts)
    }

    fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        Ok(write_compact(value, &mut self.line)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.line)?;
        self.line.clear();
        self.line.shrink_to(LINE_MEMORY);
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{Missing, missing};

    #[test]
    fn where_bytes_are_missing_in_the_file() {
        let told = missing(&[(10, 5), (20, 100), (130, 1)]);
        let places: Vec<u64> = told.iter().map(|missing| missing.file_offset).collect();
        assert_eq!(places, [10, 15, 25]);
        assert_eq!(told.first(), Some(&Missing { offset: 10, length: 5, file_offset: 10 }));
        // Ranges that a bound has merged must not make the offset underflow.
        assert_eq!(missing(&[(0, u64::MAX), (5, u64::MAX)])[1].file_offset, 0);
    }
}
