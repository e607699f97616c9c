/*!
`--format parquet`: each table as an Apache Parquet file, for DuckDB, pandas, polars and Spark. The columns are those of
[`super::columns`], with their types ([`fields`]); `docs/tables.md` describes them.

Rows are gathered in memory and written in row groups. What is gathered is bounded over all tables together
([`BUFFERED_BYTES`]): beyond that, the table that holds most is written. A file that is finished holds a few hundred bytes
for each of its row groups and columns, which is what a Parquet file ends with.

A file has its name only once all are whole ([`Part`]).
*/

mod failed;
mod fields;
mod part;
mod rows;

pub use part::{Part, is_part};

use super::View;
use super::columns::{self, AnyTable, Reading, Value};
use super::csv::CutShort;
use crate::session::Session;
use crate::verdict::{Needs, Report, Selection};
use failed::in_words;
use parquet::arrow::ArrowWriter;
use rows::Rows;
use std::io;

/// Bytes of encoded rows that all tables hold before the largest is written.
const BUFFERED_BYTES: usize = 6 << 20;
/// Bytes of rows that all tables hold before they are encoded.
const PENDING_BYTES: usize = 1 << 20;
/// Rows that a table holds before they are encoded: an empty cell takes memory as well.
const PENDING_ROWS: usize = 8_192;

/// A table on its way to a file.
struct Written {
    table: &'static dyn AnyTable,
    /// Not encoded yet.
    rows: Rows,
    out: ArrowWriter<Part>,
    /// Bytes that `out` holds.
    held: usize,
}

impl Written {
    fn begun(table: &'static dyn AnyTable, out: Part, reading: &Reading) -> io::Result<Self> {
        let (schema, properties) = fields::of(table, reading.lang)?;
        let out = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(in_words)?;
        Ok(Self {
            table,
            rows: Rows::new(schema, table.columns(reading.lang).iter().map(|column| column.kind)),
            out,
            held: 0,
        })
    }

    fn add(&mut self, values: &[Value<'_>]) -> io::Result<()> {
        self.rows.add(values);
        // A single session can have more rows than there is room for.
        match self.rows.bytes() > PENDING_BYTES || self.rows.len() >= PENDING_ROWS {
            true => self.encode(),
            false => Ok(()),
        }
    }

    fn encode(&mut self) -> io::Result<()> {
        if self.rows.len() == 0 {
            return Ok(());
        }
        let batch = self.rows.taken().map_err(in_words)?;
        self.out.write(&batch).map_err(in_words)?;
        self.held = self.out.memory_size();
        match self.held > BUFFERED_BYTES {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.held = 0;
        self.out.flush().map_err(in_words)
    }

    /// Writes all that is left, and waits until the disk has it.
    fn close(&mut self) -> io::Result<()> {
        self.encode()?;
        self.out.finish().map_err(in_words)?;
        self.out.inner_mut().close()
    }
}

/// `--format parquet`.
pub struct Parquet {
    reading: Reading,
    tables: Vec<Written>,
}

impl Parquet {
    /// Writes each table to its file.
    ///
    /// # Errors
    /// If one cannot be begun.
    pub fn new(tables: Vec<(&'static dyn AnyTable, Part)>, reading: Reading) -> io::Result<Self> {
        let begun = tables.into_iter().map(|(table, out)| Written::begun(table, out, &reading));
        Ok(Self { tables: begun.collect::<io::Result<_>>()?, reading })
    }

    fn chosen(&self) -> Vec<&'static dyn AnyTable> {
        self.tables.iter().map(|written| written.table).collect()
    }

    /// Where one table cannot be written, none gets its name.
    fn none(&self, error: io::Error) -> io::Error {
        CutShort::absent(error, self.tables.iter().map(|written| written.table.name()).collect(), Vec::new())
    }

    /// Encodes and writes what is too much to hold.
    fn bound(&mut self) -> io::Result<()> {
        let pending: usize = self.tables.iter().map(|written| written.rows.bytes()).sum();
        if pending > PENDING_BYTES {
            self.tables.iter_mut().try_for_each(Written::encode)?;
        }
        while self.tables.iter().map(|written| written.held).sum::<usize>() > BUFFERED_BYTES
            && let Some(largest) = self.tables.iter_mut().max_by_key(|written| written.held)
        {
            largest.write()?;
        }
        Ok(())
    }

    fn rows_of(&mut self, session: &Session) -> io::Result<()> {
        let Self { reading, tables } = self;
        for written in tables {
            let table = written.table;
            table.session(reading, session, &mut |values| written.add(values))?;
        }
        self.bound()
    }

    fn close(&mut self, report: &Report) -> io::Result<()> {
        let Self { reading, tables } = self;
        for written in tables {
            let table = written.table;
            table.report(reading, report, &mut |values| written.add(values))?;
            written.close()?;
        }
        Ok(())
    }
}

impl View for Parquet {
    fn session(&mut self, session: Session) -> io::Result<()> {
        self.rows_of(&session).map_err(|error| self.none(error))
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.close(report).map_err(|error| self.none(error))?;
        for nth in 0..self.tables.len() {
            let named = self.tables.get_mut(nth).map_or(Ok(()), |written| written.out.inner_mut().give_name());
            if let Err(error) = named {
                let (whole, absent) = self.tables.split_at(nth);
                let names = |tables: &[Written]| tables.iter().map(|written| written.table.name()).collect();
                return Err(CutShort::absent(error, names(absent), names(whole)));
            }
        }
        // One folder holds them all: it is told once that they are in it.
        self.tables.last_mut().map_or(Ok(()), |written| written.out.inner_mut().settle())
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
