/*!
The report's tables: No. | Source IP | Destination IP | Command and parameters | Purpose, one table per phase, each
followed by the tables of the messages that ended in it.
*/

use super::cell::{line, numbers};
use super::grid::{self, Grid, Mark, Row};
use super::sections::Sections;
use super::{Options, capabilities, heading, messages};
use crate::flow::{Endpoints, Side};
use crate::protocol::event::Kind;
use crate::session::model::{Message, Session, Step};
use crate::verdict::purpose::{Purpose, purpose};
use crate::view::Lang;
use crate::view::address::canonical;
use crate::view::clock::offset;
use crate::view::locale::{self, Label};
use std::io::{self, Write};

/// Steps at the beginning of a session that decide the widths of the columns.
const MEASURED: usize = 1_000;
/// Steps that are laid out at a time.
const PIECE: usize = 256;
/// The widest column of packet numbers.
const NUMBERS: usize = 13;
/// The widest column of seconds: of half a year.
const TIMES: usize = 13;
/// The narrowest terminal that has room for it.
const WIDE: usize = 120;
/// Most characters of a mailbox name beside a purpose.
const MAILBOX: usize = 100;
/// Most mailbox names beside a purpose.
const MAILBOXES: usize = 16;
/// Width of an IPv4 address.
const IPV4: usize = 15;

/// Writes the tables of a session that is over.
pub fn session(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    let layout = Layout::of(options, session);
    let sections = Sections::of(session);
    let mut unshown = session.messages.as_slice();
    for (nth, (section, steps)) in sections.tables.iter().enumerate() {
        heading::title(out, options.style, &section.title(options, session))?;
        let mut grid = layout.grid.clone();
        grid.head(out, &titles(options))?;
        let mut before = None;
        for piece in steps.chunks(PIECE) {
            let row =
                |step: &&Step| layout.row(options, session, step).joined(is_joined(before.replace(step.from), step));
            let rows: Vec<Row> = piece.iter().map(row).collect();
            grid.rows(out, &rows)?;
        }
        grid.foot(out)?;
        if steps.iter().any(|step| !step.secrets().is_empty()) {
            heading::note(out, options.style, &legend(options))?;
        }
        // A message is written under the section that has its last step.
        let ended = |message: &&Message| message.steps.last().is_none_or(|&n| sections.with(n) <= nth);
        let (shown, later) = unshown.split_at(unshown.iter().take_while(ended).count());
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
pub fn titles(options: &Options) -> Vec<&'static str> {
    let since = has_times(options).then_some(Label::SinceBegin);
    let sheet = [Label::SourceIp, Label::DestinationIp, Label::CommandAndParameters, Label::Purpose];
    [Label::Number].into_iter().chain(since).chain(sheet).map(|label| options.label(label)).collect()
}

/// True if there is room for a column of seconds since the session began.
fn has_times(options: &Options) -> bool {
    options.style.width >= WIDE
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
        let mut layout = Self::sized(options, [NUMBERS, TIMES], widest, [options.style.width; 2]);
        let rows: Vec<Row> =
            session.steps.iter().take(MEASURED).map(|step| layout.row(options, session, step)).collect();
        // Steps after the measured ones have greater, and so perhaps wider, numbers and times.
        let last = session.steps.last();
        let natural = grid::naturals(&titles(options), &rows);
        let (Some(&number), [.., command, purpose]) = (natural.first(), natural.as_slice()) else { return layout };
        let number = number.max(grid::natural(&last.map(numbers).unwrap_or_default()));
        let time = natural.get(1).copied().unwrap_or_default();
        let time = time.max(grid::natural(&last.map(|step| since(session, step)).unwrap_or_default()));
        layout = Self::sized(options, [number, time], widest, [*command, *purpose]);
        layout
    }

    /// Columns for steps that are not known yet.
    pub fn blind(options: &Options, endpoints: Endpoints) -> Self {
        Self::sized(options, [7, TIMES], widest(endpoints), [options.style.width; 2])
    }

    fn sized(options: &Options, [number, time]: [usize; 2], address: usize, rest: [usize; 2]) -> Self {
        // The titles' words must fit. An IPv6 address is broken into several lines, to leave room for the commands.
        let ends = [Label::SourceIp, Label::DestinationIp].map(|label| options.label(label));
        let words = ends.iter().flat_map(|title| title.split(' ')).map(grid::natural).max();
        let addresses = address.max(words.unwrap_or_default()).min(IPV4.max(options.style.width / 6));
        let mut natural = vec![number.min(NUMBERS)];
        natural.extend(has_times(options).then_some(time.min(TIMES)));
        natural.extend([addresses, addresses]);
        let firm = natural.clone();
        natural.extend(rest);
        Self { grid: Grid::new(options.style, &natural, &firm), addresses }
    }

    /// The row of a step.
    pub fn row(&self, options: &Options, session: &Session, step: &Step) -> Row {
        let [client, server] = addresses(session.transport.endpoints);
        let (source, destination) = match step.from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let mark = match step.kind {
            Kind::Gap => Mark::Gap,
            _ if step.secrets().is_empty() => Mark::None,
            _ => Mark::Secret,
        };
        let mut number = numbers(step);
        if mark == Mark::Secret {
            number = format!("{number} {SIGN}");
        }
        let purpose = purpose(session, step);
        let cells = [
            broken(&source, self.addresses),
            broken(&destination, self.addresses),
            said(options, step, &purpose),
            meaning(options, step, &purpose),
        ];
        let since = has_times(options).then(|| since(session, step));
        Row::new([number].into_iter().chain(since).chain(cells)).marked(mark)
    }
}

/// Seconds since the session began: `+0.045`. Empty where the capture does not have the times.
fn since(session: &Session, step: &Step) -> String {
    step.time.known_since(session.transport.first.time).map(|since| offset(since, 3)).unwrap_or_default()
}

/// The step's text, or a description of content, TLS, a gap and other steps without text.
pub fn said(options: &Options, step: &Step, purpose: &Purpose) -> String {
    if step.text_omitted {
        return options.bracketed(options.label(Label::TextOmitted));
    }
    if matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) || step.text.is_empty() {
        let words = locale::row(options.lang, purpose, step.bytes, step.carries().as_ref());
        let without_text = || match step.kind {
            Kind::Data | Kind::Tls | Kind::Gap => locale::kind(options.lang, step.kind),
            _ => options.label(Label::EmptyLine),
        };
        return words.unwrap_or_else(|| options.bracketed(without_text()));
    }
    let mut text = options.block(capabilities::cut(options, step).as_deref().unwrap_or(&step.text));
    if step.truncated && !text.ends_with('…') {
        text.push('…');
    }
    text
}

/// The purpose of a step, with the mailbox names that were sent encoded.
pub fn meaning(options: &Options, step: &Step, purpose: &Purpose) -> String {
    let purpose = locale::purpose(options.lang, purpose);
    if step.mailboxes().is_empty() {
        return purpose.into_owned();
    }
    let mut names: Vec<String> = step.mailboxes().iter().take(MAILBOXES).map(|name| line(name, MAILBOX)).collect();
    if step.mailboxes().len() > MAILBOXES {
        names.push(format!("… +{}", step.mailboxes().len() - MAILBOXES));
    }
    match options.lang {
        Lang::En => format!("{purpose} ({})", names.join(", ")),
        Lang::Zh => format!("{purpose}（{}）", names.join("，")),
    }
}

/// The width of the wider of the two addresses.
fn widest(endpoints: Endpoints) -> usize {
    addresses(endpoints).iter().map(String::len).max().unwrap_or_default()
}

/// The addresses of client and server as they are printed. Where they are equal (loopback, a NAT that leads back), the
/// ports tell the two apart.
fn addresses(endpoints: Endpoints) -> [String; 2] {
    let ends = [endpoints.client, endpoints.server].map(canonical);
    match ends.map(|end| end.ip()) {
        [client, server] if client == server => ends.map(|end| end.to_string()),
        ips => ips.map(|ip| ip.to_string()),
    }
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
    use super::{Endpoints, addresses, broken};

    #[test]
    fn equal_addresses_are_told_apart_by_their_ports() {
        let ends = |client: &str, server: &str| {
            addresses(Endpoints { client: client.parse().unwrap(), server: server.parse().unwrap() })
        };
        assert_eq!(ends("127.0.0.1:50000", "127.0.0.1:25"), ["127.0.0.1:50000", "127.0.0.1:25"]);
        assert_eq!(ends("[::1]:50000", "[::1]:25"), ["[::1]:50000", "[::1]:25"]);
        assert_eq!(ends("[::ffff:10.0.0.1]:50000", "10.0.0.1:25"), ["10.0.0.1:50000", "10.0.0.1:25"]);
        assert_eq!(ends("10.0.0.1:50000", "10.0.0.2:25"), ["10.0.0.1", "10.0.0.2"]);
    }

    #[test]
    fn addresses_break_behind_a_colon() {
        assert_eq!(broken("172.16.0.253", 15), "172.16.0.253");
        assert_eq!(broken("2003:de:2016:125:fc36:8317:4e86:cb72", 15), "2003:de:2016:\n125:fc36:8317:\n4e86:cb72");
        assert_eq!(broken("::1", 15), "::1");
    }
}
