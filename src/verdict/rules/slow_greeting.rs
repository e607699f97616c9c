use crate::protocol::event::Subject;
use crate::protocol::{imap, pop3, smtp};
use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::pace::SECOND;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};
use crate::verdict::stall::stalls;

/// From when on a greeting is slow: five seconds after the first packet.
const SLOW_NANOSECONDS: i64 = 5 * SECOND;
/// From when on it matters: thirty seconds, after which many clients give up.
const VERY_SLOW_NANOSECONDS: i64 = 30 * SECOND;

/// The server greeted late: 5 seconds or more after the connection began (low: 30 seconds or more).
///
/// It matters because a client with less patience leaves before, and says that the server does not answer.
///
/// Not: a connection that the network held up. Some servers wait on purpose (a few seconds, to find clients that speak
/// first): that is worth knowing, and no fault.
///
/// RFC 5321, section 4.5.3.2.1: a client should wait 5 minutes for the greeting.
pub const RULE: Rule = Rule {
    id: "slow-greeting",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 76,
    reference: Some("RFC 5321, section 4.5.3.2.1"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server greeted late",
            detail: "The server took its time before its greeting. Often it looks up the name of the client first and the DNS does \
                     not answer; some servers wait a few seconds on purpose, to find out who speaks first. \
                     Told from 5 seconds on.",
            remedy: "Look at the name lookups of the server (reverse DNS, ident, blocklists) and at its load.",
        },
        zh: Text {
            title: "服务器问候语迟到",
            detail: "服务器过了一段时间才发出问候语。常见原因是先反查客户端名称而 DNS 没有应答；有些服务器会故意等待几秒，以识别抢先发言的客户端。\
                     等待 5 秒以上才会列出。",
            remedy: "检查服务器的名称查询（反向 DNS、ident、黑名单）和负载。",
        },
    },
    sentences: &[Sentence {
        en: "It came {0} after the first packet.", zh: "问候语在第一个分组之后 {0} 才到达。"
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    if !transport.from_start || stalls(session).next().is_some() {
        return;
    }
    let Some(greeting) = session.steps.iter().take(2).find(|step| is_greeting(&step.subject)) else { return };
    let waited = greeting.time.known_since(transport.first.time).unwrap_or_default();
    if waited < SLOW_NANOSECONDS {
        return;
    }
    let severity = if waited < VERY_SLOW_NANOSECONDS { Severity::Info } else { Severity::Low };
    found.at([greeting.n]).named(Key::Seconds, Fact::Duration(waited)).severity(severity);
}

fn is_greeting(subject: &Subject) -> bool {
    match subject {
        Subject::Smtp(subject) => matches!(subject, smtp::Subject::Greeting { .. }),
        Subject::Pop3(subject) => matches!(subject.what, pop3::What::Greeting { .. }),
        Subject::Imap(subject) => matches!(subject.what, imap::What::Greeting(_)),
        Subject::Tls(_) | Subject::Proxy(_) | Subject::Gap(_) | Subject::Cut | Subject::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::verdict::testing;

    // In a script, a session begins with the greeting.
    #[test]
    fn has_a_greeting_that_is_late() {
        for greeting in ["S: 220 mx", "S: +OK ready", "S: * OK ready"] {
            let mut session = testing::session(greeting, RULE.needs);
            assert!(RULE.look(&session).is_empty());
            session.transport.first.time = session.transport.first.time.plus(-7_000_000_000);
            assert_eq!(RULE.look(&session)[0].steps, [1]);
            session.transport.from_start = false;
            assert!(RULE.look(&session).is_empty(), "the capture began in the middle");
        }
    }
    has_not!(a_client_that_waits, "S: 220 mx\n@ 60\nC: EHLO a\n@ 60\nS: 250 mx");
}
