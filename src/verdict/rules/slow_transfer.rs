use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::pace::{SECOND, waits};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};

/// The shortest transfer that is called slow: thirty seconds.
const SLOW_NANOSECONDS: i64 = 30 * SECOND;
/// Bytes a second below which a transfer is slow.
const SLOW_RATE: u64 = 10_000;

/// A message crossed slowly: it took 30 seconds or more, at less than 10,000 bytes a second.
///
/// It matters because one of the ends may give up in the middle, and the transfer begins anew.
///
/// Not: a large message that takes its time at a fair rate; a transfer that a closed window, an outage or a narrow path
/// held up, which have findings of their own.
///
/// RFC 5321, section 4.5.3.2.5.
pub const RULE: Rule = Rule {
    id: "slow-transfer",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 76,
    reference: Some("RFC 5321, section 4.5.3.2.5"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message crossed slowly",
            detail: "Its content took long for its size, and no outage or closed window explains it: the path is slow, or the \
                     sender makes the message while it sends it. \
                     Told from 30 seconds on, below 10,000 bytes per second.",
            remedy: "Compare the rate with that of the link; look at the losses of the session and at the load of the sender.",
        },
        zh: Text {
            title: "邮件传输缓慢",
            detail: "相对于其大小，邮件内容传输时间过长，且没有中断或窗口关闭可以解释：路径缓慢，或发送方边生成邮件边发送。\
                     传输 30 秒以上且每秒不足 10,000 字节才会列出。",
            remedy: "将速率与链路速率比较；检查会话的丢包情况和发送方的负载。",
        },
    },
    sentences: &[Sentence { en: "{0} took {1}.", zh: "{0} 用了 {1}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for (before, step, took) in waits(session).filter(|(.., took)| *took >= SLOW_NANOSECONDS) {
        let seconds = took.unsigned_abs() / SECOND.unsigned_abs();
        if step.kind == Kind::Data && step.bytes < SLOW_RATE.saturating_mul(seconds) {
            found.at([before.n, step.n]).fact(Fact::Bytes(step.bytes)).named(Key::Seconds, Fact::Duration(took));
        }
    }
}

#[cfg(test)]
mod tests {
    const BEFORE: &str = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                          C: DATA\nS: 354 go\n";

    has!(a_message_that_trickles, &format!("{BEFORE}C: a: b\n@ 40\nC:\nC: text\nC: .\nS: 250 ok") => [9, 10]);
    has_not!(a_message_that_does_not, &format!("{BEFORE}C: a: b\nC:\nC: text\nC: .\nS: 250 ok"));
    has_not!(a_large_one, &format!("{BEFORE}C: a: b\n@ 40\nC:\nC: {}\nC: .\nS: 250 ok", "x".repeat(900_000)));
    has_not!(
        an_outage,
        &format!(
            "{BEFORE}again client: 1448 bytes, 8 times, 40 seconds, 1448 acknowledged, answered\nC: a: b\n@ 40\nC: ."
        )
    );
}
