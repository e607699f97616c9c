/*!
What people and programs see: tables, JSON, files of what was carried.

A [`View`] is handed sessions in the order of their first packet, each once it is over, and at the end the [`Report`]. A
session is the view's own, and what a view does to it reaches the views behind it alone: [`redact`] masks secrets before
it hands a session on, [`extract`] takes the content out that it moves to its place, and [`json`] links messages to later
ones in a document that holds all sessions. None of them changes what happened: steps, outcomes and counts stay.
*/

pub(crate) mod address;
pub mod catalogue;
mod each_session;
pub mod escape;
pub mod extract;
pub mod json;
pub(crate) mod locale;
pub mod record;
pub mod redact;
pub mod schema;
pub mod table;

#[cfg(test)]
pub(crate) mod testing;

pub use each_session::EachSession;

use crate::session::model::{Session, Step};
use crate::verdict::{Needs, Report, Selection};
use std::io;

/// Something that shows sessions.
pub trait View {
    /// A step as it happens; only asked of views that show a live capture row by row. `session` is the session so far.
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        let _ = (session, step);
        Ok(())
    }

    /// A session that is over.
    fn session(&mut self, session: Session) -> io::Result<()>;

    /// All sessions have been shown; what is left to say.
    fn finish(&mut self, report: &Report) -> io::Result<()>;

    /// What it reads of sessions: what neither a view nor a rule that runs needs is not computed.
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    /// Which rules' findings it shows, and what it shows of all sessions together.
    fn selection(&self) -> Selection {
        Selection::ALL
    }
}

impl<V: View + ?Sized> View for Box<V> {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        (**self).step(session, step)
    }

    fn session(&mut self, session: Session) -> io::Result<()> {
        (**self).session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        (**self).finish(report)
    }

    fn needs(&self) -> Needs {
        (**self).needs()
    }

    fn selection(&self) -> Selection {
        (**self).selection()
    }
}

/// The language of purposes, findings and headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

/// What to show (`--show`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    /// The report's tables.
    pub steps: bool,
    /// One row a session.
    pub sessions: bool,
    /// Log-in attempts.
    pub credentials: bool,
    /// Messages.
    pub messages: bool,
    /// Findings.
    pub findings: bool,
    /// Counts.
    pub summary: bool,
}

impl Show {
    /// What is shown where nothing is asked for: the report's tables, and the log-ins that close them.
    pub const REPORT: Self =
        Self { steps: true, sessions: false, credentials: true, messages: false, findings: false, summary: false };
    /// Everything (`--show all`).
    pub const ALL: Self =
        Self { steps: true, sessions: true, credentials: true, messages: true, findings: true, summary: true };

    /// What the tables shown read of sessions.
    fn needs(self) -> Needs {
        let messages = self.steps || self.messages;
        Needs { messages, attachments: messages, texts: self.steps }
    }

    /// Findings are shown, or counted in the summary; who logs in stands below the log-ins.
    fn selection(self) -> Selection {
        let rules = if self.findings || self.summary { Selection::ALL.rules } else { Selection::NONE.rules };
        Selection { rules, logins: self.credentials }
    }
}
