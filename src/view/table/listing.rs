//! In which order the list of sessions is, how many it has, and the rows that are kept for that.

use crate::session::model::{Session, Severity};
use std::cmp::Reverse;
use std::net::SocketAddr;

/// Most rows kept for each of the tables that close the output. Further rows are counted, and the count is written.
pub(super) const KEPT: usize = 10_000;

/// What the list of sessions shows, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listing {
    /// The order; without it, that of their numbers, or, as they come, that of their ends.
    pub sort: Option<Sort>,
    /// Most sessions.
    pub limit: Option<usize>,
}

/// What the list of sessions is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// When it began.
    Time,
    /// The client's address.
    Client,
    /// The server's address.
    Server,
    /// The protocol.
    Protocol,
    /// Who logged in.
    User,
    /// Bytes that crossed, the most first.
    Bytes,
    /// How long it lasted, the longest first.
    Duration,
    /// Messages carried, the most first.
    Messages,
    /// Findings: the most severe first, then the most.
    Findings,
}

/// What a session is ordered by: less comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Most(Reverse<u64>),
    End(SocketAddr),
    Text(String),
    Findings(Reverse<(Severity, usize)>),
    /// What is not known comes last.
    NotKnown,
}

/// The highest severity of a session's findings, and how many have it; absent where nothing was found.
pub fn worst(session: &Session) -> Option<(Severity, usize)> {
    let worst = session.findings.iter().map(|finding| finding.severity).max()?;
    Some((worst, session.findings.iter().filter(|finding| finding.severity == worst).count()))
}

/// Bytes that crossed in both directions.
pub fn bytes(session: &Session) -> u64 {
    let counters = &session.transport.counters;
    counters.client_bytes.saturating_add(counters.server_bytes)
}

/// Who logged in: the last user who was let in, or else the last who tried.
pub fn user(session: &Session) -> Option<&str> {
    use crate::protocol::event::LoginOutcome::Accepted;
    let named =
        |login: &&crate::session::model::Credential| login.username.as_deref().is_some_and(|user| !user.is_empty());
    let logins = || session.credentials.iter().filter(named);
    let login = logins().rfind(|login| login.outcome == Accepted).or_else(|| logins().next_back());
    login.and_then(|login| login.username.as_deref())
}

impl Sort {
    fn key(self, session: &Session) -> Key {
        let end = |end: SocketAddr| Key::End(SocketAddr::new(end.ip().to_canonical(), end.port()));
        let endpoints = session.transport.endpoints;
        let most = |count: u64| Key::Most(Reverse(count));
        match self {
            Self::Time => match session.transport.first.time.known() {
                Some(time) => Key::Text(time.to_string()),
                None => Key::NotKnown,
            },
            Self::Client => end(endpoints.client),
            Self::Server => end(endpoints.server),
            Self::Protocol => Key::Number(session.protocol as i128),
            Self::User => user(session).map_or(Key::NotKnown, |user| Key::Text(user.to_lowercase())),
            Self::Bytes => most(bytes(session)),
            Self::Duration => {
                session.transport.duration().map_or(Key::NotKnown, |length| most(u64::try_from(length).unwrap_or(0)))
            }
            Self::Messages => most(session.messages.len() as u64),
            Self::Findings => worst(session).map_or(Key::NotKnown, |worst| Key::Findings(Reverse(worst))),
        }
    }
}

/// Rows of sessions in the order asked for: the first so many.
pub struct Kept<R> {
    listing: Listing,
    rows: Vec<(Option<Key>, u64, R)>,
    left_out: u64,
}

impl<R> Kept<R> {
    /// No rows.
    pub fn new(listing: Listing) -> Self {
        Self { listing, rows: Vec::new(), left_out: 0 }
    }

    /// Rows that there is room for.
    pub fn room(&self) -> usize {
        self.listing.limit.unwrap_or(KEPT).min(KEPT)
    }

    /// Adds the row of `session`.
    pub fn add(&mut self, session: &Session, row: impl FnOnce() -> R) {
        let room = self.room();
        let Some(sort) = self.listing.sort else {
            match self.rows.len() < room {
                true => self.rows.push((None, session.id, row())),
                false => self.left_out += 1,
            }
            return;
        };
        self.rows.push((Some(sort.key(session)), session.id, row()));
        // Sorted seldom, so that a row costs little.
        if self.rows.len() >= 2 * room.max(1) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let room = self.room();
        if self.listing.sort.is_some() {
            self.rows.sort_by(|(key, id, _), (other_key, other_id, _)| (key, id).cmp(&(other_key, other_id)));
        }
        self.left_out += self.rows.len().saturating_sub(room) as u64;
        self.rows.truncate(room);
    }

    /// The rows in their order, and how many sessions have none.
    pub fn finish(mut self) -> (Vec<R>, u64) {
        self.cut();
        (self.rows.into_iter().map(|(_, _, row)| row).collect(), self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Kept, Listing, Sort};
    use crate::session::model::Session;
    use crate::view::testing::{lab_pop3, lab_smtp};

    fn in_order(listing: Listing, sessions: &[Session]) -> (Vec<u64>, u64) {
        let mut kept = Kept::new(listing);
        sessions.iter().for_each(|session| kept.add(session, || session.id));
        kept.finish()
    }

    fn of_bytes(id: u64, bytes: u64) -> Session {
        let mut session = Session { id, ..lab_smtp() };
        session.transport.counters.client_bytes = bytes;
        session.transport.counters.server_bytes = 0;
        session
    }

    #[test]
    fn the_first_in_the_order_asked_for_are_kept() {
        let sessions: Vec<Session> = [3, 9, 1, 9, 5].iter().zip(1..).map(|(&bytes, id)| of_bytes(id, bytes)).collect();
        let listed = |sort, limit| in_order(Listing { sort, limit }, &sessions);
        assert_eq!(listed(Some(Sort::Bytes), None), (vec![2, 4, 5, 1, 3], 0));
        assert_eq!(listed(Some(Sort::Bytes), Some(2)), (vec![2, 4], 3));
        assert_eq!(listed(None, Some(2)), (vec![1, 2], 3));
        assert_eq!(listed(Some(Sort::Bytes), Some(0)), (vec![], 5));
    }

    #[test]
    fn the_list_is_bounded() {
        let sessions: Vec<Session> = (1..=KEPT as u64 * 2 + 7).map(|id| of_bytes(id, id)).collect();
        let (first, left_out) = in_order(Listing { sort: Some(Sort::Bytes), limit: None }, &sessions);
        assert_eq!((first.len(), first[0], left_out), (KEPT, KEPT as u64 * 2 + 7, KEPT as u64 + 7));
    }

    #[test]
    fn who_did_not_log_in_comes_last() {
        let nobody = Session { id: 1, ..lab_smtp() };
        let somebody = Session { id: 2, ..lab_pop3() };
        let sort = Listing { sort: Some(Sort::User), limit: None };
        assert_eq!(in_order(sort, &[nobody, somebody]).0, [2, 1]);
    }
}
