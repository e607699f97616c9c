/*!
`--format html`: one page for people, in one file: what the capture comes to, a timeline, the findings, the answers to a
lab report's questions, the logins, and a list of the sessions, each of which opens to its drawing and its tables.

The page asks nobody for anything: its style and script are in it, and its policy (Content-Security-Policy) allows those
two alone, by their hashes. Text off the wire has passed [`escape`](super::escape) and the template engine's escaping.

A session is rendered as soon as it is over, and only its HTML and its line of data are kept, up to
[`crate::limits::PAGE_BYTES`]. A browser need not lay out what nobody looks at: the first 100 sessions are in the
document, and what the first ones open to, of `OPEN_STEPS` steps. The rest lies in `noscript`, which is text where there
is a script, and that puts it into place when it is wanted. Without a script the list is whole, and the sessions of the
first `PLAIN_STEPS` steps open. A template of one's own gets the values in place of the HTML.
*/

mod context;
mod data;
pub mod drawing;
mod render;

pub use render::Template;

use super::address::canonical;
use super::clock::Clock;
use super::json::NdJson;
use super::record;
use super::{Lang, View};
use crate::limits::{Limit, PAGE_BYTES, PAGE_SESSION_STEPS, PAGE_SESSIONS, PAGE_TIMELINE};
use crate::session::Session;
use crate::verdict::explain::{Explainer, Heads};
use crate::verdict::{Needs, Report, Selection};
use context::again::Again;
use context::finding::Grouped;
use context::login::{self, Ledger};
use context::text::Text;
use context::{LeftOut, Page, answer, capture, session};
use drawing::TimelineSession;
use render::{Drawings, Entry, FIRST_ROWS, Renderer};
use std::io::{self, Write};
use std::sync::Arc;

/// Sessions of the timeline that have a name: with more, it shows how many there were when.
const NAMED: usize = 400;

/// Steps of the sessions that are in the document with what they open to.
const OPEN_STEPS: usize = 300;

/// Steps of the sessions that open without a script. Each is some 50 elements: a browser takes 20,000 of them in five
/// seconds.
const PLAIN_STEPS: usize = 6_000;

/// The options of the page.
#[derive(Debug, Default)]
pub struct Options {
    /// The language that it begins with.
    pub lang: Lang,
    /// Secrets in the sessions have been replaced.
    pub masked: bool,
    /// The headers of messages as they were sent, where they are stored.
    pub heads: Option<Arc<Heads>>,
    /// A template of one's own.
    pub template: Option<Template>,
    /// How moments are told.
    pub clock: Clock,
}

/// `--format html`: a page, written at the end.
pub struct Html<W> {
    out: W,
    lang: Lang,
    masked: bool,
    clock: Clock,
    renderer: Renderer,
    explainer: Explainer,
    groups: Grouped,
    logins: Ledger,
    timeline: Vec<TimelineSession>,
    entries: Vec<Entry>,
    /// Bytes of the entries.
    held: usize,
    left_out: LeftOut,
    /// Steps that tables leave out.
    steps_left_out: u64,
    /// What was seen again, by the session that had it first.
    again: Again,
}

impl<W: Write> Html<W> {
    /// Writes to `out`.
    ///
    /// # Errors
    /// Where the template of one's own is none: its file, the line, and what is wrong.
    pub fn new(out: W, options: Options) -> io::Result<Self> {
        let Options { lang, masked, heads, template, clock } = options;
        Ok(Self {
            out,
            lang,
            masked,
            clock,
            renderer: Renderer::new(template, masked)?,
            explainer: Explainer::new(masked, heads),
            groups: Grouped::default(),
            logins: Ledger::default(),
            timeline: Vec::new(),
            entries: Vec::new(),
            held: 0,
            left_out: LeftOut { mebibytes: PAGE_BYTES >> 20, ..LeftOut::default() },
            steps_left_out: 0,
            again: Again::default(),
        })
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Adds the session to the timeline.
    fn mark(&mut self, session: &Session) {
        let transport = &session.transport;
        if self.timeline.len() >= PAGE_TIMELINE {
            self.left_out.timeline += 1;
            return;
        }
        let named = self.timeline.len() < NAMED;
        let [client, server] = [transport.endpoints.client, transport.endpoints.server].map(canonical);
        self.timeline.push(TimelineSession {
            id: session.id,
            protocol: session.protocol,
            first: transport.first.time,
            last: transport.last.time,
            severity: session.findings.iter().map(|finding| finding.severity).max(),
            label: if named { format!("{} → {server}", client.ip()) } else { String::new() },
        });
    }

    /// The session's row, and what it opens to as far as there is room.
    fn entry(&mut self, session: Session) -> io::Result<Entry> {
        let row = session::row(&session, self.clock);
        let mut entry =
            Entry { id: session.id, steps: session.steps.len(), row: render::value(&row), ..Entry::default() };
        let left_out = session.steps.len().saturating_sub(PAGE_SESSION_STEPS);
        let (detail, size) = self.renderer.detail(&row, &session, self.masked, self.clock)?;
        let mut line = NdJson::new(Vec::new(), record::Options { lang: self.lang, ..record::Options::default() });
        line.session(session)?;
        let data = data::inert(&line.into_inner());
        let bytes = size + data.len();
        if self.held + bytes > PAGE_BYTES {
            self.left_out.details += 1;
            return Ok(entry);
        }
        self.held += bytes;
        self.steps_left_out += left_out as u64;
        (entry.detail, entry.data) = (Some(detail), data);
        Ok(entry)
    }
}

impl<W: Write> View for Html<W> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.mark(&session);
        self.explainer.session(&session);
        self.groups.add(&session);
        self.logins.add(&session);
        self.again.add(&session);
        if self.entries.len() >= PAGE_SESSIONS {
            self.left_out.sessions += 1;
            return Ok(());
        }
        let entry = self.entry(session)?;
        self.entries.push(entry);
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        // Sessions may come out of order where too many were waiting for an earlier one to end.
        self.entries.sort_by_key(|entry| entry.id);
        let mut report = report.clone();
        let left_out = &self.left_out;
        let missing = left_out.sessions + left_out.details + left_out.timeline;
        let missing = missing + self.steps_left_out + self.again.left_out;
        report.summary.limits_hit.hit_times(Limit::Page, missing);
        let report = &report;
        let cause = report.verdict.as_ref().and_then(|verdict| verdict.cause);
        let explanation = self.explainer.finish(&report.across, &report.logins, cause);
        let findings = std::mem::take(&mut self.groups).finish(&report.across);
        let ledger = std::mem::take(&mut self.logins);
        let held = report.sources.iter().map(|source| source.packets).sum();
        let page = Page {
            lang: if self.lang == Lang::Zh { "zh" } else { "en" },
            clock: match self.clock {
                Clock::Utc => "utc",
                Clock::Local(_) => "local",
                Clock::Relative(_) => "relative",
            },
            version: env!("CARGO_PKG_VERSION"),
            redacted: self.masked,
            verdict: Text::of(|lang| match &report.verdict {
                Some(verdict) => super::locale::verdict(lang, verdict),
                // None of the sessions was chosen: that is said in its place.
                None => super::locale::no_mail(lang, &report.summary, held).join(" "),
            }),
            severity: session::worst(&findings),
            capture: capture::capture(report, self.clock),
            findings,
            answers: answer::answers(&explanation),
            more_logins: ledger.left_out,
            logins: ledger.finish(),
            frequency: login::frequency(&report.logins),
            journeys: capture::ways(&report.across.journeys, self.clock),
            limits: capture::limits(report),
            left_out: LeftOut { listed: self.entries.len(), ..self.left_out.clone() },
            labels: context::labels(),
        };
        let mut last = NdJson::new(Vec::new(), record::Options { lang: self.lang, ..record::Options::default() });
        last.finish(report)?;
        let mut steps = 0;
        for (nth, entry) in self.entries.iter_mut().enumerate() {
            steps += entry.steps;
            // Within the list's own `noscript` there cannot be another one.
            entry.keeps = match (nth < FIRST_ROWS, steps) {
                (true, ..=OPEN_STEPS) | (false, ..=PLAIN_STEPS) => "",
                (true, ..=PLAIN_STEPS) => "noscript",
                _ => "script",
            };
            entry.again = self.again.of(entry.id);
        }
        let entries = std::mem::take(&mut self.entries);
        let drawings = Drawings {
            timeline: drawing::timeline(&std::mem::take(&mut self.timeline), self.clock),
            lanes: drawing::lanes(&report.across.journeys),
        };
        self.renderer.page(&mut self.out, &page, drawings, entries, data::inert(&last.into_inner()))?;
        self.out.flush()
    }

    fn needs(&self) -> Needs {
        Needs::ALL
    }

    fn selection(&self) -> Selection {
        Selection::ALL
    }
}

#[cfg(test)]
mod columns_tests;
#[cfg(test)]
mod tests;
