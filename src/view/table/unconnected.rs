/*!
Connections that came to nothing: nobody answered, or the answer was a refusal before anything was said.

A scan or a flood has thousands, and each says the same. Those between the first pairs of hosts are shown like any other
session, one for each pair; the others are counted by source and target, in a table of their own.
*/

use super::grid::Row;
use super::{Options, heading};
use crate::capture::Time;
use crate::flow::{CloseReason, hash_ends};
use crate::session::model::Session;
use crate::verdict::{Upshot, upshot};
use crate::view::address::canonical;
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// Pairs of hosts whose first connection is shown by itself.
const SHOWN: usize = 20;
/// Pairs that are counted by source. Further ones are counted by their target alone.
const PAIRS: usize = 16_384;
/// Targets that are counted; further ones are in the last row.
const TARGETS: usize = 1_024;
/// Sources of one target that have a row each: with more, they share one.
const SOURCES: usize = 5;
/// Rows of the table.
const ROWS: usize = 30;

/// A server, and what became of connections to it.
type Target = (SocketAddr, CloseReason);

/// A client, and what became of its connections to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    source: IpAddr,
    target: Target,
}

impl Hash for Pair {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (server, end) = self.target;
        hash_ends((self.source, end as u16), (server.ip(), server.port()), hasher);
    }
}

/// Connections that came to nothing.
#[derive(Debug, Default)]
pub struct Unconnected {
    pairs: HashMap<Pair, Attempts>,
    /// Of the pairs that are not counted.
    targets: HashMap<Target, Attempts>,
    /// Of the targets that are not counted.
    others: u64,
    /// How many are not shown by themselves.
    counted: u64,
}

/// Connections of one kind.
#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u64,
    first: Time,
    last: Time,
}

impl Attempts {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl Unconnected {
    /// Takes note of `session`; true if it is only counted, not shown by itself.
    pub fn counts(&mut self, session: &Session) -> bool {
        if !session.steps.is_empty() || upshot(session) != Upshot::NotConnected {
            return false;
        }
        let transport = &session.transport;
        let [client, server] = [transport.endpoints.client, transport.endpoints.server].map(canonical);
        let target = (server, transport.end);
        let attempt = Attempts { count: 1, first: transport.first.time, last: transport.first.time };
        let known = self.pairs.len();
        match self.pairs.entry(Pair { source: client.ip(), target }) {
            Entry::Occupied(pair) => pair.into_mut().add(attempt),
            Entry::Vacant(pair) if known < PAIRS => {
                pair.insert(attempt);
                if known < SHOWN {
                    return false;
                }
            }
            Entry::Vacant(_) => {
                let known = self.targets.len();
                match self.targets.entry(target) {
                    Entry::Occupied(target) => target.into_mut().add(attempt),
                    Entry::Vacant(target) if known < TARGETS => _ = target.insert(attempt),
                    Entry::Vacant(_) => self.others += 1,
                }
            }
        }
        self.counted += 1;
        true
    }

    /// Writes the table, if anything was only counted.
    pub fn write(&self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        if self.counted == 0 {
            return Ok(());
        }
        heading::title(out, options.style, options.label(Label::Unconnected))?;
        let titles = [Label::SourceIp, Label::Server, Label::HowItEnded, Label::Count, Label::Started];
        let titles = titles.map(|label| options.label(label));
        let mut rows = self.rows();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.attempts.count), row.target.0, row.source, row.sources));
        let more: u64 = rows.iter().skip(ROWS).map(|row| row.attempts.count).sum::<u64>() + self.others;
        let rows: Vec<Row> = rows.iter().take(ROWS).map(|row| row.shown(options)).collect();
        heading::table(out, options.style, &titles, &rows, &[0, 0, 0, 8, 0])?;
        if more > 0 {
            heading::note(out, options.style, &locale::counted_in_further_rows(options.lang, more))?;
        }
        heading::note(out, options.style, &locale::only_counted(options.lang, self.counted))
    }

    /// A row for each pair, and one for the sources of a target that has many.
    fn rows(&self) -> Vec<Counted> {
        let mut by_target: HashMap<Target, Vec<(IpAddr, Attempts)>> = HashMap::new();
        for (&Pair { source, target }, &attempts) in &self.pairs {
            by_target.entry(target).or_default().push((source, attempts));
        }
        for target in self.targets.keys() {
            by_target.entry(*target).or_default();
        }
        let mut rows = Vec::new();
        for (target, sources) in by_target {
            let further = self.targets.get(&target);
            if sources.len() <= SOURCES && further.is_none() {
                let alone =
                    |(source, attempts)| Counted { source: Some(source), sources: 1, further: false, target, attempts };
                rows.extend(sources.into_iter().map(alone));
                continue;
            }
            let all = sources.iter().map(|(_, attempts)| *attempts).chain(further.copied());
            let Some(attempts) = all.reduce(|mut all, one| {
                all.add(one);
                all
            }) else {
                continue;
            };
            let (source, sources, further) = (None, sources.len(), further.is_some());
            rows.push(Counted { source, sources, further, target, attempts });
        }
        rows
    }
}

/// A row of the table.
struct Counted {
    /// Where it is one.
    source: Option<IpAddr>,
    sources: usize,
    /// There were further sources, which are not counted.
    further: bool,
    target: Target,
    attempts: Attempts,
}

impl Counted {
    fn shown(&self, options: &Options) -> Row {
        let source = self.source.map_or_else(
            || locale::sources(options.lang, self.sources as u64, self.further),
            |source| source.to_string(),
        );
        let (server, end) = self.target;
        let Attempts { count, first, last } = self.attempts;
        let [first, last] = [first, last].map(|time| heading::began(options, time, Clock::second));
        // As they are shown: within one second they are one.
        let when = if first == last { first } else { format!("{first} – {last}") };
        Row::new([source, server.to_string(), locale::end(options.lang, end).to_owned(), count.to_string(), when])
    }
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, Unconnected};
    use crate::flow::CloseReason;
    use crate::session::Session;
    use crate::view::table::{Options, Style};
    use crate::view::testing::{Talk, lab_smtp};
    use crate::view::{Lang, Show};

    /// A connection of the client with this number to the server with that, without an answer.
    fn attempt(client: u16, server: u8) -> Session {
        let mut session = Talk::new(crate::protocol::Protocol::Smtp).session;
        session.steps.clear();
        session.transport.end = CloseReason::Unanswered;
        let [high, low] = client.to_be_bytes();
        session.transport.endpoints.client.set_ip([100, 64, high, low].into());
        session.transport.endpoints.server.set_ip([192, 0, 2, server].into());
        session
    }

    fn written(unconnected: &Unconnected, lang: Lang) -> String {
        let style = Style { width: 120, colour: false };
        let (list, time) = (Default::default(), crate::view::clock::Clock::Utc);
        let options = Options { style, show: Show::ALL, list, lang, text_limit: 80, time };
        let mut out = Vec::new();
        unconnected.write(&mut out, &options).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_between_two_hosts_is_shown_and_the_others_are_counted() {
        let mut unconnected = Unconnected::default();
        assert!(!unconnected.counts(&lab_smtp()), "a session is shown");
        assert!(!unconnected.counts(&attempt(1, 1)) && !unconnected.counts(&attempt(1, 2)));
        assert_eq!(written(&unconnected, Lang::En), "");
        assert!((0..9).all(|_| unconnected.counts(&attempt(1, 1))));
        let later = crate::capture::Time::from_microseconds(400_000);
        let mut last = attempt(1, 1);
        last.transport.first.time = last.transport.first.time.plus(later.nanoseconds());
        assert!(unconnected.counts(&last));
        let table = written(&unconnected, Lang::En);
        assert!(!table.contains('–'), "all within a second: {table}");
        let row = table.lines().find(|line| line.contains("192.0.2.1:")).expect("a row");
        assert!(row.contains("100.64.0.1 ") && row.contains(" 11 "), "{table}");
        assert!(table.contains("10 of these"), "{table}");
        assert!(written(&unconnected, Lang::Zh).contains("其中 10 个"), "{}", written(&unconnected, Lang::Zh));
    }

    #[test]
    fn a_flood_from_many_sources_is_one_row() {
        let mut unconnected = Unconnected::default();
        let shown = (0..40_000).filter(|&client| !unconnected.counts(&attempt(client, 1))).count();
        assert_eq!(shown, SHOWN);
        let table = written(&unconnected, Lang::En);
        let rows: Vec<_> = table.lines().filter(|line| line.contains("192.0.2.1:")).collect();
        assert!(
            matches!(&rows[..], [row] if row.contains("40000") && row.contains("more than 16384 sources")),
            "{table}"
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut unconnected = Unconnected::default();
        for client in 0..300 {
            (0..=255).for_each(|server| _ = unconnected.counts(&attempt(client, server)));
        }
        assert!(unconnected.pairs.len() <= super::PAIRS && unconnected.targets.len() <= super::TARGETS);
        let table = written(&unconnected, Lang::En);
        assert!(table.lines().count() < 80, "{}", table.lines().count());
        assert!(table.contains(&format!("{} of these", 300 * 256 - SHOWN)), "{table}");
        assert!(table.contains(" connections in rows that are not shown"), "{table}");
        assert!(written(&unconnected, Lang::Zh).contains("个连接，所在各行未列出"));
    }
}
