//! A comparison as tables for a terminal: both sessions' ends, the rows, a summary.

use super::Compared;
use super::said::sign;
use crate::session::Session;
use crate::verdict::compare::{How, Row as Compare};
use crate::view::address::canonical;
use crate::view::clock::Clock;
use crate::view::locale::compared::Word;
use crate::view::locale::{self, Label, compare as words};
use crate::view::table::{Grid, Mark, Row, Style, banner, note, paragraph};
use crate::view::{Lang, escape};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The signs in the order of the legend.
const ORDER: [&str; 6] = ["=", "~", "!=", "<", ">", "?"];
/// Rows that are laid out at a time.
const PIECE: usize = 256;
/// Rows that decide how wide the columns of numbers are.
const MEASURED: usize = 1_000;
/// Most columns of a terminal for each of the columns of numbers.
const NUMBERS: usize = 11;

/// Writes a comparison to a terminal of `style`.
///
/// # Errors
/// If `out` cannot be written.
pub fn table(out: &mut dyn Write, style: Style, compared: &Compared<'_>) -> io::Result<()> {
    let style = style.usable();
    let word = |word| words::word(compared.lang, word);
    banner(out, style, word(Word::Comparison))?;
    let facts = facts(compared);
    let titles = ["", word(Word::Left), word(Word::Right)];
    let names = facts.iter().map(|[name, ..]| name.width()).max().unwrap_or_default().min(12);
    let half = style.width.saturating_sub(names) / 2;
    let mut grid = Grid::new(style, &[names, half, half], &[names]);
    grid.head(out, &titles)?;
    let rows: Vec<Row> = facts.into_iter().map(|cells| Row::new(cells).joined(true)).collect();
    grid.rows(out, &rows)?;
    grid.foot(out)?;
    writeln!(out)?;

    let comparison = compared.comparison;
    let measured = comparison
        .rows
        .iter()
        .take(MEASURED)
        .flat_map(|row| compared.steps(row).map(|step| compared.number(row, step)));
    let numbers =
        measured.flat_map(|number| number.lines().map(UnicodeWidthStr::width).max()).max().unwrap_or_default();
    let heads = [Word::Left, Word::Right].map(|title| word(title).width()).into_iter().max().unwrap_or_default();
    let number = numbers.clamp(heads, NUMBERS);
    let who =
        [crate::flow::Side::Client, crate::flow::Side::Server].map(|side| locale::side(compared.lang, side).width());
    let who = who.into_iter().max().unwrap_or_default().max(word(Word::Who).width());
    let natural = [2, number, number, who, style.width];
    let mut grid = Grid::new(style, &natural, &natural[..4]);
    grid.head(out, &["", word(Word::Left), word(Word::Right), word(Word::Who), word(Word::Content)])?;
    let mut before = None;
    for piece in comparison.rows.chunks(PIECE) {
        let rows: Vec<Row> = piece
            .iter()
            .map(|row| {
                // No lines between rows that are alike, nor between those that the same side alone has.
                let group = match row.how {
                    How::Same | How::Quiet(_) => Some("="),
                    How::Only(_) | How::Unseen(..) => Some(sign(&row.how).0),
                    How::Differs(_) => None,
                };
                let joined = group.is_some() && before == group;
                before = group;
                drawn(compared, row).joined(joined)
            })
            .collect();
        grid.rows(out, &rows)?;
    }
    grid.foot(out)?;
    for (sign, meaning) in legend(compared) {
        note(out, style, &format!(" {sign:<2} {}", words::word(compared.lang, meaning)))?;
    }
    writeln!(out)?;
    paragraph(out, style, &compared.summary())?;
    out.flush()
}

fn drawn(compared: &Compared<'_>, row: &Compare) -> Row {
    let [left, right] = compared.steps(row);
    let mark = match row.how {
        How::Same | How::Quiet(_) => Mark::None,
        How::Differs(_) | How::Only(_) => Mark::Secret,
        How::Unseen(..) => Mark::Gap,
    };
    let cells = [
        sign(&row.how).0.to_owned(),
        compared.number(row, left),
        compared.number(row, right),
        compared.who(row).to_owned(),
        compared.said(row),
    ];
    Row::new(cells).marked(mark)
}

/// The signs that the rows have, each with its meaning.
pub fn legend(compared: &Compared<'_>) -> Vec<(&'static str, Word)> {
    let mut signs: Vec<(&'static str, Word)> = Vec::new();
    for row in &compared.comparison.rows {
        let sign = sign(&row.how);
        if !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    // In the order of how much they say.
    signs.sort_by_key(|(sign, _)| ORDER.iter().position(|one| one == sign));
    signs
}

/// Both sessions' facts: a name, and the value on either side.
pub fn facts(compared: &Compared<'_>) -> Vec<[String; 3]> {
    let lang = compared.lang;
    let label = |label| locale::label(lang, label).to_owned();
    let both = |fact: &dyn Fn(&Session) -> String| compared.sessions.map(fact);
    let row = |name: String, [left, right]: [String; 2]| [name, left, right];
    let files = compared.files.map(|file| escape::line(file).into_owned());
    let named = |session: &Session| {
        let client = canonical(session.transport.endpoints.client).to_string();
        let name = session.client_name.as_deref().filter(|name| !name.is_empty());
        let (name, cut) = escape::cut(name.unwrap_or_default(), 100);
        match name.is_empty() {
            true => client,
            false => format!("{client} ({}{})", escape::line(name), if cut { "…" } else { "" }),
        }
    };
    let began = |session: &Session| {
        let known = session.transport.first.time.known();
        known.map_or_else(|| label(Label::NoTime), |time| Clock::Utc.moment(lang, time))
    };
    let duration = |session: &Session| {
        session.transport.duration().map(|length| locale::duration(lang, length)).unwrap_or_default()
    };
    let ended = |session: &Session| {
        let end = locale::end(lang, session.transport.end);
        match (session.transport.from_start, lang) {
            (true, _) => end.to_owned(),
            (false, Lang::En) => format!("{end}; {}", locale::label(lang, Label::FromTheMiddle)),
            (false, Lang::Zh) => format!("{end}；{}", locale::label(lang, Label::FromTheMiddle)),
        }
    };
    vec![
        row(words::word(lang, Word::File).to_owned(), files),
        row(
            label(Label::Session),
            both(&|session| format!("{} · {}", session.id, locale::protocol(lang, session.protocol))),
        ),
        row(label(Label::Client), both(&named)),
        row(label(Label::Server), both(&|session| canonical(session.transport.endpoints.server).to_string())),
        row(label(Label::Started), both(&began)),
        row(label(Label::Duration), both(&duration)),
        row(label(Label::Packets), both(&|session| session.transport.counters.packets.to_string())),
        row(words::word(lang, Word::Steps).to_owned(), both(&|session| session.steps.len().to_string())),
        row(label(Label::HowItEnded), both(&ended)),
    ]
}
