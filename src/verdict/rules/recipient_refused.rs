use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The server refused a recipient, at once (the reply to RCPT) or for good (LMTP's reply after the content).
///
/// It matters because the message does not reach this recipient from here, even if it reaches the others.
///
/// The check reads the replies and not the envelopes: where every recipient is refused, there is no message. Not: MAIL
/// that was refused; not the one reply to content that decides for all recipients; and not X.5.1 (RFC 3463), which says
/// that the command is out of place, whoever the recipient is.
///
/// RFC 5321, section 3.3.
pub const RULE: Rule = Rule {
    id: "recipient-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 40,
    reference: Some("RFC 5321, section 3.3"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "The server refused a recipient",
            detail: "The message does not reach this recipient from here: the address may be wrong, the mailbox full \
                     or closed, or the server may not relay for this client.",
            remedy: "Check the address, and the code and text of the reply to RCPT; where it says that relaying is \
                     denied, log in first or use the right server. After a 4yz reply, trying again later may succeed.",
        },
        zh: Text {
            title: "服务器拒绝了收件人",
            detail: "邮件不能由此送达该收件人：可能是地址写错、邮箱已满或已停用，也可能是服务器不为该客户转发邮件。",
            remedy: "检查收件人地址，并查看 RCPT 命令的响应码和说明；如果提示拒绝转发（relaying denied），应先登录或改用\
                     正确的服务器。若响应码为 4yz，稍后重试可能成功。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        match step.subject {
            Subject::Smtp(smtp::Subject::Reply {
                to: ReplyTo::Command(Verb::Rcpt) | ReplyTo::Recipient,
                code,
                enhanced,
            }) if code >= 400 && enhanced.is_none_or(|enhanced| (enhanced.subject, enhanced.detail) != (5, 1)) => {
                found.at(step.answers.into_iter().chain([step.n]));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        one_of_two,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 550 5.1.1 no" => [8, 9]
    );
    has!(
        after_the_content,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 ok\nS: 452 full" => [12, 14]
    );
    has_not!(
        a_client_refused_for_what_it_did,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.5.1 Protocol error"
    );
    has_not!(a_sender_refused, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 550 no\nC: QUIT\nS: 221 bye");
    has_not!(
        accepted_and_forwarded,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 251 will forward"
    );
}
