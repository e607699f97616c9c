/*!
Tables that are written in pieces: a head, rows as they come, a foot, all of one width.

comfy-table lays out each piece. The widths of the columns are fixed here beforehand, so that all pieces have the same,
and a table of a hundred thousand rows is never in memory. A terminal that is too narrow for columns gets
[`cards`](super::cards) instead.
*/

use super::cards::Cards;
pub use super::row::{Mark, Row};
use super::{Style, cell, wrap::wrap};
use comfy_table::presets::UTF8_FULL;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use std::borrow::Cow;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The narrowest column: a Chinese character and an ellipsis must fit, and the words of a heading should.
const NARROWEST: usize = 4;
/// Rows that are laid out at a time.
const PIECE: usize = 256;
/// Width of the blanks around a cell's content: one on either side.
const PADDING: usize = 2;

/// The columns of a table, and whether a row has been written.
#[derive(Debug, Clone)]
pub struct Grid {
    style: Style,
    lines: TableStyle,
    /// Widths of the cells' contents, without [`PADDING`].
    columns: Vec<usize>,
    begun: bool,
    /// What is written in place of columns, on a narrow terminal.
    cards: Option<Cards>,
}

impl Grid {
    /// A grid as wide as `style` says. `natural` are the widths of the columns if there is room; `firm` are the widths
    /// below which a column shrinks last (see [`fit`]).
    pub fn new(style: Style, natural: &[usize], firm: &[usize]) -> Self {
        let frame = natural.len() * (PADDING + 1) + 1;
        let lines = UTF8_FULL.with_solid_inner_borders();
        let columns = fit(style.width.saturating_sub(frame), natural, firm);
        let cards = style.is_narrow().then(Cards::ruled);
        Self { style, lines, columns, begun: false, cards }
    }

    /// A grid without lines: two columns of names and values.
    pub fn plain(style: Style, natural: &[usize]) -> Self {
        let frame = natural.len() * PADDING;
        let columns = fit(style.width.saturating_sub(frame), natural, natural.get(..1).unwrap_or_default());
        // A value needs room beside its name.
        let cramped = natural.len() > 1 && columns.last().is_some_and(|&value| value < Style::NARROWEST);
        Self { style, lines: TableStyle::new(), columns, begun: false, cards: cramped.then(Cards::named) }
    }

    /// Writes the head of a table.
    pub fn head(&mut self, out: &mut dyn Write, titles: &[&str]) -> io::Result<()> {
        if let Some(cards) = &mut self.cards {
            cards.head(titles);
            return Ok(());
        }
        let mut table = self.table(self.lines.bottom_border(LineStyle::none()));
        let titles = titles.iter().zip(&self.columns).map(|(title, &width)| wrap(title, width).into_owned());
        table.set_header(titles.map(|title| Cell::new_owned(title).add_attribute(Attribute::Bold)));
        self.begun = false;
        self.laid_out(table).iter().try_for_each(|line| writeln!(out, "{line}"))
    }

    /// Writes rows, with a line above each row that is not joined to the one before.
    pub fn rows(&mut self, out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
        if let Some(cards) = &mut self.cards {
            return rows.iter().try_for_each(|row| cards.row(out, self.style, row));
        }
        for piece in rows.chunks(PIECE) {
            if let [row] = piece
                && self.plain_row(out, row)?
            {
                continue;
            }
            let none = LineStyle::none();
            let mut table = self.table(self.lines.top_border(none).row_separator(none).bottom_border(none));
            let mut heights = Vec::with_capacity(piece.len());
            table.add_rows(piece.iter().map(|row| {
                let cells = row.cells.iter().zip(&self.columns).map(|(cell, &width)| wrap(cell, width));
                let cells: Vec<String> = cells.map(Cow::into_owned).collect();
                heights.push(cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1));
                cells.into_iter().map(|cell| row.mark.cell(cell)).collect::<Vec<_>>()
            }));
            let mut lines = self.laid_out(table).into_iter();
            for (row, height) in piece.iter().zip(heights) {
                if self.begun && !row.joined {
                    self.border(out, self.lines.row_separator)?;
                }
                self.begun = true;
                for line in lines.by_ref().take(height) {
                    writeln!(out, "{line}")?;
                }
            }
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Writes one row without comfy-table, if it is not highlighted and its lines fit their columns; returns false,
    /// with nothing written, for other rows. A list of a hundred thousand sessions is written row by row, and a
    /// comfy-table for each would be most of the work.
    fn plain_row(&mut self, out: &mut dyn Write, row: &Row) -> io::Result<bool> {
        let edges = self.lines.content_lines;
        let (Some(left), Some(junction), Some(right)) = (edges.left, edges.junction, edges.right) else {
            return Ok(false);
        };
        if row.mark != Mark::None || row.cells.len() != self.columns.len() {
            return Ok(false);
        }
        let cells: Vec<Cow<'_, str>> =
            row.cells.iter().zip(&self.columns).map(|(cell, &width)| wrap(cell, width)).collect();
        let mut height = 0;
        for (cell, &column) in cells.iter().zip(&self.columns) {
            let mut lines = 0;
            for line in cell.split('\n') {
                // comfy-table replaces a tab by blanks; escaped cells have none.
                if line.width() > column || line.contains(char::is_control) {
                    return Ok(false);
                }
                lines += 1;
            }
            height = height.max(lines);
        }
        if self.begun && !row.joined {
            self.border(out, self.lines.row_separator)?;
        }
        self.begun = true;
        let mut cells: Vec<_> = cells.iter().map(|cell| cell.split('\n')).collect();
        let mut drawn = String::new();
        for _ in 0..height {
            for (number, (lines, &column)) in cells.iter_mut().zip(&self.columns).enumerate() {
                let line = lines.next().unwrap_or_default();
                drawn.push(if number == 0 { left } else { junction });
                drawn.push(' ');
                drawn.push_str(line);
                cell::push_blanks(&mut drawn, column.saturating_sub(line.width()) + 1);
            }
            drawn.push(right);
            drawn.push('\n');
        }
        out.write_all(drawn.as_bytes())?;
        Ok(true)
    }

    /// Writes the foot of a table.
    pub fn foot(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(cards) = &self.cards {
            return cards.foot(out, self.style);
        }
        self.border(out, self.lines.bottom_border)
    }

    /// Writes a horizontal line, if the style has one.
    fn border(&self, out: &mut dyn Write, border: LineStyle) -> io::Result<()> {
        let (Some(left), Some(fill), Some(junction), Some(right)) =
            (border.left, border.fill, border.junction, border.right)
        else {
            return Ok(());
        };
        let stretches: Vec<String> =
            self.columns.iter().map(|width| std::iter::repeat_n(fill, width + PADDING).collect()).collect();
        writeln!(out, "{left}{}{right}", stretches.join(&junction.to_string()))
    }

    fn table(&self, lines: TableStyle) -> Table {
        let mut table = Table::new();
        table.load_style(lines).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
        if self.style.colour {
            table.enforce_styling();
        }
        table
    }

    fn laid_out(&self, mut table: Table) -> Vec<String> {
        let widths = self.columns.iter().map(|width| u16::try_from(width + PADDING).unwrap_or(u16::MAX));
        table.set_constraints(widths.map(|width| ColumnConstraint::Absolute(Width::Fixed(width))));
        table.lines().map(|line| if self.lined() { line } else { line.trim_end().to_owned() }).collect()
    }

    /// True if the table is framed, so that the padding of a row's last cell matters.
    fn lined(&self) -> bool {
        self.lines.content_lines.right.is_some()
    }
}

impl Mark {
    fn cell(self, content: String) -> Cell {
        let cell = Cell::new_owned(content);
        match self {
            Self::None => cell,
            Self::Secret => cell.fg(Color::Red).add_attribute(Attribute::Bold),
            Self::Gap => cell.fg(Color::Yellow),
        }
    }
}

/// The width of the widest line of `text`.
pub fn natural(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or_default()
}

/// The natural widths of the columns of `rows` under `titles`: titles break only between words, cells not at all.
pub fn naturals(titles: &[&str], rows: &[Row]) -> Vec<usize> {
    let mut widths: Vec<usize> =
        titles.iter().map(|title| title.split(' ').map(UnicodeWidthStr::width).max().unwrap_or_default()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = natural(cell).max(*width);
        }
    }
    widths
}

/// Divides `total` among columns exactly. If `natural` is less in sum, the widest column gets the rest. If it is more,
/// the widest columns shrink first: down to `firm` if a column has a firm width, and below it only if that is not
/// enough.
fn fit(total: usize, natural: &[usize], firm: &[usize]) -> Vec<usize> {
    let mut widths: Vec<usize> = natural.iter().map(|&width| width.clamp(NARROWEST, total.max(NARROWEST))).collect();
    let firm = |index: usize| firm.get(index).copied().unwrap_or_default().max(NARROWEST);
    for floor in [&firm as &dyn Fn(usize) -> usize, &|_| NARROWEST] {
        while widths.iter().sum::<usize>() > total {
            let shrinking = widths.iter_mut().enumerate().filter(|(index, width)| **width > floor(*index));
            let Some((_, widest)) = shrinking.max_by_key(|(_, width)| **width) else { break };
            *widest -= 1;
        }
    }
    let rest = total.saturating_sub(widths.iter().sum());
    if let Some(widest) = widths.iter_mut().max() {
        *widest += rest;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::{Grid, Mark, Row, fit, natural};
    use crate::view::table::Style;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn widths_add_up_and_the_widest_give_way() {
        assert_eq!(fit(30, &[4, 6, 10], &[]), [4, 6, 20]);
        assert_eq!(fit(30, &[4, 6, 100], &[]), [4, 6, 20]);
        assert_eq!(fit(30, &[4, 40, 60], &[]), [4, 13, 13]);
        assert_eq!(fit(30, &[4, 20, 60], &[0, 18]), [4, 18, 8]);
        assert_eq!(fit(20, &[40, 40], &[30, 30]), [10, 10]);
        assert_eq!(fit(30, &[usize::MAX, 5, usize::MAX], &[]).iter().sum::<usize>(), 30);
        assert_eq!(fit(3, &[1, 1], &[]), [4, 4]);
        assert!(fit(10, &[], &[]).is_empty());
    }

    #[test]
    fn pieces_make_one_table_of_the_width_asked_for() {
        for (width, joined) in [(80, false), (81, true), (120, false)] {
            let style = Style { width, colour: false };
            let rows = [
                Row::new(["1".to_owned(), "请求命令完成，连接成功，邮件服务器已准备好接收邮件".repeat(3)]),
                Row::new(["2-3".to_owned(), "250-one\n250 two".to_owned()]).marked(Mark::Secret).joined(joined),
            ];
            let mut grid = Grid::new(style, &[3, 300], &[]);
            let mut out = Vec::new();
            grid.head(&mut out, &["No.", "Purpose"]).unwrap();
            grid.rows(&mut out, &rows[..1]).unwrap();
            grid.rows(&mut out, &rows[1..]).unwrap();
            grid.foot(&mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| line.width() == width), "{text}");
            assert_eq!(text.matches('├').count(), usize::from(!joined), "a line between two rows: {text}");
            assert!(text.lines().next_back().is_some_and(|line| line.starts_with('└')));
            assert_eq!(natural(&text), width);
        }
    }

    proptest! {
        #[test]
        fn a_row_written_alone_looks_as_it_does_among_others(
            cells in proptest::collection::vec("([ -~]{0,12}|[a-z中（，é\n ]{0,40})", 3),
            width in 80..120_usize,
            joined: bool,
        ) {
            let style = Style { width, colour: false };
            let written = |rows: &[Row]| {
                let (mut grid, mut out) = (Grid::new(style, &[8, 21, 60], &[7]), Vec::new());
                grid.rows(&mut out, rows).unwrap();
                String::from_utf8(out).unwrap()
            };
            let row = Row::new(cells).joined(joined);
            let company = written(&[row.clone(), row.clone()]);
            let alone = written(std::slice::from_ref(&row));
            prop_assert_eq!(company.strip_prefix(&alone).map(|rest| rest.ends_with(&alone)), Some(true));
        }
    }

    #[test]
    fn colour_is_used_only_if_the_style_allows_it() {
        let row = [Row::new(["a".to_owned()]).marked(Mark::Secret)];
        for colour in [false, true] {
            let mut out = Vec::new();
            Grid::new(Style { width: 80, colour }, &[1], &[]).rows(&mut out, &row).unwrap();
            assert_eq!(out.contains(&0x1b), colour);
        }
    }
}
