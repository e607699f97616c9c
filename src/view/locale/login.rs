//! How often a client logs in to a server, in words.

use super::{Lang, en, zh};

/// The sessions of one client with one server. Each counts once beside `sessions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoginFrequency {
    /// All of them.
    pub sessions: u64,
    /// A log-in was accepted.
    pub logged_in: u64,
    /// Every attempt was refused or given up.
    pub refused: u64,
    /// There was an attempt, and the capture does not tell what became of it.
    pub unknown: u64,
    /// There was none.
    pub without: u64,
    /// Messages that the server took in the sessions without.
    pub accepted_without: u64,
    /// TLS hides whether there was one.
    pub hidden: u64,
    /// The capture began in the middle, and showed none.
    pub late: u64,
    /// Bytes are missing from the capture, and what is there shows none.
    pub incomplete: u64,
    /// Nothing was said.
    pub silent: u64,
}

/// What there is to say of some of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Which {
    LoggedIn,
    Refused,
    Unknown,
    Without,
    Hidden,
    Late,
    Incomplete,
    Silent,
}

/// What the counts say: `2 sessions, with a log-in`, `5 sessions; with a log-in: 2; without a log-in: 3`.
pub fn login_frequency(lang: Lang, counts: &LoginFrequency) -> String {
    let mut words = say!(lang, login::sessions(counts.sessions));
    let parts = [
        (Which::LoggedIn, counts.logged_in),
        (Which::Refused, counts.refused),
        (Which::Unknown, counts.unknown),
        (Which::Without, counts.without),
        (Which::Hidden, counts.hidden),
        (Which::Late, counts.late),
        (Which::Incomplete, counts.incomplete),
        (Which::Silent, counts.silent),
    ];
    for (which, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        words.push_str(&match count == counts.sessions {
            true => say!(lang, login::all(which, count)),
            false => say!(lang, login::some(which, count)),
        });
        if which == Which::Without && counts.accepted_without > 0 {
            words.push_str(&say!(lang, login::accepted(counts.accepted_without)));
        }
    }
    words
}
