use crate::flow::Side;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::ending;
use crate::verdict::pace::{SECOND, waits};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};

/// From when on a reply is slow: five seconds after what it answers.
const SLOW_NANOSECONDS: i64 = 5 * SECOND;
/// From when on it matters: a minute.
const VERY_SLOW_NANOSECONDS: i64 = 60 * SECOND;

/// The server answered late: 5 seconds or more after the last step before its reply (low: a minute or more).
///
/// It matters because a client that gives up before the reply does not know whether it was heeded: a message that was
/// accepted after all is sent a second time.
///
/// Not: IDLE, which waits for news; the transfer of a message; the last word of a server that waited for the client, in the
/// middle of a content, say, which is `idle-timeout`; a session that the network held up. A refusal may be late
/// on purpose, to slow guessing down, and is never more than worth knowing.
///
/// RFC 5321, section 4.5.3.2: how long a client should wait for each command.
pub const RULE: Rule = Rule {
    id: "slow-reply",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 76,
    reference: Some("RFC 5321, section 4.5.3.2"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server answered late",
            detail: "A reply took seconds, though the network delivered everything. The server was busy: filters and scanners at \
                     the end of a message, lookups at RCPT, a slow or locked mailbox. A client with less patience gives up. \
                     Told from 5 seconds on.",
            remedy: "Look at what the server did at that time (its log, load, filters, lookups), and give the client more patience: \
                     RFC 5321 asks for 5 to 10 minutes.",
        },
        zh: Text {
            title: "服务器应答缓慢",
            detail: "网络已送达全部数据，应答却花了数秒。服务器当时忙碌：邮件结束时的过滤与扫描、RCPT 时的查询、邮箱缓慢或被锁定。耐心不足的客户端会放弃。\
                     等待 5 秒以上才会列出。",
            remedy: "查看服务器当时在做什么（日志、负载、过滤器、查询），并增大客户端的超时时间：RFC 5321 要求 5 到 10 分钟。",
        },
    },
    sentences: &[Sentence {
        en: "Step {0} came {1} after what it answers.",
        zh: "步骤 {0} 在其所应答内容之后 {1} 才到达。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for (before, step, waited) in waits(session).filter(|(.., waited)| *waited >= SLOW_NANOSECONDS) {
        let Some(asked) = session.answered(step) else { continue };
        let command = asked.command.as_deref();
        // What is not known may be IDLE.
        let waits_for_news = asked.text_omitted || command == Some("IDLE");
        if step.from != Side::Server
            || step.kind == Kind::Data
            || waits_for_news
            || before.from == Side::Server
            || ending::is_end_of_silence(step)
        {
            continue;
        }
        let refuses =
            step.code().is_some_and(|code| code >= 400) || matches!(step.status(), Some("-ERR" | "NO" | "BAD"));
        let severity = if refuses || waited < VERY_SLOW_NANOSECONDS { Severity::Info } else { Severity::Low };
        found
            .at([asked.n, step.n])
            .fact(Fact::Count(step.n.into()))
            .named(Key::Seconds, Fact::Duration(waited))
            .severity(severity);
    }
}

#[cfg(test)]
mod tests {
    has!(a_filter, "S: 220 mx\nC: HELO a\n@ 9\nS: 250 mx" => [2, 3]);
    has!(a_mailbox, "S: +OK ready\nC: STAT\n@ 70\nS: +OK 0 0" => [2, 3]);
    has_not!(a_server_that_is_quick, "S: 220 mx\nC: HELO a\n@ 2\nS: 250 mx");
    has_not!(a_client_that_takes_its_time, "S: 220 mx\n@ 90\nC: HELO a\nS: 250 mx");
    has_not!(
        a_server_that_waits_for_more_of_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n\
         C: Subject: x\n@ 15\nS: 421 4.4.2 timeout exceeded\n! fin server"
    );
    has!(a_server_that_shuts_down_late, "S: 220 mx\nC: HELO a\n@ 15\nS: 421 4.3.2 shutting down" => [2, 3]);
    has_not!(
        news,
        "S: * PREAUTH ready\nC: a SELECT INBOX\nS: a OK\nC: b IDLE\nS: + idling\n@ 40\nS: * 42 EXISTS\n@ 300\nC: DONE\nS: b OK"
    );
    has_not!(the_network, "S: 220 mx\nC: HELO a\nagain server: 25 bytes, 6 times, 7 seconds, answered\n@ 9\nS: 250 mx");
}
