//! What closes the output: the list of sessions, the log-ins, the summary, and what was lost.

use super::credentials::Ledger;
use super::sessions::List;
use super::{Options, frequency, summary};
use crate::session::model::Session;
use crate::verdict::Report;
use std::io::{self, Write};

/// What is kept of sessions that are over.
pub struct Totals {
    options: Options,
    sessions: List,
    credentials: Ledger,
}

impl Totals {
    /// Nothing yet.
    pub fn new(options: Options) -> Self {
        Self { options, sessions: List::new(&options), credentials: Ledger::default() }
    }

    /// A session that is over.
    pub fn session(&mut self, out: &mut dyn Write, session: &Session) -> io::Result<()> {
        if self.options.show.credentials {
            self.credentials.add(&self.options, session);
        }
        if self.options.show.sessions {
            self.sessions.add(out, &self.options, session)?;
        }
        Ok(())
    }

    /// Writes what there is to say at the end.
    pub fn finish(&mut self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let Self { options, sessions, credentials } = self;
        if report.summary.sessions.values().all(|&count| count == 0) {
            summary::no_mail(out, options, &report.summary)?;
        } else {
            sessions.finish(out, options)?;
            if options.show.credentials {
                credentials.write(out, options)?;
                frequency::write(out, options, &report.logins)?;
            }
        }
        if options.show.summary {
            summary::write(out, options, report)?;
        }
        summary::limits(out, options, &report.summary)
    }
}
