//! How often a client logs in to a server, in words.

use super::which::Which;
use super::{Lang, en, zh};
use crate::verdict::across::login_frequency::LoginFrequency;

/// The counts in words: `2 sessions, with a login`, `5 sessions; with a login: 2; without a login: 3`.
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
