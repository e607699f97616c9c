use crate::protocol::event::{Delivery, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The server refused a message: its sender (MAIL), its content before it crossed (DATA), or after.
///
/// It matters because the message goes no further from here: the client keeps it, or returns it to its sender.
///
/// Not: a recipient that was refused, nor DATA where all of them were; not a command that the server did not understand or
/// expect; not a message that is too big, by the size that MAIL declares, which is `too-big`; and not
/// content whose reply is not in the capture, or that was cut off: a server that gives up (421) does not refuse.
///
/// RFC 5321, section 4.2.5: the reply after the content decides.
pub const RULE: Rule = Rule {
    id: "message-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["bare-line-feed", "bare-carriage-return"],
    since: "0.1.0",
    rank: 50,
    reference: Some("RFC 5321, section 4.2.5"),
    needs: Needs::NONE,
    words: Words {
        en: Text {
            title: "The server refused a message",
            detail: "The server did not take responsibility for the message: nobody receives it from here.",
            remedy: "Read the code and the text of the reply: sender, size, content filter or policy. After \
                     a 4yz reply, sending again later may succeed; after a 5yz reply, change the message first.",
        },
        zh: Text {
            title: "服务器拒绝了邮件",
            detail: "服务器没有接收这封邮件，任何收件人都不会由此收到它。",
            remedy: "查看响应码和说明：可能是发件人被拒、邮件过大、被内容过滤或违反策略。若响应码为 4yz，稍后重发可能\
                     成功；若为 5yz，应先修改邮件。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in session.messages.iter().filter(|message| message.outcome == Some(Delivery::Rejected)) {
        found.at(message.steps.iter().copied());
    }
    let mut has_recipient = false;
    for step in &session.steps {
        let Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(verb), code, .. }) = step.subject else {
            continue;
        };
        match (verb, code) {
            // Not understood, not expected, or closing; 552 is about the declared size.
            (Verb::Mail | Verb::Data, 421 | 500..=504 | 555) | (Verb::Mail, 552) => {}
            (Verb::Mail, 200..=299) => has_recipient = false,
            (Verb::Rcpt, 200..=299) => has_recipient = true,
            (Verb::Data, 400..=599) if !has_recipient => {}
            (Verb::Mail | Verb::Data, 400..=599) => _ = found.at(step.answers.into_iter().chain([step.n])),
            _ => {}
        }
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
    has!(its_sender, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 550 5.7.1 not you" => [4, 5]);
    has!(
        before_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 451 4.7.1 greylisted" => [8, 9]
    );
    has_not!(
        all_its_recipients,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: DATA\n\
         S: 554 no valid recipients"
    );
    has_not!(a_second_mail, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 503 nested MAIL");
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
