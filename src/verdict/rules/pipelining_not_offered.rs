use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// An SMTP client sent a command before the reply to the one before had come, though the server did not offer
/// PIPELINING.
///
/// It matters because a server that does not expect it may drop what it has not asked for, or refuse the client.
///
/// Not: where the server offers PIPELINING; not a command together with the end of content; not where bytes are
/// missing.
///
/// RFC 2920, section 3.1: a client pipelines only if the server offers it.
pub const RULE: Rule = Rule {
    id: "pipelining-not-offered",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 82,
    reference: Some("RFC 2920, section 3.1"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client pipelined without leave",
            detail: "The client sent commands before the reply to the command before had come, and the server \
                     had not offered PIPELINING. The server may drop such commands, or refuse them.",
            remedy: "Let the client wait for each reply, or offer PIPELINING in the server if it is able to.",
        },
        zh: Text {
            title: "客户未获许可就连续发送命令",
            detail: "客户没有等待前一个命令的答复就发送了下一个命令，而服务器没有提供 PIPELINING。服务器可\
                     能丢弃或拒绝这样的命令。",
            remedy: "应让客户等待每个答复；若服务器支持，也可以让它提供 PIPELINING。",
        },
    },
    sentences: &[Sentence { en: "Commands sent so: {0}", zh: "这样发送的命令数：{0}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let counters = &session.transport.counters;
    let is_offered = || session.capabilities.iter().any(|it| it.trim().eq_ignore_ascii_case("PIPELINING"));
    if counters.client_missing + counters.server_missing > 0 || is_offered() {
        return;
    }
    let mut welcome = false;
    let mut before: Option<&Step> = None;
    let mut early: Vec<StepId> = Vec::new();
    for step in &session.steps {
        if matches!(
            step.subject,
            Subject::Smtp(smtp::Subject::Reply {
                to: ReplyTo::Command(Verb::Helo | Verb::Ehlo | Verb::Lhlo),
                code: 250,
                ..
            })
        ) {
            welcome = true;
        }
        let Subject::Smtp(smtp::Subject::Command(verb)) = step.subject else {
            before = None;
            continue;
        };
        let is_known = verb != Verb::Other && step.kind == Kind::Command;
        if let Some(before) = before.filter(|_| welcome && is_known) {
            early.extend([before.n, step.n]);
        }
        before = Some(step).filter(|_| is_known && verb != Verb::Quit);
    }
    let count = early.len() as u64 / 2;
    if count > 0 {
        _ = found.at(early).named(Key::Count, Fact::Count(count));
    }
}

#[cfg(test)]
mod tests {
    has!(
        not_offered,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\n\nS: 250 ok\nS: 250 ok" => [4, 5]
    );
    has!(
        after_helo,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\n\nS: 250 ok\nS: 250 ok"
    );
    has_not!(
        offered,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\n\nS: 250 ok\nS: 250 ok"
    );
    has_not!(one_by_one, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok");
}
