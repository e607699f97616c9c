//! Questions and answers for a terminal.

use super::page::{Evidence, Page};
use crate::view::table::{Grid, Row, Style, banner, paragraph};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The widest column of packet numbers.
const PACKETS: usize = 14;
/// The widest column of sessions with their ends: an IPv4 address with its port.
const ENDS: usize = 21;

/// Writes `page` to a terminal of `style`.
///
/// # Errors
/// If `out` cannot be written.
pub fn table(out: &mut dyn Write, style: Style, page: &Page) -> io::Result<()> {
    let style = style.usable();
    for (nth, answer) in page.answers.iter().enumerate() {
        if nth > 0 {
            writeln!(out)?;
        }
        banner(out, style, &format!("{}. {}", nth + 1, answer.question))?;
        for said in &answer.says {
            paragraph(out, style, said)?;
        }
        for evidence in &answer.evidence {
            writeln!(out)?;
            if let Some(title) = &evidence.title {
                paragraph(out, style, title)?;
            }
            drawn(out, style, evidence)?;
        }
    }
    out.flush()
}

fn drawn(out: &mut dyn Write, style: Style, evidence: &Evidence) -> io::Result<()> {
    let rows: Vec<Row> = evidence.rows.iter().map(|row| Row::new(row.iter().map(super::page::Cell::shown))).collect();
    let widest = |text: &str| text.lines().map(UnicodeWidthStr::width).max().unwrap_or_default();
    let mut natural: Vec<usize> = Vec::new();
    let mut firm: Vec<usize> = Vec::new();
    for (at, (key, title)) in evidence.columns.iter().enumerate() {
        let words = title.split(' ').map(UnicodeWidthStr::width).max().unwrap_or_default();
        let cells = rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| widest(cell)).max().unwrap_or_default();
        let width = words.max(cells);
        match *key {
            "packets" | "session" => {
                // A session's cell has its ends, too, where those have no column.
                let most = if cells > 0 && *key == "session" && evidence.id == "sessions" { ENDS } else { PACKETS };
                natural.push(width.min(most));
                firm.push(width.min(most));
            }
            _ => {
                natural.push(width);
                firm.push(words);
            }
        }
    }
    let mut grid = Grid::new(style, &natural, &firm);
    let titles: Vec<&str> = evidence.columns.iter().map(|(_, title)| *title).collect();
    grid.head(out, &titles)?;
    grid.rows(out, &rows)?;
    grid.foot(out)?;
    match evidence.more {
        0 => Ok(()),
        more => writeln!(out, "… +{more}"),
    }
}
