use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::Variant;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// A server said nothing for seconds and closed the connection, or gave up with a 421 that gives no reason, while
/// the client waited for the greeting: perhaps the server waits for the header of a proxy (PROXY protocol).
///
/// It matters because such a server serves nobody who comes without that proxy, and says nothing of it.
///
/// Not: a server that closes at once; not one that says why; not a port on which TLS begins with the first byte,
/// where the server waits for the client. It is a guess, since the server says nothing: it may also wait for a slow
/// resolver, or be out of order.
///
/// HAProxy, doc/proxy-protocol.txt, section 2: a receiver that expects the header must not do without it.
pub const RULE: Rule = Rule {
    id: "proxy-header-expected",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 36,
    reference: Some("HAProxy doc/proxy-protocol.txt, section 2"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Perhaps the server waits for the header of a proxy",
            detail: "The server sent no greeting for seconds and then gave up, while the client waited for it. \
                     Perhaps it is set up to wait for a PROXY header, which a client that comes directly does \
                     not send. That is a guess: the server may also have waited for something else, such as a \
                     name server.",
            remedy: "See whether the server expects the PROXY protocol on this port, and connect through the \
                     proxy or to another port. Otherwise see in the server's log what it waited for.",
        },
        zh: Text {
            title: "服务器可能在等待代理的头",
            detail: "服务器数秒没有发出问候就放弃了，而客户一直在等待。服务器可能被设置为等待 PROXY 头，而直接\
                     连接的客户不会发送它。这只是猜测：服务器也可能在等待别的，例如域名服务器。",
            remedy: "检查服务器在该端口是否要求 PROXY 协议，并经代理连接或改用其他端口。否则应在服务器日志中查\
                     明它在等待什么。",
        },
    },
    sentences: &[Sentence { en: "The silence before it: {0}", zh: "此前的沉默：{0}" }],
    check,
};

/// Nanoseconds of silence: a server that waits for the header waits for seconds.
const SILENCE: i64 = 2_000_000_000;

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let counters = &transport.counters;
    let implicit_tls = matches!(transport.endpoints.server.port(), 465 | 993 | 995);
    if !transport.from_start || implicit_tls || counters.client_bytes + counters.client_missing > 0 {
        return;
    }
    match session.steps.as_slice() {
        [] if counters.server_bytes + counters.server_missing == 0 => {
            let Some(left) = transport.left.filter(|left| left.side == Side::Server) else { return };
            if let Some(silence) = left.time.known_since(transport.first.time).filter(|silence| *silence >= SILENCE) {
                let packets = [transport.first.packet, transport.last.packet];
                _ = found.at([]).packets(packets).fact(Fact::Duration(silence));
            }
        }
        [greeting] => {
            let gives_up = matches!(greeting.subject, Subject::Smtp(smtp::Subject::Greeting { code: 421, .. }));
            let gives_a_reason = matches!(greeting.variant, Variant::Said(_));
            let silence = greeting.time.known_since(transport.first.time).filter(|silence| *silence >= SILENCE);
            if let Some(silence) = silence.filter(|_| gives_up && !gives_a_reason) {
                _ = found.at([greeting.n]).fact(Fact::Duration(silence));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Needs, RULE, Side};
    use crate::capture::Time;
    use crate::flow::Leaving;
    use crate::session::Session;
    use crate::verdict::testing::session;

    /// A session in which nothing crossed before one side left, after so many seconds.
    fn silent(side: Side, seconds: i64, port: u16) -> Session {
        let mut session = session("S: * OK hi", Needs::ALL);
        session.steps.clear();
        session.transport.counters.client_bytes = 0;
        session.transport.counters.server_bytes = 0;
        session.transport.endpoints.server.set_port(port);
        let time = Time::from_microseconds(seconds * 1_000_000);
        session.transport.first.time = Time::from_microseconds(0);
        session.transport.left = Some(Leaving { side, time, heard: false });
        session
    }

    #[test]
    fn has_a_silent_server_that_closes() {
        assert_eq!(RULE.look(&silent(Side::Server, 3, 143)).len(), 1);
        for other in [silent(Side::Client, 3, 143), silent(Side::Server, 0, 143), silent(Side::Server, 3, 993)] {
            assert!(RULE.look(&other).is_empty());
        }
    }

    #[test]
    fn has_a_421_after_a_silence() {
        let found = |text: &str, seconds: i64| {
            let mut session = session(text, Needs::ALL);
            session.transport.first.time = Time::from_microseconds(0);
            session.steps[0].time = Time::from_microseconds(seconds * 1_000_000);
            RULE.look(&session).len()
        };
        assert_eq!(found("S: 421 4.3.0 mx Server local error", 5), 1);
        assert_eq!(found("S: 421 4.3.0 mx Server local error", 0), 0);
        assert_eq!(found("S: 421 4.7.0 mx too many connections", 5), 0);
        assert_eq!(found("S: 554 no", 5), 0);
    }

    has_not!(a_greeting, "S: 220 mx\nC: QUIT\nS: 221 bye");
}
