//! Questions and answers as a Markdown page, to hand in.

use super::page::{Evidence, Page};
use crate::view::Lang;
use crate::view::locale::explain::word;
use crate::view::locale::question::Word;
use crate::view::markdown::escaped;
use std::io::{self, Write};

/// Writes `page` as Markdown.
///
/// # Errors
/// If `out` cannot be written.
pub fn markdown(out: &mut dyn Write, lang: Lang, page: &Page) -> io::Result<()> {
    writeln!(out, "# {}", word(lang, Word::Title))?;
    for (nth, answer) in page.answers.iter().enumerate() {
        writeln!(out, "\n## {}. {}", nth + 1, escaped(answer.question))?;
        for said in &answer.says {
            writeln!(out, "\n{}", escaped(said))?;
        }
        for evidence in &answer.evidence {
            drawn(out, evidence)?;
        }
    }
    out.flush()
}

fn drawn(out: &mut dyn Write, evidence: &Evidence) -> io::Result<()> {
    if let Some(title) = &evidence.title {
        writeln!(out, "\n{}", escaped(title))?;
    }
    let titles: Vec<String> = evidence.columns.iter().map(|(_, title)| escaped(title)).collect();
    writeln!(out, "\n| {} |\n|{}", titles.join(" | "), "---|".repeat(titles.len()))?;
    for row in &evidence.rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(&cell.shown())).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    match evidence.more {
        0 => Ok(()),
        more => writeln!(out, "\n… +{more}"),
    }
}
