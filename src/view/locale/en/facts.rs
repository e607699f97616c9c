//! The facts of a finding's occurrences.

use crate::flow::Conflict;
use crate::view::packet::shown;

/// Two copies of the same bytes that differ. `first` and `second` are escaped excerpts of them.
pub fn conflict(conflict: &Conflict<String>, first: &str, second: &str) -> String {
    let Conflict { offset, bytes, .. } = conflict;
    let second_packet = shown(conflict.second_packet);
    if first.is_empty() {
        return format!(
            "The {} at byte {offset} or behind it: packet {second_packet} repeats other bytes than came first, beginning with \
             `{second}`; those that came first are not kept so long.",
            super::terms::side(conflict.from).to_lowercase()
        );
    }
    let differ = if *bytes == 1 { "1 byte differs".to_owned() } else { format!("{bytes} bytes differ") };
    let packet = conflict.first_packet.map(|packet| format!(" in packet {}", shown(packet))).unwrap_or_default();
    format!(
        "The {} at byte {offset} ({differ}): first{packet} `{first}`, then in packet {second_packet} `{second}`.",
        super::terms::side(conflict.from).to_lowercase()
    )
}

/// The number of occurrences whose facts were not kept.
pub fn more(more: u64) -> String {
    if more == 1 { "There was 1 more.".to_owned() } else { format!("There were {more} more.") }
}
