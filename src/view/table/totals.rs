//! What closes the output: the list of sessions, the log-ins, the summary, and what was lost.

use super::credentials::Ledger;
use super::frequency::Frequencies;
use super::sessions::List;
use super::{Options, summary};
use crate::session::model::Session;
use crate::view::Report;
use std::io::{self, Write};

/// What is kept of sessions that are over.
pub struct Totals {
    options: Options,
    sessions: List,
    credentials: Ledger,
    frequencies: Frequencies,
}

impl Totals {
    /// Nothing yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            sessions: List::new(&options),
            credentials: Ledger::default(),
            frequencies: Frequencies::default(),
        }
    }

    /// A session that is over.
    pub fn session(&mut self, out: &mut dyn Write, session: &Session) -> io::Result<()> {
        if self.options.show.credentials {
            self.credentials.add(&self.options, session);
            self.frequencies.add(session);
        }
        if self.options.show.sessions {
            self.sessions.add(out, &self.options, session)?;
        }
        Ok(())
    }

    /// Writes what there is to say at the end.
    pub fn finish(&mut self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let Self { options, sessions, credentials, frequencies } = self;
        if report.summary.sessions.values().all(|&count| count == 0) {
            summary::no_mail(out, options, &report.summary)?;
        } else {
            sessions.finish(out, options)?;
            if options.show.credentials {
                credentials.write(out, options)?;
                frequencies.write(out, options)?;
            }
        }
        if options.show.summary {
            summary::write(out, options, report)?;
        }
        summary::limits(out, options, &report.summary)
    }
}
