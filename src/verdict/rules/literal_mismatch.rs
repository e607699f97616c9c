use crate::protocol::event::Subject;
use crate::protocol::imap::{self, Status, Verb, What};
use crate::session::Session;
use crate::session::model::{Measure, Step};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A server announced more octets of a message than it sent: the end of the response and the reply to the FETCH crossed
/// where content was due.
///
/// It matters because the client goes on waiting for the rest, takes the reply for content, and hangs.
///
/// Not: a connection that ended within a message, nor bytes that are missing from the capture.
///
/// RFC 3501, section 4.3: a literal is as long as its announcement says.
pub const RULE: Rule = Rule {
    id: "literal-mismatch",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 44,
    reference: Some("RFC 3501, section 4.3"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "The server sent fewer octets than it announced",
            detail: "The server ended its response, and replied to the command, before all the octets had come that it \
                     had announced. Clients wait for the rest, and take the reply for a part of the message.",
            remedy: "Repair the server. It often counts each line end as two octets and sends one, or a proxy or filter \
                     between changes the message and not the number.",
        },
        zh: Text {
            title: "服务器发送的字节数少于所声明的",
            detail: "服务器声明的字节尚未发完，就结束了该响应并答复了命令。客户会继续等待其余部分，并把答复当成邮件内容。",
            remedy: "应修复服务器。常见原因是每个换行按两个字节计数却只发送一个，或中间的代理、过滤器改动了邮件却没有改动字节数。",
        },
    },
    sentences: &[Sentence {
        en: "Announced: {0}. Sent: {1}. Difference: {2}",
        zh: "声明：{0}。实际发送：{1}。相差：{2}",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut short: Vec<(&Step, u64, u64)> = Vec::new();
    for step in &session.steps {
        match (&step.subject, step.carries) {
            (Subject::Imap(imap::Subject { what: What::Content { verb: Verb::Fetch, octets }, .. }), Some(carries)) => {
                if let (true, Measure::Announced(announced)) = (carries.unfinished, carries.measure) {
                    short.push((step, announced, *octets));
                }
            }
            (
                Subject::Imap(imap::Subject {
                    what: What::Tagged { to: Some(Verb::Fetch), status: Status::Ok, .. },
                    ..
                }),
                _,
            ) => {
                for (content, announced, came) in short.drain(..) {
                    found
                        .at([content.n, step.n])
                        .named(Key::Limit, Fact::Bytes(announced))
                        .fact(Fact::Bytes(came))
                        .named(Key::Count, Fact::Bytes(announced.saturating_sub(came)));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        the_reply_comes_early,
        "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {400}\nS: text\nS: )\nS: a OK done\nC: b NOOP" => [4, 5]
    );
    has!(
        the_client_leaves,
        "S: * PREAUTH hi\nC: a UID FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {9}\nS: text\nS: )\nS: a OK done" => [4, 5]
    );
    has_not!(
        all_of_it_came,
        "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {6}\nS: text\nS: )\nS: a OK done"
    );
    has_not!(
        the_connection_ended,
        "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {6}\nS: text\nS: )\nS: a OK done\n\
         C: b FETCH 2 BODY[]\nS: * 2 FETCH (BODY[] {400}\nS: text"
    );
    has_not!(
        bytes_are_missing,
        "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS: * 1 FETCH (BODY[] {12}\nS: text\nS~ 6\nS: )\nS: a OK done"
    );
}
