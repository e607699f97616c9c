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
    /// Nothing was said.
    pub silent: u64,
}

/// What the counts say: `2 sessions: a log-in in each`.
pub fn login_frequency(lang: Lang, counts: &LoginFrequency) -> String {
    let mut parts = Vec::new();
    let all = counts.logged_in == counts.sessions;
    let mut part = |count: u64, words: String| {
        if count > 0 {
            parts.push(words);
        }
    };
    part(counts.logged_in, say!(lang, login::logged_in(counts.logged_in, all)));
    part(counts.refused, say!(lang, login::refused(counts.refused)));
    part(counts.unknown, say!(lang, login::unknown(counts.unknown)));
    part(counts.without, say!(lang, login::without(counts.without, counts.accepted_without)));
    part(counts.hidden, say!(lang, login::hidden(counts.hidden)));
    part(counts.late, say!(lang, login::late(counts.late)));
    part(counts.silent, say!(lang, login::silent(counts.silent)));
    say!(lang, login::sessions(counts.sessions, &parts))
}
