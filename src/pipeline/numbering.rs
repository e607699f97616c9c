/*!
Numbers sessions by their first packet, and hands them on in that order or as they end.

A session gets its number when every connection that began before it is known to be mail or not, so that the numbers
have no gaps and are the same in every format.
*/

use super::event::{ConnectionOrder, Ended};
use super::options::Emit;
use super::probe::Probing;
use crate::capture::Time;
use crate::limits::{Limit, LimitsHit, WAITING_STEPS};
use crate::session::{Plan, Session};
use crate::verdict::Rule;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// Packet time after which a silent connection counts as decided, so that later ones can be numbered: as mail where its
/// port promises mail, otherwise as not mail until it sends some.
pub const DECIDE_NANOSECONDS: i64 = 10_000_000_000;

/// The sessions that have not been handed on, and the connections that may become one.
pub struct SessionNumbering {
    emit: Emit,
    plan: Arc<Plan>,
    /// For sessions in which no data came: the others have been judged already.
    rules: &'static [&'static Rule],
    /// Connections that have no number yet.
    unnumbered: BTreeMap<ConnectionOrder, Connection>,
    /// The numbers of the sessions that are open.
    open: HashMap<ConnectionOrder, u64>,
    /// The number that comes next.
    next_id: u64,
    /// Ended sessions by number.
    ended: BTreeMap<u64, Ended>,
    /// The cost of `ended`, in steps.
    weight: usize,
    /// Sessions that kept others waiting for too long.
    limits_hit: LimitsHit,
    /// Numbers of ended sessions, in the order in which they became ready.
    ready: VecDeque<u64>,
    /// With [`Emit::InOrder`], the number of the session that is handed on next. Lower ones have been, or are handed on
    /// as they end.
    next_out: u64,
}

struct Connection {
    begun: Time,
    promising: bool,
    silent: bool,
    state: State,
}

enum State {
    Undecided,
    Mail,
    Over(Ended),
    NoMail,
}

impl SessionNumbering {
    /// Nothing has begun yet.
    pub fn new(emit: Emit, plan: Arc<Plan>, rules: &'static [&'static Rule]) -> Self {
        Self {
            emit,
            plan,
            rules,
            unnumbered: BTreeMap::new(),
            open: HashMap::new(),
            next_id: 1,
            ended: BTreeMap::new(),
            weight: 0,
            limits_hit: LimitsHit::default(),
            ready: VecDeque::new(),
            next_out: 1,
        }
    }

    /// A connection has begun.
    pub fn begun(&mut self, first: ConnectionOrder, begun: Time, promising: bool) {
        let connection = Connection { begun, promising, silent: true, state: State::Undecided };
        self.unnumbered.insert(first, connection);
    }

    /// Data came on an undecided connection.
    pub fn spoke(&mut self, first: ConnectionOrder) {
        if let Some(connection) = self.unnumbered.get_mut(&first) {
            connection.silent = false;
        }
    }

    /// It is known whether a connection is mail.
    pub fn decided(&mut self, first: ConnectionOrder, is_mail: bool) {
        match self.unnumbered.get_mut(&first) {
            Some(connection) if matches!(connection.state, State::Undecided) => {
                connection.state = if is_mail { State::Mail } else { State::NoMail };
                self.number();
            }
            Some(_) => {}
            None if is_mail && !self.open.contains_key(&first) => self.late(first),
            None => {}
        }
    }

    /// A connection is over; with the session, if it was one. Returns the probe, if it was one of those, and has no
    /// number.
    pub fn over(&mut self, first: ConnectionOrder, session: Option<Ended>) -> Option<Probing> {
        let mut probing = None;
        if let Some(connection) = self.unnumbered.get_mut(&first) {
            connection.state = match session {
                Some(Ended::Probe(probe, _)) => {
                    probing = Some(probe);
                    State::NoMail
                }
                Some(session) => State::Over(session),
                None => State::NoMail,
            };
            self.number();
        } else if let Some(session) = session {
            if !self.open.contains_key(&first) {
                self.late(first);
            }
            if let Some(id) = self.open.remove(&first) {
                self.end(id, session);
            }
        }
        probing
    }

    /// A connection that counted as not mail because it was silent for long is mail after all: it gets the next number.
    fn late(&mut self, first: ConnectionOrder) {
        self.open.insert(first, self.next_id);
        self.next_id += 1;
    }

    /// The number of a session that is open.
    pub fn id(&self, first: ConnectionOrder) -> Option<u64> {
        self.open.get(&first).copied()
    }

    /// Decides for connections that have been silent for [`DECIDE_NANOSECONDS`], as far as they keep others waiting.
    pub fn decide_silent(&mut self, now: Time) {
        while let Some(mut entry) = self.unnumbered.first_entry() {
            let connection = entry.get_mut();
            if !connection.silent || now.since(connection.begun) <= DECIDE_NANOSECONDS {
                return;
            }
            connection.state = if connection.promising { State::Mail } else { State::NoMail };
            self.number();
        }
    }

    /// The clock was set by so many nanoseconds: no time has passed.
    pub fn clock_set(&mut self, by: i64) {
        self.unnumbered.values_mut().for_each(|connection| connection.begun = connection.begun.plus(by));
    }

    /// The next session to hand on, with the number of its steps shown already.
    pub fn next_ready(&mut self) -> Option<(Session, usize)> {
        let id = match self.emit {
            Emit::AsTheyEnd => self.ready.pop_front()?,
            Emit::InOrder => self.next_in_order()?,
        };
        let ended = self.ended.remove(&id)?;
        self.weight -= ended.weight();
        Some(ended.session(id, &self.plan, self.rules))
    }

    /// The number of the session that is handed on next, if it is over. One that stays open as long as the capture
    /// (IDLE) keeps the others waiting only up to a bound; after that they are handed on before it.
    fn next_in_order(&mut self) -> Option<u64> {
        let (&first, _) = self.ended.first_key_value()?;
        if first > self.next_out {
            if self.weight <= WAITING_STEPS {
                return None;
            }
            self.limits_hit.hit_times(Limit::SessionOrder, first - self.next_out);
        }
        self.next_out = self.next_out.max(first + 1);
        Some(first)
    }

    /// Bounds that were hit.
    pub fn limits_hit(&self) -> &LimitsHit {
        &self.limits_hit
    }

    fn number(&mut self) {
        while let Some(entry) = self.unnumbered.first_entry() {
            if matches!(entry.get().state, State::Undecided) {
                return;
            }
            let first = *entry.key();
            let id = self.next_id;
            match entry.remove().state {
                State::Undecided | State::NoMail => continue,
                State::Mail => {
                    self.open.insert(first, id);
                }
                State::Over(session) => self.end(id, session),
            }
            self.next_id += 1;
        }
    }

    fn end(&mut self, id: u64, session: Ended) {
        self.weight += session.weight();
        self.ended.insert(id, session);
        if self.emit == Emit::AsTheyEnd {
            self.ready.push_back(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{CloseReason, Conflicts, Counters, Endpoints, PacketRef, Transport};
    use crate::limits::LIGHTEST_SESSION;
    use crate::protocol::ports::Ports;
    use crate::session::Needs;

    fn silent() -> Ended {
        let client = "192.0.2.1:40000".parse().expect("an address");
        let endpoints = Endpoints { client, server: "192.0.2.2:25".parse().expect("an address") };
        let at = PacketRef { packet: 1, time: Time::default() };
        let transport = Transport {
            endpoints,
            first: at,
            first_sequence: 0,
            last: at,
            end: CloseReason::Closed,
            left: None,
            from_start: true,
            counters: Counters::default(),
            conflicts: Conflicts::default(),
            stalls: Default::default(),
        };
        let hint = Ports::default().get(endpoints.server.port()).expect("a mail port");
        Ended::Silent(Box::new((hint, transport)))
    }

    #[test]
    fn a_session_that_stays_open_keeps_others_waiting_up_to_a_bound() {
        let mut numbering = SessionNumbering::new(Emit::InOrder, Needs::ALL.into(), &[]);
        let bound = (WAITING_STEPS / LIGHTEST_SESSION) as u64;
        numbering.begun((1, 0), Time::default(), true);
        numbering.decided((1, 0), true);
        let mut shown = Vec::new();
        for nth in 2..=bound + 2 {
            assert!(shown.is_empty(), "the bound has room for {bound}");
            numbering.begun((nth, 0), Time::default(), true);
            numbering.over((nth, 0), Some(silent()));
            shown.extend(std::iter::from_fn(|| numbering.next_ready()).map(|(session, _)| session.id));
        }
        assert!(shown.iter().copied().eq(2..=bound + 2), "no more wait");
        numbering.over((1, 0), Some(silent()));
        shown.extend(std::iter::from_fn(|| numbering.next_ready()).map(|(session, _)| session.id));
        assert_eq!(shown.last(), Some(&1), "it goes as it ends");
        assert_eq!(numbering.limits_hit().iter().collect::<Vec<_>>(), [(Limit::SessionOrder, 1)]);
    }
}
