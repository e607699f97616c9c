//! 问题的具体情况。 The facts of a finding's occurrences.

use crate::flow::Conflict;
use crate::view::packet::shown;

/// Two copies of the same bytes that differ. `first` and `second` are escaped excerpts of them.
pub fn conflict(conflict: &Conflict<String>, first: &str, second: &str) -> String {
    let Conflict { offset, bytes, .. } = conflict;
    let second_packet = shown(conflict.second_packet);
    if first.is_empty() {
        return format!(
            "{}数据流第 {offset} 字节或其后：分组 {second_packet} 重传的内容与先到的不同，以 `{second}` 开头；先到的内容不会保留这么久。",
            super::terms::side(conflict.from)
        );
    }
    let packet = conflict.first_packet.map(|packet| format!("（分组 {}）", shown(packet))).unwrap_or_default();
    format!(
        "{}数据流第 {offset} 字节起（{bytes} 字节不同）：先到的{packet}是 `{first}`，后到的（分组 {second_packet}）是 `{second}`。",
        super::terms::side(conflict.from)
    )
}

/// The number of occurrences whose facts were not kept.
pub fn more(more: u64) -> String {
    format!("另有 {more} 处。")
}
