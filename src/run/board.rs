/*!
The table of sessions that is drawn again and again on a terminal while it is listened: those that are open, and the last
that are over. What is else written, the ordinary tables, is kept until the end, or until it is much, and then stands
above.
*/

use super::words;
use crate::cli::{Analysis, Format, Input};
use crate::protocol::event::StepId;
use crate::session::model::{Session, Step};
use crate::verdict::{Needs, Report, Selection};
use crate::view::address::canonical;
use crate::view::{Lang, View, escape, locale};
use indicatif::HumanBytes;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(400);
/// Bytes of ordinary tables that are kept.
const KEPT_BYTES: usize = 1 << 20;
/// Rows that are kept: more than any terminal shows.
const ROWS: usize = 1_000;
/// Recipients named in a row.
const RECIPIENTS: usize = 3;
/// Characters kept of a name.
const NAME: usize = 100;
/// Widths of number, protocol, state, bytes and age; the ends and the people share the rest.
const NUMBER: usize = 6;
const PROTOCOL: usize = 8;
const STATE: usize = 16;
const BYTES: usize = 11;
const AGE: usize = 8;
/// The widest that the ends are: two of IPv4 with their ports.
const ENDS: usize = 45;

/// The terminal, and what is drawn on it.
pub(super) struct Screen {
    out: Box<dyn Write + Send>,
    lang: Lang,
    colour: bool,
    /// What is to be written once the table is gone.
    kept: Vec<u8>,
    rows: BTreeMap<u64, Row>,
    open: usize,
    over: u64,
    /// Widths of the lines that are drawn, the cursor below the last.
    drawn: Vec<usize>,
    /// The terminal cannot be written.
    failed: Option<io::Error>,
    ended: bool,
}

struct Row {
    protocol: &'static str,
    ends: String,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
    state: String,
    bytes: u64,
    last_step: StepId,
    begun: Instant,
    ended: Option<Duration>,
}

/// Whether this is what `analysis` shows: the table of sessions alone, live, on a terminal.
pub(super) fn is_wanted(analysis: &Analysis) -> bool {
    let show = analysis.output.show;
    let alone = show.sessions && !show.steps && !show.messages && !show.findings;
    let live = matches!(analysis.input, Input::Live(_));
    live && analysis.around.terminal && analysis.output.format == Format::Table && alone
}

/// The screen, for those who share it.
pub(super) type Shared = Arc<Mutex<Screen>>;

fn locked(screen: &Shared) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A screen on the terminal that `out` writes to.
pub(super) fn screen(out: Box<dyn Write + Send>, lang: Lang, colour: bool) -> Shared {
    Arc::new(Mutex::new(Screen {
        out,
        lang,
        colour,
        kept: Vec::new(),
        rows: BTreeMap::new(),
        open: 0,
        over: 0,
        drawn: Vec::new(),
        failed: None,
        ended: false,
    }))
}

/// Writes what is kept until the table is gone.
pub(super) struct Below(pub(super) Shared);

impl Write for Below {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut screen = locked(&self.0);
        if let Some(error) = screen.failed.take() {
            return Err(error);
        }
        screen.kept.extend_from_slice(bytes);
        if screen.ended {
            screen.release()?;
        } else if screen.kept.len() > KEPT_BYTES {
            screen.release()?;
            screen.draw()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes away what is drawn, as many lines of the terminal as it takes now: its width may have changed.
    fn clear(&mut self) -> io::Result<()> {
        if self.drawn.is_empty() {
            return Ok(());
        }
        let width = size().0.max(1);
        let lines: usize = self.drawn.drain(..).map(|line| line.div_ceil(width).max(1)).sum();
        write!(self.out, "\x1b[{lines}A\r\x1b[J")
    }

    /// Writes what is kept in the place of the table.
    fn release(&mut self) -> io::Result<()> {
        self.clear()?;
        let kept = std::mem::take(&mut self.kept);
        self.out.write_all(&kept)?;
        self.out.flush()
    }

    fn draw(&mut self) -> io::Result<()> {
        let (width, height) = size();
        let room = height.saturating_sub(4).max(1);
        let mut lines = vec![words::board_counts(self.lang, self.open, self.over), titles(self.lang, width)];
        let shown: Vec<&Row> = self.shown(room);
        let numbers: Vec<u64> = self.numbers(room);
        lines.extend(numbers.iter().zip(shown).map(|(number, row)| row.line(*number, width)));
        self.clear()?;
        let mut text = String::new();
        for (nth, line) in lines.iter().enumerate() {
            let line = cut(line, width.saturating_sub(1));
            self.drawn.push(line.width());
            // Writing to a String cannot fail.
            let _ = match (nth, self.colour) {
                (1, true) => writeln!(text, "\x1b[1m{line}\x1b[0m"),
                _ => writeln!(text, "{line}"),
            };
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// The numbers of the sessions that have room: those that are open, and the last of the others; in order.
    fn numbers(&self, room: usize) -> Vec<u64> {
        let newest = |open: bool| {
            self.rows.iter().rev().filter(move |(_, row)| row.ended.is_none() == open).map(|(&number, _)| number)
        };
        let mut numbers: Vec<u64> = newest(true).chain(newest(false)).take(room).collect();
        numbers.sort_unstable();
        numbers
    }

    fn shown(&self, room: usize) -> Vec<&Row> {
        self.numbers(room).iter().filter_map(|number| self.rows.get(number)).collect()
    }

    fn row(&mut self, session: &Session) -> &mut Row {
        if self.rows.len() >= ROWS && !self.rows.contains_key(&session.id) {
            let over = self.rows.iter().find(|(_, row)| row.ended.is_some()).map(|(&number, _)| number);
            let oldest = over.or_else(|| self.rows.keys().next().copied());
            oldest.map(|number| self.rows.remove(&number));
        }
        let (lang, open) = (self.lang, &mut self.open);
        self.rows.entry(session.id).or_insert_with(|| {
            *open += 1;
            let ends = session.transport.endpoints;
            Row {
                protocol: locale::protocol(lang, session.protocol),
                ends: format!("{} → {}", canonical(ends.client), canonical(ends.server)),
                user: None,
                from: None,
                to: Vec::new(),
                state: String::new(),
                bytes: 0,
                last_step: 0,
                begun: Instant::now(),
                ended: None,
            }
        })
    }
}

impl Row {
    fn step(&mut self, session: &Session, step: &Step) {
        if step.n <= self.last_step {
            return;
        }
        self.last_step = step.n;
        self.bytes += step.bytes;
        let address = || step.text.split_once('<').and_then(|(_, rest)| Some(safe(rest.split_once('>')?.0)));
        match step.command.as_deref() {
            Some("MAIL") => (self.from, self.to) = (address(), Vec::new()),
            Some("RCPT") if self.to.len() <= RECIPIENTS => self.to.extend(address()),
            _ => {}
        }
        if let Some(command) = &step.command {
            self.state = safe(command);
        }
        if let Some(user) = session.credentials.last().and_then(|credential| credential.username.as_deref()) {
            self.user = Some(safe(user));
        }
    }

    fn who(&self) -> String {
        let to = match self.to.get(RECIPIENTS) {
            Some(_) => format!("{}, …", self.to.get(..RECIPIENTS).unwrap_or_default().join(", ")),
            None => self.to.join(", "),
        };
        match (&self.from, &self.user) {
            (Some(from), _) => format!("{} → {to}", if from.is_empty() { "<>" } else { from }),
            (None, Some(user)) => user.clone(),
            (None, None) => String::new(),
        }
    }

    fn line(&self, number: u64, width: usize) -> String {
        let age = self.ended.unwrap_or_else(|| self.begun.elapsed()).as_secs();
        let age = match age / 3_600 {
            0 => format!("{}:{:02}", age / 60, age % 60),
            hours => format!("{hours}:{:02}:{:02}", age / 60 % 60, age % 60),
        };
        let (number, bytes) = (number.to_string(), HumanBytes(self.bytes).to_string());
        laid_out([&number, self.protocol, &self.ends, &self.who(), &self.state, &bytes, &age], width)
    }
}

fn titles(lang: Lang, width: usize) -> String {
    laid_out(words::board_titles(lang), width)
}

/// The cells beside each other, each as wide as its column in a terminal of this width.
fn laid_out(cells: [&str; 7], width: usize) -> String {
    let rest = width.saturating_sub(NUMBER + PROTOCOL + STATE + BYTES + AGE + 7);
    let ends = (rest * 3 / 5).min(ENDS);
    let widths = [NUMBER, PROTOCOL, ends, rest.saturating_sub(ends), STATE, BYTES, AGE];
    let padded = cells.iter().zip(widths).map(|(cell, width)| {
        let cell = cut(cell, width);
        let space = " ".repeat(width.saturating_sub(cell.width()));
        format!("{cell}{space}")
    });
    padded.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// As much of `text` as has room, with an ellipsis where that is not all.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for found in text.chars() {
        used += found.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(found);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// Text off the wire, for one line.
fn safe(text: &str) -> String {
    escape::line(escape::cut(text, NAME).0).into_owned()
}

/// Columns and lines of the terminal, as they are now.
fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size();
    size.map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)))
}

/// A view that shows the table, and hands everything to another view, which writes to [`Below`].
pub(super) struct Board<V> {
    inner: V,
    screen: Shared,
    stop: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

impl<V: View> Board<V> {
    /// Draws on `screen` until the end.
    ///
    /// # Errors
    /// If no thread can be started that draws.
    pub(super) fn new(inner: V, screen: Shared) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (drawn, stopped) = (Arc::clone(&screen), Arc::clone(&stop));
        let drawing = thread::Builder::new().name("board".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                {
                    let mut screen = locked(&drawn);
                    if let Err(error) = screen.draw() {
                        screen.failed = Some(error);
                        return;
                    }
                }
                thread::park_timeout(EVERY);
            }
        })?;
        Ok(Self { inner, screen, stop, drawing: Some(drawing) })
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            let _ = drawing.join();
        }
    }
}

impl<V: View> View for Board<V> {
    fn step(&mut self, session: &Session, step: &Step) -> io::Result<()> {
        locked(&self.screen).row(session).step(session, step);
        self.inner.step(session, step)
    }

    fn session(&mut self, session: Session) -> io::Result<()> {
        {
            let mut screen = locked(&self.screen);
            let lang = screen.lang;
            let row = screen.row(&session);
            session.steps.iter().for_each(|step| row.step(&session, step));
            let counters = &session.transport.counters;
            row.bytes = counters.client_bytes + counters.server_bytes;
            row.state = locale::end(lang, session.transport.end).to_owned();
            let lasted = session.transport.duration().and_then(|duration| u64::try_from(duration).ok());
            row.ended = Some(lasted.map_or_else(|| row.begun.elapsed(), Duration::from_nanos));
            screen.open = screen.open.saturating_sub(1);
            screen.over += 1;
        }
        self.inner.session(session)
    }

    fn finish(&mut self, report: &Report) -> io::Result<()> {
        self.end();
        {
            let mut screen = locked(&self.screen);
            screen.ended = true;
            screen.release()?;
        }
        self.inner.finish(report)
    }

    fn needs(&self) -> Needs {
        // Its rows are made of commands.
        self.inner.needs().and(Needs { texts: true, ..Needs::STEPS })
    }

    fn selection(&self) -> Selection {
        self.inner.selection()
    }
}

impl<V> Drop for Board<V> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_the_terminal_and_no_wider() {
        let row = Row {
            protocol: "SMTP",
            ends: "[2001:db8:1111:2222:3333:4444:5555:6666]:54321 → [2001:db8::1]:25".to_owned(),
            user: None,
            from: Some(safe("teacher\x1b[31m@netlab")),
            to: vec!["一位收件人@netlab".to_owned(); 9],
            state: "DATA".to_owned(),
            bytes: 1 << 21,
            last_step: 0,
            begun: Instant::now(),
            ended: Some(Duration::from_secs(3_725)),
        };
        for width in [0, 1, 40, 80, 100, 132, 250] {
            let line = cut(&row.line(7, width), width);
            assert!(line.width() <= width, "{width}: {line}");
            assert!(!line.contains('\x1b'), "{line}");
        }
        let line = row.line(7, 200);
        for part in ["7 ", "SMTP", "teacher␛[31m@netlab → 一位收件人@netlab", "DATA", "2.00 MiB", "1:02:05"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }

    #[test]
    fn what_is_written_meanwhile_stands_in_the_place_of_the_table_at_the_end() {
        let (mut from, to) = io::pipe().unwrap();
        let screen = screen(Box::new(to), Lang::En, false);
        let mut below = Below(Arc::clone(&screen));
        locked(&screen).draw().unwrap();
        below.write_all(b"the tables\n").unwrap();
        locked(&screen).draw().unwrap();
        {
            let mut screen = locked(&screen);
            screen.ended = true;
            screen.release().unwrap();
        }
        below.write_all(b"the end\n").unwrap();
        drop((below, screen));
        let mut seen = String::new();
        io::Read::read_to_string(&mut from, &mut seen).unwrap();
        assert!(seen.starts_with("0 open, 0 over; Ctrl-C ends\nNo."), "{seen}");
        assert_eq!(seen.matches("\x1b[2A\r\x1b[J").count(), 2, "{seen:?}");
        assert!(seen.ends_with("\x1b[2A\r\x1b[Jthe tables\nthe end\n"), "{seen:?}");
    }
}
