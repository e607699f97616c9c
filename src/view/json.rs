/*!
JSON for programs: one document ([`Json`]), or a line a session as each ends ([`NdJson`]).

Both walk through the model while they write: a session is never held twice. The document holds all sessions until the
end, because `same_as` names later ones too; lines hold none.
*/

use super::record::{Capture, LastLine, Line, Options, Session, Summary, VERSION};
use super::{Report, View};
use crate::session;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::io::{self, Write};

/// `--format json`: one document, written when all is known.
pub struct Json<W> {
    out: W,
    options: Options,
    sessions: Vec<session::Session>,
}

impl<W: Write> Json<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: Options) -> Self {
        Self { out, options, sessions: Vec::new() }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> View for Json<W> {
    fn session(&mut self, session: session::Session) -> io::Result<()> {
        self.sessions.push(session);
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let document = Document { report, options: self.options, sessions: &self.sessions };
        serde_json::to_writer_pretty(&mut self.out, &document)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// The document of [`super::record::Document`], without a list of the sessions' records.
struct Document<'a> {
    report: &'a Report,
    options: Options,
    sessions: &'a [session::Session],
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Document", 5)?;
        document.serialize_field("format", "mailtap")?;
        document.serialize_field("version", &VERSION)?;
        document.serialize_field("capture", &Capture::new(self.report))?;
        document.serialize_field("sessions", &Sessions { sessions: self.sessions, options: self.options })?;
        document.serialize_field("summary", &Summary::new(self.report))?;
        document.end()
    }
}

struct Sessions<'a> {
    sessions: &'a [session::Session],
    options: Options,
}

impl Serialize for Sessions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.sessions.iter().map(|session| Session::new(session, self.options)))
    }
}

/// `--format ndjson`: a line a session, flushed as it is written; last a line with the summary.
pub struct NdJson<W> {
    out: W,
    options: Options,
}

impl<W: Write> NdJson<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: Options) -> Self {
        Self { out, options }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

impl<W: Write> View for NdJson<W> {
    fn session(&mut self, session: session::Session) -> io::Result<()> {
        let record = Session::new(&session, self.options);
        self.line(&Line::Session(record))
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.line(&Line::Summary(LastLine::new(report)))
    }
}
