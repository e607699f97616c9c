/*!
JSON for programs: one document ([`Json`]), or a line a session as each ends ([`NdJson`]).

Both serialise the model while they walk through it: no session is in memory twice. [`Json`] keeps all sessions until
the end, because `same_as` names later messages too; [`NdJson`] keeps none. A line is written by a serialiser of ours
(`writer`), the indented document by serde_json's.
*/

mod prepared;
mod terminal_safe;
mod text;
mod writer;
#[cfg(test)]
mod writer_tests;

use super::record::{Capture, LastLine, Line, Options, Session, Summary, VERSION};
use super::{Preparation, View};
use crate::session;
use crate::verdict::Report;
use crate::verdict::across::same_message;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::ser::PrettyFormatter;
use std::io::{self, Write};
use std::sync::Arc;
pub(super) use terminal_safe::TerminalSafe;
pub(super) use writer::write as write_compact;

/// `--format json`: one document, written at the end.
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

    /// Returns the output.
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
        // Sessions may come out of order where too many were waiting for an earlier one to end.
        self.sessions.sort_by_key(|session| session.id);
        same_message::both_ways(&mut self.sessions);
        let document = Document { report, options: self.options, sessions: &self.sessions };
        let pretty = TerminalSafe(PrettyFormatter::new());
        document.serialize(&mut serde_json::Serializer::with_formatter(&mut self.out, pretty))?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Serialises as [`super::record::Document`] does, but makes the sessions' records one at a time.
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
        document.serialize_field("summary", &Summary::new(self.report, self.options))?;
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

/// `--format ndjson`: one line per session, each flushed at once, and a last line with the summary.
pub struct NdJson<W> {
    out: W,
    /// After each line.
    flushes: bool,
    options: Options,
    /// The current line. The serialiser writes thousands of small pieces; `out` gets the whole line in one write.
    line: Vec<u8>,
}

/// Bytes of the line buffer that are kept for the next line.
const LINE_MEMORY: usize = 1 << 20;

impl<W: Write> NdJson<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: Options) -> Self {
        Self { out, flushes: true, options, line: Vec::new() }
    }

    /// Flushes only after the last line: for what is read from files, as fast as it can be read. `out` may gather lines.
    pub fn gathering(self) -> Self {
        Self { flushes: false, ..self }
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write(&mut self, session: &session::Session) -> io::Result<()> {
        let options = self.options;
        self.line(|line| Ok(write_compact(&Line::Session(Session::new(session, options)), line)?))
    }

    /// Writes the line that `make` appends.
    fn line(&mut self, make: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        self.line.clear();
        self.line.shrink_to(LINE_MEMORY);
        make(&mut self.line)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        if self.flushes { self.out.flush() } else { Ok(()) }
    }
}

impl<W: Write> View for NdJson<W> {
    fn session(&mut self, session: session::Session) -> io::Result<()> {
        self.write(&session)
    }

    fn lent_session(&mut self, session: &session::Session, prepared: Option<&[u8]>) -> io::Result<bool> {
        match prepared {
            Some(prepared) => self.line(|line| prepared::complete(prepared, session, line))?,
            None => self.write(session)?,
        }
        Ok(true)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let options = self.options;
        self.line(|line| Ok(write_compact(&Line::Summary(LastLine::new(report, options)), line)?))?;
        self.out.flush()
    }

    fn preparation(&self) -> Option<Preparation> {
        let options = self.options;
        Some(Arc::new(move |session| prepared::line(session, options)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, NdJson};
    use crate::protocol::Protocol;
    use crate::session::Session;
    use crate::view::View;
    use crate::view::record::Options;
    use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
    use serde_json::{Value, json};

    fn document(sessions: Vec<Session>, options: Options) -> Value {
        let report = report(&sessions);
        let mut view = Json::new(Vec::new(), options);
        sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
        view.finish(&report).unwrap();
        serde_json::from_slice(&view.into_inner()).unwrap()
    }

    fn session(talk: Talk) -> Value {
        document(vec![talk.session], Options::default())["sessions"][0].take()
    }

    #[test]
    fn the_report_as_json() {
        let document = document(vec![lab_smtp(), lab_pop3()], Options::default());
        assert_eq!(document["format"], "mailtap");
        assert_eq!(document["version"], 1);
        assert_eq!(document["capture"]["sources"][0]["first"], "2009-12-08T06:00:00.000000Z");
        assert_eq!(document["summary"]["sessions"], json!({"smtp": 1, "lmtp": 0, "pop3": 1, "imap": 0}));
        assert_eq!(document["summary"]["limits_hit"], json!({}));
        let mut mail = document["sessions"][0]["steps"][3].clone();
        mail.as_object_mut().unwrap().remove("purpose");
        assert_eq!(
            mail,
            json!({
                "n": 4, "time": "2009-12-08T06:00:00.010500Z", "packets": [7], "channel": "clear", "from": "client",
                "source": "172.16.0.73", "destination": "172.16.0.253", "phase": "transaction", "kind": "command",
                "command": "MAIL", "arguments": "FROM: <group7_3@JServer.Netlab>",
                "text": "MAIL FROM: <group7_3@JServer.Netlab>", "bytes": 38,
            })
        );
        let reply = &document["sessions"][0]["steps"][4];
        assert_eq!((&reply["answers"], &reply["elapsed_ms"]), (&json!(4), &json!(1.234)));
        assert_eq!(document["sessions"][0]["transport"]["rtt_ms"], json!(0.123));
        assert_eq!(document["sessions"][0]["steps"][9]["packets"], json!([13, 15]));
        assert_eq!(document["sessions"][1]["steps"][3]["state"], "authorization");
        assert_eq!(document["sessions"][1]["credentials"][0]["password"], "group7_3");
        assert_eq!(
            document["sessions"][1]["messages"][0]["same_as"],
            json!([{"session": 1, "message": 1, "match": "body"}])
        );
    }

    #[test]
    fn an_unknown_field_is_absent() {
        let session =
            session(Talk::new(Protocol::Smtp).s("220 x").edit(|session| session.banner = Some(String::new())));
        for field in ["banner", "client_name"] {
            assert!(session.get(field).is_none(), "{field}");
        }
        let step = session["steps"][0].as_object().unwrap();
        for field in ["arguments", "command", "tag", "answers", "elapsed_ms", "truncated", "state", "enhanced"] {
            assert!(!step.contains_key(field), "{field}");
        }
        assert_eq!(session["tls"], json!({"mode": "none", "decrypted": false}));
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let talk = || Talk::new(Protocol::Smtp).s("220 x").c(&format!("NOOP {}", "é".repeat(2_000)));
        let step = session(talk())["steps"][1].take();
        assert_eq!(step["text"].as_str().unwrap().chars().count(), 1_000);
        assert_eq!(step["arguments"].as_str().unwrap().chars().count(), 1_000);
        assert_eq!(step["truncated"], true);
        let whole = document(vec![talk().session], Options { text_limit: 10_000, ..Options::default() });
        assert!(whole["sessions"][0]["steps"][1].get("truncated").is_none());
    }

    #[test]
    fn addresses_are_canonical() {
        let session = document(vec![everything()], Options::default())["sessions"][0].take();
        assert_eq!(session["server"], json!({"ip": "10.0.0.1", "port": 143}));
        assert_eq!(session["client"]["ip"], "2003:de:2016:125:fc36:8317:4e86:cb72");
        assert_eq!(session["steps"][0]["source"], "10.0.0.1");
        assert_eq!(session["messages"][0]["envelope"], json!({"from": "", "to": [{"address": ""}]}));
    }

    #[test]
    fn nothing_off_the_wire_breaks_a_line() {
        let sessions = vec![everything(), lab_smtp()];
        let report = report(&sessions);
        let mut view = NdJson::new(Vec::new(), Options::default());
        sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
        view.finish(&report).unwrap();
        let text = String::from_utf8(view.into_inner()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["session", "session", "summary"]);
        assert_eq!(lines[2]["summary"]["messages"], 3);
        assert_eq!(lines[2]["summary"]["limits_hit"], json!({"line_bytes": 1}));
        assert!(!text.contains('\x1b'));
    }
}
