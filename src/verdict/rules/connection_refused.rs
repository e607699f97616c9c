use crate::flow::{CloseReason, Side};
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server's machine answered the SYN with a RST: nothing listens at the port, or a filter answers in its stead.
///
/// It matters because no session begins at all: the address and the port are reached, and the service is not there.
///
/// Not: a SYN that nobody answers (`connection-unanswered`) or that an ICMP error answers (`connection-prohibited`); and not a
/// connection that was open and was reset.
///
/// RFC 9293, section 3.10.7.1: a segment to a port that is closed is answered by RST.
pub const RULE: Rule = Rule {
    id: "connection-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 12,
    reference: Some("RFC 9293, section 3.10.7.1"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The connection was refused",
            detail: "The server's machine answered the SYN with RST: nothing listens at this port, or a firewall answers in its stead.",
            remedy: "Check that the service runs and listens at this address and port, and that no firewall refuses the client.",
        },
        zh: Text {
            title: "连接被拒绝",
            detail: "服务器所在的主机以 RST 应答了 SYN：该端口上没有服务在监听，或者由防火墙代为拒绝。",
            remedy: "请检查服务是否正在运行并监听该地址和端口，以及防火墙是否拒绝了该客户。",
        },
    },
    sentences: &[Sentence { en: "The RST came {0} after the SYN.", zh: "RST 在 SYN 之后 {0} 到达。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    if transport.end != CloseReason::Refused {
        return;
    }
    let Some(ends) = ending::ends(session) else { return };
    let Some(reset) = ends.resets.iter().find(|reset| reset.side == Side::Server) else { return };
    let syns = std::iter::once(transport.first).chain(ends.syns.iter().copied());
    let last = syns.clone().rfind(|syn| syn.time <= reset.at.time).unwrap_or(transport.first);
    let packets = syns.map(|at| at.packet).chain([reset.at.packet]);
    let occurrence = found.at([]).packets(packets);
    if let Some(passed) = reset.at.time.known_since(last.time) {
        occurrence.fact(Fact::Duration(passed)).named(Key::By, Fact::Side(Side::Server));
    }
}

#[cfg(test)]
mod tests {
    has!(a_rst_at_once, "--- server 10.0.0.25:25\n! syn\n! rst server" => []);
    has!(a_rst_to_the_second_syn, "--- server 10.0.0.25:993\n! syn\n! syn\n! rst server" => []);
    has_not!(no_answer, "--- server 10.0.0.25:25\n! syn\n! syn\n! syn");
    has_not!(an_icmp_error, "--- server 10.0.0.25:25\n! syn\n! icmp");
    has_not!(a_reset_later, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! rst server");
    has_not!(a_syn_sent_again, "! syn\n! syn\n! syn-ack\nS: 220 mx\nC: QUIT\nS: 221 bye\n! fin client\n! fin server");
}
