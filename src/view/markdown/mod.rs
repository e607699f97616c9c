/*!
`--format markdown`: what the tables say, as a page to put into a report. Per session a heading and its facts, per phase
the report's table, the messages, and at the end what is said of all sessions together.

A session is written once it is over. Of the tables at the end, at most 10,000 rows are kept of each.
*/

mod escape;
mod page;

pub(super) use escape::escaped;

use super::View;
use super::columns::{AnyTable, Credentials, Details, Findings, Journeys, Of, Sessions, Value};
use super::locale::{self, Label};
use super::table::{self, Options, Sections};
use crate::capture::Time;
use crate::session::Session;
use crate::session::model::Message;
use crate::verdict::{Needs, Report, Selection};
use escape::raw;
use page::{Page, reading, shown};
use std::io::{self, Write};

/// Most rows of a table at the end; further ones are counted.
const KEPT: usize = 10_000;

/// `--format markdown`.
pub struct Markdown<W> {
    page: Page<W>,
    options: Options,
    credentials: Kept,
    sessions: Kept,
    begun: bool,
}

/// Rows of a table at the end.
#[derive(Default)]
struct Kept {
    rows: Vec<Vec<String>>,
    left_out: u64,
}

impl Kept {
    /// The rows that `session` gives to `table`.
    fn session(&mut self, options: &Options, table: &dyn AnyTable, session: &Session) -> io::Result<()> {
        table.session_shown(&reading(options), session, &mut |values| self.add(options, values))
    }

    fn add(&mut self, options: &Options, values: &[Value<'_>]) -> io::Result<()> {
        match self.rows.len() < KEPT {
            true => self.rows.push(values.iter().map(|value| shown(options, value)).collect()),
            false => self.left_out += 1,
        }
        Ok(())
    }
}

impl<W: Write> Markdown<W> {
    /// Writes to `out`. The style of `options` is not used.
    pub fn new(out: W, options: Options) -> Self {
        let (credentials, sessions) = (Kept::default(), Kept::default());
        Self { page: Page::new(out), options, credentials, sessions, begun: false }
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.page.into_inner()
    }

    fn label(&self, label: Label) -> &'static str {
        self.options.label(label)
    }

    fn begin(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.begun, true) {
            true => Ok(()),
            false => self.page.heading(1, self.options.label(Label::MailSessions)),
        }
    }

    /// Heading and facts.
    fn head(&mut self, session: &Session) -> io::Result<()> {
        let protocol = locale::protocol(self.options.lang, session.protocol);
        let title = format!("{} {} · {protocol}", self.label(Label::Session), session.id);
        self.page.heading(2, &title)?;
        let facts = table::facts(&self.options, session);
        let rows = facts.iter().map(|(name, value)| vec![escaped(name), escaped(value)]);
        let titles = [self.label(Label::Field), self.label(Label::Value)];
        self.page.table(&titles, rows)
    }

    /// The report's table of each phase, with the messages that ended in it.
    fn steps(&mut self, session: &Session) -> io::Result<()> {
        let titles =
            [Label::Number, Label::SourceIp, Label::DestinationIp, Label::CommandAndParameters, Label::Purpose];
        let titles = titles.map(|label| self.label(label));
        let of = Of::new(session);
        let mut unshown = session.messages.as_slice();
        let sections = Sections::of(session);
        for (nth, (section, steps)) in sections.tables.iter().enumerate() {
            self.page.heading(3, &section.title(&self.options, session))?;
            let rows = steps.iter().map(|step| {
                let mut cells = page::step(&self.options, &of, step);
                if let Some(number) = cells.first_mut().filter(|_| !step.secrets().is_empty()) {
                    number.push_str(" \\!");
                }
                cells
            });
            self.page.table(&titles, rows)?;
            if steps.iter().any(|step| !step.secrets().is_empty()) {
                self.page.paragraph(&format!("! {}", self.options.label(Label::CarriesSecret)))?;
            }
            // A message stands under the section that has its last step.
            let ended = |message: &&Message| message.steps.last().is_none_or(|&n| sections.with(n) <= nth);
            let (shown, later) = unshown.split_at(unshown.iter().take_while(ended).count());
            self.messages(shown)?;
            unshown = later;
        }
        self.messages(unshown)
    }

    fn messages(&mut self, messages: &[Message]) -> io::Result<()> {
        for message in messages {
            let direction = locale::direction(self.options.lang, message.direction);
            let title = format!("{} {} · {direction}", self.label(Label::Message), message.n);
            self.page.heading(3, &title)?;
            let titles = [Label::Field, Label::Value, Label::Meaning].map(|label| self.label(label));
            let rows = table::fields(&self.options, message);
            self.page.table(&titles, rows.iter().map(|row| row.cells.iter().map(|cell| escaped(cell)).collect()))?;
        }
        Ok(())
    }

    /// The log-ins and how often there are any.
    fn credentials(&mut self, report: &Report) -> io::Result<()> {
        self.page.heading(2, self.options.label(Label::Credentials))?;
        let kept = std::mem::take(&mut self.credentials);
        match kept.rows.is_empty() {
            true => self.page.paragraph(self.options.label(Label::NoCredentials))?,
            false => self.rows(&Credentials, kept)?,
        }
        let logins: Vec<String> = report
            .logins
            .pairs
            .iter()
            .map(|(pair, counts)| {
                let protocol = locale::protocol(self.options.lang, pair.protocol);
                let words = locale::login_frequency(self.options.lang, counts);
                self.options.colon(&format!("{protocol} {} → {}", pair.client, pair.server), &words)
            })
            .collect();
        if !logins.is_empty() {
            self.page.heading(3, self.options.label(Label::WhoLogsIn))?;
            self.page.list(&logins)?;
            self.page.left_out(report.logins.left_out)?;
        }
        Ok(())
    }

    /// A table of the whole capture, by its columns for people.
    fn of_report(&mut self, table: &dyn AnyTable, title: Label, report: &Report) -> io::Result<()> {
        let mut kept = Kept::default();
        let options = self.options;
        table.report_shown(&reading(&options), report, &mut |values| kept.add(&options, values))?;
        self.kept(table, title, kept)
    }

    fn kept(&mut self, table: &dyn AnyTable, title: Label, kept: Kept) -> io::Result<()> {
        if kept.rows.is_empty() {
            return Ok(());
        }
        self.page.heading(2, self.options.label(title))?;
        self.rows(table, kept)
    }

    /// Rows under the titles of their columns.
    fn rows(&mut self, table: &dyn AnyTable, kept: Kept) -> io::Result<()> {
        let titles: Vec<&str> = table.columns(self.options.lang).iter().filter_map(|column| column.title).collect();
        self.page.table(&titles, kept.rows.into_iter())?;
        self.page.left_out(kept.left_out)
    }

    fn summary(&mut self, report: &Report) -> io::Result<()> {
        self.page.heading(2, self.options.label(Label::Summary))?;
        let packets = &report.summary.packets;
        let protocols = report.summary.sessions.iter().filter(|(_, count)| **count > 0);
        let lang = self.options.lang;
        let counted = |count: &u64, word: &str| format!("{word} {count}");
        let sessions: Vec<String> =
            protocols.map(|(protocol, count)| counted(count, locale::protocol(lang, *protocol))).collect();
        let findings: Vec<String> = report
            .summary
            .findings
            .iter()
            .rev()
            .filter(|(_, count)| **count > 0)
            .map(|(severity, count)| counted(count, locale::severity(lang, *severity)))
            .collect();
        let rows = [
            (Label::PacketsRead, packets.read.to_string()),
            (Label::PacketsOfMail, packets.mail.to_string()),
            (Label::PacketsOther, packets.other.to_string()),
            (Label::PacketsUndecodable, packets.undecodable.to_string()),
            (Label::MailSessions, sessions.join(self.options.comma())),
            (Label::LogIns, report.summary.credentials.values().sum::<u64>().to_string()),
            (Label::MessagesCarried, report.summary.messages.to_string()),
            (Label::Findings, findings.join(self.options.comma())),
        ];
        let titles = [self.label(Label::Field), self.label(Label::Value)];
        let rows = rows.map(|(label, value)| vec![escaped(self.options.label(label)), escaped(&value)]);
        self.page.table(&titles, rows.into_iter())?;
        let titles =
            [Label::Source, Label::Packets, Label::FirstPacket, Label::LastPacket].map(|label| self.label(label));
        let options = self.options;
        let moment = |time| options.time.moment(options.lang, time);
        let time = |time: Option<Time>| time.map(moment).unwrap_or_default();
        let sources = report.sources.iter().map(|source| {
            let problem = source.problem.as_deref().map(|problem| format!("<br>{}", raw(problem))).unwrap_or_default();
            vec![
                format!("{}{problem}", raw(&source.name)),
                source.packets.to_string(),
                escaped(&time(source.first)),
                escaped(&time(source.last)),
            ]
        });
        self.page.table(&titles, sources)
    }

    /// What the capture comes to, and what was left out.
    fn close(&mut self, report: &Report) -> io::Result<()> {
        let lang = self.options.lang;
        if let Some(verdict) = report.verdict.as_ref().filter(|_| self.options.show.findings) {
            self.page.heading(2, self.options.label(Label::Verdict))?;
            self.page.paragraph(&locale::verdict(lang, verdict))?;
        }
        if !report.summary.limits_hit.is_empty() {
            self.page.heading(2, self.options.label(Label::LimitsHit))?;
            let titles = [Label::Count, Label::LimitsHit].map(|label| self.label(label));
            let limits = report.summary.limits_hit.iter();
            let rows = limits.map(|(limit, count)| vec![count.to_string(), escaped(&locale::limit(lang, limit))]);
            self.page.table(&titles, rows)?;
        }
        Ok(())
    }
}

impl<W: Write> View for Markdown<W> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.begin()?;
        let show = self.options.show;
        if show.steps || show.transcript || (show.messages && !session.messages.is_empty()) {
            self.head(&session)?;
        }
        if show.steps {
            self.steps(&session)?;
        } else if show.messages {
            self.messages(&session.messages)?;
        }
        if show.transcript {
            self.page.heading(3, self.options.label(Label::Transcript))?;
            let options = &self.options;
            self.page.verbatim(|out| table::dialogue(out, options, &session))?;
        }
        if show.credentials {
            self.credentials.session(&self.options, &Credentials, &session)?;
        }
        if show.sessions {
            self.sessions.session(&self.options, &Sessions, &session)?;
        }
        if show.details && !session.findings.is_empty() {
            let mut kept = Kept::default();
            kept.session(&self.options, &Details, &session)?;
            self.kept(&Details, Label::Findings, kept)?;
        }
        self.page.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.begin()?;
        let show = self.options.show;
        if report.summary.sessions.values().all(|&count| count == 0) {
            let held = report.sources.iter().map(|source| source.packets).sum();
            for said in locale::no_mail(self.options.lang, &report.summary, held) {
                self.page.paragraph(&said)?;
            }
        }
        if show.sessions {
            let kept = std::mem::take(&mut self.sessions);
            self.kept(&Sessions, Label::Sessions, kept)?;
        }
        if show.credentials {
            self.credentials(report)?;
        }
        if show.journeys {
            self.of_report(&Journeys, Label::Journeys, report)?;
        }
        if show.findings {
            self.of_report(&Findings, Label::Findings, report)?;
        }
        if show.summary {
            self.summary(report)?;
        }
        self.close(report)?;
        self.page.flush()
    }

    fn needs(&self) -> Needs {
        self.options.show.needs()
    }

    fn selection(&self) -> Selection {
        let Selection { rules, .. } = Selection::ALL;
        let selection = self.options.show.selection();
        if self.options.show.sessions { Selection { rules, ..selection } } else { selection }
    }
}

#[cfg(test)]
mod tests;
