use crate::flow::Side;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The answer came when the client had left.
///
/// It matters because the server has done what was asked, or refused it, and the client does not know: it will try again. Mail
/// that was accepted so is delivered twice.
///
/// Not: an answer to a client that closes its side and still waits, which comes soon; not what the server says when it finds
/// that the client has gone (421); and not the answer to QUIT.
///
/// RFC 1047: duplicate messages; RFC 5321, section 4.5.3.2.6.
pub const RULE: Rule = Rule {
    id: "late-reply",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["client-gave-up"],
    since: "0.2.0",
    rank: 30,
    reference: Some("RFC 1047"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The answer came when the client had left",
            detail: "The server answered, but the client had gone: it does not know the answer, and will try again.",
            remedy: "Find out why the server took so long, and let the client wait longer. Where mail was accepted so, expect duplicates.",
        },
        zh: Text {
            title: "答复到达时客户已经离开",
            detail: "服务器作出了答复，但客户已经离开：它不知道结果，将会重试。",
            remedy: "请查明服务器为何耗时过长，并让客户等待更久。若邮件因此已被接收，则可能出现重复邮件。",
        },
    },
    sentences: &[Sentence {
        en: "It came {0} after the client had left: {1}", zh: "它在客户离开 {0} 之后到达：{1}"
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(gave_up) = ending::gave_up(session) else { return };
    let Some((Side::Client, left)) = ending::left(session) else { return };
    let Some(owed) = gave_up.owed else { return };
    let mut after = session.steps.iter().filter(|step| step.n > owed.n && step.time > left);
    let Some(reply) = after.find(|step| ending::is_answer(step, owed)) else { return };
    let Some(passed) = reply.time.known_since(left) else { return };
    let occurrence = found.at(reply.answers.into_iter().chain([reply.n]));
    occurrence.fact(Fact::Duration(passed)).named(Key::Reply, Fact::Name(reply.quoted()));
}

#[cfg(test)]
mod tests {
    has!(
        accepted_too_late,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: DATA\nS: 354 go\nC: hi\nC: .\n@ 5\n! fin client\n@ 4\nS: 250 queued" => [10, 11]
    );
    has_not!(
        the_server_finds_it_gone,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin client\nS: 421 4.4.2 lost"
    );
    has_not!(a_half_close, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! fin client\nS: 250 mx\n! fin server");
    has_not!(quit, "! syn\n! syn-ack\nS: 220 mx\nC: QUIT\n@ 5\n! fin client\nS: 221 bye");
}
