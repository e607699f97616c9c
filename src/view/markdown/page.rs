//! Headings, tables and paragraphs of Markdown (GitHub's tables).

use super::escape::{escaped, raw};
use crate::session::model::Step;
use crate::view::columns::{Of, Reading, StepRow, Steps, Table, Value};
use crate::view::table::Options;
use std::io::{self, Write};

/// How values are read for people.
pub fn reading(options: &Options) -> Reading {
    Reading { lang: options.lang, text_limit: options.text_limit, ..Reading::default() }
}

/// A value for people, escaped for Markdown.
pub fn shown(options: &Options, value: &Value<'_>) -> String {
    match value {
        Value::None => String::new(),
        Value::Text(text) => raw(text),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Time(time) => escaped(&options.time.moment(options.lang, *time)),
        Value::Texts(_) | Value::Integers(_) => raw(&value.in_one_cell().unwrap_or_default()),
    }
}

/// What is written to a page.
pub struct Page<W> {
    out: W,
    begun: bool,
}

impl<W: Write> Page<W> {
    pub fn new(out: W) -> Self {
        Self { out, begun: false }
    }

    pub fn into_inner(self) -> W {
        self.out
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// An empty line between two blocks.
    fn block(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.begun, true) {
            true => writeln!(self.out),
            false => Ok(()),
        }
    }

    /// A heading; `text` is safe for a terminal.
    pub fn heading(&mut self, level: usize, text: &str) -> io::Result<()> {
        self.block()?;
        writeln!(self.out, "{} {}", "#".repeat(level), escaped(text))
    }

    /// A paragraph; `text` is safe for a terminal.
    pub fn paragraph(&mut self, text: &str) -> io::Result<()> {
        self.block()?;
        writeln!(self.out, "{}", escaped(text))
    }

    /// A list of texts that are safe for a terminal.
    pub fn list(&mut self, items: &[String]) -> io::Result<()> {
        self.block()?;
        items.iter().try_for_each(|item| writeln!(self.out, "- {}", escaped(item)))
    }

    /// A table. Its cells are escaped for Markdown, its titles are not.
    pub fn table(&mut self, titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
        self.block()?;
        let head: Vec<String> = titles.iter().map(|title| escaped(title)).collect();
        writeln!(self.out, "| {} |\n|{}", head.join(" | "), "---|".repeat(titles.len()))?;
        for cells in rows {
            writeln!(self.out, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    /// Lines as they are, none of which may begin with a fence; they are safe for a terminal.
    pub fn verbatim(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.block()?;
        writeln!(self.out, "```text")?;
        write(&mut self.out)?;
        writeln!(self.out, "```")
    }

    /// How many rows are not shown.
    pub fn left_out(&mut self, count: u64) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.block()?;
        writeln!(self.out, "… +{count}")
    }
}

/// The cells of a step for people: the sheet's five columns.
pub fn step(options: &Options, of: &Of<'_>, step: &Step) -> Vec<String> {
    let reading = reading(options);
    let row = StepRow { of: of.clone(), step };
    let titled = Steps::columns().iter().filter(|column| column.title(options.lang).is_some());
    let mut cells: Vec<String> = titled.map(|column| shown(options, &column.shown(&reading, &row))).collect();
    // The names of mailboxes that were sent encoded.
    if let Some(purpose) = cells.last_mut().filter(|_| !step.mailboxes().is_empty()) {
        purpose.push_str(&format!(" \\[{}\\]", raw(&step.mailboxes().join(", "))));
    }
    cells
}
