use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::{lost_on_the_network, stalls};

/// Segments lost on the way at least: fewer are the daily life of a network.
const MANY: u64 = 3;
/// The share of all packets from which on losses are worth a word: one in a hundred.
const SHARE: u64 = 100;

/// Segments were lost on the network, and sent again.
///
/// It matters because each loss costs at least a round trip, and a transfer with many is slow.
///
/// Not: one or two; what was sent again though it had arrived, as the receiver reported (RFC 2883), or because it had no
/// room; what was sent again in smaller segments, as the path asked for; what the capture alone did not see
/// (`loss-in-the-capture`); and not where it is known why nothing arrived (`mtu-black-hole`, `peer-unreachable`,
/// `retransmission-stall`, `zero-window-stall`).
///
/// RFC 5681.
pub const RULE: Rule = Rule {
    id: "loss-on-the-network",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 74,
    reference: Some("RFC 5681"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Segments were lost on the network",
            detail: "Segments of this session did not arrive and had to be sent again. The ends repair that, and it \
                     takes time. \
                     Told from 3 segments on, where they are one in a hundred packets.",
            remedy: "Look for a congested or faulty link between the two ends: its error counters and queues, Wi-Fi, a \
                     duplex mismatch.",
        },
        zh: Text {
            title: "报文段在网络中丢失",
            detail: "此会话的一些报文段没有到达，不得不重新发送。双方会自行修复，但需要时间。\
                     达到 3 个报文段、且占分组数的百分之一以上才会列出。",
            remedy: "检查两端之间拥塞或有故障的链路：错误计数与队列、Wi-Fi、双工模式不匹配。",
        },
    },
    sentences: &[Sentence { en: "{0} of {1} had been lost.", zh: "{1} 中有 {0} 曾丢失。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let counters = &session.transport.counters;
    let lost = lost_on_the_network(session);
    if lost < MANY || lost.saturating_mul(SHARE) < counters.packets || stalls(session).next().is_some() {
        return;
    }
    let packets = session.transport.stalls.repeats.iter().flat_map(|repeats| repeats.longest.packets.iter());
    found.at([]).fact(Fact::Count(lost)).fact(Fact::Packets(counters.packets)).packets(packets);
}

#[cfg(test)]
mod tests {
    has!(
        every_fourth_segment,
        "S: 220 mx\nagain client: 1448 bytes, 1 times, 0.2 seconds, 1448 acknowledged, answered\ncount sent_again 8"
    );
    has_not!(a_single_one, "S: 220 mx\ncount sent_again 1");
    has_not!(
        the_path_became_narrower,
        "S: 220 mx\nagain client: 1348 bytes, 18 times, 0.1 seconds, 43 acknowledged, answered\ncount sent_again 18\n\
         count shrunk 1"
    );
    has_not!(
        it_is_known_why,
        "S: 220 mx\nagain client: 1448 bytes, 7 times, 13 seconds, 43 acknowledged\ncount sent_again 7"
    );
}
