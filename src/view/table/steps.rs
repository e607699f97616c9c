/*!
The report's tables: No. | Source IP | Destination IP | Command and parameters | Purpose, one table per phase, each
followed by the tables of the messages that ended in it.
*/

use super::cell::{line, numbers};
use super::grid::{self, Grid, Mark, Row};
use super::{Options, heading, messages};
use crate::flow::{Endpoints, Side};
use crate::protocol::event::Kind;
use crate::session::model::{Phase, Session, State, Step};
use crate::verdict::purpose::{Purpose, purpose};
use crate::view::Lang;
use crate::view::locale::{self, Label};
use std::io::{self, Write};
use std::net::IpAddr;

/// Steps at the beginning of a session that decide the widths of the columns.
const MEASURED: usize = 1_000;
/// Steps that are laid out at a time.
const PIECE: usize = 256;
/// The widest column of packet numbers.
const NUMBERS: usize = 13;
/// Most characters of a mailbox name beside a purpose.
const MAILBOX: usize = 100;
/// Most mailbox names beside a purpose.
const MAILBOXES: usize = 16;
/// Width of an IPv4 address.
const IPV4: usize = 15;

/// Writes the tables of a session that is over.
pub fn session(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    let layout = Layout::of(options, session);
    let mut unshown = session.messages.as_slice();
    let mut rest = session.steps.as_slice();
    while let Some(first) = rest.first() {
        let mut section = Section::of(first);
        let len = rest.iter().take_while(|step| section.goes_on(step)).count();
        let (steps, later) = rest.split_at(len.max(1));
        rest = later;
        heading::title(out, options.style, &section.title(options, session))?;
        let mut grid = layout.grid.clone();
        grid.head(out, &titles(options))?;
        let mut before = None;
        for piece in steps.chunks(PIECE) {
            let row =
                |step: &Step| layout.row(options, session, step).joined(is_joined(before.replace(step.from), step));
            let rows: Vec<Row> = piece.iter().map(row).collect();
            grid.rows(out, &rows)?;
        }
        grid.foot(out)?;
        if steps.iter().any(|step| !step.secrets.is_empty()) {
            writeln!(out, "{}", legend(options))?;
        }
        // A message is written under the section that has its last step.
        let last = steps.last().map_or(0, |step| step.n);
        let here = unshown.iter().take_while(|message| message.steps.last().is_none_or(|&n| n <= last)).count();
        let (shown, later) = unshown.split_at(here);
        messages::write(out, options, session, shown)?;
        unshown = later;
    }
    messages::write(out, options, session, unshown)
}

/// True if no line separates `step` from the row above: a command, its replies and its content are joined, and so are
/// commands sent in a batch and their replies. `before` is the side that sent the row above.
pub fn is_joined(before: Option<Side>, step: &Step) -> bool {
    let begins = step.from == Side::Client && !matches!(step.kind, Kind::Response | Kind::Data);
    before.is_some_and(|before| !begins || before == Side::Client)
}

/// The legend: what [`SIGN`] beside a packet number means.
pub fn legend(options: &Options) -> String {
    format!("{SIGN} {}", options.label(Label::CarriesSecret))
}

/// Marks a row that carries a password or token, for readers without colour.
const SIGN: &str = "!";

/// The titles of the columns.
pub fn titles(options: &Options) -> [&'static str; 5] {
    [Label::Number, Label::SourceIp, Label::DestinationIp, Label::CommandAndParameters, Label::Purpose]
        .map(|label| options.label(label))
}

/// The steps of one table: those of a phase or, in the transaction phase, of one state (IMAP's authenticated and
/// selected). The table is named after the first state in it.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    phase: Phase,
    state: Option<State>,
}

impl Section {
    /// The section that begins with `step`.
    pub fn of(step: &Step) -> Self {
        Self { phase: step.phase, state: step.state() }
    }

    /// True if the next `step` belongs to the section too. A step without a state (a gap, TLS, an unknown line) does
    /// not end a section.
    pub fn goes_on(&mut self, step: &Step) -> bool {
        let same_state = self.phase != Phase::Transaction || self.state.is_none() || step.state().is_none();
        if self.phase != step.phase || !(same_state || self.state == step.state()) {
            return false;
        }
        self.state = self.state.or(step.state());
        true
    }

    /// The title of the section's table.
    pub fn title(self, options: &Options, session: &Session) -> String {
        locale::phase_title(options.lang, session.protocol, self.phase, self.state)
    }
}

/// The columns of the report's table.
pub struct Layout {
    /// Where the rows go.
    pub grid: Grid,
    addresses: usize,
}

impl Layout {
    /// Columns with widths that suit the session's steps.
    fn of(options: &Options, session: &Session) -> Self {
        let widest = widest(session.transport.endpoints);
        let mut layout = Self::sized(options, NUMBERS, widest, [options.style.width; 2]);
        let rows: Vec<Row> =
            session.steps.iter().take(MEASURED).map(|step| layout.row(options, session, step)).collect();
        // Steps after the measured ones have greater, and so perhaps wider, numbers.
        let last = session.steps.last().map(numbers).unwrap_or_default();
        let natural = grid::naturals(&titles(options), &rows);
        let [number, _, _, command, purpose] = natural.as_slice() else { return layout };
        layout = Self::sized(options, (*number).max(grid::natural(&last)), widest, [*command, *purpose]);
        layout
    }

    /// Columns for steps that are not known yet.
    pub fn blind(options: &Options, endpoints: Endpoints) -> Self {
        Self::sized(options, 7, widest(endpoints), [options.style.width; 2])
    }

    fn sized(options: &Options, number: usize, address: usize, [command, purpose]: [usize; 2]) -> Self {
        // The titles' words must fit. An IPv6 address is broken into several lines, to leave room for the commands.
        let words = titles(options)[1..3].iter().flat_map(|title| title.split(' ')).map(grid::natural).max();
        let addresses = address.max(words.unwrap_or_default()).min(IPV4.max(options.style.width / 6));
        let number = number.min(NUMBERS);
        let natural = [number, addresses, addresses, command, purpose];
        Self { grid: Grid::new(options.style, &natural, &[number, addresses, addresses]), addresses }
    }

    /// The row of a step.
    pub fn row(&self, options: &Options, session: &Session, step: &Step) -> Row {
        let endpoints = &session.transport.endpoints;
        let (source, destination) = match step.from {
            Side::Client => (endpoints.client, endpoints.server),
            Side::Server => (endpoints.server, endpoints.client),
        };
        let mark = match step.kind {
            Kind::Gap => Mark::Gap,
            _ if step.secrets.is_empty() => Mark::None,
            _ => Mark::Secret,
        };
        let mut number = numbers(step);
        if mark == Mark::Secret {
            number = format!("{number} {SIGN}");
        }
        let purpose = purpose(session, step);
        let address = |ip| broken(&address(ip), self.addresses);
        Row::new([
            number,
            address(source.ip()),
            address(destination.ip()),
            said(options, step, &purpose),
            meaning(options, step, &purpose),
        ])
        .marked(mark)
    }
}

/// The step's text, or a description of content, TLS, a gap and other steps without text.
pub fn said(options: &Options, step: &Step, purpose: &Purpose) -> String {
    if step.text_omitted {
        return options.bracketed(options.label(Label::TextOmitted));
    }
    if matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) || step.text.is_empty() {
        let words = locale::row(options.lang, purpose, step.bytes, step.carries.as_ref());
        let without_text = || match step.kind {
            Kind::Data | Kind::Tls | Kind::Gap => locale::kind(options.lang, step.kind),
            _ => options.label(Label::EmptyLine),
        };
        return words.unwrap_or_else(|| options.bracketed(without_text()));
    }
    let mut text = options.block(&step.text);
    if step.truncated && !text.ends_with('…') {
        text.push('…');
    }
    text
}

/// The purpose of a step, with the mailbox names that were sent encoded.
pub fn meaning(options: &Options, step: &Step, purpose: &Purpose) -> String {
    let purpose = locale::purpose(options.lang, purpose);
    if step.mailboxes.is_empty() {
        return purpose;
    }
    let mut names: Vec<String> = step.mailboxes.iter().take(MAILBOXES).map(|name| line(name, MAILBOX)).collect();
    if step.mailboxes.len() > MAILBOXES {
        names.push(format!("… +{}", step.mailboxes.len() - MAILBOXES));
    }
    match options.lang {
        Lang::En => format!("{purpose} ({})", names.join(", ")),
        Lang::Zh => format!("{purpose}（{}）", names.join("，")),
    }
}

/// The width of the wider of the two addresses.
fn widest(endpoints: Endpoints) -> usize {
    address(endpoints.client.ip()).len().max(address(endpoints.server.ip()).len())
}

/// An address as it is printed.
fn address(ip: IpAddr) -> String {
    ip.to_canonical().to_string()
}

/// An address in lines of `width`, broken behind a colon.
fn broken(address: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for group in address.split_inclusive(':') {
        match lines.last_mut() {
            Some(line) if line.len() + group.len() <= width => line.push_str(group),
            _ => lines.push(group.to_owned()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn addresses_break_behind_a_colon() {
        assert_eq!(broken("172.16.0.253", 15), "172.16.0.253");
        assert_eq!(broken("2003:de:2016:125:fc36:8317:4e86:cb72", 15), "2003:de:2016:\n125:fc36:8317:\n4e86:cb72");
        assert_eq!(broken("::1", 15), "::1");
    }
}
