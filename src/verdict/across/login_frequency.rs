/*!
Who logs in, how often: per server and client, the sessions with a login and those without. The login attempts alone do
not show a server that accepts mail from any client.
*/

use super::Across;
use crate::flow::{Side, hash_ends};
use crate::protocol::Protocol;
use crate::protocol::event::{Delivery, Kind, LoginOutcome};
use crate::session::Session;
use crate::session::model::TlsMode;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// Pairs of client and server with counts of their own; the sessions of further pairs are counted together.
const PAIRS: usize = 10_000;

/// A client and the server that it connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The protocol of their sessions.
    pub protocol: Protocol,
    /// The client's address, an IPv4-mapped one as IPv4.
    pub client: IpAddr,
    /// The server's address likewise, without a scope, and its port.
    pub server: SocketAddr,
}

impl Hash for Pair {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hash_ends((self.client, self.protocol as u16), (self.server.ip(), self.server.port()), hasher);
    }
}

/// Who logs in where, how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logins {
    /// In the order of each pair's first session.
    pub pairs: Vec<(Pair, LoginFrequency)>,
    /// Sessions of pairs beyond the first 10,000.
    pub left_out: u64,
}

/// The sessions of one client with one server. Each counts in `sessions`, and in one of the other counts of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoginFrequency {
    /// All sessions of the pair.
    pub sessions: u64,
    /// A login was accepted.
    pub logged_in: u64,
    /// Every attempt was refused, put off or given up.
    pub refused: u64,
    /// There was an attempt, and its outcome is not in the capture.
    pub unknown: u64,
    /// There was no attempt.
    pub without: u64,
    /// Messages that the server accepted in the sessions without an attempt.
    pub accepted_without: u64,
    /// TLS hides whether there was an attempt.
    pub hidden: u64,
    /// The capture began in the middle of the session, and shows no attempt.
    pub late: u64,
    /// The client's stream has a gap, and the rest of it shows no attempt.
    pub incomplete: u64,
    /// The session has no step but gaps and bytes that no protocol knows.
    pub silent: u64,
}

/// Counts sessions.
#[derive(Debug, Default)]
pub struct LoginCounter {
    logins: Logins,
    places: HashMap<Pair, usize>,
}

impl Across for LoginCounter {
    type Outcome = Logins;

    fn session(&mut self, session: &Session) {
        let (client, server) = (session.transport.endpoints.client, session.transport.endpoints.server);
        let pair = Pair {
            protocol: session.protocol,
            client: client.ip().to_canonical(),
            server: SocketAddr::new(server.ip().to_canonical(), server.port()),
        };
        let Logins { pairs, left_out } = &mut self.logins;
        let place = match self.places.entry(pair) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(_) if pairs.len() >= PAIRS => {
                *left_out += 1;
                return;
            }
            Entry::Vacant(new) => {
                new.insert(pairs.len());
                pairs.push((pair, LoginFrequency::default()));
                pairs.len() - 1
            }
        };
        if let Some((_, counts)) = pairs.get_mut(place) {
            count(counts, session);
        }
    }

    fn finish(self) -> Logins {
        self.logins
    }
}

/// Each session counts once.
fn count(counts: &mut LoginFrequency, session: &Session) {
    counts.sessions += 1;
    let logins = &session.credentials;
    if logins.iter().any(|login| login.outcome == LoginOutcome::Accepted) {
        counts.logged_in += 1;
    } else if logins.iter().any(|login| login.outcome == LoginOutcome::Unknown && !login.is_put_off()) {
        counts.unknown += 1;
    } else if !logins.is_empty() {
        counts.refused += 1;
    } else if session.tls.mode != TlsMode::None && !session.tls.decrypted {
        counts.hidden += 1;
    } else if session.steps.iter().all(|step| matches!(step.kind, Kind::Gap | Kind::Unknown)) {
        counts.silent += 1;
    } else if !session.transport.from_start {
        counts.late += 1;
    } else if session.steps.iter().any(|step| step.kind == Kind::Gap && step.from == Side::Client) {
        counts.incomplete += 1;
    } else {
        counts.without += 1;
        let accepted = session.messages.iter().filter(|message| message.outcome == Some(Delivery::Accepted));
        counts.accepted_without += accepted.count() as u64;
    }
}
