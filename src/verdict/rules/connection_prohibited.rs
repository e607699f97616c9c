use crate::decode::Problem;
use crate::flow::CloseReason;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A router, a filter or the server's machine answered with an ICMP error: a SYN, or a segment of a connection that came to
/// nothing after it.
///
/// It matters because it says why nothing arrives, and who says so: a firewall's rule, a missing route, a host that is down.
///
/// Not: an ICMP error after which the other end was heard all the same (the route came back, or the error was forged); not an
/// error about a segment that nobody sent; and not a packet that was too big.
///
/// RFC 792; RFC 1122, section 4.2.3.9; RFC 4443, section 3.1; RFC 5927 (forged errors).
pub const RULE: Rule = Rule {
    id: "connection-prohibited",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 11,
    reference: Some("RFC 1122, section 4.2.3.9"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "An ICMP error says that the server cannot be reached",
            detail: "The client's packets did not arrive, and a router, a firewall or the server's machine said so.",
            remedy: "Ask whoever runs the machine that sent the error: a firewall forbids the connection, or the route or the host behind it is down.",
        },
        zh: Text {
            title: "ICMP 错误表明服务器不可达",
            detail: "客户的分组没有到达，路由器、防火墙或服务器所在的主机对此作了报告。",
            remedy: "请联系发出该错误的设备的管理者：可能是防火墙禁止了该连接，也可能是路由或其后的主机出现故障。",
        },
    },
    sentences: &[Sentence { en: "{1}, said {0}.", zh: "{0} 报告：{1}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let Some(ends) = ending::ends(session) else { return };
    let went_on = ends.heard_since_error || matches!(transport.end, CloseReason::Closed | CloseReason::Refused);
    if transport.end != CloseReason::Prohibited && went_on {
        return;
    }
    let Some(error) = ends.refusals().last() else { return };
    let syn = Some(transport.first.packet).filter(|_| transport.end == CloseReason::Prohibited);
    let packets = syn.into_iter().chain(ends.refusals().map(|error| error.at.packet));
    let problem = Fact::Phrase(words(error.problem));
    found.at([]).packets(packets).named(Key::By, Fact::Name(error.by.to_string())).named(Key::Name, problem);
}

fn words(problem: Problem) -> &'static Sentence {
    match problem {
        Problem::Prohibited => &Sentence { en: "A filter forbids it", zh: "被过滤规则禁止" },
        Problem::NoRoute => &Sentence { en: "There is no route to the network", zh: "没有到达该网络的路由" },
        Problem::HostUnreachable => &Sentence { en: "The host does not answer", zh: "主机没有响应" },
        Problem::PortUnreachable => &Sentence {
            en: "The port cannot be reached (firewalls that reject say so)",
            zh: "端口不可达（防火墙拒绝时常用此报告）",
        },
        Problem::ProtocolUnreachable => &Sentence { en: "The host does not take TCP", zh: "主机不接受 TCP" },
        Problem::TimeExceeded => &Sentence {
            en: "The packets pass through too many routers, or go round in a circle",
            zh: "分组经过的路由器过多，或在环路中循环",
        },
        Problem::Unreachable | Problem::TooBig(_) => {
            &Sentence { en: "The destination cannot be reached", zh: "目的地不可达" }
        }
    }
}

#[cfg(test)]
mod tests {
    has!(a_filter, "--- server 10.0.0.25:25\n! syn\n! icmp" => []);
    has!(again_and_again, "--- server 10.0.0.25:25\n! syn\n! icmp\n! syn\n! icmp" => []);
    has!(in_the_middle, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! icmp\n! open" => []);
    has_not!(the_server_was_heard_after_it, "! syn\n! icmp\n! syn\n! syn-ack\n! on\nS: 220 mx\nC: HELO a\n! open");
    has_not!(nothing_said_so, "--- server 10.0.0.25:25\n! syn\n! syn");
    has_not!(refused, "--- server 10.0.0.25:25\n! syn\n! rst server");
}
