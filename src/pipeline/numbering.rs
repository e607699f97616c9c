/*!
Numbers sessions by their first packet, and hands them on in that order or as they end.

A session gets its number when every connection that began before it is known to be mail or not, so that the numbers
have no gaps and are the same in every format.

What waits is bounded by the bytes that it takes, half of them for connections that have no number. The first that keeps
too much waiting waits no longer: one that may yet be mail gets its number when it is, and a session that has a number
is handed on when it is over.
*/

use super::event::{ConnectionOrder, Ended, Ready};
use super::options::Emit;
use super::probe::Probing;
use crate::capture::Time;
use crate::limits::{Limit, LimitsHit};
use crate::verdict::Selection;
use crate::verdict::rule::{self, Rule};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Packet time after which a silent connection counts as decided, so that later ones can be numbered: as mail where its
/// port promises mail, otherwise as not mail until it sends some.
pub const DECIDE_NANOSECONDS: i64 = 10_000_000_000;

/// The sessions that have not been handed on, and the connections that may become one.
pub struct SessionNumbering {
    emit: Emit,
    /// For sessions in which no data came: the others have been judged already.
    selection: Selection,
    /// Those of its rules that look at silent sessions.
    in_silence: Vec<&'static Rule>,
    /// The bytes that may wait.
    most: usize,
    /// Connections that have no number yet.
    unnumbered: BTreeMap<ConnectionOrder, Connection>,
    /// The bytes of those that are over, or known not to be mail.
    unnumbered_weight: usize,
    /// The numbers of the sessions that are open.
    open: HashMap<ConnectionOrder, u64>,
    /// The number that comes next.
    next_id: u64,
    /// What is over, by number.
    ended: BTreeMap<u64, Waiting>,
    /// The bytes of `ended`.
    weight: usize,
    /// The bytes of what views prepared, of all that waits.
    prepared: usize,
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

/// What is over and has a number.
struct Waiting {
    /// Absent where it was no session after all: nothing but stray packets of an earlier connection came.
    session: Option<Ended>,
    weight: usize,
}

/// What a connection without a number costs, or a session that waits, without the session itself: its place in a tree
/// that is half full.
const PLACE: usize = 2 * size_of::<(ConnectionOrder, Connection)>();

/// The part of the memory for what waits that what views prepared may take beside it.
const PREPARED_SHARE: usize = 8;

enum State {
    Undecided,
    Mail,
    Over(Ended),
    NoMail,
}

impl SessionNumbering {
    /// Nothing has begun yet. No more than `most` bytes wait.
    pub fn new(emit: Emit, selection: Selection, most: usize) -> Self {
        Self {
            emit,
            most,
            selection,
            in_silence: rule::in_silence(selection.rules),
            unnumbered: BTreeMap::new(),
            unnumbered_weight: 0,
            open: HashMap::new(),
            next_id: 1,
            ended: BTreeMap::new(),
            weight: 0,
            prepared: 0,
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
                self.unnumbered_weight += connection.weight();
                self.number();
                self.make_room();
            }
            Some(_) => {}
            None if is_mail && !self.open.contains_key(&first) => self.late(first),
            None => {}
        }
    }

    /// A connection is over; with the session, if it was one. Returns the probe, if it was one of those, and has no
    /// number.
    pub fn over(&mut self, first: ConnectionOrder, session: Option<Ended>) -> Option<Probing> {
        let session = session.map(|session| self.keep_prepared(session));
        let mut probing = None;
        if let Some(connection) = self.unnumbered.get_mut(&first) {
            self.unnumbered_weight -= connection.weight();
            connection.state = match session {
                Some(Ended::Probe(probe, _)) => {
                    probing = Some(probe);
                    State::NoMail
                }
                Some(session) => State::Over(session),
                None => State::NoMail,
            };
            self.unnumbered_weight += connection.weight();
            self.number();
            self.make_room();
        } else {
            if session.is_some() && !self.open.contains_key(&first) {
                self.late(first);
            }
            if let Some(id) = self.open.remove(&first) {
                self.end(id, session);
            }
        }
        probing
    }

    /// What views prepared waits with its session as long as all of it takes little of the memory. Beyond that it is made again
    /// when the session is shown.
    fn keep_prepared(&mut self, session: Ended) -> Ended {
        let session = match self.prepared + session.prepared() > self.most / PREPARED_SHARE {
            true => session.forget_prepared(),
            false => session,
        };
        self.prepared += session.prepared();
        session
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
            self.unnumbered_weight += connection.weight();
            self.number();
        }
        self.make_room();
    }

    /// Nothing comes any more: decides for the connections that keep sessions that are over waiting for their numbers, as
    /// if they had been silent for long. What has said something that may be anything counts as no mail until it is known
    /// to be.
    pub fn let_pass(&mut self) {
        let is_over = |connection: &Connection| matches!(connection.state, State::Over(_));
        let Some(last) = self.unnumbered.iter().rev().find_map(|(&first, found)| is_over(found).then_some(first))
        else {
            return;
        };
        for (_, connection) in self.unnumbered.range_mut(..last) {
            if matches!(connection.state, State::Undecided) {
                let is_mail = connection.promising && connection.silent;
                connection.state = if is_mail { State::Mail } else { State::NoMail };
                self.unnumbered_weight += connection.weight();
            }
        }
        self.number();
    }

    /// Decides for the first connections that have no number, as long as too much waits behind them. What is not silent
    /// counts as no mail until it is known to be.
    fn make_room(&mut self) {
        while self.unnumbered_weight > self.most / 2
            && let Some(mut entry) = self.unnumbered.first_entry()
        {
            let connection = entry.get_mut();
            let is_mail = connection.promising && connection.silent;
            connection.state = if is_mail { State::Mail } else { State::NoMail };
            self.unnumbered_weight += connection.weight();
            self.limits_hit.hit(Limit::SessionOrder);
            self.number();
        }
    }

    /// The clock was set by so many nanoseconds: no time has passed.
    pub fn clock_set(&mut self, by: i64) {
        self.unnumbered.values_mut().for_each(|connection| connection.begun = connection.begun.plus(by));
    }

    /// The next session to hand on.
    pub fn next_ready(&mut self) -> Option<Ready> {
        loop {
            let id = match self.emit {
                Emit::AsTheyEnd => self.ready.pop_front()?,
                Emit::InOrder => self.next_in_order()?,
            };
            let Waiting { session, weight } = self.ended.remove(&id)?;
            self.weight -= weight;
            if let Some(session) = session {
                self.prepared -= session.prepared();
                return Some(session.session(id, self.selection, &self.in_silence));
            }
        }
    }

    /// The number of the session that is handed on next, if it is over. One that stays open as long as the capture
    /// (IDLE) keeps the others waiting only up to a bound; after that they are handed on before it.
    fn next_in_order(&mut self) -> Option<u64> {
        let (&first, _) = self.ended.first_key_value()?;
        if first > self.next_out {
            if self.weight.saturating_add(self.unnumbered_weight) <= self.most {
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
            let connection = entry.remove();
            self.unnumbered_weight -= connection.weight();
            match connection.state {
                State::Undecided | State::NoMail => continue,
                State::Mail => {
                    self.open.insert(first, id);
                }
                State::Over(session) => self.end(id, Some(session)),
            }
            self.next_id += 1;
        }
    }

    fn end(&mut self, id: u64, session: Option<Ended>) {
        let weight = PLACE + session.as_ref().map_or(0, Ended::weight);
        self.weight += weight;
        self.ended.insert(id, Waiting { session, weight });
        if self.emit == Emit::AsTheyEnd {
            self.ready.push_back(id);
        }
    }
}

impl Connection {
    /// The bytes that it takes once it is decided: before that, those of all connections are bounded by their number.
    fn weight(&self) -> usize {
        match &self.state {
            State::Undecided => 0,
            State::Mail | State::NoMail => PLACE,
            State::Over(session) => PLACE + session.weight(),
        }
    }
}

#[cfg(test)]
mod tests;
