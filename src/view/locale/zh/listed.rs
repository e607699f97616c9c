//! 发现与会话的列表。 The lists of findings and of sessions.

/// What was found so many times in so many sessions.
pub fn how_often(times: u64, sessions: u64) -> String {
    if times <= sessions { format!("{sessions} 个会话") } else { format!("{sessions} 个会话，共 {times} 次") }
}

/// Servers that are not named.
pub fn more_servers(more: u64) -> String {
    format!("另有 {more} 台服务器")
}

/// Packets by their numbers.
pub fn of_packets(_: u64, numbers: &str) -> String {
    format!("分组 {numbers}")
}

/// So many of the connections in a table are not shown by themselves.
pub fn only_counted(sessions: u64) -> String {
    format!("其中 {sessions} 个仅在此计数，逐个列出请用 --format json 或 csv")
}

/// So many connections are in rows that the table has no room for.
pub fn counted_in_further_rows(connections: u64) -> String {
    format!("… 另有 {connections} 个连接，所在各行未列出")
}

/// Hosts that connections came from; there may have been `further` ones.
pub fn sources(sources: u64, further: bool) -> String {
    format!("{sources} 个{}来源", if further { "以上" } else { "" })
}

/// Sessions left out of the list because the user, or else the program, lists only so many.
pub fn left_out(sessions: u64, asked: bool, listed: usize) -> String {
    if asked {
        format!("… 另有 {sessions} 个会话未列出（--limit {listed}）")
    } else {
        format!("… 另有 {sessions} 个会话未列出：列表最多保留 {listed} 个")
    }
}
