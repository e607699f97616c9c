/*!
What people and programs see: tables, JSON, files with the content of messages and attachments.

A [`View`] receives each session once, when the session is over, and at the end the [`Report`]. The pipeline's
[`Emit`](crate::pipeline::Emit) says in which order sessions come.

A view owns the sessions that it receives. Most views only read them. Three change them, and nothing upstream sees the
change: [`redact::Redact`] masks secrets, and [`extract::Extract`] takes the stored content out, before they pass the
session on to the view inside them; [`json::Json`] completes `same_as` before it writes.
*/

pub(crate) mod address;
#[cfg(feature = "arrow")]
pub mod arrow;
pub mod catalogue;
pub mod clock;
pub mod columns;
pub mod compare;
pub mod csv;
pub(crate) mod display_filter;
mod each_session;
pub mod escape;
pub mod explain;
pub mod extract;
pub mod html;
pub mod json;
pub(crate) mod locale;
pub mod markdown;
pub mod own_thread;
pub(crate) mod packet;
#[cfg(feature = "parquet")]
pub mod parquet;
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
use std::sync::Arc;

/// Receives sessions, and writes them or passes them on.
pub trait View {
    /// A step as it happens; called only if the pipeline's options ask for steps (`mailtap live`). `session` is the
    /// session so far.
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        let _ = (session, step);
        Ok(())
    }

    /// A session that is over.
    fn session(&mut self, session: Session) -> io::Result<()>;

    /// The same, for a view that keeps nothing of it: the session is only lent, since to forget it costs least where it was
    /// made. `prepared` is what the view's [preparation](View::preparation) made of it, if anything. False where the view has not
    /// looked at it and wants the session itself.
    fn lent_session(&mut self, session: &Session, prepared: Option<&[u8]>) -> io::Result<bool> {
        let _ = (session, prepared);
        Ok(false)
    }

    /// Called once, after the last session: writes totals and whatever closes the output.
    fn finish(&mut self, report: &Report) -> io::Result<()>;

    /// The parts of a session that the view reads. A part that neither the view nor a running rule needs is not
    /// computed.
    fn needs(&self) -> Needs {
        Needs::ALL
    }

    /// What the view makes of a session by itself, before the session has its number and the messages in it are compared
    /// with those of others. Where several threads follow connections, they do this, and the view receives the result with the
    /// session ([`View::lent_session`]); a session can come without it all the same.
    fn preparation(&self) -> Option<Preparation> {
        None
    }

    /// The rules whose findings the view shows, and whether it shows the counts of logins over all sessions.
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

    fn lent_session(&mut self, session: &Session, prepared: Option<&[u8]>) -> io::Result<bool> {
        (**self).lent_session(session, prepared)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        (**self).finish(report)
    }

    fn needs(&self) -> Needs {
        (**self).needs()
    }

    fn preparation(&self) -> Option<Preparation> {
        (**self).preparation()
    }

    fn selection(&self) -> Selection {
        (**self).selection()
    }
}

/// See [`View::preparation`].
pub type Preparation = Arc<dyn Fn(&Session) -> Box<[u8]> + Send + Sync>;

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
    /// Login attempts.
    pub credentials: bool,
    /// Messages.
    pub messages: bool,
    /// Findings, by kind, at the end.
    pub findings: bool,
    /// Each session's own findings, too, below the session (`--details`).
    pub details: bool,
    /// The ways that messages took.
    pub journeys: bool,
    /// Counts.
    pub summary: bool,
    /// The dialogue, a line for each that was sent.
    pub transcript: bool,
    /// Display filters, to look the packets up in Wireshark.
    pub filters: bool,
}

impl Show {
    /// The default: the report's tables, and the login attempts, the findings and the verdict that close them.
    pub const REPORT: Self = Self {
        steps: true,
        sessions: false,
        credentials: true,
        messages: false,
        findings: true,
        details: false,
        journeys: false,
        summary: false,
        transcript: false,
        filters: false,
    };
    /// Everything (`--show all --details`) but the transcript, which says again what the steps say.
    pub const ALL: Self = Self {
        steps: true,
        sessions: true,
        credentials: true,
        messages: true,
        findings: true,
        details: true,
        journeys: true,
        summary: true,
        transcript: false,
        filters: true,
    };

    /// The parts of a session that the selected tables read.
    fn needs(self) -> Needs {
        let messages = self.steps || self.messages || self.journeys || self.transcript;
        Needs {
            messages,
            digests: messages,
            attachments: messages,
            prints: self.journeys,
            texts: self.steps || self.transcript,
            faults: false,
        }
    }

    /// Rules run if findings are shown, or counted in the summary or in the list of sessions. The counts of logins stand
    /// below the login attempts.
    fn selection(self) -> Selection {
        let rules =
            if self.findings || self.summary || self.sessions { Selection::ALL.rules } else { Selection::NONE.rules };
        // Above the tables of each session.
        let software = self.steps || self.transcript || self.messages || self.details;
        Selection { rules, logins: self.credentials, across: self.findings || self.journeys, software }
    }
}
