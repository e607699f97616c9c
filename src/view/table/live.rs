/*!
The report's table, live: a row as soon as a step is complete, and a heading wherever the output changes from one
session to another. How a session ended and what its messages were follows at its end.
*/

use super::grid::Row;
use super::sections::Section;
use super::steps::{self, Layout};
use super::totals::Totals;
use super::{Options, Style, findings, heading, messages};
use crate::flow::Side;
use crate::session::model::{Session, Step};
use crate::verdict::{Needs, Report, Selection};
use crate::view::View;
use crate::view::locale::{self, Label};
use std::collections::HashSet;
use std::io::{self, Write};

/// `mailtap live`: rows as they happen.
pub struct Live<W> {
    out: W,
    options: Options,
    /// The columns of the table begun last.
    layout: Option<Layout>,
    shown: Option<Last>,
    /// Open sessions whose endpoints have been written.
    told: HashSet<u64>,
    totals: Totals,
    /// Asked how wide the terminal is now, before anything is written.
    terminal: Option<Columns>,
}

/// Tells the terminal's columns, if it has any.
type Columns = Box<dyn Fn() -> Option<usize>>;

/// The last row written, whose table is still open.
struct Last {
    session: u64,
    section: Section,
    /// The side that sent the row's step.
    from: Side,
    /// A row of this table carries a password.
    secret: bool,
}

impl<W: Write> Live<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: Options) -> Self {
        let options = options.usable();
        let totals = Totals::new(options);
        Self { out, options, layout: None, shown: None, told: HashSet::new(), totals, terminal: None }
    }

    /// Asks `columns` how wide the terminal is whenever something is to be written, and goes on with tables of that width.
    /// Where it does not know, the width stays.
    #[must_use]
    pub fn following(self, columns: impl Fn() -> Option<usize> + 'static) -> Self {
        Self { terminal: Some(Box::new(columns)), ..self }
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Takes the width that the terminal has now. A table of another width is ended: the next row begins one anew.
    fn fit(&mut self) -> io::Result<()> {
        let Some(width) = self.terminal.as_ref().and_then(|columns| columns()) else { return Ok(()) };
        let style = Style { width, ..self.options.style }.usable();
        if style == self.options.style {
            return Ok(());
        }
        // Its foot is as wide as its head.
        self.close()?;
        self.options.style = style;
        self.totals.resized(&mut self.out, self.options)
    }

    /// Ends the open table, if there is one.
    fn close(&mut self) -> io::Result<()> {
        let Some(last) = self.shown.take() else { return Ok(()) };
        if let Some(layout) = &self.layout {
            layout.grid.foot(&mut self.out)?;
        }
        if last.secret {
            heading::note(&mut self.out, self.options.style, &steps::legend(&self.options))?;
        }
        Ok(())
    }

    /// Begins a table for `step`, under the session's heading if the last row was another session's.
    fn open(&mut self, session: &Session, step: &Step, same_session: bool) -> io::Result<()> {
        let (out, options) = (&mut self.out, &self.options);
        if !same_session {
            heading::begin(out, options, session)?;
            if self.told.insert(session.id) {
                heading::pairs(out, options.style, heading::ends(options, session))?;
            }
        }
        heading::title(out, options.style, &Section::of(step).title(options, session))?;
        let layout = self.layout.insert(Layout::blind(options, session.transport.endpoints));
        layout.grid.head(out, &steps::titles(options))
    }
}

impl<W: Write> View for Live<W> {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        if !self.options.show.steps {
            return Ok(());
        }
        // Before the table is ended for it: the session goes on, under its heading.
        let same_session = self.shown.as_ref().is_some_and(|last| last.session == session.id);
        self.fit()?;
        let goes_on = same_session && self.shown.as_mut().is_some_and(|last| last.section.goes_on(step));
        if !goes_on {
            self.close()?;
            self.open(session, step, same_session)?;
            let section = Section::of(step);
            self.shown = Some(Last { session: session.id, section, from: step.from, secret: false });
        }
        if let (Some(last), Some(layout)) = (&mut self.shown, &mut self.layout) {
            let row = layout.row(&self.options, session, step);
            let row: Row = row.joined(goes_on && steps::is_joined(Some(last.from), step));
            layout.grid.rows(&mut self.out, &[row])?;
            last.from = step.from;
            last.secret |= !step.secrets().is_empty();
        }
        self.out.flush()
    }

    fn session(&mut self, session: Session) -> io::Result<()> {
        self.fit()?;
        let show = self.options.show;
        let has_findings = show.details && !session.findings.is_empty();
        let has_messages = (show.steps || show.messages) && !session.messages.is_empty();
        self.told.remove(&session.id);
        if self.totals.only_counts(&session) {
            return Ok(());
        }
        if show.steps || show.transcript || has_findings || has_messages {
            self.close()?;
            let (out, options) = (&mut self.out, &self.options);
            heading::begin(out, options, &session)?;
            let transport = &session.transport;
            let mut facts = heading::ends(options, &session);
            facts.push((options.label(Label::HowItEnded), locale::end(options.lang, transport.end).to_owned()));
            if let Some(duration) = transport.duration() {
                facts.push((options.label(Label::Duration), locale::duration(options.lang, duration)));
            }
            facts.push((options.label(Label::Tls), heading::tls(options, &session.tls)));
            heading::pairs(out, options.style, facts)?;
            if has_messages {
                messages::write(out, options, &session, &session.messages)?;
            }
            if show.transcript {
                super::spoken(out, options, &session)?;
            }
            if has_findings {
                findings::session(out, options, &session)?;
            }
        }
        self.totals.session(&mut self.out, &session)?;
        self.out.flush()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.fit()?;
        self.close()?;
        self.totals.finish(&mut self.out, report)?;
        self.out.flush()
    }

    fn needs(&self) -> Needs {
        self.options.show.needs()
    }

    fn selection(&self) -> Selection {
        self.options.show.selection()
    }
}
