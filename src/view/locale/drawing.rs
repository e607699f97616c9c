//! The words of the page's drawings.

use super::{Lang, en, zh};

/// What a drawing is called, for those who do not see it.
pub fn sequence_of(lang: Lang, session: u64) -> String {
    say!(lang, drawing::sequence_of(session))
}

/// The head of the column of times.
pub fn seconds(lang: Lang) -> &'static str {
    say!(lang, drawing::seconds())
}

/// What was drawn above comes so many times more, in so many steps.
pub fn repeated(lang: Lang, times: u64, steps: u64) -> String {
    say!(lang, drawing::repeated(times, steps))
}

/// So many steps are not drawn.
pub fn left_out(lang: Lang, steps: u64) -> String {
    say!(lang, drawing::left_out(steps))
}

/// Nothing crossed for so long.
pub fn silence(lang: Lang, length: &str) -> String {
    say!(lang, drawing::silence(length))
}

/// One side sent so many segments again, over so long.
pub fn sent_again(lang: Lang, segments: u64, length: &str) -> String {
    say!(lang, drawing::sent_again(segments, length))
}

/// How the connection ended.
pub fn ended(lang: Lang, how: &str) -> String {
    say!(lang, drawing::ended(how))
}

/// The timeline's name.
pub fn timeline_of(lang: Lang, sessions: u64) -> String {
    say!(lang, drawing::timeline_of(sessions))
}

/// What the height of a column is.
pub fn sessions_each(lang: Lang, length: &str) -> String {
    say!(lang, drawing::sessions_each(length))
}

/// So many sessions have no time.
pub fn without_time(lang: Lang, sessions: u64) -> String {
    say!(lang, drawing::without_time(sessions))
}

/// There is no finding.
pub fn no_finding(lang: Lang) -> &'static str {
    say!(lang, drawing::no_finding())
}

/// A column with at least one severe finding.
pub fn severe_here(lang: Lang) -> &'static str {
    say!(lang, drawing::severe_here())
}

/// The name of a drawing of a message's way.
pub fn way_of(lang: Lang, message: &str) -> String {
    say!(lang, drawing::way_of(message))
}

/// So many hops are not drawn.
pub fn hops_left_out(lang: Lang, hops: u64) -> String {
    say!(lang, drawing::hops_left_out(hops))
}

/// Other hosts, which share a lane.
pub fn other_hosts(lang: Lang) -> &'static str {
    say!(lang, drawing::other_hosts())
}
