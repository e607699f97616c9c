//! A comparison as a Markdown page, for a report.

use super::Compared;
use super::said::sign;
use super::table::{facts, legend};
use crate::view::locale::compare as words;
use crate::view::locale::compared::Word;
use crate::view::markdown::escaped;
use std::io::{self, Write};

/// Writes a comparison as Markdown: a table of both sessions' ends, one of the rows, and the summary.
///
/// # Errors
/// If `out` cannot be written.
pub fn markdown(out: &mut dyn Write, compared: &Compared<'_>) -> io::Result<()> {
    let word = |word| words::word(compared.lang, word);
    writeln!(out, "# {}\n", word(Word::Comparison))?;
    writeln!(out, "| | {} | {} |\n|---|---|---|", word(Word::Left), word(Word::Right))?;
    for cells in facts(compared) {
        line(out, &cells)?;
    }
    let titles = [Word::Left, Word::Right, Word::Who, Word::Content].map(word);
    writeln!(out, "\n| | {} |\n|---|---|---|---|---|", titles.join(" | "))?;
    for row in &compared.comparison.rows {
        let [left, right] = compared.steps(row);
        let cells = [
            sign(&row.how).0.to_owned(),
            compared.number(row, left),
            compared.number(row, right),
            compared.who(row).to_owned(),
            compared.said(row),
        ];
        line(out, &cells)?;
    }
    writeln!(out)?;
    for (sign, meaning) in legend(compared) {
        writeln!(out, "- {} {}", escaped(sign), escaped(word(meaning)))?;
    }
    writeln!(out, "\n{}", escaped(&compared.summary()))?;
    out.flush()
}

fn line(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}
