/*!
The tables as Apache Arrow record batches: what Parquet writes, and what a program takes that uses the library ([`Batches`]). The
columns are those of [`super::columns`]; `docs/tables.md` describes them, and how their types are mapped.
*/

mod fields;
mod rows;

pub use fields::{about, schema};
pub(super) use rows::Rows;

use super::View;
use super::columns::{self, AnyTable, Reading, Value};
use crate::session::Session;
use crate::verdict::{Needs, Report, Selection};
use arrow_array::RecordBatch;
use std::io;

/// Bytes of rows that all tables hold before those of the largest are handed over.
const PENDING_BYTES: usize = 1 << 20;
/// Rows of a batch, where nothing else is asked for: an empty cell takes memory as well.
pub const BATCH_ROWS: usize = 8_192;

/// A table on its way to batches.
struct Gathered {
    table: &'static dyn AnyTable,
    rows: Rows,
}

/// Hands over the rows of tables in batches, in the order in which sessions come. What is gathered is bounded over all tables
/// together: a batch has at most as many rows as are asked for, and about a MiB.
pub struct Batches<F> {
    reading: Reading,
    most_rows: usize,
    tables: Vec<Gathered>,
    each: F,
}

impl<F: FnMut(&'static dyn AnyTable, RecordBatch) -> io::Result<()>> Batches<F> {
    /// Calls `each` with the batches of `tables`, which have at least one row and at most `most_rows` (at least one). The run ends with
    /// the first error that it returns.
    pub fn new(tables: &[&'static dyn AnyTable], reading: Reading, most_rows: usize, each: F) -> Self {
        let gathered = tables.iter().map(|&table| {
            let kinds = table.columns(reading.lang).into_iter().map(|column| column.kind);
            Gathered { table, rows: Rows::new(schema(table, reading.lang), kinds) }
        });
        Self { tables: gathered.collect(), reading, most_rows, each }
    }

    fn chosen(&self) -> Vec<&'static dyn AnyTable> {
        self.tables.iter().map(|gathered| gathered.table).collect()
    }

    /// Hands over what is too much to hold.
    fn bound(&mut self) -> io::Result<()> {
        while self.tables.iter().map(|gathered| gathered.rows.bytes()).sum::<usize>() > PENDING_BYTES
            && let Some(largest) = self.tables.iter_mut().max_by_key(|gathered| gathered.rows.bytes())
        {
            largest.hand_over(&mut self.each)?;
        }
        Ok(())
    }
}

impl Gathered {
    fn add(
        &mut self,
        values: &[Value<'_>],
        most_rows: usize,
        each: &mut impl FnMut(&'static dyn AnyTable, RecordBatch) -> io::Result<()>,
    ) -> io::Result<()> {
        self.rows.add(values);
        // A single session can have more rows than there is room for.
        match self.rows.bytes() > PENDING_BYTES || self.rows.len() >= most_rows {
            true => self.hand_over(each),
            false => Ok(()),
        }
    }

    fn hand_over(
        &mut self,
        each: &mut impl FnMut(&'static dyn AnyTable, RecordBatch) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.rows.len() {
            0 => Ok(()),
            _ => each(self.table, self.rows.taken().map_err(io::Error::other)?),
        }
    }
}

impl<F: FnMut(&'static dyn AnyTable, RecordBatch) -> io::Result<()>> View for Batches<F> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        let Self { reading, most_rows, tables, each } = self;
        for gathered in tables {
            let table = gathered.table;
            table.session(reading, &session, &mut |values| gathered.add(values, *most_rows, each))?;
        }
        self.bound()
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        let Self { reading, most_rows, tables, each } = self;
        for gathered in tables {
            let table = gathered.table;
            table.report(reading, report, &mut |values| gathered.add(values, *most_rows, each))?;
            gathered.hand_over(each)?;
        }
        Ok(())
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
