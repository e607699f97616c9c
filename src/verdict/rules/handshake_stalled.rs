use crate::flow::{CloseReason, Side};
use crate::protocol::event::Subject;
use crate::protocol::tls;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// The client began TLS, its ClientHello arrived, and the server said nothing more.
///
/// It matters because no session begins: the server's process hangs, waits for something else, or a box in between swallows
/// the answer, as some do with a ClientHello that is too new or too long for them.
///
/// Not: a ClientHello that did not arrive; not an answer of any kind, an alert among them; not an answer that only the end of
/// the capture has cut off.
///
/// RFC 8446, section 4.1.1.
pub const RULE: Rule = Rule {
    id: "handshake-stalled",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["tls-mismatch", "mtu-black-hole", "peer-unreachable", "connection-prohibited"],
    since: "0.2.0",
    rank: 13,
    reference: Some("RFC 8446, section 4.1.1"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server did not answer the ClientHello",
            detail: "The client began TLS, the server's system acknowledged the ClientHello, and then nothing came. \
                     Told from 5 seconds of silence on.",
            remedy: "Look at the server's process and its log, and at boxes on the way that inspect TLS. Try with an older TLS version or with fewer extensions to see whether the ClientHello is the reason.",
        },
        zh: Text {
            title: "服务器没有应答 ClientHello",
            detail: "客户开始了 TLS，服务器的系统确认了 ClientHello，此后便再无下文。\
                     沉默 5 秒以上才会列出。",
            remedy: "请查看服务器进程及其日志，以及途中检查 TLS 的设备。可用较低的 TLS 版本或较少的扩展尝试，以判断是否由 ClientHello 引起。",
        },
    },
    sentences: &[Sentence { en: "Nothing came for {0}.", zh: "等待了 {0} 而无任何回音。" }],
    check,
};

/// The shortest silence that counts.
const SILENCE: i64 = 5 * ending::SECOND;

fn check(session: &Session, found: &mut Found) {
    let is_hello = |subject: &Subject| matches!(subject, Subject::Tls(tls::Subject::ClientHello));
    let Some(hello) = session.steps.iter().rev().find(|step| is_hello(&step.subject)) else { return };
    if ending::is_incomplete(session) || session.steps.iter().any(|step| step.from != hello.from && step.n > hello.n) {
        return;
    }
    let transport = &session.transport;
    let unacknowledged = ending::ends(session).map_or([0; 2], |ends| ends.unacknowledged);
    if hello.from != Side::Client || unacknowledged[Side::Client as usize] > 0 {
        return;
    }
    let end = ending::left(session).map_or(transport.last.time, |(_, time)| time);
    let silence = end.known_since(hello.time).unwrap_or_default();
    if silence >= SILENCE || transport.end == CloseReason::Idle {
        let packets: Vec<u64> = ending::ends(session).into_iter().flat_map(ending::leaving_packets).collect();
        found.at([hello.n]).packets(packets).fact(Fact::Duration(silence));
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::hello;

    #[test]
    fn has_a_hello_without_an_answer() {
        let said = format!("--- server 10.0.0.25:993\n! syn\n! syn-ack\n{}\n@ 8\n! fin client", hello());
        assert_eq!(crate::verdict::testing::evidence(&super::RULE, &said), Some(vec![1]));
    }

    #[test]
    fn a_client_that_leaves_at_once_has_not_waited() {
        let said = format!("--- server 10.0.0.25:993\n! syn\n! syn-ack\n{}\n! fin client", hello());
        assert_eq!(crate::verdict::testing::evidence(&super::RULE, &said), None);
    }

    has_not!(no_tls, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n@ 60\n! fin client");
}
