//! Words of the lists of findings and of sessions.

use super::{Lang, en, zh};

/// What was found so many times in so many sessions.
pub fn how_often(lang: Lang, times: u64, sessions: u64) -> String {
    say!(lang, listed::how_often(times, sessions))
}

/// So many servers that are not named.
pub fn more_servers(lang: Lang, more: u64) -> String {
    say!(lang, listed::more_servers(more))
}

/// Packets by their numbers.
pub fn of_packets(lang: Lang, packets: u64, numbers: &str) -> String {
    say!(lang, listed::of_packets(packets, numbers))
}

/// So many of the connections in a table are not shown by themselves.
pub fn only_counted(lang: Lang, sessions: u64) -> String {
    say!(lang, listed::only_counted(sessions))
}

/// So many connections are in rows that the table has no room for.
pub fn counted_in_further_rows(lang: Lang, connections: u64) -> String {
    say!(lang, listed::counted_in_further_rows(connections))
}

/// Hosts that connections came from; there may have been `further` ones.
pub fn sources(lang: Lang, sources: u64, further: bool) -> String {
    say!(lang, listed::sources(sources, further))
}

/// Sessions left out of the list, which has `listed`: as many as were asked for, or as are kept.
pub fn left_out(lang: Lang, sessions: u64, asked: bool, listed: usize) -> String {
    say!(lang, listed::left_out(sessions, asked, listed))
}
