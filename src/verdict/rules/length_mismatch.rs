use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::session::Session;
use crate::session::model::Measure;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A POP3 server sent a message that is far shorter than it had announced, and went on as if all of it had come.
///
/// It matters because the client may have a part of the message, and delete the whole.
///
/// Not: a small difference, since servers count in their own ways (a line end as one octet, fields that are not
/// sent); not bytes that are missing from the capture; and not a message that a dot within it has ended, which is
/// `message-cut-at-dot`.
///
/// RFC 1939, section 11: the size is that of the message with line ends of two octets.
pub const RULE: Rule = Rule {
    id: "length-mismatch",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["message-cut-at-dot", "dot-not-doubled"],
    since: "0.2.0",
    rank: 54,
    reference: Some("RFC 1939, section 11"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "A message is shorter than announced",
            detail: "The server announced far more octets than it sent before the final dot. Part of the \
                     message may be missing.",
            remedy: "Compare the message with the one on the server before it is deleted there. Repair the \
                     server, or the proxy or filter between that changes messages.",
        },
        zh: Text {
            title: "邮件比声明的短",
            detail: "服务器在结尾的点之前发送的字节远少于它声明的。邮件可能缺了一部分。",
            remedy: "在服务器上删除该邮件之前，应与服务器上的原件比较。应修复服务器，或修复中间改动邮件的代理或过滤器\
                     。",
        },
    },
    sentences: &[Sentence { en: "Announced: {0}. Received: {1}", zh: "声明：{0}。收到：{1}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for pair in session.steps.windows(2) {
        let [content, next] = pair else { continue };
        let (Subject::Pop3(_), Some(carries)) = (&content.subject, content.carries) else { continue };
        let Measure::Announced(announced) = carries.measure else { continue };
        // Where nothing follows, the connection ended within the message.
        let goes_on = next.from == Side::Client || next.kind == Kind::Reply;
        if carries.unfinished && goes_on {
            let size =
                session.messages.iter().find(|message| message.n == carries.message).map_or(0, |message| message.size);
            let occurrence = found.at([content.n, next.n]).named(Key::Limit, Fact::Bytes(announced));
            _ = occurrence.fact(Fact::Bytes(size));
        }
    }
}

#[cfg(test)]
mod tests {
    const BEGIN: &str = "S: +OK hi\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\n";
    has!(
        far_shorter,
        &format!("{BEGIN}S: +OK 900 octets\nS: A: b\nS:\nS: one\nS: .\nC: QUIT\nS: +OK") => [8, 9]
    );
    has_not!(as_announced, &format!("{BEGIN}S: +OK 13 octets\nS: A: b\nS:\nS: one\nS: .\nC: QUIT\nS: +OK"));
    has_not!(the_connection_ended, &format!("{BEGIN}S: +OK 900 octets\nS: A: b\nS:\nS: one"));
}
