use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Sentence;
use crate::verdict::pace::{SECOND, waits};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Severity, Text, Words};

/// From when on a client is slow within a transaction: thirty seconds after the reply.
const SLOW_NANOSECONDS: i64 = 30 * SECOND;

/// The client paused for 30 seconds or more within a transaction, when it had been answered.
///
/// It matters because the server holds a process and perhaps a lock meanwhile, and may give up.
///
/// Not: pauses outside of transactions, as of a human who types, a client that keeps its connection, or IDLE; a session
/// that the network held up.
///
/// RFC 5321, section 4.5.3.2.7: a server should wait 5 minutes for the next command.
pub const RULE: Rule = Rule {
    id: "slow-client",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 76,
    reference: Some("RFC 5321, section 4.5.3.2.7"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client paused within a transaction",
            detail: "It had been answered, and let the server wait before it went on with the envelope or the message. \
                     Told from 30 seconds on.",
            remedy: "Look at the client at that time: load, a queue, a program that makes the message while it sends it.",
        },
        zh: Text {
            title: "客户在邮件事务中停顿",
            detail: "客户已收到应答，却让服务器等待，之后才继续发送信封或邮件内容。\
                     停顿 30 秒以上才会列出。",
            remedy: "检查客户当时的状态：负载、队列，或是否边生成邮件边发送。",
        },
    },
    sentences: &[Sentence {
        en: "Step {0} came {1} after the reply.", zh: "步骤 {0} 在应答之后 {1} 才到达。"
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if !matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp) {
        return;
    }
    for (before, step, waited) in waits(session).filter(|(.., waited)| *waited >= SLOW_NANOSECONDS) {
        let asked = session.answered(before).and_then(|asked| asked.command.as_deref());
        // Content has its own pace: `slow-transfer`.
        let within = matches!(asked, Some("MAIL" | "RCPT")) && step.kind != Kind::Data;
        if step.from == Side::Client && before.from == Side::Server && within {
            found.at([before.n, step.n]).fact(Fact::Count(step.n.into())).named(Key::Seconds, Fact::Duration(waited));
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        between_mail_and_rcpt,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\n@ 45\nC: RCPT TO:<c@d>\nS: 250 ok" => [5, 6]
    );
    has_not!(before_a_transaction, "S: 220 mx\n@ 45\nC: HELO a\nS: 250 mx\n@ 200\nC: MAIL FROM:<a@b>\nS: 250 ok");
    has_not!(
        a_human_who_types,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\n@ 60\nC: Ym9i"
    );
    has_not!(a_mailbox_that_is_kept_open, "S: +OK ready\n@ 90\nC: NOOP\nS: +OK\n@ 90\nC: NOOP\nS: +OK");
}
