//! 发现与会话的列表。 The lists of findings and of sessions.

use crate::verdict::reached::Reached;

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

/// How far a session came.
pub fn reached(reached: Reached) -> &'static str {
    match reached {
        Reached::Delivered => "已投递",
        Reached::Partly => "部分投递",
        Reached::Refused => "被拒收",
        Reached::Deferred => "暂缓",
        Reached::Aborted => "已放弃",
        Reached::Unanswered => "结果未知",
        Reached::Fetched => "已取邮件",
        Reached::Stored => "已存入邮箱",
        Reached::LoggedIn => "已登录",
        Reached::LoginRefused => "登录被拒",
        Reached::LoginUnanswered => "登录结果未知",
        Reached::TlsFailed => "TLS 失败",
        Reached::Encrypted => "已加密",
        Reached::Nothing => "无邮件",
    }
}

/// Sessions left out of the list because the user, or else the program, lists only so many.
pub fn left_out(sessions: u64, asked: bool, listed: usize) -> String {
    if asked {
        format!("… 另有 {sessions} 个会话未列出（--limit {listed}）")
    } else {
        format!("… 另有 {sessions} 个会话未列出：列表最多保留 {listed} 个")
    }
}
