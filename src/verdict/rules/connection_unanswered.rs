use crate::flow::CloseReason;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client sent its SYN again and again, and nobody answered: not even with a RST or an ICMP error.
///
/// It matters because no session begins at all. A filter drops the packets, the machine is off, the address is wrong, or the
/// answers take another way than the one on which the capture was made.
///
/// Not: a SYN that was lost once and answered when it was sent again; and not a single SYN, after which the capture may have
/// ended, or the client may have given up at once.
///
/// RFC 9293, section 3.8.1: a SYN that is not acknowledged is sent again.
pub const RULE: Rule = Rule {
    id: "connection-unanswered",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 13,
    reference: Some("RFC 9293, section 3.8.1"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Nobody answered the client's SYN",
            detail: "The client tried to connect, several times, and no answer came, not even an error: a firewall drops the packets, the machine is off, or the address is wrong. If the server did answer, its packets took another way.",
            remedy: "Check whether the server is reachable at this address and port from the client's network, and whether a firewall on the way drops the packets without a word. Capture at the server to see whether the SYN arrives.",
        },
        zh: Text {
            title: "客户的 SYN 无人应答",
            detail: "客户多次尝试连接，却没有得到任何应答，连错误也没有：可能是防火墙丢弃了分组、主机未开机，或地址有误。若服务器确有应答，则其分组走了另一条路径。",
            remedy: "请检查从客户所在网络能否到达该服务器的地址和端口，以及途中是否有防火墙静默丢弃分组。可在服务器处抓包，查看 SYN 是否到达。",
        },
    },
    sentences: &[Sentence { en: "{0} SYNs were sent, within {1}.", zh: "共发出 {0} 个 SYN，历时 {1}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let Some(ends) = ending::ends(session).filter(|_| transport.end == CloseReason::Unanswered) else { return };
    if ends.syns.is_empty() {
        return;
    }
    let count = 1 + ends.syns.len() as u64 + ends.more_syns;
    let packets = std::iter::once(transport.first.packet).chain(ends.syns.iter().map(|at| at.packet));
    let occurrence = found.at([]).packets(packets).fact(Fact::Count(count));
    if let Some(passed) = transport.duration() {
        occurrence.named(Key::Seconds, Fact::Duration(passed));
    }
}

#[cfg(test)]
mod tests {
    has!(many_syns, "--- server 10.0.0.25:25\n! syn\n! syn\n! syn\n! syn" => []);
    has!(two, "--- server 10.0.0.25:143\n! syn\n! syn" => []);
    has_not!(one, "--- server 10.0.0.25:25\n! syn");
    has_not!(refused, "--- server 10.0.0.25:25\n! syn\n! syn\n! rst server");
    has_not!(prohibited, "--- server 10.0.0.25:25\n! syn\n! icmp\n! syn");
    has_not!(lost_once, "! syn\n! syn\n! syn-ack\nS: 220 mx\nC: QUIT\nS: 221 bye\n! fin client\n! fin server");
}
