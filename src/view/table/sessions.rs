//! The list of sessions, one row each.

use super::grid::{Grid, Row};
use super::options::KEPT;
use super::{Options, heading};
use crate::session::model::Session;
use crate::view::address::canonical;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use std::io::{self, Write};

/// The list of sessions. Rows are written as they come if it is the only table per session, otherwise kept for the end.
pub struct List {
    streamed: Option<Grid>,
    begun: bool,
    kept: Vec<Row>,
    left_out: u64,
}

/// Widths for rows that are not known yet: number and protocol, endpoints, start and end, two counts.
const WIDTHS: [usize; 5] = [8, 21, 60, 8, 8];
/// Widths below which the columns shrink last.
const FIRM: [usize; 5] = [7, 21, 12, 7, 8];

impl List {
    /// An empty list.
    pub fn new(options: &Options) -> Self {
        let show = options.show;
        let alone = show.sessions && !show.steps && !show.messages && !show.findings && !show.transcript;
        let streamed = alone.then(|| Grid::new(options.style, &WIDTHS, &FIRM));
        Self { streamed, begun: false, kept: Vec::new(), left_out: 0 }
    }

    /// Adds a session that is over.
    pub fn add(&mut self, out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
        if let Some(grid) = &mut self.streamed {
            if !self.begun {
                begin(out, options, grid)?;
                self.begun = true;
            }
            return grid.rows(out, &[row(options, session)]);
        }
        match self.kept.len() < KEPT {
            true => self.kept.push(row(options, session)),
            false => self.left_out += 1,
        }
        Ok(())
    }

    /// Writes the kept rows, or the foot of the rows written.
    pub fn finish(&mut self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        if let Some(grid) = self.streamed.as_mut().filter(|_| self.begun) {
            return grid.foot(out);
        }
        if self.kept.is_empty() {
            return Ok(());
        }
        let mut grid = Grid::new(options.style, &WIDTHS, &FIRM);
        begin(out, options, &mut grid)?;
        grid.rows(out, &self.kept)?;
        grid.foot(out)?;
        if self.left_out > 0 {
            writeln!(out, "… +{}", self.left_out)?;
        }
        Ok(())
    }
}

fn begin(out: &mut dyn Write, options: &Options, grid: &mut Grid) -> io::Result<()> {
    writeln!(out)?;
    heading::banner(out, options.style, options.label(Label::Sessions))?;
    let ends = format!("{} → {}", options.label(Label::Client), options.label(Label::Server));
    let titles = [
        options.label(Label::Session),
        &ends,
        &format!("{}\n{}", options.time.title(options.lang, Label::Started), options.label(Label::HowItEnded)),
        options.label(Label::LogIns),
        options.label(Label::MessagesCarried),
    ];
    grid.head(out, &titles)
}

fn row(options: &Options, session: &Session) -> Row {
    let transport = &session.transport;
    let end = locale::end(options.lang, transport.end);
    let end = match transport.duration() {
        Some(duration) => format!("{}{}{end}", locale::duration(options.lang, duration), options.comma()),
        None => end.to_owned(),
    };
    Row::new([
        format!("{} {}", session.id, locale::protocol(options.lang, session.protocol)),
        format!("{} →\n{}", canonical(transport.endpoints.client), canonical(transport.endpoints.server)),
        format!("{}\n{end}", heading::began(options, transport.first.time, Clock::second)),
        session.credentials.len().to_string(),
        session.messages.len().to_string(),
    ])
    .joined(true)
}
