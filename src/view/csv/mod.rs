/*!
`--format csv`: a table as RFC 4180, or each in a file of its own. The columns are those of [`super::columns`];
`docs/tables.md` describes them, and the rules by which a cell is written ([`cell`]).

A session's rows are written once it is over, and none is kept.
*/

pub mod cell;
mod cut_short;

pub use cut_short::CutShort;

use super::View;
use super::columns::{self, AnyTable, Reading};
use crate::session::Session;
use crate::verdict::{Needs, Report, Selection};
use crate::view::Lang;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use std::io::{self, Write};

/// `--format csv`.
pub struct Csv<W: Write> {
    reading: Reading,
    tables: Vec<(&'static dyn AnyTable, Writer<W>)>,
}

impl<W: Write> Csv<W> {
    /// Writes each table to its output, beginning with the line of ids.
    ///
    /// # Errors
    /// If that line cannot be written.
    pub fn new(tables: Vec<(&'static dyn AnyTable, W)>, reading: Reading) -> io::Result<Self> {
        let begun = |(table, out): (&'static dyn AnyTable, W)| {
            // The reader of a pipe gets whole sessions: `out` is what gathers them.
            // The quotes are those of `cell`, which knows a text from a number.
            let mut out =
                WriterBuilder::new().quote_style(QuoteStyle::Never).terminator(Terminator::CRLF).from_writer(out);
            out.write_record(table.columns(Lang::En).iter().map(|column| column.id))?;
            Ok((table, out))
        };
        Ok(Self { reading, tables: tables.into_iter().map(begun).collect::<io::Result<_>>()? })
    }

    /// Returns the outputs, in the order in which they were given.
    ///
    /// # Errors
    /// If what was gathered cannot be written.
    pub fn into_inner(self) -> io::Result<Vec<W>> {
        self.tables.into_iter().map(|(_, out)| out.into_inner().map_err(|error| error.into_error())).collect()
    }

    fn chosen(&self) -> Vec<&'static dyn AnyTable> {
        self.tables.iter().map(|(table, _)| *table).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.tables.iter().map(|(table, _)| table.name()).collect()
    }
}

impl<W: Write> View for Csv<W> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        for (table, out) in &mut self.tables {
            let written = table.session(&self.reading, &session, &mut |values| {
                Ok(out.write_record(values.iter().map(|value| cell::written(value).into_owned()))?)
            });
            if let Err(error) = written.and_then(|()| out.flush()) {
                // The reading ends here: no table has what would have come.
                return Err(CutShort::told(error, self.names(), Vec::new()));
            }
        }
        Ok(())
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let (mut early, mut whole, mut first) = (Vec::new(), Vec::new(), None);
        for (table, out) in &mut self.tables {
            let written = table.report(&self.reading, report, &mut |values| {
                Ok(out.write_record(values.iter().map(|value| cell::written(value).into_owned()))?)
            });
            match written.and_then(|()| out.flush()) {
                Ok(()) => whole.push(table.name()),
                // What is left of the disk may be enough for the next.
                Err(error) => {
                    early.push(table.name());
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(()), |error| Err(CutShort::told(error, early, whole)))
    }

    fn needs(&self) -> Needs {
        columns::needs(&self.chosen())
    }

    fn selection(&self) -> Selection {
        columns::selection(&self.chosen())
    }
}

#[cfg(test)]
mod tests;
