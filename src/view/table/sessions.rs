/*!
The list of sessions: a line for each on a roomy terminal, two lines on a narrower one, and cards where there is no room
for columns. What does not fit its column is shortened. Where the column of times has no room for the date, the day stands
above the first line, and a line of its own above those of another day.
*/

use super::grid::{Grid, Row};
use super::listed::Cell;
use super::listing::{Kept, Listing};
use super::width::width as width_of;
use super::{Options, cell, heading, listed};
use crate::capture::Time;
use crate::session::model::Session;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use anstyle::{Effects, Style as Colour};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The narrowest terminal that has a line for each session.
const ONE_LINE: usize = 100;
/// The narrowest terminal that has two.
const TWO_LINES: usize = 80;
/// How many columns there are.
const COLUMNS: usize = 10;

/// What each column shows.
const LABELS: [Label; COLUMNS] = [
    Label::Number,
    Label::Protocol,
    Label::Started,
    Label::Client,
    Label::From,
    Label::Outcome,
    Label::Tls,
    Label::User,
    Label::Bytes,
    Label::Findings,
];
/// Widths where there is room.
const NATURAL: [usize; COLUMNS] = [6, 4, 19, 45, 70, 14, 7, 16, 7, 10];
/// Widths below which nothing shrinks, at [`ONE_LINE`].
const FIRM: [usize; COLUMNS] = [4, 4, 8, 24, 16, 13, 3, 6, 5, 8];
/// The columns of the first of two lines, and of the second.
const FIRST: [usize; 6] = [0, 1, 2, 3, 5, 9];
const SECOND: [usize; 4] = [4, 6, 7, 8];
/// The column of times, and that of sender and recipients.
const TIME: usize = 2;
const MAIL: usize = 4;
/// How far the second line is indented.
const INDENT: usize = 5;

/// The list of sessions. Lines are written as sessions come if it is the only table per session and has their order,
/// otherwise kept for the end.
pub struct List {
    shape: Shape,
    streams: bool,
    begun: bool,
    written: usize,
    left_out: u64,
    kept: Kept<Line>,
    /// The day that was told last.
    day: Option<String>,
}

/// A session of the list.
struct Line {
    /// When it began, where that is known.
    when: Option<Time>,
    cells: [Cell; COLUMNS],
}

/// How a session is laid out.
enum Shape {
    /// Columns of the lines, with the width of each.
    Lines(Vec<Vec<(usize, usize)>>),
    Cards(Box<Grid>),
}

impl List {
    /// An empty list.
    pub fn new(options: &Options) -> Self {
        let show = options.show;
        let alone = show.sessions && !show.steps && !show.messages && !show.details && !show.transcript;
        let Listing { sort, .. } = options.list;
        Self {
            shape: Shape::of(options),
            streams: alone && sort.is_none(),
            begun: false,
            written: 0,
            left_out: 0,
            kept: Kept::new(options.list),
            day: None,
        }
    }

    /// Adds a session that is over.
    pub fn add(&mut self, out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
        let Self { shape, kept, .. } = self;
        if !self.streams {
            kept.add(session, || Line::of(options, session, shape));
            return Ok(());
        }
        if options.list.limit.is_some_and(|limit| self.written >= limit) {
            self.left_out += 1;
            return Ok(());
        }
        self.written += 1;
        let line = Line::of(options, session, shape);
        self.write(out, options, line)
    }

    /// Writes a line, below titles if it is the first, and below its day if that is another.
    fn write(&mut self, out: &mut dyn Write, options: &Options, line: Line) -> io::Result<()> {
        let day = line.when.filter(|_| self.shape.tells_days(options)).map(|when| day(options, when));
        if !std::mem::replace(&mut self.begun, true) {
            let unit = line.when.map(|when| options.time.unit(when));
            self.shape.begin(out, options, day.as_deref(), unit.as_deref())?;
            self.day = day;
        } else if day.is_some() && day != self.day {
            let title = format!("── {} ", day.as_deref().unwrap_or_default());
            let rest = options.style.width.saturating_sub(title.width());
            writeln!(out, "{title}{}", "─".repeat(rest))?;
            self.day = day;
        }
        self.shape.write(out, line.cells)
    }

    /// Goes on with the width that `options` have now: under titles of its own, where lines have been written.
    pub fn resized(&mut self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        if std::mem::take(&mut self.begun) {
            self.shape.end(out)?;
        }
        self.shape = Shape::of(options);
        Ok(())
    }

    /// Writes the kept lines, or what follows the lines written.
    pub fn finish(&mut self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        let kept = std::mem::replace(&mut self.kept, Kept::new(options.list));
        let room = kept.room();
        let (rows, not_kept) = kept.finish();
        rows.into_iter().try_for_each(|line| self.write(out, options, line))?;
        if self.begun {
            self.shape.end(out)?;
        }
        match self.left_out + not_kept {
            0 => Ok(()),
            left_out => {
                let asked = options.list.limit.is_some_and(|limit| limit <= room);
                heading::paragraph(out, options.style, &locale::left_out(options.lang, left_out, asked, room))
            }
        }
    }
}

impl Line {
    fn of(options: &Options, session: &Session, shape: &Shape) -> Self {
        let when = session.transport.first.time.known();
        Self { when, cells: listed::cells(options, session, &shape.widths_of(session)) }
    }
}

/// The day of a moment, and what its times are told in: `2009-12-08 (UTC)`.
fn day(options: &Options, when: Time) -> String {
    let day = options.time.second(options.lang, when);
    format!("{} ({})", day.get(.."2009-12-08".len()).unwrap_or(&day), options.time.unit(when))
}

impl Shape {
    /// Whether days stand above the lines: where the times have no room for them, and come in their order.
    fn tells_days(&self, options: &Options) -> bool {
        matches!(self, Self::Lines(_)) && self.widths()[TIME] < "12-08 06:00:00".len() && listed::tells_days(options)
    }

    fn of(options: &Options) -> Self {
        let width = options.style.width;
        if width >= ONE_LINE {
            let gaps = COLUMNS - 1;
            let mut firm = FIRM;
            if !listed::tells_days(options) && !matches!(options.time, Clock::Relative(_)) {
                // The ends of the mail give what the day takes.
                let day = "12-08 06:00".len() - firm[TIME];
                firm[TIME] += day;
                firm[MAIL] -= day;
            }
            return Self::Lines(vec![divided(width - gaps, firm).into_iter().enumerate().collect()]);
        }
        if width < TWO_LINES {
            return Self::Cards(Box::new(Grid::new(options.style, &NATURAL, &[])));
        }
        let fixed = |column: usize| match column {
            2 => "12-08 06:00:00".len(),
            9 => 8,
            0 => 4,
            _ => NATURAL.get(column).copied().unwrap_or_default(),
        };
        // What is widest has the rest.
        let line = |columns: &[usize], widest: usize, indent: usize| {
            let others: usize = columns.iter().filter(|column| **column != widest).map(|&column| fixed(column)).sum();
            let rest = width.saturating_sub(indent + others + columns.len() - 1);
            columns.iter().map(|&column| (column, if column == widest { rest } else { fixed(column) })).collect()
        };
        Self::Lines(vec![line(&FIRST, 3, 0), line(&SECOND, 4, INDENT)])
    }

    /// The width that each column has.
    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = [usize::MAX; COLUMNS];
        if let Self::Lines(lines) = self {
            for &(column, width) in lines.iter().flatten() {
                if let Some(place) = widths.get_mut(column) {
                    *place = width;
                }
            }
        }
        widths
    }

    /// The same for `session`: a number that is longer than its column takes from the widest one.
    fn widths_of(&self, session: &Session) -> [usize; COLUMNS] {
        let mut widths = self.widths();
        let Self::Lines(lines) = self else { return widths };
        let first = lines.first().map(Vec::as_slice).unwrap_or_default();
        let widest = first.iter().map(|(_, width)| *width).max().unwrap_or_default();
        let [number, ..] = widths;
        let over = itoa::Buffer::new().format(session.id).len().saturating_sub(number);
        if let Some(place) = first.iter().find(|(_, width)| *width == widest).and_then(|(at, _)| widths.get_mut(*at)) {
            *place = place.saturating_sub(over);
        }
        widths
    }

    /// Writes the titles, with the `day` of the lines below and the `unit` of their times.
    fn begin(
        &mut self,
        out: &mut dyn Write,
        options: &Options,
        day: Option<&str>,
        unit: Option<&str>,
    ) -> io::Result<()> {
        writeln!(out)?;
        let name = options.label(Label::Sessions);
        heading::banner(out, options.style, &day.map_or_else(|| name.to_owned(), |day| format!("{name} · {day}")))?;
        let started = options.label(Label::Started);
        let unit = unit.filter(|_| day.is_none() && !matches!(options.time, Clock::Relative(_)));
        let widths = self.widths();
        let mut titles = LABELS.map(|label| match label {
            Label::Client => format!("{} → {}", options.label(Label::Client), options.label(Label::Server)),
            Label::From => format!("{} → {}", options.label(Label::From), options.label(Label::To)),
            Label::Started => unit.map_or_else(|| started.to_owned(), |unit| format!("{started} ({unit})")),
            label => options.label(label).to_owned(),
        });
        for (label, (title, width)) in LABELS.iter().zip(titles.iter_mut().zip(widths)) {
            let shorter = match label {
                Label::Started => unit.unwrap_or(started),
                Label::Findings => options.label(Label::Finding),
                _ => continue,
            };
            *title = listed::fullest(width, [std::mem::take(title), shorter.to_owned()]);
        }
        match self {
            Self::Cards(grid) => grid.head(out, &titles.each_ref().map(String::as_str)),
            Self::Lines(lines) => {
                let bold = if options.style.colour { Colour::new().effects(Effects::BOLD) } else { Colour::new() };
                for line in drawn(lines, &titles.map(Cell::from)) {
                    writeln!(out, "{bold}{line}{bold:#}")?;
                }
                writeln!(out, "{}", "─".repeat(options.style.width))
            }
        }
    }

    fn write(&mut self, out: &mut dyn Write, cells: [Cell; COLUMNS]) -> io::Result<()> {
        match self {
            Self::Cards(grid) => grid.rows(out, &[Row::new(cells.map(Cell::into_owned))]),
            Self::Lines(lines) => drawn(lines, &cells).try_for_each(|line| writeln!(out, "{line}")),
        }
    }

    fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Cards(grid) => grid.foot(out),
            Self::Lines(_) => Ok(()),
        }
    }
}

/// The widths of the columns of one line: what is above its firm width shrinks, the widest first.
fn divided(total: usize, firm: [usize; COLUMNS]) -> [usize; COLUMNS] {
    let mut widths = NATURAL;
    while widths.iter().sum::<usize>() > total {
        let shrinking = widths.iter_mut().zip(firm).filter(|(width, firm)| **width > *firm);
        let Some((widest, _)) = shrinking.max_by_key(|(width, firm)| **width - *firm) else { break };
        *widest -= 1;
    }
    widths
}

/// The lines of a session, or of the titles.
fn drawn<'a>(lines: &'a [Vec<(usize, usize)>], cells: &'a [Cell; COLUMNS]) -> impl Iterator<Item = String> + 'a {
    lines.iter().enumerate().map(move |(nth, columns)| {
        let indent = if nth == 0 { 0 } else { INDENT };
        // A character takes up to three bytes where it is not of ASCII.
        let columns_of_all = columns.iter().map(|(_, width)| *width + 1).sum::<usize>();
        let mut line = String::with_capacity(indent + columns_of_all + 2 * columns.len());
        cell::push_blanks(&mut line, indent);
        // A session's number is whole: a long one takes from the widest column.
        let widest = columns.iter().map(|(_, width)| *width).max().unwrap_or_default();
        let mut over = match columns.first() {
            Some(&(0, width)) => cells.first().map_or(0, |number| width_of(number).saturating_sub(width)),
            _ => 0,
        };
        for &(column, width) in columns {
            let width = match column {
                0 => width + over,
                _ if width == widest => width.saturating_sub(std::mem::take(&mut over)),
                _ => width,
            };
            let (text, used) = listed::shortened(cells.get(column).map_or("", |cell| cell), width);
            line.push_str(&text);
            cell::push_blanks(&mut line, width.saturating_sub(used) + 1);
        }
        line.truncate(line.trim_end().len());
        line
    })
}
