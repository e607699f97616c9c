/*!
Tables for people: per session a heading and, per phase, the report's table; last the log-ins and what else was asked for.

A session is written as soon as it is over, and nothing of it is kept but a row for each table that closes the output, of
which there are no more than `KEPT`. Everything off the wire passes [`escape`] on its way into a cell.
Every line is exactly as wide as the terminal, or narrower; colour adds to what signs say already.
*/

mod catalogue;
mod credentials;
mod findings;
mod frequency;
mod grid;
mod heading;
mod live;
mod messages;
mod sessions;
mod steps;
mod summary;
mod totals;
mod wrap;

pub(super) use steps::numbers;

pub use catalogue::write as catalogue;
pub use live::Live;

use super::{Lang, Show, View, escape, locale};
use crate::session::model::Session;
use crate::verdict::{Needs, Report, Selection};
use std::io::{self, Write};
use totals::Totals;

/// Rows kept for each of the tables that close the output; what is beyond is counted there.
const KEPT: usize = 10_000;

/// What the tables are drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal. Fewer than 80 count as 80.
    pub width: usize,
    /// Colour may be used.
    pub colour: bool,
}

impl Style {
    /// The narrowest that the tables are made for.
    const NARROWEST: usize = 80;

    fn usable(self) -> Self {
        // comfy-table counts in 16 bits.
        Self { width: self.width.clamp(Self::NARROWEST, 1_000), ..self }
    }
}

/// How tables are made.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What they are drawn on.
    pub style: Style,
    /// Which of them.
    pub show: Show,
    /// The language.
    pub lang: Lang,
    /// Characters after which the text of a step is cut.
    pub text_limit: usize,
}

impl Options {
    fn usable(self) -> Self {
        Self { style: self.style.usable(), ..self }
    }

    /// `text` off the wire for a cell of several lines, cut where it is long.
    fn block(&self, text: &str) -> String {
        let (text, cut) = escape::cut(text, self.text_limit);
        let mut shown = escape::block(text).into_owned();
        if cut {
            shown.push('…');
        }
        shown
    }

    fn label(&self, label: locale::Label) -> &'static str {
        locale::label(self.lang, label)
    }

    /// `label: value`, as the language writes it.
    fn named(&self, label: locale::Label, value: &str) -> String {
        self.colon(self.label(label), value)
    }

    fn colon(&self, name: &str, value: &str) -> String {
        match self.lang {
            Lang::En => format!("{name}: {value}"),
            Lang::Zh => format!("{name}：{value}"),
        }
    }

    /// What stands between two things, as the language writes it.
    fn comma(&self) -> &'static str {
        match self.lang {
            Lang::En => ", ",
            Lang::Zh => "，",
        }
    }
}

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

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> View for Table<W> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let Options { show, .. } = self.options;
        let out = &mut self.out;
        let has_findings = show.findings && !session.findings.is_empty();
        if show.steps || has_findings || (show.messages && !session.messages.is_empty()) {
            heading::session(out, &self.options, &session)?;
        }
        if show.steps {
            steps::session(out, &self.options, &session)?;
        } else if show.messages {
            messages::write(out, &self.options, &session, &session.messages)?;
        }
        if has_findings {
            findings::session(out, &self.options, &session)?;
        }
        self.totals.session(out, &session)?;
        out.flush()
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

#[cfg(test)]
mod tests;
