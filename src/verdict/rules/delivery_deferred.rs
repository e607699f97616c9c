use crate::session::Session;
use crate::session::model::Outcome;
use crate::verdict::refusals;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The server did not take a message for now, for one recipient: at RCPT, or with the sender, DATA or the content for all
/// of them, or after the content (LMTP, PRDR). One finding for each recipient, also where the client names it again and it is
/// put off again.
///
/// It matters because the message is late: the client keeps it and tries again, or returns it to its sender in the end.
///
/// Not: a refusal for good (5yz), which is `delivery-rejected`; not a command that is out of place; and not a server that
/// gives up waiting for the client.
///
/// Severity is info where the server accepts the recipient later in the session.
///
/// RFC 5321, section 4.2.1: 4yz. RFC 6647: greylisting.
pub const RULE: Rule = Rule {
    id: "delivery-deferred",
    severity: Severity::Low,
    class: Class::Failure,
    because_of: &["spoke-before-greeting", "encryption-demanded"],
    since: "0.2.0",
    rank: 42,
    reference: Some("RFC 5321, section 4.2.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server put off delivery",
            detail: "The message does not reach this recipient now. The client should keep it and try again later.",
            remedy: "See whether a later attempt succeeded. Greylisting passes by itself when the same client tries again \
                     after some minutes; a full mailbox, a rate limit or a busy server need time or room.",
        },
        zh: Text {
            title: "服务器暂缓投递",
            detail: "邮件此次没有送达该收件人。客户应保留邮件，稍后重试。",
            remedy: "查看之后的重试是否成功。灰名单在同一客户几分钟后重试时会自行放行；邮箱已满、发送过快或服务器繁忙，则需要\
                     等待或腾出空间。",
        },
    },
    sentences: refusals::SENTENCES,
    check,
};

fn check(session: &Session, found: &mut Found) {
    refusals::tell(session, Outcome::Deferred, found);
}

#[cfg(test)]
mod tests {
    has!(
        greylisted,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 450 4.2.0 Greylisted" => [6, 7]
    );
    has!(
        before_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 451 4.7.1 greylisted" => [8, 9]
    );
    has!(
        its_sender,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b> SIZE=5\nS: 452 4.3.1 Insufficient system storage" => [4, 5]
    );
    has!(
        a_server_that_is_stopped_after_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 421 4.3.2 shutting down" => [10, 11]
    );
    has!(
        put_off_again_in_the_transaction,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 450 4.2.0 Greylisted\n\
         C: RCPT TO:<C@d>\nS: 450 4.2.0 Greylisted" => [6, 7, 8, 9]
    );
    has_not!(
        put_off_and_refused_for_good_in_the_end,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 450 4.2.0 Greylisted\n\
         C: RCPT TO:<c@d>\nS: 550 5.1.1 no"
    );
    has_not!(
        refused_for_good,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.1.1 no"
    );
    has_not!(
        a_timeout,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nS: 421 4.4.2 timeout exceeded"
    );
    has_not!(
        accepted,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: text\nC: .\nS: 250 ok"
    );
}
