//! The tables that close the output: the list of sessions, the login attempts, the summary, and the bounds that were
//! hit.

use super::credentials::Ledger;
use super::same::Same;
use super::sessions::List;
use super::unconnected::Unconnected;
use super::{Options, across, frequency, grouped, heading, summary};
use crate::session::model::Session;
use crate::verdict::Report;
use crate::view::locale::{self, Label};
use std::io::{self, Write};

/// The rows kept of sessions that are over.
pub struct Totals {
    options: Options,
    sessions: List,
    credentials: Ledger,
    same: Same,
    unconnected: Unconnected,
}

impl Totals {
    /// No rows yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            sessions: List::new(&options),
            credentials: Ledger::default(),
            same: Same::default(),
            unconnected: Unconnected::default(),
        }
    }

    /// Goes on with `options`, whose width is another. Ends a table that was begun.
    pub fn resized(&mut self, out: &mut dyn Write, options: Options) -> io::Result<()> {
        self.options = options;
        self.sessions.resized(out, &options)
    }

    /// True if `session` came to nothing, and is only counted, in a table of its own: it is not to be shown. Whoever asks for
    /// the findings of each session gets those of this one, too.
    pub fn only_counts(&mut self, session: &Session) -> bool {
        let show = self.options.show;
        let is_detailed = show.details && !session.findings.is_empty();
        (show.steps || show.sessions) && !is_detailed && self.unconnected.counts(session)
    }

    /// Adds a session that is over.
    pub fn session(&mut self, out: &mut dyn Write, session: &Session) -> io::Result<()> {
        if self.options.show.credentials {
            self.credentials.add(&self.options, session);
        }
        if self.options.show.steps || self.options.show.messages {
            self.same.add(session);
        }
        if self.options.show.sessions {
            self.sessions.add(out, &self.options, session)?;
        }
        Ok(())
    }

    /// Writes the tables that close the output.
    pub fn finish(&mut self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let Self { options, sessions, credentials, same, unconnected } = self;
        if report.summary.sessions.values().all(|&count| count == 0) {
            summary::no_mail(out, options, report)?;
        } else {
            same.write(out, options)?;
            sessions.finish(out, options)?;
            unconnected.write(out, options)?;
            if options.show.journeys {
                across::journeys(out, options, &report.across.journeys)?;
            }
            if options.show.credentials {
                credentials.write(out, options)?;
                frequency::write(out, options, &report.logins)?;
            }
            if (options.show.steps || options.show.sessions) && !options.show.summary {
                summary::probes(out, options, &report.summary)?;
            }
            if !options.show.summary {
                summary::shown(out, options, &report.summary)?;
            }
            if options.show.findings {
                let looked_at = report.summary.sessions.values().sum();
                let verdict_follows = !options.show.summary && report.verdict.is_some();
                grouped::write(out, options, &report.across, looked_at, verdict_follows)?;
            }
        }
        if options.show.summary {
            summary::write(out, options, report)?;
        } else if let Some(verdict) = report.verdict.as_ref().filter(|_| options.show.findings) {
            writeln!(out)?;
            let verdict = (options.label(Label::Verdict), locale::verdict(options.lang, verdict));
            heading::pairs(out, options.style, vec![verdict])?;
        }
        summary::limits(out, options, &report.summary)
    }
}
