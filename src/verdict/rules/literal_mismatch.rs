use crate::flow::Side;
use crate::protocol::event::Subject;
use crate::protocol::imap::{self, Status, Verb, What};
use crate::session::Session;
use crate::session::model::{Measure, Step};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A server announced more octets of a message than it sent: the end of the response and the reply to the FETCH crossed
/// where content was due. Or it announced fewer: content crossed where the response was to go on.
///
/// It matters because the client goes on waiting for the rest, takes the reply for content, and hangs; or it cuts the message
/// short and takes the rest for responses.
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
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server did not send as many octets as it announced",
            detail: "The server ended its response, and replied to the command, before all the octets had come that it \
                     had announced: clients wait for the rest, and take the reply for a part of the message. Or it sent \
                     more octets than announced: clients cut the message short.",
            remedy: "Repair the server. It often counts each line end as two octets and sends one, or a proxy or filter \
                     between changes the message and not the number.",
        },
        zh: Text {
            title: "服务器发送的字节数与所声明的不符",
            detail: "服务器声明的字节尚未发完，就结束了该响应并答复了命令：客户会继续等待其余部分，并把答复当成邮件内容。或者，服\
                     务器发送的字节多于声明：客户会截断邮件。",
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
    let mut last: Option<&Step> = None;
    for step in &session.steps {
        let before = last.replace(step);
        match (&step.subject, step.carries()) {
            (Subject::Imap(imap::Subject { what: What::Content { verb: Verb::Fetch, octets }, .. }), Some(carries)) => {
                if let (true, Measure::Announced(announced)) = (carries.unfinished, carries.measure) {
                    short.push((step, announced, *octets));
                }
            }
            (Subject::Unknown, _) if step.from == Side::Server => {
                if let Some((content, announced)) = before.and_then(whole)
                    && let Some(more) = content_after(step)
                {
                    short.push((content, announced, announced + more));
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
                        .named(Key::Count, Fact::Bytes(announced.abs_diff(came)));
                }
            }
            _ => {}
        }
    }
}

/// Content that came as announced.
fn whole(step: &Step) -> Option<(&Step, u64)> {
    let Subject::Imap(imap::Subject { what: What::Content { verb: Verb::Fetch, octets }, .. }) = &step.subject else {
        return None;
    };
    step.carries().is_some_and(|carries| carries.complete).then_some((step, *octets))
}

/// How many octets of content stand before the end of the response in `rest`, which followed a literal: after one comes
/// `)` or a space.
fn content_after(rest: &Step) -> Option<u64> {
    let text = rest.text.trim_ascii_end().strip_suffix(')')?;
    let is_content = !text.is_empty() && (!text.starts_with([' ', ')']) || text.contains('\n'));
    (is_content && !rest.text_omitted && !rest.truncated).then(|| rest.bytes.saturating_sub(3))
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
    has!(
        more_than_announced,
        "S: * PREAUTH hi\nC: a FETCH 1 BODY[]\nS| * 1 FETCH (BODY[] {4}\\r\\ntext\\r\\nmore of it\\r\\n)\\r\\n\nS: a OK done\nC: b NOOP" => [4, 6]
    );
    has_not!(
        more_items_after_it,
        "S: * PREAUTH hi\nC: a FETCH 1 (BODY[] FLAGS)\nS: * 1 FETCH (BODY[] {6}\nS: text\nS:  FLAGS (\\Seen))\nS: a OK done"
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
