/*!
`index.json`: what each file holds.

Each session is written as one line when it ends, so that none is kept in memory; until the index is complete, its name
says that it is unfinished. A message has the fields of the JSON ([`crate::view::record`]), and the name of its file.
*/

use crate::capture::Time;
use crate::session::model;
use crate::verdict::Report;
use crate::view::json::TerminalSafe;
use crate::view::record::{self, Hex, Shown, enums};
use serde::Serialize;
use serde_json::ser::CompactFormatter;
use std::io::{self, Write};

/// The version of the index's shape.
const VERSION: u32 = 1;

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
    transcript: String,
    messages: Vec<Message<'a>>,
}

impl<'a> Session<'a> {
    /// The entry of `session`.
    pub fn new(session: &model::Session, transcript: String, messages: Vec<Message<'a>>) -> Self {
        let transport = &session.transport;
        Self {
            id: session.id,
            protocol: enums::Protocol(session.protocol),
            client: record::Endpoint::new(transport.endpoints.client),
            server: record::Endpoint::new(transport.endpoints.server),
            started: transport.first.time.known().map(Shown),
            ended: transport.last.time.known().map(Shown),
            transcript,
            messages,
        }
    }
}

/// A message's entry, with its file.
#[derive(Serialize)]
pub struct Message<'a> {
    n: u32,
    file: String,
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
    /// The entry of `message`, whose content is in `file`; `attached` are the files of its attachments, in order.
    pub fn new(message: &'a model::Message, file: String, attached: Vec<String>) -> Self {
        let attachments = message.attachments.iter().zip(attached);
        Self {
            n: message.n,
            file,
            about: record::About::new(message),
            size: message.size,
            sha256: message.sha256.map(Hex).map(Shown),
            complete: message.complete,
            missing: missing(&message.missing),
            outcome: message.outcome.map(enums::Delivery),
            attachments: attachments
                .map(|(attachment, file)| Attachment { file, attachment: record::attachment(attachment) })
                .collect(),
        }
    }
}

/// An attachment's entry, with its file.
#[derive(Serialize)]
struct Attachment<'a> {
    file: String,
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
    /// Sessions, each with a transcript.
    pub sessions: u64,
    /// Messages, including those of which only a part was transferred.
    pub messages: u64,
    /// Attachments.
    pub attachments: u64,
}

/// Writes an index.
#[derive(Debug)]
pub struct Index<W> {
    out: W,
    counts: Counts,
}

impl<W: Write> Index<W> {
    /// Begins an index.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn begin(mut out: W) -> io::Result<Self> {
        write!(out, "{{\"format\":\"mailtap-extract\",\"version\":{VERSION},\n\"sessions\":[")?;
        Ok(Self { out, counts: Counts::default() })
    }

    /// Adds a session.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn add(&mut self, session: &Session<'_>) -> io::Result<()> {
        let separator = if self.counts.sessions == 0 { "\n" } else { ",\n" };
        self.out.write_all(separator.as_bytes())?;
        self.json(session)?;
        self.counts.sessions += 1;
        self.counts.messages += session.messages.len() as u64;
        self.counts.attachments += session.messages.iter().map(|message| message.attachments.len() as u64).sum::<u64>();
        Ok(())
    }

    /// Ends the index with the capture that `report` describes and the counts. Returns the output and the counts.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn finish(mut self, report: &Report) -> io::Result<(W, Counts)> {
        self.out.write_all(b"\n],\n\"capture\":")?;
        self.json(&record::Capture::new(report))?;
        self.out.write_all(b",\n\"written\":")?;
        let counts = self.counts;
        self.json(&counts)?;
        self.out.write_all(b"}\n")?;
        Ok((self.out, counts))
    }

    fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut self.out, TerminalSafe(CompactFormatter));
        Ok(value.serialize(&mut serializer)?)
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
