//! A comparison as a Markdown page, for a report.

use super::Compared;
use super::said::sign;
use super::table::{facts, legend};
use crate::view::locale::compare as words;
use crate::view::locale::compared::Word;
use std::io::{self, Write};

/// Signs that mean something in Markdown.
const SIGNS: &str = "\\`*_{}[]<>#|~&!$^=";

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

/// `text`, which is safe for a terminal, such that Markdown shows it as it is.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for found in text.chars() {
        match found {
            '\n' => shown.push_str("<br>"),
            // An entity, not a backslash: not every reader of tables knows the backslash before it.
            '|' => shown.push_str("&#124;"),
            // What looks like an address or a link is made one, unless its sign is an entity.
            '@' => shown.push_str("&#64;"),
            ':' => shown.push_str("&#58;"),
            found if SIGNS.contains(found) => {
                shown.push('\\');
                shown.push(found);
            }
            found => shown.push(found),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_means_nothing_in_markdown() {
        assert_eq!(escaped("a|b\n<c>"), "a&#124;b<br>\\<c\\>");
        assert_eq!(escaped("[-x-]{+`y`+}"), "\\[-x-\\]\\{+\\`y\\`+\\}");
        assert_eq!(escaped("http://a user@b"), "http&#58;//a user&#64;b");
    }
}
