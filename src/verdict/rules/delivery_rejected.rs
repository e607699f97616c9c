use crate::session::Session;
use crate::session::model::Outcome;
use crate::verdict::refusals;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The server refused a message for good, for one recipient: at RCPT, or with the sender, DATA or the content for all of
/// them, or after the content (LMTP, PRDR). One finding for each recipient.
///
/// It matters because the message does not reach this recipient from here, however often it is sent: the client returns it
/// to its sender.
///
/// Not: a refusal for now (4yz), which is `delivery-deferred`; not a message that is too big by the size that MAIL declares,
/// which is `too-big`; not a command that is out of place or not understood (500 to 504, X.5.1), which refuses the client
/// and not the recipient; not DATA where all recipients were refused; and not a server that gives up waiting.
///
/// RFC 5321, sections 3.3 and 4.2.1. RFC 3463, and IANA's registry of enhanced status codes: what the codes mean.
pub const RULE: Rule = Rule {
    id: "delivery-rejected",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &["spoke-before-greeting", "encryption-demanded", "too-big", "login-refused", "login-deferred"],
    since: "0.2.0",
    rank: 40,
    reference: Some("RFC 5321, section 4.2.1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server refused to deliver",
            detail: "The message does not reach this recipient from here.",
            remedy: "Go by the server's own words. Correct the address where there is no such mailbox; log in, or use \
                     the right server, where relaying is denied; have the reputation of the sender's address, or SPF, \
                     DKIM and DMARC of its domain, put right where policy decides. Sending the same again does not help.",
        },
        zh: Text {
            title: "服务器拒绝投递",
            detail: "邮件不能由此送达该收件人。",
            remedy: "以服务器自己的说明为准。没有这个邮箱时，应改正地址；拒绝转发时，应先登录或改用正确的服务器；因策略被拒时，\
                     应改善发送方地址的信誉，或改正其域名的 SPF、DKIM、DMARC 设置。原样重发没有用。",
        },
    },
    sentences: refusals::SENTENCES,
    check,
};

fn check(session: &Session, found: &mut Found) {
    refusals::tell(session, Outcome::Rejected, found);
}

#[cfg(test)]
mod tests {
    use crate::session::Needs;
    use crate::session::model::{Fact, Key};
    use crate::verdict::testing::session;

    #[test]
    fn has_one_for_each_recipient_with_the_servers_own_words() {
        let script = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.1.1 User unknown\n\
                      C: RCPT TO:<e@f>\nS: 554 5.7.1 Relay access denied";
        let found = super::RULE.look(&session(script, Needs::TEXTS));
        assert_eq!(found.iter().map(|one| one.steps.clone()).collect::<Vec<_>>(), [vec![6, 7], vec![8, 9]]);
        let first = &found[0].facts[0].list;
        assert_eq!(first[0], (Key::Recipient, Fact::Name("c@d".to_owned())));
        assert_eq!(first[1].0, Key::Reply);
        assert!(first.contains(&(Key::Code, Fact::Code(550))));
    }

    has!(
        for_content_that_came_too_early,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\nSubject: x\\r\\n.\\r\\n\n\
         S: 250 ok\nS: 250 ok\nS: 554 SMTP synchronization error" => [6, 9]
    );
    has!(
        one_of_two,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 550 5.1.1 no" => [8, 9]
    );
    has!(
        after_the_content,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nC: .\nS: 554 5.7.1 spam" => [10, 11]
    );
    has!(
        one_recipient_after_the_content,
        "S: 220 mx\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
         C: RCPT TO:<e@f>\nS: 250 ok\nC: DATA\nS: 354 go\nC: text\nC: .\nS: 250 ok\nS: 552 5.2.2 full" => [12, 14]
    );
    has!(its_sender, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 550 5.7.1 not you" => [4, 5]);
    has!(
        an_unknown_user_by_the_wrong_code,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.5.1 User unknown" => [6, 7]
    );
    has_not!(
        a_client_refused_for_what_it_did,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.5.1 Protocol error"
    );
    has_not!(
        accepted_and_forwarded,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 251 will forward"
    );
    has_not!(
        refused_for_now,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 450 4.2.0 Greylisted"
    );
    has!(
        all_its_recipients_and_data_once,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 no\nC: DATA\n\
         S: 554 no valid recipients" => [6, 7]
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
