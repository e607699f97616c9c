/*!
Numbers sessions by their first packet, and hands them on in that order or as they end.

A session gets its number when every connection that began before it is known to be mail or not, so that the numbers
have no holes and are the same in every format.
*/

use super::When;
use crate::capture::Time;
use crate::flow::Ends;
use crate::session::model::Session;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// What is known of the sessions that have not been handed on.
pub struct Order {
    when: When,
    /// By first packet: connections that have no number yet.
    unnumbered: BTreeMap<u64, Connection>,
    /// By first packet: the numbers of the sessions that are open.
    open: HashMap<u64, u64>,
    /// The number that comes next.
    next_id: u64,
    /// Ended sessions by number.
    ended: BTreeMap<u64, (Session, usize)>,
    /// Numbers of ended sessions, in the order in which they became ready.
    ready: VecDeque<u64>,
    /// The number of the session that is handed on next, where they go in order.
    next_out: u64,
}

struct Connection {
    ends: Ends,
    begun: Time,
    state: State,
}

enum State {
    Undecided,
    Mail,
    Over(Box<(Session, usize)>),
    NoMail,
}

impl Order {
    /// Nothing has begun yet.
    pub fn new(when: When) -> Self {
        Self {
            when,
            unnumbered: BTreeMap::new(),
            open: HashMap::new(),
            next_id: 1,
            ended: BTreeMap::new(),
            ready: VecDeque::new(),
            next_out: 1,
        }
    }

    /// A connection has begun.
    pub fn begun(&mut self, first_packet: u64, ends: Ends, begun: Time) {
        self.unnumbered.insert(first_packet, Connection { ends, begun, state: State::Undecided });
    }

    /// It is known whether a connection is mail.
    pub fn decided(&mut self, first_packet: u64, is_mail: bool) {
        if let Some(connection) = self.unnumbered.get_mut(&first_packet)
            && matches!(connection.state, State::Undecided)
        {
            connection.state = if is_mail { State::Mail } else { State::NoMail };
            self.number();
        }
    }

    /// A connection is over, and was a session or was not. With the number of its steps shown already.
    pub fn over(&mut self, first_packet: u64, session: Option<(Session, usize)>) {
        match (self.open.remove(&first_packet), session) {
            (Some(id), Some((session, shown))) => self.end(id, session, shown),
            // Promised to be mail, and numbered.
            (Some(_), None) => {}
            (None, session) => {
                if let Some(connection) = self.unnumbered.get_mut(&first_packet) {
                    connection.state = session.map_or(State::NoMail, |session| State::Over(Box::new(session)));
                    self.number();
                }
            }
        }
    }

    /// The number of a session that is open.
    pub fn id(&self, first_packet: u64) -> Option<u64> {
        self.open.get(&first_packet).copied()
    }

    /// The first connection without a number, if it began longer ago than that and is still undecided.
    pub fn undecided_since(&self, nanoseconds: i64, now: Time) -> Option<(u64, Ends)> {
        let (&first_packet, connection) = self.unnumbered.first_key_value()?;
        let late = matches!(connection.state, State::Undecided) && now.since(connection.begun) > nanoseconds;
        late.then_some((first_packet, connection.ends))
    }

    /// The next session to hand on, with the number of its steps shown already.
    pub fn next_ready(&mut self) -> Option<(Session, usize)> {
        let id = match self.when {
            When::AsTheyEnd => self.ready.pop_front()?,
            When::InOrder => self.next_out,
        };
        let session = self.ended.remove(&id)?;
        self.next_out += 1;
        Some(session)
    }

    fn number(&mut self) {
        while let Some(entry) = self.unnumbered.first_entry() {
            if matches!(entry.get().state, State::Undecided) {
                return;
            }
            let first_packet = *entry.key();
            let id = self.next_id;
            match entry.remove().state {
                State::Undecided | State::NoMail => continue,
                State::Mail => {
                    self.open.insert(first_packet, id);
                }
                State::Over(session) => self.end(id, session.0, session.1),
            }
            self.next_id += 1;
        }
    }

    fn end(&mut self, id: u64, mut session: Session, shown: usize) {
        session.id = id;
        self.ended.insert(id, (session, shown));
        if self.when == When::AsTheyEnd {
            self.ready.push_back(id);
        }
    }
}
