use crate::flow::Side;
use crate::protocol::event::{StepId, Subject};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A proxy told the server by a header for which client it speaks (PROXY protocol), and the server took the header
/// for commands.
///
/// It matters because nothing goes right from there: each reply is that of the command before, and the server
/// closes the connection or waits.
///
/// Not: a header that the server took, which it does not answer.
///
/// HAProxy, doc/proxy-protocol.txt, section 2: the receiver must be told to expect the header.
pub const RULE: Rule = Rule {
    id: "proxy-header-not-expected",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 25,
    reference: Some("HAProxy doc/proxy-protocol.txt, section 2"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server does not expect the header of the proxy",
            detail: "The proxy sends a PROXY header before the dialogue, and the server read it as commands: it \
                     refused them.",
            remedy: "Tell the server to expect the header on this port (postscreen_upstream_proxy_protocol or \
                     smtpd_upstream_proxy_protocol, haproxy = yes, hosts_proxy), or the proxy not to send it.",
        },
        zh: Text {
            title: "服务器没有料到代理的头",
            detail: "代理在对话之前发送了 PROXY 头，服务器却把它当作命令并拒绝了。",
            remedy: "应设置服务器在该端口接受此头（postscreen_upstream_proxy_protoco\
                     l 或 smtpd_upstream_proxy_protocol、haproxy = yes、\
                     hosts_proxy），或设置代理不发送它。",
        },
    },
    sentences: &[
        Sentence {
            en: "Version of the header: {0}. Refusals: {1}. The server said: {2}",
            zh: "头的版本：{0}。拒绝次数：{1}。服务器的答复：{2}",
        },
        Sentence {
            en: "Version of the header: {0}. The server closed the connection without a word: perhaps it expects no header, \
                 or not from this address.",
            zh: "头的版本：{0}。服务器一言不发地关闭了连接：它可能不需要该头，或不接受来自该地址的头。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        let Subject::Proxy(header) = &step.subject else { continue };
        let refusals: Vec<&Step> = session.steps.iter().filter(|reply| reply.answers == Some(step.n)).collect();
        let Some(first) = refusals.first() else {
            let transport = &session.transport;
            let is_silent = transport.counters.server_bytes + transport.counters.server_missing == 0;
            if is_silent && transport.from_start && transport.left.is_some_and(|left| left.side == Side::Server) {
                let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
                let occurrence = found.at([step.n]).packets(packets).says(1);
                _ = occurrence.named(Key::Version, Fact::Count(header.version.into()));
            }
            continue;
        };
        let steps: Vec<StepId> = refusals.iter().map(|reply| reply.n).chain([step.n]).collect();
        let occurrence = found.at(steps).named(Key::Version, Fact::Count(header.version.into()));
        let occurrence = occurrence.named(Key::Count, Fact::Count(refusals.len() as u64));
        _ = occurrence.named(Key::Reply, Fact::Name(first.quoted()));
    }
}

#[cfg(test)]
mod tests {
    has!(
        version_1,
        "C: PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\nS: 220 mx\nS: 500 5.5.2 not recognized\nC: EHLO a\nS: 250 mx" => [1, 3]
    );
    has_not!(taken, "C: PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\nS: 220 mx\nC: EHLO a\nS: 250 mx");
    has!(the_server_closes, "! syn\n! syn-ack\nC: PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\n! rst server" => [1]);
    has_not!(
        the_client_closes,
        "! syn\n! syn-ack\nC: PROXY TCP4 192.0.2.7 192.0.2.1 59342 25\n! fin client\n! fin server"
    );
    has_not!(none, "S: 220 mx\nC: EHLO a\nS: 500 what");
}
