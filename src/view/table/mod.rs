/*!
Tables for people: per session a heading and, per phase, the report's table; last the login attempts and the other
tables that the user asked for.

A session is written as soon as it is over. Only its rows of the tables that close the output are kept, at most `KEPT`
per table. All text off the wire passes [`escape`](super::escape) on its way into a cell. No line is wider than the
terminal. Colour only repeats what signs say.
*/

mod across;
mod capabilities;
mod cards;
mod catalogue;
mod cell;
mod credentials;
mod findings;
mod frequency;
mod grid;
mod grouped;
mod heading;
mod listed;
mod listing;
mod live;
mod messages;
mod options;
mod row;
mod same;
mod sections;
mod sessions;
mod stalls;
mod steps;
mod summary;
mod totals;
pub(super) mod transcript;
mod unconnected;
mod width;
mod wrap;

pub(super) use cell::numbers;
pub(super) use grid::{Grid, Mark, Row};
pub(super) use heading::{banner, began, facts, note, paragraph};
pub(super) use messages::fields;
pub(super) use sections::Sections;
pub(super) use steps::{meaning, said};

pub use catalogue::write as catalogue;
pub use listing::{Listing, Sort};
pub use live::Live;
pub use options::{Options, Style};

use super::View;
use super::locale::Label;
use crate::session::model::Session;
use crate::verdict::{Needs, Report, Selection};
use std::collections::HashMap;
use std::io::{self, Write};
use totals::Totals;
use transcript::Form;

/// `--format table`: sessions once they are over.
pub struct Table<W> {
    out: W,
    options: Options,
    totals: Totals,
}

impl<W: Write> Table<W> {
    /// Writes to `out`.
    pub fn new(out: W, options: Options) -> Self {
        let options = options.usable();
        Self { out, options, totals: Totals::new(options) }
    }

    /// Returns the output.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write(&mut self, session: &Session) -> io::Result<()> {
        let Options { show, .. } = self.options;
        if self.totals.only_counts(session) {
            return Ok(());
        }
        let out = &mut self.out;
        let has_findings = show.details && !session.findings.is_empty();
        if show.steps || show.transcript || has_findings || (show.messages && !session.messages.is_empty()) {
            heading::session(out, &self.options, session)?;
        }
        if show.steps {
            steps::session(out, &self.options, session)?;
        } else if show.messages {
            messages::write(out, &self.options, session, &session.messages)?;
        }
        if show.transcript {
            spoken(out, &self.options, session)?;
        }
        if has_findings {
            findings::session(out, &self.options, session)?;
        }
        self.totals.session(out, session)?;
        out.flush()
    }
}

impl<W: Write> View for Table<W> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.write(&session)
    }

    fn lent_session(&mut self, session: &Session, _: Option<&[u8]>) -> io::Result<bool> {
        self.write(session)?;
        Ok(true)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
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

/// Writes the dialogue, a line for each that was sent.
fn spoken(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    heading::title(out, options.style, options.label(Label::Transcript))?;
    dialogue(out, options, session)
}

/// The lines of the dialogue alone, each with its time of day.
pub(super) fn dialogue(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    let form = Form { lang: options.lang, clock: Some(options.time), decoded: true, files: &HashMap::new() };
    transcript::write(out, form, session)
}

#[cfg(test)]
mod lists_tests;
#[cfg(test)]
mod tests;
