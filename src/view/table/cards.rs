/*!
A table on a terminal that is too narrow for columns: a card for each row, its cells one below the other, each with its
column's title (`title: value`), and a rule between cards. Cards of names and values have no titles: the name stands in
their place, and there are no rules.
*/

use super::row::{Mark, Row};
use super::{Style, wrap::wrap};
use anstyle::{AnsiColor, Effects, Style as Colour};
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands before the further lines of a value.
const INDENT: &str = "  ";

/// Rows as cards.
#[derive(Debug, Clone)]
pub struct Cards {
    titles: Vec<String>,
    ruled: bool,
    begun: bool,
}

impl Cards {
    /// Cards of a table, with rules between them.
    pub fn ruled() -> Self {
        Self { titles: Vec::new(), ruled: true, begun: false }
    }

    /// Lines of names and values.
    pub fn named() -> Self {
        Self { titles: Vec::new(), ruled: false, begun: false }
    }

    /// Begins a table with these columns.
    pub fn head(&mut self, titles: &[&str]) {
        // A title of several lines says what each line of the cell is.
        self.titles = titles.iter().map(|title| title.replace('\n', ", ")).collect();
        self.begun = false;
    }

    /// Writes a row. A cell without text is left out.
    pub fn row(&mut self, out: &mut dyn Write, style: Style, row: &Row) -> io::Result<()> {
        if self.ruled {
            rule(out, style, if self.begun { "┄" } else { "─" })?;
        }
        self.begun = true;
        let plain = Colour::new();
        let mark = match row.mark {
            _ if !style.colour => plain,
            Mark::None => plain,
            Mark::Secret => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Mark::Gap => AnsiColor::Yellow.on_default(),
        };
        let cells: Vec<(&str, &str)> = match (self.ruled, row.cells.as_slice()) {
            (false, [name, value]) => vec![(name, value)],
            (_, cells) => {
                let titles = self.titles.iter().map(String::as_str).chain(std::iter::repeat(""));
                titles.zip(cells.iter().map(String::as_str)).collect()
            }
        };
        for (title, value) in cells.into_iter().filter(|(_, value)| !value.is_empty()) {
            for line in lines(title, value, style.width) {
                writeln!(out, "{mark}{line}{mark:#}")?;
            }
        }
        Ok(())
    }

    /// Ends a table.
    pub fn foot(&self, out: &mut dyn Write, style: Style) -> io::Result<()> {
        if self.ruled { rule(out, style, "─") } else { Ok(()) }
    }
}

/// `title: value`; a value of several lines begins on the line below its title. Chinese titles have a Chinese colon.
fn lines(title: &str, value: &str, width: usize) -> Vec<String> {
    let is_chinese = title.chars().any(|found| found.width() == Some(2));
    let colon = if is_chinese { "：" } else { ": " };
    let whole = if title.is_empty() { value.to_owned() } else { format!("{title}{colon}{value}") };
    if !whole.contains('\n') && whole.width() <= width {
        return vec![whole];
    }
    let inner = width.saturating_sub(INDENT.len());
    let mut lines: Vec<String> = Vec::new();
    if !title.is_empty() {
        lines.extend(wrap(&format!("{title}{}", colon.trim_end()), width).split('\n').map(str::to_owned));
    }
    lines.extend(wrap(value, inner).split('\n').map(|line| format!("{INDENT}{line}").trim_end().to_owned()));
    lines
}

fn rule(out: &mut dyn Write, style: Style, with: &str) -> io::Result<()> {
    writeln!(out, "{}", with.repeat(style.width))
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::view::table::{Grid, Row, Style};

    fn written(width: usize, rows: &[Row]) -> String {
        let mut grid = Grid::new(Style { width, colour: false }, &[4, 90, 3], &[]);
        let mut out = Vec::new();
        grid.head(&mut out, &["No.", "Purpose\nof it", "Empty"]).unwrap();
        grid.rows(&mut out, rows).unwrap();
        grid.foot(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_is_a_card_where_columns_have_no_room() {
        let row = |number: &str, what: &str| Row::new([number.to_owned(), what.to_owned(), String::new()]);
        let rows = [row("1", "one"), row("2", "a longer purpose that wraps").joined(true)];
        let text = written(24, &rows);
        let rule = "─".repeat(24);
        let between = "┄".repeat(24);
        let cards = "No.: 1\nPurpose, of it: one\n";
        let second = "No.: 2\nPurpose, of it:\n  a longer purpose that\n  wraps\n";
        assert_eq!(text, format!("{rule}\n{cards}{between}\n{second}{rule}\n"));
        assert!(written(80, &rows).starts_with('┌'), "columns where there is room");
    }

    #[test]
    fn a_chinese_title_has_a_chinese_colon() {
        assert_eq!(lines("目的", "登录", 20), ["目的：登录"]);
        assert_eq!(lines("目的", "登录邮箱服务器并读取邮件", 20), ["目的：", "  登录邮箱服务器并读", "  取邮件"]);
        assert_eq!(lines("", "value", 20), ["value"]);
    }
}
