use crate::protocol::event::Subject;
use crate::session::Session;
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// Bytes that the two ends exchanged are not in the capture: packets were dropped while it was made, or truncated.
///
/// It matters because what depends on them is not known: a step, the outcome of a command, a part of a message.
///
/// Not: a connection whose beginning or end lies outside the capture; and not a packet that was lost and sent again,
/// where the capture has one of the copies.
pub const RULE: Rule = Rule {
    id: "bytes-missing",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &["loss-in-the-capture"],
    since: "0.1.0",
    rank: 80,
    reference: None,
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "Bytes of the conversation are missing from the capture",
            detail: "The two ends exchanged them, but the capture does not hold them, so that some steps or parts of \
                     messages cannot be shown.",
            remedy: "Capture with a larger buffer and the whole packet length (snaplen), close to one of the two ends.",
        },
        zh: Text {
            title: "抓包数据中缺少部分会话内容",
            detail: "通信双方交换了这些字节，但没有抓到，因此部分步骤或邮件内容无法显示。",
            remedy: "抓包时使用更大的缓冲区和完整的分组长度（snaplen），并尽量靠近通信的一方。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in session.steps.iter().filter(|step| matches!(step.subject, Subject::Gap(_))) {
        found.at([step.n]);
    }
    for message in session.messages.iter().filter(|message| !message.missing.is_empty()) {
        found.at(content_steps(session, message));
    }
    let counters = &session.transport.counters;
    if counters.client_missing > 0 || counters.server_missing > 0 {
        // Not every gap has become a step.
        found.in_the_connection();
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::verdict::testing;

    has!(between_steps, "S: 220 mx\nC: HELO a\nS~ 40\nC: QUIT\nS: 221 bye" => [3]);
    has!(
        within_a_message,
        "S: +OK ready\nC: RETR 1\nS: +OK\nS: Subject: hi\nS:\nS~ 400\nS: text\nS: ." => [4, 5]
    );
    has_not!(a_message_without_its_end, "S: +OK ready\nC: RETR 1\nS: +OK\nS: Subject: hi\nS:\nS: text");

    #[test]
    fn has_missing_bytes_without_a_step() {
        let mut session = testing::session("S: 220 mx", RULE.needs);
        assert_eq!(RULE.look(&session), []);
        session.transport.counters.server_missing = 1;
        assert_eq!(RULE.look(&session), [RULE.finding(vec![])]);
    }
}
