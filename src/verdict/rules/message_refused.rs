use crate::protocol::event::Delivery;
use crate::session::Session;
use crate::verdict::rule::{Found, Needs, Rule, Severity, Text, Words};

/// The content of a message crossed, and the server refused it.
///
/// It matters because the message goes no further from here: the client keeps it, or returns it to its sender.
///
/// Not: a recipient that was refused before the content; not DATA that was refused, so that no content follows; and not
/// content whose reply is not in the capture, or that was cut off: a server that gives up (421) does not refuse.
///
/// RFC 5321, section 4.2.5: the reply after the content decides.
pub const RULE: Rule = Rule {
    id: "message-refused",
    severity: Severity::Medium,
    since: "0.1.0",
    rank: 50,
    reference: Some("RFC 5321, section 4.2.5"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "The server refused a message",
            detail: "The server did not take responsibility for the content of the message: nobody receives it from \
                     here.",
            remedy: "Read the code and the text of the reply after the content: size, content filter or policy. After \
                     a 4yz reply, sending again later may succeed; after a 5yz reply, change the message first.",
        },
        zh: Text {
            title: "服务器拒绝了邮件",
            detail: "服务器没有接收邮件的内容，任何收件人都不会由此收到它。",
            remedy: "查看邮件内容之后的响应码和说明：可能是邮件过大、被内容过滤或违反策略。若响应码为 4yz，稍后重发可能\
                     成功；若为 5yz，应先修改邮件。",
        },
    },
    occurrence: None,
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in session.messages.iter().filter(|message| message.outcome == Some(Delivery::Rejected)) {
        found.at(message.steps.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    has!(
        after_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nC: .\nS: 554 5.7.1 spam" => [4, 6, 8, 10, 11]
    );
    has_not!(
        accepted,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nC: .\nS: 250 ok"
    );
    has_not!(
        cut_off_by_a_timeout,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nS: 421 4.4.2 timeout exceeded"
    );
    has_not!(
        the_reply_is_not_in_the_capture,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nC: ."
    );
}
