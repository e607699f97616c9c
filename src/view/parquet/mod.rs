/*!
`--format parquet`: each table as an Apache Parquet file, for DuckDB, pandas, polars and Spark. The columns are those of
[`super::columns`], with their types ([`super::arrow`]); `docs/tables.md` describes them.

Rows are gathered in memory and written in row groups. What is gathered is bounded over all tables together
(`BUFFERED_BYTES` of `files`): beyond that, the table that holds most is written. A file that is finished holds a few hundred bytes
for each of its row groups and columns, which is what a Parquet file ends with.

A file has its name only once all are whole ([`Part`]).
*/

mod failed;
mod fields;
mod files;
mod part;

pub use part::{Part, is_part};

use super::View;
use super::arrow::Rows;
use super::columns::{self, AnyTable, Reading, Value};
use super::csv::CutShort;
use crate::session::Session;
use crate::verdict::{Needs, Report, Selection};
use failed::in_words;
use files::{Encoder, Encoding, Files};
use parquet::arrow::ArrowWriter;
use std::io;

/// Bytes of rows that all tables hold before they are encoded.
const PENDING_BYTES: usize = 1 << 20;
/// Rows that a table holds before they are encoded: an empty cell takes memory as well.
const PENDING_ROWS: usize = 8_192;

/// A table on its way to a file.
struct Gathered {
    table: &'static dyn AnyTable,
    /// Not encoded yet.
    rows: Rows,
}

/// `--format parquet`.
pub struct Parquet {
    reading: Reading,
    tables: Vec<Gathered>,
    encoding: Encoding,
}

impl Parquet {
    /// Writes each table to its file.
    ///
    /// # Errors
    /// If one cannot be begun.
    pub fn new(tables: Vec<(&'static dyn AnyTable, Part)>, reading: Reading) -> io::Result<Self> {
        let (mut gathered, mut encoders) = (Vec::new(), Vec::new());
        for (table, out) in tables {
            let (schema, properties) = fields::of(table, reading.lang)?;
            let out = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(in_words)?;
            encoders.push(Encoder::new(out));
            let kinds = table.columns(reading.lang).into_iter().map(|column| column.kind);
            gathered.push(Gathered { table, rows: Rows::new(schema, kinds) });
        }
        Ok(Self { reading, tables: gathered, encoding: Encoding::Here(Files { encoders, threads: 1 }) })
    }

    /// The same, where another thread encodes and writes what is gathered, and two close the files: they compress what is
    /// left, and wait for the disk.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn with_threads(mut self) -> io::Result<Self> {
        self.encoding.here()?.threads = 2;
        Ok(Self { encoding: self.encoding.beside()?, ..self })
    }

    fn chosen(&self) -> Vec<&'static dyn AnyTable> {
        self.tables.iter().map(|gathered| gathered.table).collect()
    }

    /// Where one table cannot be written, none gets its name.
    fn none(&self, error: io::Error) -> io::Error {
        CutShort::absent(error, self.tables.iter().map(|gathered| gathered.table.name()).collect(), Vec::new())
    }

    /// Hands over the rows of the table at `place`.
    fn encode(rows: &mut Rows, place: usize, encoding: &mut Encoding) -> io::Result<()> {
        if rows.len() == 0 {
            return Ok(());
        }
        encoding.add(place, rows.taken().map_err(in_words)?)
    }

    /// Gathers the rows that `each` gives of a table, and hands over what is too much to hold.
    fn gather(
        &mut self,
        each: impl Fn(&'static dyn AnyTable, &Reading, &mut columns::Sink<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self { reading, tables, encoding } = self;
        for (place, Gathered { table, rows }) in tables.iter_mut().enumerate() {
            each(*table, reading, &mut |values: &[Value<'_>]| {
                rows.add(values);
                // A single session can have more rows than there is room for.
                match rows.bytes() > PENDING_BYTES || rows.len() >= PENDING_ROWS {
                    true => Self::encode(rows, place, encoding),
                    false => Ok(()),
                }
            })?;
        }
        let pending: usize = tables.iter().map(|gathered| gathered.rows.bytes()).sum();
        if pending > PENDING_BYTES { self.encode_all() } else { Ok(()) }
    }

    fn encode_all(&mut self) -> io::Result<()> {
        let Self { tables, encoding, .. } = self;
        tables
            .iter_mut()
            .enumerate()
            .try_for_each(|(place, gathered)| Self::encode(&mut gathered.rows, place, encoding))
    }

    fn close(&mut self, report: &Report) -> io::Result<()> {
        self.gather(|table, reading, sink| table.report(reading, report, sink))?;
        self.encode_all()?;
        self.encoding.here()?.close()
    }
}

impl View for Parquet {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let gathered = self.gather(|table, reading, sink| table.session(reading, &session, sink));
        gathered.map_err(|error| self.none(error))
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.close(report).map_err(|error| self.none(error))?;
        let encoders = &mut self.encoding.here()?.encoders;
        for (nth, encoder) in encoders.iter_mut().enumerate() {
            if let Err(error) = encoder.part().give_name() {
                let (whole, absent) = self.tables.split_at(nth);
                let names = |tables: &[Gathered]| tables.iter().map(|gathered| gathered.table.name()).collect();
                return Err(CutShort::absent(error, names(absent), names(whole)));
            }
        }
        // One folder holds them all: it is told once that they are in it.
        encoders.last_mut().map_or(Ok(()), |encoder| encoder.part().settle())
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
