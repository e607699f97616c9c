//! The lists of findings and of sessions.

use super::terms::count;

/// What was found so many times in so many sessions.
pub fn how_often(times: u64, sessions: u64) -> String {
    let sessions_said = count(sessions, "session", "sessions");
    if times <= sessions { format!("in {sessions_said}") } else { format!("{times} times in {sessions_said}") }
}

/// Servers that are not named.
pub fn more_servers(more: u64) -> String {
    format!("and {}", count(more, "more server", "more servers"))
}

/// Packets by their numbers.
pub fn of_packets(packets: u64, numbers: &str) -> String {
    if packets == 1 { format!("packet {numbers}") } else { format!("packets {numbers}") }
}

/// So many of the connections in a table are not shown by themselves.
pub fn only_counted(sessions: u64) -> String {
    format!("{sessions} of these are only counted here: all are in --format json and csv")
}

/// So many connections are in rows that the table has no room for.
pub fn counted_in_further_rows(connections: u64) -> String {
    format!("… and {} in rows that are not shown", count(connections, "connection", "connections"))
}

/// Hosts that connections came from; there may have been `further` ones.
pub fn sources(sources: u64, further: bool) -> String {
    let sources = count(sources, "source", "sources");
    if further { format!("more than {sources}") } else { sources }
}

/// Sessions left out of the list because the user, or else the program, lists only so many.
pub fn left_out(sessions: u64, asked: bool, listed: usize) -> String {
    let sessions = count(sessions, "more session is", "more sessions are");
    if asked {
        format!("… {sessions} left out (--limit {listed})")
    } else {
        format!("… {sessions} left out: the list keeps {listed}")
    }
}
